"""Labels and spans to arguments, and back: code decides the values, VRAM or RAM, counts and codes."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from assistant.calls import Tool
from assistant.reader import makers
from assistant.reader.agreeing import names_agree
from assistant.reader.cards import belongs_to, mistaken_memory, own_cards
from assistant.reader.labels import TOOL_GROUPS, TOOL_ROLES, Labels, roles_for
from assistant.reader.lexicon import lexicon
from assistant.reader.lexicon import pattern as pattern_of
from assistant.reader.lexicon import patterns as patterns_of
from assistant.reader.marking import Marked, Tables
from assistant.reader.named_task import names_only_a_language, task_of
from assistant.reader.negation import denies_commercial_use, passed_over, ruled_out, unused
from assistant.reader.spans import same_name
from assistant.reader.tables import letters_of
from assistant.reader.units import Span, quantisations

_MAC = r"(?<![a-z])(?:imac|mac(?:book|mini|studio|s?(?![a-z])))|マック(?:ブック|ミニ)|iphone|ipad"
_APPLE = re.compile(_MAC, re.I)
_UNIFIED_MACHINE = patterns_of("machine")["unified"]
_FOUR_BITS = ("Q4", "NF4", "FP4")  # of the model under the adapters, which makes it QLoRA
_TUNING_WORDS = {
    "qlora": re.compile(
        r"q-?lora|qローラ|キューローラ|(?:4-?bit|nf4|quanti[sz]ed|量子化|4ビット).{0,30}(?:lora|adapter|アダプタ)|"
        r"(?:lora|adapter|アダプタ).{0,20}(?:4-?bit|quanti[sz]ed|量子化|4ビット)",
        re.I,
    ),
    "lora": re.compile(r"(?<![a-z])lora|ローラ|低ランク|アダプタ|adapter", re.I),
    "full": re.compile(
        r"full|フル|全パラメ|全層|全重み|all (?:the |of the )?(?:weights|parameters)|every (?:weight|"
        r"parameter|layer)|entire|train(?:ing)? all|all layers|全部の(?:重み|パラメ|層)|まるごと|丸ごと",
        re.I,
    ),
}


_MATTERS_MOST = patterns_of("matters_most")
_AT_WORK = patterns_of("at_work")["company"]


_INSTEAD = {
    ("variant", "reasoning"): {"variant": "instruct"},
    ("hosting", "api"): {"hosting": "local"},
}  # what a question wants that rules a value out


def matters_most(text: str) -> str | None:
    """Return the priority that a question names as what matters most, None when it names none or several."""
    said = [name for name, pattern in _MATTERS_MOST.items() if pattern.search(text)]
    return said[0] if len(said) == 1 else None


def to_args(labels: Labels, marked: Marked, *, conversation: bool = False) -> dict[str, Any]:
    """Return the tool's arguments: only what labels and spans say together; unsupported values are dropped.

    In a conversation a count of GPUs may stand alone, for `merge` to add to the GPU named before.
    """
    args: dict[str, Any] = {}
    for group in TOOL_GROUPS[labels.tool]:
        value = labels.values.get(group)
        if value is None or group == "nogpu" or (group == "method" and not _TUNING_WORDS[value].search(marked.source)):
            continue
        if value == "lora" and any(span.kind == "QNT" and span.value in _FOUR_BITS for span in marked.spans):
            value = "qlora"
        args[group] = True if value == "true" else value
    if names_only_a_language(marked):
        args.pop("task", None)
    if labels.tool == "recommend":
        if first := matters_most(marked.source):
            args["priority"] = first
        if task := task_of(args.get("task"), marked):
            args["task"] = task
        if _AT_WORK.search(marked.source):
            args["commercial_use"] = True
        if weighs_an_api(marked.source) and _EITHER["own"].search(marked.source):
            args["hosting"] = "any"
    if denies_commercial_use(marked.source):
        args.pop("commercial_use", None)
    for name, value in ruled_out(marked.source):
        if args.get(name) == value:
            del args[name]
            args |= _INSTEAD.get((name, value), {})
        elif name == "variant" and labels.tool == "recommend":
            args.setdefault(name, "instruct")
    spans = dict(marked.placeholders) | makers.further(marked)
    used = {
        name: role
        for name, role in labels.roles.items()
        if name in spans and role in roles_for(labels.tool, name, spans[name])
    }
    _use_cards(labels.tool, used, spans, marked.source)
    makers.leave_out(labels.tool, used, spans, marked.source, conversation=conversation)
    _use_names(labels.tool, used, spans, marked.source)
    _add_lists(labels.tool, args, [(role, spans[name]) for name, role in used.items()], marked)
    hardware = _hardware(labels, used, marked, 1 if conversation else 2)
    if set(hardware) == {"gpu_count"} and not conversation:
        hardware = {}
    if hardware and labels.tool not in ("model_info", "explain", "out_of_scope", "clarify"):
        args["hardware"] = hardware
        if labels.tool == "recommend" and (len(hardware) > 1 or hardware.get("gpu", "") is not None):
            if weighs_an_api(marked.source):
                args["hosting"] = "any"
            args.setdefault("hosting", "local")  # the user's own hardware implies local
    if labels.tool == "explain":
        args["query"] = marked.source[:20_000]
    return args


def _use_cards(tool: Tool, used: dict[str, str], spans: dict[str, Span], text: str) -> None:
    """Give the card that is there its role, none to one that is gone, and a number of cards its only possible one.

    A number of cards without a named card counts cards of the only memory size ("16GB x2").
    """
    if "hw" in TOOL_ROLES[tool].get("GPU", ()):
        mine = own_cards(used, spans, text)
        for name, span in spans.items():
            if span.kind in ("GPU", "MAC"):
                used[name] = "hw" if name in mine[:1] else "no"
    cards = [name for name, role in used.items() if role == "hw" and spans[name].kind == "GPU"]
    sizes = [name for name, role in used.items() if role == "vram" and not any(r == "hw" for r in used.values())]
    counted = [name for name, span in spans.items() if span.hint == "gpus" and "gpus" in roles_for(tool, name, span)]
    named = [span for span in spans.values() if span.kind == "GPU"]
    kinds = {span.value for span in named}
    together = len(kinds) > 1 and len(counted) == 1 and all(one.end < spans[counted[0]].start for one in named)
    if together and spans[counted[0]].value == len(kinds):
        used[counted[0]] = "no"  # "a 3060 and a 1070, two cards": one of each
    elif len(cards or sizes) == 1 == len(counted):
        used[counted[0]] = "gpus"


def _use_names(tool: Tool, used: dict[str, str], spans: dict[str, Span], text: str) -> None:
    """Let a comparison have every model that is named, and a question of memory the size that stands for a model.

    What is named as not meant ("not the 4B, the 12B") has no role where something else is meant.
    """
    names = [name for name, span in spans.items() if {"model", "max"} & set(roles_for(tool, name, span))]
    meant = [name for name in names if not passed_over(spans[name], text)]
    if meant and (tool != "compare" or len(meant) > 1):
        used |= {name: "no" for name in names if name not in meant}
        names = meant
    names = [name for name in names if "model" in roles_for(tool, name, spans[name])]
    if tool == "compare":
        used |= {name: "model" for name in names if spans[name].kind == "MOD" and used.get(name) != "exclude"}
    elif tool in ("fit", "finetune_memory") and not any(used.get(name) == "model" for name in names):
        named = [name for name in names if spans[name].kind != "PAR"] or names
        used |= dict.fromkeys(named[:1], "model")


def _add_lists(tool: Tool, args: dict[str, Any], used: list[tuple[str, Span]], marked: Marked) -> None:
    """Fill in everything that is not hardware; the first of several single values wins."""
    models = [span for role, span in used if role == "model" and span.kind in ("MOD", "REF")]
    sizes = [f"{span.value:g}B" for role, span in used if role == "model" and span.kind == "PAR"]
    names = list(dict.fromkeys(str(span.value) for span in models)) or sizes
    if tool == "compare" and (names or sizes):
        args["models"] = [*names, *(sizes if names is not sizes else [])][:12]
    elif names:
        args["model"] = names[0]
    for role, span in used:
        if role == "ctx":
            args.setdefault("context_tokens", span.value)
        elif role == "quant":
            args.setdefault("quant", span.value)
        elif role == "kv":
            args.setdefault("kv_type", span.value)
        elif role == "users":
            args.setdefault("users", span.value)
        elif role == "count" and isinstance(span.value, int) and span.value <= 50:
            args.setdefault("count", span.value)
        elif role == "max":
            args.setdefault("max_params_b", _plain(span.value))
        elif role == "price":
            args.setdefault("max_price", _plain(span.value))
        elif role == "lang" and isinstance(span.value, tuple):
            args["languages"] = list(dict.fromkeys([*args.get("languages", []), *span.value]))
        elif role == "lic":
            args["licences"] = list(dict.fromkeys([*args.get("licences", []), span.value]))
        elif role == "exclude":
            args["exclude"] = list(dict.fromkeys([*args.get("exclude", []), excluded_name(span, marked)]))
    if wished := [excluded_name(span, marked) for role, span in used if role == makers.WISHED]:
        args["exclude"] = [*args.get("exclude", []), makers.only(wished)]


_FAMILY_NAMES: dict[str, str] = {letters_of(name): said for name, said in lexicon()["family_names"].items()}


def excluded_name(span: Span, marked: Marked) -> str:
    """Return what to exclude: a family when only the family was named, else the model."""
    written = marked.source[span.start : span.end].strip()
    if span.kind == "MOD" and not re.search(r"\d", written):
        return _FAMILY_NAMES.get(letters_of(written), written)
    return str(span.value)


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _hardware(labels: Labels, used: dict[str, str], marked: Marked, least: int) -> dict[str, Any]:
    spans = dict(marked.placeholders)
    used = {name: role for name, role in used.items() if name in spans}
    cards = [spans[name] for name, role in used.items() if role == "hw"]
    used = {name: role for name, role in used.items() if all(belongs_to(spans[name], card, spans) for card in cards)}
    set_aside = [span for span in spans.values() if span.kind == "GPU" and unused(span, marked.source)]
    if not cards:
        used = {name: role for name, role in used.items() if not _beside_card(spans[name], set_aside, marked)}
    hardware: dict[str, Any] = {}
    if cards:
        hardware["gpu"] = cards[0].value
    elif (
        "nogpu" in labels.values or set_aside or ("nogpu" in TOOL_GROUPS[labels.tool] and _NO_GPU.search(marked.source))
    ):
        hardware["gpu"] = None
    for name, role in used.items():
        span = spans[name]
        if role == "gpus" and isinstance(span.value, int) and least <= span.value <= 1024:
            hardware.setdefault("gpu_count", span.value)
        elif role in ("vram", "ram"):
            where = _memory_kind(role, span, cards, marked)
            if f"{where}_gb" not in hardware or _beside_card(span, cards, marked):
                hardware[f"{where}_gb"] = _plain(span.value)
    if "vram" in TOOL_ROLES[labels.tool].get("GB", ()):
        left = [span for name, span in spans.items() if used.get(name) not in ("vram", "ram")]
        hardware |= _other_memory(hardware, cards, left, marked.source)
    if "vram_gb" in hardware and hardware.get("gpu", "") is None:
        del hardware["gpu"]  # whoever states a card's memory has a card
    return hardware


def _other_memory(hardware: dict[str, Any], cards: list[Span], left: list[Span], text: str) -> dict[str, Any]:
    """Return the VRAM that is stated beside RAM that was taken, or the other way round: "16GB VRAM and 64GB RAM"."""
    known = [name for name in ("vram", "ram") if f"{name}_gb" in hardware]
    if len(known) != 1 or any(card.kind == "MAC" for card in cards) or _IN_USE.search(text):
        return {}
    other = "ram" if known == ["vram"] else "vram"
    said = [span for span in left if span.kind == "GB" and span.hint == other]
    return {f"{other}_gb": _plain(said[0].value)} if len(said) == 1 else {}


_IN_USE = pattern_of("memory_in_use")


_NO_GPU = patterns_of("flags")["nogpu=true"]


_EITHER = patterns_of("either")


def weighs_an_api(text: str) -> bool:
    """Tell whether an API is weighed against one's own machine: both are then candidates."""
    return bool(_EITHER["weighed"].search(text)) and not _EITHER["ruled_out"].search(text)


