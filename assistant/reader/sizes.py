"""Sizes that a wish carries without naming them: smaller than the model spoken of, and limits of earlier turns."""

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from assistant.calls import Tool
from assistant.errors import ToolError
from assistant.reader.asks import wants_smaller
from assistant.reader.marking import Marked
from assistant.sentences import both

if TYPE_CHECKING:
    from assistant.events import Conversation
    from knowledge.catalog import Catalog
    from knowledge.schema import Model

SMALLER = 0.75  # of a model's size: what a person calls smaller; siblings of nearly the same size are none
NEAR = 0.05  # of a size: "the 12B" may have 11.9 or 12.2
_NAMED_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)b(?![a-z0-9])")
_THE_ONE = re.compile(
    r"(?:the|that) <par1>(?: (?:one|model|version))?[?.! ]*$|<par1> (?:one|version)[?.! ]*$|"
    r"<par1>の(?:やつ|もの|モデル|ほう|方)?(?:は|って|だと|について|を)?(?:どう(?:です|なの)?か?)?[?？。]*$",
    re.IGNORECASE,
)
# What models of a kind are for, where no task was said.
_TASKS = {
    "speech": "speech",
    "embedding": "embedding",
    "image": "image",
    "code": "coding",
    "translation": "translation",
}


def smaller_than(conversation: "Conversation | None", catalog: "Catalog") -> dict[str, Any]:
    """Return the limit that makes a choice smaller than the model spoken of, or else than the first pick shown.

    With it the task of that model's kind; {} where no model of known size was spoken of.
    """
    if conversation is None:
        return {}
    if (model := _spoken_of(conversation, catalog)) is not None:
        task = {"task": _TASKS[model.variant]} if model.variant in _TASKS else {}
        return task | ({"max_params_b": _below(model.parameters / 1e9)} if model.parameters else {})
    size = conversation.picks[0].get("parameters_b") if conversation.picks else None
    return {"max_params_b": _below(size)} if size else {}


def _below(billions: float) -> float:
    """Return the limit in 10^9 parameters, with two digits for the smallest models."""
    return round(SMALLER * billions, 1 if billions > 2 else 2)


def _spoken_of(conversation: "Conversation", catalog: "Catalog") -> "Model | None":
    """Return the model that the turn before was about, None after a list."""
    from assistant.list_places import resolve_items

    call = conversation.call
    if call is None or call.tool not in ("fit", "model_info", "finetune_memory"):
        return None
    try:
        name = resolve_items(call, conversation).arguments().get("model")
    except ToolError:
        return None
    return catalog.models.get(str(name))


def meant_pick(conversation: "Conversation | None", marked: Marked) -> tuple[str | None, float | None]:
    """Return the place of the pick that "the 14B one" means, and the size; (None, None) for any other turn.

    (None, size): none of the picks is of that size.
    """
    sizes = [span.value for span in marked.spans if span.kind == "PAR"]
    if conversation is None or not conversation.picks or len(sizes) != 1 or len(marked.spans) > 1:
        return None, None
    size = sizes[0]
    if not isinstance(size, float) or not _THE_ONE.search(marked.text):
        return None, None
    known = [(n, _billions(pick)) for n, pick in enumerate(conversation.picks, 1)]
    near = [(abs(billions - size), n) for n, billions in known if abs(billions - size) <= NEAR * size]
    return (f"@{min(near)[1]}" if near else None), size


def _billions(pick: dict[str, Any]) -> float:
    """Return the size that a pick goes by: that of its name, else its parameters."""
    named = _NAMED_SIZE.search(pick["id"])
    return float(named[1]) if named else float(pick.get("parameters_b") or 0.0)


def of_size(
    args: dict[str, Any], conversation: "Conversation | None", marked: Marked
) -> tuple[Tool, dict[str, Any], list[dict[str, str]]]:
    """Return what "the 14B one" asks after a recommendation: the pick of that size, else a choice up to it, told so."""
    place, size = meant_pick(conversation, marked)
    if place is not None:
        return "model_info", {"model": place}, []
    return "recommend", args, [both("assume.no_such_size", size=f"{size:g}")] if size is not None else []


def limits_kept(args: Mapping[str, Any], said_now: Collection[str], marked: Marked) -> list[dict[str, str]]:
    """Return what is to be told of a largest size that this turn did not name; [] without one."""
    size = args.get("max_params_b")
    if size is None or "max_params_b" in said_now:
        return []
    return [both("assume.smaller" if wants_smaller(marked) else "assume.size_kept", size=f"{size:g}")]
