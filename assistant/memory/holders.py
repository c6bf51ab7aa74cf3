"""Which machines hold a model: the smallest card, several cards, a Mac, or a card with experts in RAM."""

from typing import Any

from assistant.hardware.machine import Device, Machine, unified_limit_mib
from assistant.memory.beyond import CARDS_GB, RAM_GB, card_counts
from assistant.memory.fit import situation
from assistant.memory.placement import experts_in_ram, whole
from assistant.memory.quants import QUANTS
from knowledge.schema import Model

# Cards that are usually bought in numbers (the largest consumer size, the usual server size), and how many share a box.
SEVERAL = ((24, 4), (80, 8))
BESIDE_GB = 24  # the card beside which experts are kept in RAM
MACS_GB = (8, 16, 24, 32, 36, 48, 64, 96, 128, 192, 256, 512)  # sold since the M1 (apple.com, support pages; 2026-11)


def holders(model: Model, quant: str, context_tokens: int, kv_type: str, users: int) -> list[dict[str, Any]]:
    """Return the smallest machines that hold a model, by the formula, each {"kind", "count", "card_gb", "ram_gb"}.

    "card": one card; "cards": several of one size, where one of that size does not do; "mac": unified memory;
    "experts": one card, and RAM for experts that it does not hold, where no card of that size or less holds all. A
    kind of which no usual size does is left out; formats outside llama.cpp have only cards. None for a value that
    plays no part.
    """

    def holds(machine: Machine) -> bool:
        return whole(*situation(model, quant, context_tokens, kv_type, users, machine))

    found = []
    one = next((size for size in CARDS_GB if holds(_cards(size))), None)
    if one is not None:
        found.append(_row("card", 1, one, None))
    for size, most in SEVERAL:
        if one is not None and one <= size:
            continue
        if number := next((number for number in card_counts(quant, 2, most) if holds(_cards(size, number))), None):
            found.append(_row("cards", number, size, None))
    if not QUANTS[quant].gguf:
        return found
    if mac := next((size for size in MACS_GB if holds(_mac(size))), None):
        found.append(_row("mac", None, None, mac))
    if one is None or one > BESIDE_GB:
        need, space = situation(model, quant, context_tokens, kv_type, users, _cards(BESIDE_GB, ram_gb=RAM_GB[-1]))
        split = experts_in_ram(need, space)
        # 2 GiB stay with the system, as everywhere a machine is only stated
        enough = (size for size in RAM_GB if split and (split.ram_bytes or 0) <= (size - 2) * 1024**3)
        if (ram := next(enough, None)) is not None:
            found.append(_row("experts", 1, BESIDE_GB, ram))
    return found


def _row(kind: str, count: int | None, card_gb: int | None, ram_gb: int | None) -> dict[str, Any]:
    return {"kind": kind, "count": count, "card_gb": card_gb, "ram_gb": ram_gb}


def _cards(size_gb: int, count: int = 1, ram_gb: int | None = None) -> Machine:
    card = Device(f"GPU {size_gb} GB", "nvidia", "cuda", size_gb * 1024, size_gb * 1024, None, None)
    ram = None if ram_gb is None else ram_gb * 1024
    return Machine((card,) * count, ram, ram, "CPU", None, None, "stated")


def _mac(size_gb: int) -> Machine:
    total = size_gb * 1024
    chip = Device("Apple", "apple", "metal", total, unified_limit_mib("apple", total), None, None, unified=True)
    return Machine((chip,), total, total, "Apple", None, None, "stated")
