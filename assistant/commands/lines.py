"""Work on lines of standard input: several at once, results in the lines' order and as soon as they are there."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")
_AHEAD = 64  # lines that are taken in before the first of them is done


def in_order(work: Callable[[str], Result], lines: Iterable[str], workers: int = 1) -> Iterator[tuple[int, Result]]:
    """Yield (number from 1, result) of every line that is not blank, without waiting for the line after it.

    `work` runs in `workers` threads; what it or reading a line raises is raised here, in the line's place.
    """
    waiting: Queue[tuple[int, Future[Result]] | None] = Queue(_AHEAD)

    def take_in(pool: ThreadPoolExecutor) -> None:
        number = 0
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    waiting.put((number, pool.submit(work, line)))
        except Exception as error:
            broken: Future[Result] = Future()
            broken.set_exception(error)
            waiting.put((number + 1, broken))
        waiting.put(None)

    with ThreadPoolExecutor(workers) as pool:
        Thread(target=take_in, args=(pool,), daemon=True).start()
        while (item := waiting.get()) is not None:
            number, future = item
            yield number, future.result()
