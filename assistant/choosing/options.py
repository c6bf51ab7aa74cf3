"""How each model would be run: quantisation, cache type and placement that serve the question best, as arrays.

A model's options are its quantisations (`fit.ladder`) with the KV cache in 16 or 8 bits, whole on the machine's device;
only when none fits there, its experts or some layers in RAM beside a card; only when that is not fast enough, an API.
The option with the largest gain is taken: less quantisation, more speed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.choosing.columns import Columns, of_variants
from assistant.choosing.constraints import Needs, affordable, contexts
from assistant.choosing.utility import Taste, thinking
from assistant.hardware.machine import Machine
from assistant.memory import batch
from assistant.memory.batch import Flags, Floats, Ints
from assistant.memory.fit import NATIVE
from assistant.memory.placement import Room, chosen_gpus, room
from assistant.memory.quants import added_perplexity
from assistant.memory.report import MIB
from assistant.memory.shelf import CACHE_TYPES, Shelf
from assistant.memory.speed.batch import EXPERT_TENSORS, Reads, fastest, generation, split_generation
from assistant.memory.speed.estimate import cpu_bytes

SPLIT_QUANTS = ("Q4_K_M", "IQ4_XS", "Q3_K_M")  # tried when a part of the model has to lie in RAM
NO_FIT = -1  # column of what runs elsewhere
ROUNDED = 1.006  # three digits of a speed may be this much above it
N = TypeVar("N", bound=np.generic)


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
    """A question's machine and needs beside the catalog's columns."""

    one: Columns
    stock: Shelf
    needs: Needs
    taste: Taste
    machine: Machine

    @cached_property
    def space(self) -> Room:
        """What the machine offers."""
        return room(self.machine)

    @property
    def splits(self) -> bool:
        """Whether a model may be split between a card and RAM: that of a graphics card must be known."""
        return self.space.kind == "gpu" and self.space.ram is not None

    @property
    def least_speed(self) -> float:
        """The tokens per second that are wished for at least, 0 without such a wish."""
        return self.needs.args.min_speed or 0.0

    @cached_property
    def weights(self) -> Ints:
        """The weights that the device must hold (rows, quantisations)."""
        return self.stock.cards if self.space.kind == "gpu" else self.stock.weights

    @cached_property
    def least_weights(self) -> Ints:
        """The same of the smallest quantisation of each model (rows,)."""
        return self.stock.least_cards if self.space.kind == "gpu" else self.stock.least_weights

    @cached_property
    def _tokens(self) -> Ints:
        """The tokens that each of the shelf's shapes is to hold."""
        return contexts(self.one, self.needs, self.stock.first)

    @cached_property
    def _read(self) -> Floats:
        """The bytes of cache, in 16 bits, that a token of each of the shelf's shapes reads."""
        return batch.cache_read(self.stock.cells[0], self._tokens / 2)

    @cached_property
    def _beside(self) -> dict[int, Ints]:
        return {}

    def tokens(self, rows: Ints) -> Ints:
        """Return the tokens that each of some models is to hold."""
        return self._tokens[self.stock.shape[rows]]

    def beside(self, rows: Ints, kind: int = 0) -> Ints:
        """Return what some models take beside weights, in bytes, with a cache of a type (an index of CACHE_TYPES)."""
        if kind not in self._beside:
            self._beside[kind] = self.stock.beside(self._tokens, self.machine, kind, self.needs.users)
        return self._beside[kind][self.stock.shape[rows]]

    def free(self, rows: Ints) -> Ints:
        """Return the bytes that some models may take: where images are the task, the projector must fit beside them."""
        if self.needs.task != "vision":
            return np.broadcast_to(np.int64(self.space.available), rows.shape)
        return self.space.available - _projectors(self.one)[self.one.entry[rows]]

    def felt(self, rows: Ints, speed: Floats) -> Floats:
        """Return tokens per second (rows, any) as an answer is felt to come: what always thinks first takes longer."""
        thinks = of_variants(self.one, frozenset({"reasoning"}))[rows]
        return np.asarray(speed / np.where(thinks, thinking(self.needs, "reasoning"), 1.0)[:, None])

    def pages(self, rows: Ints) -> Floats:
        """Return what the time that an embedder takes for a page adds where a processor reads it, else 0."""
        if self.needs.task != "embedding" or self.machine.gpus:
            return np.zeros(len(rows))
        return self.taste.embedding(self.one.parameters[rows])

    def reads(self, rows: Ints, columns: Sequence[int]) -> Reads:
        """Return what a token reads in some quantisations, the cache in 16 bits."""
        stock = self.stock
        dense, experts = (_part(table, rows, columns).astype(float) for table in (stock.dense, stock.experts))
        cache, tensors = self._read[stock.shape[rows]], stock.tensors[rows]
        return Reads(dense, experts, cache[:, None], tensors[:, None], [stock.quants[at] for at in columns])

    def fewest_reads(self, rows: Ints) -> Reads:
        """Return the weights that a token reads in the smallest quantisation (rows, 1), without a cache."""
        stock = self.stock
        dense, experts = stock.light_dense[rows].astype(float), stock.light_experts[rows].astype(float)
        return Reads(dense[:, None], experts[:, None], np.zeros(1), stock.tensors[rows][:, None], ("Q8_0",))

    def lacking(self, rows: Ints) -> list[dict[str, Any]]:
        """Return for each row what its usual quantisation needs, in bytes, and what there is."""
        columns = self.stock.usual[rows]
        needs = self.weights[rows, columns] + self.beside(rows)
        names, have = self.stock.quants, self.space.available
        return [
            {"quant": names[column], "need": need, "have": have}
            for column, need in zip(columns.tolist(), needs.tolist(), strict=True)
        ]


