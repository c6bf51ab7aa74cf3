"""Choosing one model after the other with the functions that answer about single models: slow, and easy to follow.

What the chooser does with the whole catalog in arrays must come out the same; tests/test_candidates.py compares them.
"""

import re
from dataclasses import dataclass, replace
from math import log2, log10

from assistant.choosing.constraints import Needs
from assistant.choosing.costs import api_month
from assistant.choosing.usage import rated_watts, usage_of
from assistant.memory.files.vision import projector_bytes
from assistant.memory.fit import fit, ladder, situation
from assistant.memory.needs import needs as needs_of
from assistant.memory.placement import plan, room
from assistant.memory.quants import quality_loss
from assistant.memory.report import FitReport
from assistant.memory.speed.estimate import estimate
from knowledge.priorities import load_priorities
from knowledge.schema import Licence, Model
from knowledge.spelling import normalise

TEXT = {"instruct", "reasoning", "vision"}
KINDS = {
    "embedding": {"embedding"}, "speech": {"speech"}, "image": {"image"},
    "translation": TEXT | {"translation"}, "coding": TEXT | {"code"},
}  # fmt: skip
OWN_SCALE = ("embedding", "reranker", "speech", "image")
COUNTRIES = {"CN": "china", "US": "usa", "JP": "japan", "FR": "france"}


@dataclass(frozen=True)
class Choice:
    """What was found for one model."""

    model: Model
    quant: str | None
    kv_type: str | None
    split: bool
    utility: float


def plain(box, needs: Needs) -> tuple[list[Choice], dict[str, str]]:
    """Return the choices, best first, and the reason for every model that is out."""
    found, out = [], {}
    for model in box.catalog.models.values():
        reason = why_out(box, model, needs)
        if reason is None and box.scales.ability(model, needs.task, needs.languages) is not None:
            choice = place(box, model, needs)
            if isinstance(choice, Choice):
                found.append(choice)
            else:
                reason = choice
        if reason is not None:
            out[model.id] = reason
    return sorted(found, key=lambda one: (-one.utility, one.split, one.model.id)), out


def why_out(box, model: Model, needs: Needs) -> str | None:
    """Return the first constraint that a model breaks."""
    args, licence = needs.args, box.catalog.licences.get(model.licence)
    here = needs.local and model.open_weights
    longest = max(model.context_tokens or 0, model.extended_context_tokens or 0)
    terms = licence.commercial if licence else "unknown"
    checks = (
        ("kind", _wrong_kind(model, needs)),
        ("tools", needs.task == "function_calling" and args.variant != "base" and model.tool_calling is False),
        ("edge", needs.task == "edge" and args.variant != "base" and (model.parameters or 0) > 4.5e9),
        ("excluded", any(_named(box, model, word) for word in args.exclude or ())),
        ("no_api", not here and model.open_weights and not (needs.api and model.price)),
        ("api_only", not here and not (needs.api and model.price)),
        (f"commercial_{terms}", bool(args.commercial_use) and model.open_weights and terms in ("no", "unknown")),
        ("licence", bool(args.licences) and not _licensed(model, licence, args.licences)),
        ("language", not all(_speaks(box, model, one) for one in needs.languages)),
    )
    text = model.variant not in OWN_SCALE and args.context_tokens is not None
    size, price = model.parameters, model.price.output if model.price else None
    limits = (
        ("context_unknown", text and longest == 0),
        ("context", text and longest < (args.context_tokens or 0)),
        ("params_unknown", args.max_params_b is not None and not size),
        ("params", args.max_params_b is not None and (size or 0) > args.max_params_b * 1.05e9),
        ("closed", bool(args.needs_finetuning) and not model.open_weights
         and not (needs.api and "api" in model.fine_tuning)),
        ("price_unknown", args.max_price is not None and not here and price is None),
        ("price", args.max_price is not None and not here and (price or 0) > args.max_price),
    )  # fmt: skip
    return next((key for key, broken in (*checks, *limits) if broken), None)


def _wrong_kind(model: Model, needs: Needs) -> bool:
    wish, task = needs.args.variant, needs.task
    if wish == "base":
        return model.variant != "base"
    if wish == "reranker":
        return model.variant != "reranker"
    if wish == "tts":
        return model.variant != "speech" or "audio" in model.inputs
    thinks = model.variant == "reasoning" or model.thinks is True
    if model.variant not in KINDS.get(task, TEXT) or (wish == "reasoning" and not thinks):
        return True
    if wish == "instruct" and model.variant == "reasoning":
        return True
    return (task == "speech" and "audio" not in model.inputs) or (task == "vision" and "image" not in model.inputs)


def _named(box, model: Model | None, word: str) -> bool:
    name = normalise(word)
    for _ in range(5):
        if model is None or not name:
            return False
        own = [normalise(part) for part in (model.id, model.name, model.family or "", model.lab) if part]
        own.append(COUNTRIES.get(model.country or "", "-"))
        if any(re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z])", part) for part in own):
            return True
        model = box.catalog.models.get(model.base_model or "")
    return False


def _licensed(model: Model, licence: Licence | None, words: list[str]) -> bool:
    own = normalise(model.licence) + " " + normalise(licence.name if licence else "")
    return any(normalise(word) in own for word in words)


def _speaks(box, model: Model, language: str) -> bool:
    scored = (box.catalog.benchmarks.get(score.benchmark) for score in model.scores)
    return language in model.languages or any(one is not None and language in one.languages for one in scored)


