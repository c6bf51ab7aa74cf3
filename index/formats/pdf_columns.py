"""The columns of text on a PDF page: where each ends and how far its lines are apart.

Both are asked of the lines around a line, not of the page: tables, headings and text across the page stand at the same
left side as a narrow column and would tell of another width.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median_low

from index.formats.blocks import WIDE
from index.formats.pdf_lines import Line

SAME_SIZE = 0.12
SAME_PITCH = 1.35  # times the usual distance of lines: a paragraph ends
_WIDEST_PITCH = 2.8  # times the size of the letters
_LINES = 2.2  # times the size: the distance of lines is less in most documents
_EVEN = 0.75  # of the steps are
_SAME_STEP = 0.15  # as high
_SAME_EDGE = 3.0  # times the size: lines that begin within this are in one column
_INDENT = 6.0  # times the size: a list, in its column
_BESIDE = 0.9  # times the size
_JUSTIFIED = 0.25  # of a column's text
_BIN = 4.0  # points within which lines end at one place
_MOST_STRETCHES = 200  # that are looked at: more are the labels of a drawing
_FEW = 3  # lines that tell where their column ends
_WRAPPED = 0.6  # of lines whose next word had no room
_LATIN = 0.55  # times the size: a letter among Japanese
_SLACK = 0.6  # times the size: signs show less than they take
_NOWHERE = float("inf")
_PROSE = re.compile(rf"[。、](?!$)|[{WIDE}]，|[a-z)][.,;] ")
_SENTENCE = re.compile(r"[。、]|[a-z)][.,;:?!](?:\s|$)")
_WORD = re.compile(
    rf"(?:[^\s{WIDE}]+|[「『（［【〔〈《]*[{WIDE}])[、。，．・：；！？）」』］】〕〉》ーっゃゅょッャュョァィゥェォ々]*"
)


@dataclass(frozen=True, slots=True)
class Setting:
    """How a line's column is set: where it ends, infinity for unknown, and how far its lines are apart, in points."""

    edge: float
    pitch: float


@dataclass(slots=True)
class _Stretch:
    """Lines below each other in one column; `limit` is where the next column begins beside them."""

    limit: float
    left: float
    right: float
    size: float
    numbers: list[int] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def add(self, n: int, line: Line, limit: float) -> None:
        self.limit, self.left = min(self.limit, limit), min(self.left, line.left)
        self.right = max(self.right, line.right)
        self.numbers.append(n)
        self.lines.append(line)


def settings(lines: Sequence[Line], apart: Collection[int]) -> dict[int, Setting]:
    """Return how each line of a page is set but those `apart`, which are headings or rows of tables."""
    stretches = _stretches(lines, apart)
    usual: dict[float, list[float]] = {}
    for one in stretches:
        usual.setdefault(round(one.size, 1), []).extend(_steps(one.lines))
    near = {size: _of_size(size, usual) for size in usual}
    order = sorted(stretches, key=lambda one: one.left)
    found = {}
    for one in stretches:
        pitch = _pitch(one, near[round(one.size, 1)])
        wrapped = _is_wrapped(one.lines, SAME_PITCH * pitch)
        column = one.lines if wrapped else _column(one, order)
        edge = _end(column) if wrapped or _tells_width(one, column) else _NOWHERE
        found.update(dict.fromkeys(one.numbers, Setting(edge, pitch)))
    return found


def _of_size(size: float, steps: Mapping[float, Sequence[float]]) -> list[float]:
    """Return the steps of lines about as large, from the least."""
    return sorted(step for one, some in steps.items() if abs(one - size) <= SAME_SIZE * size for step in some)


def had_no_room(one: Line, two: Line, edge: float) -> bool:
    """Tell whether the first word of a line is too wide for what is left of the line before."""
    return edge - one.right < _first_word(two) + _SLACK * one.size


def _first_word(line: Line) -> float:
    """Return the width of what cannot be parted at the beginning of a line, in points."""
    text, left, right = line.cells[0]
    if not re.search(rf"[{WIDE}]", text):
        return (right - left) / len(text) * (len(text.split(" ")[0]) + 1)
    word = _WORD.match(text)
    wide = sum(line.size * (1.0 if re.match(rf"[{WIDE}]", sign) else _LATIN) for sign in (word[0] if word else ""))
    return max(1.5 * line.size, wide)


