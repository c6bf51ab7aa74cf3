"""Prose for `compare` and `model_info`."""

import re
from typing import Any

from assistant.events import Language
from assistant.sentences import (
    device_name,
    enumerate_names,
    join,
    language_name,
    licence_name,
    mebibytes,
    millions,
    money,
    parameters,
    say,
    speed,
    tokens,
)
from assistant.writer.differences import aspect, differences
from assistant.writer.draft import Draft, bullets, catalog_sources, cell, join_sentences, parts, section, table
from assistant.writer.extremes import extremes
from assistant.writer.picks import price
from assistant.writer.properties import answers

_KEY = re.compile(r"- (\[\w+\]) ")
_OF_SERVICES = ("price", "limit", "licence")  # what to ask next of a model that runs on no machine of one's own
BENCHMARKS_SHOWN = 12
SCORES_SHOWN = 25
LANGUAGES_SHOWN = 20
WIDESPREAD = ("en", "ja", "zh", "ko", "es", "fr", "de", "pt", "it", "ru", "ar", "hi")  # named first of many


def comparison(result: dict[str, Any], language: Language) -> Draft:
    """Return the models side by side: who leads at what, facts, shared benchmarks with source and date."""
    models = result["models"]
    names = [_named(m) for m in models]
    known = _leaders(result, names, language)
    known = [*_fitting(result, names, language), *_listed(result, names, language), *known]
    verdict = known[0] if known else say(language, "compare.unknown", models=join(language, names))
    if first := extremes(result, names, language):
        known, verdict = ["", *first[1:], verdict, *known[1:]], first[0]
    header = [say(language, "column.aspect"), *(f"{name} [{n}]" for n, name in enumerate(names, 1))]
    body = parts(
        section(say(language, "compare.differences"), differences(result, names, language)),
        table(header, _rows(result, language)),
        say(language, "recommend.scale") if result["tasks"] else "",
    )
    details = section(say(language, "compare.common"), _common(result, names, language))
    sources = catalog_sources((m["id"], m["model"], m["sources"]) for m in models)
    questions = tuple(say(language, "next.fit", model=m["model"]) for m in models[:2] if m["open_weights"])
    assumed: tuple[str, ...] = ()
    if not result.get("stated_hardware", True) and result["machine"] and any(m["fit"] for m in models):
        assumed = (say(language, "assume.compare", machine=result["machine"]),)
    listed = tuple(dict.fromkeys(m["id"] for m in models))
    return Draft(
        verdict, tuple(known[1:]), body, details, sources=sources, assumptions=assumed, next_questions=questions,
        listed=listed,
    )  # fmt: skip


def _fitting(result: dict[str, Any], names: list[str], language: Language) -> list[str]:
    """Return which of the models fit on the machine that was asked about, [] where none was."""
    if not result.get("stated_hardware") or not result["machine"]:
        return []
    sized = [
        (
            m["fit"]["fits"],
            say(language, "compare.sized", model=name, quant=m["fit"]["quant"], size=mebibytes(m["fit"]["total_mib"])),
        )
        for name, m in zip(names, result["models"], strict=True)
        if m["fit"] and m["fit"]["fits"] is not None
    ]
    machine = device_name(language, result["machine"])
    if len(sized) > 1 and len({fits for fits, _ in sized}) == 1:
        key = "compare.all_fit" if sized[0][0] else "compare.none_fits"
        return [say(language, key, machine=machine, models=enumerate_names(language, [text for _, text in sized]))]
    return [
        say(language, f"compare.{key}", machine=machine, models=join(language, found))
        for key, wanted in (("fits", True), ("fits_not", False))
        if (found := [text for fits, text in sized if fits is wanted])
    ]


def _listed(result: dict[str, Any], names: list[str], language: Language) -> list[str]:
    """Return which models list a language that was asked for and in which they are not compared."""
    codes = [one.removeprefix("language ") for one in result.get("asks", ()) if one.startswith("language ")]
    told = []
    for code in codes:
        if code != "en" and not (code == "ja" and "japanese" in result["tasks"]):
            with_it = [name for name, m in zip(names, result["models"], strict=True) if code in m["languages"]]
            without = [name for name in names if name not in with_it]
            values = {
                "language": language_name(language, code),
                "with": join(language, with_it),
                "without": join(language, without),
            }
            key = "some" if with_it and without else "all" if with_it else "none"
            told.append(say(language, f"compare.listed_{key}", **values))
    return told


def _named(row: dict[str, Any]) -> str:
    """Return a compared model's name with the quantisation that was stated for it."""
    return f"{row['model']} ({row['quant']})" if row.get("quant") else str(row["model"])


_Group = tuple[int, tuple[int, ...], tuple[int, ...], tuple[int, ...], bool]


