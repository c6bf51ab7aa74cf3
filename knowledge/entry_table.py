"""An entry as the table its TOML file holds: what `parse_model` reads, the other way round."""

from dataclasses import asdict, fields
from typing import Any

from knowledge.schema import Architecture, Model

APART = ("id", "user", "scores", "sources", "sourced", "files", "price", "architecture", "known_issues")
DEFAULTS: dict[str, tuple[str, ...]] = {"inputs": ("text",), "outputs": ("text",)}


def entry_table(model: Model) -> dict[str, Any]:
    """Return the table of an entry: given to `parse_model` with the id, it makes the entry again."""
    table: dict[str, Any] = {}
    for one in fields(Model):
        value = getattr(model, one.name)
        if one.name not in APART and value not in (None, ()) and value != DEFAULTS.get(one.name):
            table[one.name] = list(value) if isinstance(value, tuple) else value
    if model.architecture:
        table["architecture"] = _architecture(model.architecture)
    if model.price:
        table["price"] = {name: value for name, value in asdict(model.price).items() if value is not None}
    if model.known_issues:
        table["known_issues"] = dict(model.known_issues)
    if model.files:
        table["files"] = [asdict(file) for file in model.files]
    for score in model.scores:
        table.setdefault("scores", {}).setdefault(score.source, {})[score.benchmark] = score.value
    for source in model.sources:
        read = sorted(name for name, key in model.sourced.items() if key == source.key)
        entry = {"ref": source.ref, "date": source.date} | ({"fields": read} if read else {})
        table.setdefault("sources", {})[source.key] = entry
    return table


def _architecture(shape: Architecture) -> dict[str, Any]:
    plain = {one.name: one.default for one in fields(Architecture)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(shape).items()
        if value not in (None, {}) and (name == "tied_embeddings" or value is not plain[name])
    }