def _part(table: NDArray[N], rows: Ints, columns: Sequence[int]) -> NDArray[N]:
    """Return some rows and columns of a table whose columns are stored one after the other."""
    return np.stack([table[:, at].take(rows) for at in columns], axis=1)


@lru_cache(maxsize=4)
def _projectors(one: Columns) -> Ints:
    """Return the size of each entry's vision projector in bytes, 0 for models that read no images."""
    from assistant.memory.files.vision import USUAL_GIB, projector_bytes

    usual = round(USUAL_GIB[1] * 1024) * MIB
    sizes = [
        (projector_bytes(model, model.architecture) or usual) if "image" in model.inputs else 0 for model in one.models
    ]
    return np.array(sizes, dtype=np.int64)


def lost(here: Setting, rows: Ints) -> Floats:
    """Return the ability that each quantisation costs (rows, quantisations)."""
    added = np.array([added_perplexity(name) for name in here.stock.quants])
    return here.taste.lost(added * here.stock.loss[rows][:, None])


def whole(here: Setting, rows: Ints) -> tuple[Options, Floats]:
    """Return the best option whole on the device, and what each option is worth (rows, quantisations x cache types).

    What does not fit or is slower than wished is worth -inf. On several GPUs their memory counts together. The cache is
    read as if in 16 bits: how much faster a smaller one is was not measured.
    """
    total, fits, speed = _held(here, rows)
    fits &= ~(speed < here.least_speed)[:, :, None]  # an unknown speed may be enough
    cost = lost(here, rows)[:, :, None] + np.array([0.0, here.taste.all.kv_q8])
    gain = here.taste.speed(here.felt(rows, speed)) + here.taste.cost(here.taste.electricity(speed))
    gain = (gain + here.pages(rows)[:, None])[:, :, None] + here.taste.room(here.free(rows)[:, None, None] - total)
    worth = np.where(fits, gain - cost, -np.inf).reshape(len(rows), -1)
    best = worth.argmax(axis=1)
    column, cache = best // len(CACHE_TYPES), best % len(CACHE_TYPES)
    at = np.arange(len(rows))
    taken = Options(
        column, cache, np.zeros(len(rows), dtype=np.bool_), speed[at, column],
        total[at, column, cache].astype(float), cost[at, column, cache], gain[at, column, cache],
    )  # fmt: skip
    return taken, worth


