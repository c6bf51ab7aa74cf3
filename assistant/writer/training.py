"""Prose for `finetune_memory`: the verdict, what holds it, the itemised table, what to change, other sizes."""

from typing import Any

from assistant.events import Cited, Language
from assistant.sentences import bare_size, device_name, join, mebibytes, say, tokens
from assistant.writer.draft import Draft, bullets, parts, section, table

ITEMS = ("weights", "adapters", "gradients", "optimizer", "activations", "logits", "overhead")
NOTABLE_MIB = 1024


def finetuning(result: dict[str, Any], language: Language) -> Draft:
    """Return the answer to "what does training it take": itemised, which cards hold it, what to change."""
    if "largest" in result:
        return _trainable(result, language)
    method = say(language, f"method.{result['method']}")
    verdict = _verdict(result, language)
    lead = [_cards(result, language)]
    if "cards" in result.get("asks", ()) and result.get("cards_needed"):
        total = mebibytes(result["total_mib"])
        whole = say(language, "finetune.verdict", model=result["model"], method=method, total=total)
        lead = [whole.replace("**", ""), *lead]
        verdict = _such_cards(result, language)
    if not result.get("stated_method", True):
        lead.append(say(language, "finetune.assumed", method=method))
    notes = [note[language] for note in result.get("notes", [])]
    body = parts(bullets([_settings(result, language) + " [1]", *notes]), _changes(result, language))
    details = parts(
        _items(result, language),
        bullets([_activations(result, language), *_chunked(result, language)]),
        section(say(language, "finetune.sizes"), _sizes(result, language)),
    )
    licence = () if result.get("generic") else (say(language, "next.licence", model=result["model"]),)
    next_questions = (say(language, "next.when_finetune"), *licence)
    return Draft(
        verdict, tuple(lead), body, details, sources=_sources(result), next_questions=next_questions,
        listed=(result["id"],),
    )  # fmt: skip


def _trainable(result: dict[str, Any], language: Language) -> Draft:
    """Return how large a model the machine trains, per method."""
    rows = [
        [
            say(language, f"method.{one['method']}"),
            f"{one['params_b']:g}B" if one["params_b"] else say(language, "finetune.none"),
            bare_size(one["per_gpu_mib"]) if one["params_b"] else "",
        ]
        for one in result["largest"]
    ]
    sizes = [
        say(language, "finetune.up_to", method=say(language, f"method.{one['method']}"), size=f"{one['params_b']:g}B")
        for one in reversed(result["largest"])
        if one["params_b"]
    ]
    values = {"device": device_name(language, result["device"]), "have": mebibytes(result["available_mib"])}
    verdict = say(
        language, "finetune.trainable" if sizes else "finetune.trains_nothing", sizes=join(language, sizes), **values
    )
    header = [say(language, "column.method"), say(language, "column.largest"), "GiB"]
    notes = [say(language, "finetune.shape"), *(note[language] for note in result["notes"])]
    settings = _settings(result, language) + " [1]"
    return Draft(
        verdict, body=parts(table(header, rows) if len(rows) > 1 else "", bullets([settings, *notes])),
        sources=(Cited(1, result["read_from"], "Llama 3", "\n".join(result["sources"])),),
        next_questions=(say(language, "next.when_finetune"),),
    )  # fmt: skip


def _such_cards(result: dict[str, Any], language: Language) -> str:
    """Return how many cards like the machine's share it."""
    count, share = result["cards_needed"], mebibytes(result["card_mib"])
    device = result["device"].removeprefix(f"{result['gpu_count']}x ")
    method = say(language, f"method.{result['method']}")
    key = "finetune.such_card" if count == 1 else "finetune.such_cards"
    return say(language, key, count=count, device=device, share=share, model=result["model"], method=method)


