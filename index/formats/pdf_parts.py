"""Lines of PDF pages -> headings, paragraphs and tables."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from index.formats.blocks import WIDE, Block
from index.formats.pdf_lines import Line
from index.formats.pdf_tables import Table
from index.formats.pdf_text import joined, touch

_LARGER = 1.12  # times the size of most text: a heading
_SAME_SIZE = 0.12
_HEADING_CHARACTERS = 100
_HEADING_SHARE = 0.3  # of a document's text: when more is larger or bold, that says nothing
_LEVELS = 4
_PITCH = 1.35  # times the usual distance of lines: a paragraph ends
_WIDEST_PITCH = 2.2  # times the size of the letters
_INDENT = 0.7  # times the size: the first line of a paragraph
_SAME_EDGE = 3.0  # times the size: lines that begin within this are in one column
_JUSTIFIED = 0.25  # of a column's text
_BIN = 4.0  # points within which lines end at one place
_ENDS = re.compile(r"[。．.!?！？:：」』）)…]$")
_OPEN = re.compile(r"[a-z;]")
_ITEM = re.compile(
    r"(?:[-*•・●○■□▪◦–➢✓\uf000-\uf0ff]|[(（]?\d{1,3}[.)）．、]|[①-⑳]|[a-z][.)])(?=[\s　\w「(（])|第.{1,4}条"
)
_AMOUNT = re.compile(r"\d{1,3}[.．]\d+(?![\d.])(?!\s+[A-Z][a-z])(?!\s+[^\x00-\x7f])")  # no "2.1 Scope"
_SENTENCE = re.compile(r".{0,400}?(?:[。！？]|[.!?](?=\s|$))")
_NUMBERED = re.compile(
    r"^(?:(?:chapter|section|appendix) )?(?:\d{1,3}|[a-z])(?:\.\d{1,3})*[.):]? |^第.{1,3}[章節条部編] ?"
)


def folded(text: str) -> str:
    """Return a title as it is compared: without its number and spaces, full-width letters as ASCII."""
    bare = " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
    return "".join((_NUMBERED.sub("", bare) or bare).split())


@dataclass(frozen=True, slots=True)
class Layout:
    """How a document is set: the size of its text, the larger sizes and whether bold lines are headings."""

    size: float
    larger: tuple[float, ...]
    bold: bool
    outline: dict[int, dict[str, int]]

    @staticmethod
    def of(pages: Sequence[Sequence[Line]], outline: dict[int, dict[str, int]]) -> "Layout":
        """Return what the lines of all pages tell."""
        sizes: Counter[float] = Counter()
        bold = 0
        for line in (one for lines in pages for one in lines):
            sizes[_rounded(line.size)] += len(line.text)
            bold += len(line.text) * line.bold
        if not sizes:
            return Layout(0.0, (), False, {})
        total = sum(sizes.values())
        size = max(sizes, key=lambda one: (sizes[one], -one))
        larger = sorted((one for one in sizes if one >= _LARGER * size), reverse=True)
        if sum(sizes[one] for one in larger) > _HEADING_SHARE * total:
            larger = []
        return Layout(size, tuple(larger), bold < _HEADING_SHARE * total, outline)

    def level(self, line: Line, page: int) -> int:
        """Return a line's level as a heading, 0 for text."""
        if len(line.text) > _HEADING_CHARACTERS or not re.search(r"\w", line.text):
            return 0
        if self.outline:
            titles = self.outline.get(page, {})
            return titles.get(folded(line.text), 0)
        if (size := _rounded(line.size)) in self.larger and not line.text.endswith(("。", "、", ",", ";")):
            return min(_LEVELS, 1 + self.larger.index(size))
        plain = (
            line.bold
            and self.bold
            and len(line.cells) == 1
            and not line.text.endswith(("。", ".", "、", ",", ";", ":", "："))
        )
        return min(_LEVELS, len(self.larger)) + 1 if plain and size >= self.size * (1 - _SAME_SIZE) else 0


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def page_blocks(lines: Sequence[Line], tables: Sequence[Table], page: int, layout: Layout) -> list[Block]:
    """Return a page's blocks in order."""
    place = f"p. {page + 1}"
    pitch = _pitch(lines)
    starts, edges = {one.first: one for one in tables}, _edges(lines)
    blocks: list[Block] = []
    n = 0
    while n < len(lines):
        if n in starts:
            blocks.append(Block("table", starts[n].text, place))
            n = starts[n].end
            continue
        level = layout.level(lines[n], page)
        held = [lines[n]]
        while n + len(held) < len(lines):
            following = lines[n + len(held)]
            if level != layout.level(following, page) or n + len(held) in starts:
                break
            if not (_same_heading(held[-1], following) if level else _runs_on(held[-1], following, edges, pitch)):
                break
            held.append(following)
        blocks.append(Block("heading" if level else "text", joined(held), place, level))
        n += len(held)
    return _gathered(blocks)


