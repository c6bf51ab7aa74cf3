"""Turns of a conversation about something else than models: whole questions without a word of the field."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.reader.asks import names_figure, properties
from assistant.reader.decide import in_domain
from assistant.reader.labels import Labels
from assistant.reader.lexicon import pattern, patterns
from assistant.reader.machine import HANDHELD
from assistant.reader.marking import Marked
from assistant.reader.unsaid import is_chore, speaks_of_models

if TYPE_CHECKING:
    from assistant.reader.decide import Decision

_SAID = patterns("elsewhere")
_FORGET = pattern("forget")
# Words by which a follow-up changes a wish or asks for a fact; when and for how much is asked of anything.
_WISHES = tuple(
    one
    for group in ("flags", "fields", "tasks", "wishes", "people", "referring", "matters_most", "kinds")
    for name, one in patterns(group).items()
    if (group, name) not in (("fields", "release"), ("fields", "price"), ("flags", "commercial_use=true"))
)
_SURE = 0.9  # confidence from which a statement by itself is surely about something else
_SAYS = re.compile(r"\w")
_NUMBER = re.compile(r"\d|[一二三四五六七八九十]")
_SHORT = 40  # characters of a turn that may be about a number of the turn before
_LEAST_WORDS, _LEAST_LETTERS = 5, 9  # of a question that says what it is about by itself, in English and Japanese


def elsewhere(marked: Marked, alone: "Callable[[Marked], Decision]") -> "Decision | None":
    """Return the decision that declines a turn about something else than models; None where it may be about them.

    `alone` reads a question by itself, whatever the conversation was about.
    """
    text = marked.source
    if not _SAYS.search(text):
        return _declined(alone(marked))
    if _is_tied(marked):
        return None
    by_itself = alone(marked)
    whole = by_itself.labels.tool == "out_of_scope" and _is_whole(text, told=by_itself.confidence >= _SURE)
    return _declined(by_itself) if whole else None


def _is_tied(marked: Marked) -> bool:
    """Tell whether a turn has a word of the field, one that changes a wish, or one that points back."""
    text = marked.source
    if any(span.kind not in ("NUM", "LANG") for span in marked.spans) or speaks_of_models(marked):
        return True
    if len(text) <= _SHORT and (marked.spans or _NUMBER.search(text)):
        return True  # "if I upgrade to 32?", 「4枚に増やしたら？」
    if in_domain(marked) or properties(marked) or names_figure(marked) or HANDHELD.search(text) or _FORGET.search(text):
        return True
    if is_chore(marked):
        return False
    return bool(_SAID["refers"].search(text)) or any(one.search(marked.text) for one in _WISHES)


def _is_whole(text: str, *, told: bool) -> bool:
    """Tell whether a text is a question of its own, or (if `told`) a statement: no "and for poems?", no bare value."""
    if _SAID["goes_on"].search(text):
        return False
    if text.isascii():
        asks = told or "?" in text or _SAID["asks"].search(text)
        return bool(asks) and len(text.split()) >= _LEAST_WORDS
    return len(text) >= _LEAST_LETTERS


def _declined(decision: "Decision") -> "Decision":
    return replace(decision, labels=Labels("out_of_scope", {}, {}, False))
