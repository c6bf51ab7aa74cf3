"""A conversation's machine, merged turn by turn, and bare numbers that mean what the turn before spoke of."""

import re
from collections.abc import Collection
from typing import Any

from assistant.calls import Tool
from assistant.hardware.machine import JOINED
from assistant.reader.cards import is_gone
from assistant.reader.lexicon import patterns
from assistant.reader.marking import Marked, Tables
from assistant.reader.units import Span, number
from knowledge.computers import named_computer

_SAID = patterns("machine")
INSTEAD = _SAID["instead"]
_ANOTHER = _SAID["another"]
_OTHER_MACHINE = _SAID["other_machine"]
HANDHELD = _SAID["handheld"]
_COMPUTER = _SAID["computer"]
_SAME = _SAID["same"]
_ADDED = _SAID["added"]


def merged(old: dict[str, Any], new: dict[str, Any], marked: Marked, tables: Tables) -> dict[str, Any]:
    """Return the machine after a turn.

    A new card replaces the old with its memory and count; beside it the RAM stays, unless it belonged to a machine of
    its own kind (unified memory) or the turn names another machine. Memory alone is added; a figure that is said to be
    the other kind of memory moves there. Of "my other PC", a phone, or "a laptop with 16 GB" nothing is known before,
    and 8 GB of VRAM are not those of a card that is sold with 48.
    """
    out, text = _without_other(old, new, marked, tables), marked.source
    if fewer := without_gone(old, marked):
        return fewer
    if "gpu" in new:
        same = new["gpu"] == old.get("gpu") and new["gpu"] is not None
        for name in ("gpu", "gpu_count", *(() if same else ("vram_gb",))):
            out.pop(name, None)
        was_shared = not same and old.get("gpu") in tables.unified and new["gpu"] not in tables.unified
        is_other = new["gpu"] and not old.get("gpu") and (_OTHER_MACHINE.search(text) or INSTEAD.search(text))
        if was_shared or is_other:
            out.pop("ram_gb", None)
    elif "vram_gb" in new and old.get("gpu", "") is None:
        del out["gpu"]
    elif set(new) == {"ram_gb"} and HANDHELD.search(text):
        out = {}
    if _ANOTHER.search(text) and new:
        out = {}
    for name, other in (("vram_gb", "ram_gb"), ("ram_gb", "vram_gb")):
        if (
            name in new
            and other not in new
            and (out.get(other) == new[name] or (other in out and INSTEAD.search(text)))
        ):
            del out[other]
    out |= new
    if out.get("gpu_count") == 1:  # "what about just one?"
        del out["gpu_count"]
    return out


def names_another(old: dict[str, Any], new: dict[str, Any], text: str, tables: Tables) -> bool:
    """Tell whether a turn names a machine of another kind than the known one, by what it says of machines (`new`).

    That is a Mac or a phone where a card was known, and a computer told by its RAM alone: "a laptop with 16 GB". What
    "my PC has" beside its card, or is added to it, belongs to the known machine.
    """
    known = old.get("gpu") or ("vram_gb" if "vram_gb" in old else None)
    if new.get("gpu") or "vram_gb" in new or (not known and "ram_gb" not in old):
        return False
    computer = named_computer(text)
    if computer is not None and (computer.phone or computer.kind == "mac"):
        return bool(computer.memory_gb and computer.phone) or (known is not None and known not in tables.unified)
    if HANDHELD.search(text):
        return known is not None and known not in tables.unified
    told = known is not None and "ram_gb" in new and bool(_COMPUTER.search(text))
    return told and not _SAME.search(text) and not _ADDED.search(text)


def _without_other(old: dict[str, Any], new: dict[str, Any], marked: Marked, tables: Tables) -> dict[str, Any]:
    """Return what still holds of the known machine where a turn names another one, or memory that its card has not."""
    if names_another(old, new, marked.source, tables):
        return {}
    card, size = old.get("gpu"), new.get("vram_gb")
    if not card or size is None or "gpu" in new:
        return dict(old)
    sold, together = tables.memory.get(str(card), (size,)), size / old.get("gpu_count", 1)
    if size in sold or together in sold or JOINED in str(card):
        return dict(old)
    gone = {"gpu", "gpu_count", "vram_gb", *(("ram_gb",) if card in tables.unified else ())}
    return {name: value for name, value in old.items() if name not in gone}


