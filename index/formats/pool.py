"""Reading processes: documents are read several at a time, each within a time and memory limit.

A process is kept for the next document; one that crashes or takes too long is ended and replaced, and its document is
told as failed. When this process ends, also by kill -9, theirs ends with their standard input.
"""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from index.formats.child import receive, send
from index.reading import Job, Reading, revived

SECONDS = 120.0  # for one document; a 3,000-page PDF takes about 60 on a slow core
_TOGETHER_BYTES, _TOGETHER = 256 * 1024, 64  # of small documents, which a process gets in one message
_AHEAD = 6  # such messages before the one whose turn it is
_PIPE_BYTES = 1024 * 1024  # answers that a process can give while this one is busy; what Linux allows to anyone
_LOOK_SECONDS = 0.5
_IDLE_SECONDS = 20.0  # a process takes about 40 MB
_ROOT = str(Path(__file__).resolve().parents[2])
_CODE = f"import sys; sys.path.insert(0, {_ROOT!r}); from index.formats.child import main; main()"


class _Child:
    """One reading process and when its present document must be done."""

    def __init__(self) -> None:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # its buffers would count as memory used
        # Our own interpreter, no shell; -P: a json.py in the current folder is no module of ours.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _CODE], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        with contextlib.suppress(ImportError, AttributeError, OSError):  # elsewhere than on Linux it stays small
            import fcntl

            fcntl.fcntl(self.process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)  # type: ignore[arg-type]
        self.deadline = float("inf")
        self.late = False

    def ask(self, jobs: Sequence[Job], seconds: float) -> list[Reading]:
        """Return the readings in the order of the jobs; fewer when the process did not live to give all of them."""
        assert self.process.stdin is not None and self.process.stdout is not None
        found: list[Reading] = []
        self.deadline = time.monotonic() + seconds
        try:
            send(self.process.stdin, [asdict(job) for job in jobs])
            while len(found) < len(jobs) and (answer := receive(self.process.stdout)) is not None:
                self.deadline = time.monotonic() + seconds
                found.append(revived(answer))
        except (OSError, ValueError):  # it ended, or was ended, in the middle
            pass
        finally:
            self.deadline = float("inf")
        return found

    def end(self) -> int:
        """End the process and return how it ended."""
        self.process.kill()
        code = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        return code


class Pool:
    """Up to `size` reading processes, started when there is work and ended when there was none for a while."""

    def __init__(self, size: int | None = None, seconds: float = SECONDS) -> None:
        """Start nothing yet. `size` is one per core, four at most; `seconds` the limit for one document."""
        self._size = size or min(4, os.cpu_count() or 1)
        self._seconds = seconds
        self._guard = threading.Lock()
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._used = 0.0

    def read(self, jobs: Iterable[Job]) -> Iterator[Reading]:
        """Yield the readings in the order of the jobs, reading some of them ahead."""
        threads = ThreadPoolExecutor(self._size, thread_name_prefix="mekiki-read")
        waiting: deque[Future[list[Reading]]] = deque()
        try:
            for some in _together(jobs):
                waiting.append(threads.submit(self._some, some))
                if len(waiting) > _AHEAD:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            threads.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """End the processes that have nothing to do; the next `read` starts new ones."""
        with self._guard:
            idle, self._idle = self._idle, []
        for child in idle:
            self._retire(child)

    def _some(self, jobs: Sequence[Job]) -> list[Reading]:
        """Return the readings of some jobs: the one that a process ends at has failed, the next goes on behind it."""
        found: list[Reading] = []
        while len(found) < len(jobs):
            child = self._child()
            found += child.ask(jobs[len(found) :], self._seconds)
            if len(found) == len(jobs):
                with self._guard:
                    self._used = time.monotonic()
                    self._idle.append(child)
            else:
                code = self._retire(child)
                found.append(Reading(reason=_late(self._seconds) if child.late else _crashed(code)))
        return found

    def _child(self) -> _Child:
        with self._guard:
            if self._idle:
                return self._idle.pop()
            child = _Child()
            self._all.add(child)
            if len(self._all) == 1:
                threading.Thread(target=self._watch, name="mekiki-read-limit", daemon=True).start()
            return child

    def _retire(self, child: _Child) -> int:
        with self._guard:
            self._all.discard(child)
        return child.end()

    def _watch(self) -> None:
        """End processes that take too long, whose thread then sees the end, and those that have had nothing to do."""
        while True:
            time.sleep(min(_LOOK_SECONDS, self._seconds))
            now = time.monotonic()
            with self._guard:
                if not self._all:
                    return
                for child in self._all:
                    if child.deadline < now:
                        child.late = True
                        child.process.kill()
                rested = now - self._used > _IDLE_SECONDS
            if rested:
                self.close()


def _together(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    """Yield the jobs in lists: small documents together, so that a process is not waiting for this one after each."""
    held: list[Job] = []
    size = 0
    for job in jobs:
        if held and (len(held) == _TOGETHER or size + job.size > _TOGETHER_BYTES):
            yield held
            held, size = [], 0
        held.append(job)
        size += job.size
    if held:
        yield held


def _late(seconds: float) -> dict[str, str]:
    return {
        "en": f"took longer than {seconds:.0f} s to read",
        "ja": f"読み込みが {seconds:.0f} 秒を超えました",
    }


def _crashed(code: int) -> dict[str, str]:
    """Return what is told of a reader that ended; C code that gets no more memory aborts, and the system kills."""
    memory = code in (-signal.SIGABRT, -getattr(signal, "SIGKILL", 9))
    return {
        "en": f"the reader crashed (exit code {code})" + ", most likely for lack of memory" * memory,
        "ja": f"読み込みプログラムが異常終了しました（終了コード {code}）" + "。メモリ不足の可能性があります" * memory,
    }


READERS = Pool()  # one for all indexes of this process
atexit.register(READERS.close)
