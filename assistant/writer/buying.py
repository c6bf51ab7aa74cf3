"""Prose for what to buy: what each size of graphics memory runs best, as no shop price is known."""

import re
from typing import Any

from assistant.events import Language
from assistant.sentences import device_name, join, mebibytes, pace, say, speed, task_name
from assistant.stated.alternatives import CARD, CPU
from assistant.stated.choice import SPEED
from assistant.writer.draft import Draft, bullets, catalog_sources, join_sentences, parts, table
from assistant.writer.picks import NOTABLY_FASTER, named

LEAST_MORE_GB = 4  # of memory: less makes no other choice of model
_UNNAMED = re.compile(rf"({CARD}|{CPU}) (\d+(?:\.\d+)?)GB")
NOTABLE_GAP = 2  # points of ability: less is nothing to buy a card for


def buying(result: dict[str, Any], language: Language) -> Draft:
    """Return what each size (or card that is weighed) runs best, and the one question that would sharpen it."""
    picks, machines = result["picks"], result["machines"]
    task = result["needs"]["task"]
    weighed = result["weighed"]
    budget = "budget" in result.get("asks", ())
    about = say(
        language,
        "buying.verdict_cards" if weighed else "buying.verdict",
        task=task_name(language, task, result["needs"].get("variant")),
    )
    prices = say(language, "buying.prices" if budget else "buying.no_prices")
    better = _better(result, language) if weighed and len(picks) > 1 else ""
    first = better or _now(result, language)
    verdict, lead = (prices, (first, about)) if budget else (first or about, (about,) if first else ())
    header = [say(language, f"column.{name}") for name in ("card", "model", "memory", "score", "speed")]
    rows = [
        [
            _card(machine, language, weighed=weighed), f"{named(pick)} [{n}]", mebibytes(pick["fit"]["total_mib"]),
            f"{pick['score']:.0f}", speed(pick["fit"]["tokens_per_second"]) or say(language, "unknown"),
        ]
        for n, (machine, pick) in enumerate(zip(machines, picks, strict=True), 1)
    ]  # fmt: skip
    lines = [] if weighed else [say(language, "buying.several"), say(language, "buying.unified")]
    if result["left_out"]:
        lines.insert(0, say(language, "buying.left_out"))
    if result["enough_gb"]:
        lines.insert(0, say(language, "buying.enough", size=result["enough_gb"]))
    if not budget:
        lines.append(prices)
    asked = say(language, f"buying.ask_{result['question']}")
    return Draft(
        verdict,
        tuple(one for one in lead if one),
        parts(table(header, rows), bullets(lines), asked),
        say(language, "recommend.scale"),
        sources=catalog_sources((p["id"], p["model"], p["sources"]) for p in picks),
        assumptions=tuple(result["assumptions"]),
        next_questions=tuple(say(language, "next.holders", model=pick["model"]) for pick in picks[-1:]),
        listed=tuple(pick["id"] for pick in picks),
    )


def _now(result: dict[str, Any], language: Language) -> str:
    """Return what the hardware that is there runs best, and what more RAM alone would bring; "" without any."""
    now, more = result.get("now"), result.get("more_ram")
    if not now:
        return ""
    machine = device_name(language, now["machine"])
    told = say(language, "buying.now", machine=machine, model=named(now), score=f"{now['score']:.0f}")
    if not more:
        return told
    values = {"ram": f"{more['ram_gb']:g}", "model": named(more), "score": f"{more['score']:.0f}"}
    rate = more["fit"]["tokens_per_second"]
    values["speed"] = pace(rate["mid"]) if rate else say(language, "unknown")
    return join_sentences([told, say(language, "buying.more_ram", **values)])


def _better(result: dict[str, Any], language: Language) -> str:
    """Return which of what is weighed runs the more able model, which runs a model faster, and which holds more."""
    rows = [
        {"card": _names(machine, language), "score": round(pick["score"]), "pick": pick}
        for machine, pick in zip(result["machines"], result["picks"], strict=True)
    ]
    best, *others = sorted(rows, key=lambda row: -row["score"])
    told = [
        say(language, "buying.runs", card=row["card"], model=named(row["pick"]), score=row["score"]) for row in rows
    ]
    if best["score"] - others[0]["score"] >= NOTABLE_GAP:
        abler = say(language, "buying.abler", card=best["card"], runs=join(language, told))
        return join_sentences(_in_order(result, abler, _faster(result, language)))
    alike = say(language, "buying.alike", runs=join(language, told))
    return join_sentences([*_in_order(result, alike, _faster(result, language)), *_roomier(result, language)])


def _in_order(result: dict[str, Any], abler: str, faster: list[str]) -> list[str]:
    """Return the sentence on speed first where that was asked, else the one on ability."""
    return [*faster, abler] if SPEED in result.get("asks", ()) else [abler, *faster]


def _faster(result: dict[str, Any], language: Language) -> list[str]:
    """Return which of what is weighed runs one and the same model fastest; [] where no model runs on all of it."""
    same = result["same"]
    if same is None:
        return []
    names = [_names(machine, language) for machine in result["machines"]]
    rates = sorted(zip((one["mid"] for one in same["rates"]), names, strict=True), reverse=True)
    (most, card), (less, other) = rates[:2]
    values = {"card": card, "other": other, "times": f"{most / less:.1f}", "speed": pace(most), "slower": pace(less)}
    key = "buying.faster" if most >= NOTABLY_FASTER * less else "buying.as_fast"
    return [say(language, key, model=f"{same['model']} ({same['quant']})", **values)]


def _roomier(result: dict[str, Any], language: Language) -> list[str]:
    """Return which of the weighed cards has notably more memory than every other."""
    *others, most = sorted(result["machines"], key=lambda machine: machine["card_gb"])
    more = most["card_gb"] - others[-1]["card_gb"]
    if more < LEAST_MORE_GB:
        return []
    return [say(language, "buying.more_memory", card=_names(most, language), size=f"{more:g}")]


def _names(machine: dict[str, Any], language: Language) -> str:
    """Return the names of a machine; memory of which no card or processor is named is told in words."""
    return join(language, [_in_words(name, language) for name in machine["names"]])


def _in_words(name: str, language: Language) -> str:
    found = _UNNAMED.fullmatch(name)
    return say(language, f"buying.only_{found[1].lower()}", size=found[2]) if found else name


def _card(machine: dict[str, Any], language: Language, *, weighed: bool) -> str:
    """Return a size with cards of it: "24 GB (RTX 4090, RX 7900 XTX)", or what is weighed with its size."""
    names, size = _names(machine, language), f"{machine['card_gb']:g}"
    if weighed and _UNNAMED.fullmatch(machine["names"][0]):
        return names
    key = {"unified": "shared", "cpu": "ram"}.get(machine["kind"], "one") if weighed else "card" if names else "size"
    return say(language, f"buying.{key}", size=size, names=names)
