"""What the span finder knows, and a question as the model reads it: spans replaced by numbered placeholders."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from assistant.reader.lexicon import patterns, words
from assistant.reader.tables import NameTable, letters_of
from assistant.reader.units import Kind, Span

LIMITS: dict[Kind, int] = {
    "GPU": 4,
    "MAC": 3,
    "GB": 4,
    "MOD": 6,
    "PAR": 4,
    "CTX": 3,
    "QNT": 3,
    "KV": 2,
    "LANG": 5,
    "NUM": 3,
    "LIC": 4,
    "USD": 2,
    "REF": 3,
    "LAB": 3,
    "USE": 0,
    "TPS": 0,
}


FAMILIES = words("families")
_ABOUT_SPEED = patterns("speed")["about"]


@dataclass(frozen=True, slots=True)
class Tables:
    """What the finder knows: name tables, which GPUs share memory with the CPU, which GPU names and sizes exist."""

    models: NameTable
    gpus: NameTable
    unified: frozenset[str] = frozenset()
    gpu_names: frozenset[str] = frozenset()
    by_words: Callable[[str], str | None] = lambda name: None  # a name that no alias has, by all of its words
    memory: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # GB that each GPU is sold with
    families: NameTable = field(default_factory=lambda: NameTable({name: name for name in FAMILIES}))


def _without_memory(aliases: Mapping[str, str]) -> dict[str, str]:
    """Leave out "A100 80GB" where "A100" is a name too: the memory is read by itself, per card as stated."""
    short = {letters_of(alias) for alias in aliases}
    sized = {alias: re.sub(r"[-_ ]+\d+ ?gb$", "", alias) for alias in aliases if alias.endswith("gb")}
    left_out = {letters_of(alias) for alias, base in sized.items() if base != alias and letters_of(base) in short}
    return {
        alias: name for alias, name in aliases.items() if not (alias.endswith("gb") and letters_of(alias) in left_out)
    }


def make_tables(
    model_aliases: Mapping[str, str],
    gpu_aliases: Mapping[str, str],
    *,
    unified: Iterable[str] = (),
    by_words: Callable[[str], str | None] = lambda name: None,
    memory: Mapping[str, tuple[float, ...]] | None = None,
) -> Tables:
    """Compile alias tables (normalised alias -> canonical name) for scanning."""
    gpus = NameTable(_without_memory(gpu_aliases))
    names = frozenset(gpu_aliases.values())
    return Tables(NameTable(model_aliases), gpus, frozenset(unified), names, by_words, memory or {})


@dataclass(frozen=True, slots=True)
class Marked:
    """A question with its spans replaced: what the model reads, and what each placeholder stands for, in order."""

    text: str
    placeholders: tuple[tuple[str, Span], ...]  # ("GPU1", span), in order of first appearance
    spans: tuple[Span, ...]
    source: str


def mark(text: str, spans: Iterable[Span]) -> Marked:
    """Return the question as the model reads it: lower case, angle brackets inert, spans as numbered placeholders.

    A speed to be reached is left out, for it says nothing of what is asked: "the largest model at 20 tokens/s".
    """
    spans = tuple(spans)
    seen: dict[tuple[Kind, object], str] = {}
    numbers: dict[Kind, int] = {}
    placeholders: list[tuple[str, Span]] = []
    pieces: list[str] = []
    at = 0
    for span in spans:
        if span.hint == "level":
            continue
        if is_condition(span) and not speaks_of_speed(text):
            pieces.append(inert(text[at : span.start]) + " ")
            at = span.end
            continue
        key = (span.kind, (span.value, span.hint) if span.kind in ("GB", "NUM", "PAR") else span.value)
        if key not in seen:
            if numbers.get(span.kind, 0) >= LIMITS[span.kind]:
                continue
            numbers[span.kind] = numbers.get(span.kind, 0) + 1
            seen[key] = f"{span.kind}{numbers[span.kind]}"
            placeholders.append((seen[key], span))
        pieces.append(inert(text[at : span.start]) + f"<{seen[key]}>")
        at = span.end
    pieces.append(inert(text[at:]))
    return Marked("".join(pieces).strip(), tuple(placeholders), spans, text)


def is_condition(span: Span) -> bool:
    """Tell whether a span is a speed to be reached: a condition of whatever is asked, which code reads."""
    return span.kind == "TPS" and span.hint in ("least", "all")


def speaks_of_speed(text: str) -> bool:
    """Tell whether a question is about a speed itself: "is 10 tokens/s fast enough?", 「毎秒10トークンって速い？」."""
    return bool(_ABOUT_SPEED.search(text))


def inert(text: str) -> str:
    """Return text that cannot be read as one of the model's own symbols: no angle brackets, lower case, one line."""
    return re.sub(r"\s+", " ", text.replace("<", "‹").replace(">", "›").casefold())
