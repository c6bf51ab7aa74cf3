"""The reading as chips that are form controls, and back: a wrong condition is mended where it is shown."""

import re
import types
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from assistant.calls import ARGUMENTS, NESTED, TOOLS, Call, parse_call
from assistant.errors import BadArguments
from assistant.events import UNSURE, Reading
from ui.safe import esc
from ui.words import LANGUAGES, codes, label, said, say, value_text

_NO_GPU = {"-", "no", "none", "なし", "無し"} | {say(one, "reading.no_gpu").casefold() for one in LANGUAGES}
EDITABLE_TOOLS = tuple(tool for tool in TOOLS if tool not in ("out_of_scope", "clarify"))
_LIST_FIELDS = {"languages", "licences", "exclude", "models"}


def fields(tool: str) -> list[str]:
    """Return a tool's argument names in order, nested ones spelled out as `hardware.gpu` and so on."""
    names: list[str] = []
    for name in ARGUMENTS[tool].model_fields:  # type: ignore[index]
        names += [f"{name}.{part}" for part in NESTED[name].model_fields] if name in NESTED else [name]
    return names


def flat(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return stated arguments with nested ones spelled out; `hardware.gpu` None means "no GPU"."""
    pairs: dict[str, Any] = {}
    for name, value in arguments.items():
        if name in NESTED and isinstance(value, Mapping):
            pairs |= {f"{name}.{part}": one for part, one in value.items() if one is not None or part == "gpu"}
        elif value is not None:
            pairs[name] = value
    return pairs


def reading_html(reading: Reading, turn: int, language: str) -> str:
    """Return the reading of a turn as one line of chips: what was stated is shown, the rest can be added.

    Element ids carry the turn's number; controls are named like `fields`.
    """
    tool, stated = reading.call.tool, flat(reading.call.arguments())
    chips = [_chip("tool", tool, language, turn, removable=False)]
    chips += [_chip(name, stated.get(name), language, turn, stated=name in stated) for name in fields(tool)]
    missing = [name for name in fields(tool) if name not in stated]
    adder = ""
    if missing:
        options = "".join(f'<option value="{esc(name)}">{esc(_title(language, name))}</option>' for name in missing)
        first = f'<option value="">{esc(say(language, "reading.add"))}</option>'
        adder = f'<select class="mk-add" title="{esc(say(language, "reading.add"))}">{first}{options}</select>'
    notes = [str(said(note, language)) for note in reading.notes]
    if reading.confidence < UNSURE:
        notes.insert(0, say(language, "reading.unsure"))
    return (
        f'<div class="mk-reading" id="reading-{turn}"><span class="mk-caption">{esc(say(language, "reading.title"))}'
        f'</span><div class="mk-chips">{"".join(chips)}{adder}'
        f'<button type="button" class="mk-apply">{esc(say(language, "reading.apply"))}</button></div>'
        + "".join(f'<p class="mk-reading-note">{esc(note)}</p>' for note in notes)
        + "</div>"
    )


def edited_call(values: Mapping[str, str]) -> Call:
    """Return the call that the edited chips say. Raises BadArguments naming what cannot be used.

    `values`: control name -> text; empty means not stated. Conditions that the chosen tool does not have are dropped.
    """
    tool = values.get("tool", "")
    if tool not in TOOLS:
        raise BadArguments("tool", tool, "one of " + ", ".join(EDITABLE_TOOLS))
    known = fields(tool)
    arguments: dict[str, Any] = {}
    for name, text in values.items():
        text = unicodedata.normalize("NFKC", text).strip()
        if name not in known or not text:
            continue
        if "." in name:
            group, part = name.split(".", 1)
            stated = None if part == "gpu" and text.casefold() in _NO_GPU else _parsed(NESTED[group], part, text)
            arguments.setdefault(group, {})[part] = stated
        else:
            arguments[name] = _parsed(ARGUMENTS[tool], name, text)
    return parse_call(tool, arguments)


def changes(before: Call, after: Call, language: str) -> str:
    """Return in words what an edit changed, for the line that stands for the question."""
    old, new = flat(before.arguments()), flat(after.arguments())
    parts = [] if before.tool == after.tool else [say(language, f"tool.{after.tool}")]
    for name in fields(after.tool):
        if old.get(name, "") != new.get(name, ""):
            text = value_text(language, name, new[name]) if name in new else say(language, "reading.unset")
            parts.append(f"{_title(language, name)}: {text}")
    return (" / ").join(parts)


def _title(language: str, name: str) -> str:
    return say(language, "arg.tool") if name == "tool" else label(language, name)


def _chip(name: str, value: Any, language: str, turn: int, *, stated: bool = True, removable: bool = True) -> str:
    choices = _choices(name, language)
    box = f"in-{turn}-{name.replace('.', '-')}"
    title = esc(_title(language, name))
    if choices is None:
        text = _box_text(name, value, language, stated=stated)
        width = min(max(len(text) + 1, 4), 28)
        control = f'<input type="text" id="{box}" name="{name}" value="{esc(text)}" size="{width}" title="{title}">'
    else:
        chosen = _chosen(value, stated)
        if chosen and chosen not in [one for one, _ in choices]:
            words = say(language, f"tool.{chosen}") if name == "tool" else chosen
            choices = [*choices, (chosen, words)]
        if removable:
            choices = [("", say(language, "reading.unset")), *choices]
        options = "".join(
            f'<option value="{esc(one)}"{" selected" if one == chosen else ""}>{esc(words)}</option>'
            for one, words in choices
        )
        control = f'<select id="{box}" name="{name}" title="{title}">{options}</select>'
    drop = esc(say(language, "reading.remove"))
    remove = f'<button type="button" class="mk-drop" title="{drop}">×</button>' if removable else ""
    return f'<span class="mk-chip{"" if stated else " off"}"><label for="{box}">{title}</label>{control}{remove}</span>'


def _box_text(name: str, value: Any, language: str, *, stated: bool) -> str:
    if value is None:
        return say(language, "reading.no_gpu") if stated and name == "hardware.gpu" else ""
    if isinstance(value, list):
        return ", ".join(value_text(language, name, one) for one in value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _chosen(value: Any, stated: bool) -> str:
    if not stated:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _choices(name: str, language: str) -> list[tuple[str, str]] | None:
    """Return (value, words) of a control that offers a closed set, None for a text box."""
    if name == "tool":
        return [(tool, say(language, f"tool.{tool}")) for tool in EDITABLE_TOOLS]
    kind = _kind(name)
    if kind is bool:
        return [("yes", say(language, "reading.yes")), ("no", say(language, "reading.no"))]
    if get_origin(kind) is Literal:
        return [(one, value_text(language, name, one)) for one in get_args(kind)]
    return None


def _kind(name: str) -> Any:
    """Return an argument's type without None and constraints, looked up in whichever tool has it."""
    models: Iterable[type[BaseModel]] = ARGUMENTS.values()
    if "." in name:
        group, name = name.split(".", 1)
        models = [NESTED[group]]
    for model in models:
        if name in model.model_fields:
            return _bare(model.model_fields[name].annotation)
    raise KeyError(name)


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    return _bare(get_args(annotation)[0]) if hasattr(annotation, "__metadata__") else annotation


def _parsed(model: type[BaseModel], name: str, text: str) -> Any:
    """Return a control's text as the argument's type: "32k" -> 32000, "1,5" stays text for the validator to refuse."""
    if name in _LIST_FIELDS:
        parts = [one.strip() for one in re.split(r"[,、;]", text) if one.strip()]
        return codes(parts) if name == "languages" else parts
    kind = _bare(model.model_fields[name].annotation)
    if kind is bool:
        return {"yes": True, "no": False}.get(text, text)
    if kind in (int, float):
        found = re.fullmatch(r"(\d[\d,]*(?:\.\d+)?)\s*([kKmM]?)\s*(?:gb|gib|tokens?)?", text, re.IGNORECASE)
        if not found:
            return text
        amount = float(found.group(1).replace(",", "")) * {"": 1, "k": 1000, "m": 1_000_000}[found.group(2).lower()]
        return int(amount) if kind is int and amount.is_integer() else amount
    return text
