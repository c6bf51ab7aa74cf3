"""How large a model a machine holds: in parameters per quantisation, and as models of the catalog."""

from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from assistant.errors import BadArguments
from assistant.hardware.machine import Machine
from assistant.memory import notes as fit_notes
from assistant.memory.fit import WITHOUT_TOKENS, best_fit, fit, ladder
from assistant.memory.generic import generic_model
from assistant.memory.layers import pad
from assistant.memory.placement import OVERHEAD_SOURCE, chosen_gpus, room
from assistant.memory.quants import LADDER, QUANTS, resolve_quant
from assistant.memory.report import MIB, FitReport
from assistant.memory.weigh import weigh
from knowledge.schema import Model

if TYPE_CHECKING:
    from knowledge.catalog import Catalog


@dataclass(frozen=True, slots=True)
class SizeReport:
    """How large a model a machine holds. Parameters are counts; `by_quant` is quantisation -> parameters.

    `models` are the largest catalog models that fit whole, largest first, one of each shape. `rule_of_thumb` is the
    guides' estimate of parameters, (GB x 0.75) / context factor / 2 bytes, and why it differs in `rule_note`. With
    `least_speed`, in tokens per second, both are of what is fast enough; `held` is what memory alone would hold, and
    `speed_known` tells whether the speed on this machine can be told at all.
    """

    device: str
    context_tokens: int
    available_bytes: int
    by_quant: dict[str, int]
    models: tuple[FitReport, ...]
    rule_of_thumb: int
    rule_note: dict[str, str]
    notes: tuple[dict[str, str], ...]
    sources: tuple[str, ...]
    held: dict[str, int]
    least_speed: float | None = None
    speed_known: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the fixed shape of `max-size --json`."""
        speed = {
            "min_speed": self.least_speed,
            "speed_known": self.speed_known,
            "held_params_b": {name: round(count / 1e9, 1) for name, count in self.held.items()},
        }
        return {
            "device": self.device,
            "context_tokens": self.context_tokens,
            "available_mib": round(self.available_bytes / MIB, 1),
            "max_params_b": {name: round(count / 1e9, 1) for name, count in self.by_quant.items()},
            "models": [report.to_json() for report in self.models],
            "rule_of_thumb_params_b": round(self.rule_of_thumb / 1e9, 1),
            "rule_note": self.rule_note,
            "notes": list(self.notes),
            "sources": list(self.sources),
            **(speed if self.least_speed else {}),
        }


def largest(
    catalog: "Catalog",
    machine: Machine,
    *,
    context_tokens: int | None,
    quant: str | None = None,
    least_speed: float | None = None,
    count: int = 10,
) -> SizeReport:
    """Return how large a model the machine holds for a context (default 8,192), in parameters and as catalog models.

    With `least_speed`, in tokens per second, only what is that fast. The sizes are those of a dense model shaped like
    Llama 3: 8.03B needs 128 KiB of KV cache per token at f16, growing with the square root of the parameters. Raises
    BadArguments for an unknown quantisation or a context out of range.
    """
    context = 8192 if context_tokens is None else context_tokens
    if not 1 <= context <= 100_000_000:
        raise BadArguments("context_tokens", context, "1 to 100,000,000 tokens", "1〜100,000,000 トークン")
    names = (resolve_quant(quant),) if quant else LADDER
    space = room(machine)
    budget = space.available - space.overhead
    weighed = weigh(catalog, machine, context, names[0] if quant else None)
    fitting = [model for model in catalog.models.values() if model.id in weighed and weighed[model.id].fits]
    reports = (_report(model, machine, context, quant, least_speed) for model in _one_of_a_kind(fitting))
    found = list(islice((report for report in reports if report is not None), count))
    factor = 1 + context / 8192 * 0.3  # the guides' 1.3 at a context of ordinary length
    memory = sum(gpu.total_mib for gpu in chosen_gpus(machine)) or machine.ram_total_mib or 0
    rule = memory / 1024 * 0.75 / factor / 2
    four_bits = rule * 2 / (QUANTS["Q4_K_M"].bits_per_weight / 8)
    held = {name: _largest_dense(budget, QUANTS[name].bits_per_weight, context) for name in names}
    known = _tokens_per_second(1e9, names[-1], machine, context) is not None
    fast = {name: _fast_enough(size, name, machine, context, least_speed) for name, size in held.items()}
    return SizeReport(
        machine.label,
        context,
        space.available,
        fast if least_speed and known else held,
        tuple(found),
        int(rule * 1e9),
        fit_notes.rule_of_thumb(memory, factor, four_bits),
        fit_notes.machine_notes(machine),
        (OVERHEAD_SOURCE, QUANTS["Q4_K_M"].source),
        held,
        least_speed,
        known,
    )


def _one_of_a_kind(models: list[Model]) -> list[Model]:
    """Return the models, largest first; of those that share a shape (tuned from one another) the newest.

    Of equally new ones not a base model, which only continues text, before the lowest id.
    """
    newest = sorted(models, key=lambda one: (-(one.released or date.min).toordinal(), one.variant == "base", one.id))
    kinds: dict[str, Model] = {}
    for model in newest:
        kinds.setdefault(repr(model.architecture) if model.architecture is not None else model.id, model)
    return sorted(kinds.values(), key=lambda model: (-(model.parameters or 0), model.id))


def _report(
    model: Model, machine: Machine, context: int, quant: str | None, least_speed: float | None
) -> FitReport | None:
    """Return a model's report, None when it is no language model, has a short context, or its figures are rough.

    With a least speed it is that of the finest quantisation that is known to be as fast, if one is.
    """
    if model.variant in WITHOUT_TOKENS:
        return None
    if model.context_tokens is not None and model.context_tokens < min(context, 2048):
        return None
    context = min(context, model.context_tokens or context)
    names = [quant] if quant or not least_speed else ladder(model)
    found = (best_fit(model, machine, context_tokens=context, quant=name) for name in names)
    return next((one for one in found if one and one.basis != "rough" and _is_fast(one, least_speed)), None)


def _is_fast(report: FitReport, least_speed: float | None) -> bool:
    return not least_speed or report.speed is None or report.speed.mid >= least_speed


def _fast_enough(size: int, quant: str, machine: Machine, context: int, least_speed: float | None) -> int:
    """Return the largest number of parameters, at most `size`, of a dense model that writes as fast as is wished."""
    low, high = 0, size + 10**6 if least_speed else 0
    while least_speed and high - low > 10**7:
        middle = (low + high) // 2
        speed = _tokens_per_second(middle, quant, machine, context)
        low, high = (middle, high) if speed is not None and speed >= least_speed else (low, middle)
    return low


def _tokens_per_second(size: float, quant: str, machine: Machine, context: int) -> float | None:
    """Return how fast a dense model of a size writes, None where that is not known."""
    model = generic_model(f"{size / 1e9:.3f}B")
    if model is None:
        return None
    speed = fit(model, quant=quant, context_tokens=context, machine=machine, exact=False, brief=True).speed
    return speed.mid if speed is not None else None


def _largest_dense(budget: int, bits: float, context: int) -> int:
    """Return the largest number of parameters for which weights, KV cache and compute buffer are within the budget."""
    low, high = 0, 10**14
    while high - low > 10**6:
        middle = (low + high) // 2
        cache = 131_072 * (middle / 8.03e9) ** 0.5 * pad(context)
        scratch = 260 * MIB * (middle / 8.03e9) ** 0.25 if middle else 0
        low, high = (middle, high) if middle * bits / 8 + cache + scratch <= budget else (low, middle)
    return low
