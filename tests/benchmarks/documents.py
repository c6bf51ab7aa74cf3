"""The documents and questions that search is measured on, as snapshots without a store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.embedder.models import BuiltIn
from index.evaluate import load_golden
from index.reading import Job, read
from index.records import Record
from index.search import search
from index.snapshot import Snapshot, build, embedded_text
from index.synonyms import Synonyms, synonyms
from index.types import Hit
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
    guides = _records(guides_folder(), "shipped")
    made = {"guides": Room(_snapshot(guides, model), model, known)}
    for name in FOLDERS:
        if (OWN / name).is_dir():
            made[name] = Room(_snapshot([*guides, *_records(OWN / name, "user")], model), model, known)
    return made


def _records(folder: Path, origin: str) -> list[Record]:
    found: list[Record] = []
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = file.relative_to(folder).as_posix()
        found += read(Job(f"{origin}:{name}", name, origin, str(file))).records or ()
    return found


def _snapshot(records: list[Record], model: BuiltIn) -> Snapshot:
    vectors = np.stack([model.query(embedded_text(one)) for one in records])
    return build("", model.id, records, vectors)
