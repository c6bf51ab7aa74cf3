"""Find dictionary words in a text, in any inflected form, with what says the same in both languages.

links.txt is derived from JMdict (LICENSE.md beside it) and made by build.py: one line for each expression, tab, its
links, parted by tabs; English expressions by the stems of their words. The lines are sorted, so that looking up is
bisection over the text as it is, and loading 300,000 of them takes milliseconds.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from assistant.errors import IndexBroken
from index.inflection import bases, stands_alone
from index.stems import stem
from index.terms import STOP

FILE = Path(__file__).parent / "links.txt"
_WORD = re.compile("[a-z0-9]+")
_STEP = 64  # lines


@dataclass(frozen=True, slots=True)
class Word:
    """A dictionary word in a text: where, as said, the expressions it is a form of, and what says the same."""

    start: int
    text: str
    base: tuple[str, ...]
    others: tuple[str, ...]


class Dictionary:
    """Expressions of both languages and their links."""

    def __init__(self, lines: bytes = b"") -> None:
        """Hold the lines of a links file, each expression once, sorted by their bytes."""
        self._text = lines
        ends = np.flatnonzero(np.frombuffer(lines, dtype=np.uint8) == ord("\n"))
        self._starts = array("I", np.concatenate([[0], ends + 1])[: len(ends)].astype(np.uintc).tobytes())
        self._some = [self._line(start) for start in self._starts[::_STEP]]

    def others(self, name: str) -> tuple[str, ...]:
        """Return what says the same as a folded expression, the most usual first; () when it is not known."""
        key = (latin_key(name) if name.isascii() else name).encode() + b"\t"
        line = self._from(key)
        return tuple(one for one in line[len(key) :].decode().split("\t") if one != name) if line else ()

    def find(self, text: str) -> list[Word]:
        """Return the words of a folded text that do not overlap, the longest first, Japanese ones before English."""
        return [*self._japanese(text), *self._latin(text)]

    def _japanese(self, text: str) -> Iterator[Word]:
        start, last = 0, len(text.rstrip("".join(map(chr, range(128)))))
        while start < last:
            found = None
            for end in range(start + 1, len(text) + 1):
                # Forms differ from their expression in the last character only: a dead end has no longer ones.
                if not self._from(text[start : end - 1].encode()):
                    break
                said = text[start:end]
                if not said.isascii() and (len(said) > 1 or stands_alone(text, start)):
                    found = self._word(start, said, bases(said)) or found
            if found:
                yield found
            start += len(found.text) if found else 1

    def _latin(self, text: str) -> Iterator[Word]:
        words = list(_WORD.finditer(text))
        n = 0
        while n < len(words):
            start, found, length = words[n].start(), None, 1
            for count in range(1, len(words) - n + 1):
                said = text[start : words[n + count - 1].end()]
                if not self._from(latin_key(said).encode()):
                    break
                if said not in STOP and (word := self._word(start, said, [said])):
                    found, length = word, count
            if found:
                yield found
            n += length

    def _word(self, start: int, said: str, names: list[str]) -> Word | None:
        others = {name: found for name in names if (found := self.others(name))}
        links = dict.fromkeys(one for found in others.values() for one in found)
        return Word(start, said, tuple(others), tuple(links)) if others else None

    def _from(self, start: bytes) -> bytes:
        """Return the first line that begins so, b"" when none does."""
        near = bisect_left(self._some, start) * _STEP  # compared without leaving C; the line is among those before
        place = bisect_left(self._starts, start, max(near - _STEP, 0), min(near, len(self._starts)), key=self._line)
        line = self._line(self._starts[place]) if place < len(self._starts) else b""
        return line if line.startswith(start) else b""

    def _line(self, start: int) -> bytes:
        return self._text[start : self._text.index(b"\n", start)]


def latin_key(name: str) -> str:
    """Return an English expression as the file's keys have it: the stems of its words; "" when it has none."""
    return " ".join(map(stem, _WORD.findall(name)))


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """Return the shipped dictionary. Raises IndexBroken when its file is absent or damaged."""
    return read(FILE)


def read(file: Path) -> Dictionary:
    """Return the dictionary in a links file. Raises IndexBroken when it is absent or damaged."""
    try:
        lines = file.read_bytes()
        lines.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise IndexBroken(
            reason=f"the dictionary {file} cannot be read ({error}); install Mekiki again",
            reason_ja=f"辞書 {file} を読み取れません（{error}）。Mekiki を入れ直してください",
        ) from error
    return Dictionary(lines)
