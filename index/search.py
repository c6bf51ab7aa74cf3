"""Find the passages for a question: what they hold of it in any known wording, and how near their vectors are.

Both legs are exact over what is in memory. The lexical one is the share of the question that a passage holds
(index/lexical.py), the dense one how far its similarity stands out, in standard deviations, among the passages of its
language: vectors of one language are nearer to each other whatever they say, which must not bury the other language.
The square root lets a passage that holds a part of the question stand beside one that repeats it. The passages found
first are looked at again, by their sentences (index/closeness.py).

Scores order the passages of one question. Whether a passage has to do with the question at all is its `relevance`: the
least are left out, so "nothing relevant" is an answer, and who quotes a passage looks for more
(assistant/own_documents.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.chunks import language as language_of
from index.closeness import LOOKED_AT, alike_words, lacking_kind, nearest_sentences
from index.embedder.models import Quick
from index.facets import Facets, Mask, facets
from index.lexical import said, wants
from index.snapshot import Snapshot
from index.synonyms import Synonyms
from index.terms import searched, terms
from index.types import Hit

SourceFilter = Literal["all", "shipped", "user"]
Legs = Literal["both", "words", "vectors"]


@dataclass(frozen=True, slots=True)
class Weights:
    """What the parts of a passage's score weigh; the last three count for the passages found first alone."""

    share: float  # the square root of the share of the question that it holds
    covered: float  # the same share without counting how often (index/lexical.py)
    standing: float  # how far its vector stands out, in standard deviations
    sentence: float  # cosine similarity of its nearest sentence
    alike: float  # share of the question's words that have one like them in it
    kind: float  # taken off when the kind of answer asked for is not in it


# Where a person's documents are searched. Fitted on the questions to four folders of documents:
# tests/benchmarks/order.py tells how, and how well.
OWN = Weights(share=0.22, covered=0.44, standing=0.08, sentence=0.4, alike=1.0, kind=0.12)
# Where only guides and cards are searched: the embedder was trained on them, so whole passages tell more than words.
KNOWN = Weights(share=1.0, covered=0.6, standing=0.16, sentence=0.75, alike=0.0, kind=0.16)
OWN_LANGUAGE = 1.08  # a guide in the reader's language before the same guide in the other
UNNAMED_CARD = 0.4  # a catalog card when the question names no part of its model's name
# Relevance = logistic(OFFSET + BY_SHARE * sqrt(share) + BY_NEARNESS * nearness + BY_ABSENT * absent), fitted on
# questions with and without an answer in the documents: tests/benchmarks/relevance.py tells how, and how well.
OFFSET, BY_SHARE, BY_NEARNESS, BY_ABSENT = -3.2, 3.9, 8.1, -1.6
USUAL_NEARNESS = 0.3  # of the passage found first; stands in where there are no vectors
LEAST = 0.04  # relevance: below it a passage is no hit; nothing in common is 0.01
_LEAST_SPREAD = 0.01  # of similarities: below it they are all the same and tell nothing
_LEAST_ROOM = 0.05  # between the mean similarity and 1, for models whose similarities are all high
_GROUP = 5  # passages of a language that have a mean of their own


def search(
    snapshot: Snapshot,
    query: str,
    vector: NDArray[np.float32] | None,
    synonyms: Synonyms,
    *,
    top: int = 10,
    source: SourceFilter = "all",
    language: str | None = None,
    least: float = LEAST,
    legs: Legs = "both",
    embedder: Quick | None = None,
) -> list[Hit]:
    """Return the best passages, best first; [] when nothing is relevant.

    Arguments that need a word:
        vector: the question's unit vector, None to search by terms alone.
        language: the reader's language, preferred mildly among guides; None takes the question's own.
        least: the relevance that a hit has at least.
        legs: what to search by; one alone is for measuring what each finds, with `least` 0.
        embedder: that of `vector`, when it takes milliseconds for some hundred sentences; else None.
    """
    query = searched(query)
    if not snapshot.records or not query.strip():
        return []
    held = facets(snapshot.stock.bm25, snapshot.records)
    allowed = _allowed(held, source, len(snapshot.records))
    if not allowed.any():
        return []
    asked = wants(query, synonyms) if legs != "vectors" else []
    lexical = said(snapshot.stock.bm25, asked, allowed)
    root = np.sqrt(np.maximum(lexical.share, 0.0))
    weights = OWN if (held.of_origins(["user"], len(root)) & allowed).any() else KNOWN
    scores = weights.share * root + weights.covered * lexical.covered
    nearness = np.full(len(root), USUAL_NEARNESS, dtype=np.float32)
    has_to_do = root > 0
    similarities = snapshot.stock.similarities(vector) if vector is not None and legs != "words" else None
    if similarities is not None:
        scores = scores + weights.standing * standing_out(similarities, held, allowed)
        nearness = nearer(similarities)
        has_to_do = has_to_do | (nearness > 0)
    evidence = BY_SHARE * root + BY_NEARNESS * nearness + BY_ABSENT * lexical.absent
    relevance = 1.0 / (1.0 + np.exp(-(OFFSET + evidence)))
    scores = np.where(allowed & has_to_do & (relevance >= least), np.maximum(scores, 0.0), -np.inf)
    near = _best(scores, 20 * top + 100)
    if legs == "both":
        _look_again(snapshot, scores, near[:LOOKED_AT], query, vector, embedder, weights)
    near = _ordered(snapshot, scores, near, query, language or language_of(query))
    kept = _without_doubles(snapshot, near, top)
    return [
        Hit(rank, round(float(scores[n]), 4), snapshot.passage(n), round(float(relevance[n]), 4))
        for rank, n in enumerate(kept, 1)
    ]


