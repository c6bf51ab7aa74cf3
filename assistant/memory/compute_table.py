"""What llama.cpp reserved for every shape in the catalog: its compute buffer on the processor, at many contexts.

The buffer is the peak of a graph allocator that reuses what is free, best fit first: over the context it jumps by a few
per cent up and down, which no closed formula follows. So llama.cpp was asked once per distinct shape of the catalog;
between two contexts that were asked the figure is interpolated. `python -m assistant.memory.compute_table` asks about
new shapes (with `all` about every one, some minutes) and writes the file beside this module;
tests/test_compute_table.py tells when it is out of date.
"""

import hashlib
import json
import sys
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.memory.kept import once_per_shape
from assistant.memory.layers import ENCODERS, UBATCH, pad
from knowledge.schema import Architecture

if TYPE_CHECKING:
    from assistant.memory.oracle import Oracle

FILE = Path(__file__).with_suffix(".json")
# (KV type, flash attention) each shape is asked with; q8_0 stands for every quantised type.
MODES = {"f16": ("f16", True), "quantised": ("q8_0", True), "plain": ("f16", False)}
CONTEXTS = tuple(sorted(256 * m << k for m in (2, 3) for k in range(12) if 256 * m << k <= 1 << 20))
_PRECISION = 0.01 * 2**20  # of llama.cpp's log, in bytes
_UNQUANTISED = frozenset({"f32", "f16", "bf16"})

Points = tuple[tuple[int, int], ...]  # (context in cells, bytes), where the figure changes and at both ends


def mode(kv_type: str, *, flash_attention: bool) -> str:
    """Return the key of MODES that a KV type and flash attention belong to."""
    if not flash_attention:
        return "plain"
    return "f16" if kv_type in _UNQUANTISED else "quantised"


def key(arch: Architecture) -> str:
    """Return the name of a shape: a digest of all that is stated, so that changed hyperparameters are not found."""
    stated = {one.name: getattr(arch, one.name) for one in fields(arch)}
    text = json.dumps({name: value for name, value in stated.items() if value}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def usual_ubatch(arch: Architecture, context_tokens: int) -> int:
    """Return llama.cpp's n_ubatch: 512, for encoders the whole input, which they cannot read in parts."""
    return max(UBATCH, pad(context_tokens)) if arch.arch in ENCODERS else UBATCH


def measured(arch: Architecture, cells: int, kv_type: str, *, flash_attention: bool) -> int | None:
    """Return the bytes llama.cpp reserves for a context of `cells` at the usual n_ubatch.

    None when the shape was not asked about, or not at contexts this long. Below the shortest context asked, its figure.
    """
    found = _points(arch).get(mode(kv_type, flash_attention=flash_attention))
    if not found or cells > found[-1][0]:
        return None
    at = bisect_left(found, (cells, 0))
    (high, above), (low, below) = found[at], found[max(0, at - 1)]
    if high == low or cells <= low:
        return above
    return below + (above - below) * (cells - low) // (high - low)


@once_per_shape
def _points(arch: Architecture) -> dict[str, Points]:
    return {name: tuple((c, b) for c, b in points) for name, points in _read().get(key(arch), {}).items()}


@cache
def _read() -> dict[str, dict[str, list[list[int]]]]:
    """Return the table: shape -> mode -> [[cells, bytes], ...]."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    shapes: dict[str, dict[str, list[list[int]]]] = found["shapes"]
    return shapes


def shapes() -> Iterator[tuple[str, Architecture, int]]:
    """Yield each distinct shape of the shipped catalog that llama.cpp can be asked about.

    With the id of the first model that has it and the longest context of all that have it.
    """
    from assistant.memory.weights import settle, weights
    from knowledge.catalog import load_catalog

    found: dict[str, tuple[str, Architecture, int]] = {}
    for model in load_catalog().models.values():
        arch = settle(model.architecture, model.parameters) if model.architecture else None
        if arch is None or arch.arch is None or weights(arch, "F16") is None:
            continue
        first, _, longest = found.get(key(arch), (model.id, arch, 0))
        found[key(arch)] = (first, arch, max(longest, model.context_tokens or 131_072))
    yield from found.values()


def measure(known: dict[str, Any]) -> dict[str, Any]:
    """Return the table's content: what is `known` of today's shapes, the others asked of the installed llama.cpp.

    A shape that llama.cpp refuses stands there without figures.
    """
    from assistant.memory.oracle import Oracle, llama_version

    oracle = Oracle(timeout=120)
    table: dict[str, Any] = {}
    for name, arch, longest in shapes():
        table[key(arch)] = known.get(key(arch)) or _ask(oracle, arch, longest)
        sys.stderr.write(f"{name} ({arch.arch}): {', '.join(table[key(arch)]) or 'llama.cpp cannot tell'}\n")
    oracle.close()
    return {"llama_cpp_python": llama_version(), "ubatch": UBATCH, "shapes": dict(sorted(table.items()))}


def _ask(oracle: "Oracle", arch: Architecture, longest: int) -> dict[str, list[tuple[int, int]]]:
    limit = max(pad(longest), CONTEXTS[0])
    asked = [context for context in CONTEXTS if context <= limit]
    asked += [limit] if asked[-1] < limit <= CONTEXTS[-1] else []
    modes: dict[str, list[tuple[int, int]]] = {}
    for label, (kv_type, flash) in MODES.items():
        points = []
        for context in asked:
            ubatch = usual_ubatch(arch, context)
            found = oracle.buffers(arch, context, kv_type, ubatch=ubatch, flash_attention=flash)
            if found is not None:
                points.append((context, found.compute))
        if points:
            modes[label] = _turns(points)
    return modes


def _turns(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the points without those that a straight line between their neighbours gives to llama.cpp's precision."""
    kept = points[:1]
    for middle, (context, size) in pairwise(points[1:]):
        (start, below), step = kept[-1], middle[0] - kept[-1][0]
        line = below + (size - below) * step / (context - start)
        if abs(line - middle[1]) > _PRECISION:
            kept.append(middle)
    return kept + points[1:][-1:]


def main(words: list[str]) -> None:
    """Ask llama.cpp about every shape that is not in the file yet, with "all" about every one, and write the file."""
    from assistant.memory.oracle import llama_version

    current = f'"{llama_version()}"' in FILE.read_text(encoding="utf-8")[:100]
    found = measure(_read() if current and "all" not in words else {})
    lines = [
        f"{json.dumps(name)}:{json.dumps(modes, separators=(',', ':'))}" for name, modes in found["shapes"].items()
    ]
    head = json.dumps({name: value for name, value in found.items() if name != "shapes"})
    FILE.write_text(f'{head[:-1]}, "shapes": {{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
