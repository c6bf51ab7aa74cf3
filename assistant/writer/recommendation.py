"""Prose for `recommend` and `clarify`: what to use and why in plain words, the rest folded below."""

from dataclasses import replace
from typing import Any

from assistant.events import Language
from assistant.sentences import (
    PAGE_TOKENS,
    device_name,
    duration,
    enumerate_names,
    join,
    language_name,
    mebibytes,
    money,
    pace,
    rate,
    say,
    speed,
    task_name,
    tokens,
)
from assistant.writer.alternatives import instead
from assistant.writer.buying import buying
from assistant.writer.draft import Draft, bullets, catalog_sources, join_sentences, parts, section, whole_sentence
from assistant.writer.picks import command, named, projector_file, proof, table_of
from assistant.writer.specialists import specialists
from assistant.writer.trade_offs import constraints_in_the_way, costs, further, trade_offs

MOSTLY = 0.4  # of what is known; with less of it predicted an ability is called measured
TESTS_NAMED = 2
HIGHER_NAMED = 2
# Tokens/s that people read at most. English: 238 words a minute (Brysbaert 2019, a meta-analysis), about 5 tokens/s;
# Japanese: 600 characters a minute, at up to one token each.
READ = 10.0
THOUGHT_TOKENS = 2_000  # the least budget that the guide on reasoning tasks starts with
WAIT_SECONDS = 30  # of silence before an answer; shorter ones need no word
WIDE = 4.0  # a speed whose highest is this many times its lowest is told as a range: a Mac of an unknown chip


def recommendation(result: dict[str, Any], language: Language) -> Draft:
    """Return the answer to "which model": what to use, what it takes and why; the figures behind it folded."""
    if not result["picks"]:
        return _nothing(result, language)
    if "machines" in result:
        return buying(result, language)
    picks = result["picks"]
    wished = bool(result["needs"].get("count"))
    others = [
        line
        for n, one in enumerate(picks[1:], 2)
        if (line := instead(picks[0], one, n, result["ties"], language, wished=wished))
    ]
    return Draft(
        _verdict(result, language),
        tuple(_reasons(result, language)),
        parts(
            _start(picks[0], result["needs"], language),
            section(say(language, "recommend.others"), bullets(others)),
            specialists(result, language),
            costs(result, language),
        ),
        _details(result, language),
        sources=catalog_sources((p["id"], p["model"], p["sources"]) for p in picks),
        assumptions=tuple(result.get("assumptions", [])),
        next_questions=_next(result, language),
        listed=tuple(p["id"] for p in picks),
    )


def clarification(result: dict[str, Any], language: Language) -> Draft:
    """Return the same with the one question that would sharpen it most."""
    draft = recommendation(result, language)
    question = say(language, f"clarify.{result['question']}")
    examples = tuple(say(language, f"clarify.example_{n}") for n in (1, 2, 3))
    return replace(draft, verdict=parts(question, draft.verdict), next_questions=examples)


def _verdict(result: dict[str, Any], language: Language) -> str:
    """Return which model to use, what it takes of the machine or the purse, how fast it is, and its licence."""
    first, machine = result["picks"][0], result["needs"].get("machine")
    values = {"task": _task(result, language), "model": named(first)}
    lines = [_unproven(first, language)] if first["unproven"] else []
    if first["fit"] and machine and result["needs"]["task"] == "edge":  # the machine itself says what it is for
        lines += [say(language, "recommend.verdict_edge", machine=_machine(result, language), model=values["model"])]
    elif first["fit"] and machine:
        lines += [say(language, "recommend.verdict_machine", machine=_machine(result, language), **values)]
    else:
        lines += [say(language, "recommend.verdict", **values)]
    if (users := result["needs"].get("users") or 1) > 1 and first["fit"]:
        context = tokens(first["fit"]["context_tokens"])
        lines.append(say(language, "recommend.users", users=users, context=context))
    lines += _memory(first["fit"], language) if first["fit"] else _price(first, language)
    lines += _tight(first, language)
    lines += _thinking(first, result["needs"].get("variant"), language)
    lines += _sure(first["fit"], result["needs"].get("min_speed"), language)
    if first["open_weights"]:
        key = f"why.licence_{first['commercial_use']}"
        known = say(language, key, licence=first["licence"])
        line = next((line for line in first["why"] if line.startswith(known)), known)  # with the conditions, if asked
        lines.append(whole_sentence(language, line))
    return join_sentences(lines)


def _task(result: dict[str, Any], language: Language) -> str:
    return task_name(language, result["needs"]["task"], result["needs"].get("variant"))


def _unproven(pick: dict[str, Any], language: Language) -> str:
    """Return that nothing is known to handle the asked languages, so that what follows may."""
    names = enumerate_names(language, [language_name(language, code) for code in pick["unproven"]])
    return say(language, "recommend.unproven", languages=names)


def _machine(result: dict[str, Any], language: Language) -> str:
    """Return where it is to run: as stated, else this machine (the assumptions tell its name)."""
    needs = result["needs"]
    return device_name(language, needs["machine"] or "") if needs.get("hardware") else say(language, "device.this")


