"""The figure of an answer about memory that a question is after: users, context, quantisation, cache, file, speed.

Each stands in the result; here it becomes the first sentence.
"""

import re
from typing import Any

from assistant.events import Language
from assistant.memory.layers import pad
from assistant.sentences import PAGE_TOKENS, device_name, duration, gigabytes, mebibytes, say, speed, tokens
from assistant.writer.draft import join_sentences

MIB = 1024 * 1024
_LOSSY = ("Q2", "IQ2", "IQ1")


def asked_first(result: dict[str, Any], language: Language) -> list[str]:
    """Return a sentence for each figure that `asks` of a `fit` result names and the result holds."""
    figures = {"users": _users, "context": _context, "quant": _quant, "cache": _cache, "file": _file,
               "speed": _speed, "read": _read, "cards": _cards, "layers": _layers}  # fmt: skip
    told = [figures[name](result, language) for one in result.get("asks", ()) if (name := one.split()[0]) in figures]
    return [one for one in told if one]


def smaller_quant(result: dict[str, Any]) -> dict[str, Any] | None:
    """Return the change to a smaller quantisation with which the model fits whole, None where one was stated."""
    if result.get("stated_quant"):
        return None
    return next((row for row in result.get("changes", ()) if row["change"] == "quant" and row["fits"]), None)


def is_lossy(quant: str) -> bool:
    """Tell whether a quantisation costs so much quality that it must be said."""
    return quant.startswith(_LOSSY)


def is_coarse(quant: str) -> bool:
    """Tell whether a quantisation has fewer bits than the four that most people use."""
    return quant.startswith(("Q3", "IQ3", *_LOSSY))


def _values(result: dict[str, Any], language: Language) -> dict[str, Any]:
    return {
        "model": f"{result['model']} ({result['quant']})",
        "name": result["model"],
        "quant": result["quant"],
        "device": device_name(language, result["device"]),
        "context": tokens(result["context_tokens"]),
        "kv": result["kv_type"],
    }


def _users(result: dict[str, Any], language: Language) -> str:
    most = result.get("max_users") if result.get("stated_hardware") else None
    if not most:
        return ""
    cells = pad(result["context_tokens"]) * most
    return say(language, "asked.users", users=tokens(most), cells=cells, **_values(result, language))


def for_most_users(command: str, result: dict[str, Any]) -> str:
    """Return the command as it serves the most users at once where that number is what was asked for."""
    most = result.get("max_users")
    if "users" not in result.get("asks", ()) or not most:
        return command
    served = re.sub(r"(?<= -np )\d+", str(most), command)
    return re.sub(r"(?<= -c )\d+", str(pad(result["context_tokens"]) * most), served)


def _context(result: dict[str, Any], language: Language) -> str:
    if not result.get("stated_hardware"):
        return ""
    if not result["fits"]:
        shorter = next((row for row in result.get("changes", ()) if row["change"] == "context" and row["fits"]), None)
        values = _values(result, language) | {
            "need": mebibytes(result["total_mib"]), "have": mebibytes(result["available_mib"]),
        }  # fmt: skip
        if shorter is None:
            return say(language, "asked.context_none", **values) if result["kv_cache_mib"] else ""
        values |= {"now": values["context"], "context": tokens(shorter["value"])}
        return say(language, "asked.context_short", **values)
    if not result["max_context_tokens"]:
        return ""
    longest = result["max_context_tokens"]
    limit = "asked.context_model" if longest == result.get("model_context_tokens") else "asked.context"
    text = say(language, limit, **{**_values(result, language), "context": tokens(longest)})
    if coarser := result.get("coarser"):
        text += say(
            language, "asked.context_coarser", quant=coarser["quant"], context=tokens(coarser["context_tokens"])
        )
    return text


def _quant(result: dict[str, Any], language: Language) -> str:
    if not result.get("stated_hardware") or result.get("stated_quant"):
        return ""
    values = _values(result, language)
    found = (result["quant"], result["total_mib"]) if result["fits"] else None
    if found is None and (row := smaller_quant(result)):
        found = (row["value"], row["total_mib"])
    if found is None:
        return say(language, "asked.quant_none", **values)
    values |= {"quant": found[0], "need": mebibytes(found[1]), "have": mebibytes(result["available_mib"])}
    return say(language, "asked.quant_lossy" if is_lossy(found[0]) else "asked.quant", **values)


def _cache(result: dict[str, Any], language: Language) -> str:
    if not result["kv_cache_mib"]:
        return ""
    users = result.get("users") or 1
    key = "asked.cache_users" if users > 1 else "asked.cache"
    return say(language, key, size=mebibytes(result["kv_cache_mib"]), users=users, **_values(result, language))


def _file(result: dict[str, Any], language: Language) -> str:
    size = result["file_mib"] * MIB
    values = _values(result, language)
    return say(language, "asked.file", size=gigabytes(size), gb=f"{size / 1e9:,.1f}", **values)


def _speed(result: dict[str, Any], language: Language) -> str:
    rate = speed(result["tokens_per_second"]) if result["tokens_per_second"] else None
    if not rate or not result.get("stated_hardware") or result["placement"] == "none":
        return ""
    told = say(language, "asked.speed", speed=rate, **_values(result, language))
    wished = next((float(one.split()[1]) for one in result["asks"] if one.startswith("speed ")), None)
    if wished is None:
        return told
    return join_sentences([say(language, f"asked.speed_{_reached(result, wished)}", wished=f"{wished:g}"), told])


def _read(result: dict[str, Any], language: Language) -> str:
    """Return how long it takes to read some tokens and to write a page, or as much as was read ("read 8000 whole").

    The speed alone where reading is not known.
    """
    rate, reading = result["tokens_per_second"], result["prompt_tokens_per_second"]
    if not rate or not reading or not result.get("stated_hardware") or result["placement"] == "none":
        return _speed(result, language)
    number, *whole = next(one.split()[1:] for one in result["asks"] if one.startswith("read "))
    read = int(number)
    first, rest = read / reading, (read if whole else PAGE_TOKENS) / rate["mid"]
    times = {"time": first + rest, "first": first, "rest": rest}
    told = {name: duration(seconds, language) for name, seconds in times.items()}
    key = "asked.read_as_much" if whole else "asked.read"
    return say(language, key, read=tokens(read), **told, **_values(result, language))


def _reached(result: dict[str, Any], wished: float) -> str:
    """Return where a wished speed lies in the estimate: "yes" below all of it, "likely" and "unlikely" in it, "no"."""
    rate = result["tokens_per_second"]
    ends = (("yes", rate["low"]), ("likely", rate["mid"]), ("unlikely", rate["high"]))
    return next((name for name, end in ends if wished <= end), "no")


def _layers(result: dict[str, Any], language: Language) -> str:
    if (
        not result.get("stated_hardware")
        or not result.get("has_gpu")
        or not result["gpu_layers"]
        or not result["layers"]
    ):
        return ""
    values = _values(result, language) | {"layers": result["gpu_layers"], "all": result["layers"]}
    return say(language, "asked.layers", **values)


def _cards(result: dict[str, Any], language: Language) -> str:
    if not result.get("stated_hardware") or not result.get("has_gpu") or not result["devices"]:
        return ""
    values = _values(result, language)
    if result["fits"]:
        return say(language, "asked.cards_enough", **values)
    row = next((one for one in result["changes"] if one["change"] == "cards"), None)
    if row is None:
        return ""
    values |= {"count": row["value"]["count"], "card": row["value"]["device"], "need": mebibytes(row["total_mib"])}
    values |= {"have": mebibytes(result["available_mib"])}
    return say(language, "asked.cards", **values)
