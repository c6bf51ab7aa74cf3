"""Ways to say the same in both languages: the glossary's terms and everyday words, and where a question uses one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index.terms import STOP, fold, stem
from index.words import concepts, light_words
from knowledge.schema import Term

_KANJI = re.compile("[\u4e00-\u9fff]")
_WORD = re.compile("[a-z0-9]+")
_SENSES = 6  # concepts of an ambiguous expression that are followed, in the lists' order
# The kana a verb's last one becomes when it is conjugated: 選ぶ is also 選ば, 選び, 選べ, 選ぼ and 選ん.
_CONJUGATED = {
    "う": "わいうえおっ", "く": "かきくけこい", "ぐ": "がぎぐげごい", "す": "さしすせそ", "つ": "たちつてとっ",
    "ぬ": "なにぬねのん", "ぶ": "ばびぶべぼん", "む": "まみむめもん", "る": "らりるれろっ", "い": "いくかけさ",
}  # fmt: skip
_BEFORE_RU = frozenset("えけせてねべめれげぜでいきしちにびみりぎじ")  # 借りる, 食べる: る falls off


@dataclass(frozen=True, slots=True)
class Found:
    """An expression in a question, the words it is a form of, and other ways to say them; `light`: it says little."""

    text: str
    base: tuple[str, ...]
    others: tuple[str, ...]
    light: bool


class Synonyms:
    """Groups of expressions that mean the same, found in a text by their inflected forms, the longest first."""

    def __init__(self, groups: Iterable[Iterable[str]], light: Iterable[str] = ()) -> None:
        """Fold the expressions; a group of one says nothing and is left out, as are lone letters and digits.

        `light`: words that say little, known in the same way.
        """
        self.light = frozenset(form for word in light for form in _all_forms(fold(word)))
        self.groups: list[tuple[str, ...]] = []
        self._japanese: dict[str, list[int]] = {}
        self._latin: dict[tuple[str, ...], list[int]] = {}
        for names in groups:
            group = tuple(one for one in dict.fromkeys(fold(name).strip() for name in names) if _usable(one))
            if len(group) > 1:
                self._add(group)
        self._longest = max(map(len, self._japanese), default=0)
        self._most_words = max(map(len, self._latin), default=0)

    def _add(self, group: tuple[str, ...]) -> None:
        number = len(self.groups)
        self.groups.append(group)
        for name in group:
            if name.isascii():
                words = tuple(map(stem, _WORD.findall(name)))
                if words:
                    _note(self._latin.setdefault(words, []), number)
            else:
                for form in _forms(name):
                    _note(self._japanese.setdefault(form, []), number)

    def find(self, query: str) -> list[Found]:
        """Return the known expressions of a question that do not overlap, Japanese ones first, in order."""
        text = fold(query)
        return [*self._find_japanese(text), *self._find_latin(text)] if self.groups else []

    def _find_japanese(self, text: str) -> Iterable[Found]:
        n = 0
        while n < len(text):
            for length in range(min(self._longest, len(text) - n), 0, -1):
                part = text[n : n + length]
                if part in self._japanese and (length > 1 or _stands_alone(text, n)):
                    yield self._found(part, self._japanese[part])
                    n += length
                    break
            else:
                n += 1

    def _find_latin(self, text: str) -> Iterable[Found]:
        words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
        stems = [stem(text[start:end]) for start, end in words]
        n = 0
        while n < len(words):
            for count in range(min(self._most_words, len(words) - n), 0, -1):
                key = tuple(stems[n : n + count])
                start, end = words[n][0], words[n + count - 1][1]
                if key in self._latin and not (count == 1 and text[start:end] in STOP):
                    yield self._found(text[start:end], self._latin[key])
                    n += count
                    break
            else:
                n += 1

    def _found(self, said: str, numbers: list[int]) -> Found:
        names = dict.fromkeys(name for number in numbers[:_SENSES] for name in self.groups[number] if name != said)
        base = () if said.isascii() else tuple(name for name in names if said in _forms(name))
        light = said in self.light or (said.isascii() and stem(said) in self.light)
        return Found(said, base, tuple(name for name in names if name not in base), light)


def synonyms(glossary: Iterable[Term]) -> Synonyms:
    """Return the ways to say the glossary's terms and everyday concepts."""
    groups = [(one.ja, one.en, *one.aliases) for one in glossary]
    return Synonyms([*groups, *((*one.ja, *one.en) for one in concepts())], light_words())


def _note(numbers: list[int], number: int) -> None:
    if number not in numbers:
        numbers.append(number)


def _usable(name: str) -> bool:
    return (len(name) > 1 and not name.isdigit()) or bool(_KANJI.fullmatch(name))


def _forms(name: str) -> set[str]:
    """Return an expression with the forms that inflection gives it, when it ends like a verb or adjective."""
    found = {name}
    if len(name) > 1 and name[-1] in _CONJUGATED and _KANJI.search(name):
        found |= {name[:-1] + kana for kana in _CONJUGATED[name[-1]]}
        if name[-1] == "る" and name[-2] in _BEFORE_RU:
            found.add(name[:-1])
    return found


def _all_forms(word: str) -> set[str]:
    return {word, stem(word)} if word.isascii() else _forms(word)


def _stands_alone(text: str, n: int) -> bool:
    """Tell whether a kanji has none beside it: 車 in 車を停める, not in 車検."""
    beside = text[max(0, n - 1) : n] + text[n + 1 : n + 2]
    return bool(_KANJI.match(text[n])) and not _KANJI.search(beside)
