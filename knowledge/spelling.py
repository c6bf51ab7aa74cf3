"""How typed names are compared: one written form for all, and the nearest of many spellings."""

import re
import unicodedata
from functools import lru_cache

ALIKE = 70.0  # rapidfuzz ratio of two words from which names that hold them are suggested
SCORE, MARGIN = 90.0, 3.0  # rapidfuzz ratio, 0-100: at least this near, and this much nearer than any other entry


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Return a name in the form that names are compared in.

    NFKC and case folded, hiragana as katakana, long-vowel marks dropped, every separator one space, a space between
    words of two or more letters and digits ("qwen2.5" = "Qwen 2.5") and between Japanese and Latin script.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = "".join(chr(ord(one) + 0x60) if "ぁ" <= one <= "ゖ" else one for one in folded)
    folded = re.sub(r"(?<=[ァ-ヺ])[ー‐−―-]", "", folded)
    folded = re.sub(r"[\s_/\\:,\-‐‑–—・·()\[\]「」『』【】、。]+", " ", folded)
    folded = re.sub(r"(?<=[a-z]{2})(?=\d)", " ", folded)
    folded = re.sub(r"(?<=[^\x00-\x7f])(?=[a-z0-9])|(?<=[a-z0-9+])(?=[^\x00-\x7f])", " ", folded)
    return re.sub(r" +", " ", folded).strip(" .")


def nearest(name: str, aliases: dict[str, str]) -> tuple[str | None, tuple[str, ...]]:
    """Return (target, ()) when one target is clearly meant, else (None, up to three nearest targets)."""
    from rapidfuzz import fuzz, process

    def is_typo(alias: str) -> bool:
        return re.findall(r"\S*[\d+]\S*", alias) == numbers and _few_letters_wrong(name, alias)

    hits = process.extract(name[:200], aliases.keys(), scorer=fuzz.ratio, limit=60)
    scores: dict[str, float] = {}
    sure: dict[str, float] = {}
    numbers = re.findall(r"\S*[\d+]\S*", name)  # versions and sizes: must agree
    for alias, score, _ in hits:
        target = aliases[alias]
        if _shares_a_word(name, alias):
            scores[target] = max(score, scores.get(target, 0.0))
        if is_typo(alias):
            sure[target] = max(score, sure.get(target, 0.0))
    ranked = sorted(sure.items(), key=lambda one: (-one[1], one[0]))
    enough = len(name) >= 5 and re.search(r"[^\d\s.]{3}", name)
    if enough and ranked and ranked[0][1] >= SCORE and (len(ranked) == 1 or ranked[0][1] - ranked[1][1] >= MARGIN):
        return ranked[0][0], ()
    near = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
    return None, tuple(target for target, score in near[:3] if score >= 50.0)


def _shares_a_word(name: str, alias: str) -> bool:
    """Tell whether a word of a name is much like one of another; a size alone ("7B") makes two names no neighbours."""
    from rapidfuzz import fuzz

    words = re.findall(r"[^\W\d]{3,}", name)
    return not words or any(
        fuzz.ratio(word, other) >= ALIKE for word in words for other in re.findall(r"[^\W\d]{3,}", alias)
    )


def _few_letters_wrong(name: str, alias: str) -> bool:
    """Tell whether each word differs in few letters: one of up to six, two of ten (names split otherwise: as one)."""
    from rapidfuzz.distance import DamerauLevenshtein

    one, other = name.split(" "), alias.split(" ")
    if len(one) != len(other):
        one, other = ["".join(one)], ["".join(other)]
    return all(
        DamerauLevenshtein.distance(once(left), once(right)) <= (max(len(left), len(right)) + 1) // 4
        for left, right in zip(one, other, strict=True)
    )


def once(word: str) -> str:
    """Return a word with doubled letters written once, where typing errors are commonest: "lamma" as "llama"."""
    return re.sub(r"([a-z])\1", r"\1", word)
