"""PDF -> blocks, in a child process (index/formats/child.py): nobody checked the files."""

import re

from assistant.errors import DocumentError
from index.formats.blocks import Block, Document

MAX_PAGES = 3_000
_OCR_CHARACTERS_PER_PAGE = 15  # scanned pages hold no text at all or a stamped page number


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
