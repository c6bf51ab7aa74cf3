"""The index at 10,000 to 200,000 passages: building, searching, following changes, surviving kill -9.

    python -m tests.benchmarks index                          100,000 passages, a million on a server, and 20 kills
    python -m tests.benchmarks.bench_index 20000              another size, in files of ten passages
    python -m tests.benchmarks.bench_index 200000 server      the same against `chroma run` on loopback
    python -m tests.benchmarks.bench_index million 50000 200000
                                                              both sizes against a server, and what they let expect of
                                                              a million: every figure goes on as a straight line

The embedder is the built-in one. Wall times depend on who else uses the cores, so what the host and other programs took
of them is told beside them, and the build's cost in processor time of this process and of the reading processes.
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
from dataclasses import dataclass, fields, replace
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from index.formats.pool import READERS
from index.library import Index, open_index
from index.records import packed
from index.store import Store
from tests.benchmarks.corpus import PASSAGES_PER_FILE, section, write_folder
from tests.benchmarks.row import Row
from tests.killing import PHASES, Folder

PASSAGES = 100_000
ON_SERVER = (20_000, 80_000)  # passages, of which those of a million are told
KILLS = 20
QUERIES = 200
MILLION = 1_000_000
ALONE = 20_000  # passages that Chroma adds alone
NO_CATALOG: Any = SimpleNamespace(models={}, licences={}, benchmarks={}, glossary=())


@dataclass(frozen=True)
class Server:
    """A running Chroma server."""

    url: str
    pid: int


@dataclass(frozen=True)
class Spent:
    """Seconds: on the clock, of this process on a core, of its reading processes and its server, of all cores lost."""

    wall: float
    own: float
    others: float
    stolen: float
    idle: float

    @property
    def shares(self) -> str:
        """Tell what was left of the machine."""
        cores = (os.cpu_count() or 1) * self.wall
        rest = max(0.0, cores - self.own - self.others - self.stolen - self.idle)
        return f"of the cores the host took {self.stolen / cores:.0%}, other programs {rest / cores:.0%}"

    @property
    def on_idle_cores(self) -> float:
        """Return the seconds that two idle cores would take: this process works on one alone."""
        return max(self.own, (self.own + self.others) / 2)


class Watch:
    """Takes `spent` while it is open."""

    def __init__(self, server: Server | None = None) -> None:
        self._server = server

    def __enter__(self) -> "Watch":
        self._began = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        READERS.close()  # what children used is known when they have ended
        self.spent = Spent(*(after - before for after, before in zip(self._now(), self._began, strict=True)))

    def _now(self) -> tuple[float, ...]:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        others = children.ru_utime + children.ru_stime
        if self._server is not None:
            others += sum(_seconds(f"/proc/{self._server.pid}/stat", [13, 14]))  # user and system
        idle, waiting, stolen = _seconds("/proc/stat", [4, 5, 8])
        return time.monotonic(), time.process_time(), others, stolen, idle + waiting


def _seconds(file: str, places: list[int]) -> list[float]:
    """Return times that Linux tells in a file's first line (man proc), by their places."""
    found = _first_line(file).split()
    return [int(found[n]) / os.sysconf("SC_CLK_TCK") for n in places]


def _first_line(file: str) -> str:
    return Path(file).read_text(encoding="utf-8").split("\n", 1)[0]


