"""DOCX, PPTX, XLSX, EPUB and PDF -> blocks, in a child process (index/formats/child.py): nobody checked the files.

Zip formats are checked before anything is unpacked: the number of entries, the unpacked size and the compression
ratio are bounded, and XML with a document type declaration (entity bombs, external entities) is refused.
"""

import io
import posixpath
import re
import zipfile
import zlib
from typing import Any
from xml.etree import ElementTree

from assistant.errors import DocumentError
from index.formats.blocks import Block, Document
from index.formats.data import table_blocks
from index.formats.text import read_html

MAX_ENTRIES = 5_000
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_RATIO = 200  # unpacked to packed; office XML stays under about 30, bombs reach 1,000 and more
MAX_PAGES = 3_000
_OCR_CHARACTERS_PER_PAGE = 15  # scanned pages hold no text at all or a stamped page number
_MAX_ROWS = 20_000


def read_pdf(data: bytes) -> Document:
    """Return a PDF's text, page by page. Pages without text set `needs_ocr`. Raises DocumentError."""
    import pypdfium2  # type: ignore[import-untyped]

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise DocumentError(reason="protected by a password", reason_ja="パスワードで保護されています") from error
        raise DocumentError(reason=f"damaged PDF: {error}", reason_ja=f"PDF が壊れています: {error}") from error
    blocks: list[Block] = []
    characters = 0
    pages = len(pdf)
    for n in range(min(pages, MAX_PAGES)):
        page = pdf[n]
        textpage = page.get_textpage()
        text = _pdf_text(textpage.get_text_bounded())
        textpage.close()
        page.close()
        characters += len(re.sub(r"\s", "", text))
        blocks += [Block("text", part, f"p. {n + 1}") for part in re.split(r"\n{2,}", text) if part.strip()]
    title = str(pdf.get_metadata_dict().get("Title", ""))
    pdf.close()
    return Document(tuple(blocks), title=title, needs_ocr=pages > 0 and characters < _OCR_CHARACTERS_PER_PAGE * pages)