def without_gone(old: dict[str, Any], marked: Marked) -> dict[str, Any] | None:
    """Return a machine of several kinds of card without one that a turn takes out; None where it takes out none."""
    cards = [span for span in marked.spans if span.kind == "GPU" and is_gone(span, marked.source)]
    names = str(old.get("gpu") or "").split(JOINED)
    left = [name for name in names if not any(str(span.value) in name for span in cards)]
    if len(names) < 2 or not 0 < len(left) < len(names):
        return None
    kept = {name: value for name, value in old.items() if name not in ("gpu", "gpu_count", "vram_gb")}
    found = re.fullmatch(r"(?:(\d+)x )?(.+)", left[0])
    if len(left) > 1 or found is None:
        return {**kept, "gpu": JOINED.join(left)}
    return {**kept, "gpu": found[2], **({"gpu_count": int(found[1])} if found[1] else {})}


_BARE = _SAID["bare"]
_CARDS = _SAID["cards"]
_GB_SOLD = frozenset({4, 6, 8, 10, 11, 12, 16, 18, 20, 24, 32, 36, 40, 48, 64, 80, 96, 128, 141, 192, 256, 512})


def is_bare(marked: Marked) -> bool:
    """Tell whether a turn is nothing but a number: "no wait, 12", 「ごめん、12だった」."""
    found = _BARE.match(marked.source.strip())
    return bool(found and found["n"])


def bare_memory(marked: Marked) -> Span | None:
    """Return the amount of memory that is all a turn says: "no wait, I have 16GB", 「ごめん、12GBだった」."""
    sizes = [span for span in marked.spans if span.kind == "GB"]
    if len(sizes) != 1 or len(marked.spans) > 1 or sizes[0].hint in ("vram", "ram", "disk"):
        return None
    only, text = sizes[0], marked.source
    found = _BARE.match(f"{text[: only.start]}{only.value:g}{text[only.end :]}".strip())
    return only if found else None


def memory_meant(old: dict[str, Any], marked: Marked, tables: Tables) -> dict[str, Any]:
    """Return the memory that a turn of nothing but an amount corrects; {} where it is not known whose it is.

    Of a machine with one stated size it is that one; beside a card that is not sold with so much it is RAM.
    """
    only = bare_memory(marked)
    if only is None or not isinstance(only.value, float) or _ADDED.search(marked.source):
        return {}
    amount = int(only.value) if only.value.is_integer() else only.value
    sizes = [name for name in ("vram_gb", "ram_gb") if name in old]
    if len(sizes) == 1:
        return {sizes[0]: amount}
    card = old.get("gpu")
    if card is None or sizes:
        return {}
    own = card not in tables.unified and amount in tables.memory.get(str(card), ())
    return {"vram_gb" if own else "ram_gb": amount}


def _sold(hardware: dict[str, Any], tables: Tables) -> Collection[float]:
    return tables.memory.get(str(hardware.get("gpu")), _GB_SOLD)


def bare_numbers(
    tool: Tool, before: dict[str, Any], args: dict[str, Any], marked: Marked, tables: Tables
) -> dict[str, Any]:
    """Return the argument that a turn of nothing but a number means by what was said before; {} when it means none.

    "Eight?" after four cards are cards, "48?" after 24 GB is memory, "make it five" after three picks is the count,
    "make that 40" after a least speed is one, unless the machine is sold with so much memory.
    """
    found = _BARE.match(marked.source.strip())
    if found is None or set(args) - {"model", "models", "hardware"} or "hardware" in args:
        return {}
    amount = int(number(found["n"])) if found["n"] else 1
    hardware = before.get("hardware") or {}
    sizes = [name for name in ("vram_gb", "ram_gb") if name in hardware]
    if _CARDS.search(marked.source):
        return {"hardware": {"gpu_count": amount}} if hardware.get("gpu") or "vram_gb" in hardware else {}
    if tool == "recommend" and ("count" in before or not (hardware or "min_speed" in before)):
        return {"count": amount} if 1 <= amount <= 20 else {}
    if tool == "fit" and "users" in before:
        return {"users": amount}
    if "min_speed" in before and not (len(sizes) == 1 and amount in _sold(hardware, tables)):
        return {"min_speed": amount}
    if len(sizes) == 1 and amount in _GB_SOLD and "gpu_count" not in hardware and found["n"].isdigit():
        return {"hardware": {sizes[0]: amount}}
    if hardware.get("gpu") or "gpu_count" in hardware:
        return {"hardware": {"gpu_count": amount}} if amount <= 16 else {}
    return {}
