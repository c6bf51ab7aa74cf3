"""The formula for many models and quantisations at once: what `needs` tells of one, as arrays.

A `Table` holds what does not depend on the question: bytes of weights per quantisation, and what each model keeps.
`totals` turns it into bytes for a context. The rows come from the functions behind `needs`, and tests/test_batch.py
holds both equal, so that ranking and single answers cannot drift apart. Arrays of several quantisations are stored one
quantisation after the other: asking whether a million models fit in one reads no bytes of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.errors import BadArguments
from assistant.hardware.machine import Backend
from assistant.memory.compute.buffer import compute_buffer
from assistant.memory.compute.table import usual_ubatch
from assistant.memory.layers import PAD, UBATCH
from assistant.memory.needs import Needs, model_weights, needs, on_card
from assistant.memory.speed.estimate import cache_reads, read_per_token, weight_tensors
from assistant.memory.weights import Weights
from knowledge.schema import Architecture, Model

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Reals = NDArray[np.float32]
Flags = NDArray[np.bool_]
UNKNOWN = -1
_ROUGH_CELLS = 1 << 20  # a cell's bytes are fractions where the layers are unknown: taken from many cells


@dataclass(frozen=True, eq=False, slots=True)
class Shapes:
    """What the compute buffers of some models depend on beside the context.

    `archs` are their hyperparameters, None where the layers are unknown; there `rough` (models,) are the bytes of one
    device, for any context.
    """

    archs: tuple[Architecture | None, ...]
    rough: Ints


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """Figures of `models` (rows) in `quants` (columns), in bytes.

    `weights` (models, quants): all tensors, UNKNOWN where not even the number of parameters is known. `cards`
    likewise: what a graphics card holds of them. `dense` and `experts` likewise: what a generated token reads of the
    weights outside experts and of the chosen experts, 0 where unknown. `tensors` (models,): how many it goes through.
    `needs` (models,): each model's needs in the first quantisation that is known, None when none is. `shapes` are the
    same models'.
    """

    models: tuple[Model, ...]
    quants: tuple[str, ...]
    weights: Ints
    cards: Ints
    dense: Reals
    experts: Reals
    tensors: Ints
    needs: tuple[Needs | None, ...]
    shapes: Shapes


def table(models: Sequence[Model], quants: Sequence[str]) -> Table:
    """Return the table of `models` in `quants` (keys of QUANTS); some 0.1 ms per model and quantisation."""
    shape = len(models), len(quants)
    weights = np.full(shape, UNKNOWN, dtype=np.int64, order="F")
    cards = weights.copy(order="F")
    dense, experts = np.zeros(shape, np.float32, order="F"), np.zeros(shape, np.float32, order="F")
    known: list[Needs | None] = []
    for row, model in enumerate(models):
        known.append(next((one for quant in quants if (one := _needs(model, quant)) is not None), None))
        arch = None if (need := known[row]) is None else need.arch
        for column, quant in enumerate(quants if need else ()):
            found = _weights(model, arch, quant)
            if found is not None:
                weights[row, column], cards[row, column] = found.total, on_card(found, quant)
                dense[row, column], experts[row, column] = read_per_token(arch, found)
    tensors = np.array([0 if need is None else weight_tensors(need) for need in known], dtype=np.int64)
    archs = tuple(None if need is None else need.arch for need in known)
    rough = np.array([0 if need is None else need.compute_bytes for need in known], dtype=np.int64)
    return Table(
        tuple(models), tuple(quants), weights, cards, dense, experts, tensors, tuple(known), Shapes(archs, rough)
    )  # fmt: skip


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
    beside = caches(one, contexts, kv_type, users=users)
    beside += computes(one.shapes, contexts, kv_type, devices=devices, backend=backend)
    weights = one.cards if card_only else one.weights
    return np.where(weights == UNKNOWN, UNKNOWN, weights + beside[:, None])


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """What each model's cache takes (each (models,)), in bytes of one sequence.

    `full` and `sliding`: of one cell over all full-attention and all sliding layers; `window` in tokens; `state`:
    recurrent, of any context. `reads`: how often a token reads each cached value.
    """

    full: Floats
    sliding: Floats
    window: Ints
    state: Floats
    reads: Floats

    def of(self, rows: Ints) -> "Cells":
        """Return those of some models."""
        return Cells(*(getattr(self, one.name)[rows] for one in fields(self)))

    def where(self, chosen: Flags, other: "Cells") -> "Cells":
        """Return the other's for the `chosen` models (models,), these for the rest."""
        return Cells(*(np.where(chosen, getattr(other, one.name), getattr(self, one.name)) for one in fields(self)))


