"""The least speed that a question asks for, in tokens per second: "at least 30 tok/s", 「毎秒20トークン以上」."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.reader.lexicon import patterns
from assistant.reader.text import clean
from assistant.reader.units import number

# Tokens of one: an English word 4/3 and a character 1/4 (OpenAI's rules of thumb), a Japanese character about one.
_TOKENS = {"token": 1.0, "word": 4 / 3, "letter": 1 / 4, "character": 1.0}
_FASTEST = 2_000.0  # tokens per second; more is what a server writes in all
_FEW = (
    r"two|three|four|five|six|eight|ten|twelve|fifteen|twenty|thirty|forty|fifty|a hundred|"
    r"[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]|百"
)
_AMOUNT = rf"(?<![\d.,A-Za-z])(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|{_FEW})(?!\.?\d)"
_RANGE = r"(?:\s?(?:-|~|〜|to |or |から|ないし|か)\s?\d+(?:\.\d+)?)?"
_UNIT = (
    r"(?:(?P<token>tokens?|toks?|t(?=\s?(?:/|p(?:er|\.)|a ?s|毎))|トークン)|(?P<word>words?|単語)|"
    r"(?P<letter>characters?|chars?|letters?)|(?P<character>文字|字))"
)
_PER = (
    r"(?:\s?(?:/|p(?:er)?[ .]|\ba\b|\bevery\b|\beach\b|\bin (?:a|one|1)\b)\s?(?:1\s?)?s(?:ec(?:onds?|s)?)?(?![A-Za-z])|"
    r"\s?(?:/|毎|パー)\s?秒|\s?ps(?![A-Za-z]))"
)
_EVERY_SECOND = (
    r"(?:毎秒|秒間|秒速|(?:1|一)秒(?:間)?(?:に|あたり|当たり|につき|で)|秒あたり|per second:?|speed(?: of)?|速度)"
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
_SAID = patterns("speed")
_NEAR = 28  # characters beside a speed, within its clause, that say what it is
_CLAUSE = re.compile(r"[,、。.;!?！？\n]|\bbut\b|けど|けれど|ですが|ますが|のに")


@dataclass(frozen=True, slots=True)
class Speed:
    """A speed in a text: characters [start, end) and tokens per second."""

    start: int
    end: int
    value: float


def speeds(text: str) -> Iterator[Speed]:
    """Yield every speed that a cleaned text names; of a range the lower end."""
    taken: set[int] = set()
    for pattern in _PATTERNS:
        for found in pattern.finditer(text):
            kind = next((name for name in _TOKENS if name in found.re.groupindex and found[name]), "token")
            value = number(found["n"]) * _TOKENS[kind]
            if 0 < value <= _FASTEST and not taken & set(range(*found.span())):
                taken |= set(range(*found.span()))
                yield Speed(*found.span(), round(value, 2))


def least_tokens_per_second(text: str) -> float | None:
    """Return the least tokens per second that a question asks for, None when it asks for none.

    A speed without any word beside it is such a wish ("coding on a 3090, 30 tok/s"); one that is had already ("I only
    get 5 t/s"), an upper end ("up to 10 t/s") and the reading of a prompt are none. Of several wishes the smallest
    counts, of those with "at least" before the others, of what is ideal last. Words and characters become tokens.
    """
    text = clean(text)
    ranked = [(rank, one.value) for one in speeds(text) if (rank := _wish(text, one)) is not None]
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
