"""Prose for `recommend` and `clarify`."""

from typing import Any

from assistant.events import Language
from assistant.sentences import (
    device_name,
    enumerate_names,
    join,
    mebibytes,
    money,
    parameters,
    rate,
    say,
    speed,
    tokens,
)
from assistant.writer.draft import Draft, bullets, catalog_sources, itemised, parts, section, table, whole_sentence
from assistant.writer.trade_offs import constraints_in_the_way, costs, further, trade_offs

NOTABLE_MIB = 512  # less memory saved than this changes nothing for anyone
NOTABLY_FASTER = 1.2  # the width of a speed estimate


def recommendation(result: dict[str, Any], language: Language) -> Draft:
    """Return the answer to "which model": verdict, picks, proof for the first, who was left out and why."""
    if not result["picks"]:
        return _nothing(result, language)
    picks = result["picks"]
    first = picks[0]
    task = say(language, f"task.{result['needs']['task']}")
    local = first["fit"] is not None and result["needs"].get("machine")
    key = "recommend.verdict_machine" if local else "recommend.verdict"
    machine = device_name(language, result["needs"].get("machine") or "")
    verdict = say(language, key, machine=machine, task=task, model=_named(first))
    own = [p for p in picks if p["fit"]]
    lead = [whole_sentence(language, line, "[1]" if n == 0 else "") for n, line in enumerate(first["why"])]
    if tied := [p for p in picks[1:] if p["id"] in result["ties"]]:
        lead.append(say(language, "recommend.tie", models=enumerate_names(language, [p["model"] for p in tied])))
        if any(round(p["score"]) > round(first["score"]) for p in tied):
            lead.append(say(language, "recommend.tie_order"))
    if own and not first["fit"]:
        score = f"{own[0]['score']:.0f}"
        lead.append(say(language, "recommend.own", machine=machine, model=_named(own[0]), score=score))
    sources = catalog_sources((p["id"], p["model"], p["sources"]) for p in picks)
    body = parts(
        _table(result, language),
        section(
            say(language, "recommend.others"),
            bullets(
                line
                for n, p in enumerate(picks[1:], 2)
                if (line := _instead(first, p, n, result["ties"], language))
            ),
        ),
        section(
            say(language, "recommend.excluded"),
            bullets(f"{row['model']}: {row['because']}" for row in result["excluded"]),
        ),
        further(result, language),
        trade_offs(result, language),
        costs(result, language),
        *(section(say(language, "recommend.proof", model=_named(p)), _proof(p, language)) for p in own[:1]),
    )  # fmt: skip
    return Draft(
        verdict,
        tuple(lead),
        body,
        sources,
        tuple(result.get("assumptions", [])),
        (),
        _next(result, language),
        tuple(p["id"] for p in picks),
    )


def clarification(result: dict[str, Any], language: Language) -> Draft:
    """Return the same with the one question that would sharpen it most."""
    draft = recommendation(result, language)
    question = say(language, f"clarify.{result['question']}")
    return Draft(
        question,
        (draft.verdict, *draft.lead),
        draft.body,
        draft.sources,
        draft.assumptions,
        draft.warnings,
        tuple(say(language, f"clarify.example_{n}") for n in (1, 2, 3)),
        draft.listed,
    )


def _instead(first: dict[str, Any], pick: dict[str, Any], n: int, ties: list[str], language: Language) -> str:
    """Return what taking this pick instead of the first would change, "" for a tie that is otherwise the same."""
    gap = round(first["score"]) - round(pick["score"])  # of what the table shows
    tie = pick["id"] in ties or gap == 0
    traits = [say(language, "other.tie" if tie else "other.weaker" if gap > 0 else "other.stronger", gap=abs(gap))]
    one, other = first["fit"], pick["fit"]
    if one and other:
        if (spared := one["total_mib"] - other["total_mib"]) >= NOTABLE_MIB:
            traits.append(say(language, "other.smaller", spared=mebibytes(spared)))
        rates = [fit["tokens_per_second"]["mid"] if fit["tokens_per_second"] else None for fit in (one, other)]
        if rates[0] and rates[1] and rates[1] >= NOTABLY_FASTER * rates[0]:
            traits.append(say(language, "other.faster", times=f"{rates[1] / rates[0]:.1f}"))
    if (pick["context_tokens"] or 0) > (first["context_tokens"] or 0) > 0:
        traits.append(say(language, "other.longer", context=tokens(pick["context_tokens"])))
    if pick["commercial_use"] != first["commercial_use"]:
        traits.append(say(language, f"commercial.{pick['commercial_use']}"))
    if not pick["measured"]:
        traits.append(say(language, "other.related" if pick["parts"]["scores"] else "other.predicted"))
    return f"{_named(pick)} [{n}]: " + join(language, traits) if len(traits) > 1 or not tie else ""


def _named(pick: dict[str, Any]) -> str:
    return f"{pick['model']} ({pick['quant']})" if pick["quant"] else str(pick["model"])


def _table(result: dict[str, Any], language: Language) -> str:
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
        "licence": [p["licence"] for p in picks],
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


def _proof(pick: dict[str, Any], language: Language) -> str:
    fit = pick["fit"]
    if not fit:
        return ""
    lines = [itemised(language, fit)]
    lines.append(conditions(fit, language))
    if fit["max_context_tokens"]:
        lines.append(say(language, "fit.max_context", context=tokens(fit["max_context_tokens"])))
    return bullets(lines) + command(fit, language)


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


def command(fit: dict[str, Any], language: Language) -> str:
    """Return the ready command for llama.cpp as a code block, empty when there is none."""
    commands = fit["settings"].get("commands") or {}
    if not isinstance(commands, dict) or "llama.cpp" not in commands:
        return ""
    return "\n\n" + say(language, "fit.command") + "\n\n```\n" + str(commands["llama.cpp"]) + "\n```"


def _nothing(result: dict[str, Any], language: Language) -> Draft:
    near = {row["id"] for row in result.get("nearest", [])}
    body = parts(
        constraints_in_the_way(result, language),
        section(
            say(language, "recommend.excluded"),
            bullets(f"{row['model']}: {row['because']}" for row in result["excluded"] if row["id"] not in near),
        ),
    )
    return Draft(
        say(language, "recommend.nothing"), (), body, (), tuple(result.get("assumptions", [])), (),
        (say(language, "next.api"),),
    )  # fmt: skip


def _next(result: dict[str, Any], language: Language) -> tuple[str, ...]:
    first = result["picks"][0]
    questions = [say(language, "next.why")]
    if len(result["picks"]) > 1:
        questions.append(say(language, "next.compare", a=first["model"], b=result["picks"][1]["model"]))
    if first["fit"]:
        questions.append(say(language, "next.context", model=first["model"]))
    questions.append(say(language, "next.licence", model=first["model"]))
    return tuple(questions)
