"""Prose for `fit` and `max_size`: the verdict, the itemised proof, what to change, the settings."""

from typing import Any

from assistant.events import Cited, Language
from assistant.sentences import bare_size, device_name, join, mebibytes, pace, say, speed, tokens
from assistant.writer.draft import Draft, bullets, itemised, parts, section, table
from assistant.writer.each import on_each
from assistant.writer.picks import basis, command, conditions
from assistant.writer.quantities import asked_first, for_most_users, is_coarse, is_lossy, smaller_quant

MEMORY_PARTS = ("weights", "kv_cache", "compute", "overhead", "total")
LEAST_USEFUL_B = 0.5  # billions of parameters of the smallest models that follow an instruction
RUNTIMES = {"llama.cpp": "llama.cpp", "ollama": "Ollama", "lm-studio": "LM Studio",
            "llama-cpp-python": "llama-cpp-python", "vllm": "vLLM"}  # fmt: skip
_ASKED = ("kv_cache_mib", "file_mib", "total_mib")  # figures of a table's row that a question may be after
NOTABLE_MIB = 100  # less than this in RAM is not worth a line
FULL_WINDOWS_MIB = 256
LONGER = 32_000  # tokens: the context that is offered as the next question
ALL_LAYERS = 999


def fitting(result: dict[str, Any], language: Language) -> Draft:
    """Return the answer to "does it fit" or, without hardware, "how much does it need"."""
    if "each" in result:
        return on_each(result, language)
    if not result.get("stated_hardware"):
        return _needs(result, language)
    elsewhere = _on_more_cards(result)
    runs = result["placement"] != "none" and not elsewhere
    lead, shared = [], (result.get("users") or 1) > 1
    asked = {one.split()[0] for one in result.get("asks", ())}  # what is told first is told once
    if result["fits"] and result["max_context_tokens"] and "context" not in asked:
        key = "fit.max_context_users" if shared else "fit.max_context"
        lead.append(say(language, key, context=tokens(result["max_context_tokens"])))
    about = result["notes"][: int(bool(result.get("generic")))] if elsewhere else result["notes"]
    notes, pace = [note[language] for note in about], []
    if (rate := speed(result["tokens_per_second"])) and runs:
        if shared or "speed" not in asked:
            pace.append(say(language, "fit.speed_users" if shared else "fit.speed", speed=rate))
    elif result["kv_cache_mib"] and not result.get("gpu_named", True) and runs:
        pace.append(say(language, "fit.speed_unknown"))
    lead += [*pace, *notes] if result["fits"] else [*notes, *pace]
    verdict, lead = _first(result, _verdict(result, language), lead, language)
    start = for_most_users(command(result), result) if runs and not result.get("phone") else ""
    body = parts(
        bullets([itemised(language, result), conditions(result, language) + _cited(result)]),
        _what_makes_it_fit(result, language),
        say(language, "fit.command") + f"\n\n```\n{start}\n```" if start else "",
    )
    details = parts(
        _items(result, language),
        _per_gpu(result, language),
        bullets([_settings(result, language), *_further(result, language)]),
        commands(result, language) if start else "",
    )
    return Draft(
        verdict, tuple(lead), body, details, sources=_sources(result, language),
        next_questions=_next(result, language), listed=(result["id"],),
    )  # fmt: skip


def _on_more_cards(result: dict[str, Any]) -> bool:
    """Tell whether the answer is a number of cards: how it runs on the one that was named is then beside the point."""
    asked = "cards" in result.get("asks", ()) and result["fits"] is False
    return asked and any(row["change"] == "cards" for row in result.get("changes", ()))


