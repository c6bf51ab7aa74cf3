"""DOCX documents -> blocks: the text as it stands with all changes accepted, in the order of the body.

python-docx opens the file and knows the styles; the body is walked here, as its paragraphs leave out tracked
insertions, furigana's base text, text boxes, footnotes, numbers of lists and what stands in content controls.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

from assistant.errors import DocumentError
from index.formats.archive import attribute, local, open_zip
from index.formats.blocks import Block, Document, whole
from index.formats.numbering import Numbering
from index.formats.tables import row_lines

_MAX_ROWS = 20_000
_NO_XML = (": a part of it cannot be read", ": 読めない部分があります")
_MADE_UP = "Word Document"  # what python-docx gives to one without properties
_SKIPPED = frozenset(["del", "moveFrom", "rt", "instrText", "delText", "Fallback", "pPr", "rPr", "txbxContent"])
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes", "commentReference": "comments"}
_HEADING_CHARACTERS = 60  # a longer bold line is a stressed sentence
_SENTENCE_ENDS = ("。", ".", "、", ",", ";", "；")


def read_docx(data: bytes) -> Document:
    """Return a Word document's headings, paragraphs, lists and tables in order; `place` counts its parts."""
    open_zip(data).close()
    import docx

    try:
        word = docx.Document(io.BytesIO(data))
    except Exception as error:  # python-docx raises KeyError, ValueError, its own and lxml's errors on broken files
        en, ja = (f": {error}",) * 2 if str(error) and not isinstance(error, SyntaxError) else _NO_XML  # lxml's is one
        raise DocumentError(reason=f"damaged DOCX{en}", reason_ja=f"DOCX が壊れています{ja}") from error
    reading = _Body(word)
    reading.read(word.element.body)
    title = _own_title(word) or reading.title
    return Document(tuple(reading.blocks), title=" ".join(title.split()))


def _own_title(word: Any) -> str:
    """Return the title among a document's properties, "" when it has none of its own."""
    title = str(word.core_properties.title or "").strip()
    return "" if title == _MADE_UP else title


