"""What a step of training sees: batches of pairs as flat piece numbers, drawn in an order that a seed fixes."""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embedder import corpus
from index.embedder.corpus import Fact, Pair
from index.embedder.learning import Batches, Flat, flat
from index.embedder.lexicon.words import Lexicon
from index.embedder.matters import Matters

DROPOUT = 0.25  # share of pieces left out of a text while training: no single word may carry the meaning
LONGEST = 200  # pieces of a text that training looks at
LONGEST_WORDED = 60  # and of a text made of words
TOGETHER = 0.4  # share of lists of words that are drawn from one matter
MIXED = 0.25  # share of texts in which some terms are said in the other language
LONGEST_MIXED = 500  # characters; longer texts stay as they are, looking for terms in them costs minutes
Batch = tuple[Flat, Flat, NDArray[np.bool_]]
Worded = Callable[[], tuple[str, str, str]]  # two texts that belong together, and their group


class Paired:
    """Draws pairs by weight; every text is cut into pieces once, in two wordings."""

    def __init__(self, pairs: Sequence[Pair], tokenizer: Any, seed: int) -> None:
        """Cut the texts."""
        from knowledge.glossary import load_glossary

        chance = random.Random(seed)
        swaps, pattern = corpus.swap_table(load_glossary())
        texts = list(dict.fromkeys(text for one in pairs for text in (one.left, one.right)))
        numbers = {text: n for n, text in enumerate(texts)}
        mixed = [corpus.mixed(text, swaps, pattern, chance) if len(text) <= LONGEST_MIXED else text for text in texts]
        self._plain = [_pieces(one) for one in tokenizer.encode_batch(texts, add_special_tokens=False)]
        self._mixed = [_pieces(one) for one in tokenizer.encode_batch(mixed, add_special_tokens=False)]
        self._left = np.array([numbers[one.left] for one in pairs])
        self._right = np.array([numbers[one.right] for one in pairs])
        self._group = np.array([number_of(one.group) for one in pairs])
        weights = np.array([one.weight for one in pairs])
        self._odds = weights / weights.sum()
        self._draw = np.random.default_rng(seed)

    def next(self, size: int) -> Batch:
        """Return the two sides and a mask of pairs that may not serve as each other's negatives."""
        chosen = self._draw.choice(len(self._odds), size=size, replace=False, p=self._odds)
        same = _alike(self._group[chosen], self._left[chosen], self._right[chosen])
        return self._flat(self._left[chosen]), self._flat(self._right[chosen]), same

    def _flat(self, texts: NDArray[np.int64]) -> Flat:
        reworded = self._draw.random(len(texts)) < MIXED
        parts = [(self._mixed if mix else self._plain)[n] for n, mix in zip(texts, reworded, strict=True)]
        return flat([_thinned(part, self._draw) for part in parts])


class Told:
    """Draws documents whole: each of their facts with one of its questions, beside those that it is mistaken for."""

    def __init__(self, facts: Sequence[Fact], tokenizer: Any, seed: int) -> None:
        """Cut the texts; `facts` of one document follow each other."""

        def cut(texts: Sequence[str]) -> list[NDArray[np.int64]]:
            return [_pieces(one) for one in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

        self._facts = [(cut(one.questions), cut(one.passages)) for one in facts]
        starts = [n for n, one in enumerate(facts) if n == 0 or one.document != facts[n - 1].document]
        self._documents = [range(a, b) for a, b in zip(starts, [*starts[1:], len(facts)], strict=True)]
        self._draw = np.random.default_rng(seed)

    def next(self, size: int) -> Batch:
        """Return questions, passages and a mask without any mark: no two facts of a batch are the same."""
        chosen: list[int] = []
        for n in self._draw.permutation(len(self._documents)).tolist():
            chosen += self._documents[n]
            if len(chosen) >= size:
                break
        sides = [[_thinned(self._one(side), self._draw) for side in self._facts[n]] for n in chosen[:size]]
        empty = np.zeros((len(sides), len(sides)), dtype=np.bool_)
        return flat([question for question, _ in sides]), flat([passage for _, passage in sides]), empty

    def _one(self, texts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        return texts[int(self._draw.integers(len(texts)))]


class Words:
    """Pairs of lists of words: those that mean the same, and those that are spoken of together."""

    def __init__(self, lexicon: Lexicon, matters: Matters, seed: int) -> None:
        """Take both lists."""
        self._lexicon, self._matters = lexicon, matters
        self._chance = random.Random(seed)

    def texts(self) -> Iterator[str]:
        """Yield what the tokenizer's vocabulary is counted on."""
        yield from self._lexicon.texts()
        yield from self._matters.texts()

    def pair(self) -> tuple[str, str, str]:
        """Return two texts that belong together, and a group: two pairs of one group do not tell each other apart."""
        return (self._matters if self._chance.random() < TOGETHER else self._lexicon).pair()


class Drawn:
    """Pairs of texts made of words, new ones every time."""

    def __init__(self, pair: Worded, tokenizer: Any) -> None:
        """Take what makes them."""
        self._pair, self._tokenizer = pair, tokenizer

    def next(self, size: int) -> Batch:
        """Return the two sides and a mask of pairs that may not serve as each other's negatives."""
        drawn = [self._pair() for _ in range(size)]
        # Lists of words belong to no group: each gets a number of its own.
        groups = np.array([number_of(group) if group else -1 - n for n, (_, _, group) in enumerate(drawn)])
        left, right = [one for one, _, _ in drawn], [one for _, one, _ in drawn]
        return self._flat(left), self._flat(right), _alike(groups)

    def _flat(self, texts: list[str]) -> Flat:
        cut = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return flat([_pieces(one, LONGEST_WORDED) for one in cut])


class ByTurns:
    """Batches of each source by turns."""

    def __init__(self, *sources: Batches) -> None:
        """Take the sources in the order of their turns; one may have several."""
        self._sources = sources
        self._turn = 0

    def next(self, size: int) -> Batch:
        """Return the next source's batch."""
        source = self._sources[self._turn % len(self._sources)]
        self._turn += 1
        return source.next(size)


def number_of(text: str) -> int:
    """Return a number for a text that is the same in every process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


def _thinned(pieces: NDArray[np.int64], draw: np.random.Generator) -> NDArray[np.int64]:
    """Return a text's pieces without some."""
    some = pieces[draw.random(len(pieces)) >= DROPOUT]
    return some if len(some) else pieces


def _alike(*columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which pairs share a value in some column, leaving each pair itself out."""
    same = np.zeros((len(columns[0]), len(columns[0])), dtype=np.bool_)
    for column in columns:
        same |= column[:, None] == column
    np.fill_diagonal(same, False)
    return same


def _pieces(encoding: Any, longest: int = LONGEST) -> NDArray[np.int64]:
    return np.array(encoding.ids[:longest] or [0], dtype=np.int64)
