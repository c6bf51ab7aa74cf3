"""The word lists and patterns of lexicon.toml, read once."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Any]:
    """Return the whole lexicon."""
    return tomllib.loads((Path(__file__).parent / "lexicon.toml").read_text(encoding="utf-8"))


def words(name: str) -> tuple[str, ...]:
    """Return a word list."""
    return tuple(lexicon()[name])


def pattern(name: str) -> re.Pattern[str]:
    """Return a single pattern, compiled, ignoring case."""
    return re.compile(lexicon()[name], re.IGNORECASE)


def patterns(name: str) -> dict[str, re.Pattern[str]]:
    """Return a table of patterns in the file's order, compiled, ignoring case."""
    return {key: re.compile(value, re.IGNORECASE) for key, value in lexicon()[name].items()}
