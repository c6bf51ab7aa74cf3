"""When no model meets every condition: which leave nothing, what relaxing buys, which models miss by least."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from assistant.choosing.candidates import Candidate, choose
from assistant.choosing.constraints import DEFAULT_CONTEXT, Because, Needs
from assistant.choosing.left_out import UNASKED, say_why_out
from assistant.events import Language
from assistant.sentences import gigabytes, join, language_name, say

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox
    from knowledge.schema import Model

RELAXABLE = (
    "hardware", "commercial_use", "licences", "languages", "context_tokens",
    "max_params_b", "max_price", "budget", "min_speed", "variant", "exclude", "hosting",
)  # fmt: skip
NEAREST = 3  # models that miss by least, as many as are picked otherwise
COMMERCIAL = ("yes", "conditional", "unknown", "no")  # from what is nearest to a clear permission


def nothing(box: "Toolbox", needs: Needs, out: dict[str, Because], language: Language) -> dict[str, Any]:
    """Return `conflicts` (smallest sets of conditions that leave nothing), `relax` and `nearest`, in sentences.

    A conflict is one condition that no model meets, or two that no model meets together though each can be met; without
    either, a smallest set of them. `relax` are the fewest conditions to drop, what that allows and the best then.
    `nearest` are the models that miss by least, one per condition.
    """
    names = stated(needs)
    freed = _relaxed(box, needs, names)
    return {
        "conflicts": [
            {"constraints": list(one), "text": _conflict(needs, one, language)} for one in conflicts(box, needs, names)
        ],
        "relax": [_relax_row(needs, dropped, candidates, language) for dropped, candidates in freed],
        "nearest": _nearest(box, needs, freed, out, language),
    }


def stated(needs: Needs) -> tuple[str, ...]:
    """Return the names of the conditions that a choice was made under."""
    return tuple(
        name
        for name in RELAXABLE
        if (name == "hardware" and needs.machine is not None)
        or (name == "hosting" and not (needs.local and needs.api))
        or (name not in ("hardware", "hosting") and _stated(needs, name) is not None)
    )


def _stated(needs: Needs, name: str) -> object:
    """Return what was stated for a condition; the budget of a month is told with the usage."""
    return getattr(needs.args if name != "budget" else needs.args.usage, name, None)


def under(needs: Needs, names: Iterable[str]) -> Needs:
    """Return the needs with these conditions alone: the task stays, a context that is no condition is the usual one."""
    kept = set(names)
    freed: dict[str, object] = {name: None for name in RELAXABLE if name not in kept and name != "budget"}
    if needs.args.usage is not None and "budget" not in kept:
        freed["usage"] = needs.args.usage.model_copy(update={"budget": None})
    args = needs.args.model_copy(update=freed)
    anywhere = "hosting" not in kept
    context = needs.context_tokens if "context_tokens" in kept else DEFAULT_CONTEXT
    return replace(
        needs, args=args, machine=needs.machine if "hardware" in kept else None, local=needs.local or anywhere,
        api=needs.api or anywhere, context_tokens=context, languages=needs.languages if "languages" in kept else (),
    )  # fmt: skip


def conflicts(box: "Toolbox", needs: Needs, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the conditions that leave nothing alone, then pairs of others that do, else all of them as one."""
    alone = [(name,) for name in names if not _possible(box, under(needs, (name,)))]
    taken = {name for (name,) in alone}
    rest = [name for name in names if name not in taken]
    pairs = [pair for pair in combinations(rest, 2) if not _possible(box, under(needs, pair))]
    return [*alone, *pairs] or [_smallest(box, needs, names)]