def _memory(fit: dict[str, Any], language: Language) -> list[str]:
    """Return what a local pick takes of the memory, and how fast it writes."""
    values = {name: mebibytes(fit[f"{name}_mib"] or 0) for name in ("total", "available", "gpu", "ram")}
    if fit["placement"] in ("partial", "expert_offload"):
        lines = [say(language, f"recommend.{fit['placement']}", **values)]
    elif fit["available_mib"] is not None:
        lines = [say(language, "recommend.takes", **values)]
    else:
        lines = [say(language, "recommend.needs", **values)]
    if per_second := fit["tokens_per_second"]:
        wide = speed(per_second) if per_second["high"] > WIDE * per_second["low"] else None
        written = wide or pace(per_second["mid"])
        key = "recommend.speed_users" if (fit.get("users") or 1) > 1 else "recommend.speed"
        lines.append(say(language, key, speed=written, reading=_reading(fit, language)))
    return lines


def _tight(pick: dict[str, Any], language: Language) -> list[str]:
    """Return that hardly any memory is left, and what leaves more."""
    tight = pick["tight"]
    if not tight:
        return []
    ways = [say(language, "recommend.tight_close")]
    if tight["quant"]:
        size = mebibytes(tight["total_mib"])
        ways.append(say(language, "recommend.tight_quant", quant=tight["quant"], size=size))
    if pick["fit"]["kv_cache_mib"]:
        ways.append(say(language, "recommend.tight_context"))
    left = f"{tight['left_mib']:,.0f}"
    return [say(language, "recommend.tight", left=left, ways=enumerate_names(language, ways, "or"))]


def _sure(fit: dict[str, Any] | None, wished: float | None, language: Language) -> list[str]:
    """Return that the wished speed is not certain, where the estimate's lower end is below it."""
    rate = fit["tokens_per_second"] if fit else None
    if not wished or not rate or rate["low"] >= wished:
        return []
    return [say(language, "recommend.unsure_speed", wished=f"{wished:g}", speed=speed(rate))]


def _reading(fit: dict[str, Any], language: Language) -> str:
    """Return how the speed compares with reading, "" where the estimate leaves that open."""
    low, high = (fit["tokens_per_second"][end] for end in ("low", "high"))
    if low >= READ:
        return say(language, "recommend.faster")
    if high >= READ:
        return ""
    return say(language, "recommend.slower", time=duration(PAGE_TOKENS / fit["tokens_per_second"]["mid"], language))


def _thinking(pick: dict[str, Any], wish: str | None, language: Language) -> list[str]:
    """Return how long a model that thinks does so before it answers, where that is a wait, or that it need not."""
    if wish == "instruct" and pick["thinking"] == "mode":
        return [say(language, "recommend.thinks_off")]
    key = {"always": "thinks", "mode": "can_think"}.get(pick["thinking"])
    rate = pick["fit"]["tokens_per_second"] if pick["fit"] else None
    seconds = THOUGHT_TOKENS / rate["mid"] if rate else 0.0
    return (
        [say(language, f"recommend.{key}", time=duration(seconds, language))] if key and seconds >= WAIT_SECONDS else []
    )


def _price(pick: dict[str, Any], language: Language) -> list[str]:
    """Return what a pick behind an API costs, nothing for one without a price."""
    price = pick["price"]
    if not price or price["output"] is None:
        return []
    read = say(language, "unknown") if price["input"] is None else rate(price["input"])
    lines = [say(language, "recommend.price", provider=price["provider"], input=read, output=rate(price["output"]))]
    if pick["usd_per_month"] is not None and pick["hosting"] == "api":
        lines.append(say(language, "recommend.month", usd=money(pick["usd_per_month"])))
    return lines


def _reasons(result: dict[str, Any], language: Language) -> list[str]:
    """Return why the first pick is the first: its ability, what that rests on, and who is rated as high or higher."""
    picks, task = result["picks"], _task(result, language)
    first = picks[0]
    tested = bool(first["parts"]["scores"])
    lines = [
        say(language, "recommend.ability", task=task, score=f"{first['score']:.0f}", basis=_basis(first, language))
        if tested
        else say(language, "recommend.ability_guess", score=f"{first['score']:.0f}")
    ]
    if result["needs"]["task"] == "embedding" and first["fit"] and first["fit"]["placement"] == "cpu":
        reranker = result["needs"].get("variant") == "reranker"
        lines.append(say(language, "recommend.reranker_size" if reranker else "recommend.embedder"))
    tied = {p["id"]: p for p in picks[1:] if p["id"] in result["ties"]}
    if tied:
        lines.append(
            say(
                language,
                "recommend.tie",
                models=enumerate_names(language, [_scored(p, language) for p in tied.values()]),
            )
        )
    rows = {row["id"]: row for row in [*result.get("front", []), *picks]}
    higher = [row for row in rows.values() if round(row["score"]) > round(first["score"])]
    clear = sorted((row for row in higher if row["id"] not in tied), key=lambda row: (-row["score"], row["id"]))
    rated, guessed = ([row for row in clear if row["guess"] == guess][:HIGHER_NAMED] for guess in (False, True))
    for key, found in (("higher", rated), ("guessed", guessed)):
        if found:
            names = enumerate_names(language, [_scored(row, language) for row in found])
            lines.append(say(language, f"recommend.{key}", models=names))
    if not clear and any(row["id"] in tied for row in higher):
        lines.append(say(language, "recommend.tie_order"))
    elif not clear and result.get("front") and tested:
        lines.append(say(language, "recommend.highest"))
    stated = result["needs"].get("languages")
    for code in stated or [language]:
        spoken = language_name(language, code)
        if say(language, "why.language_listed", language=spoken) in first["why"]:
            lines.append(say(language, "recommend.language_listed", language=spoken))
        elif stated and code not in first["unproven"]:
            lines.append(say(language, "recommend.language", language=spoken))
    own = [p for p in picks if p["fit"]]
    if own and not first["fit"]:
        machine = _machine(result, language)
        values = {"model": named(own[0]), "score": f"{own[0]['score']:.0f}"}
        lines += [say(language, "recommend.own", machine=machine, **values), *_memory(own[0]["fit"], language)]
    return lines


