"""The glossary: terms in Japanese and English with one-line definitions, shipped as knowledge/glossary.toml."""

import tomllib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from assistant.errors import CatalogError
from knowledge.schema import Term

KEYS = {"ja", "en", "aliases", "definition_ja", "definition_en"}


def glossary_path() -> Path:
    """Return the shipped glossary file."""
    return Path(str(files("knowledge"))) / "glossary.toml"


@lru_cache(maxsize=4)
def load_glossary(path: Path | None = None) -> tuple[Term, ...]:
    """Return the terms ordered by English name, read from `path` or the shipped file. Read once per process.

    Raises:
        CatalogError: an entry lacks a key, has an unknown one, or repeats another's name.
    """
    path = path or glossary_path()
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("term", [])
    terms = [_term(entry, path) for entry in entries]
    seen: set[tuple[str, str]] = set()
    for term in terms:
        name = (term.ja, term.en.casefold())
        if name in seen:
            raise CatalogError(
                path=path, field=term.en, found=term.ja, expected="each term once", expected_ja="用語ごとに1項目"
            )
        seen.add(name)
    return tuple(sorted(terms, key=lambda term: (term.en.casefold(), term.ja)))


def _term(entry: dict[str, Any], path: Path) -> Term:
    """Return one entry of the file as a Term."""
    name = str(entry.get("en") or entry.get("ja") or "term")
    unknown = sorted(entry.keys() - KEYS)
    if unknown:
        known = ", ".join(sorted(KEYS))
        raise CatalogError(
            path=path, field=name, found=unknown[0], expected=f"one of {known}", expected_ja=f"次のどれか: {known}"
        )
    for key in ("ja", "en", "definition_ja", "definition_en"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise CatalogError(
                path=path, field=f"{name}.{key}", found=entry.get(key), expected="a text", expected_ja="文字列"
            )
    aliases = entry.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and alias.strip() for alias in aliases):
        raise CatalogError(
            path=path, field=f"{name}.aliases", found=aliases, expected="a list of texts", expected_ja="文字列の並び"
        )
    return Term(
        ja=entry["ja"],
        en=entry["en"],
        definition={"ja": entry["definition_ja"], "en": entry["definition_en"]},
        aliases=tuple(aliases),
    )
