"""Every model of the catalog weighed against one machine at once.

A `Shelf` holds what does not depend on the question, one row per model; what a question adds (context, machine) is
arithmetic on its columns. Several quantisations are stored one after the other, as in `batch.Table`.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.memory import batch
from assistant.memory.batch import Cells, Flags, Floats, Ints, Reals
from assistant.memory.fit import NATIVE, ladder
from assistant.memory.layers import CacheShape
from assistant.memory.needs import Needs
from assistant.memory.placement import chosen_gpus, room
from assistant.memory.quants import LADDER, size_factor

if TYPE_CHECKING:
    from assistant.hardware.machine import Machine
    from knowledge.catalog import Catalog

USUAL = "Q4_K_M"
CACHE_TYPES = ("f16", "q8_0")  # of the KV cache, the better first
_Q8_BLOCK = 32  # llama.cpp quantises a cache in blocks of this many values of a head
TOO_LARGE = 1 << 60  # bytes: of a model that is not to be had in any quantisation of the shelf


@dataclass(frozen=True, eq=False)
class Shelf:
    """Models (rows, by id) in quantisations (columns); bytes unless told otherwise.

    `weights`, `cards`, `dense`, `experts` as in `batch.Table`; `usable`: open, of known size, and a quantisation that
    `fit.ladder` offers; `usual` the column of Q4_K_M or of the only published one. Of the rows: `least_weights` and
    `least_cards` of the smallest usable quantisation, `tensors` per token, `loss` the factor on what a quantisation
    costs, `layers` (0: unknown), `expert_layers` those with routed experts, `chosen` the share of experts that a token
    reads.

    What lies beside the weights is the same for models of one shape and context length, as most fine-tunes are: `shape`
    (rows,) tells a row's, `first` (shapes,) a row of each. Per shape: `buffers`, and `cells`, the caches per member of
    CACHE_TYPES; where the model cannot have the second (`q8` False) it is the first again.
    """

    quants: tuple[str, ...]
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
    shape: Ints
    first: Ints
    buffers: batch.Shapes
    cells: tuple[Cells, Cells]
    q8: Flags

    def beside(self, contexts: Ints, machine: "Machine", kind: int = 0, users: int = 1) -> Ints:
        """Return cache, compute buffer and context overhead of each shape (shapes,).

        Args:
            contexts: tokens that each shape is to hold for a user (shapes,).
            machine: whose device holds them.
            kind: an index of CACHE_TYPES.
            users: at once, each with a context and a cache of its own.
        """
        gpus = chosen_gpus(machine)
        backend = gpus[0].backend if gpus else "cpu"
        computes = batch.computes(self.buffers, contexts, CACHE_TYPES[kind], devices=len(gpus), backend=backend)
        return users * batch.cache_bytes(self.cells[kind], contexts) + computes + room(machine).overhead


def make_shelf(catalog: "Catalog", names: tuple[str, ...] | None = None) -> Shelf:
    """Return a catalog's models by id in the quantisations of `fit.ladder`, or in `names` (keys of QUANTS) alone.

    Half a second for the shipped ones.
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
    archs, rows = table.shapes.archs, np.arange(len(models))
    return Shelf(
        quants=quants, weights=table.weights, cards=table.cards, dense=table.dense, experts=table.experts,
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
        light_dense=table.dense[rows, light], light_experts=table.experts[rows, light], **_shapes(table),
    )  # fmt: skip


def _shapes(table: batch.Table) -> dict[str, Any]:
    """Return the shelf's fields about shapes: equal hyperparameters (one object, see kept.shared) and contexts."""
    shapes: dict[Hashable, int] = {}
    keys = [
        (id(need.arch), model.context_tokens, model.extended_context_tokens) if need and need.cache else model.id
        for need, model in zip(table.needs, table.models, strict=True)
    ]
    shape = np.array([shapes.setdefault(key, len(shapes)) for key in keys], dtype=np.int64)
    first = np.unique(shape, return_index=True)[1]
    q8 = np.array([_q8(table.needs[row]) for row in first], dtype=np.bool_)
    wide, small = (batch.cells(table, kind).of(first) for kind in CACHE_TYPES)
    buffers = batch.Shapes(tuple(table.shapes.archs[row] for row in first), table.shapes.rough[first])
    return {"shape": shape, "first": first, "buffers": buffers, "cells": (wide, wide.where(q8, small)), "q8": q8}


def _least(sizes: Ints, usable: Flags) -> Ints:
    return np.asarray(np.where(usable, sizes, TOO_LARGE).min(axis=1, initial=TOO_LARGE))


def _q8(need: Needs | None) -> bool:
    """Return whether the model's cache may be stored in 8 bits: plain keys and values in whole blocks."""
    cache: CacheShape | None = None if need is None else need.cache
    if cache is None or cache.compressed or cache.index:
        return False
    kinds = cache.full + cache.sliding
    return bool(kinds) and all(k and v and k % _Q8_BLOCK == v % _Q8_BLOCK == 0 for k, v, _ in kinds)
