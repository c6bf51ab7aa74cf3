"""What taking another pick instead of the first would gain, and what it would cost."""

from typing import Any

from assistant.events import Language
from assistant.sentences import join, language_name, mebibytes, money, say, tokens
from assistant.writer.picks import NOTABLE_MIB, NOTABLY_FASTER, named

_Pick = dict[str, Any]
_TERMS = {"yes": 2, "conditional": 1, "unknown": 0, "no": 0}  # of a licence: how free it is
MUCH_SHORTER = 2.0  # times; what fits into half the context is most of what people ask
LONG_CONTEXT = 100_000  # tokens, a thick book; whoever needs more says so
NOTABLY_CHEAPER = 1.2  # times as dear; less decides nothing


def instead(first: _Pick, pick: _Pick, n: int, ties: list[str], language: Language, *, wished: bool = False) -> str:
    """Return what another pick is better at than the first and what it costs instead.

    "" for one with nothing in its favour, unless as many picks were `wished` for.
    """
    good, bad = _ability(first, pick, ties, language)
    for gain, loss in (
        _memory(first, pick, language),
        _speed(first, pick, language),
        _context(first, pick, language),
        _terms(first, pick, language),
        _place(first, pick, language),
        _price(first, pick, language),
    ):
        good += gain
        bad += loss
    if not good and not wished:
        return ""
    bad += _doubts(first, pick, language)
    gap = round(first["score"]) - round(pick["score"])  # of what the table shows
    equal = [say(language, "other.tie")] if (pick["id"] in ties or gap == 0) else []
    values = {"model": named(pick), "n": n, "good": join(language, equal + good), "bad": join(language, bad)}
    if not bad:
        return f"{named(pick)} [{n}]: {values['good']}"
    return say(language, "other.line" if equal + good else "other.line_bad", **values)


_Sides = tuple[list[str], list[str]]


def _ability(first: _Pick, pick: _Pick, ties: list[str], language: Language) -> _Sides:
    gap = round(first["score"]) - round(pick["score"])
    if pick["id"] in ties or gap == 0:
        return [], []
    text = [say(language, "other.weaker" if gap > 0 else "other.stronger", gap=abs(gap))]
    return ([], text) if gap > 0 else (text, [])


def _memory(first: _Pick, pick: _Pick, language: Language) -> _Sides:
    if not first["fit"] or not pick["fit"]:
        return [], []
    spared = first["fit"]["total_mib"] - pick["fit"]["total_mib"]
    if abs(spared) < NOTABLE_MIB:
        return [], []
    text = [say(language, "other.smaller" if spared > 0 else "other.larger", spared=mebibytes(abs(spared)))]
    return (text, []) if spared > 0 else ([], text)


def _speed(first: _Pick, pick: _Pick, language: Language) -> _Sides:
    one, other = (pick["fit"]["tokens_per_second"] if pick["fit"] else None for pick in (first, pick))
    if not one or not other:
        return [], []
    times = other["mid"] / one["mid"]
    if times >= NOTABLY_FASTER:
        return [say(language, "other.faster", times=f"{times:.1f}")], []
    if times <= 1 / NOTABLY_FASTER:
        return [], [say(language, "other.slower", times=f"{1 / times:.1f}")]
    return [], []


def _context(first: _Pick, pick: _Pick, language: Language) -> _Sides:
    one, other = first["context_tokens"] or 0, pick["context_tokens"] or 0
    if other > one > 0:
        return [say(language, "other.longer", context=tokens(other))], []
    if 0 < other * MUCH_SHORTER <= one and other < LONG_CONTEXT:
        return [], [say(language, "other.shorter", context=tokens(other))]
    return [], []


def _terms(first: _Pick, pick: _Pick, language: Language) -> _Sides:
    if pick["commercial_use"] == first["commercial_use"]:
        return [], []
    text = [say(language, f"commercial.{pick['commercial_use']}")]
    freer = _TERMS[pick["commercial_use"]] > _TERMS[first["commercial_use"]]
    return (text, []) if freer else ([], text)


def _place(first: _Pick, pick: _Pick, language: Language) -> _Sides:
    """Return that only one of them takes a machine of one's own: both ways have something for them."""
    if bool(first["fit"]) == bool(pick["fit"]):
        return [], []
    return [say(language, "other.here" if pick["fit"] else "other.api")], []


def _price(first: _Pick, pick: _Pick, language: Language) -> _Sides:
    """Return that an API costs a month notably less or more than another."""
    usd = [None if one["fit"] else one["usd_per_month"] for one in (first, pick)]
    if not usd[0] or not usd[1]:
        return [], []
    text = {"usd": money(usd[1]), "other": money(usd[0])}
    if usd[1] * NOTABLY_CHEAPER <= usd[0]:
        return [say(language, "other.cheaper", **text)], []
    if usd[1] >= NOTABLY_CHEAPER * usd[0]:
        return [], [say(language, "other.dearer", **text)]
    return [], []


def _doubts(first: _Pick, pick: _Pick, language: Language) -> list[str]:
    """Return what is less certain of a pick: languages it may not handle, an ability that was not measured."""
    doubts = []
    if new := [code for code in pick["unproven"] if code not in first["unproven"]]:
        names = join(language, [language_name(language, code) for code in new])
        doubts.append(say(language, "out.language", language=names))
    if not pick["measured"]:
        doubts.append(say(language, "other.related" if pick["parts"]["scores"] else "other.predicted"))
    return doubts
