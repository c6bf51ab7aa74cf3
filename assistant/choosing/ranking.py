"""How able a model is at a task, from published scores: one latent scale per kind of model, with uncertainty.

Scores of different benchmarks are not comparable, and most cells of the models x benchmarks table are empty. Each
benchmark is therefore read as a noisy, linear view of one ability per model,

    y[m, b] = offset[b] + slope[b] * ability[m] + noise[b],

and the ability itself has a prior from what is always known: parameters, active parameters, release date and variant
(size and date alone order models on an unseen benchmark with a rank correlation of about 0.8).
A model without any score gets the prior's mean and its width; every score narrows it. A task then looks at its own
benchmarks (knowledge/tasks.toml) starting from that general ability. Everything is deterministic linear algebra.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import erf, log, log10, sqrt
from typing import TYPE_CHECKING, NamedTuple

from knowledge.schema import Benchmark, Model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from knowledge.catalog import Catalog

ROUNDS = 25  # alternations of the fit; the abilities move by less than 1e-3 after about 15
FEWEST_SCORES = 6  # a benchmark with fewer scored models cannot be placed on the scale
TASK_SPREAD = 0.35  # how far a task's ability strays from the general one, in standard deviations of ability
Z90 = 1.645
OWN_SCALE = ("embedding", "reranker", "speech", "image")


@dataclass(frozen=True, slots=True)
class Part:
    """One published score as evidence. `direct`: one of the task's own benchmarks (or of an asked language).

    `source` and `date` are the benchmark's. `shift` is how far the score moved the position (in its unit, the standard
    deviation of abilities in the catalog); `share` is its part of the evidence, 0 to 1: with the prior's they add to 1.
    """

    benchmark: str
    value: float
    source: str
    date: date
    shift: float
    share: float
    direct: bool


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before the model's own scores; `position` and `deviation` are on the unbounded scale.

    `traits` is the position by size, date and kind alone, `relatives` the shift from there by family, lab and base
    model (position = traits + relatives); `share` is the prior's part of the evidence, 0 to 1.
    """

    position: float
    deviation: float
    traits: float
    relatives: float
    share: float


@dataclass(frozen=True, slots=True)
class Ability:
    """Ability at a task on a scale of 0 to 100 (the share of the catalog's models of this kind that are weaker).

    `low`/`high` bound a 90 % interval. `measured` are the task's benchmark ids with a score; empty: predicted.
    `position` is the same on the unbounded scale, `deviation` its standard deviation: `prior.position` plus the shifts
    of `parts` (every score of the model, the strongest first).
    """

    score: float
    low: float
    high: float
    measured: tuple[str, ...]
    position: float
    deviation: float
    parts: tuple[Part, ...]
    prior: Prior


class Positions(NamedTuple):
    """Every model of the catalog at a task, in the catalog's order: four sequences of one length.

    `position` and `deviation` as in Ability, NaN where there is no scale; `measured` counts the task's benchmarks
    (and those of the asked languages) with a score.
    """

    ids: tuple[str, ...]
    position: "NDArray[np.float64]"
    deviation: "NDArray[np.float64]"
    measured: "NDArray[np.int64]"


def kind(model: Model) -> str:
    """Return the scale a model is measured on: its own for embeddings, speech, images; "text" for the rest."""
    return model.variant if model.variant in OWN_SCALE else "text"


def on_line(benchmark: Benchmark, value: float) -> float:
    """Return a score on an unbounded scale: the logit between chance and ceiling; Elo ratings are linear already."""
    share = (value - benchmark.low) / (benchmark.high - benchmark.low)
    if not benchmark.higher:
        share = 1 - share
    if benchmark.unit == "elo":
        return share
    share = min(max(share, 0.01), 0.99)
    return log(share / (1 - share))


def percent(position: float) -> float:
    """Return the share of a standard normal population below `position`, 0 to 100."""
    return 50 * (1 + erf(position / sqrt(2)))


