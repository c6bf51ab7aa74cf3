"""Any file -> text blocks with headings and places. The only user of the converters in index/formats.

Nobody has checked the files: index/formats/pool.py runs this in processes with a time and memory limit. What cannot be
read raises DocumentError with a reason in both languages: the file is listed, the rest is indexed.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from assistant.errors import DocumentError
from index.encodings import declared_in_markup, decode
from index.formats.blocks import MAX_CHARACTERS, Block, Document
from index.formats.book import read_epub
from index.formats.data import read_csv, read_json, read_jsonl, read_notebook
from index.formats.mail import read_mail, read_saved_page
from index.formats.markup import read_org, read_rst, read_tex
from index.formats.page import read_html
from index.formats.pdf import read_pdf
from index.formats.sheets import read_xlsx
from index.formats.slides import read_pptx
from index.formats.text import read_code, read_log, read_markdown, read_plain
from index.formats.timed import read_calendar, read_subtitles
from index.formats.word import read_docx

MAX_FILE_BYTES = 64 * 1024 * 1024


def _suffixes(names: str) -> frozenset[str]:
    return frozenset(f".{one}" for one in names.split())


_TEXT_READERS: dict[str, Callable[[str], Document]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".mdx": read_markdown,
    ".txt": read_plain,
    ".text": read_plain,
    ".log": read_log,
    ".rst": read_rst,
    ".org": read_org,
    ".tex": read_tex,
    ".adoc": read_plain,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".csv": read_csv,
    ".tsv": lambda text: read_csv(text, "\t"),
    ".json": read_json,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".ipynb": read_notebook,
    ".ics": read_calendar,
    ".vtt": read_subtitles,
    ".srt": read_subtitles,
}
_BINARY_READERS: dict[str, Callable[[bytes], Document]] = {
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".docm": read_docx,
    ".pptx": read_pptx,
    ".pptm": read_pptx,
    ".xlsx": read_xlsx,
    ".xlsm": read_xlsx,
    ".epub": read_epub,
    ".eml": read_mail,
    ".mhtml": read_saved_page,
    ".mht": read_saved_page,
}
_MARKUP = _suffixes("html htm xhtml xml svg")  # their encoding may be declared within
_CODE = _suffixes("py sh yaml yml toml ini cfg xml js ts c cpp h java rs go sql r jl css rb kt swift cs php bat ps1")
_NOT_DOCUMENTS = _suffixes(
    "png jpg jpeg gif webp bmp tif tiff heic svg ico mp3 wav flac ogg mp4 mov avi mkv zip gz xz 7z rar tar gguf"
    " safetensors bin exe dll so db sqlite sqlite3 npz npy pt onnx"
)
_INSTEAD = {  # formats that are not read -> those to save them as
    **dict.fromkeys(_suffixes("doc dot rtf odt wpd hwp jtd pages one"), "DOCX / PDF"),
    **dict.fromkeys(_suffixes("xls xlsb ods numbers"), "XLSX / CSV"),
    **dict.fromkeys(_suffixes("ppt pps odp key"), "PPTX / PDF"),
    **dict.fromkeys(_suffixes("mobi azw azw3"), "EPUB / PDF"),
    ".msg": "EML / TXT",
    ".pst": "EML / TXT",
    ".xps": "PDF",
    ".djvu": "PDF",
}


class _Really(NamedTuple):
    """What a file is by how it begins: its name in both languages, and which suffixes it may have."""

    en: str
    ja: str
    suffixes: frozenset[str]


_BEGINNINGS = tuple(
    (mark, _Really(en, ja, _suffixes(suffixes)))
    for mark, en, ja, suffixes in (
        (b"<!doctype html", "a web page (.html)", "ウェブページ（.html）", ""),
        (b"<html", "a web page (.html)", "ウェブページ（.html）", ""),
        (b"<?xml", "an XML file (.xml)", "XML ファイル（.xml）", ""),
        (b"%pdf", "a PDF (.pdf)", "PDF（.pdf）", "pdf"),
        (b"pk\x03\x04", "an Office or ZIP file", "Office か ZIP のファイル", "docx docm pptx pptm xlsx xlsm epub"),
        (b"{\\rtf", "an RTF document (save it as DOCX)", "RTF 文書（DOCX で保存し直してください）", ""),
        (b"\x89png", "a picture", "画像", ""),
        (b"\xff\xd8\xff", "a picture", "画像", ""),
    )
)


def load(path: Path) -> bytes:
    """Return a file's bytes. Raises DocumentError when it cannot be opened or is larger than MAX_FILE_BYTES."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            if size <= MAX_FILE_BYTES:
                stream.seek(0)
                return stream.read(MAX_FILE_BYTES)
    except (OSError, ValueError) as error:  # ValueError: no path at all
        why = getattr(error, "strerror", None) or str(error)
        raise DocumentError(reason=f"cannot be opened: {why}", reason_ja=f"開けません: {why}") from error
    limit, found = MAX_FILE_BYTES // 1024**2, f"{size / 1024**2:,.0f}"
    raise DocumentError(
        reason=f"larger than {limit} MiB ({found} MiB)", reason_ja=f"{limit} MiB を超えています（{found} MiB）"
    )


