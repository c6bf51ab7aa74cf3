"""The most that a month may cost: 「月1000円以内」, "$20 a month", "€10 per month at most"."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from assistant.events import Reading
from assistant.sentences import both, money
from assistant.stated.purchase import weighed

_NUM = r"(?P<{0}>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)"
_SUM = re.compile(
    rf"(?:US)?(?P<sign>[$＄¥￥€£])\s?{_NUM.format('signed')}(?P<k>k(?![a-z]))?|"
    rf"{_NUM.format('number')}\s?(?P<scale>[千万億])?\s?"
    r"(?P<unit>円|ドル|ユーロ|ポンド|(?:yen|jpy|usd|us dollars?|dollars?|bucks|euros?|eur|pounds?|gbp|quid)(?![a-z]))",
    re.I,
)
_YEN, _EUROS, _POUNDS, _DOLLARS = "yen", "euros", "pounds", "dollars"
_CURRENCIES = {
    **dict.fromkeys(("¥", "￥", "円", "yen", "jpy"), _YEN),
    **dict.fromkeys(("€", "ユーロ", "euro", "euros", "eur"), _EUROS),
    **dict.fromkeys(("£", "ポンド", "pound", "pounds", "gbp", "quid"), _POUNDS),
}
_SCALES = {"千": 1e3, "万": 1e4, "億": 1e8}
_MONTHS = {"year": 1 / 12, "month": 1.0, "week": 365 / 84, "day": 365 / 12}  # how often in a month
_LIMITS = r"(?:以内|以下|未満|まで|くらい|ぐらい|程度|ほど|前後|内)?"
_MONTH_JA = "(?:か|ヶ|カ|ケ|箇)?月"
_AFTER = re.compile(
    rf"{_LIMITS}\s?(?:の)?(?:/|per|an?|each|every|毎)?\s?(?:"
    rf"(?P<month>months?(?![a-z])|mo(?![a-z])|monthly|{_MONTH_JA}(?!額))|"
    r"(?P<year>years?(?![a-z])|yr(?![a-z])|yearly|annually|年)|(?P<week>weeks?(?![a-z])|weekly|週)|"
    r"(?P<day>days?(?![a-z])|daily|日))",
    re.I,
)
_BEFORE = re.compile(
    rf"(?:(?P<month>月額?|毎月|月々|[1一]{_MONTH_JA}|ひと月|monthly|per month)|"
    r"(?P<year>年間?|毎年|yearly|annual)|(?P<week>毎週|週|weekly)|(?P<day>1日|一日|毎日|日額|daily))"
    r"(?:[はがにのでも]|あたり|当たり|[ :：、]|約|最大|上限|予算|"
    r"budgets?|costs?|limits?|maximum|max\.?|of|is|under|below|up to|at most)*$",
    re.I,
)
_PER_TOKENS = re.compile(
    r"\s?(?:/|per|for|で)?\s?(?:1\s?)?(?:M(?![a-z])|million|100万|百万|1k|千トークン|tokens?|トークン)", re.I
)
# A sum that is paid, not a limit: "I pay $20 a month for ChatGPT", 「月3000円払っている」.
_PAID_BEFORE = re.compile(
    r"(?<![a-z])(?:pay(?:ing|s)?|paid|costs?|costing|charges?|is|was|spend(?:ing)?|at)\s+"
    r"(?:about |around |me |us |only |just )*$",
    re.I,
)
_PAID_AFTER = re.compile(r"[^。、,.]{0,8}(?:払って|かかって|課金し|支払って|使って(?:い|る))")
_LIMITED = re.compile(
    r"(?<![a-z])(?:under|below|less than|within|at most|max(?:imum)?|up to|no more than|not more than|cheaper than|"
    r"budget|limit(?:ed)?|afford|can (?:only )?(?:spend|pay))(?![a-z])|予算|上限|以内|以下|まで|未満|収|抑|内で",
    re.I,
)
_NEAR = 24  # characters before a sum in which its period or what makes it a limit may stand
_QUOTED = re.compile(r"“([^”]*)”|「([^」]*)」")


class Budget(NamedTuple):
    """US dollars per month, the currency in which it was told, and where in the text it stands."""

    usd: float
    currency: str
    start: int
    end: int


def monthly_budget(text: str) -> Budget | None:
    """Return the most that a month may cost, None where no such sum is told; a price per token is none."""
    for found in _SUM.finditer(text):
        before, after = text[max(0, found.start() - _NEAR) : found.start()], text[found.end() :]
        period = _AFTER.match(after) or _BEFORE.search(before)
        if period is None or _PER_TOKENS.match(after):
            continue
        near = before + after[:_NEAR]
        if not _LIMITED.search(near) and (_PAID_BEFORE.search(before) or _PAID_AFTER.match(after)):
            continue
        times = next(_MONTHS[name] for name, said in period.groupdict().items() if said)
        currency, amount = _amount(found)
        return Budget(amount * times / _per_dollar(currency), currency, found.start(), found.end())
    return None


def _amount(found: re.Match[str]) -> tuple[str, float]:
    currency = _CURRENCIES.get((found["sign"] or found["unit"]).casefold(), _DOLLARS)
    digits = float((found["signed"] or found["number"]).replace(",", ""))
    return currency, digits * (1e3 if found["k"] else 1.0) * _SCALES.get(found["scale"] or "", 1.0)


def _per_dollar(currency: str) -> float:
    from knowledge.costs import load_costs

    return 1.0 if currency == _DOLLARS else load_costs().per_dollar[currency]


def with_budget(reading: Reading, question: str, before: Mapping[str, Any] = MappingProxyType({})) -> Reading:
    """Return a `recommend` reading with the budget of a month that a question states, any other reading as it is.

    It is a limit for APIs: without hardware and without a word on where it is to run, both are weighed. `before` are
    the needs of the conversation, whose budget a turn that tells how much is used leaves in force.
    """
    from assistant.reader.text import clean

    call, text = reading.call, clean(question)
    if weighed(call.asks) is not None:  # what hardware may cost is told first: no shop prices are known
        notes = reading.notes
        for found in _SUM.finditer(text):
            notes = without_wish(notes, found[0])
        return replace(reading, notes=notes)
    if call.tool != "recommend":
        return reading
    args = call.arguments()
    budget = monthly_budget(text)
    if budget is None:
        kept = (before.get("usage") or {}).get("budget")
        if kept is None or "usage" not in args:
            return reading
        return replace(reading, call=call.with_arguments({**args, "usage": {"budget": kept, **args["usage"]}}))
    if args.get("hosting") == "local":
        return reading
    usage = {**args.get("usage", {}), "budget": round(budget.usd, 2)}
    asked = call.with_arguments({"hosting": "any", **args, "usage": usage})
    notes = without_wish(reading.notes, text[budget.start : budget.end])
    return replace(reading, call=asked, notes=(*notes, *_converted(budget)))


def _converted(budget: Budget) -> tuple[dict[str, str], ...]:
    """Return the note that tells which rate was used, () for a budget in dollars."""
    if budget.currency == _DOLLARS:
        return ()
    from knowledge.costs import load_costs

    known = load_costs()
    rate, year = f"{known.per_dollar[budget.currency]:.3g}", known.exchange.date.year
    return (both(f"budget.{budget.currency}", rate=rate, year=year, usd=money(budget.usd)),)


def without_wish(notes: tuple[dict[str, str], ...], words: str) -> tuple[dict[str, str], ...]:
    """Return notes of which the one on what was not taken into account no longer names what holds these words."""
    out = []
    for note in notes:
        wishes = [one or other for one, other in _QUOTED.findall(note["ja"])]
        left = [one for one in wishes if words not in one and one not in words]
        if left == wishes or not note["en"].startswith("Not taken into account"):
            out.append(note)
        elif left:
            out.append({
                "en": "Not taken into account: " + ", ".join(f"“{one}”" for one in left) + ".",
                "ja": "".join(f"「{one}」" for one in left) + "は考慮できていません。",
            })  # fmt: skip
    return tuple(out)
