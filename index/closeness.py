"""A second look at the passages found first: how near the question one of their sentences is, and the kind of answer.

A passage speaks of several things, so the vector of the whole tells little of the one sentence that answers. And one
that holds no amount does not say how much something costs. Both take longer than the search itself, so they are for a
few passages only.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.chunks import sentences
from index.kinds import lacks_kind
from index.records import Record

Embed = Callable[[Sequence[str]], NDArray[np.float32]]  # texts -> a unit vector each
LOOKED_AT = 20  # passages; with 40 search finds as much


def nearest_sentences(
    records: Sequence[Record], vector: NDArray[np.float32] | None, embed: Embed | None
) -> NDArray[np.float32]:
    """Return for each passage the cosine similarity of its nearest sentence to a question's vector; 0 without vectors.

    `embed` is asked once for all sentences of all passages.
    """
    found = np.zeros(len(records), dtype=np.float32)
    cut = [sentences(one.text) or [one.text] for one in records]
    if vector is None or embed is None or not cut:
        return found
    similarities = embed([sentence for one in cut for sentence in one]) @ vector
    starts = np.cumsum([0, *map(len, cut[:-1])])
    return np.maximum.reduceat(similarities, starts, out=found)


def lacking_kind(query: str, records: Sequence[Record]) -> NDArray[np.bool_]:
    """Tell for each passage whether it lacks the kind of answer that a question asks for (index/kinds.py)."""
    return np.array(lacks_kind(query, [f"{one.heading}\n{one.text}" for one in records]), dtype=np.bool_)