def _memory_kind(role: str, span: Span, cards: list[Span], marked: Marked) -> str:
    """VRAM or RAM: what stands beside the figure decides, then the kind of machine, then the model's opinion."""
    if any(card.kind == "MAC" for card in cards) or (not cards and _APPLE.search(marked.source)):
        return "ram"
    text = _TOO_LITTLE.sub("", marked.source)  # "out of memory on 12 GB" speaks of no RAM
    if span.hint in ("vram", "ram") and (text == marked.source or _MEMORY.search(text)):
        machine = span.hint == "vram" or not _beside_card(span, cards, marked)
        return span.hint if machine else "vram"
    if _beside_card(span, cards, marked):
        return "vram"
    if not cards and (_UNIFIED_MACHINE.search(marked.source) or _NO_GPU.search(marked.source)):
        return "ram"
    if not cards and _CARD.search(marked.source) and not _MEMORY.search(marked.source):
        return "vram"
    if not cards and _PLAIN.search(marked.source) and not _GRAPHICS.search(marked.source):
        return "ram"
    return role if cards or text == marked.source else "vram"


# A graphics card is spoken of, and no memory but the one a bare figure must be: its own.
_CARD = re.compile(r"グラボ|グラ(?:フィックス?)?(?:ボード|カード)|ビデオカード|\b(?:graphics|video) cards?\b", re.I)
_PLAIN, _GRAPHICS, _TOO_LITTLE = (patterns_of("machine")[name] for name in ("plain", "graphics", "too_little"))
_MEMORY = re.compile(r"(?<![a-z])ram\b|メモリ|\bmemory\b", re.I)
_ASIDE = re.compile(r"[,、+&と]")


