"""What a question leaves unsaid or an argument cannot hold: which model "it" is, what was asked for in vain."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from assistant.calls import ARGUMENTS, Tool
from assistant.reader.bounds import extent
from assistant.reader.homonyms import meant, without_homonyms
from assistant.reader.lexicon import patterns
from assistant.reader.machine import HANDHELD, bare_memory, is_bare
from assistant.reader.marking import Marked
from assistant.reader.units import Kind, Span

_WISHES = patterns("wishes")
_BARE = patterns("bare")
_BACK = patterns("back")
_EXPLAIN, _TRAINING = patterns("tools")["explain"], patterns("tools")["finetune"]
SINGLE_MODEL: tuple[Tool, ...] = ("fit", "model_info", "finetune_memory")
_WITH_LIST: tuple[Tool, ...] = ("recommend", "clarify")
_WITH_SPEED: tuple[Tool, ...] = ("recommend", "max_size")
_ON_MACHINE: tuple[Tool, ...] = ("recommend", "fit", "max_size", "finetune_memory")
_SAYS_NOTHING: tuple[Tool, ...] = ("explain", "out_of_scope", "clarify")
# Kinds that people name as a condition and that a tool has no argument for.
_NO_ARGUMENT: dict[Tool, tuple[Kind, ...]] = {
    "recommend": ("QNT", "KV"),
    "clarify": ("QNT", "KV"),
    "compare": ("CTX", "KV", "LANG"),
    "max_size": ("LANG", "LIC"),
}
_OF_ANYTHING: tuple[Kind, ...] = ("LANG", "NUM", "LAB")  # said of anything else as well
_LONGEST_WISH = 40  # characters of a wish that a note repeats


def unheeded(tool: Tool, args: dict[str, Any], marked: Marked) -> list[dict[str, str]]:
    """Return a note with the wishes that the tool has no argument for, in the person's words; [] without any."""
    if tool not in _NO_ARGUMENT:
        return []
    text = marked.source
    found = [match.span() for pattern in _WISHES.values() for match in pattern.finditer(text)]
    found += [(one.start, one.end) for one in _unheeded_speeds(tool, marked)]
    for span in marked.spans:
        said = (span.kind, span.hint)
        limit = tool != "compare" and said in (("USD", "month"), ("USD", "once"), ("GB", "disk"))
        if tool == "recommend" and span.kind != "TPS" and span.hint in ("least", "level"):
            found.append(extent(span, text))
        uncounted = said == ("USE", "calls") and "usage" not in args
        crowd = said == ("NUM", "users") and "users" not in args and not (tool == "recommend" and at_once(text))
        shown = tool == "compare" and span.value == ("ja",)  # a comparison always has a row for Japanese
        if (span.kind in _NO_ARGUMENT[tool] and not shown) or crowd or limit or uncounted:
            found.append((span.start, span.end))
    wishes: list[str] = []
    end = 0
    for start, stop in sorted(found):
        if start >= end:
            wishes.append(text[start:stop].strip()[:_LONGEST_WISH])
            end = stop
    if not wishes:
        return []
    wishes = list(dict.fromkeys(wishes))
    return [
        {
            "en": "Not taken into account: " + ", ".join(f"“{one}”" for one in wishes) + ".",
            "ja": "".join(f"「{one}」" for one in wishes) + "は考慮できていません。",
        }
    ]


def _unheeded_speeds(tool: Tool, marked: Marked) -> list[Span]:
    speeds = [span for span in marked.spans if span.kind == "TPS"]
    return [] if tool in _WITH_SPEED and any(one.hint == "least" for one in speeds) else speeds


def which_model(
    tool: Tool, args: dict[str, Any], before: dict[str, Any], previous: Tool | None
) -> tuple[Tool, dict[str, Any], list[dict[str, str]]]:
    """Return a call that says which model it is about, and a note where that was chosen for the person.

    After a list "it" is the first of it; after a comparison a question of fit or of facts is answered for all compared,
    any other for the first.
    """
    if tool not in SINGLE_MODEL or args.get("model"):
        return tool, args, []
    compared = list(before.get("models") or [])
    if len(compared) > 1:
        shared = {name: value for name, value in args.items() if name in ARGUMENTS["compare"].model_fields}
        if set(args) - set(shared) <= {"field"} and tool != "finetune_memory":
            return "compare", {"models": compared, **shared}, []
        return tool, {"model": compared[0], **args}, [_first(compared[0])]
    if previous in _WITH_LIST:
        return tool, {"model": "@1", **args}, [_FIRST_OF_LIST]
    return tool, args, []


