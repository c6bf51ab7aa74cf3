"""A conversation's needs, merged turn by turn: new values replace old ones, a new topic keeps the hardware."""

import re
from typing import Any

from assistant.calls import ARGUMENTS, Tool
from assistant.reader.labels import Labels
from assistant.reader.lexicon import pattern, patterns
from assistant.reader.spans import Marked, Tables

_ALSO = re.compile(
    r"も(?!う|っと|の|し|ら|と)|加えて|追加|あと、|それと|also|too\b|as well|add\b|plus\b|in addition|along with|both",
    re.I,
)
_INSTEAD = re.compile(
    r"じゃなく|ではなく|でなく|代わり|instead|rather than|not .{1,20} but|actually|やっぱり|やっぱ|間違", re.I
)
_SINGLE_MODEL: tuple[Tool, ...] = ("fit", "model_info", "finetune_memory")
_KEEPS_HARDWARE: tuple[Tool, ...] = ("recommend", "fit", "max_size", "compare", "finetune_memory")
FORGETTABLE = patterns("forgettable")
_FORGET = pattern("forget")


def merge(
    before: dict[str, Any], labels: Labels, args: dict[str, Any], marked: Marked, tables: Tables
) -> dict[str, Any]:
    """Return a turn's full arguments: what it says on top of what still holds.

    `before` is everything known so far by argument name, whatever the tool was; `args` what this turn says by itself.
    Assumes that `labels.more` tells whether the earlier call still holds; on a new topic only the hardware is kept.
    """
    tool = labels.tool
    known = set(ARGUMENTS[tool].model_fields) - {"query"}
    if labels.more:
        merged = {name: value for name, value in before.items() if name in known}
    else:
        merged = {name: value for name, value in before.items() if name == "hardware" and tool in _KEEPS_HARDWARE}
    for name in (*labels.dropped, *_forgotten(marked.text, merged)):
        merged.pop(name, None)
    for name, value in args.items():
        if name == "hardware":
            merged[name] = _merge_hardware(merged.get(name), value, marked)
        elif name in ("languages", "exclude", "licences", "models") and labels.more and name in merged:
            merged[name] = _merge_list(name, merged[name], value, marked.text)
        else:
            merged[name] = value
    _carry_models(tool, before, merged, bool(labels.more))
    _name_siblings(before, merged, tables)
    if set(merged.get("hardware", {"": 0})) <= {"gpu_count"}:
        del merged["hardware"]
    if tool == "recommend" and merged.get("hardware") and "hosting" not in merged:
        hardware = merged["hardware"]
        if len(hardware) > 1 or hardware.get("gpu", "") is not None:
            merged["hosting"] = "local"
    return merged


def _merge_hardware(old: dict[str, Any] | None, new: dict[str, Any], marked: Marked) -> dict[str, Any]:
    """Return the machine after a turn: a new card replaces the old with its memory and count, memory alone is added."""
    merged = dict(old or {})
    if "gpu" in new:
        for name in ("gpu", "vram_gb", "gpu_count"):
            merged.pop(name, None)
    elif "vram_gb" in new and "gpu" in merged and merged["gpu"] is None:
        del merged["gpu"]
    if "vram_gb" in new and "ram_gb" in merged and "ram_gb" not in new and _INSTEAD.search(marked.text):
        del merged["ram_gb"]
    merged |= new
    if merged.get("gpu_count") == 1:  # "what about just one?"
        del merged["gpu_count"]
    return merged


def _merge_list(name: str, old: list[Any], new: list[Any], text: str) -> list[Any]:
    if _FORGET.search(text) and set(new) < set(old):
        return [one for one in old if one not in new]
    if name == "exclude" or (_ALSO.search(text) and not _INSTEAD.search(text)):
        return list(dict.fromkeys([*old, *new]))
    return new


def _carry_models(tool: Tool, before: dict[str, Any], merged: dict[str, Any], more: bool) -> None:
    """Let "compare it with B" and "what is its licence?" find the model that was talked about."""
    earlier = [before["model"]] if before.get("model") else list(before.get("models") or [])
    if not more or not earlier:
        return
    if tool == "compare" and len(merged.get("models") or []) < 2:
        merged["models"] = list(dict.fromkeys([*earlier, *(merged.get("models") or [])]))[:12]
    elif tool in _SINGLE_MODEL and not merged.get("model") and len(earlier) == 1:
        merged["model"] = earlier[0]


_SIZE = re.compile(r"\d+(?:\.\d+)?[bB](?:[- ]?a\d+b)?(?![A-Za-z0-9])", re.I)


def _name_siblings(before: dict[str, Any], merged: dict[str, Any], tables: Tables) -> None:
    """Complete what leans on an earlier turn: "and the 120b?" is the same family, "the latter" the second compared."""
    earlier = before.get("model") or next(iter(before.get("models") or []), None)

    def complete(name: str) -> str:
        place = re.fullmatch(r"@(\d+)", name)
        compared = before.get("models") or []
        if place and compared and int(place[1]) <= len(compared):
            return str(compared[int(place[1]) - 1])
        if earlier and re.fullmatch(r"\d+(?:\.\d+)?B", name) and _SIZE.search(str(earlier)):
            return tables.models.get(_SIZE.sub(name, str(earlier), count=1)) or name
        return name

    if "model" in merged:
        merged["model"] = complete(merged["model"])
    if "models" in merged:
        merged["models"] = list(dict.fromkeys(complete(name) for name in merged["models"]))


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
    return kept | {name: value for name, value in args.items() if name != "query"}
