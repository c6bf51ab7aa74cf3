"""Places in the latest list, as "the second one" names them, for the models that stand there."""

import re
from collections.abc import Sequence
from typing import Any

from assistant.calls import Call, Tool
from assistant.errors import ToolError
from assistant.events import Conversation

_ITEM = re.compile(r"@(-?\d{1,2})")  # "@-1" is the last


def resolve_items(call: Call, conversation: Conversation) -> Call:
    """Return the call with "@2" replaced by the second model of the latest list. Raises ToolError past its end."""
    arguments = call.arguments()
    if isinstance(arguments.get("model"), str):
        place, arguments["model"] = arguments["model"], place_named(arguments["model"], conversation)
        if (
            call.tool == "fit"
            and place != arguments["model"]
            and (pick := _recommended(call, conversation, arguments["model"]))
            and arguments.setdefault("quant", pick["quant"]) == pick["quant"]
            and (kv_type := (pick.get("fit") or {}).get("kv_type", "f16")) != "f16"
        ):
            arguments.setdefault("kv_type", kv_type)
    for key in ("models", "exclude"):
        if isinstance(arguments.get(key), list):
            arguments[key] = [place_named(name, conversation) for name in arguments[key]]
    return call if arguments == call.arguments() else call.with_arguments(arguments)


def place_named(name: str, conversation: Conversation) -> str:
    """Return the model that stands at a place of the latest list ("@2"), any other name as it is. Raises ToolError."""
    if not (item := _ITEM.fullmatch(name)):
        return name
    n = int(item[1]) if int(item[1]) >= 0 else len(conversation.listed) + 1 + int(item[1])
    if not 1 <= n <= len(conversation.listed):
        raise _not_listed(abs(int(item[1])), conversation.listed)
    return conversation.listed[n - 1]


def latest_list(tool: Tool, shown: Sequence[str], before: Sequence[str]) -> tuple[str, ...]:
    """Return the list that places mean after an answer: what was told of one model leaves a list of several."""
    one_of_them = tool in ("fit", "model_info", "finetune_memory") and len(before) > 1
    return tuple(before if one_of_them or not shown else shown)


def _recommended(call: Call, conversation: Conversation, model: str) -> dict[str, Any] | None:
    """Return a pick that was recommended on the machine that is still asked about, None without a quantisation."""
    before = conversation.call.arguments().get("hardware") if conversation.call is not None else None
    if call.arguments().get("hardware") != before:
        return None
    return next((pick for pick in conversation.picks if pick["id"] == model and pick.get("quant")), None)


def _not_listed(n: int, listed: Sequence[str]) -> ToolError:
    """Return the error that says what a place in a list can mean here."""
    if not listed:
        return ToolError(
            reason="no models have been listed in this conversation yet, so it is not clear which one is meant: "
            "name the model, or ask for a recommendation first",
            reason_ja="この会話ではまだモデルの一覧を出していないため、どのモデルのことか分かりません。"
            "モデル名を書くか、先におすすめを聞いてください",
        )
    names = ", ".join(listed)
    return ToolError(
        reason=f"the latest list has {len(listed)} models ({names}), so there is no number {n}: name the model, or one "
        "of these places",
        reason_ja=f"直前の一覧は {len(listed)} 件（{names}）で、{n} 番目はありません。"
        "モデル名か、一覧にある番号を書いてください",
    )
