"""How surely a passage states what a question asks for, beside having to do with it (relevance: index/search.py).

A question that a document does not answer, on the document's own subject, has to do with it all the same. Five things
tell it apart: how far the passage stands out from the others found, how much of the question it holds (no share of it:
a question of one word is weak evidence), whether the question speaks of things that its document does not, whether
the passage holds an amount, a time or a place where one is asked for, and relevance itself, since in a short file some
passage stands out for any question.
"""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from index.bm25 import Bm25
from index.kinds import lacks_kind
from index.lexical import LIGHT, SATISFIED, Want, held, sharpness, wants
from index.snapshot import Snapshot
from index.synonyms import Synonyms
from index.types import Hit

# Support = logistic(OFFSET + the sum of the evidence, each weighed as named), fitted on the questions to four folders
# of documents, to each document by itself, and those questions again without the passages that answer them:
# tests/benchmarks/support.py tells how, and how well. That of the kind was kept at what smaller folders gave: with it
# questions near the subject are told apart as well, and no passage without an amount is said to tell one.
OFFSET, BY_LEAD, BY_HELD, BY_UNKNOWN, BY_KIND, BY_ODDS = -2.2, 10.6, 0.47, -0.21, -2.5, 0.52
MOST_ODDS = 1.0  # of relevance: above 0.73 more tells no more, as questions near the subject reach it too
MOST_LEAD = 0.25  # more tells no more: among few passages one stands out by a word
USUAL_LEAD = 0.11  # of the first passage's score over the others'; stands in where there is no other
_HIRAGANA = re.compile("[\u3041-\u309f]$")


class Evidence(NamedTuple):
    """What support is made of."""

    lead: float  # of the passage's score over that of the next best
    held: float  # words of the question that the passage holds, by rarity
    unknown: float  # things that the question speaks of and no passage of this document does, by rarity
    lacks_kind: bool  # an amount, a time or a place is asked for, and the passage holds none
    odds: float  # of the passage's relevance, logarithm to e


class Support(NamedTuple):
    """How surely a passage states what a question asks for, 0 to 1; and how surely it speaks of it at all.

    The latter is the same without minding the kind of answer.
    """

    states: float = 0.0
    speaks: float = 0.0


def support(snapshot: Snapshot, query: str, synonyms: Synonyms, hits: Sequence[Hit]) -> Support:
    """Return the support of the first of a question's hits; none without hits.

    `hits` come from one origin, best first, with the search's own scores; a handful tells how far the first stands out.
    A passage that is no longer in the snapshot has no support.
    """
    found = evidence(snapshot, query, synonyms, hits) if hits else None
    if found is None:
        return Support()
    return Support(logistic(found), logistic(found._replace(lacks_kind=False)))


def evidence(snapshot: Snapshot, query: str, synonyms: Synonyms, hits: Sequence[Hit]) -> Evidence | None:
    """Return what support is made of; None when the passage is no longer in the snapshot.

    Words count by how rare they are: one that no passage holds counts 1.
    """
    scorer, passage = snapshot.stock.bm25, hits[0].passage
    known = (passage.id, passage.origin)
    row = next((n for n, one in enumerate(snapshot.records) if (one.id, one.origin) == known), None)
    if row is None:
        return None
    document = _document(snapshot, row)
    said = unknown = 0.0
    for want in wants(query, synonyms):
        if want.weight <= LIGHT:
            continue
        by_passage = held(scorer, want)
        said += _rarity(scorer, want) * min(float(by_passage[row]), 1.0)
        spoken = by_passage >= SATISFIED
        if _is_thing(want) and not spoken[document].any():
            unknown += _idf(int(spoken.sum()), scorer.size)
    others = [one.score for one in hits[1:]]
    lead = min(hits[0].score - max(others), MOST_LEAD) if others else USUAL_LEAD
    (lacks,) = lacks_kind(query, [f"{passage.heading}\n{passage.text}"])
    return Evidence(lead, said, unknown, lacks, _odds(hits[0].relevance))


def _odds(relevance: float) -> float:
    """Return the logarithm of the odds of a relevance, MOST_ODDS at most."""
    inside = min(max(relevance, 0.001), 0.999)
    return min(math.log(inside / (1.0 - inside)), MOST_ODDS)


def _document(snapshot: Snapshot, row: int) -> slice:
    """Return where the passages of a passage's document are: a snapshot holds each document's one after the other."""
    records, first, last = snapshot.records, row, row
    while first > 0 and records[first - 1].key == records[row].key:
        first -= 1
    while last + 1 < len(records) and records[last + 1].key == records[row].key:
        last += 1
    return slice(first, last + 1)


def logistic(found: Evidence) -> float:
    """Return the support that evidence amounts to."""
    weights = (BY_LEAD, BY_HELD, BY_UNKNOWN, BY_KIND, BY_ODDS)
    weighed = sum(weight * one for weight, one in zip(weights, found, strict=True))
    return 1 / (1 + math.exp(-(OFFSET + weighed)))


def _rarity(scorer: Bm25, want: Want) -> float:
    """Return the idf of a want's rarest wording over that of a word that no passage holds; 1 when none holds any."""
    sharpest = max(sharpness(scorer, one) for one in want.wordings)
    return sharpest / math.log(1 + (scorer.size + 0.5) / 0.5) or 1.0


def _idf(count: int, size: int) -> float:
    """Return the idf of a word that `count` of `size` passages hold, over that of one that none holds."""
    return math.log(1 + (size - count + 0.5) / (count + 0.5)) / math.log(1 + (size + 0.5) / 0.5)


def _is_thing(want: Want) -> bool:
    """Tell whether a want is no inflected word: those are said in other words too often to be missed in a text."""
    return not any(_HIRAGANA.search(term) for term in want.wordings[0].terms)
