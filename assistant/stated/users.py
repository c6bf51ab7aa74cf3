"""People who use what is chosen, without a word on how many of them at once: "RAG with 10 users", 「10人で使う」."""

from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.events import Reading
from assistant.sentences import both
from assistant.stated.budget import without_wish

if TYPE_CHECKING:
    from assistant.reader.marking import Tables
    from assistant.reader.units import Span

MOST_AT_ONCE = 200  # more people than that do not write at the same time: an assumption
_NEAR = 40  # characters before a number in which it may be said who they are


def users_of_it(spans: "list[Span]", text: str) -> "Span | None":
    """Return the number of people who are said to use it, None where there is none, or too many to write at once.

    Who a company employs, or an app has registered, is no such number.
    """
    from assistant.reader.lexicon import patterns

    said = patterns("bare")
    for span in spans:
        if (span.kind, span.hint) != ("NUM", "users") or not 1 < int(str(span.value)) <= MOST_AT_ONCE:
            continue
        before, written = text[max(0, span.start - _NEAR) : span.start], text[span.start : span.end]
        if said["owned"].search(before) or said["owned_after"].match(text, span.end):
            continue
        told = said["used_after"].match(text, span.end) or said["used_before"].search(before)
        if told or said["users_unit"].search(written):
            return span
    return None


def with_users_of_it(reading: Reading, question: str, tables: "Tables") -> Reading:
    """Return a `recommend` reading with the people who use it counted as at once, and a note that says so.

    Those of whom a question says how many come at once are counted already (values.with_users).
    """
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean
    from assistant.reader.unsaid import at_once

    text, call = clean(question), reading.call
    other = call.tool != "recommend" or call.arguments().get("hosting") == "api" or at_once(text)
    span = None if other else users_of_it(find_spans(text, tables), text)
    if span is None:
        return reading
    users = int(str(span.value))
    notes = without_wish(reading.notes, text[span.start : span.end])
    asked = call.with_arguments({**call.arguments(), "users": users})
    return replace(reading, call=asked, notes=(*notes, both("users.at_once", users=users)))