def caches(one: Table, contexts: Ints, kv_type: str = "f16", *, users: int = 1) -> Ints:
    """Return KV cache and recurrent state in bytes (models,) for `users` sequences of `contexts` (models,) tokens."""
    return cache_bytes(cells(one, kv_type), contexts, users=users)


def cache_bytes(cell: Cells, contexts: Ints, *, users: int = 1) -> Ints:
    """Return what `users` sequences of `contexts` (models,) tokens take in bytes (models,)."""
    count = (contexts + (PAD - 1)) & -PAD  # PAD is a power of two
    kept = (np.minimum(count, cell.window + UBATCH) + (PAD - 1)) & -PAD
    return np.asarray(users * np.rint(cell.full * count + cell.sliding * kept + cell.state), dtype=np.int64)


def cache_read(cell: Cells, depths: Floats) -> Floats:
    """Return the bytes (models,) of its cache that a token reads after `depths` (models,) tokens of one user."""
    seen = np.minimum(depths, np.where(cell.window > 0, cell.window, depths))
    return np.asarray((cell.full * depths + cell.sliding * seen) * cell.reads + cell.state)


@lru_cache(maxsize=32)
def cells(one: Table, kv_type: str) -> Cells:
    """Return what the caches of a table's models take."""
    rows = [(0.0, 0.0, 0.0, 0.0, 1.0) if need is None else _cell(need, kv_type) for need in one.needs]
    full, sliding, window, state, reads = np.array(rows, dtype=np.float64).reshape(-1, 5).T.copy()
    return Cells(full, sliding, window.astype(np.int64), state, reads)


def _cell(need: Needs, kv_type: str) -> tuple[float, float, float, float, float]:
    if need.cache is None or need.arch is None:
        rough = needs(need.model, need.quant, _ROUGH_CELLS, kv_type)
        return rough.cache_bytes / _ROUGH_CELLS, 0.0, 0.0, 0.0, 1.0
    full, sliding = need.cache.token_bytes(kv_type)
    return full, sliding, need.cache.window, need.cache.recurrent_bytes, cache_reads(need.arch)


def computes(one: Shapes, contexts: Ints, kv_type: str = "f16", *, devices: int = 1, backend: Backend = "cuda") -> Ints:
    """Return the compute buffer in bytes (models,) for `contexts` (models,) tokens; the latest answers are kept."""
    return _computes(one, contexts.tobytes(), kv_type, devices, backend)


@lru_cache(maxsize=32)
def _computes(one: Shapes, contexts: bytes, kv_type: str, devices: int, backend: Backend) -> Ints:
    """Return the compute buffer in bytes (models,): a scalar formula, asked once per shape and context."""
    asked: dict[tuple[int, int], int] = {}
    found = one.rough * max(1, devices)
    for row, (arch, context) in enumerate(zip(one.archs, np.frombuffer(contexts, dtype=np.int64), strict=True)):
        if arch is None:
            continue
        key = (id(arch), int(context))  # models of one shape share the object
        if key not in asked:
            ubatch = usual_ubatch(arch, key[1])
            asked[key] = compute_buffer(arch, key[1], kv_type, ubatch=ubatch, devices=devices, backend=backend)
        found[row] = asked[key]
    return found


def _needs(model: Model, quant: str) -> Needs | None:
    try:
        return needs(model, quant, PAD)
    except BadArguments:
        return None


def _weights(model: Model, arch: Architecture | None, quant: str) -> Weights | None:
    try:
        return model_weights(model, arch, quant)[0]
    except BadArguments:
        return None
