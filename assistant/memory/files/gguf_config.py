"""The hyperparameters in a GGUF file's keys. The file may be hostile: every number is checked."""

from pathlib import Path
from typing import Any

from assistant.errors import BadArguments, ModelFileError
from assistant.memory.blueprints.special import SPECIAL
from assistant.memory.blueprints.tensors import BLUEPRINTS
from assistant.memory.files.config_numbers import integer, integers
from assistant.memory.files.gguf_parts import Parts
from assistant.memory.files.model_config import Config, period_of
from assistant.memory.layer_sizes import EXPANDED
from assistant.memory.layers import RECURRENT_ONLY
from knowledge.schema import Architecture

_EXTRA_KEYS = (
    "ssm.conv_kernel", "ssm.inner_size", "ssm.state_size", "ssm.group_count", "ssm.time_step_rank",
    "shortconv.l_cache", "wkv.head_size", "token_shift_count", "time_mix_extra_dim", "time_decay_extra_dim",
    "kda.head_dim", "interleave_moe_layer_step", "expert_shared_feed_forward_length", "expert_latent_length",
    "expert_chunk_feed_forward_length", "experts_per_group", "rope.dimension_count", "embedding_length_per_layer_input",
    "attention.indexer.head_count", "attention.indexer.key_length", "attention.decay_lora_rank",
    "attention.iclr_lora_rank", "attention.value_residual_mix_lora_rank", "attention.gate_lora_rank",
    "attention.output_group_count", "attention.output_lora_rank", "hyper_connection.count", "hash_layer_count",
)  # fmt: skip
# Keys whose list has one number per layer, for the architectures that differ from layer to layer.
_LAYERED = {
    **dict.fromkeys(("deci", "openelm", "laguna", "step35"), ("attention.head_count", "feed_forward_length")),
    "spark2_5": ("attention.head_count",),
    "gemma4": ("feed_forward_length",),
    "deepseek4": ("attention.compress_ratios",),
}
# Their tensors or caches depend on the context they were made for.
_BY_CONTEXT = frozenset({"bert", "gpt2", "starcoder", "glm-dsa"})


class _Keys:
    """Access to the keys of one architecture as bounded whole numbers."""

    def __init__(self, parts: Parts, arch: str) -> None:
        self.parts, self.arch = parts, arch

    def get(self, name: str) -> Any:
        return self.parts.header.keys.get(f"{self.arch}.{name}")

    def number(self, name: str, field: str | None = None) -> int | None:
        value = self.get(name)
        if isinstance(value, list):
            value = max((integer(name, one) for one in value), default=None)
        return None if value is None else integer(field or name, value)

    def needed(self, name: str, field: str) -> int:
        value = self.number(name, field)
        if not value:
            raise BadArguments(f"{self.arch}.{name}", value, "a positive number", "正の数")
        return value


def gguf_config(parts: Parts, path: Path) -> Config:
    """Return what a file's keys tell. The hyperparameters of an architecture that only llama.cpp knows may stay None.

    Raises ModelFileError without an architecture, BadArguments for a number that is missing or out of range.
    """
    arch = parts.header.keys.get("general.architecture")
    if not isinstance(arch, str) or not 0 < len(arch) <= 64:
        raise ModelFileError(
            path=str(path),
            reason="no general.architecture in the header",
            reason_ja="general.architecture がありません",
        )
    keys = _Keys(parts, arch)
    context = keys.number("context_length", "context_tokens")
    try:
        architecture = _architecture(keys, arch)
    except BadArguments:
        if arch in BLUEPRINTS:
            raise
        return Config(None, arch, context, parts.parameters)
    return Config(architecture, arch, context, parts.parameters)


