"""What monthly costs are worked out with: a usage, the price of electricity, how many months (costs.toml)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from knowledge.schema import Source


@dataclass(frozen=True, slots=True)
class CostAssumptions:
    """Tokens per month, US dollars per kWh with its source, and the months over which owning must pay."""

    input_tokens: int
    output_tokens: int
    working_days: int
    usd_per_kwh: float
    electricity: Source
    months: int


@cache
def load_costs() -> CostAssumptions:
    """Return the shipped assumptions. Raises KeyError or TOMLDecodeError: the file is ours."""
    table = tomllib.loads(Path(__file__).with_name("costs.toml").read_text(encoding="utf-8"))
    usage, electricity = table["usage"], table["electricity"]
    return CostAssumptions(
        usage["input_tokens"], usage["output_tokens"], usage["working_days"], float(electricity["usd_per_kwh"]),
        Source("electricity", electricity["ref"], electricity["date"]), table["horizon"]["months"],
    )  # fmt: skip