def features(model: Model) -> list[float]:
    """Return what is always known of a model: size, active size, date, variant, each with a mark when missing."""
    parameters = model.parameters or _counted(model)
    size = log10(parameters / 1e9) if parameters else 0.0
    active = log10((model.active_parameters or parameters) / 1e9) if parameters else 0.0
    years = (model.released.toordinal() - 738_521) / 365.25 if model.released else 0.0  # since 2023-01-01
    return [
        1.0,
        size,
        active,
        years,
        size * years / 3,
        0.0 if parameters else 1.0,
        0.0 if parameters else years,
        0.0 if model.released else 1.0,
        1.0 if model.variant == "base" else 0.0,
        1.0 if model.variant == "reasoning" else 0.0,
        1.0 if model.variant == "code" else 0.0,
    ]


def _counted(model: Model) -> int | None:
    """Return the parameters that a known architecture adds up to; without them small models pass for closed ones."""
    if model.architecture is None:
        return None
    from assistant.memory.blueprints import tensors
    from assistant.memory.weights import parameter_count, settle

    parts = tensors(settle(model.architecture, None))
    return parameter_count(parts) if parts else None


@dataclass(frozen=True, eq=False)
class Scale:
    """A fitted scale: per model the general ability, per benchmark its view of it."""

    mean: dict[str, float]
    variance: dict[str, float]
    view: dict[str, tuple[float, float, float]]  # benchmark -> offset, slope, noise variance


def _fit_scale(models: list[Model], benchmarks: Mapping[str, Benchmark]) -> Scale:
    """Alternate between abilities given the benchmarks and benchmarks given the abilities (EM for one factor)."""
    import numpy as np

    rows = {model.id: i for i, model in enumerate(models)}
    seen: dict[str, dict[int, float]] = {}
    for model in models:
        for score in model.scores:
            if score.benchmark in benchmarks:
                value = on_line(benchmarks[score.benchmark], score.value)
                seen.setdefault(score.benchmark, {})[rows[model.id]] = value
    used = sorted(name for name, cells in seen.items() if len(cells) >= FEWEST_SCORES)
    design = np.array([features(model) for model in models])
    count, width = design.shape
    table = np.full((count, len(used)), np.nan)
    for column, name in enumerate(used):
        for row, value in seen[name].items():
            table[row, column] = value
    known = ~np.isnan(table)
    filled = np.where(known, table, 0.0)

    ability = design[:, 1] + 0.6 * design[:, 3]  # start: bigger and newer is better
    ability = (ability - ability.mean()) / (ability.std() or 1.0)
    spread = np.full(count, 0.5)
    prior, prior_variance = ability.copy(), 0.5
    view = np.zeros((len(used), 3))
    for _ in range(ROUNDS):
        for column in range(len(used)):
            mask = known[:, column]
            theta, y, var = ability[mask], table[mask, column], spread[mask]
            centre = theta.mean()
            across = ((theta - centre) ** 2 + var).sum() + 0.5
            slope = max(float(((theta - centre) * (y - y.mean())).sum() / across), 0.02)
            offset = float(y.mean() - slope * centre)
            noise = float(((y - offset - slope * theta) ** 2 + slope**2 * var).mean())
            view[column] = offset, slope, max(noise, 0.02)
        precision = 1 / prior_variance + (known * (view[:, 1] ** 2 / view[:, 2])).sum(axis=1)
        pulled = ((filled - view[:, 0]) * known * (view[:, 1] / view[:, 2])).sum(axis=1)
        ability = (prior / prior_variance + pulled) / precision
        spread = 1 / precision
        ability = (ability - ability.mean()) / (sqrt(float(ability.var() + spread.mean())) or 1.0)
        weight = known.any(axis=1)[:, None] * 1.0 + 0.05
        gram = design.T @ (design * weight) + 0.3 * np.eye(width)
        prior = design @ np.linalg.solve(gram, design.T @ (ability[:, None] * weight)).ravel()
        scored = known.any(axis=1)
        if scored.any():
            gap = (ability - prior)[scored]
            prior_variance = float(np.clip((gap**2 + spread[scored]).mean(), 0.05, 1.0))
    return Scale(
        {model.id: float(ability[i]) for model, i in zip(models, range(count), strict=True)},
        {model.id: float(spread[i]) for model, i in zip(models, range(count), strict=True)},
        {name: (float(view[i, 0]), float(view[i, 1]), float(view[i, 2])) for i, name in enumerate(used)},
    )