def _gathered(blocks: list[Block]) -> list[Block]:
    """Return the blocks, items of a list and other lines that stand alone being one block below each other."""
    found: list[Block] = []
    for one in blocks:
        last = found[-1] if found else None
        if last is not None and one.kind == last.kind == "text" and _ITEM.match(one.text) and _ITEM.match(last.text):
            found[-1] = replace(last, text=f"{last.text}\n{one.text}")
        else:
            found.append(one)
    return found


def _pitch(lines: Sequence[Line]) -> float:
    steps = [one.bottom - two.bottom for one, two in pairwise(lines)]
    usual = [step for step, line in zip(steps, lines, strict=False) if 0 < step < _WIDEST_PITCH * line.size]
    return median(usual) if usual else 0.0


def _edges(lines: Sequence[Line]) -> dict[int, float]:
    """Return where the column ends of lines that begin at a place, which is rounded to points.

    Where most of the text ends at one place, as when it is justified, that is it; else where the longest line ends.
    """
    begins: dict[int, list[Line]] = {}
    for line in lines:
        begins.setdefault(round(line.left), []).append(line)
    edges = {}
    for left, some in begins.items():
        room = _SAME_EDGE * max(line.size for line in some)
        column = [line for other, those in begins.items() if abs(other - left) <= room for line in those]
        weights: Counter[int] = Counter()
        for line in column:
            weights[round(line.right / _BIN)] += len(line.text)
        usual, weight = max(weights.items(), key=lambda one: (one[1], one[0]))
        ends = max(line.right for line in column)
        edges[left] = _BIN * usual if weight > _JUSTIFIED * sum(weights.values()) else ends
    return edges


def _same_heading(one: Line, two: Line) -> bool:
    """Tell whether a heading goes on in the next line: as large and right below."""
    step = one.bottom - two.bottom
    return _rounded(one.size) == _rounded(two.size) and 0 < step < 1.6 * one.size and one.bold == two.bold


def _runs_on(one: Line, two: Line, edges: dict[int, float], pitch: float) -> bool:
    """Tell whether a paragraph goes on: same size, no new item, and the next word had no room in the line before."""
    if abs(one.size - two.size) > _SAME_SIZE * one.size or (_ITEM.match(two.text) and not _is_amount(one, two)):
        return False
    if one.hyphen:
        return True
    step = one.bottom - two.bottom
    turn = step < 0
    if step > _PITCH * pitch or (turn and _ENDS.search(one.text[-1:])):
        return False
    if not turn and two.left - one.left > _INDENT * one.size and not _ITEM.match(one.text):
        return False
    if abs(one.left - two.left) > one.size and abs(one.left + one.right - two.left - two.right) < one.size:
        return False  # both in the middle
    if one.text.endswith(("-", ",", "、")) or (_OPEN.match(one.text[-1:]) and two.text[:1].islower()):
        return True
    edge = edges[round(one.left)]
    return edge - one.right < _first_word(two) + 0.6 * one.size


def _is_amount(one: Line, two: Line) -> bool:
    """Tell whether a number such as "2.1" goes on with a sentence: no number of a section, which begins one."""
    return _AMOUNT.match(two.text) is not None and not re.search(r"[。．.!?！？:：;]$", one.text)


def _first_word(line: Line) -> float:
    """Return the width of what cannot be parted at the beginning of a line, in points."""
    text = line.cells[0][0]
    width = (line.cells[0][2] - line.cells[0][1]) / len(text)
    if re.match(rf"[{WIDE}]", text):
        return 1.5 * line.size  # a sign, and the next where one may not begin a line
    return width * (len(text.split(" ")[0]) + 1)


def carried(pages: list[list[Block]]) -> list[Block]:
    """Return the blocks of all pages; a sentence that the end of a page cuts stands whole on the page it begins."""
    blocks: list[Block] = []
    for some in pages:
        first, last = some[0] if some else None, blocks[-1] if blocks else None
        if first and last and first.kind == last.kind == "text" and _is_cut(last.text, first.text):
            found = _SENTENCE.match(first.text)
            moved = found[0] if found else first.text[:400]
            rest = first.text[len(moved) :].lstrip()
            glue = "" if touch(last.text, moved) else " "
            blocks[-1] = replace(last, text=f"{last.text}{glue}{moved}")
            some = [replace(first, text=rest), *some[1:]] if rest else some[1:]
        blocks += some
    return blocks


def _is_cut(before: str, after: str) -> bool:
    goes_on = re.match(rf"[a-z{WIDE}]", after) is not None and not _ITEM.match(after) and not after.startswith("　")
    return goes_on and not _ENDS.search(before[-1:]) and len(before) > 20