def _beside_card(span: Span, cards: list[Span], marked: Marked) -> bool:
    """Tell whether the figure directly follows a card's name: "RTX 3060 12GB", "A100(80GB)"."""
    return any(
        0 <= span.start - card.end <= 2 and not _ASIDE.search(marked.source[card.end : span.start])
        for card in cards
        if card.kind == "GPU"
    )


_TOGETHER = patterns_of("cards")["together"]


def sold_memory(hardware: dict[str, Any], marked: Marked, sizes: Mapping[str, tuple[float, ...]]) -> dict[str, Any]:
    """Return the hardware with a figure above what its card is sold with taken as RAM: "RTX 4070 Super, 32GB".

    `sizes` tells the GB each card is sold with. What stands right beside the card's name or is called VRAM stays; the
    memory of several cards together ("two P40s, 48GB") is that of one of them times their number. What a card is
    wrongly said to have goes.
    """
    size, known = hardware.get("vram_gb"), sizes.get(str(hardware.get("gpu")))
    if size is None:
        return hardware
    if any(figure.value == size for _, figure in mistaken_memory(marked.spans, marked.source, sizes)):
        return {name: value for name, value in hardware.items() if name != "vram_gb"}
    cards = [span for _, span in marked.placeholders if span.kind == "GPU"]
    figures = [span for _, span in marked.placeholders if span.kind == "GB" and span.value == size]
    beside = any(_beside_card(span, cards, marked) for span in figures)
    share = size / hardware.get("gpu_count", 1)
    if share < size and not beside and (share in known if known else _TOGETHER.search(marked.source)):
        return hardware if known and size in known else hardware | {"vram_gb": _plain(share)}
    if not known or "ram_gb" in hardware or size <= 1.1 * max(known):
        return hardware
    if not figures or beside or any(span.hint == "vram" for span in figures):
        return hardware
    return {name: value for name, value in hardware.items() if name != "vram_gb"} | {"ram_gb": size}


