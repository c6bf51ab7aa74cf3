"""Strict reading of the knowledge folder's TOML: unknown keys are refused, unknown values are absent.

A model's file name is its id. Figures come from the entry's own `[sources.<key>]` tables (`ref`, `date`, and `fields`,
the names of the fields that were read there); scores stand under the key of their source: `[scores.<key>]`.
"""

import re
import tomllib
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from knowledge.schema import (
    Architecture,
    Benchmark,
    Expected,
    File,
    Licence,
    Model,
    Price,
    Problem,
    Score,
    Source,
    Variant,
)

OUTSIDE = {"id", "scores", "sources", "sourced", "user", "files", "price", "architecture", "known_issues"}
LANGUAGES = ("ja", "en")
LARGEST_NUMBER = 10**18  # a unit is wrong beyond; also keeps out infinity and not-a-number
LARGEST_SIZE = 100_000_000  # of a network's width or vocabulary
MOST_LAYERS = 10_000
UNIQUE = Expected("an id that no other entry has", "ほかの項目と重ならない ID")
T = TypeVar("T")


class EntryError(Exception):
    """An entry is malformed. Values: field (dotted), found, expected."""

    def __init__(self, field: str, found: Any, expected: Expected) -> None:
        super().__init__(f"{field}: found {found!r}, expected {expected.en}")
        self.field, self.found, self.expected = field, found, expected

    def within(self, table: str) -> "EntryError":
        """Return the same error with its field below a table."""
        return EntryError(f"{table}.{self.field}", self.found, self.expected)

    def problem(self, path: str, text: str = "") -> Problem:
        """Return it as a problem of a file; `text` is the file's content, to tell the line."""
        line = line_of(text, self.field)
        return Problem(f"{path}:{line}" if line else path, self.field, str(self.found)[:200], *self.expected)


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """Return a file's table and its text. Raises EntryError (field "file") when it cannot be read as UTF-8 TOML."""
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), text
    except (ValueError, OSError, RecursionError) as error:  # ValueError: neither UTF-8 nor TOML
        raise EntryError("file", str(error), Expected("readable UTF-8 TOML", "読み取れる UTF-8 の TOML")) from None


def read_model(path: Path, root: Path, *, user: bool = False) -> Model | Problem:
    """Return one entry, or what is wrong with it (`path` relative to `root`, with the line where it can be told)."""
    name, text = path.relative_to(root).as_posix(), ""
    try:
        table, text = read_toml(path)
        return parse_model(path.stem, table, user=user)
    except EntryError as error:
        return error.problem(name, text)


def line_of(text: str, field: str) -> int | None:
    """Return the line where a dotted field is written, else the nearest table around it; None when there is neither.

    `files[1].bytes` is in the second [[files]] table; of a syntax error (field "file") no line is known.
    """
    wanted = re.split(r"\.", field)
    best, depth = None, 0
    section: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        here = section
        if header := re.match(r"\s*\[(\[?)([^\]]+)\]", line):
            name = header[2].replace('"', "")
            if header[1]:
                seen[name] = seen.get(name, -1) + 1
                name = f"{name}[{seen[name]}]"
            section = here = name.split(".")
        elif key := re.match(r"""\s*(?:"([^"]+)"|([\w-]+))\s*=""", line):
            here = [*section, *(key[1] or key[2]).split(".")]
        else:
            continue
        shared = next((n for n, (one, other) in enumerate(zip(here, wanted, strict=False)) if one != other), None)
        shared = min(len(here), len(wanted)) if shared is None else shared
        if shared == len(here) > depth or (shared == len(wanted) > depth):
            best, depth = number, shared
    return best


