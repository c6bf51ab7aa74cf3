"""The lines of a PDF page with their places on it, from PDFium's characters.

PDFium gives characters in the order in which the page draws them, which is the reading order of nearly every program,
and ends lines. Places are asked for at the borders of words alone: one call per character would take most of the time.
"""

import ctypes
import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from index.formats.blocks import WIDE

_CELL_GAP = 0.75  # times the size of the letters: more than any space between words
_TIGHT_GAP = 0.5  # programs set Japanese a little apart from digits: no space that anyone typed
_SPACE = 0.2  # times the size: the least between words
_SAME_BASELINE = 0.35  # times the size
_SAME_SIZE = 0.15
_BREAK = re.compile("\r\n|[\r\n\x02\ufffe]")  # PDFium writes 2 or U+FFFE for the hyphen at the end of a line
_HYPHENS = "\x02\ufffe\xad"
_BOLD = re.compile(r"bold|black|heavy|demi|[-_]W[6-9]\b", re.IGNORECASE)
_BOLD_WEIGHT = 600
_SMALL = 0.65  # times the largest letters of a page: furigana are half as large as what they stand above
_READING = re.compile("[\u3040-\u30ff ]+")
_BULLET = re.compile(r"[•●○■□▪◦–➢✓・\uf000-\uf0ff-]|[(（]?\d{1,3}[.)）．]|[①-⑳]")
_UNSEEN = re.compile("[\x00-\x1f\x7f\u200b\ufffe\ufeff\xa0]")
_WORD = re.compile(r"\S+")
_PRIVATE = re.compile("[\uf000-\uf0ff]")  # bullets of symbol fonts
_KANA = "\u3041-\u30ff\u3400-\u9fff"  # and kanji: no program sets digits apart from brackets
_TOUCHING = re.compile(rf"(?<=[{_KANA}])(?=\d)|(?<=\d)(?=[{_KANA}])")
_APART = re.compile(rf"(?<=[{_KANA}]) (?=\d)|(?<=\d) (?=[{_KANA}])")
_LOOK = 12  # lines that tell how a page is turned


Cell = tuple[str, float, float]


@dataclass(frozen=True)
class Line:
    """A line: `cells` are (text, left, right), parted where there is more than a space; `bottom` is its baseline.

    All in points; `top` is the size of the font above the baseline. `runs` are the cells parted at each gap, even at
    those as wide as a space.
    """

    cells: tuple[Cell, ...]
    bottom: float
    top: float
    bold: bool
    hyphen: bool = False
    runs: tuple[Cell, ...] = ()

    @cached_property
    def text(self) -> str:
        """The whole line."""
        return " ".join(cell[0] for cell in self.cells)

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.cells[0][1]

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.cells[-1][2]

    @property
    def size(self) -> float:
        """The size of its font."""
        return self.top - self.bottom


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    bottom: float
    right: float
    top: float


class _Characters:
    """The characters of a page and where they stand, in the direction in which they are read."""

    def __init__(self, textpage: Any) -> None:
        import pypdfium2.raw as raw  # type: ignore[import-untyped]

        self._raw, self._page = raw, textpage.raw
        count = raw.FPDFText_CountChars(self._page)
        self.text = textpage.get_text_range() if count else ""
        if len(self.text) != count:  # characters beyond 16 bits, or without a meaning
            codes = (raw.FPDFText_GetUnicode(self._page, n) for n in range(count))
            self.text = "".join(
                chr(one) if 0 < one < 0x110000 and not 0xD800 <= one < 0xE000 else "\x00" for one in codes
            )
        self._spaced = self._is_spaced()
        self.turned = 0.0  # radians by which lines run away from left to right

    def box(self, n: int) -> _Box:
        rect = self._raw.FS_RECTF()
        self._raw.FPDFText_GetLooseCharBox(self._page, n, rect)
        if not self.turned:
            return _Box(rect.left, rect.bottom, rect.right, rect.top)
        corners = [self._turn(rect.left, rect.bottom), self._turn(rect.right, rect.top)]
        xs, ys = sorted(x for x, _ in corners), sorted(y for _, y in corners)
        return _Box(xs[0], ys[0], xs[1], ys[1])

    def _turn(self, x: float, y: float) -> tuple[float, float]:
        if not self.turned:
            return x, y
        cosine, sine = math.cos(self.turned), math.sin(self.turned)
        return x * cosine + y * sine, y * cosine - x * sine

    def is_gap(self, n: int) -> bool:
        """Tell whether a space is none of the file's, but PDFium's for a gap; or a tab."""
        return self.text[n] == "\t" or self._raw.FPDFText_IsGenerated(self._page, n) == 1

    def sets_digits_apart(self, text: str) -> bool:
        """Tell whether the gaps between digits and Japanese in a line come from a program that sets these apart.

        Where others of the line touch, or most of the page, someone typed the space, as in "2 使用", a clause of a law.
        """
        if _TOUCHING.search(text):
            return False
        return self._spaced or len(_APART.findall(text)) > 1

    def _is_spaced(self) -> bool:
        gaps = sum(self.is_gap(found.start()) for found in _APART.finditer(self.text))
        return gaps >= len(_TOUCHING.findall(self.text))

    def place(self, n: int) -> tuple[float, float]:
        """Return the height of a character's baseline and the size of its font as the page shows it."""
        x, y, matrix = ctypes.c_double(), ctypes.c_double(), self._raw.FS_MATRIX()
        self._raw.FPDFText_GetCharOrigin(self._page, n, x, y)
        self._raw.FPDFText_GetMatrix(self._page, n, matrix)
        size = float(self._raw.FPDFText_GetFontSize(self._page, n)) * math.hypot(matrix.c, matrix.d)
        return self._turn(x.value, y.value)[1], size

    def angle(self, n: int) -> float:
        return float(self._raw.FPDFText_GetCharAngle(self._page, n))

    def bold(self, n: int) -> bool:
        if self._raw.FPDFText_GetFontWeight(self._page, n) >= _BOLD_WEIGHT:
            return True
        name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
        self._raw.FPDFText_GetFontInfo(self._page, n, name, 128, flags)
        return bool(_BOLD.search(name.value.decode("utf-8", errors="replace")))


