"""What the catalog knows: counts against what was promised, coverage per field, agreement of sources, loading time.

Agreement of the fact tables is measured where they are at hand (FACT_TABLES names the folder); the entries alone give
the rest.
"""

import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from knowledge.catalog import Catalog, load_catalog
from knowledge.checks import arithmetic, check
from knowledge.schema import Model
from tests.benchmarks.row import Row

FIELDS = (
    "released", "parameters", "active_parameters", "context_tokens", "licence", "languages", "tool_calling",
    "architecture", "price", "scores", "files", "aliases", "base_model", "successor", "country", "fine_tuning",
    "embedding_dim", "known_issues",
)  # fmt: skip
WHERE = {  # the entries a field can be known of; of all others it is not asked
    "parameters": lambda one: one.open_weights,
    "active_parameters": lambda one: bool(one.architecture and one.architecture.experts),
    "architecture": lambda one: one.open_weights and one.variant not in ("speech", "image"),
    "price": lambda one: not one.open_weights,
    "embedding_dim": lambda one: one.variant == "embedding",
    "tool_calling": lambda one: one.variant in ("instruct", "reasoning", "code", "vision"),
}
COLD = (
    "import time; t = time.{clock}(); from knowledge.catalog import load_catalog; load_catalog(); "
    "print(time.{clock}() - t)"
)
PARSE = (
    "from knowledge.catalog import _parse; from pathlib import Path; import time, knowledge; t = time.process_time(); "
    "_parse(Path(knowledge.__file__).parent, ''); print(time.process_time() - t)"
)


def run() -> list[Row]:
    """Return every figure of the catalog that the promises name."""
    catalog = load_catalog()
    return [*_counts(catalog), *_coverage(catalog), *_soundness(catalog), *_agreement(catalog), *_loading()]


def _counts(catalog: Catalog) -> Iterator[Row]:
    models = list(catalog.models.values())

    def kind(*names: str) -> Callable[[Model], bool]:
        return lambda one: one.variant in names

    promised: tuple[tuple[str, int, Callable[[Model], bool]], ...] = (
        ("models", 1000, lambda one: True),
        ("Japanese or listing Japanese", 120, lambda one: "ja" in one.languages or one.country == "JP"),
        ("made in Japan", 120, lambda one: one.country == "JP"),
        ("embedding and reranking", 60, kind("embedding", "reranker")),
        ("speech", 25, kind("speech")),
        ("image", 25, kind("image")),
        ("vision (kind, or reads images)", 30, lambda one: one.variant == "vision" or "image" in one.inputs),
        ("translation", 15, kind("translation")),
        ("API only, priced", 150, lambda one: not one.open_weights and one.price is not None),
        ("hyperparameters complete", 550, lambda one: bool(one.architecture and one.architecture.arch)),
    )
    for name, least, meets in promised:
        yield Row(name, sum(map(meets, models)), "entries", f"promised: {least}")
    yield Row("GPUs and machines", len(catalog.gpus), "entries", "promised: 600")
    yield Row("glossary", len(catalog.glossary), "terms", "promised: 300")
    from tests.test_catalog import SEEDS

    yield Row("models the seed guides name", f"{sum(one in catalog.models for one in SEEDS)}/{len(SEEDS)}", "", "ids")


def _coverage(catalog: Catalog) -> Iterator[Row]:
    for field in FIELDS:
        asked = [one for one in catalog.models.values() if WHERE.get(field, lambda _: True)(one)]
        known = [one for one in asked if getattr(one, field) not in (None, (), {}, "unknown")]
        yield Row(f"known: {field}", 100 * len(known) / len(asked), "%", f"{len(known)} of {len(asked)}")
    for field in ("memory_gb", "bandwidth_gb_s", "fp16_tflops", "pci_ids"):
        known_gpus = sum(bool(getattr(one, field)) for one in catalog.gpus.values())
        share = 100 * known_gpus / len(catalog.gpus)
        yield Row(f"known of GPUs: {field}", share, "%", f"{known_gpus} of {len(catalog.gpus)}")