def _held(here: Setting, rows: Ints) -> tuple[Ints, Flags, Floats]:
    """Return bytes and whether the device holds them, per quantisation and cache type; tokens/s per quantisation."""
    stock = here.stock
    beside = [here.beside(rows, kind) for kind in range(len(CACHE_TYPES))]
    total = here.weights[rows][:, :, None] + np.stack(beside, axis=1)[:, None, :]
    fits = stock.usable[rows][:, :, None] & (total <= here.free(rows)[:, None, None])
    fits[:, :, 1] &= stock.q8[stock.shape[rows]][:, None]
    speed = generation(here.reads(rows, range(len(stock.quants))), here.machine)
    speed[~here.one.text[rows]] = np.nan  # tokens per second say nothing about these
    return total, fits, speed


def quick(here: Setting, rows: Ints) -> Flags:
    """Return which of some models that the device holds are as fast as wished in a quantisation that fits."""
    if not here.least_speed or not len(rows):
        return np.ones(len(rows), dtype=np.bool_)
    return np.asarray(np.isfinite(whole(here, rows)[1]).any(axis=1))


def quickest(here: Setting, rows: Ints) -> list[dict[str, Any]]:
    """Return for some models that the device holds the fastest quantisation that fits, and its tokens per second."""
    _, fits, speed = _held(here, rows)
    known = np.where(fits.any(axis=2), np.nan_to_num(speed), 0.0)
    best = known.argmax(axis=1)
    names, rates = here.stock.quants, known[np.arange(len(rows)), best]
    return [{"quant": names[at], "speed": rate} for at, rate in zip(best.tolist(), rates.tolist(), strict=True)]


def split(here: Setting, rows: Ints) -> Options:
    """Return the best option with a part in RAM, of models that `splits` are; a little optimistic (speed/batch.py)."""
    columns = _split_columns(here)
    runs, speed, total = _splitting(here, rows, columns)
    cost = lost(here, rows)[:, columns]
    gain = here.taste.speed(here.felt(rows, speed)) + here.taste.cost(here.taste.electricity(speed))
    gain -= here.taste.weights.split
    best = np.where(runs, gain - cost, -np.inf).argmax(axis=1)
    at = np.arange(len(rows))
    return Options(
        np.array(columns, dtype=np.int64)[best], np.zeros(len(rows), dtype=np.int64),
        np.ones(len(rows), dtype=np.bool_), speed[at, best], total[at, best].astype(float), cost[at, best],
        gain[at, best],
    )  # fmt: skip


def splits(here: Setting, rows: Ints) -> Flags:
    """Return which of some models run with a part in RAM, in whichever quantisation."""
    found = np.zeros(len(rows), dtype=np.bool_)
    for column in reversed(_split_columns(here)):  # the smallest first: most that run do so in it
        waiting = np.flatnonzero(~found & here.stock.usable[:, column].take(rows))
        found[waiting] = _splitting(here, rows[waiting], [column])[0][:, 0]
    return found


def _split_columns(here: Setting) -> list[int]:
    names = (*SPLIT_QUANTS, *NATIVE.values())
    return [at for at, name in enumerate(here.stock.quants) if name in names]


def _splitting(here: Setting, rows: Ints, columns: Sequence[int]) -> tuple[Flags, Floats, Ints]:
    """Return what runs split between card and RAM (rows, columns), in tokens per second, and the whole in bytes."""
    stock, space, known = here.stock, here.space, here.taste.all
    cards = _part(stock.cards, rows, columns)
    total = cards + here.beside(rows)[:, None]
    reads = here.reads(rows, columns)
    in_ram, handovers, moved = _part_in_ram(here, rows, reads, total)
    speed = split_generation(reads, in_ram, handovers, here.machine)
    held = moved + (_part(stock.weights, rows, columns) - cards)
    runs = _part(stock.usable, rows, columns) & np.isfinite(moved) & (held <= known.most_ram * (space.ram or 0))
    runs &= (speed >= max(here.taste.weights.slowest_split, here.least_speed)) & here.one.text[rows][:, None]
    return runs, speed, total


