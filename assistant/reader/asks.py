"""What of an answer a question is after where no argument holds it: "images", "benchmark mmlu-pro", "users".

A tool's result holds these figures anyway (a card what a model reads, a verdict how many it serves): what is asked for
is told first. What the catalog does not hold is said to be missing instead of something else being told.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from assistant import definitions
from assistant.calls import Tool
from assistant.events import Language
from assistant.reader.assemble import excluded_name
from assistant.reader.decide import in_domain
from assistant.reader.lexicon import patterns
from assistant.reader.likeness import asks_who
from assistant.reader.machine import HANDHELD
from assistant.reader.marking import Marked, mark
from assistant.reader.practice import guide_question, practice
from assistant.stated.length_asked import asks_length
from knowledge.glossary import load_glossary

MISSING = ("cutoff", "max_output", "training_data", "rate_limit")  # no entry of the catalog holds these
_ALONE = ("explain", "fit", "recommend", "out_of_scope", "clarify", "model_info", "max_size")
_NOT_OF_ONE: tuple[Tool, ...] = ("recommend", "clarify", "explain", "out_of_scope")
BESIDE = "beside"  # of a call's `asks`, with the model whose place in the answer is asked for: "beside @1"
ABLE = "able"  # with a language: how good a model is in it
ABOUT = 1.2  # times a model's size: what is still of that size, as the 9B models are beside an 8B
_SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)b(?![a-z0-9])")
MACHINE = frozenset({"GPU", "MAC", "GB"})
_THE_ONE = re.compile(r"(?<![a-z])(?:this|that) one(?![a-z])")
_SERVICE: dict[Language, str] = {"en": "a cloud API service", "ja": "クラウドのAPI"}
COMPARED_FIELDS = ("licence", "context", "price", "release")  # of a model, by which several can be compared
_LONGEST = 60  # characters of a question about Mekiki itself, or about a pick
_SHORT = 40  # characters of a turn that says nothing but what it asks for
_CACHE_TYPES = {
    "FP16": "f16", "F16": "f16", "BF16": "bf16", "FP32": "f32", "F32": "f32", "Q8": "q8_0", "Q4": "q4_0",
    **{name: name.lower() for name in ("Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0", "IQ4_NL")},
}  # fmt: skip


@lru_cache(maxsize=1)
def _texts() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "asks.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def ask_patterns(name: str) -> dict[str, re.Pattern[str]]:
    """Return the compiled patterns of a table of asks.toml, by their names."""
    return {key: re.compile(value, re.IGNORECASE) for key, value in _texts()[name].items() if isinstance(value, str)}


def properties(marked: Marked) -> tuple[str, ...]:
    """Return the properties of a model that a question names beside those that `field` has, in the file's order."""
    told = {"maker": marked.source}  # "is it Chinese?": there the language is none
    return tuple(name for name, one in ask_patterns("properties").items() if one.search(told.get(name, marked.text)))


def asks_property(marked: Marked, tool: Tool, previous: Tool | None) -> bool:
    """Tell whether a question read as some other tool's asks what a single model can do, or what it is.

    A model must be named, or be the one spoken of: "can it also read images?", 「画像も読める？」.
    """
    kinds = _kinds(marked)
    found = set(properties(marked)) - {"currency", "tuning"}
    if tool not in _ALONE or not found or kinds & {"GPU", "MAC", "GB", "PAR", "USD"}:
        return False
    said, names = ask_patterns("one_model"), {span.value for span in marked.spans if span.kind in ("MOD", "REF")}
    if said["reasons"].search(marked.text) or len(names) > 1:
        return False
    if names:
        return tool in ("model_info", "fit", "max_size") or not said["wish"].search(marked.text)
    spoken = previous in ("recommend", "clarify", "fit", "model_info", "finetune_memory", "compare")
    if not spoken or not said["asking"].search(marked.source):
        return False
    return bool(said["it"].search(marked.text)) or not (said["wish"].search(marked.text) or marked.source.isascii())


