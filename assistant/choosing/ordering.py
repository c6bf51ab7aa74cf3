"""The catalog in the order of utility: masks, one pass over memory, and the short list's options in full.

A short list needs no option of a model that cannot be on it: what is at most added to each ability is compared with
what the best by that bound are worth, first at a glance, then closely for what is left.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.choosing.columns import Columns
from assistant.choosing.constraints import CODE, Codes, Needs, affordable, codes, here
from assistant.choosing.options import (
    Options,
    Setting,
    elsewhere,
    holds,
    most_gain,
    offered,
    quick,
    split,
    splits,
    whole,
    worth_a_split,
)
from assistant.choosing.utility import Taste
from assistant.memory.batch import Flags, Floats, Ints
from assistant.memory.shelf import TOO_LARGE, Shelf

if TYPE_CHECKING:
    from assistant.choosing.ranking import Positions

FIRST_LOOK = 4  # times as many rows as are wanted are weighed in full before bounds tell which others may be better
DIGITS = 6  # of a utility, so that sums in another order make no other order
ROUNDED = 10.0**-DIGITS  # more than rounding adds


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

    at, count = np.arange(len(rows)), len(rows) if most is None else most
    for closely in (False, True):
        if len(at) <= FIRST_LOOK * count:
            break
        highest = base[at] + (_most(one, needs, place, where, taste, rows[at]) if closely else taste.most)
        near = at[np.argpartition(-highest, FIRST_LOOK * count)[: FIRST_LOOK * count]]
        least = np.partition(ask(near)[1], -count)[-count]  # that many are at least as useful as this
        at = at[np.flatnonzero(highest >= least - ROUNDED)]
    options, utility = ask(at)
    first = np.lexsort((rows[at], options.split, -utility))[:count]
    at = at[first]
    return Ordered(one, found, rows[at], options.of(first), utility[first], base[at], place)


def _base(able: "Positions", rows: Ints, taste: Taste) -> Floats:
    """Return ability as it counts: what is surely there, so that a guess does not beat a measured model by a hair."""
    return np.asarray(able.position[rows] - taste.all.unsure * able.deviation[rows])


def _places(place: Setting, found: Codes) -> _Where:
    """Return where the models run that the machine holds; those that it does not hold get their reason in `found`."""
    asked = (found == 0) & here(place.one, place.needs)
    rows = np.flatnonzero(asked)
    where = _Where(*np.zeros((2, len(found)), dtype=np.bool_))
    fits, least = holds(place, rows)
    held = rows[fits]
    where.whole[held] = quick(place, held)
    if place.splits:
        rest = np.flatnonzero(~fits)
        near = rows[rest[np.flatnonzero(worth_a_split(place, rows[rest], least[rest]))]]
        where.split[near] = splits(place, near)
    lost = asked & ~where.whole & ~where.split & ~affordable(place.one, place.needs, slice(None))
    known = place.least_weights < TOO_LARGE
    slow = np.zeros_like(lost)
    slow[held] = lost[held]
    for key, mask in (("slow", slow), ("memory", lost & known & ~slow), ("memory_unknown", lost & ~known)):
        found[np.flatnonzero(mask)] = CODE[key]
    return where


def _most(one: Columns, needs: Needs, place: Setting | None, where: _Where, taste: Taste, rows: Ints) -> Floats:
    """Return at most what is added to the ability of some rows."""
    if place is None:
        return elsewhere(one, needs, taste, rows).gain
    own = np.flatnonzero(where.whole[rows] | where.split[rows])
    bound = offered(one, needs, taste, rows)
    bound[own] = np.maximum(bound[own], most_gain(place, rows[own]))
    return bound


def _options(one: Columns, needs: Needs, place: Setting | None, where: _Where, taste: Taste, rows: Ints) -> Options:
    """Return the option of each of some rows."""
    found = elsewhere(one, needs, taste, rows)
    if place is not None:
        held, parted = where.whole[rows], where.split[rows]
        if held.any():
            found.put(held, whole(place, rows[held])[0])
        if parted.any():
            found.put(parted, split(place, rows[parted]))
    return found
