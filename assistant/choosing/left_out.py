"""Why better-known models are not in the list, and what was assumed."""

from collections.abc import Iterable
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.calls import Task
from assistant.choosing.candidates import Candidate, noise
from assistant.choosing.constraints import Because, Needs
from assistant.choosing.ranking import percent
from assistant.events import Language
from assistant.memory.placement import ASSUMED_RAM_MIB
from assistant.sentences import enumerate_names, gigabytes, language_name, millions, money, pace, say
from knowledge.costs import load_costs
from knowledge.priorities import load_priorities

if TYPE_CHECKING:
    from assistant.choosing.usage import Usage
    from assistant.toolbox import Toolbox
    from knowledge.catalog import Catalog
    from knowledge.schema import Model

LARGER, OTHERS, WEAKER = 2, 2, 2  # models of each sort that are told at most: six are read, a page is not
UNDATED_YEARS = 2.0  # the age taken for a model without a release date
UNASKED = ("kind", "excluded", "edge")  # nobody wonders why these are not in the list


def left_out(
    box: "Toolbox",
    needs: Needs,
    candidates: list[Candidate],
    out: dict[str, Because],
    picks: list[Candidate],
    language: Language,
) -> list[dict[str, Any]]:
    """Say why better-known models are not in the list, one per family: {"model", "id", "because", "score"}.

    First those that would be as able as the first pick or more, within the noise: too large ones, the best known and
    nearest to fitting first, then the most able one per other condition. Then well-known ones that are weaker here,
    whether they fit or not. Without picks only those that were left out.
    """
    able = box.scales.positions(needs.task, needs.languages)
    position = dict(zip(able.ids, able.position.tolist(), strict=True))
    bar = picks[0].position if picks else -9.0
    blur = noise(able.deviation, picks[0].deviation) if picks else np.zeros(len(able.ids))
    behind = {able.ids[n] for n in np.flatnonzero(able.position < bar - blur)}
    fame = known_by(box.catalog)
    seen = {able.ids[n] for n in np.flatnonzero(able.measured > 0)}
    known = [model_id for model_id in fame if model_id in seen]
    eligible = [one for one in known if one in out and out[one][0] not in UNASKED]
    able_ones = [one for one in eligible if one not in behind]
    large = [one for one in able_ones if out[one][0] == "memory"]
    large.sort(key=lambda one: (-fame[one] * sqrt(out[one][1]["have"] / out[one][1]["need"]), one))
    families = {pick.model.family or pick.model.id for pick in picks}
    rows = _first(box, large, LARGER, families)
    rows += _first(box, _strongest(able_ones, out, position), OTHERS, families)
    if picks:
        fitting = {one.model.id for one in candidates}
        weaker = [one for one in known if one in behind and (one in fitting or one in eligible)]
        rows += _first(box, [one for one in weaker if box.catalog.models[one].open_weights], WEAKER, families)
    best = picks[0].score if picks else 0.0
    return [
        {
            "model": box.catalog.models[model_id].name, "id": model_id,
            "because": _because(out.get(model_id), model_id in behind, position[model_id], best, language),
            "score": round(percent(position[model_id]), 1),
        }
        for model_id in rows
    ]  # fmt: skip


def _strongest(ids: list[str], out: dict[str, Because], position: dict[str, float]) -> list[str]:
    """Return the most able of the models that are out for each reason other than memory, the most able first."""
    found: dict[str, str] = {}
    for model_id in sorted(ids, key=lambda one: (-position[one], one)):
        if out[model_id][0] != "memory":
            found.setdefault(out[model_id][0], model_id)
    return list(found.values())


@lru_cache(maxsize=4)
def known_by(catalog: "Catalog") -> dict[str, float]:
    """Return how well known the models are that nothing succeeds: id -> fame, the best known first.

    A model that many boards have scored is one that people have heard of; each year since its release halves that.
    Ties by the number of scores, then by id.
    """
    current = [model for model in catalog.models.values() if model.successor is None and model.scores]
    newest = max((model.released for model in current if model.released), default=None)

    def fame(model: "Model") -> float:
        years = (newest - model.released).days / 365.25 if newest and model.released else UNDATED_YEARS
        return float(len({score.source for score in model.scores}) * 0.5**years)

    ordered = sorted(current, key=lambda one: (-fame(one), -len(one.scores), one.id))
    return {one.id: fame(one) for one in ordered}


