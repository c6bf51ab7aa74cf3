"""The documents and questions that search is measured on, as snapshots without a store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embedder.models import BuiltIn
from index.evaluate import load_golden
from index.reading import Job, read
from index.records import Record
from index.search import search
from index.snapshot import Snapshot, build, embedded_text
from index.synonyms import Synonyms, synonyms
from index.types import Hit, Passage
from knowledge.glossary import load_glossary
from knowledge.guides import guides_folder

DATA = Path(__file__).resolve().parents[1] / "data"
OWN = DATA / "own"  # documents about other things than models: what a person may drop in
# Developed by those called "dev" and by "blind3"; the others are for measuring. "blind5" is the largest: documents and
# questions made as those that the embedder learned from were, and kept out (index/embedder/pairs/facts.jsonl).
FOLDERS = ("dev", "dev2", "dev3", "test", "blind", "blind2", "blind3", "blind4", "blind5")


@dataclass(frozen=True)
class Room:
    """The guides with or without a folder of documents, and the parts that search it."""

    held: Snapshot
    model: BuiltIn
    synonyms: Synonyms


def find(room: Room, query: str, **options: Any) -> list[Hit]:
    """Return what the search finds for a question; `options` are those of index.search.search."""
    return search(room.held, query, room.model.query(query), room.synonyms, embedder=room.model, **options)


def guides_golden() -> list[dict[str, Any]]:
    """Return the questions about the guides, each language searching both."""
    return [*load_golden(DATA / "golden_search.jsonl"), *load_golden(DATA / "golden_retrieval.jsonl")]


def rooms() -> dict[str, Room]:
    """Return the guides alone and with each folder of documents."""
    model, known = BuiltIn(), synonyms(load_glossary())
    made = {"guides": _room([], model, known)}
    for name in FOLDERS:
        if (OWN / name).is_dir():
            made[name] = _room(_records(OWN / name, "user"), model, known)
    return made


def alone(name: str, room: Room) -> Iterator[Room]:
    """Yield the guides with each of a folder's documents by itself; `room` has the parts that search the folder."""
    found = _records(OWN / name, "user")
    for key in dict.fromkeys(one.key for one in found):
        yield _room([one for one in found if one.key == key], room.model, room.synonyms)


def own(room: Room) -> list[Passage]:
    """Return the person's passages of a room."""
    return [room.held.passage(n) for n, one in enumerate(room.held.records) if one.origin == "user"]


def _records(folder: Path, origin: str) -> list[Record]:
    found: list[Record] = []
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = file.relative_to(folder).as_posix()
        found += read(Job(f"{origin}:{name}", name, origin, str(file))).records or ()
    return found


@cache
def _guides() -> tuple[tuple[Record, ...], NDArray[np.float32]]:
    """Return the guides' passages and their vectors."""
    records = tuple(_records(guides_folder(), "shipped"))
    return records, _vectors(records, BuiltIn())


def _vectors(records: Sequence[Record], model: BuiltIn) -> NDArray[np.float32]:
    return np.stack([model.query(embedded_text(one)) for one in records])


def _room(mine: list[Record], model: BuiltIn, known: Synonyms) -> Room:
    """Return the guides with some of the person's passages."""
    guides, vectors = _guides()
    if mine:
        vectors = np.vstack([vectors, _vectors(mine, model)])
    return Room(build("", model.id, [*guides, *mine], vectors), model, known)
