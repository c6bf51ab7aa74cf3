"""What a template makes of a tool's result, and the small Markdown pieces it is made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.events import Cited, Language
from assistant.sentences import mebibytes, say


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer in parts, the plainest first.

    `verdict` is what everyone must read and always stands. `lead` are the sentences a chat model may replace by checked
    ones of its own. `body` is Markdown that always stands. `details` is Markdown that is folded below the answer, for
    whoever wants to check it: tables, proof, what was left out. Numbers in brackets cite `sources`.
    """

    verdict: str
    lead: tuple[str, ...] = ()
    body: str = ""
    details: str = ""
    sources: tuple[Cited, ...] = ()
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    next_questions: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()  # model ids in the order shown, for "the second one"

    def text(self, *, details: bool = True) -> str:
        """Return the whole answer, or what of it is not folded."""
        return parts(self.verdict, join_sentences(self.lead), self.body, self.details if details else "")


def whole_sentence(language: Language, text: str, mark: str = "") -> str:
    """Return a reason as a sentence: an English one gets its capital; `mark` ("[1]") stands before the stop."""
    return (text[:1].upper() + text[1:] if language == "en" else text) + mark + say(language, "stop")


def join_sentences(sentences: Iterable[str]) -> str:
    """Join sentences: Japanese ones touch, English ones get a space."""
    text = ""
    for sentence in sentences:
        gap = "" if not text or text.endswith(("。", "！", "？", "」", "\n")) else " "
        text += gap + sentence
    return text


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a Markdown table; cells are escaped, None becomes an empty cell."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def cell(value: Any) -> str:
    """Return a value as the text of a table cell."""
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def bullets(lines: Iterable[str]) -> str:
    """Return a Markdown list, empty for no lines."""
    return "\n".join(f"- {line}" for line in lines)


def section(title: str, text: str) -> str:
    """Return a titled part, empty for no text."""
    return f"**{title}**\n\n{text}" if text else ""


def parts(*blocks: str) -> str:
    """Join the non-empty blocks with blank lines."""
    return "\n\n".join(block for block in blocks if block)


def itemised(language: Language, fit: dict[str, Any]) -> str:
    """Return "weights 4.6 GiB + KV cache 1.1 GiB + ... = 6.5 GiB (of 7.0 GiB available)"."""
    items = [
        say(language, "memory.item", name=say(language, f"memory.{name}"), size=mebibytes(fit[f"{name}_mib"]))
        for name in ("weights", "kv_cache", "compute", "overhead")
        if fit.get(f"{name}_mib")
    ]
    total = say(language, "memory.sum", items=" + ".join(items), total=mebibytes(fit["total_mib"]))
    if fit.get("available_mib") is None:
        return total
    return total + say(language, "memory.of_available", available=mebibytes(fit["available_mib"]))


def catalog_sources(rows: Iterable[tuple[str, str, list[dict[str, Any]]]], first: int = 1) -> tuple[Cited, ...]:
    """Return one numbered source per (id, name, references) row: where the figures of that model come from."""
    return tuple(
        Cited(n, f"catalog/{model_id}", name, "\n".join(f"{one['ref']} ({one['date']})" for one in references))
        for n, (model_id, name, references) in enumerate(rows, first)
    )
