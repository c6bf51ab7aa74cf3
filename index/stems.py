"""English words -> what their forms have in common."""

import re
from functools import lru_cache
from pathlib import Path

IRREGULAR = Path(__file__).parent / "irregular.txt"
_ENDINGS = re.findall("[a-z]+", "ization izing ized izer ize ation ating ated ate ing ed ment ly er e")


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return an English word without its common endings, so that quantize, quantised and quantization meet.

    A short list of endings, not Porter's algorithm: it has to be the same for a question and a passage, not to be a
    word. Irregular forms go with their word: kept, keep.
    """
    word = _irregular().get(word, word)
    if len(word) < 4 or not word.isascii():
        return word
    word = word.replace("isation", "ization").replace("ising", "izing")
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith(("ised", "ise")) and len(word) > 6:
        word = word.replace("ise", "ize")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            base = word[: -len(ending)]
            doubled = base[-1] == base[-2] and base[-1] not in "lsz" and ending in ("ing", "ed", "er")
            return base[:-1] if doubled else base
    return word


@lru_cache(maxsize=1)
def _irregular() -> dict[str, str]:
    """Return the irregular forms of English words, each with its word."""
    lines = (line.split() for line in IRREGULAR.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {form: word for word, *forms in lines for form in forms}
