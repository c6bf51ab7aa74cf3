"""Reconcile the folders with the store: read what changed, embed it, write it, in a way that survives being killed."""

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import DocumentError
from index import state as states
from index.chunks import Chunk, split
from index.documents import MAX_FILE_BYTES, read_bytes
from index.embedder.models import Embedder
from index.formats.blocks import Document
from index.formats.text import plain_markdown
from index.snapshot import Snapshot, embedded_text
from index.sources import Source
from index.state import Entry, State
from index.store import Record, Store
from knowledge.catalog import Catalog

Progress = Callable[[str, int, int], None]
_FLUSH = 4_096  # passages held before they are embedded and written
_RACY_NS = 2_000_000_000  # a file written within 2 s of being read is read again next time (its clock may be coarse)
_CHURN = 2  # deleted passages per live one before the collection is written anew


@dataclass
class Changes:
    """What differs between the folders and the state."""

    added: list[Source] = field(default_factory=list)
    changed: list[Source] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(sources: Sequence[Source], state: State) -> Changes:
    """Return which documents are new, touched or gone. Touched ones may turn out equal once they are read."""
    changes = Changes()
    for source in sources:
        entry = state.files.get(source.key)
        if entry is None:
            changes.added.append(source)
        elif entry.stamp != source.stamp or entry.state == "waiting" or entry.racy:
            changes.changed.append(source)
        else:
            changes.unchanged += 1
    present = {source.key for source in sources}
    changes.removed = sorted(key for key in state.files if key not in present)
    return changes


def read_source(source: Source, catalog: Catalog | None, before: Entry | None) -> tuple[Entry, list[Record] | None]:
    """Return a document's entry and passages; None instead of passages when its bytes are the ones already indexed.

    Never raises: what cannot be read becomes an entry with the reason.
    """
    at = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry(source.file, source.origin, source.stamp, at=at)
    if source.problem is not None:
        return replace(entry, state="failed", reason=source.problem), []
    try:
        data = _bytes(source, catalog)
        entry = replace(entry, sha=hashlib.sha256(data).hexdigest(), racy=_is_racy(source))
        if before is not None and before.sha == entry.sha and before.state in ("indexed", "empty", "needs_ocr"):
            return replace(before, stamp=entry.stamp, racy=entry.racy), None
        if source.card is not None:
            return _card(source, entry, data.decode("utf-8"))
        document = read_bytes(data, Path(source.file).suffix.lower())
    except DocumentError as error:
        return replace(entry, state="failed", reason={"en": error.text("en"), "ja": error.text("ja")}), []
    return _finish(source, entry, document)


def _card(source: Source, entry: Entry, text: str) -> tuple[Entry, list[Record]]:
    """Return a catalog card as one passage: it is looked up by the model's name and read as a whole."""
    language = source.card[1] if source.card else ""
    title = re.sub(r"^#+\s*", "", text.split("\n", 1)[0]).strip()
    chunk = Chunk("", title, plain_markdown(text).strip(), language, "", "")
    return replace(entry, state="indexed", passages=1), [_record(source, 0, chunk)]


def _finish(source: Source, entry: Entry, document: Document) -> tuple[Entry, list[Record]]:
    chunks = split(document, source.file.rsplit("/", 1)[-1])
    records = [_record(source, n, chunk) for n, chunk in enumerate(chunks)]
    reason = {
        "en": "; ".join(note["en"] for note in document.notes),
        "ja": "。".join(note["ja"] for note in document.notes),
    }
    if document.needs_ocr:
        reason = {
            "en": "pages are pictures without text: needs OCR",
            "ja": "ページが画像で文字がありません（OCR が必要です）",
        }
        return replace(entry, state="needs_ocr", passages=len(records), reason=reason), records
    if not records:
        return replace(entry, state="empty", reason={"en": "holds no text", "ja": "文字がありません"}), []
    return replace(entry, state="indexed", passages=len(records), reason=reason if reason["en"] else {}), records


def _bytes(source: Source, catalog: Catalog | None) -> bytes:
    """Return a document's bytes, or the text of a catalog card. Raises DocumentError."""
    if source.card is not None and catalog is not None:
        from knowledge.cards import model_card

        number, language = source.card
        return model_card(catalog, catalog.models[number], language).encode("utf-8", errors="replace")
    path = source.path
    if path is None:
        raise DocumentError(reason="the file is gone", reason_ja="ファイルがありません")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1024**2
            raise DocumentError(
                reason=f"larger than {limit} MiB ({size / 1024**2:,.0f} MiB)",
                reason_ja=f"{limit} MiB を超えています（{size / 1024**2:,.0f} MiB）",
            )
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(
            reason=f"cannot be opened: {error.strerror}", reason_ja=f"開けません: {error.strerror}"
        ) from error


def _is_racy(source: Source) -> bool:
    if source.path is None:
        return False
    written = int(source.stamp.partition(":")[2])
    return datetime.now(UTC).timestamp() * 1e9 - written < _RACY_NS


def _record(source: Source, n: int, chunk: Chunk) -> Record:
    prefix = source.key.partition(":")[0]
    shown = source.file if prefix == "shipped" else f"{prefix}:{source.file}"
    if source.card is not None:
        shown = source.file
    number = f"{shown}#{chunk.anchor}" if chunk.anchor else shown
    return Record(
        id=number, key=source.key, n=n, file=source.file, heading=chunk.heading, text=chunk.text,
        lang=chunk.lang, origin=source.origin, place=chunk.place, extra=chunk.extra,
    )  # fmt: skip


