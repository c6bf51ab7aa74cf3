"""The lexical half of the search: how much of what a question asks for a passage holds, in any known wording.

A question becomes wants: one for each expression that the synonyms know, with all its wordings in both languages, and
one for each other term. A want counts once, by its best wording, and weighs what it tells apart: the fewer passages
satisfy it, the more. So a passage in the other language can hold all of a question, and a word with twenty synonyms
weighs no more than one with none (the synonym operator of INQUERY: Turtle and Croft, "Evaluation of an inference
network-based retrieval model", 1991).
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.kana import content
from index.synonyms import Synonyms
from index.terms import Bm25, fold, terms

SAME_LANGUAGE = 0.7  # a synonym instead of the word itself
OTHER_LANGUAGE = 0.8  # its translation: lists of words tell these more sharply than synonyms
SATISFIED = 0.6  # of a wording: then a passage speaks of the want
LIGHT = 0.2  # of words that are in most questions, such as "use" and "方法"
KANA = 0.6  # of a run of hiragana that is no known expression: a word, or an ending that is not on the list
_HIRAGANA = re.compile("[\u3041-\u309f]+")
_PAIR = re.compile("[\u4e00-\u9fff\u3400-\u4dbf\u3005]{2}")


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
    unknown = fold(query)
    for expression in synonyms.find(query):
        own = _terms(expression.text)
        unknown = unknown.replace(expression.text, " ", 1)
        covered.update(own)
        wordings = {_terms(one): 1.0 for one in expression.base or (expression.text,)}
        for other in expression.others:
            same = other.isascii() == expression.text.isascii()
            wordings.setdefault(_terms(other), SAME_LANGUAGE if same else OTHER_LANGUAGE)
        ways = tuple(Wording(terms_of, weight) for terms_of, weight in wordings.items() if terms_of)
        if ways:
            found.append(Want(ways, LIGHT if expression.light else 1.0))
    words = (Want((Wording(_terms(run)),), KANA) for run in content(unknown) if _terms(run))
    return list(dict.fromkeys([*found, *words, *_rest(query, covered, synonyms)]))


def _rest(query: str, covered: set[str], synonyms: Synonyms) -> Iterator[Want]:
    """Yield the terms that no expression covers; a kanji in a pair goes with the pair."""
    left = [term for term in _terms(query) if term not in covered and not _HIRAGANA.fullmatch(term)]
    paired = {kanji for term in _terms(query) if _PAIR.fullmatch(term) for kanji in term}
    for term in left:
        if term not in paired:
            terms_of = (term, *term) if _PAIR.fullmatch(term) else (term,)
            yield Want((Wording(terms_of),), LIGHT if term in synonyms.light else 1.0)


def _terms(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms(text)))


@dataclass(frozen=True, slots=True)
class Said:
    """What passages hold of a question.

    `share`: about 1 where a passage says all once, more where it says it often; `absent`: the part of the words with
    a meaning, by weight from 0 to 1, that no passage says in any wording.
    """

    share: NDArray[np.float32]
    absent: float


def said(scorer: Bm25, asked: list[Want], allowed: NDArray[np.bool_] | None = None) -> Said:
    """Return what each passage holds of the wants, and what none of the `allowed` ones does."""
    total = np.zeros(scorer.size, dtype=np.float32)
    best, scratch = np.zeros_like(total), np.zeros_like(total)
    weight = meant = absent = 0.0
    for want in asked:
        touched = [_raise(best, scratch, scorer, wording) for wording in want.wordings]
        rows = np.concatenate([np.zeros(0, dtype=np.int32), *touched])  # one may come twice, which changes nothing
        spoken = np.flatnonzero(best >= SATISFIED)
        satisfied = len(spoken)
        idf = want.weight * math.log(1 + (scorer.size - satisfied + 0.5) / (satisfied + 0.5))
        total[rows] += idf * best[rows]
        weight += idf
        if want.weight > LIGHT:
            meant += idf
            absent += 0.0 if (satisfied if allowed is None else allowed[spoken].any()) else idf
        best[rows] = 0.0
    return Said(total / max(weight, 1e-9), absent / max(meant, 1e-9))


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
