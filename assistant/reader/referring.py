"""Which models a turn of a conversation means without naming them: "those two", "the last", "the other", "the 13B"."""

import re
from typing import Any

from assistant.reader.lexicon import lexicon, patterns
from assistant.reader.marking import Marked, Tables
from assistant.reader.negation import passed_over

_SIZE = re.compile(r"\d+(?:\.\d+)?[bB](?:[- ]?a\d+b)?(?![A-Za-z0-9])", re.I)
_SAID = patterns("referring")
_FIRST_TWO = _SAID["first_two"]
_LAST_TWO = _SAID["last_two"]
_THREE = _SAID["three"]
_OTHER = _SAID["other"]
_BIGGER = _SAID["bigger"]
_SMALLER = _SAID["smaller"]
_PLACE = re.compile(r"@(-?\d+)")
_FAMILIES: dict[str, str] = lexicon()["family_names"]
_MOST = 4  # models that are remembered as mentioned


def known_models(before: dict[str, Any]) -> list[str]:
    """Return the models spoken of so far, the latest last."""
    named = [
        *before.get("mentioned", []),
        *(before.get("models") or []),
        *([before["model"]] if before.get("model") else []),
    ]
    return list(dict.fromkeys(reversed(named)))[::-1]


def compared(before: dict[str, Any], text: str) -> list[str]:
    """Return what a comparison without names compares: models compared before, the last two named, else the top two."""
    if _FIRST_TWO.search(text):
        return [placed(one, before) for one in ("@1", "@2")]
    if _LAST_TWO.search(text):
        return [placed(one, before) for one in ("@-2", "@-1")]
    named = list(before.get("models") or [])
    if len(named) < 2:
        named = known_models(before)[-2:]
    if named:
        return named
    return ["@1", "@2", "@3"] if _THREE.search(text) else ["@1", "@2"]


def beside(named: list[str]) -> list[str]:
    """Return what a place in the list is compared with when nothing else was spoken of: the first, or the second."""
    if len(named) != 1 or not _PLACE.fullmatch(named[0]):
        return []
    return ["@2" if named[0] == "@1" else "@1"]


def says_how_many(text: str) -> bool:
    """Tell whether a turn means several of a list by their number: "the first two"."""
    return bool(_FIRST_TWO.search(text) or _LAST_TWO.search(text) or _THREE.search(text))


def single(before: dict[str, Any], marked: Marked, tables: Tables) -> str | None:
    """Return the one model that a turn means by "the other one", "the bigger", "the 13B"; None when it does not say."""
    text = marked.source
    pair = list(before.get("models") or [])
    latest = before.get("model")
    if _OTHER.search(text):
        others = [name for name in (pair or known_models(before)) if name != latest]
        if len(others) == 1 or (others and not pair):
            return others[-1]
    sized = [(float(re.split("[bB]", size[0])[0]), name) for name in pair if (size := _SIZE.search(name))]
    if len(sized) > 1 and (_BIGGER.search(text) or _SMALLER.search(text)):
        return str((max if _BIGGER.search(text) else min)(sized)[1])
    sizes = [span.value for span in marked.spans if span.kind == "PAR" and not passed_over(span, text)]
    if len(sizes) == 1 and not any(span.kind in ("MOD", "REF") for span in marked.spans):
        found = [sibling(name, f"{sizes[0]:g}B", tables) for name in reversed([*pair, *([latest] if latest else [])])]
        return next((one for one in found if one), None)
    return None


def sibling(name: str, size: str, tables: Tables) -> str | None:
    """Return the entry of the same family with another size, None when there is none."""
    if not _SIZE.search(name):
        return None
    other = _SIZE.sub(size, name, count=1)
    return tables.models.get(other) or tables.by_words(other)


def placed(name: str, before: dict[str, Any]) -> str:
    """Return the compared model that "@2" or "@-1" stands for; the reference itself when nothing was compared."""
    place, models = _PLACE.fullmatch(name), list(before.get("models") or [])
    if not place or not models:
        count = before.get("count")
        return f"@{count + 1 + int(place[1])}" if place and place[1].startswith("-") and count else name
    index = int(place[1]) - (int(place[1]) > 0)
    return str(models[index]) if -len(models) <= index < len(models) else name


def as_mentioned(name: str, before: dict[str, Any], marked: Marked) -> str:
    """Return the model spoken of before when this turn names only its family ("and Gemma's licence?")."""
    for span in marked.spans:
        written = marked.source[span.start : span.end]
        if span.kind == "MOD" and span.value == name and not re.search(r"\d", written):
            family = _FAMILIES.get(written.casefold(), written).casefold()
            hits = [one for one in known_models(before) if family in one.casefold()]
            if len(hits) == 1:
                return hits[0]
    return name


def mentioned(before: dict[str, Any], args: dict[str, Any]) -> list[str]:
    """Return the models to remember after a turn, the latest last."""
    named = [*(args.get("models") or []), *([args["model"]] if args.get("model") else [])]
    kept = [*known_models(before), *(name for name in named if not name.startswith("@"))]
    return list(dict.fromkeys(reversed(kept)))[::-1][-_MOST:]
