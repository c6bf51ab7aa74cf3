"""Tokens per second: estimates beside measurements, with whole cards and whole model families left out of the fit.

    python -m tests.benchmarks speed             the figures in results.md
    python -m tests.benchmarks.bench_speed       the same by card, published row and reason for leaving a row out
    python -m tests.benchmarks.bench_speed --fit the constants of assistant/memory/speed/constants.py, fitted anew

The rows and where they come from: speed_cases.py. "Known layers" leaves out models whose layers the catalog does not
know.
"""

import collections
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from math import exp, log

import numpy as np

from assistant.memory.speed import bandwidth
from assistant.memory.speed import constants as of
from assistant.memory.speed.constants import Constants
from assistant.memory.speed.prompt import on_gpus
from tests.benchmarks.row import Row
from tests.benchmarks.speed_cases import Case, cases, in_ram, llmfit, published, whichllm

# How far a constant may be expected from its neutral value before any row speaks (standard deviation of its logarithm):
# keeps what few rows decide from running away. The share that every row decides is left free.
PRIOR = {"usual": (0.8, 10.0), "experts": (0.8, 0.3), "codebook": (0.8, 0.4), "few_bits": (0.9, 0.2),
         "rocm": (0.78, 0.3), "token": (1e-4, 1.0), "tensor_nvidia": (6e-6, 1.0), "tensor_apple": (6e-6, 1.0),
         "tensor_other": (6e-6, 1.0), "operations": (30.0, 0.5)}  # fmt: skip
SPREAD = 0.7  # how many times the usual error of a row, SOFT, one standard deviation of a prior weighs
SOFT = 0.15  # an error beyond this counts linearly, not squared
MOST_PER_CARD = 30  # rows of one card count as no more than this many
LONG_PROMPT = 500  # tokens: shorter prompts measure the start of a request


def fit(rows: list[Case]) -> Constants:
    """Return the constants with the least error on the rows: damped Gauss-Newton steps in the constants' logarithms.

    Repeated configurations count as one row.
    """
    names = [one.name for one in fields(Constants)]
    repeats = collections.Counter(_configuration(one) for one in rows)
    cards = collections.Counter(one.gpu.name for one in rows)
    each = [1 / repeats[_configuration(one)] * min(1, MOST_PER_CARD / cards[one.gpu.name]) for one in rows]
    weight, target = np.sqrt(each), np.log([one.measured for one in rows])
    neutral = np.log([PRIOR[name][0] for name in names])
    stiff = np.array([SPREAD * SOFT / PRIOR[name][1] for name in names])

    def errors(at: np.ndarray) -> np.ndarray:
        constants = _constants(names, at)
        return np.array([log(one.estimate(constants)) for one in rows]) - target

    at, damping, step = neutral.copy(), 1e-3 * np.eye(len(names)), 1e-4
    found = errors(at)
    for _ in range(25):
        scale = weight / np.sqrt(1 + (found / SOFT) ** 2) ** 0.5  # iteratively reweighted: pseudo-Huber
        slopes = np.stack([(errors(at + one) - found) / step for one in step * np.eye(len(names))], axis=1)
        left = np.vstack([slopes * scale[:, None], np.diag(stiff), damping])
        right = np.concatenate([-found * scale, -stiff * (at - neutral), np.zeros(len(names))])
        change = np.linalg.lstsq(left, right, rcond=None)[0]
        at = at + np.clip(change, -0.5, 0.5)
        found = errors(at)
        if np.max(np.abs(change)) < 1e-4:
            break
    return _constants(names, at)


def _constants(names: list[str], logarithms: np.ndarray) -> Constants:
    return Constants(**{name: exp(value) for name, value in zip(names, logarithms, strict=True)})


def _configuration(one: Case) -> tuple[str, str, str]:
    return (one.gpu.name, one.need.model.id, one.need.quant)


def held_out(rows: list[Case], group: Callable[[Case], str]) -> list[float]:
    """Return estimate / measured per row, with constants fitted to the rows of other groups only."""
    ratios = [0.0] * len(rows)
    for name in sorted({group(one) for one in rows}):
        constants = fit([one for one in rows if group(one) != name])
        for i, one in enumerate(rows):
            if group(one) == name:
                ratios[i] = one.estimate(constants) / one.measured
    return ratios


@dataclass(frozen=True)
class Score:
    """How estimate / measured is spread over some rows; shares of the rows."""

    count: int
    median: float
    within_15: float
    within_30: float
    inside: float | None

    def __str__(self) -> str:
        inside = "" if self.inside is None else f"; inside low-high {self.inside:.1%}"
        return f"median {self.median:.3f}; within 15 % {self.within_15:.1%}, 30 % {self.within_30:.1%}{inside}"


def score(ratios: Iterable[float], known: Iterable[bool] | None = None, ranges: bool = True) -> Score:
    """Return the spread of the ratios; `known` tells which rows have the narrower range of known layers."""
    found = list(ratios)
    narrow = list(known) if known is not None else [True] * len(found)
    limits = [(of.LOW, of.HIGH) if one else (of.ROUGH_LOW, of.ROUGH_HIGH) for one in narrow]
    inside = sum(low <= 1 / ratio <= high for ratio, (low, high) in zip(found, limits, strict=True)) / len(found)
    near = [sum(abs(ratio - 1) <= limit for ratio in found) / len(found) for limit in (0.15, 0.30)]
    return Score(len(found), statistics.median(found), near[0], near[1], inside if ranges else None)


def repeated(rows: list[Case]) -> list[float]:
    """Return each measurement / the median of its card, model, quantisation and depth, where there are several."""
    groups = collections.defaultdict(list)
    for one in rows:
        groups[one.alike].append(one.measured)
    return [each / statistics.median(found) for found in groups.values() if len(found) > 1 for each in found]