def _scored(row: dict[str, Any], language: Language) -> str:
    key = "recommend.scored_guess" if row["guess"] else "recommend.scored"
    return say(language, key, model=row["model"], score=f"{row['score']:.0f}")


def _basis(pick: dict[str, Any], language: Language) -> str:
    """Return what an ability rests on: tests of the task, or related ones."""
    found = pick["parts"]["scores"]
    rows = sorted((row for row in found if row["direct"]), key=lambda row: -row["share"]) or found
    names = list(dict.fromkeys(row["benchmark"].partition(" (")[0] for row in rows))
    shown = join(language, names[:TESTS_NAMED])
    if len(names) > TESTS_NAMED:
        shown = say(language, "why.and_more", names=shown, more=len(names) - TESTS_NAMED)
    kind = "related" if not rows[0]["direct"] else "measured" if pick["parts"]["predicted"] < MOSTLY else "partly"
    return say(language, f"recommend.{kind}", tests=shown)


def _start(pick: dict[str, Any], needs: dict[str, Any], language: Language) -> str:
    """Return which file to get and how to start it, for images two; where to read on for what llama.cpp does not run.

    Who types no commands is told of a program with windows, who asks about a phone of an app.
    """
    fit = pick["fit"]
    if not fit:
        return ""
    if not (line := command(fit)):
        return say(language, "recommend.page", page=pick["hf_id"]) if pick["hf_id"] else ""
    size = mebibytes(fit["file_mib"])
    values = {"source": pick["hf_id"] or pick["model"], "quant": pick["quant"], "size": size}
    if needs.get("phone"):
        return say(language, "recommend.start_phone", **values)
    text, task = say(language, "recommend.start", **values), needs["task"]
    windows = say(language, "recommend.windows", model=pick["model"], quant=pick["quant"])
    images = ""
    if task == "vision":
        line += f" --mmproj {projector_file(pick['id'])}"
        known = pick["projector_mib"]
        images = say(
            language, "recommend.projector" if known else "recommend.projector_unknown", size=mebibytes(known or 0)
        )
    return parts(f"{text}\n\n```\n{line}\n```", images, windows if task != "embedding" else "")


def _details(result: dict[str, Any], language: Language) -> str:
    """Return what is folded: the table, every reason, who was left out, what more would buy, the memory in detail."""
    picks = result["picks"]
    own = [pick for pick in picks if pick["fit"]]
    return parts(
        table_of(result, language),
        section(
            say(language, "recommend.why", model=named(picks[0])),
            bullets(whole_sentence(language, line, "[1]" if n == 0 else "") for n, line in enumerate(picks[0]["why"])),
        ),
        section(
            say(language, "recommend.excluded"),
            bullets(f"{row['model']}: {row['because']}" for row in result["excluded"]),
        ),
        further(result, language),
        trade_offs(result, language),
        *(section(say(language, "recommend.proof", model=named(one)), proof(one["fit"], language)) for one in own[:1]),
    )


def _nothing(result: dict[str, Any], language: Language) -> Draft:
    near = {row["id"] for row in result.get("nearest", [])}
    left_out = section(
        say(language, "recommend.excluded"),
        bullets(f"{row['model']}: {row['because']}" for row in result["excluded"] if row["id"] not in near),
    )
    return Draft(
        say(language, "recommend.nothing"),
        (),
        constraints_in_the_way(result, language),
        left_out,
        assumptions=tuple(result.get("assumptions", [])),
        next_questions=(say(language, "next.api"),),
        listed=tuple(row["id"] for row in result.get("nearest", [])),
    )


def _next(result: dict[str, Any], language: Language) -> tuple[str, ...]:
    first = result["picks"][0]
    questions = [say(language, "next.why")]
    if len(result["picks"]) > 1:
        questions.append(say(language, "next.compare", a=first["model"], b=result["picks"][1]["model"]))
    if first["fit"] and first["fit"]["kv_cache_mib"]:
        questions.append(say(language, "next.context", model=first["model"]))
    if first["open_weights"]:
        questions.append(say(language, "next.licence", model=first["model"]))
    return tuple(questions)
