"""Lines are worked on at once and answered in order."""

from collections.abc import Iterator
from threading import Event

import pytest

from assistant.commands.lines import in_order


def test_results_come_in_the_order_of_the_lines_and_blank_lines_count() -> None:
    last = Event()

    def work(line: str) -> str:
        if line == "first\n":
            assert last.wait(10)  # done only after the other line was worked on
        else:
            last.set()
        return line.strip().upper()

    assert list(in_order(work, ["first\n", "\n", "third\n"], 2)) == [(1, "FIRST"), (3, "THIRD")]


def test_a_line_is_answered_before_the_next_is_written() -> None:
    said = Event()

    def lines() -> Iterator[str]:
        yield "one"
        assert said.wait(10)
        yield "two"

    results = in_order(len, lines(), 2)
    assert next(results) == (1, 3)
    said.set()
    assert list(results) == [(2, 3)]


def test_what_work_or_reading_raises_is_raised_in_its_place() -> None:
    def lines() -> Iterator[str]:
        yield "1"
        raise OSError("gone")

    results = in_order(int, lines(), 2)
    assert next(results) == (1, 1)
    with pytest.raises(OSError, match="gone"):
        next(results)
    with pytest.raises(ValueError, match="x"):
        list(in_order(int, ["x"], 2))


def test_more_lines_than_are_taken_in_at_once() -> None:
    assert [value for _, value in in_order(int, map(str, range(300)), 3)] == list(range(300))
