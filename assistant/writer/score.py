"""A score explained in full: a table of its parts with source and date, and how sure it is."""

from typing import Any

from assistant.events import Language
from assistant.sentences import join, say
from assistant.writer.draft import parts, section, table

SCORES_SHOWN = 8
NOTABLE = 0.5  # points: less is not worth a sentence


def explained(result: dict[str, Any], language: Language) -> str:
    """Return how the score of every pick came about, as Markdown; "" without picks."""
    return parts(*(one_score(pick, language) for pick in result.get("picks", []) if pick.get("parts")))


def one_score(pick: dict[str, Any], language: Language) -> str:
    """Return how one pick's score came about: a titled table whose points add up to it, and what is uncertain."""
    found = pick["parts"]
    low, high = pick["interval"]
    named = f"{pick['model']} ({pick['quant']})" if pick["quant"] else pick["model"]
    title = say(
        language, "parts.title", model=named, score=f"{pick['score']:.1f}", low=f"{low:.0f}", high=f"{high:.0f}"
    )
    rows = [[say(language, "parts.start"), "", "", f"{found['start']['points']:.1f}"]]
    if found["relatives"]["points"]:
        rows.append([say(language, "parts.relatives"), "", "", _signed(found["relatives"]["points"])])
    rows += [_score(row, language) for row in found["scores"][:SCORES_SHOWN]]
    if rest := found["scores"][SCORES_SHOWN:]:
        more = say(language, "parts.more", count=len(rest))
        rows.append([more, "", "", _signed(round(sum(row["points"] for row in rest), 1))])
    if quant := found["quantisation"]:
        value = say(language, "parts.perplexity", percent=f"{quant['perplexity_percent']:g}")
        name = say(language, "parts.quant", quant=quant["quant"])
        rows.append([name, value, quant["source"], _signed(quant["points"])])
    rows.append([say(language, "parts.sum"), "", "", f"{pick['score']:.1f}"])
    header = [say(language, f"parts.{name}") for name in ("part", "value", "source", "points")]
    return section(title, parts(table(header, rows), _about(pick, language)))


def _score(row: dict[str, Any], language: Language) -> list[str]:
    unit = " %" if row["unit"].startswith("%") or row["unit"] == "percent" else ""
    name = row["benchmark"] if row["direct"] else say(language, "parts.related", benchmark=row["benchmark"])
    return [name, f"{round(row['value'], 1):g}{unit}", f"{row['source']} ({row['date']})", _signed(row["points"])]


def _about(pick: dict[str, Any], language: Language) -> str:
    found = pick["parts"]
    shares = {"measured": f"{100 * found['measured']:.0f}", "predicted": f"{100 * found['predicted']:.0f}"}
    lines = [say(language, "parts.shares", **shares)]
    order = found["order"]
    counted = [
        say(language, f"parts.{name}", points=_signed(order[name]))
        for name in ("speed", "cost", "placement")
        if abs(order[name]) >= NOTABLE
    ]
    if counted:
        lines.append(say(language, "parts.order", terms=join(language, counted), why=order["why"][language]))
    return " ".join(lines) if language == "en" else "".join(lines)


def _signed(points: float) -> str:
    """Return points with their sign: "+3.1", "-0.6", "0.0"."""
    return f"{points:+.1f}" if round(points, 1) else "0.0"