def read_document(path: Path) -> Document:
    """Return the document at `path`, read in this process. Raises DocumentError with the reason when it cannot be."""
    return read_bytes(load(path), path.suffix.lower())


def read_bytes(data: bytes, suffix: str) -> Document:
    """Return the document in `data`; `suffix` is its file name's, lower case with the dot. Raises DocumentError."""
    if suffix in _NOT_DOCUMENTS:
        raise DocumentError(
            reason=f"{suffix} files hold no text to index", reason_ja=f"{suffix} は索引にできる文書ではありません"
        )
    if (instead := _INSTEAD.get(suffix)) is not None:
        raise DocumentError(
            reason=f"{suffix} is not supported; save it as {instead.replace(' / ', ' or ')}",
            reason_ja=f"{suffix} には対応していません。{instead.replace(' / ', ' か ')} で保存し直してください",
        )
    if suffix in _BINARY_READERS:
        return _bounded(_with_losses(_read_binary(data, suffix)))
    decoded = decode(data, declared_in_markup(data) if suffix in _MARKUP else None)
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    reader = _TEXT_READERS.get(suffix, read_code if suffix in _CODE else read_plain)
    try:
        document = reader(text)
    except RecursionError as error:
        raise DocumentError(reason="nested too deeply", reason_ja="入れ子が深すぎます") from error
    return _bounded(_with_losses(replace(document, encoding=decoded.encoding, replaced=decoded.replaced)))


def _read_binary(data: bytes, suffix: str) -> Document:
    """Return a document that is no plain text; a file with nothing in it, as a copy that failed leaves it, has none."""
    if not data.strip(b"\0"):
        return Document(())
    try:
        return _BINARY_READERS[suffix](data)
    except DocumentError as error:
        if (found := _really(data)) is None or suffix in found.suffixes:
            raise
        raise DocumentError(
            reason=f"named {suffix}, but it is {found.en}", reason_ja=f"拡張子は {suffix} ですが、中身は{found.ja}です"
        ) from error


def _really(data: bytes) -> _Really | None:
    """Return what a file is whatever its name says, None when it begins like nothing that is known."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    return next((told for mark, told in _BEGINNINGS if head.startswith(mark)), None)


def _with_losses(document: Document) -> Document:
    """Return the document with a note when characters could not be read."""
    if not (lost := document.replaced):
        return document
    note = {
        "en": f"{lost} characters could not be read as {document.encoding}",
        "ja": f"{lost} 文字を {document.encoding} として読めませんでした",
    }
    return replace(document, notes=(*document.notes, note))


def _bounded(document: Document) -> Document:
    """Return the document cut after MAX_CHARACTERS, with a note when anything was cut."""
    left = MAX_CHARACTERS
    kept: list[Block] = []
    for block in document.blocks:
        if left <= 0:
            break
        kept.append(block if len(block.text) <= left else replace(block, text=block.text[:left]))
        left -= len(block.text)
    if left > 0:
        return document
    note = {
        "en": f"only the first {MAX_CHARACTERS:,} characters were indexed",
        "ja": f"先頭の {MAX_CHARACTERS:,} 文字だけを索引にしました",
    }
    return replace(document, blocks=tuple(kept), notes=(*document.notes, note))