def asks_file(marked: Marked, tool: Tool) -> bool:
    """Tell whether a question read as one about facts asks how large the file of a model or a size is."""
    one = len({span.value for span in marked.spans if span.kind in ("MOD", "PAR")}) == 1
    return tool in ("model_info", "explain") and one and bool(ask_patterns("quantities")["file"].search(marked.text))


def asks_of_pick(marked: Marked, tool: Tool, previous: Tool | None) -> bool:
    """Tell whether a turn after a recommendation asks something of its first pick: "and its licence?", "is it free?".

    What a pick should be ("it must be free", 「日本語ができるやつ」) is a wish for another choice.
    """
    if previous not in ("recommend", "clarify") or tool not in _NOT_OF_ONE:
        return False
    said = ask_patterns("one_model")
    if _kinds(marked) - {"LANG"} or len(marked.source) > _LONGEST:
        return False
    if said["reasons"].search(marked.text) or said["must"].search(marked.text):
        return False
    if said["of_pick"].search(marked.text) and not said["wish"].search(_THE_ONE.sub("", marked.text)):
        return True
    named = any(one.search(marked.text) for one in patterns("fields").values())
    return named and len(marked.source) <= _SHORT and bool(said["its"].search(marked.text)) and not _kinds(marked)


def field_of_pick(marked: Marked) -> str | None:
    """Return the property that such a turn is about without naming it: its licence, how good it is at something."""
    if ask_patterns("compared")["licence"].search(marked.text):
        return "licence"
    return "benchmarks" if ask_patterns("one_model")["able"].search(marked.text) and not marked.spans else None


def asks_figure(marked: Marked, tool: Tool, previous: Tool | None) -> bool:
    """Tell whether a turn asks nothing but a figure of the model it has just been told about: "how fast is it?"."""
    if previous not in ("recommend", "fit", "model_info") or tool in ("fit", "finetune_memory", "compare"):
        return False
    if _kinds(marked) or len(marked.source) > _SHORT or ask_patterns("one_model")["reasons"].search(marked.text):
        return False
    said = ask_patterns("quantities")
    names = ("speed", "users", "layers", "file", *(() if previous == "model_info" else ("context",)))
    asked_for = any(said[name].search(marked.text) for name in names)
    return asked_for or bool(said["cache"].search(marked.text) and said["amount"].search(marked.text))


def names_figure(marked: Marked) -> bool:
    """Tell whether a question names a figure of an answer about memory: "users at once", "the cache"."""
    return any(one.search(marked.text) for name, one in ask_patterns("quantities").items() if name != "amount")


def asks_others(marked: Marked, previous: Tool | None) -> bool:
    """Tell whether a turn after a recommendation asks for nothing but more of it: "any others?"."""
    return previous == "recommend" and bool(ask_patterns("one_model")["others"].search(marked.source.strip()))


def asks_which(marked: Marked, tool: Tool, previous: Tool | None) -> bool:
    """Tell whether a turn after a comparison asks which of the compared is lighter, freer, newer, or runs on a machine.

    Or the same of both: "and their licences?"; after a recommendation of several of its list.
    """
    if previous not in ("compare", "recommend") or tool not in (*_NOT_OF_ONE, "max_size", "fit", "model_info"):
        return False
    said, kinds = ask_patterns("one_model"), _kinds(marked)
    if previous == "compare" and said["so_which"].search(marked.source):
        return True
    if len(marked.source) > _SHORT or kinds - {"REF", "NUM", *MACHINE}:
        return False
    if kinds & MACHINE or HANDHELD.search(marked.source):
        return previous == "compare" and bool(said["holds"].search(marked.text))
    if said["reasons"].search(said["differ"].sub("", marked.text)):
        return False
    if previous == "recommend":
        of_several = said["several"].search(marked.source) or ("REF" in kinds and said["differ"].search(marked.text))
        return bool(of_several and (said["differ"].search(marked.text) or compared_by(marked)))
    both = not said["wish"].search(marked.text) and tool != "recommend"
    return bool(compared_by(marked)) and bool(said["which"].search(marked.text) or both)


