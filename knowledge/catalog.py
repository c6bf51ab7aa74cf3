"""The catalog: everything that is known, loaded once. The only reader of the entries.

The shipped entries are parsed once and kept as plain JSON in the user's cache folder, under a key made of every file's
name, size and time: a changed file makes a new cache, a folder that cannot be written only costs the next start time.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from knowledge.schema import Architecture, Benchmark, File, Gpu, Licence, Model, Price, Problem, Score, Source, Term
from knowledge.toml_schema import EntryError, parse_benchmark, parse_licence, read_model, read_toml

FORMAT = 1  # of the compiled cache
MODEL_FIELDS = tuple(one.name for one in fields(Model))
SCHEMA = hashlib.sha256(repr((FORMAT, MODEL_FIELDS, [f.name for f in fields(Architecture)])).encode()).hexdigest()


@dataclass(frozen=True)
class Catalog:
    """What is known. Models are sorted by id; `problems` are the entries that were left out."""

    models: dict[str, Model]
    gpus: dict[str, Gpu]
    licences: dict[str, Licence]
    benchmarks: dict[str, Benchmark]
    tasks: dict[str, dict[str, float]]
    glossary: tuple[Term, ...]
    problems: tuple[Problem, ...]

    def __hash__(self) -> int:
        return id(self)


def load_catalog(user_folder: Path | None = None) -> Catalog:
    """Return the shipped catalog overlaid with `user_folder`/models/**/*.toml; the user's entry wins over a shipped id.

    Malformed entries are in `problems`, the rest is loaded. One catalog per folder and state of its files is kept.
    """
    folder = user_folder / "models" if user_folder else None
    stamp = _stamp(_entries(folder)) if folder else ""
    return _load(folder, stamp)


@lru_cache(maxsize=4)
def _load(user: Path | None, stamp: str) -> Catalog:
    from knowledge.glossary import load_glossary
    from knowledge.gpu_table import load_gpus

    shipped = Path(str(files("knowledge")))
    models, problems = load_models(shipped / "models")
    if user and user.is_dir():
        own, wrong = load_models(user, user=True, cached=False)
        models, problems = models | own, problems + wrong
    licences, more = load_licences(shipped / "licences.toml")
    benchmarks, others = load_benchmarks(shipped / "benchmarks.toml")
    return Catalog(
        models=dict(sorted(models.items())),
        gpus=load_gpus(),
        licences=licences,
        benchmarks=benchmarks,
        tasks=load_tasks(shipped / "tasks.toml"),
        glossary=load_glossary(),
        problems=(*problems, *more, *others),
    )


def load_models(root: Path, *, user: bool = False, cached: bool = True) -> tuple[dict[str, Model], list[Problem]]:
    """Return a folder's entries by id and the entries left out, from the compiled cache when it is up to date."""
    entries = _entries(root)
    cache = _cache_file(root, _stamp(entries)) if cached else None
    if cache:
        with suppress(OSError, ValueError, TypeError, KeyError, IndexError):
            return _unpack(json.loads(cache.read_text(encoding="utf-8")))
    models: dict[str, Model] = {}
    problems: list[Problem] = []
    for path, _, _ in entries:
        one = read_model(Path(path), root, user=user)
        if isinstance(one, Model) and one.id in models:
            one = Problem(Path(path).relative_to(root).as_posix(), "id", one.id, "an id that no other entry has")
        if isinstance(one, Problem):
            problems.append(one)
        else:
            models[one.id] = one
    if cache:
        _write_cache(cache, _pack(models, problems))
    return models, problems


def load_licences(path: Path) -> tuple[dict[str, Licence], list[Problem]]:
    """Return licences.toml by id, and what was wrong with it."""
    found: dict[str, Licence] = {}
    problems = []
    for key, table in read_toml(path)[0].items():
        try:
            found[key] = parse_licence(key, table)
        except EntryError as error:
            problems.append(Problem(path.name, f"{key}.{error.field}", str(error.found), error.expected))
    return found, problems


