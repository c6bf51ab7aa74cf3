"""The Pareto front: candidates than which no other is better, smaller (or cheaper) and faster at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.choosing.candidates import Candidate
from assistant.choosing.costs import monthly
from assistant.choosing.usage import Usage
from assistant.memory.report import mib

if TYPE_CHECKING:
    from assistant.hardware.machine import Machine
    from assistant.toolbox import Toolbox

MOST = 6  # points of a kind; a person does not weigh more
LEAST = 0.6  # of the best score: what is weaker than this is no alternative, however small it is
# What is not worth a point of its own: as able to this many points of score, and at most this much smaller or faster.
SAME_SCORE = 1.5
SAME_SIZE = 1.1
SAME_SPEED = 1.25


@dataclass(frozen=True, slots=True)
class Point:
    """A candidate as a trade-off: more score, less of `burden` (bytes of memory, or dollars per month), more speed."""

    candidate: Candidate
    score: float
    burden: float
    speed: float  # tokens/s, 0 when not known


def front(
    box: "Toolbox", machine: "Machine | None", candidates: Iterable[Candidate], picks: list[Candidate], usage: Usage
) -> list[dict[str, Any]]:
    """Return the trade-offs that are left when everything dominated is taken away, the most able first.

    Local models are weighed by score, memory and speed, models behind an API by score and price per month (they take
    none of the person's memory, and their speed is not known). Points that nobody could tell apart are one, a pick
    before others, and no more than `MOST` of a kind are given. Each row tells id, model, quant, score, hosting, memory
    in MiB, speed, price per month, and whether it is among the picks
    or a guess (no test of it is published).
    """
    chosen = {one.model.id for one in picks}
    local, api = [], []
    for one in candidates:
        if one.total_bytes is not None:
            local.append(Point(one, one.score, one.total_bytes, one.speed or 0.0))
        elif one.run is None and (usd := monthly(box, machine, one, usage)) is not None:
            api.append(Point(one, one.score, usd, 0.0))
    least = LEAST * max((point.score for point in (*local, *api)), default=0.0)
    kept = [
        point
        for points in (local, api)
        for point in _told_apart(undominated(one for one in points if one.score >= least), chosen)
    ]
    return [_row(box, machine, point.candidate, usage, chosen) for point in kept]


def undominated(points: Iterable[Point]) -> list[Point]:
    """Return the points that no other beats or equals in all three, the most able first; equal ones by id."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda one: (-one.score, one.burden, -one.speed, one.candidate.model.id)):
        if not any(other.burden <= point.burden and other.speed >= point.speed for other in kept):
            kept.append(point)
    return kept


def _told_apart(points: list[Point], chosen: set[str]) -> list[Point]:
    """Return the points without those that hardly differ from one that is kept, at most MOST, the most able first."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda one: (one.candidate.model.id not in chosen, -one.score)):
        near = any(
            abs(other.score - point.score) < SAME_SCORE
            and other.burden <= point.burden * SAME_SIZE
            and other.speed * SAME_SPEED >= point.speed
            for other in kept
        )
        if not near:
            kept.append(point)
    kept.sort(key=lambda one: -one.score)
    return kept if len(kept) <= MOST else _spread(kept, chosen)


def _spread(points: list[Point], chosen: set[str]) -> list[Point]:
    """Return MOST of the points: the picks, and others evenly over the whole range of scores."""
    wanted = MOST - sum(point.candidate.model.id in chosen for point in points)
    others = [point for point in points if point.candidate.model.id not in chosen]
    step = (len(others) - 1) / max(wanted - 1, 1)
    taken = {id(others[round(n * step)]) for n in range(wanted)}
    return [point for point in points if point.candidate.model.id in chosen or id(point) in taken]


def _row(box: "Toolbox", machine: "Machine | None", one: Candidate, usage: Usage, chosen: set[str]) -> dict[str, Any]:
    usd = monthly(box, machine, one, usage)
    return {
        "id": one.model.id,
        "model": one.model.name,
        "quant": one.run.quant if one.run else None,
        "score": one.score,
        "hosting": "local" if one.run else "api",
        "memory_mib": mib(one.total_bytes),
        "tokens_per_second": None if one.speed is None else round(one.speed, 1),
        "usd_per_month": None if usd is None else round(usd, 2),
        "pick": one.model.id in chosen,
        "guess": one.guess,
    }
