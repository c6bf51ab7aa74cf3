"""Weight tensors of gated delta nets, Gemma 4 and 3n, and a list of all architectures that are not one plain block.

Read 2026-11-22 in llama.cpp's src/models/{qwen35,qwen35moe,qwen3next,gemma4,gemma3n}.cpp.
"""

from collections.abc import Callable, Sequence

from assistant.memory.blueprints.encoders import ENCODER_LAYERS
from assistant.memory.blueprints.hybrid import MIXED, mamba_only_layers, nemotron_h_layers
from assistant.memory.blueprints.latent import LATENT_ATTENTION, LATENT_LAYERS
from assistant.memory.blueprints.rest import REST_ATTENTION, REST_LAYERS
from assistant.memory.blueprints.rwkv import RWKV_LAYERS
from assistant.memory.blueprints.tensor import Tensor
from assistant.memory.layer_sizes import feed_forward_per_layer
from assistant.memory.layers import delta_net, kv_heads_per_layer, sliding_layers
from knowledge.schema import Architecture


def delta_net_layers(arch: Architecture) -> list[Tensor]:
    """Return the attention of Qwen3-Next, 3.5 and 3.6: gated full attention in some layers, delta nets in the rest."""
    heads = kv_heads_per_layer(arch)
    full = tuple(il for il, count in enumerate(heads) if count)
    linear = tuple(il for il, count in enumerate(heads) if not count)
    kv = max(heads) * arch.head_dim
    query, hidden = arch.heads * arch.head_dim, arch.hidden
    sizes = delta_net(arch)
    keys, values = sizes.state * sizes.groups, sizes.state * sizes.value_heads
    parts = [
        Tensor("attn_norm.weight", (hidden,), range(arch.layers)),
        Tensor("post_attention_norm.weight", (hidden,), range(arch.layers)),
        Tensor("attn_q.weight", (hidden, 2 * query), full),
        Tensor("attn_k.weight", (hidden, kv), full),
        Tensor("attn_v.weight", (hidden, kv), full),
        Tensor("attn_output.weight", (query, hidden), full),
        Tensor("attn_q_norm.weight", (arch.head_dim,), full),
        Tensor("attn_k_norm.weight", (arch.head_dim,), full),
        Tensor("attn_qkv.weight", (hidden, 2 * keys + values), linear),
        Tensor("attn_gate.weight", (hidden, values), linear),
        Tensor("ssm_conv1d.weight", (sizes.conv, 2 * keys + values), linear),
        Tensor("ssm_dt.bias", (sizes.value_heads,), linear),
        Tensor("ssm_a", (sizes.value_heads,), linear),
        Tensor("ssm_norm.weight", (sizes.state,), linear),
        Tensor("ssm_out.weight", (values, hidden), linear),
    ]
    if arch.arch == "qwen3next":
        return [*parts, Tensor("ssm_ba.weight", (hidden, 2 * sizes.value_heads), linear)]
    return parts + [Tensor(f"ssm_{name}.weight", (hidden, sizes.value_heads), linear) for name in ("alpha", "beta")]


def per_layer_width(arch: Architecture) -> int:
    """Return the width of Gemma's per-layer embeddings: 256 in the E2B and E4B models, which share KV; else none."""
    stated = arch.extra.get("embedding_length_per_layer_input")
    return int(stated) if stated is not None else (256 if arch.kv_shared_layers or arch.arch == "gemma3n" else 0)


def _per_layer(arch: Architecture) -> list[Tensor]:
    width, every = per_layer_width(arch), range(arch.layers)
    if not width:
        return []
    return [
        Tensor("per_layer_token_embd.weight", (width * arch.layers, arch.vocab)),
        Tensor("per_layer_model_proj.weight", (arch.hidden, width * arch.layers)),
        Tensor("per_layer_proj_norm.weight", (width,)),
        Tensor("inp_gate.weight", (arch.hidden, width), every),
        Tensor("proj.weight", (width, arch.hidden), every),
        Tensor("post_norm.weight", (arch.hidden,), every),
    ]


def feed_forward_widths(arch: Architecture) -> list[int]:
    """Return each layer's feed-forward width: stated, else Gemma 4 E2B doubles it in the layers that share KV."""
    if "feed_forward_length.0" in arch.extra:
        return list(feed_forward_per_layer(arch))
    shared = arch.kv_shared_layers or 0
    if arch.arch == "gemma4" and arch.layers == 35 and shared:
        return [arch.ffn] * (arch.layers - shared) + [2 * arch.ffn] * shared
    return [arch.ffn] * arch.layers