def _first(box: "Toolbox", ids: Iterable[str], most: int, families: set[str]) -> list[str]:
    """Return the first ids, one per family; `families` grows by theirs."""
    taken: list[str] = []
    for model_id in ids:
        family = box.catalog.models[model_id].family or model_id
        if len(taken) < most and family not in families:
            families.add(family)
            taken.append(model_id)
    return taken


def _because(why: Because | None, behind: bool, position: float, best: float, language: Language) -> str:
    """Return why a model is not in the list: the condition it breaks, that it is weaker here, or both."""
    said = say_why_out(language, *why) if why else ""
    if not behind:
        return said
    scores = {"score": f"{percent(position):.0f}", "best": f"{best:.0f}"}
    return say(language, "out.and_weaker", why=said, **scores) if said else say(language, "out.weaker", **scores)


def say_why_out(language: Language, key: str, values: dict[str, Any]) -> str:
    """Return the condition that a model breaks, in a sentence."""
    if "code" in values:
        values = {"language": language_name(language, values["code"])}
    if key == "slow":
        values = {**values, "speed": pace(values["speed"])}
    if key == "month":
        values = {"usd": money(values["usd"])}
    if key == "memory":
        values = {**values, "need": gigabytes(values["need"]), "have": gigabytes(values["have"])}
    return say(language, f"out.{key}", **values)


def assumptions(needs: Needs, usage: "Usage | None", picks: list[Candidate], language: Language) -> list[str]:
    """Return what was filled in because it was not stated, in sentences; `usage` where monthly costs are told."""
    args, lines = needs.args, []
    if args.task is None:
        lines.append(say(language, "assume.task"))
    if needs.languages and not args.languages:
        lines.append(say(language, "assume.language"))
    if args.hardware is None and needs.machine is not None:
        lines.append(say(language, "assume.machine", machine=needs.machine.label))
    if needs.machine is None and args.hosting != "api":
        lines.append(say(language, "assume.no_machine"))
    if args.context_tokens is None and kind_of_task(needs.task) == "text" and needs.machine is not None:
        lines.append(say(language, "assume.context", context=f"{needs.context_tokens:,}"))
    if needs.machine is not None and any(not gpu.unified for gpu in needs.machine.gpus):
        known = needs.machine.ram_total_mib is not None
        lines.append(say(language, "assume.split" if known else "assume.gpu_only", slowest=f"{_slowest(needs):g}"))
    elif needs.machine is not None and not needs.machine.gpus and needs.machine.ram_total_mib is None:
        lines.append(say(language, "assume.ram_cpu", ram=ASSUMED_RAM_MIB // 1024))
    if args.min_speed and (unknown := [one.model.name for one in picks if one.speed is None]):
        models = enumerate_names(language, unknown)
        lines.append(say(language, "assume.speed", speed=f"{args.min_speed:g}", models=models))
    if usage is not None and picks:
        lines.append(_usage(usage, any(one.run is not None for one in picks), language))
    return lines


def _slowest(needs: Needs) -> float:
    usual = load_priorities().profiles[needs.args.priority or "balanced"].slowest_split
    return max(usual, needs.args.min_speed or 0.0)


def _usage(usage: "Usage", local: bool, language: Language) -> str:
    """Return for how many tokens and at what price of electricity the monthly costs hold."""
    source = load_costs().electricity
    values = {
        "input": millions(usage.input_tokens), "output": millions(usage.output_tokens),
        "kwh": f"{usage.usd_per_kwh:g}", "days": usage.working_days,
        "input_day": millions(usage.input_tokens / usage.working_days),
        "output_day": millions(usage.output_tokens / usage.working_days),
    }  # fmt: skip
    text = say(language, "assume.usage" if usage.assumed else "assume.usage_stated", **values)
    if local and usage.usd_per_kwh == load_costs().usd_per_kwh:
        return text + say(language, "assume.electricity", kwh=values["kwh"], date=f"{source.date:%Y-%m}")
    return text


def kind_of_task(task: Task) -> str:
    """Return the kind of model a task needs: "text" or the task's own kind."""
    return task if task in ("embedding", "speech", "image") else "text"
