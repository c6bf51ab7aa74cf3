"""Weight tensors of architectures that fit no other group.

Arctic (dense beside experts), CogVLM (image experts), Deci and OpenELM (a shape per layer), GroveMoE (experts in
groups), Talkie, DeepSeek 4, PLaMo 3 and Hunyuan 3 (names of their own). Read 2026-11-22 in
llama.cpp's src/models/{arctic,cogvlm,deci,openelm,grovemoe,talkie,deepseek4,plamo3,hy-v3}.cpp.
"""

from collections.abc import Callable, Sequence

from assistant.memory.blueprints.parts import (
    attention,
    attention_kind,
    dense_ffn,
    expert_ffn,
    expert_ffn_parts,
    shared_expert,
)
from assistant.memory.blueprints.table import BLUEPRINTS, Blueprint
from assistant.memory.blueprints.tensor import Tensor, bare, bias, weight
from assistant.memory.layer_sizes import compress_ratios, feed_forward_per_layer, indexer
from assistant.memory.layers import heads_per_layer, kv_heads_per_layer
from knowledge.schema import Architecture

_PLAIN = Blueprint()


def _norms(arch: Architecture, layers: Sequence[int]) -> list[Tensor]:
    return weight(layers, attn_norm=(arch.hidden,), ffn_norm=(arch.hidden,))


def arctic_layers(arch: Architecture) -> list[Tensor]:
    """Return Arctic's layers: a dense step as wide as the model beside the experts."""
    every, hidden = range(arch.layers), arch.hidden
    parts = _norms(arch, every) + weight(every, ffn_norm_exps=(hidden,)) + attention(arch, _PLAIN)
    return parts + dense_ffn(arch, _PLAIN, every, hidden) + expert_ffn_parts(arch, _PLAIN, every)


def cogvlm_layers(arch: Architecture) -> list[Tensor]:
    """Return CogVLM's layers: attention and feed-forward twice, for text and for images."""
    every, hidden, ffn = range(arch.layers), arch.hidden, arch.ffn
    inner = arch.heads * arch.head_dim
    parts = _norms(arch, every) + attention(arch, Blueprint(fused_qkv=True)) + dense_ffn(arch, _PLAIN, every)
    return parts + weight(every, vis_attn_qkv=(hidden, 3 * inner), vis_attn_output=(inner, hidden),
                          vis_gate=(hidden, ffn), vis_down=(ffn, hidden), vis_up=(hidden, ffn))  # fmt: skip


def shaped_layers(arch: Architecture) -> list[Tensor]:
    """Return Deci's and OpenELM's layers, each with its own heads and feed-forward width, some without either."""
    fused = arch.arch == "openelm"
    plan = Blueprint(fused_qkv=fused, qk_norm="head" if fused else "")
    heads, kv_heads, widths = heads_per_layer(arch), kv_heads_per_layer(arch), feed_forward_per_layer(arch)
    parts, dim = [], arch.head_dim
    for il in range(arch.layers):
        q, kv, here = heads[il] * dim, kv_heads[il] * dim, (il,)
        if q:
            parts += weight(here, attn_norm=(arch.hidden,))
            parts += (attention_kind(arch, plan, here, (q, kv, kv, q, dim)) if kv
                      else weight(here, attn_output=(arch.hidden, arch.hidden)))  # fmt: skip
        if widths[il]:
            parts += weight(here, ffn_norm=(arch.hidden,)) + dense_ffn(arch, plan, here, widths[il])
    return parts


def grove_layers(arch: Architecture) -> list[Tensor]:
    """Return GroveMoE's layers: routed experts, and narrow ones that a group of them shares."""
    every, hidden = range(arch.layers), arch.hidden
    groups = (arch.experts or 0) // (int(arch.extra.get("experts_per_group", 2)) or 1)
    width = int(arch.extra.get("expert_chunk_feed_forward_length", arch.head_dim))
    parts = _norms(arch, every) + attention(arch, Blueprint(qk_norm="head")) + expert_ffn_parts(arch, _PLAIN, every)
    return parts + weight(every, ffn_gate_chexps=(hidden, width, groups), ffn_up_chexps=(hidden, width, groups),
                          ffn_down_chexps=(width, hidden, groups))  # fmt: skip


def talkie_layers(arch: Architecture) -> list[Tensor]:
    """Return Talkie's layers: norms without weights, a scale per head and per layer."""
    every = range(arch.layers)
    parts = weight(every, attn_q_norm=(1, arch.heads), layer_output_scale=(1,))
    return parts + attention(arch, _PLAIN) + dense_ffn(arch, _PLAIN, every)