def _resident_mib() -> float:
    pages = int(_first_line("/proc/self/statm").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


@contextmanager
def _server(folder: Path) -> Iterator[Server]:
    """Run a Chroma server on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(folder), "--port", str(port)]
    with subprocess.Popen([*command, "--host", "127.0.0.1"], stdout=subprocess.DEVNULL) as server:
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                time.sleep(0.1)
            yield Server(f"http://127.0.0.1:{port}", server.pid)
        finally:
            server.kill()


def _open(home: Path, server: Server | None) -> Index:
    return open_index(
        home / "data",
        user_folders=[home / "docs"],
        catalog=NO_CATALOG,
        guides=home / "none",
        chroma_url=server and server.url,
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


@dataclass(frozen=True)
class Figures:
    """What was measured at a size: seconds, MiB, and milliseconds for the queries."""

    build: float
    on_idle_cores: float
    own: float
    others: float
    chroma: float
    before: float
    memory: float
    still: float
    p50: float
    p95: float
    followed: float
    opened: float

    def at(self, share: float, other: "Figures") -> "Figures":
        """Return the figures on the straight line through these (share 0) and others (share 1)."""
        pairs = ((getattr(self, one.name), getattr(other, one.name)) for one in fields(self))
        return Figures(*(a + share * (b - a) for a, b in pairs))

    def rows(self, passages: int, size: str, command: str, shares: str = "") -> list[Row]:
        """Return the rows of a size."""
        helpers = "reading processes and the server" if "server" in size else "reading processes"
        own, others = 1000 * self.own / passages, 1000 * self.others / passages
        costs = f"per passage {own:.2f} ms here, {others:.2f} ms in {helpers}"
        told = f"{command}; {shares}; {costs}" if shares else f"{command}; {costs}"
        chroma = f"{command}; {1000 * self.chroma / passages:.2f} ms of a core per passage"
        return [
            Row(f"{size}: build", passages / self.build, "passages/s", told),
            Row(
                f"{size}: build, two idle cores by processor time", passages / self.on_idle_cores, "passages/s", command
            ),
            Row(f"{size}: Chroma's add alone, by processor time", passages / self.chroma, "passages/s", chroma),
            Row(f"{size}: memory for the index", self.memory, "MiB", f"{command}; {self.before:.0f} MiB before"),
            Row(
                f"{size}: sync without changes", self.still, "s", f"{command}; {passages // PASSAGES_PER_FILE:,} files"
            ),
            Row(f"{size}: query p50 / p95", f"{self.p50:.1f} / {self.p95:.1f}", "ms", command),
            Row(
                f"{size}: a new file is found after",
                self.followed,
                "s",
                f"{command}; folders watched, 0.6 s of it waiting",
            ),
            Row(f"{size}: open and first answer", self.opened, "s", command),
        ]


def _chroma_alone(index: Index, home: Path, server: Server | None) -> float:
    """Return the milliseconds of processor time per passage that adding what was indexed takes in Chroma alone."""
    held = index._held.last
    assert held is not None
    records = held.records[:ALONE]
    texts = [text for _, some in groupby(records, key=lambda one: one.key) for text in packed([*some])]
    store = Store(home / "alone", server and server.url)
    store.create("alone", {"about": "benchmark"})
    with Watch(server) as added:
        store.add("alone", records, held.stock.vectors, texts)
    store.drop("alone")
    store.close()
    return 1000 * (added.spent.own + added.spent.others) / len(records)


def figures(passages: int, home: Path, server: Server | None = None) -> tuple[Figures, str]:
    """Return the figures of an index of this many passages in files of ten, and what was left of the machine."""
    write_folder(home / "docs", passages)
    time.sleep(2.1)  # a file is read again while it is younger than two seconds
    index = _open(home, server)
    index._embedder.load()
    before = _resident_mib()
    with Watch(server) as built:
        report = index.sync()
    assert passages <= report.passages < 1.001 * passages  # a long section here and there is cut in two
    with Watch() as still:
        assert index.sync().unchanged == passages // PASSAGES_PER_FILE
    questions = [section(n * 97)[1][:40] for n in range(QUERIES)]
    index.search(questions[0])
    laps = []
    for question in questions:
        began = time.perf_counter()
        index.search(question)
        laps.append(1000 * (time.perf_counter() - began))
    resident = _resident_mib()
    alone = _chroma_alone(index, home, server)
    followed = _followed_seconds(index, home / "docs" / "0000")
    index.close()
    with Watch() as opened:
        again = _open(home, server)
        again.search("量子化")
    again.close()
    spent = built.spent
    found = Figures(
        build=spent.wall, on_idle_cores=spent.on_idle_cores, own=spent.own, others=spent.others,
        chroma=alone * passages / 1000, before=before, memory=resident - before,
        still=still.spent.wall, p50=float(np.percentile(laps, 50)), p95=float(np.percentile(laps, 95)),
        followed=followed, opened=opened.spent.wall,
    )  # fmt: skip
    return found, spent.shares


def measure(passages: int, home: Path, server: Server | None = None) -> list[Row]:
    """Return the rows of an index of this many passages."""
    found, shares = figures(passages, home, server)
    command = f"python -m tests.benchmarks.bench_index {passages}{' server' if server else ''}"
    return found.rows(passages, f"{passages:,} passages{' on a Chroma server' if server else ''}", command, shares)


def million(small: int, large: int) -> list[Row]:
    """Return the rows of two sizes on a Chroma server, and those of a million on the straight line through them."""
    command = f"python -m tests.benchmarks.bench_index million {small} {large}"
    rows, found = [], []
    for passages in (small, large):
        with tempfile.TemporaryDirectory() as folder, _server(Path(folder) / "server") as server:
            one, shares = figures(passages, Path(folder), server)
        if found:  # what the size before took is used again and counts
            first = found[0].before
            one = replace(one, before=first, memory=one.before + one.memory - first)
        found.append(one)
        rows += one.rows(passages, f"{passages:,} passages on a Chroma server", command, shares)
    expected = found[0].at((MILLION - small) / (large - small), found[1])
    return [*rows, *expected.rows(MILLION, "1,000,000 passages on a Chroma server, extrapolated", command)]


def killed(count: int = KILLS) -> Row:
    """Return how many of `count` indexes were whole after kill -9 at a random moment."""
    with tempfile.TemporaryDirectory() as home:
        folder = Folder(Path(home), files=20, seed=2026)
        wrong = [folder.kill_once(PHASES[n % len(PHASES)]) for n in range(count)]
    told = "; ".join(sorted({one for one in wrong if one})) or "nothing lost, no ghosts, nothing left behind"
    return Row("whole after kill -9 in build, sync, compaction", f"{wrong.count('')} of {count}", "", told)


def run() -> list[Row]:
    """Return the figures of the default size, of a million passages on a server, and of the kills."""
    with tempfile.TemporaryDirectory() as home:
        rows = measure(PASSAGES, Path(home))
    return [*rows, *million(*ON_SERVER), killed()]


def main(arguments: list[str]) -> None:
    """Print the figures of one size, for example `200000 server`, or of a million by two sizes."""
    assert PASSAGES_PER_FILE == 10, "the sizes are told in files of ten passages"
    if arguments[0] == "million":
        rows = million(*map(int, arguments[1:]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            if "server" in arguments:
                with _server(home / "server") as server:
                    rows = measure(int(arguments[0]), home, server)
            else:
                rows = measure(int(arguments[0]), home)
    for row in rows:
        print(row.of("index").markdown())


if __name__ == "__main__":
    main(sys.argv[1:])
