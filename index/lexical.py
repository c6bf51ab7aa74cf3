"""The lexical half of the search: how much of what a question asks for a passage holds, in any known wording.

A question becomes wants: one for each expression that the synonyms know, with all its wordings in both languages, and
one for each other term. A want counts once, by its best wording, and weighs what it tells apart: the fewer passages
satisfy it, the more. So a passage in the other language can hold all of a question, and a word with twenty synonyms
weighs no more than one with none (the synonym operator of INQUERY: Turtle and Croft, "Evaluation of an inference
network-based retrieval model", 1991).
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.bags import Bags
from index.bm25 import Bm25
from index.dates import apart
from index.kana import content
from index.synonyms import Found, Synonyms, without
from index.terms import bag, fold, searched, terms, words

SAME_LANGUAGE = 0.7  # a synonym instead of the word itself
OTHER_LANGUAGE = 0.8  # its translation: lists of words tell these more sharply than synonyms
BESIDE = 0.8  # of these, what the dictionary says beside the lists written by hand
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
    named, query = apart(searched(query))
    dated = [Want((Wording((day,)),)) for day in named]
    expressions = synonyms.find(query)
    found = [Want(ways, _weight(one)) for one in expressions if (ways := tuple(_wordings(one)))]
    left = without(fold(query), expressions)
    words = [Want((Wording(_terms(run)),), KANA) for run in content(left) if _terms(run)]
    return list(dict.fromkeys([*dated, *found, *words, *_rest(left, synonyms)]))


def _wordings(expression: Found) -> Iterator[Wording]:
    """Yield the ways to say an expression, each once, at its highest weight."""
    weights = {_terms(one): 1.0 for one in expression.base or (expression.text,)}
    listed = BESIDE if expression.others else 1.0
    for others, trusted in ((expression.others, 1.0), (expression.listed, listed)):
        for other in filter(_whole, others):
            same = other.isascii() == expression.text.isascii()
            weights.setdefault(_terms(other), trusted * (SAME_LANGUAGE if same else OTHER_LANGUAGE))
    return (Wording(terms_of, weight) for terms_of, weight in weights.items() if terms_of)


def _weight(expression: Found) -> float:
    if expression.light:
        return LIGHT
    return KANA if not expression.others and _HIRAGANA.fullmatch(expression.text) else 1.0


def _rest(text: str, synonyms: Synonyms) -> Iterator[Want]:
    """Yield what no expression covers: each pair of kanji with both, each other word with its parts."""
    for run in words(text):
        if _HIRAGANA.fullmatch(run[0]):
            continue
        pairs = [term for term in run if _PAIR.fullmatch(term)]
        wanted = [(pair, *pair) for pair in pairs] or [run]
        for terms_of in wanted:
            yield Want((Wording(terms_of),), LIGHT if terms_of[0] in synonyms.light else 1.0)


def _whole(expression: str) -> bool:
    """Tell whether an expression is more than one word of itself: "how long" as a search term would be any "long"."""
    return " " not in expression or len(_terms(expression)) > 1


def _terms(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(terms(text)))


@dataclass(frozen=True, slots=True)
class Said:
    """What passages hold of a question.

    `share`: about 1 where a passage says all once, more where it says it often; `covered`: the same without counting
    how often; `absent`: the part of the words with a meaning, by weight from 0 to 1, that no passage says in any
    wording.
    """

    share: NDArray[np.float32]
    covered: NDArray[np.float32]
    absent: float


def said(scorer: Bm25, asked: list[Want], allowed: NDArray[np.bool_] | None = None) -> Said:
    """Return what each passage holds of the wants, and what none of the `allowed` ones does."""
    total, once = np.zeros(scorer.size, dtype=np.float32), np.zeros(scorer.size, dtype=np.float32)
    weight = meant = absent = 0.0
    for want in asked:
        best = held(scorer, want)
        spoken = best >= SATISFIED
        satisfied = int(np.count_nonzero(spoken))
        worth = _worth(want, satisfied, scorer.size)
        total += worth * best
        once += worth * np.minimum(best, 1.0)
        weight += worth
        if want.weight > LIGHT:
            meant += worth
            absent += 0.0 if (satisfied if allowed is None else (spoken & allowed).any()) else worth
    weight = max(weight, 1e-9)
    return Said(total / weight, once / weight, absent / max(meant, 1e-9))


def shares(query: str, texts: Sequence[str], synonyms: Synonyms) -> list[float]:
    """Return how much of a question each of some texts holds, 1 for all of it.

    What all of them hold counts little, and what none does as much as what one does: it tells nothing of them.
    """
    scorer = Bm25.of(Bags.of([bag(text, "", "") for text in texts]))
    total, weight = np.zeros(scorer.size, dtype=np.float32), 0.0
    for want in wants(query, synonyms):
        best = np.minimum(held(scorer, want), 1.0)
        worth = _worth(want, max(int(np.count_nonzero(best >= SATISFIED)), 1), scorer.size)
        total += best * worth
        weight += worth
    return [float(one) for one in total / max(weight, 1e-9)]


def _worth(want: Want, spoken: int, size: int) -> float:
    """Return what a want tells that `spoken` of `size` passages satisfy: its weight times the idf."""
    return want.weight * math.log(1 + (size - spoken + 0.5) / (spoken + 0.5))


def held(scorer: Bm25, want: Want) -> NDArray[np.float32]:
    """Return how much each passage holds of a want, by its best wording: about 1 where it says it once."""
    best, scratch = (np.zeros(scorer.size, dtype=np.float32) for _ in range(2))
    # A frequent wording is weak evidence of what a rare one asks for: "allow" beside 承認. The root was chosen on the
    # development documents.
    sharp = [sharpness(scorer, one) for one in want.wordings]
    for wording, one in zip(want.wordings, sharp, strict=True):
        weight = wording.weight * math.sqrt(one / max(*sharp, 1e-9))
        _raise(best, scratch, scorer, Wording(wording.terms, weight))
    return best


def sharpness(scorer: Bm25, wording: Wording) -> float:
    """Return the idf of a wording's rarest term that any passage holds, 0 when none holds one."""
    return max(map(scorer.idf, wording.terms), default=0.0)


def _raise(best: NDArray[np.float32], scratch: NDArray[np.float32], scorer: Bm25, wording: Wording) -> None:
    """Raise `best` to what passages hold of a wording. Whole arrays are quicker than the rows of frequent terms."""
    found = [scorer.postings(term) for term in wording.terms]
    if len(found) == 1:
        rows, gains, _ = found[0]
        best[rows] = np.maximum(best[rows], np.float32(wording.weight) * gains)
        return
    whole = sum(idf for _, _, idf in found)
    scratch.fill(0.0)
    for rows, gains, idf in found:
        if len(rows):
            scratch[rows] += np.float32(wording.weight * idf / max(whole, 1e-9)) * gains
    np.maximum(best, scratch, out=best)
