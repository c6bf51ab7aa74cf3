"""One generation of the index in memory: passages, vectors and terms, as search wants them."""

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.store import Record
from index.terms import Bags, Bm25, terms
from index.types import Passage

HEADING_WEIGHT = 2.0  # a heading's word counts as two in the text
EXTRA_WEIGHT = 1.0  # title and summary of the whole document, the questions that the passage answers
CARD_CHARACTERS = 500
TERMS_FILE = "terms.npz"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a search needs. `token` is the state's; `vectors` are unit rows, one per record, or none."""

    token: str
    embedder: str
    records: tuple[Record, ...]
    vectors: NDArray[np.float32]
    bags: Bags
    bm25: Bm25

    def passage(self, n: int) -> Passage:
        """Return a record as the outside sees it."""
        one = self.records[n]
        return Passage(one.id, one.file, one.heading, one.text, one.lang, one.origin, one.place)  # type: ignore[arg-type]


def embedded_text(record: Record) -> str:
    """Return what is embedded for a passage: its heading path and its text, of a catalog card only the beginning.

    A card goes on with score tables and references, which say the same for every model.
    """
    text = record.text[:CARD_CHARACTERS] if record.origin == "catalog" else record.text
    return f"{record.heading}\n{text}" if record.heading else text


def bag(record: Record) -> dict[str, float]:
    """Return a passage's weighted terms: text, heading path and the document's extra search text."""
    counts: Counter[str] = Counter(
        terms(record.text[: 2 * CARD_CHARACTERS] if record.origin == "catalog" else record.text)
    )
    weighted: dict[str, float] = dict(counts)
    for text, weight in ((record.heading, HEADING_WEIGHT), (record.extra, EXTRA_WEIGHT)):
        for term in terms(text):
            weighted[term] = weighted.get(term, 0.0) + weight
    return weighted


def build(
    token: str, embedder: str, records: Sequence[Record], vectors: NDArray[np.float32], old: Snapshot | None = None
) -> Snapshot:
    """Return the snapshot of these records; the terms of records that `old` holds unchanged are taken from it."""
    known = {record: n for n, record in enumerate(old.records)} if old is not None else {}
    base = old.bags if old is not None else Bags.empty()
    bags = base.arranged([known[one] if one in known else bag(one) for one in records])
    return Snapshot(token, embedder, tuple(records), vectors, bags, Bm25(bags))


def _digest(records: Sequence[Record]) -> str:
    digest = hashlib.sha256()
    for one in records:
        digest.update(f"{one.id}\0{one.heading}\0{one.text}\0{one.extra}\0".encode("utf-8", errors="replace"))
    return digest.hexdigest()


def save_terms(folder: Path, snapshot: Snapshot) -> None:
    """Keep the terms beside the index: reading them back is many times faster than splitting the texts again."""
    words = json.dumps(list(snapshot.bags.numbers), ensure_ascii=False).encode("utf-8", errors="replace")
    draft = folder / f"{TERMS_FILE}.tmp"
    with draft.open("wb") as stream:
        np.savez(
            stream,
            digest=np.frombuffer(_digest(snapshot.records).encode("ascii"), dtype=np.uint8),
            words=np.frombuffer(words, dtype=np.uint8),
            starts=snapshot.bags.starts,
            columns=snapshot.bags.columns,
            values=snapshot.bags.values,
        )
    draft.replace(folder / TERMS_FILE)


def load_terms(folder: Path, records: Sequence[Record]) -> Bags | None:
    """Return the kept terms when they belong to exactly these records, else None."""
    try:
        with np.load(folder / TERMS_FILE, allow_pickle=False) as kept:
            if kept["digest"].tobytes().decode("ascii") != _digest(records):
                return None
            words = json.loads(kept["words"].tobytes().decode("utf-8"))
            numbers = {word: n for n, word in enumerate(words)}
            return Bags(numbers, kept["starts"], kept["columns"], kept["values"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        return None
