"""Release days from the tables that state them, for entries that have none yet; contradictions go to the report."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date

from knowledge.importer.draft import Draft
from knowledge.importer.hub_ids import fold, hub_id
from knowledge.importer.rules import HERE
from knowledge.importer.tables import Row, Tables, day

# table, column of the day, columns that name the model (a hub id, a link to the hub or a name), source; best first.
# Days of publication come before days of upload.
DAYS = (
    ("benchmarks/swallow_leaderboard.csv", "date", ("model_id",), "swallow"),
    ("benchmarks/bigcodebench.csv", "date", ("link",), "bigcodebench"),
    ("benchmarks/artificial_analysis_media_2026-07-10.csv", "release_date", ("open_weights_url", "name", "slug"), "aa"),
    ("benchmarks/artificial_analysis_llms_2026-07-10.csv", "release_date", ("hf_url", "name", "slug"), "aa"),
    ("models/epoch_model_versions.csv", "Version release date", ("Link", "id"), "epoch"),
    ("models/helm_model_metadata.csv", "release_date", ("name",), "helm"),
    ("models/epoch_ai_models_2025-03.csv", "Publication date", ("Model",), "epoch_models"),
    ("benchmarks/open_llm_leaderboard_v2.csv", "upload_date", ("hf_id",), "olb2"),
)


def add_dates(tables: Tables, drafts: Iterable[Draft]) -> None:
    """Claim the day of each table whose hub id or whole name is an entry's, then what days.toml tells by hand."""
    by_name: dict[str, Draft] = {}
    by_id: dict[str, Draft] = {}
    for draft in drafts:
        by_id[draft.id] = draft
        hub = draft.fields.get("hf_id", "")
        for name in (fold(hub), _plain(hub.split("/")[-1]), _plain(draft.id), _plain(draft.fields.get("name", ""))):
            if name:
                by_name.setdefault(name, draft)
    for table, column, named, source in DAYS:
        for row in tables.rows(table):
            when = day(row.get(column))
            found = {by_name[name].id: by_name[name] for name in _names(row, named) if name in by_name}
            if when and len(found) == 1:
                _claim(next(iter(found.values())), when, source)
    for group in tomllib.loads((HERE / "days.toml").read_text(encoding="utf-8"))["published"]:
        for one in group["days"]:
            for name in one["models"]:
                if name in by_id:
                    _claim(by_id[name], one["day"], group["source"])


def _claim(draft: Draft, when: date, source: str) -> None:
    if draft.sourced.get("released") != "hand":
        draft.claim("released", when, source)


def _names(row: Row, columns: tuple[str, ...]) -> Iterator[str]:
    for column in columns:
        cell = row.get(column, "")
        if "huggingface.co/" in cell:
            yield fold(hub_id(cell))
        elif "/" in cell and " " not in cell and "://" not in cell:
            yield fold(cell)
            yield _plain(cell.split("/")[-1])
        elif cell and "://" not in cell:
            yield _plain(cell)


def _plain(name: str) -> str:
    """Return a name's letters and digits: "FLUX.1 [dev]" and "FLUX.1-dev" are one."""
    return re.sub(r"[^a-z0-9.]", "", name.casefold())
