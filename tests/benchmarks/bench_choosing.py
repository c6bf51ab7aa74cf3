"""Time the ranking of a million models, and `recommend` on the shipped catalog.

The million rows are the shipped entries over and over, each with its sizes, price and ability moved at random
(seeded): what is measured is the work on arrays of that length, from the constraints to the first 64 candidates. The
context changes from run to run; what is kept between questions are the columns, and the compute buffers of each shape
at the contexts that were asked about before. A million rows have the shapes of the shipped entries, as a million
fine-tunes would: what a cache takes is worked out once per shape. Were every row a shape of its own, it would take
some 110 ms of processor time more (2026-11-22).
"""

import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.calls import Recommend
from assistant.choosing.columns import Columns, columns
from assistant.choosing.constraints import resolve
from assistant.choosing.ordering import order
from assistant.choosing.ranking import Positions
from assistant.choosing.recommend import recommend
from assistant.choosing.utility import taste
from assistant.memory.batch import Cells
from assistant.memory.shelf import Shelf
from assistant.memory.shelf_file import shelf
from assistant.toolbox import Toolbox
from knowledge.catalog import load_catalog
from tests.benchmarks.row import Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

MILLION = 1_000_000
SHORT = 64  # candidates that are put in order
RUNS = 21
PER_KIND = ("entry", "parents", "first", "q8")  # arrays that have no row per model: per entry or shape
CONTEXTS = (4096, 8192, 16_384, 32_768)
QUESTIONS: dict[str, dict[str, Any]] = {
    "a 24 GB card": {"hardware": {"vram_gb": 24}},
    "a laptop's card and RAM": {"hardware": {"gpu": "RTX 4060 Laptop", "ram_gb": 32}, "task": "coding"},
    "CPU, speed first": {"hardware": {"gpu": None, "ram_gb": 32}, "priority": "speed", "commercial_use": True},
    "API or local, cost first": {
        "hosting": "any", "hardware": {"vram_gb": 16}, "priority": "cost", "languages": ["ja"],
    },
}  # fmt: skip


def run() -> list[Row]:
    """Return times for the million and for the shipped catalog, and the memory that the million's columns take."""
    box = Toolbox(load_catalog())
    rng = np.random.default_rng(5)
    entry = rng.integers(0, len(box.catalog.models), MILLION)
    one, stock = million(columns(box.catalog), shelf(box.catalog), entry, rng)
    held = (_bytes(one) + _bytes(stock)) / 2**20
    rows = [Row("columns of a million entries", held, "MiB", "arrays of the catalog and of its shelf")]
    for name, arguments in QUESTIONS.items():
        rows += _rank(box, one, stock, entry, rng, name, arguments)
    rows += [_cold(), *_warm(box)]
    return rows


def million(one: Columns, stock: Shelf, entry: "NDArray[np.int64]", rng: np.random.Generator) -> tuple[Columns, Shelf]:
    """Return columns with a row per member of `entry`: those of its entry, sizes and prices up to a fifth off."""
    scale, price = rng.uniform(0.8, 1.25, len(entry)), rng.uniform(0.8, 1.25, len(entry))
    spread = _spread(one, entry)
    tall = replace(
        one, **spread | {"parameters": spread["parameters"] * scale, "price_out": spread["price_out"] * price},
        variants={name: mask[entry] for name, mask in one.variants.items()}, entry=entry,
    )  # fmt: skip
    stored = _spread(stock, entry)
    for name in ("weights", "cards", "dense", "experts"):
        sizes = stored[name]
        stored[name] = np.asfortranarray(np.where(sizes > 0, sizes * scale[:, None], sizes).astype(sizes.dtype))
    for name in ("least_weights", "least_cards"):
        sizes = stored[name]
        stored[name] = np.where(sizes < 1 << 59, sizes * scale, sizes).astype(np.int64)
    stored["usable"] = np.asfortranarray(stored["usable"])
    first = np.zeros(len(stock.first), dtype=np.int64)
    first[stored["shape"]] = np.arange(len(entry))
    return tall, replace(stock, **stored, first=first)


