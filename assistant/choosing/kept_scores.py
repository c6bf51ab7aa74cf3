"""The fitted scales as a file beside the code: written by `python -m assistant.choosing.fit_scores`, read at run time.

JSON with the arrays as base64 of little-endian float32 (covariances as float16 of their lower triangles): small, exact
to the byte from run to run, and read in a few milliseconds.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from assistant.choosing.factors import Fitted
from assistant.choosing.traits import TRAITS

FILE = Path(__file__).parent / "scales.json"
TRIANGLES = ("cov", "prior_cov")


@dataclass(frozen=True, eq=False)
class Kept:
    """What was fitted (kind of model -> scale), with fingerprints of the catalog and the benchmarks behind it."""

    digest: str
    benchmarks: str
    scales: Mapping[str, Fitted]


def encode(kept: Kept) -> str:
    """Return the file's text."""
    kinds = {
        name: {one.name: _packed(one.name, getattr(scale, one.name)) for one in fields(scale)}
        for name, scale in sorted(kept.scales.items())
    }
    head = {"digest": kept.digest, "benchmarks": kept.benchmarks, "traits": list(TRAITS), "kinds": kinds}
    return json.dumps(head, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def decode(text: str) -> Kept:
    """Return what `encode` wrote."""
    head = json.loads(text)
    scales = {
        name: Fitted(**{key: _unpacked(key, value) for key, value in table.items()})
        for name, table in head["kinds"].items()
    }
    return Kept(head["digest"], head["benchmarks"], scales)


@lru_cache(maxsize=1)
def shipped() -> Kept:
    """Return the scales that ship with the code."""
    return decode(FILE.read_text(encoding="utf-8"))


def _packed(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return " ".join(value) if all(" " not in one for one in value) else list(value)
    if name in TRIANGLES:
        value = value[(slice(None), *np.tril_indices(value.shape[1]))]
    kind = "<f2" if name in TRIANGLES else "<f4"
    return [list(value.shape), base64.b64encode(value.astype(kind).tobytes()).decode("ascii")]


def _unpacked(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return tuple(value.split())
    if not value or isinstance(value[0], str):
        return tuple(value)
    shape, text = value
    flat = np.frombuffer(base64.b64decode(text), dtype="<f2" if name in TRIANGLES else "<f4")
    rows = flat.astype(np.float64).reshape(shape)
    if name not in TRIANGLES:
        return rows
    side = round(((8 * shape[1] + 1) ** 0.5 - 1) / 2)
    full = np.zeros((shape[0], side, side))
    lower = np.tril_indices(side)
    full[(slice(None), *lower)] = rows
    full[(slice(None), lower[1], lower[0])] = rows
    return full
