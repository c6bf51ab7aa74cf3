"""What to quote of a passage from the person's documents: the rows of a table, or the sentences, that answer.

A row or sentence counts by how much of the question it holds, in any wording of either language: a word that all of
them hold tells nothing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import Literal

from index.chunks import units
from index.kinds import asks_among
from index.terms import fold

Records = Literal["one line", "lines"]
Shares = Callable[[Sequence[str]], list[float]]  # how much of the question each text holds: index/lexical.py
# Of what the best row or statement holds: then another is quoted as well. More of statements, as the one that answers
# may be in other words: `python -m tests.benchmarks.excerpts` prints how many quotes hold the answer.
KEPT_ROWS, KEPT = 0.7, 0.5
ENOUGH = 0.3  # of the question: with less, a sentence is no better than the others,
LEAD = 0.22  # unless the next best holds this much less
MOST_ROWS = 12
SHORT = 100.0  # Japanese characters, about 285 Latin ones: a passage this short is quoted whole
WHOLE_TABLE = 250.0  # of a passage with a drawn table, which as a whole tells what its cells mean
MOST_BELONGING = 500  # characters of an answer that are quoted with its question
MOST_MESSAGES = 2  # of a chat behind a question; what comes later is about something else
_LONG = 240  # columns: a longer line is quoted by the sentence
_CELL = re.compile(r"([^|:]{1,60}): ([^|]*)")
_WIDE = 60  # columns of a line that may have been broken; Japanese characters take two
_RAGGED = 16  # columns by which such a line may be shorter than the widest: a long word did not fit
_GAP = re.compile(r"\S {3,}\S| \| |\S\t")
_ENDS = re.compile(r"[.。!！?？:：;」）)]$")
_ITEM = re.compile(r"(?:[-*+・•●○■□|]|[(（]?\d{1,3}[.)）．、]|[①-⑳]|第[0-9０-９一二三四五六七八九十]+条)")
_KANJI_ITEM = re.compile(r"[一二三四五六七八九十]{1,3}[、　 ]|[ア-ン][　 ]")
_INTRODUCES = re.compile(r"次の各号|次に掲げる|次の(?:とおり|通り|いずれか|場合|者)|以下の(?:とおり|通り|場合|もの)")
_STAMP = re.compile(
    r"\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\[?\d{1,2}:\d\d\b"
)  # of a message: "12/09/2026, 18:02 - Ann"
_BULLETS = tuple("・•●○■□※-*")
_TITLES = "".join(rf"(?<!{one}\.)" for one in ("Mr", "Mrs", "Ms", "Dr", "St", "No", "Prof", " [A-Z]"))
_SENTENCE = re.compile(rf"(?<=[。！？])(?![」』）)])|(?<=[.!?]){_TITLES}\s+(?=[A-Z0-9\"'(])")
_ASKS = re.compile(r"[?？][\"”」』）)]?$")
_LABEL = re.compile(r"[:：]$")
_PIPES = re.compile(r"^\|.*\|$", re.MULTILINE)
_LINE = re.compile(r"l\. (\d+)")


@dataclass(frozen=True, slots=True)
class _Statement:
    """What is quoted as one piece: a sentence of the line with this number, some lines that belong together, or a row.

    `table` is 0 outside of tables; `row` holds a row's cells by column.
    """

    line: int
    text: str
    table: int = 0
    row: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part of a passage to quote, and where it is ("l. 6", "l. 3-5")."""

    text: str
    place: str


def excerpt(text: str, place: str, shares: Shares, question: str = "", *, records: Records | None = None) -> Excerpt:
    """Return what a passage says to a question: rows as a Markdown table, sentences, or the whole when none stands out.

    Arguments that need a word:
        shares: tells how much of the question a text holds; 0 is nothing.
        question: rows that it names are quoted; all of them when it asks for the best, the cheapest or the like.
        records: the passage holds records of "key: value" lines, parted by blank ones, each of one line in its file or
            of several.
    """
    if records:
        found, first, last = _of_records(text, shares)
        return Excerpt(found, _lines(place, first, last) if records == "one line" else place)
    pieces = _pieces(text)
    rows = [n for n, one in enumerate(pieces) if one.row is not None]
    if len(pieces) < 2 and not rows:
        return Excerpt(text, place)
    telling = list(range(len(pieces)))
    among, named = asks_among(question), fold(question)
    if len(rows) == len(pieces):
        kept = telling if among or _small(text) else _of_rows(pieces, rows, shares, named)
        first, last = kept[0], kept[:MOST_ROWS][-1]
        in_a_run = pieces[0].table == pieces[-1].table  # else lines lie between them
        return Excerpt(_shortened(pieces, kept), _lines(place, first, last) if in_a_run else place)
    if units(text) > SHORT and not _small(text):
        telling = _telling([one.text for one in pieces], shares, near=KEPT, enough=ENOUGH)
    kept = _understood(pieces, telling)
    if len(kept) == len(pieces) and rows and not (among or _small(text)):  # whatever stands beside them
        best = _of_rows(pieces, rows, shares, named)
        kept = [n for n in kept if n not in rows or n in best]
    kept = sorted({*kept, *(rows if among else [n for n in rows if _is_named(pieces[n], named)])})
    as_it_is = len(kept) == len(pieces) and not rows and not _PIPES.search(text)
    return Excerpt(text if as_it_is else _shortened(pieces, kept), place)


