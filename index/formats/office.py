"""DOCX and PDF -> blocks, in a child process (index/formats/child.py): nobody checked the files."""

import io
import re

from assistant.errors import DocumentError
from index.formats.archive import open_zip
from index.formats.blocks import Block, Document
from index.formats.tables import table_blocks

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
            blocks += [Block("table", one.text, f"¶ {n}") for one in table_blocks(list(enumerate(rows)))]
    return Document(tuple(blocks), title=word.core_properties.title or "")


def _docx_level(style: str | None) -> int:
    match = re.match(r"(?:heading|見出し)\s*(\d)", (style or "").lower())
    return int(match[1]) if match else 1 if (style or "").lower() in ("title", "表題") else 0
