"""Everyday words of both languages by concept, for documents about anything: offices, factories, kitchens, clubs.

`words.txt` beside this file holds one concept per line: Japanese expressions parted by spaces, " = ", English ones
parted by commas. A line that begins with "~" lists words that say little. Written for this project; search expands
questions with it and the embedder learns from it.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).parent / "words.txt"


@dataclass(frozen=True, slots=True)
class Concept:
    """Ways to say the same thing in Japanese and in English; one of them may be empty."""

    ja: tuple[str, ...]
    en: tuple[str, ...]


@lru_cache(maxsize=1)
def _lines() -> tuple[str, ...]:
    return tuple(FILE.read_text(encoding="utf-8").splitlines())


def concepts() -> tuple[Concept, ...]:
    """Return all concepts in file order."""
    found = []
    for line in _lines():
        ja, equals, en = line.partition("=")
        if equals and not line.startswith(("#", "~")):
            found.append(Concept(tuple(ja.split()), tuple(one.strip() for one in en.split(",") if one.strip())))
    return tuple(found)


def light_words() -> tuple[str, ...]:
    """Return words that are in most questions and tell passages apart badly, such as "use" and "方法"."""
    return tuple(word for line in _lines() if line.startswith("~") for word in line[1:].split())
