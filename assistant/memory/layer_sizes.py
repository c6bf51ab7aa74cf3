"""Numbers that differ from layer to layer, and sizes inside a layer that configurations leave out.

`Architecture.extra` may state one number per layer as "<key>.<layer>" ("feed_forward_length.3"). Read 2026-11-22 in
llama.cpp's src/models/*.cpp and conversion/*.py (llama-cpp-python 0.3.36).
"""

import math
from dataclasses import dataclass

from knowledge.schema import Architecture

# Latent attention whose cache holds the expanded heads, not the latent row.
EXPANDED = frozenset({"minicpm3", "plm"})
# An indexer chooses the tokens to look at; its keys have a cache of their own.
INDEXED = frozenset({"deepseek32", "glm-dsa", "minimax-m3", "deepseek4"})


# Context of published models where it decides the size of a tensor or of a buffer.
_CONTEXTS = {"gpt2": 1024, "starcoder": 8192, "t5": 512, "t5encoder": 512,
             **dict.fromkeys(("bert", "jina-bert-v2", "jina-bert-v3", "nomic-bert", "nomic-bert-moe"), 512),
             # GLM-5.2, whose layers share an indexer, is told by its 1,048,576 tokens.
             "glm-dsa": 1 << 17}  # fmt: skip


def context_length(arch: Architecture) -> int:
    """Return the context a model was made for as far as it matters here, stated or as published; else a long one."""
    return int(arch.extra.get("context_length", _CONTEXTS.get(arch.arch or "", 1 << 20)))


def stated_per_layer(arch: Architecture, key: str, usual: int) -> tuple[int, ...]:
    """Return one number per layer: stated for that layer, else `usual`."""
    return tuple(int(arch.extra.get(f"{key}.{il}", usual)) for il in range(arch.layers))


def feed_forward_per_layer(arch: Architecture) -> tuple[int, ...]:
    """Return the width of each layer's dense feed-forward step, 0 where it has none."""
    return stated_per_layer(arch, "feed_forward_length", arch.ffn)


def compress_ratios(arch: Architecture) -> tuple[int, ...]:
    """Return how many tokens DeepSeek 4 keeps as one in each layer: 0 (none), 4 or 128; unstated ones take turns."""
    usual = [0, 0, *(4 if il % 2 == 0 else 128 for il in range(2, arch.layers))]
    return tuple(int(arch.extra.get(f"attention.compress_ratios.{il}", usual[il])) for il in range(arch.layers))


@dataclass(frozen=True, slots=True)
class Latent:
    """Sizes of latent attention: the row that is kept, the query's, and a head's parts with and without positions."""

    rank: int
    query_rank: int
    nope: int
    rope: int
    value: int


def latent(arch: Architecture) -> Latent:
    """Return the sizes of latent attention; MiniCPM 3 has one published size, whose configuration is often cut."""
    known = Latent(256, 768, 64, 32, 64) if arch.arch == "minicpm3" else Latent(0, 0, arch.head_dim, 0, arch.head_dim)
    return Latent(
        arch.kv_lora_rank or known.rank,
        arch.q_lora_rank or known.query_rank,
        arch.qk_nope_head_dim or known.nope,
        arch.qk_rope_head_dim or known.rope,
        arch.v_head_dim or arch.value_dim or known.value,
    )


@dataclass(frozen=True, slots=True)
class Indexer:
    """An indexer's heads and the width of its keys. Published models: 64 x 128 (DeepSeek), 32 x 128 (GLM-5)."""

    heads: int
    dim: int


def indexer(arch: Architecture) -> Indexer:
    """Return the indexer's sizes, those of the published model when they are not stated."""
    heads = {"glm-dsa": 32, "minimax-m3": arch.kv_heads if isinstance(arch.kv_heads, int) else 1}
    return Indexer(
        int(arch.extra.get("attention.indexer.head_count", heads.get(arch.arch or "", 64))),
        int(arch.extra.get("attention.indexer.key_length", 128)),
    )


def indexer_layers(arch: Architecture) -> tuple[int, ...]:
    """Return the layers with an indexer of their own.

    MiniMax-M3: those with experts. GLM-5.2 (its contexts reach 1,048,576 tokens): the first two, then every fourth.
    """
    every = range(arch.layers)
    if arch.arch == "minimax-m3":
        return tuple(every[arch.first_dense_layers or 0 :])
    if arch.arch == "glm-dsa" and context_length(arch) >= 1 << 20:
        return tuple(il for il in every if il < 2 or il % 4 == 2)
    return tuple(every)


def _low_rank(hidden: int, exponent: float, multiplier: float) -> int:
    """Return RWKV 7's rank for a width, as its authors and llama.cpp's converter compute it."""
    return max(1, round(math.pow(hidden, exponent) * multiplier / 32)) * 32


def rwkv_sizes(arch: Architecture) -> dict[str, int]:
    """Return the header keys of sizes inside RWKV's layers, stated or as its authors compute them from the width."""
    extra, hidden = arch.extra, arch.hidden
    wide = hidden == 4096 or (hidden > 4096 and arch.arch == "rwkv6qwen2")
    usual = {
        "wkv.head_size": arch.head_dim if arch.arch == "rwkv6qwen2" else 64,
        "time_mix_extra_dim": 64 if wide else 32,
        "time_decay_extra_dim": 128 if wide else 64,
        "attention.decay_lora_rank": _low_rank(hidden, 0.5, 1.8),
        "attention.iclr_lora_rank": _low_rank(hidden, 0.5, 1.8),
        "attention.value_residual_mix_lora_rank": _low_rank(hidden, 0.5, 1.3),
        "attention.gate_lora_rank": _low_rank(hidden, 0.8, 0.6),
        "token_shift_count": 1 if arch.arch in ("rwkv6qwen2", "arwkv7") else 2,
    }
    return {key: int(extra.get(key, value)) for key, value in usual.items()}
