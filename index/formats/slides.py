"""PPTX presentations -> blocks: slides in the order they are shown, with tables, charts and speaker notes."""

import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from index.formats.archive import attribute, local, member, open_zip, parse_xml, relations
from index.formats.blocks import Block, Document, whole
from index.formats.tables import row_lines

_SHOW = "ppt/presentation.xml"
_FURNITURE = ("sldNum", "dt", "ftr", "hdr", "sldImg")  # placeholders that repeat on every slide
_REPEATED = 0.5  # a text that stands on more than this share of the slides says nothing of any of them
_FEW_SLIDES = 4
_DEEPEST = 8  # level of a list


@dataclass(frozen=True, slots=True)
class _Shape:
    kind: str  # title, text or table
    text: str


def read_pptx(data: bytes) -> Document:
    """Return a presentation: a slide's title as heading, its texts, tables and notes; `place` is the slide's number."""
    slides: list[tuple[int, list[_Shape]]] = []
    hidden = []
    with open_zip(data) as archive:
        for n, path in enumerate(_slides(archive), 1):
            root = parse_xml(member(archive, path))
            if root.get("show") == "0":
                hidden.append(n)
            else:
                slides.append((n, [*_shapes(archive, path, root), *_notes(archive, path)]))
    seen = Counter(shape.text for _, shapes in slides for shape in set(shapes) if shape.kind == "text")
    often = {text for text, n in seen.items() if len(slides) >= _FEW_SLIDES and n > _REPEATED * len(slides)}
    blocks = [block for n, shapes in slides for block in _blocks(n, [one for one in shapes if one.text not in often])]
    return Document(tuple(blocks), notes=_hidden(hidden))


def _blocks(n: int, shapes: list[_Shape]) -> Iterator[Block]:
    """Yield a slide's blocks; one without a title has an empty path, so that it does not join the slide before."""
    place = f"p. {n}"
    titles = [one.text.replace("\n", " ") for one in shapes if one.kind == "title"]
    yield Block("heading", " ".join(titles), place, 1)
    for shape in shapes:
        if shape.kind != "title":
            yield Block("table" if shape.kind == "table" else "text", shape.text, place)


def _hidden(numbers: list[int]) -> tuple[dict[str, str], ...]:
    listed = ", ".join(map(str, numbers))
    note = {"en": f"hidden slides were left out: {listed}", "ja": f"非表示のスライドは除きました: {listed}"}
    return (note,) if numbers else ()


def _slides(archive: zipfile.ZipFile) -> list[str]:
    """Return the slides' entries in the order of the presentation."""
    parts = relations(archive, _SHOW)
    shown = parse_xml(member(archive, _SHOW)).iter()
    names = [parts.get(_relation(one), ("", ""))[1] for one in shown if local(one.tag) == "sldId"]
    return [name for name in names if name in archive.namelist()]


def _relation(element: ElementTree.Element) -> str:
    """Return the relation's id; the element has an `id` of its own beside it, without a namespace."""
    return next((value for key, value in element.attrib.items() if key.endswith("}id")), "")


def _notes(archive: zipfile.ZipFile, path: str) -> list[_Shape]:
    names = [name for kind, name in relations(archive, path).values() if kind == "notesSlide"]
    return [
        shape
        for name in names
        if name in archive.namelist()
        for shape in _shapes(archive, name, parse_xml(member(archive, name)))
    ]


def _shapes(archive: zipfile.ZipFile, path: str, root: ElementTree.Element) -> list[_Shape]:
    """Return what a slide shows, title first."""
    parts = relations(archive, path)
    found = list(_walk(archive, parts, root))
    return sorted(found, key=lambda shape: shape.kind != "title")


def _walk(
    archive: zipfile.ZipFile, parts: dict[str, tuple[str, str]], element: ElementTree.Element
) -> Iterator[_Shape]:
    name = local(element.tag)
    if name == "Fallback":  # the same once more for older programs
        return
    if name == "tbl":
        yield _Shape("table", "\n".join(row_lines([_row(row) for row in element if local(row.tag) == "tr"])))
    elif name in ("chart", "relIds"):
        kind, target = parts.get(attribute(element, "dm") or attribute(element, "id"), ("", ""))
        if target in archive.namelist():
            read = _chart if kind == "chart" else _diagram
            yield from (_Shape("text", text) for text in read(parse_xml(member(archive, target))) if text)
    elif name == "sp":
        kinds = [one.get("type", "") for one in element.iter() if local(one.tag) == "ph"]
        text = "\n".join(_paragraphs(element))
        if text and not (kinds and kinds[0] in _FURNITURE):
            yield _Shape("title" if kinds and kinds[0] in ("title", "ctrTitle") else "text", text)
    else:
        for one in element:
            yield from _walk(archive, parts, one)


def _row(row: ElementTree.Element) -> list[str]:
    return [" ".join(_paragraphs(cell)) for cell in row if local(cell.tag) == "tc"]


def _paragraphs(element: ElementTree.Element) -> Iterator[str]:
    """Yield the paragraphs of a shape, those of the inner levels of a list indented."""
    for paragraph in (one for one in element.iter() if local(one.tag) == "p"):
        parts = [" " if local(one.tag) == "br" else one.text or "" for one in paragraph.iter() if _is_text(one)]
        level = min(whole(next((one.get("lvl") for one in paragraph if local(one.tag) == "pPr"), None)), _DEEPEST)
        if text := " ".join("".join(parts).split()):
            yield f"{'  ' * level}- {text}" if level else text


def _is_text(element: ElementTree.Element) -> bool:
    return local(element.tag) in ("t", "br")


def _diagram(root: ElementTree.Element) -> list[str]:
    """Return the texts of a diagram (SmartArt), one a line."""
    return ["\n".join(_paragraphs(root))]


def _chart(root: ElementTree.Element) -> list[str]:
    """Return a chart's title and its figures, a line per category."""
    title = " ".join(text for one in root.iter() if local(one.tag) == "title" for text in _paragraphs(one))
    rows: dict[str, list[str]] = {}
    for series in (one for one in root.iter() if local(one.tag) == "ser"):
        name = " ".join(_points(series, ("tx",)))
        for category, value in zip(_points(series, ("cat", "xVal")), _points(series, ("val", "yVal")), strict=False):
            rows.setdefault(category, [category]).append(f"{name}: {value}" if name else value)
    return ["\n".join([*([title] if title else []), *(" | ".join(cells) for cells in rows.values())])]


def _points(series: ElementTree.Element, kinds: Iterable[str]) -> list[str]:
    """Return the stored values of a series' names, categories or figures."""
    return [
        one.text or ""
        for part in series
        if local(part.tag) in kinds
        for point in part.iter()
        if local(point.tag) == "pt"
        for one in point
        if local(one.tag) == "v"
    ]