class Scales:
    """The abilities of a catalog's models: one model and task at a time, or all models at once."""

    def __init__(self, catalog: "Catalog", fitted: Mapping[str, Scale]) -> None:
        self.catalog = catalog
        self.fitted = fitted

    def ability(self, model: Model, task: str, languages: Iterable[str] = ()) -> Ability | None:
        """Return a model's ability at a task, asked for in `languages`; None for a model that has no scale.

        Benchmarks in one of `languages` (English apart) count beside the task's own, so that a model's Japanese
        decides when Japanese is asked for.
        """
        wanted = self._weights(task, languages)
        return _ability(self.fitted, self.catalog.benchmarks, model, wanted)

    def positions(self, task: str, languages: Iterable[str] = ()) -> Positions:
        """Return position, deviation and number of measured benchmarks of all the catalog's models at a task."""
        import numpy as np

        asked = tuple(languages)
        able = [self.ability(model, task, asked) for model in self.catalog.models.values()]
        return Positions(
            tuple(self.catalog.models),
            np.array([one.position if one else np.nan for one in able]),
            np.array([one.deviation if one else np.nan for one in able]),
            np.array([len(one.measured) if one else 0 for one in able], dtype=np.int64),
        )

    def _weights(self, task: str, languages: Iterable[str]) -> dict[str, float]:
        wanted = dict(self.catalog.tasks.get(task, {}))
        asked = set(languages) - {"en"}
        for name, benchmark in self.catalog.benchmarks.items():
            if asked & set(benchmark.languages):
                wanted[name] = max(wanted.get(name, 0.0), 1.0)
        return wanted


def scales_of(catalog: "Catalog") -> Scales:
    """Return the abilities of a catalog's models, fitted beforehand where they are shipped ones."""
    return refit(catalog)


def refit(catalog: "Catalog") -> Scales:
    """Return the abilities fitted anew to the scores in `catalog` and nothing else (deterministic)."""
    models = list(catalog.models.values())
    fitted = {
        name: _fit_scale([m for m in models if kind(m) == name], catalog.benchmarks)
        for name in sorted({kind(m) for m in models})
    }
    return Scales(catalog, fitted)


def _ability(
    scales: Mapping[str, Scale], benchmarks: Mapping[str, Benchmark], model: Model, wanted: Mapping[str, float]
) -> Ability | None:
    scale = scales.get(kind(model))
    if scale is None or model.id not in scale.mean:
        return None
    variance = scale.variance[model.id] + TASK_SPREAD**2
    start = scale.mean[model.id]
    evidence: list[tuple[str, float, float, float]] = []
    for score in model.scores:
        weight, view = wanted.get(score.benchmark, 0.0), scale.view.get(score.benchmark)
        if weight > 0 and view is not None:
            offset, slope, noise = view
            value = (on_line(benchmarks[score.benchmark], score.value) - offset) / slope
            evidence.append((score.benchmark, score.value, weight * slope**2 / noise, value))
    precision = 1 / variance + sum(one[2] for one in evidence)
    deviation = sqrt(1 / precision)
    parts = [
        Part(
            name, score, benchmarks[name].sources[0].key, benchmarks[name].sources[0].date,
            information * (value - start) / precision, information / precision, True,
        )
        for name, score, information, value in evidence
    ]  # fmt: skip
    position = start + sum(part.shift for part in parts)
    return Ability(
        round(percent(position), 1),
        round(percent(position - Z90 * deviation), 1),
        round(percent(position + Z90 * deviation), 1),
        tuple(sorted(part.benchmark for part in parts)),
        position,
        deviation,
        tuple(sorted(parts, key=lambda part: (-abs(part.shift), part.benchmark))),
        Prior(start, sqrt(variance), start, 0.0, 1 / variance / precision),
    )
