"""Whose models are wished for or ruled out: "only Google", "which Qwen", 「Metaのモデルで」, "neither A nor B"."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.calls import OUTSIDE, Tool
from assistant.reader.labels import roles_for
from assistant.reader.lexicon import patterns
from assistant.reader.units import Span

if TYPE_CHECKING:
    from assistant.reader.marking import Marked

WISHED = "wished"  # the role of a maker whose models alone are wanted
_SAID = patterns("makers")
_TAKEN_BACK = patterns("taken_back")
_NEAR = 40  # characters beside a name in which it may be wished for


def further(marked: "Marked") -> dict[str, Span]:
    """Return the makers and countries for which the model has no placeholder, by names that follow on from theirs."""
    known = {span.value for _, span in marked.placeholders if span.kind == "LAB"}
    more = {span.value: span for span in marked.spans if span.kind == "LAB" and span.value not in known}
    return {f"LAB{len(known) + n}": span for n, span in enumerate(more.values(), 1)}


def leave_out(
    tool: Tool, used: dict[str, str], spans: Mapping[str, Span], text: str, *, conversation: bool = False
) -> None:
    """Give makers and models that are said to be unwanted ("中国製以外", "neither Qwen nor Gemma") the role for that.

    Where only a maker's models are wanted ("models by Google only") it gets the role WISHED. A language that is taken
    back ("not Greek, Turkish") has no role.
    """
    for name, span in spans.items():
        if span.kind == "LANG" and (
            _TAKEN_BACK["after"].match(text, span.end)
            or _TAKEN_BACK["before"].search(text[: span.start][-24:])
            or (not conversation and _TAKEN_BACK["unneeded_after"].match(text, span.end))
        ):
            used[name] = "no"
    names = [name for name, span in spans.items() if "exclude" in roles_for(tool, name, span)]
    unwanted = {name for name in names if spans[name].hint == "origin" or ruled_out(spans[name], text)}
    unwanted = named_alike(spans, text, unwanted) & set(names) | unwanted
    wanted = {name for name in names if name not in unwanted and wished(spans[name], text)}
    wanted = named_alike(spans, text, wanted) & set(names) - unwanted
    used |= dict.fromkeys(sorted(unwanted), "exclude") | dict.fromkeys(sorted(wanted), WISHED)


def ruled_out(span: Span, text: str) -> bool:
    """Tell whether a name is said to be unwanted."""
    after, before = text[span.end : span.end + 24], text[max(0, span.start - 24) : span.start]
    return bool(_SAID["out_after"].match(after) or _SAID["out_before"].search(before))


def chooses(tool: Tool, spans: Mapping[str, Span], text: str) -> bool:
    """Tell whether a model of a family is to be chosen, or one outside those named, though they read as the subject."""
    names = {name: span for name, span in spans.items() if span.kind == "MOD"}
    if not names or not all(is_name(span, text) for span in names.values()):
        return False
    if tool in ("fit", "model_info"):
        return any(wished(span, text) or ruled_out(span, text) for span in names.values())
    out = {name for name, span in names.items() if ruled_out(span, text)}
    return tool == "compare" and bool(out) and named_alike(names, text, out) == set(names)


def named_alike(spans: Mapping[str, Span], text: str, marked: set[str]) -> set[str]:
    """Return the marked makers and families with those that an "or", "nor" or 「や」 joins to one of them."""
    order = sorted((name for name in spans if is_name(spans[name], text)), key=lambda name: spans[name].start)
    found = set(marked)
    for _ in order:  # once for each name: a list may be joined from either end
        for first, second in pairwise(order):
            if {first, second} & found and _SAID["joined"].fullmatch(text[spans[first].end : spans[second].start]):
                found |= {first, second}
    return found


def is_name(span: Span, text: str) -> bool:
    """Tell whether a span names a maker, or a family of models without saying which member."""
    return span.kind == "LAB" or (span.kind == "MOD" and not re.search(r"\d", text[span.start : span.end]))


def wished(span: Span, text: str) -> bool:
    """Tell whether models of a maker or family are wished for, and no others."""
    before, after = text[max(0, span.start - _NEAR) : span.start], text[span.end : span.end + _NEAR]
    return is_name(span, text) and bool(_SAID["before"].search(before) or _SAID["after"].match(after))


def only(names: list[str]) -> str:
    """Return what is to be excluded when only these makers' or families' models are wished for."""
    return OUTSIDE + " or ".join(dict.fromkeys(names))
