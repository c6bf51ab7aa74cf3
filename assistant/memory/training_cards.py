"""Which public GPUs hold a training run: the smallest that do alone, else how many share it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from assistant.memory.placement import DRIVER_SHARE
from assistant.memory.report import MIB
from assistant.memory.training_memory import Memory
from knowledge.schema import Gpu

# Training in bfloat16 needs NVIDIA's Ampere or newer; bitsandbytes' 4-bit kernels are best kept there.
_SINCE = date(2020, 5, 1)
# Cards sold under their own name everywhere: no mining cards, no variants for one market, no laptop parts.
_USUAL = re.compile(
    r"RTX \d{4}( Ti| Super| Ti Super| \d+GB)?|RTX A\d000|RTX \d000 Ada|RTX PRO \d000 Blackwell|"
    r"[ABHL](?!800|20\b)\d+S?( \d+GB| NVL)?|[ABGH]{1,2}[23]00"
)
_NAMES, _SIZES = 3, 3
_COUNTS = (2, 4, 8, 16)
_SHARED_SIZES = (24.0, 48.0, 80.0, 141.0)


@dataclass(frozen=True, slots=True)
class Card:
    """One size of card: names of it, fastest memory first, how many are needed, and what each then holds."""

    memory_gb: float
    names: tuple[str, ...]
    count: int
    bytes_each: int

    def to_json(self) -> dict[str, Any]:
        """Return one element of the result's `cards`."""
        return {
            "memory_gb": self.memory_gb,
            "names": list(self.names),
            "count": self.count,
            "per_gpu_mib": -(-self.bytes_each * 10 // MIB) / 10,
        }


def holds(memory_gb: float, needed: int) -> bool:
    """Tell whether a card sold with so much memory holds so many bytes beside what its driver keeps."""
    return needed <= memory_gb * 1024 * MIB * (1 - DRIVER_SHARE)


def fitting_cards(gpus: Mapping[str, Gpu], memory: Memory) -> tuple[Card, ...]:
    """Return up to three sizes of card, smallest first, that hold the run alone.

    When none does: per usual size the smallest number of cards (2, 4, 8 or 16) that share it with FSDP or ZeRO-3.
    """
    sizes = _by_size(gpus)
    alone = [Card(size, names, 1, memory.total) for size, names in sorted(sizes.items()) if holds(size, memory.total)]
    if alone:
        return tuple(alone[:_SIZES])
    shared = []
    for size in _SHARED_SIZES:
        count = next((one for one in _COUNTS if holds(size, memory.per_card(one))), None)
        if count is not None and size in sizes:
            shared.append(Card(size, sizes[size], count, memory.per_card(count)))
    return tuple(shared[-_SIZES:])


def _by_size(gpus: Mapping[str, Gpu]) -> dict[float, tuple[str, ...]]:
    found: dict[float, list[Gpu]] = {}
    for gpu in gpus.values():
        usual = gpu.vendor == "nvidia" and not gpu.laptop and not gpu.unified and _USUAL.fullmatch(gpu.name)
        if usual and gpu.released is not None and gpu.released >= _SINCE:
            for size in gpu.memory_gb:
                found.setdefault(size, []).append(gpu)
    return {
        size: tuple(gpu.name for gpu in sorted(many, key=lambda one: (-(one.bandwidth_gb_s or 0), one.name))[:_NAMES])
        for size, many in found.items()
    }