def plain_board(hardware: dict[str, Any], boards: Collection[str]) -> dict[str, Any]:
    """Return the hardware of a board whose GPU runs no model by its stated memory alone, which is what counts."""
    if hardware.get("gpu") in boards and "ram_gb" in hardware:
        return {name: value for name, value in hardware.items() if name != "gpu"}
    return hardware


def from_args(tool: Tool, args: dict[str, Any], marked: Marked, tables: Tables) -> tuple[Labels, list[str]]:
    """Return the labels that express a labelled call on this question, and the values no span accounts for."""
    values = {}
    for group in TOOL_GROUPS[tool]:
        value = args.get(group)
        if value is not None and value is not False:
            values[group] = "true" if value is True else str(value)
    hardware = args.get("hardware") or {}
    if "gpu" in hardware and hardware["gpu"] is None:
        values["nogpu"] = "true"
    wanted = _wanted(args, hardware)
    roles: dict[str, str] = {}
    for name, span in marked.placeholders:
        for role in roles_for(tool, name, span):
            hit = next((one for one in wanted.get(role, []) if _matches(span, role, one, tables, marked)), None)
            if hit is not None:
                roles[name] = role
                break
    missing = []
    for role, things in wanted.items():
        for thing in things:
            if not any(
                r == role and _matches(dict(marked.placeholders)[n], r, thing, tables, marked) for n, r in roles.items()
            ):
                missing.append(f"{role}={thing}")
    return Labels(tool, values, roles), missing


