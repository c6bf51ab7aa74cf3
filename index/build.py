"""Reconcile the folders with the store: read what changed, embed it, write it, in a way that survives being killed."""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from index import state as states
from index.bags import Bags, Numbers
from index.embedder.models import Embedder
from index.formats.pool import Pool
from index.reading import Job, Reading
from index.records import Record
from index.snapshot import embedded_text
from index.sources import Source
from index.state import Entry, State
from index.store import Store
from knowledge.catalog import Catalog

Progress = Callable[[str, int, int], None]
_FLUSH = 2_000  # passages held before they are embedded and written
_CHURN = 2  # deleted passages per live one before the collection is written anew
NEEDS_OCR = {
    "en": "pages are pictures without text: needs OCR",
    "ja": "ページが画像で文字がありません（OCR が必要です）",
}
EMPTY = {"en": "holds no text", "ja": "文字がありません"}


@dataclass
class Changes:
    """What differs between the folders and the state."""

    added: list[Source] = field(default_factory=list)
    changed: list[Source] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(sources: Sequence[Source], state: State, *, again: bool = False) -> Changes:
    """Return which documents are new, touched or gone. Touched ones may turn out equal once they are read.

    `again`: those that failed count as touched, as what they failed of may be gone: a busy machine, a missing package.
    """
    changes = Changes()
    for source in sources:
        entry = state.files.get(source.key)
        if entry is None:
            changes.added.append(source)
        elif (
            entry.stamp != source.stamp or entry.state == "waiting" or entry.racy
            or (again and entry.state == "failed" and source.problem is None)
        ):  # fmt: skip
            changes.changed.append(source)
        else:
            changes.unchanged += 1
    present = {source.key for source in sources}
    changes.removed = sorted(key for key in state.files if key not in present)
    return changes


@dataclass(frozen=True, slots=True)
class Read:
    """A document's new entry and what was read; no records instead of some when its bytes are those already indexed."""

    source: Source
    entry: Entry
    reading: Reading


def read_sources(
    pool: Pool, sources: Sequence[Source], catalog: Catalog | None, files: Mapping[str, Entry], generation: int
) -> Iterator[Read]:
    """Yield each document as it was read, in order. What cannot be read becomes an entry with the reason."""
    readable = [one for one in sources if one.problem is None]
    readings = pool.read(_jobs(readable, catalog, files))
    for source in sources:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        entry = Entry(source.file, source.origin, source.stamp, at=at, generation=generation)
        if source.problem is not None:
            yield Read(source, replace(entry, state="failed", reason=source.problem), Reading())
        else:
            yield _outcome(source, entry, next(readings), files.get(source.key))


def _jobs(sources: Iterable[Source], catalog: Catalog | None, files: Mapping[str, Entry]) -> Iterator[Job]:
    for source in sources:
        before = files.get(source.key)
        sha = before.sha if before is not None and before.state in ("indexed", "empty", "needs_ocr") else ""
        if source.card is not None and catalog is not None:
            from knowledge.cards import model_card

            number, language = source.card
            text = model_card(catalog, catalog.models[number], language)
            yield Job(source.key, source.file, source.origin, card=(language, text), sha=sha, size=len(text))
        else:
            size, written, _ = map(int, source.stamp.split(":"))
            yield Job(source.key, source.file, source.origin, source.path, sha=sha, size=size, written=written)


def _outcome(source: Source, entry: Entry, found: Reading, before: Entry | None) -> Read:
    entry = replace(entry, sha=found.sha, racy=found.racy)
    if found.reason is not None:
        return Read(source, replace(entry, state="failed", reason=found.reason), found)
    if found.records is None:
        assert before is not None, "only what was indexed can be the same as before"
        return Read(source, replace(before, stamp=entry.stamp, racy=entry.racy), found)
    entry = replace(entry, state="indexed", passages=len(found.records))
    if found.needs_ocr:
        entry = replace(entry, state="needs_ocr", reason=NEEDS_OCR)
    elif not found.records:
        entry = replace(entry, state="empty", reason=EMPTY)
    elif found.notes:
        joined = {"en": "; ".join(one["en"] for one in found.notes), "ja": "。".join(one["ja"] for one in found.notes)}
        entry = replace(entry, reason=joined)
    return Read(source, entry, found)


@dataclass
class Written:
    """What a write did: the entries of all documents, and the passages added with their vectors and terms.

    `touched` names the documents whose passages were replaced or deleted, `dropped` counts those passages, `changed`
    the known documents with new content, `embedded` the passages that got a new vector.
    """

    files: dict[str, Entry]
    records: list[Record]
    vectors: NDArray[np.float32]
    bags: Bags
    touched: set[str]
    dropped: int = 0
    changed: int = 0
    embedded: int = 0

    @property
    def moved(self) -> bool:
        """Tell whether any passage was added or deleted."""
        return bool(self.records or self.dropped)


