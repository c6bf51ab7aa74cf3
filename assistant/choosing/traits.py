"""What is always known of a model, as numbers: size, date and kind, and the relatives it shares ability with."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from math import log10

from knowledge.schema import Model

OWN_SCALE = ("embedding", "reranker", "speech", "image")
TRAITS = (
    "size", "size, bent", "year", "year, bent", "size by year", "sparsity", "sparsity by year",
    "size unknown", "size unknown, by year", "price", "price unknown", "date unknown",
    "base", "base by year", "base by size", "thinking", "thinking by year", "code", "vision", "images",
    "Japanese listed", "made in Japan", "mathematics", "closed", "translation",
    "English not listed",
)  # fmt: skip
RELATIVES = ("lab", "family", "stock")  # kinds of relatives, from far to near
LONGEST_LINEAGE = 6  # base models of base models; entries may not form a cycle, but a user's could
STOCK_STEPS = 8  # sizes within a factor of 10 ** (1 / 8) count as one size of a family
CHEAPEST = 0.05  # US dollars per million tokens; free offers are priced as this


def kind(model: Model) -> str:
    """Return the scale a model is measured on: its own for embeddings, speech, voices, images; "text" for the rest."""
    if model.variant == "speech" and "audio" not in model.inputs:
        return "voice"
    return model.variant if model.variant in OWN_SCALE else "text"


def parameters(model: Model) -> int | None:
    """Return the parameters as published, else what a known architecture adds up to.

    Without the latter, small models whose count nobody published would pass for closed ones.
    """
    if model.parameters or model.architecture is None:
        return model.parameters
    from assistant.memory.blueprints.tensors import tensors
    from assistant.memory.weights import parameter_count, settle

    parts = tensors(settle(model.architecture, None))
    return parameter_count(parts) if parts else None


def family_years(models: Iterable[Model]) -> dict[str, float]:
    """Return the mean year of each family's dated models: the best guess for its undated ones."""
    found: dict[str, list[float]] = defaultdict(list)
    for model in models:
        if model.family and model.released:
            found[model.family].append(_year(model.released))
    return {name: sum(years) / len(years) for name, years in found.items()}


def traits(model: Model, years: Mapping[str, float]) -> list[float]:
    """Return the figures named in TRAITS, each of about unit spread, 0 where it does not apply or is unknown.

    Size is the logarithm of the parameters around 10B, year counts from July 2024. `years`: see family_years.
    """
    count = parameters(model)
    size = (log10(count / 1e9) - 1) / 0.7 if count else 0.0
    sparsity = log10((model.active_parameters or count) / count) if count else 0.0
    year = _year(model.released) if model.released else years.get(model.family or "", 0.0)
    undated = 0.0 if model.released else 0.3 if model.family in years else 1.0
    unknown = float(not count)
    price = log10(max(model.price.output, CHEAPEST)) if model.price and model.price.output is not None else None
    base = float(model.variant == "base")
    thinking = float(model.variant == "reasoning" or "thinking" in model.id or "reasoning" in model.id)
    return [
        size, size**2 - 1 if count else 0.0, year, year**2 / 3, size * year / 1.5, sparsity, sparsity * year,
        unknown, unknown * year, unknown * (price or 0.0), unknown * (price is None), undated,
        base, base * year, base * size, thinking, thinking * year, float(model.variant == "code"),
        float(model.variant == "vision"), float("image" in model.inputs), float("ja" in model.languages),
        float(model.country == "JP"), float("math" in model.id), float(not model.open_weights),
        float(model.variant == "translation"), float(bool(model.languages) and "en" not in model.languages),
    ]  # fmt: skip


def relatives(model: Model, models: Mapping[str, Model]) -> list[str]:
    """Return whom a model shares ability with: lab, family, and the stock (family and size) it was made from."""
    found = [f"lab:{model.lab}"]
    if model.family:
        found.append(f"family:{model.family}")
    root = model
    for _ in range(LONGEST_LINEAGE):
        root = models.get(root.base_model or "", root)
    count = parameters(root)
    if root.family and count:
        found.append(f"stock:{root.family}:{round(log10(count / 1e9) * STOCK_STEPS)}")
    return found


def _year(day: date) -> float:
    return (day.toordinal() - date(2024, 7, 1).toordinal()) / 365.25
