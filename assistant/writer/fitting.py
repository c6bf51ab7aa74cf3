"""Prose for `fit`, `max_size` and `finetune_memory`: the verdict, the itemised proof, the settings."""

from typing import Any

from assistant.events import Cited, Language
from assistant.sentences import mebibytes, say, speed, tokens
from assistant.writer.draft import Draft, bullets, itemised, parts, section, table
from assistant.writer.recommendation import basis, command, conditions

MEMORY_PARTS = ("weights", "kv_cache", "compute", "overhead", "total")


def fitting(result: dict[str, Any], language: Language) -> Draft:
    """Return the answer to "does it fit" or, without hardware, "how much does it need"."""
    if not result.get("stated_hardware"):
        return _needs(result, language)
    named = f"{result['model']} ({result['quant']})"
    need, have = mebibytes(result["total_mib"]), mebibytes(result["available_mib"])
    values = {"model": named, "device": result["device"], "need": need, "have": have}
    lead = []
    if result["placement"] == "cpu" and result.get("has_gpu"):
        verdict = say(language, "fit.processor", **values)
    elif result["fits"]:
        verdict = say(language, "fit.yes", **values)
        if result["max_context_tokens"]:
            key = "fit.max_context_users" if (result.get("users") or 1) > 1 else "fit.max_context"
            lead.append(say(language, key, context=tokens(result["max_context_tokens"])))
    else:
        spills = result.get("ram_known") and result["placement"] in ("partial", "expert_offload")
        verdict = say(language, "fit.spills", **values) if spills else say(language, "fit.no", **values)
        if "would_fit" in result:
            other = result["would_fit"]
            lead.append(say(language, "fit.would", quant=other["quant"], need=mebibytes(other["total_mib"])))
    lead += [note[language] for note in result["notes"]]
    if (rate := speed(result["tokens_per_second"])) and result["placement"] != "none":
        lead.append(say(language, "fit.speed", speed=rate))
    elif result["kv_cache_mib"] and not result.get("gpu_named", True) and result["placement"] != "none":
        lead.append(say(language, "fit.speed_unknown"))
    body = parts(
        _items(result, language),
        bullets([conditions(result, language)]),
        command(result, language).strip() if result["placement"] != "none" else "",
    )
    return Draft(
        verdict, tuple(lead), body, _sources(result, language), (), (), _next(result, language), (result["id"],)
    )


def _needs(result: dict[str, Any], language: Language) -> Draft:
    model, rows = result["model"], result["needs"]
    usual = [row for row in rows if row["quant"] == result["usual_quant"]]
    middle = next((row for row in usual if row["context_tokens"] >= 8_192), usual[-1])
    verdict = say(
        language, "fit.needs", model=model, quant=middle["quant"], context=tokens(middle["context_tokens"]),
        need=mebibytes(middle["total_mib"]),
    )  # fmt: skip
    contexts = sorted({row["context_tokens"] for row in rows})
    by = {(row["quant"], row["context_tokens"]): row for row in rows}
    quants = list(dict.fromkeys(row["quant"] for row in rows))
    grid = table(
        [say(language, "column.quant"), say(language, "column.file")]
        + [say(language, "column.at_context", context=tokens(context)) for context in contexts],
        [
            [quant, mebibytes(by[quant, contexts[0]]["weights_mib"])]
            + [mebibytes(by[quant, context]["total_mib"]) if (quant, context) in by else "" for context in contexts]
            for quant in quants
        ],
    )
    lead = [say(language, "fit.needs_lead")]
    if result["available_mib"] is not None:
        key = "fit.here_yes" if result["fits"] else "fit.here_no"
        lead.append(
            say(language, key, device=result["device"], quant=result["quant"], need=mebibytes(result["total_mib"]),
                have=mebibytes(result["available_mib"]))
        )  # fmt: skip
    body = parts(grid, itemised(language, middle), bullets([say(language, "fit.basis", basis=basis(middle, language))]))
    return Draft(
        verdict, tuple(lead), body, _sources(result, language), (), (), _next(result, language), (result["id"],)
    )


def _items(result: dict[str, Any], language: Language) -> str:
    rows = [
        [say(language, f"memory.{label}"), _number(result[f"{name}_mib"]), f"{result[f'{name}_mib']:,.1f}"]
        for name, label in [(part, part) for part in MEMORY_PARTS] + [("available", "usable")]
        if result[f"{name}_mib"] is not None
    ]
    return table([say(language, "column.part"), "GiB", "MiB"], rows)


