"""A second task in a wish for one model: a recommendation weighs one task, so it says which others it left aside."""

import re
from typing import Any

from assistant.calls import TASKS, Tool
from assistant.reader.lexicon import patterns
from assistant.reader.marking import Marked
from assistant.sentences import enumerate_names, say

_TASKS = patterns("tasks")
_VAGUE = ("chat", "general", "edge")  # their words stand beside any task: "a coding assistant", "on my phone"
_AND = re.compile(
    r"\s*(?:,|&|/|\+|and|plus|as well as|、|・|＆|と|や|も|とか|および|及び|それと|あと|たり|て)"
    r"[\s、]*(?:(?:and|also|for|some|to|do|the|it|に|も|あと)(?![a-z])[\s、]*)*",
    re.IGNORECASE,
)
_WORD_END = re.compile(
    r"[a-z]*(?: (?:of )?(?:text|code|tasks?|work))?|(?:する|し|の|用|用途|作業|タスク|とか)*", re.IGNORECASE
)


def left_aside(tool: Tool, args: dict[str, Any], marked: Marked) -> list[dict[str, str]]:
    """Return a note naming the tasks listed beside the one that is weighed; [] where it stands alone."""
    if tool not in ("recommend", "clarify"):
        return []
    others = [one for one in listed_with(args.get("task"), marked.text) if one != args["task"]]
    if not others:
        return []
    texts = {
        language: say(
            language, "assume.one_task", task=say(language, f"task.{args['task']}"),
            others=enumerate_names(language, [say(language, f"task.{one}") for one in others]),
        )
        for language in ("en", "ja")
    }  # fmt: skip
    return [texts]


def listed_with(task: str | None, text: str) -> list[str]:
    """Return the tasks of the enumeration in which a task stands, in the text's order; [] when it stands alone."""
    found: list[tuple[int, int, str]] = []
    for name, pattern in _TASKS.items():
        if name in TASKS and name not in _VAGUE:
            found += [(one.start(), one.end(), name) for one in pattern.finditer(text)]
    rows: list[list[str]] = []
    end = -1
    for start, stop, name in sorted(found, key=lambda one: (one[0], -one[1])):
        if start < end:
            continue
        ending = _WORD_END.match(text, end) if rows else None
        if ending and _AND.fullmatch(text[ending.end() : start]):
            rows[-1].append(name)
        else:
            rows.append([name])
        end = stop
    return next((list(dict.fromkeys(row)) for row in rows if task in row and len(set(row)) > 1), [])
