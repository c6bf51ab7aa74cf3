"""EPUB books -> blocks, chapters in reading order."""

import zipfile
from xml.etree import ElementTree

from assistant.errors import DocumentError
from index.encodings import declared_in_markup, decode
from index.formats.archive import joined, local, member, open_zip, parse_xml
from index.formats.blocks import Block, Document
from index.formats.page import read_html

_CONTAINER = "META-INF/container.xml"
_ENCRYPTED = "META-INF/encryption.xml"
_FONT_MASKS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")  # fonts alone, no protection


def read_epub(data: bytes) -> Document:
    """Return an electronic book's chapters in reading order; `place` is the chapter's number.

    A chapter that holds no heading gets its name from the table of contents.
    """
    blocks: list[Block] = []
    with open_zip(data) as archive:
        if _is_protected(archive):
            raise DocumentError(reason="protected against copying (DRM)", reason_ja="コピー保護（DRM）されています")
        container = parse_xml(member(archive, _CONTAINER))
        path = next((one.get("full-path", "") for one in container.iter() if local(one.tag) == "rootfile"), "")
        if not path:
            raise DocumentError(
                reason="damaged EPUB: it does not tell where its contents are",
                reason_ja="EPUB が壊れています: 内容の場所が書かれていません",
            )
        package = parse_xml(member(archive, path))
        folder = path.rpartition("/")[0]
        items = {one.get("id", ""): one for one in package.iter() if local(one.tag) == "item"}
        title = next((one.text or "" for one in package.iter() if local(one.tag) == "title"), "")
        lang = next((one.text or "" for one in package.iter() if local(one.tag) == "language"), "")
        entries = {name: joined(folder, one.get("href", "")) for name, one in items.items()}
        names = _names(archive, [entries[one] for one in items if _is_contents(items[one])])
        spine = [one.get("idref", "") for one in package.iter() if local(one.tag) == "itemref"]
        for n, reference in enumerate(spine, 1):
            entry = entries.get(reference, "")
            if entry in archive.namelist() and not _is_contents(items[reference]):
                page = member(archive, entry)
                found = read_html(decode(page, declared_in_markup(page)).text).blocks
                if entry in names and not any(one.kind == "heading" for one in found[:3]):
                    first = found[0].text if found else ""
                    found = found[first in names[entry] :]
                    name = first if first in names[entry] else names[entry][0]
                    blocks.append(Block("heading", name, f"ch. {n}", 1))
                blocks += [Block(one.kind, one.text, f"ch. {n}", one.level) for one in found]
    return Document(tuple(blocks), title=title, lang=lang[:2].lower())


def _is_protected(archive: zipfile.ZipFile) -> bool:
    if _ENCRYPTED not in archive.namelist():
        return False
    methods = [
        one.get("Algorithm", "")
        for one in parse_xml(member(archive, _ENCRYPTED)).iter()
        if local(one.tag) == "EncryptionMethod"
    ]
    return not all(one in _FONT_MASKS for one in methods)


def _is_contents(item: ElementTree.Element) -> bool:
    """Tell whether a part of the book is its table of contents (EPUB 3: nav, EPUB 2: ncx)."""
    return "nav" in item.get("properties", "").split() or item.get("media-type", "") == "application/x-dtbncx+xml"


def _names(archive: zipfile.ZipFile, contents: list[str]) -> dict[str, list[str]]:
    """Return the names that the table of contents gives to each part of the book."""
    names: dict[str, list[str]] = {}
    for path in contents:
        if path not in archive.namelist():
            continue
        data = member(archive, path)
        folder = path.rpartition("/")[0]
        start = data.find(b"<ncx") if path.endswith(".ncx") else data.find(b"<html")
        for one in parse_xml(data[max(0, start) :]).iter():  # without the declaration, which EPUB 2 asks for
            if local(one.tag) == "a" and one.get("href"):
                names.setdefault(joined(folder, one.get("href", "")), []).append(_words(one))
            elif local(one.tag) == "navPoint":
                label = next((two for two in one if local(two.tag) == "navLabel"), None)
                source = next((two.get("src", "") for two in one if local(two.tag) == "content"), "")
                names.setdefault(joined(folder, source), []).append(_words(label) if label is not None else "")
    return names


def _words(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())
