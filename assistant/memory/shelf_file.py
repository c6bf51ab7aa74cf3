"""The shelf in the user's cache folder: making it takes half a second, reading it some milliseconds.

Beside the compiled catalog and in its format (knowledge.compiled): a file that is absent, damaged or out of date only
costs the time of making the shelf again, a folder that cannot be written costs it every time.
"""

import base64
from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.memory.batch import Cells, Shapes
from assistant.memory.kept import shared
from assistant.memory.shelf import Shelf, make_shelf
from knowledge import compiled
from knowledge.catalog import Catalog
from knowledge.schema import Architecture


@lru_cache(maxsize=4)
def shelf(catalog: Catalog, names: tuple[str, ...] | None = None) -> Shelf:
    """Return a catalog's models by id in the quantisations of `fit.ladder`, or in `names` (keys of QUANTS) alone.

    The latest catalogs' are kept in memory, the first kind on disk too.
    """
    return make_shelf(catalog, names) if names else kept(catalog, make_shelf)


def kept(catalog: Catalog, make: Callable[[Catalog], Shelf]) -> Shelf:
    """Return a catalog's shelf as it was kept, else as `make` makes it; only one whose entries are files is kept."""
    if not isinstance(catalog.models, compiled.Records):
        return make(catalog)
    path = compiled.cache_file(f"shelf-{_state(catalog)}.json")
    found = decode(compiled.read(path))
    if found is None:
        found = make(catalog)
        compiled.write(path, encode(found))
    return found


def _state(catalog: Catalog) -> str:
    """Return the key of a state of the catalog and of the modules that the shelf's figures come from."""
    code = [(one.name, one.stat()) for one in sorted(Path(__file__).parent.rglob("*.py"))]
    files = [(name, state.st_mtime_ns, state.st_size) for name, state in code]
    return compiled.stamp([(catalog.stamp, 0, 0), *files], Shelf, Cells, Architecture)


def encode(one: Shelf) -> dict[str, Any]:
    """Return a shelf as JSON can hold it: arrays as base64, each distinct set of hyperparameters once."""
    distinct = {id(arch): arch for arch in (None, *one.buffers.archs)}
    places = {key: place for place, key in enumerate(distinct)}
    arrays = {name: value for name, value in _values(one).items() if isinstance(value, np.ndarray)}
    return {
        "quants": one.quants,
        "arrays": {name: _packed(value) for name, value in arrays.items()},
        "cells": [{name: _packed(value) for name, value in _values(cells).items()} for cells in one.cells],
        "archs": compiled.encode(list(distinct.values())[1:]),
        "arch": [places[id(arch)] for arch in one.buffers.archs],
        "rough": _packed(one.buffers.rough),
    }


def decode(content: Any) -> Shelf | None:
    """Return what `encode` told, None when it is nothing of the kind."""
    read = compiled.decoder(Architecture)
    assert read is not None  # a dataclass
    try:
        archs = [None, *(shared(read(row)) for row in content["archs"])]
        wide, small = (Cells(**{name: _unpacked(one) for name, one in cells.items()}) for cells in content["cells"])
        return Shelf(
            quants=tuple(content["quants"]),
            buffers=Shapes(tuple(archs[at] for at in content["arch"]), _unpacked(content["rough"])),
            cells=(wide, small),
            **{name: _unpacked(one) for name, one in content["arrays"].items()},
        )
    except (TypeError, ValueError, AttributeError, IndexError, KeyError):
        return None


def _values(holder: Any) -> dict[str, Any]:
    return {one.name: getattr(holder, one.name) for one in fields(holder)}


def _packed(array: NDArray[Any]) -> list[Any]:
    """Return type, shape and bytes of an array, of a table one column after the other."""
    return [array.dtype.str, array.shape, base64.b64encode(array.tobytes(order="F")).decode("ascii")]


def _unpacked(packed: list[Any]) -> NDArray[Any]:
    kind, shape, text = packed
    return np.frombuffer(base64.b64decode(text), dtype=kind).reshape(shape, order="F")
