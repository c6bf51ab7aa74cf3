"""Which of the cards and machines named in a question is the person's, how many of it, and what was left out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from assistant.reader.lexicon import patterns
from assistant.reader.negation import unused
from assistant.reader.units import Span

_SAID = patterns("cards")
_GONE_AFTER = _SAID["gone_after"]
_GONE_BEFORE = _SAID["gone_before"]
_LISTED = _SAID["listed"]
_NEAR = 3  # characters between a card and its count or memory


def is_gone(card: Span, text: str) -> bool:
    """Tell whether a card is named as what is not there: replaced, sold, "not the 4090"."""
    return bool(_GONE_AFTER.match(text[card.end : card.end + 40]) or _GONE_BEFORE.search(text[: card.start][-40:]))


def own_cards(roles: Mapping[str, str], spans: Mapping[str, Span], text: str) -> list[str]:
    """Return the placeholders of cards that are there, the one that is meant first.

    `roles` are the opinion of whoever read the question: among cards that are there, those given the role "hw" come
    first. Where it has none, the only card that is there is meant.
    """
    cards = [name for name, span in spans.items() if span.kind in ("GPU", "MAC") and not unused(span, text)]
    there = [name for name in cards if not is_gone(spans[name], text)]
    chosen = [name for name in there if roles.get(name) == "hw"]
    for before, after in reversed(list(pairwise(there))):  # of cards in a list ("a 3090 or a 4090") the first is meant
        if chosen[:1] == [after] and _LISTED.fullmatch(text[spans[before].end : spans[after].start]):
            chosen = [before, *(name for name in chosen if name != before)]
    if not chosen and len(there) == 1:
        chosen = there
    if not chosen and not there:
        chosen = [name for name in cards if roles.get(name) == "hw"]
    return [*chosen, *(name for name in there if name not in chosen)] if chosen else []


def belongs_to(figure: Span, card: Span, spans: Mapping[str, Span]) -> bool:
    """Tell whether a count or size may be of this card: false when it stands right beside another one."""
    others = [one for one in spans.values() if one.kind in ("GPU", "MAC") and one.value != card.value]
    return not any(
        _distance(figure, one) <= _NEAR and _distance(figure, one) < _distance(figure, card) for one in others
    )


def _distance(one: Span, other: Span) -> int:
    return max(other.start - one.end, one.start - other.end, 0)


_HAS = re.compile(
    r"s? ?(?:has|have|having|comes? with|came with|(?:は|には?|が|って)(?:VRAMが?|メモリが?)?) ?"
    r"(?:only |just |about )?",
    re.I,
)
_OF_ANOTHER = re.compile(r"[^,.、。]{0,6}(?:ram(?![a-z])|free|left|available|空き|残|余)|\s?(?:の|を)", re.I)


def mistaken_memory(
    spans: Iterable[Span], text: str, sizes: Mapping[str, tuple[float, ...]]
) -> Iterator[tuple[Span, Span]]:
    """Yield a card and the memory that it is said to have and is not sold with: "since the RTX 4060 has 12GB".

    `sizes` tells the GB each card is sold with. What is free of it, or the computer's RAM, is no such claim.
    """
    spans = list(spans)
    for card in spans:
        sold = sizes.get(str(card.value)) if card.kind == "GPU" else None
        for figure in spans:
            if not sold or figure.kind != "GB" or figure.hint == "ram" or not isinstance(figure.value, float | int):
                continue
            if any(abs(figure.value - one) <= 0.1 * one for one in sold) or _OF_ANOTHER.match(text, figure.end):
                continue
            if _HAS.fullmatch(text[card.end : figure.start]):
                yield card, figure
