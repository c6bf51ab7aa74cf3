"""The models x benchmarks table of one kind of model: published scores on unbounded scales, with their known noise."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np

from assistant.choosing.traits import RELATIVES, family_years, kind, relatives, traits
from knowledge.schema import Benchmark, Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from knowledge.catalog import Catalog

    Floats = NDArray[np.float64]

FEWEST_SCORES = 6  # a benchmark with fewer scored models cannot be placed on the scale
FEWEST_RELATIVES = 3  # scored models of a lab, family or stock whose effect is estimated
FEWEST_COLUMNS = 3  # a source with fewer benchmarks cannot be told from them
NEAREST = 0.01  # of chance and ceiling: a score at or beyond them says "that low", not "infinitely low"
BLUR = 0.02  # of the range: what a few hundred questions, prompts and settings leave open
BLUR_SATURATED = 0.04  # where the questions are known and nearly all are solved
ELO_PER_LOGIT = 400 / log(10)  # 400 points are odds of 10 to 1
ELO_BLUR = 10.0  # points; the boards state 90 % intervals of 5 to 15


def on_line(benchmark: Benchmark, value: float) -> tuple[float, float]:
    """Return a score on an unbounded scale and the variance of its noise there.

    Shares: the logit between chance and ceiling, where an error of BLUR grows as 1 / (p (1 - p)) (delta method), so
    that scores near chance or ceiling count little. Elo ratings are logits already.
    """
    if benchmark.unit == "Elo":
        return value / ELO_PER_LOGIT, (ELO_BLUR / ELO_PER_LOGIT) ** 2
    share = (value - benchmark.low) / (benchmark.high - benchmark.low)
    share = share if benchmark.higher else 1 - share
    share = min(max(share, NEAREST), 1 - NEAREST)
    blur = BLUR_SATURATED if benchmark.saturated else BLUR
    return log(share / (1 - share)), (blur / (share * (1 - share))) ** 2


@dataclass(frozen=True, eq=False)
class Cells:
    """One kind's table. M models, B benchmarks, F effects (traits, then relatives), K factors, S sources.

    `value` and `blur` (M, B) are scores and their known variance, where `known`. `effects` (M, F) are the models'
    traits and marks of shared relatives; `strangers` (M, kinds of relatives) counts relatives nobody else has.
    `observes` (B, K + S): which factors and sources a benchmark may depend on. `units` (B,): "Elo" or "share".
    """

    models: tuple[str, ...]
    benchmarks: tuple[str, ...]
    factors: tuple[str, ...]
    sources: tuple[str, ...]
    names: tuple[str, ...]
    value: "Floats"
    blur: "Floats"
    known: "NDArray[np.bool_]"
    effects: "Floats"
    strangers: "Floats"
    observes: "NDArray[np.bool_]"
    units: tuple[str, ...]


def observed(benchmark: Benchmark) -> tuple[str, ...]:
    """Return the abilities a benchmark observes beside the general one: its categories, its languages but English."""
    return (*benchmark.categories, *(f"language {code}" for code in benchmark.languages if code != "en"))


def table(catalog: "Catalog", which: str) -> Cells:
    """Return the table of one kind of the catalog's models (see assistant.choosing.traits.kind)."""
    models = [model for model in catalog.models.values() if kind(model) == which]
    counts = Counter(score.benchmark for model in models for score in model.scores)
    benchmarks = [one for one in catalog.benchmarks.values() if counts[one.id] >= FEWEST_SCORES]
    column = {one.id: n for n, one in enumerate(benchmarks)}
    value, blur, known = (np.zeros((len(models), len(benchmarks))) for _ in range(3))
    for row, model in enumerate(models):
        for score in model.scores:
            if (at := column.get(score.benchmark)) is not None:
                value[row, at], blur[row, at] = on_line(benchmarks[at], score.value)
                known[row, at] = 1
    names, effects, strangers = _effects(catalog, models, np.asarray(known.any(axis=1)))
    factors, sources, observes = _structure(benchmarks)
    return Cells(
        tuple(model.id for model in models), tuple(column), factors, sources, names,
        value, blur, known.astype(bool), effects, strangers, observes,
        tuple("Elo" if one.unit == "Elo" else "share" for one in benchmarks),
    )  # fmt: skip


def _effects(
    catalog: "Catalog", models: list[Model], scored: "NDArray[np.bool_]"
) -> tuple[tuple[str, ...], "Floats", "Floats"]:
    """Return the effects' names and values, and how many relatives of each kind a model has to itself."""
    related = [relatives(model, catalog.models) for model in models]
    shared = Counter(name for names, one in zip(related, scored, strict=True) if one for name in names)
    known = sorted(name for name, count in shared.items() if count >= FEWEST_RELATIVES)
    place = {name: n for n, name in enumerate(known)}
    years = family_years(catalog.models.values())
    own = np.array([traits(model, years) for model in models])
    marks, strangers = np.zeros((len(models), len(known))), np.ones((len(models), len(RELATIVES)))
    for row, names in enumerate(related):
        for name in names:
            if name in place:
                marks[row, place[name]] = 1
                strangers[row, RELATIVES.index(name.partition(":")[0])] = 0
    return tuple(known), np.hstack([own, marks]), strangers


def _structure(benchmarks: list[Benchmark]) -> tuple[tuple[str, ...], tuple[str, ...], "NDArray[np.bool_]"]:
    """Return the factors and the sources that several benchmarks share, and which benchmark observes which."""
    abilities = Counter(name for one in benchmarks for name in observed(one))
    boards = Counter(one.sources[0].key for one in benchmarks)
    factors = ("general", *sorted(name for name, count in abilities.items() if count > 1))
    sources = tuple(sorted(name for name, count in boards.items() if count >= FEWEST_COLUMNS))
    observes = np.array(
        [
            [True, *(name in observed(one) for name in factors[1:]), *(name == one.sources[0].key for name in sources)]
            for one in benchmarks
        ],
        dtype=bool,
    ).reshape(len(benchmarks), len(factors) + len(sources))
    return factors, sources, observes


def digest(catalog: "Catalog") -> str:
    """Return a fingerprint of everything a fit depends on: scores, benchmarks, traits and relatives."""
    years = family_years(catalog.models.values())
    models = {
        model.id: [
            kind(model), traits(model, years), relatives(model, catalog.models),
            [
                (score.benchmark, *on_line(catalog.benchmarks[score.benchmark], score.value))
                for score in model.scores
                if score.benchmark in catalog.benchmarks
            ],
        ]
        for model in catalog.models.values()
    }  # fmt: skip
    rows = [sorted(models.items()), sorted(benchmark_facts(catalog).items())]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def benchmark_facts(catalog: "Catalog") -> dict[str, list[object]]:
    """Return what a fit reads of each benchmark."""
    return {
        one.id: [one.unit, one.low, one.high, one.higher, one.saturated, one.sources[0].key, list(observed(one))]
        for one in catalog.benchmarks.values()
    }