def _verdict(result: dict[str, Any], language: Language) -> str:
    """Return whether it fits the machine, without one how much it takes."""
    values = {"model": result["model"], "method": say(language, f"method.{result['method']}")}
    values |= {"total": mebibytes(result["total_mib"])}
    if not result.get("available_mib"):
        return say(language, "finetune.verdict", **values)
    values |= {"device": device_name(language, result["device"]), "have": mebibytes(result["available_mib"])}
    if result["gpu_count"] > 1:
        values |= {"count": result["gpu_count"], "share": mebibytes(result["per_gpu_mib"])}
        return say(language, "finetune.fits_spread" if result["fits"] else "finetune.not_spread", **values)
    return say(language, "finetune.fits" if result["fits"] else "finetune.not", **values)


def _cards(result: dict[str, Any], language: Language) -> str:
    cards = result["cards"]
    if not cards:
        return say(language, "finetune.no_card")
    alone = cards[0]["count"] == 1
    shown = [
        say(
            language, "finetune.one_card" if alone else "finetune.some_cards", count=card["count"],
            size=f"{card['memory_gb']:g}", names=join(language, card["names"]),
        )
        for card in cards
    ]  # fmt: skip
    return say(language, "finetune.cards" if alone else "finetune.shared", cards=join(language, shown))


def _items(result: dict[str, Any], language: Language) -> str:
    rows = [
        [say(language, f"train.{name}"), bare_size(result[f"{name}_mib"])] for name in ITEMS if result[f"{name}_mib"]
    ]
    rows.append([say(language, "memory.total"), bare_size(result["total_mib"])])
    return table([say(language, "column.part"), "GiB"], rows)


def _settings(result: dict[str, Any], language: Language) -> str:
    return say(
        language, "finetune.settings_rank" if result["rank"] else "finetune.settings", rank=result["rank"],
        sequence=tokens(result["sequence_tokens"]), batch=result["batch"],
        optimizer=say(language, f"optimizer.{result['optimizer_kind']}"),
    )  # fmt: skip


def _activations(result: dict[str, Any], language: Language) -> str:
    key = "finetune.checkpointing" if result["checkpointing"] else "finetune.no_checkpointing"
    return say(language, key, stored=mebibytes(result["activations_stored_mib"]))


def _chunked(result: dict[str, Any], language: Language) -> list[str]:
    """Return what a chunked loss saves, where that is worth a line and not already among the changes."""
    saved = result["chunked_saves_mib"]
    if saved < NOTABLE_MIB or any(change["change"] == "loss" for change in result["changes"]):
        return []
    return [say(language, "finetune.chunked", saved=mebibytes(saved))]


def _changes(result: dict[str, Any], language: Language) -> str:
    if not result["changes"]:
        return ""
    lines = []
    for change in result["changes"]:
        to = say(language, f"method.{change['to']}") if change["change"] == "method" else change["to"]
        to = tokens(int(to)) if change["change"] == "sequence_tokens" else to
        what = say(language, f"change.{change['change']}", to=to)
        lines.append(say(language, "change.line", what=what, size=mebibytes(change["per_gpu_mib"])))
    title = "short" if not result["changes_fit"] else "alone" if len(lines) == 1 else "together"
    if title == "short" and len(lines) == 1:
        title = "short_one"
    return section(say(language, f"change.{title}"), bullets(lines))


def _sizes(result: dict[str, Any], language: Language) -> str:
    batches = sorted({row["batch"] for row in result["table"]})
    by = {(row["sequence_tokens"], row["batch"]): row["total_mib"] for row in result["table"]}
    header = [say(language, "column.sample")] + [say(language, "column.batch", batch=batch) for batch in batches]
    lengths = sorted({row["sequence_tokens"] for row in result["table"]})
    return table(header, [[tokens(one)] + [bare_size(by[one, batch]) for batch in batches] for one in lengths])


def _sources(result: dict[str, Any]) -> tuple[Cited, ...]:
    place = result.get("read_from") or f"catalog/{result['id']}"
    return (Cited(1, place, result["model"], "\n".join(result["sources"])),)
