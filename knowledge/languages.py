"""Languages of the world by name."""

import tomllib
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def _names() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "languages.toml").read_text(encoding="utf-8"))


def language_name(language: str, code: str) -> str:
    """Return how the language of an ISO 639 code is called in "ja" or "en"; the code itself where no name is known."""
    return _names().get(code, {}).get(language, code)
