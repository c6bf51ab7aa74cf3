"""The columns and rows of a table in a PDF, told by where its cells stand and by the lines drawn between them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.formats.pdf_lines import Line
from index.formats.pdf_rules import Rules

_LEADING = 1.75  # times the size of the letters: lines of one cell are no further apart
_TIGHT = 1.12  # times the smallest distance of lines: still the same
_WRAPPED = 0.7  # of the cells that are taken for wrapped have no room for the next word, or
_LONG = 10  # characters
_TOUCH = 1.0  # points by which neighbouring columns may overlap: signs are a little wider than what they show
_BESIDE = 0.9  # times the size
_SAME_HEIGHT = 0.35  # times the size
NUMBER = re.compile(r"[\s¥￥$€£%+\-,.:/()\d]*\d[\s¥￥$€£%+\-,.:/()\d年月日円]*")

Lane = tuple[float, float]  # where a column begins and ends


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of a cell, and the number of the page's line that holds it."""

    line: Line
    number: int


Placed = tuple[Piece, tuple[int, ...]]  # with the columns it stands in
Row = list[Placed]


def lanes_of(pieces: Sequence[Piece]) -> list[Lane]:
    """Return the columns from the left. Narrow cells tell them: a wide one may stand above several."""
    lanes: list[Lane] = []
    for one in sorted(pieces, key=lambda piece: piece.line.right - piece.line.left):
        place = (one.line.left, one.line.right)
        shared = sharing(place, lanes)
        if not shared:
            lanes.append(place)
            lanes.sort()
        elif len(shared) == 1:
            at = shared[0]
            lanes[at] = (min(place[0], lanes[at][0]), max(place[1], lanes[at][1]))
    return _without_parts(lanes, [one.line for one in pieces])


def _without_parts(lanes: Sequence[Lane], cells: Sequence[Line]) -> list[Lane]:
    """Return columns, neighbours being one that never stand beside each other: short cells to both sides of one.

    Either a cell reaches over both, or one holds nothing but the name of the other.
    """
    top = max(cells, key=lambda cell: cell.bottom)
    places = [sharing((cell.left, cell.right), lanes) for cell in cells]
    own: list[list[Line]] = [[] for _ in lanes]
    for cell, some in zip(cells, places, strict=True):
        if len(some) == 1:
            own[some[0]].append(cell)
    bridged = {n for some in places for n in some[1:]}
    found: list[Lane] = []
    before: list[Line] = []  # the cells of the last one
    for n, (lane, those) in enumerate(zip(lanes, own, strict=True)):
        named = all(_beside(top, cell) for cell in those) or all(_beside(top, cell) for cell in before)
        if found and (n in bridged or named) and not any(_beside(one, two) for one in before for two in those):
            found[-1] = (found[-1][0], lane[1])
            before = before + those
            continue
        found.append(lane)
        before = those
    return found


def _beside(one: Line, two: Line) -> bool:
    return abs(one.bottom - two.bottom) < _BESIDE * one.size


def sharing(place: Lane, lanes: Sequence[Lane]) -> list[int]:
    """Return the numbers of the columns that a cell touches."""
    return [n for n, (left, right) in enumerate(lanes) if min(place[1], right) - max(place[0], left) > _TOUCH]


def parted_rows(pieces: Sequence[Piece], lanes: Sequence[Lane], rules: Rules, ruled: bool) -> list[Row]:
    """Return the rows from the top, cells in the order in which the page draws them.

    `ruled` tells that lines part the columns. Rows are told by the lines between them, else by their distance, else by
    the order of drawing; else each height is a row, but for what can only be the rest of one.
    """
    placed = [(one, tuple(sharing((one.line.left, one.line.right), lanes))) for one in pieces]
    climbs = any(two.line.bottom > one.line.bottom + 0.3 * one.line.size for one, two in pairwise(pieces))
    ways = [_by_rules(placed, lanes, rules, ruled), _by_distance(placed, lanes, climbs)]
    for rows in ways if ruled else reversed(ways):
        if rows:
            return rows
    if climbs:
        return _by_order(placed)
    return _with_rests(_by_height(placed), lanes)