def parse_model(model_id: str, table: Mapping[str, Any], *, user: bool = False) -> Model:
    """Return the entry of a TOML table. Raises EntryError naming the first field that is missing, unknown or wrong."""
    if not model_id or model_id != model_id.casefold() or any(c.isspace() for c in model_id):
        raise EntryError(
            "id", model_id, Expected("a lower-case file name without spaces", "空白のない小文字のファイル名")
        )
    rest = dict(table)
    sources, sourced = _sources(rest.pop("sources", {}))
    keys = {one.key for one in sources}
    scores = tuple(
        Score(benchmark, float(_typed(f"scores.{key}.{benchmark}", value, float)), key)
        for key, group in sorted(_table("scores", rest.pop("scores", {})).items())
        for benchmark, value in sorted(_table(f"scores.{key}", group).items())
    )
    values: dict[str, Any] = {"id": model_id, "scores": scores, "sources": sources, "sourced": sourced, "user": user}
    if "architecture" in rest:
        values["architecture"] = _record(
            Architecture, "architecture", {"arch": None} | _table("architecture", rest.pop("architecture"))
        )
        _check_shape(values["architecture"])
    if "price" in rest:
        values["price"] = _record(
            Price, "price", {"input": None, "output": None, "cached": None} | _table("price", rest.pop("price"))
        )
    listed = _list("files", rest.pop("files", []))
    values["files"] = tuple(_record(File, f"files[{n}]", one) for n, one in enumerate(listed))
    values["known_issues"] = _texts("known_issues", rest.pop("known_issues", {}))
    plain = _types(Model)
    for key, value in rest.items():
        if key not in plain or key in OUTSIDE:
            raise EntryError(key, key, _keys(set(plain) - {"id", "user", "sourced"}))
        values[key] = _typed(key, value, plain[key])
    for key in ("name", "lab", "variant", "licence", "open_weights"):
        if key not in values:
            raise EntryError(key, None, Expected("a value: the key is required", "値（必須の項目）"))
    model = Model(**values)
    _check_sources(model, keys)
    return model


def _check_shape(shape: Architecture) -> None:
    """Refuse sizes that no network has: the fit engine divides by them and counts layer by layer."""
    for name in ("layers", "hidden", "heads", "head_dim", "vocab"):
        if not 1 <= getattr(shape, name) <= LARGEST_SIZE:
            raise EntryError(f"architecture.{name}", getattr(shape, name), _range(1, LARGEST_SIZE))
    if shape.layers > MOST_LAYERS:
        raise EntryError("architecture.layers", shape.layers, _range(1, MOST_LAYERS))


def _check_sources(model: Model, keys: set[str]) -> None:
    """Refuse figures without a source and keys that name none."""
    used = [(f"scores.{s.source}.{s.benchmark}", s.source) for s in model.scores]
    used += [(f"files.{f.quant}", f.source) for f in model.files]
    if model.price:
        used.append(("price.source", model.price.source))
    for where, key in used:
        if key not in keys:
            raise EntryError(
                where, key, Expected("the key of one of the entry's [sources]", "この項目の [sources] にあるキー")
            )
    for one in (
        "released",
        "parameters",
        "active_parameters",
        "context_tokens",
        "extended_context_tokens",
        "embedding_dim",
        "languages",
        "licence",
        "architecture",
        "known_issues",
        "tool_calling",
        "thinks",
        "fine_tuning",
    ):
        if getattr(model, one) not in (None, (), {}, "unknown") and one not in model.sourced and not model.user:
            raise EntryError(
                one,
                "no source",
                Expected(
                    "the field's name in the `fields` of one of [sources]", "[sources] のどれかの `fields` にこの項目名"
                ),
            )


def _sources(table: Any) -> tuple[tuple[Source, ...], dict[str, str]]:
    sources, sourced = [], {}
    for key, one in sorted(_table("sources", table).items()):
        entry = dict(_table(f"sources.{key}", one))
        listed = _typed(f"sources.{key}.fields", entry.pop("fields", []), tuple[str, ...])
        sources.append(_record(Source, f"sources.{key}", {"key": key, **entry}))
        for field in listed:
            if field not in _types(Model) or field in {"scores", "price", "files", "id", "sources", "sourced", "user"}:
                raise EntryError(
                    f"sources.{key}.fields", field, Expected("names of the entry's own fields", "この項目にある項目名")
                )
            sourced[field] = key
    return tuple(sources), dict(sorted(sourced.items()))


def parse_licence(licence_id: str, table: Mapping[str, Any]) -> Licence:
    """Return one licence of licences.toml. Raises EntryError."""
    values = {"id": licence_id, "url": None, **table}
    for key in ("summary", "conditions"):
        values[key] = _texts(key, values.get(key, {}), complete=key == "summary")
    return _record(Licence, "", values)


