"""Different cards in one machine: "a 3090 and a 3060", 「4090とA6000を1枚ずつ」, which an argument names one of."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.events import Reading
from assistant.hardware.machine import JOINED

if TYPE_CHECKING:
    from assistant.reader.marking import Marked, Tables
    from assistant.reader.units import Span

_BRANDS = r"(?:nvidia|geforce|rtx|gtx|radeon|rx|tesla)"
_WITH_SIZE = re.compile(r"\s*[(（]?(\d{1,3}) ?(?:gb|gib|ギガ)", re.I)
_COUNT = "#"  # stands for a number of cards
_TO_ITS_CARD = re.compile(rf"\s?(?:[x×*]|枚の|の|of)?\s?(?:(?:an?|the|my|our|used|old|new|spare|{_BRANDS}) ?)*", re.I)
# What stands between two cards of one machine, and nothing else does.
_JOINS = re.compile(
    rf"s?(?:\s*[(（]?\d+(?:\.\d+)? ?(?:gb|gib|ギガ)?[)）]?)?(?:の|を|が)?[\s,(（]{{0,2}}{_COUNT}?"
    r"(?: of (?:them|these|those))?(?:ずつ|で)?[)）]?\s*"
    r"(?:\+|＋|&|,|、|(?<![a-z])(?:and|plus|(?:together |along )?with|alongside|next to|beside|paired with)(?![a-z])|"
    r"と(?!比)|に加えて?|および|プラス|\s)+"
    rf"(?:(?:the|an?|my|our|another|single|lone|second|spare|old(?:er)?|new(?:er)?|other|existing|current|used|one|of|"
    rf"{_COUNT}(?:の|ずつ)?|[x×]|{_BRANDS}|もう1枚|古い)\s?)*",
    re.I,
)
_ADDED_TO = re.compile(
    r"s?\s?(?:to (?:the|my|our|an?)|[にを](?:(?:メイン|サブ|今|手元|既存|手持ち)の)?)\s*"
    r"(?:(?:nvidia|geforce|rtx|gtx|radeon|rx|old) ?)*",
    re.I,
)
_ADDS = re.compile(r"(?<![a-z])(?:add|put)(?:ing|ed|s)?(?![a-z])|追加|足(?:す|し|せ)|増設|加え|挿", re.I)
# They are told apart, compared, or of different machines.
_APART = re.compile(
    r"(?<![a-z])(?:or|vs\.?|versus|which (?:one|of|card|gpu)|compare|comparison|better|faster|difference|respectively|"
    r"each of (?:them|these|those)|on each|another (?:pc|machine|computer)|instead)(?![a-z])|"
    r"どっち|どちら|比べ|比較|違い|それぞれ|または|もしくは|あるいは|それとも|別の(?:PC|マシン|機械)",
    re.I,
)


def together(marked: "Marked") -> tuple[str, ...]:
    """Return each kind of card that a question says is in one machine, with its number ("2x RTX 3060"), else ()."""
    from assistant.reader.cards import is_gone
    from assistant.reader.negation import unused

    text = marked.source
    spans = [span for span in marked.spans if span.kind == "GPU" and not unused(span, text)]
    if len({span.value for span in spans}) < 2 or _APART.search(text):
        return ()
    adds = bool(_ADDS.search(text))
    gaps = [_between(one, other, _counts(marked), text) for one, other in pairwise(spans)]
    if not all(_JOINS.fullmatch(gap) or (adds and _ADDED_TO.fullmatch(gap)) for gap in gaps):
        return ()
    if any(span.hint == "unknown" or (is_gone(span, text) and not adds) for span in spans):
        return ()
    return counted_cards(marked, spans)


def counted_cards(marked: "Marked", cards: Sequence["Span"]) -> tuple[str, ...]:
    """Return each of the cards with its number and its size as stated: "2x RTX 3060 12GB"."""
    numbers = numbers_of(marked, cards)
    named = [(numbers.get(card, 1), f"{card.value}{_size(card, marked.source)}") for card in cards]
    return tuple(name if count == 1 else f"{count}x {name}" for count, name in named)


def numbers_of(marked: "Marked", cards: Sequence["Span"], *, each: bool = False) -> dict["Span", int]:
    """Return how many of a card there are, for those of which that was said.

    Cards of one machine may be counted together, "a 3060 and a 1070, two cards"; not where `each` is a machine.
    """
    text, counts = marked.source, _counts(marked)
    owners = {_owner(count, cards, text): int(str(count.value)) for count in counts}
    together = not each and owners == {cards[-1]: len(cards)} and counts[0].start > cards[-1].end
    return {} if together else owners


def _counts(marked: "Marked") -> "list[Span]":
    return [span for span in marked.spans if (span.kind, span.hint) == ("NUM", "gpus")]


def _between(one: "Span", other: "Span", counts: list["Span"], text: str) -> str:
    """Return the words between two cards, with a mark for each number of cards."""
    gap, at = "", one.end
    for count in counts:
        if one.end <= count.start and count.end <= other.start:
            gap, at = gap + text[at : count.start] + _COUNT, count.end
    return gap + text[at : other.start]


def _owner(count: "Span", cards: Sequence["Span"], text: str) -> "Span":
    """Return the card that a number counts: the next one if nothing but filler stands between, else the one before."""
    after = [card for card in cards if card.start >= count.end]
    if after and _TO_ITS_CARD.fullmatch(text[count.end : after[0].start]):
        return after[0]
    return next((card for card in reversed(cards) if card.end <= count.start), cards[0])


def _size(span: "Span", text: str) -> str:
    """Return the memory that is written right behind a card, as a part of its name."""
    found = _WITH_SIZE.match(text, span.end)
    return f" {found[1]}GB" if found else ""


def with_cards(reading: Reading, question: str, tables: "Tables") -> Reading:
    """Return a reading whose machine has all the cards that the question puts into it.

    The note that one is left out goes. Their names stand joined in `gpu`, as `assistant.hardware.stated` reads them.
    """
    from assistant.reader.marking import mark
    from assistant.reader.read import other_cards
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    arguments = reading.call.arguments()
    hardware = arguments.get("hardware") or {}
    if not hardware.get("gpu"):
        return reading
    text = clean(question)
    marked = mark(text, find_spans(text, tables))
    cards = together(marked)
    if not any(hardware["gpu"] in name for name in cards):
        return reading
    kept = {name: value for name, value in hardware.items() if name == "ram_gb"}
    call = reading.call.with_arguments({**arguments, "hardware": {**kept, "gpu": JOINED.join(cards)}})
    left_out = other_cards(hardware, marked)
    return replace(reading, call=call, notes=tuple(note for note in reading.notes if note not in left_out))