def _wanted(args: dict[str, Any], hardware: dict[str, Any]) -> dict[str, list[Any]]:
    """Return role -> the values that spans should account for."""
    single = {
        "ctx": args.get("context_tokens"),
        "quant": args.get("quant"),
        "kv": args.get("kv_type"),
        "users": args.get("users"),
        "count": args.get("count"),
        "max": args.get("max_params_b"),
        "price": args.get("max_price"),
        "hw": hardware.get("gpu"),
        "gpus": hardware.get("gpu_count"),
        "vram": hardware.get("vram_gb"),
        "ram": hardware.get("ram_gb"),
        "model": args.get("model"),
    }
    wanted: dict[str, list[Any]] = {role: [value] for role, value in single.items() if value is not None}
    for role, name in (("model", "models"), ("exclude", "exclude"), ("lang", "languages"), ("lic", "licences")):
        if args.get(name):
            wanted[role] = list(args[name])
    return wanted


def _matches(span: Span, role: str, thing: Any, tables: Tables, marked: Marked) -> bool:
    if role == "exclude" and span.kind == "MOD" and same_name(excluded_name(span, marked), str(thing)):
        return True
    if role in ("model", "exclude") and span.kind == "MOD":
        return names_agree(str(span.value), str(thing), tables)
    if role == "model" and span.kind == "PAR":
        return str(thing).casefold().replace(" ", "") == f"{span.value:g}b"
    if role == "hw":
        return same_name(str(span.value), str(tables.gpus.get(str(thing)) or thing))
    if role == "lang":
        return isinstance(span.value, tuple) and thing in span.value
    if role in ("quant", "kv") and (read := next(quantisations(f"kv {thing}" if role == "kv" else str(thing)), None)):
        thing = read.value  # "4bit" is Q4
    if isinstance(thing, str):
        return str(span.value).casefold() == thing.casefold()
    return isinstance(span.value, int | float) and abs(float(span.value) - float(thing)) < 1e-6
