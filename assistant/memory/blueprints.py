"""The weight tensors of a model, per llama.cpp architecture, from hyperparameters alone.

Names and shapes follow `load_arch_tensors` in llama.cpp's src/models/*.cpp (read 2026-11-22, llama-cpp-python 0.3.36).
The same list feeds the arithmetic (assistant/memory/weights.py) and the header that llama.cpp itself is asked about
(assistant/memory/oracle.py), and llama.cpp refuses a header whose tensors it does not expect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.memory.blueprints_special import ATTENTION, SPECIAL
from assistant.memory.layers import kv_heads_per_layer, sliding_layers
from assistant.memory.tensor import Tensor
from knowledge.schema import Architecture


@dataclass(frozen=True, slots=True)
class Blueprint:
    """How an architecture departs from the plain llama block."""

    qk_norm: str = ""  # "", "head" (head_dim values) or "full" (all heads)
    qkv_bias: bool = False
    output_projection_bias: bool = False  # attn_output.bias
    ffn_bias: bool = False
    output_bias: bool = False
    norm_bias: bool = False
    output_norm_bias: bool | None = None  # None: as norm_bias
    fused_qkv: bool = False
    fused_ffn: bool = False  # gate and up in one tensor
    gated: bool = True
    attention_norm: bool = True
    ffn_norm: bool = True
    attention_post_norm: bool = False
    ffn_post_norm: bool = False
    output_norm: bool = True
    tied: bool = False  # never has an output tensor of its own
    experts: bool = False
    expert_bias: bool = False
    probability_bias: bool = False  # exp_probs_b
    shared_gate: bool = False  # ffn_gate_inp_shexp
    mla: bool = False
    sinks: bool = False
    position_embedding: bool = False
    embedding_norm: bool = False
    router_bias: bool = False


_PLAIN = Blueprint()
_NORM_BIAS = Blueprint(norm_bias=True)
_OLD = Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, fused_qkv=True, gated=False)

BLUEPRINTS: dict[str, Blueprint] = {
    "llama": _PLAIN,
    "mistral3": _PLAIN,
    "arcee": Blueprint(gated=False),
    "baichuan": _PLAIN,
    "internlm2": _PLAIN,
    "xverse": _PLAIN,
    "exaone": _PLAIN,
    "minicpm": _PLAIN,
    "smollm3": _PLAIN,
    "ernie4_5": _PLAIN,
    "granite": _PLAIN,
    "granitemoe": Blueprint(experts=True),
    "orion": _NORM_BIAS,
    "stablelm": _NORM_BIAS,
    "nemotron": Blueprint(norm_bias=True, gated=False),
    "qwen2": Blueprint(qkv_bias=True),
    "qwen2vl": Blueprint(qkv_bias=True),
    "qwen2moe": Blueprint(qkv_bias=True, experts=True, shared_gate=True),
    "qwen3": Blueprint(qk_norm="head"),
    "qwen3vl": Blueprint(qk_norm="head"),
    "qwen3moe": Blueprint(qk_norm="head", experts=True),
    "qwen3vlmoe": Blueprint(qk_norm="head", experts=True),
    "hunyuan-dense": Blueprint(qk_norm="head"),
    "hunyuan-moe": Blueprint(qk_norm="head", experts=True),
    "gemma": Blueprint(tied=True),
    "gemma2": Blueprint(tied=True, attention_post_norm=True, ffn_post_norm=True),
    "gemma3": Blueprint(qk_norm="head", attention_post_norm=True, ffn_post_norm=True),
    "phi2": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, output_bias=True, norm_bias=True,
                      ffn_norm=False, gated=False),
    "phi3": Blueprint(fused_qkv=True, fused_ffn=True),
    "phimoe": Blueprint(qkv_bias=True, output_projection_bias=True, norm_bias=True, output_bias=True, experts=True),
    "command-r": Blueprint(tied=True, ffn_norm=False),
    "cohere2": Blueprint(tied=True, ffn_norm=False),
    "olmo": Blueprint(attention_norm=False, ffn_norm=False, output_norm=False),
    "olmo2": Blueprint(qk_norm="full", attention_norm=False, ffn_norm=False, attention_post_norm=True,
                       ffn_post_norm=True),
    "olmoe": Blueprint(qk_norm="full", experts=True),
    "exaone4": Blueprint(qk_norm="head", attention_norm=False, ffn_norm=False, attention_post_norm=True,
                         ffn_post_norm=True),
    "seed_oss": Blueprint(qkv_bias=True, ffn_norm=False, attention_post_norm=True),
    "glm4": Blueprint(qkv_bias=True, fused_ffn=True, attention_post_norm=True, ffn_post_norm=True),
    "chatglm": Blueprint(qkv_bias=True, fused_qkv=True, fused_ffn=True),
    "glm4moe": Blueprint(qkv_bias=True, experts=True, ffn_norm=False, attention_post_norm=True, probability_bias=True),
    "gpt-oss": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_norm=False, attention_post_norm=True,
                         experts=True, expert_bias=True, router_bias=True, sinks=True),
    "deepseek": Blueprint(experts=True),
    "deepseek2": Blueprint(experts=True, mla=True),
    "dots1": Blueprint(qk_norm="head", experts=True, probability_bias=True),
    "ernie4_5-moe": Blueprint(experts=True, probability_bias=True),
    "bailingmoe": Blueprint(experts=True),
    "llama4": Blueprint(experts=True),
    "minimax-m2": Blueprint(qk_norm="full", experts=True, probability_bias=True),
    "starcoder2": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, gated=False),
    "falcon": Blueprint(fused_qkv=True, norm_bias=True, ffn_norm=False, gated=False),
    "gptneox": _OLD,
    "bloom": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, fused_qkv=True,
                       gated=False, embedding_norm=True),
    "gpt2": Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, norm_bias=True, fused_qkv=True,
                      gated=False, position_embedding=True),
    "mpt": Blueprint(fused_qkv=True, gated=False),
    "apertus": Blueprint(qk_norm="head", gated=False),
    "qwen": Blueprint(qkv_bias=True, fused_qkv=True),
    "granitehybrid": Blueprint(experts=True),
    "nemotron_h": Blueprint(gated=False),
    "nemotron_h_moe": Blueprint(gated=False, experts=True),
    "lfm2": Blueprint(output_norm=False),
    "lfm2moe": Blueprint(output_norm=False, experts=True, probability_bias=True),
    "qwen35": Blueprint(ffn_norm=False, attention_norm=False),
    "qwen35moe": Blueprint(ffn_norm=False, attention_norm=False, experts=True, shared_gate=True),
    "qwen3next": Blueprint(ffn_norm=False, attention_norm=False, experts=True, shared_gate=True),
    "gemma4": Blueprint(qk_norm="head", attention_post_norm=True, ffn_post_norm=True),
    "gemma3n": Blueprint(qk_norm="head", attention_post_norm=True, ffn_post_norm=True),
    "bert": Blueprint(tied=True, output_norm=False, gated=False, norm_bias=True),
}  # fmt: skip


def tensors(arch: Architecture) -> tuple[Tensor, ...] | None:
    """Return every weight tensor, None when the architecture has no blueprint yet.

    Without `arch.arch` the plain llama block stands in (with experts or MLA when the hyperparameters tell of them).
    Next-token-prediction layers and vision towers are not included.
    """
    plan = BLUEPRINTS.get(arch.arch or "")
    if plan is None and arch.arch is None:
        plan = Blueprint(experts=bool(arch.experts), mla=bool(arch.kv_lora_rank))
    if plan is None:
        return None
    every = range(arch.layers)
    parts = _global_tensors(arch, plan)
    if arch.arch in SPECIAL:
        return (*parts, *SPECIAL[arch.arch](arch))
    if arch.arch in ATTENTION:
        parts += ATTENTION[arch.arch](arch)
    else:
        parts += _norms(arch, plan, every)
        parts += _mla(arch, every) if plan.mla else _attention(arch, plan)
    moe = _expert_layers(arch) if arch.experts else range(0)
    dense = _others(every, moe)
    if dense:
        parts += _dense_ffn(arch, plan, dense)
    if moe:
        parts += _expert_ffn(arch, plan, moe)
    return tuple(parts)


def _others(every: range, chosen: Sequence[int]) -> Sequence[int]:
    if not chosen:
        return every
    if isinstance(chosen, range) and chosen.step == 1 and chosen.stop == every.stop:
        return range(chosen.start)
    taken = set(chosen)
    return tuple(layer for layer in every if layer not in taken)


def _expert_layers(arch: Architecture) -> Sequence[int]:
    step = moe_step(arch)
    first = arch.first_dense_layers or 0
    if step == 1:
        return range(min(first, arch.layers), arch.layers)
    return tuple(il for il in range(first, arch.layers) if (il + 1) % step == 0)


def _global_tensors(arch: Architecture, plan: Blueprint) -> list[Tensor]:
    parts = [Tensor("token_embd.weight", (arch.hidden, arch.vocab))]
    if plan.output_norm:
        parts.append(Tensor("output_norm.weight", (arch.hidden,)))
        if plan.norm_bias if plan.output_norm_bias is None else plan.output_norm_bias:
            parts.append(Tensor("output_norm.bias", (arch.hidden,)))
    if not (plan.tied or arch.tied_embeddings):
        parts.append(Tensor("output.weight", (arch.hidden, arch.vocab)))
    if plan.output_bias:
        parts.append(Tensor("output.bias", (arch.vocab,)))
    if plan.position_embedding:
        parts.append(Tensor("position_embd.weight", (arch.hidden, int(arch.extra.get("context_length", 1024)))))
    if plan.embedding_norm:
        parts.append(Tensor("token_embd_norm.weight", (arch.hidden,)))
        parts.append(Tensor("token_embd_norm.bias", (arch.hidden,)))
    return parts


def _norms(arch: Architecture, plan: Blueprint, every: range) -> list[Tensor]:
    names = (
        ("attn_norm", plan.attention_norm),
        ("ffn_norm", plan.ffn_norm),
        ("post_attention_norm", plan.attention_post_norm),
        ("post_ffw_norm", plan.ffn_post_norm),
    )
    parts = []
    for name, present in names:
        if present:
            parts.append(Tensor(f"{name}.weight", (arch.hidden,), every))
            if plan.norm_bias:
                parts.append(Tensor(f"{name}.bias", (arch.hidden,), every))
    return parts


def _attention(arch: Architecture, plan: Blueprint) -> list[Tensor]:
    heads = kv_heads_per_layer(arch)
    sliding = sliding_layers(arch)
    kinds: dict[tuple[int, int], list[int]] = {}
    for il in range(arch.layers):
        wide = bool(arch.global_head_dim) and not sliding[il]
        kinds.setdefault((heads[il], arch.global_head_dim or 0 if wide else arch.head_dim), []).append(il)
    parts: list[Tensor] = []
    for (kv, dim), found in kinds.items():
        if not kv:
            continue
        layers: Sequence[int] = range(arch.layers) if len(found) == arch.layers else tuple(found)
        value_dim = dim if arch.value_dim is None else arch.value_dim
        parts += _attention_kind(
            arch, plan, layers, (arch.heads * dim, kv * dim, kv * value_dim, arch.heads * value_dim, dim)
        )
    return parts


def _attention_kind(
    arch: Architecture, plan: Blueprint, layers: Sequence[int], sizes: tuple[int, int, int, int, int]
) -> list[Tensor]:
    q, k, v, out, dim = sizes
    bias = plan.qkv_bias or bool(arch.extra.get("attention_bias"))
    if plan.fused_qkv:
        parts = [Tensor("attn_qkv.weight", (arch.hidden, q + k + v), layers)]
        parts += [Tensor("attn_qkv.bias", (q + k + v,), layers)] if bias else []
    else:
        parts = [
            Tensor(f"attn_{name}.weight", (arch.hidden, size), layers) for name, size in (("q", q), ("k", k), ("v", v))
        ]
        if bias:
            parts += [Tensor(f"attn_{name}.bias", (size,), layers) for name, size in (("q", q), ("k", k), ("v", v))]
    parts.append(Tensor("attn_output.weight", (out, arch.hidden), layers))
    if plan.output_projection_bias:
        parts.append(Tensor("attn_output.bias", (arch.hidden,), layers))
    if plan.qk_norm or arch.extra.get("qk_norm"):
        full = plan.qk_norm == "full"
        parts.append(Tensor("attn_q_norm.weight", (q if full else dim,), layers))
        parts.append(Tensor("attn_k_norm.weight", (k if full else dim,), layers))
    if plan.sinks:
        parts.append(Tensor("attn_sinks.weight", (arch.heads,), layers))
    return parts


def _mla(arch: Architecture, every: range) -> list[Tensor]:
    rank, rope = arch.kv_lora_rank or 0, arch.qk_rope_head_dim or 0
    nope = arch.qk_nope_head_dim or arch.head_dim
    value = arch.v_head_dim or arch.value_dim or arch.head_dim
    parts = [Tensor("attn_kv_a_norm.weight", (rank,), every)]
    if arch.q_lora_rank:
        parts += [
            Tensor("attn_q_a_norm.weight", (arch.q_lora_rank,), every),
            Tensor("attn_q_a.weight", (arch.hidden, arch.q_lora_rank), every),
            Tensor("attn_q_b.weight", (arch.q_lora_rank, arch.heads * (nope + rope)), every),
        ]
    else:
        parts.append(Tensor("attn_q.weight", (arch.hidden, arch.heads * (nope + rope)), every))
    parts += [
        Tensor("attn_kv_a_mqa.weight", (arch.hidden, rank + rope), every),
        Tensor("attn_k_b.weight", (nope, rank, arch.heads), every),
        Tensor("attn_v_b.weight", (rank, value, arch.heads), every),
        Tensor("attn_output.weight", (arch.heads * value, arch.hidden), every),
    ]
    return parts


def _dense_ffn(arch: Architecture, plan: Blueprint, layers: Sequence[int]) -> list[Tensor]:
    up = 2 * arch.ffn if plan.fused_ffn else arch.ffn
    parts = [
        Tensor("ffn_up.weight", (arch.hidden, up), layers),
        Tensor("ffn_down.weight", (arch.ffn, arch.hidden), layers),
    ]
    if plan.gated and not plan.fused_ffn:
        parts.append(Tensor("ffn_gate.weight", (arch.hidden, arch.ffn), layers))
    if plan.ffn_bias:
        parts += [Tensor("ffn_up.bias", (up,), layers), Tensor("ffn_down.bias", (arch.hidden,), layers)]
    return parts


def _expert_ffn(arch: Architecture, plan: Blueprint, layers: Sequence[int]) -> list[Tensor]:
    hidden, count, width = arch.hidden, arch.experts or 0, expert_ffn(arch)
    parts = [
        Tensor("ffn_gate_inp.weight", (hidden, count), layers),
        Tensor("ffn_gate_exps.weight", (hidden, width, count), layers),
        Tensor("ffn_up_exps.weight", (hidden, width, count), layers),
        Tensor("ffn_down_exps.weight", (width, hidden, count), layers),
    ]
    if plan.router_bias:
        parts.append(Tensor("ffn_gate_inp.bias", (count,), layers))
    if plan.probability_bias or arch.extra.get("expert_probability_bias"):
        parts.append(Tensor("exp_probs_b.bias", (count,), layers))
    if plan.expert_bias:
        parts += [Tensor(f"ffn_{name}_exps.bias", (width, count), layers) for name in ("gate", "up")]
        parts.append(Tensor("ffn_down_exps.bias", (hidden, count), layers))
    shared = shared_ffn(arch)
    if shared:
        parts += [Tensor(f"ffn_{name}_shexp.weight", (hidden, shared), layers) for name in ("gate", "up")]
        parts.append(Tensor("ffn_down_shexp.weight", (shared, hidden), layers))
        if plan.shared_gate:
            parts.append(Tensor("ffn_gate_inp_shexp.weight", (hidden,), layers))
    return parts


def moe_step(arch: Architecture) -> int:
    """Return which layers have experts: every how many-th one. Llama 4 Maverick (128 experts): every second."""
    return (
        int(arch.extra.get("interleave_moe_layer_step", 2 if arch.arch == "llama4" and arch.experts == 128 else 1)) or 1
    )


def expert_ffn(arch: Architecture) -> int:
    """Return the width of one routed expert. Llama 4's configurations give the dense width first: half of it."""
    return arch.moe_ffn or (arch.ffn // 2 if arch.arch == "llama4" and arch.ffn == 16384 else arch.ffn)


def shared_ffn(arch: Architecture) -> int:
    """Return the width of the experts that every token uses; 0 without any."""
    stated = arch.extra.get("expert_shared_feed_forward_length")
    if stated:
        return int(stated)
    if arch.arch in ("qwen35moe", "qwen3next") and not arch.shared_experts:  # as wide as one routed expert
        return expert_ffn(arch)
    if (
        arch.arch == "qwen2moe" and not arch.shared_experts
    ):  # both published sizes: as wide as the chosen experts together
        return (arch.experts_used or 0) * expert_ffn(arch)
    shared = arch.shared_experts or (1 if arch.arch == "llama4" else 0)
    return shared * expert_ffn(arch)
