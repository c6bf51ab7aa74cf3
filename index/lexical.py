"""The lexical half of the search: how much of what a question asks for a passage holds, in any known wording.

A question becomes wants: one for each expression that the synonyms know, with all its wordings in both languages, and
one for each other term. A want counts once, by its best wording, and weighs what it tells apart: the fewer passages
satisfy it, the more. So a passage in the other language can hold all of a question, and a word with twenty synonyms
weighs no more than one with none (the synonym operator of INQUERY: Turtle and Croft, "Evaluation of an inference
network-based retrieval model", 1991).
"""

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.synonyms import Synonyms
from index.terms import Bm25, terms

SAME_LANGUAGE = 0.7  # a synonym instead of the word itself
OTHER_LANGUAGE = 0.8  # its translation: lists of words tell these more sharply than synonyms
SATISFIED = 0.45  # of a wording: then a passage speaks of the want
LIGHT = 0.2  # of words that are in most questions, such as "use" and "方法"
KANA = 0.4  # of pairs of hiragana: mostly endings, now and then a word
_HIRAGANA = re.compile("[\u3041-\u309f]+")


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to say a want, as search terms; `weight` is 1 for the question's own."""

    terms: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Want:
    """Something that a question asks for, in all known wordings; `weight` is 1 unless it says little."""

    wordings: tuple[Wording, ...]
    weight: float = 1.0


def wants(query: str, synonyms: Synonyms) -> list[Want]:
    """Return what a question asks for."""
    found: list[Want] = []
    covered: set[str] = set()
    for expression in synonyms.find(query):
        own = _terms(expression.text)
        if not own:
            continue
        covered.update(own)
        wordings = {own: 1.0}
        for other in expression.others:
            same = other.isascii() == expression.text.isascii()
            wordings.setdefault(_terms(other), SAME_LANGUAGE if same else OTHER_LANGUAGE)
        said = tuple(Wording(terms_of, weight) for terms_of, weight in wordings.items() if terms_of)
        found.append(Want(said, LIGHT if expression.light else 1.0))
    rest = (Want((Wording((term,)),), _weight(term, synonyms)) for term in _terms(query) if term not in covered)
    return list(dict.fromkeys([*found, *rest]))


def _weight(term: str, synonyms: Synonyms) -> float:
    return LIGHT if term in synonyms.light else KANA if _HIRAGANA.fullmatch(term) else 1.0


def _terms(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms(text)))


def shares(scorer: Bm25, asked: list[Want]) -> NDArray[np.float32]:
    """Return how much of the wants each passage holds: about 1 where it says all once, more where it says it often."""
    total = np.zeros(scorer.size, dtype=np.float32)
    best, scratch = np.zeros_like(total), np.zeros_like(total)
    weight = 0.0
    for want in asked:
        touched = [_raise(best, scratch, scorer, wording) for wording in want.wordings]
        rows = np.concatenate([np.zeros(0, dtype=np.int32), *touched])  # one may come twice, which changes nothing
        satisfied = int(np.count_nonzero(best >= SATISFIED))
        idf = want.weight * math.log(1 + (scorer.size - satisfied + 0.5) / (satisfied + 0.5))
        total[rows] += idf * best[rows]
        weight += idf
        best[rows] = 0.0
    return np.asarray(total / max(weight, 1e-9), dtype=np.float32)


def _raise(
    best: NDArray[np.float32], scratch: NDArray[np.float32], scorer: Bm25, wording: Wording
) -> NDArray[np.int32]:
    """Raise `best` to what passages hold of a wording; return the passages it occurs in. `scratch` stays zero."""
    whole, touched = 0.0, []
    for term in wording.terms:
        rows, gains, idf = scorer.postings(term)
        whole += idf
        scratch[rows] += idf * gains
        touched.append(rows)
    rows = np.concatenate(touched)
    best[rows] = np.maximum(best[rows], wording.weight * scratch[rows] / max(whole, 1e-9))
    scratch[rows] = 0.0
    return rows