def asks_machine(marked: Marked, previous: Tool | None) -> bool:
    """Tell whether a turn asks which machine would hold the model that was spoken of: "which card would do?"."""
    short = len(marked.source) <= _SHORT and not _kinds(marked) - {"REF"}
    asks = ask_patterns("one_model")["machine"].search(marked.text)
    return previous in ("fit", "finetune_memory") and short and bool(asks)


def of_these(marked: Marked) -> bool:
    """Tell whether a turn asks which of all the models that were listed: "which is the newest of these?"."""
    return bool(ask_patterns("one_model")["of_these"].search(marked.source))


def asks_why(text: str) -> bool:
    """Tell whether a short question asks for the reasons of what was just recommended."""
    short = len(text) <= _SHORT and practice(mark(text, ())) is None
    return short and bool(ask_patterns("one_model")["why"].search(text))


def asks_reasons(marked: Marked, tool: Tool, previous: Tool | None) -> bool:
    """Tell whether a turn after a recommendation asks for nothing but its reasons: "the reason for that?"."""
    told = previous in ("recommend", "clarify") and tool in _NOT_OF_ONE
    return (
        told
        and not _kinds(marked) - {"MOD", "LAB", "REF"}
        and (bool(not_picked(marked)) if _kinds(marked) else asks_why(marked.source))
    )


def not_picked(marked: Marked) -> tuple[str, ...]:
    """Return the models, families, labs and places of which a turn asks why they were not picked: "why not Llama?"."""
    if len(marked.source) > _LONGEST or not ask_patterns("one_model")["why_not"].search(marked.source):
        return ()
    named = [span for span in marked.spans if span.kind in ("MOD", "LAB", "REF")]
    return tuple(dict.fromkeys(excluded_name(span, marked) for span in named))


def asks_two(marked: Marked, tool: Tool) -> bool:
    """Tell whether a question read as one of knowledge asks which of several named models is the better."""
    models = {span.value for span in marked.spans if span.kind == "MOD"}
    said = ask_patterns("one_model")
    asking = said["which"].search(marked.text) and not said["reasons"].search(marked.text)
    return tool == "explain" and len(models) > 1 and bool(asking)


def asks_quants(marked: Marked, tool: Tool) -> bool:
    """Tell whether a question asks how quantisations of one model differ: "Q4 and Q8 of Qwen3 32B, which?"."""
    models = {span.value for span in marked.spans if span.kind == "MOD"}
    quants = {span.value for span in marked.spans if span.kind == "QNT"}
    if len(models) != 1 or len(quants) < 2 or "REF" in _kinds(marked) or (tool == "fit" and _kinds(marked) & MACHINE):
        return False
    said = ask_patterns("one_model")
    return bool(said["which"].search(marked.text) or said["differ"].search(marked.text))


def asks_still(marked: Marked, tool: Tool) -> str | None:
    """Return the model of which a question asks whether it is still a good choice, or what is newer of its size."""
    models = [str(span.value) for span in marked.spans if span.kind == "MOD" and span.hint != "unknown"]
    if len(set(models)) != 1 or _kinds(marked) & {"REF", "QNT", *MACHINE} or tool in ("fit", "finetune_memory"):
        return None
    return models[0] if ask_patterns("one_model")["still"].search(marked.source) else None


def asks_cloud(marked: Marked, previous: Tool | None) -> bool:
    """Tell whether a turn asks for nothing but the same from a service: "and in the cloud?", 「クラウドならどれ？」."""
    short = len(marked.source) <= _SHORT and not _kinds(marked)
    return previous is not None and short and bool(ask_patterns("one_model")["cloud"].search(marked.text))


