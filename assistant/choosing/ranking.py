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
from math import erf, log, log10, sqrt
from typing import TYPE_CHECKING

from knowledge.schema import Benchmark, Model

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

ROUNDS = 25  # alternations of the fit; the abilities move by less than 1e-3 after about 15
FEWEST_SCORES = 6  # a benchmark with fewer scored models cannot be placed on the scale
TASK_SPREAD = 0.35  # how far a task's ability strays from the general one, in standard deviations of ability
Z90 = 1.645
OWN_SCALE = ("embedding", "reranker", "speech", "image")


@dataclass(frozen=True, slots=True)
class Ability:
    """Ability at a task on a scale of 0 to 100 (the share of the catalog's models of this kind that are weaker).

    `low`/`high` bound a 90 % interval. `measured` are the task's benchmark ids with a score; empty: predicted.
    `position` is the same on the unbounded scale, `deviation` its standard deviation.
    """

    score: float
    low: float
    high: float
    measured: tuple[str, ...]
    position: float
    deviation: float


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


def fit_scales(catalog: "Catalog") -> dict[str, Scale]:
    """Return the scale of every kind of model in the catalog (about 20 ms for 500 models)."""
    models = list(catalog.models.values())
    return {
        name: _fit_scale([m for m in models if kind(m) == name], catalog.benchmarks)
        for name in sorted({kind(m) for m in models})
    }


def ability(
    scales: Mapping[str, Scale],
    benchmarks: Mapping[str, Benchmark],
    model: Model,
    weights: Mapping[str, float],
    languages: Iterable[str] = (),
) -> Ability | None:
    """Return a model's ability at the task whose benchmarks and weights are given, or None for an unknown kind.

    `weights` scale each benchmark's evidence (1 = counts as measured). Benchmarks in one of `languages` count in full
    beside the task's own, so that a model's Japanese decides when Japanese is asked for.
    """
    scale = scales.get(kind(model))
    if scale is None or model.id not in scale.mean:
        return None
    wanted = dict(weights)
    asked = set(languages) - {"en"}
    for name, benchmark in benchmarks.items():
        if asked & set(benchmark.languages):
            wanted[name] = max(wanted.get(name, 0.0), 1.0)
    variance = scale.variance[model.id] + TASK_SPREAD**2
    precision, pulled = 1 / variance, scale.mean[model.id] / variance
    measured = []
    for score in model.scores:
        weight, view = wanted.get(score.benchmark, 0.0), scale.view.get(score.benchmark)
        if weight <= 0 or view is None:
            continue
        offset, slope, noise = view
        value = (on_line(benchmarks[score.benchmark], score.value) - offset) / slope
        information = weight * slope**2 / noise
        precision += information
        pulled += information * value
        measured.append(score.benchmark)
    position, deviation = pulled / precision, sqrt(1 / precision)
    return Ability(
        round(percent(position), 1),
        round(percent(position - Z90 * deviation), 1),
        round(percent(position + Z90 * deviation), 1),
        tuple(sorted(measured)),
        position,
        deviation,
    )
