"""Machines that a question sets against one another: cards with number and memory, chips, Macs, a bare processor."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.reader.units import Span
from knowledge.computers import computers_in
from knowledge.gpu_table import load_gpus

if TYPE_CHECKING:
    from assistant.reader.marking import Marked

CPU = "CPU"  # a computer without a card, by its RAM: "CPU 64GB"
CARD = "GPU"  # a card of which only the memory is named: "GPU 12GB"
_EITHER = re.compile(
    r"(?<![a-z])(?:or|vs\.?|versus|beats?|against|outperforms?)(?![a-z])|または|それとも|もしくは|あるいは|か(?![らな])",
    re.I,
)
_SET_AGAINST = re.compile(rf"{_EITHER.pattern}|と|より", re.I)  # a processor and a card
_LISTED = re.compile(r"(?<![a-z])and(?![a-z])|[/,、・]|と|より|って|は|\s", re.I)
_WHICH = re.compile(
    r"(?<![a-z])(?:which(?! (?:model|llm|quant))|better|faster|compared?|vs\.?|versus)(?![a-z])|"
    r"どっち|どちら|どれ|比べ|比較|迷[いうっ]|悩[みむん]|何倍|より[^。]{0,16}(?:速|早|遅|良|い[いく]|強)|(?:どれ|どの)くらい(?:速|早|遅)",
    re.I,
)
# 「4090より5090が速い？」
_THAN = re.compile(r"(?:の?\s?\d+ ?(?:GB|ギガ))?より(?:も)?[^。]{0,16}(?:速|早|遅|良|い[いく]|強|上)", re.I)
_FASTER = re.compile(r"(?<![a-z])(?:fast(?:er|est)?|slower|speed|quicker)(?![a-z])|速|早い|遅", re.I)
_REASONS = re.compile(r"(?<![a-z])(?:why|difference)(?![a-z])|なぜ|なんで|どうして|違い", re.I)
_MEMORY = r"(?:v?ram|(?:unified )?memory|メモリー?)"
_MAC = r"(?:mac ?(?:mini|studio|pro|book(?: ?(?:air|pro))?)|imac|macs?)"
_TO_SIZE = re.compile(rf"(?: ?{_MAC})?\s?[(（,、]?\s?(?:(?:and|with|of|の|{_MEMORY}|:)\s?)*", re.I)
_TO_NAME = re.compile(rf"\s?(?:of )?{_MEMORY}?\s?(?:の|,)?\s?(?:(?:nvidia|geforce|rtx|gtx|radeon|apple) ?)*", re.I)
_NEXT_SIZE = re.compile(
    rf"(?:(?: of)? ?{_MEMORY})?[)）]?(?:版|モデル)?\s?(?:の|が|は)?\s?"
    r"(?:(?: (?:enough|ok(?:ay)?))?(?: (?:better|worse|faster))?,? ?(?:or|vs\.?|versus|and|than)"
    r"(?: (?:should|do|must|would) (?:i|we) (?:get|need|buy|take|go for|want|have))?(?: the| an?)? |"
    r"か|と|/|,|、|それとも|または|もしくは|より|・)+\s?(?:the )?",
    re.I,
)
# "8 or" of "8 or 12 GB"
_BEFORE_SIZE = re.compile(r"(?<![\d.a-z])(?:\d{1,3}(?:,? or|,|/|,? vs\.?|か|と|、)\s?)+$", re.I)
_SIDES = re.compile(r"(?<![a-z])(?:or|vs|versus|and|than|beats?|against)(?![a-z])|[/,、・]|と|か|または|それとも", re.I)
_PROCESSOR = re.compile(
    rf"(?<![a-z])(?:cpu|processor)(?:[ -]?only|-?inference)?"
    rf"(?:だけ|のみ|推論)?(?=(?:[ :(（、]|で|の|と|with|and|{_MEMORY})*\d{{2,4}} ?(?:gb|gib|ギガ))|"
    r"(?<![a-z])(?:no gpu|without an? gpu|cpu[ -]only)(?=[\s,(（]{0,2}(?:with )?\d{2,4} ?gb)|"
    r"(?:CPU|プロセッサー?)(?:だけ|のみ)?(?=(?:[ 、(（]|で|の|と|メモリー?|RAM)*\d{2,4} ?(?:GB|ギガ))|"
    r"(?<![a-z0-9])(?:(?:intel )?(?:core )?i[3579](?: ?-?\d{4,5}[a-z]{0,2})?|"
    r"(?:intel )?core ultra(?: [3579])?(?: \d{3}[a-z]?)?|"
    rf"(?:amd )?ryzen(?: ?[3579])?(?: ?\d{{4}}[a-z0-9]{{0,3}})?|xeon|epyc|threadripper)"
    rf"(?=(?:[ :+＋/&(（、,]|で|の|と|with|and|{_MEMORY})*\d{{2,4}} ?(?:gb|gib|ギガ))",
    re.I,
)
_TO_RAM = re.compile(rf"(?:[ :+＋/&(（、,]|で|の|と|with|and|{_MEMORY})*", re.I)
_OF_A_CARD = re.compile(r"(?<![a-z])(?:vram|gpus?|(?:graphics? ?|video ?)?cards?)(?![a-z])|グラボ|グラフィック", re.I)
_OF_A_COMPUTER = re.compile(r"(?<![a-z])(?:ram|memory)(?![a-z])|メモリ", re.I)
# What a question that does nothing but set machines against one another says beside them.
_FILLER = re.compile(
    rf"(?<![a-z])(?:{_MAC}|{_MEMORY}|which|what|one|is|are|was|the|an?|or|vs|versus|and|to|than|with|of|for|on|in|at|it|"
    r"should|would|do|does|i|you|we|my|get|buy|use|pick|choose|take|have|be|better|best|faster|fastest|stronger|good|"
    r"compare[ds]?|comparing|comparison|llms?|local(?:ly)?|ai|models?|run|running|inference|gpus?|cards?|cpu|only|single|"
    r"two|dual|used|new|how|much|many|times|speed|performance|nvidia|geforce|rtx|gtx|radeon|amd|apple|about|please|worth|more|need|choice|option|enough|if|either|go)(?![a-z])|"
    r"どっち|どちら|どれ|何倍|くらい|ぐらい|どの|より|って|ずっと|かなり|ほう|方|いい|良い|よい|良さ|強い|早い|遅い|速い|速く|おすすめ|オススメ|お得|比べ|比較|して|たら|なら|場合|ください|"
    r"教えて|ですか|でしょう|です|ます|かな|かい|べき|買う|選ぶ|使う|迷って|迷う|いる|います|悩|んで|性能|それとも|または|もしくは|とか|"
    r"枚|台|基|つ|本|版|搭載|モデル|グラボ|推論|ローカル|動かす|用|[とかがはのをにでもやよね、。・?!/:,()（）「」.+x×-]|\d{1,2}(?!\d)|\s",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One of the machines: its name with number and size ("2x RTX 3060 12GB", "M4 24GB"), and where it stands."""

    name: str
    start: int
    end: int


