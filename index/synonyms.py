"""Ways to say the same in both languages: the glossary's terms and everyday words, and where a question uses one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from index.dictionary.links import Dictionary, dictionary
from index.inflection import forms, stands_alone, usable
from index.kana import chance_parts, is_ending, is_part, says_little
from index.stems import stem
from index.terms import STOP, fold
from index.words import concepts, light_words
from knowledge.schema import Term

_WORD = re.compile("[a-z0-9]+")
_SENSES = 6  # concepts of an ambiguous expression that are followed, in the lists' order


@dataclass(frozen=True, slots=True)
class Found:
    """An expression in a question: where, as said, the words it is a form of, and other ways to say them.

    `others` are the lists' own, `listed` the dictionary's; `light`: it says little.
    """

    start: int
    text: str
    base: tuple[str, ...]
    others: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    light: bool = False


class Synonyms:
    """Groups of expressions that mean the same, found in a text by their inflected forms, the longest first."""

    def __init__(
        self, groups: Iterable[Iterable[str]], light: Iterable[str] = (), dictionary: Dictionary | None = None
    ) -> None:
        """Fold the expressions; a group of one says nothing and is left out, as are lone letters and digits.

        Arguments that need a word:
            light: words that say little, known in the same way.
            dictionary: more words for what the groups say, and for what they do not know.
        """
        self._dictionary = dictionary or Dictionary()
        self.light = frozenset(form for word in light for form in _all_forms(fold(word)))
        self.groups: list[tuple[str, ...]] = []
        self._japanese: dict[str, list[int]] = {}
        self._latin: dict[tuple[str, ...], list[int]] = {}
        for names in groups:
            group = tuple(one for one in dict.fromkeys(fold(name).strip() for name in names) if usable(one))
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
                for form in forms(name):
                    _note(self._japanese.setdefault(form, []), number)

    def find(self, query: str) -> list[Found]:
        """Return the known expressions of a question that do not overlap: those of the groups, then the dictionary's.

        Each in order, Japanese ones first. A word of the dictionary that holds a group's expression and more, such as
        会社員 beside 会社, is the better reading.
        """
        text = fold(query)
        known = [
            one
            for one in (*self._find_japanese(text), *self._find_latin(text))
            if not is_part(text, one.start, one.start + len(one.text))
        ]
        wider = self._words(text)
        held: dict[int, list[Found]] = {}
        for word in wider:
            for place in range(word.start, word.start + len(word.text)):
                held.setdefault(place, []).append(word)
        kept = [one for one in known if not any(_holds(word, one) for word in held.get(one.start, ()))]
        return [*kept, *self._words(without(text, kept))]

    def _words(self, text: str) -> list[Found]:
        """Return the dictionary's words in a text that say something."""
        known = self._dictionary.find(text)
        by_chance = chance_parts(text, ((one.start, one.start + len(one.text)) for one in known))
        found = [
            Found(one.start, one.text, one.base, listed=one.others)
            for one in known
            if one.start not in by_chance
            and not any(kind(text, one.start, one.start + len(one.text)) for kind in (is_part, is_ending))
        ]
        return [one for one in found if not (says_little(one.text) or self._is_light(one.text))]

    def _find_japanese(self, text: str) -> Iterable[Found]:
        n = 0
        while n < len(text):
            for length in range(min(self._longest, len(text) - n), 0, -1):
                part = text[n : n + length]
                if part in self._japanese and (length > 1 or stands_alone(text, n)):
                    yield self._found(n, part, self._japanese[part])
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
                    yield self._found(start, text[start:end], self._latin[key])
                    n += count
                    break
            else:
                n += 1

    def _found(self, start: int, said: str, numbers: list[int]) -> Found:
        names = dict.fromkeys(name for number in numbers[:_SENSES] for name in self.groups[number] if name != said)
        base = () if said.isascii() else tuple(name for name in names if said in forms(name))
        others = tuple(name for name in names if name not in base)
        light = self._is_light(said)
        listed = () if light else (other for name in base or (said,) for other in self._dictionary.others(name))
        return Found(start, said, base, others, tuple(dict.fromkeys(listed)), light)

    def _is_light(self, said: str) -> bool:
        return said in self.light or (said.isascii() and stem(said) in self.light)


def synonyms(glossary: Iterable[Term]) -> Synonyms:
    """Return the ways to say the glossary's terms and everyday concepts, and the dictionary's words."""
    groups = [(one.ja, one.en, *one.aliases) for one in glossary]
    return Synonyms([*groups, *((*one.ja, *one.en) for one in concepts())], light_words(), dictionary())


def without(text: str, found: Iterable[Found]) -> str:
    """Return a folded text with blanks in place of expressions found in it."""
    left = list(text)
    for one in found:
        left[one.start : one.start + len(one.text)] = " " * len(one.text)
    return "".join(left)


def _holds(word: Found, one: Found) -> bool:
    """Tell whether an expression is a part of a longer one at the same place."""
    within = word.start <= one.start and one.start + len(one.text) <= word.start + len(word.text)
    return within and len(word.text) > len(one.text)


def _note(numbers: list[int], number: int) -> None:
    if number not in numbers:
        numbers.append(number)


def _all_forms(word: str) -> set[str]:
    return {word, stem(word)} if word.isascii() else forms(word)