def load_benchmarks(path: Path) -> tuple[dict[str, Benchmark], list[Problem]]:
    """Return benchmarks.toml by id, and what was wrong with it."""
    table = read_toml(path)[0]
    found: dict[str, Benchmark] = {}
    problems = []
    for key, one in table.get("benchmarks", {}).items():
        try:
            found[key] = parse_benchmark(key, one, table.get("sources", {}))
        except EntryError as error:
            problems.append(Problem(path.name, f"{key}.{error.field}", str(error.found), error.expected))
    return found, problems


def load_tasks(path: Path) -> dict[str, dict[str, float]]:
    """Return tasks.toml: for each task the weight of each benchmark id."""
    return {
        task: {key: float(weight) for key, weight in one.items()} for task, one in read_toml(path)[0].items()
    }


def _entries(root: Path | None) -> list[tuple[str, int, int]]:
    """Return (path, time in ns, size) of every entry below a folder, sorted by path; links out of it are followed."""
    if not root or not root.is_dir():
        return []
    found, folders = [], [str(root)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for one in entries:
                if one.is_dir(follow_symlinks=False):
                    folders.append(one.path)
                elif one.name.endswith(".toml") and not one.name.startswith("."):
                    state = one.stat()
                    found.append((one.path, state.st_mtime_ns, state.st_size))
    return sorted(found)


def _stamp(entries: Iterable[tuple[str, int, int]]) -> str:
    return hashlib.sha256((SCHEMA + repr(list(entries))).encode("utf-8", "surrogateescape")).hexdigest()


def _cache_file(root: Path, stamp: str) -> Path | None:
    """Return where the compiled entries of this state are kept; None when there is no home to keep them in."""
    try:
        from platformdirs import user_cache_path

        place = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:12]
        return user_cache_path("mekiki", appauthor=False) / "catalog" / f"{place}-{stamp[:24]}.json"
    except (OSError, RuntimeError, KeyError):
        return None


def _write_cache(path: Path, packed: dict[str, Any]) -> None:
    """Write beside and rename, so that a reader sees all or nothing; drop the older states of the same folder."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps(packed, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        part.replace(path)
        for old in path.parent.glob(path.name.split("-")[0] + "-*.json"):
            if old != path:
                old.unlink(missing_ok=True)


def _row(value: Any, *, skip: tuple[str, ...] = ()) -> list[Any]:
    return [getattr(value, one.name) for one in fields(value) if one.name not in skip]


def _pack(models: dict[str, Model], problems: list[Problem]) -> dict[str, Any]:
    rows = []
    for model in models.values():
        row = {name: getattr(model, name) for name in MODEL_FIELDS if getattr(model, name) not in (None, (), {})}
        row["released"] = model.released.isoformat() if model.released else None
        row["architecture"] = _row(model.architecture) if model.architecture else None
        row["price"] = _row(model.price) if model.price else None
        row["files"] = [_row(one) for one in model.files]
        row["scores"] = [_row(one) for one in model.scores]
        row["sources"] = [(one.key, one.ref, one.date.isoformat()) for one in model.sources]
        rows.append(row)
    return {"models": rows, "problems": [_row(one) for one in problems]}


def _unpack(packed: dict[str, Any]) -> tuple[dict[str, Model], list[Problem]]:
    models = {}
    days: dict[str, date] = {}
    shared: dict[tuple[str, ...], Source] = {}
    for row in packed["models"]:
        if row["released"]:
            row["released"] = date.fromisoformat(row["released"])
        if row["architecture"]:
            row["architecture"] = Architecture(
                *(tuple(one) if isinstance(one, list) else one for one in row["architecture"])
            )
        if row["price"]:
            row["price"] = Price(*row["price"])
        row["files"] = tuple(File(*one) for one in row["files"])
        row["scores"] = tuple(Score(*one) for one in row["scores"])
        sources = []
        for key, ref, day in row["sources"]:
            one = shared.get((key, ref, day))
            if one is None:
                when = days.get(day) or days.setdefault(day, date.fromisoformat(day))
                one = shared[(key, ref, day)] = Source(key, ref, when)
            sources.append(one)
        row["sources"] = tuple(sources)
        for name in ("aliases", "inputs", "outputs", "languages"):
            if name in row:
                row[name] = tuple(row[name])
        models[row["id"]] = Model(**row)
    return models, [Problem(*one) for one in packed["problems"]]
