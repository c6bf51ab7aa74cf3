"""PDF files for tests with text at places: Latin in Helvetica, Japanese in a font that no file holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Put:
    """A text at a place, in points from the lower left corner."""

    x: float
    y: float
    text: str
    size: float = 10.0
    bold: bool = False


@dataclass(frozen=True)
class Rule:
    """A line drawn between two places."""

    x: float
    y: float
    to_x: float
    to_y: float


Page = list[Put | Rule]
JAPANESE = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /UniJIS-UCS2-{way} /DescendantFonts"
    " [<< /Type /Font /Subtype /CIDFontType0"
    " /BaseFont /HeiseiMin-W3 /DW 1000 /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1)"
    " /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 4 /ItalicAngle 0"
    " /FontBBox [0 -200 1000 900] /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >> >>] >>"
)
FONTS = (
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>",
)


def paged(
    pages: list[Page], outline: tuple[tuple[str, int], ...] = (), vertical: bool = False, turned: bool = False
) -> bytes:
    """Return a PDF; `outline` holds titles with their pages from 0, `turned` pages run upwards."""
    first = 7  # objects before it: catalog, pages, three fonts, outlines
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    after = first + 2 * len(pages)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        *FONTS,
        JAPANESE.format(way="V" if vertical else "H"),
        f"<< /Type /Outlines /First {after} 0 R /Last {after + len(outline) - 1} 0 R /Count {len(outline)} >>"
        if outline
        else "<< /Type /Outlines >>",
    ]
    for n, page in enumerate(pages):
        shown = "".join(_shown(put, turned) if isinstance(put, Put) else _drawn(put) for put in page)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {first + 2 * n + 1} 0 R"
            " /Resources << /Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream")
    for n, (title, page) in enumerate(outline):
        near = [f"/Next {after + n + 1} 0 R"] * (n + 1 < len(outline)) + [f"/Prev {after + n - 1} 0 R"] * (n > 0)
        written = title.encode("utf-16").hex()
        goal = f"/Dest [{first + 2 * page} 0 R /Fit]"
        objects.append(f"<< /Title <{written}> /Parent 6 0 R {goal} {' '.join(near)} >>")
    return pdf_file(objects)


def _shown(put: Put, turned: bool) -> str:
    latin = put.text.isascii()
    font = "F3" if not latin else "F2" if put.bold else "F1"
    text = f"({put.text})" if latin else f"<{put.text.encode('utf-16-be').hex()}>"
    place = f"0 1 -1 0 {600 - put.y} {put.x}" if turned else f"1 0 0 1 {put.x} {put.y}"
    return f"BT /{font} {put.size} Tf {place} Tm {text} Tj ET\n"


def _drawn(rule: Rule) -> str:
    return f"{rule.x} {rule.y} m {rule.to_x} {rule.to_y} l S\n"


def pdf_file(objects: list[str], about: str = "") -> bytes:
    """A PDF file of these objects, the first the catalogue; `about` goes into its trailer."""
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    return out + f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {about}>>\nstartxref\n{start}\n%%EOF\n".encode()


def lines(texts: list[str], top: float = 700.0, left: float = 72.0, size: float = 10.0) -> Page:
    """Return lines of text below each other."""
    return [Put(left, top - 1.3 * size * n, text, size) for n, text in enumerate(texts)]
