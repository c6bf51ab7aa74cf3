"""Parts that blueprints share: attention, latent attention, dense and expert feed-forward steps.

Names and shapes as in llama.cpp's src/models/*.cpp (read 2026-11-22, llama-cpp-python 0.3.36).
"""

from collections.abc import Sequence

from assistant.memory.blueprints.table import Blueprint
from assistant.memory.blueprints.tensor import Tensor, bias, weight
from assistant.memory.layer_sizes import latent
from assistant.memory.layers import heads_per_layer, kv_heads_per_layer, sliding_layers
from knowledge.schema import Architecture


def others(every: range, chosen: Sequence[int]) -> Sequence[int]:
    """Return the layers of `every` that are not chosen."""
    if not chosen:
        return every
    if isinstance(chosen, range) and chosen.step == 1 and chosen.stop == every.stop:
        return range(chosen.start)
    taken = set(chosen)
    return tuple(layer for layer in every if layer not in taken)


def expert_layers(arch: Architecture) -> Sequence[int]:
    """Return the layers with experts: after the dense ones at the start, and of the rest every so many-th."""
    step = moe_step(arch)
    first = arch.first_dense_layers or 0
    if step == 1:
        return range(min(first, arch.layers), arch.layers)
    offset = int(arch.extra.get("expert_layer_offset", step - 1))
    return tuple(il for il in range(first, arch.layers) if il % step == offset)


def attention(arch: Architecture, plan: Blueprint, only: Sequence[int] | None = None) -> list[Tensor]:
    """Return the attention tensors of all layers that have any, or of those in `only`."""
    queries, keys = heads_per_layer(arch), kv_heads_per_layer(arch)
    sliding = sliding_layers(arch)
    kinds: dict[tuple[int, int, int], list[int]] = {}
    for il in range(arch.layers) if only is None else only:
        wide = bool(arch.global_head_dim) and not sliding[il]
        dim = arch.global_head_dim or 0 if wide else arch.head_dim
        kinds.setdefault((queries[il], keys[il], dim), []).append(il)
    parts: list[Tensor] = []
    for (heads, kv, dim), found in kinds.items():
        if not kv:
            continue
        layers: Sequence[int] = range(arch.layers) if len(found) == arch.layers else tuple(found)
        value_dim = dim if arch.value_dim is None else arch.value_dim
        parts += attention_kind(arch, plan, layers, (heads * dim, kv * dim, kv * value_dim, heads * value_dim, dim))
    return parts