def _soundness(catalog: Catalog) -> Iterator[Row]:
    yield Row("problems that `mekiki catalog check` finds", len(check(catalog)), "", "shipped entries")
    exact = [one for one in catalog.models.values() if one.architecture and one.parameters]
    told = [(one, amounts) for one in exact if one.architecture and (amounts := arithmetic(one, one.architecture))]
    off = [
        abs(amounts[0] / one.parameters - 1) for one, amounts in told if set(one.inputs) == {"text"} and one.parameters
    ]
    share = 100 * sum(one < 0.005 for one in off) / len(off)
    yield Row("hyperparameters within 0.5 % of the count", share, "%", f"{len(off)} text models")


def _agreement(catalog: Catalog) -> Iterator[Row]:
    """Compare tables that know the same thing independently: bandwidths, parameters, prices, days."""
    folder = Path(os.environ.get("FACT_TABLES", ""))
    if not os.environ.get("FACT_TABLES") or not folder.is_dir():
        yield Row("agreement of sources", "not measured", "", "set FACT_TABLES to a folder of fact tables")
        return
    from knowledge.importer.gpus import canonical

    wiki = {}
    for row in _rows(folder, "gpus/wikipedia_gpus_2025-06.csv"):
        if re.fullmatch(r"[\d.]+", row["bandwidth"]) and row["bandwidth_unit"] == "GB/s":
            wiki[canonical(re.sub(r" \(.*", "", row["name"]))[0].casefold()] = float(row["bandwidth"])
    pairs = [
        (gpu.bandwidth_gb_s, wiki[gpu.name.casefold()])
        for gpu in catalog.gpus.values()
        if gpu.bandwidth_gb_s and gpu.name.casefold() in wiki
    ]
    yield _agreeing("GPU bandwidth, entry and Wikipedia, within 2 %", pairs, 0.02)
    hub = {row["name"].casefold(): row for row in _rows(folder, "models/llmfit_hf_models.csv")}
    found = [
        (float(one.parameters), float(hub[one.hf_id.casefold()]["parameters_raw"]))
        for one in catalog.models.values()
        if one.parameters and one.hf_id and hub.get(one.hf_id.casefold(), {}).get("parameters_raw")
    ]
    yield _agreeing("parameters, entry and llmfit's hub copy, within 2 %", found, 0.02)
    prices = {
        row["model"].split("/")[-1]: float(row["in_usd_per_1m"])
        for row in _rows(folder, "prices/litellm_prices.csv")
        if row["in_usd_per_1m"] and row["provider"] in ("openai", "anthropic", "gemini", "xai", "mistral")
    }
    quoted = [
        (one.price.input, prices[one.id])
        for one in catalog.models.values()
        if one.price and one.price.input and one.price.source != "litellm" and one.id in prices
    ]
    yield _agreeing("input price, entry and litellm, equal", quoted, 1e-9)


def _agreeing(what: str, pairs: list[tuple[float, float]], tolerance: float) -> Row:
    same = sum(abs(one - other) <= tolerance * max(one, other) for one, other in pairs)
    return Row(what, 100 * same / len(pairs), "%", f"{same} of {len(pairs)}")


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _loading() -> Iterator[Row]:
    """Time the load in fresh processes: imports and the compiled cache, then each without the other."""

    def fastest(code: str) -> float:
        answers = (subprocess.run([sys.executable, "-c", code], capture_output=True, check=True) for _ in range(5))
        return 1000 * min(float(one.stdout) for one in answers)

    how = "promised: 150; best of 5 processes, imports included"
    yield Row("cold load", fastest(COLD.format(clock="perf_counter")), "ms", how)
    yield Row("cold load, processor time", fastest(COLD.format(clock="process_time")), "ms", how)
    yield Row("without the compiled cache, processor time", fastest(PARSE), "ms", "all TOML files parsed")
    started = time.perf_counter()
    load_catalog()
    yield Row("again in one process", 1000 * (time.perf_counter() - started), "ms", "")
