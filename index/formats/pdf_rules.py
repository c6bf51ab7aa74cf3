"""The straight lines that a PDF page draws: they part the rows and columns of tables.

Programs draw them as strokes, as thin rectangles or as the edges of shaded ones.
"""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from index.formats.pdf_lines import Line

_THIN = 2.5  # points: a rectangle that is a line
_SHORT = 6.0  # points: a dash or part of a drawing
_MAX_OBJECTS = 20_000  # of a page, and
_MAX_POINTS = 400  # of a path: more is a drawing
_SAME = 2.0  # points within which two lines are one: the borders of neighbouring cells

Segment = tuple[float, float, float, float]  # x and y of both ends


@dataclass(frozen=True, slots=True)
class Rules:
    """The straight lines of a page: (height, left, right) from the top, and (place, bottom, top)."""

    across: tuple[tuple[float, float, float], ...] = ()
    down: tuple[tuple[float, float, float], ...] = ()

    def parting(self, left: float, right: float, low: float, high: float) -> list[float]:
        """Return the heights, from the top, of lines that run across half of a strip between two heights."""
        reach: dict[float, float] = {}
        for y, begins, ends in self.across:
            if low < y < high and (shared := min(right, ends) - max(left, begins)) > 0:
                same = next((one for one in reach if abs(one - y) < _SAME), y)
                reach[same] = reach.get(same, 0.0) + shared
        return sorted((y for y, length in reach.items() if 2 * length >= right - left), reverse=True)

    def stands_between(self, left: float, right: float, low: float, high: float) -> bool:
        """Tell whether a line runs down between two places, along most of a height."""
        return any(left <= x <= right and low < (bottom + top) / 2 < high for x, bottom, top in self.down)


NO_RULES = Rules()


def page_rules(page: Any, lines: Sequence[Line]) -> Rules:
    """Return the rules of a page; none for a page without lines that hold several cells, as these have no tables."""
    if not any(len(line.cells) > 1 for line in lines):
        return NO_RULES
    across, down = [], []
    for x1, y1, x2, y2 in _segments(page):
        if abs(y1 - y2) < _THIN and abs(x1 - x2) > _SHORT:
            across.append(((y1 + y2) / 2, min(x1, x2), max(x1, x2)))
        elif abs(x1 - x2) < _THIN and abs(y1 - y2) > _SHORT:
            down.append(((x1 + x2) / 2, min(y1, y2), max(y1, y2)))
    return Rules(tuple(sorted(across, reverse=True)), tuple(sorted(down)))


def _segments(page: Any) -> Iterator[Segment]:
    """Yield the straight parts of what a page draws, of a rectangle its edges."""
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    for n in range(min(raw.FPDFPage_CountObjects(page.raw), _MAX_OBJECTS)):
        one = raw.FPDFPage_GetObject(page.raw, n)
        if raw.FPDFPageObj_GetType(one) != raw.FPDF_PAGEOBJ_PATH:
            continue
        box = [ctypes.c_float() for _ in range(4)]
        raw.FPDFPageObj_GetBounds(one, *box)
        left, bottom, right, top = (side.value for side in box)
        if right - left < _THIN or top - bottom < _THIN:
            yield (left, bottom, right, top)
        elif raw.FPDFPath_CountSegments(one) <= _MAX_POINTS:
            yield from _path(raw, one)


def _path(raw: Any, path: Any) -> Iterator[Segment]:
    """Yield the straight parts of a path that run across or down the page."""
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(path, matrix)
    points: list[tuple[float, float]] = []  # of the part that is being drawn
    for n in range(raw.FPDFPath_CountSegments(path)):
        segment = raw.FPDFPath_GetPathSegment(path, n)
        kind = raw.FPDFPathSegment_GetType(segment)
        x, y = ctypes.c_float(), ctypes.c_float()
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        place = (matrix.a * x.value + matrix.c * y.value + matrix.e, matrix.b * x.value + matrix.d * y.value + matrix.f)
        if kind != raw.FPDF_SEGMENT_LINETO:
            yield from _straight(points)
            points = []
        points.append(place)
        if raw.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    yield from _straight(points)


def _straight(points: Sequence[tuple[float, float]]) -> Iterator[Segment]:
    for (x1, y1), (x2, y2) in pairwise(points):
        yield (x1, y1, x2, y2)
