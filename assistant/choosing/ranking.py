"""How able a model is at a task, from published scores: abilities on fitted scales, with uncertainty and reasons.

The scales are fitted beforehand (assistant.choosing.fit_scores, factors): per model several abilities ("general",
"coding", "language ja", ...) with their covariance. A task is a direction in them, that of its benchmarks (knowledge/
tasks.toml), so that what was measured and what is predicted mix by what each benchmark is known to say. Asking in a
language turns the direction towards that language's ability as far as its benchmarks do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import erf, sqrt
from typing import TYPE_CHECKING, NamedTuple

from assistant.choosing.traits import family_years, kind
from knowledge.schema import Benchmark, Model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assistant.choosing.factors import Fitted
    from knowledge.catalog import Catalog

    Floats = NDArray[np.float64]

Z90 = 1.645  # standard deviations to either side that hold 90 % of a normal distribution
# A board that was not fitted mixes abilities in a way of its own: its variance against that of the fitted ones' quirks.
# Set on the dev boards of tests/benchmarks/holdouts.py, hidden with their sources, so that 90 % of truths lie inside.
UNSEEN = 2.5


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
    `position` is the same on the unbounded scale: `prior.position` plus the shifts of `parts` (every score of the
    model, the strongest first), up to the file's rounding of 0.01. `deviation` is the standard deviation of the ability
    itself, which tells two models apart; `predictive` that of what one more board of the task's kind would show: of
    what it measures beside the ability too. The interval is the wider one.
    """

    score: float
    low: float
    high: float
    measured: tuple[str, ...]
    position: float
    deviation: float
    predictive: float
    parts: tuple[Part, ...]
    prior: Prior


def percent(position: float) -> float:
    """Return the share of a standard normal population below `position`, 0 to 100."""
    return 50 * (1 + erf(position / sqrt(2)))


class Positions(NamedTuple):
    """Every model of the catalog at a task, in the catalog's order: four sequences of one length.

    `position`, `deviation` and `predictive` as in Ability; `measured` counts the task's benchmarks (and those of the
    asked languages) with a score.
    """

    ids: tuple[str, ...]
    position: "Floats"
    deviation: "Floats"
    measured: "NDArray[np.int64]"
    predictive: "Floats"


@dataclass(frozen=True, eq=False)
class Members:
    """One kind of model in a catalog: its models' places in the catalog's order, their abilities' mean and cov."""

    scale: "Fitted"
    places: "NDArray[np.int64]"
    mean: "Floats"
    cov: "Floats"


class Direction(NamedTuple):
    """A task on a scale: `along` (K,) the abilities it asks for; position = (along . ability - centre) / width.

    `strange` is the variance, along it, of what one more board of the kind would show of its own.
    """

    along: "Floats"
    centre: float
    width: float
    strange: float

    def position(self, ability: "Floats") -> float:
        """Return the position of abilities (K,)."""
        return (float(self.along @ ability) - self.centre) / self.width

    def variance(self, cov: "Floats") -> float:
        """Return the variance along the task of a covariance of abilities (K, K), in the abilities' unit."""
        return float(self.along @ cov @ self.along)


