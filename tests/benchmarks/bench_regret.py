"""What the first pick loses against the best model that fits, and what other orders' picks lose on the same data.

    python -m tests.benchmarks regret              the summary, into results.md
    python -m tests.benchmarks.bench_regret        every memory x task x licence

A benchmark of the task is hidden, with others of every board (a sixth) or with its whole source; the scales are fitted
anew to the rest, and every method picks from the same models: those that the product's own constraints let through,
that fit at Q4_K_M with 8,192 tokens, and whose hidden score is known. Ours is asked in the hidden benchmark's language.
The peers' own tables are as they ship and may hold what is hidden here.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from functools import cache
from statistics import fmean, pstdev

from assistant.calls import Hardware, Recommend
from assistant.choosing.columns import columns
from assistant.choosing.constraints import codes, resolve
from assistant.hardware.stated import stated
from assistant.toolbox import Toolbox
from knowledge.catalog import Catalog, load_catalog
from knowledge.priorities import load_priorities
from tests.benchmarks import peer_ranks
from tests.benchmarks.baselines import BASELINES
from tests.benchmarks.bench_ranking import FOLDS
from tests.benchmarks.holdouts import SOURCES, benchmarks_of, folds
from tests.benchmarks.refits import refit_without
from tests.benchmarks.regret import Cell, first, interval, judged, lost, share, unit_means
from tests.benchmarks.row import Row

OURS, BLIND = "ours", "a blind pick"
PEERS = ("llmfit", "whichllm")
QUANT, CONTEXT = "Q4_K_M", 8_192
MOST_BENCHMARKS = 3  # that judge a task, by weight
FEWEST_MODELS = 12  # a benchmark with fewer candidates on any hardware judges no choice
FEWEST_CANDIDATES = 5  # that fit a memory
Scores = Callable[[str], float | None]  # of a model id


@cache
def fitting(memory: str) -> frozenset[str]:
    """Return the ids of the models that fit a card of that many GB, or 16 GB of RAM for "cpu"."""
    from assistant.memory.weigh import weigh

    catalog = load_catalog()
    asked = Hardware(ram_gb=peer_ranks.RAM_GB) if memory == "cpu" else Hardware(vram_gb=float(memory))
    weighed = weigh(catalog, stated(asked, catalog), CONTEXT, QUANT)
    return frozenset(name for name, one in weighed.items() if one.fits)


@cache
def allowed(task: str, commercial: bool) -> frozenset[str]:
    """Return the ids of the open models that the product's constraints leave for a task."""
    catalog = load_catalog()
    box = Toolbox(catalog)
    args = Recommend.model_validate({"task": task, "hosting": "local", "commercial_use": commercial or None})
    one = columns(catalog)
    left = codes(one, resolve(box, args)) == 0
    return frozenset(one.models[at].id for at, keep in zip(one.entry, left, strict=True) if keep)


def truth(catalog: Catalog, benchmark: str) -> dict[str, float]:
    """Return a benchmark's scores by model id."""
    return {m.id: s.value for m in catalog.models.values() for s in m.scores if s.benchmark == benchmark}


def judges(catalog: Catalog, task: str) -> list[str]:
    """Return the benchmarks that judge a task: its weightiest ones that scored enough open models."""
    weights = catalog.tasks[task]
    enough = [name for name in weights if len(truth(catalog, name).keys() & allowed(task, False)) >= FEWEST_MODELS]
    return sorted(enough, key=lambda name: (-weights[name], name))[:MOST_BENCHMARKS]


@cache
def to_hide(judge: str, what: str) -> frozenset[str]:
    """Return what is hidden with a judge: all of its source, or its fold, where some of its board stay.

    The sets of language benchmarks are those of bench_ranking.py, which are fitted once for both; the few benchmarks
    of other kinds are hidden one at a time.
    """
    catalog = load_catalog()
    key = source_of(catalog, judge)
    language = next((part for part in folds(catalog, FOLDS) if judge in part), None)
    if what == "benchmark":
        return language or frozenset({judge})
    if language is None:
        return frozenset(name for name in catalog.benchmarks if source_of(catalog, name) == key)
    return next(benchmarks_of(catalog, keys) for keys in SOURCES.values() if key in keys)


def source_of(catalog: Catalog, benchmark: str) -> str:
    """Return the key of a benchmark's source."""
    return catalog.benchmarks[benchmark].sources[0].key


@cache
def peer_table() -> dict[tuple[str, str, str], dict[str, float]]:
    """Return (peer, hidden source, memory) -> model id -> score, from tests/data/peer_ranks.csv."""
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    with peer_ranks.FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for memory in peer_ranks.MEMORIES:
                if row[memory]:
                    found.setdefault((row["peer"], row["hidden"], memory), {})[row["model"]] = float(row[memory])
    return found


def peer(name: str, catalog: Catalog, judge: str, what: str, memory: str) -> Scores:
    """Return a peer's scores; whichllm does without the source whose overall score is hidden."""
    key = source_of(catalog, judge)
    overall = judge in ("aa_intelligence", "arena_text") or key == "olb2"
    leaves_out = name == "whichllm" and key in peer_ranks.HIDDEN and (what == "source" or overall)
    return peer_table().get((name, key if leaves_out else "", memory), {}).get


