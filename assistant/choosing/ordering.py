"""The catalog in the order of utility: masks, one pass over memory, and the short list's options in full."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.choosing.columns import Columns
from assistant.choosing.constraints import CODE, Codes, Needs, affordable, codes, here
from assistant.choosing.options import (
    Options,
    Setting,
    elsewhere,
    holds,
    most_gain,
    offered,
    split,
    whole,
    worth_a_split,
)
from assistant.choosing.utility import Taste
from assistant.memory.batch import Flags, Floats, Ints
from assistant.memory.shelf import TOO_LARGE, Shelf

if TYPE_CHECKING:
    from assistant.choosing.ranking import Positions

Array = NDArray[Any]
FIRST_LOOK = 16  # times as many rows as are wanted are looked at before bounds tell which others may be better
MANY = 50_000  # rows from which a second thread is worth starting
DIGITS = 6  # of a utility, so that sums in another order make no other order


@dataclass(frozen=True, eq=False)
class Ordered:
    """What is left of the catalog, and why the rest is not.

    `codes` (all rows,) as in constraints.REASONS. `rows` are the candidates in order of utility, as many as were asked;
    `options` and `utility` go with them, `base` is utility before any option. `place` is None where no
    machine is asked about.
    """

    one: Columns
    codes: Codes
    rows: Ints
    options: Options
    utility: Floats
    base: Floats
    place: Setting | None


@dataclass(frozen=True, eq=False, slots=True)
class _Where:
    """Rows that run whole on the device, and those with a part in RAM; all other candidates run elsewhere."""

    whole: Flags
    split: Flags


def order(
    one: Columns, stock: Shelf | None, needs: Needs, able: "Positions", taste: Taste, most: int | None = None
) -> Ordered:
    """Return the models in order of utility, ties by placement and id: the first `most`, or all.

    `stock` is None where there is no machine; `able` are the positions of the columns' rows.
    """
    found = codes(one, needs)
    found[(found == 0) & np.isnan(able.position)] = CODE["no_scale"]
    place, where = None, _Where(*np.zeros((2, len(found)), dtype=np.bool_))
    if stock is not None and needs.machine is not None and needs.local:
        place = Setting(one, stock, needs, taste, needs.machine)
        where = _places(place, found)
    rows = np.flatnonzero(found == 0)
    base = _base(able, rows, taste)

    def ask(at: Ints) -> tuple[Options, Floats]:
        options = _options(one, needs, place, where, taste, rows[at])
        gained = np.maximum(options.gain - options.lost, offered(one, needs, taste, rows[at]))
        return options, np.round(base[at] + gained, DIGITS)

    at = np.arange(len(rows))
    if most is not None and len(rows) > FIRST_LOOK * most:
        bound = base + _most(one, needs, place, where, taste, rows)
        near = np.argpartition(-bound, FIRST_LOOK * most)[: FIRST_LOOK * most]
        least = np.partition(ask(near)[1], -most)[-most]  # that many are at least as useful as this
        at = np.flatnonzero(bound >= least)
    options, utility = ask(at)
    first = np.lexsort((rows[at], options.split, -utility))[:most]
    at = at[first]
    return Ordered(one, found, rows[at], options.of(first), utility[first], base[at], place)


def _base(able: "Positions", rows: Ints, taste: Taste) -> Floats:
    """Return ability as it counts: what is surely there, so that a guess does not beat a measured model by a hair."""
    return np.asarray(able.position[rows] - taste.all.unsure * able.deviation[rows])


def _places(place: Setting, found: Codes) -> _Where:
    """Return where the models run that the machine holds; those that it does not hold get their reason in `found`."""
    rows = np.flatnonzero((found == 0) & here(place.one, place.needs))
    where = _Where(*np.zeros((2, len(found)), dtype=np.bool_))
    place.beside(rows[:1])  # asks for the compute buffers once, before two threads do
    fits, least = in_halves(lambda part: holds(place, part), rows)
    where.whole[rows] = fits
    near = rows[~fits & worth_a_split(place, rows, least)]
    (where.split[near],) = in_halves(lambda part: split(place, part)[1:], near)
    lost = ~fits & ~where.split[rows] & ~affordable(place.one, place.needs, rows)
    found[rows[lost]] = np.where(least[lost] < TOO_LARGE, CODE["memory"], CODE["memory_unknown"])
    return where


def _most(one: Columns, needs: Needs, place: Setting | None, where: _Where, taste: Taste, rows: Ints) -> Floats:
    """Return at most what is added to the ability of some rows."""
    if place is None:
        return elsewhere(one, needs, taste, rows).gain
    own = where.whole[rows] | where.split[rows]
    bound = offered(one, needs, taste, rows)
    (gain,) = in_halves(lambda part: (most_gain(place, part),), rows[own])
    bound[own] = np.maximum(bound[own], gain)
    return bound


def in_halves(work: Callable[[Ints], tuple[Array, ...]], rows: Ints) -> tuple[Array, ...]:
    """Return what `work` tells of rows, of many in two threads: numpy lets them run side by side."""
    if len(rows) < MANY:
        return work(rows)
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(work, np.array_split(rows, 2))
        return tuple(np.concatenate(both) for both in zip(*halves, strict=True))


def _options(one: Columns, needs: Needs, place: Setting | None, where: _Where, taste: Taste, rows: Ints) -> Options:
    """Return the option of each of some rows."""
    found = elsewhere(one, needs, taste, rows)
    if place is not None:
        for mask, best in ((where.whole[rows], whole), (where.split[rows], split)):
            if mask.any():
                found.put(mask, best(place, rows[mask])[0])
    return found
