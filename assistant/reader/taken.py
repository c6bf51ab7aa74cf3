"""What was taken for less than a full name: a family's usual size, the nearest size of one that does not exist."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.reader.tables import letters_of
from assistant.reader.units import Span

if TYPE_CHECKING:
    from assistant.reader.marking import Marked, Tables

NEAR = "near"  # hint of a name whose size no entry has
_SIZE = re.compile(r"\s?の?[-_ (]*(\d+(?:\.\d+)?)[bB](?![A-Za-z0-9])\)?")
_TELLS = re.compile(
    r"\d[\w.]*|(?<![a-z])(?:opus|sonnet|haiku|mini|nano|small|medium|large|flash|pro|lite|turbo)(?![a-z])"
)


def near_sizes(text: str, spans: Iterable[Span], tables: "Tables") -> list[Span]:
    """Return the spans, a name with a size that its family does not have as the nearest size (by ratio) it has."""
    return [_near(text, span, tables) if span.kind == "MOD" and span.hint == "unknown" else span for span in spans]


def _near(text: str, span: Span, tables: "Tables") -> Span:
    written = str(span.value)
    size = _SIZE.search(written)
    if size is None or "/" in written or written[size.end() :].strip(" -_)"):
        return span
    if (known := tables.by_words(written)) is not None:
        return replace(span, value=known, hint="")
    family = written[: size.start()]
    sizes = _sizes(family, tables)
    if sizes:
        wanted = float(size[1])
        return replace(span, value=sizes[min(sizes, key=lambda one: (abs(math.log(one / wanted)), one))], hint=NEAR)
    only = tables.models.get(family)
    return replace(span, value=only, hint=NEAR) if only and re.search(r"\d", family) else span


def _sizes(family: str, tables: "Tables") -> dict[float, str]:
    """Return size in billions -> entry of the aliases that are a family's name and a size."""
    stem = letters_of(family)
    found = {}
    for alias, value in tables.models.beginning(stem):
        if (size := re.fullmatch(r"(\d+(?:\.\d+)?)b", alias[len(stem) :])) and float(size[1]):
            found[float(size[1])] = value
    return found


def notes(
    args: Mapping[str, Any], marked: "Marked", tables: "Tables", names: Mapping[str, str]
) -> list[dict[str, str]]:
    """Return a note where the model asked about is not all that was written, naming what was taken for what.

    `names` gives an entry's name by id.
    """
    model = args.get("model")
    span = next((one for one in marked.spans if one.kind == "MOD" and one.value == model), None)
    if span is None or model not in names:
        return []
    written, name = marked.source[span.start : span.end], names[str(model)]
    if span.hint == NEAR:
        return [
            {
                "en": f"“{written}” is not in the catalog; the nearest, {name}, was taken.",
                "ja": f"「{written}」はカタログにないため、最も近い {name} として答えます。",
            }
        ]
    untold = set(_TELLS.findall(name.casefold())) - set(_TELLS.findall(written.casefold()))
    if span.hint or not untold or len(_members(written, tables)) < 2:
        return []
    return [
        {
            "en": f"{written} was taken as {name}; name a size or version for another.",
            "ja": f"「{written}」は {name} として答えます。ほかのサイズや版は名前を挙げて聞いてください。",
        }
    ]


def _members(written: str, tables: "Tables") -> set[str]:
    return {value for _, value in tables.models.beginning(letters_of(written))}
