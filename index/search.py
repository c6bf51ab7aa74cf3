"""Find the passages for a question: lexical and dense search, fused by rank.

Both legs are exact over what is in memory. A score of zero is no hit, and when neither leg found anything convincing the
answer is an empty list: "nothing relevant" is better than the least bad passage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.chunks import language as language_of
from index.snapshot import Snapshot
from index.terms import Glossary, query_terms
from index.types import Hit

SourceFilter = Literal["all", "shipped", "user"]


@dataclass(frozen=True, slots=True)
class Dials:
    """How the two legs are put together; chosen on tests/data/golden_search.jsonl (see tests/test_search.py).

    `smoothing` is the k of reciprocal rank fusion (Cormack et al. 2009 use 60 for long lists), `dense_weight` the dense leg's
    share beside the lexical one's 1. A hit needs `least_coverage` of the question's information among its terms or
    `least_cosine` of similarity.
    """

    smoothing: float = 20.0
    dense_weight: float = 1.0
    candidates: int = 60
    own_language: float = 1.08
    least_coverage: float = 0.18
    least_cosine: float = 0.45


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

    Args:
        vector: the question's unit vector, None to search by terms alone.
        language: the reader's language, preferred mildly; None takes the question's own.
    """
    if not snapshot.records or not query.strip():
        return []
    allowed = _allowed(snapshot, source)
    weights = query_terms(query, synonyms)
    lexical = np.where(allowed, snapshot.bm25.scores(weights), 0.0)
    usable = vector is not None and snapshot.vectors.shape == (len(snapshot.records), len(vector))
    dense = np.where(allowed, snapshot.vectors @ vector, 0.0) if usable else np.zeros(len(snapshot.records))
    preferred = language or language_of(query)

    fused: dict[int, float] = {}
    for scores, weight in ((lexical, 1.0), (dense, dials.dense_weight)):
        for rank, n in enumerate(_best(scores, dials.candidates)):
            fused[n] = fused.get(n, 0.0) + weight / (dials.smoothing + rank + 1)
    for n in fused:
        if snapshot.records[n].lang == preferred:
            fused[n] *= dials.own_language
    ordered = sorted(fused, key=lambda n: (-fused[n], snapshot.records[n].id))
    relevant = [
        n for n in ordered
        if dense[n] >= dials.least_cosine or snapshot.bm25.coverage(weights, n) >= dials.least_coverage
    ]  # fmt: skip
    most = (1.0 + (dials.dense_weight if usable else 0.0)) / (dials.smoothing + 1) * dials.own_language
    kept = _without_doubles(snapshot, relevant, top)
    return [Hit(rank, round(fused[n] / most, 6), snapshot.passage(n)) for rank, n in enumerate(kept, 1)]


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
    """Return the first `top` passages, leaving out those that say the same as a better one (the same file kept twice)."""
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
