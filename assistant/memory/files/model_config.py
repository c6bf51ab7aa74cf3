"""Turn a configuration (config.json keys, or schema.Architecture's own) into hyperparameters; it may be hostile."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.memory.files.config_kinds import KINDS
from assistant.memory.files.config_numbers import MOST_LAYERS, bad, integer, integers
from assistant.memory.files.hub_classes import HUB_CLASSES
from assistant.memory.layers import RECURRENT_ONLY
from knowledge.schema import Architecture

# config.json's model_type -> llama.cpp architecture (llama.cpp's convert_hf_to_gguf, read 2026-11-22).
MODEL_TYPES = {
    "llama": "llama", "mistral": "llama", "mixtral": "llama", "yi": "llama", "ministral": "mistral3",
    "mistral3": "mistral3", "qwen2": "qwen2", "qwen2_moe": "qwen2moe", "qwen2_vl": "qwen2vl", "qwen2_5_vl": "qwen2vl",
    "qwen3": "qwen3", "qwen3_moe": "qwen3moe", "qwen3_vl": "qwen3vl", "qwen3_vl_text": "qwen3vl",
    "qwen3_vl_moe": "qwen3vlmoe", "qwen3_next": "qwen3next", "qwen3_5": "qwen35", "qwen3_5_text": "qwen35",
    "qwen3_5_moe": "qwen35moe", "qwen3_5_moe_text": "qwen35moe",
    "gemma": "gemma", "gemma2": "gemma2", "gemma3": "gemma3", "gemma3_text": "gemma3", "gemma3n": "gemma3n",
    "gemma3n_text": "gemma3n", "gemma4": "gemma4", "gemma4_text": "gemma4",
    "phi": "phi2", "phi3": "phi3", "phimoe": "phimoe", "cohere": "command-r", "cohere2": "cohere2",
    "olmo": "olmo", "olmo2": "olmo2", "olmo3": "olmo2", "olmoe": "olmoe", "granite": "granite",
    "granitemoe": "granitemoe", "granitemoehybrid": "granitehybrid", "gpt_oss": "gpt-oss", "deepseek": "deepseek",
    "deepseek_v2": "deepseek2", "deepseek_v3": "deepseek2", "kimi_k2": "deepseek2", "glm4": "glm4",
    "glm4_moe": "glm4moe", "chatglm": "chatglm", "falcon": "falcon", "gpt_neox": "gptneox", "bloom": "bloom",
    "gpt2": "gpt2", "mpt": "mpt", "starcoder2": "starcoder2", "stablelm": "stablelm", "internlm2": "internlm2",
    "baichuan": "baichuan", "exaone": "exaone", "exaone4": "exaone4", "minicpm": "minicpm", "minicpm3": "minicpm3",
    "orion": "orion", "xverse": "xverse", "nemotron": "nemotron", "smollm3": "smollm3", "seed_oss": "seed_oss",
    "hunyuan_v1_dense": "hunyuan-dense", "hunyuan_v1_moe": "hunyuan-moe", "ernie4_5": "ernie4_5",
    "ernie4_5_moe": "ernie4_5-moe", "dots1": "dots1", "bailing_moe": "bailingmoe", "llama4": "llama4",
    "llama4_text": "llama4", "minimax_m2": "minimax-m2", "arcee": "arcee", "lfm2": "lfm2", "lfm2_moe": "lfm2moe",
    "jamba": "jamba", "mamba": "mamba", "falcon_h1": "falcon-h1", "nemotron_h": "nemotron_h", "bert": "bert",
    "modernbert": "modern-bert", "apertus": "apertus", "afmoe": "afmoe", "mimo_v2": "mimo2", "minimax_m3": "minimax-m3",
    "nomic_bert": "nomic-bert",
    "step3p5": "step35", "step3p7": "step35",
}  # fmt: skip
# Field -> the names it has in configurations, first match wins.
_NAMES: dict[str, tuple[str, ...]] = {
    "layers": ("layers", "num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_transformer_layers"),
    "hidden": ("hidden", "hidden_size", "n_embd", "d_model", "dim", "model_dim"),
    "heads": ("heads", "num_attention_heads", "n_head", "n_heads", "num_heads", "num_query_heads"),
    "kv_heads": ("kv_heads", "num_key_value_heads", "num_kv_heads", "multi_query_group_num", "n_kv_heads"),
    "head_dim": ("head_dim", "kv_channels", "attention_head_dim", "d_kv"),
    "ffn": ("ffn", "intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim", "hidden_dim", "d_ff"),
    "vocab": ("vocab", "vocab_size", "padded_vocab_size"),
    "value_dim": ("value_dim",),
    "sliding_window": ("sliding_window", "sliding_window_size"),
    "swa_period": ("swa_period", "sliding_window_pattern", "_sliding_window_pattern"),
    "experts": ("experts", "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"),
    "experts_used": ("experts_used", "num_experts_per_tok", "experts_per_token", "moe_k", "num_experts_per_token"),
    "moe_ffn": ("moe_ffn", "moe_intermediate_size", "expert_ffn_hidden_size"),
    "shared_experts": ("shared_experts", "n_shared_experts", "num_shared_experts", "moe_num_shared_experts"),
    "first_dense_layers": ("first_dense_layers", "first_k_dense_replace", "moe_layer_start_index"),
    "kv_lora_rank": ("kv_lora_rank",),
    "q_lora_rank": ("q_lora_rank",),
    "qk_rope_head_dim": ("qk_rope_head_dim",),
    "qk_nope_head_dim": ("qk_nope_head_dim",),
    "v_head_dim": ("v_head_dim",),
    "global_head_dim": ("global_head_dim",),
    "global_kv_heads": ("global_kv_heads", "num_global_key_value_heads"),
    "kv_shared_layers": ("kv_shared_layers", "num_kv_shared_layers"),
    "full_attention_interval": ("full_attention_interval",),
    "context_tokens": ("context_tokens", "max_position_embeddings", "n_positions", "max_sequence_length", "n_ctx",
                       "seq_length", "model_max_length", "max_seq_len", "max_context_length"),
    "parameters": ("parameters",),
}  # fmt: skip
_ZERO_IS_NONE = ("sliding_window", "experts", "experts_used", "moe_ffn", "shared_experts", "first_dense_layers",
                 "kv_lora_rank", "q_lora_rank", "kv_shared_layers", "swa_period",
                 "full_attention_interval")  # fmt: skip
# Fields of which some configurations state one number per layer; all but KV heads are read as the largest.
_LISTS = ("heads", "kv_heads", "ffn", "moe_ffn", "experts_used", "head_dim", "shared_experts")
# Architectures whose embeddings double as the output when the configuration does not say.
_TIED = frozenset({"gpt2", "bloom", "falcon", "mpt", "starcoder", "starcoder2", "mamba", "mamba2", "t5", "t5encoder",
                   "lfm2", "lfm2moe", "smollm3", "minicpm", "minicpm3", "gemma", "gemma2", "gemma3", "gemma3n",
                   "gemma4", "gemma-embedding"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Config:
    """Hyperparameters (None when only llama.cpp can tell) and what stands beside them."""

    architecture: Architecture | None
    model_type: str
    context_tokens: int | None
    parameters: int | None


def _find(table: Mapping[str, Any], field: str) -> Any:
    for name in _NAMES[field]:
        if name in table and table[name] is not None:
            return table[name]
    return None


def parse_config(table: Mapping[str, Any]) -> Config:
    """Return the hyperparameters of a configuration in config.json's or schema.Architecture's terms.

    Nested text_config or llm_config (vision models) is read instead of the outer level. Raises BadArguments naming the
    first value that is missing or out of range.
    """
    outer = table
    for inner in ("text_config", "llm_config", "language_config"):
        if isinstance(table.get(inner), Mapping):
            table = {**{k: v for k, v in outer.items() if k in ("tie_word_embeddings",)}, **table[inner]}
            break
    kind = table.get("model_type", outer.get("model_type"))
    kind = kind if isinstance(kind, str) else ""
    values = {field: _value(table, field) for field in _NAMES}
    for field in _ZERO_IS_NONE:
        values[field] = values[field] or None
    values |= {"arch": _name(outer, table, kind), "extra": _extra(table), "swa_dense_first": False}
    lonely = values["arch"] in RECURRENT_ONLY
    pattern = table.get("hybrid_override_pattern", table.get("layers_block_type"))  # one letter or word per layer
    if values["layers"] is None and isinstance(pattern, str | list):
        values["layers"] = integer("layers", len(pattern))
    for field in ("layers", "hidden") if lonely else ("layers", "hidden", "heads"):
        if not values[field]:
            raise bad(field, values[field], "a positive number", "正の数")
    if lonely:
        values["heads"] = values["heads"] or 0
    _pattern(table, values)
    if values["arch"] in KINDS and not isinstance(table.get("arch"), str):  # our own terms leave nothing to read
        KINDS[values["arch"]](table, values)
    return Config(_architecture(table, values, kind), kind, values["context_tokens"], values["parameters"])


def _value(table: Mapping[str, Any], field: str) -> Any:
    found = _find(table, field)
    if isinstance(found, list) and field in _LISTS:
        if not found:
            raise bad(field, 0, "1 to 10,000 entries", "1〜10,000 個")
        numbers = tuple(integers(field, found))
        return numbers if field == "kv_heads" else max(numbers)
    if found is None:
        return None
    return integer(field, found, 1 << 45 if field == "parameters" else None)


def _name(outer: Mapping[str, Any], table: Mapping[str, Any], kind: str) -> str | None:
    """Return llama.cpp's architecture: stated, or that of the class its converter registers, or of the model type."""
    stated = table.get("arch")
    if isinstance(stated, str):
        return stated if 0 < len(stated) <= 64 else None
    for level in (outer, table):
        classes = level.get("architectures")
        first = classes[0] if isinstance(classes, list) and classes else None
        if isinstance(first, str) and first in HUB_CLASSES:
            return HUB_CLASSES[first]
    outside = outer.get("model_type")
    return MODEL_TYPES.get(kind) or (MODEL_TYPES.get(outside) if isinstance(outside, str) else None)


