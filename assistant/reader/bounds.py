"""Sizes and prices that are lower ends ("at least 20B"), and models named only as a level ("as good as GPT-4").

No argument holds either: the spans keep their place in the question with a hint, and `unsaid` tells of them.
"""

from collections.abc import Iterable
from dataclasses import replace

from assistant.reader.lexicon import patterns
from assistant.reader.negation import passed_over
from assistant.reader.units import Span

_SAID = patterns("bounds")
_NEAR = 40  # characters beside a figure that may make it a bound


def bounded(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return the spans, lower ends with the hint "least" and models named as a level with the hint "level"."""
    spans = list(spans)
    levels = {span for span in spans if span.kind == "MOD" and _level(span, text) != (span.start, span.end)}
    if any(span.kind == "MOD" and span not in levels and not passed_over(span, text) for span in spans):
        levels = set()  # "is Qwen3 32B as good as GPT-4?" compares them
    hints = {
        span: "level" if span in levels else "least"
        for span in spans
        if span in levels
        or (span.kind in ("PAR", "USD") and not span.hint and extent(replace(span, hint="least"), text) != _own(span))
    }
    return [replace(span, hint=hints[span]) if span in hints else span for span in spans]


def extent(span: Span, text: str) -> tuple[int, int]:
    """Return where the words begin and end that make a figure a lower end or a model a level; its own without any."""
    if span.hint == "level":
        return _level(span, text)
    before, after = text[max(0, span.start - _NEAR) : span.start], text[span.end : span.end + _NEAR]
    found = _SAID["least_after"].match(after)
    if found and not _SAID["refused_after"].match(after[found.end() :]):
        return span.start, span.end + found.end()
    first = _SAID["least_before"].search(before)
    if first and not _SAID["negated_before"].search(before[: first.start()]):
        return span.start - len(before) + first.start(), span.end
    return _own(span)


def _level(span: Span, text: str) -> tuple[int, int]:
    found = _SAID["level_after"].match(text[span.end : span.end + _NEAR])
    first = _SAID["level_before"].search(text[max(0, span.start - _NEAR) : span.start])
    start = max(0, span.start - _NEAR) + first.start() if first else span.start
    return start, span.end + (found.end() if found else 0)


def _own(span: Span) -> tuple[int, int]:
    return span.start, span.end
