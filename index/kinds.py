"""The kind of answer that a question asks for (an amount, a time, a place), and whether a text can give one.

Coarse on purpose: a text that holds no amount of money does not say how much something costs, while one that holds
some may be about anything.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from index.terms import fold

FILE = Path(__file__).parent / "kinds.toml"


@lru_cache(maxsize=1)
def _kinds() -> dict[str, tuple[re.Pattern[str], re.Pattern[str] | None]]:
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern.replace("NUMBER", told["number"]))

    return {
        name: (compiled(one["asked"]), compiled(one["held"]) if "held" in one else None)
        for name, one in told["kinds"].items()
    }


@lru_cache(maxsize=1)
def _among() -> re.Pattern[str]:
    return re.compile(tomllib.loads(FILE.read_text(encoding="utf-8"))["among"])


def kind_asked(question: str) -> str | None:
    """Return the kind of answer that a question asks for, None when it names none."""
    folded = fold(question).strip()
    return next((name for name, (asked, _) in _kinds().items() if asked.search(folded)), None)


def asks_among(question: str) -> bool:
    """Tell whether a question asks to choose among several: "the cheapest", 「一番高い」, "which is faster"."""
    return bool(_among().search(fold(question)))


def lacks_kind(question: str, texts: Sequence[str]) -> list[bool]:
    """Tell for each text whether a question asks for a kind of answer of which it holds none."""
    kind = kind_asked(question)
    held = _kinds()[kind][1] if kind is not None else None
    return [held is not None and not held.search(fold(text)) for text in texts]
