"""The catalog in the order of utility: masks, one pass over memory, and the short list's options in full."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.choosing.columns import Columns
from assistant.choosing.constraints import CODE, Codes, Needs, affordable, codes, here
from assistant.choosing.options import Options, Setting, elsewhere, setting, split, whole, worth_a_split
from assistant.choosing.utility import Taste
from assistant.memory.batch import Flags, Floats, Ints
from assistant.memory.shelf import TOO_LARGE, Shelf

if TYPE_CHECKING:
    from assistant.choosing.ranking import Positions

FIRST_LOOK = 16  # times as many rows as are wanted are looked at before bounds tell whether more have to be


@dataclass(frozen=True, eq=False)
class Ordered:
    """What is left of the catalog, and why the rest is not.

    `codes` (all rows,) as in constraints.REASONS. `rows` are the candidates in order of utility, as many as were asked;
    `options` and `utility` go with them, `base` (all rows,) is utility before any option. `place` is None where no
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
    # A guess from size and date alone should not beat a measured model by a hair.
    base = able.position - np.where(able.measured > 0, 0.0, taste.all.guess * able.deviation)
    place, where = None, _Where(*np.zeros((2, len(found)), dtype=np.bool_))
    if stock is not None and needs.machine is not None and needs.local:
        place = setting(one, stock, needs, taste, needs.machine)
        where = _places(place, found)

    def ask(rows: Ints) -> tuple[Options, Floats]:
        options = _options(one, needs, place, where, taste, rows)
        return options, worth(base, rows, options)

    rows = _first(np.flatnonzero(found == 0), base + _most(taste), most, lambda rows: ask(rows)[1])
    options, utility = ask(rows)
    at = np.lexsort((rows, options.split, -utility))[:most]
    return Ordered(one, found, rows[at], options.of(at), utility[at], base, place)


def _places(place: Setting, found: Codes) -> _Where:
    """Return where the models run that the machine holds; those that it does not hold get their reason in `found`."""
    considered = (found == 0) & here(place.one, place.needs)
    least = place.least()
    fits = considered & (least <= place.space.available)
    splits = considered & ~fits & worth_a_split(place, least)
    if splits.any():
        rows = np.flatnonzero(splits)
        splits[rows] = split(place, rows)[1]
    lost = considered & ~fits & ~splits & ~affordable(place.one, place.needs)
    known = least < TOO_LARGE
    found[lost & known] = CODE["memory"]
    found[lost & ~known] = CODE["memory_unknown"]
    return _Where(fits, splits)


def _first(rows: Ints, bound: Floats, most: int | None, utility: Callable[[Ints], Floats]) -> Ints:
    """Return rows among which the `most` useful ones are: those that their bound does not rule out."""
    looked = len(rows) if most is None else FIRST_LOOK * most
    while most is not None and looked < len(rows):
        at = np.argpartition(-bound[rows], looked)
        near, rest = rows[at[:looked]], rows[at[looked:]]
        if np.partition(utility(near), -most)[-most] > bound[rest].max():
            return near
        looked *= 4
    return rows


def _most(taste: Taste) -> float:
    """Return the most that speed can add to a model's ability; cost and size only take from it."""
    return float(taste.speed(np.array(taste.all.fastest)))


def _options(one: Columns, needs: Needs, place: Setting | None, where: _Where, taste: Taste, rows: Ints) -> Options:
    """Return the option of each of some rows."""
    found = elsewhere(one, needs, taste, rows)
    if place is not None:
        for mask, best in ((where.whole[rows], whole), (where.split[rows], split)):
            if mask.any():
                found.put(mask, best(place, rows[mask])[0])
    return found


def worth(base: Floats, rows: Ints, options: Options) -> Floats:
    """Return the utility of rows; six digits, so that sums in another order make no other order."""
    return np.round(base[rows] - options.lost + options.gain, 6)
