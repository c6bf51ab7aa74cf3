"""A user's folder of any size: Markdown files put together from the guides' own sentences, the same every time."""

import random
from functools import cache
from pathlib import Path

from index.chunks import split
from index.documents import read_document
from knowledge.guides import guides_folder

PASSAGES_PER_FILE = 10
_SYLLABLES = ("ka", "re", "to", "mi", "so", "ne", "ru", "vi", "la", "do", "pe", "ga")


@cache
def _sentences() -> dict[str, tuple[str, ...]]:
    """Return the guides' sentences by language, at least 20 characters long."""
    found: dict[str, list[str]] = {"ja": [], "en": []}
    for path in sorted(guides_folder().rglob("*.md")):
        for chunk in split(read_document(path), path.name):
            for line in chunk.text.replace("。", "。\n").replace(". ", ".\n").split("\n"):
                if chunk.lang in found and 20 <= len(line.strip()) <= 200:
                    found[chunk.lang].append(line.strip())
    return {language: tuple(lines) for language, lines in found.items()}


def section(number: int) -> tuple[str, str]:
    """Return heading and text of passage `number`, half of them Japanese: about 250 (ja) or 500 (en) characters.

    Every one holds a name of its own, as documents do; the rest of the words recur as often as in the guides.
    """
    source = random.Random(number)
    language = ("ja", "en")[number % 2]
    name = "".join(source.choices(_SYLLABLES, k=4)) + f"-{number}"
    lines: list[str] = []
    while sum(map(len, lines)) < (220, 440)[number % 2]:
        lines.append(source.choice(_sentences()[language]))
    return f"{name} {source.choice(_sentences()[language])[:20]}", ("" if language == "ja" else " ").join(lines)


def file_text(number: int, first: int = 0) -> str:
    """Return file `number` of the folder: ten sections, one passage each."""
    start = first + number * PASSAGES_PER_FILE
    parts = [section(start + n) for n in range(PASSAGES_PER_FILE)]
    return "\n\n".join(f"## {heading}\n\n{text}" for heading, text in parts)


def write_folder(folder: Path, passages: int) -> Path:
    """Write files of ten passages each, a hundred to a folder, and return the folder."""
    for number in range(passages // PASSAGES_PER_FILE):
        path = folder / f"{number // 100:04}" / f"{number:06}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file_text(number), encoding="utf-8")
    return folder
