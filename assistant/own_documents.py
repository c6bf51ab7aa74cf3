"""Which questions are answered from documents, told from the reading and from search.

Relevance (index/search.py) tells whether a passage has to do with a question, support (index/support.py) whether it
states what is asked for; both can be compared between questions. The levels were set on three folders of documents,
with a fourth in view; `python -m tests.benchmarks.relevance` prints what becomes of the questions to these and to three
that were kept out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.definitions import asked, mentioned
from assistant.events import UNSURE, Reading
from index.terms import QUERY_LENGTH

if TYPE_CHECKING:
    from assistant.reader.marking import Tables
    from index.support import Support
    from index.types import Before, Hit
    from knowledge.schema import Term

# A passage of at least this support is given as the answer, any other as the nearest one to what was asked:
# tests/benchmarks/relevance.py prints how many of those that answer reach it, and of those that do not.
STATES = 0.6
# From this on it may be the answer, and that is said: of such passages 30 % answer, of those below 17 %, of those that
# reach STATES 66 % (tests/benchmarks/support.py).
MAY_STATE = 0.3
# A question that the reader declines goes to the documents when a passage has at least this relevance and speaks of the
# question with at least this support: 4 % of the passages that answer have less, and 46 % of what questions about
# anything else bring up (tests/benchmarks/support.py).
LIKELY, HINTS = 0.08, 0.15
# A question that seems to be about models and names something of the field goes there when no guide or card says as
# much about it, or when the documents say it beyond doubt.
DOUBTLESS = 0.75
# A reading less sure than this is a guess: then a passage that states the answer as likely as not is enough.
GUESSED, EVEN = 0.3, 0.5
SURE = 0.5  # relevance of a passage that has to do with a question whatever else does
NEARLY = 0.6  # of the best guide's relevance: then the person's document comes first
# Passages that are quoted: of the person's documents what is likely, of the guides, which speak of much, more
# (leaves out 1 % of what guides answer and half of what they do not). Beside a person's document that answers, guides
# are quoted only when they surely have to do with it too: 5 % of the questions that documents answer find one.
QUOTED = {"user": 0.3, "shipped": 0.5, "catalog": 0.5}
BESIDE_OWN = 0.9
# A reading this sure stays what it is: 0.2 % of the questions with an answer in the documents are read as this surely
# about models, and 55 % of those about models (tests/benchmarks/relevance.py). One that states what only these do, or
# says "model", stays at UNSURE.
FIRM = 0.75
TALKING = 0.4  # a follow-up read this surely is one: the tool of 98 % of those in the dialogs of four sets is right
INFORMS = frozenset({"explain", "model_info", "out_of_scope", "clarify"})  # tools that answer what is, not what to take
STATED = frozenset(
    {
        "model", "models", "hardware", "licences", "quant", "context_tokens", "max_params_b", "max_price", "exclude",
        "usage", "method", "kv_type",
    }
)  # fmt: skip
# What the reader declines is answered from the guides when one surely speaks of it: a passage that also uses a term of
# the glossary that the question does, or whose headings hold half of the question. Of 27 questions about the guides
# that the reader declines 12 go to one, of 1,941 about other things 3 (tests/benchmarks/relevance.py).
TERM, HEADING = 0.85, 0.95
IN_HEADING = 0.5
# Beginners say "AI" where the guides say model: then relevance alone decides, and more of it.
AI = 0.96

# "our benchmark", 社内規程: what only the person's own documents can tell, whatever the guides and the catalog say.
_OURS = re.compile(
    r"\b(?:our|ours)\b|\b(?:are|may|can|do|did|should) we\b|\bwe(?:'re| are) (?:allowed|permitted|supposed)\b|"
    r"\bat (?:work|(?:my|our|the) (?:company|firm|office|school|job|workplace|university))\b|"
    r"\bfor work\b|\b(?:company|in-house|internal|corporate) (?:policy|policies|rules?|guidelines?|benchmark|test)|"
    r"社内|当社|弊社|自社|わが社|我が社|うちの(?:会社|部署|学校|チーム|部)|会社(?:で|の|では)|職場(?:で|の|では)|規程|規定|就業規則",
    re.IGNORECASE,
)
# "Which model do we use", 社内で使っている: what is, not what is wished for.
_IN_USE = re.compile(
    r"\b(?:do|did) we (?:\w+ )?(?:use|run|have)\b|\bare we (?:\w+ )?(?:using|running)\b|\b(?:is|are) (?:used|in use)\b|"
    r"(?:使って|採用して|導入して|使われて|運用して)い?(?:る|ます)(?!人|とき|時|けど|が|ので|の?に|PC|パソコン|GPU)",
    re.IGNORECASE,
)
_AI = re.compile(r"(?<![a-z])ai(?![a-z])|人工知能|chat ?gpt|チャットボット|\bchat ?bots?\b", re.IGNORECASE)
# What asks whether something is allowed wishes for no model, however much it sounds like a task.
_PERMITTED = re.compile(
    r"^(?:may|can) (?:i|we|one|you|staff|employees|students) use\b|"
    r"\b(?:am|are|is) (?:i|we|it|staff|employees|students) (?:allowed|permitted|ok(?:ay)?) to\b|"
    r"使って(?:も)?(?:いい|良い|よい|構わない|かまわない|大丈夫)|"
    r"(?:使用|利用)(?:して)?(?:も)?(?:いい|良い|よい|可能|可|禁止)",
    re.IGNORECASE,
)
_MODEL = re.compile(r"モデル|\b(?:models?|llms?)\b", re.IGNORECASE)
_HIRAGANA = re.compile("[\u3041-\u309f]+")


@dataclass(frozen=True, slots=True)
class Found:
    """What search finds for a question, passages best first.

    `support` is that of the best of `own`; `names_field` tells whether the question names a model, a card, a size or a
    word of the field, `names_own` whether it names what only the person's documents know.
    """

    own: "Sequence[Hit]"
    support: "Support"
    shipped: "Sequence[Hit]"
    names_field: bool
    names_own: bool = False


def stays(reading: Reading, question: str, *, talking: bool = False) -> bool:
    """Tell whether a question is so surely about models that no document is asked.

    `talking`: the turn before was about models, which a follow-up need not name.
    """
    if reading.call.tool in ("out_of_scope", "clarify"):
        return False
    if talking:
        return reading.confidence >= TALKING
    said = not STATED.isdisjoint(reading.call.arguments()) or bool(_MODEL.search(question))
    if not said and _PERMITTED.search(question):
        return False
    return reading.confidence >= (UNSURE if said else FIRM)


def asks_of_ours(question: str) -> bool:
    """Tell whether a question is about the person's own company, school or tests."""
    return bool(_OURS.search(question))


