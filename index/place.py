"""Where an index lives: its folder, what to do when the folder cannot be used, and what a person is told about it."""

import contextlib
import hashlib
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from assistant.errors import IndexBroken, ServerError
from index import snapshot, state
from index.store import Store

Note = dict[str, str]
_PROBE = ".probe"


def note(en: str, ja: str) -> Note:
    """Return one sentence in both languages."""
    return {"en": en, "ja": ja}


class Place:
    """The folder of one index (or of what is kept locally beside a Chroma server) and its notes.

    `notes` holds one sentence per kind of trouble; `temporary` replaces a folder that cannot be written.
    """

    def __init__(self, data: Path, url: str | None, notes: dict[str, Note]) -> None:
        """Find a folder that can be written, below `data` if possible."""
        self.notes = notes
        self.url = url
        self.temporary: Path | None = None
        self._data = data
        self._lock: FileLock | None = None
        self.folder = self._usable()

    @property
    def _name(self) -> str:
        return "index" if self.url is None else f"index-{hashlib.sha256(self.url.encode()).hexdigest()[:8]}"

    def _usable(self) -> Path:
        folder = self._data / self._name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f"{_PROBE}-{threading.get_ident()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            self.move_to_temporary(error.strerror or str(error))
            return self.folder
        return folder

    def move_to_temporary(self, why: str) -> None:
        """Go on in a temporary folder, which is removed when this process ends."""
        self.temporary = self.folder = Path(tempfile.mkdtemp(prefix="mekiki-index-"))
        weakref.finalize(self, shutil.rmtree, self.temporary, ignore_errors=True)
        self.notes["folder"] = note(
            f"{self._data} cannot be written ({why}): the index is kept in a temporary folder until Mekiki ends",
            f"{self._data} に書き込めないため（{why}）、索引は終了まで一時フォルダーに置きます",
        )

    def leave_temporary(self) -> None:
        """Go back to the data folder, where what was indexed before may still be read."""
        self.clean()
        self.temporary = None
        self.notes.pop("folder", None)
        self.folder = self._usable()

    def leave_server(self, error: ServerError) -> None:
        """Go on with Chroma's own files in the data folder."""
        self.notes["server"] = note(
            f"{error.text('en')}; using the index in the data folder instead",
            f"{error.text('ja')}。代わりにデータフォルダーの索引を使います",
        )
        self.url = None
        self.folder = self._usable()

    def set_aside(self, why: str) -> None:
        """Move a damaged index out of the way; the last two are kept for whoever wants to look."""
        aside = self.folder / f"damaged-{time.strftime('%Y%m%d-%H%M%S')}"
        with contextlib.suppress(OSError):
            for old in sorted(self.folder.glob("damaged-*"))[:-1]:
                shutil.rmtree(old, ignore_errors=True)
            aside.mkdir(exist_ok=True)
            for part in ("chroma", state.FILE, snapshot.FILE):
                if (self.folder / part).exists():
                    shutil.move(str(self.folder / part), str(aside / part))
        self.notes["damaged"] = note(
            f"the index was damaged ({why}); it was moved to {aside} and built again from the documents",
            f"索引が壊れていたため {aside} に移し、文書から作り直しました（{why}）",
        )

    @property
    def lock(self) -> FileLock:
        """Return the lock that whoever writes the index holds; a thread that holds it may take it again."""
        if self._lock is None or Path(self._lock.lock_file).parent != self.folder:
            self._lock = FileLock(self.folder / "lock")
        return self._lock

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store for one piece of work: a client that stays open does not see what other processes write."""
        store = Store(self.folder / "chroma", self.url)
        try:
            yield store
        finally:
            store.close()

    def collection(self, embedder: str, generation: int) -> str:
        """Return a new collection's name: this folder, the embedder, the generation, and what no other one has."""
        return f"{self.prefix}{hashlib.sha256(embedder.encode()).hexdigest()[:8]}-g{generation}-{secrets.token_hex(4)}"

    @property
    def prefix(self) -> str:
        """Return how the names of this folder's collections begin: a server may hold those of others."""
        return f"mekiki-{hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:8]}-"

    def clean(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self.temporary is not None:
            shutil.rmtree(self.temporary, ignore_errors=True)


def is_full(error: IndexBroken) -> bool:
    """Tell whether Chroma found no room, which a new index would not find either."""
    told = error.text("en").lower()
    return any(one in told for one in ("is full", "no space left", "disk i/o error", "too large", "readonly"))
