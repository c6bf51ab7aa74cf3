"""`recommend`: which model, which quantisation, with which settings, and why not the others. Pure over the catalog."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.calls import Recommend
from assistant.choosing.candidates import Candidate, choose, take, too_close
from assistant.choosing.constraints import Needs, resolve
from assistant.choosing.costs import costs, monthly, too_slow
from assistant.choosing.exact import report, smaller
from assistant.choosing.front import front
from assistant.choosing.left_out import assumptions, kind_of_task, left_out
from assistant.choosing.nothing import nothing
from assistant.choosing.ranking import Z90, percent
from assistant.choosing.reasons import unheard, why
from assistant.choosing.score_parts import score_parts
from assistant.choosing.specialists import specialists
from assistant.choosing.steps import steps
from assistant.choosing.usage import Usage, usage_of
from assistant.events import Language
from assistant.memory.files.vision import projector_bytes
from assistant.memory.notes import TIGHT
from assistant.memory.report import MIB, mib
from assistant.model_facts import price_row, source_rows

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox

DEFAULT_COUNT = 3


def recommend(box: "Toolbox", args: Recommend, language: Language) -> dict[str, Any]:
    """Return the fixed shape of `recommend --json`, sentences in `language`."""
    needs, usage = resolve(box, args), usage_of(args)
    candidates, out = choose(box, needs)
    count = args.count or DEFAULT_COUNT
    picks = workable_first(choices(needs, candidates, count), usage)
    if needs.languages and len(picks) < count:
        picks += unproven(box, needs, candidates, count - len(picks))
    priced = kind_of_task(needs.task) == "text" and (needs.api or args.usage is not None)
    result: dict[str, Any] = {
        "picks": [pick_json(box, needs, one, usage, language) for one in picks],
        "excluded": left_out(box, needs, candidates, out, picks, language),
        "ties": [one.model.id for one in picks[1:] if too_close(picks[0], one)],
        "needs": needs_json(needs),
        "assumptions": assumptions(needs, usage if priced else None, picks, language),
        "considered": len(candidates),
        "specialists": specialists(box, needs),
    }
    if not picks:
        return {**result, **nothing(box, needs, out, language)}
    result["steps"] = steps(box, needs, picks[0], out, usage, language)
    result["front"] = front(box, needs.machine, candidates, picks, usage)
    result["costs"] = costs(box, needs.machine, picks, usage) if priced else None
    return result


def choices(needs: Needs, candidates: list[Candidate], count: int) -> list[Candidate]:
    """Return the picks; where a model may run here or behind an API, the list holds the best of both."""
    picks = take(needs, candidates, count)
    if needs.machine is None or not needs.api or count < 2 or not picks:
        return picks
    missing = {True, False} - {one.run is None for one in picks}
    if not missing:
        return picks
    (api,) = missing
    other = take(needs, [one for one in candidates if (one.run is None) == api], 1)
    return [*picks[: count - len(other)], *other]


def workable_first(picks: list[Candidate], usage: Usage) -> list[Candidate]:
    """Return the picks with those last that a month of the stated usage takes longer than a month, where others do not.

    Whoever says how much is to be done is not helped by a model that cannot do it here; without a stated usage nobody
    knows.
    """
    if usage.assumed:
        return picks
    return sorted(picks, key=lambda one: too_slow(one, usage))


def unproven(box: "Toolbox", needs: Needs, known: list[Candidate], count: int) -> list[Candidate]:
    """Return models with many languages for which nothing tells whether an asked one is among them, best first.

    They are the way on where hardly any model lists a language: what publishers list ends where their tests do.
    """
    listed = {one.model.id for one in known}
    candidates, _ = choose(box, replace(needs, unproven=True))
    return take(needs, [one for one in candidates if one.model.id not in listed], count)


def needs_json(needs: Needs) -> dict[str, Any]:
    """Return the needs as resolved: what was stated plus what was filled in."""
    stated = needs.args.model_dump(mode="json", exclude_unset=True)
    return {
        **stated,
        "task": needs.task,
        "hosting": "any" if needs.local and needs.api else "local" if needs.local else "api",
        "context_tokens": needs.context_tokens,
        "machine": needs.machine.label if needs.machine else None,
        "phone": bool(needs.machine and needs.machine.phone),
    }


def pick_json(box: "Toolbox", needs: Needs, pick: Candidate, usage: Usage, language: Language) -> dict[str, Any]:
    """Return one element of `picks`."""
    model = pick.model
    licence = box.catalog.licences.get(model.licence)
    shift = pick.position - pick.ability.position
    spread = Z90 * pick.ability.predictive
    usd = monthly(box, needs.machine, pick, usage)
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
        "guess": pick.guess,
        "thinking": model.thinking,
        "projector_mib": _projector_mib(pick),
        "measured": [box.catalog.benchmarks[name].name for name in pick.ability.measured],
        "why": why(box, needs, pick, language),
        "parts": score_parts(box, needs, pick),
        "fit": _fit_json(pick),
        "tight": _tight(needs, pick),
        "licence": licence.name if licence else model.licence,
        "commercial_use": licence.commercial if licence else "unknown",
        "parameters_b": round(model.parameters / 1e9, 3) if model.parameters else None,
        "active_parameters_b": round(model.active_parameters / 1e9, 3) if model.active_parameters else None,
        "context_tokens": model.context_tokens,
        "released": model.released.isoformat() if model.released else None,
        "price": price_row(model),
        "hosting": "local" if pick.fit or not pick.model.price else "api",
        "usd_per_month": None if usd is None else round(usd, 2),
        "open_weights": model.open_weights,
        "unproven": unheard(box, needs, model),
        "sources": source_rows(model.sources),
    }


def _tight(needs: Needs, pick: Candidate) -> dict[str, Any] | None:
    """Return what is left where a pick fills its device nearly whole, and the next smaller quantisation with its size.

    None where enough is left, or a part is in RAM anyway; "quant" is None where it is the smallest that is offered.
    """
    fit = pick.fit
    if fit is None or pick.run is None or pick.split or fit.available_bytes is None or needs.machine is None:
        return None
    left = fit.available_bytes - fit.total_bytes
    if left >= TIGHT:
        return None
    lower = next((report(pick.model, needs.machine, one) for one in smaller(pick.model, pick.run)), None)
    return {
        "left_mib": max(0, left // MIB),
        "quant": lower.quant if lower else None,
        "total_mib": mib(lower.total_bytes) if lower else None,
    }


def _projector_mib(pick: Candidate) -> float | None:
    """Return the size of the file that reads images for the model, None where it is not needed or not known."""
    if pick.run is None or not pick.run.images:
        return None
    return mib(projector_bytes(pick.model, pick.model.architecture))


def _fit_json(pick: Candidate) -> dict[str, Any] | None:
    """Return the pick's fit; one that is split is measured against GPU and RAM together, which is where it runs."""
    fit = pick.fit
    if fit is None:
        return None
    found = fit.to_json()
    if pick.split and fit.available_bytes is not None and fit.ram_available_bytes is not None:
        found["available_mib"] = mib(fit.available_bytes + fit.ram_available_bytes)
        found["fits"] = True
    return found
