"""Names of cards that people can buy, by their memory: examples beside a size, never a complete list."""

import re
from collections.abc import Mapping
from datetime import date

from knowledge.schema import Gpu

# Cards sold under their own name everywhere: no mining cards, no variants for one market, no laptop parts.
_NVIDIA = r"RTX \d{4}( Ti| Super| Ti Super| \d+GB)?|RTX A\d000|RTX \d000 Ada|RTX PRO \d000 Blackwell"
_SERVER = r"[ABHL](?!800|20\b)\d+S?( \d+GB| NVL)?"
_SUPERCHIPS = r"[ABGH]{1,2}[23]00"  # not sold as cards
_OTHERS = r"RX [79]\d{3}( XTX?)?|Radeon PRO W7\d00|Arc B5\d0"
_TRAINS = date(2020, 5, 1)  # NVIDIA's Ampere: training needs bfloat16
_SOLD = date(2022, 9, 1)  # from RTX 40 and RX 7000 on: the present generation and the one before
_NAMES = 3


def for_training(gpus: Mapping[str, Gpu]) -> dict[float, tuple[str, ...]]:
    """Return memory in GB -> up to three names of NVIDIA's GPUs with it, fastest memory first."""
    return _by_size(gpus, f"{_NVIDIA}|{_SERVER}|{_SUPERCHIPS}", _TRAINS)


def to_buy(gpus: Mapping[str, Gpu]) -> dict[float, tuple[str, ...]]:
    """Return memory in GB -> up to three names of cards with it that may still be sold, fastest memory first."""
    return _by_size(gpus, f"{_NVIDIA}|{_SERVER}|{_OTHERS}", _SOLD)


def _by_size(gpus: Mapping[str, Gpu], usual: str, since: date) -> dict[float, tuple[str, ...]]:
    found: dict[float, list[Gpu]] = {}
    for gpu in gpus.values():
        sold = not gpu.laptop and not gpu.unified and gpu.released is not None and gpu.released >= since
        if sold and re.fullmatch(usual, gpu.name):
            for size in gpu.memory_gb:
                found.setdefault(size, []).append(gpu)
    return {
        size: tuple(gpu.name for gpu in sorted(many, key=lambda one: (-(one.bandwidth_gb_s or 0), one.name))[:_NAMES])
        for size, many in found.items()
    }
