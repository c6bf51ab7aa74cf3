"""Candidates: models that pass every constraint, each with how it is best run, in the order of utility.

The order is total and the same for any order of the catalog: by utility (assistant/choosing/utility.py), then what lies
whole on the device, then id. A guess, a model of which no test is published, is before the best measured one only where
even the lower end of its interval is above that one's ability. Those that are tied with the best come first among
themselves in the order of what was measured, how they fit (whole before split over RAM), whether they are slow (slower
than one reads, or than the fastest by a factor; where speed is the priority: how fast they are), how open their licence
is (where weights may run here; behind an API nobody gets them), then by utility, speed, spare memory and id. Where
quality is the priority, neither a split nor speed comes before utility. Tied means: the difference in utility is inside
the noise of the difference between two models known as well as the best one, so that what is hardly known comes no
nearer to the best by that.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from heapq import heapify, heappop, heappush
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.choosing import exact
from assistant.choosing.columns import columns
from assistant.choosing.constraints import CODE, REASONS, Because, Needs, values
from assistant.choosing.exact import Run
from assistant.choosing.options import quickest
from assistant.choosing.ordering import Ordered, order
from assistant.choosing.planning import Planned, needs_planning, plan_row, planned
from assistant.choosing.ranking import Ability, Positions, Scales, percent
from assistant.choosing.utility import taste
from assistant.memory.batch import Floats
from assistant.memory.report import FitReport
from assistant.memory.shelf_file import shelf
from knowledge.priorities import load_priorities
from knowledge.schema import Licence, Model

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox

FAMILY_LIMIT = 2  # more picks than this from one family say little about the choice
MOST_SPLITS = 1  # of the picks, as long as others are left
FIRST = 24  # candidates of which each plan is checked layer by layer before anything is told
SMALLER_TRIED = 3  # smaller quantisations of a pick that by llama.cpp's own figures does not fit
OPENNESS = {"yes": 0, "conditional": 1, "unknown": 2, "no": 2}  # of a licence
CLOSED = 3  # weights that nobody gets come last
SMALLEST_MARGIN = load_priorities().tie_margin


@dataclass(frozen=True, eq=False)
class Candidate:
    """A model that passes every constraint, and how it is best run (`run` None: through an API, or on no machine).

    `position` is the ability after quantisation on the unbounded scale, `deviation` its standard deviation, `utility`
    what it is ordered by. `speed` in tokens/s and `total_bytes` on the device are None where there is no run or nothing
    is known. `known` is the run's fit where it was worked out already.
    """

    box: "Toolbox"
    needs: Needs
    model: Model
    run: Run | None
    position: float
    deviation: float
    utility: float
    speed: float | None = None
    total_bytes: int | None = None
    known: FitReport | None = None

    @property
    def score(self) -> float:
        """Ability after quantisation, 0 to 100."""
        return round(percent(self.position), 1)

    @property
    def split(self) -> bool:
        """Whether a part of it is in RAM beside the card."""
        return self.run is not None and self.run.split

    @cached_property
    def ability(self) -> Ability:
        """The ability before quantisation, with what it rests on."""
        found = self.box.scales.ability(self.model, self.needs.task, self.needs.languages)
        assert found is not None  # models without a scale are no candidates
        return found

    @property
    def guess(self) -> bool:
        """Whether no test of the model is published, whichever."""
        return not self.model.scores

    @cached_property
    def fit(self) -> FitReport | None:
        """What it takes on the machine: brief and from the formula until it is a pick; None without a run."""
        if self.known is not None or self.run is None or self.needs.machine is None:
            return self.known
        return exact.report(self.model, self.needs.machine, self.run)

    @cached_property
    def runs(self) -> bool:
        """Whether the run holds layer by layer; beyond the first candidates that is worked out when it is asked."""
        return self.run is None or (self.fit is not None and exact.runs(self.model, self.run, self.fit))


def choose(box: "Toolbox", needs: Needs) -> tuple[list[Candidate], dict[str, Because]]:
    """Return every candidate, best first, and why each other model is out."""
    one = columns(box.catalog)
    stock = shelf(box.catalog) if needs.local and needs.machine is not None else None
    able = by_id(box.scales, needs.task, needs.languages)
    found = order(one, stock, needs, able, taste(box, needs))
    candidates = [_candidate(box, needs, able, found, plan) for plan in _checked(found)]
    return _ties_first(box, _measured_first(candidates)), _out(needs, found)


def _out(needs: Needs, found: Ordered) -> dict[str, Because]:
    """Return model id -> the first constraint that it breaks, with the values of its sentence."""
    out: dict[str, Because] = {}
    for row in np.flatnonzero((found.codes > 0) & (found.codes != CODE["no_scale"])).tolist():
        key = REASONS[found.codes[row]]
        out[found.one.models[row].id] = key, values(found.one, needs, row, key)
    if found.place is not None:
        rows = np.flatnonzero(found.codes == CODE["memory"])
        for row, needed in zip(rows.tolist(), found.place.lacking(rows), strict=True):
            out[found.one.models[row].id] = "memory", needed
        rows = np.flatnonzero(found.codes == CODE["slow"])
        for row, reached in zip(rows.tolist(), quickest(found.place, rows), strict=True):
            out[found.one.models[row].id] = "slow", reached | {"wished": found.place.least_speed}
    return out


@lru_cache(maxsize=64)
def by_id(scales: Scales, task: str, languages: tuple[str, ...]) -> Positions:
    """Return the positions of all models by id; the latest are kept."""
    found = scales.positions(task, languages)
    at = np.array(sorted(range(len(found.ids)), key=found.ids.__getitem__), dtype=np.int64)
    ids = tuple(found.ids[n] for n in at)
    return Positions(ids, found.position[at], found.deviation[at], found.measured[at], found.predictive[at])


def _checked(found: Ordered) -> list[Planned]:
    """Return all plans in order, the first ones checked layer by layer where that may change them."""
    waiting = list(planned(found))
    if found.place is None or not needs_planning(found):
        return waiting
    heap = [(plan.key, False, plan) for plan in waiting]
    heapify(heap)
    sure: list[Planned] = []
    while heap and len(sure) < FIRST:
        _, checked, plan = heappop(heap)
        if checked or not plan.rough:
            sure.append(plan)
        elif (exactly := plan_row(found, plan)) is not None:
            heappush(heap, (exactly.key, True, exactly))
    return sure + [plan for _, _, plan in sorted(heap)]


def _candidate(box: "Toolbox", needs: Needs, able: Positions, found: Ordered, plan: Planned) -> Candidate:
    return Candidate(
        box, needs, found.one.models[plan.row], plan.run, float(able.position[plan.row]) - plan.lost,
        float(able.deviation[plan.row]), plan.utility, plan.speed, plan.total, plan.report,
    )  # fmt: skip


def _measured_first(candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates with the best measured ones before the guesses that are not surely better.

    Surely better means by ability too: what nobody tested does not come first by its speed alone.
    """
    at = next((n for n, one in enumerate(candidates) if not one.guess), None)
    if at is None:
        return candidates
    best = candidates[at]
    unsure = load_priorities().unsure
    bar = best.utility + unsure * best.deviation
    surely = [
        one for one in candidates[:at] if one.utility >= bar and one.position - unsure * one.deviation >= best.position
    ]
    end = next((n for n in range(at, len(candidates)) if not tied(best, candidates[n])), len(candidates))
    others = [one for one in candidates[:end] if not any(one is sure for sure in surely)]
    return [*surely, *sorted(others, key=lambda one: one.guess), *candidates[end:]]