def _part_in_ram(here: Setting, rows: Ints, reads: Reads, total: Ints) -> tuple[Reads, Floats, Floats]:
    """Return what a token reads in RAM, how often it goes there, and the bytes moved there (inf: not possible).

    Experts go first, in whole layers; where they are not enough, whole layers of everything.
    """
    stock = here.stock
    excess = np.maximum(total - here.free(rows)[:, None], 1.0)
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
    tensors = np.where(experts, EXPERT_TENSORS * steps, reads.tensors * share)
    in_ram = Reads(reads.dense * dense, reads.experts * share, reads.cache * dense, tensors, reads.quants)
    return in_ram, np.where(experts, steps, 1.0), moved


def holds(here: Setting, rows: Ints) -> tuple[Flags, Ints]:
    """Return which of some models the device holds whole in any way, and the bytes that the least way takes.

    The bytes are those with a cache in 16 bits.
    """
    weights, free = here.least_weights.take(rows), here.free(rows)
    least = weights + here.beside(rows)
    fits = np.asarray(least <= free)
    again = np.flatnonzero(~fits & (weights <= free))
    again = again[here.stock.q8[here.stock.shape[rows[again]]]]
    fits[again] = weights[again] + here.beside(rows[again], 1) <= free[again]
    return fits, least


def worth_a_split(here: Setting, rows: Ints, least: Ints) -> Flags:
    """Return of which of some models a part in RAM may be fast enough, at a glance.

    What the model lacks on the card is read from RAM for each token, of experts the chosen share; RAM must hold it. Of
    several users' caches only one is read, so that nothing is said then.
    """
    known, stock = here.taste.all, here.stock
    lacking = least - here.free(rows)
    fast = lacking * stock.chosen.take(rows) <= cpu_bytes(here.machine)[0] / here.taste.weights.slowest_split
    held = lacking <= known.most_ram * (here.space.ram or 0)
    return (fast | (here.needs.users > 1)) & held & (stock.layers.take(rows) > 0)


def most_gain(here: Setting, rows: Ints) -> Floats:
    """Return the most that speed can add for some models, wherever they lie: that of the fastest option."""
    speed = fastest(here.fewest_reads(rows), here.machine)[:, 0]
    speed[~here.one.text[rows]] = np.nan
    return here.taste.speed(speed * ROUNDED)


def elsewhere(one: Columns, needs: Needs, taste: Taste, rows: Ints) -> Options:
    """Return the option of models that are used through an API, or open ones that no machine was named for."""
    count = len(rows)
    usd = np.where(affordable(one, needs, rows), taste.usage.bill(one.price_in[rows], one.price_out[rows]), np.nan)
    nothing = np.zeros(count)
    return Options(
        np.full(count, NO_FIT), np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_),
        np.full(count, np.nan), np.full(count, np.nan), nothing, taste.cost(usd),
    )  # fmt: skip


def offered(one: Columns, needs: Needs, taste: Taste, rows: Ints) -> Floats:
    """Return what the cost of an API adds for some rows, -inf where it may not be used.

    A model that runs here is worth at least what it is worth through its API, which stays open to the person.
    """
    if not needs.api:
        return np.full(len(rows), -np.inf)
    return np.where(affordable(one, needs, rows), elsewhere(one, needs, taste, rows).gain, -np.inf)


def many_gpus(machine: Machine) -> bool:
    """Return whether whole layers have to be packed on several devices, which these sums do not look at."""
    return len(chosen_gpus(machine)) > 1
