"""Bare sizes that a question chooses between: "7B or 13B on a 4090?", 「70BのQ2と32BのQ5どっち」."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.calls import Tool, parse_call
from assistant.events import UNSURE, Reading

if TYPE_CHECKING:
    from assistant.reader.marking import Marked, Tables
    from assistant.reader.units import Span

_READ_AS: tuple[Tool, ...] = ("compare", "explain", "fit", "max_size", "recommend", "clarify", "out_of_scope")
_EITHER = re.compile(
    r"(?<![a-z])(?:or|vs\.?|versus|over|than|against)(?![a-z])|それとも|または|もしくは|か(?![らな])", re.I
)
_LISTED = re.compile(r"(?<![a-z])and(?![a-z])|[/,、・]|と|より", re.I)
_WHICH = re.compile(
    r"(?<![a-z])(?:which|better|smarter|compared?|worth)(?![a-z])|どっち|どちら|どれ|比べ|比較|迷[いうっ]|悩[みむん]",
    re.I,
)
_KNOWLEDGE = re.compile(r"(?<![a-z])(?:why|differences?|mean)(?![a-z])|なぜ|なんで|どうして|違い|とは", re.I)
_OF_SIZE = re.compile(r"[\s,(（]*(?:(?:models?|モデル)?\s?(?:at|as|in|with|の|を|が|で|は|,)?\s?)*", re.I)
_SIZE_OF = re.compile(r"[\s)）]*(?:(?:quant(?:ised|ized)?|量子化|版|of|の)\s?)*(?:an? )?", re.I)


def with_sizes(reading: Reading, question: str, tables: "Tables") -> Reading:
    """Return the reading of a question which of several sizes to take as a comparison of these; others stay."""
    from assistant.reader.assemble import to_args
    from assistant.reader.marking import mark
    from assistant.reader.rules import rule_labels
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    call = reading.call
    if call.tool not in _READ_AS:
        return reading
    text = clean(question)
    marked = mark(text, find_spans(text, tables))
    names = compared_sizes(marked)
    if not names:
        return reading
    said = {**to_args(rule_labels(marked, "compare"), marked), **call.arguments()}
    kept = {name: value for name, value in said.items() if name in ("hardware", "task")}
    asked = parse_call("compare", {**kept, "models": list(names)})
    if reading.confidence >= UNSURE:
        return replace(reading, call=asked)
    return replace(reading, call=asked, notes=(), confidence=UNSURE)  # what was unclear no longer matters


def compared_sizes(marked: "Marked") -> tuple[str, ...]:
    """Return the sizes between which a question chooses, each with its quantisation ("70B Q2"), () without any."""
    spans = [span for span in marked.spans if span.kind in ("PAR", "QNT")]
    sizes = [span for span in spans if span.kind == "PAR"]
    if len(sizes) < 2 or any(span.kind in ("MOD", "REF") for span in marked.spans) or _KNOWLEDGE.search(marked.source):
        return ()
    gaps = [marked.source[one.end : other.start] for one, other in pairwise(sizes)]
    listed = _WHICH.search(marked.source) and all(_LISTED.search(gap) for gap in gaps)
    if not (listed or all(_EITHER.search(gap) for gap in gaps)):
        return ()
    names = tuple(dict.fromkeys(_named(size, spans, marked.source) for size in sizes))
    return names if len(names) > 1 else ()


def _named(size: "Span", spans: "list[Span]", text: str) -> str:
    """Return a size with the quantisation right behind it, else with the one right before it."""
    name = f"{size.value:g}B"
    quants = [span for span in spans if span.kind == "QNT"]
    behind = [one for one in quants if one.start >= size.end and _OF_SIZE.fullmatch(text[size.end : one.start])]
    before = [one for one in quants if one.end <= size.start and _SIZE_OF.fullmatch(text[one.end : size.start])]
    found = [*behind[:1], *before[-1:]]
    return f"{name} {found[0].value}" if found else name
