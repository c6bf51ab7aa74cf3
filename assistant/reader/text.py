"""Cleaning a question, telling its language, and finding the relevant part of a very long one. Pure text work."""

import re
import unicodedata
from typing import Literal

from assistant.reader.lexicon import pattern, words

RELEVANT_CHARACTERS = 1_500  # what the reader looks at; a question with its story rarely has more
_SCAN_CHARACTERS = 200_000  # of a longer text, this much from its beginning and its end is searched for cues

_SURROGATES = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufff0-\ufffd]")
_STACKED = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_SPACES = re.compile(r"[ \t\u3000]+")
_LINES = re.compile(r"\s*\n\s*")
_DASHES = re.compile("[\u2010-\u2015\u2212]")

_SENTENCE_END = re.compile(r"(?<=[。！？!?\n])|(?<=\.)\s+")
_QUESTION_END = re.compile(r"(?<=[?？])\s*|(?<=か。)\s*|\n")
_ASKS = re.compile(r"[?？]$|か。?$|教えて。?$")
_CUE = pattern("cue")

_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HIRAGANA = re.compile("[\u3041-\u3096]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_OTHER_SCRIPT = re.compile("[\u0370-\u03ff\u0400-\u04ff\u0590-\u06ff\u0900-\u0e7f\u1100-\u11ff\uac00-\ud7af]")
_SIMPLIFIED = re.compile("[们这吗么哪个请说还让给对应该荐运显哪为什怎样语汉儿]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f']+")
_ENGLISH = frozenset(words("english"))
_FOREIGN = frozenset(words("foreign"))


def clean(text: str) -> str:
    """Return the text in NFKC without surrogates, controls, invisible and stacked characters, spaces folded."""
    text = _SURROGATES.sub("", text)
    text = unicodedata.normalize("NFKC", text)
    text = _STACKED.sub("", text)
    text = _DASHES.sub("-", _INVISIBLE.sub("", text))
    text = _CONTROL.sub(" ", text)
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


_ANSWERED_IN = re.compile(
    r"(?<![a-z])(?:answer|reply|respond|explain it|tell me)(?: to)?(?: me)? in (?:english|japanese)(?![a-z])|"
    r"(?:回答|返事|返答|答え|説明)は(?:日本語|英語)で|(?:日本語|英語)で(?:お?答え|回答|返事|返答)",
    re.I,
)


_JAPANESE_MARKS = re.compile("[\u3000-\u303f\uff01-\uff65]")  # full-width marks and letters, 「」


def language_of(text: str) -> tuple[Literal["ja", "en"], bool]:
    """Return the language to answer in, and whether the question seems to be in neither Japanese nor English.

    A question may name the language of its answer: "answer in English".
    """
    if wished := _ANSWERED_IN.search(text[:2_000]):
        return ("ja" if wished[0].casefold().find("japanese") >= 0 or "日本語" in wished[0] else "en"), False
    sample = text[:2_000] + text[-2_000:] if len(text) > 4_000 else text
    kana, han = len(_KANA.findall(sample)), len(_HAN.findall(sample))
    spoken = [word.casefold() for word in _LATIN_WORD.findall(sample)]
    english = sum(word in _ENGLISH for word in spoken)
    if kana:
        letters = sum(map(len, spoken))
        quoted = english >= 3 and letters > kana + han and len(_HIRAGANA.findall(sample)) < 3 * english
        return ("en" if quoted else "ja"), False
    if han and (han * 4 > sum(map(len, spoken)) or not english):  # "qwen2.5-72b 48GB 1枚": names are no English
        chinese = bool(_SIMPLIFIED.search(sample))
        return ("en" if chinese else "ja"), chinese
    if len(_OTHER_SCRIPT.findall(sample)) > sum(map(len, spoken)) // 2:
        return "en", True
    foreign = sum(word in _FOREIGN and word not in _ENGLISH for word in spoken)
    return "en", foreign >= 2 and foreign > english


def punctuated_in(text: str) -> Literal["ja", "en"]:
    """Return the language that the punctuation of a text without words is written in."""
    return "ja" if _JAPANESE_MARKS.search(text) else "en"


def questions_in(text: str) -> list[str]:
    """Return the questions of a message, each with the statements before it; at most four, [] when it asks only one."""
    parts, said = [], ""
    for piece in _QUESTION_END.split(text[:RELEVANT_CHARACTERS]):
        said = f"{said} {piece.strip()}".strip()
        if _ASKS.search(said):
            parts.append(said)
            said = ""
    return parts[:4] if len(parts) > 1 else []


def relevant(text: str, limit: int = RELEVANT_CHARACTERS) -> str:
    """Return the text, or of one longer than `limit` characters its first, last and most telling sentences in order.

    Bounded time: of a text beyond 400,000 characters only both ends are searched.
    """
    if len(text) <= limit:
        return text
    if len(text) > 2 * _SCAN_CHARACTERS:
        text = text[:_SCAN_CHARACTERS] + "\n" + text[-_SCAN_CHARACTERS:]
    pieces = [piece[i : i + 300] for piece in _SENTENCE_END.split(text) if piece for i in range(0, len(piece), 300)]
    scores = [len({found.group().casefold() for found in _CUE.finditer(piece)}) for piece in pieces]
    scores[0] += 1
    scores[-1] += 3  # people ask at the end
    kept: set[int] = set()
    room = limit
    for index in sorted(range(len(pieces)), key=lambda i: (-scores[i], -i)):
        if scores[index] == 0 or room < len(pieces[index]):
            break
        kept.add(index)
        room -= len(pieces[index])
    return " ".join(pieces[index].strip() for index in sorted(kept)) or text[-limit:]
