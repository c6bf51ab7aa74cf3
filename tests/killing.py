"""Kill -9 an index at random moments of its work, and tell what is wrong with it afterwards."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from index import state
from index.reading import Job, read
from index.store import Store
from tests.benchmarks.corpus import file_text
from tests.index_fakes import make_index

ROOT = Path(__file__).resolve().parent.parent
PHASES = ("build", "sync", "compaction")
_WORK = """
import sys
from pathlib import Path
from index.formats.pool import READERS
from tests.index_fakes import make_index
index = make_index(Path(sys.argv[1]), Path(sys.argv[2]))
import chromadb
print("go", flush=True)
index.rebuild() if sys.argv[3] == "compaction" else index.sync()
print("done", flush=True)
"""


class Folder:
    """Documents, and an index over them that is brought to the start of a phase and killed in the middle."""

    def __init__(self, home: Path, files: int, seed: int) -> None:
        """Write `files` documents of ten passages below `home` and build the index once."""
        self.docs, self.data, self._kept = home / "docs", home / "data", home / "kept"
        self.docs.mkdir(parents=True)
        self._random = random.Random(seed)
        self._next = 0
        for n in range(files):
            self._write(f"{n:04}.md")
        make_index(self.data, self.docs).sync()
        shutil.copytree(self.data, self._kept)
        self._seconds: dict[str, float] = {}

    def _write(self, name: str) -> None:
        (self.docs / name).write_text(file_text(self._next), encoding="utf-8")
        self._next += 1

    def _prepare(self, phase: str) -> None:
        """Bring the index to where the phase starts: nothing built, or built before a fifth of the files changed."""
        shutil.rmtree(self.data)
        if phase == "build":
            return
        shutil.copytree(self._kept, self.data)
        names = sorted(one.name for one in self.docs.iterdir())
        for name in self._random.sample(names, len(names) // 5):
            (self.docs / name).unlink()
            self._write(name if self._random.random() < 0.5 else f"{self._next:04}-new.md")

    def kill_once(self, phase: str) -> str:
        """Kill a process in the phase; returns what is wrong afterwards, "" when nothing is."""
        if phase not in self._seconds:
            self._seconds[phase] = self._run(phase, None)
        self._run(phase, self._random.uniform(0.0, self._seconds[phase]))
        return self._wrong()

    def _run(self, phase: str, seconds: float | None) -> float:
        """Do the phase in a process, killed after `seconds`; returns how long it took."""
        self._prepare(phase)
        command = [sys.executable, "-c", _WORK, str(self.data), str(self.docs), phase]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stdout.readline() == b"go\n"
            began = time.monotonic()
            if seconds is not None:
                time.sleep(seconds)
                process.send_signal(signal.SIGKILL)
            process.stdout.read()
        return time.monotonic() - began

    def _wrong(self) -> str:
        """Search and reconcile with a new index, then compare everything with the documents."""
        index = make_index(self.data, self.docs)
        index.search("量子化 quantization")
        index.sync()
        expected = sorted(
            record.id
            for path in self.docs.iterdir()
            for record in read(Job(f"user:{path.name}", path.name, path=str(path))).records or ()
        )
        known = state.load(self.data / "index")
        assert known is not None
        store = Store(self.data / "index" / "chroma")
        try:
            stored = sorted(record.id for record in store.load(known.collection)[0])
            names = store.names()
        finally:
            store.close()
        shown = index._held.last
        index.close()
        problems = {
            "collections left behind": names != [known.collection],
            "passages lost": bool(set(expected) - set(stored)),
            "ghost passages": bool(set(stored) - set(expected)),
            "passages stored twice": len(stored) != len(set(stored)),
            "search sees something else": shown is None or sorted(one.id for one in shown.records) != expected,
            "status counts wrong": sum(one.passages for one in known.files.values()) != len(expected),
        }
        return ", ".join(name for name, found in problems.items() if found)
