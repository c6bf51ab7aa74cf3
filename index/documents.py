"""Any file -> text blocks with headings and places. The only user of the converters in index/formats.

Text formats are read in this process; PDF and the zip formats in a child process with a time and memory limit.
What cannot be read raises DocumentError with a reason in both languages: the file is listed, the rest is indexed.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from assistant.errors import DocumentError
from index.encodings import decode
from index.formats.blocks import Block, Document
from index.formats.data import read_csv, read_json, read_jsonl, read_notebook
from index.formats.text import read_code, read_html, read_markdown, read_plain

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_CHARACTERS = 5_000_000  # of one document; about ten thick books
CHILD_SECONDS = 120.0

_TEXT_READERS: dict[str, Callable[[str], Document]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".mdx": read_markdown,
    ".txt": read_plain,
    ".text": read_plain,
    ".rst": read_plain,
    ".log": read_plain,
    ".org": read_plain,
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
}
_CHILD_FORMATS = {".pdf": "pdf", ".docx": "docx", ".pptx": "pptx", ".xlsx": "xlsx", ".epub": "epub"}
_CODE = {
    ".py",
    ".sh",
    ".yaml",
    ".yml",
    ".toml",
    ".ini",
    ".cfg",
    ".xml",
    ".js",
    ".ts",
    ".c",
    ".cpp",
    ".h",
    ".java",
    ".rs",
}
_CODE |= {".go", ".sql", ".r", ".jl", ".tex", ".css", ".rb", ".kt", ".swift", ".cs", ".php", ".bat", ".ps1"}
_NOT_DOCUMENTS = {
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".webp",
    ".bmp",
    ".tif",
    ".tiff",
    ".heic",
    ".svg",
    ".ico",
    ".mp3",
    ".wav",
}
_NOT_DOCUMENTS |= {
    ".flac",
    ".ogg",
    ".mp4",
    ".mov",
    ".avi",
    ".mkv",
    ".zip",
    ".gz",
    ".xz",
    ".7z",
    ".rar",
    ".tar",
    ".gguf",
}
_NOT_DOCUMENTS |= {
    ".safetensors",
    ".bin",
    ".exe",
    ".dll",
    ".so",
    ".db",
    ".sqlite",
    ".sqlite3",
    ".npz",
    ".npy",
    ".pt",
    ".onnx",
}
_OLD_OFFICE = {".doc", ".ppt", ".xls", ".rtf", ".odt", ".ods", ".odp", ".pages", ".numbers", ".key"}


def read_document(path: Path, *, seconds: float = CHILD_SECONDS) -> Document:
    """Return the document at `path`. Raises DocumentError with the reason when it cannot be read.

    Arguments that need a word:
        seconds: how long a converter in the child process may take.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1024**2
            raise DocumentError(
                reason=f"larger than {limit} MiB ({size / 1024**2:,.0f} MiB)",
                reason_ja=f"{limit} MiB を超えています（{size / 1024**2:,.0f} MiB）",
            )
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            reason=f"cannot be opened: {error.strerror}", reason_ja=f"開けません: {error.strerror}"
        ) from error
    return read_bytes(data, path.suffix.lower(), seconds=seconds)


def read_bytes(data: bytes, suffix: str, *, seconds: float = CHILD_SECONDS) -> Document:
    """Return the document in `data`; `suffix` is its file name's, lower case with the dot. Raises DocumentError."""
    if suffix in _NOT_DOCUMENTS:
        raise DocumentError(
            reason=f"{suffix} files hold no text to index", reason_ja=f"{suffix} は索引にできる文書ではありません"
        )
    if suffix in _OLD_OFFICE:
        raise DocumentError(
            reason=f"{suffix} is not supported; save it as DOCX, PPTX, XLSX or PDF",
            reason_ja=f"{suffix} には対応していません。DOCX・PPTX・XLSX・PDF で保存し直してください",
        )
    if suffix in _CHILD_FORMATS:
        return _bounded(_convert(data, _CHILD_FORMATS[suffix], seconds))
    decoded = decode(data)
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    reader = _TEXT_READERS.get(suffix, read_code if suffix in _CODE else read_plain)
    try:
        document = reader(text)
    except RecursionError as error:
        raise DocumentError(reason="nested too deeply", reason_ja="入れ子が深すぎます") from error
    notes = document.notes
    if decoded.replaced:
        lost = decoded.replaced
        notes += (
            {
                "en": f"{lost} characters could not be read as {decoded.encoding}",
                "ja": f"{lost} 文字を {decoded.encoding} として読めませんでした",
            },
        )
    return _bounded(replace(document, encoding=decoded.encoding, replaced=decoded.replaced, notes=notes))


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


def _convert(data: bytes, kind: str, seconds: float) -> Document:
    """Run index.formats.child on the bytes. A crash, a timeout or too much memory is a DocumentError like any other."""
    root = str(Path(__file__).resolve().parent.parent)
    code = f"import sys; sys.path.insert(0, {root!r}); from index.formats.child import main; main()"
    try:
        done = subprocess.run(  # our own interpreter, no shell
            [sys.executable, "-c", code, kind], input=data, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DocumentError(
            reason=f"took longer than {seconds:.0f} s to read", reason_ja=f"読み込みが {seconds:.0f} 秒を超えました"
        ) from error
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", errors="replace").strip().rsplit("\n", 1)[-1][:200]
        raise DocumentError(
            reason=f"the {kind.upper()} reader failed: {last or f'exit code {done.returncode}'}",
            reason_ja=f"{kind.upper()} の読み込みに失敗しました: {last or f'終了コード {done.returncode}'}",
        )
    answer = json.loads(done.stdout)
    if "document" not in answer:
        raise DocumentError(reason=answer["reason"], reason_ja=answer["reason_ja"])
    found = answer["document"]
    found["blocks"] = tuple(Block(**one) for one in found["blocks"])
    found["questions"] = tuple(found["questions"])
    found["notes"] = tuple(found["notes"])
    return Document(**found)
