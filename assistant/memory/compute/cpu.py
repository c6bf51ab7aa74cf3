"""The compute buffer on the processor, in arithmetic: for shapes that llama.cpp was not asked about (table.py).

llama.cpp lays out the graph of a whole batch and reserves its peak. The peak is either the logits at the end, or one
layer: its attention mask, what is live around it, and the widest feed-forward step. The terms below were read off what
llama.cpp (llama-cpp-python 0.3.36, CPU) reserves for 57 architectures and contexts of 512 to 131,072 tokens on
2026-11-22. Against those 680 reservations: median 1.00, 95 % of them between 0.93 and 1.10 times llama.cpp's own.
"""

from dataclasses import dataclass

from assistant.memory.blueprints.tensors import BLUEPRINTS, Blueprint, expert_ffn, moe_step, shared_ffn
from assistant.memory.kept import once_per_shape
from assistant.memory.layers import ENCODERS, pad, window
from knowledge.schema import Architecture


def formula(arch: Architecture, cells: int, ubatch: int, *, flash_attention: bool) -> int:
    """Return the bytes llama.cpp reserves on the processor for a context of `cells` and batches of `ubatch` tokens."""
    tokens = min(ubatch, cells)
    fixed = _fixed(arch)
    masks = _masks(arch, cells, ubatch)
    layer = masks + fixed.layer
    if not flash_attention:
        layer = 2 * masks + max(arch.heads * cells + fixed.attention, fixed.layer)
    logits = 0.0 if arch.arch in ENCODERS else fixed.logits
    return round(max(logits, layer) * tokens * 4)


@dataclass(frozen=True, slots=True)
class _Fixed:
    """The terms that do not depend on the context, in 4-byte values per token."""

    layer: float
    attention: float
    logits: float


@once_per_shape
def _fixed(arch: Architecture) -> _Fixed:
    return _Fixed(_layer(arch), _attention(arch), _logits(arch))


def _logits(arch: Architecture) -> float:
    """Return the logits and what the allocator leaves beside them, in values per token."""
    plan = BLUEPRINTS.get(arch.arch or "", Blueprint())
    beside = 2.0
    if plan.norm_bias or not plan.output_norm or not plan.ffn_norm or window(arch):
        beside = 3.3
    if plan.sinks:
        beside = 4.0
    if plan.fused_ffn and not plan.ffn_post_norm:
        beside = 4.4
    if arch.experts and shared_ffn(arch):
        beside = 4.6 if plan.probability_bias and not plan.tied and plan.qk_norm else (arch.experts_used or 1) + 5.4
    if not arch.experts and arch.hidden <= 1024:
        beside = 8.0
    return arch.vocab + beside * arch.hidden + 10


def _masks(arch: Architecture, cells: int, ubatch: int) -> float:
    """Return the attention masks in 4-byte values per token: half a value (f16) per cell."""
    width = float(cells)
    if window(arch):
        width += pad(min(cells, window(arch) + ubatch))
    return width / 2 + 10


def _attention(arch: Architecture) -> float:
    """Return what is live around attention, in values per token, without flash attention."""
    query = arch.heads * (arch.global_head_dim or arch.head_dim)
    heads = arch.kv_heads if isinstance(arch.kv_heads, int) else max(arch.kv_heads)
    key = heads * (arch.global_head_dim or arch.head_dim)
    sliding = query if window(arch) else 0
    return 3 * arch.hidden + 2 * query + 2 * key + sliding + _latent(arch)


def _latent(arch: Architecture) -> int:
    """Return what MLA's absorbed queries and outputs take, in values per token."""
    if not arch.kv_lora_rank:
        return 0
    return arch.heads * (3 * arch.kv_lora_rank + 2 * (arch.qk_rope_head_dim or 0))


def _layer(arch: Architecture) -> float:
    """Return what is live at the widest feed-forward (or MLA) step of a layer, in values per token."""
    plan = BLUEPRINTS.get(arch.arch or "", Blueprint())
    query = arch.heads * (arch.global_head_dim or arch.head_dim)
    around = 3 * arch.hidden + max(arch.hidden, query)
    if plan.fused_ffn:
        around = 3 * arch.hidden + (arch.hidden if plan.ffn_post_norm else 0)
    if not plan.ffn_norm and not plan.ffn_post_norm and not plan.attention_post_norm:  # attention and FFN in parallel
        around += arch.hidden
    dense = (3 * arch.ffn if plan.gated else arch.ffn) + around
    if arch.kv_lora_rank:
        dense += 2 * query - max(0, query - arch.hidden)
    if not arch.experts:
        return max(dense, _latent(arch))
    used, width = arch.experts_used or 1, expert_ffn(arch)
    extra = max(0, query - arch.hidden)
    experts = max(3 * used * width + around, (2 * used + 4) * arch.hidden + 2 * extra)
    lead = dense if arch.first_dense_layers or moe_step(arch) > 1 else 0
    return max(experts, lead, _latent(arch))
