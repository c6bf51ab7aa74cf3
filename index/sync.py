"""Bring an index up to date with its documents: one writer at a time, and around whatever turns out to be broken."""

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from filelock import Timeout

from assistant.errors import IndexBroken, ServerError
from index import build, sources, state
from index.embedder.models import Embedder
from index.formats.pool import READERS
from index.held import LOCK_SECONDS, Held
from index.place import Place, is_full
from index.snapshot import Snapshot
from index.state import State
from index.types import SyncReport
from knowledge.catalog import Catalog

Mode = Literal["changes", "again", "anew"]  # what a write looks at: changed documents, failed ones too, or all
_NO_EMBEDDER = "none"


@dataclass(frozen=True)
class Documents:
    """What is indexed: the shipped guides, the user's folders, and the catalog's cards."""

    guides: Path | None
    user_folders: tuple[Path, ...]
    catalog: Catalog


@dataclass(frozen=True)
class _Task:
    """One write: the state before, the documents there are, how they differ, and what is held of the passages before.

    `fresh`: into a new collection; `reuse`: with the vectors of texts that were embedded before.
    """

    known: State
    found: list[sources.Source]
    changes: build.Changes
    held: Snapshot | None
    fresh: bool
    reuse: bool


class Writer:
    """Writes one index. Several threads may ask at once, several processes may share its folder."""

    def __init__(self, place: Place, held: Held, documents: Documents, embedder: Embedder | None) -> None:
        """`held` is told of every generation that is written."""
        self._place = place
        self._held = held
        self._documents = documents
        self._embedder = embedder
        self._writing = threading.RLock()

    @property
    def embedder_id(self) -> str:
        """Return the identity of the embedding model, "none" when there is none."""
        return self._embedder.id if self._embedder else _NO_EMBEDDER

    def write(self, progress: build.Progress | None, mode: Mode) -> SyncReport:
        """Write what `mode` looks at. Raises IndexBroken when even a temporary folder cannot be written.

        When another process is writing, this waits for it up to 20 s and then leaves the work to it (`waited` in the
        report).
        """
        broken = False
        with self._writing:
            while True:
                began = time.monotonic()
                lock = self._place.lock
                try:
                    lock.acquire(timeout=LOCK_SECONDS)
                except Timeout:
                    self._held.newest()
                    return self._left_to_another(began)
                try:
                    return self._reconcile(progress, mode, began)
                except ServerError as error:
                    if self._place.url is None:
                        raise
                    self._place.leave_server(error)
                except (IndexBroken, OSError) as error:
                    broken = self._give_way(error, broken)
                finally:
                    lock.release()
                mode = "anew"

    def _give_way(self, error: IndexBroken | OSError, broken: bool) -> bool:
        """Make room for another try: set a damaged index aside once, then leave the folder, then give up.

        Returns whether the index has been found broken. What is held in memory goes on serving.
        """
        if isinstance(error, IndexBroken) and not broken and not is_full(error):
            self._place.set_aside(error.text("en"))
            return True
        if self._place.temporary is not None:
            self._place.leave_temporary()
            if isinstance(error, IndexBroken):
                raise error
            raise IndexBroken(
                reason=f"the index cannot be written: {error}", reason_ja=f"索引を書き込めません: {error}"
            ) from error
        self._place.move_to_temporary(str(error)[:200])
        return broken

    def _left_to_another(self, began: float) -> SyncReport:
        known = state.load(self._place.folder) or State()
        passages = sum(one.passages for one in known.files.values())
        seconds = time.monotonic() - began
        return SyncReport(0, 0, 0, len(known.files), 0, passages, 0, seconds, False, known.generation, waited=True)

    def _reconcile(self, progress: build.Progress | None, mode: Mode, began: float) -> SyncReport:
        known = self._known()
        one = self._documents
        found = sources.scan(one.guides, one.user_folders, one.catalog)
        fresh = (
            mode == "anew" or known.generation == 0 or known.embedder != self.embedder_id
            or known.schema != state.SCHEMA
            or build.needs_compaction(known, sum(one.passages for one in known.files.values()))
        )  # fmt: skip
        changes = build.compare(found, known, again=mode == "again")
        if not fresh and not changes:
            return _report(changes, known, began, embedded=0, changed=0, rebuilt=False)
        held = self._held.newest() if known.generation > 0 else None
        if held is None and not fresh:  # what the state describes cannot be read: it was set aside
            fresh, known = True, State(generation=known.generation)
            changes = build.compare(found, known)
        after, written = self._apply(_Task(known, found, changes, held, fresh, reuse=mode != "anew"), progress)
        changes.unchanged += len(changes.changed) - written.changed
        return _report(changes, after, began, embedded=written.embedded, changed=written.changed, rebuilt=fresh)

    def _known(self) -> State:
        """Return the state before a write, without what a process left that was killed while it rebuilt."""
        known = self._held.known()
        if known is None:
            self._held.set_aside("index.json cannot be read")
            known = State()
        if known.building:
            with self._place.store() as store:
                store.drop_others(self._place.prefix, known.collection)
            known = replace(known, building="")
            self._held.note(known)
        return known

    def _apply(self, task: _Task, progress: build.Progress | None) -> tuple[State, build.Written]:
        """Write and show a new generation; return its state and what was written."""
        known, fresh = task.known, task.fresh
        identity, number = self.embedder_id, known.generation + 1
        collection = self._place.collection(identity, number) if fresh else known.collection
        vectors = self._vectors(task)

        def mark(files: dict[str, state.Entry]) -> None:
            self._held.note(known.with_files(files))

        with self._place.store() as store:
            work = build.Work(store, collection, READERS, self._documents.catalog, vectors, number, progress)
            if fresh:
                self._held.note(replace(known, building=collection))
                store.create(collection, {"embedder": identity, "generation": number, "schema": state.SCHEMA})
                written, finish = build.fill(work, task.found)
            else:
                assert task.held is not None  # _reconcile starts afresh when there is nothing to update
                written, finish = build.update(work, task.changes, known.files, task.held.stock.numbers, mark)
            moved = fresh or written.moved
            after = known.with_files(written.files)  # files were touched but say the same, or say nothing still
            if moved:
                after = build.next_state(known, collection, identity, written, fresh)
                self._held.show(after, written, None if fresh else task.held)
            finish()
            if fresh:
                self._held.note(replace(after, building=collection))
                store.drop_others(self._place.prefix, collection)
            self._held.note(after)
        if moved:
            self._held.keep(len(written.records) + written.dropped)
        return after, written

    def _vectors(self, task: _Task) -> build.Vectors:
        """Return the embedder with the vectors that may be wanted again: of the documents that change or move."""
        held = task.held
        if held is None or not task.reuse or held.embedder != self.embedder_id:
            return build.Vectors(self._embedder, (), ())
        keys = {one.key for one in task.changes.changed} | set(task.changes.removed)
        rows = [n for n, one in enumerate(held.records) if task.fresh or one.key in keys]
        return build.Vectors(self._embedder, [held.records[n] for n in rows], [held.stock.vector(n) for n in rows])


def _report(
    changes: build.Changes, after: State, began: float, *, embedded: int, changed: int, rebuilt: bool
) -> SyncReport:
    return SyncReport(
        added=len(changes.added),
        changed=changed,
        removed=len(changes.removed),
        unchanged=changes.unchanged,
        failed=sum(1 for one in after.files.values() if one.state == "failed"),
        passages=sum(one.passages for one in after.files.values()),
        embedded=embedded,
        seconds=time.monotonic() - began,
        rebuilt=rebuilt,
        generation=after.generation,
    )
