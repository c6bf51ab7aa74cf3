"""Days of the year as one term however they are written: "11 May", "May 11th", "2026-05-11", 「5月11日」."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CAPITALS = tuple(month.capitalize() for month in _MONTHS)
_KANJI = {sign: n for n, sign in enumerate("〇一二三四五六七八九")}
_NUMBER = r"(\d{1,2}|[一二三四五六七八九十]{1,3})"
_JA = re.compile(rf"月 ?{_NUMBER} ?日")
_MONTH_BEFORE = re.compile(rf"(?<!\d){_NUMBER} ?$")
_ISO = re.compile(r"(?<!\d)(?:19|20)\d\d([-/.])(\d{1,2})\1(\d{1,2})(?![\d.-])")
_MONTH = re.compile(
    r"[JFMASOND](?:an(?:uary)?|eb(?:ruary)?|ar(?:ch)?|pr(?:il)?|ay|une?|uly?|ug(?:ust)?|ept?(?:ember)?|ct(?:ober)?|"
    r"ov(?:ember)?|ec(?:ember)?)(?![a-z])\.?"
)
_WORD = re.compile(r"\b[a-z]")
_DAY_BEFORE = re.compile(r"(?<![\d.])(\d{1,2})(?:st|nd|rd|th)?(?: of)? $")
_DAY_AFTER = re.compile(r" (?:the )?(\d{1,2})(?:st|nd|rd|th)?(?![:.]?\d)")


Found = tuple[int, int, int, int]  # month, day, begin, end


class Day(NamedTuple):
    """A day that a text names: its search term, and where it stands."""

    term: str
    start: int
    end: int


def days(text: str) -> Iterator[Day]:
    """Yield the days that a text names, months in English with a capital; 2026-13-40 is none."""
    for month, day, start, end in (*_japanese(text), *_written(text), *_english(text)):
        if 1 <= month <= 12 and 1 <= day <= 31:
            yield Day(f"day:{month:02d}-{day:02d}", start, end)


def apart(question: str) -> tuple[list[str], str]:
    """Return the terms of the days that a question names, in capitals or not, and the question without them."""
    named = [*days(_WORD.sub(lambda found: found[0].upper(), question))]
    for one in sorted(named, key=lambda day: -day.start):
        question = f"{question[: one.start]} {question[one.end :]}"
    return [one.term for one in named], question


def _japanese(text: str) -> Iterator[Found]:
    """Yield month, day, begin and end of 「5月11日」 and 「五月十一日」."""
    if "月" not in text:
        return
    for day in _JA.finditer(text):
        if month := _MONTH_BEFORE.search(text, max(0, day.start() - 4), day.start()):
            yield _number(month[1]), _number(day[1]), month.start(), day.end()


def _written(text: str) -> Iterator[Found]:
    """Yield the same of "2026-05-11"."""
    if "20" not in text and "19" not in text:  # looking for a year takes ten times as long
        return
    for one in _ISO.finditer(text):
        yield int(one[2]), int(one[3]), one.start(), one.end()


def _english(text: str) -> Iterator[Found]:
    """Yield the same of "11 May" and "May 11th"."""
    if not any(map(text.__contains__, _CAPITALS)):
        return
    for month in _MONTH.finditer(text):
        name = month[0][:3].lower()
        if name not in _MONTHS:  # "Day", "Jar"
            continue
        before = _DAY_BEFORE.search(text, max(0, month.start() - 8), month.start())
        after = None if before else _DAY_AFTER.match(text, month.end())
        if before:
            yield _MONTHS.index(name) + 1, int(before[1]), before.start(), month.end()
        elif after:
            yield _MONTHS.index(name) + 1, int(after[1]), month.start(), after.end()


def _number(written: str) -> int:
    """Return a number of up to two digits, in digits or kanji."""
    if written.isdigit():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    return (_KANJI.get(tens, 1) if ten else 0) * 10 + _KANJI.get(ones, 0)