def _smallest(box: "Toolbox", needs: Needs, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return conditions that leave nothing together, none of which can be taken away (the later stay)."""
    kept = names
    for name in names:
        fewer = tuple(one for one in kept if one != name)
        if not _possible(box, under(needs, fewer)):
            kept = fewer
    return kept


def _possible(box: "Toolbox", needs: Needs) -> bool:
    """Tell whether any model is left."""
    return bool(choose(box, needs)[0])


def _relaxed(box: "Toolbox", needs: Needs, names: tuple[str, ...]) -> list[tuple[tuple[str, ...], list[Candidate]]]:
    """Return the smallest sets of conditions without which models are left, with those models, best first."""
    for count in range(1, len(names) + 1):
        found = []
        for dropped in combinations(names, count):
            candidates, _ = choose(box, under(needs, [name for name in names if name not in dropped]))
            if candidates:
                found.append((dropped, candidates))
        if found or count == 2:  # three conditions to drop are another question
            return found
    return []


def _named(needs: Needs, names: tuple[str, ...], language: Language) -> str:
    """Return conditions in words: of hosting which side was asked for, of languages which."""
    words = []
    for name in names:
        word = say(
            language,
            f"constraint.{name}_{'local' if needs.local else 'api'}" if name == "hosting" else f"constraint.{name}",
        )
        if name == "languages":
            word = say(
                language,
                "constraint.which",
                constraint=word,
                which=join(language, [language_name(language, code) for code in needs.languages]),
            )
        words.append(word)
    return join(language, words)


def _conflict(needs: Needs, names: tuple[str, ...], language: Language) -> str:
    words = _named(needs, names, language)
    return say(language, "conflict.alone" if len(names) == 1 else "conflict.together", constraints=words)


def _relax_row(
    needs: Needs, dropped: tuple[str, ...], candidates: list[Candidate], language: Language
) -> dict[str, Any]:
    words = _named(needs, dropped, language)
    best = candidates[0].model.name
    return {
        "constraint": dropped[0] if len(dropped) == 1 else list(dropped),
        "would_allow": len(candidates),
        "best": best,
        "text": say(language, "relax", constraint=words, count=len(candidates), best=best),
    }


def _nearest(
    box: "Toolbox",
    needs: Needs,
    freed: list[tuple[tuple[str, ...], list[Candidate]]],
    out: dict[str, Because],
    language: Language,
) -> list[dict[str, Any]]:
    """Return the model that misses by least for each condition that can be dropped alone."""
    rows: list[dict[str, Any]] = []
    for dropped, candidates in freed:
        missed = [one for one in candidates if one.model.id in out and out[one.model.id][0] not in UNASKED]
        if len(dropped) > 1 or not missed or len(rows) == NEAREST:
            continue
        if needs.args.min_speed and dropped == ("hardware",):  # more memory makes nothing faster
            continue
        best = min(missed, key=lambda one: (_miss(box, dropped[0], one.model, out[one.model.id]), -one.utility))
        key, values = out[best.model.id]
        text = say_why_out(language, key, values)
        if dropped == ("hosting",) and best.model.price:
            text = say(language, "near.api", provider=best.model.price.provider)
        elif key == "memory":
            text = say(language, "near.memory", more=gigabytes(values["need"] - values["have"]), why=text)
        elif key == "slow" and values["speed"]:
            text = say(language, "near.slow", times=f"{values['wished'] / values['speed']:.1f}", why=text)
        rows.append(
            {
                "model": best.model.name, "id": best.model.id, "constraint": dropped[0], "because": text,
                "score": best.score,
            }
        )  # fmt: skip
    return rows


def _miss(box: "Toolbox", constraint: str, model: "Model", why: Because) -> float:
    """Return by how much a model misses a condition, in the condition's own unit; 0 where it has none."""
    key, values = why
    if constraint == "hardware" and key == "memory":
        return float(values["need"] - values["have"])
    if constraint == "hardware":  # out for another reason: no memory figure to compare
        return float("inf")
    if constraint == "context_tokens":
        return -float(max(model.context_tokens or 0, model.extended_context_tokens or 0))
    if constraint == "min_speed":
        return -float(values.get("speed", 0.0))
    if constraint == "max_params_b":
        return float(model.parameters or 1e15)
    if constraint == "budget":
        return float(values["usd"]) if key == "month" else float("inf")
    if constraint == "max_price":
        return model.price.output if model.price and model.price.output is not None else 1e9
    if constraint in ("commercial_use", "licences"):
        licence = box.catalog.licences.get(model.licence)
        return float(COMMERCIAL.index(licence.commercial if licence else "unknown"))
    return 0.0
