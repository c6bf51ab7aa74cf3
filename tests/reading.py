"""Questions as the reader sees them with the names of the shipped catalog, and what keywords alone make of them."""

from typing import Any

from assistant.calls import Tool
from assistant.reader.assemble import to_args
from assistant.reader.marking import Marked, Tables, mark
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