def place(box, model: Model, needs: Needs) -> Choice | str:
    """Return how a model is best run, or why it cannot be."""
    longest = max(model.context_tokens or 0, model.extended_context_tokens or 0)
    most = longest if needs.args.context_tokens else model.context_tokens
    context = min(needs.context_tokens, most or needs.context_tokens)
    if not (needs.local and model.open_weights and needs.machine):
        return _elsewhere(box, model, needs)
    if model.parameters is None and model.architecture is None and not model.files:
        return _elsewhere(box, model, needs) if _affordable(model, needs) else "memory_unknown"
    options = []
    for quant in ladder(model):
        for kv in ("f16", "q8_0"):
            report = _report(model, needs, quant, kv, context)
            fits = report.fits and _room(model, needs, report, report.total_bytes)
            if fits and (kv == "f16" or _blocks(model, quant, context)):
                options.append(_choice(box, model, needs, report))
    if not options:
        for quant in ladder(model) if len(ladder(model)) == 1 else ("Q4_K_M", "IQ4_XS", "Q3_K_M"):
            report = _report(model, needs, quant, "f16", context)
            if _splits(report, needs) and _room(model, needs, report, report.gpu_bytes):
                options.append(_choice(box, model, needs, report))
    through_api = _elsewhere(box, model, needs) if _affordable(model, needs) else None
    if options:
        best = max(options, key=lambda one: one.utility)
        return replace(best, utility=max(best.utility, through_api.utility)) if through_api else best
    return through_api or "memory"


def _report(model: Model, needs: Needs, quant: str, kv: str, context: int) -> FitReport:
    return fit(
        model, quant=quant, context_tokens=context, machine=needs.machine, kv_type=kv,
        users=needs.users, exact=False, brief=True
    )  # fmt: skip


def _room(model: Model, needs: Needs, report: FitReport, used: int) -> bool:
    if needs.task != "vision":
        return True
    return used + (projector_bytes(model, model.architecture) or 1536 * 2**20) <= report.available_bytes


def _blocks(model: Model, quant: str, context: int) -> bool:
    """Tell whether keys and values are whole blocks of 32, and nothing but keys and values is cached."""
    cache = needs_of(model, quant, context).cache
    if cache is None or cache.index or cache.compressed or not cache.full + cache.sliding:
        return False
    return all(k and v and k % 32 == 0 and v % 32 == 0 for k, v, _ in cache.full + cache.sliding)


def _splits(report: FitReport, needs: Needs) -> bool:
    slowest = 1 if needs.args.priority == "quality" else 5
    split = report.placement in ("partial", "expert_offload") and report.ram_available_bytes is not None
    return split and report.speed.mid >= slowest and report.ram_bytes <= 0.75 * report.ram_available_bytes


def _base(box, model: Model, needs: Needs) -> float:
    able = box.scales.ability(model, needs.task, needs.languages)
    return able.position - load_priorities().unsure * able.deviation


def _speed(model: Model, needs: Needs, report: FitReport) -> float | None:
    """Return tokens per second with the cache read as in 16 bits; None where tokens are not what a model gives."""
    if report.speed is None or report.kv_type == "f16":
        return report.speed and report.speed.mid
    run = (model, report.quant, report.context_tokens)
    there, space = situation(*run, report.kv_type, needs.users, needs.machine)
    wide, _ = situation(*run, "f16", needs.users, needs.machine)
    return estimate(wide, plan(there, space), needs.machine).mid


def _choice(box, model: Model, needs: Needs, report: FitReport) -> Choice:
    known = load_priorities()
    weights, usage = known.profiles[needs.args.priority or "balanced"], usage_of(needs.args)
    loss = quality_loss(report.quant, model.parameters or 0)
    utility = _base(box, model, needs) - 1.8 * loss - (0.02 if report.kv_type == "q8_0" else 0.0)
    split = report.placement in ("partial", "expert_offload")
    utility -= (0.05 if needs.args.priority == "quality" else 0.3) if split else 0.0
    utility -= 0.0 if split else weights.tight * _fullness(model, needs, report)
    speed = _speed(model, needs, report)
    if speed is not None:
        waits = model.variant == "reasoning" != needs.args.variant and needs.task not in ("math", "reasoning")
        doublings = log2(min(max(speed / (4 if waits else 1), 0.05), 125) / 10)
        utility += doublings * (weights.slow if doublings < 0 else weights.fast)
        watts = rated_watts(box.catalog.gpus, needs.machine) or 150.0
        usd = usage.output_tokens / speed / 3600 * watts / 1000 * usage.usd_per_kwh
        utility -= weights.cost * log10(1 + usd / 10)
    if needs.task == "embedding" and not needs.machine.gpus:
        utility -= weights.slow * max(0.0, log2((model.parameters or 1) / 0.32e9))
    return Choice(model, report.quant, report.kv_type, split, round(utility, 6))


def _fullness(model: Model, needs: Needs, report: FitReport) -> float:
    """Return how far half a GiB that should stay free is taken: 0 for not at all, 1 for wholly."""
    projector = (projector_bytes(model, model.architecture) or 1536 * 2**20) if needs.task == "vision" else 0
    left = room(needs.machine).available - projector - report.total_bytes
    return min(1.0, max(0.0, 1 - left / 2**29))


def _affordable(model: Model, needs: Needs) -> bool:
    most, output = needs.args.max_price, model.price.output if model.price else None
    return needs.api and model.price is not None and (most is None or (output is not None and output <= most))


def _elsewhere(box, model: Model, needs: Needs) -> Choice:
    usd = api_month(model.price, usage_of(needs.args)) if _affordable(model, needs) else None
    weights = load_priorities().profiles[needs.args.priority or "balanced"]
    cost = weights.cost * log10(1 + (30.0 if usd is None else usd) / 10)
    return Choice(model, None, None, False, round(_base(box, model, needs) - cost, 6))
