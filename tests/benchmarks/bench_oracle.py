"""What llama.cpp can be asked about, and how long one answer takes."""

import statistics
import tempfile
import time
from pathlib import Path

from assistant.memory.blueprints.table import LEFT_OUT
from assistant.memory.blueprints.tensors import BLUEPRINTS
from assistant.memory.compute.survey import shapes
from assistant.memory.files import gguf_header
from assistant.memory.oracle import Oracle
from assistant.memory.weights import settle, weights
from knowledge.catalog import load_catalog
from knowledge.schema import Architecture
from tests.benchmarks.row import Row

EVERY = 4  # of the catalog's shapes, one in so many is timed


def run() -> list[Row]:
    """Return coverage, and milliseconds per answer on catalog shapes."""
    return [*coverage(), *speed()]


def coverage() -> list[Row]:
    """Return how many architectures and catalog entries llama.cpp can be asked about, and why not the others."""
    reasons: dict[str, list[str]] = {}
    for name, reason in LEFT_OUT.items():
        reasons.setdefault(reason["en"], []).append(name)
    why = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in sorted(reasons.items()))
    known = [model for model in load_catalog().models.values() if model.architecture is not None]
    settled = [settle(model.architecture, model.parameters) for model in known if model.architecture is not None]
    covered = sum(arch.arch is not None and weights(arch, "F16") is not None for arch in settled)
    return [
        Row("llama.cpp architectures covered", f"{len(BLUEPRINTS)} of {len(BLUEPRINTS) + len(LEFT_OUT)}", "", why),
        Row("catalog entries covered", f"{covered} of {len(known)}", "", "of those with known hyperparameters"),
    ]


def speed() -> list[Row]:
    """Return the time of the first answer about a model, of the next, and of one about a file of its own."""
    first, warm, worked, own = [], [], [], []
    oracle = Oracle(timeout=60)
    chosen = [arch for _, arch, longest in shapes() if longest >= 8192][::EVERY]
    oracle.buffers(chosen[0], 512)
    with tempfile.TemporaryDirectory() as folder:
        for number, arch in enumerate(chosen):
            first.append(timed(oracle, arch, 4096))
            before = processor(oracle)
            warm.append(timed(oracle, arch, 8192))
            worked.append(processor(oracle) - before)
            path = Path(folder) / f"{number}.gguf"
            gguf_header.write(arch, path)
            start = time.perf_counter()
            oracle.buffers(path, 4096)
            own.append((time.perf_counter() - start) * 1e3)
            path.unlink()
    oracle.close()
    how = f"{len(chosen)} catalog shapes; 90 % under {{:.0f}} ms"
    return [
        Row("one answer about a model asked about before", statistics.median(warm), "ms", how.format(top(warm))),
        Row("its processor time inside llama.cpp's process", statistics.median(worked), "ms", how.format(top(worked))),
        Row("first answer about a model", statistics.median(first), "ms", how.format(top(first))),
        Row("first answer about a GGUF file (no tokenizer)", statistics.median(own), "ms", how.format(top(own))),
    ]


def timed(oracle: Oracle, arch: Architecture, context: int) -> float:
    """Return the milliseconds of one answer."""
    start = time.perf_counter()
    oracle.buffers(arch, context)
    return (time.perf_counter() - start) * 1e3


def processor(oracle: Oracle) -> float:
    """Return the processor milliseconds of the oracle's process so far; nan where the system does not tell."""
    process = oracle._process
    tasks = Path(f"/proc/{process.pid if process else 0}/task")
    times = [int((task / "schedstat").read_text().split()[0]) for task in tasks.glob("*")]
    return sum(times) / 1e6 if times else float("nan")


def top(values: list[float]) -> float:
    """Return what nine of ten stay under."""
    return sorted(values)[int(0.9 * len(values))]
