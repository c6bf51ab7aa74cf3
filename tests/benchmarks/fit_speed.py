"""Check (or fit anew) the constants of assistant/speed.py on collected measurements.

    python -m tests.benchmarks.fit_speed COMMUNITY.csv CACHE.csv

The tables are AlexsJones/llmfit's llmfit-core/data (community/*.json and benchmark_cache.json) as CSV. Rows kept:
llama.cpp, Ollama and LM Studio; one GPU of known bandwidth; a model of the catalog in a quantisation of ours; weights,
cache and 1.5 GB within the card's memory; no speculative decoding. Impossible rows, which would read more than the
card's bandwidth allows (unlabelled speculative decoding or batches) or less than a tenth of it (partly in RAM), are
dropped and counted.
"""

import collections
import csv
import re
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import MekikiError
from assistant.machine import Device, Machine
from assistant.memory.needs import needs
from assistant.memory.placement import Plan
from assistant.memory.quants import resolve_quant
from assistant.memory.speed import estimate
from knowledge.catalog import Catalog, load_catalog
from knowledge.names import find_gpu, find_model
from knowledge.schema import Gpu, Model

ENGINES = {"llamacpp", "llama.cpp", "ollama", "lmstudio"}
_QUANT = re.compile(r"[-_.](?:UD-)?((?:I?Q\d_?[A-Z0-9_]*|MXFP4|BF16|F16))$", re.IGNORECASE)
_BACKENDS = {"nvidia": "cuda", "amd": "rocm", "apple": "metal"}


@dataclass(frozen=True)
class Row:
    """One measurement: tokens per second of a model on a card after `depth` tokens of prompt."""

    model: Model
    quant: str
    gpu: Gpu
    memory_gb: float
    depth: int
    measured: float


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def community(catalog: Catalog, path: Path, dropped: collections.Counter[str]) -> Iterator[Row]:
    """Yield the rows of the community table, whose models are file names."""
    for row in _rows(path):
        name = row["model"].removesuffix(".gguf")
        match = _QUANT.search(name)
        if row["engine"] not in ENGINES or "mlx" in name:
            dropped["other engine"] += 1
            continue
        quant = match[1] if match else "Q4_K_M"
        base = name[: match.start()] if match else name.replace(":", "-")
        yield from _row(catalog, base.split("_", 1)[-1], "", quant, row["hardware"], row["gpu_count"],
                        row["vram_gb"], "150", row["avg_tps"], dropped)  # fmt: skip


def cache(catalog: Catalog, path: Path, dropped: collections.Counter[str]) -> Iterator[Row]:
    """Yield the rows of the cache table, whose models are hub ids."""
    for row in _rows(path):
        if row["engine"] not in ENGINES or row["hw_class"] == "CPU_ONLY":
            dropped["other engine or processor"] += 1
        elif "True" in (row["spec_decoding"], row["mtp"]):
            dropped["speculative decoding"] += 1
        else:
            yield from _row(catalog, row["base_hf_id"] or row["hf_id"], row["hf_id"], row["quantization"],
                            row["gpu"] or row["chip"], row["gpu_count"], row["vram_gb"] or row["unified_memory_gb"],
                            row["prompt_tokens"], row["tok_s_out"], dropped)  # fmt: skip


def _row(
    catalog: Catalog, name: str, hub: str, quant: str, hardware: str, count: str, memory: str, depth: str, rate: str,
    dropped: collections.Counter[str],
) -> Iterator[Row]:  # fmt: skip
    by_hub = {model.hf_id.lower(): model for model in catalog.models.values() if model.hf_id}
    card = re.sub(r"NVIDIA |GeForce |AMD |Radeon (?=RX)| \(.*\)|Generation", "", hardware).strip()
    try:
        model = by_hub.get(hub.lower()) or by_hub.get(name.lower()) or find_model(catalog, name.split("/")[-1])
        found = Row(
            model,
            resolve_quant(quant),
            find_gpu(catalog, card),
            float(memory or 0),
            int(float(depth or 0)),
            float(rate),
        )
    except (MekikiError, ValueError):
        dropped["model, quantisation or card not known"] += 1
        return
    if int(count or 1) != 1 or found.gpu.bandwidth_gb_s is None:
        dropped["several cards or unknown bandwidth"] += 1
    else:
        yield found


def judged(row: Row, dropped: collections.Counter[str]) -> tuple[float, bool, bool] | None:
    """Return (estimate / measured, inside low..high, layers known), None for a row that is left out."""
    try:
        need = needs(row.model, row.quant, max(256, 2 * row.depth))  # the estimate takes half the context
    except MekikiError:
        dropped["size not known"] += 1
        return None
    bandwidth = (row.gpu.bandwidth_gb_s or 0) * 1e9
    if need.weights.total + need.cache_bytes / 2 + 1.5e9 > row.memory_gb * 2**30:
        dropped["does not fit the card"] += 1
        return None
    share = need.weights.active * row.measured / bandwidth
    if not 0.1 <= share <= 1.0:
        dropped["impossible: above the bandwidth" if share > 1 else "below a tenth of the bandwidth"] += 1
        return None
    memory = int(row.memory_gb * 1024)
    device = Device(
        row.gpu.name, row.gpu.vendor, _BACKENDS.get(row.gpu.vendor, "vulkan"), memory, memory,  # type: ignore[arg-type]
        row.gpu.bandwidth_gb_s, row.gpu.fp16_tflops, unified=row.gpu.unified,
    )  # fmt: skip
    machine = Machine((device,), None, None, "", None, None, "stated")
    speed = estimate(need, Plan("gpu", need.layers, None, None), machine)
    if speed is None:
        return None
    return speed.mid / row.measured, speed.low <= row.measured <= speed.high, need.basis == "formula"


def report(name: str, found: list[tuple[float, bool, bool]]) -> None:
    """Print one line of the table."""
    ratios = [one[0] for one in found]
    near = [sum(abs(ratio - 1) <= limit for ratio in ratios) / len(ratios) for limit in (0.15, 0.30)]
    inside = sum(one[1] for one in found) / len(found)
    print(f"{name:28s} {len(found):4d} rows: median {statistics.median(ratios):.3f}, within 15 % {near[0]:.0%}, "
          f"within 30 % {near[1]:.0%}, inside low..high {inside:.0%}")  # fmt: skip


def main() -> None:
    """Print the table: all rows, those with known layers, and per card."""
    catalog, dropped = load_catalog(), collections.Counter[str]()
    rows = [*community(catalog, Path(sys.argv[1]), dropped), *cache(catalog, Path(sys.argv[2]), dropped)]
    found = [(row, one) for row in rows if (one := judged(row, dropped)) is not None]
    report("all", [one for _, one in found])
    report("layers known", [one for _, one in found if one[2]])
    for card in sorted({row.gpu.name for row, _ in found}):
        mine = [one for row, one in found if row.gpu.name == card]
        if len(mine) >= 10:
            report(card, mine)
    print("left out:", dict(dropped))


if __name__ == "__main__":
    main()
