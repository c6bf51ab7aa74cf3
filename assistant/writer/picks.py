"""The picks of a recommendation: as a table, against the first, and with the proof that each fits."""

from typing import Any

from assistant.events import Language
from assistant.sentences import (
    licence_name,
    mebibytes,
    money,
    parameters,
    rate,
    say,
    speed,
    tokens,
)
from assistant.writer.draft import bullets, itemised, table

NOTABLE_MIB = 512  # less memory saved than this changes nothing for anyone
NOTABLY_FASTER = 1.2  # the width of a speed estimate


def named(pick: dict[str, Any]) -> str:
    """Return a pick with its quantisation, as it stands in sentences."""
    return f"{pick['model']} ({pick['quant']})" if pick["quant"] else str(pick["model"])


def table_of(result: dict[str, Any], language: Language) -> str:
    """Return the picks as a table; a column that no pick has a value for is left out."""
    picks = result["picks"]
    unknown = say(language, "unknown")
    columns: dict[str, list[Any]] = {
        "rank": list(range(1, len(picks) + 1)),
        "model": [f"{p['model']} [{n}]" for n, p in enumerate(picks, 1)],
        "size": [parameters(p, unknown) for p in picks],
        "quant": [p["quant"] for p in picks],
        "memory": [mebibytes(p["fit"]["total_mib"]) if p["fit"] else None for p in picks],
        "speed": [speed(p["fit"]["tokens_per_second"]) if p["fit"] else None for p in picks],
        "price": [None if p["fit"] else price(p["price"], language) for p in picks],
        "month": [_month(p, language) if result.get("costs") else None for p in picks],
        "score": [f"{p['score']:.0f} ({p['interval'][0]:.0f}-{p['interval'][1]:.0f})" for p in picks],
        "context": [tokens(p["context_tokens"], "") or None for p in picks],
        "licence": [licence_name(language, p["licence"]) for p in picks],
    }
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    blank = {name: "" if name in ("quant", "memory", "speed", "price", "month") else unknown for name in shown}
    rows = [[cells[n] or blank[name] for name, cells in shown.items()] for n in range(len(picks))]
    header = [say(language, f"column.{name}") for name in shown]
    return table(header, rows) + "\n\n" + say(language, "recommend.scale")


def _month(pick: dict[str, Any], language: Language) -> str | None:
    """Return what a pick costs per month: the API's price or the electricity."""
    if pick.get("usd_per_month") is None:
        return None
    usd = money(pick["usd_per_month"])
    if pick["hosting"] == "local":
        return say(language, "month.local", usd=usd)
    return say(language, "month.api", usd=usd)


def price(row: dict[str, Any] | None, language: Language) -> str:
    """Return dollars per million tokens read and written: "$0.18 / $0.70"."""
    if not row or row["output"] is None:
        return say(language, "unknown")
    read = say(language, "unknown") if row["input"] is None else rate(row["input"])
    return f"{read} / {rate(row['output'])}"


def proof(fit: dict[str, Any], language: Language) -> str:
    """Return what the memory of a fit is made of, for which settings, and how far the context may go."""
    lines = [itemised(language, fit)]
    lines.append(conditions(fit, language))
    if fit["max_context_tokens"]:
        lines.append(say(language, "fit.max_context", context=tokens(fit["max_context_tokens"])))
    return bullets(lines)


def conditions(fit: dict[str, Any], language: Language) -> str:
    """Return for which context and KV type a figure holds, and how it was reached."""
    if not fit["kv_cache_mib"]:
        return say(language, "fit.basis", basis=basis(fit, language))
    context = tokens(fit["context_tokens"])
    if (users := fit.get("users") or 1) > 1:
        return say(
            language, "fit.conditions_users", users=users, context=context, kv=fit["kv_type"],
            basis=basis(fit, language),
        )  # fmt: skip
    return say(language, "fit.conditions", context=context, kv=fit["kv_type"], basis=basis(fit, language))


def basis(fit: dict[str, Any], language: Language) -> str:
    """Return how the figure was reached, in words."""
    return say(language, f"basis.{fit['basis'].replace('.', '')}")


def projector_file(model_id: str) -> str:
    """Return a name that says what to look for: the file that reads images for a model."""
    return f"mmproj-{model_id.rsplit('/', 1)[-1]}-F16.gguf"


def command(fit: dict[str, Any]) -> str:
    """Return the command that starts it with llama.cpp, "" when there is none."""
    commands = fit["settings"].get("commands") or {}
    return str(commands.get("llama.cpp", ""))
