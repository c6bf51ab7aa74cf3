"""The assistant's sentences in both languages, and how figures are written in them."""

import re
from collections.abc import Mapping
from typing import Any

from assistant.events import Language
from assistant.texts import Texts
from knowledge.languages import language_name as language_name

say = Texts("assistant.texts")
PAGE_TOKENS = 650  # of 500 English words, 1.3 each, or of some 900 Japanese characters, 0.7 each (guides, kv-cache)
SECONDS_TOLD = 120  # from here on a time is told in minutes
_UNNAMED = re.compile(r"(?:(\d+)x )?GPU ([\d.]+) GB")  # what `assistant.hardware.stated` calls a card without a name
_SEVERAL = re.compile(r"\b(\d+)x ([^+]+?)(?= \+|$)")  # "2x RTX 3060", also beside other cards
_COMMON = {"CPU": "none", "Smartphone": "phone", "Old PC": "old"}  # machines without a name of their own


def both(key: str, /, **values: Any) -> dict[str, str]:
    """Return a sentence in both languages: language -> sentence."""
    return {language: say(language, key, **values) for language in ("en", "ja")}


def gigabytes(size_bytes: float) -> str:
    """Return a size in GiB, the unit in which memory is sold (as "GB") and llama.cpp reports: "5.6 GiB", "143 GiB"."""
    size = size_bytes / 2**30
    return f"{size:,.0f} GiB" if size >= 100 else f"{size:.1f} GiB"


def mebibytes(size_mib: float) -> str:
    """Return a size given in MiB the same way."""
    return gigabytes(size_mib * 2**20)


def bare_size(size_mib: float) -> str:
    """Return the same without its unit, for a table whose caption names it."""
    return mebibytes(size_mib).removesuffix(" GiB")


def money(usd: float) -> str:
    """Return US dollars as people write them: "$0.70", "$9.24", "$210", "$4,990"."""
    return f"${usd:,.0f}" if usd >= 10 else f"${usd:.2f}"


def rate(usd: float) -> str:
    """Return a price per million tokens: "$0.70", "$0.075", "$10"."""
    return f"${usd:,.0f}" if usd == round(usd) else f"${usd:.2f}" if usd == round(usd, 2) else f"${usd:g}"


def millions(number: float) -> str:
    """Return a number of tokens: "21M", "4.2M", "0.2M"; below ten thousand in full."""
    return f"{number / 1e6:,.3g}M" if number >= 10_000 else f"{number:,.0f}"


def duration(seconds: float, language: Language) -> str:
    """Return a time as people say it: "4 seconds", "90 seconds", from two minutes on "3 minutes"."""
    step = 1 if seconds < 60 else 10
    rounded = max(1, step * round(seconds / step))
    unit, n = ("seconds", rounded) if rounded < SECONDS_TOLD else ("minutes", round(seconds / 60))
    return say(language, f"time.{unit}{'_one' if n == 1 else ''}", n=f"{n:,}")


def count(parameters_b: float) -> str:
    """Return a parameter count: "8B", "0.6B", "1.5B", "1,026B"; below half a billion in millions, "33M"."""
    if round(parameters_b, 1) < 0.5:
        return f"{1000 * parameters_b:.0f}M"
    return f"{parameters_b:,.0f}B" if parameters_b >= 99.5 else f"{round(parameters_b, 1):g}B"


def parameters(row: Mapping[str, Any], unknown: str) -> str:
    """Return a row's size as "8B" or, for a mixture of experts, "36B (A3B)"."""
    total, active = row["parameters_b"], row["active_parameters_b"]
    if not total:
        return unknown
    return f"{count(total)} (A{count(active)})" if active and active < 0.6 * total else count(total)


def tokens(number: int | None, unknown: str = "?") -> str:
    """Return a context length with thousands separators."""
    return unknown if number is None else f"{number:,}"


def speed(per_second: Mapping[str, Any] | None) -> str | None:
    """Return a speed range in tokens/s, or None when it is not known."""
    if not per_second:
        return None
    low, high = per_second["low"], per_second["high"]
    return f"{low:.0f}-{high:.0f}" if high >= 10 else f"{low:.1f}-{high:.1f}"


def pace(per_second: float) -> str:
    """Return one speed in tokens/s: "33", below ten "5.2"."""
    return f"{per_second:.0f}" if per_second >= 10 else f"{per_second:.1f}"


def join(language: str, parts: list[str]) -> str:
    """Join a short list the language's way."""
    return ("、" if language == "ja" else ", ").join(parts)


def enumerate_names(language: str, names: list[str], last: str = "and") -> str:
    """Return names as they stand in a sentence: "a, b and c"; `last` is the English word before the last."""
    if language == "ja" or len(names) < 2:
        return join(language, names)
    return f"{join(language, names[:-1])} {last} {names[-1]}"


def device_name(language: str, name: str) -> str:
    """Return a machine as it stands in a sentence: "an RTX 4090"; "GPU 12 GB" becomes "a GPU with 12 GB".

    In Japanese the number of cards follows their name: "RTX 4090 2枚".
    """
    if name in _COMMON:
        return say(language, f"device.{_COMMON[name]}")
    if not (unnamed := _UNNAMED.fullmatch(name)):
        return with_article(name) if language == "en" else _SEVERAL.sub(r"\2 \1枚", name)
    cards, size = int(unnamed[1] or 1), unnamed[2]
    return say(language, "device.one" if cards == 1 else "device.several", cards=cards, size=size)


def task_name(language: str, task: str, variant: str | None = None) -> str:
    """Return what a model is for, in words; a kind of model that is no task of its own names it instead."""
    return say(language, f"task.{variant if variant in ('reranker', 'tts', 'ocr') else task}")


def licence_name(language: str, name: str) -> str:
    """Return a licence's name; what is none, as the terms of a service, is told in the language."""
    return say(language, "proprietary") if name == say("en", "proprietary") else name


def with_article(name: str) -> str:
    """Return an English name with its article as it is spoken: "an RTX 4090", "a Radeon RX 7900", "2x RTX 4090"."""
    if not name[:1].isalpha():
        return name
    spelled = not name[1:2].islower()  # letter by letter, as RTX and M3 are
    return f"{'an' if name[0].upper() in ('AEFHILMNORSX' if spelled else 'AEIOU') else 'a'} {name}"
