"""How well hidden scores are predicted: random cells, whole benchmarks, whole sources, other eras.

    python -m tests.benchmarks ranking             the summary, into results.md
    python -m tests.benchmarks.bench_ranking       every hidden benchmark

Every split fits the scales anew to what is left (about 20 fits). "open" are models with open weights, known size and
date that people choose from (base models apart). Boards are ranked by themselves and then pooled. Beside the baselines,
which see what the model sees, stands parameters plus date as fitted to the hidden board itself (each model left out).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from math import sqrt

import numpy as np

from assistant.choosing import factors
from assistant.choosing.cells import on_line, table
from assistant.choosing.ranking import Z90, Scales
from assistant.choosing.standing import evidence
from assistant.choosing.traits import kind
from knowledge.catalog import Catalog, load_catalog
from tests.benchmarks.holdouts import (
    DEV,
    NEWER,
    OLDER,
    OVERALL,
    SOURCES,
    TEST,
    Prediction,
    benchmarks_of,
    expected_scores,
    folds,
    held,
    ordered_by_plane,
    pooled,
    predictions,
    random_cells,
    residuals,
    spearman,
)  # fmt: skip
from tests.benchmarks.refits import refit_without
from tests.benchmarks.row import Row

FOLDS = 6
SHARE, SEEDS = 0.2, (1, 2)
COMPARED = ("parameters and date", "parameters", "mean of scores")  # peers' orders: bench_regret
Chosen = Callable[[Prediction], bool]
KINDS: dict[str, Chosen] = {
    "overall": lambda one: one.benchmark in OVERALL,
    "coding": lambda one: one.task == "coding",
    "all": lambda one: True,
}


def hide(catalog: Catalog, hidden: frozenset[str]) -> list[Prediction]:
    """Return the predictions of benchmarks after a fit without them."""
    return list(predictions(catalog, refit_without(catalog, hidden), hidden))


@cache
def by_source() -> dict[str, list[Prediction]]:
    """Return source -> the predictions of its benchmarks after a fit without all of them."""
    catalog = load_catalog()
    return {name: hide(catalog, benchmarks_of(catalog, keys)) for name, keys in SOURCES.items()}


def by_benchmark() -> list[Prediction]:
    """Return the predictions of every benchmark, hidden with others while some of its board stay."""
    catalog = load_catalog()
    return [one for part in folds(catalog, FOLDS) for one in hide(catalog, part)]


def by_era() -> dict[str, list[Prediction]]:
    """Return the newest editions predicted from the older ones, and the reverse."""
    catalog = load_catalog()
    newer, older = benchmarks_of(catalog, NEWER), benchmarks_of(catalog, OLDER)
    return {
        "2026's boards from those until 2025": hide(catalog, newer),
        "2023 and 2024's boards from later ones": hide(catalog, older),
    }


def by_cell(seed: int) -> tuple[list[float], list[float], list[tuple[str, float, float]]]:
    """Return the hidden cells' errors (points of percentages; predicted deviations), and (board, truth, told)."""
    catalog = load_catalog()
    seen, hidden = random_cells(catalog, SHARE, seed)
    scale = factors.fit(table(seen, "text"))
    scales = Scales(seen, {"text": scale})
    points, standard, pairs = [], [], []
    for name, model in catalog.models.items():
        asked = [
            score for score in model.scores if (name, score.benchmark) in hidden and score.benchmark in scale.benchmarks
        ]
        if kind(model) != "text" or not asked:
            continue
        mean, cov = scales.prior(seen.models[name])
        columns = [scale.benchmarks.index(score.benchmark) for score in asked]
        own = evidence(scale, seen.models[name], catalog.benchmarks, mean, cov)
        told, variance = expected_scores(scale, own, columns, mean, cov)
        for score, line, spread in zip(asked, told, variance, strict=True):
            benchmark = catalog.benchmarks[score.benchmark]
            truth, blur = on_line(benchmark, score.value)
            standard.append((truth - line) / sqrt(spread + blur))
            pairs.append((score.benchmark, truth, float(line)))
            if benchmark.unit == "%":
                share = 1 / (1 + np.exp(-line))
                points.append(abs(score.value - (benchmark.low + share * (benchmark.high - benchmark.low))))
    return points, standard, pairs


def _correlations(found: list[Prediction], what: str, how: str) -> Iterator[Row]:
    """Yield the pooled rank correlations of a kind of board: ours on all models, then all orders on open ones."""
    yield Row(f"rank correlation, {what}", pooled(found), "", how)
    yield Row(f"rank correlation, {what}, open", pooled(found, choosable=True), "", how)
    for name in COMPARED:
        value = pooled(found, name, choosable=True)
        yield Row(f"rank correlation, {what}, open: {name}", value, "", how)
    own = pooled(ordered_by_plane(load_catalog(), found), "plane", choosable=True)
    yield Row(f"rank correlation, {what}, open: parameters and date fitted to the hidden board", own, "", how)


def _summary(found: list[Prediction], how: str, kinds: tuple[str, ...] = ("overall", "coding")) -> Iterator[Row]:
    for what in kinds:
        chosen = [one for one in found if KINDS[what](one)]
        yield from _correlations(chosen, what, how)
        inside = held(np.concatenate([residuals(one) for one in chosen]))
        yield Row(f"inside the 90 % interval, {what}", inside, "%", how)


def run() -> list[Row]:
    """Return the summary of all splits."""
    rows = list(_summary(by_benchmark(), f"whole benchmarks hidden, each with a {FOLDS}th of its board", tuple(KINDS)))
    sources = by_source()
    for part, names in (("dev", DEV), ("test", TEST)):
        found = [one for name in names for one in sources[name]]
        rows += _summary(found, f"whole sources hidden, {part}")
    for name, found in by_era().items():
        rows += _summary(found, name)
    for seed in SEEDS:
        points, standard, pairs = by_cell(seed)
        how = f"{SHARE:.0%} of scores hidden at random, seed {seed}"
        boards = sorted({board for board, _, _ in pairs})
        cells = [np.array([(a, b) for name, a, b in pairs if name == board]) for board in boards]
        ranked = [(spearman(one[:, 0], one[:, 1]), len(one)) for one in cells if len(one) >= 5]
        mean = sum(value * count for value, count in ranked) / sum(count for _, count in ranked)
        rows += [
            Row("rank correlation within a board", mean, "", how),
            Row("mean absolute error of percentages", float(np.mean(points)), "points", how),
            Row("inside the 90 % interval", 100 * float(np.mean(np.abs(standard) <= Z90)), "%", how),
        ]
    return rows


def main() -> None:
    """Print every hidden benchmark of every source, then the summary."""
    for name, found in by_source().items():
        for one in found:
            open_ones = replace(one, truth=one.truth[one.choosable], position=one.position[one.choosable])
            print(
                f"{name:24}{one.benchmark:26}{one.task:12}{len(one.truth):4} {spearman(one.truth, one.position):6.3f}"
                f"  open {len(open_ones.truth):4} {spearman(open_ones.truth, open_ones.position):6.3f}"
                f"  inside {held(residuals(one)):4.0f} %"
            )
    for row in run():
        print(f"{row.what}: {row.shown} {row.unit} ({row.how})")


if __name__ == "__main__":
    main()
