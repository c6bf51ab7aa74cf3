"""Follow-up questions: "and on Saturdays?" after a question that a document answered.

Words that a follow-up leaves out stand in the question before it, and what it asks is mostly in the same document. So
the passages that both questions find together count beside those that it finds alone, more when they are of that
document: `python -m tests.benchmarks.follow_ups` prints what that brings.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from index.search import LEAST
from index.types import Before, Hit

Search = Callable[..., Sequence[Hit]]
WIDE = 30  # passages that are found for either question
# Weights of a passage's score for both questions together, beside 1 for the follow-up alone: of any document, and of
# the one that answered before. A fragment says too little alone. Set on conversations about four folders of documents.
FRAGMENT, SENTENCE = (0.6, 1.6), (0.3, 0.45)
_JOINS = re.compile(r"(?:じゃあ?|では|それなら|そしたら|で、)|(?:and|but|or|then|what about|how about|what if)\b", re.I)
_SHORT_JA, _SHORT_EN = 9, 4  # characters, words
_WIDE = re.compile("[\u3040-\u9fff]")


def is_fragment(question: str) -> bool:
    """Tell whether a question leaves out what it is about: "and on Sundays?", 「何時から？」."""
    bare = question.strip().rstrip("?？。.! ")
    short = len(bare) <= _SHORT_JA if _WIDE.search(bare) else len(bare.split()) <= _SHORT_EN
    return short or bool(_JOINS.match(bare))


def follow(search: Search, query: str, before: Before | None, *, top: int, least: float = LEAST) -> list[Hit]:
    """Return the passages for a question, which may be a follow-up, best first, ties by id.

    Of the document that answered before, a passage is as relevant as it is to either question; of others, to the
    follow-up alone.

    Arguments that need a word:
        search: finds passages for a question, taking `top` and `least` too.
        before: None for a question that follows none.
        least: the relevance that a hit has at least.
    """
    if before is None:
        return list(search(query, top=top, least=least))
    anywhere, there = FRAGMENT if is_fragment(query) else SENTENCE
    found = {hit.passage.id: hit for hit in search(query, top=WIDE, least=0.0)}
    for hit in search(f"{before.question} {query}", top=WIDE, least=0.0):
        same = hit.passage.file == before.file
        known = found.get(hit.passage.id, replace(hit, score=0.0, relevance=0.0))
        score = known.score + (there if same else anywhere) * hit.score
        relevance = max(known.relevance, hit.relevance) if same else known.relevance
        found[hit.passage.id] = replace(known, score=round(score, 4), relevance=relevance)
    kept = sorted(found.values(), key=lambda one: (-one.score, one.passage.id))
    relevant = [one for one in kept if one.relevance >= least][:top]
    return [replace(hit, rank=rank) for rank, hit in enumerate(relevant, 1)]