def _leaders(result: dict[str, Any], names: list[str], language: Language) -> list[str]:
    """Return one sentence per leader: the tasks it leads at together (the most first), ties and predictions apart."""
    groups: dict[_Group, list[str]] = {}
    for task, who in result["leaders"].items():
        if who["n"] is not None:
            near = tuple(sorted([who["n"], *who["tied"]]))
            alone = len(near) == 1
            guess = alone and not result["models"][who["n"] - 1]["scores"][task]["measured"]
            first = who["n"] if alone or who["behind_first"] else 0  # of a tie the first matters only where it is named
            key = (first, near, tuple(who["behind"]), tuple(who["behind_first"]), guess)
            groups.setdefault(key, []).append(aspect(result, task, language))
    wanted = aspect(result, "japanese", language) if "language ja" in result.get("asks", ()) else ""
    ordered = sorted(
        groups.items(), key=lambda group: (wanted not in group[1], len(group[0][1]), -len(group[1]), group[0])
    )
    return [_leader(group, tasks, names, language) for group, tasks in ordered]


def _leader(group: _Group, tasks: list[str], names: list[str], language: Language) -> str:
    """Return who leads at some tasks (several whose difference is inside the noise), and who is behind.

    Who was never tested at them is only predicted to lead. Behind those that are tied is only who is behind each of
    them; who is so only against the first is told apart.
    """
    leader, near, behind, behind_first, guess = group
    first, *others = [names[n - 1] for n in near]
    values = {"tasks": enumerate_names(language, tasks), "model": first}
    beaten = [names[n - 1] for n in behind]
    if not others:
        key = "compare.leads_guess" if guess else "compare.leads"
        return say(language, key, others=enumerate_names(language, beaten), **values)
    ahead = say(language, "compare.ahead", behind=enumerate_names(language, beaten)) if beaten else ""
    if behind_first:
        less = enumerate_names(language, [names[n - 1] for n in behind_first])
        ahead += say(language, "compare.ahead_first", model=names[leader - 1], behind=less)
    return say(language, "compare.tie", others=enumerate_names(language, others), ahead=ahead, **values)


def _rows(result: dict[str, Any], language: Language) -> list[list[str]]:
    models, unknown = result["models"], say(language, "unknown")
    rows = [
        [say(language, "column.lab"), *(m["lab"] for m in models)],
        [say(language, "column.size"), *(parameters(m, unknown) for m in models)],
        [say(language, "column.released"), *(m["released"] or unknown for m in models)],
        [say(language, "column.context"), *(tokens(m["context_tokens"], unknown) for m in models)],
        [
            say(language, "column.licence"),
            *(
                f"{licence_name(language, m['licence'])} ({say(language, 'commercial.' + m['commercial_use'])})"
                for m in models
            ),
        ],
    ]
    if any(m["thinking"] in ("always", "mode") for m in models):
        rows.append([say(language, "column.thinking"), *(say(language, f"thinking.{m['thinking']}") for m in models)])
    for task in result["tasks"]:
        rows.append([aspect(result, task, language), *(_score(m["scores"][task], language) for m in models)])
    if any(m["fit"] for m in models):
        rows.append([say(language, "column.memory"), *(_fit(m["fit"], language) for m in models)])
    if result["machine"]:
        rows.append([say(language, "column.speed"), *(_speed(m["fit"], language) for m in models)])
    if any(m["price"] for m in models):
        rows.append(
            [say(language, "column.price"), *(price(m["price"], language) if m["price"] else "-" for m in models)]
        )
    return rows


def _speed(fit: dict[str, Any] | None, language: Language) -> str:
    """Return the speed, "-" for what does not run there."""
    if fit is None or fit["placement"] == "none":
        return "-"
    return speed(fit["tokens_per_second"]) or say(language, "unknown")


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


def _common(result: dict[str, Any], names: list[str], language: Language) -> str:
    rows = result["common_benchmarks"]
    if not rows:
        return ""
    ids = [m["id"] for m in result["models"]]
    grid = table(
        [say(language, "column.benchmark"), *names, say(language, "column.source")],
        [
            [
                _with_unit(row),
                *(f"{round(row['scores'][one], 1):g}" for one in ids),
                source_name(row),
            ]
            for row in rows[:BENCHMARKS_SHOWN]
        ],
    )
    more = len(rows) - BENCHMARKS_SHOWN
    return parts(grid, say(language, "compare.more", count=more) if more > 0 else "")


def source_name(row: dict[str, Any]) -> str:
    """Return a source's name without its path, and the date: "Artificial Analysis, 2026-07-10"."""
    return f"{re.split(r',| @|: ', row['source'])[0]}, {row['date']}"


def _with_unit(row: dict[str, Any]) -> str:
    return f"{row['benchmark']} (%)" if row["unit"] == "%" else str(row["benchmark"])