def _stretches(lines: Sequence[Line], apart: Collection[int]) -> list[_Stretch]:
    limits = _limits(lines, apart)
    found: list[_Stretch] = []
    before = -1
    for n, line in enumerate(lines):
        if n in apart:
            continue
        last = found[-1] if found and before == n - 1 else None
        if last is None or not _continues(last, line, limits[n]):
            found.append(_Stretch(limits[n], line.left, line.right, line.size))
        found[-1].add(n, line, limits[n])
        before = n
    return found


def _continues(stretch: _Stretch, line: Line, limit: float) -> bool:
    """Tell whether a line stands below those of a column; one that reaches over the column beside is in none."""
    last = stretch.lines[-1]
    if abs(last.size - line.size) > SAME_SIZE * last.size or abs(last.left - line.left) > _SAME_EDGE * line.size:
        return False
    reaches = line.right > stretch.limit or stretch.right > limit
    return 0 < last.bottom - line.bottom < _WIDEST_PITCH * line.size and not reaches


def _limits(lines: Sequence[Line], apart: Collection[int]) -> list[float]:
    """Return where what stands to the right of each line begins, _NOWHERE for lines with nothing beside."""
    order = sorted((line.bottom, line.left) for n, line in enumerate(lines) if n not in apart)
    heights = [bottom for bottom, _ in order]
    found = []
    for line in lines:
        near = slice(
            bisect_left(heights, line.bottom - _BESIDE * line.size),
            bisect_right(heights, line.bottom + _BESIDE * line.size),
        )
        found.append(min((left for _, left in order[near] if left >= line.right), default=_NOWHERE))
    return found


def _column(stretch: _Stretch, order: Sequence[_Stretch]) -> list[Line]:
    """Return the lines that are in one column with those of a stretch, which may be indented: a list, a note.

    Arguments that need a word:
        order: all stretches from the left.
    """
    first = bisect_left(order, stretch.left - _INDENT * stretch.size, key=lambda one: one.left)
    end = bisect_right(order, stretch.left + _SAME_EDGE * stretch.size, key=lambda one: one.left)
    open_side = stretch.limit == _NOWHERE
    found = [
        line
        for one in order[first : min(end, first + _MOST_STRETCHES)]
        if (one.limit == _NOWHERE if open_side else one.right <= stretch.limit)
        for line in one.lines
    ]
    return found or stretch.lines


def _tells_width(stretch: _Stretch, column: Sequence[Line]) -> bool:
    """Tell whether lines show how wide their column is: an address that stands alone does not."""
    longer = any(line.right > stretch.right for line in column)
    return longer or any(_SENTENCE.search(line.text) for line in stretch.lines)


def _steps(lines: Sequence[Line]) -> list[float]:
    return [one.bottom - two.bottom for one, two in pairwise(lines)]


def _pitch(stretch: _Stretch, near: Sequence[float]) -> float:
    """Return how far lines of a stretch are apart, 0 for a single line.

    Where its own steps are even, it is these; else the smaller of its own and the page's `near` to it in size.
    """
    steps = _steps(stretch.lines)
    if len(steps) >= _FEW and _share(steps, median_low(steps)) >= _EVEN:
        return median_low(steps)
    usual = _LINES * stretch.size
    return min(
        (median_low([step for step in some if step < usual] or some) for some in (steps, near) if some), default=0.0
    )


def _share(steps: Sequence[float], usual: float) -> float:
    return sum(abs(step - usual) < _SAME_STEP * usual for step in steps) / len(steps)


def _is_wrapped(lines: Sequence[Line], widest: float) -> bool:
    """Tell whether lines show by themselves where their column ends: sentences, with no room for the next word."""
    if len(lines) < _FEW or not any(_PROSE.search(line.text) for line in lines):
        return False
    edge = max(line.right for line in lines)
    tight = [(one, two) for one, two in pairwise(lines) if one.bottom - two.bottom <= widest]
    return sum(had_no_room(one, two, edge) for one, two in tight) >= _WRAPPED * len(lines[1:])


def _end(lines: Sequence[Line]) -> float:
    """Return where a column ends: where most of the text does, as when it is justified, else the longest line."""
    weights: Counter[int] = Counter()
    counts: Counter[int] = Counter()
    for line in lines:
        weights[round(line.right / _BIN)] += len(line.text)
        counts[round(line.right / _BIN)] += 1
    usual, weight = max(weights.items(), key=lambda one: (one[1], one[0]))
    justified = counts[usual] >= _FEW and weight > _JUSTIFIED * sum(weights.values())
    return _BIN * usual if justified else max(line.right for line in lines)
