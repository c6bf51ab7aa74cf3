"""What monthly costs are worked out with: a usage, the price of electricity, months, exchange rates (costs.toml)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from knowledge.schema import Source


@dataclass(frozen=True, slots=True)
class CostAssumptions:
    """Tokens per month, US dollars per kWh and rates per dollar with their sources, months over which owning must pay.

    `per_dollar`: "yen", "euros" and "pounds" that a US dollar is counted as.
    """

    input_tokens: int
    output_tokens: int
    working_days: int
    usd_per_kwh: float
    electricity: Source
    months: int
    per_dollar: Mapping[str, float]
    exchange: Source


@cache
def load_costs() -> CostAssumptions:
    """Return the shipped assumptions. Raises KeyError or TOMLDecodeError: the file is ours."""
    table = tomllib.loads(Path(__file__).with_name("costs.toml").read_text(encoding="utf-8"))
    usage, electricity, rates = table["usage"], table["electricity"], table["exchange"]
    return CostAssumptions(
        usage["input_tokens"], usage["output_tokens"], usage["working_days"], float(electricity["usd_per_kwh"]),
        Source("electricity", electricity["ref"], electricity["date"]), table["horizon"]["months"],
        {name: float(rate) for name, rate in rates.items() if isinstance(rate, float)},
        Source("exchange", rates["ref"], rates["date"]),
    )  # fmt: skip
