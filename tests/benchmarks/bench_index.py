"""The index at 10,000 to 200,000 passages: building, searching, following changes, surviving kill -9.

    python -m tests.benchmarks index                          20,000 passages in 2,000 files, and 20 kills
    python -m tests.benchmarks.bench_index 100000             another size, in files of ten passages
    python -m tests.benchmarks.bench_index 200000 server      the same against `chroma run` on loopback

The embedder is the built-in one. Wall times depend on who else uses the cores, so the share of a core that this process
had is told beside them, and the build's cost in processor time of this process and of the reading processes.
"""

import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from index.formats.pool import READERS
from index.library import Index, open_index
from tests.benchmarks.corpus import PASSAGES_PER_FILE, section, write_folder
from tests.benchmarks.row import Row
from tests.killing import PHASES, Folder

PASSAGES = 20_000
KILLS = 20
QUERIES = 200
NO_CATALOG: Any = SimpleNamespace(models={}, licences={}, benchmarks={}, glossary=())


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, of this process on a core, and of its reading processes."""

    wall: float
    own: float
    readers: float


class Watch:
    """Takes `spent` while it is open."""

    def __enter__(self) -> "Watch":
        self._began = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        READERS.close()  # what children used is known when they have ended
        self.spent = Spent(*(after - before for after, before in zip(self._now(), self._began, strict=True)))

    @staticmethod
    def _now() -> tuple[float, float, float]:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.monotonic(), time.process_time(), children.ru_utime + children.ru_stime


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Run a Chroma server on loopback and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(folder), "--port", str(port)]
    with subprocess.Popen([*command, "--host", "127.0.0.1"], stdout=subprocess.DEVNULL) as server:
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def _open(home: Path, url: str | None) -> Index:
    return open_index(
        home / "data", user_folders=[home / "docs"], catalog=NO_CATALOG, guides=home / "none", chroma_url=url
    )


def _followed_seconds(index: Index, folder: Path) -> float:
    """Return how long a new file takes to be found while the folders are watched."""
    index.watch()
    time.sleep(3.0)
    began = time.monotonic()
    (folder / "new.md").write_text("# Espresso\n\nEspresso machines need descaling.", encoding="utf-8")
    while time.monotonic() - began < 60.0:
        if any(hit.passage.file == "0000/new.md" for hit in index.search("espresso descaling")):
            return time.monotonic() - began
        time.sleep(0.02)
    return float("inf")


def measure(passages: int, home: Path, url: str | None = None) -> list[Row]:
    """Return the figures of an index of this many passages in files of ten."""
    command = f"python -m tests.benchmarks.bench_index {passages}{' server' if url else ''}"
    size = f"{passages:,} passages{' on a Chroma server' if url else ''}"
    write_folder(home / "docs", passages)
    time.sleep(2.1)  # a file is read again while it is younger than two seconds
    index = _open(home, url)
    index._embedder.load()
    before = _resident_mib()
    with Watch() as built:
        report = index.sync()
    spent, count = built.spent, report.passages
    with Watch() as still:
        unchanged = index.sync().unchanged
    questions = [section(n * 97)[1][:40] for n in range(QUERIES)]
    index.search(questions[0])
    laps = []
    for question in questions:
        began = time.perf_counter()
        index.search(question)
        laps.append(1000 * (time.perf_counter() - began))
    resident = _resident_mib()
    followed = _followed_seconds(index, home / "docs" / "0000")
    index.close()
    with Watch() as opened:
        again = _open(home, url)
        again.search("量子化")
    again.close()
    costs = f"{1000 * spent.own / count:.2f} ms here, {1000 * spent.readers / count:.2f} ms in reading processes"
    share = f"this process had {spent.own / spent.wall:.0%} of a core"
    best = count / max(spent.own, (spent.own + spent.readers) / 2)
    return [
        Row(f"{size}: build", count / spent.wall, "passages/s", f"{command}; {share}; per passage {costs}"),
        Row(f"{size}: build, two idle cores by processor time", best, "passages/s", command),
        Row(f"{size}: memory for the index", resident - before, "MiB", f"{command}; {before:.0f} MiB before"),
        Row(f"{size}: sync without changes", still.spent.wall, "s", f"{command}; {unchanged:,} files"),
        Row(f"{size}: query p50 / p95", "{:.1f} / {:.1f}".format(*np.percentile(laps, [50, 95])), "ms", command),
        Row(f"{size}: a new file is found after", followed, "s", f"{command}; folders watched, 0.6 s of it waiting"),
        Row(f"{size}: open and first answer", opened.spent.wall, "s", command),
    ]


def killed(count: int = KILLS) -> Row:
    """Return how many of `count` indexes were whole after kill -9 at a random moment."""
    with tempfile.TemporaryDirectory() as home:
        folder = Folder(Path(home), files=20, seed=2026)
        wrong = [folder.kill_once(PHASES[n % len(PHASES)]) for n in range(count)]
    told = "; ".join(sorted({one for one in wrong if one})) or "nothing lost, no ghosts, nothing left behind"
    return Row("whole after kill -9 in build, sync, compaction", f"{wrong.count('')} of {count}", "", told)


def run() -> list[Row]:
    """Return the figures of the default size, and of the kills."""
    with tempfile.TemporaryDirectory() as home:
        rows = measure(PASSAGES, Path(home))
    return [*rows, killed()]


def main(arguments: list[str]) -> None:
    """Print the figures of one size, for example `200000 server`."""
    assert PASSAGES_PER_FILE == 10, "the sizes are told in files of ten passages"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if "server" in arguments:
            with _server(home / "server") as url:
                rows = measure(int(arguments[0]), home, url)
        else:
            rows = measure(int(arguments[0]), home)
    for row in rows:
        print(row.of("index").markdown())


if __name__ == "__main__":
    main(sys.argv[1:])
