"""A conversation's needs, merged turn by turn: new values replace old ones, a new topic keeps the hardware."""

import re
from dataclasses import dataclass
from typing import Any

from assistant.calls import ARGUMENTS, Tool
from assistant.reader import machine, referring
from assistant.reader.labels import Labels
from assistant.reader.lexicon import pattern, patterns
from assistant.reader.marking import Marked, Tables
from assistant.reader.negation import denies_commercial_use
from assistant.reader.unsaid import SINGLE_MODEL

_SAID = patterns("turns")
_ALSO = _SAID["also"]
_WITHOUT = _SAID["without"]
_MANY = _SAID["many_languages"]
_BETWEEN = _SAID["between"]
_ALLOWED = _SAID["allowed"]
_KEEPS_HARDWARE: tuple[Tool, ...] = ("recommend", "fit", "max_size", "compare", "finetune_memory")
_WISHES = ("task", "hosting", "commercial_use", "needs_finetuning", "variant", "priority")
FORGETTABLE = patterns("forgettable")
_FORGET = pattern("forget")


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the names of a turn are completed from."""

    before: dict[str, Any]
    marked: Marked
    tables: Tables

    def names(self, name: str) -> str:
        """Return the model that a name, "@2" or a bare size means here."""
        name = referring.as_mentioned(referring.placed(name, self.before), self.before, self.marked)
        if not re.fullmatch(r"\d+(?:\.\d+)?B", name):
            return name
        known = reversed(referring.known_models(self.before))
        return next((one for one in (referring.sibling(model, name, self.tables) for model in known) if one), name)


def merge(
    before: dict[str, Any], labels: Labels, args: dict[str, Any], marked: Marked, tables: Tables
) -> dict[str, Any]:
    """Return a turn's full arguments: what it says on top of what still holds.

    `before` is everything known so far by argument name, whatever the tool was; `args` what this turn says by itself.
    Assumes that `labels.more` tells whether the earlier call still holds; on a new topic only the hardware is kept.
    """
    tool = labels.tool
    if labels.more:
        merged = {name: value for name, value in before.items() if name in known_to(tool)}
    else:
        merged = {name: value for name, value in before.items() if name == "hardware" and tool in _KEEPS_HARDWARE}
    for name in (*labels.dropped, *_forgotten(marked.text, merged)):
        if name != "hardware" or machine.without_gone(merged.get(name) or {}, marked) is None:
            merged.pop(name, None)
    if denies_commercial_use(marked.source):
        merged.pop("commercial_use", None)
    if "languages" not in args and _MANY.search(marked.source):
        merged.pop("languages", None)
    if machine.is_bare(marked):  # which says nothing else
        args = {name: value for name, value in args.items() if name not in _WISHES}
    args = args | machine.bare_numbers(tool, before, args, marked, tables)
    known = merged.get("hardware") or {}
    if "hardware" in known_to(tool) and (meant := machine.memory_meant(known, marked, tables)):
        args = args | {"hardware": meant}
    elif "hardware" not in args and machine.names_another(known, {}, marked.source, tables):
        merged.pop("hardware", None)
    for name, value in args.items():
        if name == "hardware":
            merged[name] = machine.merged(merged.get(name) or {}, value, marked, tables)
        elif name in ("languages", "exclude", "licences", "models") and labels.more and name in merged:
            merged[name] = _merge_list(name, merged[name], value, marked.text)
        else:
            merged[name] = value
    _refer(before, labels, args, merged, _Turn(before, marked, tables))
    if set(merged.get("hardware", {"": 0})) <= {"gpu_count"}:
        del merged["hardware"]
    if tool == "recommend" and merged.get("hardware") and "hosting" not in merged:
        hardware = merged["hardware"]
        if len(hardware) > 1 or hardware.get("gpu", "") is not None:
            merged["hosting"] = "local"
    return merged


def known_to(tool: Tool) -> set[str]:
    """Return the arguments of a tool that a conversation carries on."""
    return set(ARGUMENTS[tool].model_fields) - {"query"}


def _merge_list(name: str, old: list[Any], new: list[Any], text: str) -> list[Any]:
    removal = _FORGET if name != "exclude" else _ALLOWED
    taken = removal.search(text) or (_WITHOUT.search(text) if name == "languages" else None)
    denied = name == "languages" and text.count("<LANG") > len(new)  # one is left out already: "without Italian"
    if taken and set(new) & set(old) and not denied:
        return _left(old, new, removal, text) + [one for one in new if one not in old]
    if name == "languages" and len(old) == len(new) == 1 and _BETWEEN.search(text):
        return list(dict.fromkeys([*old, *new]))
    if name == "exclude" or (_ALSO.search(text) and not machine.INSTEAD.search(text)):
        return list(dict.fromkeys([*old, *new]))
    return new


def _left(old: list[Any], new: list[Any], removal: re.Pattern[str], text: str) -> list[Any]:
    """Return what is left of a list: of names that are all in it, only the one beside the removal goes."""
    kept = [one for one in old if one not in new]
    places = [match.start() for match in re.finditer("<LANG", text)]
    taken = removal.search(text) or _WITHOUT.search(text)
    if kept or taken is None or len(places) != len(new) or len(new) < 2:
        return kept
    gone = min(range(len(new)), key=lambda n: abs(places[n] - taken.start()))
    return [one for n, one in enumerate(new) if n != gone]


def _refer(before: dict[str, Any], labels: Labels, args: dict[str, Any], merged: dict[str, Any], turn: _Turn) -> None:
    """Let "compare it with B", "those two", "what is its licence?", "and the 120b?" find the models meant."""
    tool, names = labels.tool, turn.names
    talked_about = [before["model"]] if before.get("model") else list(before.get("models") or [])
    if "model" in args:
        merged["model"] = names(args["model"])
    elif tool in SINGLE_MODEL and (one := referring.single(before, turn.marked, turn.tables)):
        merged["model"] = one
    elif tool in SINGLE_MODEL and labels.more and not merged.get("model") and len(talked_about) == 1:
        merged["model"] = talked_about[0]
    if tool == "compare":
        named = [names(name) for name in merged.get("models") or []]
        if len(named) < 2 and (not args.get("models") or referring.says_how_many(turn.marked.source)):
            named = referring.compared(before, turn.marked.source)
        elif len(named) < 2:  # nothing is compared with itself
            named = [*(talked_about or referring.beside(named)), *named]
        merged["models"] = list(dict.fromkeys(named))[:12]


def _forgotten(text: str, merged: dict[str, Any]) -> list[str]:
    found = _FORGET.search(text)
    if not found:
        return []
    near = text[max(0, found.start() - 25) : found.end() + 30]
    return [name for name, about in FORGETTABLE.items() if name in merged and about.search(near)]


def remember(before: dict[str, Any], tool: Tool, args: dict[str, Any]) -> dict[str, Any]:
    """Return what is known after a turn: a knowledge question or a refusal between two turns forgets nothing."""
    if tool in ("explain", "out_of_scope", "clarify"):
        return dict(before)
    kept = {name: value for name, value in before.items() if name not in ARGUMENTS[tool].model_fields}
    if "models" in args or tool == "recommend":
        kept.pop("model", None)
    if tool == "recommend":
        kept.pop("models", None)
        kept.pop("mentioned", None)
    elif spoken := referring.mentioned(before, args):
        kept["mentioned"] = spoken
    return kept | {name: value for name, value in args.items() if name != "query"}
