"""Scores that are hidden and predicted: the splits, what is asked of the predictions, and what they are compared with.

Dev benchmarks (every choice about the model was made on these and on random cells): those of Swallow, Epoch AI,
BigCodeBench, EvalPlus and aider. Test: those of Artificial Analysis, Arena, both Open LLM Leaderboards, LiveCodeBench.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import log10
from statistics import NormalDist, fmean

import numpy as np
from numpy.typing import NDArray

from assistant.choosing.cells import on_line
from assistant.choosing.factors import Fitted
from assistant.choosing.ranking import Z90, Scales
from assistant.choosing.standing import Evidence
from assistant.choosing.traits import kind
from knowledge.catalog import Catalog
from knowledge.schema import Model
from tests.benchmarks.baselines import BASELINES

Floats = NDArray[np.float64]

SOURCES = {  # what one organisation measured in one way, later editions included
    "Swallow": ("swallow", "swallow1"), "Epoch AI": ("epoch",), "BigCodeBench": ("bigcodebench",),
    "EvalPlus": ("evalplus",), "aider": ("aider",), "Artificial Analysis": ("aa",),
    "Arena": ("arena", "arena2024", "arena2026"), "Open LLM Leaderboard 2": ("olb2",),
    "Open LLM Leaderboard 1": ("olb1",), "LiveCodeBench": ("lcb",),
}  # fmt: skip
DEV = ("Swallow", "Epoch AI", "BigCodeBench", "EvalPlus", "aider")
TEST = tuple(name for name in SOURCES if name not in DEV)
OVERALL = (
    "aa_intelligence", "arena_text", "arena2024_text", "arena2026_text", "swallow_en", "swallow1_en", "epoch_mmlu",
    "olb2_bbh", "olb2_mmlu_pro", "olb1_mmlu",
)  # fmt: skip
OLDER, NEWER = ("arena2024", "olb1", "olb2", "evalplus", "swallow1"), ("aa", "arena2026", "swallow")  # editions
FEWEST = 10  # models that a rank correlation is taken over


@dataclass(frozen=True)
class Prediction:
    """One hidden benchmark: per model the truth (on the unbounded scale), what was predicted, and other orders.

    `task` is the task whose abilities were taken for it. Orders that cannot tell a model give it their mean.
    """

    benchmark: str
    task: str
    models: tuple[str, ...]
    truth: Floats
    position: Floats
    deviation: Floats
    others: Mapping[str, Floats]
    choosable: NDArray[np.bool_]  # open weights, not a base model, parameters and date known


def benchmarks_of(catalog: Catalog, keys: tuple[str, ...]) -> frozenset[str]:
    """Return the language benchmarks of some sources."""
    return frozenset(one.id for one in catalog.benchmarks.values() if one.sources[0].key in keys)


def folds(catalog: Catalog, count: int) -> list[frozenset[str]]:
    """Return the benchmarks in so many parts, each with some of every source's: their siblings on the board stay."""
    of_kind = [name for name in catalog.benchmarks if _asked(catalog, name)]
    by_source = sorted(of_kind, key=lambda name: (catalog.benchmarks[name].sources[0].key, name))
    return [frozenset(by_source[part::count]) for part in range(count)]


def random_cells(catalog: Catalog, share: float, seed: int) -> tuple[Catalog, set[tuple[str, str]]]:
    """Return the catalog without a random share of its scores, and which (model, benchmark) those are."""
    cells = [(model.id, score.benchmark) for model in catalog.models.values() for score in model.scores]
    drawn = np.random.default_rng(seed).permutation(len(cells))[: round(share * len(cells))]
    hidden = {cells[at] for at in drawn}
    models = {
        name: replace(model, scores=tuple(one for one in model.scores if (name, one.benchmark) not in hidden))
        for name, model in catalog.models.items()
    }
    return replace(catalog, models=models), hidden


def predictions(catalog: Catalog, scales: Scales, hidden: frozenset[str]) -> Iterator[Prediction]:
    """Yield what the scales say of each hidden benchmark, by the abilities of the task it is closest to."""
    orders = {name: make(scales.catalog) for name, make in BASELINES.items()}
    for name in sorted(hidden):
        benchmark, asked = catalog.benchmarks[name], _asked(catalog, name)
        models = [
            m for m in catalog.models.values() if kind(m) == "text" and any(s.benchmark == name for s in m.scores)
        ]
        if not asked or len(models) < FEWEST:
            continue
        found = scales.positions(asked, benchmark.languages)
        row = {one: at for at, one in enumerate(found.ids)}
        at = [row[model.id] for model in models]
        truth = [on_line(benchmark, s.value)[0] for m in models for s in m.scores if s.benchmark == name]
        yield Prediction(
            name, asked, tuple(model.id for model in models), np.array(truth), found.position[at], found.predictive[at],
            {key: _told([order(model) for model in models]) for key, order in orders.items()},
            np.array([_choosable(model) for model in models]),
        )  # fmt: skip


