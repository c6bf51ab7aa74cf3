"""Where models are wished to come from: 「国産」, "made in Japan", "only European models"; a language is no origin."""

import re
from collections.abc import Iterator, Sequence

from assistant.calls import OUTSIDE
from assistant.reader.lexicon import patterns
from assistant.reader.units import Span

_SAID = patterns("origin")
_PLACES = patterns("places")
_MADE = re.compile(rf"({_SAID['country'].pattern}){_SAID['made_after'].pattern}", re.I)
_OTHERS = re.compile(rf"({_SAID['country'].pattern})(?:{_SAID['made_after'].pattern})?\s?(?:以外|を?除|抜き)", re.I)
_NATION = re.compile(rf"(?<![a-z]){_SAID['nation_en'].pattern}", re.I)
_DENIED = re.compile(
    rf"{_SAID['denied_before'].pattern}(?P<listed>{_SAID['listed_en'].pattern})"
    rf"(?P<place>{_SAID['nation_en'].pattern})(?P<things>{_SAID['things_en'].pattern})?(?!{_SAID['of_language'].pattern})",
    re.I,
)
_DENIED_JA = re.compile(
    rf"(?:{_SAID['not_from_ja'].pattern})?(?P<place>{_SAID['nation_ja'].pattern})(?!語|人|史|料理|市場)"
    rf"{_SAID['made_ja'].pattern}(?={_SAID['listed_ja'].pattern}{_SAID['denied_ja'].pattern})|"
    rf"{_SAID['not_from_ja'].pattern}(?P<away>{_SAID['nation_ja'].pattern})",
    re.I,
)


def origins(text: str) -> Iterator[Span]:
    """Yield what to exclude, with the hint "origin": "outside Japan" for models from Japan, "Japan" for all others."""
    denied = list(_denied(text))
    yield from denied
    wished = [*_others(text), *_wished(text)]
    yield from (span for span in wished if not any(one.start < span.end and span.start < one.end for one in denied))


def _denied(text: str) -> Iterator[Span]:
    """Yield nationalities that are ruled out without a word for models: "no meta, no chinese", 「中国系はNG」.

    A language beside which others are asked for ("to Japanese, not Chinese") is one that is not meant.
    """
    all_denied = list(_DENIED.finditer(text))
    others = _names_a_language(text, [found.span() for found in all_denied])
    for found in all_denied:
        start, end = found.start("place"), found.end("things") if found["things"] else found.end("place")
        if found["things"] or not ((found["weak"] and others) or _SAID["about_languages"].search(text)):
            for one in _NATION.finditer(text, *found.span("listed")):
                yield from _ruled_out(one[0], one.start(), one.end())
            yield from _ruled_out(found["place"], start, end)
    for found in _DENIED_JA.finditer(text):
        yield Span("LAB", found.start(), found.end(), _place(found["place"] or found["away"]), "origin")


def _ruled_out(written: str, start: int, end: int) -> Iterator[Span]:
    if written.casefold() != "us" or written.isupper():  # "do not leave us"
        yield Span("LAB", start, end, _place(written), "origin")


def _names_a_language(text: str, denied: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a language is named outside of what is denied."""
    from assistant.reader.words import languages

    return any(all(one.end <= start or end <= one.start for start, end in denied) for one in languages(text))


def _others(text: str) -> Iterator[Span]:
    for found in _OTHERS.finditer(text):
        yield Span("LAB", found.start(), found.end(), _place(found[1]), "origin")


def _wished(text: str) -> Iterator[Span]:
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