class _Body:
    """Collects the blocks of a document's body."""

    def __init__(self, word: Any) -> None:
        self.blocks: list[Block] = []
        self.title = ""
        self._styles = {one.style_id: one for one in word.styles}
        self._notes = {kind: _notes(word, kind) for kind in _NOTES.values()}
        self._numbers = Numbering(_part(word, "numbering"), self._styles)
        self._bold = _bold_sizes(word.element.body, self._styles)
        self._n = 0

    def read(self, parent: Any) -> None:
        """Take the parts of a body, a content control or a text box in order."""
        for element in parent:
            name = local(element.tag)
            if name == "p":
                self._n += 1
                self._paragraph(element)
            elif name == "tbl":
                self._n += 1
                self._table(element)
            elif name == "sdt" and not _is_contents(element):
                for content in (one for one in element if local(one.tag) == "sdtContent"):
                    self.read(content)
            elif name in ("ins", "moveTo", "customXml", "smartTag"):
                self.read(element)

    def _paragraph(self, paragraph: Any) -> None:
        style = self._style(paragraph)
        text, notes = self._text(paragraph)
        number, item = self._numbers.of(paragraph) if text else ("", False)
        if text and not re.match(r"toc \d|目次 \d", _name(style)):
            level = _level(paragraph, style) or self._bold_level(paragraph, text, bool(number))
            if _name(style) in ("title", "表題") and not self.title:
                self.title = text
            text = f"{number} {text}" if number else text
            body = "\n".join([text, *notes])
            last = self.blocks[-1] if self.blocks else None
            if item and last is not None and last.kind == "text" and self._in_list:
                self.blocks[-1] = Block("text", f"{last.text}\n{body}", last.place)
            else:
                self.blocks.append(Block("heading" if level else "text", body, f"¶ {self._n}", level))
            self._in_list = item and not level
        for box in _boxes(paragraph):
            self.read(box)

    _in_list = False

    def _table(self, table: Any) -> None:
        self._in_list = False
        rows, header_rows = self._grid(table)
        if rows and max(map(len, rows)) == 1:  # a frame around text
            for cell in (one for one in table.iter() if local(one.tag) == "tc" and _owner(one) is table):
                self.read(cell)
            return
        if text := "\n".join(row_lines(rows, header_rows)):
            self.blocks.append(Block("table", text, f"¶ {self._n}"))

    def _grid(self, table: Any) -> tuple[list[list[str]], int]:
        """Return a table's cells, merged ones in every row that they cover, and how many rows name the columns."""
        grid: list[list[str]] = []
        header_rows = 1
        found = [one for one in table.iter() if local(one.tag) == "tr" and _owner(one) is table][:_MAX_ROWS]
        for n, row in enumerate(found):
            line: list[str] = []
            marked = any(local(one.tag) == "tblHeader" and _is_on(one) for one in row.iter())
            covered = False
            for cell in (one for one in row.iter() if local(one.tag) == "tc" and _owner(one) is table):
                span = next((whole(attribute(one, "val"), 1) for one in _properties(cell, "gridSpan")), 1)
                merge = next(iter(_properties(cell, "vMerge")), None)
                if merge is not None and attribute(merge, "val") != "restart":
                    above = grid[-1] if grid else []
                    text, covered = above[len(line)] if len(line) < len(above) else "", True
                else:
                    text = self._cell(cell)
                line += [text] + [text if n < header_rows else ""] * (min(span, 100) - 1)
            grid.append(line)
            if n == header_rows and (marked or (covered and n == 1)):
                header_rows += 1
        return grid, header_rows

    def _cell(self, cell: Any) -> str:
        parts = []
        for one in cell:
            if local(one.tag) == "p":
                text, notes = self._text(one)
                number, _ = self._numbers.of(one) if text else ("", False)
                parts += [f"{number} {text}".strip(), *notes]
            elif local(one.tag) == "tbl":
                parts.append("; ".join(row_lines(self._grid(one)[0], 0)).replace(" | ", ": "))
            elif local(one.tag) == "sdt":
                parts += [self._cell(content) for content in one if local(content.tag) == "sdtContent"]
        return " ".join(filter(None, parts))

    def _text(self, element: Any) -> tuple[str, list[str]]:
        """Return a paragraph's text and the notes that it refers to, each with the mark that stands in the text."""
        parts: list[str] = []
        notes: list[str] = []
        for name, one in _runs(element):
            if name == "t":
                parts.append(one.text or "")
            elif name in ("tab", "br", "cr"):
                parts.append("\n" if name != "tab" and attribute(one, "type") != "page" else " ")
            elif name == "noBreakHyphen":
                parts.append("-")
            elif name in _NOTES and (text := self._notes[_NOTES[name]].get(attribute(one, "id"), "")):
                mark = f"[{attribute(one, 'id')}]" if name != "commentReference" else ""
                parts.append(mark)
                notes.append(f"{mark} {text}".strip())
        return "".join(parts).strip(), notes

    def _style(self, paragraph: Any) -> Any:
        found = _properties(paragraph, "pStyle")
        return self._styles.get(attribute(found[0], "val")) if found else None

    def _bold_level(self, paragraph: Any, text: str, numbered: bool) -> int:
        """Return the level of a line that only its weight makes a heading, larger ones higher; 0 for others."""
        if len(text) > _HEADING_CHARACTERS or text.endswith(_SENTENCE_ENDS) or "\n" in text:
            return 0
        size = _bold_size(paragraph)
        return min(6, 1 + self._bold.index(size)) if size in self._bold and not (numbered and self._in_list) else 0