@dataclass
class Written:
    """The outcome of `write`: what the next snapshot and state are made of.

    `changed` counts known documents with new content, `moved` tells whether any passage was added or deleted.
    """

    files: dict[str, Entry]
    records: list[Record]
    vectors: NDArray[np.float32]
    embedded: int
    dropped: int
    changed: int
    moved: bool


class Vectors:
    """Embeds passages, taking the vectors of texts that were embedded before."""

    def __init__(self, embedder: Embedder | None, known: Snapshot | None) -> None:
        """Without an embedder every vector is the number 1: the store needs one, the search then ignores them."""
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}
        if known is not None and len(known.vectors) == len(known.records):
            self._known = {embedded_text(one): known.vectors[n] for n, one in enumerate(known.records)}
        self.embedded = 0

    def of(self, records: Sequence[Record]) -> NDArray[np.float32]:
        """Return one vector per record."""
        if self._embedder is None:
            return np.ones((len(records), 1), dtype=np.float32)
        texts = [embedded_text(one) for one in records]
        fresh = list(dict.fromkeys(text for text in texts if text not in self._known))
        if fresh:
            rows = self._embedder.documents(fresh)
            rows[~rows.any(axis=1)] = 1.0 / np.sqrt(rows.shape[1])  # cosine has no place for a zero vector
            self._known.update(zip(fresh, rows, strict=True))
            self.embedded += len(fresh)
        return np.stack([self._known[text] for text in texts])


class _Adding:
    """Embeds and adds passages in portions, and keeps what was added."""

    def __init__(self, store: Store, collection: str, vectors: Vectors) -> None:
        self._store, self._collection, self._vectors = store, collection, vectors
        self._held: list[Record] = []
        self.records: list[Record] = []
        self.rows: list[NDArray[np.float32]] = []

    def add(self, records: Sequence[Record]) -> None:
        """Take passages; they are written when a portion is full."""
        self._held += records
        if len(self._held) >= _FLUSH:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            rows = self._vectors.of(self._held)
            self._store.add(self._collection, self._held, rows)
            self.records += self._held
            self.rows.append(rows)
            self._held = []


def fill(
    store: Store,
    collection: str,
    found: Sequence[Source],
    catalog: Catalog | None,
    vectors: Vectors,
    progress: Progress | None,
) -> Written:
    """Write all documents into an empty collection."""
    adding = _Adding(store, collection, vectors)
    files: dict[str, Entry] = {}
    for done, source in enumerate(found):
        if progress is not None:
            progress(source.file, done, len(found))
        files[source.key], records = read_source(source, catalog, None)
        adding.add(records or [])
    adding.flush()
    if progress is not None:
        progress("", len(found), len(found))
    records_now, vectors_now = _merged(None, [], adding.records, adding.rows)
    return Written(files, records_now, vectors_now, vectors.embedded, 0, 0, True)


def update(
    store: Store,
    collection: str,
    changes: Changes,
    catalog: Catalog | None,
    files: dict[str, Entry],
    known: Snapshot,
    vectors: Vectors,
    before_delete: Callable[[dict[str, Entry]], None],
    progress: Progress | None,
) -> Written:
    """Bring a collection, which holds `known` from `files`, up to date with the changes.

    `before_delete` is called before the first passage is deleted, with the entries of all touched documents marked
    "waiting", to be saved: after a crash they are done again.
    """
    todo = [*changes.added, *changes.changed]
    results: dict[str, Entry] = {}
    read: dict[str, list[Record]] = {}
    for done, source in enumerate(todo):
        if progress is not None:
            progress(source.file, done, len(todo))
        results[source.key], records = read_source(source, catalog, files.get(source.key))
        if records is not None:
            read[source.key] = records
    touched = {*read, *changes.removed}
    adding = _Adding(store, collection, vectors)
    if touched:
        marks = {key: replace(files.get(key, Entry("", "user", "")), state="waiting") for key in touched}
        before_delete(files | marks)
        store.delete(collection, sorted(touched))
        for records in read.values():
            adding.add(records)
        adding.flush()
    if progress is not None:
        progress("", len(todo), len(todo))
    kept = [n for n, one in enumerate(known.records) if one.key not in touched]
    dropped = len(known.records) - len(kept)
    records_now, vectors_now = _merged(known, kept, adding.records, adding.rows)
    entries = {key: entry for key, entry in files.items() if key not in changes.removed} | results
    changed = sum(1 for key in read if key in files)
    moved = bool(adding.records or dropped or changes.removed)
    return Written(entries, records_now, vectors_now, vectors.embedded, dropped, changed, moved)


def _merged(
    known: Snapshot | None, kept: Sequence[int], fresh: list[Record], fresh_vectors: list[NDArray[np.float32]]
) -> tuple[list[Record], NDArray[np.float32]]:
    records = [*([known.records[n] for n in kept] if known is not None else []), *fresh]
    parts = [*([known.vectors[list(kept)]] if known is not None and kept else []), *fresh_vectors]
    matrix = np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)
    order = sorted(range(len(records)), key=lambda n: (records[n].key, records[n].n))
    return [records[n] for n in order], matrix[order] if len(matrix) else matrix


def needs_compaction(state: State, passages: int) -> bool:
    """Tell whether so much was deleted that the collection should be written anew (its files never shrink)."""
    return state.churn > max(5_000, _CHURN * passages)


def next_state(state: State, collection: str, embedder: str, written: Written, rebuilt: bool) -> State:
    """Return the state after a write: the next generation."""
    return State(
        generation=state.generation + 1,
        collection=collection,
        embedder=embedder,
        schema=states.SCHEMA,
        churn=0 if rebuilt else state.churn + written.dropped,
        token=secrets.token_hex(8),
        files=dict(sorted(written.files.items())),
    )