def attention_kind(
    arch: Architecture, plan: Blueprint, layers: Sequence[int], sizes: tuple[int, int, int, int, int]
) -> list[Tensor]:
    """Return the attention tensors of layers of one shape; `sizes`: Q, K, V, the output's input, one head."""
    q, k, v, out, dim = sizes
    biased = bool(arch.extra.get("attention_bias", plan.qkv_bias))
    if plan.fused_qkv:
        parts = weight(layers, attn_qkv=(arch.hidden, q + k + v))
        parts += bias(layers, attn_qkv=(q + k + v,)) if biased else []
    else:
        parts = weight(layers, attn_q=(arch.hidden, q), attn_k=(arch.hidden, k), attn_v=(arch.hidden, v))
        parts += bias(layers, attn_q=(q,), attn_k=(k,), attn_v=(v,)) if biased else []
    parts += weight(layers, attn_output=(out, arch.hidden))
    if plan.output_projection_bias:
        parts += bias(layers, attn_output=(arch.hidden,))
    # The largest Command R normalises each head's query and key.
    each = plan.qk_norm == "each" or (arch.arch == "command-r" and arch.layers >= 64)
    if each or plan.qk_norm or arch.extra.get("qk_norm"):
        if each:
            parts += weight(layers, attn_q_norm=(dim, q // dim), attn_k_norm=(dim, k // dim))
            parts += bias(layers, attn_q_norm=(dim, q // dim), attn_k_norm=(dim, k // dim)) if plan.qk_norm_bias else []
        else:
            full = plan.qk_norm == "full"
            parts += weight(layers, attn_q_norm=(q if full else dim,), attn_k_norm=(k if full else dim,))
    if plan.sinks:
        parts += weight(layers, attn_sinks=(q // dim,))
    if plan.attention_gate:
        parts += weight(layers, attn_gate=(arch.hidden, out if plan.attention_gate == "value" else q // dim))
    return parts


def latent_attention(arch: Architecture, layers: Sequence[int], *, joint: bool = False) -> list[Tensor]:
    """Return the tensors of multi-head latent attention; `joint`: K and V are expanded by one tensor."""
    sizes, heads = latent(arch), arch.heads
    query, row = heads * (sizes.nope + sizes.rope), sizes.rank + sizes.rope
    parts = weight(layers, attn_kv_a_norm=(sizes.rank,), attn_kv_a_mqa=(arch.hidden, row))
    if sizes.query_rank:
        low = sizes.query_rank
        parts += weight(layers, attn_q_a_norm=(low,), attn_q_a=(arch.hidden, low), attn_q_b=(low, query))
    else:
        parts += weight(layers, attn_q=(arch.hidden, query))
    if joint:
        parts += weight(layers, attn_kv_b=(sizes.rank, heads * (sizes.nope + sizes.value)))
    else:
        parts += weight(layers, attn_k_b=(sizes.nope, sizes.rank, heads), attn_v_b=(sizes.rank, sizes.value, heads))
    return parts + weight(layers, attn_output=(heads * sizes.value, arch.hidden))


def dense_ffn(arch: Architecture, plan: Blueprint, layers: Sequence[int], width: int | None = None) -> list[Tensor]:
    """Return the dense feed-forward step of these layers; `width` replaces the stated one."""
    width = arch.ffn if width is None else width
    up = 2 * width if plan.fused_ffn else width
    parts = weight(layers, ffn_up=(arch.hidden, up), ffn_down=(width, arch.hidden))
    gate = plan.gated and not plan.fused_ffn
    if gate:
        parts += weight(layers, ffn_gate=(arch.hidden, width))
    if plan.ffn_bias:
        parts += bias(layers, ffn_up=(up,), ffn_down=(arch.hidden,))
        parts += bias(layers, ffn_gate=(width,)) if gate else []
    if plan.sub_norms:
        parts += weight(layers, ffn_sub_norm=(width,))
    return parts


def expert_ffn_parts(arch: Architecture, plan: Blueprint, layers: Sequence[int]) -> list[Tensor]:
    """Return router, routed and shared experts of these layers."""
    hidden, count, width = arch.hidden, arch.experts or 0, expert_ffn(arch)
    parts = weight(
        layers,
        ffn_gate_inp=(hidden, count),
        ffn_gate_exps=(hidden, width, count),
        ffn_up_exps=(hidden, width, count),
        ffn_down_exps=(width, hidden, count),
    )
    if plan.router_bias:
        parts += bias(layers, ffn_gate_inp=(count,))
    if plan.probability_bias or arch.extra.get("expert_probability_bias"):
        parts += [Tensor("exp_probs_b.bias", (count,), layers)]
    if plan.expert_bias:
        parts += bias(layers, ffn_gate_exps=(width, count), ffn_up_exps=(width, count), ffn_down_exps=(hidden, count))
    shared = shared_ffn(arch)
    if shared:
        parts += shared_expert(arch, layers, shared)
        if plan.shared_gate:
            parts += weight(layers, ffn_gate_inp_shexp=(hidden,))
    return parts


def shared_expert(arch: Architecture, layers: Sequence[int], width: int) -> list[Tensor]:
    """Return the experts that every token uses, as one of `width`."""
    return weight(
        layers,
        ffn_gate_shexp=(arch.hidden, width),
        ffn_up_shexp=(arch.hidden, width),
        ffn_down_shexp=(width, arch.hidden),
    )


# Published models whose configuration does not say it: every so many-th layer has experts.
_STEPS = {"jamba": 2, "nomic-bert-moe": 2}


def moe_step(arch: Architecture) -> int:
    """Return which layers have experts: every how many-th one. Llama 4 Maverick (128 experts): every second."""
    usual = _STEPS.get(arch.arch or "", 2 if arch.arch == "llama4" and arch.experts == 128 else 1)
    return int(arch.extra.get("interleave_moe_layer_step", usual)) or 1


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
    shared = arch.shared_experts or (1 if arch.arch in ("llama4", "exaone-moe", "afmoe") else 0)
    return shared * expert_ffn(arch)
