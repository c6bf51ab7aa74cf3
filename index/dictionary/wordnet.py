"""Read WordNet 3.1's own files (wndb(5WN), senseidx(5WN)): its meanings, and how usual each word is in them."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FILES = {"n": "data.noun", "v": "data.verb", "a": "data.adj", "r": "data.adv"}
_PARTS = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}  # of speech, by the number that a sense key holds
_UNUSED = 99  # place of a sense that the index does not hold
SENSES = 2  # of a word that are followed, the most usual ones
SYNONYMS = 5  # of a word
LONGEST = 3  # words in one
_OFTEN = 100  # uses beyond which a sense is no more usual


@dataclass(frozen=True, slots=True)
class Synset:
    """A meaning: the words for it, its definition with examples, and what it points to (the sort, and the synset)."""

    names: tuple[str, ...]
    gloss: str
    pointers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sense:
    """A word in one meaning: its place among the word's meanings, 1 the most usual, and its uses in tagged texts."""

    lemma: str
    synset: str
    place: int
    uses: int


def senses(folder: Path) -> list[Sense]:
    """Return the senses of the folder's index.sense, in its order."""
    found = []
    for line in (folder / "index.sense").read_text(encoding="utf-8").splitlines():
        key, offset, place, count = line.split()
        lemma, _, rest = key.partition("%")
        found.append(Sense(lemma.replace("_", " "), _PARTS[rest[0]] + offset, int(place), int(count)))
    return found


def synsets(folder: Path) -> dict[str, Synset]:
    """Return the meanings of the folder's data files by part of speech and offset, in their order."""
    return dict(one for part, file in _FILES.items() for one in _synsets(part, folder / file))


def _synsets(part: str, file: Path) -> Iterator[tuple[str, Synset]]:
    """Yield the lines of a data file. Satellites ("s") are adjectives."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            continue
        head, _, gloss = line.partition("|")
        cells = head.split()
        count = int(cells[3], 16)
        names = tuple(re.sub(r"\(.*?\)", "", cells[4 + 2 * n]).replace("_", " ") for n in range(count))
        first = 5 + 2 * count
        pointers = tuple(
            (cells[n], cells[n + 2].replace("s", "a") + cells[n + 1])
            for n in range(first, first + 4 * int(cells[first - 1]), 4)
        )
        yield part + cells[0], Synset(names, gloss, pointers)


def synonyms(folder: Path) -> dict[str, list[str]]:
    """Return the other words for each word's usual meanings, the most usual meaning's first, ties by letters.

    Meanings count that tagged texts hold; of their words those for which it is a usual meaning too, or in those texts.
    """
    meanings = synsets(folder)
    held = {(one.lemma, one.synset): one for one in senses(folder)}
    found: dict[str, set[tuple[float, str]]] = defaultdict(set)
    for one in held.values():
        if one.place > SENSES or not one.uses:
            continue
        for other in meanings[one.synset].names:
            there = held.get((other, one.synset), Sense(other, one.synset, _UNUSED, 0))
            usual = there.place <= SENSES + 1 or there.uses > 1
            if usual and other.islower() and other != one.lemma and len(other.split()) <= LONGEST:
                found[one.lemma].add((one.place - min(one.uses, _OFTEN) / (_OFTEN + 1), other))
    return {
        lemma: list(dict.fromkeys(other for _, other in sorted(others)))[:SYNONYMS] for lemma, others in found.items()
    }