class Scales:
    """The abilities of a catalog's models: one model and task at a time, or all models at once."""

    def __init__(
        self, catalog: "Catalog", fitted: Mapping[str, "Fitted"], unfitted: frozenset[str] = frozenset()
    ) -> None:
        self.catalog = catalog
        self.fitted = fitted
        self.unfitted = unfitted  # ids whose entries are others than those the scales were fitted to
        self._positions: dict[tuple[str, frozenset[str]], Positions] = {}
        self._directions: dict[tuple[str, str, frozenset[str]], Direction] = {}

    def ability(self, model: Model, task: str, languages: Iterable[str] = ()) -> Ability | None:
        """Return a model's ability at a task, asked for in `languages`; None for a model that has no scale.

        Every score of the model is evidence; a language (English apart) turns the task towards that language's ability,
        and what counts as measured is then told by its own tests (see _direct).
        """
        import numpy as np

        from assistant.choosing.standing import by_traits, evidence, posterior

        scale = self.fitted.get(kind(model))
        if scale is None:
            return None
        asked = frozenset(languages) - {"en"}
        way = self._direction(kind(model), task, asked)
        direct = self._direct(task, asked)
        before, spread = self.prior(model)
        found = evidence(scale, model, self.catalog.benchmarks, before, spread)
        row = self._rows[kind(model)].get(model.id)
        mean, cov = posterior(before, spread, found) if row is None else (scale.mean[row], scale.cov[row])
        variance = way.variance(spread)
        shares = np.maximum(np.tensordot(way.along, found.explained, 1) @ way.along / variance, 0)
        shares *= (1 - way.variance(cov) / variance) / (shares.sum() or 1.0)
        parts = [
            self._part(name, value, float(shift), float(share), name in direct)
            for name, value, shift, share in zip(
                found.names, found.values, way.along @ found.gain * found.surprise / way.width, shares, strict=True
            )
        ]
        start, alone = way.position(before), way.position(by_traits(scale, model, self._years))
        return _ability(
            way.position(mean),
            sqrt(way.variance(cov)) / way.width,
            sqrt(way.variance(cov) + way.strange) / way.width,
            tuple(sorted(parts, key=lambda part: (-abs(part.shift), part.benchmark))),
            Prior(start, sqrt(variance) / way.width, alone, start - alone, 1 - sum(p.share for p in parts)),
        )

    def positions(self, task: str, languages: Iterable[str] = ()) -> Positions:
        """Return position, deviation and number of measured benchmarks of all the catalog's models at a task."""
        asked = frozenset(languages) - {"en"}
        if (task, asked) not in self._positions:
            self._positions[task, asked] = self._all_at(task, asked)
        return self._positions[task, asked]

    def _all_at(self, task: str, asked: frozenset[str]) -> Positions:
        import numpy as np

        count = len(self.catalog.models)
        position, deviation, predictive = (np.full(count, np.nan) for _ in range(3))
        for name, members in self._members.items():
            way = self._direction(name, task, asked)
            position[members.places] = (members.mean @ way.along - way.centre) / way.width
            spread = np.einsum("i,nij,j->n", way.along, members.cov, way.along, optimize=True)
            deviation[members.places] = np.sqrt(spread) / way.width
            predictive[members.places] = np.sqrt(spread + way.strange) / way.width
        measured = np.zeros(count, dtype=np.int64)
        for benchmark in sorted(self._direct(task, asked)):
            measured[self._scored.get(benchmark, [])] += 1
        return Positions(tuple(self.catalog.models), position, deviation, measured, predictive)

    def _direct(self, task: str, asked: frozenset[str]) -> set[str]:
        """Return the benchmarks that measure a task: its own without those in languages nobody asked for.

        Of asked languages, all benchmarks that observe what the task's do count beside them, or instead of them where
        the task has its own ones in such a language.
        """
        benchmarks = self.catalog.benchmarks
        own = {name for name in self.catalog.tasks.get(task, {}) if name in benchmarks}
        abilities = {one for name in own for one in benchmarks[name].categories}
        in_asked = {name for name, one in benchmarks.items() if asked & set(one.languages)}
        spoken = {
            name
            for name in in_asked
            if name in own or not benchmarks[name].categories or abilities & set(benchmarks[name].categories)
        }
        if own & in_asked:
            return spoken
        return ({name for name in own if not foreign(benchmarks[name], asked)} or own) | spoken

    @cached_property
    def _years(self) -> dict[str, float]:
        return family_years(self.catalog.models.values())

    @cached_property
    def _scored(self) -> dict[str, list[int]]:
        """Benchmark id -> places of the models with a score, in the catalog's order."""
        found: dict[str, list[int]] = {}
        for place, model in enumerate(self.catalog.models.values()):
            for name in {score.benchmark for score in model.scores}:
                found.setdefault(name, []).append(place)
        return found

    @cached_property
    def _rows(self) -> dict[str, dict[str, int]]:
        """Kind -> model id -> row of the fitted scale, for the models that were fitted as they are."""
        return {
            name: {one: row for row, one in enumerate(scale.models) if one not in self.unfitted}
            for name, scale in self.fitted.items()
        }

    def prior(self, model: Model) -> tuple["Floats", "Floats"]:
        """Return mean (K,) and covariance (K, K) of a model's abilities on its scale before its own scores."""
        from assistant.choosing.standing import prior

        scale = self.fitted[kind(model)]
        row = self._rows[kind(model)].get(model.id)
        if row is None:
            return prior(scale, model, self.catalog.models, self._years)
        return scale.prior_mean[row], scale.prior_cov[row]

    @cached_property
    def _members(self) -> dict[str, Members]:
        import numpy as np

        members: dict[str, list[tuple[int, Model]]] = {}
        for place, model in enumerate(self.catalog.models.values()):
            members.setdefault(kind(model), []).append((place, model))
        found = {}
        for name, models in members.items():
            if (scale := self.fitted.get(name)) is None:
                continue
            rows = np.array([self._rows[name].get(model.id, -1) for _, model in models])
            mean, cov = scale.mean[rows], scale.cov[rows]
            for at in np.flatnonzero(rows < 0):
                mean[at], cov[at] = self._unfitted(scale, models[at][1])
            found[name] = Members(scale, np.array([place for place, _ in models]), mean, cov)
        return found

    def _unfitted(self, scale: "Fitted", model: Model) -> tuple["Floats", "Floats"]:
        """Return the abilities of a model that the scale was not fitted to."""
        from assistant.choosing.standing import evidence, posterior

        mean, cov = self.prior(model)
        return posterior(mean, cov, evidence(scale, model, self.catalog.benchmarks, mean, cov))

    def _direction(self, name: str, task: str, asked: frozenset[str]) -> Direction:
        if (name, task, asked) not in self._directions:
            self._directions[name, task, asked] = _direction(
                self.fitted[name], self.catalog.tasks.get(task, {}), self.catalog.benchmarks, asked
            )
        return self._directions[name, task, asked]

    def _part(self, name: str, value: float, shift: float, share: float, direct: bool) -> Part:
        source = self.catalog.benchmarks[name].sources[0]
        return Part(name, value, source.key, source.date, shift, share, direct)


