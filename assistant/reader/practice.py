"""Questions of practice that the guides answer: an answer that stops halfway, what electricity costs, how to begin.

They seem to be about something else: they name a language, a card or a skill, and hardly ever a word of the field.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.events import Language
from assistant.reader.marking import Marked

_LONGEST = 100  # characters of a question of practice; in a longer story it is a reason for wanting another model


@lru_cache(maxsize=1)
def _texts() -> dict[str, Any]:
    path = Path(__file__).parent / "asks.toml"
    return dict(tomllib.loads(path.read_text(encoding="utf-8"))["practice"])


@lru_cache(maxsize=1)
def _topics() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(one["said"], re.I) for name, one in _texts().items() if isinstance(one, dict)}


@lru_cache(maxsize=1)
def _wish() -> re.Pattern[str]:
    return re.compile(_texts()["wish"], re.I)


def practice(marked: Marked) -> str | None:
    """Return the matter of practice that a question is about ("halfway"), None for another or a wish for a model."""
    text = marked.source
    if len(text) > _LONGEST or _wish().search(text):
        return None
    named = any(span.kind in ("MOD", "LAB") for span in marked.spans)
    found = (name for name, said in _topics().items() if said.search(text))
    return next((name for name in found if named or not _texts()[name].get("names")), None)


def guide_question(topic: str, language: Language) -> str:
    """Return the question of the guides that such a question comes to."""
    return str(_texts()[topic][language])