def prompt_ratio(one: Case, measured: float) -> float | None:
    """Return estimate / measured for a prompt of the case's length, None where the card's rate is not known."""
    found = on_gpus(one.need, [one.gpu], [1.0], round(one.prompt_tokens))
    return None if found is None else found / measured


def _by_card(one: Case) -> str:
    return one.gpu.name


def _by_family(one: Case) -> str:
    return one.family


def _generation_rows(rows: list[Case]) -> list[Row]:
    """Return the figures for generation with the whole model on one card."""
    narrow = [one for one in rows if one.known]
    found = []
    for label, some in (("known layers", narrow), ("all models", rows)):
        known = [one.known for one in some]
        cards, families = ({group(one) for one in some} for group in (_by_card, _by_family))
        how = f"{len(some)} rows, {len(cards)} cards, {len(families)} families"
        as_shipped = [one.estimate() / one.measured for one in some]
        found.append(_row(f"generation, {label}: in-sample", score(as_shipped, known), how))
        for name, group in (("card", _by_card), ("family", _by_family)):
            ratios = held_out(some, group)
            found.append(_row(f"generation, {label}: whole {name} held out", score(ratios, known), how))
            if some is narrow and name == "card":
                found += _by_vendor(some, ratios)
        for name, other in (("llmfit 1.1.17", llmfit), ("whichllm 0.5.21", whichllm)):
            ratios = [other(one) / one.measured for one in some]
            found.append(_row(f"generation, {label}: {name}", score(ratios, known, ranges=False), how))
    ratios = repeated(rows)
    how = f"{len(ratios)} rows of configurations measured twice or more, beside their own median"
    return [*found, _row("generation: noise floor", score(ratios, ranges=False), how)]


def _by_vendor(rows: list[Case], ratios: list[float]) -> list[Row]:
    found = []
    for vendor in sorted({one.gpu.vendor for one in rows}):
        some = [ratio for one, ratio in zip(rows, ratios, strict=True) if one.gpu.vendor == vendor]
        found.append(_row(f"generation, known layers: whole card held out, {vendor}", score(some), f"{len(some)} rows"))
    return found


def _published_rows(rows: list[Case]) -> list[Row]:
    """Return the figures for published tables and for prompts."""
    generation, prompts = published()
    single, several = ([one for one in generation if (one.count > 1) == more] for more in (False, True))
    found = []
    for label, some in (("one card", single), ("2 to 8 cards", several)):
        how = f"{len(some)} rows of llama_bench_published.csv; of these only the HBM and ROCm factors were read off"
        found.append(_row(f"generation, published, {label}", score(one.estimate() / one.measured for one in some), how))
    told = [(one, one.measured) for one in prompts if one.count == 1]
    long = [
        (one, one.prompt_measured)
        for one in rows
        if one.known and one.prompt_measured and one.prompt_tokens >= LONG_PROMPT
    ]
    for label, pairs in (("published", told), (f"llmfit, {LONG_PROMPT} tokens and more", long)):
        ratios = [ratio for one, measured in pairs if (ratio := prompt_ratio(one, measured)) is not None]
        how = f"{len(ratios)} rows" + ("; the shares of the rate were read off them" if pairs is told else "")
        found.append(_row(f"prompts, {label}", score(ratios, ranges=False), how))
    return found


def _in_ram_rows() -> list[Row]:
    """Return the figures for models in RAM, and how long measuring this computer's memory takes."""
    found = []
    for label, partly in (("partly in RAM", True), ("on the processor", False)):
        some = [one for one in in_ram() if one.partly == partly]
        result = score([one.found.mid / one.measured for one in some], ranges=False)
        inside = sum(one.found.low <= one.measured <= one.found.high for one in some)
        found.append(_row(f"generation, {label}", result, f"{len(some)} rows of speed_offload.csv, {inside} inside"))
    started = time.perf_counter()
    rate = bandwidth.measure()
    seconds = time.perf_counter() - started
    return [*found, Row("memory bandwidth of this computer", rate or 0.0, "GB/s", f"measured in {seconds:.2f} s")]


def _row(what: str, result: Score, how: str) -> Row:
    return Row(what, str(result), "", how)


def run() -> list[Row]:
    """Return how far estimates are from measurements."""
    rows = cases()
    return [*_generation_rows(rows), *_published_rows(rows), *_in_ram_rows()]


def _print_all() -> None:
    """Print estimate / measured by card and row, and why rows were left out."""
    dropped: collections.Counter[str] = collections.Counter()
    rows = cases(dropped)
    print(f"{len(rows)} rows; left out: " + ", ".join(f"{count} {why}" for why, count in dropped.most_common()))
    narrow = [one for one in rows if one.known]
    ratios = held_out(narrow, _by_card)
    for card in sorted({one.gpu.name for one in narrow}):
        some = [ratio for one, ratio in zip(narrow, ratios, strict=True) if one.gpu.name == card]
        print(f"held out {card:16} {len(some):3} rows: {score(some)}")
    generation, prompts = published()
    for one in generation:
        print(f"{one.estimate() / one.measured:5.2f} {one.label}: {one.measured:g} t/s ({one.source})")
    for one in prompts:
        ratio = prompt_ratio(one, one.measured)
        print(f"{'    -' if ratio is None else f'{ratio:5.2f}'} prompt, {one.label}: {one.measured:g} t/s")
    for other in in_ram():
        print(f"{other.found.mid / other.measured:5.2f} {other.label}: {other.measured:g} t/s")


if __name__ == "__main__":
    if "--fit" in sys.argv:
        fitted = fit([one for one in cases() if one.known])
        print("\n".join(f"{name} = {value:.3g}" for name, value in asdict(fitted).items()))
    else:
        _print_all()
