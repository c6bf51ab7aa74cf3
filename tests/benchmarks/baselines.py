"""What our ranking is compared with: orders of models that need no statistical model of the scores.

Each baseline takes a catalog as far as it may be seen and returns a function from a model to its score: higher is
better, None means that it cannot tell. What a peer tool itself answered lies in tests/data (peer_scores.py).
"""

import re
from collections.abc import Callable
from datetime import date
from math import log10
from typing import TYPE_CHECKING

from assistant.choosing.cells import on_line
from assistant.choosing.traits import kind
from knowledge.schema import Model

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

Scorer = Callable[[Model], float | None]

# llmfit's published figures: AlexsJones/llmfit llmfit-core/src/fit.rs (quality_score) and models.rs
# (parse_generation, generation_quality_bonus), as stored 2026-08; checked against what its release 1.1.17 answers.
# The recency bonus counts from the day of that copy.
LLMFIT_DAY = date(2026, 8, 22)
LLMFIT_TIERS = ((1, 30.0), (3, 45.0), (7, 60.0), (10, 75.0), (20, 82.0), (40, 89.0))  # below 10^9 active parameters
LLMFIT_LARGEST = 95.0
LLMFIT_FAMILIES = (("qwen", 2.0), ("deepseek", 3.0), ("llama", 2.0), ("mistral", 1.0), ("mixtral", 1.0), ("gemma", 1.0),
                   ("phi", 0.0), ("starcoder", 1.0))  # fmt: skip
LLMFIT_GENERATIONS = (
    (r"qwen-?3\.8|qwen3-next", 3.8), (r"qwen-?3\.6", 3.6), (r"qwen-?3\.5", 3.5), (r"qwen-?3", 3.0),
    (r"qwen-?2\.5", 2.5), (r"qwen-?2", 2.0), (r"llama-?4", 4.0), (r"llama-?3\.3", 3.3), (r"llama-?3\.2", 3.2),
    (r"llama-?3\.1", 3.1), (r"llama-?3", 3.0), (r"llama-?2", 2.0), (r"gemma-?4", 4.0), (r"gemma-?3", 3.0),
    (r"gemma-?2", 2.0), (r"deepseek-?v4", 4.0), (r"deepseek-?(v3|r1)", 3.0), (r"deepseek-?v2", 2.0),
    (r"phi-?[34]", 3.0),
)  # fmt: skip
LLMFIT_PER_GENERATION, LLMFIT_MOST = 3.0, 9.0
LLMFIT_RECENT = ((3, 3.0), (9, 1.5))  # whole months since the release


def llmfit_score(model: Model) -> float | None:
    """Return llmfit's quality before quantisation and task: size tier, family, generation and recency, 0 to 100."""
    active = model.active_parameters or model.parameters
    if not active:
        return None
    name = (model.hf_id or model.id).lower()
    score = next((points for most, points in LLMFIT_TIERS if active < most * 1e9), LLMFIT_LARGEST)
    score += next((points for word, points in LLMFIT_FAMILIES if word in name), 0.0)
    generation = next((number for words, number in LLMFIT_GENERATIONS if re.search(words, name)), 1.0)
    score += min((generation - 1) * LLMFIT_PER_GENERATION, LLMFIT_MOST)
    if model.released:
        months = (LLMFIT_DAY.year - model.released.year) * 12 + LLMFIT_DAY.month - model.released.month
        score += next((points for most, points in LLMFIT_RECENT if max(months, 0) < most), 0.0)
    return min(score, 100.0)


def llmfit_tiers(_: "Catalog") -> Scorer:
    """Order as llmfit's published figures do."""
    return llmfit_score


def parameters(_: "Catalog") -> Scorer:
    """Order by parameters."""
    return lambda model: log10(model.parameters) if model.parameters else None


def size_and_date(catalog: "Catalog") -> Scorer:
    """Order by a least-squares plane over log10 parameters and date, fitted to every score that may be seen.

    Scores are standardised within their benchmark first; one plane per kind of model. A model without date counts as
    of its kind's mean date.
    """
    import numpy as np

    planes = {}
    standard = _standardised(catalog)
    for name in sorted({kind(model) for model in catalog.models.values()}):
        models = [m for m in catalog.models.values() if kind(m) == name and m.parameters and m.id in standard]
        dates = [model.released.toordinal() for model in models if model.released]
        if len(dates) < 3:
            continue
        usual = sum(dates) / len(dates)
        rows, values = [], []
        for model in models:
            rows += [_plane_row(model, usual)] * len(standard[model.id])
            values += standard[model.id]
        weights = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]
        planes[name] = (weights, usual)

    def score(model: Model) -> float | None:
        if not model.parameters or kind(model) not in planes:
            return None
        weights, usual = planes[kind(model)]
        return float(np.dot(weights, _plane_row(model, usual)))

    return score


def _plane_row(model: Model, usual: float) -> list[float]:
    day = model.released.toordinal() if model.released else usual
    return [1.0, log10((model.parameters or 1) / 1e9), (day - usual) / 365.25]


def mean_z(catalog: "Catalog") -> Scorer:
    """Order by the mean of a model's standardised scores."""
    standard = _standardised(catalog)

    def score(model: Model) -> float | None:
        own = standard.get(model.id)
        return sum(own) / len(own) if own else None

    return score


def _standardised(catalog: "Catalog") -> dict[str, list[float]]:
    """Return every model's scores, each in standard deviations of its benchmark from the benchmark's mean."""
    from statistics import fmean, pstdev

    table: dict[str, dict[str, float]] = {}
    for model in catalog.models.values():
        for score in model.scores:
            line, _ = on_line(catalog.benchmarks[score.benchmark], score.value)
            table.setdefault(score.benchmark, {})[model.id] = line
    found: dict[str, list[float]] = {}
    for name in sorted(table):
        cells = table[name]
        middle, spread = fmean(cells.values()), pstdev(cells.values())
        for model_id, value in cells.items():
            if spread:
                found.setdefault(model_id, []).append((value - middle) / spread)
    return found


BASELINES: dict[str, Callable[["Catalog"], Scorer]] = {
    "parameters and date": size_and_date,
    "parameters": parameters,
    "mean of scores": mean_z,
    "llmfit's tiers": llmfit_tiers,
}
