"""A model's header as llama.cpp would find it in a real file, from hyperparameters alone."""

from collections.abc import Sequence
from pathlib import Path

from assistant.memory.blueprints.encoders import token_types
from assistant.memory.blueprints.tensors import expert_ffn, tensors
from assistant.memory.files.gguf_format import Values, write_header
from assistant.memory.files.gguf_header_kinds import KIND_KEYS, Keys, expert_keys, latent_keys
from assistant.memory.layer_sizes import context_length, latent, stated_per_layer
from assistant.memory.layers import RECURRENT_ONLY, heads_per_layer, kv_heads_per_layer, sliding_layers, window
from knowledge.schema import Architecture

# What `Architecture.extra` holds for the arithmetic alone; everything else in it is a key of the file.
_OWN = frozenset({"qk_norm", "attention_bias", "expert_probability_bias", "recurrent_layers", "context_length",
                  "moe_latent_size", "token_type_count", "mamba_rms_norm", "expert_layer_offset",
                  "attention.head_count_swa", "rope.dimension_count"})  # fmt: skip


def header_keys(arch: Architecture) -> Keys:
    """Return the keys llama.cpp needs to build the model; values that do not change memory are ordinary ones."""
    name = arch.arch or "llama"
    heads = kv_heads_per_layer(arch)
    dim = arch.head_dim
    found: Keys = {
        "context_length": context_length(arch),
        "embedding_length": arch.hidden,
        "block_count": arch.layers,
        "feed_forward_length": arch.ffn or expert_ffn(arch),
        "attention.head_count": 0 if name in RECURRENT_ONLY else _one_or_list(heads_per_layer(arch)),
        "attention.head_count_kv": _one_or_list(heads),
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
        "attention.max_alibi_bias": 8.0 if name in ("bloom", "mpt", "refact", "jais", "jina-bert-v2") else 0.0,
        "attention.clamp_kqv": 8.0,
        "attention.causal": True,
    }
    if arch.experts:
        found |= expert_keys(arch)
    if latent(arch).rank:
        found |= latent_keys(arch)
    if window(arch):
        found["attention.sliding_window"] = window(arch)
        found["attention.sliding_window_pattern"] = list(sliding_layers(arch))
        if arch.global_head_dim:
            found["attention.key_length"] = found["attention.value_length"] = arch.global_head_dim
            found["attention.key_length_swa"] = found["attention.value_length_swa"] = dim
    found |= (KIND_KEYS[name](arch) if name in KIND_KEYS else {}) | _stated(arch)
    keys: Keys = {key if key.startswith("xielu.") else f"{name}.{key}": value for key, value in found.items()}
    return {
        "general.architecture": name,
        "general.name": "header",
        "general.file_type": 1,
        "tokenizer.ggml.token_type_count": token_types(arch),
        "tokenizer.ggml.model": "no_vocab",
        **keys,
    }


def _one_or_list(numbers: Sequence[int]) -> Values:
    return numbers[0] if len(set(numbers)) == 1 else list(numbers)


def _stated(arch: Architecture) -> Keys:
    """Return what `extra` states; "<key>.<layer>" becomes a list with one number per layer."""
    found: Keys = {}
    for key, value in arch.extra.items():
        base, _, last = key.rpartition(".")
        if base == "attention.sliding_window_pattern":
            continue  # written as llama.cpp reads it, above
        if last.isdecimal():
            usual = {"attention.head_count": arch.heads, "feed_forward_length": arch.ffn}.get(base, 0)
            found[base] = list(stated_per_layer(arch, base, usual))
        elif key not in _OWN:
            found[key] = _number(value)
    return found


def _number(value: float) -> Values:
    return int(value) if float(value).is_integer() else float(value)


def expanded(arch: Architecture) -> list[tuple[str, tuple[int, ...], str]] | None:
    """Return every tensor of an unquantised file: name, shape, type; None when they are not known."""
    rows = []
    parts = tensors(arch)
    if parts is None or arch.arch is None:
        return None
    for part in parts:
        kind = part.kept or "F16"
        if part.layers is None:
            rows.append((part.name, part.shape, kind))
        else:
            rows += [(part.full_name(il), part.shape, kind) for il in part.layers]
    return rows


def write(arch: Architecture, path: Path) -> bool:
    """Write the header for `arch` to `path`; False when its tensors are not known."""
    rows = expanded(arch)
    if rows is None:
        return False
    write_header(path, header_keys(arch), rows)
    return True
