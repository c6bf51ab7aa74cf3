"""`model_info`: one property of a model, or its card, each figure with its source and date."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from assistant.calls import InfoField
from assistant.events import Language
from knowledge.schema import Model, Source

if TYPE_CHECKING:
    from assistant.tools import Toolbox

FIELDS: dict[InfoField, tuple[str, ...]] = {
    "licence": ("licence",),
    "context": ("context_tokens", "extended_context_tokens"),
    "params": ("parameters", "active_parameters"),
    "release": ("released",),
    "languages": ("languages",),
    "price": ("price",),
    "benchmarks": ("scores",),
}


def facts(box: "Toolbox", model: Model, field: InfoField | None, language: Language) -> dict[str, Any]:
    """Return the asked property (every property without `field`), unknown values as None, with sources."""
    from knowledge.cards import model_card

    values = _values(box, model, language)
    asked = [field] if field else list(FIELDS)
    keys = {
        key
        for name in asked
        for key in (
            [score.source for score in model.scores]
            if name == "benchmarks"
            else [model.price.source] if name == "price" and model.price else _source_keys(model, FIELDS[name])
        )
    }  # fmt: skip
    sources = [s for s in model.sources if s.key in keys] or list(model.sources)
    return {
        "id": model.id,
        "model": model.name,
        "lab": model.lab,
        "variant": model.variant,
        "open_weights": model.open_weights,
        "field": field,
        **{name: values[name] for name in asked},
        "known_issue": model.known_issues.get(language),
        "card": model_card(box.catalog, model, language) if field is None else None,
        "sources": source_rows(sources),
    }


def price_row(model: Model) -> dict[str, Any] | None:
    """Return a model's API price as results show it, None when there is none."""
    price = model.price
    return {"provider": price.provider, "input": price.input, "output": price.output} if price else None


def source_rows(sources: Iterable[Source]) -> list[dict[str, str]]:
    """Return sources as results show them."""
    return [{"ref": source.ref, "date": source.date.isoformat()} for source in sources]


def _source_keys(model: Model, names: tuple[str, ...]) -> list[str]:
    return [model.sourced[name] for name in names if name in model.sourced]


def _values(box: "Toolbox", model: Model, language: Language) -> dict[str, Any]:
    licence, price = box.catalog.licences.get(model.licence), price_row(model)
    return {
        "licence": {
            "id": model.licence,
            "name": licence.name if licence else model.licence,
            "commercial": licence.commercial if licence else "unknown",
            "summary": licence.summary.get(language) if licence else None,
            "conditions": licence.conditions.get(language) if licence else None,
            "url": licence.url if licence else None,
        },
        "context": {"native": model.context_tokens, "extended": model.extended_context_tokens},
        "params": {
            "total_b": round(model.parameters / 1e9, 3) if model.parameters else None,
            "active_b": round(model.active_parameters / 1e9, 3) if model.active_parameters else None,
        },
        "release": model.released.isoformat() if model.released else None,
        "languages": list(model.languages) or None,
        "price": price | {"cached": model.price.cached} if model.price and price else None,
        "benchmarks": [
            {
                "benchmark": box.catalog.benchmarks[score.benchmark].name,
                "value": score.value,
                "unit": box.catalog.benchmarks[score.benchmark].unit,
                "source": score.source,
            }
            for score in model.scores
            if score.benchmark in box.catalog.benchmarks
        ]
        or None,
    }
