"""Which questions are answered from documents, told from the reading and from search: relevance can be compared.

The figures are from questions with and without an answer in six folders of documents, and 164 questions about models:
`python -m tests.benchmarks.relevance`, 2026-11-22; the levels were set with four of the folders in view. Questions
about a document's own subject that it does not answer read like those that it does: 74, 71, 75, 60, 73 and 97 % of
them are answered with the nearest passage all the same.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.definitions import asked, mentioned
from assistant.events import UNSURE, Reading

if TYPE_CHECKING:
    from index.types import Hit
    from knowledge.schema import Term

# A question that the reader declines or is unsure of: 92, 84, 87, 65, 78 and 89 % of those with an answer reach this,
# 15, 17, 21, 13 and 43 % of those about anything else. With the reader's own reading 86, 75, 75, 53, 83 and 71 % of
# those with an answer are taken to the documents (what is read as `explain` is searched there anyway), and 0 to 0.6 %
# of those about models.
UNCLEAR = 0.36
# A question that seems to be about models goes to the documents when they surely answer it, or when they may and no
# guide or card says as much about it.
SURE, LIKELY = 0.5, 0.2
NEARLY = 0.6  # of the best guide's relevance: then the person's document comes first
# Passages that are quoted: of the person's documents what is likely, of the guides, which speak of much, more
# (leaves out 3 % of what guides answer and half of what they do not).
QUOTED = {"user": LIKELY, "shipped": 0.45, "catalog": 0.45}
# A reading this sure stays what it is: 1 % of the questions with an answer in the documents are read as this surely
# about models, and 74 % of those about models. One that states what only these do, or says "model", stays at UNSURE.
FIRM = 0.7
STATED = frozenset(
    {
        "model", "models", "hardware", "licences", "quant", "context_tokens", "max_params_b", "max_price", "exclude",
        "usage", "method", "kv_type",
    }
)  # fmt: skip
# What the reader declines is answered from the guides when one surely speaks of it: a passage that also uses a term of
# the glossary that the question does, or whose headings hold half of the question. Of 586 questions about other things
# that the reader declines 3 go to a guide, of 16 about the guides 3, of 160 headings of guides all but 3.
TERM, HEADING = 0.6, 0.85
IN_HEADING = 0.5

_MODEL = re.compile(r"モデル|\b(?:models?|llms?)\b", re.IGNORECASE)
_HIRAGANA = re.compile("[\u3041-\u309f]+")


def stays(reading: Reading, question: str) -> bool:
    """Tell whether a question is so surely about models that no document is asked."""
    if reading.call.tool in ("out_of_scope", "clarify"):
        return False
    said = not STATED.isdisjoint(reading.call.arguments()) or bool(_MODEL.search(question))
    return reading.confidence >= (UNSURE if said else FIRM)


def answers(own: "Sequence[Hit]", shipped: "Sequence[Hit]", reading: Reading) -> bool:
    """Tell whether the best passage of the person's documents answers, before the best of the shipped ones."""
    if not own:
        return False
    best = own[0].relevance
    if reading.call.tool in ("out_of_scope", "clarify"):
        return best >= UNCLEAR
    beaten = bool(shipped) and shipped[0].relevance >= best
    return best >= SURE or (best >= LIKELY and not beaten)


def guides_answer(question: str, shipped: "Sequence[Hit]", glossary: "Sequence[Term]") -> bool:
    """Tell whether the guides or the glossary answer a question that the reader declines."""
    about = asked(question, glossary)
    if about is not None and about.term is not None:
        return True
    if not shipped or shipped[0].relevance < min(TERM, HEADING):
        return False
    passage = shipped[0].passage
    in_heading = _share(question, passage.heading) >= IN_HEADING and shipped[0].relevance >= HEADING
    return in_heading or mentioned(question, passage.heading, passage.text, glossary)


def _share(question: str, heading: str) -> float:
    """Return how many of the question's words with a meaning the headings hold."""
    from index.terms import terms

    wanted = {word for word in terms(question) if not _HIRAGANA.fullmatch(word)}
    return len(wanted & set(terms(heading))) / len(wanted) if wanted else 0.0


def quotable(own: "Sequence[Hit]", shipped: "Sequence[Hit]", *, own_first: bool) -> "list[Hit]":
    """Return the hits that have to do with the question surely enough to be quoted.

    The person's documents come first when `own_first`, when they surely answer, or nearly as surely as any guide.
    """
    kept = [one for one in shipped if one.relevance >= QUOTED[one.passage.origin]]
    mine = [one for one in own if one.relevance >= QUOTED["user"]]
    first = QUOTED["user"] if own_first else min(SURE, NEARLY * max((one.relevance for one in kept), default=0.0))
    before = [one for one in mine if one.relevance >= first]
    return [*before, *kept, *(one for one in mine if one not in before)]