def parse_benchmark(benchmark_id: str, table: Mapping[str, Any], shared: Mapping[str, Any]) -> Benchmark:
    """Return one benchmark of benchmarks.toml; `source` names one of the file's shared [sources]. Raises EntryError."""
    values = {"id": benchmark_id, "higher": True, "saturated": False, "languages": [], "categories": [], **table}
    keys = values.pop("source", [])
    keys = [keys] if isinstance(keys, str) else keys
    missing = [key for key in keys if key not in shared]
    if missing or not keys:
        raise EntryError(
            "source", missing or None, Expected("keys of the file's [sources]", "このファイルの [sources] のキー")
        )
    values["measures"] = _texts("measures", values.get("measures", {}), complete=True)
    sources = tuple(_record(Source, f"sources.{key}", {"key": key, **shared[key]}) for key in keys)
    languages = _typed("languages", values.pop("languages"), tuple[str, ...])
    return _record(Benchmark, "", {**values, "languages": list(languages), "sources": sources})


def _texts(name: str, value: Any, *, complete: bool = False) -> dict[str, str]:
    texts = {key: str(_typed(f"{name}.{key}", one, str)) for key, one in _table(name, value).items()}
    if (set(texts) - set(LANGUAGES)) or (complete and len(texts) < len(LANGUAGES)):
        raise EntryError(name, sorted(texts), Expected("texts under `ja` and `en`", "`ja` と `en` の文"))
    return texts


def _table(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise EntryError(name, value, Expected("a table", "表（テーブル）"))
    return value


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise EntryError(name, value, Expected("a list of tables", "表の並び"))
    return value


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _record(kind: Callable[..., T], name: str, table: Any) -> T:
    """Return a dataclass from a table whose keys are the dataclass's own."""
    hints, prefix = _types(kind), f"{name}." if name else ""
    values = {}
    for key, value in _table(name, table).items():
        if key not in hints:
            raise EntryError(prefix + key, key, _keys(hints))
        values[key] = value if value is None else _typed(prefix + key, value, hints[key])
    try:
        return kind(**values)
    except TypeError:
        required = {one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING}  # type: ignore[arg-type]
        missing = sorted(required - set(values))
        raise EntryError(
            name or "entry", f"without {', '.join(missing)}", Expected("all required keys", "必須のキーすべて")
        ) from None


def _typed(name: str, value: Any, kind: Any) -> Any:
    """Return the value when it is of the annotated kind (lists become tuples). Raises EntryError."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        for one in args:
            try:
                return _typed(name, value, one)
            except EntryError:
                continue
        raise EntryError(name, value, _either([_word(one) for one in args if one is not type(None)]))
    if origin is Literal:
        if value in args:
            return value
        raise EntryError(name, value, _one_of(map(str, args)))
    if origin is tuple:
        if isinstance(value, list | tuple):
            return tuple(_typed(f"{name}[{n}]", one, args[0]) for n, one in enumerate(value))
    elif origin is dict:
        if isinstance(value, dict):
            return {key: _typed(f"{name}.{key}", one, args[1]) for key, one in value.items()}
    elif kind is float:
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER:
            return float(value)
    elif kind is int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_NUMBER:
            return value
    elif isinstance(value, kind) and value != "":
        return value
    raise EntryError(name, value, _word(kind))


def _word(kind: Any) -> Expected:
    words = {
        int: Expected("a whole number, 0 or more", "0 以上の整数"),
        float: Expected("a number", "数値"),
        str: Expected("a text", "文字列"),
        bool: Expected("true or false", "true か false"),
        date: Expected("a date such as 2025-01-31", "2025-01-31 のような日付"),
    }
    if get_origin(kind) is tuple:
        element = _word(get_args(kind)[0])
        return Expected(f"a list of {element.en}", f"{element.ja}の並び")
    return words.get(kind, Expected(str(kind), str(kind)))


def _keys(known: Iterable[str]) -> Expected:
    listed = ", ".join(sorted(known))
    return Expected(f"a known key: {listed}", f"使えるキー: {listed}")


def _one_of(words: Iterable[str]) -> Expected:
    listed = ", ".join(words)
    return Expected(f"one of {listed}", f"次のどれか: {listed}")


def _either(kinds: list[Expected]) -> Expected:
    return Expected(" or ".join(one.en for one in kinds), "または".join(one.ja for one in kinds))


def _range(low: int, high: int) -> Expected:
    return Expected(f"{low:,} to {high:,}", f"{low:,} から {high:,} まで")


VARIANTS: tuple[Variant, ...] = get_args(Variant)
