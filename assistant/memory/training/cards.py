"""Which public GPUs hold a training run: the smallest that do alone, else how many share it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.memory.placement import DRIVER_SHARE
from assistant.memory.report import MIB
from assistant.memory.training.memory import Memory
from assistant.memory.usual_cards import for_training
from knowledge.schema import Gpu

_SIZES = 3
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
    sizes = for_training(gpus)
    alone = [Card(size, names, 1, memory.total) for size, names in sorted(sizes.items()) if holds(size, memory.total)]
    if alone:
        return tuple(alone[:_SIZES])
    shared = []
    for size in _SHARED_SIZES:
        count = next((one for one in _COUNTS if holds(size, memory.per_card(one))), None)
        if count is not None and size in sizes:
            shared.append(Card(size, sizes[size], count, memory.per_card(count)))
    return tuple(shared[-_SIZES:])
