"""Sentences in both languages: one TOML per language and room, same keys (a test walks them)."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


class Texts:
    """The sentences of one package's `texts` folder: `texts(lang, key, **values)`."""

    def __init__(self, package: str) -> None:
        """`package` holds ja.toml and en.toml."""
        self.package = package

    @cache  # noqa: B019  (two tables per room, for the life of the process)
    def table(self, language: str) -> dict[str, str]:
        """Return key -> sentence; nested tables give dotted keys."""
        raw = files(self.package).joinpath(f"{language}.toml").read_text(encoding="utf-8")
        return dict(_flatten("", tomllib.loads(raw)))

    def __call__(self, language: str, key: str, /, **values: Any) -> str:
        """Return the sentence with its values filled in. A missing key is a bug and raises KeyError."""
        return self.table("ja" if language == "ja" else "en")[key].format(**values)


def _flatten(prefix: str, table: dict[str, Any]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in table.items():
        rows += _flatten(f"{prefix}{key}.", value) if isinstance(value, dict) else [(prefix + key, value)]
    return rows
