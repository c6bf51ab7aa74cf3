"""Wishes for a model that look as if they were about something else: they name only a maker, a card or "this PC"."""

from assistant.calls import Tool
from assistant.reader.homonyms import has_homonym, without_homonyms
from assistant.reader.lexicon import patterns
from assistant.reader.marking import Marked

_SAID = patterns("meant_after_all")
_LONGEST = 80  # characters; a longer text says what it is about


def wish_after_all(marked: Marked) -> bool:
    """Tell whether what would be declined is a wish for a model after all.

    That is a text of nothing but makers or countries that are wished for or ruled out (「中国製は避けたい」), a card of
    which is asked whether it is still of use, the best model for "this computer", and a computer that is all there is.
    """
    text = marked.source
    if len(text) > _LONGEST or has_homonym(marked) or _SAID["other_use"].search(text):
        return False
    kinds = {span.kind for span in marked.spans}
    if any(span.hint == "origin" for span in marked.spans) and kinds <= {"LAB", "MOD"}:
        return not _SAID["filler"].sub("", _without(marked)).strip()
    if kinds & {"GPU", "MAC"} and _SAID["of_use"].search(text):
        return True
    if _SAID["computer"].search(text) and _SAID["model"].search(without_homonyms(text)) and _SAID["best"].search(text):
        return True
    return bool(_SAID["all_there_is"].search(text) and ("GB" in kinds or _SAID["computer"].search(text)))


def wants_level(marked: Marked) -> bool:
    """Tell whether a text asks for a model that is as good as a named one: 「GPT-4並みのモデルは？」."""
    level = any(span.hint == "level" for span in marked.spans)
    return level and bool(_SAID["model"].search(marked.source)) and not _SAID["reasons"].search(marked.source)


def speed_of_one(marked: Marked, tool: Tool) -> bool:
    """Tell whether a question read as one of knowledge, or as a wish, asks how fast one named model is on a machine.

    A wish may ask for speeds as well; only how long something takes is about the model that is named.
    """
    kinds = {span.kind for span in marked.spans}
    one = len({span.value for span in marked.spans if span.kind in ("MOD", "PAR")}) == 1
    machine = kinds & {"GPU", "MAC", "GB"} or _SAID["without_card"].search(marked.source)
    said = ("time",) if tool == "recommend" else ("speed", "time")
    asked = any(_SAID[name].search(marked.source) for name in said) and not _SAID["reasons"].search(marked.source)
    return tool in ("explain", "out_of_scope", "recommend") and one and bool(machine and asked)


def _without(marked: Marked) -> str:
    pieces, at = [], 0
    for span in marked.spans:
        pieces.append(marked.source[at : span.start])
        at = span.end
    return " ".join([*pieces, marked.source[at:]])
