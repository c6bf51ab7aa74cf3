"""Dataclasses as plain JSON and back: the compiled catalog in the user's cache folder.

JSON and not pickle: a cache may be written by others, and reading it can give wrong values at worst, never run code.
A file that cannot be read, is damaged or is out of date only costs the time of parsing again.
"""

import gc
import hashlib
import json
import os
import types
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from knowledge.schema import Source

Decoder = Callable[[Any], Any]
T = TypeVar("T")
FORMAT = 5


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


def packed(rows: Mapping[str, Any]) -> dict[str, str]:
    """Return encoded records each as a text of its own, which is not parsed before the record is asked for."""
    return {key: json.dumps(row, ensure_ascii=False, separators=(",", ":")) for key, row in rows.items()}


class Records(Mapping[str, T], Generic[T]):
    """Packed records by key, in the order of the keys, each parsed and decoded when it is first asked for.

    Most answers touch a handful of the catalog's models; decoding all of them is most of a cold start.
    """

    def __init__(self, kind: type[T], rows: Mapping[str, str], ready: Mapping[str, T] | None = None) -> None:
        """`rows` are records as `packed` leaves them; `ready` are decoded ones, which win over rows of their key.

        Raises ValueError when a row is no text.
        """
        if not all(isinstance(row, str) for row in rows.values()):
            raise ValueError(f"a packed {kind.__name__} is a text")
        self._decode = decoder(cast(Hashable, kind))
        self._kind = kind
        self._rows = rows
        self._ready = dict(ready or {})
        self._keys = dict.fromkeys(sorted({*rows, *self._ready}))

    def __getitem__(self, key: str) -> T:
        found = self._ready.get(key)
        if found is None:
            row = json.loads(self._rows[key])
            found = self._ready[key] = self._decode(row) if self._decode else row
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def overlaid(self, own: Mapping[str, T]) -> "Records[T]":
        """Return these records with `own` put over them."""
        return Records(self._kind, self._rows, {**self._ready, **own})


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
        digest, _, content = path.read_bytes().partition(b"\n")
        if digest == _digest(content):
            return json.loads(content)
    return None


def _digest(content: bytes) -> bytes:
    """Return what a compiled file starts with: records are decoded late, so damage must be seen at once."""
    return hashlib.blake2b(content, digest_size=16).hexdigest().encode()


def write(path: Path | None, content: Any, *, keep: int = 3) -> None:
    """Write beside and rename, so that a reader sees all or nothing; of more than `keep` states the oldest go."""
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        part.write_bytes(_digest(text) + b"\n" + text)
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