def _allowed(held: Facets, source: SourceFilter, count: int) -> Mask:
    """Mark the passages of a source; the catalog ships with Mekiki, so "shipped" includes its cards."""
    if source == "all":
        return np.ones(count, dtype=np.bool_)
    return held.of_origins(["user"] if source == "user" else ["shipped", "catalog"], count)


def nearer(similarities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much nearer each passage is to the question than passages usually are, 0 to 1 for the same vector.

    The mean is that of everything, the guides too: among the passages of one short file none is far nearer than the
    others, also when all of them speak of what is asked.
    """
    mean = float(similarities.mean())
    above: NDArray[np.float32] = np.maximum(similarities - np.float32(mean), np.float32(0.0))
    return above / np.float32(max(1.0 - mean, _LEAST_ROOM))


def standing_out(similarities: NDArray[np.float32], held: Facets, allowed: Mask) -> NDArray[np.float32]:
    """Return how far each passage stands out among the allowed ones of its language, in standard deviations."""
    counts = np.bincount(held.languages, weights=allowed)
    sums = np.bincount(held.languages, weights=np.where(allowed, similarities, 0.0))
    mean = float(sums.sum() / counts.sum())
    means = np.where(counts >= _GROUP, sums / np.maximum(counts, 1.0), mean).astype(np.float32)
    centred = similarities - means[held.languages]
    inside = np.where(allowed, centred, np.float32(0.0))
    variance = float(inside @ inside) / counts.sum() - float(inside.sum() / counts.sum()) ** 2
    return centred / np.float32(max(variance, _LEAST_SPREAD**2) ** 0.5)


def _look_again(
    snapshot: Snapshot, scores: NDArray[np.floating], near: list[int], query: str,
    vector: NDArray[np.float32] | None, embedder: Quick | None, weights: Weights,
) -> None:  # fmt: skip
    """Add to the scores of some passages what their sentences, their words and the kind of answer tell."""
    records = [snapshot.records[n] for n in near]
    scores[near] += (
        weights.sentence * nearest_sentences(records, vector, embedder)
        + weights.alike * alike_words(query, records, None if vector is None or not weights.alike else embedder)
        - weights.kind * lacking_kind(query, records)
    )


def _ordered(
    snapshot: Snapshot, scores: NDArray[np.floating], near: list[int], query: str, preferred: str
) -> list[int]:
    """Return the passages' numbers, best first, the reader's language and named models favoured in `scores`."""
    asked = set(terms(query))
    for n in near:
        record = snapshot.records[n]
        if record.lang == preferred and record.origin != "user":
            scores[n] *= OWN_LANGUAGE
        if record.origin == "catalog" and asked.isdisjoint(terms(record.heading)):
            scores[n] *= UNNAMED_CARD
    return sorted(near, key=lambda n: (-scores[n], snapshot.records[n].id))


def _best(scores: NDArray[np.floating], count: int) -> list[int]:
    """Return the numbers of the highest finite scores, best first, ties in the snapshot's order."""
    hits = np.flatnonzero(np.isfinite(scores))
    if len(hits) > count:
        cut = np.partition(scores[hits], len(hits) - count)[len(hits) - count]
        hits = hits[scores[hits] >= cut]
    return [int(n) for n in hits[np.argsort(-scores[hits], kind="stable")][:count]]


def _without_doubles(snapshot: Snapshot, ordered: Sequence[int], top: int) -> list[int]:
    """Return the first `top` passages without those that say the same as a better one (a file kept twice)."""
    kept: list[int] = []
    seen: list[frozenset[int]] = []
    for n in ordered:
        found = frozenset(snapshot.stock.terms(n).tolist())
        if any(len(found & other) >= 0.9 * max(1, len(found | other)) for other in seen):
            continue
        kept.append(n)
        seen.append(found)
        if len(kept) == top:
            break
    return kept