def _asked(catalog: Catalog, name: str) -> str | None:
    """Return the task whose abilities a benchmark is predicted by; None where it is about no language model."""
    categories = catalog.benchmarks[name].categories
    of_task = {"coding": "coding", "maths": "math", "chat": "chat", "translation": "translation", "vision": "vision"}
    if any(name in catalog.tasks[task] for task in ("embedding", "speech", "image")):
        return None
    return next((of_task[one] for one in ("coding", *categories) if one in categories and one in of_task), "general")


def _choosable(model: Model) -> bool:
    return bool(model.open_weights and model.variant != "base" and model.parameters and model.released)


def _told(scores: list[float | None]) -> Floats:
    known = [score for score in scores if score is not None]
    middle = fmean(known) if known else 0.0
    return np.array([middle if score is None else score for score in scores])


def ranks(values: Floats) -> Floats:
    """Return the mean ranks of values, 1 to n."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)


def spearman(one: Floats, other: Floats) -> float:
    """Return Spearman's rank correlation."""
    return float(np.corrcoef(ranks(one), ranks(other))[0, 1]) if len(set(one.tolist())) > 1 else 0.0


def normal_scores(values: Floats) -> Floats:
    """Return what ranks would be in a standard normal sample: boards become comparable, so that they can be pooled."""
    return np.array([NormalDist().inv_cdf((rank - 0.5) / len(values)) for rank in ranks(values)])


def pooled(found: list[Prediction], order: str | None = None, *, choosable: bool = False) -> float:
    """Return the rank correlation over several hidden benchmarks together, each board ranked by itself first.

    `order` names another order than the model's; `choosable` looks at open, instruction-tuned models only.
    """
    truth, told = [], []
    for one in found:
        kept = one.choosable if choosable else np.ones(len(one.truth), dtype=bool)
        if kept.sum() >= FEWEST:
            truth.append(normal_scores(one.truth[kept]))
            told.append(normal_scores((one.others[order] if order else one.position)[kept]))
    return spearman(np.concatenate(truth), np.concatenate(told)) if truth else float("nan")


def ordered_by_plane(catalog: Catalog, found: list[Prediction]) -> list[Prediction]:
    """Return the predictions with the order "plane" alone: log parameters plus date, fitted to the hidden truth itself.

    Each model is left out in turn; only the choosable ones, whose size and date are known, are told.
    """
    return [replace(one, others={"plane": _plane(catalog, one)}) for one in found if one.choosable.sum() >= FEWEST]


def _plane(catalog: Catalog, one: Prediction) -> Floats:
    kept = [catalog.models[name] for name, told in zip(one.models, one.choosable, strict=True) if told]
    design = np.array([[1.0, log10(m.parameters or 1), m.released.toordinal() if m.released else 0] for m in kept])
    design[:, 1:] -= design[:, 1:].mean(axis=0)
    hat = design @ np.linalg.pinv(design)
    target = normal_scores(one.truth[one.choosable])
    told = np.zeros(len(one.truth))
    told[one.choosable] = target - (target - hat @ target) / (1 - np.diag(hat))
    return told


def residuals(one: Prediction) -> Floats:
    """Return how far the truth is from the prediction, in the prediction's deviations.

    A hidden board's own origin and unit are unknown: two numbers, fitted here by least squares.
    """
    slope, origin = np.polyfit(one.position, one.truth, 1)
    return np.asarray(((one.truth - origin) / slope - one.position) / one.deviation)


def held(values: Floats) -> float:
    """Return the percentage of residuals inside the 90 % interval."""
    return 100 * float((np.abs(values) <= Z90).mean())


def expected_scores(
    scale: Fitted, found: Evidence, columns: list[int], mean: Floats, cov: Floats
) -> tuple[Floats, Floats]:
    """Return what a model would score on other benchmarks (on the unbounded scale) and the variances, blur apart.

    `mean` and `cov` are the prior that the evidence `found` was taken against; what a board measures of its own is
    learnt from the model's other scores on it.
    """
    factors = len(scale.factors)
    joint = np.eye(scale.loading.shape[1])
    joint[:factors, :factors] = cov
    asked, seen = scale.loading[columns], scale.loading[list(found.columns)]
    shared = asked @ joint @ seen.T
    weight = shared @ found.precision
    variance = np.einsum("ni,ij,nj->n", asked, joint, asked) - (weight * shared).sum(axis=1) + scale.noise[columns]
    return scale.offset[columns] + asked[:, :factors] @ mean + weight @ found.surprise, variance
