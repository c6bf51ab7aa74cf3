"""Questions as the reader sees them with the names of the shipped catalog, and what keywords alone make of them."""

from typing import Any

from assistant.calls import Call, Tool
from assistant.chat import Assistant
from assistant.events import Conversation, Understood
from assistant.reader.assemble import to_args
from assistant.reader.marking import Marked, Tables, mark
from assistant.reader.needs import remember
from assistant.reader.read import tables_of
from assistant.reader.rules import rule_labels
from assistant.reader.spans import find_spans
from assistant.reader.text import clean
from knowledge.catalog import load_catalog

TABLES: Tables = tables_of(load_catalog())


def marked(text: str) -> Marked:
    """Return a question as the reader sees it, with the names of the shipped catalog."""
    return mark(clean(text), find_spans(clean(text), TABLES))


def arguments(tool: Tool, text: str) -> dict[str, Any]:
    """Return what a tool is called with when keywords alone read the question."""
    question = marked(text)
    return to_args(rule_labels(question, tool), question)


def calls(assistant: Assistant, *questions: str) -> list[Call]:
    """Return how each turn of a conversation is understood, in order; nothing is run."""
    conversation, found = Conversation(), []
    for question in questions:
        event = next(assistant.answer(question, conversation))
        assert isinstance(event, Understood)
        call = event.reading.call
        conversation.needs = remember(conversation.needs, call.tool, call.arguments())
        conversation.call = call
        conversation.turns = [*conversation.turns, (question, "")]
        found.append(call)
    return found
