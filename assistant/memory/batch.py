"""The formula for many models and quantisations at once: what `needs` tells of one, as arrays.

A `Table` holds what does not depend on the question: bytes of weights per quantisation, and what each model keeps.
`totals` turns it into bytes for a context. The rows come from the functions behind `needs`, and tests/test_batch.py
holds both equal, so that ranking and single answers cannot drift apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.errors import BadArguments
from assistant.memory.compute import compute_buffer
from assistant.memory.compute_table import usual_ubatch
from assistant.memory.layers import PAD, UBATCH
from assistant.memory.needs import Needs, needs
from knowledge.schema import Model

Ints = NDArray[np.int64]
UNKNOWN = -1
_ROUGH_CELLS = 1 << 20  # a cell's bytes are fractions where the layers are unknown: taken from many cells


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """Figures of `models` (rows) in `quants` (columns), in bytes.

    `weights` (models, quants): all tensors, UNKNOWN where not even the number of parameters is known. `layer`
    (models, quants): one repeating layer on average, 0 where the layers are unknown. `needs` (models,): each model's
    needs in the first quantisation that is known, None when none is.
    """

    models: tuple[Model, ...]
    quants: tuple[str, ...]
    weights: Ints
    layer: Ints
    needs: tuple[Needs | None, ...]


def table(models: Sequence[Model], quants: Sequence[str]) -> Table:
    """Return the table of `models` in `quants` (keys of QUANTS); some 0.1 ms per model and quantisation."""
    weights = np.full((len(models), len(quants)), UNKNOWN, dtype=np.int64)
    layer = np.zeros_like(weights)
    known: list[Needs | None] = []
    for row, model in enumerate(models):
        found = [_needs(model, quant) for quant in quants]
        known.append(next((one for one in found if one is not None), None))
        for column, one in enumerate(found):
            if one is not None:
                weights[row, column] = one.weights.total
                layer[row, column] = one.weights.layers // one.layers if one.layers else 0
    return Table(tuple(models), tuple(quants), weights, layer, tuple(known))


def totals(one: Table, contexts: Ints, kv_type: str = "f16", *, users: int = 1, devices: int = 1) -> Ints:
    """Return weights, KV cache and compute buffer in bytes (models, quants), UNKNOWN where the weights are.

    Args:
        one: the table.
        contexts: (models,) tokens of each of `users` sequences.
        kv_type: type of the KV cache's values, a member of layers.KV_TYPES.
        users: parallel sequences.
        devices: number of GPUs, 0 for the processor.
    """
    beside = caches(one, contexts, kv_type, users=users) + _computes(one, contexts.tobytes(), kv_type, devices)
    return np.where(one.weights == UNKNOWN, UNKNOWN, one.weights + beside[:, None])


def caches(one: Table, contexts: Ints, kv_type: str = "f16", *, users: int = 1) -> Ints:
    """Return KV cache and recurrent state in bytes (models,) for `users` sequences of `contexts` (models,) tokens."""
    full, sliding, windows, recurrent = _cells(one, kv_type)
    cells = -(-contexts // PAD) * PAD
    kept = -(-np.minimum(cells, windows + UBATCH) // PAD) * PAD
    return np.asarray(users * np.rint(full * cells + sliding * kept + recurrent), dtype=np.int64)


@lru_cache(maxsize=32)
def _cells(one: Table, kv_type: str) -> tuple[NDArray[np.float64], ...]:
    """Return per model (each (models,)): bytes of one cell over full and over sliding layers, window, state."""
    rows = [(0.0, 0.0, 0.0, 0.0) if need is None else _cell(need, kv_type) for need in one.needs]
    return tuple(np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))


def _cell(need: Needs, kv_type: str) -> tuple[float, float, float, float]:
    if need.cache is None:
        rough = needs(need.model, need.quant, _ROUGH_CELLS, kv_type)
        return rough.cache_bytes / _ROUGH_CELLS, 0.0, 0.0, 0.0
    full, sliding = need.cache.token_bytes(kv_type)
    return full, sliding, need.cache.window, need.cache.recurrent_bytes


@lru_cache(maxsize=32)
def _computes(one: Table, contexts: bytes, kv_type: str, devices: int) -> Ints:
    """Return the compute buffer in bytes (models,); a scalar formula, kept per context asked for."""
    return np.array(
        [
            0 if need is None else _compute(need, int(context), kv_type, devices)
            for need, context in zip(one.needs, np.frombuffer(contexts, dtype=np.int64), strict=True)
        ],
        dtype=np.int64,
    )


def _compute(need: Needs, context: int, kv_type: str, devices: int) -> int:
    if need.arch is None:
        return need.compute_bytes * max(1, devices)
    return compute_buffer(need.arch, context, kv_type, ubatch=usual_ubatch(need.arch, context), devices=devices)


def _needs(model: Model, quant: str) -> Needs | None:
    try:
        return needs(model, quant, PAD)
    except BadArguments:
        return None
