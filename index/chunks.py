"""A document's blocks -> passages small enough to cite and large enough to stand alone. Pure text work.

A passage never crosses a heading. Tables and code stay whole while they fit; what is longer is cut at rows, lines or
sentences, with the table's header repeated. Sizes are counted in units: one Japanese character is one unit, a Latin one
about a third, which is also how many tokens they cost a language model.
"""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from math import fsum

import numpy as np
from numpy.typing import NDArray

from index.formats.blocks import Block, Document
from index.terms import terms

TARGET_UNITS = 300
MAX_UNITS = 700  # a table or a piece of code may grow to this before it is cut
_MIN_UNITS = 60  # a shorter rest joins the passage before it
_MIN_PAGE_UNITS = 20  # a page turn starts a new passage unless the page held less than this so far
_WIDE = re.compile("[\u2e80-\U0010ffff]+")
_KANA, _HAN, _LATIN = (0x3041, 0x30FF), (0x4E00, 0x9FFF), (0x61, 0x7A)
_CODES = f"utf-32-{sys.byteorder[0]}e"
_SENTENCE_END = re.compile(r"(?<=[。！？!?])(?![」』）)。！？!?])\s*|(?<=[.;:])\s+(?=[A-Z0-9\"'(])|\n")

_MARK = r"[ \t]*(?:[-*+・•●○■□]|[(（]?\d{1,3}[.)）．、]|[①-⑳]|第[0-9０-９一二三四五六七八九十]+条)(?=[\s　\w「(（])"
_ITEM, _MARKED = re.compile(rf"\n(?={_MARK})"), re.compile(_MARK)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it has a folder: `anchor` is what follows "#" in its id, `extra` is searched but not shown."""

    anchor: str
    heading: str
    text: str
    lang: str
    place: str
    extra: str


def units(text: str) -> float:
    """Return a text's size: 1 per CJK or full-width character, 0.35 for others."""
    return _sized(len(text), _wide(text))


def _wide(text: str) -> int:
    """Return how many of a text's characters are CJK or full-width."""
    return 0 if text.isascii() else sum(map(len, _WIDE.findall(text)))


def _sized(characters: int, wide: int) -> float:
    return wide + 0.35 * (characters - wide)


def language(text: str) -> str:
    """Return "ja" for text with kana or mostly kanji, "en" for text in Latin letters, "" when there is neither."""
    codes = np.frombuffer(text.encode(_CODES, errors="surrogatepass"), dtype=np.uint32)
    kana, han = (0, 0) if text.isascii() else (_count(codes, *_KANA), _count(codes, *_HAN))
    latin = _count(codes | np.uint32(0x20), *_LATIN)  # the bit that makes small letters of capitals
    if kana * 12 > latin or (han and han * 4 > latin):
        return "ja"
    return "en" if latin else ""


