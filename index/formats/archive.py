"""Zip archives with XML inside (DOCX, PPTX, XLSX, EPUB): opened with bounds, as nobody has checked the files.

Before anything is unpacked the number of entries, the unpacked size and the compression ratio are bounded; XML with a
document type declaration (entity bombs, external entities) is refused.
"""

import io
import posixpath
import zipfile
import zlib
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from assistant.errors import DocumentError

MAX_ENTRIES = 5_000
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_RATIO = 200  # unpacked to packed; office XML stays under about 30, bombs reach 1,000 and more
# A wrong checksum, a stream cut off or spoilt, a compression that Python does not know.
_DAMAGED = (zipfile.BadZipFile, EOFError, OSError, zlib.error, RuntimeError)


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
        raise DocumentError(
            reason="damaged or incomplete: copy or download it again",
            reason_ja="壊れているか、途中で切れています。コピーかダウンロードをし直してください",
        ) from error
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


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the bytes of one entry. Raises DocumentError when it is missing or damaged."""
    try:
        info = archive.getinfo(name)
        with archive.open(info) as stream:
            return stream.read(info.file_size + 1)[: info.file_size]
    except KeyError as error:
        raise DocumentError(
            reason=f"damaged file: {name} is missing in it", reason_ja=f"ファイルが壊れています: {name} がありません"
        ) from error
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


def local(tag: Any) -> str:
    """Return a tag's or attribute's name without its namespace."""
    return str(tag).rsplit("}", 1)[-1]


def attribute(element: Any, name: str) -> str:
    """Return an attribute by its name without namespace, "" when there is none."""
    return next((value for key, value in element.attrib.items() if local(key) == name), "")


def joined(folder: str, reference: str) -> str:
    """Return the entry that a reference inside an archive means; references may be percent-encoded."""
    path = unquote(reference.split("#")[0])
    return path.lstrip("/") if path.startswith("/") else posixpath.normpath(posixpath.join(folder, path))


def relations(archive: zipfile.ZipFile, name: str) -> dict[str, tuple[str, str]]:
    """Return a part's relations: id -> (kind, entry), the kind being the last word of its type."""
    folder, base = posixpath.split(name)
    path = posixpath.join(folder, "_rels", f"{base}.rels")
    if path not in archive.namelist():
        return {}
    return {
        one.get("Id", ""): (one.get("Type", "").rsplit("/", 1)[-1], joined(folder, one.get("Target", "")))
        for one in parse_xml(member(archive, path))
        if one.get("TargetMode") != "External"
    }
