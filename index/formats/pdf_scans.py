"""Pages of a PDF that show a picture instead of text, told also where a program stamped a line upon each."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from index.formats.pdf_lines import Line

FEW_CHARACTERS = 15  # a scanned page holds no text at all or a stamped page number
_STAMP_CHARACTERS = 300  # of a page: with more text it is none that a stamp alone stands on
_COVERED = 0.5  # of a page, by pictures: it is one of paper, not one with a logo
_NEARLY_ALL = 0.8  # of such pages: what stands on so many of them was stamped there
_DRAWN = 50  # shapes: so many without text are letters that were made shapes, or a drawing
_SCANNER = re.compile(r"scanned (?:by|with|using|from) .{1,40}|.{1,40}でスキャン(?:しました)?。?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a page shows beside text: the share of it that pictures cover, and whether it shows any or many shapes."""

    covered: float = 0.0
    some: bool = False


NO_PICTURES = Pictures()


def length(lines: Sequence[Line]) -> int:
    """Return how many characters lines hold."""
    return sum(len(line.text) for line in lines)


def pictures(page: Any, lines: Sequence[Line]) -> Pictures:
    """Return the pictures of a page; none are looked for on one with more text than stamps have."""
    import pypdfium2.raw as raw  # type: ignore[import-untyped]

    if length(lines) >= _STAMP_CHARACTERS:
        return NO_PICTURES
    images = list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
    whole = page.get_width() * page.get_height()
    # What is within a form has its place there, not on the page: it is taken for all of it.
    covered = sum(1.0 if one.level else _area(one) / max(whole, 1.0) for one in images)
    shapes = page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING], max_depth=3)
    return Pictures(covered, bool(images) or len(list(islice(shapes, _DRAWN))) == _DRAWN)


def _area(image: Any) -> float:
    left, bottom, right, top = image.get_bounds()
    return float(max(right - left, 0.0) * max(top - bottom, 0.0))


def scanned(pages: Sequence[tuple[Sequence[Line], Pictures]]) -> dict[int, Sequence[Line]]:
    """Return the pages that only show a picture, by number from 0, each with its lines but for those stamped on it."""
    paper = [n for n, (_, shown) in enumerate(pages) if shown.covered >= _COVERED]
    counts = Counter(key for n in paper for key in {_key(line) for line in pages[n][0]})
    least = max(2.0, _NEARLY_ALL * len(paper))
    stamps = {key for key, count in counts.items() if count >= least}
    found = {}
    for n, (lines, shown) in enumerate(pages):
        left = lines
        if shown.covered >= _COVERED:
            left = [one for one in lines if _key(one) not in stamps and not _SCANNER.fullmatch(one.text.strip())]
        if shown.some and length(left) < FEW_CHARACTERS:
            found[n] = left
    return found


def _key(line: Line) -> str:
    """Return a line as it would read on any page: its numbers may count the pages or tell the time."""
    return re.sub(r"\d+", "#", "".join(line.text.split()))
