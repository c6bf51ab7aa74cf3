"""A model of which only the size is known ("13B"): a dense one shaped like Llama 3, and a note that says so."""

import math
import re
from itertools import pairwise

from knowledge.schema import Architecture, Model

# Billions of parameters -> layers and hidden size of Llama 3.2 1B and 3B, 3.1 8B, 70B and 405B (Meta's config.json).
_SHAPES = ((1.24, 16, 2048), (3.21, 28, 3072), (8.03, 32, 4096), (70.6, 80, 8192), (405.9, 126, 16384))
_VOCAB, _SMALL_VOCAB = 128_256, 32_000
_HEAD, _KV_HEADS, _BLOCK = 128, 8, 256  # K-quants work on rows of whole blocks of 256
_TIED_BELOW = 4.0  # billions: the 1B and the 3B share their embeddings with the output
_CONTEXT = 131_072  # tokens, of all of them
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s?b", re.IGNORECASE)
_LEAST, _MOST = 0.1, 2_000.0  # billions


def generic_model(name: str) -> Model | None:
    """Return the model that a bare size stands for, None when the name says more or the size is out of range.

    The layers and the hidden size lie between those of the Llama 3 models, the feed-forward size makes up the rest, so
    that the count is met within 2 %. Attention is grouped in eight, as in all of them.
    """
    found = _SIZE.fullmatch(name.strip())
    size = float(found[1]) if found else 0.0
    if not _LEAST <= size <= _MOST:
        return None
    architecture = _shape(size)
    return Model(
        id=f"{size:g}b", name=f"{size:g}B", lab="", variant="instruct", licence="unknown", open_weights=True,
        parameters=round(size * 1e9), context_tokens=_CONTEXT, architecture=architecture,
    )  # fmt: skip


def generic_note(model: Model) -> dict[str, str]:
    """Return the note that says what the figures of such a model stand for."""
    return {
        "en": f"No model was named: this is worked out for a dense {model.name} model shaped like Llama 3. Models of "
        "that size differ; name one for its own figures.",
        "ja": f"モデル名がないので、Llama 3 と同じ形の一般的な {model.name}（MoE ではないモデル）として計算しました。"
        "同じ規模でもモデルごとに違うため、名前を挙げるとそのモデルの値が出ます。",
    }


def _shape(size: float) -> Architecture:
    """Return the hyperparameters for a size in billions."""
    layers, width = _between(size)
    hidden = max(1024, round(width / 1024) * 1024)
    tied = size < _TIED_BELOW
    vocab = _VOCAB if size >= 1 else _SMALL_VOCAB
    heads = hidden // _HEAD
    outside = vocab * hidden * (1 if tied else 2)
    attention = 2 * hidden * _HEAD * (heads + _KV_HEADS)
    rest = (size * 1e9 - outside) / layers - attention
    ffn = max(_BLOCK, round(rest / (3 * hidden) / _BLOCK) * _BLOCK)
    return Architecture("llama", layers, hidden, heads, _KV_HEADS, _HEAD, ffn, vocab, tied)


def _between(size: float) -> tuple[int, float]:
    """Return layers and hidden size for a size in billions, between or beyond the known ones, by their logarithms."""
    pairs = list(pairwise(_SHAPES))
    low, high = next((pair for pair in pairs if size <= pair[1][0]), pairs[-1])
    share = math.log(size / low[0]) / math.log(high[0] / low[0])
    layers, hidden = (one * (other / one) ** share for one, other in zip(low[1:], high[1:], strict=True))
    return max(4, round(layers / 2) * 2), hidden