def _by_rules(placed: Sequence[Placed], lanes: Sequence[Lane], rules: Rules, ruled: bool) -> list[Row]:
    """Return rows as the lines across part them, [] when these part headers or groups of rows."""
    low = min(one.line.bottom - _LEADING * one.line.size for one, _ in placed)
    high = max(one.line.top + _LEADING * one.line.size for one, _ in placed)
    heights = [rules.parting(left, right, low, high) for left, right in lanes]
    marks: list[float] = []
    for y in sorted((y for some in heights for y in some), reverse=True):
        if not marks or marks[-1] - y > 2:
            marks.append(y)
    bands: dict[int, Row] = {}
    for one, places in placed:
        middle = one.line.bottom + 0.3 * one.line.size
        bands.setdefault(sum(y > middle for y in marks), []).append((one, places))
    if len(bands) < 3 - ruled or any(_holds_rows(band, len(lanes), ruled) for band in bands.values()):
        return []
    numbers = sorted(bands)
    if any(len(_by_height(bands[n])) > 1 for n in numbers if n in (0, len(marks))):  # with no line above or below
        return []
    rows: dict[int, Row] = {n: [] for n in numbers}
    for n in numbers:
        for one, places in bands[n]:
            for other in _spanned(n, numbers, places, marks, heights):
                rows[other].append((one, places))
    return [rows[n] for n in numbers]


def _spanned(
    n: int, numbers: Sequence[int], places: Sequence[int], marks: Sequence[float], heights: Sequence[Sequence[float]]
) -> list[int]:
    """Return the rows over which a cell reaches: those that no line parts in its columns."""
    parts = [k for k, y in enumerate(marks) if any(abs(y - own) < 2 for place in places for own in heights[place])]
    return [other for other in numbers if not any(min(n, other) <= k < max(n, other) for k in parts)]


def _holds_rows(band: Row, wide: int, ruled: bool) -> bool:
    """Tell whether what stands between two lines is several rows: full ones, or numbers below each other."""
    heights = _by_height(band)
    if len(heights) < 2:
        return False
    full = sum(len({place for _, places in row for place in places}) == wide for row in heights)
    columns: dict[int, list[str]] = {}
    for one, places in band:
        columns.setdefault(places[0], []).append(one.line.text)
    numbers = any(len(some) > 1 and all(NUMBER.fullmatch(text) for text in some) for some in columns.values())
    return full > 1 and (numbers or not ruled)


def _by_height(placed: Sequence[Placed]) -> list[Row]:
    """Return what stands at one height as a row each."""
    rows: list[Row] = []
    for one in sorted(placed, key=lambda piece: -piece[0].line.bottom):
        if rows and rows[-1][0][0].line.bottom - one[0].line.bottom < _SAME_HEIGHT * one[0].line.size:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda piece: piece[0].line.left) for row in rows]


def _columns(placed: Sequence[Placed], wide: int) -> list[list[Placed]]:
    """Return the cells of each column from the top; those above several columns are left out."""
    columns: list[list[Placed]] = [[] for _ in range(wide)]
    for one in sorted(placed, key=lambda piece: -piece[0].line.bottom):
        if len(one[1]) == 1:
            columns[one[1][0]].append(one)
    return columns


def _by_distance(placed: Sequence[Placed], lanes: Sequence[Lane], climbs: bool) -> list[Row]:
    """Return rows when lines within cells are closer than rows, [] else.

    Arguments that need a word:
        climbs: the page draws cell by cell, so that cells wrap for sure.
    """
    columns = _columns(placed, len(lanes))
    steps = [
        (one, two, step)
        for column in columns
        for (one, _), (two, _) in pairwise(column)
        if (step := one.line.bottom - two.line.bottom) > _SAME_HEIGHT * one.line.size
    ]
    least = min((step for _, _, step in steps), default=0.0)
    tight = [(one, two) for one, two, step in steps if step <= _TIGHT * least]
    if not tight or least > _LEADING * tight[0][0].line.size or len(tight) == len(steps):
        return []
    above = 0.6 * tight[0][0].line.size
    spans = [(one.line.bottom, one.line.bottom + above) for one, _ in placed]
    bands = _merged(spans + [(two.line.bottom, one.line.bottom + above) for one, two in tight])
    if len(bands) < 2:
        return []
    rows: list[Row] = [[] for _ in bands]
    for one in placed:
        rows[next(n for n, (low, high) in enumerate(bands) if low <= one[0].line.bottom <= high)].append(one)
    if climbs:
        return rows if _in_order(rows) else []
    return rows if _look_wrapped(rows, tight, lanes) else []