def scales_of(catalog: "Catalog") -> Scales:
    """Return the abilities of a catalog's models, as fitted beforehand to the shipped ones.

    A person's own entries are placed on those scales. A catalog with other benchmarks than the shipped is fitted anew.
    """
    from assistant.choosing.fit_scores import benchmarks_digest
    from assistant.choosing.kept_scores import shipped

    kept = shipped()
    if kept.benchmarks != benchmarks_digest(catalog):
        return refit(catalog)
    return Scales(catalog, kept.scales, frozenset(model.id for model in catalog.models.values() if model.user))


def refit(catalog: "Catalog") -> Scales:
    """Return the abilities fitted anew to the scores in `catalog` and nothing else (deterministic, about 10 s)."""
    from assistant.choosing.fit_scores import fit_catalog

    return Scales(catalog, fit_catalog(catalog))


def foreign(benchmark: Benchmark, asked: frozenset[str]) -> bool:
    """Tell whether a benchmark is in a language, English apart, that was not asked for."""
    return not asked.issuperset(set(benchmark.languages) - {"en"})


def _direction(
    scale: "Fitted", weights: Mapping[str, float], benchmarks: Mapping[str, Benchmark], asked: frozenset[str]
) -> Direction:
    """Return what a task's benchmarks, weighted, observe on a scale; the general ability where they observe nothing.

    Benchmarks in languages nobody asked for are left out where the task has others.
    """
    import numpy as np

    factors = len(scale.factors)
    ability = scale.loading[:, :factors]
    weight = np.array([weights.get(name, 0.0) for name in scale.benchmarks])
    plain = np.array([not foreign(benchmarks[name], asked) for name in scale.benchmarks], dtype=bool)
    if weight[plain].any():
        weight = weight * plain
    along = weight @ ability if weight.any() else np.eye(factors)[0]
    along = along / along[0]
    for language in sorted(asked):
        spoken = [n for n, name in enumerate(scale.benchmarks) if language in benchmarks[name].languages]
        if (factor := f"language {language}") in scale.factors:
            at = scale.factors.index(factor)
            along[at] = max(along[at], ability[spoken, at].sum() / ability[spoken, 0].sum())
    mean = scale.mean @ along
    spread = np.einsum("i,nij,j->n", along, scale.cov, along, optimize=True)
    quirks = (scale.noise + (scale.loading[:, factors:] ** 2).sum(axis=1)) / ability[:, 0] ** 2
    strange = UNSEEN * float(np.median(quirks[weight > 0] if weight.any() else quirks)) if len(quirks) else 0.0
    return Direction(along, float(mean.mean()), sqrt(float(mean.var() + spread.mean())) or 1.0, strange)


def _ability(position: float, deviation: float, predictive: float, parts: tuple[Part, ...], prior: Prior) -> Ability:
    return Ability(
        round(percent(position), 1),
        round(percent(position - Z90 * predictive), 1),
        round(percent(position + Z90 * predictive), 1),
        tuple(sorted({part.benchmark for part in parts if part.direct})),
        position,
        deviation,
        predictive,
        parts,
        prior,
    )