_FIRST_OF_LIST = {
    "en": "This is about the first of the list; say “the second one” for another.",
    "ja": "一覧の1番目について答えます。ほかのモデルは「2番目は？」のように聞いてください。",
}


def _first(name: str) -> dict[str, str]:
    return {
        "en": f"This is about {name}; name another of the compared models to ask about it.",
        "ja": f"{name} について答えます。ほかのモデルは名前を挙げて聞いてください。",
    }


def asks_fit(marked: Marked) -> bool:
    """Tell whether a question is nothing but a size and a machine or memory: "70b on a 3060", 「13BのVRAMは？」.

    Beside a speed there may be more words: "is 20 tokens/s realistic for a 32B on a 3090?".
    """
    kinds = {span.kind for span in marked.spans}
    rest = _without_values(marked)
    if "MOD" not in kinds and kinds & {"GPU", "MAC", "GB"} and _BARE["run_size"].search(marked.text):
        return True
    if kinds & {"MOD", "PAR"} and kinds & {"GPU", "MAC", "GB"} and "TPS" in kinds:
        return not _BARE["limit"].search(rest)
    if "PAR" not in kinds or "MOD" in kinds or "REF" in kinds or _BARE["limit"].search(rest):
        return False
    left, words = _BARE["fit"].subn(" ", rest)
    return bool(words or kinds & {"GPU", "MAC", "GB", "QNT"}) and not _BARE["filler"].sub("", left)


def at_once(text: str) -> bool:
    """Tell whether people or requests are said to come at the same time."""
    return bool(_BARE["at_once"].search(text))


def users_at_once(spans: Iterable[Span], text: str, *, told: bool = False) -> int | None:
    """Return how many are said to come at the same time: of several numbers the one nearest to those words.

    `told`: they were spoken of before, so that a number of people alone is meant so.
    """
    places = [found.span() for found in _BARE["at_once"].finditer(text)]
    users = [span for span in spans if (span.kind, span.hint) == ("NUM", "users")]
    if not users or not (places or told):
        return None
    places = places or [(0, 0)]
    nearest = min(users, key=lambda one: min(max(one.start - end, start - one.end, 0) for start, end in places))
    return int(str(nearest.value))


def asks_training(marked: Marked, tool: Tool) -> bool:
    """Tell whether a question read as one about running or knowing asks for the memory that training takes.

    About the largest size or whether a model fits it need only speak of training; else it names a model or size and
    asks what the training needs, or says nothing beside them and a machine: "lora on a 32b, 64gb".
    """
    kinds = {span.kind for span in marked.spans}
    if tool == "max_size" or not kinds & {"MOD", "PAR"} or not _TRAINING.search(marked.source):
        return tool == "max_size" and bool(_TRAINING.search(marked.source))
    if tool not in ("explain", "fit", "recommend", "clarify", "out_of_scope"):
        return False
    if tool == "fit":
        return not _BARE["not_trained"].search(marked.source)
    rest = _without_values(marked)
    if _BARE["limit"].search(rest):
        return False
    if tool != "recommend" and _BARE["training_need"].search(marked.source):
        return True
    if kinds & {"GPU", "MAC", "GB"} and _BARE["feasible"].search(marked.source):
        return True
    for said in (_TRAINING, _BARE["fit"], _BARE["machine"], _BARE["filler"]):
        rest = said.sub(" ", rest)
    return bool(kinds & {"GPU", "MAC", "GB"}) and not rest.strip()


def speaks_of_models(marked: Marked) -> bool:
    """Tell whether anything in a question ties it to models: a name, a card, a size, or a word of the field."""
    named = any(span.kind not in _OF_ANYTHING for span in meant(marked))
    return named or bool(_BARE["field"].search(without_homonyms(marked.source)))


def speaks_of_before(marked: Marked) -> bool:
    """Tell whether a question of a message names no model and is about the answer to an earlier one: "its licence?"."""
    named = any(span.kind in ("MOD", "REF") for span in marked.spans)
    return not named and bool(_BACK["to_before"].search(marked.source))


