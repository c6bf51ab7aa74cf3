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
from assistant.machine import Backend
from assistant.memory.compute import compute_buffer
from assistant.memory.compute_table import usual_ubatch
from assistant.memory.layers import PAD, UBATCH
from assistant.memory.needs import Needs, model_weights, needs, on_card
from assistant.memory.weights import Weights
from knowledge.schema import Model

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
UNKNOWN = -1
_ROUGH_CELLS = 1 << 20  # a cell's bytes are fractions where the layers are unknown: taken from many cells


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """Figures of `models` (rows) in `quants` (columns), in bytes.

    `weights` (models, quants): all tensors, UNKNOWN where not even the number of parameters is known. `cards`
    likewise: what a graphics card holds of them. `needs` (models,): each model's needs in the first quantisation that
    is known, None when none is.
    """

    models: tuple[Model, ...]
    quants: tuple[str, ...]
    weights: Ints
    cards: Ints
    needs: tuple[Needs | None, ...]


def table(models: Sequence[Model], quants: Sequence[str]) -> Table:
    """Return the table of `models` in `quants` (keys of QUANTS); some 0.1 ms per model and quantisation."""
    weights = np.full((len(models), len(quants)), UNKNOWN, dtype=np.int64)
    cards = weights.copy()
    known: list[Needs | None] = []
    for row, model in enumerate(models):
        known.append(next((one for quant in quants if (one := _needs(model, quant)) is not None), None))
        for column, quant in enumerate(quants if known[row] else ()):
            found = _weights(model, known[row], quant)
            if found is not None:
                weights[row, column], cards[row, column] = found.total, on_card(found, quant)
    return Table(tuple(models), tuple(quants), weights, cards, tuple(known))


def totals(
    one: Table,
    contexts: Ints,
    kv_type: str = "f16",
    *,
    users: int = 1,
    devices: int = 1,
    backend: Backend = "cuda",
    card_only: bool = False,
) -> Ints:
    """Return weights, KV cache and compute buffer in bytes (models, quants), UNKNOWN where the weights are.

    Args:
        one: the table.
        contexts: (models,) tokens of each of `users` sequences.
        kv_type: type of the KV cache's values, a member of layers.KV_TYPES.
        users: parallel sequences.
        devices: number of GPUs, 0 for the processor.
        backend: that of the GPUs.
        card_only: count only the weights that a graphics card holds, not those that stay in RAM.
    """
    beside = caches(one, contexts, kv_type, users=users) + _computes(one, contexts.tobytes(), kv_type, devices, backend)
    weights = one.cards if card_only else one.weights
    return np.where(weights == UNKNOWN, UNKNOWN, weights + beside[:, None])


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
    return tuple(np.array(rows, dtype=np.float64).reshape(-1, 4).T)


def _cell(need: Needs, kv_type: str) -> tuple[float, float, float, float]:
    if need.cache is None:
        rough = needs(need.model, need.quant, _ROUGH_CELLS, kv_type)
        return rough.cache_bytes / _ROUGH_CELLS, 0.0, 0.0, 0.0
    full, sliding = need.cache.token_bytes(kv_type)
    return full, sliding, need.cache.window, need.cache.recurrent_bytes


@lru_cache(maxsize=32)
def _computes(one: Table, contexts: bytes, kv_type: str, devices: int, backend: Backend) -> Ints:
    """Return the compute buffer in bytes (models,): a scalar formula, asked once per shape and context."""
    asked: dict[tuple[int, int], int] = {}
    found = np.zeros(len(one.models), dtype=np.int64)
    for row, (need, context) in enumerate(zip(one.needs, np.frombuffer(contexts, dtype=np.int64), strict=True)):
        if need is None:
            continue
        if need.arch is None:  # `needs` of the table are those of one device
            found[row] = need.compute_bytes * max(1, devices)
            continue
        key = (id(need.arch), int(context))  # models of one shape share the object
        if key not in asked:
            ubatch = usual_ubatch(need.arch, key[1])
            asked[key] = compute_buffer(need.arch, key[1], kv_type, ubatch=ubatch, devices=devices, backend=backend)
        found[row] = asked[key]
    return found


def _needs(model: Model, quant: str) -> Needs | None:
    try:
        return needs(model, quant, PAD)
    except BadArguments:
        return None


def _weights(model: Model, known: Needs | None, quant: str) -> Weights | None:
    try:
        return model_weights(model, known.arch if known else None, quant)[0]
    except BadArguments:
        return None
