"""Prose for a model on each of several machines: which of them hold it, in what quality, and which is the fastest."""

from typing import Any

from assistant.events import Language
from assistant.memory.quants import QUANTS
from assistant.sentences import enumerate_names, mebibytes, pace, say, speed, tokens
from assistant.writer.draft import Draft, parts, table
from assistant.writer.picks import NOTABLY_FASTER


def on_each(result: dict[str, Any], language: Language) -> Draft:
    """Return which machine to take for a model: one that holds it, of those the finest quantisation, then the speed."""
    rows = result["each"]
    header = [say(language, f"column.{name}") for name in ("gpu", "quant", "memory", "fits", "speed", "context")]
    cells = [
        [
            row["device"], row["quant"],
            say(language, "fit.need_of", need=mebibytes(row["total_mib"]), have=mebibytes(row["available_mib"])),
            say(language, f"each.{_how(row)}"),
            "-" if _how(row) == "not" else speed(row["tokens_per_second"]) or say(language, "unknown"),
            tokens(row["max_context_tokens"], "-") if row["fits"] else "-",
        ]
        for row in rows
    ]  # fmt: skip
    notes = dict.fromkeys(note[language] for note in result["notes"]) if result.get("generic") else {}
    return Draft(
        _verdict(rows, language),
        tuple([*_speeds(rows, language), *list(notes)[:1]]),
        parts(table(header, cells)),
        next_questions=(say(language, "next.finetune", model=result["model"]),),
        listed=(result["id"],),
    )


def _how(row: dict[str, Any]) -> str:
    """Return how a machine runs the model: "whole", "part" of it in RAM that is known, or "not"."""
    if row["fits"]:
        return "whole"
    return "part" if row.get("ram_known") and row["placement"] != "none" else "not"


def _verdict(rows: list[dict[str, Any]], language: Language) -> str:
    whole = [row for row in rows if row["fits"]]
    values = {"model": rows[0]["model"], "number": say(language, "each.two" if len(rows) == 2 else "each.several")}
    if not whole:
        neither = say(language, "each.neither" if len(rows) == 2 else "each.none")
        return say(language, "each.nowhere", **values, neither=neither)
    if len(whole) < len(rows):
        cards, others = (enumerate_names(language, [row["device"] for row in some]) for some in (
            whole, [row for row in rows if not row["fits"]]
        ))  # fmt: skip
        return say(language, "each.some", **values, cards=cards, others=others)
    finest = max(whole, key=lambda row: QUANTS[row["quant"]].bits_per_weight)
    if all(row["quant"] == finest["quant"] for row in whole):
        return say(language, "each.all", **values, quant=finest["quant"])
    best = enumerate_names(language, [row["device"] for row in whole if row["quant"] == finest["quant"]])
    return say(language, "each.finest", **values, card=best, quant=finest["quant"])


def _speeds(rows: list[dict[str, Any]], language: Language) -> list[str]:
    """Return which of the machines that run the model writes fastest, [] where their speeds are not known."""
    known = [row for row in rows if row["alike"] and _how(row) != "not"]
    if len(known) < 2:
        return []
    first, second, *_ = sorted(known, key=lambda row: -row["alike"]["mid"])
    rates = [row["alike"]["mid"] for row in (first, second)]
    if rates[0] < NOTABLY_FASTER * rates[1]:
        return [say(language, "each.alike")]
    times = f"{rates[0] / rates[1]:.1f}"
    values = {"card": first["device"], "other": second["device"], "speed": pace(rates[0]), "times": times}
    if all(row["quant"] == known[0]["quant"] for row in known):
        return [say(language, "each.faster", **values)]
    coarsest = min((row["quant"] for row in known), key=lambda quant: QUANTS[quant].bits_per_weight)
    return [say(language, "each.faster_as", **values, quant=coarsest)]
