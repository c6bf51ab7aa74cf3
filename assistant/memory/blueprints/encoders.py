"""Weight tensors of encoders (BERT and its kin) and of T5.

Read 2026-11-22 in llama.cpp's src/models/{bert,jina-bert-v2,jina-bert-v3,nomic-bert,nomic-bert-moe,modern-bert,
neo-bert,eurobert,t5,t5encoder}.cpp and conversion/{bert,t5}.py.
"""

from collections.abc import Callable, Sequence

from assistant.memory.blueprints.parts import attention, dense_ffn, expert_layers, others
from assistant.memory.blueprints.table import Blueprint
from assistant.memory.blueprints.tensor import Tensor, bias, weight
from assistant.memory.layer_sizes import context_length
from knowledge.schema import Architecture

_FUSED = Blueprint(fused_qkv=True)
BUCKETS = 32  # relative positions T5's attention tells apart, in every published model


def token_types(arch: Architecture) -> int:
    """Return how many token types an encoder embeds: stated, else one where the vocabulary is XLM-RoBERTa's."""
    return int(arch.extra.get("token_type_count", 1 if arch.vocab > 200_000 and arch.arch != "jina-bert-v2" else 2))


def _embeddings(arch: Architecture) -> list[Tensor]:
    hidden = arch.hidden
    parts = weight(None, token_types=(hidden, token_types(arch)), token_embd_norm=(hidden,))
    return parts + bias(None, token_embd_norm=(hidden,))


def _norms_after(arch: Architecture) -> list[Tensor]:
    every, hidden = range(arch.layers), arch.hidden
    shapes = {"attn_output_norm": (hidden,), "layer_output_norm": (hidden,)}
    return weight(every, **shapes) + bias(every, **shapes)


def bert_layers(arch: Architecture) -> list[Tensor]:
    """Return BERT's tensors: absolute positions, norms after each part, biases."""
    plan = Blueprint(qkv_bias=True, output_projection_bias=True, ffn_bias=True, gated=False)
    return [
        *_embeddings(arch),
        *weight(None, position_embd=(arch.hidden, context_length(arch))),
        *attention(arch, plan),
        *dense_ffn(arch, plan, range(arch.layers)),
        *_norms_after(arch),
    ]


def jina_v2_layers(arch: Architecture) -> list[Tensor]:
    """Return jina-embeddings-v2's tensors: ALiBi instead of positions, a gated feed-forward step."""
    every = range(arch.layers)
    plan = Blueprint(qkv_bias=True, output_projection_bias=True)
    parts = _embeddings(arch) + attention(arch, plan) + dense_ffn(arch, plan, every)
    return parts + bias(every, ffn_down=(arch.hidden,)) + _norms_after(arch)


def rotary_bert_layers(arch: Architecture) -> list[Tensor]:
    """Return the tensors of BERTs with rotary positions: nomic-embed-text (v2 with experts), jina-embeddings-v3."""
    biased = arch.arch != "nomic-bert"
    plan = Blueprint(fused_qkv=True, qkv_bias=biased, output_projection_bias=biased, ffn_bias=biased, gated=not biased)
    every = range(arch.layers)
    moe: Sequence[int] = expert_layers(arch) if arch.experts else range(0)
    dense = others(every, moe)
    parts = _embeddings(arch) + attention(arch, plan) + _norms_after(arch)
    parts += dense_ffn(arch, plan, dense) if dense else []
    hidden, width, count = arch.hidden, arch.moe_ffn or arch.ffn, arch.experts or 0
    if moe:
        parts += weight(moe, ffn_gate_inp=(hidden, count), ffn_up_exps=(hidden, width, count),
                        ffn_down_exps=(width, hidden, count))  # fmt: skip
    return parts


def modern_bert_layers(arch: Architecture) -> list[Tensor]:
    """Return ModernBERT's tensors: no norm before the first attention, gate and up in one."""
    every, hidden = range(arch.layers), arch.hidden
    return [
        *weight(None, token_embd_norm=(hidden,), output_norm=(hidden,)),
        *weight(every[1:], attn_norm=(hidden,)),
        *weight(every, ffn_norm=(hidden,)),
        *attention(arch, _FUSED),
        *dense_ffn(arch, Blueprint(fused_ffn=True), every),
    ]


def neo_bert_layers(arch: Architecture) -> list[Tensor]:
    """Return NeoBERT's tensors."""
    every, hidden = range(arch.layers), arch.hidden
    parts = [Tensor("enc.output_norm.weight", (hidden,)), *weight(every, attn_norm=(hidden,), ffn_norm=(hidden,))]
    return parts + attention(arch, _FUSED) + dense_ffn(arch, Blueprint(fused_ffn=True), every)


def _t5_side(arch: Architecture, side: str) -> list[Tensor]:
    every, hidden, inner = range(arch.layers), arch.hidden, arch.heads * arch.head_dim
    shapes = {
        "attn_norm": (hidden,), "attn_q": (hidden, inner), "attn_k": (hidden, inner), "attn_v": (hidden, inner),
        "attn_o": (inner, hidden), "ffn_norm": (hidden,), "ffn_down": (arch.ffn, hidden), "ffn_up": (hidden, arch.ffn),
    }  # fmt: skip
    if arch.ffn < 4 * hidden:  # the first T5 models are four times as wide or wider, and are not gated
        shapes["ffn_gate"] = (hidden, arch.ffn)
    if side == "dec":
        shapes |= {f"cross_attn_{name}": (hidden, inner) for name in ("q", "k", "v")}
        shapes |= {"cross_attn_o": (inner, hidden), "cross_attn_norm": (hidden,)}
    parts = [Tensor(f"{side}.{name}.weight", shape, every) for name, shape in shapes.items()]
    parts.append(Tensor(f"{side}.attn_rel_b.weight", (arch.heads, BUCKETS), range(1)))
    return [*parts, Tensor(f"{side}.output_norm.weight", (hidden,))]


def t5_layers(arch: Architecture) -> list[Tensor]:
    """Return the layers of T5's encoder and, but for encoders alone, of its decoder."""
    return _t5_side(arch, "enc") + (_t5_side(arch, "dec") if arch.arch == "t5" else [])


ENCODER_LAYERS: dict[str, Callable[[Architecture], list[Tensor]]] = {
    "bert": bert_layers,
    "jina-bert-v2": jina_v2_layers,
    "jina-bert-v3": rotary_bert_layers,
    "nomic-bert": rotary_bert_layers,
    "nomic-bert-moe": rotary_bert_layers,
    "modern-bert": modern_bert_layers,
    "neo-bert": neo_bert_layers,
    "t5": t5_layers,
    "t5encoder": t5_layers,
}