def may_be_about_names(reading: Reading) -> bool:
    """Tell whether a question that names what only the person's documents know may be about that: "the Arden server".

    A wish for something of that name, "a model for Arden, 16 GB", is about models.
    """
    if reading.call.tool in INFORMS:
        return True
    return reading.confidence < FIRM and STATED.isdisjoint(reading.call.arguments())


def names_field(question: str, tables: "Tables") -> bool:
    """Tell whether a question names anything of the field: a model, a card, a size, or a word such as "local"."""
    from assistant.reader.marking import mark
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean
    from assistant.reader.unsaid import speaks_of_models

    text = clean(question)
    return speaks_of_models(mark(text, find_spans(text, tables)))


def answers(question: str, reading: Reading, found: Found, *, talking: bool = False) -> bool:
    """Tell whether the person's documents are to answer a question before the guides and the tools.

    What the reader calls a question of knowledge goes to guides and documents anyway, whichever has more to do with it;
    here the documents come first where they state it, more surely than a guide, and nothing of the field is named. A
    reading that takes a question for one about models although it names nothing of the field says as little as one
    that declines it.
    """
    if not found.own:
        return False
    best, tool = found.own[0].relevance, reading.call.tool
    if asks_of_ours(question) and best >= SURE:
        informs = tool in INFORMS or bool(_IN_USE.search(question))
        if found.support.speaks >= (HINTS if informs else DOUBTLESS):  # a wish, "for our support chat", stays one
            return True
    level = EVEN if tool in INFORMS else STATES
    if found.names_own and may_be_about_names(reading) and best >= SURE and found.support.states >= level:
        return True
    beaten = bool(found.shipped) and found.shipped[0].relevance >= best
    if tool == "explain":
        return not (found.names_field or beaten) and found.support.states >= STATES
    if stays(reading, question, talking=talking):
        return False
    fits = best >= LIKELY and found.support.speaks >= HINTS
    if tool in ("out_of_scope", "clarify") or not found.names_field:
        return fits
    return fits and (not beaten or found.support.states >= (EVEN if reading.confidence < GUESSED else DOUBTLESS))