def asks_lighter(marked: Marked, previous: Tool | None) -> bool:
    """Tell whether a turn after the answer about one model asks for a smaller one: "anything lighter?"."""
    of_one = previous in ("fit", "model_info", "finetune_memory")
    return of_one and not marked.spans and len(marked.source) <= _SHORT and wants_smaller(marked)


def compared_by(marked: Marked) -> tuple[str, ...]:
    """Return by what a question compares models; in a turn that names none a property alone is enough."""
    said, fields = ask_patterns("one_model"), patterns("fields")
    found = tuple(name for name, one in ask_patterns("compared").items() if one.search(marked.text))
    text = said["measure"].sub("", marked.text)
    named = tuple(name for name in COMPARED_FIELDS if fields[name].search(text))[:1]
    if not _kinds(marked) & {"MOD"}:
        return found or named
    return found if said["which"].search(marked.text) else named if said["differ"].search(marked.text) else ()


def fears_for_data(marked: Marked) -> bool:
    """Tell whether a question asks if data may be given to a model or service: a matter of privacy."""
    said = ask_patterns("privacy")
    if {"GPU", "MAC", "GB"} & _kinds(marked) or said["wish"].search(marked.text):
        return False
    if said["data"].search(marked.source) and said["given"].search(marked.source):
        return True
    sent = patterns("data")  # a question of a licence as well is answered beside it
    asks_where = sent["goes"].search(marked.source) and sent["apis"].search(marked.source)
    return bool(asks_where and not sent["legal"].search(marked.source))


def asks_meaning(marked: Marked, tool: Tool) -> bool:
    """Tell whether a question read as a wish or as none of the field asks what a term of the field means."""
    if tool not in ("out_of_scope", "recommend", "clarify") or marked.spans or len(marked.source) > _LONGEST:
        return False
    if not ask_patterns("one_model")["meaning"].search(marked.source):
        return False
    found = definitions.asked(marked.source, load_glossary())
    if found is None or tool == "out_of_scope":
        return found is not None and (found.term is not None or in_domain(mark(found.word, ())))
    return found.term is not None and not ask_patterns("one_model")["a_kind"].search(found.word)


def asks_mekiki(marked: Marked) -> Literal["can", "rests"] | None:
    """Return what is asked about Mekiki itself: what it can do, or what its answers rest on; None when nothing is."""
    if asks_who(marked) and len(marked.source) <= _LONGEST and (marked.spans or "mekiki" in marked.text):
        return "can"
    if marked.spans or len(marked.source) > _LONGEST:
        return None
    said = ask_patterns("mekiki")
    return "rests" if said["rests"].search(marked.source) else "can" if said["can"].search(marked.source) else None


def searched_for(marked: Marked, text: str, language: Language) -> str:
    """Return what to look for in the documents.

    A question about Mekiki or of practice is the guide's own; in a question of privacy any named service stands for all
    of them.
    """
    if about := asks_mekiki(marked):
        return str(_texts()["guide"][about][language])
    if asks_length(marked):
        return str(_texts()["guide"]["length"][language])
    if not fears_for_data(marked) and (topic := practice(marked)):
        return guide_question(topic, language)
    if not fears_for_data(marked):
        return text
    pieces, at = [], 0
    for span in marked.spans:
        if span.kind == "MOD":
            pieces += [marked.source[at : span.start], _SERVICE[language]]
            at = span.end
    return "".join([*pieces, marked.source[at:]]) if pieces else text


def _spoken(marked: Marked) -> tuple[str, ...]:
    """Return the languages that a question names, as "language ja"."""
    named = [span.value for span in marked.spans if span.kind == "LANG"]
    return tuple(dict.fromkeys(f"language {code}" for one in named if isinstance(one, tuple) for code in one))


def _kinds(marked: Marked) -> set[str]:
    return {span.kind for span in marked.spans}