def _verdict(result: dict[str, Any], language: Language) -> str:
    values = {
        "model": f"{result['model']} ({result['quant']})", "device": device_name(language, result["device"]),
        "need": mebibytes(result["total_mib"]), "have": mebibytes(result["available_mib"]),
    }  # fmt: skip
    if result["basis"] == "rough":
        values["need"] = say(language, "fit.estimated", need=values["need"])
    if result["fits"]:
        coarse = not result.get("stated_quant") and is_coarse(result["quant"])
        named = {"name": result["model"], "quant": result["quant"]}
        return say(language, "fit.yes_coarse" if coarse else "fit.yes", **values, **named)
    smaller = smaller_quant(result)
    if smaller:
        values |= {"name": result["model"], "quant": result["quant"], "smaller": smaller["value"]}
        values["size"] = mebibytes(smaller["total_mib"])
        if is_lossy(smaller["value"]):
            values["size"] += say(language, "fit.lossy")
    if result["placement"] == "cpu" and result.get("has_gpu"):
        ram = mebibytes(result["ram_available_mib"])
        return say(language, "fit.processor", model=values["model"], need=mebibytes(result["ram_mib"]), have=ram)
    spills = result.get("ram_known") and result["placement"] in ("partial", "expert_offload")
    if spills:
        return say(language, "fit.spills_smaller" if smaller else "fit.spills", **values)
    if smaller:
        return say(language, "fit.no_smaller", **values)
    if values["need"] == values["have"] and result.get("missing_mib"):
        return say(language, "fit.no_short", missing=f"{max(1, round(result['missing_mib'])):,} MiB", **values)
    return say(language, "fit.no", **values)


def _first(result: dict[str, Any], verdict: str, lead: list[str], language: Language) -> tuple[str, list[str]]:
    """Return verdict and lead with the figures that were asked for in front; a quantisation is the verdict itself."""
    told = asked_first(result, language)
    if not told:
        return verdict, lead
    instead = {"context", "cards"} & set(result["asks"])  # what makes it fit is told, after which "no" contradicts
    verdict_told = "quant" in result["asks"] or (instead and result.get("fits") is False)
    rest = [] if verdict_told else [verdict.replace("。** ", "。").replace("**", "")]
    return told[0], [*told[1:], *rest, *lead]


def _needs(result: dict[str, Any], language: Language) -> Draft:
    usual = [row for row in result["table"] if row["quant"] == result["usual_quant"]]
    middle = next((row for row in usual if row["context_tokens"] >= 8_192), usual[-1])
    users = result.get("users") or 1
    plain = "" if result["has_context"] else "_plain"
    key = "fit.needs_users" if users > 1 and not plain else f"fit.needs{plain}"
    verdict = say(
        language, key, model=result["model"], quant=middle["quant"], users=users,
        context=tokens(middle["context_tokens"]), need=mebibytes(middle["total_mib"]),
    )  # fmt: skip
    lead = [say(language, f"fit.needs_lead{plain}")]
    if result["available_mib"] is None:
        lead += [note[language] for note in result["notes"]]
    elif result.get("generic"):
        lead.append(result["notes"][0][language])
    verdict, lead = _first(
        result | {name: middle[name] for name in ("quant", "context_tokens", *_ASKED)}, verdict, lead, language
    )
    held = say(language, "fit.held_users" if users > 1 else "fit.held", users=users, kv=result["kv_type"])
    about = [held] if result["kv_cache_mib"] else []
    about += [*_host(middle, language), say(language, "fit.basis", basis=basis(middle, language))]
    title = say(
        language, f"fit.machines{plain}", quant=result["usual_quant"], context=tokens(result["context_tokens"])
    )  # fmt: skip
    lines = [_holder(row, language) for row in result["machines"]]
    last = _here(result, language)
    if "purchase" in result.get("asks", ()):
        last = say(language, "buying.ask_smaller")
        if lines:  # what to buy comes first, then what it is for
            lead = [verdict.replace("**", ""), *lead]
            verdict = say(language, "fit.smallest", machine=_capital(lines[0]))
        lead.append(say(language, "buying.prices" if "budget" in result["asks"] else "buying.no_prices"))
    body = parts(itemised(language, middle) + _cited(result), section(title, bullets(lines)), last)
    return Draft(
        verdict, tuple(lead), body, parts(_grid(result, language), bullets(about)), sources=_sources(result, language),
        next_questions=_next(result, language), listed=(result["id"],),
    )  # fmt: skip