def gemma4_layers(arch: Architecture) -> list[Tensor]:
    """Return Gemma 4's layers: wide heads in full attention, no K and V where they are shared, dense plus experts."""
    every, hidden = range(arch.layers), arch.hidden
    parts = [Tensor(f"{name}.weight", (hidden,), every) for name in
             ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")]  # fmt: skip
    parts += [Tensor("layer_output_scale.weight", (1,), every), *_per_layer(arch)]
    heads, sliding = kv_heads_per_layer(arch), sliding_layers(arch)
    keeps = arch.layers - (arch.kv_shared_layers or 0)
    wide = arch.global_head_dim or arch.head_dim
    if not all(sliding):
        parts.append(Tensor("rope_freqs.weight", (wide // 2,)))
    # Models with fewer KV heads in full attention use its keys as values there and have no V tensor.
    keys_are_values = bool(arch.global_kv_heads)
    for slides in (True, False):
        dim = arch.head_dim if slides else wide
        found = tuple(il for il in every if sliding[il] == slides)
        if not found:
            continue
        parts += [
            Tensor("attn_q.weight", (hidden, arch.heads * dim), found),
            Tensor("attn_output.weight", (arch.heads * dim, hidden), found),
            Tensor("attn_q_norm.weight", (dim,), found),
        ]
        own = tuple(il for il in found if il < keeps)
        if own:
            kv = heads[own[0]] * dim
            parts += [Tensor("attn_k.weight", (hidden, kv), own), Tensor("attn_k_norm.weight", (dim,), own)]
            if slides or not keys_are_values:
                parts.append(Tensor("attn_v.weight", (hidden, kv), own))
    return parts + _gemma4_ffn(arch, every)


def _gemma4_ffn(arch: Architecture, every: range) -> list[Tensor]:
    parts, hidden = [], arch.hidden
    widths = feed_forward_widths(arch)
    for width in sorted(set(widths)):
        found: Sequence[int] = tuple(il for il in every if widths[il] == width)
        parts += [
            Tensor("ffn_gate.weight", (hidden, width), found),
            Tensor("ffn_up.weight", (hidden, width), found),
            Tensor("ffn_down.weight", (width, hidden), found),
        ]
    if arch.experts:
        width = arch.moe_ffn or arch.ffn
        parts += [
            Tensor("ffn_gate_inp.weight", (hidden, arch.experts), every),
            Tensor("ffn_gate_inp.scale", (hidden,), every),
            Tensor("ffn_gate_exps.weight", (hidden, width, arch.experts), every),
            Tensor("ffn_up_exps.weight", (hidden, width, arch.experts), every),
            Tensor("ffn_down_exps.weight", (width, hidden, arch.experts), every),
        ]
        parts += [Tensor(f"{name}.weight", (hidden,), every) for name in
                  ("pre_ffw_norm_2", "post_ffw_norm_1", "post_ffw_norm_2")]  # fmt: skip
    return parts


_ALTUP, _LAUREL = 4, 64  # constants in llama.cpp's hparams


def gemma3n_layers(arch: Architecture) -> list[Tensor]:
    """Return Gemma 3n's layers: per-layer embeddings, AltUp and Laurel beside the usual block."""
    every, hidden, dim = range(arch.layers), arch.hidden, arch.head_dim
    kv = kv_heads_per_layer(arch)[0] * dim
    norms = ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm", "laurel_post_norm", "altup_router_norm",
             "altup_correct_scale")  # fmt: skip
    parts = [Tensor(f"{name}.weight", (hidden,), every) for name in norms]
    return [
        *parts,
        *_per_layer(arch),
        Tensor("altup_proj.weight", (hidden, hidden, _ALTUP - 1)),
        Tensor("altup_unembd_proj.weight", (hidden, hidden, _ALTUP - 1)),
        Tensor("attn_q.weight", (hidden, arch.heads * dim), every),
        Tensor("attn_k.weight", (hidden, kv), every),
        Tensor("attn_v.weight", (hidden, kv), every),
        Tensor("attn_output.weight", (arch.heads * dim, hidden), every),
        Tensor("attn_q_norm.weight", (dim,), every),
        Tensor("attn_k_norm.weight", (dim,), every),
        Tensor("ffn_gate.weight", (hidden, arch.ffn), every),
        Tensor("ffn_up.weight", (hidden, arch.ffn), every),
        Tensor("ffn_down.weight", (arch.ffn, hidden), every),
        Tensor("altup_correct_coef.weight", (_ALTUP, _ALTUP), every),
        Tensor("altup_predict_coef.weight", (_ALTUP, _ALTUP * _ALTUP), every),
        Tensor("altup_router.weight", (hidden, _ALTUP), every),
        Tensor("laurel_l.weight", (hidden, _LAUREL), every),
        Tensor("laurel_r.weight", (_LAUREL, hidden), every),
    ]


# Everything beside embeddings and output is special.
SPECIAL: dict[str, Callable[[Architecture], list[Tensor]]] = {
    "gemma4": gemma4_layers,
    "gemma3n": gemma3n_layers,
    "nemotron_h": nemotron_h_layers,
    "nemotron_h_moe": nemotron_h_layers,
    "mamba": mamba_only_layers,
    "mamba2": mamba_only_layers,
    **ENCODER_LAYERS,
    **LATENT_LAYERS,
    **REST_LAYERS,
    **RWKV_LAYERS,
}
# Norms and attention are special, the feed-forward part is the usual one.
ATTENTION: dict[str, Callable[[Architecture], list[Tensor]]] = {
    "qwen35": delta_net_layers,
    "qwen35moe": delta_net_layers,
    "qwen3next": delta_net_layers,
    **MIXED,
    **LATENT_ATTENTION,
    **REST_ATTENTION,
}