def _runs(element: Any) -> Iterator[tuple[str, Any]]:
    """Yield (name, element) of what a paragraph is made of, without what is deleted or belongs to a box in it."""
    for one in element:
        name = local(one.tag)
        if name not in _SKIPPED:
            yield name, one
            yield from _runs(one)


def _boxes(paragraph: Any) -> list[Any]:
    return [
        one
        for one in paragraph.iter()
        if local(one.tag) == "txbxContent" and not any(local(up.tag) == "Fallback" for up in one.iterancestors())
    ]


def _owner(element: Any) -> Any:
    """Return the table that a row or cell belongs to."""
    return next(up for up in element.iterancestors() if local(up.tag) == "tbl")


def _properties(element: Any, name: str) -> list[Any]:
    """Return the properties of that name of a paragraph, run or cell itself."""
    holders = [one for one in element if local(one.tag) in ("pPr", "rPr", "tcPr", "trPr")]
    return [one for holder in holders for one in holder if local(one.tag) == name]


def _is_on(switch: Any) -> bool:
    return attribute(switch, "val") not in ("0", "false", "off", "none")


def _is_contents(control: Any) -> bool:
    return any(
        attribute(one, "val") == "Table of Contents" for one in control.iter() if local(one.tag) == "docPartGallery"
    )


def _name(style: Any) -> str:
    return (style.name or "").lower() if style is not None else ""


def _level(paragraph: Any, style: Any) -> int:
    """Return a heading's level, told by the paragraph, its style or what that is based on; 0 for none."""
    outline = [whole(attribute(one, "val"), 9) for one in _properties(paragraph, "outlineLvl")]
    depth = 0
    while style is not None and not outline and depth < 10:
        if match := re.match(r"(?:heading|見出し)\s*(\d)", _name(style)):
            return int(match[1])
        if _name(style) in ("title", "表題"):
            return 1
        outline = [whole(attribute(one, "val"), 9) for one in _properties(style.element, "outlineLvl")]
        style, depth = style.base_style, depth + 1
    return outline[0] + 1 if outline and outline[0] < 6 else 0


def _bold_size(paragraph: Any) -> int:
    """Return the size in half points of a paragraph all of whose text is bold, 0 for one that is not; 1 for unknown."""
    runs = [one for one in paragraph.iter() if local(one.tag) == "r"]
    runs = [one for one in runs if any(local(two.tag) == "t" and (two.text or "").strip() for two in one)]
    if not runs or not all(any(_is_on(one) for one in _properties(run, "b")) for run in runs):
        return 0
    sizes = [whole(attribute(one, "val"), 1) for run in runs for one in _properties(run, "sz")]
    return max(sizes, default=1)


def _bold_sizes(body: Any, styles: dict[str, Any]) -> list[int]:
    """Return the sizes of wholly bold paragraphs, largest first; none where styles tell the headings."""
    paragraphs = [one for one in body if local(one.tag) == "p"]
    for one in paragraphs:
        found = _properties(one, "pStyle")
        style = styles.get(attribute(found[0], "val")) if found else None
        if _level(one, style) and _name(style) not in ("title", "表題"):
            return []
    return sorted({_bold_size(one) for one in paragraphs} - {0}, reverse=True)


def _part(word: Any, kind: str) -> Any:
    """Return the root of a part that the document refers to, None when it has none."""
    from lxml import etree  # type: ignore[import-untyped]

    for one in word.part.rels.values():
        if one.reltype.rsplit("/", 1)[-1] == kind and not one.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            return etree.fromstring(one.target_part.blob, parser)
    return None


def _notes(word: Any, kind: str) -> dict[str, str]:
    """Return the footnotes, endnotes or comments of a document by their ids; a comment begins with its author."""
    root = _part(word, kind)
    if root is None:
        return {}
    notes = {}
    for one in root:
        text = " ".join("".join(two.text or "" for name, two in _runs(one) if name == "t").split())
        author = attribute(one, "author")
        notes[attribute(one, "id")] = f"[{author}: {text}]" if author and text else text
    return notes
