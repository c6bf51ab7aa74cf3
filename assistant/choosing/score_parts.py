"""A pick's score taken apart: where the model would start, what each published score moved, what quantisation costs."""

from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.choosing.candidates import Candidate
from assistant.choosing.ranking import Part, percent
from assistant.choosing.utility import taste, thinking
from assistant.memory.quants import QUANTS, quality_loss

if TYPE_CHECKING:
    from assistant.choosing.constraints import Needs
    from assistant.toolbox import Toolbox


def score_parts(box: "Toolbox", needs: "Needs", one: Candidate) -> dict[str, Any]:
    """Return the score as a sum of points, each with what it comes from.

    `start` (size, date and kind of model), `relatives` (its family and lab), `scores` and `quantisation` add up to the
    pick's score within rounding. `share` is how much of what is known rests on a part; the `scores` with `direct` are
    the task's own benchmarks. `measured` is the share of all scores, `predicted` what rests on size, date and family.
    `order` is what counts for the place in the list and not for the score, in points: `speed`, `cost`, and `placement`
    (a part in RAM, a full device, an 8-bit cache, no score of its own), as the stated priority weighs them.
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
        "order": _order(box, needs, one),
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
    if one.run is None:
        return None
    quant = QUANTS[one.run.quant]
    lost = quality_loss(one.run.quant, one.model.parameters)
    return {
        "quant": one.run.quant,
        "points": round(percent(one.position) - percent(one.ability.position), 1),
        "perplexity_percent": round(100 * lost / (1 - lost), 1),
        "like": quant.like,
        "source": QUANTS[quant.like].source if quant.like else quant.source,
    }


def _order(box: "Toolbox", needs: "Needs", one: Candidate) -> dict[str, Any]:
    """Return what the place in the list counts beside the score, in points at this score, and the priority's reason."""
    liked = taste(box, needs)
    price = one.model.price
    speed = np.array(np.nan if one.speed is None else one.speed)
    sides = [np.nan if side is None else side for side in (price.input, price.output)] if price else [np.nan, np.nan]
    usd = liked.electricity(speed) if one.run else liked.usage.bill(np.array(sides[0]), np.array(sides[1]))
    felt = speed / thinking(needs, one.model.variant)
    terms = {"speed": float(liked.speed(felt)), "cost": float(liked.cost(usd))}
    terms["placement"] = one.utility - one.position - sum(terms.values())
    points = {name: round(percent(one.position + term) - percent(one.position), 1) for name, term in terms.items()}
    return {"wish": needs.args.priority, "why": liked.weights.why, **points}