def page_lines(textpage: Any) -> list[Line]:
    """Return a page's lines in reading order; turned pages and vertical writing as if they were read across."""
    characters = _Characters(textpage)
    spans = _spans(characters.text)
    turned, vertical = _direction(characters, spans)
    if turned or vertical:
        characters.turned = -math.pi / 2 if vertical else turned
        spans = _split(characters, spans)
    lines = [line for first, last in spans for line in _lines(characters, first, last)]
    return _columns(lines) if vertical else _whole(lines)


def _whole(lines: list[Line]) -> list[Line]:
    """Return lines without the readings above them (furigana), put together where these or small signs parted them."""
    found: list[Line] = []
    large = max((line.size for line in lines), default=0.0)
    for line in lines:
        if line.size < _SMALL * large and _READING.fullmatch(line.text):
            continue
        last = found[-1] if found else None
        if (
            last is not None
            and not last.hyphen
            and abs(last.bottom - line.bottom) < _SAME_BASELINE * max(last.size, line.size)
        ):
            gap = line.left - last.right
            if -0.3 * line.size < gap < 2 * _CELL_GAP * line.size:
                (text, _, _), *rest = line.cells
                before, start, _ = last.cells[-1]
                cell = (f"{before}{' ' * (gap > 0.2 * line.size)}{text}", start, line.cells[0][2])
                size = max(last, line, key=lambda one: one.size)
                cells, runs = (*last.cells[:-1], cell, *rest), last.runs + line.runs
                found[-1] = Line(cells, size.bottom, size.top, last.bold, line.hyphen, runs)
                continue
        found.append(line)
    return found


def _spans(text: str) -> list[tuple[int, int]]:
    """Return the first and last character of each line, the hyphen that ends it included."""
    spans = []
    start = 0
    for found in [*_BREAK.finditer(text), None]:
        end = len(text) if found is None else found.end() if found[0] in _HYPHENS else found.start()
        if text[start:end].strip():
            spans.append((start, end))
        start = end if found is None else found.end()
    return spans


