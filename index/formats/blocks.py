"""What every converter returns: a document as a list of blocks with their places."""

import re
from dataclasses import dataclass, field
from typing import Literal

MAX_CHARACTERS = 5_000_000  # of one document; about ten thick books
Kind = Literal["heading", "text", "table", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, table or piece of code. `place` is "l. 12" or "p. 3"; `level` is 1 to 6 for headings."""

    kind: Kind
    text: str
    place: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A document's blocks in reading order, with what its front matter or properties told.

    `encoding` names the character encoding of text formats ("" for others), `replaced` counts characters lost to it.
    `needs_ocr` is set when pages hold pictures of text instead of text. `notes` are remarks such as "cut after n
    characters", by language.
    """

    blocks: tuple[Block, ...]
    title: str = ""
    summary: str = ""
    lang: str = ""
    questions: tuple[str, ...] = ()
    encoding: str = ""
    replaced: int = 0
    needs_ocr: bool = False
    notes: tuple[dict[str, str], ...] = field(default=())


WIDE = "\u3000-\u30ff\u3400-\u9fff\uff01-\uff60"  # kana, kanji, full-width signs: written without spaces
_BROKEN = re.compile(rf"(?<=[{WIDE}])[ \t]*\n\s*(?=[{WIDE}])")


def spaced(text: str) -> str:
    """Return a text on one line: line breaks become spaces, but none within Japanese."""
    return re.sub(r"[ \t\r\n\f\xa0]+", " ", _BROKEN.sub("", text)).strip(" ")


def whole(text: str | None, instead: int = 0) -> int:
    """Return the number that up to nine digits write, `instead` for anything else: files hold "²" and "", too."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else instead


def front_matter(text: str) -> tuple[dict[str, str | list[str]], str, int]:
    """Split a leading `---` block from a Markdown text.

    Returns its keys (plain scalars, `- item` lists and `[a, b]` lists: what guides and note-taking programs write),
    the rest of the text, and how many lines were taken off. A text without one comes back whole with no keys.
    """
    lines = text.split("\n")
    if lines[0].strip() != "---":
        return {}, text, 0
    end = next((n for n, line in enumerate(lines[1:400], 1) if line.strip() in ("---", "...")), None)
    if end is None:
        return {}, text, 0
    keys: dict[str, str | list[str]] = {}
    current = ""
    for line in lines[1:end]:
        item = re.match(r"\s*-\s+(.*)", line)
        pair = re.match(r"([A-Za-z_][\w-]*):\s*(.*)", line)
        if pair:
            current = pair[1].lower()
            keys[current] = _value(pair[2])
        elif item and current:
            held = keys[current]
            keys[current] = [*(held if isinstance(held, list) else []), _unquote(item[1])]
        elif line.startswith((" ", "\t")) and current and isinstance(keys[current], str):
            keys[current] = f"{keys[current]} {line.strip()}".strip(" >|")
    return keys, "\n".join(lines[end + 1 :]), end + 1


def _value(text: str) -> str | list[str]:
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        return [_unquote(part) for part in re.split(r""",(?=(?:[^"]*"[^"]*")*[^"]*$)""", text[1:-1]) if part.strip()]
    return _unquote(text)


def _unquote(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].replace('\\"', '"') if text[0] == '"' else text[1:-1].replace("''", "'")
    return text
