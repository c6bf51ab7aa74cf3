"""What the question before was after, where a turn asks it again of something else: "and Gemma 3?"."""

import re
from typing import Any

from assistant.calls import Call, Tool
from assistant.reader.asks import BESIDE, COMPARED_FIELDS, MACHINE, ask_patterns
from assistant.reader.decide import Decision
from assistant.reader.marking import Marked
from assistant.reader.unsaid import is_name_alone

_MEMORY = re.compile(r"v?ram(?![a-z])|memory|メモリ")


def asked_again(
    decision: Decision, tool: Tool, args: dict[str, Any], asks: tuple[str, ...], before: Call | None, marked: Marked
) -> tuple[Tool, dict[str, Any], tuple[str, ...]]:
    """Return the tool, the arguments and what is asked for of a turn, with what it takes from the call before."""
    if not asks or (asks == ("amount",) and is_name_alone(marked)):
        asks = _same(decision, tool, before, marked) or asks
        args = args | _property(tool, args, before, marked)
    if set(asks) <= {"amount"} and (figure := _figure(tool, before, marked)):
        return "fit", args, figure
    return tool, args, asks


def _same(decision: Decision, tool: Tool, before: Call | None, marked: Marked) -> tuple[str, ...]:
    """Return what the question before asked for, where a turn asks it again of something else: "and Gemma 3?".

    By what models are compared is asked again only of other models.
    """
    if before is None or before.tool != tool or not decision.labels.more or "field" in decision.labels.values:
        return ()
    if "cache" in before.asks and _MEMORY.search(marked.text):  # all of it is asked for now
        return ()
    named = tool != "compare" or any(span.kind in ("MOD", "PAR", "REF") for span in marked.spans)
    return tuple(one for one in before.asks if not one.startswith(BESIDE)) if named else ()


def _property(tool: Tool, args: dict[str, Any], before: Call | None, marked: Marked) -> dict[str, Any]:
    """Return the property by which models were compared, for a turn that only names another: "and Gemini 2.5?"."""
    by = next((one for one in before.asks if one in COMPARED_FIELDS), None) if before is not None else None
    bare = tool == "model_info" and "field" not in args and is_name_alone(marked)
    return {"field": by} if before is not None and before.tool == "compare" and by and bare else {}


def _figure(tool: Tool, before: Call | None, marked: Marked) -> tuple[str, ...]:
    """Return the figure whose meaning was asked, for a turn that asks how much of it a model has: "and Qwen3 8B's?".

    It is one of `fit`, also where the turn was read as a question about the model itself.
    """
    if (
        tool not in ("fit", "model_info")
        or before is None
        or before.tool != "explain"
        or MACHINE & {span.kind for span in marked.spans}
    ):
        return ()
    of_cache = ask_patterns("quantities")["cache"].search(str(before.arguments().get("query", "")))
    asking = ask_patterns("quantities")["amount"].search(marked.text) or is_name_alone(marked)
    return ("cache", "amount") if of_cache and asking else ()
