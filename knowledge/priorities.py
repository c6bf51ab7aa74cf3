"""How a choice weighs ability against speed and cost (priorities.toml)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Profile = Literal["balanced", "quality", "speed", "cost"]


@dataclass(frozen=True, slots=True)
class Weights:
    """What a priority weighs, in deviations of ability: `slow` and `fast` per doubling of speed, `cost` per tenfold.

    `split` is what a part in RAM costs, which has to reach `slowest_split` tokens/s; `tight` what filling a
    device to the brim costs. `why` says the same in a sentence, language -> sentence.
    """

    slow: float
    fast: float
    cost: float
    split: float
    slowest_split: float
    tight: float
    why: dict[str, str]


@dataclass(frozen=True, slots=True)
class Priorities:
    """All weights: speeds in tokens per second, `embedder` in parameters, money in US dollars per month.

    The file tells each figure's reason.
    """

    profiles: dict[str, Weights]
    reading: float
    fastest: float
    much_faster: float
    thinking: float
    embedder: float
    most_ram: float
    unsure: float
    kv_q8: float
    perplexity: float
    small_usd: float
    unknown_usd: float
    watts: float
    tie_margin: float


@cache
def load_priorities() -> Priorities:
    """Return the shipped weights. Raises KeyError or TOMLDecodeError: the file is ours."""
    table: dict[str, Any] = tomllib.loads(Path(__file__).with_name("priorities.toml").read_text(encoding="utf-8"))
    speed, placed, money = table["speed_scale"], table["placement"], table["money"]
    names: tuple[Profile, ...] = ("balanced", "quality", "speed", "cost")
    return Priorities(
        {name: Weights(**table[name]) for name in names},
        speed["reading"], speed["fastest"], speed["much_faster"], speed["thinking"], speed["embedder"],
        placed["most_ram"], placed["unsure"], placed["kv_q8"], table["quantisation"]["perplexity"],
        money["small"], money["unknown"], money["watts"], table["tie"]["margin"],
    )  # fmt: skip
