"""What neighbouring spans mean together: a name and its size, sizes of one family, counts of a card, bare memory."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.reader.lexicon import patterns
from assistant.reader.units import Span, number

if TYPE_CHECKING:
    from assistant.reader.marking import Tables

_JOIN = (
    r"[\s\-ー・(]{0,2}(?:の|'s |of |in |version |size |って(?:いう)?(?:の|もの|やつ)?の?|という(?:の|もの|"
    r"モデル)?の?|っていうのの?|ってやつの)?\s?(?:the )?[(]?"
    r"(?:蒸留(?:版|モデル|した)?の?|distill(?:ed|ation)?(?: model| version)? )?"
)
_BOUND = re.compile(r"\s?(?:以下|未満|以内|まで|以上|級|クラス|(?:or|and) (?:less|smaller|below|under|more|up))", re.I)
_OF = r"\s?の\s?|'s | "
_AND = (
    r"(?:\s?(?:\band|\bor|\bthan|\bto|\bvs\.?|\bversus|/|,|と|か|や|から|より|、|"
    r"(?:の(?:ほう|方))?(?:じゃ|では?)なくて?)\s?(?:the )?|, ?not (?:the )?)"
)
_SIZE = re.compile(r"(?:の|[-_ ])?\d+(?:\.\d+)?[bB](?:[- ]?a\d+b)?(?![A-Za-z0-9])", re.I)
_NEXT = re.compile(rf"{_AND}([A-Za-z0-9.+-]+(?: [A-Za-z0-9.+-]+){{0,2}})")
_TELLING = re.compile(
    r"\d|^(?:tiny|small|medium|large|mini|nano|micro|flash|pro|turbo|opus|sonnet|haiku|scout|"
    r"maverick)(?:-|$)",
    re.I,
)


def _resized(name: Span, text: str, size: float, tables: "Tables") -> str | None:
    """Return the entry that a name means with another size: by how it is written, then by the entry it stands for."""
    for written in (text[name.start : name.end], str(name.value)):
        if _SIZE.search(written):
            found = tables.models.get(_SIZE.sub(f" {size:g}b", written, count=1))
        else:
            found = tables.models.get(f"{written} {size:g}b")
        if found is not None:
            return found
    return None


def join_sizes(text: str, spans: list[Span], tables: "Tables") -> list[Span]:
    """Unite a name with a size or version beside it that the catalog knows: 「ラマ3.1の8B」, "the 8B Qwen3"."""
    out: list[Span] = []
    for span in spans:
        if out and out[-1].kind == span.kind == "MOD" and re.fullmatch(_OF, text[out[-1].end : span.start]):
            value = tables.models.get(f"{text[out[-1].start : out[-1].end]} {text[span.start : span.end]}")
            if value is not None:
                out[-1] = Span("MOD", out[-1].start, span.end, value)
                continue
        if out and {out[-1].kind, span.kind} == {"MOD", "PAR"}:
            left = out[-1]
            between = text[left.end : span.start]
            name, size = (left, span) if left.kind == "MOD" else (span, left)
            sized = bool(re.search(r"\d[bB](?![a-z])", text[name.start : name.end]))
            if re.fullmatch(_JOIN, between) and (name is left or between.strip() in ("", "の", "-", "of")):
                value = _resized(name, text, float(str(size.value)), tables) if not sized else None
                unsized = not sized and not _BOUND.match(text, max(left.end, span.end))
                if value is not None or unsized or not re.search(r"\d[bB](?![a-z])", str(name.value)):
                    hint = "" if value is not None else "unknown"
                    value = value or text[name.start : name.end] + f" {size.value:g}B"
                    end = span.end + (1 if text[span.end : span.end + 1] == ")" and "(" in between else 0)
                    out[-1] = Span("MOD", left.start, end, value, hint)
                    continue
        out.append(span)
    return out


def siblings(text: str, spans: list[Span], tables: "Tables") -> list[Span]:
    """Read a size or version after a named model as its sibling: "gemma3 12b or 27b", "Mistral Small 3.1 and 3.2"."""
    out: list[Span] = []
    for span in spans:
        if out and span.start < out[-1].end:  # part of a sibling found before
            continue
        left = next((one for one in reversed(out) if one.kind == "MOD"), None)
        if (
            span.kind == "PAR"
            and left is not None
            and isinstance(span.value, float)
            and re.search(rf"{_AND}$", text[left.end : span.start])
        ):
            value = _resized(left, text, span.value, tables)
            if value is not None and value != left.value:
                span = Span("MOD", span.start, span.end, value)
        out.append(span)
        if span.kind == "MOD" and (other := _next_name(text, span, tables)) is not None:
            out.append(other)
    return out


def _next_name(text: str, name: Span, tables: "Tables") -> Span | None:
    """Return "3.3 70B" of "Llama 3.1 70B to 3.3 70B": what makes a name of the catalog with the beginning of `name`."""
    found = _NEXT.match(text, name.end)
    if found is None:
        return None
    first = re.split(r"[-_ ]", text[name.start : name.end])
    words = found[1].split(" ")
    for said in range(len(words), 0, -1):
        rest = " ".join(words[:said]).rstrip(".")
        if not all(_TELLING.search(word) for word in rest.split(" ")):
            continue
        for kept in range(len(first) - 1, 0, -1):
            value = tables.models.get(f"{' '.join(first[:kept])} {rest}")
            if value is not None and value != name.value:
                return Span("MOD", found.start(1), found.start(1) + len(rest), value)
    return None


# GB that machines with one memory, and cards, are sold with.
_MEMORY_SIZES = (8, 16, 18, 24, 32, 36, 48, 64, 96, 128, 192, 256, 512)
_CARD_SIZES = (4, 6, 8, 10, 11, 12, 16, 20, 24, 32, 48, 80)
_BARE = re.compile(
    r"(?:[\s/]|\s?(?:with|の|(?:macbook |mac )?(?:air|pro|mini|studio)|エアー?|(?:マック)?ミニ)|(?<=[a-z]))\s?"
    r"(\d{1,3})(?!\d|[.,]?\d|[a-z%]|"
    r"[ -]?(?:[gt]i?b?|[kmbx]|mp|tok|cores?|[cg]pu|inch)(?![a-z])|\s?(?:台|枚|人|つ|個|番|万|億|件|コア|インチ))",
    re.I,
)
_JOINED = re.compile(r"(?<=[a-z])(\d{1,2})(?![A-Za-z\d.%])", re.I)
_OTHER_SIZE = (  # "not the 40 but the 80", 「8じゃなくて16」
    r"(?:\d{1,3} ?(?:gb)?(?: one|の?(?:ほう|方|やつ))?"
    r"(?:(?:じゃな|では?な)くて?、?|,? but (?:the )?|, the ))?"
)
_APART_FROM_CARD = re.compile(  # "A100 80", "h100 (94)", 「3080の12のやつ」
    r"(?:[ /-]|\s?[(]|\s?[のは]\s?|\s(?:with|of)\s|,? (?:not )?the )"
    rf"{_OTHER_SIZE}"
    r"(\d{1,3})s?(?![\d%$¥]|[.,]\d|[A-Za-z]|"
    r"[ -]?(?:[gtk]i?b?|[mbw]|x ?(?=[a-z])|tok\w*|cores?|[cg]pus?|cards?|inch|layers?|threads?|bits?|users?|people|fps|"
    r"hours?|years?|watts?|percent|models?|pages?|files?|times)(?![A-Za-z])|"
    r"\s?(?:台|枚|人|つ|個|番|万|億|件|コア|インチ|名|秒|分|時間|円|ドル|年|月|日|回|本|層|ビット|並列|倍|ページ|世代|%))",
    re.I,
)


def bare_memory(text: str, spans: list[Span], tables: "Tables") -> list[Span]:
    """Read a bare number beside a unified chip or a card as its memory: "M1 Ultra 128", "5060ti16", "two A100 80".

    Apart from a card's name it must be a size that the card is sold with.
    """
    out: list[Span] = []
    for span, after in zip(spans, [*(one.start for one in spans[1:]), len(text)], strict=False):
        out.append(span)
        sold = tables.memory.get(str(span.value), ()) if span.kind == "GPU" else ()
        ways = {"MAC": ((_BARE, _MEMORY_SIZES),), "GPU": ((_JOINED, _CARD_SIZES), (_APART_FROM_CARD, sold))}
        for pattern, sizes in ways.get(span.kind, ()):
            found = pattern.match(text, span.end)
            if found and found.end() <= after and int(found[1]) in sizes:
                out.append(Span("GB", found.start(1), found.end(1), float(found[1])))
                break
    return out


_AMOUNT = r"(two|three|four|five|six|seven|eight|ten|\d{1,2})"
_GB_CARDS = r"\d+[ -]?(?:gb|gigs?|g|gigabytes?) "
_BEFORE_CARD = re.compile(
    rf"(?<![A-Za-z\d.]){_AMOUNT}(?: ?[x×*])?(?: of (?:the |these )?| (?:nos?\.?|pcs|pieces|units) (?:of )?| (?:nvidia |"
    rf"geforce |amd |used |old |new |spare |more |{_GB_CARDS})*| ?)$",
    re.I,
)
_ANOTHER_CARD = re.compile(
    r"(?<![A-Za-z])(a second|a 2nd|my second|the second|another|one more|an additional)"
    r" (?:nvidia |geforce |amd |radeon |used |new |rtx |gtx |rx )*$",
    re.I,
)
_AFTER_CARD = re.compile(
    rf"s?\s?(?:\d+ ?gb)?,? [(]?(?:times {_AMOUNT}|{_AMOUNT} (?:of (?:them|these|those)|pieces|units|pcs)|"
    r"(twice)(?! (?:as|the)))(?![A-Za-z\d])",
    re.I,
)
_TWICE_A_CARD = re.compile(r"(?<![A-Za-z])(twice)(?: an?| the)?(?: (?:rtx|gtx|rx|nvidia))* $", re.I)
_COUNTING = patterns("cards")["counting"]
_OF_THEM = re.compile(rf"(?<![A-Za-z\d.]){_AMOUNT} of (?:them|these|those)(?![A-Za-z\d])", re.I)
_APART = re.compile("[、,。.]")
_BESIDE = re.compile(r"[\s×*をがのは(]{0,3}")


_MULTIPLE = re.compile(r"(?:a )?(?:dual|twin|triple|quad|pair(?: of)?|couple of)|デュアル|トリプル|ペア", re.I)
_OF_CARDS = re.compile(r"[- ]?(?:\d+ ?gb |graphics )?(?:gpus?|cards?)(?![a-z])|の?(?:GPU|グラボ|カード)", re.I)
_OF_A_WORD = re.compile(r"[- ]?[A-Za-z]|[ァ-ヶ一-鿿]")
_UP_TO_CARD = re.compile(
    rf"(?:の|[ -](?:of |the |these |used |old |new |nvidia |geforce |amd |radeon |intel |{_GB_CARDS})*)?", re.I
)
_AFTER_A_CARD = re.compile(r"[ ,(]{1,3}(?:as |in )?(?:a )?", re.I)


def _multiple_of_something_else(text: str, span: Span, cards: list[Span], conversation: bool) -> bool:
    """Tell whether "dual", "pair" or 「ペア」 is of something else than a card: "dual Xeon", "pair programmer"."""
    multiple = span.hint == "gpus" and _MULTIPLE.fullmatch(text[span.start : span.end])
    if not multiple or not _OF_A_WORD.match(text, span.end) or _OF_CARDS.match(text, span.end):
        return False
    return not (conversation and not cards) and not any(
        _UP_TO_CARD.fullmatch(text[span.end : card.start])
        if span.end <= card.start
        else _AFTER_A_CARD.fullmatch(text[card.end : span.start])
        for card in cards
    )


def _numbers_a_product(text: str, found: re.Match[str]) -> bool:
    """Tell whether digits before a card belong to what stands before them: "Windows 11 RTX 3060", "Legion 5 4060"."""
    bare = found[1].isdigit() and found[0][len(found[1]) :].strip() == ""
    return bare and not _COUNTING.search(text[: found.start(1)])


def counted(text: str, spans: list[Span], *, conversation: bool = False) -> list[Span]:
    """Mark counts that stand beside a GPU as counts of it, and read "two 4090s", "4090 2つ", "a second 4090"."""
    cards = [span for span in spans if span.kind in ("GPU", "MAC")]
    out: list[Span] = []
    for span in spans:
        if span.kind == "NUM" and _multiple_of_something_else(text, span, cards, conversation):
            continue
        if (
            span.kind == "NUM"
            and span.hint == "count"
            and any(
                card.start - span.end <= 2 and not _APART.search(text[span.end : card.start])
                if span.end <= card.start
                else card.end <= span.start and _BESIDE.fullmatch(text[card.end : span.start])
                for card in cards
            )
        ):
            span = replace(span, hint="gpus")
        out.append(span)
    for card in cards:
        before, after = text[: card.start], _AFTER_CARD.match(text, card.end)
        of_them = _OF_THEM.search(text) if len(cards) == 1 else None
        for found in (
            _BEFORE_CARD.search(before), _ANOTHER_CARD.search(before), _TWICE_A_CARD.search(before), after, of_them
        ):  # fmt: skip
            if found is None:
                continue
            group = next(number for number in range(1, 4) if found[number])
            start, end = found.span(group)
            if found.re is _BEFORE_CARD and _numbers_a_product(text, found):
                continue
            if not any(one.start < end and start < one.end for one in out if one.kind == "NUM"):
                value = 2 if found.re is _ANOTHER_CARD else int(number(found[group]))
                out = [one for one in out if one.end <= start or end <= one.start]
                out.append(Span("NUM", start, end, value, "gpus"))
    return sorted([*out, *_listed(text, cards, out)], key=lambda span: span.start)


_ROW = re.compile(r"(?im)^[ |*#・-]*(?:gpu ?)?#?(\d{1,2})[ :|.=)]")


def _listed(text: str, cards: list[Span], out: list[Span]) -> list[Span]:
    """Return the count of a card that stands in several numbered rows, as nvidia-smi lists them, on the last number."""
    rows = [found for found in _ROW.finditer(text) if any(_row_of(text, card) == found.start() for card in cards)]
    one_kind = len({card.value for card in cards}) == 1
    if not one_kind or len(rows) < 2 or any(one.kind == "NUM" and one.hint == "gpus" for one in out):
        return []
    return [Span("NUM", rows[-1].start(1), rows[-1].end(1), len(rows), "gpus")]


def _row_of(text: str, span: Span) -> int:
    return text.rfind("\n", 0, span.start) + 1
