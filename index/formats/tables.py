"""Rows of cells -> blocks in which each row is understood on its own: "column: value | column: value".

Where the header is, is told by the rows: lists of spreadsheets begin with a title and a date, hold several tables, and
have two lines of column names where cells are merged.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from index.formats.blocks import Block

Row = tuple[int, list[str]]  # the line or row number that a person sees, and the cells
_ROWS_PER_BLOCK = 20
_LOOK = 50  # rows that tell how wide a table is
_TITLE = 60  # characters: a longer line above a table is a remark
_NAME = 30  # characters: a longer first row is no column's name
_SENTENCE = re.compile(r"[.。!！?？、]$|[:：] ?\S|, \S")
_FULL = 0.6  # the header names at least this share of the columns that a row of the table fills
_NUMBER = re.compile(r"[\s¥￥$€£%+\-,.:/()年月日時分秒円\d]*\d[\s¥￥$€£%+\-,.:/()年月日時分秒円\d]*")


def table_blocks(rows: Iterable[Row], header_rows: int = 0) -> list[Block]:
    """Return the blocks of a list or sheet; a table block's place is the line of its first row.

    Arguments that need a word:
        rows: in order; those without text part one table from the next, when the next begins with its own header.
        header_rows: how many rows the header is known to have; 0 for unknown: it is looked for, and is one row.
    """
    blocks: list[Block] = []
    header: list[str] = []
    for filled, some in groupby(rows, key=lambda row: any(cell.strip() for cell in row[1])):
        if not filled:
            continue
        part = [(n, [" ".join(cell.split()) for cell in row]) for n, row in some]
        skipped = _before_header(part)
        if (sum(map(bool, header)) > 1 or _in_words(part)) and all(sum(map(bool, row)) == 1 for _, row in part):
            blocks += [Block("text", _row_line([], row), f"l. {n}") for n, row in part]  # remarks, not rows
            continue
        if header and not skipped and not _begins_anew(part, header):
            blocks += _lines(header, part)
            continue
        depth = max(1, header_rows)
        blocks += _above(part[:skipped], titled=len(part) - skipped > depth)
        if len(part) - skipped <= depth:
            blocks += _lines([], part[skipped:])
            continue
        header = column_names([row for _, row in part[skipped : skipped + depth]])
        blocks += _lines(header, part[skipped + depth :])
        header_rows = 0
    return blocks


def _above(part: Sequence[Row], *, titled: bool) -> list[Block]:
    """Return the rows above a header; the last, in one cell, is the table's heading: "【支出の部】"."""
    blocks = [Block("text", _row_line([], row), f"l. {n}") for n, row in part]
    if titled and part and sum(map(bool, part[-1][1])) == 1 and len(blocks[-1].text) <= _TITLE:
        blocks[-1] = Block("heading", blocks[-1].text, blocks[-1].place, 2)
    return blocks


def _before_header(part: Sequence[Row]) -> int:
    """Return how many rows stand above the header: title, date and the like, which fill few of the columns."""
    widths = [sum(1 for cell in row if cell) for _, row in part[:_LOOK]]
    least = max(widths) * _FULL
    return next(n for n, width in enumerate(widths) if width >= least)


def _in_words(part: Sequence[Row]) -> bool:
    """Tell whether rows of one cell each are lines of text: the first is no name of what stands below it."""
    first = next(cell for cell in part[0][1] if cell)
    return len(first) > _NAME or bool(_SENTENCE.search(first))


def _begins_anew(part: Sequence[Row], header: Sequence[str]) -> bool:
    """Tell whether rows behind an empty one are another table: other columns, or names above numbers."""
    first = part[0][1]
    if any(_NUMBER.fullmatch(cell) for cell in first):
        return False
    columns = {n for n, cell in enumerate(first) if cell}
    if len(part) > 1 and not columns <= {n for n, cell in enumerate(header) if cell}:
        return True
    return any(_NUMBER.fullmatch(row[n]) for _, row in part[1:_LOOK] for n in columns if n < len(row))


def column_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return one name per column of a header of one or more rows; a name that repeats in the next row counts once."""
    wide = max(map(len, rows))
    columns = [[row[n] for row in rows if n < len(row) and row[n]] for n in range(wide)]
    return [" ".join(dict.fromkeys(names)) for names in columns]


def _lines(header: Sequence[str], part: Sequence[Row]) -> list[Block]:
    return [
        Block("table", "\n".join(_row_line(header, row) for _, row in run), f"l. {run[0][0]}") for run in _runs(part)
    ]


def _runs(part: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield rows in runs without a gap, of 20 at most: a row's line follows from its run's first."""
    run: list[Row] = []
    for row in part:
        if run and (row[0] != run[-1][0] + 1 or len(run) == _ROWS_PER_BLOCK):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _row_line(header: Sequence[str], row: Sequence[str]) -> str:
    cells = []
    for n, cell in enumerate(row):
        if cell:
            name = header[n] if n < len(header) else ""
            cells.append(f"{name}: {cell}" if name and name != cell else cell)
    return " | ".join(cells)


def row_lines(rows: Sequence[Sequence[str]], header_rows: int = 1) -> list[str]:
    """Return a table's rows as lines "column: value | ..."; a table of one row or column has no column names."""
    kept = [[" ".join(cell.split()) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if not header_rows or len(kept) <= header_rows or max(map(len, kept)) < 2:
        return [_row_line([], row) for row in kept]
    header = column_names(kept[:header_rows])
    return [_row_line(header, row) for row in kept[header_rows:]]
