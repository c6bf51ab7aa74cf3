"""A model's header as llama.cpp would find it in a real file, from hyperparameters alone."""

from pathlib import Path

from assistant.memory.blueprints import expert_ffn, moe_step, shared_ffn, tensors
from assistant.memory.blueprints_hybrid import feed_forward_layers
from assistant.memory.blueprints_special import feed_forward_widths, per_layer_width
from assistant.memory.gguf_format import Values, write_header
from assistant.memory.layers import delta_net, kv_heads_per_layer, sliding_layers, window
from assistant.memory.tensor import Tensor
from knowledge.schema import Architecture

_KEEP_F32 = ("_norm", "position_embd", "ffn_gate_inp", ".bias", "attn_sinks", "ssm_conv1d", "ssm_dt", "altup", "laurel",
             "token_types", ".scale", "shortconv.conv", "exp_probs_b")  # fmt: skip


def header_keys(arch: Architecture) -> dict[str, Values]:
    """Return the keys llama.cpp needs to build the model; values that do not change memory are ordinary ones."""
    name = arch.arch or "llama"
    heads = kv_heads_per_layer(arch)
    dim = arch.head_dim
    found: dict[str, Values] = {
        "context_length": int(arch.extra.get("context_length", 1024 if name == "gpt2" else 1 << 20)),
        "embedding_length": arch.hidden,
        "block_count": arch.layers,
        "feed_forward_length": arch.ffn,
        "attention.head_count": arch.heads,
        "attention.head_count_kv": heads[0] if len(set(heads)) == 1 else list(heads),
        "attention.key_length": dim,
        "attention.value_length": dim if arch.value_dim is None else arch.value_dim,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "attention.layer_norm_epsilon": 1e-5,
        "rope.dimension_count": int(arch.extra.get("rope.dimension_count", dim)),
        "rope.freq_base": 10000.0,
        "vocab_size": arch.vocab,
        "logit_scale": 1.0,
        "residual_scale": 1.0,
        "embedding_scale": 1.0,
        "attention.scale": 1.0,
        "use_parallel_residual": True,
        "rope.dimension_sections": [11, 11, 10, 0],
        "attention.max_alibi_bias": 8.0 if name in ("bloom", "mpt") else 0.0,
    }
    if arch.experts:
        found |= _expert_keys(arch)
    if arch.kv_lora_rank:
        found |= _mla_keys(arch)
    if window(arch):
        found["attention.sliding_window"] = window(arch)
        found["attention.sliding_window_pattern"] = list(sliding_layers(arch))
        if arch.global_head_dim:
            found["attention.key_length"] = found["attention.value_length"] = arch.global_head_dim
            found["attention.key_length_swa"] = found["attention.value_length_swa"] = dim
    if name in ("qwen35", "qwen35moe", "qwen3next"):
        found |= _delta_net_keys(arch)
    if name in ("gemma4", "gemma3n"):
        found |= _gemma_keys(arch)
    if name == "qwen":  # its files state twice the width
        found["feed_forward_length"] = 2 * arch.ffn
    if name.startswith("nemotron_h"):
        wide = set(feed_forward_layers(arch))
        found["feed_forward_length"] = [(arch.moe_ffn or arch.ffn) if il in wide else 0 for il in range(arch.layers)]
    if name == "apertus":
        ones = [1.0] * arch.layers
        found |= {f"xielu.{key}": ones for key in ("alpha_n", "alpha_p", "beta", "eps")}
    if name == "bert":
        found["context_length"] = int(arch.extra.get("context_length", 512))
        found["attention.causal"] = False
    found |= {key: _number(value) for key, value in arch.extra.items() if "." in key and key != "rope.dimension_count"}
    keys: dict[str, Values] = {
        key if key.startswith("xielu.") else f"{name}.{key}": value for key, value in found.items()
    }
    return {
        "general.architecture": name,
        "general.name": "header",
        "general.file_type": 1,
        "tokenizer.ggml.token_type_count": int(arch.extra.get("token_type_count", 1 if arch.vocab > 200_000 else 2)),
        "tokenizer.ggml.model": "no_vocab",
        **keys,
    }


def _delta_net_keys(arch: Architecture) -> dict[str, Values]:
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


def _gemma_keys(arch: Architecture) -> dict[str, Values]:
    keys: dict[str, Values] = {
        "embedding_length_per_layer_input": per_layer_width(arch),
        "attention.shared_kv_layers": arch.kv_shared_layers or 0,
        "attention.key_length_swa": arch.head_dim,
        "attention.value_length_swa": arch.head_dim,
        "rope.dimension_count_swa": arch.head_dim,
        "rope.dimension_count": arch.global_head_dim or arch.head_dim,
    }
    widths = feed_forward_widths(arch)
    return keys | ({"feed_forward_length": widths} if len(set(widths)) > 1 else {})


def _number(value: float) -> Values:
    return int(value) if float(value).is_integer() else float(value)


def _expert_keys(arch: Architecture) -> dict[str, Values]:
    keys: dict[str, Values] = {
        "expert_count": arch.experts or 0,
        "expert_used_count": arch.experts_used or 1,
        "expert_feed_forward_length": expert_ffn(arch),
        "expert_shared_count": arch.shared_experts or (1 if arch.arch == "llama4" else 0),
        "leading_dense_block_count": arch.first_dense_layers or 0,
        "interleave_moe_layer_step": moe_step(arch),
        "expert_weights_scale": 1.0,
        "expert_gating_func": 2,
    }
    if shared_ffn(arch):
        keys["expert_shared_feed_forward_length"] = shared_ffn(arch)
    return keys


def _mla_keys(arch: Architecture) -> dict[str, Values]:
    rank, rope = arch.kv_lora_rank or 0, arch.qk_rope_head_dim or 0
    keys: dict[str, Values] = {
        "attention.head_count_kv": 1,
        "attention.key_length": rank + rope,
        "attention.value_length": rank,
        "attention.key_length_mla": (arch.qk_nope_head_dim or arch.head_dim) + rope,
        "attention.value_length_mla": arch.v_head_dim or arch.value_dim or arch.head_dim,
        "attention.kv_lora_rank": rank,
        "rope.dimension_count": rope,
    }
    if arch.q_lora_rank:
        keys["attention.q_lora_rank"] = arch.q_lora_rank
    return keys


def _expanded(parts: tuple[Tensor, ...]) -> list[tuple[str, tuple[int, ...], str]]:
    rows = []
    for part in parts:
        small = len(part.shape) == 1 or part.name in ("ssm_a", "ssm_d") or any(word in part.name for word in _KEEP_F32)
        kind = "F32" if small else "F16"
        if part.layers is None:
            rows.append((part.name, part.shape, kind))
        else:
            rows += [(f"blk.{il}.{part.name}", part.shape, kind) for il in part.layers]
    return rows


def write(arch: Architecture, path: Path) -> bool:
    """Write the header for `arch` to `path`; False when its tensors are not known."""
    parts = tensors(arch)
    if parts is None or arch.arch is None:
        return False
    write_header(path, header_keys(arch), _expanded(parts))
    return True