def _grid(result: dict[str, Any], language: Language) -> str:
    """Return the memory per quantisation and context, of a model without a context per quantisation alone."""
    rows = result["table"]
    contexts = sorted({row["context_tokens"] for row in rows})
    if not result["has_context"]:
        contexts = contexts[:1]
    by = {(row["quant"], row["context_tokens"]): row for row in rows}
    quants = list(dict.fromkeys(row["quant"] for row in rows))
    columns = [
        say(language, "column.at_context", context=tokens(context))
        if result["has_context"]
        else say(language, "column.memory")
        for context in contexts
    ]
    return table(
        [say(language, "column.quant"), say(language, "column.file"), *columns],
        [
            [quant, mebibytes(by[quant, contexts[0]]["weights_mib"])]
            + [mebibytes(by[quant, context]["total_mib"]) if (quant, context) in by else "" for context in contexts]
            for quant in quants
        ],
    )


def _holder(row: dict[str, Any], language: Language) -> str:
    """Return a machine that holds the model, with cards of that memory as examples."""
    text = say(language, f"fit.machine_{row['kind']}", **row)
    return text + _such_as(row.get("names") if row["kind"] in ("card", "cards") else None, language)


def _capital(text: str) -> str:
    """Return a text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def _such_as(names: list[str] | None, language: Language) -> str:
    """Return cards of a size as examples, "" for none."""
    return say(language, "fit.such_as", names=join(language, names)) if names else ""


def _here(result: dict[str, Any], language: Language) -> str:
    """Return whether the machine this runs on holds it, for whom that is the question; "" where it is not known."""
    if result["available_mib"] is None:
        return ""
    values = {"quant": result["quant"], "need": mebibytes(result["total_mib"])}
    values |= {"have": mebibytes(result["available_mib"]), "device": result["device"]}
    text = say(language, "fit.here_yes" if result["fits"] else "fit.here_no", **values)
    return section(say(language, "fit.here"), text)


def _items(result: dict[str, Any], language: Language) -> str:
    rows = [
        [say(language, f"memory.{label}"), bare_size(result[f"{name}_mib"]), f"{result[f'{name}_mib']:,.1f}"]
        for name, label in [(part, part) for part in MEMORY_PARTS] + [("available", "usable")]
        if result[f"{name}_mib"] or name in ("total", "available")
    ]
    return table([say(language, "column.part"), "GiB", "MiB"], rows)


def _per_gpu(result: dict[str, Any], language: Language) -> str:
    """Return what each of several GPUs holds, "" for one."""
    if len(result["devices"]) < 2:
        return ""
    header = [say(language, f"column.{name}") for name in ("gpu", "layers", "memory", "usable")]
    rows = [
        [f"{n}: {one['device']}", one["layers"], mebibytes(one["total_mib"]), mebibytes(one["available_mib"])]
        for n, one in enumerate(result["devices"], 1)
    ]
    return table(header, rows)


def _what_makes_it_fit(result: dict[str, Any], language: Language) -> str:
    """Return the changes of which each is enough by itself; "" without any."""
    lines = _changes(result, language)
    return section(say(language, "fit.changes" if len(lines) > 1 else "fit.change"), bullets(lines))


def _changes(result: dict[str, Any], language: Language) -> list[str]:
    """Return the changes with which the whole model would fit; how it runs partly in RAM is told in the notes."""
    lines = []
    for row in result.get("changes", ()):
        if not row["fits"]:
            continue
        value, need = row["value"], mebibytes(row["total_mib"])
        shown: dict[str, Any] = value if isinstance(value, dict) else {"value": value}
        shown = {name: tokens(one) if isinstance(one, int) else one for name, one in shown.items()}
        have = row.get("available_mib")
        if have and row["change"] != "cards" and mebibytes(have) != mebibytes(result["available_mib"]):
            need = say(language, "fit.need_of", need=need, have=mebibytes(have))
        lossy = "_lossy" if row["change"] == "quant" and is_lossy(value) else ""
        text = say(language, f"fit.change_{row['change']}{lossy}", old=result["quant"], need=need, **shown)
        lines.append(text + _such_as(row.get("names"), language))
    return lines


def _settings(result: dict[str, Any], language: Language) -> str:
    """Return the settings for which the figures hold, and how those were reached."""
    if not result["kv_cache_mib"] or result["placement"] == "none":
        return say(language, "fit.basis", basis=basis(result, language))
    layers = result["settings"]["n_gpu_layers"]
    where = "all" if layers == ALL_LAYERS else "some" if layers else "none"
    placed = say(language, f"fit.layers_{where}", n=layers, all=(result["layers"] or 0) + 1)
    if "n_cpu_moe" in result["settings"]:
        placed = say(language, "fit.layers_experts", n=result["settings"]["n_cpu_moe"])
    key = "fit.settings_users" if (result.get("users") or 1) > 1 else "fit.settings"
    return say(
        language, key, quant=result["quant"], layers=placed, context=tokens(result["context_tokens"]),
        kv=result["kv_type"], batch=result["settings"]["n_ubatch"], users=result.get("users"),
        basis=basis(result, language),
    )  # fmt: skip


def _further(result: dict[str, Any], language: Language) -> list[str]:
    """Return what else someone with this question wants to know: contexts, users, 4 GB more, images, margin, RAM."""
    lines = []
    if len(set((result.get("max_context_by_kv_type") or {}).values())) > 1:
        rows = [f"{kind} {tokens(most)}" for kind, most in result["max_context_by_kv_type"].items()]
        lines.append(say(language, "fit.contexts", rows=join(language, rows)))
    if result.get("max_users"):
        context = tokens(result["context_tokens"])
        lines.append(say(language, "fit.users", context=context, users=tokens(result["max_users"])))
    if more := _more(result, language):
        lines.append(more)
    if vision := result.get("vision"):
        known = vision["projector_mib"] is not None
        key = ("vision_fits" if vision["fits"] else "vision_over") if known else "vision_unknown"
        sizes = {name: mebibytes(vision[f"{name}_mib"]) for name in ("projector", "total") if known}
        lines.append(say(language, f"fit.{key}", **sizes))
    if (more_mib := result.get("full_windows_mib") or 0) >= FULL_WINDOWS_MIB:
        lines.append(say(language, "fit.windows", size=mebibytes(more_mib)))
    if result["available_mib"]:
        lines.append(say(language, "fit.kept_free", margin=mebibytes(result["margin_mib"])))
    return lines + _host(result, language)


def _host(result: dict[str, Any], language: Language) -> list[str]:
    """Return what of the file a graphics card does not hold."""
    if result["host_mib"] < NOTABLE_MIB:
        return []
    return [say(language, "fit.host", size=mebibytes(result["host_mib"]), file=mebibytes(result["file_mib"]))]


def _more(result: dict[str, Any], language: Language) -> str:
    """Return what 4 GB more would buy, "" when it changes nothing."""
    more = result.get("four_gb_more")
    if not more:
        return ""
    gains = []
    rate = more["tokens_per_second"]
    quick = say(language, "fit.more_speed", speed=pace(rate)) if rate else ""
    if more["fits"] and not result["fits"]:
        gains.append(say(language, "fit.more_whole", speed=quick))
    elif more["placement"] != "none" and result["placement"] == "none":
        gains.append(say(language, f"fit.more_{more['placement']}", speed=quick))
    elif more["placement"] == "partial" and (more["gpu_layers"] or 0) > (result["gpu_layers"] or 0):
        values = {"layers": more["gpu_layers"], "all": result["layers"], "speed": quick}
        gains.append(say(language, "fit.more_layers", **values))
    if result["quant"] == more["best_quant_now"] != more["best_quant"]:
        gains.append(say(language, "fit.more_quant", quant=more["best_quant"], now=result["quant"]))
    elif more["best_quant"] and not more["best_quant_now"] and not more["fits"]:
        gains.append(say(language, "fit.more_first", quant=more["best_quant"]))
    longer, now = more["max_context_tokens"] or 0, more["max_context_tokens_now"] or 0
    if result["fits"] and longer > now:
        gains.append(say(language, "fit.more_context", context=tokens(longer), now=tokens(now)))
    return say(language, "fit.more", gains=join(language, gains)) if gains else ""


def commands(result: dict[str, Any], language: Language) -> str:
    """Return ready commands for every runtime as one code block, "" when there are none."""
    found = result["settings"].get("commands") or {}
    if "lm-studio" in found:
        chosen = join(language, result["settings"]["lm_studio_settings"])
        found = {**found, "lm-studio": f"{found['lm-studio']}\n# {say(language, 'fit.lm_studio', chosen=chosen)}"}
    blocks = [f"# {name}\n{found[key]}" for key, name in RUNTIMES.items() if key in found]
    return say(language, "fit.commands") + "\n\n```\n" + "\n\n".join(blocks) + "\n```" if blocks else ""


def _cited(result: dict[str, Any]) -> str:
    return " [1]" if result.get("sources") else ""


def _sources(result: dict[str, Any], language: Language) -> tuple[Cited, ...]:
    if not result.get("sources"):
        return ()
    place = result.get("read_from") or f"catalog/{result['id']}"
    return (Cited(1, place, result["model"], "\n".join(result["sources"])),)


def _next(result: dict[str, Any], language: Language) -> tuple[str, ...]:
    context = ("next.context",) if result["has_context"] and result["context_tokens"] < LONGER else ()
    asked = (*context, *(() if result.get("generic") else ("next.licence",)), "next.finetune")
    told = tuple(say(language, one, model=result["model"]) for one in asked)
    if result["fits"] is False and not any(row["fits"] for row in result.get("changes", ())):
        return (say(language, "next.recommend", device=device_name(language, result["device"])), *told)
    return told


def largest(result: dict[str, Any], language: Language) -> Draft:
    """Return the answer to "how big a model fits": per quantisation, and models that do."""
    sizes = result["max_params_b"]
    typical = "Q4_K_M" if "Q4_K_M" in sizes else next(iter(sizes))
    device = device_name(language, result["device"])
    wished, values = result.get("min_speed"), {"device": device, "quant": typical}
    slow = wished and sizes[typical] < LEAST_USEFUL_B
    key = "too_slow" if slow else "verdict_speed" if wished and result["speed_known"] else "verdict"
    verdict = say(
        language, f"size.{key}", **values, size=f"{sizes[typical]:g}B", context=tokens(result["context_tokens"]),
        speed=f"{wished or 0:g}",
    )  # fmt: skip
    lead = (*_beside_speed(result, typical, values, language), say(language, "size.balance"))
    models = result["models"]
    header = [say(language, f"column.{name}") for name in ("model", "quant", "memory", "speed")]
    sizes_table = table(
        [say(language, "column.quant"), say(language, "column.max_size")], [[q, f"{b:g}B"] for q, b in sizes.items()]
    )
    rows = table(header, [_model_row(fit, language) for fit in models])
    listed = parts(rows, say(language, "size.not_best")) if models else say(language, "size.no_models")
    details = parts(
        section(say(language, "size.models"), listed),
        bullets(
            [say(language, "size.available", available=mebibytes(result["available_mib"]))]
            + [note[language] for note in result["notes"]]
        ),
    )
    return Draft(
        verdict, lead, sizes_table, details,
        next_questions=(say(language, "next.recommend", device=device), say(language, "next.quant")),
        listed=tuple(fit["id"] for fit in models),
    )  # fmt: skip


def _beside_speed(result: dict[str, Any], quant: str, values: dict[str, str], language: Language) -> list[str]:
    """Return what memory alone would hold where speed holds less; that a least speed could not be looked at."""
    if not result.get("min_speed"):
        return []
    if not result["speed_known"]:
        return [say(language, "size.speed_unknown", **values, speed=f"{result['min_speed']:g}")]
    held = result["held_params_b"][quant]
    return [say(language, "size.held", **values, size=f"{held:g}B")] if held > result["max_params_b"][quant] else []


def _model_row(fit: dict[str, Any], language: Language) -> list[Any]:
    rate = speed(fit["tokens_per_second"]) or say(language, "unknown")
    return [fit["model"], fit["quant"], mebibytes(fit["total_mib"]), rate]