def wants_any(marked: Marked) -> bool:
    """Tell whether a text is nothing but a machine and "LLM" or the like: "iPhone 15 Pro llm?", 「ラズパイのLLM」."""
    machine = [span for span in marked.spans if span.kind in ("GPU", "MAC", "GB")]
    left, said = _BACK["llm"].subn(" ", _without_values(replace(marked, spans=tuple(machine))))
    if not said or not (machine or HANDHELD.search(marked.source)):
        return False
    for words in (HANDHELD, _EDITION, _BARE["fit"], _BARE["filler"]):
        left = words.sub(" ", left)
    return not left.strip()


_ASKING = re.compile("いくつ|いくら|どのくらい|どれくらい|どれほど")
_LETTER = re.compile(r"[^\W\d_]")
_UNITS = re.compile(r"(?<![a-z])(?:v?ram|[cg]pu|g[bi]?b?|llm|ai|pc|api|x)(?![a-z])")
_EDITION = re.compile(r"(?<![a-z])(?:pro|max|mini|plus|air)(?![a-z])|\d+")


def is_chore(marked: Marked) -> bool:
    """Tell whether a text tells its reader to do something itself: "write me a toast", "translate into German: ..."."""
    return bool(_BARE["chore"].search(marked.source))


def states_usage(marked: Marked) -> bool:
    """Tell whether tokens per month are told and nothing is asked to be explained: a choice by cost is wanted."""
    used = any(span.kind == "USE" and span.hint in ("", "input", "output") for span in marked.spans)
    return used and not _EXPLAIN.search(marked.source)


def goes_on(marked: Marked, tool: Tool, previous: Tool) -> bool:
    """Tell whether a turn that seems to say nothing changes a value of the turn before: "what about two of them?"."""
    if previous in _SAYS_NOTHING or tool not in _SAYS_NOTHING:
        return False
    if not marked.spans:
        return is_bare(marked) or _is_handheld(marked.source)
    if all((span.kind, span.hint) == ("NUM", "users") for span in marked.spans) and _BARE["grown"].search(
        marked.source
    ):
        return previous in ("recommend", "fit")
    return not _BARE["filler"].sub("", _without_values(marked))


def mended(marked: Marked, previous: Tool | None, known: Mapping[str, Any]) -> Tool | None:
    """Return the tool that a turn of nothing but an amount of memory asks again; None for any other turn.

    After a fact about a recommended model that is the recommendation. `known`: what was said, by argument name.
    """
    if previous is None or bare_memory(marked) is None:
        return None
    if previous in _ON_MACHINE:
        return previous
    return "recommend" if previous == "model_info" and "hosting" in known and "hardware" in known else None


def stands_alone(tool: Tool, args: Mapping[str, Any], marked: Marked) -> bool:
    """Tell whether a turn is a wish of its own, which says what the model is for and what it runs on."""
    own = tool == "recommend" and "task" in args and "hardware" in args
    return own and bool(_BACK["whole_wish"].search(marked.source)) and not _BACK["to_last"].search(marked.source)


def is_name_alone(marked: Marked) -> bool:
    """Tell whether a turn is nothing but the name of a model: "and Gemini 2.5 Flash?", 「Qwen3 8Bだといくつ」."""
    named = any(span.kind == "MOD" for span in marked.spans)
    return named and not _BARE["filler"].sub("", _ASKING.sub("", _without_values(marked)))


def wordless(marked: Marked) -> bool:
    """Tell whether a text has no word of any language: names, numbers and units of both alone, or mere marks."""
    return not _LETTER.search(_UNITS.sub(" ", _without_values(marked)))


def _is_handheld(text: str) -> bool:
    """Tell whether a text is nothing but the name of a phone or the like: "iPhone 16 Proです"."""
    left = text.casefold()
    for words in (HANDHELD, _EDITION, _BARE["filler"]):
        left = words.sub(" ", left)
    return bool(HANDHELD.search(text)) and not left.strip()


def _without_values(marked: Marked) -> str:
    pieces, at = [], 0
    for span in marked.spans:
        pieces.append(marked.source[at : span.start])
        at = span.end
    return re.sub(r"\s+", " ", " ".join([*pieces, marked.source[at:]])).casefold()
