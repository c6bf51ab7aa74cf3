"""How much is used: tokens per day, week, month or year in a cleaned question, as tokens per month."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from assistant.reader.lexicon import patterns
from assistant.reader.units import NUM, Span, number

_SAID = patterns("usage")
_PERIOD = _SAID["period"]
_MONTHS = {"day": 365 / 12, "week": 365 / 84, "month": 1.0, "year": 1 / 12}  # how often in a month
_SCALE = {"k": 1e3, "m": 1e6, "b": 1e9, "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "億": 1e8}
_SPOKEN = r"(?:half a|a couple(?: of)?|an?|one|two|three|four|five|six|eight|ten|twenty|fifty|a hundred)(?= (?:m|b))"
_SPOKEN_COUNTS = {"half a": 0.5, "an": 1.0}
_COUNT = (
    rf"(?<![A-Za-z0-9.,$¥])(?:(?P<digits>{NUM})|(?P<spoken>{_SPOKEN}))[\s-]?"
    r"(?P<scale>k(?![a-z])|m(?:il(?:lion)?s?)?(?![a-z])|b(?:illion|n)?(?![a-z])|thousand|百万|千万|万|億|千)?\s?"
)
_SIDE = (
    r"(?<![A-Za-z])(?:(?P<{0}input>input|prompt|in\b|incoming|入力)|"
    r"(?P<{0}output>output|completion|generated|out\b|outgoing|出力))"
)
_TOKENS = re.compile(
    rf"(?:{_SIDE.format('c')}(?:は|が|を|:| of)?\s?)?{_COUNT}(?:of )?"
    rf"(?:{_SIDE.format('a')}\s?(?:の)?)?(?:tokens?(?![a-z])|toks?(?![a-z])|トークン)"
    rf"(?:\s?(?:of |の|を|分の?)?{_SIDE.format('b')})?(?!{_SAID['whole'].pattern})",
    re.I,
)
_SIDED = re.compile(
    rf"(?:{_SIDE.format('c')}(?:は|が|を|:| of)?\s?)?{_COUNT}(?:{_SIDE.format('a')})?(?=[、,とで&+/ ]|$)", re.I
)
_CALLS = re.compile(rf"{_COUNT}{_SAID['calls'].pattern}", re.I)
_NEAR = 20  # characters between an amount and its "per day"
_SENTENCE = re.compile(r"[。！？!?\n]|\.(?=\s|$)")


def _amount(found: re.Match[str]) -> float:
    said = (found["spoken"] or "").casefold().removesuffix(" of")
    count = _SPOKEN_COUNTS.get(said) or number(found["digits"] or said)
    unit = (found["scale"] or "").casefold()
    return count * _SCALE.get(unit, _SCALE.get(unit[:1], 1e3 if unit == "thousand" else 1.0))


def usages(text: str) -> Iterator[Span]:
    """Yield tokens per month with their side as hint ("input", "output", ""), calls per month as hint "calls".

    Tokens of one call ("2k tokens each") have the hint "each" and are not per month. An amount needs its period beside
    it; where several with sides stand in one sentence ("5M input and 1M output tokens a month") one period will do.
    """
    periods = [(one.start(), one.end(), _per_month(one)) for one in _PERIOD.finditer(text)]
    calls = [one for one in _CALLS.finditer(text) if _nearest(text, one, periods)]
    for found in calls:
        near = _nearest(text, found, periods)
        if near and _amount(found) > 1:  # "1回2000トークン" is no rate
            yield Span("USE", *_whole(found, near), round(_amount(found) * near[2]), "calls")
    told = []
    for found in _TOKENS.finditer(text):
        side = next((name for name in ("input", "output") if any(found[f"{where}{name}"] for where in "abc")), "")
        if calls and (
            _SAID["each_after"].match(text, found.end()) or _SAID["each_before"].search(text[: found.start()])
        ):
            yield Span("USE", found.start(), found.end(), round(_amount(found)), f"each {side}".strip())
        elif near := _nearest(text, found, periods, 80 if side else _NEAR):
            told.append(Span("USE", *_whole(found, near), round(_amount(found) * near[2]), side))
    yield from told
    yield from _sided(text, told, periods)


def _sided(text: str, told: list[Span], periods: list[tuple[int, int, float]]) -> Iterator[Span]:
    """Yield amounts of one side that leave their tokens to the other: "input 20M, output 4M tokens a month"."""
    if not any(span.hint in ("input", "output") for span in told):
        return
    for found in _SIDED.finditer(text):
        near = _nearest(text, found, periods, 80)
        side = next((one for one in ("input", "output") if found[f"c{one}"] or found[f"a{one}"]), "")
        if side and near and found["scale"] and not any(span.start <= found.start() < span.end for span in told):
            yield Span("USE", found.start(), found.end(), round(_amount(found) * near[2]), side)


_AMOUNT_ALONE = re.compile(_COUNT, re.I)
_OF_SOMETHING = re.compile(
    r"\s?(?:円|ドル|人|名|件|回|文字|字|yen|dollars?|usd|euros?|users?|people|words?|pages?)", re.I
)
_BESIDE = 3  # characters between an amount that names no tokens and its "a month"


def rates(text: str) -> Iterator[Span]:
    """Yield amounts per month that do not say tokens ("50M a month"), as one may in a conversation about usage."""
    periods = [(one.start(), one.end(), _per_month(one)) for one in _PERIOD.finditer(text)]
    for found in _AMOUNT_ALONE.finditer(text):
        near = _nearest(text, found, periods, _BESIDE)
        if near and found["scale"] and not _OF_SOMETHING.match(text, found.end()):
            yield Span("USE", *_whole(found, near), round(_amount(found) * near[2]))


def _per_month(found: re.Match[str]) -> float:
    return next(_MONTHS[name] for name, said in found.groupdict().items() if said)


def _nearest(
    text: str, amount: re.Match[str], periods: list[tuple[int, int, float]], reach: int = _NEAR
) -> tuple[int, int, float] | None:
    """Return the period nearest to an amount, within reach and the sentence."""
    best: tuple[int, tuple[int, int, float]] | None = None
    for one in periods:
        gap = text[amount.end() : one[0]] if one[0] >= amount.end() else text[one[1] : amount.start()]
        if (one[0] < amount.end() and one[1] > amount.start()) or len(gap) > reach or _SENTENCE.search(gap):
            continue
        if best is None or len(gap) < best[0]:
            best = len(gap), one
    return best[1] if best else None


def _whole(amount: re.Match[str], period: tuple[int, int, float]) -> tuple[int, int]:
    """Return where an amount with the period right beside it starts and ends."""
    start, end = amount.span()
    return (min(start, period[0]) if 0 <= start - period[1] <= 2 else start), (
        max(end, period[1]) if 0 <= period[0] - end <= 2 else end
    )


def usage_from(spans: Iterable[Span]) -> dict[str, Any]:
    """Return the usage that spans state, as arguments: tokens per month read and written; {} when none is.

    A total is split as the shipped assumption is (knowledge/costs.toml); calls count with the tokens of each.
    """
    from knowledge.costs import load_costs

    known = load_costs()
    share = known.input_tokens / (known.input_tokens + known.output_tokens)
    used = [span for span in spans if span.kind == "USE"]
    calls = next((int(str(span.value)) for span in used if span.hint == "calls"), 0)
    out: dict[str, int] = {}
    for span in used:
        tokens = int(str(span.value))
        if span.hint.startswith("each"):
            tokens *= calls
        side = span.hint.removeprefix("each").strip()
        if side in ("input", "output"):
            out.setdefault(f"{side}_tokens", tokens)
        elif side == "" and not out:
            out = {"input_tokens": round(tokens * share), "output_tokens": tokens - round(tokens * share)}
    return out
