"""Words of the field written otherwise: letters spelt in kana, Japanese in Latin letters, variants, wrong letters.

What the reader knows is how such words are usually written; a question is brought to that before it is read.
"""

import re

from rapidfuzz.distance import DamerauLevenshtein

from assistant.reader.lexicon import lexicon, patterns, words

_LETTERS: dict[str, str] = {said: letter for letter, ways in lexicon()["letters"].items() for said in ways}
_LETTER = "|".join(sorted(_LETTERS, key=len, reverse=True))
_SPELT = re.compile(rf"(?<![ァ-ヶー])(?:(?:{_LETTER})[・ ]?){{2,}}(?=キャッシュ|メモリ|サーバ|[^ァ-ヶー]|$)")
_SHORT = frozenset(words("short_letters"))  # of two letters; others are no words of the field
_VARIANTS = patterns("respelt")
_ROMAJI: dict[str, str] = lexicon()["romaji"]
_PARTICLES: dict[str, str] = lexicon()["romaji_particles"]
_WORD = re.compile(r"(?<![A-Za-z0-9'-])[A-Za-z]+(?![A-Za-z0-9'-])")
_BETWEEN_JAPANESE = re.compile(r"(?<=[ぁ-んァ-ヶ一-鿿ー]) (?=[ぁ-んァ-ヶ一-鿿])")
_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-鿿]")
_ENGLISH = frozenset(words("english")) - {"do", "no", "to"}
_OFTEN_MISSPELT = words("often_misspelt")
_LEAST, _WRONG = 8, 2  # letters of a misspelt word, and wrong ones in it


def respelt(text: str) -> str:
    """Return a cleaned question with the words of the field as they are usually written; others stay."""
    text = _SPELT.sub(_as_letters, text)
    for usual, variant in _VARIANTS.items():
        text = variant.sub(usual, text)
    return _WORD.sub(_corrected, _from_romaji(text))


def _as_letters(found: re.Match[str]) -> str:
    """Return 「エルエルエム」 as "LLM"; what has two letters only where it is a word of the field."""
    letters = "".join(_LETTERS[one] for one in re.findall(_LETTER, found[0]))
    return letters if len(letters) > 2 or letters in _SHORT else found[0]


def _from_romaji(text: str) -> str:
    """Return a Japanese sentence in Latin letters ("osusume no moderu wa?") with its known words in kana and kanji.

    It is one when a word and a particle or several words are Japanese, and more of them than English ones.
    """
    said = [one.casefold() for one in _WORD.findall(text)]
    content = sum(one in _ROMAJI for one in said)
    japanese = content + sum(one in _PARTICLES for one in said)
    if not content or japanese < 2 or japanese <= sum(one in _ENGLISH for one in said) or _JAPANESE.search(text):
        return text
    known = _ROMAJI | _PARTICLES
    return _BETWEEN_JAPANESE.sub("", _WORD.sub(lambda found: known.get(found[0].casefold(), found[0]), text))


def _corrected(found: re.Match[str]) -> str:
    """Return a word with at most two wrong letters as it is written: "quantizaton", "hallucenation"."""
    word = found[0].casefold()
    if len(word) < _LEAST or word in _OFTEN_MISSPELT or word.rstrip("s") in _OFTEN_MISSPELT:
        return found[0]
    near = min(
        (DamerauLevenshtein.distance(word, one, score_cutoff=_WRONG), one)
        for one in _OFTEN_MISSPELT
    )  # fmt: skip
    return near[1] if near[0] <= _WRONG else found[0]