def wants_smaller(marked: Marked) -> bool:
    """Tell whether a turn wants a model smaller than the one it was given, without saying how small."""
    return bool(ask_patterns("one_model")["smaller"].search(marked.text)) and "PAR" not in {
        one.kind for one in marked.spans
    }


def asked(tool: Tool, args: dict[str, Any], marked: Marked) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a call's arguments as what is asked for changes them, and what is asked for."""
    if tool == "model_info":
        return _of_a_model(args, marked)
    if tool == "compare":
        return args, (*compared_by(marked), *_spoken(marked))
    if tool in ("fit", "finetune_memory"):
        return _of_memory(tool, args, marked)
    if tool == "recommend" and (model := asks_still(marked, tool)):
        size = _SIZE.search(model)
        most = {"max_params_b": round(ABOUT * float(size[1]), 1)} if size else {}
        return {name: value for name, value in args.items() if name != "exclude"} | most, (f"{BESIDE} {model}",)
    named = tool != "recommend" or _kinds(marked) & {"MOD", "REF"}
    same = not named and ask_patterns("one_model")["same"].search(marked.source)
    return args, ((f"{BESIDE} @1",) if same else ())


def _of_a_model(args: dict[str, Any], marked: Marked) -> tuple[dict[str, Any], tuple[str, ...]]:
    named = [found[0] for found in ask_patterns("benchmarks")["names"].finditer(marked.source)]
    if named:
        same = _texts()["benchmarks"]["same"]
        return {**args, "field": "benchmarks"}, tuple(
            f"benchmark {same.get(one.casefold(), one)}" for one in dict.fromkeys(named)
        )
    found = properties(marked)
    field = args.get("field")
    if field == "languages" and "maker" in found:  # "is it Chinese?"
        return {name: value for name, value in args.items() if name != "field"}, ("maker",)
    if field == "languages" and not set(found) & set(MISSING):
        spoken = _spoken(marked)
        skilled = ask_patterns("one_model")["skilled"].search(marked.source)
        return args, (
            *(one for one in found if one != "currency"),
            *spoken,
            *(one.replace("language", ABLE, 1) for one in spoken if skilled),
        )
    if field == "price":
        return args, tuple(one for one in found if one == "currency")
    found = tuple(one for one in found if one != "currency")
    stated = field and patterns("fields")[field].search(marked.text) and not set(found) & set(MISSING)
    if found and not stated:
        args = {name: value for name, value in args.items() if name != "field"}
    return args, found


def _of_memory(tool: Tool, args: dict[str, Any], marked: Marked) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the quantities asked for; one that is stated is none. "KV cache at fp16" states the cache's type."""
    found = [name for name, pattern in ask_patterns("quantities").items() if pattern.search(marked.text)]
    if tool == "finetune_memory":
        return args, tuple(one for one in found if one == "cards")
    said = {span.hint or span.kind for span in marked.spans}
    stated = {name for name, kind in (("users", "users"), ("context", "CTX"), ("quant", "QNT")) if kind in said}
    asks = [one for one in found if one not in stated]
    if "hardware" in args and "cache" in asks and ("KV" in said or "amount" not in asks):
        asks.remove("cache")  # whether it fits is asked, with a cache of that type
    return args, tuple(asks)


def of_the_cache(args: dict[str, Any], asks: tuple[str, ...], marked: Marked) -> dict[str, Any]:
    """Return a call's arguments, a quantisation as the type of the cache where that is what is asked about.

    One that stands right behind a model's name is the model's.
    """
    said = [span for span in marked.spans if span.kind == "QNT"]
    kv_type = _CACHE_TYPES.get(str(said[0].value)) if len(said) == 1 else None
    if "cache" not in asks or kv_type is None or args.get("quant") != said[0].value:
        return args
    if any(0 <= said[0].start - span.end <= 1 for span in marked.spans if span.kind in ("MOD", "PAR")):
        return args
    return {name: value for name, value in args.items() if name != "quant"} | {"kv_type": kv_type}
