"""Weight tensors of models that mix attention with Mamba 2 or short convolutions: Granite 4 H, Nemotron-H, LFM2.

Read 2026-11-22 in llama.cpp's src/models/{granite-hybrid,nemotron-h,lfm2,lfm2moe}.cpp.
"""

from collections.abc import Sequence

from assistant.memory.layers import kv_heads_per_layer, recurrent_layers
from assistant.memory.tensor import Tensor
from knowledge.schema import Architecture


def attention_layers(arch: Architecture) -> tuple[int, ...]:
    """Return the layers with attention."""
    return tuple(il for il, heads in enumerate(kv_heads_per_layer(arch)) if heads)


def mamba_layers(arch: Architecture) -> tuple[int, ...]:
    """Return the recurrent layers: all without attention, in Nemotron-H only as many as are recurrent.

    Nemotron-H's third kind is feed-forward alone. Where its pattern is not stated the two kinds take turns, as its
    published patterns do but for single repeats; sizes depend on the number of each, hardly on their places.
    """
    heads = kv_heads_per_layer(arch)
    free = [il for il, count in enumerate(heads) if not count]
    wanted = recurrent_layers(arch)
    if wanted >= len(free):
        return tuple(free)
    chosen: list[int] = []
    previous = "ffn"
    for place, il in enumerate(free):
        left = len(free) - place
        must = wanted - len(chosen) >= left
        if il and heads[il - 1]:
            previous = "mamba"
        if len(chosen) < wanted and (must or previous == "ffn"):
            chosen.append(il)
            previous = "mamba"
        else:
            previous = "ffn"
    return tuple(chosen)


def feed_forward_layers(arch: Architecture) -> tuple[int, ...]:
    """Return Nemotron-H's feed-forward layers."""
    taken = {*attention_layers(arch), *mamba_layers(arch)}
    return tuple(il for il in range(arch.layers) if il not in taken)


def _attention(arch: Architecture, layers: Sequence[int]) -> list[Tensor]:
    if not layers:
        return []
    kv = max(kv_heads_per_layer(arch)) * arch.head_dim
    query = arch.heads * arch.head_dim
    return [
        Tensor("attn_q.weight", (arch.hidden, query), layers),
        Tensor("attn_k.weight", (arch.hidden, kv), layers),
        Tensor("attn_v.weight", (arch.hidden, kv), layers),
        Tensor("attn_output.weight", (query, arch.hidden), layers),
    ]


def _mamba2(arch: Architecture, layers: Sequence[int]) -> list[Tensor]:
    extra = arch.extra
    inner = int(extra.get("ssm.inner_size", 2 * arch.hidden)) or 1
    state, conv = int(extra.get("ssm.state_size", 128)), int(extra.get("ssm.conv_kernel", 4)) or 1
    groups = int(extra.get("ssm.group_count", 1)) or 1
    heads = int(extra.get("ssm.time_step_rank", inner // 64)) or 1
    wide = inner + 2 * groups * state
    return [
        Tensor("ssm_in.weight", (arch.hidden, inner + wide + heads), layers),
        Tensor("ssm_conv1d.weight", (conv, wide), layers),
        Tensor("ssm_conv1d.bias", (wide,), layers),
        Tensor("ssm_dt.bias", (heads,), layers),
        Tensor("ssm_a", (1, heads), layers),
        Tensor("ssm_d", (1, heads), layers),
        Tensor("ssm_norm.weight", (max(1, inner // groups), groups), layers),
        Tensor("ssm_out.weight", (inner, arch.hidden), layers),
    ]


def granite_hybrid_layers(arch: Architecture) -> list[Tensor]:
    """Return Granite 4 H's attention or Mamba part of each layer; its feed-forward part is the usual one."""
    norms = [Tensor(f"{name}.weight", (arch.hidden,), range(arch.layers)) for name in ("attn_norm", "ffn_norm")]
    return [*norms, *_attention(arch, attention_layers(arch)), *_mamba2(arch, mamba_layers(arch))]


def nemotron_h_layers(arch: Architecture) -> list[Tensor]:
    """Return Nemotron-H's layers: each is attention, Mamba or feed-forward alone, with or without experts."""
    hidden, layers = arch.hidden, feed_forward_layers(arch)
    parts = [Tensor("attn_norm.weight", (hidden,), range(arch.layers))]
    parts += [*_attention(arch, attention_layers(arch)), *_mamba2(arch, mamba_layers(arch))]
    if not arch.experts:
        return [
            *parts,
            Tensor("ffn_up.weight", (hidden, arch.ffn), layers),
            Tensor("ffn_down.weight", (arch.ffn, hidden), layers),
        ]
    width, latent = arch.moe_ffn or arch.ffn, int(arch.extra.get("moe_latent_size", 0))
    shared = int(arch.extra.get("expert_shared_feed_forward_length", width * (arch.shared_experts or 1)))
    if latent:
        parts += [
            Tensor("ffn_latent_down.weight", (hidden, latent), layers),
            Tensor("ffn_latent_up.weight", (latent, hidden), layers),
        ]
    return [
        *parts,
        Tensor("ffn_gate_inp.weight", (hidden, arch.experts), layers),
        Tensor("exp_probs_b.bias", (arch.experts,), layers),
        Tensor("ffn_up_exps.weight", (latent or hidden, width, arch.experts), layers),
        Tensor("ffn_down_exps.weight", (width, latent or hidden, arch.experts), layers),
        Tensor("ffn_up_shexp.weight", (hidden, shared), layers),
        Tensor("ffn_down_shexp.weight", (shared, hidden), layers),
    ]


def lfm2_layers(arch: Architecture) -> list[Tensor]:
    """Return LFM2's attention or short convolution of each layer; its feed-forward part is the usual one."""
    full, hidden = attention_layers(arch), arch.hidden
    short = tuple(il for il in range(arch.layers) if il not in set(full))
    cache = int(arch.extra.get("shortconv.l_cache", 3)) or 1
    parts = [Tensor("token_embd_norm.weight", (hidden,))]  # llama.cpp's name for LFM2's output norm
    parts += [Tensor(f"{name}.weight", (hidden,), range(arch.layers)) for name in ("attn_norm", "ffn_norm")]
    parts += _attention(arch, full)
    parts += [Tensor(f"attn_{name}_norm.weight", (arch.head_dim,), full) for name in ("q", "k")]
    return [
        *parts,
        Tensor("shortconv.conv.weight", (cache, hidden), short),
        Tensor("shortconv.in_proj.weight", (hidden, 3 * hidden), short),
        Tensor("shortconv.out_proj.weight", (hidden, hidden), short),
    ]


MIXED = {
    "granitehybrid": granite_hybrid_layers,
    "lfm2": lfm2_layers,
    "lfm2moe": lfm2_layers,
}
