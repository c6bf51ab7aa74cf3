"""How quantisations that a question names differ: bits, file size and lost quality, as llama.cpp publishes them."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.calls import Call
from assistant.events import Cited, Language
from assistant.memory.quants import LLAMA_CPP, QUANTS, added_perplexity
from assistant.sentences import say
from assistant.writer.draft import Draft, parts, table

if TYPE_CHECKING:
    from assistant.reader.marking import Tables

_MEASURED_B = 8.03  # billions of parameters of Llama 3 8B, on which the losses were measured
_ASKING = re.compile(
    r"(?<![a-z])(?:vs\.?|versus|or|differen(?:ce|t|ces)|differ|compared?|better|worse|which|between|over|than)(?![a-z])|"
    r"違い|違う|差|比べ|比較|どっち|どちら|どれ|それとも|または",
    re.I,
)
_KINDS = re.compile(r"(?<![a-z])(?:awq|gptq|exl2|nf4)(?![a-z])", re.I)


def with_quants_told(plan: Draft, call: Call, question: str, tables: "Tables", language: Language) -> Draft:
    """Return an explanation that begins with the figures of the quantisations asked about, any other as it is."""
    names = _named(question, tables) if call.tool == "explain" else []
    if len(names) < 2:
        return plan
    n = len(plan.sources) + 1
    header = [say(language, f"quants.{one}") for one in ("name", "bits", "file", "loss")]
    rows = [
        [
            name, f"{QUANTS[name].bits_per_weight:.2f}", f"{QUANTS[name].bits_per_weight * _MEASURED_B / 8:.1f} GB",
            f"{100 * added_perplexity(name):.1f} %",
        ]
        for name in names
    ]  # fmt: skip
    best, *_, worst = sorted(names, key=added_perplexity)
    lost = {"best": best, "worst": worst, "less": _percent(best), "more": _percent(worst), "n": n}
    told = parts(say(language, "quants.told", **lost), table(header, rows))
    source = Cited(n, "llama.cpp", say(language, "quants.source"), LLAMA_CPP)
    return replace(plan, verdict=parts(told, plan.verdict), sources=(*plan.sources, source))


def _named(question: str, tables: "Tables") -> list[str]:
    """Return the quantisations whose loss was measured that a question sets against one another, finest first."""
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    text = clean(question)
    if not _ASKING.search(text) or _KINDS.search(text):
        return []
    said = {str(span.value) for span in find_spans(text, tables) if span.kind == "QNT"}
    known = [
        name for name in said if name in QUANTS and QUANTS[name].gguf and QUANTS[name].perplexity_delta is not None
    ]
    return sorted(known, key=lambda name: -QUANTS[name].bits_per_weight) if len(known) == len(said) else []


def _percent(name: str) -> str:
    return f"{100 * added_perplexity(name):.1f} %"
