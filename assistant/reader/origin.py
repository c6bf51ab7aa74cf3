"""Where models are wished to come from: 「国産」, "made in Japan", "only European models"; a language is no origin."""

import re
from collections.abc import Iterator

from assistant.calls import OUTSIDE
from assistant.reader.lexicon import patterns
from assistant.reader.units import Span

_SAID = patterns("origin")
_PLACES = patterns("places")
_MADE = re.compile(rf"({_SAID['country'].pattern}){_SAID['made_after'].pattern}", re.I)
_OTHERS = re.compile(rf"({_SAID['country'].pattern})(?:{_SAID['made_after'].pattern})?\s?(?:以外|を?除|抜き)", re.I)


def origins(text: str) -> Iterator[Span]:
    """Yield what to exclude, with the hint "origin": "outside Japan" for models from Japan, "Japan" for all others."""
    for found in _OTHERS.finditer(text):
        yield Span("LAB", found.start(), found.end(), _place(found[1]), "origin")
    for found in _MADE.finditer(text):
        if not _OTHERS.match(text, found.start()):
            yield Span("LAB", found.start(), found.end(), OUTSIDE + _place(found[1]), "origin")
    for found in _SAID["domestic"].finditer(text):
        yield Span("LAB", found.start(), found.end(), OUTSIDE + "Japan", "origin")
    for found in _SAID["english"].finditer(text):
        place = _place(found["place"] or found["from"] or found["adjective"])
        away = _AWAY.search(text[: found.start()])
        yield Span("LAB", found.start(), found.end(), place if away else OUTSIDE + place, "origin")


_AWAY = re.compile(
    r"(?:\bexcept(?: for)?|\bother than|\banything but|\bbut not|\bnot|\bno|\bnon|\bwithout|\bavoid(?:ing)?|"
    r"\bexclud(?:e|ing)|n't(?: want)?)[\s-]+(?:any(?:thing)? |models? |from |made by |a |the |by )*$",
    re.I,
)


def _place(written: str) -> str:
    return next(name for name, pattern in _PLACES.items() if pattern.fullmatch(written))
