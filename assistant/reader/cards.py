"""Which of the cards and machines named in a question is the person's, how many of it, and what was left out."""

import re
from collections.abc import Mapping
from itertools import pairwise

from assistant.reader.units import Span

_GONE_AFTER = re.compile(
    r"^\s*(?:\d+ ?gb)?\s*(?:の?\d+枚)?\s*(?:では?な|じゃな|でな|から(?!の|、)|の?代わり|代わり|は?(?:売|手放|諦|"
    r"壊|処分|卒業)|"
    r"を(?:売|手放|諦|処分|やめ)|→|⇒|->|died|broke|is (?:gone|dead)|was (?:stolen|sold)|to (?:a |an |the |"
    r"my )?(?=[a-z]* ?[a-z]?\d{3}))",
    re.I,
)
_GONE_BEFORE = re.compile(
    r"(?:\b(?:from|instead of|rather than|not|replac(?:e|ed|ing)|s[eo]ld|sell(?:ing)?|lost|used to have|"
    r"retir(?:ed?|ing)|RIP|"
    r"without|no|coming off|upgraded)|except)\s+(?:(?:a|an|the|my|our|your|old|dual|single|rtx|gtx|rx) )*$",
    re.I,
)
_LISTED = re.compile(
    r"(?:\s*(?:[x×*] ?\d+|\d+ ?(?:枚|台|基|つ)|\d+ ?gb))*\s*(?:\bor\b|\band\b|\bvs\b\.?|/|\+|&|,|、|と|か|や|"
    r"または|それとも)+"
    r"\s*(?:(?:a|an|the|my|one|two|\d+ ?[x×]?|rtx|gtx|rx) ?)*",
    re.I,
)
_NEAR = 3  # characters between a card and its count or memory


def is_gone(card: Span, text: str) -> bool:
    """Tell whether a card is named as what is not there: replaced, sold, "not the 4090"."""
    return bool(_GONE_AFTER.match(text[card.end : card.end + 40]) or _GONE_BEFORE.search(text[: card.start][-40:]))


def own_cards(roles: Mapping[str, str], spans: Mapping[str, Span], text: str) -> list[str]:
    """Return the placeholders of cards that are there, the one that is meant first.

    `roles` are the opinion of whoever read the question: among cards that are there, those given the role "hw" come
    first. Where it has none, the only card that is there is meant.
    """
    cards = [name for name, span in spans.items() if span.kind in ("GPU", "MAC")]
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
