"""How each model would be run: quantisation, cache type and placement that serve the question best, as arrays.

A model's options are its quantisations (`fit.ladder`) with the KV cache in 16 or 8 bits, whole on the machine's device;
only when none fits there, its experts or some layers in RAM beside a card; only when that is not fast enough, an API.
The option with the largest gain is taken: less quantisation, more speed.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from assistant.choosing.columns import Columns
from assistant.choosing.constraints import Needs, affordable, contexts
from assistant.choosing.utility import Taste
from assistant.machine import Machine
from assistant.memory import batch
from assistant.memory.batch import Flags, Floats, Ints
from assistant.memory.batch_speed import Reads, generation, split_generation
from assistant.memory.fit import NATIVE
from assistant.memory.placement import Room, chosen_gpus, room
from assistant.memory.quants import added_perplexity
from assistant.memory.report import MIB
from assistant.memory.shelf import CACHE_TYPES, Shelf
from assistant.memory.speed import cpu_bytes

SPLIT_QUANTS = ("Q4_K_M", "IQ4_XS", "Q3_K_M")  # tried when a part of the model has to lie in RAM
NO_FIT = -1  # column of what runs elsewhere


@dataclass(frozen=True, eq=False, slots=True)
class Options:
    """The option that was taken for each of some rows.

    `column` of the shelf's quantisations (NO_FIT: through an API, or there is no machine), `cache` of CACHE_TYPES,
    `speed` in tokens/s (NaN: unknown), `total` bytes that the device would have to hold for the whole model; `lost` is
    the ability that quantisation and cache cost, `gain` what speed, cost and a split add to utility.
    """

    column: Ints
    cache: Ints
    split: Flags
    speed: Floats
    total: Floats
    lost: Floats
    gain: Floats

    def of(self, rows: Ints) -> "Options":
        """Return those of some rows."""
        return Options(*(getattr(self, one.name)[rows] for one in fields(self)))

    def put(self, places: Flags, other: "Options") -> None:
        """Overwrite the rows at `places` by the other's rows, of which there are as many."""
        for one in fields(self):
            getattr(self, one.name)[places] = getattr(other, one.name)


@dataclass(frozen=True, eq=False)
class Setting:
    """A question's machine and needs beside the catalog's columns; `tokens` (rows,) are what each model is to hold."""

    one: Columns
    stock: Shelf
    needs: Needs
    taste: Taste
    machine: Machine
    tokens: Ints
    projector: Ints

    @property
    def space(self) -> Room:
        """What the machine offers."""
        return room(self.machine)

    @property
    def splits(self) -> bool:
        """Whether a model may be split between a card and RAM: that of a graphics card must be known."""
        return self.space.kind == "gpu" and self.space.ram is not None

    def lacking(self, rows: Ints) -> list[dict[str, Any]]:
        """Return for each row what its usual quantisation needs, in bytes, and what there is."""
        columns = self.stock.usual[rows]
        needs = self.weights()[rows, columns] + self.stock.beside(self.tokens, self.machine, 0, rows)
        names, have = self.stock.quants, self.space.available
        return [
            {"quant": names[column], "need": need, "have": have}
            for column, need in zip(columns.tolist(), needs.tolist(), strict=True)
        ]

    def weights(self) -> Ints:
        """Return the weights that the device must hold (rows, quantisations)."""
        return self.stock.cards if self.space.kind == "gpu" else self.stock.weights

    def least(self) -> Ints:
        """Return the bytes (rows,) that the least option of each model takes on the device."""
        sizes = self.stock.least_cards if self.space.kind == "gpu" else self.stock.least_weights
        both = [self.stock.beside(self.tokens, self.machine, kind) for kind in range(len(CACHE_TYPES))]
        return sizes + np.minimum(*both) + self.projector


def setting(one: Columns, stock: Shelf, needs: Needs, taste: Taste, machine: Machine) -> Setting:
    """Return the question's setting. Where images are the task, the vision projector must fit too."""
    projector = _projectors(one, stock) if needs.task == "vision" else np.zeros(len(one.entry), dtype=np.int64)
    return Setting(one, stock, needs, taste, machine, contexts(one, needs), projector)


def _projectors(one: Columns, stock: Shelf) -> Ints:
    from assistant.memory.vision import USUAL_GIB, projector_bytes

    usual = round(USUAL_GIB[1] * 1024) * MIB
    images = one.image[stock.first]
    sizes = [
        (projector_bytes(model, model.architecture) or usual) if shown else 0
        for model, shown in zip(one.models, images, strict=True)
    ]
    return np.array(sizes, dtype=np.int64)[one.entry]


def _reads(here: Setting, rows: Ints, columns: slice | list[int] = slice(None)) -> Reads:
    stock = here.stock
    cache = batch.cache_read(stock.cells[0].of(rows), here.tokens[rows] / 2)
    dense, experts = stock.dense[rows][:, columns], stock.experts[rows][:, columns]
    names = np.array(stock.quants)[columns]
    return Reads(dense.astype(float), experts.astype(float), cache[:, None], stock.tensors[rows][:, None], list(names))


def lost(here: Setting, rows: Ints) -> Floats:
    """Return the ability that each quantisation costs (rows, quantisations)."""
    added = np.array([added_perplexity(name) for name in here.stock.quants])
    return here.taste.lost(added * here.stock.loss[rows][:, None])


