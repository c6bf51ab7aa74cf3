"""Prose for what a recommendation leaves open: smaller and faster choices, monthly costs, what one step more buys."""

from typing import Any

from assistant.events import Language
from assistant.sentences import device_name, mebibytes, money, pace, say
from assistant.writer.draft import bullets, section

POINTS_TOLD = 4
LONG_MONTHS = 120  # hardware does not last longer than this
NOTABLE_HOURS = 8.0  # of computing per working day; more than this is told


def trade_offs(result: dict[str, Any], language: Language) -> str:
    """Return the local trade-offs in one line, from the most able to the smallest; "" for fewer than two."""
    rows = [row for row in result.get("front", []) if row["hosting"] == "local" and row["memory_mib"]]
    if len(rows) < 2:
        return ""
    step = (len(rows) - 1) / (min(POINTS_TOLD, len(rows)) - 1)
    told = [rows[round(n * step)] for n in range(min(POINTS_TOLD, len(rows)))]
    return say(language, "front.line", points=" → ".join(_point(row, language) for row in told))


def _point(row: dict[str, Any], language: Language) -> str:
    rate = row["tokens_per_second"]
    speed = say(language, "front.speed", speed=pace(rate)) if rate else ""
    return say(
        language, "front.point", model=row["model"], score=f"{row['score']:.0f}", memory=mebibytes(row["memory_mib"]),
        speed=speed,
    )  # fmt: skip


def further(result: dict[str, Any], language: Language) -> str:
    """Return what one step more would buy, "" where no step is worth it."""
    return section(say(language, "step.title"), bullets(row["text"] for row in result.get("steps", [])))


def costs(result: dict[str, Any], language: Language) -> str:
    """Return the break-even and what limits it, "" where nothing is known about costs."""
    found = result.get("costs")
    if not found:
        return ""
    lines = [_break_even(row, result, language) for row in found["break_even"]]
    local = [row for row in found["rows"] if row["hosting"] == "local"]
    if local and local[0]["watts"] is None and not local[0]["too_slow"]:
        lines.append(say(language, "cost.unknown", machine=device_name(language, result["needs"]["machine"])))
    elif local and local[0]["hours_per_working_day"] is None:
        lines.append(say(language, "cost.no_speed", model=local[0]["model"]))
    for row in found["rows"]:
        if row["hosting"] == "local" and (hours := row["hours_per_working_day"] or 0) > NOTABLE_HOURS:
            key = "cost.too_slow" if row["too_slow"] else "cost.hours"
            lines.append(say(language, key, model=row["model"], hours=f"{hours:.0f}"))
    lines += _worth_of_a_machine(found, language)
    return section(say(language, "cost.title"), bullets(lines))


def _worth_of_a_machine(found: dict[str, Any], language: Language) -> list[str]:
    """Return what a machine bought for a stated usage may cost, where none at hand is weighed against an API."""
    usage = found.get("usage") or {"assumed": True}
    api = next((row for row in found["rows"] if row["hosting"] == "api" and row["usd_per_month"]), None)
    if found["break_even"] or usage["assumed"] or api is None:
        return []
    usd, months = api["usd_per_month"], usage["months"]
    return [
        say(
            language, "cost.own_limit", model=api["model"], usd=money(usd), months=months,
            total=money(round(usd * months)),
        )
    ]  # fmt: skip


def _break_even(row: dict[str, Any], result: dict[str, Any], language: Language) -> str:
    local = next(one["model"] for one in result["picks"] if one["id"] == row["local"])
    same = row["api"] == row["local"]
    values = {
        "local": local, "api": say(language, "cost.same", provider=row["provider"]) if same else row["api_model"],
        "api_usd": money(row["api_usd"]), "local_usd": money(row["local_usd"]),
    }  # fmt: skip
    if row["months"] is not None:
        key = "cost.months" if row["months"] <= LONG_MONTHS else "cost.long"
        return say(language, key, months=f"{row['months']:.0f}", price=money(row["hardware_usd"]), **values)
    if row["up_to_usd"] is not None:
        return say(language, "cost.up_to", price=money(row["up_to_usd"]), months=row["over_months"], **values)
    return say(language, "cost.never", **values)


def constraints_in_the_way(result: dict[str, Any], language: Language) -> str:
    """Return which conditions leave nothing, what dropping one would buy, and which models miss by least."""
    parts = (
        ("conflict.title", [row["text"] for row in result.get("conflicts", [])]),
        ("recommend.relax", [row["text"] for row in result.get("relax", [])]),
        ("near.title", [_near(row, language) for row in result.get("nearest", [])]),
    )
    return "\n\n".join(text for key, lines in parts if (text := section(say(language, key), bullets(lines))))


def _near(row: dict[str, Any], language: Language) -> str:
    return say(language, "near.row", model=row["model"], score=f"{row['score']:.0f}", because=row["because"])
