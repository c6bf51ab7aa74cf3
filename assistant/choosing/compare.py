"""`compare`: named models side by side, with who leads on which aspect and whether the lead is more than noise."""

from math import hypot
from typing import TYPE_CHECKING, Any

from assistant.calls import Compare
from assistant.choosing.candidates import SMALLEST_MARGIN
from assistant.choosing.constraints import DEFAULT_CONTEXT
from assistant.choosing.ranking import Ability, kind
from assistant.errors import BadArguments
from assistant.events import Language
from assistant.machine import Machine
from assistant.model_facts import price_row, source_rows
from knowledge.schema import Model

if TYPE_CHECKING:
    from assistant.tools import Toolbox

USUAL_QUANT = "Q4_K_M"
TASKS_COMPARED = ("general", "coding", "reasoning", "math")


def compare(box: "Toolbox", models: list[Model], args: Compare, language: Language) -> dict[str, Any]:
    """Return rows of facts, abilities per task and fit, and per task the leader ("tie" inside the noise)."""
    machine = box.machine_for(args.hardware)
    tasks = [args.task] if args.task else list(TASKS_COMPARED)
    shared = [name for name in tasks if len({kind(model) for model in models}) == 1]
    abilities = {task: {model.id: box.scales.ability(model, task) for model in models} for task in shared}
    return {
        "models": [_row(box, model, machine, {t: a[model.id] for t, a in abilities.items()}) for model in models],
        "leaders": {task: _leader(by_model) for task, by_model in abilities.items()},
        "common_benchmarks": _common(box, models),
        "machine": machine.label if machine else None,
        "tasks": shared,
    }


def _row(box: "Toolbox", model: Model, machine: Machine | None, able: dict[str, Ability | None]) -> dict[str, Any]:
    licence = box.catalog.licences.get(model.licence)
    return {
        "id": model.id,
        "model": model.name,
        "lab": model.lab,
        "variant": model.variant,
        "open_weights": model.open_weights,
        "parameters_b": round(model.parameters / 1e9, 2) if model.parameters else None,
        "active_parameters_b": round(model.active_parameters / 1e9, 2) if model.active_parameters else None,
        "context_tokens": model.context_tokens,
        "released": model.released.isoformat() if model.released else None,
        "licence": licence.name if licence else model.licence,
        "commercial_use": licence.commercial if licence else "unknown",
        "languages": list(model.languages),
        "price": price_row(model),
        "scores": {
            task: {"score": a.score, "interval": [a.low, a.high], "measured": len(a.measured)} if a else None
            for task, a in able.items()
        },
        "fit": _fit(model, machine),
        "sources": source_rows(model.sources),
    }


def _fit(model: Model, machine: Machine | None) -> dict[str, Any] | None:
    """Return the usual quantisation's fit, or the best that fits; None for models without weights."""
    from assistant.memory.fit import best_fit, fit

    if not model.open_weights:
        return None
    context = min(DEFAULT_CONTEXT, model.context_tokens or DEFAULT_CONTEXT)
    try:
        report = fit(model, quant=USUAL_QUANT, context_tokens=context, machine=machine)
        if report.fits is False and machine is not None:
            report = best_fit(model, machine, context_tokens=context) or report
        return report.to_json()
    except BadArguments:
        return None


def _leader(abilities: dict[str, Ability | None]) -> dict[str, Any]:
    known = sorted(((a.position, name, a) for name, a in abilities.items() if a), key=lambda row: (-row[0], row[1]))
    if len(known) < 2:
        return {"id": None, "tie": False}
    (_, first, a), (_, _, b) = known[0], known[1]
    noise = hypot(a.deviation, b.deviation)
    return {"id": first, "tie": a.position - b.position < SMALLEST_MARGIN * noise}


def _common(box: "Toolbox", models: list[Model]) -> list[dict[str, Any]]:
    """Return the benchmarks on which every compared model has a published score."""
    by_model = [{score.benchmark: score.value for score in model.scores} for model in models]
    names = sorted(set.intersection(*(set(scores) for scores in by_model)) & set(box.catalog.benchmarks))
    return [
        {
            "benchmark": box.catalog.benchmarks[name].name,
            "unit": box.catalog.benchmarks[name].unit,
            "scores": {model.id: scores[name] for model, scores in zip(models, by_model, strict=True)},
        }
        for name in names
    ]
