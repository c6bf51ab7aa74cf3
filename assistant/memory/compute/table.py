"""What llama.cpp reserved for every shape in the catalog: its compute buffer on the processor, at many contexts.

The buffer is the peak of a graph allocator that reuses what is free, best fit first: over the context it jumps by a few
per cent up and down, which no closed formula follows. So llama.cpp was asked once per distinct shape of the catalog;
between two contexts that were asked the figure is interpolated. `python -m assistant.memory.compute.survey` asks about
new shapes (with `all` about every one, some minutes) and writes the file beside this module;
tests/test_compute_table.py tells when it is out of date.
"""

import hashlib
import json
from bisect import bisect_left
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from assistant.memory.kept import once_per_shape
from assistant.memory.layers import ENCODERS, UBATCH, pad
from knowledge.schema import Architecture

FILE = Path(__file__).with_suffix(".json")
# (KV type, flash attention) each shape is asked with; q8_0 stands for every quantised type.
MODES = {"f16": ("f16", True), "quantised": ("q8_0", True), "plain": ("f16", False)}
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
    return {name: tuple((c, b) for c, b in points) for name, points in read().get(key(arch), {}).items()}


@cache
def read() -> dict[str, dict[str, list[list[int]]]]:
    """Return the table: shape -> mode -> [[cells, bytes], ...]."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    shapes: dict[str, dict[str, list[list[int]]]] = found["shapes"]
    return shapes
