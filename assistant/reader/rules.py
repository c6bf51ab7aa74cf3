"""Keyword rules: labels for a question without any model. A vote, and the fallback when the weights are missing."""

import re

from assistant.calls import TASKS, Tool
from assistant.reader.labels import Labels, kind_of, roles_for
from assistant.reader.lexicon import patterns
from assistant.reader.marking import Marked

_TASKS = patterns("tasks")

_TOOLS = patterns("tools")
_FIELDS = patterns("fields")
_FLAGS = {(key.split("=")[0], key.split("=")[1]): words for key, words in patterns("flags").items()}


def rule_tool(marked: Marked) -> Tool | None:
    """Return the tool that keywords and span kinds point to, None when nothing is said."""
    text = marked.text
    kinds = [kind_of(name) for name, _ in marked.placeholders]
    models = sum(kind in ("MOD", "REF") for kind in kinds)
    hardware = any(kind in ("GPU", "MAC", "GB") for kind in kinds)
    says = {name: bool(pattern.search(text)) for name, pattern in _TOOLS.items()}
    if says["oos"] and not models and not hardware:
        return "out_of_scope"
    if models and says["finetune"]:
        return "finetune_memory"
    if models >= 2 and says["compare"]:
        return "compare"
    if models == 1 and (hardware or "QNT" in kinds) and (says["fit"] or not says["recommend"]):
        return "fit"
    if models == 1 and any(pattern.search(text) for pattern in _FIELDS.values()) and not hardware:
        memory = re.search(r"vram|メモリ|memory|\bram\b|ギガ|gb", text)
        return "fit" if memory else "model_info"
    if models == 1 and says["fit"]:
        return "fit"
    if hardware and not models and says["max_size"]:
        return "max_size"
    if says["recommend"] and not (says["explain"] and re.search(r"what is|とは|って何|選び方|why|なぜ", text)):
        return "recommend"
    if models >= 2:
        return "compare"
    if says["explain"]:
        return "explain"
    if hardware or any(pattern.search(text) for pattern in _TASKS.values()):
        return "recommend"
    return "model_info" if models else None


def rule_flags(marked: Marked) -> list[tuple[str, str]]:
    """Return the (group, value) flags whose keywords the question holds."""
    return [flag for flag, pattern in _FLAGS.items() if pattern.search(marked.text)]


def rule_labels(marked: Marked, tool: Tool | None = None) -> Labels:
    """Return labels by keywords alone; every placeholder takes the first role that its tool offers."""
    tool = tool or rule_tool(marked) or ("clarify" if len(marked.text) < 40 else "out_of_scope")
    text = marked.text
    values: dict[str, str] = {}
    for task, pattern in _TASKS.items():
        if pattern.search(text) and task in TASKS:
            values["task"] = task
            break
    for (group, value), pattern in _FLAGS.items():
        if group not in values and pattern.search(text):
            values[group] = value
    for name, pattern in _FIELDS.items():
        if "field" not in values and pattern.search(text):
            values["field"] = name
    method = re.search(r"q-?lora|lora|full|フル", text)
    if method:
        values["method"] = {"q": "qlora", "l": "lora"}.get(method[0][0], "full")
    roles: dict[str, str] = {}
    for name, span in marked.placeholders:
        allowed = roles_for(tool, name, span)
        if allowed:
            roles[name] = span.hint if span.hint in allowed else allowed[0]
    excluded = re.search(r"以外|除外|抜き|除いて|外して|except|other than|not |without|no ", text)
    if tool == "recommend" and not excluded:
        roles = {name: role for name, role in roles.items() if role != "exclude"}
    return Labels(tool, values, roles)
