"""Why the models that a person names are not what was recommended."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.calls import Recommend
from assistant.choosing.candidates import choose, too_close
from assistant.choosing.constraints import Because, resolve
from assistant.choosing.left_out import say_why_out
from assistant.choosing.ranking import percent
from assistant.events import Language
from assistant.sentences import say
from knowledge.spelling import normalise

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox
    from knowledge.catalog import Catalog
    from knowledge.schema import Model


def why_not(
    box: "Toolbox", args: Recommend, words: Sequence[str], picks: Sequence[dict[str, Any]], language: Language
) -> list[dict[str, str]]:
    """Return for each word (a model, family or lab) why its models were not the first pick: {"model", "because"}.

    "tied" is "yes" for one whose ability differs from the first pick's by no more than noise, else "".
    Of a family or lab that is the best of those that meet the conditions, and the most able of those that do not.
    """
    needs = resolve(box, args)
    candidates, out = choose(box, needs)
    able = box.scales.positions(needs.task, needs.languages)
    position = dict(zip(able.ids, able.position.tolist(), strict=True))
    first = next((one for one in candidates if one.model.id == picks[0]["id"]), None)
    rows = []
    for word in words:
        meant = [model for model in box.catalog.models.values() if _is_called(model, word)]
        ids = {model.id for model in meant}
        fitting = next((one for one in candidates if one.model.id in ids), None)
        if fitting is not None:
            because = _behind(fitting.model.id, fitting.score, picks, language)
            tied = first is not None and fitting is not first and too_close(first, fitting)
            rows.append({"model": fitting.model.name, "because": because, "tied": "yes" if tied else ""})
        if (left := _strongest(meant, out, position)) is not None:
            rows.append({"model": left.name, "because": _out(left, out, position, picks, language), "tied": ""})
    return rows


def named_words(words: Sequence[str], catalog: "Catalog") -> str:
    """Return the words as an answer writes them: entries by their names, families and labs as they are."""
    return ", ".join(catalog.models[word].name if word in catalog.models else word for word in words)


def _is_called(model: "Model", word: str) -> bool:
    if word == model.id:
        return True
    name = normalise(word)
    return bool(name) and any(normalise(one).startswith(name) for one in (model.family, model.lab) if one)


def _behind(model_id: str, score: float, picks: Sequence[dict[str, Any]], language: Language) -> str:
    place = next((n for n, pick in enumerate(picks, 1) if pick["id"] == model_id), 0)
    if place:
        return say(language, "out.place", place=place)
    best = picks[0]["score"]
    key = "out.weaker" if score < best - 1 else "out.close"
    return say(language, key, score=f"{score:.0f}", best=f"{best:.0f}")


def _strongest(meant: "Sequence[Model]", out: dict[str, Because], position: dict[str, float]) -> "Model | None":
    """Return the most able of the models that break a condition; those for another task only where no other is left."""
    left = [model for model in meant if model.id in out and model.id in position]
    left = [model for model in left if out[model.id][0] != "kind"] or left
    return max(left, key=lambda one: (position[one.id], one.id), default=None)


def _out(
    model: "Model", out: dict[str, Because], position: dict[str, float], picks: Sequence[dict[str, Any]], lang: Language
) -> str:
    said, score = say_why_out(lang, *out[model.id]), percent(position[model.id])
    if out[model.id][0] == "kind" or score >= picks[0]["score"]:
        return said
    return say(lang, "out.and_weaker", why=said, score=f"{score:.0f}", best=f"{picks[0]['score']:.0f}")
