"""Machines of which one is to be chosen for a model: "a 5060 Ti or a 3090 for a 27B?", 「3090と4080どっち」."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.calls import Call, Hardware, Tool, parse_call
from assistant.events import UNSURE, Reading
from assistant.stated.alternatives import CARD, CPU, alternatives, chooses, nothing_else, of_speed
from assistant.stated.purchase import ASKS, weighed
from knowledge.gpu_table import load_gpus

if TYPE_CHECKING:
    from assistant.reader.marking import Marked, Tables
    from assistant.reader.units import Span

SPEED = "speed"  # of a call's `asks`: which machine is the faster is told first
EACH = "each"  # of a call's `asks`, with the machines: "each RTX 5060 Ti / 2x RTX 3090"
_READ_AS: tuple[Tool, ...] = ("fit", "recommend", "max_size", "compare", "explain", "clarify", "out_of_scope")
_FOR_MODELS = re.compile(
    r"(?<![a-z])(?:llms?|local (?:ai|models?)|inference|language models?|(?:better|best) (?:deal|value|buy))(?![a-z])|"
    r"買(?:う|い|え)|ローカル(?:LLM|AI)|LLM|推論|生成AI",
    re.I,
)


def machines(asks: tuple[str, ...]) -> tuple[Hardware, ...]:
    """Return the machines for each of which a call is asked, () for any other call."""
    found = next((one for one in asks if one.partition(" ")[0] in (EACH, ASKS)), "")
    return tuple(machine(name) for name in found.partition(" ")[2].split(" / ") if name)


def machine(name: str) -> Hardware:
    """Return the machine of a name with its number and size: "2x RTX 3060 12GB", "M4 24GB", "CPU 64GB"."""
    found = re.fullmatch(r"(?:(\d{1,3})x )?(.+)", name)
    count, gpu = (int(found[1] or 1), found[2]) if found else (1, name)
    counted = {"gpu_count": count} if count > 1 else {}
    sized = re.fullmatch(r"(.+?) (\d+(?:\.\d+)?)GB", gpu)
    gpus = load_gpus()
    if sized is None or gpu in gpus:
        return Hardware.model_validate({"gpu": gpu, **counted})
    if sized[1] == CARD:
        return Hardware.model_validate({"vram_gb": float(sized[2]), **counted})
    known = gpus.get(sized[1])
    memory = "vram_gb" if known is not None and not known.unified else "ram_gb"
    return Hardware.model_validate({"gpu": None if sized[1] == CPU else sized[1], memory: float(sized[2]), **counted})


def with_choice(reading: Reading, question: str, tables: "Tables") -> Reading:
    """Return the reading of a question which of several cards is to be used, with the cards in `asks` and no machine.

    Where a model or size is to run on it that is `fit` on each of them, else the choice of a model on each, as when one
    is bought. Other readings stay.
    """
    from assistant.reader.marking import mark
    from assistant.reader.read import other_cards
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    call = reading.call
    text = clean(question)
    if call.tool not in _READ_AS or not chooses(text):
        return reading
    marked = mark(text, find_spans(text, tables))
    names, model = alternatives(marked), _model(marked.spans)
    if not names:
        return reading
    left_out = other_cards(call.arguments().get("hardware") or {}, marked)
    asked = _on_each(call, marked, model) if model is not None else _chosen_on_each(call, marked)
    if asked is None:
        return reading
    kept = tuple(one for one in asked.asks if one.partition(" ")[0] not in (EACH, ASKS))
    if model is None and of_speed(text):
        kept = (*kept, SPEED)
    asked = replace(asked, asks=(*kept, f"{EACH if model is not None else ASKS} {' / '.join(names)}"))
    if reading.confidence >= UNSURE:
        return replace(reading, call=asked, notes=tuple(note for note in reading.notes if note not in left_out))
    return replace(reading, call=asked, notes=(), confidence=UNSURE)  # what was unclear no longer matters


def _on_each(call: Call, marked: "Marked", model: str) -> Call:
    """Return the call that asks for the fit of a model, its machine left open."""
    from assistant.reader.assemble import to_args
    from assistant.reader.rules import rule_labels

    args = call.arguments() if call.tool == "fit" else to_args(rule_labels(marked, "fit"), marked)
    found = parse_call("fit", {name: value for name, value in args.items() if name != "hardware"} | {"model": model})
    return replace(found, asks=call.asks) if call.tool == "fit" else found


def _chosen_on_each(call: Call, marked: "Marked") -> Call | None:
    """Return a recommendation with its machine left open, None where something else is asked."""
    from assistant.reader.assemble import to_args
    from assistant.reader.rules import rule_labels

    if weighed(call.asks) is not None or call.tool == "fit" or len(call.arguments().get("models", ())) > 1:
        return None
    args = call.arguments() if call.tool == "recommend" else to_args(rule_labels(marked, "recommend"), marked)
    said = "task" in args and call.tool in ("explain", "clarify")
    for_models = said or call.tool in ("recommend", "max_size") or _FOR_MODELS.search(marked.source)
    if not for_models and not nothing_else(marked):
        return None
    return parse_call("recommend", {name: value for name, value in args.items() if name not in ("hardware", "hosting")})


def _model(spans: "tuple[Span, ...]") -> str | None:
    """Return the one model or size that is named, None when none or several are."""
    named = dict.fromkeys(str(span.value) for span in spans if span.kind == "MOD" and span.hint != "unknown")
    sizes = dict.fromkeys(f"{span.value:g}B" for span in spans if span.kind == "PAR" and isinstance(span.value, float))
    found = list(named or sizes)
    return found[0] if len(found) == 1 else None
