"""Find the passages for a question: a lexical and a dense score, both exact over what is in memory, added up.

The lexical score is the share of the question's information that a passage holds (BM25 over its ideal), the dense one
how far a passage's similarity stands out from the mean of all, in standard deviations: so neither leg's scale matters
and any embedding model can be put in. On the golden sets this finds more than fusing ranks does, because a leg that
found nothing good adds little instead of a full vote (mean recall@5 over six settings .88, reciprocal ranks .86,
lexical alone .64, dense alone .84).

A score of zero is no hit, and when nothing stands out the answer is an empty list: "nothing relevant" is better than
the least bad passage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.chunks import language as language_of
from index.snapshot import Snapshot
from index.terms import Glossary, query_terms, terms
from index.types import Hit

SourceFilter = Literal["all", "shipped", "user"]
_LEAST_SPREAD = 0.01  # of similarities: below it they are all the same and tell nothing
_LEAST_ROOM = 0.05  # between the mean similarity and 1, for models whose similarities are all high


@dataclass(frozen=True, slots=True)
class Dials:
    """How the two legs are put together; chosen on tests/data/golden_search.jsonl.

    `lexical_weight` stands beside 1 / `dense_scale` per standard deviation; `own_language` favours the
    reader's language.
    A catalog card counts `unnamed_card` when the question names no part of its model's name. A passage is relevant with
    `least` of evidence: how far it goes from the mean similarity to a perfect one, plus half its lexical share; without
    a dense leg with a share of `least_lexical`.
    """

    lexical_weight: float = 1.2
    dense_scale: float = 6.0
    own_language: float = 1.08
    unnamed_card: float = 0.4
    least: float = 0.15
    least_lexical: float = 0.2


DIALS = Dials()


def search(
    snapshot: Snapshot,
    query: str,
    vector: NDArray[np.float32] | None,
    synonyms: Glossary,
    *,
    top: int = 10,
    source: SourceFilter = "all",
    language: str | None = None,
    dials: Dials = DIALS,
) -> list[Hit]:
    """Return the best passages, best first; [] when nothing is relevant.

    Arguments that need a word:
        vector: the question's unit vector, None to search by terms alone.
        language: the reader's language, preferred mildly; None takes the question's own.
    """
    if not snapshot.records or not query.strip():
        return []
    weights = query_terms(query, synonyms)
    usable = vector is not None and snapshot.vectors.shape == (len(snapshot.records), len(vector))
    shares = snapshot.bm25.shares(weights)
    scores, evidence = shares * dials.lexical_weight, shares / dials.least_lexical
    if vector is not None and usable:
        similarities = snapshot.vectors @ vector
        mean = float(similarities.mean())
        scores = scores + (similarities - mean) / max(float(similarities.std()), _LEAST_SPREAD) / dials.dense_scale
        evidence = ((similarities - mean) / max(1.0 - mean, _LEAST_ROOM) + shares / 2) / dials.least
    scores = np.where(_allowed(snapshot, source) & (evidence >= 1.0), np.maximum(scores, 0.0), 0.0)
    preferred, asked = language or language_of(query), set(weights)
    near = _best(scores, 20 * top + 100)
    for n in near:
        record = snapshot.records[n]
        if record.lang == preferred:
            scores[n] *= dials.own_language
        if record.origin == "catalog" and asked.isdisjoint(terms(record.heading)):
            scores[n] *= dials.unnamed_card
    near.sort(key=lambda n: (-scores[n], snapshot.records[n].id))
    kept = _without_doubles(snapshot, near, top)
    return [Hit(rank, round(float(scores[n]), 4), snapshot.passage(n)) for rank, n in enumerate(kept, 1)]


def _allowed(snapshot: Snapshot, source: SourceFilter) -> NDArray[np.bool_]:
    """Mark the passages of a source; the catalog ships with Mekiki, so "shipped" includes its cards."""
    if source == "all":
        return np.ones(len(snapshot.records), dtype=np.bool_)
    wanted = {"user"} if source == "user" else {"shipped", "catalog"}
    return np.array([one.origin in wanted for one in snapshot.records], dtype=np.bool_)


def _best(scores: NDArray[np.floating], count: int) -> list[int]:
    """Return the numbers of the highest positive scores, best first, ties in the snapshot's order."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > count:
        cut = np.partition(scores[positive], len(positive) - count)[len(positive) - count]
        positive = positive[scores[positive] >= cut]
    return [int(n) for n in positive[np.argsort(-scores[positive], kind="stable")][:count]]


def _without_doubles(snapshot: Snapshot, ordered: Sequence[int], top: int) -> list[int]:
    """Return the first `top` passages without those that say the same as a better one (a file kept twice)."""
    kept: list[int] = []
    seen: list[frozenset[int]] = []
    starts, columns = snapshot.bags.starts, snapshot.bags.columns
    for n in ordered:
        found = frozenset(columns[starts[n] : starts[n + 1]].tolist())
        if any(len(found & other) >= 0.9 * max(1, len(found | other)) for other in seen):
            continue
        kept.append(n)
        seen.append(found)
        if len(kept) == top:
            break
    return kept
