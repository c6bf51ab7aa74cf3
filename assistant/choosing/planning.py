"""From the rows of the order to plans: how one model is to be run, checked layer by layer where sums do not tell."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isnan

import numpy as np

from assistant.choosing import exact
from assistant.choosing.constraints import CODE
from assistant.choosing.exact import Run
from assistant.choosing.options import NO_FIT, Setting, lost, many_gpus, offered, whole
from assistant.choosing.ordering import DIGITS, Ordered
from assistant.choosing.utility import thinking
from assistant.memory.report import FitReport
from assistant.memory.shelf import CACHE_TYPES


@dataclass(frozen=True, slots=True)
class Planned:
    """A row with its run (None: elsewhere) and utility. `rough`: summed up, not yet planned layer by layer.

    `base` is utility before any option, `lost` the ability that quantisation and cache cost,
    `total` bytes on the device, `speed` tokens/s.
    """

    row: int
    base: float
    utility: float
    run: Run | None
    lost: float
    speed: float | None
    total: int | None
    rough: bool
    report: FitReport | None = None

    @property
    def key(self) -> tuple[float, bool, int]:
        """What plans are ordered by: utility, what lies whole on the device first, then the row (ids in order)."""
        return -self.utility, self.run is not None and self.run.split, self.row


def needs_planning(found: Ordered) -> bool:
    """Return whether sums over whole models may be wrong: parts in RAM, or several GPUs to pack."""
    return found.place is not None and (many_gpus(found.place.machine) or bool(found.options.split.any()))


def planned(found: Ordered) -> Iterator[Planned]:
    """Yield the plans of all rows in order."""
    options, place = found.options, found.place
    tokens = found.rows if place is None else place.tokens(found.rows)
    columns = (
        found.rows, found.base, found.utility, options.column, options.cache, options.split, options.lost,
        options.speed, options.total, tokens,
    )  # fmt: skip
    several = place is not None and many_gpus(place.machine)
    rows = zip(*(one.tolist() for one in columns), strict=True)
    for row, base, utility, column, cache, split, cost, speed, total, context in rows:
        if column == NO_FIT or place is None:
            yield Planned(row, base, utility, None, 0.0, None, None, False)
            continue
        needs, images = place.needs, place.needs.task == "vision"
        run = Run(
            place.stock.quants[column], CACHE_TYPES[cache], context, split, images, needs.users,
            place.taste.weights.slowest_split, place.least_speed,
        )  # fmt: skip
        known = None if isnan(speed) else speed
        yield Planned(row, base, utility, run, cost, known, int(total), split or several)


def plan_row(found: Ordered, plan: Planned) -> Planned | None:
    """Return the row's best plan layer by layer; None, with the reason in `found.codes`, when it does not run."""
    place = found.place
    assert place is not None and plan.run is not None
    best = None if plan.run.split else _whole(place, plan)
    if best is None and place.splits:
        best = _split(place, plan)
    through_api = plan.base + float(offered(place.one, place.needs, place.taste, np.array([plan.row]))[0])
    if best is not None:
        return replace(best, utility=round(max(best.utility, through_api), DIGITS))
    if np.isfinite(through_api):
        return Planned(plan.row, plan.base, round(through_api, DIGITS), None, 0.0, None, None, False)
    found.codes[plan.row] = CODE["memory"]
    return None


def _whole(place: Setting, plan: Planned) -> Planned | None:
    """Return the most useful option whose layers pack on the devices."""
    assert plan.run is not None
    row = np.array([plan.row])
    worths = whole(place, row)[1][0]
    model = place.one.models[plan.row]
    for at in np.argsort(-worths, kind="stable"):
        if not np.isfinite(worths[at]):
            return None
        column, cache = divmod(int(at), len(CACHE_TYPES))
        run = replace(plan.run, quant=place.stock.quants[column], kv_type=CACHE_TYPES[cache])
        report = exact.report(model, place.machine, run)
        if exact.runs(model, run, report):
            cost = float(lost(place, row)[0, column]) + (place.taste.all.kv_q8 if cache else 0.0)
            utility = round(plan.base + float(worths[at]), DIGITS)
            return _told(plan, run, utility, cost, report)
    return None


def _split(place: Setting, plan: Planned) -> Planned | None:
    """Return the most useful way to run it with a part in RAM."""
    assert plan.run is not None
    model, known = place.one.models[plan.row], place.taste
    costs = lost(place, np.array([plan.row]))[0]
    best: Planned | None = None
    for run in exact.split_runs(model, plan.run):
        report = exact.report(model, place.machine, run)
        if not exact.runs(model, run, report) or report.speed is None:
            continue
        speed, cost = np.array(report.speed.mid), float(costs[place.stock.quants.index(run.quant)])
        felt = speed / thinking(place.needs, model.variant)
        gain = float(known.speed(felt) + known.cost(known.electricity(speed))) - known.weights.split
        one = _told(plan, run, round(plan.base - cost + gain, DIGITS), cost, report)
        best = one if best is None or one.key < best.key else best
    return best


def _told(plan: Planned, run: Run, utility: float, cost: float, report: FitReport) -> Planned:
    speed = report.speed.mid if report.speed else None
    return replace(
        plan, run=run, utility=utility, lost=cost, speed=speed, total=report.total_bytes, rough=False, report=report
    )
