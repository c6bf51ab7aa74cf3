"""The numbers that Word gives to list items and headings: they stand in no text, only in how lists are defined."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from index.formats.archive import attribute, local
from index.formats.blocks import whole

_ENCLOSED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_AIUEO = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
_IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_LOW = ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def _one_of(signs: str) -> Callable[[int], str]:
    return lambda n: signs[n - 1] if 0 < n <= len(signs) else str(n)


def _letters(n: int) -> str:
    return chr(ord("a") + (n - 1) % 26) * (1 + (n - 1) // 26) if 0 < n < 1000 else str(n)


def _roman(n: int) -> str:
    text = ""
    for value, sign in (*_ROMAN, *_ROMAN_LOW):
        text += sign * (max(0, min(n, 5000)) // value)
        n %= value
    return text


def _kanji(n: int) -> str:
    """Return a number from 1 to 9999 in kanji, such as 二十三."""
    text = ""
    for value, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, n = divmod(n, value)
        text += ("" if digit == 1 and sign else "〇一二三四五六七八九"[digit]) + sign if 0 < digit < 10 else ""
    return text


_FORMS: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda n: f"{n:02d}",
    "decimalFullWidth": lambda n: str(n).translate({ord("0") + d: ord("０") + d for d in range(10)}),
    "decimalEnclosedCircle": _one_of(_ENCLOSED),
    "decimalEnclosedCircleChinese": _one_of(_ENCLOSED),
    "lowerLetter": _letters,
    "upperLetter": lambda n: _letters(n).upper(),
    "lowerRoman": _roman,
    "upperRoman": lambda n: _roman(n).upper(),
    "aiueo": _one_of(_AIUEO),
    "aiueoFullWidth": _one_of(_AIUEO),
    "iroha": _one_of(_IROHA),
    "irohaFullWidth": _one_of(_IROHA),
    "japaneseCounting": _kanji,
    "ideographDigital": _kanji,
    "chineseCounting": _kanji,
    "japaneseDigitalTenThousand": _kanji,
    "none": lambda n: "",
}


@dataclass(slots=True)
class _Level:
    """One level of a list: `text` is what stands before an item, %1 being the number of the first level."""

    form: str = "decimal"
    text: str = "%1."
    start: int = 1


@dataclass(slots=True)
class _List:
    levels: dict[int, _Level] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts the numbered paragraphs of one document, which must be asked for in their order."""

    def __init__(self, root: Any, styles: dict[str, Any]) -> None:
        """Take the list definitions; `root` is None for a document without any."""
        self._styles = styles
        self._lists: dict[str, _List] = {}
        parts = list(root) if root is not None else []
        kinds = {
            attribute(one, "abstractNumId"): _List(_levels(one)) for one in parts if local(one.tag) == "abstractNum"
        }
        for one in (one for one in parts if local(one.tag) == "num"):
            kind = kinds.get(next((attribute(two, "val") for two in one if local(two.tag) == "abstractNumId"), ""))
            if kind is not None:  # lists of one kind go on counting, unless one says where it starts
                new = any(local(two.tag) == "lvlOverride" for two in one)
                self._lists[attribute(one, "numId")] = _List(kind.levels) if new else kind

    def of(self, paragraph: Any) -> tuple[str, bool]:
        """Return what stands before a paragraph ("1.", "第2条", "-", "" for nothing), and whether it is a list item."""
        number, level = self._place(paragraph)
        found = self._lists.get(number)
        if found is None or level not in found.levels:
            return "", False
        one = found.levels[level]
        if one.form == "bullet":
            return "  " * level + "-", True
        found.counts[level] = found.counts.get(level, one.start - 1) + 1
        for deeper in [n for n in found.counts if n > level]:
            del found.counts[deeper]
        text = one.text
        for n in range(level + 1):
            shown = found.levels.get(n, _Level())
            count = found.counts.get(n, shown.start)
            text = text.replace(f"%{n + 1}", _FORMS.get(shown.form, str)(count))
        return "  " * level + text.strip(), True

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """Return the list and level of a paragraph, told by itself, its style or what that is based on."""
        holders = [one for one in paragraph if local(one.tag) == "pPr"]
        style = next((attribute(one, "val") for holder in holders for one in holder if local(one.tag) == "pStyle"), "")
        number, level = "", ""
        for _ in range(10):
            for one in (two for holder in holders for two in holder.iter() if local(two.tag) in ("numId", "ilvl")):
                number = number or (attribute(one, "val") if local(one.tag) == "numId" else "")
                level = level or (attribute(one, "val") if local(one.tag) == "ilvl" else "")
            if number or not (found := self._styles.get(style)):
                break
            holders = [one for one in found.element if local(one.tag) == "pPr"]
            style = found.base_style.style_id if found.base_style is not None else ""
        return number, whole(level)


def _levels(kind: Any) -> dict[int, _Level]:
    levels = {}
    for one in (one for one in kind if local(one.tag) == "lvl"):
        told = {local(two.tag): attribute(two, "val") for two in one}
        start = told.get("start", "1")
        levels[whole(attribute(one, "ilvl"))] = _Level(
            told.get("numFmt", "decimal"), told.get("lvlText", ""), whole(start, 1)
        )
    return levels
