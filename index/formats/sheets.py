"""XLSX workbooks -> blocks: values as the program shows them, merged cells filled, hidden sheets left out and named."""

import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from xml.etree import ElementTree

from index.formats.archive import attribute, local, member, open_zip, parse_xml, relations
from index.formats.blocks import Block, Document, whole
from index.formats.tables import Row, table_blocks

_MAX_ROWS = 20_000
_MAX_COLUMNS = 500
_TOP = 30  # rows among which the header is
_BOOK = "xl/workbook.xml"
# Formats that a file names by number alone: ECMA-376 part 1, 18.8.30; 27 to 36 and 50 to 58 are dates in East Asia.
_BUILT_IN = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 18: "h:mm", 19: "h:mm", 20: "h:mm"}
_BUILT_IN |= {21: "h:mm", 22: "y h:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 46: "[h]:mm"}
_BUILT_IN |= dict.fromkeys((14, 15, 16, 17, *range(27, 37), *range(50, 59)), "y")
_FEW_DIGITS = 10  # of a number without a format: 0.1 + 0.2 is shown as 0.3

Show = Callable[[float], str]


def read_xlsx(data: bytes) -> Document:
    """Return a workbook: each sheet's name as a heading, its rows as tables; formulas by their last value, if any."""
    blocks: list[Block] = []
    hidden, cut = [], []
    with open_zip(data) as archive:
        book = parse_xml(member(archive, _BOOK))
        shared, shows = _shared(archive), _shows(archive, book)
        for name, path, seen in _sheets(archive, book):
            if not seen:
                hidden.append(name)
                continue
            rows, header_rows = _rows(parse_xml(member(archive, path)), shared, shows)
            if any(any(row) for _, row in rows):
                blocks.append(Block("heading", name, "l. 1", 1))
                blocks += table_blocks(rows, header_rows)
            if len(rows) >= _MAX_ROWS:
                cut.append(name)
    return Document(tuple(blocks), notes=(*_hidden(hidden), *_cut(cut)))


def _hidden(names: list[str]) -> list[dict[str, str]]:
    listed = ", ".join(names)
    note = {"en": f"hidden sheets were left out: {listed}", "ja": f"非表示のシートは除きました: {listed}"}
    return [note] if names else []


def _cut(names: list[str]) -> list[dict[str, str]]:
    listed = ", ".join(names)
    en, ja = f"only the first {_MAX_ROWS:,} rows were indexed", f"先頭の {_MAX_ROWS:,} 行だけを索引にしました"
    return [{"en": f"{en}: {listed}", "ja": f"{ja}: {listed}"}] if names else []


def _sheets(archive: zipfile.ZipFile, book: ElementTree.Element) -> Iterator[tuple[str, str, bool]]:
    """Yield (name, entry, is shown) of the sheets in the order of their tabs."""
    parts = relations(archive, _BOOK)
    for n, sheet in enumerate((one for one in book.iter() if local(one.tag) == "sheet"), 1):
        kind, path = parts.get(attribute(sheet, "id"), ("worksheet", f"xl/worksheets/sheet{n}.xml"))
        if kind == "worksheet":
            yield sheet.get("name", ""), path, sheet.get("state", "visible") == "visible"


def _text(item: ElementTree.Element) -> str:
    """Return the text of a cell or shared string, without the reading (furigana) that Excel keeps beside kanji."""
    parts = [
        one if local(one.tag) == "t" else next((two for two in one if local(two.tag) == "t"), None)
        for one in item
        if local(one.tag) in ("t", "r")
    ]
    return "".join(one.text or "" for one in parts if one is not None)


def _shared(archive: zipfile.ZipFile) -> list[str]:
    path = "xl/sharedStrings.xml"
    if path not in archive.namelist():
        return []
    return [_text(item) for item in parse_xml(member(archive, path)) if local(item.tag) == "si"]


def _shows(archive: zipfile.ZipFile, book: ElementTree.Element) -> list[Show]:
    """Return for each cell style how it shows a number."""
    path = "xl/styles.xml"
    if path not in archive.namelist():
        return []
    late = any(local(one.tag) == "workbookPr" and one.get("date1904") in ("1", "true") for one in book)
    root = parse_xml(member(archive, path))
    codes = _BUILT_IN | {
        whole(one.get("numFmtId")): one.get("formatCode", "") for one in root.iter() if local(one.tag) == "numFmt"
    }
    styles = next((list(one) for one in root if local(one.tag) == "cellXfs"), [])
    return [_show(codes.get(whole(one.get("numFmtId")), ""), late) for one in styles]


def _show(code: str, late: bool) -> Show:
    """Return what shows a number under an Excel format code; `late`: days count from 1904, as of old Macs."""
    code = code.split(";")[0]
    spans = re.search(r"\[[hms]+\]", code, re.IGNORECASE)
    code = re.sub(r"\[\$([^-\]]*)[^\]]*\]|\[[^\]]*\]", r"\1", code)
    code = re.sub(r'[_*\\].|"([^"]*)"', lambda found: found[1] or found[0][1:] * (found[0][0] == "\\"), code)
    if spans:
        return lambda value: f"{round(value * 1440) // 60}:{round(value * 1440) % 60:02d}"
    bare = re.sub(r"General", "", code, flags=re.IGNORECASE)
    digits = re.search(r"[#0?,]*[#0?](?:\.[0#?]+)?", bare)
    if not digits and re.search(r"[ymdhsge]", bare, re.IGNORECASE):
        return lambda value: _date(value, bare, late)
    if not digits:
        return lambda value: f"{value:.{_FEW_DIGITS}g}" if abs(value) < 1e10 else f"{value:.0f}"
    before, after, shape = bare[: digits.start()], bare[digits.end() :], digits[0]
    places = len(shape.partition(".")[2])
    comma, hundred = "," if "," in shape else "", 100 if "%" in bare else 1
    return lambda value: f"{before}{value * hundred:{comma}.{places}f}{after}".strip()


def _date(value: float, code: str, late: bool) -> str:
    """Return the day, the time or both, whichever the format shows; Japanese where the format is."""
    try:
        moment = datetime(1904, 1, 1) if late else datetime(1899, 12, 30)
        moment += timedelta(seconds=round(value * 86_400))
    except (OverflowError, ValueError):
        return f"{value:g}"
    day = f"{moment.year}年{moment.month}月{moment.day}日" if "年" in code or "月" in code else f"{moment:%Y-%m-%d}"
    time = f"{moment.hour}:{moment.minute:02d}" if re.search("[hs]", code, re.IGNORECASE) or value % 1 else ""
    if not re.search("[ydge]", code, re.IGNORECASE) and time:
        return time
    return f"{day} {time}".strip()


def _rows(root: ElementTree.Element, shared: list[str], shows: list[Show]) -> tuple[list[Row], int]:
    """Return the rows with their numbers, and how many rows the header has if merged cells tell it."""
    rows: list[Row] = []
    number = 0
    for row in (one for one in root.iter() if local(one.tag) == "row"):
        last, number = number, whole(row.get("r"), number + 1)
        if number > last + 1:
            rows.append((last + 1, []))  # rows without cells need not be written
        rows.append((number, _cells(row, shared, shows)))
        if len(rows) >= _MAX_ROWS:
            break
    return rows, _fill(rows, [one.get("ref", "") for one in root.iter() if local(one.tag) == "mergeCell"])


def _cells(row: ElementTree.Element, shared: list[str], shows: list[Show]) -> list[str]:
    cells: list[str] = []
    for cell in (one for one in row if local(one.tag) == "c"):
        column = _column(cell.get("r", "")) if cell.get("r") else len(cells)
        if column >= _MAX_COLUMNS:
            break
        cells += [""] * (column - len(cells))
        cells.append(_value(cell, shared, shows))
    return cells


def _value(cell: ElementTree.Element, shared: list[str], shows: list[Show]) -> str:
    kind, style = cell.get("t", "n"), cell.get("s", "")
    if kind == "inlineStr":
        return next((_text(one) for one in cell if local(one.tag) == "is"), "")
    value = next((one.text or "" for one in cell if local(one.tag) == "v"), "")
    if kind == "s":
        return shared[place] if (place := whole(value, -1)) in range(len(shared)) else ""
    if kind == "b":
        return "TRUE" if value == "1" else "FALSE"
    if not value:  # a formula that no program has computed yet is shown as it is
        formula = next((one.text for one in cell if local(one.tag) == "f"), None)
        return f"={formula}" if formula else ""
    if kind != "n":
        return "" if kind == "e" else value
    show = shows[place] if (place := whole(style, -1)) in range(len(shows)) else _show("", False)
    try:
        return show(float(value))
    except (ValueError, OverflowError):
        return value


def _fill(rows: list[Row], merged: list[str]) -> int:
    """Give every cell of a merged range its value; return how deep the header is that holds the first such names.

    A title across the sheet stays one cell. A header of several rows is where names beside each other are merged
    sideways and downwards, or sideways with names below.
    """
    places = {number: cells for number, cells in rows}
    deep = 1
    left_over = _MAX_ROWS
    for ref in merged[:_MAX_ROWS]:
        if not (found := re.fullmatch(r"([A-Z]+)(\d+):([A-Z]+)(\d+)", ref)):
            continue
        left, top, right, bottom = _column(found[1]), int(found[2]), _column(found[3]), int(found[4])
        first = places.get(top, [])
        value = first[left] if left < len(first) else ""
        if not value or sum(map(bool, first)) < 2:  # nothing, or a title alone in its row
            continue
        below = places.get(top + 1, [])[left : right + 1]
        above = left != right and top == bottom and len(below) > 1 and all(below)
        wide = sum(map(bool, places.get(top + 1, [])))
        names = (
            above
            and top <= rows[0][0] + _TOP
            and not any(sum(map(bool, cells)) >= wide for number, cells in rows[:_TOP] if number < top)
        )
        deep = 2 if names else deep
        for number in range(top, min(bottom, top + left_over) + 1):
            left_over -= 1
            if (cells := places.get(number)) is not None:
                last = min(right if names else left, _MAX_COLUMNS - 1)
                cells += [""] * (last + 1 - len(cells))
                cells[left : last + 1] = [cell or value for cell in cells[left : last + 1]]
    return deep


def _column(reference: str) -> int:
    """Return the zero-based column of a cell reference such as "AB12"."""
    number = 0
    for letter in re.match(r"[A-Z]*", reference)[0]:  # type: ignore[index]
        number = number * 26 + ord(letter) - 64
    return max(0, number - 1)
