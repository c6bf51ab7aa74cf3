"""Messages of nothing but small talk: no document is asked, whatever words they share with one."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).parent / "small_talk.toml"
_APOSTROPHE = re.compile("['’]")
_PAUSE = re.compile(r"[\s、。，．,.!！?？~〜…♪☆;:()（）\"“”「」^_\U0001f300-\U0001faff\u2600-\u27bf\ufe0f-]+")
_LONGEST = 60  # characters


@lru_cache(maxsize=1)
def _pieces() -> tuple[re.Pattern[str], ...]:
    told: dict[str, list[str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(re.compile(rf"(?:{one})(?![a-z]) ?") for group in told.values() for one in group)


def small_talk(message: str) -> bool:
    """Tell whether a message asks for nothing that a document could say: exclamations, talk about oneself or today."""
    if len(message) > _LONGEST:
        return False
    said = _PAUSE.sub(" ", _APOSTROPHE.sub("", message.casefold())).strip()
    if not said:
        return bool(message.strip())
    while said:
        found = max((match.end() for piece in _pieces() if (match := piece.match(said))), default=0)
        if not found:
            return False
        said = said[found:]
    return True
