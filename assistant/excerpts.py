"""What to quote of a passage from the person's documents: the rows of a table, or the sentences, that answer.

A row or sentence counts by how much of the question it holds, in any wording of either language: a word that all of
them hold tells nothing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Shares = Callable[[Sequence[str]], list[float]]  # how much of the question each text holds: index/lexical.py
KEPT = 0.7  # of what the best row or sentence holds: then it is quoted as well
ENOUGH = 0.3  # of the question: with less, a sentence is no better than the others,
LEAD = 0.22  # unless the next best holds this much less
MOST_ROWS = 12
_SHORT = 40  # characters: a passage this short is quoted whole
_LONG = 240  # columns: a longer line is quoted by the sentence
_CELL = re.compile(r"([^|:]{1,60}): ([^|]*)")
_WIDE = 60  # columns of a line that may have been broken; Japanese characters take two
_ENDS = re.compile(r"[.。!！?？:：;」）)]$")
_ITEM = re.compile(r"(?:[-*+・•●○■□|]|[(（]?\d{1,3}[.)）．、]|[①-⑳]|第[0-9０-９一二三四五六七八九十]+条)")
_TITLES = "".join(rf"(?<!{one}\.)" for one in ("Mr", "Mrs", "Ms", "Dr", "St", "No", "Prof", " [A-Z]"))
_SENTENCE = re.compile(rf"(?<=[。！？])(?![」』）)])|(?<=[.!?]){_TITLES}\s+(?=[A-Z0-9\"'(])")
_LINE = re.compile(r"l\. (\d+)")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a passage to quote, and where it is ("l. 6", "l. 3-5")."""

    text: str
    place: str


def excerpt(text: str, place: str, shares: Shares) -> Excerpt:
    """Return what a passage says to a question: rows as a Markdown table, sentences, or the whole when none stands out.

    `shares` tells how much of the question a text holds; 0 is nothing.
    """
    rows = _rows(text)
    if rows:
        kept = _telling([" ".join(row.values()) for row in rows], shares)[:MOST_ROWS]
        return Excerpt(_table([rows[n] for n in kept]), _lines(place, kept[0], kept[-1]))
    pieces = [(n, one) for n, line in enumerate(_unwrapped(text)) for one in _sentences(line)]
    if len(text) <= _SHORT or len(pieces) < 2 or any(one.startswith("|") for _, one in pieces):
        return Excerpt(text, place)
    kept = _telling([one for _, one in pieces], shares, enough=ENOUGH)
    return Excerpt(text if len(kept) == len(pieces) else _shortened(pieces, kept), place)


def _shortened(pieces: Sequence[tuple[int, str]], kept: Sequence[int]) -> str:
    """Return the kept sentences, given with the number of their line, with "…" for what is left out."""
    shown = ""
    for before, n in zip([-1, *kept], kept, strict=False):
        line, sentence = pieces[n]
        same = before >= 0 and pieces[before][0] == line
        shown += ("" if not shown else " " if same else "\n\n") + "… " * (n - 1 != before) + sentence
    return shown + " …" * (kept[-1] < len(pieces) - 1)


def _sentences(line: str) -> list[str]:
    """Return the sentences of a long line; a short one stays whole."""
    return [one for one in _SENTENCE.split(line) if one.strip()] if _columns(line) > _LONG else [line]


def _columns(text: str) -> int:
    return sum(1 if one.isascii() else 2 for one in text)


def _unwrapped(text: str) -> list[str]:
    """Return the lines of a text, those that were broken to fit a width put together again.

    A line goes on in the next when that is indented, or when it is long and ends in the middle of a sentence.
    """
    lines: list[str] = []
    for raw in text.strip().split("\n"):
        line = raw.strip()
        if not line:
            continue
        before = lines[-1] if lines else ""
        broken = _columns(before) >= _WIDE and not _ENDS.search(before) and " | " not in before + line  # no rows
        if before and not _ITEM.match(line) and (broken or raw.startswith(("  ", "\t", "　"))):
            lines[-1] = before + ("" if not before[-1].isascii() and not line[0].isascii() else " ") + line
        else:
            lines.append(line)
    return lines


def _telling(pieces: Sequence[str], shares: Shares, *, enough: float = 0.0) -> list[int]:
    """Return the numbers of the pieces that hold most of the question, in order; all when nothing tells them apart.

    Nothing does either when the best of them holds less than `enough` of the question and does not stand out: the
    answer may be in other words. Of a row its key is enough: "K-3".
    """
    held = shares(pieces)
    best, *others = sorted(held, reverse=True)
    stands_out = best >= enough or best - max(others, default=0.0) >= LEAD
    return [n for n, share in enumerate(held) if not stands_out or share >= KEPT * best]


def _rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a passage made of "column: value | column: value" lines, [] for any other."""
    lines = [line for line in text.split("\n") if line.strip()]
    rows = [{name.strip(): value.strip() for name, value in _CELL.findall(line)} for line in lines]
    whole = (1 < len(row) == line.count(" | ") + 1 for row, line in zip(rows, lines, strict=True))  # no cell is lost
    is_table = bool(rows) and all(whole)
    return rows if is_table else []


def _table(rows: Sequence[dict[str, str]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    body = [[row.get(name, "") for name in columns] for row in rows]
    lines = [columns, ["---"] * len(columns), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _lines(place: str, first: int, last: int) -> str:
    """Return the place of some of the rows that begin at `place`; `place` itself when it is no line."""
    if not (found := _LINE.fullmatch(place)):
        return place
    start = int(found[1])
    return f"l. {start + first}" if first == last else f"l. {start + first}-{start + last}"
