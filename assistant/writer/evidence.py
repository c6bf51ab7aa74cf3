"""Is every claim of a sentence in the evidence? Language models only rephrase; what they add is not released.

A sentence passes when its numbers, names and citations stand in the tool's result, the template's answer or a cited
passage, when it is in the answer's language and mostly made of the evidence's words, and when it leaves the verdict
(fits or not, best or not) to the template. Whoever wrote it, a sentence that passes adds no fact.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.events import Language

LONGEST = 400  # characters of a sentence that is worth checking
WORDS_SHARED = 0.6  # of an English sentence's words, this share must be the evidence's or function words
BIGRAMS_SHARED = 0.5  # of a Japanese sentence's kanji and katakana pairs

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_CITATION = re.compile(r"\[(\d{1,3})\]")
_FORBIDDEN = re.compile(r"https?://|www\.|<[a-z/!]|!\[|\]\(|javascript:", re.IGNORECASE)
_NUMBER_WORDS = re.compile(
    r"[〇一二三四五六七八九十百千万億兆数半]+(?:倍|割|個|枚|台|年|ヶ月|か月|円|ドル|分の|トークン|パーセント|ギガ|メガ|億|万)"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|twice|thrice|half|double|triple|dozen|hundreds?|thousands?|"
    r"millions?|billions?|percent)\b",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r"収ま|載り|載ら|載る|動きます|動きません|動かな|足り|不足|商用利用|無料|より(?:優|良|高|速|強|上)|最も|最適|一番|おすすめ"
    r"|\bfits?\b|\bruns? on\b|\benough memory\b|\bnot enough\b|\bcommercial(?:ly)?\b|\bfree of charge\b"
    r"|\b(?:better|best|worse|worst|superior|inferior|faster|stronger|recommend(?:s|ed)?)\b",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_PAIRS = re.compile(r"[\u30a1-\u30ff\u4e00-\u9fff]+")
_NAME = re.compile(
    r"[A-Z][a-z]+[A-Z][A-Za-z0-9]*|[A-Za-z][A-Za-z0-9.+_-]*\d[A-Za-z0-9.+_-]*"
    r"|(?<=[^.!?]\s)[A-Z][A-Za-z0-9+-]*|[A-Z]{2,}[a-z]?"
)
_WORD = re.compile(r"[a-z][a-z'-]+")
_FUNCTION_WORDS = frozenset(
    """a about above across after again all also although an and any are as at be because been before being below
    between both but by can could do does for from further had has have having here how if in into is it its itself
    just like made make makes means more most much need needs no nor not of on once one only or other our out over own
    same should so some such than that the their them then there these they this those through to too under until up
    use used uses using very was we well were what when where which while who whom why will with within without would
    you your good better choice option model models task tasks""".split()  # noqa: SIM905 (a list of 130 strings would hide what this is)
)


@dataclass(frozen=True)
class Evidence:
    """What may be said: numbers, the whole text in lower case, its words and character pairs, how many sources."""

    language: Language
    numbers: tuple[float, ...]
    text: str
    words: frozenset[str]
    pairs: frozenset[str]
    sources: int
    foreign: frozenset[str] = frozenset()  # words of model and lab names that the evidence does not speak of


def fold(text: str) -> str:
    """Return the text in one width and case."""
    return unicodedata.normalize("NFKC", text).casefold()


def gather(
    language: Language, texts: Iterable[str], result: Mapping[str, Any], sources: int, names: Iterable[str] = ()
) -> Evidence:
    """Collect the evidence: the template's texts, the passages and every value of the tool's result.

    `names` are the families and labs that the catalog knows: those the evidence does not speak of may not be named.
    """
    leaves = [str(leaf) for leaf in _leaves(result)]
    text = fold("\n".join([*texts, *leaves]))
    return Evidence(
        language,
        tuple(sorted({_value(found) for found in _NUMBER.findall(text)})),
        text,
        frozenset(_WORD.findall(text)) | _FUNCTION_WORDS,
        frozenset(_bigrams(text)),
        sources,
        frozenset(name for name in map(fold, names) if len(name) > 2 and name not in text),
    )


def _leaves(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None and not isinstance(value, bool):
        yield value


def _value(number: str) -> float:
    return float(number.replace(",", ""))


def _bigrams(text: str) -> list[str]:
    return [run[i : i + 2] for run in _PAIRS.findall(text) for i in range(max(len(run) - 1, 1))]


def unsupported(sentence: str, evidence: Evidence) -> str | None:
    """Return why a sentence may not be released ("number 7.5"), or None when everything in it is in the evidence."""
    plain = unicodedata.normalize("NFKC", sentence).strip()
    if not 6 <= len(plain) <= LONGEST:
        return "length"
    if _FORBIDDEN.search(plain):
        return "link or markup"
    if bool(_CJK.search(plain)) != (evidence.language == "ja"):
        return "language"
    for n in _CITATION.findall(plain):
        if not 1 <= int(n) <= evidence.sources:
            return f"citation [{n}]"
    bare = _CITATION.sub(" ", plain)
    if _VERDICT.search(bare):
        return "verdict"
    folded = fold(bare)
    if foreign := next((name for name in sorted(evidence.foreign) if name in folded), None):
        return f"name {foreign}"
    for name in _NAME.findall(bare):
        if fold(name).strip(".-_+") not in evidence.text:
            return f"name {name}"
    for number in _NUMBER.findall(bare):
        if not _known_number(number, evidence):
            return f"number {number}"
    if (word := _NUMBER_WORDS.search(bare)) and fold(word[0]) not in evidence.text:
        return f"number {word[0]}"
    return None if _grounded(folded, evidence) else "words"


def _known_number(number: str, evidence: Evidence) -> bool:
    decimals = len(number.partition(".")[2])
    value = _value(number)
    return any(round(known, decimals) == value for known in evidence.numbers)


def _grounded(text: str, evidence: Evidence) -> bool:
    if evidence.language == "ja":
        pairs = _bigrams(text)
        return bool(pairs) and sum(pair in evidence.pairs for pair in pairs) >= BIGRAMS_SHARED * len(pairs)
    words = _WORD.findall(text)
    content = [word for word in words if word not in _FUNCTION_WORDS]
    known = sum(word in evidence.words for word in words)
    return bool(content) and any(w in evidence.words for w in content) and known >= WORDS_SHARED * len(words)


_END = re.compile(r"(?<=[。！？!?])|(?<=\.)(?=\s)|\n+")


def sentences(pieces: Iterable[str]) -> Iterable[str]:
    """Yield whole sentences from a stream of text pieces as soon as each is complete."""
    buffer = ""
    for piece in pieces:
        buffer += piece
        *whole, buffer = _END.split(buffer)
        yield from (one.strip() for one in whole if one.strip())
    if buffer.strip():
        yield buffer.strip()
