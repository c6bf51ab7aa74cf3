"""Words of one matter: what rules call vomiting, a parent says as "threw up", and both speak of a stomach bug.

The lexicon (index/embedder/lexicon) knows what means the same; this list knows what is spoken of together. Each line of
pairs/matters.tsv is a matter: its Japanese and its English words.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "pairs" / "matters.tsv"
_JOINTS = ("、", "の", "が", "を", "は", "に", "で", "と")
_ASKED, _TOLD = (1, 4), (4, 12)  # words of a question about a matter and of a passage about it
_BOTH_LANGUAGES = 0.15  # share of sides that mix the languages


@dataclass(frozen=True, slots=True)
class Matter:
    """The words of a matter in either language; `name` tells it from others."""

    name: str
    ja: tuple[str, ...]
    en: tuple[str, ...]


class Matters:
    """Pairs of texts about one matter without a word in common, drawn by a seed."""

    def __init__(self, listed: Sequence[Matter], seed: int) -> None:
        """Hold the list; it must have entries."""
        self._listed = listed
        self._chance = random.Random(seed)

    def pair(self) -> tuple[str, str, str]:
        """Return a short and a longer text of one matter, each in one language or both, and the matter's name."""
        one = self._chance.choice(self._listed)
        asked = self._side(one, _ASKED, ())
        told = self._side(one, _TOLD, asked)
        return _text(asked, self._chance), _text(told, self._chance), f"matter:{one.name}"

    def texts(self) -> list[str]:
        """Return one text for each matter: what the tokenizer's vocabulary is counted on."""
        return ["、".join(one.ja) + " " + ", ".join(one.en) for one in self._listed]

    def _side(self, one: Matter, count: tuple[int, int], said: Sequence[str]) -> list[str]:
        """Return some words of a matter that are not `said`; there must be some in either language."""
        chance = self._chance
        words = (*one.ja, *one.en) if chance.random() < _BOTH_LANGUAGES else chance.choice((one.ja, one.en))
        left = [word for word in words if word not in said]
        return chance.sample(left, min(chance.randint(*count), len(left)))


def matters(seed: int, file: Path = FILE) -> Matters:
    """Return the shipped list."""
    return Matters(read(file), seed)


def read(file: Path) -> list[Matter]:
    """Return the matters in the file's order: a name, Japanese words, English words, split by tabs and bars."""
    rows = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines() if line)
    return [Matter(name, tuple(ja.split("|")), tuple(en.split("|"))) for name, ja, en in rows]


def _text(words: Sequence[str], chance: random.Random) -> str:
    """Return the words as a text: Japanese ones joined as in a sentence, English ones by spaces."""
    return "".join(one + (" " if one.isascii() else chance.choice(_JOINTS)) for one in words).strip()
