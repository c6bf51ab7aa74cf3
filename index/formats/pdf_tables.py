"""Tables of a PDF page: which lines are one, its columns, and its rows with the cells that wrap put together.

Programs draw a table row by row. Most draw each cell whole before the next one, so that the lines of a page go up
again within a row; others draw line by line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from index.formats.blocks import WIDE
from index.formats.pdf_lines import Cell, Line
from index.formats.pdf_rows import NUMBER, Lane, Piece, Row, lanes_of, parted_rows, sharing
from index.formats.pdf_rules import Rules
from index.formats.pdf_text import joined
from index.formats.tables import row_lines

_MOST_LINES = 300  # of a table on a page, and
_CHANGES = 10  # lines of one that change what its columns seem to be, and
_TRIES = 30  # beginnings of a page that prove none: drawings and maps are full of words in lines
_LOOK = 16  # lines within which a cell beside another comes
_BESIDE = 0.9  # times the size of the letters
_APART = 4  # times the size: rows are no further apart
_LEADING = 1.5  # times the size: lines of one cell, where nothing else tells
_WIDEST = 1.8  # times the size: lines of one cell are no further apart
_SAME_SIZE = 0.12
_HEADER_SIZE = 0.35
_CHARACTERS = 40  # of the lines of a table's cells on average; more is text set in columns
_RULED_CHARACTERS = 100
_STRAIGHT = 0.7  # of a column's cells
_SAME_PLACE = 3.0  # points within which columns of two pages begin
_YEAR = re.compile(r"(?:19|20)\d\d(?:[/-]\d\d)?(?:年度?)?")


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a page's lines from `first` to before `end` hold. The first `names` rows are its header.

    `bold` tells whether its first row is bold and the others are not.
    """

    first: int
    end: int
    lanes: tuple[Lane, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int
    bold: bool

    @property
    def text(self) -> str:
        """The rows as "column: value" lines."""
        return "\n".join(row_lines(self.rows, self.names))


def page_tables(lines: Sequence[Line], rules: Rules) -> list[Table]:
    """Return the tables of a page in order."""
    found: list[Table] = []
    n = tried = 0
    while n < len(lines) and tried < _TRIES:
        ends = _ends(lines, n, rules)
        table = next((one for end in ends if (one := _table(lines, n, end, rules))), None)
        if table is not None:
            found.append(table)
        tried += bool(ends) and table is None
        n = table.end if table is not None else n + 1
    return found


def continued(table: Table | None, before: Table | None, lines: Sequence[Line]) -> Table | None:
    """Return the table at the top of a page with the header of the one that the page before ended with.

    Arguments that need a word:
        table: the first of the page, where it begins the page; None has the first line taken as a row, where it fits.
    """
    if before is None or not before.names:
        return table
    header = before.rows[: before.names]
    if table is None:
        if not lines or len(lines[0].cells) < 2 or len(before.lanes) < 3 or not _same_columns(lines[:1], before.lanes):
            return None
        row = _one_row(lines[0], before.lanes)
        return Table(0, 1, before.lanes, (*header, row), before.names, before.bold)
    if table.rows[: before.names] == header or len(table.lanes) != len(before.lanes) or table.bold:
        return table
    if not _same_columns(lines[table.first : table.end], before.lanes):
        return table
    return replace(table, rows=(*header, *table.rows), names=before.names)


def _one_row(line: Line, lanes: Sequence[Lane]) -> tuple[str, ...]:
    row = [""] * len(lanes)
    for text, left, right in line.cells:
        row[sharing((left, right), lanes)[0]] = text
    return tuple(row)


def _same_columns(lines: Sequence[Line], lanes: Sequence[Lane]) -> bool:
    """Tell whether each cell stands in one column of a table, and most begin where that does."""
    cells = [(left, right) for line in lines for _, left, right in line.cells]
    places = [sharing(cell, lanes) for cell in cells]
    if any(len(place) != 1 for place in places):
        return False
    begins = sum(abs(left - lanes[place[0]][0]) < _SAME_PLACE for (left, _), place in zip(cells, places, strict=True))
    return 2 * begins > len(cells)


def _ends(lines: Sequence[Line], first: int, rules: Rules) -> list[int]:
    """Return where a table that begins at a line may end: with cells that wrap, and with lines of several cells."""
    if len(lines[first].cells) < 2 and not _has_beside(lines, first):
        return []
    end = first + 1
    last = min(len(lines), first + _MOST_LINES)
    while end < last and len(lines[end].cells) > 1 and _is_below(lines[end - 1], lines[end]):
        end += 1
    grown = _grown(lines, first, rules)
    return [one for one in dict.fromkeys((grown, end)) if one - first > 1]


def _is_below(one: Line, two: Line) -> bool:
    return 0 < one.bottom - two.bottom < _APART * one.size


def _has_beside(lines: Sequence[Line], n: int) -> bool:
    """Tell whether a cell to the right of a line comes soon, after what is below that line."""
    one = lines[n]
    for other in lines[n + 1 : n + _LOOK]:
        if abs(other.size - one.size) > _SAME_SIZE * one.size or other.bottom < one.bottom - _LOOK * one.size:
            return False
        if other.left > one.right and abs(other.bottom - one.bottom) < _BESIDE * one.size:
            return True
    return False


def _climbs(lines: Sequence[Line], n: int) -> bool:
    """Tell whether the page goes up again, to the right, after a line and those that go on with its cell."""
    right = lines[n].right
    for one, two in pairwise(lines[n : n + _LOOK]):
        if abs(one.size - two.size) > _SAME_SIZE * one.size or two.bottom > lines[n].bottom + _LOOK / 2 * one.size:
            return False
        if two.left > right and two.bottom > one.bottom - 0.3 * one.size:
            return True
        if len(two.cells) > 1 or two.left > one.right or not 0 < one.bottom - two.bottom < _WIDEST * one.size:
            return False
        right = max(right, two.right)
    return False


def _grown(lines: Sequence[Line], first: int, rules: Rules) -> int:
    """Return where a table ends that begins at a line: before the first line that fits in none of its columns."""
    lanes: list[Lane] = lanes_of(_pieces(lines[first : first + 1], first))
    end = first + 1
    low = lines[first].bottom
    changes = 0
    while end < min(len(lines), first + _MOST_LINES) and changes < _CHANGES:
        line, held = _parted(lines[end], lanes), lines[first:end]
        if not _joins(line, held, low, lanes, rules, lines, end):
            break
        end += 1
        low = min(low, line.bottom)
        if all(len(sharing((left, right), lanes)) == 1 for _, left, right in line.cells):
            for _, left, right in line.cells:
                at = sharing((left, right), lanes)[0]
                lanes[at] = (min(left, lanes[at][0]), max(right, lanes[at][1]))
        else:
            lanes = lanes_of(_pieces(lines[first:end], first))
            changes += 1
    return end


def _joins(
    line: Line, held: Sequence[Line], low: float, lanes: Sequence[Lane], rules: Rules, lines: Sequence[Line], n: int
) -> bool:
    """Tell whether the next line belongs to the table of those before it."""
    several = len(line.cells) > 1
    if abs(line.size - held[-1].size) > (_HEADER_SIZE if several else _SAME_SIZE) * held[-1].size:
        return False
    if line.bottom > low - 0.3 * line.size:
        return _stands_beside(line, held)
    steps = (low - line.bottom) / line.size
    if steps > 2 * _APART or (steps > _APART and (several or not _climbs(lines, n))):  # a cell beside several rows
        return False
    if several:
        return True
    places = sharing((line.left, line.right), lanes)
    if len(places) > 1:
        return False
    if _has_beside(lines, n) or _climbs(lines, n):
        return True
    if len(places) != 1:
        return False
    return _wraps(line, held, places[0], lanes) or _in_grid(line, held[-1], lanes[places[0]], rules)


def _stands_beside(line: Line, held: Sequence[Line]) -> bool:
    """Tell whether a line that is not below those of a table is a cell of its last row."""
    follows = held[-1].bottom > line.bottom and line.left < held[-1].right and held[-1].left < line.right
    if line.left <= held[-1].left and not follows:
        return False
    near = [one for one in held[-_LOOK:] if abs(one.bottom - line.bottom) < _BESIDE * line.size]
    return line.bottom - held[-1].bottom < _LOOK * line.size and all(
        right <= line.left or line.right <= left for one in near for _, left, right in one.cells
    )


def _wraps(line: Line, held: Sequence[Line], lane: int, lanes: Sequence[Lane]) -> bool:
    """Tell whether a line that stands alone goes on with the cell above it."""
    above = _column(held[-_LOOK:], lanes[lane])
    if not above:
        return False
    rows = [step for one, two in pairwise(held) if (step := one.bottom - two.bottom) > 0]
    tight = [step for one, two in pairwise(above) if (step := one.bottom - two.bottom) > 0]
    step = above[-1].bottom - line.bottom
    text = above[-1].text
    open_end = re.match(rf"[a-z{WIDE}(（]", line.text) is not None
    if step > 1.15 * min([_LEADING * line.size, *tight]) or line.left < lanes[lane][0] - line.size:
        return False
    if NUMBER.fullmatch(line.text) and NUMBER.fullmatch(text):
        return False
    return (bool(rows) and step < 0.92 * median(rows)) or (open_end and (lane > 0 or line.text[:1].islower()))


def _column(held: Sequence[Line], lane: Lane) -> list[Line]:
    """Return the cells of lines that stand in a column, each as a line."""
    return [
        replace(one, cells=(cell,)) for one in held for cell in one.cells if cell[1] < lane[1] and lane[0] < cell[2]
    ]


def _in_grid(line: Line, above: Line, lane: Lane, rules: Rules) -> bool:
    """Tell whether a line stands between two rules, as a row with a single cell does."""
    low, high = line.bottom - _APART * line.size, line.top
    return (
        bool(rules.parting(*lane, line.bottom, above.bottom))
        and bool(rules.parting(*lane, low, line.bottom))
        and any(low < y < high and left - 1 <= line.left and line.right <= right + 1 for y, left, right in rules.across)
        and any(bottom < line.bottom < top for _, bottom, top in rules.down)
    )


def _parted(line: Line, lanes: Sequence[Lane]) -> Line:
    """Return a line whose cells are parted at narrow gaps too, where each part begins or ends with a column."""
    if all(len(sharing((left, right), lanes)) < 2 for _, left, right in line.cells):
        return line
    cells: list[Cell] = []
    before: list[int] = []
    gaps: list[tuple[float, bool]] = []
    for text, left, right in line.runs:
        places = sharing((left, right), lanes)
        if len(places) > 1:
            return line
        if cells:
            gaps.append((left - cells[-1][2], places != before))
        if cells and places == before:
            cells[-1] = (f"{cells[-1][0]} {text}", cells[-1][1], right)
        else:
            cells.append((text, left, right))
        before = places
    wide = max((gap for gap, parts in gaps if not parts), default=0.0)
    fits = all(_fits(left, right, lanes) for _, left, right in cells)
    return replace(line, cells=tuple(cells)) if fits and all(gap > wide for gap, parts in gaps if parts) else line


def _fits(left: float, right: float, lanes: Sequence[Lane]) -> bool:
    return any(abs(one - left) < _SAME_PLACE or abs(other - right) < _SAME_PLACE for one, other in lanes)


def _pieces(lines: Sequence[Line], first: int) -> list[Piece]:
    """Return the cells of lines, each as a line of its own with the number of the line it stands in."""
    return [Piece(replace(line, cells=(cell,)), first + n) for n, line in enumerate(lines) for cell in line.cells]


def _table(lines: Sequence[Line], first: int, end: int, rules: Rules) -> Table | None:
    """Return the table of some lines, None when these do not stand in columns and rows."""
    pieces = _pieces(lines[first:end], first)
    lanes = lanes_of(pieces)
    if len(lanes) < 2:
        return None
    pieces = _pieces([_parted(line, lanes) for line in lines[first:end]], first)
    low, high = min(one.line.bottom for one in pieces), max(one.line.top for one in pieces)
    ruled = all(rules.stands_between(one[1] - 1, two[0] + 1, low, high) for one, two in pairwise(lanes))
    most = _RULED_CHARACTERS if ruled else _CHARACTERS
    if sum(len(one.line.text) for one in pieces) > most * len(pieces):
        return None
    rows = parted_rows(pieces, lanes, rules, ruled)
    if len(lanes) + len(rows) < 5 - ruled or not (_is_filled(rows, len(lanes), ruled) and _all_straight(pieces, lanes)):
        return None
    grid = _grid(rows, len(lanes))
    bold = _is_bold(rows)
    names = 2 if _has_two_names(rows, grid) else int(_names_columns(grid, bold))
    return Table(first, end, tuple(lanes), grid, names, bold)


def _is_filled(rows: Sequence[Row], wide: int, ruled: bool) -> bool:
    """Tell whether cells stand in rows of several, and only those of a header above several columns."""
    body = [row for row in rows if all(len(places) == 1 for _, places in row)]
    if not ruled and len(body) < len(rows) and (body != rows[1:] or len(body) < 3):
        return False
    counts = [len({place for _, places in row for place in places}) for row in rows]
    return sum(count > 1 for count in counts) > 1 and 2 * sum(counts) >= wide * len(counts)


def _all_straight(pieces: Sequence[Piece], lanes: Sequence[Lane]) -> bool:
    """Tell whether the cells of each column but the first agree in a side or their middle."""
    for lane in lanes[1:]:
        some = [one.line for one in pieces if sharing((one.line.left, one.line.right), lanes) == [lanes.index(lane)]]
        if some and not _is_straight(some):
            return False
    return True


def _is_straight(cells: Sequence[Line]) -> bool:
    """Tell whether most cells of a column agree in their left side, their middle or their right side."""
    for values in zip(*((one.left, (one.left + one.right) / 2, one.right) for one in cells), strict=True):
        middle = median(values)
        if sum(abs(value - middle) <= cells[0].size for value in values) >= _STRAIGHT * len(values):
            return True
    return False


def _grid(rows: Sequence[Row], wide: int) -> tuple[tuple[str, ...], ...]:
    """Return the cells of rows as texts; one of the first row that stands above several columns is in each of them."""
    grid = []
    for n, row in enumerate(rows):
        cells: list[list[Line]] = [[] for _ in range(wide)]
        for piece, places in row:
            for place in places if n == 0 else places[:1]:
                cells[place].append(piece.line)
        grid.append(tuple(joined(cell) for cell in cells))
    return tuple(grid)


def _is_bold(rows: Sequence[Row]) -> bool:
    """Tell whether the first row is bold and the others are not."""
    return all(one.line.bold for one, _ in rows[0]) and not all(one.line.bold for row in rows[1:] for one, _ in row)


def _has_two_names(rows: Sequence[Row], grid: Sequence[Sequence[str]]) -> bool:
    """Tell whether the second row goes on with the header: it has names below those that stand above several columns.

    Below the others it has none, or the same, where these stand beside both rows.
    """
    if len(rows) < 3 or all(len(places) < 2 for _, places in rows[0]):
        return False
    one, two = grid[0], grid[1]
    alone = {places[0] for _, places in rows[0] if len(places) == 1}
    return all(
        (a or b) and (n not in alone or b in ("", a)) and not NUMBER.fullmatch(b)
        for n, (a, b) in enumerate(zip(one, two, strict=True))
        if a or b or n > 0
    )


def _names_columns(grid: Sequence[Sequence[str]], bold: bool) -> bool:
    """Tell whether the first row names the columns: all of at least three, or above nothing but numbers, or in bold.

    The first column may have no name; years are names there.
    """
    first, rest = grid[0], grid[1:]
    if not all(first[1:]) or (len(first) == 2 and not first[0]):
        return False
    if not first[0]:
        return all(row[0] for row in rest) and (
            bold or all(_YEAR.fullmatch(cell) or not NUMBER.fullmatch(cell) for cell in first[1:])
        )
    if bold:
        return True
    if any(NUMBER.fullmatch(cell) for cell in first):
        return False
    return len(first) > 2 or all(NUMBER.fullmatch(row[1]) for row in rest if row[1])
