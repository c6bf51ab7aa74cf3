"""What a model costs per month at a stated usage: an API's price, or the electricity of running it, and the break-even.

All in US dollars, the currency of API prices. Nothing is known about prices of hardware: a break-even is told for the
price that a person names, or as the price up to which owning pays. What is not known (an unknown card's power, an
unknown speed) makes a cost None, never a guess.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.choosing.candidates import Candidate
from assistant.choosing.traits import kind
from assistant.choosing.usage import Usage, rated_watts
from knowledge.costs import load_costs
from knowledge.schema import Price

if TYPE_CHECKING:
    from assistant.hardware.machine import Machine
    from assistant.memory.report import Speed
    from assistant.toolbox import Toolbox

DAYS = 30.4  # of a month: 365 / 12


@dataclass(frozen=True, slots=True)
class Running:
    """What a month of running a model oneself takes: hours of computing and the cards' rated power in watts.

    `hours` and `usd` are None when the speed or the power is not known. `watts` are the cards' alone: the rest of the
    machine is on anyway. Rated power is the most that a card draws, so the electricity comes out too high rather than
    too low.
    """

    hours: float | None
    watts: float | None
    usd: float | None

    @property
    def too_slow(self) -> bool:
        """Whether a month does not have that many hours."""
        return self.hours is not None and self.hours > 24 * DAYS


def api_month(price: Price | None, usage: Usage) -> float | None:
    """Return the price of a month's tokens through an API, None when the price of either side is unknown."""
    if price is None or price.input is None or price.output is None:
        return None
    return float(usage.bill(price.input, price.output))


def running(speed: "Speed | None", watts: float | None, usage: Usage) -> Running:
    """Return the hours and the electricity of a month's tokens, one request after the other."""
    if speed is None or speed.prompt_mid is None:
        return Running(None, watts, None)
    hours = (usage.output_tokens / speed.mid + usage.input_tokens / speed.prompt_mid) / 3600
    return Running(hours, watts, None if watts is None else hours * watts / 1000 * usage.usd_per_kwh)


def monthly(box: "Toolbox", machine: "Machine | None", one: Candidate, usage: Usage) -> float | None:
    """Return what a candidate costs per month: the API's price, or the electricity of running it.

    None for models whose work is not counted in tokens written: images, speech, embeddings.
    """
    if kind(one.model) != "text":
        return None
    if one.run is None:
        return api_month(one.model.price, usage)
    run = running(_speed(one), rated_watts(box.catalog.gpus, machine), usage)
    return None if run.too_slow else run.usd


def too_slow(one: Candidate, usage: Usage) -> bool:
    """Return whether running a candidate for a month's tokens would take longer than a month; an API never does.

    Where it is not known how fast prompts are read, by what is written alone.
    """
    speed = _speed(one)
    if one.run is None or speed is None:
        return False
    return running(speed, None, usage).too_slow or usage.output_tokens / speed.mid / 3600 > 24 * DAYS


def costs(box: "Toolbox", machine: "Machine | None", picks: list[Candidate], usage: Usage) -> dict[str, Any]:
    """Return the monthly cost of each pick with what it rests on, and the break-even of the first local one."""
    known = load_costs()
    watts = rated_watts(box.catalog.gpus, machine)
    return {
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "working_days": usage.working_days,
            "months": usage.months,
            "assumed": usage.assumed,
        },
        "electricity": {
            "usd_per_kwh": usage.usd_per_kwh,
            "ref": known.electricity.ref if usage.usd_per_kwh == known.usd_per_kwh else None,
            "date": known.electricity.date.isoformat() if usage.usd_per_kwh == known.usd_per_kwh else None,
        },
        "rows": [_row(one, watts, usage) for one in picks],
        "break_even": _break_evens(picks, watts, usage),
    }


def _row(one: Candidate, watts: float | None, usage: Usage) -> dict[str, Any]:
    row: dict[str, Any] = {"id": one.model.id, "model": one.model.name}
    if one.run is None:
        return {**row, "hosting": "api", "usd_per_month": _cents(api_month(one.model.price, usage))}
    run = running(_speed(one), watts, usage)
    daily = None if run.hours is None else round(run.hours / usage.working_days, 1)
    usd = None if run.too_slow else _cents(run.usd)
    return {**row, "hosting": "local", "usd_per_month": usd, "hours_per_working_day": daily, "watts": watts,
            "too_slow": run.too_slow}  # fmt: skip


def _break_evens(picks: list[Candidate], watts: float | None, usage: Usage) -> list[dict[str, Any]]:
    """Return the first local pick against its own model through an API, and against the first API pick."""
    own = next((one for one in picks if one.run is not None), None)
    if own is None:
        return []
    run = running(_speed(own), watts, usage)
    if run.usd is None or run.too_slow:
        return []
    rivals = {own.model.id: own.model} if own.model.price else {}
    best = next((one.model for one in picks if one.run is None), None)
    rivals |= {best.id: best} if best else {}
    found = []
    for rival in rivals.values():
        month = api_month(rival.price, usage)
        if month is None:
            continue
        saved = month - run.usd
        found.append(
            {
                "local": own.model.id, "api": rival.id, "api_model": rival.name,
                "provider": rival.price.provider if rival.price else None,
                "api_usd": _cents(month), "local_usd": _cents(run.usd), "saved_usd": _cents(saved),
                "hardware_usd": usage.hardware_usd, **break_even(saved, usage),
            }
        )  # fmt: skip
    return found


def break_even(saved: float, usage: Usage) -> dict[str, Any]:
    """Return after how many months hardware has paid for itself, else up to which price it does over `months`."""
    if saved <= 0:
        return {"months": None, "up_to_usd": None, "over_months": None}
    if usage.hardware_usd is not None:
        return {"months": round(usage.hardware_usd / saved, 1), "up_to_usd": None, "over_months": None}
    return {"months": None, "up_to_usd": round(saved * usage.months), "over_months": usage.months}


def _speed(one: Candidate) -> "Speed | None":
    return one.fit.speed if one.fit else None


def _cents(usd: float | None) -> float | None:
    return None if usd is None else round(usd, 2)