def _pdf_text(text: str) -> str:
    """Return a page's text with line ends joined where a sentence runs on (Japanese without, English with a space)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe", "").replace("\x00", "")
    text = re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", text)
    text = re.sub(r"(?<=[\u3040-\u30ff\u4e00-\u9fff、])\n(?=[\u3040-\u30ff\u4e00-\u9fff])", "", text)
    return re.sub(r"(?<=[a-z,;])\n(?=[a-z(])", " ", text)


def open_zip(data: bytes) -> zipfile.ZipFile:
    """Return the opened archive after checking its sizes. Raises DocumentError (damaged, password, zip bomb)."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # an OLE container: old Office, or new Office encrypted with a password
        raise DocumentError(
            reason="protected by a password, or an old Office format (save it as DOCX, PPTX or XLSX)",
            reason_ja="パスワード保護、または旧形式の Office 文書です（DOCX・PPTX・XLSX で保存し直してください）",
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise DocumentError(reason=f"damaged file: {error}", reason_ja=f"ファイルが壊れています: {error}") from error
    entries = archive.infolist()
    unpacked = sum(one.file_size for one in entries)
    packed = max(1, sum(one.compress_size for one in entries))
    if any(one.flag_bits & 1 for one in entries):
        raise DocumentError(reason="protected by a password", reason_ja="パスワードで保護されています")
    if (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_UNPACKED_BYTES
        or (unpacked > 1_000_000 and unpacked / packed > MAX_RATIO)
    ):
        raise DocumentError(
            reason=f"unpacks to {unpacked:,} bytes in {len(entries):,} entries: refused as a possible zip bomb",
            reason_ja=f"展開すると {unpacked:,} バイト・{len(entries):,} 個になるため、zip 爆弾の疑いで読み込みません",
        )
    return archive


# A member that is not there, a wrong checksum, a stream cut off or spoilt, a compression that Python does not know.
_DAMAGED = (KeyError, zipfile.BadZipFile, EOFError, OSError, zlib.error, RuntimeError)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        info = archive.getinfo(name)
        with archive.open(info) as stream:
            return stream.read(info.file_size + 1)[: info.file_size]
    except _DAMAGED as error:
        raise DocumentError(
            reason=f"damaged file: {name}: {error}", reason_ja=f"ファイルが壊れています: {name}: {error}"
        ) from error


def parse_xml(data: bytes) -> ElementTree.Element:
    """Return the root of an XML part. Raises DocumentError for damaged XML and for any document type declaration."""
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise DocumentError(
            reason="XML with a document type declaration is refused",
            reason_ja="DOCTYPE 宣言を含む XML は読み込みません",
        )
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise DocumentError(reason=f"damaged XML: {error}", reason_ja=f"XML が壊れています: {error}") from error


def _local(tag: Any) -> str:
    return str(tag).rsplit("}", 1)[-1]


def _numbered(archive: zipfile.ZipFile, pattern: str) -> list[tuple[int, str]]:
    found = [(int(match[1]), match[0]) for one in archive.namelist() if (match := re.fullmatch(pattern, one))]
    return sorted(found)


def read_docx(data: bytes) -> Document:
    """Return a Word document's headings, paragraphs and tables in order."""
    open_zip(data).close()
    import docx
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    try:
        word = docx.Document(io.BytesIO(data))
    except Exception as error:  # python-docx raises KeyError, ValueError, its own and lxml's errors on broken files
        raise DocumentError(reason=f"damaged DOCX: {error}", reason_ja=f"DOCX が壊れています: {error}") from error
    blocks: list[Block] = []
    for n, part in enumerate(word.iter_inner_content(), 1):
        if isinstance(part, Paragraph):
            level = _docx_level(part.style.name if part.style is not None else "")
            if part.text.strip():
                blocks.append(Block("heading" if level else "text", part.text.strip(), f"¶ {n}", level))
        elif isinstance(part, Table):
            rows = [[cell.text.strip().replace("\n", " ") for cell in row.cells] for row in part.rows[:_MAX_ROWS]]
            blocks += [Block("table", one.text, f"¶ {n}") for one in table_blocks(rows)]
    return Document(tuple(blocks), title=word.core_properties.title or "")


def _docx_level(style: str | None) -> int:
    match = re.match(r"(?:heading|見出し)\s*(\d)", (style or "").lower())
    return int(match[1]) if match else 1 if (style or "").lower() in ("title", "表題") else 0


def read_pptx(data: bytes) -> Document:
    """Return a presentation: a slide's title as heading, its texts and notes; `place` is the slide's number."""
    blocks: list[Block] = []
    with open_zip(data) as archive:
        for n, name in _numbered(archive, r"ppt/slides/slide(\d+)\.xml"):
            place = f"p. {n}"
            for title, text in _slide_texts(parse_xml(_member(archive, name))):
                blocks.append(Block("heading" if title else "text", text, place, 1 if title else 0))
            notes = f"ppt/notesSlides/notesSlide{n}.xml"
            if notes in archive.namelist():
                blocks += [
                    Block("text", text, place)
                    for _, text in _slide_texts(parse_xml(_member(archive, notes)))
                    if len(text) > 3
                ]
    return Document(tuple(blocks))


def _slide_texts(root: ElementTree.Element) -> list[tuple[bool, str]]:
    found = []
    for shape in root.iter():
        if _local(shape.tag) not in ("sp", "graphicFrame"):
            continue
        kinds = [one.get("type", "") for one in shape.iter() if _local(one.tag) == "ph"]
        lines = []
        for paragraph in (one for one in shape.iter() if _local(one.tag) == "p"):
            line = "".join(one.text or "" for one in paragraph.iter() if _local(one.tag) == "t")
            if line.strip():
                lines.append(line.strip())
        if lines:
            found.append((bool(kinds) and kinds[0] in ("title", "ctrTitle"), "\n".join(lines)))
    return found


def read_xlsx(data: bytes) -> Document:
    """Return a workbook: each sheet's name as a heading, its rows as a table; formulas by their last computed value."""
    blocks: list[Block] = []
    with open_zip(data) as archive:
        names = archive.namelist()
        shared: list[str] = []
        if "xl/sharedStrings.xml" in names:
            root = parse_xml(_member(archive, "xl/sharedStrings.xml"))
            for item in root:
                shared.append("".join(one.text or "" for one in item.iter() if _local(one.tag) == "t"))
        titles = [
            one.get("name", "")
            for one in parse_xml(_member(archive, "xl/workbook.xml")).iter()
            if _local(one.tag) == "sheet"
        ]
        for k, (_, name) in enumerate(_numbered(archive, r"xl/worksheets/sheet(\d+)\.xml")):
            rows = _sheet_rows(parse_xml(_member(archive, name)), shared)
            if any(any(row) for row in rows):
                blocks.append(Block("heading", titles[k] if k < len(titles) else f"Sheet {k + 1}", "l. 1", 1))
                blocks += table_blocks(rows)
    return Document(tuple(blocks))


def _sheet_rows(root: ElementTree.Element, shared: list[str]) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in (one for one in root.iter() if _local(one.tag) == "row"):
        cells: list[str] = []
        for cell in (one for one in row if _local(one.tag) == "c"):
            column = _column(cell.get("r", ""))
            while column > len(cells) and len(cells) < 500:
                cells.append("")
            values = [one.text or "" for one in cell.iter() if _local(one.tag) in ("v", "t")]
            value = values[0] if values else ""
            if cell.get("t") == "s" and value.isdigit() and int(value) < len(shared):
                value = shared[int(value)]
            cells.append(value)
        rows.append(cells)
        if len(rows) >= _MAX_ROWS:
            break
    return rows


def _column(reference: str) -> int:
    """Return the zero-based column of a cell reference such as "AB12"."""
    number = 0
    for letter in re.match(r"[A-Z]*", reference)[0]:  # type: ignore[index]
        number = number * 26 + ord(letter) - 64
    return max(0, number - 1)


def read_epub(data: bytes) -> Document:
    """Return an electronic book's chapters in reading order; `place` is the chapter's number."""
    blocks: list[Block] = []
    with open_zip(data) as archive:
        if "META-INF/encryption.xml" in archive.namelist():
            raise DocumentError(reason="protected against copying (DRM)", reason_ja="コピー保護（DRM）されています")
        container = parse_xml(_member(archive, "META-INF/container.xml"))
        package_path = next((one.get("full-path", "") for one in container.iter() if _local(one.tag) == "rootfile"), "")
        package = parse_xml(_member(archive, package_path))
        items = {one.get("id"): one.get("href", "") for one in package.iter() if _local(one.tag) == "item"}
        title = next((one.text or "" for one in package.iter() if _local(one.tag) == "title"), "")
        spine = [one.get("idref") for one in package.iter() if _local(one.tag) == "itemref"]
        folder = posixpath.dirname(package_path)
        for n, reference in enumerate(spine, 1):
            name = posixpath.normpath(posixpath.join(folder, items.get(reference, "").split("#")[0]))
            if name in archive.namelist():
                page = read_html(_member(archive, name).decode("utf-8", errors="replace"))
                blocks += [Block(one.kind, one.text, f"ch. {n}", one.level) for one in page.blocks]
    return Document(tuple(blocks), title=title)
