"""The least speed that a question asks for, in tokens per second: "at least 30 tok/s", 「毎秒20トークン以上」."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.reader.lexicon import patterns
from assistant.reader.text import clean
from assistant.reader.units import Span, number

# Tokens of one: an English word 4/3 and a character 1/4 (OpenAI's rules of thumb), a Japanese character about one.
_TOKENS = {"token": 1.0, "word": 4 / 3, "letter": 1 / 4, "character": 1.0}
_FASTEST = 2_000.0  # tokens per second; more is what a server writes in all
_FEW = (
    r"two|three|four|five|six|eight|ten|twelve|fifteen|twenty|thirty|forty|fifty|a hundred|"
    r"[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]|百"
)
_SCALE = {"k": 1e3, "thousand": 1e3, "千": 1e3, "万": 1e4}
_AMOUNT = (
    rf"(?<![\d.,A-Za-z])(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|{_FEW})(?!\.?\d)"
    r"(?:\s?(?P<scale>k(?![a-z])|thousand|千|万))?"
)
_RANGE = r"(?:\s?(?:-|~|〜|to |or |から|ないし|か)\s?\d+(?:\.\d+)?)?"
_UNIT = (
    r"(?:(?P<token>tokens?|toks?|t(?=\s?(?:/|p(?:er|\.)|a ?s|毎))|トークン)|(?P<word>words?|単語)|"
    r"(?P<letter>characters?|chars?|letters?)|(?P<character>文字|字))"
)
_SECOND, _LONGER = r"s(?:ec(?:onds?|s)?)?", r"(?P<long>min(?:utes?)?|h(?:ours?|r)?)"
_PER = (
    r"(?:\s?(?:/|p(?:er)?[ .]|\ba\b|\ban\b|\bevery\b|\beach\b|\bin (?:an?|one|1)\b)\s?(?:1\s?)?"
    rf"(?:{_SECOND}|{_LONGER})(?![A-Za-z])|\s?(?:/|毎|パー)\s?(?:秒|(?P<longer>分|時))|\s?ps(?![A-Za-z]))"
)
_EVERY_SECOND = (
    r"(?:毎秒|秒間|秒速|(?:1|一)秒(?:間)?(?:に|あたり|当たり|につき|で)|秒あたり|per second:?|speed(?: of)?|速度|"
    r"(?P<longest>毎[分時]|(?:1|一)(?:分間?|時間)(?:に|あたり|当たり|につき|で)|per (?:minute|hour):?))"
)
_MARGIN = r"(?:は|が|に|で|、|:|=|≥|>=?|約|最低|少なくとも|せめて|最低でも|at least|of|about|around|\s){0,4}"
_PATTERNS = tuple(
    re.compile(text, re.I)
    for text in (
        rf"{_AMOUNT}{_RANGE}\s?(?:\+|以上の?)?\s?-?{_UNIT}(?:以上)?{_PER}",
        rf"{_AMOUNT}{_RANGE}\s?\+?\s?(?P<token>tps|tokps)(?![A-Za-z])",
        rf"{_EVERY_SECOND}{_MARGIN}{_AMOUNT}{_RANGE}\s?\+?\s?{_UNIT}(?![A-Za-z])",
        rf"(?:{_UNIT}{_PER}|(?P<tps>(?<![a-z])tps(?![a-z])))"
        rf"(?:\s?(?:is|are|be|must be|should be|needs? to be|of|at|で|は|が|を|:|=|≥|>=?|at least|above|over|"
        rf"min(?:imum)?|最低|少なくとも|約)){{1,4}}\s?{_AMOUNT}",
    )
)
# Fewer than any context. An answer's length is "tokens of output" or the like.
_FEW_TOKENS = re.compile(
    r"(?<![\d.,A-Za-z])(?P<n>[1-9]\d?|1\d\d|2[0-4]\d)\s?\+?\s?(?P<token>tokens?|トークン)"
    r"(?![A-Za-z]| (?:of|long|per|output|each|answers?|prompts?)|の|ずつ|あたり|出力)",
    re.I,
)
_LONG = ("long", "longer", "longest")  # groups of a rate per minute or hour
_SAID = patterns("speed")
_NEAR = 28  # characters beside a speed, within its clause, that say what it is
_CLAUSE = re.compile(r"[,、。.;!?！？\n]|\bbut\b|けど|けれど|ですが|ますが|のに")


@dataclass(frozen=True, slots=True)
class Speed:
    """A speed in a text: characters [start, end) and tokens per second."""

    start: int
    end: int
    value: float


def rates(text: str, *, talking: bool = False) -> Iterator[tuple[Speed, bool]]:
    """Yield every rate of tokens that a cleaned text names; of a range the lower end.

    With it whether it can be the speed of one answer: a rate per minute or hour, or one beyond any answer's speed, is
    what is written in all, and its value is not used. `talking`: in a conversation a few tokens ("and with at least 50
    tokens?") are a speed.
    """
    taken: set[int] = set()
    for pattern in (*_PATTERNS, *((_FEW_TOKENS,) if talking else ())):
        for found in pattern.finditer(text):
            said = found.groupdict()
            kind = next((name for name in _TOKENS if said.get(name)), "token")
            value = number(found["n"]) * _SCALE.get((said.get("scale") or "").casefold(), 1.0) * _TOKENS[kind]
            start, end = found.span()
            if value > 0 and taken.isdisjoint(range(start, end)):
                taken.update(range(start, end))
                alone = value <= _FASTEST and not any(said.get(name) for name in _LONG)
                yield Speed(start, end, round(value, 2)), alone


def spans(text: str, *, talking: bool = False) -> Iterator[Span]:
    """Yield the rates of a cleaned text as spans with their words: hint "least" where it is wished for, "all", ""."""
    for speed, alone in rates(text, talking=talking):
        hint = "all" if not alone else "least" if _wish(text, speed) is not None else ""
        start, end = _extent(text, speed) if hint else (speed.start, speed.end)
        yield Span("TPS", start, end, speed.value, hint)


def least_tokens_per_second(text: str, *, talking: bool = False) -> float | None:
    """Return the least tokens per second that a question asks for, None when it asks for none.

    A speed without any word beside it is such a wish ("coding on a 3090, 30 tok/s"); one that is had already ("I only
    get 5 t/s"), an upper end ("up to 10 t/s") and the reading of a prompt are none. Of several wishes the smallest
    counts, of those with "at least" before the others, of what is ideal last. Words and characters become tokens.
    """
    text = clean(text)
    ranked = [
        (rank, one.value)
        for one, alone in rates(text, talking=talking)
        if alone and (rank := _wish(text, one)) is not None
    ]
    return min(ranked)[1] if ranked else None


def _wish(text: str, speed: Speed) -> int | None:
    """Return how firmly a speed is wished for: 0 "at least", 1 stated, 2 ideal; None when it is no wish."""
    said = text[speed.start : speed.end]
    before = _CLAUSE.split(text[max(0, speed.start - _NEAR) : speed.start])[-1]
    after = _CLAUSE.split(text[speed.end : speed.end + _NEAR])[0]
    least_before = _SAID["least_before"].search(before)
    if (_SAID["most_before"].search(before) and not least_before) or _SAID["most_after"].match(after):
        return 0 if _SAID["too_slow_after"].search(after) else None
    if _SAID["ideal_before"].search(before):
        return 2
    if least_before or _SAID["least_after"].match(after) or "+" in said or "以上" in said:
        return 0
    if _SAID["had_before"].search(before) or _SAID["had_after"].match(after):
        return None
    return 1


def _extent(text: str, speed: Speed) -> tuple[int, int]:
    """Return where a wished speed begins and ends with the words that make it a least one."""
    before, after = _SAID["wish_before"].search(text[: speed.start]), _SAID["wish_after"].match(text, speed.end)
    return before.start() if before else speed.start, after.end() if after else speed.end
