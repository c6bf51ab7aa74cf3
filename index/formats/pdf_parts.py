"""Lines of PDF pages -> headings, paragraphs and tables."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.formats.blocks import WIDE, Block
from index.formats.pdf_columns import SAME_PITCH, SAME_SIZE, Setting, had_no_room, settings
from index.formats.pdf_lines import Line
from index.formats.pdf_tables import Table
from index.formats.pdf_text import joined, touch

_LARGER = 1.12  # times the size of most text: a heading
_HEADING_CHARACTERS = 100
_HEADING_SHARE = 0.3  # of a document's text: when more is larger or bold, that says nothing
_LEVELS = 4
_INDENT = 0.7  # times the size: the first line of a paragraph
_OUTDENT = 5.0  # times the size: more than first lines are indented
_SAME_SIDE = 1.0  # points
_ENDS = re.compile(r"[。．.!?！？:：」』）)…]$")
_UNFINISHED = re.compile(  # also within brackets
    r"[-,、]$|[（「『［(\[][^）」』］)\]]{0,60}$|\b(?:a|an|and|at|by|for|from|in|of|on|or|the|to|with)$"
)
_OPEN = re.compile(r"[a-z;]")
_ITEM = re.compile(
    r"(?:[-*•・●○■□▪◦–➢✓\uf000-\uf0ff]|[(（]?\d{1,3}[.)）．、]|[①-⑳]|[a-z][.)])(?=[\s　\w「(（])|第.{1,4}条"
)
_NUMBER = re.compile(rf"(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}}|[ア-ン])[ 　](?=[{WIDE}])")  # of a clause
_FIELD = re.compile(
    r"〒\s?\d|(?:電話|携帯|ファックス|受付|tel(?:ephone)?|fax|phone|e-?mail|url)(?:番号|時間)?\s?[:：.\d（(]",
    re.IGNORECASE,
)
_PARTICLE = re.compile("[、をがはにのとでもや]$")  # more follows
_NAME = re.compile("[A-Z0-9]")
_DATED = re.compile(r"(?:[年/.-]\d{1,2}[月/.-]\d{1,2}|元旦)日?\s?\S{0,6}(?:制定|施行|改[正定訂]|発行|作成)$")
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
        return min(_LEVELS, len(self.larger)) + 1 if plain and size >= self.size * (1 - SAME_SIZE) else 0


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def page_blocks(lines: Sequence[Line], tables: Sequence[Table], page: int, layout: Layout) -> list[Block]:
    """Return a page's blocks in order."""
    place = f"p. {page + 1}"
    starts, levels = {one.first: one for one in tables}, [layout.level(line, page) for line in lines]
    rows = {n for one in tables for n in range(one.first, one.end)}
    set_as = settings(lines, rows | {n for n, level in enumerate(levels) if level})
    lefts = sorted(line.left for line in lines)
    blocks: list[Block] = []
    n = 0
    while n < len(lines):
        if n in starts:
            blocks.append(Block("table", starts[n].text, place))
            n = starts[n].end
            continue
        level = levels[n]
        held = [lines[n]]
        while (end := n + len(held)) < len(lines) and levels[end] == level and end not in starts:
            last, following = held[-1], lines[end]
            if not (_same_heading(last, following) if level else _runs_on(last, following, set_as[end - 1], lefts)):
                break
            if len(held) == 1 and not level and _is_listed(lines, n, set_as):
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
        if last is not None and one.kind == last.kind == "text" and _is_item(one.text) and _is_item(last.text):
            found[-1] = replace(last, text=f"{last.text}\n{one.text}")
        else:
            found.append(one)
    return found


def _is_item(text: str) -> bool:
    return _ITEM.match(text) is not None or _NUMBER.match(text) is not None


def _same_heading(one: Line, two: Line) -> bool:
    """Tell whether a heading goes on in the next line: as large and right below."""
    step = one.bottom - two.bottom
    return _rounded(one.size) == _rounded(two.size) and 0 < step < 1.6 * one.size and one.bold == two.bold


def _runs_on(one: Line, two: Line, setting: Setting, lefts: Sequence[float]) -> bool:
    """Tell whether a paragraph goes on: same size, no new item, and the next word had no room in the line before.

    `lefts` are the places where the lines of the page begin, in order.
    """
    if abs(one.size - two.size) > SAME_SIZE * one.size or _begins_own(one, two):
        return False
    if one.hyphen:
        return True
    step = one.bottom - two.bottom
    turn = step < 0
    if step > SAME_PITCH * setting.pitch or (turn and _ENDS.search(one.text[-1:])):
        return False
    if not turn and (_is_set_off(one, two) or _is_right_aligned(one, two, lefts)):
        return False
    if abs(one.left - two.left) > one.size and abs(one.left + one.right - two.left - two.right) < one.size:
        return False  # both in the middle
    if _UNFINISHED.search(one.text) or (_OPEN.match(one.text[-1:]) and two.text[:1].islower()):
        return True
    return had_no_room(one, two, setting.edge)


def _is_listed(lines: Sequence[Line], n: int, set_as: Mapping[int, Setting]) -> bool:
    """Tell whether a line and the next are two of an address or list: names or numbers, after a line cut short."""
    if n not in set_as or set_as.get(n - 1) is not set_as[n]:
        return False
    before, one, two = lines[n - 1 : n + 2]
    short = not _ENDS.search(before.text[-1:]) and not had_no_room(before, one, set_as[n].edge)
    small = sum(word[0].islower() for word in one.text.split())
    return short and small < 2 and _NAME.match(one.text.split()[-1]) is not None and _NAME.match(two.text) is not None


def _begins_own(one: Line, two: Line) -> bool:
    """Tell by its words alone that a line does not go on with the one before."""
    if _DATED.search(one.text) or (_FIELD.match(two.text) and not _PARTICLE.search(one.text)):
        return True
    if _NUMBER.match(two.text):
        return _ENDS.search(one.text[-1:]) is not None or _NUMBER.match(one.text) is not None
    return _ITEM.match(two.text) is not None and not _is_amount(one, two)


def _is_set_off(one: Line, two: Line) -> bool:
    """Tell whether a line begins too far from the beginning of the one before: a new paragraph, or another column."""
    if one.left - two.left > _OUTDENT * one.size:
        return True
    return two.left - one.left > _INDENT * one.size and not _ITEM.match(one.text)


def _is_right_aligned(one: Line, two: Line, lefts: Sequence[float]) -> bool:
    """Tell whether lines agree in their right side alone: dates and names, not the first lines of a paragraph."""
    if abs(one.right - two.right) > _SAME_SIDE or abs(one.left - two.left) < _INDENT * one.size:
        return False
    return bisect_right(lefts, two.left + _SAME_SIDE) - bisect_left(lefts, two.left - _SAME_SIDE) < 2


def _is_amount(one: Line, two: Line) -> bool:
    """Tell whether a number such as "2.1" goes on with a sentence: no number of a section, which begins one."""
    return _AMOUNT.match(two.text) is not None and not re.search(r"[。．.!?！？:：;]$", one.text)


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
