"""What to quote of a passage from the person's documents: the rows of a table, or the lines, that answer.

A row or line counts by the question's words that it holds, each weighted by how few rows or lines hold it, so that a
word that all of them share tells nothing.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

KEPT = 0.7  # of the best row's or line's weight: then it is quoted as well
ENOUGH = 0.4  # of the question's weight: with less, a line is no better than the others
MOST_ROWS = 12
_SHORT = 40  # characters: a passage this short is quoted whole
_CELL = re.compile(r"([^|:]{1,60}): ([^|]*)")
_WIDE = 60  # columns of a line that may have been broken; Japanese characters take two
_ENDS = re.compile(r"[.。!！?？:：;」）)]$")
_ITEM = re.compile(r"(?:[-*+・•●○■□|]|[(（]?\d{1,3}[.)）．、]|[①-⑳]|第[0-9０-９一二三四五六七八九十]+条)")
_HIRAGANA = re.compile("[\u3041-\u309f]")
_LINE = re.compile(r"l\. (\d+)")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a passage to quote, and where it is ("l. 6", "l. 3-5")."""

    text: str
    place: str


def excerpt(text: str, place: str, question: str) -> Excerpt:
    """Return what a passage says to a question: rows as a Markdown table, lines, or the whole when none stands out."""
    rows = _rows(text)
    if rows:
        kept = _telling([" ".join(row.values()) for row in rows], question)[:MOST_ROWS]
        return Excerpt(_table([rows[n] for n in kept]), _lines(place, kept[0], kept[-1]))
    lines = _unwrapped(text)
    if len(text) <= _SHORT or len(lines) < 2 or any(line.startswith("|") for line in lines):
        return Excerpt(text, place)
    kept = _telling(lines, question, ENOUGH)
    if len(kept) == len(lines):
        return Excerpt(text, place)
    shown = ["… " * (n > 0 and n - 1 not in kept) + lines[n] for n in kept]
    return Excerpt("\n\n".join(shown) + " …" * (kept[-1] < len(lines) - 1), place)


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
        broken = sum(1 if one.isascii() else 2 for one in before) >= _WIDE and not _ENDS.search(before)
        if before and not _ITEM.match(line) and (broken or raw.startswith(("  ", "\t", "　"))):
            lines[-1] = before + ("" if not before[-1].isascii() and not line[0].isascii() else " ") + line
        else:
            lines.append(line)
    return lines


def _telling(pieces: Sequence[str], question: str, enough: float = 0.0) -> list[int]:
    """Return the numbers of the pieces that hold most of the question, in order; all when nothing tells them apart.

    Nothing does either when the best of them holds less than `enough` of the question: the answer may be in other
    words. Of a row its key is enough: "K-3".
    """
    from index.terms import terms

    held = [set(terms(piece)) for piece in pieces]
    wanted = {word for word in terms(question) if not _HIRAGANA.search(word)}  # which is mostly endings
    spread = {word: sum(word in found for found in held) for word in wanted}
    worth = {word: math.log(len(pieces) / max(count, 1)) for word, count in spread.items()}
    weights = [sum(worth[word] for word in wanted & found) for found in held]
    best = max(weights)
    least = KEPT * best if best >= enough * sum(worth.values()) else 0.0
    return [n for n, weight in enumerate(weights) if weight >= least]


def _rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a passage made of "column: value | column: value" lines, [] for any other."""
    lines = [line for line in text.split("\n") if line.strip()]
    rows = [{name.strip(): value.strip() for name, value in _CELL.findall(line)} for line in lines]
    is_table = bool(rows) and all(len(row) > 1 and " | " in line for row, line in zip(rows, lines, strict=True))
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
