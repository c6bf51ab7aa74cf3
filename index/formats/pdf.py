"""PDF -> blocks: paragraphs put together from the lines of the pages, headings, tables; no running heads.

What a PDF holds is letters at places. That lines belong together, that one is a heading or a row, is told by their
sizes and places (index/formats/pdf_lines.py) and by the outline, where the file has one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from assistant.errors import DocumentError
from index.formats.blocks import MAX_CHARACTERS, Document
from index.formats.pdf_lines import Cell, Line, page_lines
from index.formats.pdf_parts import Layout, carried, folded, page_blocks
from index.formats.pdf_rules import NO_RULES, Rules, page_rules
from index.formats.pdf_scans import FEW_CHARACTERS, NO_PICTURES, Pictures, length, pictures, scanned
from index.formats.pdf_tables import Table, continued, page_tables

MAX_PAGES = 3_000
_MARGIN = 0.12  # of the height of what a page shows, at either end: where running heads and page numbers stand
_LEADERS = re.compile(r"(?:[.．・‥…][ 　]?){4,}\s*(?:\d{1,4}|[ivxlc]{1,6})?$")  # an entry of a table of contents
_DOTS = ("..", ". .", "．．", "・・", "‥", "…")
_EDGE_LINES = 3
_SAME_PLACE = 3.0  # points
_GAP = 1.8  # times the size of the letters: more than lines of one text are apart
_REPEATS = 3  # pages from which the same line at the edge is a running head; all pages of a shorter document
_NO_TITLE = re.compile(
    r"\(?(?:untitled|無題|anonymous|unspecified|unknown)\)?|about:blank|(?:powerpoint )?presentation|slide \d+|\w+://\S*",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"\S+\.[a-z]{2,5}", re.IGNORECASE)  # what browsers write for pages without a title
_FROM_PROGRAM = re.compile(r"^Microsoft \w+ - |\.(docx?|xlsx?|pptx?|pdf|indd|jtd)$", re.IGNORECASE)
_LISTED_PAGES = 20


def read_pdf(data: bytes) -> Document:
    """Return a PDF's text, `place` being the page. Pages that are pictures set `needs_ocr`. Raises DocumentError."""
    import pypdfium2  # type: ignore[import-untyped]

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise DocumentError(reason="protected by a password", reason_ja="パスワードで保護されています") from error
        raise DocumentError(
            reason="damaged or incomplete PDF: copy or download it again",
            reason_ja="PDF が壊れているか、途中で切れています。コピーかダウンロードをし直してください",
        ) from error
    count = len(pdf)
    read = _pages(pdf, min(count, MAX_PAGES))
    if not any(one.opened for one in read):
        raise DocumentError(
            reason="damaged PDF: none of its pages can be opened",
            reason_ja="PDF が壊れています: どのページも開けません",
        )
    outline, title = _outline(pdf), _title(str(pdf.get_metadata_dict().get("Title", "")))
    pdf.close()
    scans = scanned([(one.lines, one.pictures) for one in read])
    read = [replace(one, lines=scans[n]) if n in scans else one for n, one in enumerate(read)]
    needs_ocr = bool(scans) and sum(length(one.lines) for one in read) < FEW_CHARACTERS * len(read)
    pages = _without_running_heads([one.lines for one in read], [one.rules for one in read])
    layout = Layout.of(pages, outline)
    tables = _tables(pages, [one.rules for one in read])
    blocks = carried([page_blocks(lines, tables[n], n, layout) for n, lines in enumerate(pages)])
    notes = [] if needs_ocr else _scanned([n + 1 for n in scans])
    if count > len(read):
        en, ja = f"only the first {len(read):,} pages were read", f"先頭の {len(read):,} ページだけを読みました"
        notes.append({"en": en, "ja": ja})
    return Document(tuple(blocks), title=title, needs_ocr=needs_ocr, notes=tuple(notes))


@dataclass(frozen=True, slots=True)
class _Page:
    """What a page holds; `opened` tells that it could be read."""

    lines: Sequence[Line] = ()
    rules: Rules = NO_RULES
    pictures: Pictures = NO_PICTURES
    opened: bool = True


def _pages(pdf: Any, count: int) -> list[_Page]:
    """Return the first pages, up to as much text as is indexed of one document."""
    read = []
    left = MAX_CHARACTERS
    for n in range(count):
        read.append(_page(pdf, n))
        left -= length(read[-1].lines)
        if left < 0:
            break
    return read


def _scanned(pages: list[int]) -> list[dict[str, str]]:
    """Return the note on pages that only show a picture; the others are searchable."""
    if not pages:
        return []
    listed = ", ".join(map(str, pages[:_LISTED_PAGES])) + (", …" if len(pages) > _LISTED_PAGES else "")
    return [
        {
            "en": f"{len(pages)} pages hold only a picture and need OCR: {listed}"
            if len(pages) > 1
            else f"page {listed} holds only a picture and needs OCR",
            "ja": f"{len(pages)} ページは画像だけで、OCR が必要です: {listed}",
        }
    ]


