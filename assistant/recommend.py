"""`recommend`: which model, which quantisation, with which settings, and why not the others. Pure over the catalog.

Constraints first (each a small function that says why a model is out), then utility: ability at the task after the
chosen quantisation, with speed and cost weighed by the stated priority.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import hypot, log2, log10
from typing import TYPE_CHECKING, Any

from assistant.calls import Recommend, Task
from assistant.events import Language
from assistant.fit_report import FitReport
from assistant.machine import Machine
from assistant.ranking import Ability, ability, kind, percent
from assistant.sentences import gigabytes, language_name, say
from knowledge.names import normalise
from knowledge.schema import Model

if TYPE_CHECKING:
    from assistant.tools import Toolbox

DEFAULT_COUNT = 3
DEFAULT_CONTEXT = 8_192
EXCLUDED_LARGER = 3
EXCLUDED_OTHERS = 2
FAMILY_LIMIT = 2  # more picks than this from one family say little about the choice
SMALLEST_MARGIN = 1.0  # two abilities closer than this many of their joint deviations are a tie
QUANT_COST = (
    1.8  # abilities lost per unit of relative perplexity: Q2_K's +56 % (llama.cpp, Llama-3-8B) costs one deviation
)
READING_SPEED = 10.0  # tokens/s; slower than this is slower than most people read
ALTERNATIVE_QUANTS = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")

VARIANTS: dict[Task, frozenset[str]] = {
    "embedding": frozenset({"embedding", "reranker"}),
    "speech": frozenset({"speech"}),
    "image": frozenset({"image"}),
    "translation": frozenset({"translation", "instruct", "reasoning", "vision"}),
    "coding": frozenset({"code", "instruct", "reasoning", "vision"}),
}
TEXT_VARIANTS = frozenset({"instruct", "reasoning", "vision"})
EDGE_PARAMETERS = 4_500_000_000  # phones and single-board computers: the sizes sold as "edge" end at about 4B


@dataclass(frozen=True)
class Needs:
    """The arguments with everything resolved that a choice depends on."""

    args: Recommend
    task: Task
    machine: Machine | None
    local: bool
    api: bool
    context_tokens: int
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """A model that passes every constraint, with its fit (None: used through an API)."""

    model: Model
    ability: Ability
    fit: FitReport | None
    position: float
    utility: float

    @property
    def score(self) -> float:
        """Ability after quantisation, 0 to 100."""
        return round(percent(self.position), 1)


Because = tuple[str, dict[str, Any]]


def resolve(box: "Toolbox", args: Recommend) -> Needs:
    """Fill in what was not stated: general task, local when there is a machine to run on, 8,192 tokens."""
    machine = box.machine_for(args.hardware)
    hosting = args.hosting or ("local" if machine else "any")
    return Needs(
        args,
        args.task or "general",
        machine if hosting != "api" else None,
        hosting in ("local", "any"),
        hosting in ("api", "any"),
        args.context_tokens or DEFAULT_CONTEXT,
        tuple(args.languages or ()),
    )


def _wrong_kind(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    wish = needs.args.variant
    if wish == "base":
        return None if model.variant == "base" else ("kind", {})
    allowed = VARIANTS.get(needs.task, TEXT_VARIANTS)
    if model.variant not in allowed:
        return "kind", {}
    if wish == "reasoning" and model.variant != "reasoning":
        return "kind", {}
    if wish == "instruct" and model.variant == "reasoning":
        return "kind", {}
    if needs.task == "vision" and "image" not in model.inputs:
        return "kind", {}
    if needs.task == "function_calling" and model.tool_calling is False:
        return "tools", {}
    if needs.task == "edge" and model.parameters and model.parameters > EDGE_PARAMETERS:
        return "edge", {"params": model.parameters / 1e9}
    return None


def _named_out(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    own = {
        normalise(part) for part in (model.id, model.name, model.family or "", model.lab, model.country or "") if part
    }
    for word in needs.args.exclude or ():
        name = normalise(word)
        if name and any(name == part or name in part.split() or part.startswith(name + " ") for part in own):
            return "excluded", {"word": word}
    return None


def _licence(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    licence = box.catalog.licences.get(model.licence)
    if needs.args.commercial_use and model.open_weights:
        commercial = licence.commercial if licence else "unknown"
        if commercial not in ("yes", "conditional"):
            return f"commercial_{commercial}", {"licence": licence.name if licence else model.licence}
    if needs.args.licences:
        wanted = [normalise(word) for word in needs.args.licences]
        own = normalise(model.licence) + " " + normalise(licence.name if licence else "")
        if not any(word and word in own for word in wanted):
            return "licence", {"licence": licence.name if licence else model.licence}
    return None


def _language(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    for language in needs.languages:
        measured = any(
            language in box.catalog.benchmarks[score.benchmark].languages
            for score in model.scores
            if score.benchmark in box.catalog.benchmarks
        )
        if language not in model.languages and not measured:
            return "language", {"code": language}
    return None


def _limits(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    args = needs.args
    if args.context_tokens and kind(model) == "text":
        longest = max(model.context_tokens or 0, model.extended_context_tokens or 0)
        if longest < args.context_tokens:
            return ("context", {"context": longest}) if longest else ("context_unknown", {})
    if args.max_params_b:
        if not model.parameters:
            return "params_unknown", {}
        if model.parameters > args.max_params_b * 1.05e9:
            return "params", {"params": model.parameters / 1e9}
    if args.needs_finetuning and not model.open_weights:
        return "closed", {}
    if args.max_price is not None and not (needs.local and model.open_weights):
        if model.price is None or model.price.output is None:
            return "price_unknown", {}
        if model.price.output > args.max_price:
            return "price", {"price": model.price.output}
    return None


def _hosting(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    if needs.local and model.open_weights:
        return None
    if needs.api and model.price is not None:
        return None
    return ("no_api", {}) if needs.api and model.open_weights else ("api_only", {})


CONSTRAINTS: tuple[Callable[["Toolbox", Model, Needs], Because | None], ...] = (
    _wrong_kind,
    _named_out,
    _hosting,
    _licence,
    _language,
    _limits,
)


def _speed_term(fit: FitReport | None, priority: str | None) -> float:
    speed = fit.speed.mid if fit and fit.speed else None
    if speed is None:
        return 0.0
    if priority == "speed":
        return min(max(log2(speed / 20) * 0.5, -2.0), 1.5)
    slowness = log2(READING_SPEED / max(speed, 0.05))
    return -max(slowness, 0.0) * (0.1 if priority == "quality" else 0.25)


def _cost_term(model: Model, fit: FitReport | None, priority: str | None) -> float:
    if priority != "cost":
        return 0.0
    if fit is not None:
        return -0.6 * log10(max(fit.total_bytes / 2**30, 0.25))
    return -0.5 * log10(max(model.price.output or 0.05, 0.05)) if model.price else -1.0


def _candidate(box: "Toolbox", model: Model, needs: Needs, fit: FitReport | None) -> Candidate | None:
    from assistant.quants import quality_loss

    weights = box.catalog.tasks.get(needs.task, {})
    able = ability(box.scales, box.catalog.benchmarks, model, weights, needs.languages)
    if able is None:
        return None
    lost = QUANT_COST * quality_loss(fit.quant, model.parameters or 0) if fit else 0.0
    position = able.position - lost
    priority = needs.args.priority
    utility = position * (0.5 if priority == "speed" else 1.0)
    utility += _speed_term(fit, priority) + _cost_term(model, fit, priority)
    if not able.measured:  # a guess from size and date alone should not beat a measured model by a hair
        utility -= 0.25 * able.deviation
    return Candidate(model, able, fit, position, round(utility, 6))


def _place(box: "Toolbox", model: Model, needs: Needs) -> tuple[Candidate | None, Because | None]:
    """Put one model on the machine (or behind its API); return the candidate or why not."""
    from assistant.memory import best_fit

    if needs.local and model.open_weights and needs.machine is not None:
        fit = best_fit(model, needs.machine, context_tokens=_context(model, needs), exact=False)
        if fit is not None and fit.fits:
            return _candidate(box, model, needs, fit), None
        if not (needs.api and model.price):
            return None, _too_big(model, needs)
        return _candidate(box, model, needs, None), None
    return _candidate(box, model, needs, None), None


def _context(model: Model, needs: Needs) -> int:
    return min(needs.context_tokens, model.context_tokens) if model.context_tokens else needs.context_tokens


def _too_big(model: Model, needs: Needs) -> Because:
    from assistant.errors import BadArguments
    from assistant.memory import fit

    try:
        report = fit(model, quant=None, context_tokens=_context(model, needs), machine=needs.machine, exact=False)
    except BadArguments:
        return "memory_unknown", {}
    if report.available_bytes is None:
        return "memory_unknown", {}
    return "memory", {
        "quant": report.quant,
        "need": report.total_bytes,
        "have": report.available_bytes,
    }


def _refine(box: "Toolbox", needs: Needs, candidate: Candidate) -> Candidate:
    """Try the usual quantisations too: a smaller one may be worth its loss in speed."""
    from assistant.memory import fit

    if candidate.fit is None or needs.machine is None or candidate.model.variant in ("embedding", "speech", "image"):
        return candidate
    best = candidate
    for quant in ALTERNATIVE_QUANTS:
        if quant == candidate.fit.quant:
            continue
        report = fit(
            candidate.model,
            quant=quant,
            context_tokens=candidate.fit.context_tokens,
            machine=needs.machine,
            exact=False,
        )
        if report.fits:
            other = _candidate(box, candidate.model, needs, report)
            if other and other.utility > best.utility + 1e-9:
                best = other
    return best


def _settle(needs: Needs, candidate: Candidate) -> Candidate | None:
    """Ask llama.cpp itself about a pick; None if by its figures the pick does not fit after all."""
    from assistant.memory import fit

    if candidate.fit is None or needs.machine is None:
        return candidate
    report = fit(
        candidate.model, quant=candidate.fit.quant, context_tokens=candidate.fit.context_tokens, machine=needs.machine
    )
    return replace(candidate, fit=report) if report.fits else None


def choose(box: "Toolbox", needs: Needs) -> tuple[list[Candidate], dict[str, Because]]:
    """Return every candidate, best first, and why each other model is out."""
    candidates, out = [], {}
    for model in box.catalog.models.values():
        because = next((why for check in CONSTRAINTS if (why := check(box, model, needs))), None)
        if because is None:
            candidate, because = _place(box, model, needs)
            if candidate is not None:
                candidates.append(candidate)
                continue
        if because is not None:
            out[model.id] = because
    candidates.sort(key=lambda c: (-c.utility, c.model.id))
    shortlist = [_refine(box, needs, c) for c in candidates[:25]]
    shortlist.sort(key=lambda c: (-c.utility, c.model.id))
    return shortlist + candidates[25:], out


def _picks(needs: Needs, candidates: list[Candidate], count: int) -> list[Candidate]:
    picks: list[Candidate] = []
    families: Counter[str] = Counter()
    for candidate in candidates:
        family = candidate.model.family or candidate.model.id
        if families[family] >= FAMILY_LIMIT:
            continue
        settled = _settle(needs, candidate)
        if settled is None:
            continue
        picks.append(settled)
        families[family] += 1
        if len(picks) == count:
            break
    return picks


def tied(first: Candidate, other: Candidate) -> bool:
    """Tell whether the difference of two abilities is inside the noise."""
    noise = hypot(first.ability.deviation, other.ability.deviation)
    return abs(first.position - other.position) < SMALLEST_MARGIN * noise


def recommend(box: "Toolbox", args: Recommend, language: Language) -> dict[str, Any]:
    """Return the fixed shape of `recommend --json`, sentences in `language`."""
    needs = resolve(box, args)
    candidates, out = choose(box, needs)
    picks = _picks(needs, candidates, args.count or DEFAULT_COUNT)
    result: dict[str, Any] = {
        "picks": [_pick_json(box, needs, pick, language) for pick in picks],
        "excluded": _excluded(box, needs, out, picks, language),
        "ties": [pick.model.id for pick in picks[1:] if tied(picks[0], pick)],
        "needs": needs_json(needs),
        "assumptions": _assumptions(box, needs, language),
        "considered": len(candidates),
    }
    if not picks:
        result["relax"] = _relaxations(box, args, out, language)
    return result


def needs_json(needs: Needs) -> dict[str, Any]:
    """Return the needs as resolved: what was stated plus what was filled in."""
    stated = needs.args.model_dump(mode="json", exclude_unset=True)
    return {
        **stated,
        "task": needs.task,
        "hosting": "any" if needs.local and needs.api else "local" if needs.local else "api",
        "context_tokens": needs.context_tokens,
        "machine": needs.machine.label if needs.machine else None,
    }


def _pick_json(box: "Toolbox", needs: Needs, pick: Candidate, language: Language) -> dict[str, Any]:
    from assistant.reasons import why

    model = pick.model
    licence = box.catalog.licences.get(model.licence)
    shift = pick.position - pick.ability.position
    spread = 1.645 * pick.ability.deviation
    return {
        "id": model.id,
        "hf_id": model.hf_id,
        "model": model.name,
        "quant": pick.fit.quant if pick.fit else None,
        "score": pick.score,
        "interval": [
            round(percent(pick.ability.position + shift - spread), 1),
            round(percent(pick.ability.position + shift + spread), 1),
        ],
        "measured": [box.catalog.benchmarks[name].name for name in pick.ability.measured],
        "why": why(box, needs, pick, language),
        "fit": pick.fit.to_json() if pick.fit else None,
        "licence": licence.name if licence else model.licence,
        "commercial_use": licence.commercial if licence else "unknown",
        "parameters_b": round(model.parameters / 1e9, 2) if model.parameters else None,
        "active_parameters_b": round(model.active_parameters / 1e9, 2) if model.active_parameters else None,
        "context_tokens": model.context_tokens,
        "released": model.released.isoformat() if model.released else None,
        "price": {"provider": model.price.provider, "input": model.price.input, "output": model.price.output}
        if model.price
        else None,
        "open_weights": model.open_weights,
        "sources": [{"ref": source.ref, "date": source.date.isoformat()} for source in model.sources],
    }


def _excluded(
    box: "Toolbox", needs: Needs, out: dict[str, Because], picks: list[Candidate], language: Language
) -> list[dict[str, str]]:
    """Say why stronger models are not in the list, one per family: the next ones up in size, then the very strongest.

    Too large ones come by what they need, smallest first (what a little more memory would buy); of those out for other
    reasons the strongest two are named.
    """
    weights = box.catalog.tasks.get(needs.task, {})
    bar = picks[0].ability.position if picks else -9.0
    larger: list[tuple[float, str]] = []
    others: list[tuple[float, str]] = []
    for model_id, (key, values) in out.items():
        if key in ("kind", "excluded", "edge"):
            continue
        able = ability(box.scales, box.catalog.benchmarks, box.catalog.models[model_id], weights, needs.languages)
        if able and able.measured and able.position > bar:
            if key == "memory":
                larger.append((values["need"], model_id))
            else:
                others.append((-able.position, model_id))
    shown: list[dict[str, str]] = []
    families = {pick.model.family or pick.model.id for pick in picks}
    for rows, most in ((sorted(larger), EXCLUDED_LARGER), (sorted(others), EXCLUDED_OTHERS)):
        taken = 0
        for _, model_id in rows:
            model = box.catalog.models[model_id]
            if taken == most or (family := model.family or model_id) in families:
                continue
            families.add(family)
            taken += 1
            key, values = out[model_id]
            shown.append({"model": model.name, "id": model_id, "because": _say_why_out(language, key, values)})
    return shown


def _say_why_out(language: Language, key: str, values: dict[str, Any]) -> str:
    if "code" in values:
        values = {"language": language_name(language, values["code"])}
    if key == "memory":
        values = {**values, "need": gigabytes(values["need"]), "have": gigabytes(values["have"])}
    return say(language, f"out.{key}", **values)


def _assumptions(box: "Toolbox", needs: Needs, language: Language) -> list[str]:
    args, lines = needs.args, []
    if args.task is None:
        lines.append(say(language, "assume.task"))
    if args.hardware is None and needs.machine is not None:
        lines.append(say(language, "assume.machine", machine=needs.machine.label))
    if needs.machine is None and args.hosting != "api":
        lines.append(say(language, "assume.no_machine"))
    if args.context_tokens is None and kind_of_task(needs.task) == "text" and needs.machine is not None:
        lines.append(say(language, "assume.context", context=f"{needs.context_tokens:,}"))
    if needs.machine is not None and needs.machine.gpus and needs.machine.ram_total_mib is None:
        lines.append(say(language, "assume.ram"))
    return lines


def kind_of_task(task: Task) -> str:
    """Return the kind of model a task needs: "text" or the task's own kind."""
    return task if task in ("embedding", "speech", "image") else "text"


RELAXABLE = (
    "hardware", "commercial_use", "licences", "languages", "context_tokens",
    "max_params_b", "max_price", "variant", "exclude", "hosting",
)  # fmt: skip


def _relaxations(box: "Toolbox", args: Recommend, out: dict[str, Because], language: Language) -> list[dict[str, Any]]:
    """Drop each stated constraint by itself and say what that would buy."""
    rows = []
    for name in RELAXABLE:
        if getattr(args, name) is None and not (name == "hardware" and resolve(box, args).machine):
            continue
        update: dict[str, Any] = {name: "any" if name == "hosting" else None}
        freed = resolve(box, args.model_copy(update=update))
        if name == "hardware":
            freed = replace(freed, machine=None)
        candidates, _ = choose(box, freed)
        if candidates:
            rows.append(
                {
                    "constraint": name,
                    "would_allow": len(candidates),
                    "best": candidates[0].model.name,
                    "text": say(
                        language, "relax", constraint=say(language, f"constraint.{name}"),
                        count=len(candidates), best=candidates[0].model.name,
                    ),
                }
            )  # fmt: skip
    return rows
