"""The catalog: everything that is known, loaded once. The only reader of the entries.

The shipped files are parsed once and kept as plain JSON in the user's cache folder, under a key made of every file's
name, size and time: a changed file makes a new cache, a folder that cannot be written only costs the next start time.
"""

import os
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from knowledge import compiled
from knowledge.schema import Architecture, Benchmark, Gpu, Licence, Model, Problem, Term

T = TypeVar("T")
K = TypeVar("K")
Entry = tuple[str, int, int]  # path, time in ns, size


@dataclass(frozen=True)
class Catalog:
    """What is known. Models are sorted by id; `problems` are the entries that were left out.

    `stamp` names the state of the files behind it ("" for one made by hand); what is derived may be kept under it.
    """

    models: Mapping[str, Model]
    gpus: dict[str, Gpu]
    licences: dict[str, Licence]
    benchmarks: dict[str, Benchmark]
    tasks: dict[str, dict[str, float]]
    glossary: tuple[Term, ...]
    problems: tuple[Problem, ...]
    stamp: str = field(default="", compare=False)
    folders: tuple[str, ...] = field(default=(), compare=False)  # where the entries' files are, the user's last

    def __hash__(self) -> int:
        return id(self)


def load_catalog(user_folder: Path | None = None) -> Catalog:
    """Return the shipped catalog overlaid with `user_folder`/models/**/*.toml; the user's entry wins over a shipped id.

    Malformed entries are in `problems`, the rest is loaded. One catalog per folder and state of its files is kept.
    """
    folder = user_folder / "models" if user_folder else None
    return _load(folder, tuple(_entries(folder)))


@lru_cache(maxsize=4)
def _load(user: Path | None, entries: tuple[Entry, ...]) -> Catalog:
    shipped = Path(__file__).parent
    state = compiled.stamp(
        [
            *_entries(shipped / "models"),
            *_entries(shipped / "gpus"),
            *_entries(shipped, deep=False),
            *_entries(shipped, deep=False, suffix=".py"),  # the readers: they add names to what the files say
        ],
        Model,
        Architecture,
        Gpu,
        Licence,
        Benchmark,
        Term,
    )
    path = compiled.cache_file(f"shipped-{state}.json")
    with compiled.paused_collector():
        catalog = _decode(compiled.read(path), state)
        if catalog is None:
            catalog = _parse(shipped, state)
            compiled.write(path, _encode(catalog))
    catalog = replace(catalog, folders=(str(shipped / "models"),))
    if not user or not entries:
        return catalog
    own, problems = load_models(user, user=True)
    return replace(
        catalog,
        models=_overlaid(catalog.models, own),
        problems=(*catalog.problems, *problems),
        stamp=compiled.stamp([(state, 0, 0), *entries]),
        folders=(*catalog.folders, str(user)),
    )


def _overlaid(models: Mapping[str, Model], own: dict[str, Model]) -> Mapping[str, Model]:
    if isinstance(models, compiled.Records):
        return models.overlaid(own)
    return dict(sorted({**models, **own}.items()))


def _parse(shipped: Path, state: str) -> Catalog:
    from knowledge.glossary import load_glossary
    from knowledge.gpu_table import load_gpus

    models, problems = load_models(shipped / "models")
    licences, wrong = load_licences(shipped / "licences.toml")
    benchmarks, more = load_benchmarks(shipped / "benchmarks.toml")
    return Catalog(
        models=dict(sorted(models.items())),
        gpus=load_gpus(),
        licences=licences,
        benchmarks=benchmarks,
        tasks=load_tasks(shipped / "tasks.toml"),
        glossary=load_glossary(),
        problems=(*problems, *wrong, *more),
        stamp=state,
    )


def _encode(catalog: Catalog) -> list[Any]:
    """Return the catalog as a compiled file holds it, the models packed."""
    models, *others = compiled.encode(catalog)
    return [compiled.packed(models), *others]


def _decode(rows: Any, state: str) -> Catalog | None:
    """Return the catalog of a compiled file, None when it is absent or not one."""
    if not isinstance(rows, list) or len(rows) != 9:
        return None
    try:
        return Catalog(
            models=compiled.Records(Model, rows[0]),
            gpus=_table(Gpu, rows[1]),
            licences=_table(Licence, rows[2]),
            benchmarks=_table(Benchmark, rows[3]),
            tasks=rows[4],
            glossary=tuple(_table(Term, dict(enumerate(rows[5]))).values()),
            problems=tuple(_table(Problem, dict(enumerate(rows[6]))).values()),
            stamp=state,
        )
    except (TypeError, ValueError, AttributeError, IndexError, KeyError):
        return None


def _table(kind: type[T], rows: dict[K, Any]) -> dict[K, T]:
    decode = compiled.decoder(cast(Hashable, kind))
    assert decode is not None  # every kind here is a dataclass
    return {key: decode(row) for key, row in rows.items()}


def load_models(root: Path, *, user: bool = False) -> tuple[dict[str, Model], list[Problem]]:
    """Return a folder's entries by id and the entries left out; of two with one id the first in path order is kept."""
    from knowledge.toml_schema import UNIQUE, EntryError, read_model

    models: dict[str, Model] = {}
    problems: list[Problem] = []
    for path, _, _ in _entries(root):
        one = read_model(Path(path), root, user=user)
        if isinstance(one, Model) and one.id in models:
            one = EntryError("id", one.id, UNIQUE).problem(Path(path).relative_to(root).as_posix())
        if isinstance(one, Problem):
            problems.append(one)
        else:
            models[one.id] = one
    return models, problems


def load_licences(path: Path) -> tuple[dict[str, Licence], list[Problem]]:
    """Return licences.toml by id, and what was wrong with it."""
    from knowledge.toml_schema import EntryError, parse_licence, read_toml

    found: dict[str, Licence] = {}
    problems = []
    entries, text = read_toml(path)
    for key, table in entries.items():
        try:
            found[key] = parse_licence(key, table)
        except EntryError as error:
            problems.append(error.within(key).problem(path.name, text))
    return found, problems


def load_benchmarks(path: Path) -> tuple[dict[str, Benchmark], list[Problem]]:
    """Return benchmarks.toml by id, and what was wrong with it."""
    from knowledge.toml_schema import EntryError, parse_benchmark, read_toml

    table, text = read_toml(path)
    found: dict[str, Benchmark] = {}
    problems = []
    for key, one in table.get("benchmarks", {}).items():
        try:
            found[key] = parse_benchmark(key, one, table.get("sources", {}))
        except EntryError as error:
            problems.append(error.within(f"benchmarks.{key}").problem(path.name, text))
    return found, problems


def load_tasks(path: Path) -> dict[str, dict[str, float]]:
    """Return tasks.toml: for each task the weight of each benchmark id; the reasons stay in the file."""
    from knowledge.toml_schema import read_toml

    table = read_toml(path)[0]
    return {
        task: {key: float(group["weight"]) for group in groups for key in group["benchmarks"]}
        for task, groups in table.items()
    }


def _entries(root: Path | None, *, deep: bool = True, suffix: str = ".toml") -> list[Entry]:
    """Return (path, time in ns, size) of a kind of file below a folder, by path; links to folders are not followed."""
    if not root or not root.is_dir():
        return []
    found: list[Entry] = []
    folders = [str(root)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for one in entries:
                if one.name.endswith(suffix) and not one.name.startswith("."):
                    with suppress(OSError):
                        state = one.stat()
                        found.append((one.path, state.st_mtime_ns, state.st_size))
                elif deep and one.is_dir(follow_symlinks=False):
                    folders.append(one.path)
    return sorted(found)