def _merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return stretches from the top, those that overlap being one."""
    found: list[tuple[float, float]] = []
    for low, high in sorted(spans, key=lambda span: -span[1]):
        if found and high > found[-1][0]:
            found[-1] = (min(low, found[-1][0]), found[-1][1])
        else:
            found.append((low, high))
    return found


def _in_order(rows: Sequence[Row]) -> bool:
    """Tell whether the page draws one row after the other, as it does not with columns of text."""
    return all(
        max(one.number for one, _ in row) <= min(two.number for two, _ in below) for row, below in pairwise(rows)
    )


def _look_wrapped(rows: Sequence[Row], tight: Sequence[tuple[Piece, Piece]], lanes: Sequence[Lane]) -> bool:
    """Tell whether lines that are close are cells that wrap, not rows: words had no room, and cells have one line."""
    if any(NUMBER.fullmatch(one.line.text) and NUMBER.fullmatch(two.line.text) for one, two in tight):
        return False
    if sum(_had_no_room(one.line, two.line, lanes) for one, two in tight) < _WRAPPED * len(tight):
        return False
    deep = [row for row in rows if len(_by_height(row)) > 1]
    return sum(_has_short_cell(row) for row in deep) >= _WRAPPED * len(deep)


def _has_short_cell(row: Row) -> bool:
    counts: dict[int, int] = {}
    for _, places in row:
        counts[places[0]] = counts.get(places[0], 0) + 1
    return min(counts.values()) == 1


def _had_no_room(one: Line, two: Line, lanes: Sequence[Lane]) -> bool:
    """Tell whether the first word of a cell's line had no room in the one above it."""
    edge = max((lanes[n][1] for n in sharing((one.left, one.right), lanes)), default=one.right)
    word = two.text.split(" ")[0]
    width = (two.right - two.left) / max(1, len(two.text)) * (len(word) + 1)
    return edge - one.right < min(width, edge - one.left) + 0.6 * one.size


def _by_order(placed: Sequence[Placed]) -> list[Row]:
    """Return rows of a page that draws cell by cell: one begins where the page goes back to the left and below."""
    rows: list[Row] = []
    low = 0.0
    for n, one in enumerate(placed):
        below = bool(rows) and one[0].line.bottom < low - _SAME_HEIGHT * one[0].line.size
        if not rows or (below and one[1][0] < placed[n - 1][1][0]):
            rows.append([])
            low = one[0].line.bottom
        rows[-1].append(one)
        low = min(low, one[0].line.bottom)
    return rows


def _with_rests(rows: Sequence[Row], lanes: Sequence[Lane]) -> list[Row]:
    """Return rows, those put to the one above that can only be the rest of its cells."""
    found: list[Row] = []
    for row in rows:
        if found and _is_rest(row, found[-1], lanes):
            found[-1] = [*found[-1], *row]
        else:
            found.append(list(row))
    return found


def _is_rest(row: Row, above: Row, lanes: Sequence[Lane]) -> bool:
    """Tell whether all cells of a row go on with one of the row above, which has more cells than these."""
    held = {places[0]: one.line for one, places in above}  # of a cell its last line
    if len(row) >= len(held) or any(places[0] not in held for _, places in row):
        return False
    return all(_goes_on(held[places[0]], one.line, places[0], lanes) for one, places in row)


def _goes_on(above: Line, line: Line, lane: int, lanes: Sequence[Lane]) -> bool:
    if above.bottom - line.bottom > _LEADING * line.size or NUMBER.fullmatch(line.text):
        return False
    if above.hyphen or line.text[:1].islower():
        return True
    return lane > 0 and len(above.text) >= _LONG and " " in above.text and _had_no_room(above, line, lanes)