def _small(text: str) -> bool:
    """Tell whether a passage with a drawn table is small enough to be quoted whole."""
    return bool(_PIPES.search(text)) and units(text) <= WHOLE_TABLE


def _of_rows(pieces: Sequence[_Statement], rows: Sequence[int], shares: Shares, question: str) -> list[int]:
    """Return the rows that hold most of the question or are named in it, all when none stands out."""
    named = [n for n in rows if _is_named(pieces[n], question)]
    kept = [rows[k] for k in _telling([pieces[n].text for n in rows], shares, near=KEPT_ROWS)]
    return named if named and len(kept) == len(rows) else sorted({*kept, *named})


def _is_named(piece: _Statement, question: str) -> bool:
    """Tell whether a question has the word in a row's first cell, such as "K-3"."""
    key = fold(next(filter(None, piece.row.values()), "")) if piece.row else ""
    return len(key) > 1 and bool(re.search(rf"(?<![a-z0-9]){re.escape(key)}(?![a-z0-9])", question))


def _of_records(text: str, shares: Shares) -> tuple[str, int, int]:
    """Return the records that hold most of the question, each whole, and the numbers of the first and last of them."""
    found = [one for one in text.split("\n\n") if one.strip()]
    kept = _telling(found, shares, near=KEPT_ROWS)
    return _shortened([_Statement(n, one) for n, one in enumerate(found)], kept), kept[0], kept[-1]


def _pieces(text: str) -> list[_Statement]:
    """Return the statements of a passage and the rows of its tables, in order."""
    found: list[_Statement] = []
    lines = text.split("\n")
    for number, (kind, some) in enumerate(groupby(lines, key=_kind), 1):
        held, after = list(some), found[-1].line + 1 if found else 0
        if kind == "prose":
            found += [replace(one, line=one.line + after) for one in _statements(_unwrapped("\n".join(held)))]
            continue
        rows = [_row(line) for line in held] if kind == "row" else _markdown_rows(held)
        found += [
            _Statement(after + n, " ".join(row.values()), number, row)
            if any(map(str.strip, row)) else _Statement(after + n, f"- {': '.join(filter(None, row.values()))}")
            for n, row in enumerate(rows)
        ]  # fmt: skip
    return found


def _kind(line: str) -> str:
    if _PIPES.match(line):
        return "pipes"
    return "row" if _row(line) else "prose"


def _statements(lines: Sequence[str]) -> list[_Statement]:
    """Return lines and sentences of long lines in order, a question or label with what follows it."""
    found: list[_Statement] = []
    n = 0
    while n < len(lines):
        end = n + 1 + _belonging(lines[n], lines[n + 1 :])
        if end > n + 1:
            found.append(_Statement(n, "\n".join(lines[n:end])))
        else:
            found += [_Statement(n, one) for one in _sentences(lines[n])]
        n = end
    return found


def _belonging(line: str, after: Sequence[str]) -> int:
    """Return how many of the lines after a line belong to it: the answer to a question, what a label introduces."""
    if _ASKS.search(line):
        ends = next((n for n, one in enumerate(after) if _ASKS.search(one)), len(after))
        ends = min(ends, MOST_MESSAGES) if _STAMP.match(line) else ends
    elif _INTRODUCES.search(line):
        ends = next((n for n, one in enumerate(after) if not (_ITEM.match(one) or _KANJI_ITEM.match(one))), len(after))
    else:
        ends = 1 if _LABEL.search(line) and not _ITEM.match(line) else 0
    room = accumulate(map(len, after[:ends]))
    return max(sum(1 for used in room if used <= MOST_BELONGING), min(ends, len(after), 1))


