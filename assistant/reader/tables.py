"""Finding names from an alias table in running text: joined forms, any separators, kana, plurals, small typos."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

_SEPARATORS = frozenset(" \t\n-_/・:|'’()[]（）「」,、")
_BARE_NUMBER_NOT_NAME = re.compile(
    r"\s*(?:円|ドル|tokens?|トークン|文字|字|人|名|件|[MGTk]B|ページ|pages?|words?|年|万|億|%|行|時間|分|"
    r"秒|冊|話|通|本|usd|yen|people|users|lines|files|documents|dollars|[.,]\d)",
    re.I,
)


def fold(text: str) -> str:
    """Return the text with width, case and hiragana/katakana differences removed; same length as the NFKC input."""
    out = []
    for char in text:
        lowered = char.lower()
        char = lowered if len(lowered) == 1 else char
        out.append(chr(ord(char) + 0x60) if "\u3041" <= char <= "\u3096" else char)
    return "".join(out)


def _kind(char: str) -> str:
    if char.isdigit() or char == ".":
        return "digit"
    if char.isascii():
        return "latin" if char.isalpha() else "other"
    if "\u30a1" <= char <= "\u30ff":
        return "katakana"
    return "hiragana" if "\u3041" <= char <= "\u3096" else "other"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A text without separators: `letters[i]` stands at `places[i]` of the original; dots stay between digits.

    `starts` are the letters at which a name may start.
    """

    letters: str
    places: tuple[int, ...]
    starts: tuple[int, ...] = ()


@lru_cache(maxsize=8)  # every table looks through the same text
def skeleton(text: str) -> Skeleton:
    """Return the skeleton of an NFKC text."""
    letters, places = [], []
    for place, char in enumerate(fold(text)):
        if char in _SEPARATORS or char == "ー":
            continue
        if char == ".":
            digits = place and text[place - 1].isdigit() and place + 1 < len(text) and text[place + 1].isdigit()
            if not digits:
                continue
        letters.append(char)
        places.append(place)
    starts = tuple(index for index, place in enumerate(places) if _starts(text, place))
    return Skeleton("".join(letters), tuple(places), starts)


_GONE = {ord(char): None for char in (*_SEPARATORS, "ー")}
_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_LONE_DOT = re.compile(r"(?<!\d)\.|\.(?!\d)")


def letters_of(name: str) -> str:
    """Return the letters of a whole name's skeleton: the same as `skeleton(name).letters`, fast, for NFKC input."""
    name = name.lower()
    if "." in name:
        name = _LONE_DOT.sub("", name)
    name = name.translate(_GONE)
    return name if name.isascii() else name.translate(_KATAKANA)


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a text: characters [start, end) and what the table says."""

    start: int
    end: int
    value: str


_NO_ACCIDENT = 8  # letters; no sentence spells a name this long in hiragana without meaning it ("よんまるろくまる")


class NameTable:
    """An alias table compiled for scanning. Longest match first; a name starts and ends where words do."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self.values: dict[str, str] = {}
        lengths: dict[str, set[int]] = {}
        for alias, value in aliases.items():
            key = letters_of(alias if alias.isascii() else unicodedata.normalize("NFKC", alias))
            if len(key) < 2:
                continue
            self.values.setdefault(key, value)
            lengths.setdefault(key[:2], set()).add(len(key))
        self.lengths = {head: tuple(sorted(sizes, reverse=True)) for head, sizes in lengths.items()}
        self._keys = sorted(self.values)

    def beginning(self, stem: str) -> Iterator[tuple[str, str]]:
        """Yield the names (by their letters) that begin with a stem, with their values."""
        for key in islice(self._keys, bisect_left(self._keys, stem), None):
            if not key.startswith(stem):
                return
            yield key, self.values[key]

    def get(self, text: str) -> str | None:
        """Return the value of a whole text as a name, or None."""
        return self.values.get(letters_of(text))

    def scan(self, text: str) -> Iterator[Found]:
        """Yield the longest name at each place where one may start; matches never overlap."""
        bones = skeleton(text)
        letters, places = bones.letters, bones.places
        end = 0
        for index in bones.starts:
            found = self._at(text, letters, places, index) if index >= end else None
            if found is None:
                continue
            value, size = found
            last = places[index + size - 1] + 1
            if _PLURAL.match(text, last):  # two 4090s
                last += 1
            yield Found(places[index], last, value)
            end = index + size

    def _at(self, text: str, letters: str, places: tuple[int, ...], index: int) -> tuple[str, int] | None:
        for size in self.lengths.get(letters[index : index + 2], ()):
            key = letters[index : index + size]
            if len(key) == size and key in self.values and _ends(text, places, index + size):
                if key.isdigit() and not _stands_alone(text, places[index], places[index + size - 1] + 1):
                    continue
                if (
                    _kind(key[0]) == "katakana"
                    and size < _NO_ACCIDENT
                    and not any(map(str.isdigit, key))
                    and any("\u3041" <= text[p] <= "\u3096" for p in places[index : index + size])
                ):
                    continue  # hiragana that happens to spell a name
                if _ARTICLE.match(text[places[index] : places[index + size - 1] + 1]):
                    continue  # "a 2,000-line file", "M-1"
                return self.values[key], size
        return None


_PLURAL = re.compile(r"s(?![A-Za-z0-9])")
_ARTICLE = re.compile(r"a[ ,]\d|m-\d$|[a-z]?\d+,\d", re.I)


def _starts(text: str, place: int) -> bool:
    if place == 0:
        return True
    before = text[place - 1]
    if before.casefold() == "x" and (text[place].isdigit() or text[place - 2 : place - 1].isdigit()):
        return True  # 2x4090, 4xA100
    if _kind(before) == "digit" and _kind(text[place]) == "latin":
        return before != "." or not text[place - 2 : place - 1].isdigit()
    return _kind(before) != _kind(text[place]) or before in _SEPARATORS


def _ends(text: str, places: tuple[int, ...], index: int) -> bool:
    last = places[index - 1]
    if last + 1 >= len(text):
        return True
    after = text[last + 1]
    if after in _SEPARATORS or after in ".。":
        return not (after == "." and text[last].isdigit() and text[last + 2 : last + 3].isdigit())
    if after == "ー":
        return text[last + 2 : last + 3] in ("", " ") or _kind(text[last + 2]) != "katakana"
    if after.casefold() == "s" and not text[last + 2 : last + 3].isalnum():
        return True
    if after.isascii() and text[last].isdigit() and after.isalpha():
        return (
            not re.match(r"[A-Za-z]{1,2}(?![A-Za-z])", text[last + 1 :]) or after in "xX"
        )  # "3b", "70b", not "3のbase"
    return _kind(after) != _kind(text[last])


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a bare number is a name here: nothing around makes it an amount or a part of something longer."""
    before = text[start - 1] if start else " "
    if (before.isascii() and before.isalnum() and before not in "xX") or before in "$¥.#-":
        return False
    return not _BARE_NUMBER_NOT_NAME.match(text[end:])
