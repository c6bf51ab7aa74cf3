"""Prose for `compare` and `model_info`."""

from typing import Any

from assistant.events import Language
from assistant.sentences import count, join, language_name, mebibytes, parameters, say, speed, tokens
from assistant.writer.draft import Draft, bullets, catalog_sources, cell, parts, section, table

BENCHMARKS_SHOWN = 12


def comparison(result: dict[str, Any], language: Language) -> Draft:
    """Return the models side by side: who leads at what, facts, shared benchmarks."""
    models = result["models"]
    names = {m["id"]: m["model"] for m in models}
    known = _leaders(result["leaders"], names, language)
    verdict = known[0] if known else say(language, "compare.unknown", models=join(language, list(names.values())))
    header = [say(language, "column.aspect"), *(f"{m['model']} [{n}]" for n, m in enumerate(models, 1))]
    body = parts(
        table(header, _rows(result, language)),
        section(say(language, "compare.common"), _common(result, names, language)),
        say(language, "recommend.scale") if result["tasks"] else "",
    )
    sources = catalog_sources((m["id"], m["model"], m["sources"]) for m in models)
    questions = tuple(say(language, "next.fit", model=m["model"]) for m in models[:2] if m["open_weights"])
    assumed: tuple[str, ...] = ()
    if not result.get("stated_hardware", True) and result["machine"] and any(m["fit"] for m in models):
        assumed = (say(language, "assume.compare", machine=result["machine"]),)
    return Draft(verdict, tuple(known[1:]), body, sources, assumed, (), questions, tuple(names))


def _leaders(leaders: dict[str, Any], names: dict[str, str], language: Language) -> list[str]:
    """Return one sentence per leader: the tasks it leads at together, ties apart."""
    groups: dict[tuple[bool, str], list[str]] = {}
    for task, who in leaders.items():
        if who["id"] is not None:
            groups.setdefault((who["tie"], who["id"]), []).append(say(language, f"task.{task}"))
    return [
        say(
            language, "compare.tie" if tie else "compare.leads", tasks=join(language, tasks), model=names[model_id],
            others=join(language, [name for other, name in names.items() if other != model_id]),
        )
        for (tie, model_id), tasks in sorted(groups.items(), key=lambda group: group[0][0])
    ]  # fmt: skip


def _rows(result: dict[str, Any], language: Language) -> list[list[str]]:
    models, unknown = result["models"], say(language, "unknown")
    rows = [
        [say(language, "column.lab"), *(m["lab"] for m in models)],
        [say(language, "column.size"), *(parameters(m, unknown) for m in models)],
        [say(language, "column.released"), *(m["released"] or unknown for m in models)],
        [say(language, "column.context"), *(tokens(m["context_tokens"], unknown) for m in models)],
        [
            say(language, "column.licence"),
            *(f"{m['licence']} ({say(language, 'commercial.' + m['commercial_use'])})" for m in models),
        ],
    ]
    for task in result["tasks"]:
        rows.append([say(language, f"task.{task}"), *(_score(m["scores"][task], language) for m in models)])
    if any(m["fit"] for m in models):
        rows.append([say(language, "column.memory"), *(_fit(m["fit"], language) for m in models)])
        rows.append(
            [
                say(language, "column.speed"),
                *((speed(m["fit"]["tokens_per_second"]) if m["fit"] else None) or unknown for m in models),
            ]
        )
    if any(m["price"] for m in models):
        rows.append([say(language, "column.price"), *(_price(m["price"], language) for m in models)])
    return rows


def _score(score: dict[str, Any] | None, language: Language) -> str:
    if score is None:
        return say(language, "unknown")
    low, high = score["interval"]
    mark = "" if score["measured"] else " " + say(language, "predicted")
    return f"{score['score']:.0f} ({low:.0f}-{high:.0f}){mark}"


def _fit(fit: dict[str, Any] | None, language: Language) -> str:
    if fit is None:
        return "-"
    text = f"{fit['quant']}: {mebibytes(fit['total_mib'])}"
    if fit["fits"] is None:
        return text
    return f"{text} {say(language, 'fits' if fit['fits'] else 'fits_not')}"


def _price(price: dict[str, Any] | None, language: Language) -> str:
    if not price or price["output"] is None:
        return "-"
    return say(language, "price", input=price["input"], output=price["output"])