def alternatives(marked: "Marked") -> tuple[str, ...]:
    """Return the machines between which a question chooses ("2x RTX 3090", "M3 Max 64GB"), () without any."""
    from assistant.reader.cards import is_gone
    from assistant.reader.negation import unused

    text, found = marked.source, offers(marked)
    named = [span for span in marked.spans if span.kind in ("GPU", "MAC") and not _THAN.match(text, span.end)]
    if any(is_gone(span, text) or unused(span, text) for span in named):
        return ()
    gaps = [text[one.end : other.start] for one, other in pairwise(found)]
    if not gaps or _REASONS.search(text):
        return ()
    if not (all(map(_EITHER.search, gaps)) or (_WHICH.search(text) and all(map(_LISTED.search, gaps)))):
        return ()
    beside_card = [gap for gap, pair in zip(gaps, pairwise(found), strict=True) if _is_processor_and_card(pair)]
    if not all(map(_SET_AGAINST.search, beside_card)):
        return ()  # "an i5, 32 GB, RTX 3060" is one machine
    names = tuple(dict.fromkeys(one.name for one in found))
    return names if len(names) > 1 else ()


def _is_processor_and_card(pair: tuple[Offer, Offer]) -> bool:
    return [one.name.startswith(f"{CPU} ") for one in pair].count(True) == 1


def chooses(text: str) -> bool:
    """Tell whether a text sets things against one another at all."""
    return bool(_EITHER.search(text) or _WHICH.search(text))


def of_speed(text: str) -> bool:
    """Tell whether a text asks which machine is the faster."""
    return bool(_FASTER.search(text))


def nothing_else(marked: "Marked") -> bool:
    """Tell whether a question says nothing beside its machines, or only that one of them is to be chosen."""
    kinds = ("GPU", "MAC", "GB")
    named = [(one.start, one.end) for one in marked.spans if one.kind in kinds or one.hint == "gpus"]
    taken = [(one.start, one.end) for one in offers(marked)] + named
    rest = "".join(
        " " if any(start <= at < end for start, end in taken) else letter for at, letter in enumerate(marked.source)
    )
    return not _FILLER.sub("", rest).strip()