def _page(pdf: Any, n: int) -> _Page:
    """Return a page; one that does not open is empty."""
    import pypdfium2

    try:
        page = pdf[n]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return _Page(opened=False)
    lines = page_lines(textpage)
    shown = pictures(page, lines)
    rules = page_rules(page, lines)
    textpage.close()
    page.close()
    return _Page(lines, rules, shown)


def _tables(pages: Sequence[Sequence[Line]], rules: Sequence[Rules]) -> list[list[Table]]:
    """Return the tables of each page; one that goes on from the page before has its header."""
    found: list[list[Table]] = []
    before: Table | None = None  # the one that ends the page before
    for lines, those in zip(pages, rules, strict=True):
        tables = page_tables(lines, those)
        begins = tables[0] if tables and tables[0].first == 0 else None
        goes_on = continued(begins, before, lines)
        if goes_on is not None:
            tables[: begins is not None] = [goes_on]
        found.append(tables)
        before = tables[-1] if tables and tables[-1].end == len(lines) else None
    return found


def _outline(pdf: Any) -> dict[int, dict[str, int]]:
    """Return the headings of the outline: page -> folded title -> level, from 1."""
    import pypdfium2

    found: dict[int, dict[str, int]] = {}
    try:
        for entry in pdf.get_toc(max_depth=6):
            target = entry.get_dest()
            page = target.get_index() if target is not None else None
            if page is not None and (title := folded(entry.get_title())):
                found.setdefault(page, {}).setdefault(title, entry.level + 1)
    except (pypdfium2.PdfiumError, ValueError, UnicodeDecodeError):  # a damaged outline: what was read of it counts
        pass
    return found


def _title(written: str) -> str:
    """Return the title that a file gives itself, "" when a program wrote it."""
    title = " ".join(written.split())
    return "" if _NO_TITLE.fullmatch(title) or _FILE_NAME.fullmatch(title) else _FROM_PROGRAM.sub("", title)


def _without_running_heads(pages: Sequence[Sequence[Line]], rules: Sequence[Rules]) -> list[list[Line]]:
    """Return the pages without tables of contents and what stands at the top or bottom of many.

    A line that counts the pages is told from two pages on, as nothing else does so.
    """
    edges = [_edges(lines) for lines in pages]
    counts = Counter(
        key for n, some in enumerate(edges) for key in {key for line in some for key in _keys(line.text, n)}
    )
    often = {key for key, count in counts.items() if count >= (2 if "#" in key else min(_REPEATS, max(2, len(pages))))}
    kept = []
    for n, (lines, some) in enumerate(zip(pages, edges, strict=True)):
        gone = [line for line in some if not often.isdisjoint(_keys(line.text, n))]
        rows = _rows_among(gone, lines, rules[n]) if gone else []
        dropped = {id(line) for line in gone} - {id(line) for line in rows}
        kept.append([line for line in lines if id(line) not in dropped and not _is_entry(line.text)])
    return kept


def _is_entry(text: str) -> bool:
    """Tell whether a line is an entry of a table of contents; the dots are looked for first, as that is fast."""
    return any(dots in text for dots in _DOTS) and _LEADERS.search(text) is not None


def _edges(lines: Sequence[Line]) -> list[Line]:
    """Return what stands apart at the top and the bottom of a page: a few lines with a gap to the others."""
    if not lines:
        return []
    order = sorted(lines, key=lambda line: -line.bottom)
    room = _MARGIN * (order[0].top - order[-1].bottom)
    above = [line for line in order if line.top >= order[0].top - room]
    below = [line for line in reversed(order) if line.bottom <= order[-1].bottom + room]
    return _apart(above, order) + _apart(below, order[::-1])


def _apart(some: list[Line], order: list[Line]) -> list[Line]:
    """Return the lines before the first gap of those at one end; none when there is no gap near."""
    for n, (one, two) in enumerate(pairwise(order[: _EDGE_LINES + 2]), 1):
        if n > len(some) or n > _EDGE_LINES + 1:
            break
        if abs(one.bottom - two.bottom) > _GAP * max(one.size, two.size):
            return order[:n]
    return []


def _rows_among(dropped: Sequence[Line], lines: Sequence[Line], rules: Rules) -> list[Line]:
    """Return which of some lines are rows of the page's tables: these repeat their header, and may repeat a cell."""
    found = []
    for table in page_tables(lines, rules):
        held = lines[table.first : table.end]
        names = [line for line in held if line.bottom > held[0].bottom - held[0].size]
        for line in (one for one in dropped if any(one is other for other in held)):
            others = [cell for other in held if other is not line for cell in other.cells]
            header = len(table.lanes) > 2 and any(line is one for one in names)
            if header or all(_has_same_side(cell, others) for cell in line.cells):
                found.append(line)
    return found


def _has_same_side(cell: Cell, others: Sequence[Cell]) -> bool:
    return any(abs(cell[1] - one[1]) < _SAME_PLACE or abs(cell[2] - one[2]) < _SAME_PLACE for one in others)


def _keys(text: str, page: int) -> set[str]:
    """Return a line as it would read on any page: as it is, and with each number that may count the pages."""
    text = "".join(text.split())
    numbers = list(re.finditer(r"\d{1,5}", text))[:6]
    return {text, *(f"{text[: one.start()]}#{int(one[0]) - page}{text[one.end() :]}" for one in numbers)}
