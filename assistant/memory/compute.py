"""The compute buffer: scratch memory llama.cpp reserves for one batch, in arithmetic.

llama.cpp lays out the graph of a whole batch and reserves its peak. The peak is either the logits at the end, or one
layer: its attention mask, what is live around it, and the widest feed-forward step. The terms below were read off what
llama.cpp (llama-cpp-python 0.3.36, CPU) reserves for 57 architectures and contexts of 512 to 131,072 tokens on
2026-11-22, and off published logs of GPU builds (logits: exact on five models; without flash attention: on ten).
Against those 680 reservations: median 1.00, 95 % of them between 0.93 and 1.10 times llama.cpp's own figure. Shapes of
the shipped catalog need no such terms on the processor: llama.cpp was asked about each (compute_table.py).
"""

from dataclasses import dataclass

from assistant.memory.blueprints import BLUEPRINTS, Blueprint, expert_ffn, moe_step, shared_ffn
from assistant.memory.compute_table import measured, usual_ubatch
from assistant.memory.layers import ENCODERS, UBATCH, pad, window
from knowledge.schema import Architecture

SOURCE = "compute buffer: measured on llama.cpp (llama-cpp-python 0.3.36) for 57 architectures, 2026-11-22"


def compute_buffer(
    arch: Architecture,
    context_tokens: int,
    kv_type: str = "f16",
    *,
    ubatch: int = UBATCH,
    flash_attention: bool = True,
    devices: int = 1,
) -> int:
    """Return the bytes of scratch memory for batches of `ubatch` tokens, all layers on one kind of device.

    Args:
        arch: the model's hyperparameters.
        context_tokens: of one sequence; padded to 256 cells.
        kv_type: of the KV cache's values.
        ubatch: llama.cpp's n_ubatch.
        flash_attention: without it the attention scores of all heads are materialised.
        devices: number of GPUs, 0 for the processor. Several GPUs keep pipeline copies, and each needs the buffer
            (Llama-3-8B on 2 to 8 cards: 640.01 MiB where one card takes 560.00).
    """
    cells = pad(context_tokens)
    asked = None if devices else measured(arch, cells, kv_type, flash_attention=flash_attention)
    if asked is None:
        return formula(arch, cells, ubatch, devices, flash_attention=flash_attention)
    usual = usual_ubatch(arch, cells)
    if ubatch == usual:
        return asked
    ours = formula(arch, cells, usual, 0, flash_attention=flash_attention)
    return asked * formula(arch, cells, ubatch, 0, flash_attention=flash_attention) // ours


def formula(arch: Architecture, cells: int, ubatch: int, devices: int, *, flash_attention: bool) -> int:
    """Return `compute_buffer` from the terms alone, for shapes that llama.cpp was not asked about."""
    tokens = min(ubatch, cells)
    fixed = _fixed(arch)
    if flash_attention:
        layer = _masks(arch, cells, ubatch, on_gpu=devices > 0) + fixed.layer
    elif devices > 0:  # published logs, exact on ten models
        query = arch.heads * (arch.global_head_dim or arch.head_dim)
        layer = (arch.heads + 1) * cells + 2 * query + 2 * arch.hidden
    else:
        masks = 2 * _masks(arch, cells, ubatch, on_gpu=False)
        layer = masks + max(arch.heads * cells + fixed.attention, fixed.layer)
    if arch.arch in ENCODERS:  # no logits
        return round(layer * tokens * 4)
    values = max(fixed.logits_gpu if devices > 0 else fixed.logits_cpu, layer)
    if devices <= 1:
        return round(values * tokens * 4)
    return round(devices * (values + 3 * cells + 4 * arch.hidden) * tokens * 4)


@dataclass(frozen=True, slots=True)
class _Fixed:
    """The terms that do not depend on the context, in 4-byte values per token."""

    layer: float
    attention: float
    logits_gpu: float
    logits_cpu: float


_kept: dict[int, tuple[Architecture, _Fixed]] = {}


def _fixed(arch: Architecture) -> _Fixed:
    kept = _kept.get(id(arch))
    if kept is None:
        if len(_kept) >= 4096:
            _kept.clear()
        terms = _Fixed(_layer(arch), _attention(arch), _logits(arch, on_gpu=True), _logits(arch, on_gpu=False))
        kept = _kept[id(arch)] = (arch, terms)
    return kept[1]


def _logits(arch: Architecture, *, on_gpu: bool) -> float:
    """Return the logits and what is live beside them, in values per token.

    GPU builds: the last hidden state (published logs). The processor's allocator leaves more between them.
    """
    if on_gpu:
        return arch.vocab + arch.hidden
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


def _masks(arch: Architecture, cells: int, ubatch: int, *, on_gpu: bool) -> float:
    """Return the attention masks in 4-byte values per token: half a value (f16) per cell, on GPUs with an f32 copy."""
    width = float(cells)
    if window(arch):
        width += pad(min(cells, window(arch) + ubatch))
    return width * (1.5 if on_gpu else 0.5) + 10


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
