"""Read the lexicon that lies in this folder, and draw pairs of texts that mean the same from it.

A question and the passage that answers it seldom share all words: someone asks about a lorry, the rules speak of
trucks. The pairs drawn here teach which words belong together, in general and across the two languages; they know
nothing of questions, which the pairs of index/embedder/corpus.py teach.
"""

import lzma
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

HERE = Path(__file__).parent
MEANINGS, WORDS = HERE / "wordnet.tsv.xz", HERE / "jmdict.tsv.xz"
_PARTICLES = ("を", "の", "は", "に", "、", "が", "で")
# Shares of the kinds of pairs: halves of a meaning, a word and its glosses, a word and a gloss's meaning; the rest
# are lists of words. Chosen on the development documents of tests/data/own.
_HALVES, _GLOSSES, _MEANING = 0.40, 0.75, 0.85


@dataclass(frozen=True, slots=True)
class Meaning:
    """A synset of WordNet: its words, those of its definition and examples, and those of its neighbours."""

    weight: float
    names: tuple[str, ...]
    told: tuple[str, ...]
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A Japanese word in its spellings, with its English glosses; `weight`: the more usual, the higher."""

    weight: float
    names: tuple[str, ...]
    glosses: tuple[str, ...]


def meanings(file: Path = MEANINGS) -> list[Meaning]:
    """Return the synsets in the file's order."""
    return [Meaning(float(row[0]), *map(_listed, row[1:])) for row in _rows(file)]


def words(file: Path = WORDS) -> list[Word]:
    """Return the Japanese words in the file's order."""
    return [Word(float(row[0]), *map(_listed, row[1:])) for row in _rows(file)]


def _rows(file: Path) -> Iterator[list[str]]:
    for line in lzma.decompress(file.read_bytes()).decode().splitlines():
        yield line.split("\t")


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


class Lexicon:
    """Pairs of texts that mean the same, drawn by a seed: the same order of calls gives the same pairs."""

    def __init__(self, meanings: Sequence[Meaning], words: Sequence[Word], seed: int) -> None:
        """Hold the lists; both must have entries."""
        self._meanings, self._words = meanings, words
        self._chance = random.Random(seed)
        self._odds = list(accumulate(one.weight for one in meanings)), list(accumulate(one.weight for one in words))
        self._by_name: dict[str, Meaning] = {}
        for one in meanings:
            for name in one.names:
                if name not in self._by_name or one.weight > self._by_name[name].weight:
                    self._by_name[name] = one

    def texts(self) -> Iterator[str]:
        """Yield one text for each entry: what the tokenizer's vocabulary is counted on."""
        for one in self._meanings:
            yield " ".join((*one.names, *one.told, *one.near))
        for word in self._words:
            yield "、".join(word.names) + " " + ", ".join(word.glosses)

    def pair(self) -> tuple[str, str, str]:
        """Return two texts that mean the same, and a group: two pairs of one group do not tell each other apart."""
        kind = self._chance.random()
        if kind < _HALVES:
            one = self._chance.choices(self._meanings, cum_weights=self._odds[0])[0]
            return *self._halves(one), "|".join(one.names)
        if kind < _MEANING:
            (word,) = self._some_words(1)
            meant = None if kind < _GLOSSES else self._meant(word)
            return self._said(word), self._glossed(word) if meant is None else self._described(meant), word.names[0]
        return *self._lists(), ""

    def _halves(self, one: Meaning) -> tuple[str, str]:
        """Return a name or words of the definition, and other words of it: never a word on both sides."""
        chance = self._chance
        right = self._some(one.told, chance.randint(3, 12))
        rest = [word for word in one.told if word not in right]
        name = chance.choice(one.names)
        left = [name]
        if rest and chance.random() < 0.5:
            left = self._some(rest, 4) + ([name] if chance.random() < 0.6 else [])
        if one.near and chance.random() < 0.5:
            (left if chance.random() < 0.5 else right).append(chance.choice(one.near))
        others = [other for other in one.names if other not in left]
        if others and chance.random() < 0.6:
            right.append(chance.choice(others))
        return " ".join(left), " ".join(right) or name

    def _said(self, word: Word) -> str:
        return "、".join(self._some(word.names, self._chance.randint(1, 2)))

    def _glossed(self, word: Word) -> str:
        return ", ".join(self._some(word.glosses, self._chance.randint(1, 3)))

    def _meant(self, word: Word) -> Meaning | None:
        """Return the most usual meaning of the word's glosses, None when none is known."""
        known = [self._by_name[gloss] for gloss in word.glosses if gloss in self._by_name]
        return max(known, key=lambda one: one.weight, default=None)

    def _described(self, one: Meaning) -> str:
        return " ".join((*one.names, *self._some(one.told, 6)))

    def _lists(self) -> tuple[str, str]:
        """Return some words in Japanese, and a list in either language that holds them among others."""
        chance = self._chance
        asked = self._some_words(chance.randint(2, 4))
        told = [*asked, *self._some_words(chance.randint(2, 8))]
        chance.shuffle(told)
        left = self._in_japanese(asked)
        if chance.random() < 0.3:
            return left, self._in_japanese(told)
        return left, " ".join(chance.choice(word.glosses) for word in told)

    def _in_japanese(self, told: Sequence[Word]) -> str:
        return "".join(self._chance.choice(word.names) + self._chance.choice(_PARTICLES) for word in told)

    def _some_words(self, count: int) -> list[Word]:
        return self._chance.choices(self._words, cum_weights=self._odds[1], k=count)

    def _some(self, of: Sequence[str], count: int) -> list[str]:
        return self._chance.sample(of, min(len(of), count))


def lexicon(seed: int) -> Lexicon:
    """Return the shipped lexicon."""
    return Lexicon(meanings(), words(), seed)
