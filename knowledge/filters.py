"""Which entries a person asks for: one value of conditions, one function that applies them."""

from dataclasses import dataclass
from datetime import date

from knowledge.catalog import Catalog
from knowledge.schema import Model


@dataclass(frozen=True, slots=True)
class Wanted:
    """Conditions on entries; None and () ask for nothing. An entry whose figure is unknown fails a condition on it.

    `text` is part of an id, name, family, lab or alias; `labs`, `countries`, `families`, `variants`, `licences` and
    `commercial` list what is accepted, the case apart; `languages`, `inputs`, `outputs` list what must all be there.
    `task` is a key of tasks.toml: at least one of its benchmarks was measured. Parameters are counts, contexts tokens,
    prices US dollars per million input tokens.
    """

    text: str | None = None
    labs: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    commercial: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    task: str | None = None
    least_parameters: float | None = None
    most_parameters: float | None = None
    least_context: int | None = None
    released_since: date | None = None
    released_until: date | None = None
    dearest: float | None = None
    tool_calling: bool = False
    open_weights: bool | None = None
    priced: bool = False
    hyperparameters: bool = False
    scored: bool = False
    own: bool = False


def select(catalog: Catalog, wanted: Wanted) -> list[Model]:
    """Return the entries that meet every condition, ordered by id."""
    return [model for model in catalog.models.values() if _words(catalog, model, wanted) and _figures(model, wanted)]


def _words(catalog: Catalog, model: Model, wanted: Wanted) -> bool:
    licence = catalog.licences.get(model.licence)
    named = (model.id, model.name, model.family, model.lab, model.hf_id, *model.aliases)
    benchmarks = catalog.tasks.get(wanted.task or "", {})
    return (
        (wanted.text is None or any(wanted.text.casefold() in (one or "").casefold() for one in named))
        and _among(model.lab, wanted.labs, part=True)
        and _among(model.family, wanted.families, part=True)
        and _among(model.country, wanted.countries)
        and _among(model.variant, wanted.variants)
        and _among(model.licence, wanted.licences)
        and _among(licence.commercial if licence else "unknown", wanted.commercial)
        and set(wanted.languages) <= set(model.languages)
        and set(wanted.inputs) <= set(model.inputs)
        and set(wanted.outputs) <= set(model.outputs)
        and (wanted.task is None or any(score.benchmark in benchmarks for score in model.scores))
    )


def _among(value: str | None, accepted: tuple[str, ...], *, part: bool = False) -> bool:
    """Return whether a word is one of the accepted, or with `part` holds one of them; nothing accepted: anything is."""
    if not accepted:
        return True
    word = (value or "").casefold()
    return bool(word) and any(one.casefold() in word if part else one.casefold() == word for one in accepted)


def _figures(model: Model, wanted: Wanted) -> bool:
    price = model.price.input if model.price else None
    return (
        _within(model.parameters, wanted.least_parameters, wanted.most_parameters)
        and _within(model.context_tokens, wanted.least_context, None)
        and _within(price, None, wanted.dearest)
        and (wanted.released_since is None or (model.released is not None and model.released >= wanted.released_since))
        and (wanted.released_until is None or (model.released is not None and model.released <= wanted.released_until))
        and (wanted.open_weights is None or model.open_weights == wanted.open_weights)
        and (not wanted.tool_calling or model.tool_calling is True)
        and (not wanted.priced or model.price is not None)
        and (not wanted.hyperparameters or bool(model.architecture and model.architecture.arch))
        and (not wanted.scored or bool(model.scores))
        and (not wanted.own or model.user)
    )


def _within(value: float | None, low: float | None, high: float | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)
