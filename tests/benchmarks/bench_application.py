"""The application as a newcomer meets it: size, start, time per answer, memory."""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.benchmarks.row import Row

ROOT = Path(__file__).resolve().parents[2]
CLI = [sys.executable, "-m", "assistant.cli"]
QUESTIONS = [
    "RTX 4060 Laptop 8GBでコーディング用におすすめは？",
    "Does Qwen3 8B fit in 12GB at 32k context?",
    "ベースモデルと指示モデルの違いは？",
    "Compare Llama 3.1 8B and Qwen2.5 7B for summarization",
    "48GBあれば何Bまで動く？",
    "What is the licence of Gemma 3 27B?",
]


def run() -> list[Row]:
    """Return sizes, starts, latencies and the serving process's memory."""
    rows = sizes()
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "MEKIKI_DATA": folder, "PYTHONUTF8": "1"}
        ask = [*CLI, "ask", QUESTIONS[2]]
        rows.append(Row("first `mekiki ask`: builds the index, then answers", timed(ask, environ), "s", QUESTIONS[2]))
        rows.append(Row("`mekiki ask`, from the documents", median(ask, environ), "s", "median of 3, new process"))
        ask = [*CLI, "ask", QUESTIONS[0]]
        rows.append(Row("`mekiki ask`, a recommendation", median(ask, environ), "s", "median of 3, new process"))
        ask = [*CLI, "fit", "qwen3-8b", "--vram-gb", "12"]
        rows.append(Row("`mekiki fit`", median(ask, environ), "s", "median of 3, new process"))
        rows += answers(environ)
        rows += page(environ)
    return rows


def folder_mb(folder: Path, left_out: tuple[str, ...] = ()) -> float:
    """Return the size of a folder's files in 10^6 bytes; links are not followed."""
    total = 0
    for place, names, files in os.walk(folder):
        names[:] = [name for name in names if name not in left_out]
        total += sum(Path(place, name).lstat().st_size for name in files)
    return total / 1e6


def sizes() -> list[Row]:
    """Return the sizes of the repository, what is tracked in it, and the environment."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    tracked = [ROOT / name.decode("utf-8") for name in listed.split(b"\0") if name]
    there = [path for path in tracked if path.is_file()]
    rows = [
        Row("repository, tracked files", sum(path.stat().st_size for path in there) / 1e6, "MB", f"{len(there)} files"),
        Row("repository, git history", folder_mb(ROOT / ".git"), "MB", ".git"),
        Row("installed environment", folder_mb(Path(sys.prefix)), "MB", "CPU build, with development tools"),
    ]
    biggest = sorted(((path.stat().st_size / 1e6, path) for path in there), reverse=True)[0]
    return [*rows, Row("largest file", biggest[0], "MB", biggest[1].relative_to(ROOT).as_posix())]


def timed(command: list[str], environ: dict[str, str]) -> float:
    """Return how long a command takes in seconds. Raises CalledProcessError when it fails."""
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return time.perf_counter() - started


def median(command: list[str], environ: dict[str, str], times: int = 3) -> float:
    """Return the median time of a command in seconds, after one run that does not count."""
    timed(command, environ)
    return statistics.median(timed(command, environ) for _ in range(times))


def answers(environ: dict[str, str]) -> list[Row]:
    """Return the time per answer inside one process, `ask --jsonl`, twice through the questions."""
    lines = "\n".join(json.dumps({"text": question}, ensure_ascii=False) for question in QUESTIONS * 3)
    done = subprocess.run(
        [*CLI, "ask", "--jsonl"], cwd=ROOT, env=environ, input=lines, capture_output=True, check=True, encoding="utf-8"
    )
    totals = [sum_of(json.loads(line)["timings_ms"]) for line in done.stdout.splitlines() if line.strip()]
    warm = sorted(totals[len(QUESTIONS) :])
    how = f"{len(warm)} answers of {len(QUESTIONS)} kinds in one process, after the first of each"
    return [
        Row("answer, warm, median", statistics.median(warm), "ms", how),
        Row("answer, warm, slowest", warm[-1], "ms", how),
    ]


def sum_of(timings: dict[str, float]) -> float:
    """Return a turn's whole time: its "total" if there is one, else the sum of its parts."""
    return timings.get("total", sum(timings.values()))


@contextmanager
def serving(environ: dict[str, str]) -> Iterator[tuple[psutil.Process, str, float]]:
    """Start the page; yields its process, address and the seconds until it first answered."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"
    started = time.perf_counter()
    process = psutil.Popen(
        [*CLI, "serve", "--port", str(port)],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            try:
                with opener.open(address, timeout=10) as reply:
                    reply.read()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - started > 300:
                    raise RuntimeError("the page did not start") from None
                time.sleep(0.05)
        yield process, address, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(30)


def page(environ: dict[str, str]) -> list[Row]:
    """Return the page's start to the first HTTP 200 with an index in place, and its memory after settling."""
    rows = []
    for which in ("first start after other work", "warm"):
        with serving(environ) as (process, _, seconds):
            rows.append(Row(f"page, start to first HTTP 200, {which}", seconds, "s", "`mekiki serve`, index in place"))
            time.sleep(5)
            whole = [process, *process.children(recursive=True)]
            memory = sum(one.memory_info().rss for one in whole if one.is_running()) / 2**20
    return [*rows, Row("page, memory of the serving process", memory, "MiB", "RSS with children, 5 s after the start")]