def _architecture(keys: _Keys, arch: str) -> Architecture:
    hidden = keys.needed("embedding_length", "hidden")
    layers = keys.needed("block_count", "layers") - (keys.number("nextn_predict_layers") or 0)
    if layers < 1:
        raise BadArguments(f"{arch}.block_count", layers, "a positive number", "正の数")
    heads = _heads(keys, arch, hidden)
    names = {tensor.name for tensor in keys.parts.tensors}
    extra = _extra(keys, arch, layers)
    return Architecture(
        arch=arch,
        layers=layers,
        hidden=hidden,
        heads=heads,
        ffn=(keys.number("feed_forward_length", "ffn") or 0) // (2 if arch == "qwen" else 1),  # Qwen states gate and up
        vocab=_vocabulary(keys),
        tied_embeddings="output.weight" not in names,
        experts=keys.number("expert_count") or None,
        experts_used=keys.number("expert_used_count") or None,
        moe_ffn=keys.number("expert_feed_forward_length") or None,
        shared_experts=keys.number("expert_shared_count") or None,
        first_dense_layers=keys.number("leading_dense_block_count") or None,
        q_lora_rank=keys.number("attention.q_lora_rank") or None,
        kv_shared_layers=keys.number("attention.shared_kv_layers") or None,
        full_attention_interval=keys.number("full_attention_interval") or None,
        **_attention(keys, arch, layers, hidden // heads if heads else 0),
        **_sliding(keys, layers, extra),
        extra=extra,
    )


def _heads(keys: _Keys, arch: str, hidden: int) -> int:
    if arch not in RECURRENT_ONLY:
        return keys.needed("attention.head_count", "heads")
    size = keys.number("wkv.head_size") if arch == "rwkv6qwen2" else None  # it states none, but groups of heads
    return hidden // size if size else 0


def _attention(keys: _Keys, arch: str, layers: int, usual: int) -> dict[str, Any]:
    """Return the fields about keys, values and their heads; `usual` is the head size when none is stated."""
    kv_heads: int | tuple[int, ...] | None = keys.number("attention.head_count_kv", "kv_heads")
    if kv_heads is None:
        kv_heads = keys.number("attention.head_count", "heads") or 0
    stated = keys.get("attention.head_count_kv")
    if isinstance(stated, list) and len(stated) >= layers and len(set(stated[:layers])) > 1:
        kv_heads = tuple(integers("kv_heads", stated[:layers]))
    key, value = keys.number("attention.key_length", "head_dim") or usual, keys.number("attention.value_length")
    window_key = keys.number("attention.key_length_swa", "head_dim")
    rope, mla_key = keys.number("rope.dimension_count") or 0, keys.number("attention.key_length_mla") or 0
    rank = keys.number("attention.kv_lora_rank") if mla_key or arch in EXPANDED else None
    if rank:
        whole = mla_key or key
        return {
            "kv_heads": kv_heads, "head_dim": max(1, whole - rope), "kv_lora_rank": rank, "qk_rope_head_dim": rope,
            "qk_nope_head_dim": max(1, whole - rope), "v_head_dim": keys.number("attention.value_length_mla") or value,
        }  # fmt: skip
    return {
        **_key_value_heads(keys, arch, kv_heads),
        "head_dim": window_key or key,
        "value_dim": None if window_key or value == key else value,
        "qk_rope_head_dim": rope if arch == "deepseek4" else None,
        "global_head_dim": key if window_key and window_key != key else None,
    }


def _key_value_heads(keys: _Keys, arch: str, heads: int | tuple[int, ...]) -> dict[str, Any]:
    """Return KV heads; Gemma 4 states those of full attention apart where its keys double as values there."""
    pattern = keys.get("attention.sliding_window_pattern")
    if arch == "gemma4" and isinstance(heads, tuple) and isinstance(pattern, list) and len(pattern) >= len(heads):
        full = [il for il in range(len(heads)) if not pattern[il]]
        sliding = [il for il in range(len(heads)) if pattern[il]]
        names = {tensor.name for tensor in keys.parts.tensors}
        if full and sliding and f"blk.{full[0]}.attn_v.weight" not in names:
            return {"kv_heads": heads[sliding[0]], "global_kv_heads": heads[full[0]]}
    return {"kv_heads": heads}


def _sliding(keys: _Keys, layers: int, extra: dict[str, float]) -> dict[str, Any]:
    pattern = keys.get("attention.sliding_window_pattern")
    period, dense_first = None, False
    if not isinstance(pattern, list):
        period = keys.number("attention.sliding_window_pattern")
    else:
        slides = [bool(one) for one in pattern[:layers]]
        period, dense_first = period_of(slides)
        if period is None and any(slides):
            extra |= {f"attention.sliding_window_pattern.{il}": float(one) for il, one in enumerate(slides)}
    window = keys.number("attention.sliding_window") or None
    return {"sliding_window": window, "swa_period": period or None, "swa_dense_first": dense_first}


def _extra(keys: _Keys, arch: str, layers: int) -> dict[str, float]:
    found = {name: keys.number(name) for name in _EXTRA_KEYS if not isinstance(keys.get(name), list)}
    extra = {name: float(value) for name, value in found.items() if value}
    for name in _LAYERED.get(arch, ()):
        extra |= {f"{name}.{il}": float(one) for il, one in enumerate(integers(name, keys.get(name))[:layers])}
    if arch.startswith("nemotron_h"):
        widths, heads = (integers(name, keys.get(name)) for name in ("feed_forward_length", "attention.head_count_kv"))
        extra["recurrent_layers"] = float(sum(not w and not h for w, h in zip(widths, heads, strict=False)))
    if arch == "nomic-bert-moe":
        extra["interleave_moe_layer_step"] = float(keys.number("moe_every_n_layers") or 2)
    if arch in _BY_CONTEXT:
        extra["context_length"] = float(keys.number("context_length") or 0)
    extra |= _optional(keys, arch, layers)
    types = next((one.shape[1:] for one in keys.parts.tensors if one.name == "token_types.weight"), None)
    return extra | ({} if types is None else {"token_type_count": float(types[0] if types else 1)})


def _optional(keys: _Keys, arch: str, layers: int) -> dict[str, float]:
    """Return which optional tensors the file has, where they differ from the architecture's usual ones."""
    plan = BLUEPRINTS.get(arch)
    names = {tensor.name for tensor in keys.parts.tensors}
    if plan is None or not any(name.startswith("blk.") for name in names):
        return {}

    def present(*parts: str) -> bool:
        return any(f"blk.{il}.{part}" in names for il in range(min(layers, 1000)) for part in parts)

    found = {}
    biased = present("attn_q.bias", "attn_qkv.bias")
    if biased != plan.qkv_bias and present("attn_q.weight", "attn_qkv.weight") and arch not in SPECIAL:
        found["attention_bias"] = float(biased)
    if present("exp_probs_b.bias") and not plan.probability_bias:
        found["expert_probability_bias"] = 1.0
    return found


def _vocabulary(keys: _Keys) -> int:
    length = keys.parts.header.array_lengths.get("tokenizer.ggml.tokens") or keys.number("vocab_size", "vocab")
    if length:
        return length
    shape = next((tensor.shape for tensor in keys.parts.tensors if tensor.name == "token_embd.weight"), None)
    return integer("vocab", shape[1]) if shape is not None and len(shape) > 1 else 32_000
