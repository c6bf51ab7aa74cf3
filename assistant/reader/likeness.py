"""Services named for their kind: "a ChatGPT thing", 「ChatGPTみたいなの」; and questions who Mekiki is."""

from dataclasses import replace

from assistant.calls import TASKS
from assistant.events import UNSURE
from assistant.reader.decide import Decision
from assistant.reader.lexicon import patterns
from assistant.reader.marking import Marked, mark
from assistant.reader.rules import rule_labels
from assistant.reader.units import Span

_SAID = patterns("likeness")
_TASKS = {name: one for name, one in patterns("tasks").items() if name in TASKS}
_VAGUE = ("chat", "general", "edge")  # the word put in for the name is one of these, and what it runs on is none


def without_likeness(marked: Marked) -> Marked | None:
    """Return a wish for something like a service with "chat AI" for its name; None where none is so named.

    Only a service named without a version is a kind of thing: "something like Qwen3 8B" is about that model.
    """
    if _SAID["asks_it"].search(marked.source):
        return None
    for span in marked.spans:
        before, after = marked.source[: span.start], marked.source[span.end :]
        if not _is_service(span, marked) or not (_SAID["after"].match(after) or _SAID["before"].search(before)):
            continue
        word = "chat AI" if marked.source.isascii() else "チャットAI"
        moved = len(word) - (span.end - span.start)
        others = [
            one if one.end <= span.start else replace(one, start=one.start + moved, end=one.end + moved)
            for one in marked.spans
            if one is not span
        ]
        return mark(before + word + after, others)
    return None


def wished_for(decision: Decision, marked: Marked) -> Decision:
    """Return the decision on such a wish: a model to chat with, unless it says what else it is for."""
    labels = decision.labels if decision.labels.tool == "recommend" else rule_labels(marked, "recommend")
    said = [name for name, one in _TASKS.items() if name not in _VAGUE and one.search(marked.text)]
    task = said[0] if len(said) == 1 else labels.values.get("task", "chat")
    labels = replace(labels, values={**labels.values, "task": task})
    return replace(decision, labels=labels, confidence=max(decision.confidence, UNSURE))


def _is_service(span: Span, marked: Marked) -> bool:
    return span.kind in ("MOD", "LAB") and bool(_SAID["service"].fullmatch(marked.source[span.start : span.end]))


def asks_who(marked: Marked) -> bool:
    """Tell whether a question is whether Mekiki is some model or service: "are you ChatGPT?"."""
    if not {span.kind for span in marked.spans} <= {"MOD", "LAB"} or not _SAID["who"].search(marked.source):
        return False
    this = _SAID["this"].search(marked.source)
    return this is None or any(_is_service(one, marked) and len(marked.source) - one.end < 12 for one in marked.spans)
