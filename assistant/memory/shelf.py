"""Every model of the catalog weighed against one machine at once.

A `Shelf` holds what does not depend on the question, one row per model; what a question adds (context, machine) is
arithmetic on its columns. Several quantisations are stored one after the other, as in `batch.Table`.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from assistant.memory import batch
from assistant.memory.batch import Cells, Flags, Floats, Ints, Reals
from assistant.memory.fit import NATIVE, ladder
from assistant.memory.layers import CacheShape
from assistant.memory.needs import Needs
from assistant.memory.placement import chosen_gpus, room
from assistant.memory.quants import LADDER, size_factor

if TYPE_CHECKING:
    from assistant.machine import Machine
    from knowledge.catalog import Catalog

USUAL = "Q4_K_M"
CACHE_TYPES = ("f16", "q8_0")  # of the KV cache, the better first
_Q8_BLOCK = 32  # llama.cpp quantises a cache in blocks of this many values of a head
TOO_LARGE = 1 << 60  # bytes: of a model that is not to be had in any quantisation of the shelf


@dataclass(frozen=True, slots=True)
class Weighed:
    """A quantisation of a model, everything it needs on the machine's device in bytes, and whether that is free."""

    quant: str
    total: int
    fits: bool


@dataclass(frozen=True, eq=False)
class Shelf:
    """Models (rows) in quantisations (columns); bytes unless told otherwise.

    Row r describes model `table.models[entry[r]]`, and `first[e]` is a row of entry e: in a catalog both count from 0.
    `weights`, `cards`, `dense`, `experts` as in `batch.Table`; `usable`: open, of known size, and a quantisation that
    `fit.ladder` offers; `usual` the column of Q4_K_M or of the only published one. Of the rows: `least_weights` and
    `least_cards` of the smallest usable quantisation, `tensors` per token, `loss` the factor on what a quantisation
    costs, `layers` (0: unknown), `expert_layers` those with routed experts, `chosen` the share of experts that a token
    reads. `cells` are the caches per member of CACHE_TYPES; where the model cannot have the second (`q8` False) it is
    the first again.
    """

    table: batch.Table
    entry: Ints
    first: Ints
    weights: Ints
    cards: Ints
    dense: Reals
    experts: Reals
    usable: Flags
    usual: Ints
    least_weights: Ints
    least_cards: Ints
    tensors: Floats
    loss: Floats
    layers: Floats
    expert_layers: Floats
    chosen: Floats
    light_dense: Reals
    light_experts: Reals
    q8: Flags
    cells: tuple[Cells, Cells]

    @property
    def quants(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.table.quants

    def beside(self, entries: Ints, contexts: Ints, machine: "Machine", kind: int, rows: Ints) -> Ints:
        """Return cache, compute buffer and context overhead of some `rows`, in their shape.

        Args:
            entries: tokens that each entry is to hold (entries,).
            contexts: the same for each of the rows.
            machine: whose device holds them.
            kind: an index of CACHE_TYPES.
            rows: which to answer for.
        """
        gpus = chosen_gpus(machine)
        backend = gpus[0].backend if gpus else "cpu"
        computes = batch.computes(self.table, entries, CACHE_TYPES[kind], devices=len(gpus), backend=backend)
        found = batch.cache_bytes(self.cells[kind].of(rows), contexts)
        found += (computes + room(machine).overhead)[self.entry[rows]]
        return found


@lru_cache(maxsize=4)
def shelf(catalog: "Catalog", names: tuple[str, ...] | None = None) -> Shelf:
    """Return a catalog's models by id in the quantisations of `fit.ladder`, or in `names` (keys of QUANTS) alone.

    The latest catalogs' are kept: making one takes half a second.
    """
    models = [catalog.models[name] for name in sorted(catalog.models)]
    ladders = [names or ladder(model) for model in models]
    offered = {USUAL}.union(*ladders)
    quants = names or tuple(name for name in (*LADDER, *sorted(set(NATIVE.values()))) if name in offered)
    table = batch.table(models, quants)
    allowed = np.array([[name in one for name in quants] for one in ladders], dtype=np.bool_, order="F")
    usable = allowed.reshape(len(models), len(quants)) & (table.weights != batch.UNKNOWN)
    usable &= np.array([model.open_weights for model in models], dtype=np.bool_)[:, None]
    light = np.where(usable, table.dense + table.experts, np.inf).argmin(axis=1)
    cells, q8 = batch.cells(table, CACHE_TYPES[0]), np.array([_q8(one) for one in table.needs], dtype=np.bool_)
    archs = [None if need is None else need.arch for need in table.needs]
    counted = np.arange(len(models))
    return Shelf(
        table=table, entry=counted, first=counted,
        weights=table.weights, cards=table.cards, dense=table.dense, experts=table.experts,
        usable=np.asfortranarray(usable),
        usual=np.array([quants.index(one[0] if len(one) == 1 else USUAL) for one in ladders], dtype=np.int64),
        least_weights=_least(table.weights, usable), least_cards=_least(table.cards, usable),
        tensors=table.tensors.astype(np.float64),
        loss=np.array([size_factor(model.parameters) for model in models]),
        layers=np.array([float(arch.layers) if arch else 0.0 for arch in archs]),
        expert_layers=np.array([
            float(arch.layers - (arch.first_dense_layers or 0)) if arch and arch.experts else 0.0 for arch in archs
        ]),
        chosen=np.array([(arch.experts_used or 0) / arch.experts if arch and arch.experts else 1.0 for arch in archs]),
        light_dense=table.dense[counted, light], light_experts=table.experts[counted, light],
        q8=q8, cells=(cells, cells.where(q8, batch.cells(table, CACHE_TYPES[1]))),
    )  # fmt: skip


def _least(sizes: Ints, usable: Flags) -> Ints:
    return np.asarray(np.where(usable, sizes, TOO_LARGE).min(axis=1, initial=TOO_LARGE))


def _q8(need: Needs | None) -> bool:
    """Return whether the model's cache may be stored in 8 bits: plain keys and values in whole blocks."""
    cache: CacheShape | None = None if need is None else need.cache
    if cache is None or cache.compressed or cache.index:
        return False
    kinds = cache.full + cache.sliding
    return bool(kinds) and all(k and v and k % _Q8_BLOCK == v % _Q8_BLOCK == 0 for k, v, _ in kinds)


def weigh(catalog: "Catalog", machine: "Machine", context_tokens: int, quant: str | None = None) -> dict[str, Weighed]:
    """Return model id -> the best quantisation that the machine's device may hold whole, else the usual one.

    By the formula, for `context_tokens` or all the model has; open models of known size only. Candidates are those of
    `fit.ladder`, or `quant` (a key of QUANTS) alone; the usual one is Q4_K_M or the only published. On several GPUs the
    sum of their memory counts: whether whole layers pack on them, `fit.best_fit` tells.
    """
    one = shelf(catalog, None if quant is None else (quant,))
    if not one.table.models:
        return {}
    space = room(machine)
    contexts = np.array([min(context_tokens, model.context_tokens or context_tokens) for model in one.table.models])
    weights = one.cards if space.kind == "gpu" else one.weights
    needed = weights + one.beside(contexts, contexts, machine, 0, one.entry)[:, None]
    fits = one.usable & (needed <= space.available)
    columns = np.where(fits.any(axis=1), fits.argmax(axis=1), one.usual)
    return {
        model.id: Weighed(one.quants[column], int(needed[row, column]), bool(fits[row, column]))
        for row, (model, column) in enumerate(zip(one.table.models, columns, strict=True))
        if one.usable[row, column]
    }