def offers(marked: "Marked") -> list[Offer]:
    """Return the machines that a question names, in order. A second size is of another one: "M4 16GB or 24GB"."""
    from assistant.stated.cards import numbers_of

    text = marked.source
    cards = [span for span in marked.spans if span.kind == "MAC" or (span.kind == "GPU" and span.hint != "unknown")]
    things = sorted([*cards, *_computers(text, cards), *_processors(text, cards)], key=lambda span: span.start)
    numbers = numbers_of(marked, things, each=True) if things else {}
    left = [span for span in marked.spans if span.kind == "GB" and isinstance(span.value, float)]
    found: list[Offer] = []
    for thing in things:
        before = [one for one in left if one.end <= thing.start and thing.value != CPU]
        size = next((one for one in before if _TO_NAME.fullmatch(text[one.end : thing.start])), None)
        size = size or next((one for one in left if _is_of(one, thing, text)), None)
        left = [one for one in left if one is not size]
        count, base = numbers.get(thing, 1), str(thing.value)
        if size is None and (base == CPU or thing.hint == "unknown"):
            continue
        offer = Offer(_named(base, count, size), min(thing.start, size.start if size else thing.start), thing.end)
        found.append(replace(offer, end=max(offer.end, size.end)) if size else offer)
        for other in left:
            of_next = any(_TO_NAME.fullmatch(text[other.end : one.start]) for one in things if one.start >= other.end)
            if size and not of_next and _NEXT_SIZE.fullmatch(text[found[-1].end : other.start]) and _sold(base, other):
                found.append(Offer(_named(base, count, other), other.start, other.end))
        left = [one for one in left if one.start >= found[-1].end or one.end <= offer.start]
    return found or _sizes_alone(marked)


def _sizes_alone(marked: "Marked") -> list[Offer]:
    """Return sizes of memory of which no machine is named: "8 or 12 GB of VRAM" as cards, "RAM 16GBと32GB" as RAM."""
    text = marked.source
    sizes = [span for span in marked.spans if span.kind == "GB" and isinstance(span.value, float)]
    apart = all(_NEXT_SIZE.fullmatch(text[one.end : other.start]) for one, other in pairwise(sizes))
    if not apart or len({span.hint for span in sizes if span.hint in ("vram", "ram")}) > 1:
        return []  # "12 GB of VRAM and 32 GB of RAM" are one machine's
    if any(span.kind in ("GPU", "MAC") for span in marked.spans) or computers_in(text):
        return []
    base = CARD if _OF_A_CARD.search(text) else CPU if _OF_A_COMPUTER.search(text) else None
    if base is None or not sizes:
        return []
    before = _BEFORE_SIZE.search(text[: sizes[0].start])
    start = before.start() if before else 0
    bare = re.finditer(r"\d+", before[0]) if before else ()
    shorter = [Span("GB", start + one.start(), start + one.end(), float(one[0])) for one in bare]
    return [Offer(_named(base, 1, one), one.start, one.end) for one in [*shorter, *sizes]]


def _computers(text: str, cards: list[Span]) -> Iterator[Span]:
    """Yield Macs that are named without a chip, which would stand on the same side of an "or"."""
    for start, end, computer in computers_in(text):
        between = [
            text[end : card.start] if end <= card.start else text[card.end : start]
            for card in cards
            if card.kind == "MAC"
        ]
        if computer.kind == "mac" and all(map(_SIDES.search, between)):
            yield Span("MAC", start, end, computer.name)


def _processors(text: str, cards: list[Span]) -> Iterator[Span]:
    """Yield a computer without a card that is named beside cards by its RAM: "CPU with 64GB", "no GPU, 64GB"."""
    for found in _PROCESSOR.finditer(text) if cards else ():
        yield Span("GPU", found.start(), found.end(), CPU)


def _is_of(size: Span, thing: Span, text: str) -> bool:
    """Tell whether a size stands right behind a machine and may be its memory: "3060 12GB"."""
    between = _TO_RAM if thing.value == CPU else _TO_SIZE
    right_behind = size.start >= thing.end and bool(between.fullmatch(text[thing.end : size.start]))
    return right_behind and (size.hint != "ram" or thing.kind == "MAC" or thing.value == CPU)


def _named(base: str, count: int, size: Span | None) -> str:
    sized = base if size is None or base.endswith(f"{size.value:g}GB") else f"{base} {size.value:g}GB"
    return sized if count == 1 else f"{count}x {sized}"


def _sold(base: str, size: Span) -> bool:
    """Tell whether a machine is sold with a size, so that a second one behind it is another of its kind."""
    gpus = load_gpus()
    if base not in gpus:
        return base != CPU
    plain = re.sub(r" \d+GB$", "", base)
    sold = {one for gpu in gpus.values() if re.sub(r" \d+GB$", "", gpu.name) == plain for one in gpu.memory_gb}
    return gpus[base].unified or size.value in sold
