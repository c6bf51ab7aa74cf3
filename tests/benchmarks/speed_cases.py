"""The measurements that speed estimates are compared with, and what other tools estimate for them.

speed_rows.csv (see speed_rows.py). Left out here, by physics: a model that with its cache does not fit the card; more
bytes per second than the card's bandwidth (drafting or batches that were not stated); less than a tenth of it (partly
in RAM); less than 0.6 of the fastest row of the same card, model, quantisation and about the same depth (another load,
or partly in RAM: much makes a measurement slower, little makes it faster).

llama_bench_published.csv is a second set, from repositories, pull requests and issues of 2023-12 to 2026-08, each row
with its source. The fit never sees it; its A100 and H100 rows gave one constant (HBM), its RX 6700 XT one prior.

speed_offload.csv: models that run in RAM or partly in RAM.
"""

import collections
import csv
from dataclasses import dataclass
from math import log
from pathlib import Path

from assistant.errors import MekikiError
from assistant.hardware.machine import Device, Machine
from assistant.memory.needs import Needs, needs
from assistant.memory.placement import Plan
from assistant.memory.report import Speed
from assistant.memory.speed.constants import CONSTANTS, Constants
from assistant.memory.speed.estimate import Work, estimate, gpu_seconds, work
from knowledge.catalog import Catalog, load_catalog

DATA = Path(__file__).parent.parent / "data"
STATED = 0.85  # what reading reaches of a memory's stated bandwidth; a machine's `ram_bandwidth_gb_s` is the former
SLOWER = 0.6  # of the fastest measurement of the same configuration: the one does not confirm the other


@dataclass(frozen=True)
class Case:
    """One measurement with what our estimate needs: the work of a token after `depth` tokens, and the device.

    `measured` is tokens per second: of the prompt for cases of prompts, of the generation otherwise. `known` tells
    whether the catalog knows the model's layers. `count` cards hold the model.
    """

    need: Needs
    known: bool
    gpu: Device
    job: Work
    depth: float
    measured: float
    prompt_tokens: float = 0.0
    prompt_measured: float = 0.0
    count: int = 1
    source: str = ""

    @property
    def family(self) -> str:
        """The model's family, or itself."""
        return self.need.model.family or self.need.model.id

    @property
    def label(self) -> str:
        """What was measured, on one line."""
        cards = f"{self.count}x " if self.count > 1 else ""
        where = f"{cards}{self.gpu.name} {self.gpu.backend}"
        return f"{where}: {self.need.model.id} {self.need.quant} at {self.depth:.0f} tokens"

    @property
    def alike(self) -> tuple[object, ...]:
        """What repeated measurements of one configuration have in common."""
        return (self.gpu.name, self.need.model.id, self.need.quant, int(log(max(self.depth, 512), 2)))

    def estimate(self, constants: Constants = CONSTANTS) -> float:
        """Return tokens per second; several equal cards that share the layers take as long as one would."""
        reading, fixed = gpu_seconds(self.job, self.gpu, self.gpu.bandwidth_gb_s or 1.0, constants)
        return 1 / (reading + fixed + constants.token)


def _read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def _device(catalog: Catalog, name: str, memory_gb: float, backend: str) -> Device:
    card = catalog.gpus[name]
    memory = round((memory_gb or card.memory_gb[-1]) * 1024)
    return Device(
        card.name, card.vendor, backend, memory, memory,  # type: ignore[arg-type]
        card.bandwidth_gb_s, card.fp16_tflops, unified=card.unified,
    )  # fmt: skip


def cases(dropped: collections.Counter[str] | None = None) -> list[Case]:
    """Return the possible measurements in the file's order; `dropped` counts the others by reason."""
    catalog, dropped = load_catalog(), dropped if dropped is not None else collections.Counter()
    found = []
    for row in _read("speed_rows.csv"):
        model = catalog.models.get(row["model"])
        if model is None or row["card"] not in catalog.gpus:
            dropped["no longer in the catalog"] += 1
            continue
        depth = float(row["depth"])
        try:
            need = needs(model, row["quant"], max(256, round(2 * depth)), row["kv_type"])
        except MekikiError:
            dropped["size not known"] += 1
            continue
        gpu = _device(catalog, row["card"], float(row["memory_gb"]), row["backend"])
        job, measured = work(need, depth), float(row["per_second"])
        share = (job.dense + job.experts) * measured / ((gpu.bandwidth_gb_s or 1.0) * 1e9)
        if need.device_weights + job.cache + 1e9 > gpu.total_mib * 2**20:
            dropped["does not fit the card"] += 1
        elif not 0.1 <= share <= 1:
            dropped["above the bandwidth" if share > 1 else "below a tenth of the bandwidth"] += 1
        else:
            prompt = float(row["prompt_tokens"] or 0), float(row["prompt_per_second"] or 0)
            found.append(Case(need, need.basis != "rough", gpu, job, depth, measured, *prompt))
    fastest: dict[object, float] = {}
    for one in found:
        fastest[one.alike] = max(one.measured, fastest.get(one.alike, 0.0))
    kept = [one for one in found if one.measured >= SLOWER * fastest[one.alike]]
    dropped["contradicted by a faster measurement"] += len(found) - len(kept)
    return kept


