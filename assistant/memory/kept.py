"""Results kept per Architecture object, for arithmetic that ranking repeats for a thousand models."""

from collections.abc import Callable, Hashable
from dataclasses import fields
from functools import wraps
from typing import TypeVar

from knowledge.schema import Architecture

T = TypeVar("T")
AT_MOST = 4096  # more than the shipped catalog's shapes
_shapes: dict[Hashable, Architecture] = {}


def once_per_shape(function: Callable[[Architecture], T]) -> Callable[[Architecture], T]:
    """Return `function`, computing once per Architecture object.

    By identity, because an Architecture holds a dict and cannot be hashed; the object is kept with its result, so that
    its identity is not given to another one.
    """
    found: dict[int, tuple[Architecture, T]] = {}

    @wraps(function)
    def kept(arch: Architecture) -> T:
        one = found.get(id(arch))
        if one is None:
            if len(found) >= AT_MOST:
                found.clear()
            one = found[id(arch)] = (arch, function(arch))
        return one[1]

    return kept


def shared(arch: Architecture) -> Architecture:
    """Return the first object that equals `arch`."""
    if len(_shapes) >= AT_MOST:
        _shapes.clear()
    stated = tuple(getattr(arch, one.name) for one in fields(arch) if one.name != "extra")
    return _shapes.setdefault((*stated, *sorted(arch.extra.items())), arch)
