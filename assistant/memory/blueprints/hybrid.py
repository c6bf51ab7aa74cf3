"""Weight tensors of Mamba models and of those that mix attention with Mamba or short convolutions.

Read 2026-11-22 in llama.cpp's src/models/{mamba,mamba2,jamba,falcon-h1,plamo2,granite-hybrid,nemotron-h,lfm2,
lfm2moe}.cpp.
"""

from collections.abc import Sequence

from assistant.memory.blueprints.parts import attention
from assistant.memory.blueprints.table import Blueprint
from assistant.memory.blueprints.tensor import Tensor, bare, bias, weight
from assistant.memory.layers import kv_heads_per_layer, recurrent_layers
from knowledge.schema import Architecture

_PLAIN = Blueprint()


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
    return attention(arch, _PLAIN, layers)


def _mamba1(arch: Architecture, layers: Sequence[int], *, norms: bool) -> list[Tensor]:
    extra = arch.extra
    inner = int(extra.get("ssm.inner_size", 2 * arch.hidden)) or 1
    state, conv = int(extra.get("ssm.state_size", 16)), int(extra.get("ssm.conv_kernel", 4)) or 1
    rank = int(extra.get("ssm.time_step_rank", -(-arch.hidden // 16)))
    parts = weight(
        layers,
        ssm_in=(arch.hidden, 2 * inner),
        ssm_conv1d=(conv, inner),
        ssm_x=(inner, rank + 2 * state),
        ssm_dt=(rank, inner),
        ssm_out=(inner, arch.hidden),
    )
    parts += bias(layers, ssm_conv1d=(inner,), ssm_dt=(inner,)) + bare(layers, ssm_a=(state, inner), ssm_d=(inner,))
    return parts + (weight(layers, ssm_dt_norm=(rank,), ssm_b_norm=(state,), ssm_c_norm=(state,)) if norms else [])


def _mamba2(arch: Architecture, layers: Sequence[int], *, norm: bool = True) -> list[Tensor]:
    extra = arch.extra
    inner = int(extra.get("ssm.inner_size", 2 * arch.hidden)) or 1
    state, conv = int(extra.get("ssm.state_size", 128)), int(extra.get("ssm.conv_kernel", 4)) or 1
    groups = int(extra.get("ssm.group_count", 1)) or 1
    heads = int(extra.get("ssm.time_step_rank", inner // 64)) or 1
    wide = inner + 2 * groups * state
    parts = weight(
        layers,
        ssm_in=(arch.hidden, inner + wide + heads),
        ssm_conv1d=(conv, wide),
        ssm_out=(inner, arch.hidden),
    )
    parts += bias(layers, ssm_conv1d=(wide,), ssm_dt=(heads,)) + bare(layers, ssm_a=(1, heads), ssm_d=(1, heads))
    return parts + (weight(layers, ssm_norm=(max(1, inner // groups), groups)) if norm else [])


def mamba_only_layers(arch: Architecture) -> list[Tensor]:
    """Return Mamba's and Mamba 2's layers: nothing but the recurrent part."""
    every = range(arch.layers)
    parts = _mamba1(arch, every, norms=False) if arch.arch == "mamba" else _mamba2(arch, every)
    return weight(every, attn_norm=(arch.hidden,)) + parts


def jamba_layers(arch: Architecture) -> list[Tensor]:
    """Return Jamba's attention or Mamba part of each layer; its feed-forward part is the usual one."""
    parts = weight(range(arch.layers), attn_norm=(arch.hidden,), ffn_norm=(arch.hidden,))
    return parts + _attention(arch, attention_layers(arch)) + _mamba1(arch, mamba_layers(arch), norms=True)


def falcon_h1_layers(arch: Architecture) -> list[Tensor]:
    """Return Falcon-H1's attention and Mamba 2 side by side in every layer."""
    every = range(arch.layers)
    parts = weight(every, attn_norm=(arch.hidden,)) + bare(every, ffn_norm=(arch.hidden,))
    return parts + _attention(arch, every) + _mamba2(arch, every, norm=bool(arch.extra.get("mamba_rms_norm")))


def plamo2_layers(arch: Architecture) -> list[Tensor]:
    """Return PLaMo 2's attention or Mamba part of each layer."""
    every, hidden, extra = range(arch.layers), arch.hidden, arch.extra
    inner = int(extra.get("ssm.inner_size", 2 * hidden)) or 1
    state, conv = int(extra.get("ssm.state_size", 64)), int(extra.get("ssm.conv_kernel", 4)) or 1
    heads, rank = int(extra.get("ssm.time_step_rank", 64)), max(64, hidden // 16)
    recurrent = mamba_layers(arch)
    return [
        *weight(every, attn_norm=(hidden,), ffn_norm=(hidden,)),
        *bare(every, post_attention_norm=(hidden,), post_ffw_norm=(hidden,)),
        *attention(arch, Blueprint(fused_qkv=True, qk_norm="each"), attention_layers(arch)),
        *weight(recurrent, ssm_in=(hidden, 2 * inner), ssm_conv1d=(conv, inner), ssm_x=(inner, rank + 2 * state),
                ssm_dt=(rank, heads), ssm_out=(inner, hidden)),
        *bias(recurrent, ssm_dt=(heads,)),
        *bare(recurrent, ssm_a=(heads,), ssm_d=(heads,), ssm_dt_norm=(rank,), ssm_b_norm=(state,),
              ssm_c_norm=(state,)),
    ]  # fmt: skip


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
    "jamba": jamba_layers,
    "falcon-h1": falcon_h1_layers,
    "plamo2": plamo2_layers,
    "granitehybrid": granite_hybrid_layers,
    "lfm2": lfm2_layers,
    "lfm2moe": lfm2_layers,
}
