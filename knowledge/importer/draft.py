"""An entry while its facts are gathered: the first claim to a field wins, contradictions are kept for the report."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from knowledge.importer.tables import ORIGINS


@dataclass
class Draft:
    """One model's facts with the key of the source of each."""

    id: str
    fields: dict[str, Any] = field(default_factory=dict)
    sourced: dict[str, str] = field(default_factory=dict)
    refs: dict[str, tuple[str, str]] = field(default_factory=dict)
    scores: dict[tuple[str, str], float] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)

    def claim(self, name: str, value: Any, source: str | None = None, *, tolerance: float = 0.02) -> None:
        """Set a field when it is still empty; else note a contradiction beyond `tolerance` (60 days for dates)."""
        if value in (None, "", [], {}):
            return
        if name not in self.fields:
            self.fields[name] = value
            if source:
                self.sourced[name] = source
            return
        have = self.fields[name]
        if source and source != self.sourced.get(name) and _differs(have, value, tolerance):
            self.conflicts.append(
                f"{self.id}: {name}: {self.sourced.get(name, '?')} has {have}, {source} has {value}; kept the first"
            )

    def score(self, benchmark: str, value: float | None, source: str, row: str = "") -> None:
        """Keep a benchmark result; `row` names the source's row when the source has several for one model."""
        if value is None or (source, benchmark) in self.scores:
            return
        self.scores[source, benchmark] = round(value, 3)
        if row and source not in self.refs:
            ref, when = ORIGINS[source]
            self.refs[source] = (f"{ref}, row {row!r}", when)

    def table(self) -> dict[str, Any]:
        """Return the entry as TOML would have it."""
        table = dict(self.fields)
        groups: dict[str, dict[str, float]] = {}
        for (source, benchmark), value in sorted(self.scores.items()):
            groups.setdefault(source, {})[benchmark] = value
        if groups:
            table["scores"] = groups
        keys: dict[str, list[str]] = {key: [] for key in groups}
        for name, key in self.sourced.items():
            keys.setdefault(key, []).append(name)
        if "price" in table:
            keys.setdefault(table["price"]["source"], [])
        for file in table.get("files", []):
            keys.setdefault(file["source"], [])
        sources = {}
        for key, names in sorted(keys.items()):
            ref, when = self.refs.get(key) or ORIGINS[key]
            sources[key] = {"ref": ref, "date": date.fromisoformat(when)}
            listed = sorted(name for name in names if name in table and name not in ("price", "files"))
            if listed:
                sources[key]["fields"] = listed
        table["sources"] = sources
        return table


def _differs(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, Mapping) or isinstance(other, Mapping):
        return False
    if isinstance(one, date) and isinstance(other, date):
        return abs((one - other).days) > 60
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return abs(one - other) > tolerance * max(abs(one), abs(other), 1e-9)
    return bool(one != other)


def to_toml(table: Mapping[str, Any]) -> str:
    """Return an entry as TOML text: plain keys, then the tables, sources last; the same text for the same table."""
    order = (
        "name",
        "lab",
        "family",
        "country",
        "variant",
        "licence",
        "open_weights",
        "hf_id",
        "aliases",
        "released",
        "parameters",
        "active_parameters",
        "context_tokens",
        "extended_context_tokens",
        "inputs",
        "outputs",
        "tool_calling",
        "thinks",
        "languages",
        "embedding_dim",
        "fine_tuning",
        "base_model",
        "successor",
    )
    lines = [f"{key} = {_value(table[key])}" for key in order if key in table]
    for key in ("architecture", "price", "known_issues"):
        if table.get(key):
            lines += ["", f"[{key}]", *(f"{name} = {_value(one)}" for name, one in table[key].items())]
    for file in table.get("files", []):
        lines += ["", "[[files]]", *(f"{name} = {_value(one)}" for name, one in file.items())]
    for key, group in table.get("scores", {}).items():
        lines += ["", f"[scores.{key}]", *(f"{name} = {_value(one)}" for name, one in sorted(group.items()))]
    for key, source in table.get("sources", {}).items():
        lines += ["", f"[sources.{key}]", *(f"{name} = {_value(one)}" for name, one in source.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name) else f'"{name}"'


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:_}"
    if isinstance(value, float):
        return repr(int(value)) + ".0" if value == int(value) else repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + "}"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