def _ties_first(box: "Toolbox", candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates with those that are tied with the best in the order of fit, speed and licence."""
    if not candidates:
        return []
    count = next((n for n, one in enumerate(candidates) if not tied(candidates[0], one)), len(candidates))
    ties, measured = candidates[:count], not candidates[0].guess
    fastest = max(one.speed or 0.0 for one in ties)
    return sorted(ties, key=lambda one: (measured and one.guess, *_tie_order(box, one, fastest))) + candidates[count:]


def _tie_order(box: "Toolbox", one: Candidate, fastest: float) -> tuple[Any, ...]:
    licence = box.catalog.licences.get(one.model.licence)
    openness = OPENNESS[licence.commercial if isinstance(licence, Licence) else "unknown"]
    waits = one.needs.args.priority == "quality"
    return (
        one.split and not waits, 0.0 if waits else _slowness(one, fastest),
        (openness if one.model.open_weights else CLOSED) if one.needs.local else 0, -one.utility,
        -(one.speed or 0.0), one.total_bytes or 0, one.model.id,
    )  # fmt: skip


def _slowness(one: Candidate, fastest: float) -> float:
    """Return what puts a candidate behind faster ones that are tied with it: its speed, or whether it is slow."""
    known = load_priorities()
    if one.speed is None:
        return 0.0
    if one.needs.args.priority == "speed":
        return -min(one.speed, known.fastest)
    return float(one.speed < known.reading or one.speed * known.much_faster <= min(fastest, known.fastest))


def noise(deviation: Floats | float, other: float) -> Floats:
    """Return the difference of two abilities from which on it is more than noise, by their standard deviations."""
    return np.asarray(SMALLEST_MARGIN * np.hypot(deviation, other))


def tied(first: Candidate, other: Candidate) -> bool:
    """Tell whether the difference of two utilities is inside the noise of the first one's ability."""
    return abs(first.utility - other.utility) < SMALLEST_MARGIN * sqrt(2) * first.deviation


def too_close(first: Candidate, other: Candidate) -> bool:
    """Tell whether two candidates are tied and their abilities alone too."""
    return tied(first, other) and bool(abs(first.position - other.position) < noise(first.deviation, other.deviation))


def take(needs: Needs, candidates: list[Candidate], count: int) -> list[Candidate]:
    """Return the first `count` candidates that llama.cpp itself confirms to fit, at most two of a family.

    One of them may need RAM beside the card, more only where nothing else is left.
    """
    picks: list[Candidate] = []
    families: Counter[str] = Counter()
    for most_splits in (MOST_SPLITS, count):
        for candidate in candidates:
            family = candidate.model.family or candidate.model.id
            taken = any(one.model is candidate.model for one in picks)
            if len(picks) == count or taken or families[family] >= FAMILY_LIMIT:
                continue
            if candidate.split and sum(one.split for one in picks) >= most_splits:
                continue
            settled = _settle(needs, candidate)
            if settled is not None:
                picks.append(settled)
                families[family] += 1
    return picks


def _settle(needs: Needs, candidate: Candidate) -> Candidate | None:
    """Ask llama.cpp itself about a pick; where it does not fit after all, about its next smaller quantisations."""
    if candidate.run is None or needs.machine is None:
        return candidate
    for run in (candidate.run, *exact.smaller(candidate.model, candidate.run)[:SMALLER_TRIED]):
        report = exact.report(candidate.model, needs.machine, run, exact=True)
        if exact.runs(candidate.model, run, report):
            cost = exact.costs_more(candidate.model, candidate.run, run)
            return replace(
                candidate, run=run, known=report, position=candidate.position - cost, utility=candidate.utility - cost
            )
    return None
