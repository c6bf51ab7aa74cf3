"""Machines of which one is to be chosen for a model: "a 5060 Ti or a 3090 for a 27B?", 「3090と4080どっち」."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.calls import Call, Hardware, Tool, parse_call
from assistant.events import UNSURE, Reading
from assistant.stated_purchase import ASKS, weighed

if TYPE_CHECKING:
    from assistant.reader.marking import Marked, Tables
    from assistant.reader.units import Span

EACH = "each"  # of a call's `asks`, with the machines: "each RTX 5060 Ti / 2x RTX 3090"
_READ_AS: tuple[Tool, ...] = ("fit", "recommend", "max_size", "compare", "explain", "clarify", "out_of_scope")
_EITHER = re.compile(
    r"(?<![a-z])(?:or|vs\.?|versus|beats?|against|outperforms?)(?![a-z])|または|それとも|もしくは|あるいは|か(?![らな])",
    re.I,
)
_LISTED = re.compile(r"(?<![a-z])and(?![a-z])|[/,、・]|と|\s", re.I)
_WHICH = re.compile(
    r"(?<![a-z])(?:which(?! (?:model|llm|quant))|better|faster|compared?|vs\.?|versus)(?![a-z])|"
    r"どっち|どちら|どれ|比べ|比較",
    re.I,
)
_FOR_MODELS = re.compile(
    r"(?<![a-z])(?:llms?|local (?:ai|models?)|inference|language models?|(?:better|best) (?:deal|value|buy))(?![a-z])|"
    r"買(?:う|い|え)|ローカル(?:LLM|AI)|LLM|推論|生成AI",
    re.I,
)
_REASONS = re.compile(r"(?<![a-z])(?:why|difference)(?![a-z])|なぜ|なんで|どうして|違い", re.I)


def alternatives(marked: "Marked") -> tuple[str, ...]:
    """Return the cards and chips between which a question chooses ("2x RTX 3090", "M3 Max 64GB"), () without any."""
    from assistant.reader.cards import is_gone
    from assistant.reader.negation import unused
    from assistant.stated_cards import counted_cards

    text = marked.source
    cards = [span for span in marked.spans if span.kind in ("GPU", "MAC") and span.hint != "unknown"]
    if any(is_gone(span, text) or unused(span, text) for span in cards) or _REASONS.search(text):
        return ()
    gaps = [text[one.end : other.start] for one, other in pairwise(cards)]
    separated = [bool(_EITHER.search(gap)) for gap in gaps]
    if not gaps or not (all(separated) or (_WHICH.search(text) and all(map(_LISTED.search, gaps)))):
        return ()
    names = tuple(dict.fromkeys(counted_cards(marked, cards)))
    return names if len(names) > 1 else ()


def machines(asks: tuple[str, ...]) -> tuple[Hardware, ...]:
    """Return the machines for each of which a call is asked, () for any other call."""
    found = next((one for one in asks if one.partition(" ")[0] == EACH), "")
    return tuple(machine(name) for name in found.removeprefix(EACH).strip().split(" / ") if name)


def machine(name: str) -> Hardware:
    """Return the machine of a card's name with its number and size: "2x RTX 3060 12GB"."""
    found = re.fullmatch(r"(?:(\d{1,3})x )?(.+)", name)
    count, gpu = (int(found[1] or 1), found[2]) if found else (1, name)
    return Hardware.model_validate({"gpu": gpu, **({"gpu_count": count} if count > 1 else {})})


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
    if call.tool not in _READ_AS or not (_EITHER.search(text) or _WHICH.search(text)):
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
    """Return a recommendation with its machine left open, None where no choice for a task is asked."""
    from assistant.reader.assemble import to_args
    from assistant.reader.rules import rule_labels

    if weighed(call.asks) is not None or call.tool not in ("recommend", "explain", "clarify"):
        return None
    args = call.arguments() if call.tool == "recommend" else to_args(rule_labels(marked, "recommend"), marked)
    if call.tool != "recommend" and "task" not in args and not _FOR_MODELS.search(marked.source):
        return None
    return parse_call("recommend", {name: value for name, value in args.items() if name not in ("hardware", "hosting")})


def _model(spans: "tuple[Span, ...]") -> str | None:
    """Return the one model or size that is named, None when none or several are."""
    named = dict.fromkeys(str(span.value) for span in spans if span.kind == "MOD" and span.hint != "unknown")
    sizes = dict.fromkeys(f"{span.value:g}B" for span in spans if span.kind == "PAR" and isinstance(span.value, float))
    found = list(named or sizes)
    return found[0] if len(found) == 1 else None
