"""How much a person uses a model in a month, and what its tokens and a machine's cards take."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.calls import Recommend
from assistant.calls import Usage as Stated
from assistant.memory.batch import Floats
from knowledge.costs import load_costs
from knowledge.schema import Gpu

if TYPE_CHECKING:
    from assistant.hardware.machine import Machine


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens per month, the price of electricity, and of the hardware where a person named one.

    `assumed`: the tokens are the shipped assumption (knowledge/costs.toml). `months` is the time over which owning must
    pay where no hardware price is named.
    """

    input_tokens: int
    output_tokens: int
    usd_per_kwh: float
    hardware_usd: float | None
    months: int
    working_days: int
    assumed: bool

    def bill(self, price_in: Floats | float, price_out: Floats | float) -> Floats:
        """Return a month's dollars through an API at prices per million tokens, NaN where one is unknown (NaN)."""
        return np.asarray((self.input_tokens * price_in + self.output_tokens * price_out) / 1e6)


def usage_of(args: Recommend) -> Usage:
    """Return the stated usage, completed by the shipped assumptions."""
    known, stated = load_costs(), args.usage or Stated()
    assumed = stated.input_tokens is None and stated.output_tokens is None
    return Usage(
        known.input_tokens if assumed else stated.input_tokens or 0,
        known.output_tokens if assumed else stated.output_tokens or 0,
        known.usd_per_kwh if stated.electricity_price is None else stated.electricity_price,
        stated.hardware_price,
        known.months,
        known.working_days,
        assumed,
    )


def rated_watts(gpus: dict[str, Gpu], machine: "Machine | None") -> float | None:
    """Return the rated power of a machine's cards together, None when that of one is unknown or there is none."""
    found = [gpus[gpu.name].tdp_w if gpu.name in gpus else None for gpu in machine.gpus] if machine else []
    known = [watts for watts in found if watts is not None]
    return sum(known) if known and len(known) == len(found) else None