def _common(result: dict[str, Any], names: dict[str, str], language: Language) -> str:
    rows = result["common_benchmarks"][:BENCHMARKS_SHOWN]
    if not rows:
        return ""
    return table(
        [say(language, "column.benchmark"), *names.values()],
        [[_with_unit(row), *(f"{row['scores'][model_id]:g}" for model_id in names)] for row in rows],
    )


def _with_unit(row: dict[str, Any]) -> str:
    return f"{row['benchmark']} (%)" if row["unit"] == "%" else str(row["benchmark"])


def information(result: dict[str, Any], language: Language) -> Draft:
    """Return one property of a model, or its card."""
    model = result["model"]
    sources = catalog_sources([(result["id"], model, result["sources"])])
    listed = (result["id"],)
    questions = (say(language, "next.fit", model=model), say(language, "next.similar", model=model))
    if result["field"] is None:
        verdict = say(language, "info.card", model=model, lab=result["lab"])
        return Draft(verdict, (), result["card"], sources, (), (), questions, listed)
    verdict, body = FIELDS[result["field"]](result, language)
    lead = (say(language, "info.issue", issue=result["known_issue"]),) if result["known_issue"] else ()
    return Draft(verdict, lead, body, sources, (), (), questions, listed)


def _licence(result: dict[str, Any], language: Language) -> tuple[str, str]:
    licence = result["licence"]
    verdict = say(
        language, "info.licence", model=result["model"], licence=licence["name"],
        commercial=say(language, f"commercial.{licence['commercial']}"),
    ) + "[1]" + say(language, "stop")  # fmt: skip
    lines = [licence["summary"], licence["conditions"], licence["url"]]
    return verdict, bullets(line for line in lines if line)


def _context(result: dict[str, Any], language: Language) -> tuple[str, str]:
    native, extended = result["context"]["native"], result["context"]["extended"]
    if native is None:
        return _unknown(result, language), ""
    text = say(language, "info.context", model=result["model"], context=tokens(native))
    if extended and extended > native:
        text += say(language, "info.context_extended", context=tokens(extended))
    return text + "[1]" + say(language, "stop"), ""


def _params(result: dict[str, Any], language: Language) -> tuple[str, str]:
    total, active = result["params"]["total_b"], result["params"]["active_b"]
    if total is None:
        return _unknown(result, language), ""
    text = say(language, "info.params", model=result["model"], total=count(total))
    if active and active < total:
        text += say(language, "info.params_active", active=count(active))
    return text + "[1]" + say(language, "stop"), ""


def _release(result: dict[str, Any], language: Language) -> tuple[str, str]:
    if result["release"] is None:
        return _unknown(result, language), ""
    return say(language, "info.release", model=result["model"], date=result["release"]) + "[1]" + say(
        language, "stop"
    ), ""


def _languages(result: dict[str, Any], language: Language) -> tuple[str, str]:
    if not result["languages"]:
        return _unknown(result, language), ""
    names = join(language, [language_name(language, code) for code in result["languages"]])
    return say(language, "info.languages", model=result["model"], languages=names) + "[1]" + say(language, "stop"), ""


def _priced(result: dict[str, Any], language: Language) -> tuple[str, str]:
    price = result["price"]
    if not price or price["output"] is None:
        key = "info.price_open" if result["open_weights"] else "info.unknown"
        return say(language, key, model=result["model"]), ""
    text = say(
        language, "info.price", model=result["model"], provider=price["provider"], input=price["input"],
        output=price["output"],
    )  # fmt: skip
    return text + "[1]" + say(language, "stop"), ""


def _benchmarks(result: dict[str, Any], language: Language) -> tuple[str, str]:
    if not result["benchmarks"]:
        return _unknown(result, language), ""
    rows = [[row["benchmark"], f"{row['value']:g}", row["unit"]] for row in result["benchmarks"]]
    header = [say(language, f"column.{name}") for name in ("benchmark", "score_raw", "unit")]
    return say(language, "info.benchmarks", model=result["model"], count=len(rows)) + "[1]" + say(
        language, "stop"
    ), table(header, rows)


def _unknown(result: dict[str, Any], language: Language) -> str:
    return say(language, "info.unknown", model=cell(result["model"]))


FIELDS = {
    "licence": _licence,
    "context": _context,
    "params": _params,
    "release": _release,
    "languages": _languages,
    "price": _priced,
    "benchmarks": _benchmarks,
}