def _number(size_mib: float) -> str:
    return mebibytes(size_mib).removesuffix(" GiB")


def _sources(result: dict[str, Any], language: Language) -> tuple[Cited, ...]:
    if not result.get("sources"):
        return ()
    return (Cited(1, f"catalog/{result['id']}", result["model"], "\n".join(result["sources"])),)


def _next(result: dict[str, Any], language: Language) -> tuple[str, ...]:
    return (
        say(language, "next.context", model=result["model"]),
        say(language, "next.licence", model=result["model"]),
        say(language, "next.finetune", model=result["model"]),
    )


def largest(result: dict[str, Any], language: Language) -> Draft:
    """Return the answer to "how big a model fits": per quantisation, and models that do."""
    sizes = result["max_params_b"]
    typical = "Q4_K_M" if "Q4_K_M" in sizes else next(iter(sizes))
    verdict = say(
        language, "size.verdict", device=result["device"], size=f"{sizes[typical]:g}B", quant=typical,
        context=tokens(result["context_tokens"]),
    )  # fmt: skip
    lead = (
        say(language, "size.rule", size=f"{result['rule_of_thumb_params_b']:.1f}B", why=result["rule_note"][language]),
    )
    models = result["models"]
    header = [say(language, f"column.{name}") for name in ("model", "quant", "memory", "speed")]
    body = parts(
        table(
            [say(language, "column.quant"), say(language, "column.max_size")],
            [[q, f"{b:g}B"] for q, b in sizes.items()],
        ),
        section(
            say(language, "size.models"),
            table(header, [_model_row(fit, language) for fit in models]) if models else say(language, "size.no_models"),
        ),
        bullets(
            [say(language, "size.available", available=mebibytes(result["available_mib"]))]
            + [note[language] for note in result["notes"]]
        ),
    )
    next_questions = (say(language, "next.recommend", device=result["device"]), say(language, "next.quant"))
    return Draft(verdict, lead, body, (), (), (), next_questions, tuple(fit["id"] for fit in models))


def _model_row(fit: dict[str, Any], language: Language) -> list[Any]:
    rate = speed(fit["tokens_per_second"]) or say(language, "unknown")
    return [fit["model"], fit["quant"], mebibytes(fit["total_mib"]), rate]


def finetuning(result: dict[str, Any], language: Language) -> Draft:
    """Return the answer to "what does training it take": itemised, and which cards hold it."""
    total = mebibytes(result["total_mib"])
    method = say(language, f"method.{result['method']}")
    verdict = say(language, "finetune.verdict", model=result["model"], method=method, total=total)
    lead = []
    if result.get("available_mib"):
        values = {"device": result["device"], "have": mebibytes(result["available_mib"])}
        if result["gpu_count"] > 1:
            values |= {"count": result["gpu_count"], "share": mebibytes(result["per_gpu_mib"])}
            lead.append(say(language, "finetune.fits_spread" if result["fits"] else "finetune.not_spread", **values))
        else:
            lead.append(say(language, "finetune.fits" if result["fits"] else "finetune.not", **values))
    elif result["gpu_classes_gb"]:
        lead.append(say(language, "finetune.card", size=result["gpu_classes_gb"][0]))
    else:
        lead.append(say(language, "finetune.no_card"))
    if not result.get("stated_method", True):
        lead.append(say(language, "finetune.assumed", method=method))
    settings = say(
        language, "finetune.settings_rank" if result["rank"] else "finetune.settings", rank=result["rank"],
        sequence=tokens(result["sequence_tokens"]), batch=result["batch"],
    )  # fmt: skip
    rows = [
        [say(language, f"train.{name}"), _number(result[f"{name}_mib"])]
        for name in ("weights", "adapters", "gradients", "optimizer", "activations", "overhead")
        if result.get(f"{name}_mib")
    ]
    rows.append([say(language, "memory.total"), _number(result["total_mib"])])
    body = parts(
        table([say(language, "column.part"), "GiB"], rows),
        bullets([settings, *(note[language] for note in result.get("notes", []))]),
    )
    return Draft(verdict, tuple(lead), body, _sources(result, language), (), (),
                 (say(language, "next.when_finetune"), say(language, "next.licence", model=result["model"])),
                 (result["id"],))  # fmt: skip
