"""Compare the fit engine's formula with llama.cpp itself over every catalog entry with known hyperparameters.

    python -m tests.benchmarks.fit_against_llama_cpp [--limit N]

Prints what agrees to llama.cpp's printing precision (0.01 MiB), the ratio of compute buffers, and what is not covered.
"""

import argparse
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

QUANTS = ("Q8_0", "Q4_K_M", "IQ4_XS", "Q2_K")
MIB = 2**20


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


def main() -> None:
    """Run the comparison and print its table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int, default=10_000)
    found, left_out = architectures(parser.parse_args().limit)
    oracle = Oracle(timeout=60)
    sizes = caches = size_ok = cache_ok = refused = 0
    ratios: list[float] = []
    for name, arch in found.items():
        for quant in QUANTS:
            asked, mine = oracle.size(arch, quant), weights(arch, quant)
            if asked is None or mine is None:
                refused += 1
                print(f"refused  {name} {arch.arch}")
                break
            sizes += 1
            size_ok += abs(asked - mine.total) < 0.0051 * MIB
            if abs(asked - mine.total) >= 0.0051 * MIB:
                print(
                    f"size     {name} {arch.arch} {quant}: {asked / MIB:.2f}, formula {mine.total / MIB:.2f} MiB"
                )
        for context, kv_type, flash in ((4096, "f16", True), (32768, "q8_0", True), (32768, "f16", False)):
            buffers = oracle.buffers(arch, context, kv_type, flash_attention=flash)
            if buffers is None:
                continue
            cache = cache_shape(arch).cache_bytes(context, kv_type, flash_attention=flash)
            caches += 1
            cache_ok += abs(cache - buffers.cache) < 0.03 * MIB
            if abs(cache - buffers.cache) >= 0.03 * MIB:
                print(
                    f"cache    {name} {arch.arch} {context} {kv_type}: {buffers.cache / MIB:.2f}, {cache / MIB:.2f} MiB"
                )
            ratios.append(compute_buffer(arch, context, flash_attention=flash, devices=0) / buffers.compute)
    oracle.close()
    names = sorted({arch.arch or "" for arch in found.values()})
    print(f"{len(found)} distinct models, {len(names)} architectures: {', '.join(names)}")
    print(f"file sizes equal: {size_ok} of {sizes}; KV caches equal: {cache_ok} of {caches}; refused: {refused}")
    ratios.sort()
    low, high = ratios[len(ratios) // 20], ratios[-len(ratios) // 20]
    print(f"compute buffer, formula / llama.cpp: median {statistics.median(ratios):.3f}, 90 % in {low:.3f}..{high:.3f}")
    print("not covered:", dict(left_out.most_common()))


if __name__ == "__main__":
    main()
