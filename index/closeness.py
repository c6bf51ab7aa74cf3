"""A second look at the passages found first: the sentence nearest to the question, its words, the kind of answer.

A passage speaks of several things, so the vector of the whole tells little of the one sentence that answers. Nor does
it tell whether each word of the question has one like it there, as in the late interaction of ColBERT (Khattab and
Zaharia, 2020). And a passage that holds no amount does not say how much something costs. All this takes longer than the
search itself, so it is for a few passages only.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.chunks import sentences
from index.dates import apart
from index.embedder.models import Quick
from index.kinds import lacks_kind
from index.records import Record

LOOKED_AT = 20  # passages; with 40 search finds as much
_ALIKE = 0.6  # cosine similarity of two words: more tells no more, what is said in the same words counts already


def nearest_sentences(
    records: Sequence[Record], vector: NDArray[np.float32] | None, embedder: Quick | None
) -> NDArray[np.float32]:
    """Return for each passage the cosine similarity of its nearest sentence to a question's vector; 0 without vectors.

    The embedder is asked once for all sentences of all passages.
    """
    found = np.zeros(len(records), dtype=np.float32)
    cut = [sentences(one.text) or [one.text] for one in records]
    if vector is None or embedder is None or not cut:
        return found
    similarities = embedder.documents([sentence for one in cut for sentence in one]) @ vector
    starts = np.cumsum([0, *map(len, cut[:-1])])
    return np.maximum.reduceat(similarities, starts, out=found)


def alike_words(query: str, records: Sequence[Record], embedder: Quick | None) -> NDArray[np.float32]:
    """Return for each passage how much of a question has a like word there, 0 to 1 for all of it; 0 without vectors.

    Days are left out, which index/lexical.py finds in any writing: "11 May" is like any 11 and like "may".
    """
    found = np.zeros(len(records), dtype=np.float32)
    if embedder is None:
        return found
    asked, weights = embedder.pieces(apart(query)[1])
    if not weights.any():
        return found
    for n, one in enumerate(records):
        told, _ = embedder.pieces(f"{one.heading}\n{one.text}")
        if len(told):
            found[n] = weights @ np.clip((asked @ told.T).max(axis=1), 0.0, _ALIKE)
    return found / np.float32(_ALIKE * weights.sum())


def lacking_kind(query: str, records: Sequence[Record]) -> NDArray[np.bool_]:
    """Tell for each passage whether it lacks the kind of answer that a question asks for (index/kinds.py)."""
    return np.array(lacks_kind(query, [f"{one.heading}\n{one.text}" for one in records]), dtype=np.bool_)