class Methods:
    """Every method after one look at the catalog without what is hidden."""

    def __init__(self, catalog: Catalog, hidden: frozenset[str]) -> None:
        self.catalog = catalog
        self.scales = refit_without(catalog, hidden)
        self.orders = {name: make(self.scales.catalog) for name, make in BASELINES.items()}

    def own(self, task: str, judge: str) -> Iterator[tuple[str, Scores]]:
        """Yield name and scores of the methods that see the same data, ours first.

        Ours is asked in the judge's language and counts what is surely there, as a choice does.
        """
        found = self.scales.positions(task, self.catalog.benchmarks[judge].languages)
        counted = (found.position - load_priorities().unsure * found.deviation).tolist()
        yield OURS, dict(zip(found.ids, counted, strict=True)).get
        for name, order in self.orders.items():
            yield name, lambda one, order=order: order(self.catalog.models[one])  # type: ignore[misc]


def cells_of(methods: Methods, task: str, judge: str, what: str) -> Iterator[Cell]:
    """Yield the cells of one task judged by one hidden benchmark."""
    catalog = methods.catalog
    benchmark, known = catalog.benchmarks[judge], truth(catalog, judge)
    spread = pstdev(known[name] for name in known.keys() & allowed(task, False))
    own = list(methods.own(task, judge))
    for memory in peer_ranks.MEMORIES:
        orders = [*own, *((name, peer(name, catalog, judge, what, memory)) for name in PEERS), (BLIND, lambda _: None)]
        for commercial in (False, True):
            ids = sorted(known.keys() & allowed(task, commercial) & fitting(memory))
            if len(ids) < FEWEST_CANDIDATES:
                continue
            values = {name: known[name] for name in ids}
            best = max(values.values()) if benchmark.higher else min(values.values())
            for method, scores in orders:
                value = judged(values, first({name: scores(name) for name in ids}))
                points = lost(benchmark, best, value)
                yield Cell(
                    method, task, judge, memory, commercial, points, points / spread, share(benchmark, best, value)
                )


def measure(catalog: Catalog, what: str) -> list[Cell]:
    """Return every cell with "benchmark" or "source" hidden; one fit per hidden set."""
    fitted: dict[frozenset[str], Methods] = {}
    found: list[Cell] = []
    for task in sorted(catalog.tasks):
        for judge in judges(catalog, task):
            hidden = to_hide(judge, what)
            if hidden not in fitted:
                fitted[hidden] = Methods(catalog, hidden)
            found += cells_of(fitted[hidden], task, judge, what)
    return found


def names(cells: list[Cell]) -> list[str]:
    """Return the methods in the order in which they ran."""
    return list(dict.fromkeys(cell.method for cell in cells))


def mean(cells: list[Cell], value: str = "deviations") -> float:
    """Return the mean over units of a field, so that a benchmark with many cells does not count more."""
    return fmean(unit_means(cells, value).values())


def overall(cells: list[Cell], what: str) -> list[Row]:
    """Return a row per method: mean regret with its interval, share of the best, and the gap to ours."""
    ours = unit_means([cell for cell in cells if cell.method == OURS], "deviations")
    rows = []
    for method in names(cells):
        own = [cell for cell in cells if cell.method == method]
        means = unit_means(own, "deviations")
        low, high = interval(list(means.values()))
        how = f"90 % {low:.2f}-{high:.2f}; {100 * mean(own, 'share'):.0f} % of the best that fits"
        if method != OURS:
            gaps = [means[unit] - ours[unit] for unit in ours]
            least, most = interval(gaps)
            how += f"; loses {fmean(gaps):+.2f} more than ours ({least:+.2f} to {most:+.2f})"
        how += f"; {len(own)} choices, {len(means)} task-benchmark pairs, its {what} hidden"
        rows.append(Row(f"regret of the first pick, {what} hidden: {method}", mean(own), "standard deviations", how))
    return rows


def along(cells: list[Cell], what: str, field: str) -> list[Row]:
    """Return a row per task, memory or licence: our regret, and the other methods' beside it."""
    rows = []
    for value in dict.fromkeys(getattr(cell, field) for cell in cells):
        here = [cell for cell in cells if getattr(cell, field) == value]
        told = {method: mean([cell for cell in here if cell.method == method]) for method in names(cells)}
        others = ", ".join(f"{method} {one:.2f}" for method, one in told.items() if method != OURS)
        label = {True: "commercial", False: "any"}[value] if field == "commercial" else str(value)
        rows.append(Row(f"regret, {what} hidden, {field} {label}", told[OURS], "standard deviations", others))
    return rows


def run() -> list[Row]:
    """Return the rows."""
    catalog = load_catalog()
    rows = []
    for what in ("benchmark", "source"):
        cells = measure(catalog, what)
        rows += overall(cells, what)
        for field in ("task", "memory", "commercial"):
            rows += along(cells, what, field)
    return rows


def main() -> None:
    """Print our regret and the other methods' for every memory, task and licence, in points of each benchmark."""
    catalog = load_catalog()
    for what in ("benchmark", "source"):
        cells = measure(catalog, what)
        columns = names(cells)
        sys.stdout.write("\t".join(("hidden", "task", "memory", "licence", "benchmark", *columns)) + "\n")
        table: dict[tuple[str, ...], dict[str, float]] = {}
        for cell in cells:
            licence = "commercial" if cell.commercial else "any"
            key: tuple[str, ...] = (what, cell.task, cell.memory, licence, cell.benchmark)
            table.setdefault(key, {})[cell.method] = cell.points
        for key, found in table.items():
            sys.stdout.write("\t".join((*key, *(f"{found[name]:.1f}" for name in columns))) + "\n")


if __name__ == "__main__":
    main()
