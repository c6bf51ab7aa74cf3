"""The arithmetic of regret: what the first pick of an order of models loses against the best of those to pick from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from knowledge.schema import Benchmark

DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One choice: `method` picked for `task` among the models that fit `memory`, judged by the hidden `benchmark`.

    `points` are lost on the benchmark's own scale, `deviations` in standard deviations of its scores; `share` is the
    pick's distance from the benchmark's lowest value over the best candidate's.
    """

    method: str
    task: str
    benchmark: str
    memory: str
    commercial: bool
    points: float
    deviations: float
    share: float

    @property
    def unit(self) -> tuple[str, str]:
        """What is drawn as one when the mean's interval is estimated: cells of one benchmark are not independent."""
        return self.task, self.benchmark


def lost(benchmark: Benchmark, best: float, picked: float) -> float:
    """Return the points between the best candidate and the pick, never negative."""
    return best - picked if benchmark.higher else picked - best


def share(benchmark: Benchmark, best: float, picked: float) -> float:
    """Return the pick's distance from the worst value (chance, lowest rating, highest error) over the best's."""
    worst = benchmark.low if benchmark.higher else benchmark.high
    return (picked - worst) / (best - worst) if best != worst else 1.0


def first(scores: Mapping[str, float | None]) -> str | None:
    """Return the id with the highest score, the first by id at a tie; None when no score is known."""
    known = [(-score, name) for name, score in scores.items() if score is not None and score == score]
    return min(known)[1] if known else None


def judged(truth: Mapping[str, float], picked: str | None) -> float:
    """Return the true value of a pick; a method that cannot tell picks blindly: the candidates' mean."""
    return fmean(truth.values()) if picked is None else truth[picked]


def unit_means(cells: Sequence[Cell], value: str) -> dict[tuple[str, str], float]:
    """Return the mean of a field of the cells per unit."""
    units: dict[tuple[str, str], list[float]] = {}
    for cell in cells:
        units.setdefault(cell.unit, []).append(getattr(cell, value))
    return {unit: fmean(values) for unit, values in sorted(units.items())}


def interval(means: Sequence[float], draws: int = DRAWS) -> tuple[float, float]:
    """Return the 90 % interval of the mean, units drawn with replacement (percentile bootstrap, fixed seed)."""
    import numpy as np

    values = np.array(means)
    drawn = np.random.default_rng(0).integers(0, len(values), (draws, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.05, 0.95])
    return float(low), float(high)
