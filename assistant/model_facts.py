"""`model_info`: one property of a model, or its card, each figure with its source and date."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from assistant.calls import InfoField
from assistant.events import Language
from knowledge.cards import model_card, shape_line
from knowledge.schema import Model, Source

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox

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
    """Return the asked property (every property without `field`), unknown values as None, with sources.

    `sourced` tells for each property where it was read and when; the licence's terms and each score carry their own.
    """
    values = _values(box, model, language)
    asked = [field] if field else list(FIELDS)
    read = {name: rows for name in asked if (rows := _read(model, name))}
    known = {source["ref"] for rows in read.values() for source in rows}
    sources = [one for one in source_rows(model.sources) if one["ref"] in known] or source_rows(model.sources)
    return {
        "id": model.id,
        "model": model.name,
        "lab": model.lab,
        "variant": model.variant,
        "open_weights": model.open_weights,
        "field": field,
        **{name: values[name] for name in asked},
        "sourced": read,
        "known_issue": model.known_issues.get(language),
        "card": model_card(box.catalog, model, language) if field is None else None,
        "abilities": _abilities(model, language),
        "sources": sources,
    }


def _abilities(model: Model, language: Language) -> dict[str, Any]:
    """Return what a card holds beside the fields (inputs, tools, training, country, shape); None is unknown."""
    return {
        "inputs": list(model.inputs),
        "outputs": list(model.outputs),
        "tool_calling": model.tool_calling,
        "thinking": model.thinking,
        "fine_tuning": list(model.fine_tuning),
        "country": model.country,
        "hf_id": model.hf_id,
        "architecture": shape_line(model, language),
    }


def _read(model: Model, field: InfoField) -> list[dict[str, str]]:
    """Return the sources of a property of this model, each once; empty where none is named."""
    if field == "benchmarks":
        keys = [score.source for score in model.scores]
    elif field == "price":
        keys = [model.price.source] if model.price else []
    else:
        keys = [model.sourced[name] for name in FIELDS[field] if name in model.sourced]
    return source_rows(source for source in model.sources if source.key in keys)


def skills(box: "Toolbox", model: Model, codes: Iterable[str]) -> dict[str, dict[str, Any] | None]:
    """Return for each language the model's general ability in it, 0 to 100, and the tests in it; None without one."""
    from assistant.choosing.ranking import percent

    found: dict[str, dict[str, Any] | None] = {}
    for code in codes:
        known = [box.catalog.benchmarks.get(score.benchmark) for score in model.scores]
        tests = [one.name for one in known if one is not None and code in one.languages]
        able = box.scales.ability(model, "general", (code,)) if tests else None
        found[code] = {"score": round(percent(able.position), 1), "tests": tests} if able is not None else None
    return found


def price_row(model: Model) -> dict[str, Any] | None:
    """Return a model's API price as results show it, None when there is none."""
    price = model.price
    return {"provider": price.provider, "input": price.input, "output": price.output} if price else None


def source_rows(sources: Iterable[Source]) -> list[dict[str, str]]:
    """Return sources as results show them."""
    return [{"ref": source.ref, "date": source.date.isoformat()} for source in sources]


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
            "checked": licence.checked.isoformat() if licence else None,
        },
        "context": {"native": model.context_tokens, "extended": model.extended_context_tokens},
        "params": {
            "total_b": round(model.parameters / 1e9, 3) if model.parameters else None,
            "active_b": round(model.active_parameters / 1e9, 3) if model.active_parameters else None,
        },
        "release": model.released.isoformat() if model.released else None,
        "languages": list(model.languages) or None,
        "price": price | {"cached": model.price.cached} if model.price and price else None,
        "benchmarks": _benchmarks(box, model) or None,
    }


def _benchmarks(box: "Toolbox", model: Model) -> list[dict[str, Any]]:
    """Return the model's scores with source and date, the newest source first, then by name."""
    known, sources = box.catalog.benchmarks, {source.key: source for source in model.sources}
    rows = [
        {
            "id": score.benchmark,
            "benchmark": known[score.benchmark].name,
            "value": score.value,
            "unit": known[score.benchmark].unit,
            "source": sources[score.source].ref,
            "date": sources[score.source].date.isoformat(),
        }
        for score in model.scores
        if score.benchmark in known and score.source in sources
    ]
    rows.sort(key=lambda row: str(row["benchmark"]))
    return sorted(rows, key=lambda row: str(row["date"]), reverse=True)