def _direction(characters: _Characters, spans: list[tuple[int, int]]) -> tuple[float, bool]:
    """Return by how much most lines of a page are turned, and whether they are written downwards."""
    turns: list[float] = []
    vertical = seen = 0
    for first, last in spans[:_LOOK]:
        turns.append(characters.angle(first))
        bare = [n for n in range(first, last) if not characters.text[n].isspace()][:3]
        if len(bare) == 3:
            boxes = [characters.box(n) for n in bare]
            seen += 1
            vertical += abs(boxes[0].left - boxes[2].left) < 0.3 * (boxes[0].right - boxes[0].left) and (
                boxes[0].bottom > boxes[1].bottom > boxes[2].bottom
            )
    turns.sort()
    middle = turns[len(turns) // 2] if turns else 0.0
    middle = middle - 2 * math.pi if middle > math.pi else middle
    return (middle if abs(middle) > 0.1 else 0.0), not abs(middle) > 0.1 and 2 * vertical > seen


def _split(characters: _Characters, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return lines cut where they jump: PDFium joins lines of turned and vertical text."""
    found = []
    for first, last in spans:
        start, before = first, None
        for n in range(first, last):
            if characters.text[n].isspace():
                continue
            box = characters.box(n)
            if before is not None and abs(box.bottom - before.bottom) > 0.5 * (box.top - box.bottom):
                found.append((start, n))
                start = n
            before = box
        found.append((start, last))
    return found


def _lines(characters: _Characters, first: int, last: int) -> list[Line]:
    """Return the lines of what PDFium takes for one, each with one baseline; none for characters that show nothing.

    PDFium joins what stands beside each other, as cells of a row that are set half a line higher or lower.
    """
    text = characters.text[first:last]
    hyphen = text[-1] in _HYPHENS
    text = _UNSEEN.sub(" ", text[: len(text) - hyphen])
    parts = _level_runs(characters, _runs(characters, text, first))
    return [_line(characters, text, first, runs, hyphen and runs is parts[-1]) for runs in parts]


def _level_runs(characters: _Characters, runs: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Return runs in groups with one baseline; signs set higher stand close to their word and stay with it."""
    parts: list[list[tuple[int, int]]] = []
    bottom = size = foot = 0.0
    for run in runs:
        box = characters.box(run[0])
        if not parts or abs(box.bottom - foot) > _SAME_BASELINE / 2 * size:
            here, high = characters.place(run[0])
            gap = box.left - characters.box(parts[-1][-1][1]).right if parts else 0.0
            jumps = abs(here - bottom) > _SAME_BASELINE * size and abs(high - size) < _SAME_SIZE * size
            if not parts or (jumps and gap > _SPACE * size):
                parts.append([])
                bottom, size, foot = here, high, box.bottom
        parts[-1].append(run)
    return parts


def _line(characters: _Characters, text: str, first: int, runs: list[tuple[int, int]], hyphen: bool) -> Line:
    """Return the line of some runs of a text that begins at the character `first`."""
    bottom, size = characters.place(runs[0][0])
    size = max(size, characters.place(runs[-1][1])[1])  # the first may be a small bullet
    cells: list[Cell] = []
    parts: list[Cell] = []
    apart = characters.sets_digits_apart(text)
    for one, two in runs:
        part = " ".join(text[one - first : two - first + 1].split())
        box = characters.box(one)
        right = box.right if one == two else characters.box(two).right
        parts.append((part, box.left, right))
        mark = len(cells) == 1 and _BULLET.fullmatch(cells[0][0]) is not None
        if not cells or (box.left - cells[-1][2] > _CELL_GAP * size and not mark):
            cells.append(("-" if not cells and _PRIVATE.fullmatch(part) else part, box.left, right))
            continue
        shown, edge, before = cells[-1]
        near = apart and not mark and box.left - before < _TIGHT_GAP * size and _is_mixed(shown[-1], part[0])
        cells[-1] = (f"{shown}{'' if near else ' '}{part}", edge, right)
    bold = characters.bold(runs[0][0]) and characters.bold(runs[-1][1])
    return Line(tuple(cells), bottom, bottom + size, bold, hyphen, tuple(parts))


def _runs(characters: _Characters, text: str, first: int) -> list[tuple[int, int]]:
    """Return the first and last characters of what stands without a gap: PDFium puts a space where there is one."""
    runs: list[tuple[int, int]] = []
    for word in _WORD.finditer(text):
        begins, ends = first + word.start(), first + word.end() - 1
        if runs and not any(characters.is_gap(n) for n in range(runs[-1][1] + 1, begins)):
            runs[-1] = (runs[-1][0], ends)
        else:
            runs.append((begins, ends))
    return runs


def _is_mixed(before: str, after: str) -> bool:
    """Tell whether one of two signs is Japanese and the other a digit or a sign of numbers."""
    return bool(re.fullmatch(rf"[{WIDE}][\d(+-]|[\d)%][{WIDE}]", before + after))


def _columns(lines: list[Line]) -> list[Line]:
    """Return the lines of vertical writing: tiers from the top, in each the lines from the right."""
    tiers: list[list[Line]] = []
    reach = -math.inf
    for line in sorted(lines, key=lambda one: one.left):
        if line.left > reach or not tiers:
            tiers.append([])
        tiers[-1].append(line)
        reach = max(reach, line.right)
    return [one for tier in tiers for one in sorted(tier, key=lambda one: -one.bottom)]
