"""Prose for bare sizes that are compared: which size is worth it, the best model of each, and what each takes."""

from typing import Any

from assistant.events import Language
from assistant.sentences import device_name, join, mebibytes, say, speed, task_name
from assistant.writer.buying import NOTABLE_GAP
from assistant.writer.draft import Draft, catalog_sources, parts, table
from assistant.writer.picks import named


def sizes(result: dict[str, Any], language: Language) -> Draft:
    """Return which of the sizes to take, by the best model of up to each, then memory and speed of each."""
    rows = result["sizes"]
    found = [row["best"] for row in rows if row["best"]]
    on_it = ("fits", "speed") if result["machine"] else ()
    header = [say(language, f"column.{one}") for one in ("size", "quant", "memory", *on_it, "best")]
    sources = catalog_sources((one["id"], one["model"], one["sources"]) for one in _once(found))
    numbers = {source.heading: source.n for source in sources}
    cells = [
        [row["model"], *_fit(row["fit"], language)[: 2 + len(on_it)], *_best(row["best"], numbers, language)]
        for row in rows
    ]
    told = [_coarse(result, language), "" if result["machine"] else say(language, "sizes.machine")]
    return Draft(
        _verdict(result, language),
        tuple(one for one in told if one),
        parts(table(header, cells), say(language, "sizes.dense")),
        say(language, "recommend.scale"),
        sources=sources,
        next_questions=tuple(say(language, "next.fit", model=one["model"]) for one in _once(found)[-1:]),
        listed=tuple(one["id"] for one in _once(found)),
    )


def _once(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({one["id"]: one for one in found}.values())


def _verdict(result: dict[str, Any], language: Language) -> str:
    rows = [row for row in result["sizes"] if row["best"]]
    task = task_name(language, result["task"])
    where = say(language, "sizes.on", machine=device_name(language, result["machine"])) if result["machine"] else ""
    if not rows:
        return say(language, "sizes.none", where=where)
    best = max(rows, key=lambda row: round(row["best"]["score"]))
    values = {"task": task, "where": where, "size": best["model"], **_told(best)}
    others = [row for row in rows if row is not best]
    if others and all(best["best"]["score"] - row["best"]["score"] >= NOTABLE_GAP for row in others):
        less = [say(language, "sizes.other", size=row["model"], **_told(row)) for row in others]
        return say(language, "sizes.better", **values, others=join(language, less))
    smallest = rows[0]
    return say(language, "sizes.alike", **{**values, "size": smallest["model"], **_told(smallest)})


def _told(row: dict[str, Any]) -> dict[str, str]:
    return {"model": named(row["best"]), "score": f"{row['best']['score']:.0f}"}


def _coarse(result: dict[str, Any], language: Language) -> str:
    return say(language, "sizes.coarse", sizes=join(language, result["coarse"])) if result["coarse"] else ""


def _fit(fit: dict[str, Any] | None, language: Language) -> list[str]:
    if fit is None:
        return ["-", "-", "-", "-"]
    need = mebibytes(fit["total_mib"])
    if fit["fits"] is None:
        return [fit["quant"], need, "-", "-"]
    have = say(language, "fit.need_of", need=need, have=mebibytes(fit["available_mib"]))
    runs = fit["placement"] != "none" and fit["fits"]
    rate = speed(fit["tokens_per_second"]) if runs else None
    return [fit["quant"], have, say(language, "each.whole" if fit["fits"] else "each.not"), rate or "-"]


def _best(best: dict[str, Any] | None, numbers: dict[str, int], language: Language) -> list[str]:
    if best is None:
        return ["-"]
    ability = say(language, "sizes.ability", model=named(best), score=f"{best['score']:.0f}")
    return [f"{ability} [{numbers[best['model']]}]"]