def _count(codes: NDArray[np.uint32], first: int, last: int) -> int:
    return int(np.count_nonzero(codes - np.uint32(first) <= last - first))


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text, without blank ones."""
    return [one for one in _SENTENCE_END.split(text) if one and one.strip()]


def split(document: Document, name: str) -> list[Chunk]:
    """Return a document's passages in order.

    Arguments that need a word:
        name: the file's name without folders; its words are searched too, and it stands in for a missing heading.
    """
    chunks: list[Chunk] = []
    anchors: Counter[str] = Counter()
    path: list[tuple[int, str]] = []
    whole = language(" ".join(block.text for block in document.blocks[:40])) if not document.lang else document.lang
    extra = " ".join(part for part in (document.title, document.summary, _words(name)) if part)
    for headings, blocks in _sections(document.blocks, path):
        titles = [title for _, title in headings if title]
        if document.title and (not titles or titles[0] != document.title):
            titles.insert(0, document.title)
        anchor = _slug(headings[-1][1]) if headings else ""
        for text, place in _pack(blocks):
            lang = language(text) or whole
            chunks.append(Chunk(_unique(anchor, anchors), " > ".join(titles), text, lang, place, extra))
    return _with_questions(chunks, document.questions)


def _with_questions(chunks: list[Chunk], questions: tuple[str, ...]) -> list[Chunk]:
    """Add each question of the front matter to the search text of the passage that shares most of its words."""
    if not chunks or not questions:
        return chunks
    words = [set(terms(f"{one.heading} {one.text}")) for one in chunks]
    spread = Counter(word for found in words for word in found)
    given: dict[int, list[str]] = {}
    for question in questions:
        asked = set(terms(question))
        gains = [fsum(1.0 / spread[word] for word in asked & found) for found in words]  # in any order the same
        given.setdefault(gains.index(max(gains)), []).append(question)
    return [
        replace(one, extra=" ".join([one.extra, *given[n]]).strip()) if n in given else one
        for n, one in enumerate(chunks)
    ]


def _words(name: str) -> str:
    return re.sub(r"[-_.\s]+", " ", name.rsplit(".", 1)[0])


def _slug(heading: str) -> str:
    """Return a heading as an anchor: lower case, letters and digits of any script, hyphens between."""
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return re.sub(r"[^\w]+", "-", folded).strip("-_")[:60].rstrip("-_")


def _unique(anchor: str, seen: Counter[str]) -> str:
    """Return an anchor that no passage before has: "例", then "例-2", unless a heading is called that."""
    found = anchor
    while not found or seen[found]:
        seen[anchor] += 1
        found = f"{anchor}-{seen[anchor]}" if anchor else str(seen[anchor])
    seen[found] += 1
    return found


def _sections(
    blocks: tuple[Block, ...], path: list[tuple[int, str]]
) -> Iterator[tuple[list[tuple[int, str]], list[Block]]]:
    """Yield (heading path, blocks) for each stretch of blocks between two headings.

    A heading with nothing below it is a line of text: "■ Place: town hall", one of several.
    """
    held: list[Block] = []
    empty = _without_body(blocks)
    for n, block in enumerate(blocks):
        if block.kind != "heading":
            held.append(block)
            continue
        if held and (n not in empty or (path and path[-1][0] >= block.level)):
            yield list(path), held
            held = []
        while path and path[-1][0] >= block.level:
            path.pop()
        if n in empty:
            held.append(Block("text", block.text, block.place))
        else:
            path.append((block.level, " ".join(block.text.split())[:120]))
    if held:
        yield list(path), held


def _without_body(blocks: tuple[Block, ...]) -> set[int]:
    """Return the numbers of headings that another of their level or above, or nothing, follows at once.

    After several of them the last of the row is one too, whatever follows it.
    """
    levels = [block.level if block.kind == "heading" else 0 for block in blocks] + [1]
    empty = {n for n, level in enumerate(levels[:-1]) if 0 < levels[n + 1] <= level}
    rows = {n for n in range(2, len(blocks)) if {n - 1, n - 2} <= empty and levels[n] == levels[n - 1] == levels[n - 2]}
    return empty | rows


def _pack(blocks: list[Block]) -> list[tuple[str, str]]:
    """Return (text, place) passages of about TARGET_UNITS from the blocks below one heading."""
    pieces = [(piece, where, glue) for block in blocks for piece, where, glue in _placed(block)]
    packed: list[tuple[str, str]] = []
    text, place, size = "", "", 0.0
    for piece, where, glue in pieces:
        weight = units(piece)
        page_turns = where != place and where.startswith("p. ") and place.startswith("p. ")
        if text and (size + weight > TARGET_UNITS or (page_turns and size > _MIN_PAGE_UNITS)):
            packed.append((text, place))
            text, place, size = "", "", 0.0
        text = f"{text}{glue}{piece}" if text else piece
        place = place or where
        size += weight
    if text:
        if packed and size < _MIN_UNITS and units(packed[-1][0]) + size <= MAX_UNITS and packed[-1][1] == place:
            packed[-1] = (f"{packed[-1][0]}\n{text}", packed[-1][1])
        else:
            packed.append((text, place))
    return [(body.strip("\n"), where) for body, where in packed if body.strip()]


def _placed(block: Block) -> list[tuple[str, str, str]]:
    """Return (piece, place, glue); a table without a header of its own has a row per line, each with its place."""
    pieces = _pieces(block)
    first = re.fullmatch(r"l\. (\d+)", block.place)
    if block.kind != "table" or not first or "\n".join(piece for piece, _ in pieces) != block.text:
        return [(piece, block.place, glue) for piece, glue in pieces]
    starts = accumulate((piece.count("\n") + 1 for piece, _ in pieces), initial=int(first[1]))
    return [(piece, f"l. {start}", glue) for (piece, glue), start in zip(pieces, starts, strict=False)]


def _pieces(block: Block) -> list[tuple[str, str]]:
    """Return (piece, glue) pairs: the block whole while it fits, else its rows, lines or sentences."""
    if units(block.text) <= (MAX_UNITS if block.kind in ("table", "code") else TARGET_UNITS):
        return [(block.text, "\n\n")]
    if block.kind == "table":
        return _table_pieces(block.text)
    if block.kind == "code":
        return [(part, "\n") for part in _by_lines(block.text.split("\n"))]
    items = [one for one in _ITEM.split(block.text) if one.strip()]
    return [
        (piece, "\n\n" if n == k == 0 else "\n" if k == 0 else glue)
        for n, item in enumerate(items)
        for k, (piece, glue) in enumerate(_sentences(item))
    ]


def _sentences(text: str) -> list[tuple[str, str]]:
    """Return (piece, glue) pairs of a paragraph or an item of a list: an item whole while it fits, else sentences."""
    if _MARKED.match(text) and units(text) <= TARGET_UNITS:
        return [(text, "")]
    whole = sentences(text)
    pieces = []
    for n, sentence in enumerate(whole):
        glue = "" if n == 0 or re.search(r"[。！？]$", whole[n - 1]) else " "
        pieces += [(part, glue if k == 0 else "") for k, part in enumerate(_hard_cut(sentence))]
    return pieces


def _table_pieces(text: str) -> list[tuple[str, str]]:
    rows = text.split("\n")
    header: list[str] = []
    if len(rows) > 2 and re.fullmatch(r"[|:\-\s]+", rows[1]):
        header, rows = rows[:2], rows[2:]
    head_units = units("\n".join(header))
    parts = _by_lines(rows, room=max(100.0, TARGET_UNITS - head_units))
    return [("\n".join([*header, part]), "\n\n") for part in parts]


def _by_lines(lines: list[str], room: float = TARGET_UNITS) -> list[str]:
    parts: list[str] = []
    held: list[str] = []
    size = 0.0
    for line in (cut for one in lines for cut in _hard_cut(one)):
        weight = units(line) + 0.35
        if held and size + weight > room:
            parts.append("\n".join(held))
            held, size = [], 0.0
        held.append(line)
        size += weight
    return [*parts, "\n".join(held)] if held else parts


def _hard_cut(text: str) -> list[str]:
    """Return a text without sentence ends in pieces that fit, cut at a comma or space near the limit if possible."""
    pieces = []
    start, left = 0, len(text)
    wide = _wide(text)  # of what is left: counting it anew for each piece would take as long as all pieces before
    while _sized(left, wide) > MAX_UNITS:
        step = TARGET_UNITS if ord(text[start]) >= 0x2E80 else int(TARGET_UNITS / 0.35)
        window = text[start : start + min(step, left - 1)]
        while units(window) > MAX_UNITS:
            window = window[: len(window) * 2 // 3]
        cut = max(window.rfind("、"), window.rfind(" "), window.rfind(","), window.rfind("，"))
        piece = window[: cut + 1] if cut > len(window) // 2 else window
        pieces.append(piece)
        start, left, wide = start + len(piece), left - len(piece), wide - _wide(piece)
    return [*pieces, text[start:]] if left else pieces
