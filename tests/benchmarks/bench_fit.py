"""Compare the fit engine's formula with llama.cpp itself over every catalog entry with known hyperparameters.

Counts what agrees to llama.cpp's printing precision (0.01 MiB) and gives the ratio of compute buffers.
"""

import collections
import json
import statistics
from dataclasses import asdict

from assistant.memory.compute import compute_buffer
from assistant.memory.layers import cache_shape
from assistant.memory.oracle import Oracle
from assistant.memory.weights import settle, weights
from knowledge.catalog import load_catalog
from knowledge.schema import Architecture
from tests.benchmarks.row import Row

QUANTS = ("Q8_0", "Q4_K_M", "IQ4_XS", "Q2_K")
SETTINGS = ((4096, "f16", True), (32768, "q8_0", True), (32768, "f16", False))
MIB = 2**20
MOST = 10_000


def architectures(limit: int) -> tuple[dict[str, Architecture], collections.Counter[str]]:
    """Return one model id per distinct set of hyperparameters, and what is left out by architecture."""
    found: dict[str, Architecture] = {}
    seen: set[str] = set()
    left_out: collections.Counter[str] = collections.Counter()
    for model in load_catalog().models.values():
        if model.architecture is None:
            continue
        arch = settle(model.architecture, model.parameters)
        if arch.arch is None or weights(arch, "F16") is None:
            left_out[arch.arch or "architecture name unknown"] += 1
            continue
        key = json.dumps(asdict(arch), sort_keys=True)
        if key not in seen and len(found) < limit:
            seen.add(key)
            found[model.id] = arch
    return found, left_out


def run() -> list[Row]:
    """Return how far the formula and llama.cpp agree; disagreements are printed."""
    found, left_out = architectures(MOST)
    oracle = Oracle(timeout=60)
    sizes: list[bool] = []
    caches: list[bool] = []
    ratios: list[float] = []
    for name, arch in found.items():
        sizes += compare_sizes(oracle, name, arch)
        for context, kv_type, flash in SETTINGS:
            buffers = oracle.buffers(arch, context, kv_type, flash_attention=flash)
            if buffers is None:
                continue
            cache = cache_shape(arch).cache_bytes(context, kv_type, flash_attention=flash)
            caches.append(abs(cache - buffers.cache) < 0.03 * MIB)
            if not caches[-1]:
                print(
                    f"  cache {name} {arch.arch} {context} {kv_type}: {buffers.cache / MIB:.2f}, {cache / MIB:.2f} MiB"
                )
            ratios.append(compute_buffer(arch, context, flash_attention=flash, devices=0) / buffers.compute)
    oracle.close()
    ratios.sort()
    low, high = ratios[len(ratios) // 20], ratios[-len(ratios) // 20]
    how = "distinct catalog shapes x " + ", ".join(QUANTS)
    return [
        Row(
            "catalog shapes compared with llama.cpp",
            float(len(found)),
            "",
            f"{len(architectures_of(found))} architectures",
        ),
        Row("file sizes equal to llama.cpp's (0.01 MiB)", f"{sum(sizes)} of {len(sizes)}", "", how),
        Row(
            "KV caches equal to llama.cpp's (0.03 MiB)",
            f"{sum(caches)} of {len(caches)}",
            "",
            "4k f16, 32k q8_0, 32k f16 without FA",
        ),
        Row(
            "CPU compute buffer, formula / llama.cpp",
            f"{statistics.median(ratios):.3f}",
            "",
            f"90 % in {low:.3f} to {high:.3f}",
        ),
        Row(
            "entries with hyperparameters not covered",
            float(sum(left_out.values())),
            "",
            str(dict(left_out.most_common(8))),
        ),
    ]


def architectures_of(found: dict[str, Architecture]) -> list[str]:
    """Return the llama.cpp architecture names among the shapes."""
    return sorted({arch.arch or "" for arch in found.values()})


def compare_sizes(oracle: Oracle, name: str, arch: Architecture) -> list[bool]:
    """Return per quantisation whether both sizes are equal; empty when llama.cpp refuses the shape."""
    equal = []
    for quant in QUANTS:
        asked, mine = oracle.size(arch, quant), weights(arch, quant)
        if asked is None or mine is None:
            print(f"  refused {name} {arch.arch}")
            return []
        equal.append(abs(asked - mine.total) < 0.0051 * MIB)
        if not equal[-1]:
            print(f"  size {name} {arch.arch} {quant}: {asked / MIB:.2f}, formula {mine.total / MIB:.2f} MiB")
    return equal
