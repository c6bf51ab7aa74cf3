"""Compare the fit engine's formula with llama.cpp itself over every catalog entry with known hyperparameters.

Sizes and caches count as equal to llama.cpp's printing precision (0.01 MiB per line of its log). The compute buffer is
compared at the contexts people ask for, and at contexts that nobody asked about when the table was made.
"""

import collections
import statistics
import time
from dataclasses import dataclass, field

import numpy as np

from assistant.memory import batch
from assistant.memory.compute.buffer import compute_buffer
from assistant.memory.compute.cpu import formula
from assistant.memory.compute.survey import shapes
from assistant.memory.compute.table import key, usual_ubatch
from assistant.memory.layers import cache_shape, pad
from assistant.memory.oracle import Oracle
from assistant.memory.quants import QUANTS as ALL_QUANTS
from assistant.memory.weights import settle, weights
from knowledge.catalog import load_catalog
from knowledge.schema import Architecture
from tests.benchmarks.row import Row

QUANTS = ("Q8_0", "Q4_K_M", "IQ4_XS", "Q2_K")
CONTEXTS = (4096, 32_768, 131_072)  # or the model's own maximum
BETWEEN = (5120, 20_480, 50_176, 100_096)  # not among those the table was made of
MODES = (("f16", True), ("q8_0", True), ("f16", False))
MIB = 2**20


@dataclass
class Found:
    """What was compared: equal sizes, equal caches, and formula / llama.cpp for compute buffers."""

    sizes: list[bool] = field(default_factory=list)
    caches: list[bool] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    between: list[float] = field(default_factory=list)
    formula: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def run() -> list[Row]:
    """Return how far the formula and llama.cpp agree; disagreements are printed."""
    oracle = Oracle(timeout=60)
    found = Found()
    names: collections.Counter[str] = collections.Counter()
    compared = set()
    for name, arch, longest in shapes():
        if not compare_sizes(oracle, name, arch, found):
            continue
        compare_buffers(oracle, name, arch, longest, found)
        names[arch.arch or ""] += 1
        compared.add(key(arch))
    entries, left_out = coverage(compared)
    rows = [
        Row("catalog entries compared with llama.cpp", float(entries), "", f"{len(compared)} distinct shapes"),
        Row("llama.cpp architectures among them", float(len(names)), "", ", ".join(sorted(names))),
        Row("entries with hyperparameters not compared", float(sum(left_out.values())), "", str(dict(left_out))),
        Row("file sizes equal to llama.cpp's", share(found.sizes), "", " ".join(QUANTS)),
        Row("KV caches equal to llama.cpp's", share(found.caches), "", "4k, 32k, 128k x f16, q8_0, f16 without FA"),
        ratios("CPU compute buffer / llama.cpp, 4k, 32k, 128k", found.asked),
        ratios("CPU compute buffer / llama.cpp, contexts between those measured", found.between),
        ratios("CPU compute buffer / llama.cpp, formula alone (shapes not in the catalog)", found.formula),
    ]
    rows += [oracle_time(oracle), batch_time()]
    oracle.close()
    return rows


def coverage(compared: set[str]) -> tuple[int, collections.Counter[str]]:
    """Return how many catalog entries have a compared shape, and what the others with hyperparameters lack."""
    entries, left_out = 0, collections.Counter[str]()
    for model in load_catalog().models.values():
        if model.architecture is None:
            continue
        arch = settle(model.architecture, model.parameters)
        if key(arch) in compared:
            entries += 1
        else:
            left_out[arch.arch or "architecture name unknown"] += 1
    return entries, left_out


def share(equal: list[bool]) -> str:
    """Return "n of m"."""
    return f"{sum(equal)} of {len(equal)}"


def ratios(what: str, found: list[float]) -> Row:
    """Return the median, with how many are within the aim of 0 to 2 % above, and the extremes."""
    found.sort()
    aim = sum(0.9999 <= one <= 1.02 for one in found) / len(found)
    below = sum(one < 0.9999 for one in found) / len(found)
    how = f"{aim:.1%} of {len(found)} in 1.00 to 1.02, {below:.1%} below; {found[0]:.3f} to {found[-1]:.3f}"
    return Row(what, f"{statistics.median(found):.3f}", "", how)


def compare_sizes(oracle: Oracle, name: str, arch: Architecture, found: Found) -> bool:
    """Compare the sizes in every quantisation; False when llama.cpp refuses the shape."""
    for quant in QUANTS:
        asked, mine = oracle.size(arch, quant), weights(arch, quant)
        if asked is None or mine is None:
            print(f"  refused {name} {arch.arch}")
            return False
        found.sizes.append(abs(asked - mine.total) < 0.0051 * MIB)
        if not found.sizes[-1]:
            print(f"  size {name} {arch.arch} {quant}: {asked / MIB:.2f}, formula {mine.total / MIB:.2f} MiB")
    return True


def compare_buffers(oracle: Oracle, name: str, arch: Architecture, longest: int, found: Found) -> None:
    """Compare caches and compute buffers at every setting that the model has the context for."""
    for kv_type, flash in MODES:
        for context in sorted({min(one, pad(longest)) for one in CONTEXTS + BETWEEN}):
            ubatch = usual_ubatch(arch, context)
            buffers = oracle.buffers(arch, context, kv_type, ubatch=ubatch, flash_attention=flash)
            if buffers is None:
                continue
            compute = compute_buffer(arch, context, kv_type, ubatch=ubatch, flash_attention=flash, devices=0)
            if context in BETWEEN:
                found.between.append(compute / buffers.compute)
                continue
            found.asked.append(compute / buffers.compute)
            found.formula.append(formula(arch, context, ubatch, flash_attention=flash) / buffers.compute)
            shape = cache_shape(arch)
            cache = shape.cache_bytes(context, kv_type, ubatch=ubatch, flash_attention=flash)
            found.caches.append(abs(cache - buffers.cache) < 0.03 * MIB)
            if not found.caches[-1]:
                print(
                    f"  cache {name} {arch.arch} {context} {kv_type}: {buffers.cache / MIB:.2f}, {cache / MIB:.2f} MiB"
                )


def oracle_time(oracle: Oracle) -> Row:
    """Return the time of an answer llama.cpp gives about a context it was not asked about, its header being there."""
    arch = next(arch for _, arch, _ in shapes() if arch.arch == "qwen3")
    times = []
    for step in range(21):
        began = time.perf_counter()
        oracle.buffers(arch, 8192 + 256 * step)
        times.append((time.perf_counter() - began) * 1000)
    return Row("llama.cpp's answer for a context, warm", round(statistics.median(times[1:]), 1), "ms", "median of 20")


def batch_time() -> Row:
    """Return the time of the formula for 1,000 models in 20 quantisations at a context not asked before."""
    models = [model for model in load_catalog().models.values() if model.open_weights and model.parameters][:1000]
    table = batch.table(models, tuple(ALL_QUANTS)[:20])
    batch.totals(table, np.full(len(models), 8192))
    times = []
    for step in range(5):
        began = time.perf_counter()
        batch.totals(table, np.full(len(models), 16_384 + 256 * step))
        times.append((time.perf_counter() - began) * 1000)
    how = f"{len(models)} models x {len(table.quants)} quantisations, median of 5 contexts"
    return Row("formula for 1,000 models x 20 quantisations", round(statistics.median(times), 1), "ms", how)