def _understood(pieces: Sequence[_Statement], kept: Sequence[int]) -> list[int]:
    """Return the kept statements with those that they need: what introduces a list, the sentence that goes on."""
    wanted = set(kept)
    for n in kept:
        if n + 1 < len(pieces) and pieces[n + 1].line == pieces[n].line:
            wanted.add(n + 1)
        if _ITEM.match(pieces[n].text):
            first = next((k for k in range(n, -1, -1) if not _ITEM.match(pieces[k].text)), None)
            if first is not None and _LABEL.search(pieces[first].text.split("\n")[0]):
                wanted.add(first)
    return sorted(wanted)


def _shortened(pieces: Sequence[_Statement], kept: Sequence[int]) -> str:
    """Return the kept statements with "…" for what is left out; a table has its kept rows alone."""
    shown, before = "", -1
    for table, some in groupby(kept, key=lambda n: pieces[n].table):
        numbers = list(some)
        if table:
            gap = any(one.table != table for one in pieces[before + 1 : numbers[0]])
            rows = [row for n in numbers[:MOST_ROWS] if (row := pieces[n].row)]
            shown += ("\n\n" if shown else "") + "…\n\n" * gap + _table(rows)
            before = max(n for n, one in enumerate(pieces) if one.table == table)
            continue
        for n in numbers:
            same = before >= 0 and pieces[before].line == pieces[n].line
            listed = (
                before == n - 1 and before >= 0 and all(one.text.startswith("- ") for one in pieces[before : n + 1])
            )
            glue = "" if not shown else " " if same else "\n" if listed else "\n\n"
            shown += glue + "… " * (n - 1 != before) + pieces[n].text
            before = n
    return shown + ("\n\n…" if pieces[before].table else " …") * (before < len(pieces) - 1)


def _sentences(line: str) -> list[str]:
    """Return the sentences of a long line; a short one stays whole."""
    return [one for one in _SENTENCE.split(line) if one.strip()] if _columns(line) > _LONG else [line]


def _columns(text: str) -> int:
    return sum(1 if one.isascii() else 2 for one in text)


def _unwrapped(text: str) -> list[str]:
    """Return the lines of a text, those that were broken to fit a width put together again.

    A line goes on in the next when that is indented, or when it is about as wide as the widest and ends in the middle
    of a sentence. Lines with wide gaps are rows.
    """
    lines: list[str] = []
    widest = max(map(_columns, text.split("\n")))
    last = ""  # line as it was
    for raw in text.strip().split("\n"):
        line = raw.strip()
        if not line:
            last = ""
            continue
        full = _columns(last) >= max(_WIDE, widest - _RAGGED)
        broken = full and not _ENDS.search(last) and not _GAP.search(last + line)
        if last and not _ITEM.match(line) and not _STAMP.match(line) and (broken or _goes_on(raw, lines[-1])):
            before = lines[-1]
            lines[-1] = before + ("" if not before[-1].isascii() and not line[0].isascii() else " ") + line
        else:
            lines.append(line)
        last = line
    return lines


def _goes_on(raw: str, before: str) -> bool:
    """Tell whether an indented line belongs to the one before; one full-width space begins a Japanese paragraph."""
    if raw.startswith("　") and not raw.startswith("　　"):
        return before.startswith(_BULLETS)
    return raw.startswith(("  ", "\t", "　　"))


def _telling(pieces: Sequence[str], shares: Shares, *, near: float, enough: float = 0.0) -> list[int]:
    """Return the numbers of the pieces that hold most of the question, in order; all when nothing tells them apart.

    What holds `near` of what the best one does is kept. Nothing does either when the best of them holds less than
    `enough` of the question and does not stand out: the answer may be in other words. Of a row its key is enough,
    such as "K-3".
    """
    held = shares(pieces)
    best, *others = sorted(held, reverse=True)
    stands_out = best >= enough or best - max(others, default=0.0) >= LEAD
    return [n for n, share in enumerate(held) if not stands_out or share >= near * best]


def _row(line: str) -> dict[str, str]:
    """Return the cells of a "column: value | column: value" line, {} for any other."""
    cells = {name.strip(): value.strip() for name, value in _CELL.findall(line)}
    return cells if 1 < len(cells) == line.count(" | ") + 1 else {}  # no cell is lost


def _markdown_rows(lines: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a Markdown table, below names that are blank where it has no header."""
    cut = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    wide = max(map(len, cut))
    header = len(cut) > 2 and all(re.fullmatch(":?-+:?", cell) for cell in cut[1])
    names = [cell or " " * (n + 1) for n, cell in enumerate(cut[0])] if header else []
    names += [" " * (n + 1) for n in range(len(names), wide)]
    named = [name if names.index(name) == n else name + " " * n for n, name in enumerate(names)]
    return [dict(zip(named, row, strict=False)) for row in (cut[2:] if header else cut)]


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