def published() -> tuple[list[Case], list[Case]]:
    """Return the published figures of generation and of prompts."""
    catalog = load_catalog()
    generation, prompts = [], []
    for row in _read("llama_bench_published.csv"):
        tokens = int(row["tokens"])
        depth = float(row["depth"]) + tokens / 2
        need = needs(catalog.models[row["model"]], row["quant"], max(256, round(2 * depth)))
        case = Case(
            need, need.basis != "rough", _device(catalog, row["device"], 0, row["backend"]), work(need, depth), depth,
            float(row["per_second"]), prompt_tokens=2 * depth, count=int(row["count"]), source=row["source"],
        )  # fmt: skip
        (generation if row["test"] == "tg" else prompts).append(case)
    return generation, prompts


@dataclass(frozen=True)
class InRam:
    """A measurement of a model in RAM or partly in RAM, and our estimate."""

    label: str
    found: Speed
    measured: float
    partly: bool


def in_ram() -> list[InRam]:
    """Return the published speeds of models in RAM with our estimates for them."""
    catalog, found = load_catalog(), []
    for row in _read("speed_offload.csv"):
        gpus = (_device(catalog, row["card"], 0, "cuda"),) if row["card"] else ()
        context = max(256, 2 * int(row["depth"]))
        need = needs(catalog.models[row["model"]], row["quant"], context, devices=len(gpus))
        bandwidth = float(row["ram_gb_s"]) * STATED if row["ram_gb_s"] else None
        machine = Machine(gpus, 65536, 65536, row["processor"], None, bandwidth, "stated")
        placed = Plan("cpu", None, None, None)
        if row["gpu_layers"]:
            placed = Plan("partial", int(row["gpu_layers"]), None, None)
        elif row["cpu_expert_layers"]:
            placed = Plan("expert_offload", None, None, None, cpu_expert_layers=int(row["cpu_expert_layers"]))
        speed = estimate(need, placed, machine)
        assert speed is not None, row
        label = f"{row['card'] or row['processor']}: {row['model']} {row['quant']}, {placed.placement}"
        found.append(InRam(label, speed, float(row["per_second"]), bool(gpus)))
    return found


def llmfit(one: Case) -> float:
    """Return llmfit 1.1.17's estimate: bandwidth / (active parameters x bytes per parameter) x 0.55.

    llmfit-core/src/fit.rs, estimate_tps, with our bandwidths, which are better than its own; its factors for full cards
    and many experts, which lower it further, are left out.
    """
    sizes = {"F16": 2.0, "BF16": 2.0, "Q8_0": 1.0, "Q6_K": 0.75, "Q5_K_M": 0.625, "Q3_K_M": 0.375, "Q2_K": 0.25,
             "MXFP4": 0.53}  # fmt: skip
    model = one.need.model
    active = model.active_parameters or model.parameters or 2 * one.need.weights.active
    return (one.gpu.bandwidth_gb_s or 0) * 1e9 / (active * sizes.get(one.need.quant, 0.5)) * 0.55


def whichllm(one: Case) -> float:
    """Return whichllm 0.5.21's estimate.

    engine/performance.py, estimate_tok_per_sec, with our bandwidths and file sizes; the package's own function gave the
    same for all rows (2026-11-22).
    """
    shares = {"F16": 0.4, "BF16": 0.4, "Q8_0": 0.45, "Q6_K": 0.5, "Q5_K_M": 0.52, "Q5_K_S": 0.52, "Q5_0": 0.5,
              "Q4_K_M": 0.55, "Q4_K_S": 0.55, "Q4_0": 0.53, "NVFP4": 0.56, "MXFP4": 0.55, "Q3_K_M": 0.5,
              "Q3_K_L": 0.5, "Q3_K_S": 0.48, "IQ4_XS": 0.52, "IQ4_NL": 0.5, "IQ3_XXS": 0.42, "IQ2_M": 0.4,
              "IQ2_S": 0.4, "IQ2_XXS": 0.38, "IQ1_M": 0.35, "IQ1_S": 0.35}  # fmt: skip
    bandwidth, model = one.gpu.bandwidth_gb_s or 0.0, one.need.model
    read = 1.0
    if model.active_parameters and model.parameters:
        read = max(model.active_parameters / model.parameters, min(0.25, 0.05 * max(1.0, bandwidth / 256)))
    factor = {"nvidia": 1.0, "amd": 0.78, "apple": 0.82, "intel": 0.65}.get(one.gpu.vendor, 0.7)
    share = shares.get(one.need.quant, 0.45) * factor
    return bandwidth * 1e9 / (one.need.weights.total * min(1.0, read)) * share
