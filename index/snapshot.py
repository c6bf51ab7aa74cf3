"""One generation of the index in memory: passages, vectors and terms, as search wants them, and its copy in a file.

The file spares readers Chroma: opening it and reading 100,000 passages takes many times longer than reading the file.
It may be some generations old; what changed since is then fetched from Chroma (index/held.py).
"""

import contextlib
import json
import os
import zipfile
from bisect import bisect
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern

import numpy as np
from numpy.typing import NDArray

from index.bags import Bags, Numbers
from index.reading import CARD_CHARACTERS, bag_of
from index.records import Record
from index.stock import Stock
from index.types import Passage

FILE = "snapshot.npz"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a search needs: `token` is the state's, `stock` holds the records' vectors and terms."""

    token: str
    embedder: str
    records: tuple[Record, ...]
    stock: Stock
    collection: str = ""
    generation: int = 0

    def passage(self, n: int) -> Passage:
        """Return a record as the outside sees it."""
        one = self.records[n]
        return Passage(one.id, one.file, one.heading, one.text, one.lang, one.origin, one.place)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class About:
    """Which generation a snapshot shows: the state's token, embedder, collection and generation."""

    token: str
    embedder: str
    collection: str = ""
    generation: int = 0


def embedded_text(record: Record) -> str:
    """Return what is embedded for a passage: its heading path and its text, of a catalog card only the beginning."""
    text = record.text[:CARD_CHARACTERS] if record.origin == "catalog" else record.text
    return f"{record.heading}\n{text}" if record.heading else text


def build(token: str, embedder: str, records: Sequence[Record], vectors: NDArray[np.float32]) -> Snapshot:
    """Return the snapshot of these records in their order, their terms taken from their texts."""
    return Snapshot(token, embedder, tuple(records), Stock.of(vectors, Bags.of([bag_of(one) for one in records])))


def merged(
    about: About, old: Snapshot | None, dropped: Collection[str], records: Sequence[Record],
    vectors: NDArray[np.float32], bags: Bags,
) -> Snapshot:  # fmt: skip
    """Return `old` without the documents whose keys are `dropped`, with new records, ordered by document and place.

    `vectors` and `bags` belong to `records`, row by row; `bags` are numbered on top of those of `old`.
    """
    held = old.records if old is not None else ()
    everything = (*held, *records)
    order = _order(held, dropped, records)
    stock = (old.stock if old is not None else Stock.of(vectors[:0], Bags.of([]))).followed(order, vectors, bags)
    shown = tuple(map(everything.__getitem__, order.tolist()))
    return Snapshot(about.token, about.embedder, shown, stock, about.collection, about.generation)


def _order(held: Sequence[Record], dropped: Collection[str], records: Sequence[Record]) -> NDArray[np.intp]:
    """Return the numbers of held and new records, counted on, without those dropped, by document and place."""
    new = sorted(range(len(records)), key=lambda n: _place(records[n]))
    places = [bisect(held, _place(records[n]), key=_place) for n in new]
    order = np.insert(np.arange(len(held)), places, [len(held) + n for n in new])
    gone = [n for n, one in enumerate(held) if one.key in dropped]
    return order[~np.isin(order, gone)] if gone else order


def _place(record: Record) -> tuple[str, int]:
    return record.key, record.n


def save(folder: Path, snapshot: Snapshot) -> None:
    """Keep a snapshot beside the index, replacing the one before. Raises OSError."""
    about = [FORMAT, snapshot.token, snapshot.embedder, snapshot.collection, snapshot.generation]
    plain = {"about": about, "records": [one.plain() for one in snapshot.records], "words": [*snapshot.stock.numbers]}
    blobs = {name: json.dumps(value, ensure_ascii=False, separators=(",", ":")) for name, value in plain.items()}
    draft = folder / f"{FILE}.{os.getpid()}.tmp"
    try:
        with draft.open("wb") as stream:
            arrays = {name: np.frombuffer(text.encode("utf-8", "replace"), np.uint8) for name, text in blobs.items()}
            bags = snapshot.stock.bags
            np.savez(
                stream, vectors=snapshot.stock.vectors, starts=bags.starts, columns=bags.columns, values=bags.values,
                about=arrays["about"], records=arrays["records"], words=arrays["words"],
            )  # fmt: skip
        draft.replace(folder / FILE)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def load(folder: Path, collection: str) -> Snapshot | None:
    """Return the snapshot kept in a folder if it shows this collection, else None."""
    try:
        with np.load(folder / FILE, allow_pickle=False) as kept:
            form, token, embedder, shown, generation = json.loads(kept["about"].tobytes())
            if form != FORMAT or shown != collection:
                return None
            numbers = Numbers((word, n) for n, word in enumerate(json.loads(kept["words"].tobytes())))
            records = tuple(_record(one) for one in json.loads(kept["records"].tobytes()))
            bags = Bags(numbers, kept["starts"], kept["columns"], kept["values"])
            vectors = kept["vectors"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError):
        return None
    if len(records) != len(bags) or len(vectors) != len(records):
        return None
    return Snapshot(token, embedder, records, Stock.of(vectors, bags), shown, generation)


def _record(plain: Sequence[str | int]) -> Record:
    """Return a record of a saved snapshot; what many passages share is kept in memory once."""
    one = Record(*plain)  # type: ignore[arg-type]
    return Record(
        one.id, intern(one.key), one.n, intern(one.file), intern(one.heading), one.text, intern(one.lang),
        intern(one.origin), one.place, intern(one.extra),
    )  # fmt: skip
