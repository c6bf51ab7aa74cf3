"""How large a model a machine holds: in parameters per quantisation, and as models of the catalog."""

from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from assistant.errors import BadArguments
from assistant.machine import Machine
from assistant.memory import notes as fit_notes
from assistant.memory.fit import WITHOUT_TOKENS, best_fit
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
    guides' estimate of parameters, (GB x 0.75) / context factor / 2 bytes, and why it differs in `rule_note`.
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

    def to_json(self) -> dict[str, Any]:
        """Return the fixed shape of `max-size --json`."""
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
        }


def largest(
    catalog: "Catalog", machine: Machine, *, context_tokens: int | None, quant: str | None = None, count: int = 10
) -> SizeReport:
    """Return how large a model the machine holds for a context (default 8,192), in parameters and as catalog models.

    The sizes are those of a dense model shaped like Llama 3: 8.03B needs 128 KiB of KV cache per token at f16, growing
    with the square root of the parameters. Raises BadArguments for an unknown quantisation or a context out of range.
    """
    context = 8192 if context_tokens is None else context_tokens
    if not 1 <= context <= 100_000_000:
        raise BadArguments("context_tokens", context, "1 to 100,000,000 tokens", "1〜100,000,000 トークン")
    names = (resolve_quant(quant),) if quant else LADDER
    space = room(machine)
    budget = space.available - space.overhead
    weighed = weigh(catalog, machine, context, names[0] if quant else None)
    fitting = [model for model in catalog.models.values() if model.id in weighed and weighed[model.id].fits]
    reports = (_report(model, machine, context, quant) for model in _one_of_a_kind(fitting))
    found = list(islice((report for report in reports if report is not None), count))
    factor = 1 + context / 8192 * 0.3  # the guides' 1.3 at a context of ordinary length
    memory = sum(gpu.total_mib for gpu in chosen_gpus(machine)) or machine.ram_total_mib or 0
    rule = memory / 1024 * 0.75 / factor / 2
    four_bits = rule * 2 / (QUANTS["Q4_K_M"].bits_per_weight / 8)
    return SizeReport(
        machine.label,
        context,
        space.available,
        {name: _largest_dense(budget, QUANTS[name].bits_per_weight, context) for name in names},
        tuple(found),
        int(rule * 1e9),
        fit_notes.rule_of_thumb(memory, factor, four_bits),
        fit_notes.machine_notes(machine),
        (OVERHEAD_SOURCE, QUANTS["Q4_K_M"].source),
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


def _report(model: Model, machine: Machine, context: int, quant: str | None) -> FitReport | None:
    """Return a model's report, None when it is no language model, has a short context, or its figures are rough."""
    if model.variant in WITHOUT_TOKENS:
        return None
    if model.context_tokens is not None and model.context_tokens < min(context, 2048):
        return None
    report = best_fit(model, machine, context_tokens=min(context, model.context_tokens or context), quant=quant)
    return report if report is not None and report.basis != "rough" else None


def _largest_dense(budget: int, bits: float, context: int) -> int:
    """Return the largest number of parameters for which weights, KV cache and compute buffer are within the budget."""
    low, high = 0, 10**14
    while high - low > 10**6:
        middle = (low + high) // 2
        cache = 131_072 * (middle / 8.03e9) ** 0.5 * pad(context)
        scratch = 260 * MIB * (middle / 8.03e9) ** 0.25 if middle else 0
        low, high = (middle, high) if middle * bits / 8 + cache + scratch <= budget else (low, middle)
    return low
