"""The user's own catalog entries: from files or the hub, refreshed on request, written whole or not at all."""

import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.downloads import Prices, endpoint, hub_facts, price_feed, pull_file
from assistant.errors import BadArguments, MekikiError
from knowledge.entry_table import entry_table
from knowledge.providers import provider_name
from knowledge.schema import Model, Price

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

USER_LAB = "own"


def entry_from_path(path: Path) -> dict[str, Any]:
    """Return the entry of a GGUF file or a folder with config.json. Raises ModelFileError or BadArguments."""
    from assistant.memory.files.model_files import read_model_file

    return _entry(read_model_file(path), str(path), _today())


def entry_from_hub(hub_id: str) -> dict[str, Any]:
    """Return a hub repository's entry: config.json and what the hub says. Raises ServerError or BadArguments."""
    from assistant.memory.files.model_files import read_model_file

    with tempfile.TemporaryDirectory() as folder:
        pull_file(hub_id, "config.json", Path(folder))
        model = read_model_file(Path(folder))
    table = _entry(model, f"{endpoint()}/{hub_id}", _today())
    table["name"], table["hf_id"], table["lab"] = hub_id.split("/")[1], hub_id, hub_id.split("/")[0]
    facts = {name: value for name, value in hub_facts(hub_id).items() if value is not None}
    return table | facts


def _entry(model: Model, ref: str, today: date) -> dict[str, Any]:
    own = {"lab": USER_LAB, "licence": model.licence or "unknown", "open_weights": True}
    table = entry_table(model) | own
    for file in table.get("files", []):
        file["source"] = "own"
    return table | {"sources": {"own": {"ref": ref, "date": today}}}


def save_entry(folder: Path, table: dict[str, Any], name: str) -> Path:
    """Write an entry below `folder`/models after checking it, replacing the file in one step; return its path.

    Raises BadArguments when the entry breaks the schema (nothing is written then).
    """
    path, text = _prepared(folder, table, name)
    _replace(path, text)
    return path


def _prepared(folder: Path, table: dict[str, Any], name: str) -> tuple[Path, str]:
    """Return where an entry belongs and its checked text. Raises BadArguments."""
    from knowledge.importer.draft import to_toml
    from knowledge.toml_schema import EntryError, parse_model

    model_id = re.sub(r"[^a-z0-9._-]+", "-", name.casefold()).strip("-.") or "model"
    try:
        parse_model(model_id, table, user=True)
    except EntryError as error:
        raise BadArguments(error.field, error.found, *error.expected) from error
    return folder / "models" / USER_LAB / f"{model_id}.toml", to_toml(table)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def refresh(
    catalog: "Catalog",
    folder: Path,
    names: Sequence[str],
    *,
    today: date,
    feed: str | None = None,
    progress: Callable[[int, int, str], None] = lambda done, of, name: None,
) -> dict[str, Any]:
    """Ask the hub about models, and a price feed if `feed` is its address; return asked, changes, failed.

    Changed facts become entries of the user's own. They are written together at the end: an interruption, a feed that
    does not come or a fact that contradicts the entry changes nothing. `progress` hears (done, of, id) before each.
    Raises ServerError when the feed cannot be read, UnknownModel for a name.
    """
    from knowledge.names import find_model

    prices = price_feed(feed) if feed else {}
    chosen = (
        [find_model(catalog, name) for name in names]
        if names
        else [one for one in catalog.models.values() if (one.open_weights and one.hf_id) or (feed and one.price)]
    )
    summary: dict[str, Any] = {"asked": len(chosen), "changes": [], "failed": []}
    written: list[tuple[Path, str]] = []
    for done, model in enumerate(chosen):
        progress(done, len(chosen), model.id)
        try:
            changes = _changes(catalog, model, prices)
            if changes:
                written.append(_overlay(catalog, folder, model, changes, today, feed))
        except MekikiError as error:
            summary["failed"].append({"id": model.id, "reason": error.texts()})
            continue
        summary["changes"] += [
            {"id": model.id, "field": name, "before": _plain(getattr(model, name)), "after": _plain(value)}
            for name, value in changes.items()
        ]
    for path, text in written:
        _replace(path, text)
    return summary


def _changes(catalog: "Catalog", model: Model, prices: Prices) -> dict[str, Any]:
    """Return the facts that fill a gap or differ; a licence id the catalog does not know is not taken over.

    Raises BadArguments when there is nobody to ask about the model, ServerError when the hub does not answer.
    """
    facts: dict[str, Any] = {}
    if model.open_weights and model.hf_id:
        facts = {name: value for name, value in hub_facts(model.hf_id).items() if value is not None}
        if facts.get("licence") not in catalog.licences:
            facts.pop("licence", None)
    elif not prices:
        raise BadArguments("model", model.id, "a model with a hub id", "ハブIDのあるモデル")
    if (price := _price(model, prices)) is not None:
        facts["price"] = price
    return {
        name: value
        for name, value in facts.items()
        if getattr(model, name) != value and not (name == "released" and model.released is not None)
    }


def _price(model: Model, prices: Prices) -> Price | None:
    """Return the feed's price of a model at the provider that the entry names, None when it lists none."""
    if model.price is None:
        return None
    slugs = [slug for slug in sorted(prices) if provider_name(slug) == model.price.provider]
    names = {one.casefold() for one in (model.id, model.hf_id, *model.aliases) if one}
    for slug in slugs:
        for listed, (entry, output, cached) in sorted(prices[slug].items()):
            if {listed.casefold(), listed.split("/")[-1].casefold()} & names:
                same = (entry, output, cached) == (model.price.input, model.price.output, model.price.cached)
                return model.price if same else Price(model.price.provider, entry, output, cached, "feed")
    return None


def _overlay(
    catalog: "Catalog", folder: Path, model: Model, changes: dict[str, Any], today: date, feed: str | None
) -> tuple[Path, str]:
    """Return the file and text of the model's whole entry with the changes. Raises BadArguments for a contradiction."""
    from knowledge.checks import contradictions

    changed = replace(model, **changes)
    before = set(contradictions(catalog, model, today))
    if wrong := [one for one in contradictions(catalog, changed, today) if one not in before]:
        raise BadArguments(*wrong[0])
    table = entry_table(changed)
    sources = table.setdefault("sources", {})
    hub = sorted(set(changes) - {"price"})
    for source in sources.values():
        source["fields"] = [name for name in source.get("fields", []) if name not in hub]
    if hub:
        sources["own"] = {"ref": f"{endpoint()}/{model.hf_id}", "date": today, "fields": hub}
    if "price" in changes and feed:
        sources["feed"] = {"ref": feed, "date": today}
    return _prepared(folder, table, model.id)


def _plain(value: Any) -> Any:
    if isinstance(value, Price):
        return {"input": value.input, "output": value.output, "cached": value.cached}
    return value.isoformat() if isinstance(value, date) else value


def _today() -> date:
    return datetime.now(UTC).date()