def _spread(holder: Any, entry: "NDArray[np.int64]") -> dict[str, Any]:
    """Return the arrays of a dataclass that have a row per entry, with a row per member of `entry`."""
    arrays = {one.name: getattr(holder, one.name) for one in fields(holder) if one.name not in PER_KIND}
    return {name: value[entry] for name, value in arrays.items() if isinstance(value, np.ndarray)}


def _bytes(holder: Any) -> int:
    found = [getattr(holder, one.name) for one in fields(holder)]
    nested = [one for one in found if isinstance(one, tuple) and one and isinstance(one[0], Cells)]
    total = sum(one.nbytes for one in found if isinstance(one, np.ndarray))
    total += sum(one.nbytes for value in found if isinstance(value, dict) for one in value.values())
    return total + sum(_bytes(cell) for cells in nested for cell in cells)


def _rank(
    box: Toolbox, one: Columns, stock: Shelf, entry: "NDArray[np.int64]", rng: np.random.Generator, name: str,
    arguments: dict[str, Any],
) -> list[Row]:  # fmt: skip
    needs = resolve(box, Recommend.model_validate(arguments))
    able = box.scales.positions(needs.task, needs.languages)
    moved = able.position[entry] + rng.normal(0, 0.2, len(entry))
    tall = Positions((), moved, able.deviation[entry], able.measured[entry], able.predictive[entry])
    asked = itertools.cycle(CONTEXTS)
    for context in CONTEXTS:  # compute buffers of each shape are kept per context
        order(one, stock, replace(needs, context_tokens=context), tall, taste(box, needs), SHORT)
    left: list[int] = []

    def once() -> None:
        changed = replace(needs, context_tokens=next(asked))
        found = order(one, stock if needs.machine else None, changed, tall, taste(box, changed), SHORT)
        left.append(int((found.codes == 0).sum()))

    times, worked = _times(once)
    how = f"{left[-1]:,} candidates, {SHORT} in order; median of {RUNS} runs in {len(CONTEXTS)} contexts, the best"
    how += f" {min(times):.0f} ms, 95 % within {np.percentile(times, 95):.0f} ms;"
    how += f" {statistics.median(worked):.0f} ms of processor time, one thread"
    return [Row(f"a million entries ranked: {name}", statistics.median(times), "ms", how)]


def _times(once: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Return milliseconds of each run: elapsed, and of the processor (others use this machine too)."""
    once()
    times, worked = [], []
    for _ in range(RUNS):
        began, busy = time.perf_counter(), time.process_time()
        once()
        times.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - busy) * 1000)
    return times, worked


def _warm(box: Toolbox) -> Iterator[Row]:
    from assistant.choosing.candidates import choose

    for name, arguments in QUESTIONS.items():
        args = Recommend.model_validate(arguments)
        needs = resolve(box, args)
        runs: dict[str, Callable[[], object]] = {
            "shipped catalog chosen from": partial(choose, box, needs),
            "`recommend` with explanations": partial(recommend, box, args, "en"),
        }
        for what, once in runs.items():
            times, worked = _times(once)
            how = f"median of {RUNS}, warm; {statistics.median(worked):.0f} ms of processor time"
            yield Row(f"{what}: {name}", statistics.median(times), "ms", how)


COLD = """
import time
began = time.perf_counter()
from assistant.calls import Recommend
from assistant.choosing.recommend import recommend
from assistant.toolbox import Toolbox
from knowledge.catalog import load_catalog
recommend(Toolbox(load_catalog()), Recommend.model_validate({"hardware": {"vram_gb": 24}}), "en")
print(time.perf_counter() - began)
"""


def _cold() -> Row:
    """Return the time of a first answer in a new process, imports included."""
    found = [
        float(subprocess.run([sys.executable, "-c", COLD], check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    ]
    return Row(
        "`recommend` in a new process", statistics.median(found), "s", "median of 3, imports and catalog included"
    )
