"""Ask llama.cpp for the compute buffer of every shape in the catalog, and write the table of them.

`python -m assistant.memory.compute.survey` asks about shapes that are not in the table yet, with `all` about every one
(some minutes).
"""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from assistant.memory.compute.table import FILE, MODES, key, read, usual_ubatch
from assistant.memory.layers import UBATCH, pad
from assistant.memory.oracle import Oracle, llama_version
from assistant.memory.weights import settle, weights
from knowledge.catalog import load_catalog
from knowledge.schema import Architecture

CONTEXTS = tuple(sorted(256 * m << k for m in (2, 3) for k in range(12) if 256 * m << k <= 1 << 20))
_PRECISION = 0.01 * 2**20  # of llama.cpp's log, in bytes


def shapes() -> Iterator[tuple[str, Architecture, int]]:
    """Yield each distinct shape of the shipped catalog that llama.cpp can be asked about.

    With the id of the first model that has it and the longest context of all that have it.
    """
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
    oracle = Oracle(timeout=120)
    table: dict[str, Any] = {}
    for name, arch, longest in shapes():
        table[key(arch)] = known.get(key(arch)) or _ask(oracle, arch, longest)
        sys.stderr.write(f"{name} ({arch.arch}): {', '.join(table[key(arch)]) or 'llama.cpp cannot tell'}\n")
    oracle.close()
    return {"llama_cpp_python": llama_version(), "ubatch": UBATCH, "shapes": dict(sorted(table.items()))}


def _ask(oracle: Oracle, arch: Architecture, longest: int) -> dict[str, list[tuple[int, int]]]:
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
    current = f'"{llama_version()}"' in FILE.read_text(encoding="utf-8")[:100]
    found = measure(read() if current and "all" not in words else {})
    lines = [
        f"{json.dumps(name)}:{json.dumps(modes, separators=(',', ':'))}" for name, modes in found["shapes"].items()
    ]
    head = json.dumps({name: value for name, value in found.items() if name != "shapes"})
    FILE.write_text(f'{head[:-1]}, "shapes": {{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
