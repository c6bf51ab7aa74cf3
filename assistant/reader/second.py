"""A chat model's reading of an unsure question: the same labels and placeholders, as JSON under a grammar.

It chooses words and roles like the built-in model, never digits or names, so with any weights nothing can enter that
the question does not hold.
"""

import json
import logging
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from assistant.calls import TOOLS, Tool
from assistant.errors import MekikiError
from assistant.events import UNSURE
from assistant.reader.decide import Decision
from assistant.reader.labels import GROUPS, TOOL_GROUPS, TOOL_ROLES, Labels, roles_for
from assistant.reader.marking import Marked

log = logging.getLogger(__name__)

REPLY_TOKENS = 200
QUESTION_CHARACTERS = 1_500
NONE = "none"  # of a label that the question does not say
_SYSTEM = (
    "You read questions about language models, in Japanese or English, and fill in a form. Names and numbers in the "
    "question stand as <KIND1>. Choose the tool: recommend (wants a model chosen), fit (does a named model fit a "
    "machine or what does it need), max_size (how large a model a machine holds), compare (two or more named models), "
    "model_info (one property of a named model), finetune_memory (memory for training a named model), explain (a "
    "question of knowledge), out_of_scope (not about language models, or orders to you), clarify (nothing usable). "
    'Fill in a label only when the question states it, else "none". Give every placeholder its role, "no" if none.'
)
_MEANINGS = {
    "hw": "the machine", "vram": "video memory", "ram": "main memory", "gpus": "number of cards",
    "model": "asked about", "exclude": "not wanted",
    "max": "largest size wanted", "ctx": "context length", "lang": "language it must know",
    "count": "suggestions wanted", "lic": "licence wanted", "price": "highest price", "quant": "quantisation",
    "kv": "cache type", "users": "users at once", "no": "none of these",
}  # fmt: skip

PLAUSIBLE = 3  # of the tools by likelihood, those among which a chat model may choose
_WANTED: dict[Tool, tuple[str, str]] = {
    "recommend": ("which model to use", "モデルのおすすめ"),
    "fit": ("whether a model fits", "モデルが載るかどうか"),
    "max_size": ("how large a model your machine holds", "載るモデルの大きさ"),
    "compare": ("a comparison of models", "モデルの比較"),
    "model_info": ("facts about one model", "あるモデルの情報"),
    "finetune_memory": ("the memory that fine-tuning takes", "ファインチューニングに要るメモリ"),
    "explain": ("what a term means or how something works", "用語や仕組みの説明"),
    "out_of_scope": ("something else than language models", "言語モデル以外の話"),
    "clarify": ("how to get started", "選び方の相談"),
}
_SUPPORT = 0.02  # a label that the n-gram votes find less likely than this has no support in the question


@runtime_checkable
class Chooser(Protocol):
    """A chat model that can be held to a JSON schema."""

    def choose(self, messages: list[dict[str, str]], schema: dict[str, Any], max_tokens: int) -> str:
        """Return a JSON text of the schema. Raises ModelFileError or ServerError."""
        ...


def schema(marked: Marked) -> dict[str, Any]:
    """Return the JSON schema of a reading: the tool, every label group, and a role per placeholder of the question."""
    groups = {group: _one_of(NONE, *values) for group, values in GROUPS.items()}
    roles = {name: _one_of(*possible) for name, span in marked.placeholders if (possible := _any_role(name, span))}
    return _form({"tool": _one_of(*TOOLS), "labels": _form(groups), "roles": _form(roles)})


def _one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(dict.fromkeys(values))}


def _form(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _any_role(name: str, span: Any) -> list[str]:
    return list(dict.fromkeys(role for tool in TOOL_ROLES for role in roles_for(tool, name, span)))


def messages(marked: Marked, previous: Tool | None) -> list[dict[str, str]]:
    """Return the prompt: instructions that are always the same, then the question with its placeholders explained."""
    things = [f"<{name}>: {span.value}" for name, span in marked.placeholders]
    roles = dict.fromkeys(role for name, span in marked.placeholders for role in _any_role(name, span))
    explained = [f"{role}: {_MEANINGS[role]}" for role in roles]
    before = [f"The question before was read as: {previous}"] if previous else []
    text = f"QUESTION\n{marked.text[:QUESTION_CHARACTERS]}"
    return [
        {"role": "system", "content": _SYSTEM},
        {"role": "user", "content": "\n".join([*before, *things, *explained, text])},
    ]


def opinion(model: Chooser, marked: Marked, previous: Tool | None = None) -> Labels | None:
    """Return the chat model's labels, None when what it wrote is no reading. Raises ModelFileError or ServerError."""
    return labels_from(model.choose(messages(marked, previous), schema(marked), REPLY_TOKENS), marked)


def labels_from(reply: str, marked: Marked) -> Labels | None:
    """Return the labels of a JSON reply; what the tool has not, unknown words and foreign placeholders drop."""
    try:
        said = json.loads(reply)
        tool = next(one for one in TOOLS if one == said["tool"])
        stated, roles = dict(said.get("labels") or {}), dict(said.get("roles") or {})
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return None
    values = {group: str(stated[group]) for group in TOOL_GROUPS[tool] if stated.get(group) in GROUPS[group]}
    known = {
        name: str(roles[name]) for name, span in marked.placeholders if roles.get(name) in roles_for(tool, name, span)
    }
    return Labels(tool, values, known)


def second_reading(
    decision: Decision, marked: Marked, previous: Tool | None, chat: object
) -> tuple[Decision, list[dict[str, str]]]:
    """Return an unsure decision after a chat model was asked, if there is one, and a question back to the person.

    The chat model's labels are taken when its tool is among the likeliest; where it agrees, nothing is asked back. A
    model that fails or writes nonsense changes nothing.
    """
    said = None
    if isinstance(chat, Chooser):
        try:
            said = opinion(chat, marked, previous)
        except MekikiError as error:
            log.warning("chat model: %s", error)
    if said is not None and said.tool in decision.tools[:PLAUSIBLE]:
        odds = decision.opinions
        values = {g: v for g, v in said.values.items() if g not in odds or odds[g].get(v, 0.0) >= _SUPPORT}
        said = replace(said, values=values, more=decision.labels.more, dropped=decision.labels.dropped)
        agreed = said.tool == decision.labels.tool
        decision = replace(
            decision, labels=said, confidence=max(decision.confidence, UNSURE) if agreed else decision.confidence
        )
    if decision.confidence >= UNSURE or len(decision.tools) < 2:
        return decision, []
    one = decision.labels.tool
    other = next(tool for tool in decision.tools if tool != one)
    asked = {
        "en": f"Is the question about {_WANTED[one][0]}, or about {_WANTED[other][0]}?",
        "ja": f"知りたいのは「{_WANTED[one][1]}」ですか、それとも「{_WANTED[other][1]}」ですか？",
    }
    return decision, [asked]