def _architecture(table: Mapping[str, Any], values: dict[str, Any], kind: str) -> Architecture:
    heads = values["heads"]
    kv_heads = values["kv_heads"] if values["kv_heads"] is not None else heads
    if kind == "falcon" and values["kv_heads"] is None and table.get("multi_query") is True:
        kv_heads = 1
    if isinstance(kv_heads, tuple) and len(kv_heads) != values["layers"]:
        raise bad(
            "kv_heads",
            len(kv_heads),
            f"one number per layer ({values['layers']})",
            f"層ごとに 1 つ ({values['layers']} 個)",
        )
    if isinstance(kv_heads, tuple) and len(set(kv_heads)) == 1:
        kv_heads = kv_heads[0]
    if max(kv_heads if isinstance(kv_heads, tuple) else (kv_heads,)) > heads:
        raise bad("kv_heads", kv_heads, f"at most the number of heads ({heads})", f"ヘッド数 ({heads}) 以下")
    dim = values["head_dim"] or (values["hidden"] // heads if heads else 0)
    if not dim and heads:
        raise bad("head_dim", dim, "a positive number", "正の数")
    if table.get("use_sliding_window") is False:
        values["sliding_window"] = None
    tied = table.get("tied_embeddings", table.get("tie_word_embeddings", values["arch"] in _TIED))
    unstated = values["moe_ffn"] if values["experts"] and values["moe_ffn"] else 4 * values["hidden"]
    return Architecture(
        arch=values["arch"],
        layers=values["layers"],
        hidden=values["hidden"],
        heads=heads,
        kv_heads=kv_heads,
        head_dim=dim,
        ffn=unstated if values["ffn"] is None else values["ffn"],
        vocab=values["vocab"] or 32_000,
        tied_embeddings=tied is True,
        **{name: values[name] for name in (
            "value_dim", "sliding_window", "swa_period", "swa_dense_first", "experts", "experts_used", "moe_ffn",
            "shared_experts", "first_dense_layers", "kv_lora_rank", "q_lora_rank", "qk_rope_head_dim",
            "qk_nope_head_dim", "v_head_dim", "global_head_dim", "global_kv_heads", "kv_shared_layers",
            "full_attention_interval",
        )},
        extra={name: float(value) for name, value in values["extra"].items()},
    )  # fmt: skip


def _pattern(table: Mapping[str, Any], values: dict[str, Any]) -> None:
    """Read which layers slide or are recurrent: the period, and one number per layer where there is none."""
    values["swa_dense_first"] = table.get("swa_dense_first") is True
    kinds = table.get("layer_types")
    if not isinstance(kinds, list) or not 0 < len(kinds) <= MOST_LAYERS:
        return
    if "sliding_attention" in kinds:
        sliding = [one == "sliding_attention" for one in kinds][: values["layers"]]
        values["swa_period"], values["swa_dense_first"] = period_of(sliding)
        if values["swa_period"] is None:
            values["extra"] |= {f"attention.sliding_window_pattern.{il}": int(one) for il, one in enumerate(sliding)}
    if "linear_attention" in kinds and values["full_attention_interval"] is None:
        full = [il + 1 for il, one in enumerate(kinds) if one == "full_attention"]
        values["full_attention_interval"] = full[0] if full and full[0] > 1 else None


def period_of(sliding: list[bool]) -> tuple[int | None, bool]:
    """Return (period, dense first) of a pattern of sliding layers, (None, False) when it is not regular."""
    if all(sliding):
        return 1, False
    if not any(sliding):
        return None, False
    for period in range(2, len(sliding) + 1):
        if all(slides == (il % period < period - 1) for il, slides in enumerate(sliding)):
            return period, False
        if all(slides == (il % period != 0) for il, slides in enumerate(sliding)):
            return period, True
    return None, False


def _extra(table: Mapping[str, Any]) -> dict[str, float]:
    """Return further llama.cpp keys: stated under "extra", and those of known configuration names."""
    extra: dict[str, float] = {}
    stated = table.get("extra")
    if isinstance(stated, Mapping):
        for name, value in list(stated.items())[:200]:
            if isinstance(name, str) and isinstance(value, int | float) and math.isfinite(value) and 0 <= value < 1e12:
                extra[name[:80]] = float(value)
    if table.get("shared_expert_intermediate_size"):
        width = integer("shared_expert_intermediate_size", table["shared_expert_intermediate_size"])
        extra["expert_shared_feed_forward_length"] = width
    if table.get("topk_method") == "noaux_tc":
        extra["expert_probability_bias"] = 1
    if table.get("hidden_size_per_layer_input") is not None:
        width = integer("hidden_size_per_layer_input", table["hidden_size_per_layer_input"])
        extra["embedding_length_per_layer_input"] = width
    if table.get("conv_L_cache") is not None:
        extra["shortconv.l_cache"] = integer("conv_L_cache", table["conv_L_cache"], 4096)
    names = ("linear_num_value_heads", "linear_value_head_dim", "linear_num_key_heads", "linear_key_head_dim")
    if all(table.get(name) is not None for name in names):  # gated delta net (Qwen3-Next, Qwen3.5)
        value_heads, value_dim, key_heads, key_dim = (integer(name, table[name], 1 << 16) for name in names)
        extra |= {"ssm.inner_size": value_heads * value_dim, "ssm.state_size": key_dim, "ssm.group_count": key_heads,
                  "ssm.time_step_rank": value_heads}  # fmt: skip
        extra["ssm.conv_kernel"] = integer("linear_conv_kernel_dim", table.get("linear_conv_kernel_dim", 4), 4096)
    return extra
