"""The page's sentences, and values of tool calls and results in words."""

from typing import Any

from assistant.calls import CLOSED, OUTSIDE
from assistant.texts import Texts

say = Texts("ui.texts")
LANGUAGES = ("ja", "en")


def has(language: str, key: str) -> bool:
    """Tell whether the page has a sentence of this name."""
    return key in say.table(language)


def said(value: Any, language: str) -> Any:
    """Return the wanted language of a `{"ja": ..., "en": ...}` value, any other value as it is."""
    if isinstance(value, dict) and value and set(value) <= {"ja", "en"}:
        return value.get(language) or next(iter(value.values()))
    return value


def label(language: str, name: str) -> str:
    """Return what an argument or a result's field is called; a name that the page does not know is shown as it is."""
    last = name.rsplit(".", 1)[-1]
    for key in (f"arg.{last}", f"key.{last}", f"value.task.{last}"):
        if has(language, key):
            return say(language, key)
    return last.replace("_", " ") if last.islower() else last


def value_text(language: str, name: str, value: Any) -> str:
    """Return one plain value in words: `coding` -> コーディング, True -> はい, 32768 -> 32,768."""
    last = name.rsplit(".", 1)[-1]
    value = said(value, language)
    if value is None:
        return say(language, "reading.no_gpu") if last == "gpu" else "–"
    if isinstance(value, bool):
        return say(language, "reading.yes" if value else "reading.no")
    if isinstance(value, list | tuple):
        return ("、" if language == "ja" else ", ").join(value_text(language, name, one) for one in value)
    if isinstance(value, int | float):
        return number(value)
    for key in (f"value.{last}.{value}", f"place.{value}" if last == "placement" else "", f"basis.{value}"):
        if has(language, key):
            return say(language, key)
    if last == "exclude" and language == "ja" and str(value).startswith(OUTSIDE):
        return str(value).removeprefix(OUTSIDE).replace(" or ", "か") + "以外"
    if value == CLOSED and last == "exclude" and language == "ja":
        return "重み非公開"
    return str(value)


def codes(texts: list[str]) -> list[str]:
    """Return language names as their codes, in either language of the page; what is no known name stays as it is."""
    known = {
        text.casefold(): key.rsplit(".", 1)[1]
        for language in LANGUAGES
        for key, text in say.table(language).items()
        if key.startswith("value.languages.")
    }
    return [known.get(text.casefold(), text) for text in texts]


def number(value: float) -> str:
    """Return a number as people write it: thousands separated, at most two decimals, no trailing zeros."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def gib(mib: float) -> str:
    """Return MiB as GiB with one decimal (two below 1), the unit that cards are sold in as "GB"."""
    amount = mib / 1024
    return f"{amount:,.1f}" if amount >= 1 else f"{amount:.2f}"


def duration(language: str, ms: float) -> str:
    """Return a time in milliseconds, or seconds from one second on."""
    if ms < 1000:
        return say(language, "chat.ms", value=f"{ms:.0f}" if ms >= 10 else f"{ms:.1f}")
    return say(language, "chat.seconds", value=f"{ms / 1000:.1f}")
