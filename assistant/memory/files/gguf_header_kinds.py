"""Keys of a header that only some architectures need; values that do not change memory are ordinary ones.

Read 2026-11-22 in `load_arch_hparams` of llama.cpp's src/models/*.cpp (llama-cpp-python 0.3.36).
"""

from collections.abc import Callable

from assistant.memory.blueprints.encoders import BUCKETS
from assistant.memory.blueprints.hybrid import feed_forward_layers
from assistant.memory.blueprints.special import feed_forward_widths, per_layer_width
from assistant.memory.blueprints.tensors import expert_ffn, moe_step, shared_ffn
from assistant.memory.files.gguf_format import Values
from assistant.memory.layer_sizes import EXPANDED, compress_ratios, indexer, latent, rwkv_sizes
from assistant.memory.layers import ENCODERS, delta_net, kv_heads_per_layer
from knowledge.schema import Architecture

Keys = dict[str, Values]


def expert_keys(arch: Architecture) -> Keys:
    """Return the keys of a mixture of experts."""
    keys: Keys = {
        "expert_count": arch.experts or 0,
        "expert_used_count": arch.experts_used or 1,
        "expert_feed_forward_length": expert_ffn(arch),
        "expert_shared_count": arch.shared_experts or (shared_ffn(arch) // expert_ffn(arch) if expert_ffn(arch) else 0),
        "leading_dense_block_count": arch.first_dense_layers or 0,
        "interleave_moe_layer_step": moe_step(arch),
        "expert_weights_scale": 1.0,
        "expert_gating_func": 2,
    }
    if shared_ffn(arch):
        keys["expert_shared_feed_forward_length"] = shared_ffn(arch)
    return keys


def latent_keys(arch: Architecture) -> Keys:
    """Return the keys of latent attention."""
    sizes = latent(arch)
    keys: Keys = {"attention.kv_lora_rank": sizes.rank, "rope.dimension_count": sizes.rope}
    if sizes.query_rank:
        keys["attention.q_lora_rank"] = sizes.query_rank
    if arch.arch in EXPANDED:
        return keys | {"attention.key_length": sizes.nope + sizes.rope, "attention.value_length": sizes.value}
    return keys | {
        "attention.head_count_kv": 1,
        "attention.key_length": sizes.rank + sizes.rope,
        "attention.value_length": sizes.rank,
        "attention.key_length_mla": sizes.nope + sizes.rope,
        "attention.value_length_mla": sizes.value,
    }


def _encoder(arch: Architecture) -> Keys:
    return {"attention.causal": False, "moe_every_n_layers": moe_step(arch) if arch.experts else 0}  # fmt: skip


def _delta_net(arch: Architecture) -> Keys:
    net = delta_net(arch)
    return {
        "ssm.conv_kernel": net.conv,
        "ssm.inner_size": net.state * net.value_heads,
        "ssm.state_size": net.state,
        "ssm.time_step_rank": net.value_heads,
        "ssm.group_count": net.groups,
        "full_attention_interval": arch.full_attention_interval or 4,
        "attention.head_count_kv": max(kv_heads_per_layer(arch)),
        "rope.dimension_count": arch.head_dim // 4,
    }


def _gemma(arch: Architecture) -> Keys:
    keys: Keys = {
        "embedding_length_per_layer_input": per_layer_width(arch),
        "attention.shared_kv_layers": arch.kv_shared_layers or 0,
        "attention.key_length_swa": arch.head_dim,
        "attention.value_length_swa": arch.head_dim,
        "rope.dimension_count_swa": arch.head_dim,
        "rope.dimension_count": arch.global_head_dim or arch.head_dim,
    }
    widths = feed_forward_widths(arch)
    return keys | ({"feed_forward_length": widths} if len(set(widths)) > 1 else {})


def _nemotron(arch: Architecture) -> Keys:
    wide = set(feed_forward_layers(arch))
    return {"feed_forward_length": [(arch.moe_ffn or arch.ffn) if il in wide else 0 for il in range(arch.layers)]}


def _mamba(arch: Architecture) -> Keys:
    """Return Mamba's sizes as published models have them; what is stated replaces them."""
    name, inner = arch.arch, int(arch.extra.get("ssm.inner_size", 2 * arch.hidden))
    second = name in ("mamba2", "falcon-h1")
    return {
        "ssm.conv_kernel": 4,
        "ssm.inner_size": inner,
        "ssm.state_size": 128 if second else 64 if name == "plamo2" else 16,
        "ssm.time_step_rank": inner // 64 if second else 64 if name == "plamo2" else -(-arch.hidden // 16),
        "ssm.group_count": 1 if second else 0,
    }


def _rwkv(arch: Architecture) -> Keys:
    keys: Keys = {**rwkv_sizes(arch)}
    if arch.arch == "rwkv6qwen2":
        keys["attention.head_count_kv"] = arch.kv_heads if isinstance(arch.kv_heads, int) else max(arch.kv_heads)
    return keys


def _indexed(arch: Architecture) -> Keys:
    found = indexer(arch)
    return {
        "attention.indexer.head_count": found.heads,
        "attention.indexer.key_length": found.dim,
        "attention.indexer.top_k": 2048,
        "attention.indexer.block_size": 128,
        "attention.indexer.local_blocks": 1,
    }


def _deepseek4(arch: Architecture) -> Keys:
    return _indexed(arch) | {
        "rope.dimension_count": arch.qk_rope_head_dim or 64,
        "attention.q_lora_rank": arch.q_lora_rank or 1024,
        "attention.output_group_count": 8,
        "attention.output_lora_rank": 1024,
        "attention.compress_ratios": list(compress_ratios(arch)),
        "attention.compress_rope_freq_base": 160000.0,
        "hyper_connection.count": 4,
        "hyper_connection.sinkhorn_iterations": 2,
        "hyper_connection.epsilon": 1e-6,
        "hash_layer_count": 0,
        "swiglu_clamp_exp": 10.0,
        "expert_gating_func": 4,
        "expert_weights_norm": True,
    }


def _kimi(arch: Architecture) -> Keys:
    return {
        "ssm.conv_kernel": 4,
        "kda.head_dim": arch.head_dim,
        "kda.gate_lower_bound": -5.0,
        "attention.head_count_kv": [min(count, 1) for count in kv_heads_per_layer(arch)],
        "attn_res.block_size": 12,
        "activation.situ_beta": 4.0,
        "activation.situ_linear_beta": 25.0,
    }


def _apertus(arch: Architecture) -> Keys:
    return {f"xielu.{key}": [1.0] * arch.layers for key in ("alpha_n", "alpha_p", "beta", "eps")}


KIND_KEYS: dict[str, Callable[[Architecture], Keys]] = {
    **dict.fromkeys(ENCODERS, _encoder),
    **dict.fromkeys(("t5", "t5encoder"), lambda _: {"attention.relative_buckets_count": BUCKETS}),
    **dict.fromkeys(("qwen35", "qwen35moe", "qwen3next"), _delta_net),
    **dict.fromkeys(("gemma4", "gemma3n"), _gemma),
    **dict.fromkeys(("nemotron_h", "nemotron_h_moe"), _nemotron),
    **dict.fromkeys(("mamba", "mamba2", "jamba", "falcon-h1", "plamo2"), _mamba),
    **dict.fromkeys(("rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"), _rwkv),
    **dict.fromkeys(("deepseek32", "glm-dsa", "minimax-m3"), _indexed),
    **dict.fromkeys(("kimi-linear", "kimi-k3", "bailingmoe3"), _kimi),
    "deepseek4": _deepseek4,
    "apertus": _apertus,
    "maple": lambda _: {"swiglu_clamp_exp": 7.0},
    "qwen": lambda arch: {"feed_forward_length": 2 * arch.ffn},  # its files state twice the width
    "minimax-01": lambda arch: {
        "full_attention_interval": arch.full_attention_interval or 8,
        "attention.head_count_kv": max(kv_heads_per_layer(arch)),
    },
    "grovemoe": lambda arch: {"experts_per_group": 2, "expert_group_scale": 0.05},
}