def answered(question: str, reading: Reading, result: Mapping[str, Any], before: "Before | None") -> "Before | None":
    """Return what a follow-up to a turn may follow: the question that one of the person's documents answered.

    A fragment leaves what is asked about to the question before it; a declined question leaves all as it was.
    """
    from index.following import is_fragment
    from index.types import Before

    first = next(iter(result.get("passages", ())), None)
    if first is None or first["origin"] != "user":
        return before if reading.call.tool == "out_of_scope" else None
    return before if before and is_fragment(question) else Before(question[:QUERY_LENGTH], first["file"])


def guides_answer(
    question: str, shipped: "Sequence[Hit]", glossary: "Sequence[Term]", *, talking: bool = False
) -> bool:
    """Tell whether the guides or the glossary answer a question that the reader declines.

    `talking`: the turn before was about models; a single word of a follow-up ("make that four") is in some heading by
    chance.
    """
    about = asked(question, glossary)
    if about is not None and about.term is not None:
        return True
    if not shipped or shipped[0].relevance < min(TERM, HEADING, AI):
        return False
    if shipped[0].relevance >= AI and _AI.search(question):
        return True
    passage = shipped[0].passage
    share, words = _share(question, passage.heading)
    in_heading = share >= IN_HEADING and words > talking and shipped[0].relevance >= HEADING
    return in_heading or mentioned(question, passage.heading, passage.text, glossary)


def _share(question: str, heading: str) -> tuple[float, int]:
    """Return which share of the question's words with a meaning the headings hold, and how many they are."""
    from index.terms import terms

    wanted = {word for word in terms(question) if not _HIRAGANA.fullmatch(word)}
    found = len(wanted & set(terms(heading)))
    return (found / len(wanted) if wanted else 0.0), found


def quotable(own: "Sequence[Hit]", shipped: "Sequence[Hit]", *, own_first: bool, stated: bool) -> "list[Hit]":
    """Return the hits that have to do with the question surely enough to be quoted.

    The person's documents come first when `own_first`, the best of them whatever its relevance; else when they surely
    have to do with it or nearly as surely as any guide; where they do not state what is asked for (`stated`), only when
    more surely than any.
    """
    if own_first:
        mine = [one for one in own if one is own[0] or one.relevance >= QUOTED["user"]]
        return [*mine, *(one for one in shipped if one.relevance >= BESIDE_OWN)]
    kept = [one for one in shipped if one.relevance >= QUOTED[one.passage.origin]]
    mine = [one for one in own if one.relevance >= QUOTED["user"]]
    guide = max((one.relevance for one in kept), default=0.0)
    first = min(SURE, NEARLY * guide) if stated else guide
    before = [one for one in mine if one.relevance >= first]
    return [*before, *kept, *(one for one in mine if one not in before)]
