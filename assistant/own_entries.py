"""The user's own catalog entries: from files or the hub, refreshed on request, written whole or not at all."""

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.downloads import endpoint, hub_facts, pull_file
from assistant.errors import BadArguments, MekikiError
from knowledge.schema import Model

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

USER_LAB = "own"


def entry_from_path(path: Path) -> dict[str, Any]:
    """Return the entry of a GGUF file or a folder with config.json. Raises ModelFileError or BadArguments."""
    from assistant.memory.model_files import read_model_file

    return _entry(read_model_file(path), str(path), _today())


def entry_from_hub(hub_id: str) -> dict[str, Any]:
    """Return a hub repository's entry: config.json and what the hub says. Raises ServerError or BadArguments."""
    from assistant.memory.model_files import read_model_file

    with tempfile.TemporaryDirectory() as folder:
        pull_file(hub_id, "config.json", Path(folder))
        model = read_model_file(Path(folder))
    table = _entry(model, f"{endpoint()}/{hub_id}", _today())
    table["name"], table["hf_id"], table["lab"] = hub_id.split("/")[1], hub_id, hub_id.split("/")[0]
    facts = {name: value for name, value in hub_facts(hub_id).items() if value is not None}
    return table | facts


def _entry(model: Model, ref: str, today: date) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": model.name,
        "lab": USER_LAB,
        "variant": model.variant,
        "licence": model.licence or "unknown",
        "open_weights": True,
    }
    for name in ("hf_id", "family", "parameters", "active_parameters", "context_tokens"):
        if (value := getattr(model, name)) is not None:
            table[name] = value
    if model.architecture is not None:
        defaults = {"extra": {}, "swa_dense_first": False, "tied_embeddings": False}
        table["architecture"] = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(model.architecture).items()
            if value is not None and value != defaults.get(name, object())
        }
    if model.files:
        table["files"] = [{"quant": file.quant, "bytes": file.bytes, "source": "own"} for file in model.files]
    table["sources"] = {"own": {"ref": ref, "date": today}}
    return table


def save_entry(folder: Path, table: dict[str, Any], name: str) -> Path:
    """Write an entry below `folder`/models after checking it, replacing the file in one step; return its path.

    Raises BadArguments when the entry breaks the schema (nothing is written then).
    """
    from knowledge.importer.draft import to_toml
    from knowledge.toml_schema import EntryError, parse_model

    model_id = re.sub(r"[^a-z0-9._-]+", "-", name.casefold()).strip("-.") or "model"
    try:
        parse_model(model_id, table, user=True)
    except EntryError as error:
        raise BadArguments(error.field, error.found, *error.expected) from error
    path = folder / "models" / USER_LAB / f"{model_id}.toml"
    _replace(path, to_toml(table))
    return path


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def refresh(catalog: "Catalog", folder: Path, names: Sequence[str], *, today: date) -> dict[str, Any]:
    """Ask the hub about models; write changed facts as entries of the user's own. Return asked, changes, failed."""
    from knowledge.names import find_model

    chosen = (
        [find_model(catalog, name) for name in names]
        if names
        else [model for model in catalog.models.values() if model.open_weights and model.hf_id]
    )
    summary: dict[str, Any] = {"asked": len(chosen), "changes": [], "failed": []}
    for model in chosen:
        if not model.hf_id:
            reason = BadArguments("model", model.id, "a model with a hub id", "ハブIDのあるモデル")
            summary["failed"].append({"id": model.id, "reason": reason.texts()})
            continue
        try:
            facts = {name: value for name, value in hub_facts(model.hf_id).items() if value is not None}
            changes = _changes(catalog, model, facts)
            if changes:
                _overlay(catalog, folder, model, changes, today)
        except MekikiError as error:
            summary["failed"].append({"id": model.id, "reason": error.texts()})
            continue
        summary["changes"] += [
            {"id": model.id, "field": name, "before": _plain(getattr(model, name)), "after": _plain(value)}
            for name, value in changes.items()
        ]
    return summary


def _changes(catalog: "Catalog", model: Model, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts that fill a gap or differ; a licence id the catalog does not know is not taken over."""
    if facts.get("licence") not in catalog.licences:
        facts.pop("licence", None)
    return {
        name: value
        for name, value in facts.items()
        if getattr(model, name) != value and not (name == "released" and model.released is not None)
    }


def _overlay(catalog: "Catalog", folder: Path, model: Model, changes: dict[str, Any], today: date) -> None:
    """Write the model's whole entry with the changes as one of the user's own."""
    table = _entry(model, f"{endpoint()}/{model.hf_id}", today)
    table |= {"lab": model.lab, "open_weights": model.open_weights} | changes
    if model.languages:
        table["languages"] = list(model.languages)
    table["sources"]["own"]["fields"] = sorted(changes)
    for source in model.sources:
        table["sources"][source.key] = {
            "ref": source.ref,
            "date": source.date,
            "fields": sorted(name for name, key in model.sourced.items() if key == source.key and name not in changes),
        }
    for score in model.scores:
        table.setdefault("scores", {}).setdefault(score.source, {})[score.benchmark] = score.value
    if model.price:
        table["price"] = {name: value for name, value in asdict(model.price).items() if value is not None}
    save_entry(folder, table, model.id)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _today() -> date:
    return datetime.now(UTC).date()
