"""The generation that searches see: kept in memory, exchanged when this or another process has written a newer one."""

import contextlib
import threading

from filelock import Timeout

from assistant.errors import IndexBroken, ServerError
from index import snapshot, state
from index.bags import Bags, Numbers
from index.build import Written
from index.place import Place
from index.reading import bag_of
from index.snapshot import About, Snapshot
from index.state import State

LOCK_SECONDS = 20.0
_SMALL = 20_000  # passages whose snapshot is written again after every change, in about 0.2 s


class Held:
    """One process's view of an index folder. Several threads may ask."""

    def __init__(self, place: Place) -> None:
        """Hold nothing yet."""
        self._place = place
        self._snapshot: Snapshot | None = None
        self._seen: tuple[int, int, int] | None = None
        self._known: tuple[tuple[int, int, int], State] | None = None
        self._unsaved = 0  # passages that the snapshot's file does not show as they are
        self._guard = threading.RLock()

    def newest(self) -> Snapshot | None:
        """Return the stored generation; None when nothing is usable (never built, or damaged and moved aside).

        Raises ServerError when the passages are on a server that does not answer.
        """
        held = self._snapshot
        if held is not None and state.signature(self._place.folder) == self._seen:
            return held
        with self._guard:
            for _ in range(3):  # a collection can be replaced between reading the pointer and reading it
                seen = state.signature(self._place.folder)
                known = state.load(self._place.folder)
                if known is None or known.generation == 0 or known.schema != state.SCHEMA:
                    return None
                try:
                    self._snapshot = self._read(known)
                except ServerError:
                    raise
                except IndexBroken as error:
                    if self._is_damaged(seen):
                        self.set_aside(error.text("en"))
                        return None
                    continue
                self._seen = seen
                return self._snapshot
            return None

    def known(self) -> State | None:
        """Return the stored state, read again only when any process has written it since; None when it is damaged."""
        seen = state.signature(self._place.folder)
        if self._known is not None and self._known[0] == seen:
            return self._known[1]
        return state.load(self._place.folder)

    @property
    def last(self) -> Snapshot | None:
        """Return what was shown last, also when it is no longer the newest."""
        return self._snapshot

    def set_aside(self, why: str) -> None:
        """Move a damaged index out of the way and forget it."""
        self._place.set_aside(why)
        self._snapshot = self._seen = None

    def note(self, known: State) -> None:
        """Save a state, of the passages that are shown. Raises OSError."""
        with self._guard:
            state.save(self._place.folder, known)
            self._seen = state.signature(self._place.folder)
            self._known = (self._seen, known)

    def show(self, after: State, written: Written, base: Snapshot | None) -> None:
        """Let searches see a new generation, which `note` then makes known to other processes."""
        shown = snapshot.merged(_about(after), base, written.touched, written.records, written.vectors, written.bags)
        with self._guard:
            self._snapshot = shown

    def keep(self, changed: int) -> None:
        """Write the snapshot's file again when that is cheap beside what readers would have to fetch from Chroma."""
        found = self._snapshot
        self._unsaved += changed
        if found is not None and self._unsaved * 20 > len(found.records) - _SMALL:
            with contextlib.suppress(OSError):
                snapshot.save(self._place.folder, found)
                self._unsaved = 0

    def _is_damaged(self, seen: tuple[int, int, int]) -> bool:
        """Tell whether what could not be read is so although nobody is writing it."""
        try:
            with self._place.lock.acquire(timeout=LOCK_SECONDS):
                return state.signature(self._place.folder) == seen
        except Timeout:
            return False

    def _read(self, known: State) -> Snapshot:
        """Return the snapshot of a state: the one held or filed, with what changed since, or everything from Chroma."""
        base = self._snapshot
        if base is None or base.collection != known.collection:
            base = snapshot.load(self._place.folder, known.collection)
        if base is not None and base.token == known.token:
            return base
        with self._place.store() as store:
            if base is None or base.generation > known.generation:
                base, changed = None, set(known.files)
                records, vectors = store.load(known.collection)
            else:
                since = base.generation
                changed = {key for key, one in known.files.items() if one.generation > since}
                changed |= {one.key for one in base.records} - known.files.keys()
                records, vectors = store.documents(known.collection, sorted(changed & known.files.keys()))
        numbers = Numbers(base.stock.numbers if base is not None else {})
        bags = Bags.of([bag_of(one) for one in records], numbers)
        self._snapshot = snapshot.merged(_about(known), base, changed, records, vectors, bags)
        self.keep(len(records))
        return self._snapshot


def _about(known: State) -> About:
    return About(known.token, known.embedder, known.collection, known.generation)
