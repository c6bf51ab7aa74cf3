"""Where one model stands on a fitted scale: its prior, and what its own scores add. The algebra of run time.

A model of the catalog brings both along from the fit. Any other (a person's own entry) gets its prior from size, date,
family and lab by the fitted effects, and is conditioned on its own scores by the same algebra: nothing is refitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.choosing.cells import on_line
from assistant.choosing.factors import Fitted
from assistant.choosing.traits import RELATIVES, TRAITS, relatives, traits
from knowledge.schema import Benchmark, Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evidence:
    """A model's own scores on a scale; `columns` are the scores' benchmarks there, `precision` is that of all together.

    `gain` (K, scores) times `surprise` (scores) is how far each score moves the abilities; `explained` (K, scores, K)
    is the covariance that each score takes away.
    """

    columns: tuple[int, ...]
    names: tuple[str, ...]
    values: tuple[float, ...]
    precision: "Floats"
    gain: "Floats"
    surprise: "Floats"
    explained: "Floats"


def prior(
    scale: Fitted, model: Model, models: Mapping[str, Model], years: Mapping[str, float]
) -> tuple["Floats", "Floats"]:
    """Return mean (K,) and covariance (K, K) of an unseen model's abilities before its own scores.

    Leaves out how the errors of different effects go together, which the file does not hold: a little too wide.
    """
    place = {name: n for n, name in enumerate(scale.names, len(TRAITS))}
    values = np.zeros(len(scale.weight))
    values[: len(TRAITS)] = traits(model, years)
    variance = scale.own_var.copy()
    strange = dict(zip(RELATIVES, scale.relative_var, strict=True))
    for name in relatives(model, models):
        if name in place:
            values[place[name]] = 1
            strange.pop(name.partition(":")[0])
    variance += sum(strange.values()) + values**2 @ scale.weight_var
    return values @ scale.weight, np.diag(variance)


def by_traits(scale: Fitted, model: Model, years: Mapping[str, float]) -> "Floats":
    """Return the abilities (K,) that size, date and kind alone suggest."""
    expected: Floats = np.array(traits(model, years)) @ scale.weight[: len(TRAITS)]
    return expected


def evidence(
    scale: Fitted, model: Model, benchmarks: Mapping[str, Benchmark], mean: "Floats", cov: "Floats"
) -> Evidence:
    """Return what a model's own scores say against its prior; scores the scale does not know are left out."""
    column = {name: n for n, name in enumerate(scale.benchmarks)}
    scores = [score for score in model.scores if score.benchmark in column]
    at = [column[score.benchmark] for score in scores]
    lined = [on_line(benchmarks[score.benchmark], score.value) for score in scores]
    count, factors = len(scores), len(scale.factors)
    value, blur = np.array(lined).reshape(count, 2).T
    ability, quirk = scale.loading[at][:, :factors], scale.loading[at][:, factors:]
    shared = ability @ cov
    total = shared @ ability.T + quirk @ quirk.T + np.diag(scale.noise[at] + blur)
    precision: Floats = np.asarray(np.linalg.inv(total), dtype=np.float64)
    gain = (precision @ shared).T
    return Evidence(
        tuple(at),
        tuple(score.benchmark for score in scores),
        tuple(score.value for score in scores),
        precision,
        gain,
        value - scale.offset[at] - ability @ mean,
        gain[:, :, None] * shared[None, :, :],
    )


def posterior(mean: "Floats", cov: "Floats", found: Evidence) -> tuple["Floats", "Floats"]:
    """Return mean and covariance of the abilities after the evidence."""
    narrower = cov - found.explained.sum(axis=1)
    return mean + found.gain @ found.surprise, (narrower + narrower.T) / 2
