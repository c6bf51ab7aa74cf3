"""What the index knows about itself between runs: one JSON file, replaced atomically, beside the Chroma folder.

The file is the pointer of the blue/green collections and the generation counter that other processes watch. It is
written before a change (the touched documents as "waiting") and after it, so that a process killed in between leaves
a file that tells exactly which documents to do again.
"""

import contextlib
import json
import os
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Literal

from index.types import FileStatus, Origin

SCHEMA = 10  # raise when chunking, search text or stored fields change: every index is then rebuilt by itself
FILE = "index.json"
FileState = Literal["indexed", "needs_ocr", "empty", "failed", "waiting"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document as last seen.

    `sha` is the hash of its bytes, `racy` tells that it was written as it was read, `generation` is the one that its
    passages were written in.
    """

    file: str
    origin: Origin
    stamp: str
    sha: str = ""
    state: FileState = "waiting"
    passages: int = 0
    reason: dict[str, str] = field(default_factory=dict)
    at: str = ""
    racy: bool = False
    generation: int = 0

    def status(self) -> FileStatus:
        """Return the entry as the outside sees it."""
        return FileStatus(self.file, self.origin, self.state, self.passages, dict(self.reason), self.at)


_FIELDS = attrgetter(*Entry.__slots__)  # as they are: dataclasses.asdict copies each, a second for 10,000 documents


@dataclass(frozen=True, slots=True)
class State:
    """The whole file. Generation 0: nothing has been built.

    `building` names the collection that is being written, until all others are dropped; if its writer does not finish,
    whoever comes next drops all but `collection`. `churn` counts passages deleted from this collection; `token` is new
    with every generation, also when an index was deleted and counts from 1 again.
    """

    generation: int = 0
    collection: str = ""
    embedder: str = ""
    schema: int = SCHEMA
    churn: int = 0
    token: str = ""
    building: str = ""
    files: dict[str, Entry] = field(default_factory=dict)

    def with_files(self, files: dict[str, Entry]) -> "State":
        """Return a copy with other entries."""
        return replace(self, files=files)


def load(folder: Path) -> State | None:
    """Return the state in an index folder: an empty one when there is none, None when it is damaged."""
    try:
        raw = json.loads((folder / FILE).read_text(encoding="utf-8"))
        files = raw.pop("files")
        if raw["schema"] != SCHEMA:  # its collection is dropped when this one is built
            return State(**raw)
        return State(files={key: Entry(*entry) for key, entry in files.items()}, **raw)
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def save(folder: Path, state: State) -> None:
    """Write the state so that a reader sees the old or the new file, never half of one. Raises OSError."""
    plain = {name: getattr(state, name) for name in State.__slots__}
    plain["files"] = {key: _FIELDS(entry) for key, entry in state.files.items()}
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    draft = folder / f"{FILE}.{os.getpid()}.tmp"
    try:
        with draft.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(folder / FILE)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def signature(folder: Path) -> tuple[int, int, int]:
    """Return a value that changes whenever any process has saved a state: cheap enough to ask before every search."""
    try:
        about = (folder / FILE).stat()
    except OSError:
        return (0, 0, 0)
    return (about.st_ino, about.st_mtime_ns, about.st_size)
