"""What a question states and the reading leaves aside: quantisations compared, users, kinds, open weights, training."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.calls import CLOSED, OUTSIDE, TASKS, Call

if TYPE_CHECKING:
    from assistant.reader.marking import Tables
    from assistant.reader.units import Span
    from knowledge.catalog import Catalog

SMALL_B, SMALLEST_B = 8, 4  # billions of parameters: what laptops and phones run well, as an assumption
MANY = ("en", "zh", "ja", "es", "fr", "de")  # languages that a multilingual model has to know, as an assumption
_OF_THE_NEXT = re.compile(
    r"[\s-]*(?:(?:量子化)?(?:した|済みの?|版)?の?|quanti[sz]ed|(?:version |quant )?of(?: the)?)[\s-]*", re.I
)
_KIND_OF = {"reranker": "embedding", "tts": "speech", "ocr": "vision"}


def with_quants(call: Call, question: str, tables: "Tables") -> Call:
    """Return a `compare` call with each model's stated quantisation as part of its name, any other call as it is.

    A quantisation belongs to the model right behind it ("8-bit Qwen3 32B"), else to the one before it; one that stands
    before every model to the first. A model that is named with two is compared with itself.
    """
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    models = call.arguments().get("models")
    if call.tool != "compare" or not models:
        return call
    stated: dict[str, list[str]] = {}
    waiting: list[str] = []
    last: str | None = None
    text = clean(question)
    spans = sorted(find_spans(text, tables), key=lambda one: one.start)
    for span, after in zip(spans, [*spans[1:], None], strict=False):
        if span.kind == "MOD":
            last = str(span.value)
            stated.setdefault(last, []).extend(waiting)
            waiting = []
        elif span.kind == "QNT" and (last is None or (after and _stands_before(span, after, text))):
            waiting.append(str(span.value))
        elif span.kind == "QNT" and last is not None:
            stated[last].append(str(span.value))
    named = [f"{model} {quant}" for model in models for quant in dict.fromkeys(stated.get(model, ()))]
    bare = [model for model in models if not stated.get(model)]
    if not named:
        return call
    order = sorted([*named, *bare], key=lambda name: models.index(name if name in models else name.rsplit(" ", 1)[0]))
    return call.with_arguments({**call.arguments(), "models": order})


def _stands_before(quant: "Span", after: "Span", text: str) -> bool:
    """Tell whether a quantisation is said of the model behind it: 「8bitのQwen3」, "8-bit Qwen3", "Q8 of Qwen3"."""
    return after.kind == "MOD" and bool(_OF_THE_NEXT.fullmatch(text[quant.end : after.start]))


def with_users(call: Call, question: str, tables: "Tables") -> Call:
    """Return a `recommend` call with the users that a question says are served at once, any other call as it is.

    How many people a company or a team has is no such number, unless it was told before ("and with 30 people?").
    """
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean
    from assistant.reader.unsaid import at_once, users_at_once

    text = clean(question)
    told = "users" in call.arguments()
    if call.tool != "recommend" or not (told or at_once(text)):
        return call
    users = users_at_once(find_spans(text, tables), text, told=told)
    return call if users is None else call.with_arguments({**call.arguments(), "users": users})


def with_least_speed(call: Call, question: str, *, talking: bool = False) -> Call:
    """Return a call with the least tokens per second that a question asks for: a condition, or what `fit` is asked.

    `talking`: something was asked before, so that "and with at least 50 tokens?" is a speed.
    """
    from assistant.stated.speed import least_tokens_per_second

    heeded = call.tool in ("recommend", "max_size", "fit")
    wished = least_tokens_per_second(question, talking=talking) if heeded else None
    if wished is None:
        return call
    if call.tool == "fit":
        others = tuple(one for one in call.asks if one.partition(" ")[0] != "speed")
        return replace(call, asks=(*others, f"speed {wished:g}"))
    return call.with_arguments({**call.arguments(), "min_speed": wished})


def with_training(call: Call, question: str, tables: "Tables") -> Call:
    """Return a `finetune_memory` call with the settings that a question states, any other call as it is."""
    from assistant.reader.marking import mark
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean
    from assistant.reader.training import training_from

    text = clean(question)
    settings = training_from(mark(text, find_spans(text, tables))) if call.tool == "finetune_memory" else {}
    if not settings:
        return call
    before = call.arguments().get("training", {})  # of an earlier question
    return call.with_arguments({**call.arguments(), "training": before | settings})


def with_variant(call: Call, question: str) -> Call:
    """Return a `recommend` call that tells rerankers, speaking and reading documents apart, any other as it is."""
    from assistant.reader.lexicon import patterns

    args = call.arguments()
    said = [name for name, pattern in patterns("kinds").items() if pattern.search(question)]
    wanted = next((name for name in said if _KIND_OF[name] == args.get("task")), None)
    if call.tool != "recommend" or args.get("variant") or wanted is None:
        return call
    return call.with_arguments({**args, "variant": wanted})


def with_open_weights(call: Call, question: str) -> Call:
    """Return a `recommend` call without closed models where open ones are asked for, any other call as it is."""
    from assistant.reader.lexicon import pattern

    if call.tool != "recommend" or not pattern("open_models").search(question):
        return call
    excluded = [*call.arguments().get("exclude", []), CLOSED]
    return call.with_arguments({**call.arguments(), "exclude": list(dict.fromkeys(excluded))})


def with_small(call: Call, question: str) -> tuple[Call, tuple[dict[str, str], ...]]:
    """Return a `recommend` call for a small model with the size that is taken for small, and a note that says so."""
    from assistant.reader.lexicon import pattern
    from assistant.reader.text import clean

    args = call.arguments()
    if call.tool != "recommend" or "max_params_b" in args or args.get("task") == "edge":
        return call, ()
    text = clean(question)
    said = [(pattern("smallest").search(text), SMALLEST_B), (pattern("small").search(text), SMALL_B)]
    found = next(((one[0], size) for one, size in said if one), None)
    if found is None:
        return call, ()
    words, size = found
    note = {
        "en": f"“{words}”: models of up to {size}B were looked at; name a size for another limit.",
        "ja": f"「{words}」は {size}B までとして選びました。別の上限はサイズを書いてください。",
    }
    return call.with_arguments({**args, "max_params_b": size}), (note,)


def with_kind_of_family(call: Call, catalog: "Catalog") -> Call:
    """Return a `recommend` call without a task for models of a family alone with what these are made for.

    "Which Whisper for a 4 GB card?" wants a model that hears; families that write say nothing.
    """
    from assistant.choosing.traits import kind
    from knowledge.spelling import normalise

    args = call.arguments()
    wished = [one.removeprefix(OUTSIDE) for one in args.get("exclude", ()) if one.startswith(OUTSIDE)]
    if call.tool != "recommend" or args.get("task") or len(wished) != 1:
        return call
    family = normalise(wished[0])
    kinds = {kind(one) for one in catalog.models.values() if one.family and normalise(one.family).startswith(family)}
    made_for = next(iter(kinds), None)
    return call.with_arguments({**args, "task": made_for}) if len(kinds) == 1 and made_for in TASKS else call


def with_many_languages(call: Call, question: str) -> tuple[Call, tuple[dict[str, str], ...]]:
    """Return a `recommend` call for a multilingual model with the languages that are taken for many, and a note."""
    from assistant.reader.lexicon import patterns
    from assistant.reader.text import clean
    from assistant.sentences import both, enumerate_names, language_name

    args = call.arguments()
    if (
        call.tool != "recommend"
        or args.get("languages")
        or not patterns("turns")["many_languages"].search(clean(question))
    ):
        return call, ()
    en, ja = (enumerate_names(one, [language_name(one, code) for code in MANY]) for one in ("en", "ja"))
    note = {"en": both("assume.many", names=en)["en"], "ja": both("assume.many", names=ja)["ja"]}
    return call.with_arguments({**args, "languages": list(MANY)}), (note,)


def with_memory_in_use(call: Call, question: str, catalog: "Catalog") -> tuple[Call, tuple[dict[str, str], ...]]:
    """Return a call whose hardware is without the memory that other programs are said to take, with a note.

    "RTX 4070, 3 GB are taken by the desktop" leaves 9 GB. One card's memory, or else the RAM; calls without stated
    hardware, with several cards, or with no more memory than is taken stay as they are.
    """
    from assistant.reader.lexicon import pattern
    from assistant.reader.text import clean

    args = call.arguments()
    hardware = dict(args.get("hardware") or {})
    said = pattern("memory_in_use").search(clean(question))
    if said is None or hardware.get("gpu_count", 1) > 1:
        return call, ()
    card = catalog.gpus.get(hardware.get("gpu") or "")
    name = "ram_gb" if "ram_gb" in hardware and "vram_gb" not in hardware and card is None else "vram_gb"
    taken = float(next(one for one in said.groups() if one))
    stated = hardware.get(name)
    smallest = card.memory_gb[0] if card is not None else None  # of the sizes that it is sold with
    whole = stated if stated not in (None, taken) else smallest
    if not whole or taken >= whole:
        return call, ()
    left = round(whole - taken, 2)
    note = {
        "en": f"{taken:g} of {whole:g} GB were taken as in use by other programs, so {left:g} GB are left.",
        "ja": f"{whole:g} GB のうち {taken:g} GB はほかのプログラムの分として、残りの {left:g} GB で計算しました。",
    }
    return call.with_arguments({**args, "hardware": hardware | {name: left}}), (note,)
