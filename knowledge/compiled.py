"""Dataclasses as plain JSON and back: the compiled catalog in the user's cache folder.

JSON and not pickle: a cache may be written by others, and reading it can give wrong values at worst, never run code.
A file that cannot be read, is damaged or is out of date only costs the time of parsing again.
"""

import gc
import hashlib
import json
import os
import types
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from knowledge.schema import Source

Decoder = Callable[[Any], Any]
FORMAT = 3


def encode(value: Any) -> Any:
    """Return a value as JSON can hold it: dataclasses and tuples as lists in field order, dates as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return [encode(getattr(value, one.name)) for one in fields(value)]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [encode(one) for one in value]
    if isinstance(value, dict):
        return {key: encode(one) for key, one in value.items()}
    return value


@cache
def decoder(kind: Any) -> Decoder | None:
    """Return the function that turns the JSON form back into `kind`, None when they are the same."""
    origin, args = get_origin(kind), get_args(kind)
    if kind is date:
        return cache(date.fromisoformat)
    if origin is tuple:
        element = decoder(args[0])
        return tuple if element is None else partial(_each, element)
    if origin in (Union, types.UnionType):
        inner = next((found for one in args if one is not type(None) and (found := decoder(one))), None)
        if inner is None:
            return None
        if inner is tuple:
            return lambda value: tuple(value) if isinstance(value, list) else value
        return lambda value: None if value is None else inner(value)
    if isinstance(kind, type) and is_dataclass(kind):
        return _record_decoder(kind)
    return None


def _each(step: Decoder, value: list[Any]) -> tuple[Any, ...]:
    return tuple(map(step, value))


def _record_decoder(kind: Callable[..., Any]) -> Decoder:
    hints = get_type_hints(kind)
    steps = [(n, found) for n, one in enumerate(fields(kind)) if (found := decoder(hints[one.name]))]  # type: ignore[arg-type]
    if kind is Source:  # the same few sources stand in a thousand entries: one object each
        shared = cache(lambda key, ref, when: Source(key, ref, date.fromisoformat(when)))
        return lambda row: shared(*row)
    if not steps:
        return lambda row: kind(*row)

    def decode(row: list[Any]) -> Any:
        for n, step in steps:
            row[n] = step(row[n])
        return kind(*row)

    return decode


def stamp(paths: Iterable[tuple[str, int, int]], *kinds: type) -> str:
    """Return the key of a state of files, (path, time in ns, size) each, and of the shape of the dataclasses."""
    shape = [(one.__name__, [field.name for field in fields(one)]) for one in kinds]
    return hashlib.sha256(repr((FORMAT, shape, list(paths))).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def cache_file(name: str) -> Path | None:
    """Return where a compiled file is kept in the user's cache folder; None when there is no home to keep it in."""
    try:
        from platformdirs import user_cache_path

        return user_cache_path("mekiki", appauthor=False) / "catalog" / name
    except (OSError, RuntimeError, KeyError):
        return None


def read(path: Path | None) -> Any:
    """Return a compiled file's content, None when there is none that can be read."""
    if path is None:
        return None
    with suppress(OSError, ValueError, RecursionError):
        return json.loads(path.read_text(encoding="utf-8"))
    return None


def write(path: Path | None, content: Any, *, keep: int = 3) -> None:
    """Write beside and rename, so that a reader sees all or nothing; of more than `keep` states the oldest go."""
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        part.replace(path)
        older = sorted(path.parent.glob(path.name.split("-")[0] + "-*.json"), key=lambda one: -one.stat().st_mtime_ns)
        for old in older[keep:]:
            old.unlink(missing_ok=True)


class paused_collector:
    """Stop the cycle collector while thousands of small objects are made: none of them is garbage."""

    def __enter__(self) -> None:
        self.was = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self.was:
            gc.enable()