class Vectors:
    """Embeds passages, taking the vectors of texts that were embedded before."""

    def __init__(
        self, embedder: Embedder | None, records: Sequence[Record], vectors: Sequence[NDArray[np.float32]]
    ) -> None:
        """Know the vectors of these records.

        Without an embedder every vector is the number 1: the store needs one, the search then ignores them.
        """
        self._embedder = embedder
        self._known = {embedded_text(one): row for one, row in zip(records, vectors, strict=True)} if embedder else {}
        self.embedded = 0

    def of(self, records: Sequence[Record]) -> NDArray[np.float32]:
        """Return one vector per record."""
        if self._embedder is None:
            return np.ones((len(records), 1), dtype=np.float32)
        texts = [embedded_text(one) for one in records]
        fresh = list(dict.fromkeys(text for text in texts if text not in self._known))
        found: dict[str, NDArray[np.float32]] = {}
        if fresh:
            rows = self._embedder.documents(fresh)
            rows[~rows.any(axis=1)] = 1.0 / np.sqrt(rows.shape[1])  # cosine has no place for a zero vector
            found.update(zip(fresh, rows, strict=True))
            self.embedded += len(fresh)
        return np.stack([found[text] if text in found else self._known[text] for text in texts])


@dataclass(frozen=True)
class Work:
    """What both ways of writing need: where to read and write, and which generation this will be."""

    store: Store
    collection: str
    pool: Pool
    catalog: Catalog | None
    vectors: Vectors
    generation: int
    progress: Progress | None

    def read(self, sources: Sequence[Source], files: Mapping[str, Entry]) -> Iterator[Read]:
        """Yield the documents as they are read, telling the progress."""
        found = read_sources(self.pool, sources, self.catalog, files, self.generation)
        for done, source in enumerate(sources):
            if self.progress is not None:
                self.progress(source.file, done, len(sources))
            yield next(found)
        if self.progress is not None:
            self.progress("", len(sources), len(sources))


class Adding:
    """Embeds and adds passages in portions, and keeps what was added."""

    def __init__(
        self, work: Work, numbers: Numbers, changed: Collection[str] = (), removed: Sequence[str] = ()
    ) -> None:
        """`numbers` are those of the terms known so far, which are extended.

        `changed` and `removed` are the keys of documents that may have passages already, which are deleted first.
        """
        self._work, self._numbers, self._replaced = work, numbers, {*changed, *removed}
        self._keys: list[str] = [*removed]
        self._held: list[Reading] = []
        self._size = 0
        self._records: list[Record] = []
        self._rows: list[NDArray[np.float32]] = []
        self._parts: list[Bags] = [Bags.of([], numbers)]

    def add(self, one: Read) -> None:
        """Take a document; what is held is written first when both would be more than a portion."""
        size = len(one.reading.records or ())
        if self._size + size > _FLUSH:
            self._embed()
            self.finish()
        self._keys.append(one.source.key)
        self._held.append(one.reading)
        self._size += size

    def _embed(self) -> None:
        if self._size:
            records = [record for one in self._held for record in one.records or ()]
            self._records += records
            self._rows.append(self._work.vectors.of(records))
            self._parts.append(Bags.joined([one.bags.renumbered(self._numbers) for one in self._held]))

    def written(self, files: dict[str, Entry], touched: set[str]) -> Written:
        """Return all that was added, also the last portion, which can be shown before `finish` writes it."""
        self._embed()
        rows = np.concatenate(self._rows) if self._rows else np.zeros((0, 0), dtype=np.float32)
        embedded = self._work.vectors.embedded
        return Written(files, self._records, rows, Bags.joined(self._parts), touched, embedded=embedded)

    def finish(self) -> None:
        """Write the portion that was embedded last."""
        work = self._work
        work.store.delete(work.collection, [key for key in self._keys if key in self._replaced])
        if self._size:
            texts = [text for one in self._held for text in one.packed]
            work.store.add(work.collection, self._records[-self._size :], self._rows[-1], texts)
        self._keys, self._held, self._size = [], [], 0


def fill(work: Work, sources: Sequence[Source]) -> tuple[Written, Callable[[], None]]:
    """Write all documents into an empty collection; see `update` for what comes back."""
    adding = Adding(work, Numbers())
    files: dict[str, Entry] = {}
    for one in work.read(sources, {}):
        files[one.source.key] = one.entry
        adding.add(one)
    return adding.written(files, set()), adding.finish


def update(
    work: Work,
    changes: Changes,
    files: dict[str, Entry],
    numbers: Mapping[str, int],
    before: Callable[[dict[str, Entry]], None],
) -> tuple[Written, Callable[[], None]]:
    """Bring a collection that was written from `files` up to date with the changes, but for the last of them.

    Returns what is written then, and what writes the rest: a small change is shown before it is in the store.

    Arguments that need a word:
        numbers: those of the terms known so far; the new bags are numbered on top of them.
        before: called before anything is written, with the entries of all documents that may be touched marked
            "waiting", to be saved: after a crash they are done again.
    """
    todo = [*changes.added, *changes.changed]
    marked = [*(Entry(one.file, one.origin, one.stamp) for one in todo), *(files[key] for key in changes.removed)]
    keys = [*(one.key for one in todo), *changes.removed]
    before(files | {key: replace(files.get(key, one), state="waiting") for key, one in zip(keys, marked, strict=True)})
    adding = Adding(work, Numbers(numbers), {one.key for one in changes.changed}, changes.removed)
    entries = {key: entry for key, entry in files.items() if key not in changes.removed}
    touched = set(changes.removed)
    for one in work.read(todo, files):
        entries[one.source.key] = one.entry
        if one.reading.records is not None:
            touched.add(one.source.key)
            adding.add(one)
    written = adding.written(entries, touched)
    written.dropped = sum(files[key].passages for key in touched if key in files)
    written.changed = sum(1 for one in changes.changed if one.key in touched)
    return written, adding.finish


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