def whole(here: Setting, rows: Ints) -> tuple[Options, Floats]:
    """Return the best option whole on the device, and what each option is worth (rows, quantisations x cache types).

    What does not fit is worth -inf. On several GPUs their memory counts together. The cache is read as if in 16 bits:
    how much faster a smaller one is was not measured.
    """
    stock = here.stock
    beside = [stock.beside(here.tokens, here.machine, kind, rows) for kind in range(len(CACHE_TYPES))]
    total = here.weights()[rows][:, :, None] + np.stack(beside, axis=1)[:, None, :]
    fits = stock.usable[rows][:, :, None] & (total + here.projector[rows][:, None, None] <= here.space.available)
    fits[:, :, 1] &= stock.q8[rows][:, None]
    speed = generation(_reads(here, rows), here.machine)
    speed[~here.one.text[rows]] = np.nan  # tokens per second say nothing about these
    cost = lost(here, rows)[:, :, None] + np.array([0.0, here.taste.all.kv_q8])
    gain = here.taste.speed(speed) + here.taste.cost(here.taste.electricity(speed))
    worth = np.where(fits, gain[:, :, None] - cost, -np.inf).reshape(len(rows), -1)
    best = worth.argmax(axis=1)
    column, cache = best // len(CACHE_TYPES), best % len(CACHE_TYPES)
    at = np.arange(len(rows))
    taken = Options(
        column, cache, np.zeros(len(rows), dtype=np.bool_), speed[at, column],
        total[at, column, cache].astype(float), cost[at, column, cache], gain[at, column],
    )  # fmt: skip
    return taken, worth


def split(here: Setting, rows: Ints) -> tuple[Options, Flags]:
    """Return the best option with a part in RAM, and whether there is one; a little optimistic, see batch_speed."""
    stock, space, known = here.stock, here.space, here.taste.all
    names = (*SPLIT_QUANTS, *NATIVE.values())
    columns = [at for at, name in enumerate(stock.quants) if name in names]
    beside = stock.beside(here.tokens, here.machine, 0, rows)[:, None]
    total = stock.cards[rows][:, columns] + beside
    reads = _reads(here, rows, columns)
    in_ram, handovers, moved = _part_in_ram(here, rows, reads, total)
    speed = split_generation(reads, in_ram, handovers, here.machine)
    held = moved + (stock.weights[rows] - stock.cards[rows])[:, columns]
    runs = stock.usable[rows][:, columns] & np.isfinite(moved) & (held <= known.most_ram * (space.ram or 0))
    runs &= (speed >= known.slowest_split) & here.one.text[rows][:, None]
    cost = lost(here, rows)[:, columns]
    gain = here.taste.speed(speed) + here.taste.cost(here.taste.electricity(speed)) - known.split
    worth = np.where(runs, gain - cost, -np.inf)
    best, at = worth.argmax(axis=1), np.arange(len(rows))
    taken = Options(
        np.array(columns, dtype=np.int64)[best], np.zeros(len(rows), dtype=np.int64),
        np.ones(len(rows), dtype=np.bool_), speed[at, best], total[at, best].astype(float), cost[at, best],
        gain[at, best],
    )  # fmt: skip
    return taken, np.asarray(runs.any(axis=1))


def _part_in_ram(here: Setting, rows: Ints, reads: Reads, total: Ints) -> tuple[Reads, Floats, Floats]:
    """Return what a token reads in RAM, how often it goes there, and the bytes moved there (inf: not possible).

    Experts go first, in whole layers; where they are not enough, whole layers of everything.
    """
    stock = here.stock
    excess = np.maximum(total + here.projector[rows][:, None] - here.space.available, 1.0)
    layers, routed_layers = stock.layers[rows][:, None], stock.expert_layers[rows][:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        routed = reads.experts / stock.chosen[rows][:, None]
        steps = np.ceil(excess / routed * routed_layers)
        experts = (routed_layers > 0) & (steps <= routed_layers)
        off = np.ceil(excess / total * layers)
        share = np.where(experts, steps / routed_layers, off / layers)
        moved = np.where(experts, share * routed, np.where((layers > 0) & (off < layers), share * total, np.inf))
    share = np.where(np.isfinite(moved), share, 0.0)
    dense = np.where(experts, 0.0, share)
    tensors = np.where(experts, 3 * steps, reads.tensors * share)
    in_ram = Reads(reads.dense * dense, reads.experts * share, reads.cache * dense, tensors, reads.quants)
    return in_ram, np.where(experts, steps, 1.0), moved


def worth_a_split(here: Setting, least: Ints) -> Flags:
    """Return the rows of which a part in RAM may be fast enough, at a glance.

    What a dense model lacks on the card is read from RAM for each token; RAM must hold the rest of any.
    """
    known, space = here.taste.all, here.space
    if not here.splits:
        return np.zeros(len(least), dtype=np.bool_)
    lacking = least - space.available
    fast = lacking <= cpu_bytes(here.machine)[0] / known.slowest_split
    return (fast | (here.stock.expert_layers > 0)) & (lacking <= known.most_ram * (space.ram or 0))


def elsewhere(one: Columns, needs: Needs, taste: Taste, rows: Ints) -> Options:
    """Return the option of models that are used through an API, or open ones that no machine was named for."""
    count = len(rows)
    usd = np.where(affordable(one, needs)[rows], taste.bill(one.price_in[rows], one.price_out[rows]), np.nan)
    nothing = np.zeros(count)
    return Options(
        np.full(count, NO_FIT), np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_),
        np.full(count, np.nan), np.full(count, np.nan), nothing, taste.cost(usd),
    )  # fmt: skip


def many_gpus(machine: Machine) -> bool:
    """Return whether whole layers have to be packed on several devices, which these sums do not look at."""
    return len(chosen_gpus(machine)) > 1