def information(result: dict[str, Any], language: Language) -> Draft:
    """Return one property of a model, or its card."""
    model = result["model"]
    sources = catalog_sources([(result["id"], model, result["sources"])])
    listed = (result["id"],)
    further = ("fit", "similar") if result["open_weights"] else _OF_SERVICES
    asked = {"context": "limit"}.get(result["field"], result["field"])
    questions = tuple(say(language, f"next.{one}", model=model) for one in further if one != asked)[:2]
    if result["field"] is None:
        body, details = _card(result["card"], language)
        if told := answers(result, language):
            return Draft(" ".join(told) if language == "en" else "".join(told), (), "", parts(body, details),
                         sources=sources, next_questions=questions, listed=listed)  # fmt: skip
        verdict = say(language, "info.card", model=model, lab=result["lab"])
        return Draft(verdict, (), body, details, sources=sources, next_questions=questions, listed=listed)
    verdict, body = FIELDS[result["field"]](result, language)
    body = parts(body, _read(result, language))
    lead = (say(language, "info.issue", issue=result["known_issue"]),) if result["known_issue"] else ()
    details = _every_language(result, language) if result["field"] == "languages" else ""
    if told := answers(result, language):
        first, *others = [*told, verdict] if result["field"] != "price" else [verdict, *told]
        if result["field"] == "languages" and details:  # of many languages those not asked for can wait
            others, details = others[:-1], parts(others[-1], details)
        lead, verdict = (*others, *lead), first
        if result["field"] == "benchmarks":
            lead, body, details = lead[1:], "", parts(others[-1], body)
    return Draft(verdict, lead, body, details, sources=sources, next_questions=questions, listed=listed)


def _card(card: str, language: Language) -> tuple[str, str]:
    """Return a card's facts and licence with the sources that they name, and everything."""
    first, licence, *rest = card.partition("\n")[2].strip().split("\n\n## ")
    shown = parts(first, f"## {licence}")
    named = [line for line in card.rpartition("\n## ")[2].splitlines() if (key := _KEY.match(line)) and key[1] in shown]
    legend = section(say(language, "info.marks"), "\n".join(named))
    return parts(shown, legend), parts(*(f"## {one}" for one in rest))


def _licence(result: dict[str, Any], language: Language) -> tuple[str, str]:
    licence = result["licence"]
    name = licence_name(language, licence["name"])
    text = say(language, f"info.licence_{licence['commercial']}", model=result["model"], licence=name)
    verdict = text + "[1]" + say(language, "stop")
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
    text = say(language, "info.params", model=result["model"], total=f"{round(total, 2):g}B")
    if active and active < total:
        text += say(language, "info.params_active", active=f"{round(active, 2):g}B")
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
    codes = result["languages"]
    if len(codes) > LANGUAGES_SHOWN:
        known = [code for code in WIDESPREAD if code in codes]
        codes = [*known, *(code for code in codes if code not in known)][:LANGUAGES_SHOWN]
    names = join(language, [language_name(language, code) for code in codes])
    key = "info.languages" if codes is result["languages"] else "info.many_languages"
    text = say(language, key, model=result["model"], languages=names, count=len(result["languages"]))
    return text + "[1]" + say(language, "stop"), ""


def _every_language(result: dict[str, Any], language: Language) -> str:
    """Return all languages of a model that has more than an answer names."""
    codes = result["languages"] or ()
    return join(language, [language_name(language, one) for one in codes]) if len(codes) > LANGUAGES_SHOWN else ""


def _priced(result: dict[str, Any], language: Language) -> tuple[str, str]:
    price = result["price"]
    if not price or price["output"] is None:
        key = "info.price_open" if result["open_weights"] else "info.unknown"
        return say(language, key, model=result["model"]), ""
    text = say(
        language, "info.price", model=result["model"], provider=price["provider"], input=price["input"],
        output=price["output"],
    )  # fmt: skip
    text += "[1]" + say(language, "stop")
    if month := result.get("bill"):
        used = {"read": millions(month["input_tokens"]), "written": millions(month["output_tokens"])}
        split = [say(language, "info.bill_split")] if month["in_all"] else []
        text = join_sentences([say(language, "info.bill", usd=money(month["usd_per_month"]), **used), text, *split])
    free = say(language, "info.free") if result["open_weights"] else ""
    return join_sentences([one for one in (free, text) if one]), ""


def _benchmarks(result: dict[str, Any], language: Language) -> tuple[str, str]:
    found = result["benchmarks"]
    if not found:
        return _unknown(result, language), ""
    rows = [[_with_unit(row), f"{round(row['value'], 1):g}", source_name(row)] for row in found[:SCORES_SHOWN]]
    header = [say(language, f"column.{name}") for name in ("benchmark", "score_raw", "source")]
    text = say(language, "info.benchmarks", model=result["model"], count=len(found)) + "[1]" + say(language, "stop")
    more = len(found) - SCORES_SHOWN
    rest = say(language, "info.more", count=more, model=result["id"]) if more > 0 else ""
    return text, parts(table(header, rows), rest)


def _read(result: dict[str, Any], language: Language) -> str:
    """Return where the property was read and when, "" where that stands beside each value or nothing is known."""
    rows = result["sourced"].get(result["field"], [])
    if not rows or result["field"] == "benchmarks":
        return ""
    shown = join(language, [f"{_reference(row['ref'], language)} ({row['date']})" for row in rows])
    return say(language, "info.read", sources=shown)


def _reference(ref: str, language: Language) -> str:
    """Return where something was read; only what a person entered is told in words, which have a translation."""
    return say(language, "info.by_hand") if ref == say("en", "info.by_hand") else ref


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
