"""A pick's score taken apart: where the model would start, what each published score moved, what quantisation costs."""

from typing import TYPE_CHECKING, Any

from assistant.choosing.candidates import Candidate
from assistant.choosing.ranking import Part, percent
from assistant.memory.quants import QUANTS, quality_loss

if TYPE_CHECKING:
    from assistant.choosing.constraints import Needs
    from assistant.tools import Toolbox


def score_parts(box: "Toolbox", needs: "Needs", one: Candidate) -> dict[str, Any]:
    """Return the score as a sum of points, each with what it comes from.

    `start` (size, date and kind of model), `relatives` (its family and lab), `scores` and `quantisation` add up to the
    pick's score within rounding. `share` is how much of what is known rests on a part; the `scores` with `direct` are
    the task's own benchmarks. `measured` is the share of all scores, `predicted` what rests on size, date and family.
    `priority` is what speed, cost and a split over RAM add to the order of the list, in points: never to the score.
    """
    able = one.ability
    start = percent(able.prior.traits)
    reached = able.prior.traits + able.prior.relatives
    relatives = percent(reached) - start
    scores = []
    for part in able.parts:
        before, reached = percent(reached), reached + part.shift
        scores.append(_score(box, part, percent(reached) - before))
    measured = sum(part.share for part in able.parts)
    return {
        "start": {"points": round(start, 1), "share": round(able.prior.share, 3)},
        "relatives": {"points": round(relatives, 1)},
        "scores": scores,
        "quantisation": _quantisation(one),
        "measured": round(measured, 3),
        "measured_directly": round(sum(part.share for part in able.parts if part.direct), 3),
        "predicted": round(able.prior.share, 3),
        "priority": _priority(needs, one),
    }


def _score(box: "Toolbox", part: Part, points: float) -> dict[str, Any]:
    benchmark = box.catalog.benchmarks[part.benchmark]
    reference = next((one.ref for one in benchmark.sources if one.key == part.source), part.source)
    return {
        "id": part.benchmark,
        "benchmark": benchmark.name,
        "value": part.value,
        "unit": benchmark.unit,
        "source": reference,
        "date": part.date.isoformat(),
        "points": round(points, 1),
        "share": round(part.share, 3),
        "direct": part.direct,
    }


def _quantisation(one: Candidate) -> dict[str, Any] | None:
    """Return what the quantisation costs, None for a model behind an API."""
    if one.fit is None:
        return None
    quant = QUANTS[one.fit.quant]
    lost = quality_loss(one.fit.quant, one.model.parameters)
    return {
        "quant": one.fit.quant,
        "points": round(percent(one.position) - percent(one.ability.position), 1),
        "perplexity_percent": round(100 * lost / (1 - lost), 1),
        "like": quant.like,
        "source": QUANTS[quant.like].source if quant.like else quant.source,
    }


def _priority(needs: "Needs", one: Candidate) -> dict[str, Any]:
    """Return how much the order was changed for speed, cost or a split, in points of score."""
    return {
        "wish": needs.args.priority,
        "points": round(percent(one.utility) - percent(one.position), 1),
        "tokens_per_second": one.fit.speed.mid if one.fit and one.fit.speed else None,
    }
