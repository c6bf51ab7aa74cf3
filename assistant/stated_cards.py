"""Different cards in one machine: "a 3090 and a 3060", 「4090とA6000を1枚ずつ」, which an argument names one of."""

import re
from dataclasses import replace
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING

from assistant.events import Reading
from assistant.machine import JOINED

if TYPE_CHECKING:
    from assistant.reader.marking import Marked, Tables
    from assistant.reader.units import Span

_NUMBER = r"\d{1,2}|one|two|dual|three|triple|four|quad|[一二三四]"
_BEFORE = re.compile(
    rf"(?<![\d.A-Za-z])({_NUMBER})(?:\s?[x×]|枚の)?\s?(?:(?:nvidia|geforce|rtx|gtx|radeon|rx) ?)*$", re.I
)
_SIZE = r"\s*[(（]?\d+(?:\.\d+)? ?(?:gb|gib|ギガ)?[)）]?"
_WITH_SIZE = re.compile(r"\s*[(（]?(\d{1,3}) ?(?:gb|gib|ギガ)", re.I)
_AFTER = re.compile(rf"(?:{_SIZE})?(?:の|を|が)?\s?(?:[x×*]\s?(\d)(?!\d)|({_NUMBER})\s?(?:枚|台|基|本)(?!ずつ))", re.I)
# What stands between two cards of one machine, and nothing else does.
_JOINS = re.compile(
    rf"s?(?:{_SIZE})?(?:の|を|が)?\s*(?:[x×*]\s?\d|(?:{_NUMBER})\s?(?:枚|台|基|本)(?:ずつ)?)?[)）]?\s*"
    r"(?:\+|＋|&|,|、|(?<![a-z])(?:and|plus|(?:together |along )?with|alongside|next to|beside|paired with)(?![a-z])|"
    r"と(?!比)|に加えて?|および|プラス|\s)+"
    rf"(?:(?:the|an?|my|our|another|second|spare|old(?:er)?|new(?:er)?|other|existing|current|used|"
    rf"{_NUMBER}|[x×]|nvidia|geforce|rtx|gtx|radeon|rx|もう1枚|古い)\s?)*",
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
    gaps = [text[one.end : other.start] for one, other in pairwise(spans)]
    if not all(_JOINS.fullmatch(gap) or (adds and _ADDED_TO.fullmatch(gap)) for gap in gaps):
        return ()
    if any(span.hint == "unknown" or (is_gone(span, text) and not adds) for span in spans):
        return ()
    counts = [_count(span, text) for span in spans]
    if counts == [None] * (len(spans) - 1) + [len(spans)] and not _BEFORE.search(text[: spans[-1].start]):
        counts = []  # "a 3060 and a 1070, two cards": one of each
    cards = {f"{span.value}{_size(span, text)}": n or 1 for span, n in zip_longest(spans, counts)}
    return tuple(name if count == 1 else f"{count}x {name}" for name, count in cards.items())


def _size(span: "Span", text: str) -> str:
    """Return the memory that is written right behind a card, as a part of its name."""
    found = _WITH_SIZE.match(text, span.end)
    return f" {found[1]}GB" if found else ""


def _count(span: "Span", text: str) -> int | None:
    """Return how many of a card are said to be there, None where no number stands beside it."""
    from assistant.reader.units import number

    found = _BEFORE.search(text[: span.start]) or _AFTER.match(text, span.end)
    said = next((one for one in found.groups() if one), "") if found else ""
    return int(number(said)) or None if said else None


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