def deepseek4_layers(arch: Architecture) -> list[Tensor]:
    """Return DeepSeek 4's layers: one shared key and value, compressed caches, hyper-connections."""
    every, hidden, dim, low = range(arch.layers), arch.hidden, arch.head_dim, arch.q_lora_rank or 0
    extra, streams = arch.extra, int(arch.extra.get("hyper_connection.count", 4))
    groups = int(extra.get("attention.output_group_count", 8)) or 1
    rank = int(extra.get("attention.output_lora_rank", 1024))
    wide, mix = streams * hidden, (2 + streams) * streams
    parts = _norms(arch, every) + weight(
        every, attn_sinks=(arch.heads,), attn_q_a=(hidden, low), attn_q_a_norm=(low,),
        attn_q_b=(low, arch.heads * dim), attn_kv=(hidden, dim), attn_kv_a_norm=(dim,),
        attn_output_a=(arch.heads * dim // groups, rank, groups), attn_output_b=(groups * rank, hidden),
        hc_attn_fn=(wide, mix), hc_attn_base=(mix,), hc_attn_scale=(3,),
        hc_ffn_fn=(wide, mix), hc_ffn_base=(mix,), hc_ffn_scale=(3,),
    )  # fmt: skip
    parts += weight(None, output_hc_fn=(wide, streams), output_hc_base=(streams,), output_hc_scale=(1,))
    return parts + _compressors(arch) + _deepseek4_experts(arch)


def _compressors(arch: Architecture) -> list[Tensor]:
    hidden, dim, found, ratios = arch.hidden, arch.head_dim, indexer(arch), compress_ratios(arch)
    parts: list[Tensor] = []
    for ratio in sorted(set(ratios) - {0}):
        layers = tuple(il for il, one in enumerate(ratios) if one == ratio)
        twice = 2 if ratio == 4 else 1
        parts += weight(layers, attn_compressor_kv=(hidden, twice * dim), attn_compressor_gate=(hidden, twice * dim),
                        attn_compressor_ape=(twice * dim, ratio), attn_compressor_norm=(dim,))  # fmt: skip
        if ratio == 4:
            index = found.dim
            parts.append(Tensor("indexer.proj.weight", (hidden, found.heads), layers))
            parts.append(Tensor("indexer.attn_q_b.weight", (arch.q_lora_rank or 0, found.heads * index), layers))
            parts += weight(layers, indexer_compressor_kv=(hidden, 2 * index),
                            indexer_compressor_gate=(hidden, 2 * index), indexer_compressor_ape=(2 * index, ratio),
                            indexer_compressor_norm=(index,))  # fmt: skip
    return parts


def _deepseek4_experts(arch: Architecture) -> list[Tensor]:
    every, hidden, count, width = range(arch.layers), arch.hidden, arch.experts or 0, expert_ffn(arch)
    hashed = int(arch.extra.get("hash_layer_count", 0))
    parts = weight(every, ffn_gate_inp=(hidden, count), ffn_gate_exps=(hidden, width, count),
                   ffn_up_exps=(hidden, width, count), ffn_down_exps=(width, hidden, count))  # fmt: skip
    parts += weight(every[:hashed], ffn_gate_tid2eid=(arch.experts_used or 1, arch.vocab)) if hashed else []
    parts += bias(every[hashed:], exp_probs_b=(count,))
    return parts + shared_expert(arch, every, (arch.shared_experts or 1) * width)


def plamo3_layers(arch: Architecture) -> list[Tensor]:
    """Return PLaMo 3's attention; the names of its norms after each part have no suffix."""
    every, hidden = range(arch.layers), arch.hidden
    parts = _norms(arch, every) + bare(every, post_attention_norm=(hidden,), post_ffw_norm=(hidden,))
    return parts + attention(arch, BLUEPRINTS["plamo3"])


def hy_v3_layers(arch: Architecture) -> list[Tensor]:
    """Return Hunyuan 3's attention; the name of its experts' bias has no suffix."""
    every = range(arch.layers)
    moe = tuple(every[arch.first_dense_layers or 0 :])
    return _norms(arch, every) + attention(arch, BLUEPRINTS["hy_v3"]) + bare(moe, exp_probs_b=(arch.experts or 0,))


REST_ATTENTION: dict[str, Callable[[Architecture], list[Tensor]]] = {"plamo3": plamo3_layers, "hy_v3": hy_v3_layers}
REST_LAYERS: dict[str, Callable[[Architecture], list[Tensor]]] = {
    "arctic": arctic_layers,
    "cogvlm": cogvlm_layers,
    "deci": shaped_layers,
    "openelm": shaped_layers,
    "grovemoe": grove_layers,
    "talkie": talkie_layers,
    "deepseek4": deepseek4_layers,
}
