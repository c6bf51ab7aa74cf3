"""Question (and conversation) to one validated tool call, with a confidence and the language to answer in."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.calls import Call, Tool, parse_call
from assistant.errors import BadArguments
from assistant.events import UNSURE, Conversation, Reading
from assistant.reader import taken
from assistant.reader.asked_again import asked_again
from assistant.reader.asks import (
    asked,
    asks_cloud,
    asks_figure,
    asks_file,
    asks_lighter,
    asks_machine,
    asks_meaning,
    asks_mekiki,
    asks_of_pick,
    asks_others,
    asks_property,
    asks_quants,
    asks_reasons,
    asks_still,
    asks_two,
    asks_which,
    fears_for_data,
    field_of_pick,
    of_the_cache,
    of_these,
    searched_for,
    wants_smaller,
)
from assistant.reader.assemble import plain_board, sold_memory, to_args
from assistant.reader.cards import is_gone
from assistant.reader.decide import Decision, Judges
from assistant.reader.elsewhere import elsewhere
from assistant.reader.homonyms import has_homonym
from assistant.reader.labels import Labels
from assistant.reader.likeness import wished_for, without_likeness
from assistant.reader.makers import chooses
from assistant.reader.marking import Marked, Tables, make_tables, mark
from assistant.reader.meant_after_all import speed_of_one, wants_level, wish_after_all
from assistant.reader.named_task import task_of, without_unsaid_task
from assistant.reader.needs import merge, remember
from assistant.reader.negation import names_one
from assistant.reader.practice import practice
from assistant.reader.respelling import respelt
from assistant.reader.rules import rule_labels
from assistant.reader.second import second_reading
from assistant.reader.second_task import left_aside
from assistant.reader.sizes import limits_kept, of_size, smaller_than
from assistant.reader.spans import find_spans
from assistant.reader.text import clean, language_of, punctuated_in, questions_in, relevant
from assistant.reader.unsaid import (
    SINGLE_MODEL,
    asks_fit,
    asks_training,
    goes_on,
    is_chore,
    mended,
    speaks_of_before,
    speaks_of_models,
    stands_alone,
    states_usage,
    unheeded,
    wants_any,
    which_model,
    wordless,
)
from assistant.reader.usage import usage_from
from assistant.stated.length_asked import asks_length

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

_Asked = tuple[Marked, Decision, list[dict[str, str]]]
# Below this confidence a wish that names nothing of the field ("the best way to dry herbs") is no wish for a model. Of
# 1,200 questions of the development and test sets .4 declines none more, and 4 of 8 that they should have. A wish that
# says nothing else ("I want something for my knees") has to be surer: none of these sets lies between .5 and .6.
_UNTIED, _EMPTY = 0.4, 0.6
USUAL, MOST = 3, 12  # picks that are shown unless more are asked for, and at most
QUOTED = 120  # characters of a question that a note repeats
_ANSWERED_FIRST: tuple[Tool, ...] = ("recommend", "max_size", "compare")
_NOT_PRIVACY: tuple[Tool, ...] = ("fit", "model_info", "finetune_memory", "out_of_scope")  # as which it is misread
_OTHER_LANGUAGE = {
    "en": "The question seems to be in another language; I answer in English and may have misread it.",
    "ja": "質問は日本語でも英語でもないようです。英語でお答えします。読み違えているかもしれません。",
}
_LONG = {
    "en": "The question is very long; I read its beginning, its end and the sentences that speak of models.",
    "ja": "質問がとても長いため、初めと終わり、モデルに関する文だけを読みました。",
}


class Reader:
    """Reads questions. Holds the name tables of one catalog and the model; one instance serves a process."""

    def __init__(self, catalog: "Catalog", judges: Judges | None = None) -> None:
        """Compile the catalog's names and load the built-in model; without it, votes and keywords read and say so."""
        self.tables: Tables = tables_of(catalog)
        self._catalog = catalog
        self._names = {model.id: model.name for model in catalog.models.values()}
        self._boards = frozenset(gpu.name for gpu in catalog.gpus.values() if gpu.vendor == "other")
        self.judges = judges or Judges.load()

    @property
    def name(self) -> str:
        """What reads, for `models.reader` of an answer."""
        return self.judges.name

    def read(self, question: str, conversation: Conversation | None = None, chat: object = None) -> Reading:
        """Return what a question asks for, merged with the conversation's needs.

        `chat` is asked when the reading is unsure, if it is a chat model that can be held to a schema.
        Raises BadArguments when the question is empty.
        """
        text = respelt(clean(question))
        if not text:
            raise BadArguments("question", question[:40], "a question, in Japanese or English", "日本語か英語の質問")
        language, other = language_of(text)
        part = relevant(text)
        talking = conversation is not None and conversation.call is not None
        previous = conversation.call.tool if conversation is not None and conversation.call is not None else None
        marked = mark(part, find_spans(part, self.tables, conversation=talking))
        known = needs_of(conversation)
        liked = without_likeness(marked)
        marked = liked or marked
        if wordless(marked):
            language, other = (conversation.language if conversation else None) or punctuated_in(question), False
        told = ((_OTHER_LANGUAGE, other), (_LONG, part != text), (self.judges.note, self.judges.note))
        notes: list[dict[str, str]] = [note for note, holds in told if note and holds]
        decision = completed(self.judges.decide(marked, previous), marked, previous, known)
        if liked is not None:
            decision = wished_for(decision, marked)
        elif previous is not None:
            decision = elsewhere(marked, self.judges.decide) or decision
        marked, decision, said = self._first_of_several(marked, decision, previous)
        notes += said
        if decision.confidence < UNSURE:
            decision, said = second_reading(decision, marked, previous, chat)
            notes += said
        decision = without_unsaid_task(decision, marked)
        args = to_args(decision.labels, marked, conversation=talking)
        if "hardware" in args:
            args["hardware"] = plain_board(sold_memory(args["hardware"], marked, self.tables.memory), self._boards)
            notes += other_cards(args["hardware"], marked)
        tool = decision.labels.tool
        if tool == "recommend" and (used := usage_from(marked.spans)):
            args["usage"] = used
        said_now = set(args)
        if conversation is not None and talking:
            tool, args, said = self._continued(decision, args, marked, conversation)
            notes += said
        if tool == "recommend" and previous == "recommend":
            tool, args, said = of_size(args, conversation, marked)
            notes += said
        assumed: list[dict[str, str]] = []
        if tool == "recommend":
            if "max_params_b" not in said_now and wants_smaller(marked):
                args |= smaller_than(conversation, self._catalog)
            assumed = limits_kept(args, said_now, marked)
        if tool == "explain":
            args["query"] = searched_for(marked, text, language)[:20_000]
        notes += unheeded(tool, args, marked)
        notes += left_aside(tool, args, marked) if "task" in said_now else []
        if tool in ("fit", "model_info", "finetune_memory"):
            notes += taken.notes(args, marked, self.tables, self._names)
        args, asks = asked(tool, args, marked)
        if conversation is not None:
            tool, args, asks = asked_again(decision, tool, args, asks, conversation.call, marked)
        args = of_the_cache(args, asks, marked) if tool == "fit" else args
        call, dropped = validated(tool, args)
        call = replace(call, asks=asks)
        return Reading(call, decision.confidence, language, (*notes, *dropped), assumed=tuple(assumed))

    def _continued(
        self, decision: Decision, args: dict[str, Any], marked: Marked, conversation: Conversation
    ) -> tuple[Tool, dict[str, Any], list[dict[str, str]]]:
        """Return the tool and the arguments of a turn merged with what was said before, and notes on that."""
        tool, needs = decision.labels.tool, needs_of(conversation)
        previous = conversation.call.tool if conversation.call is not None else None
        labels = replace(decision.labels, more=False) if stands_alone(tool, args, marked) else decision.labels
        args = merge(needs, labels, args, marked, self.tables)
        if asks_others(marked, previous):
            args["count"] = min(MOST, (needs.get("count") or USUAL) + USUAL)
        if tool == "compare" and asks_quants(marked, tool):
            args["models"] = [str(span.value) for span in marked.spans if span.kind == "MOD"][:1]
        if tool == "compare" and args["models"] == ["@1", "@2"] and of_these(marked):
            args["models"] = [f"@{place}" for place in range(1, max(2, min(MOST, len(conversation.listed))) + 1)]
        return which_model(tool, args, needs, previous)

    def _first_of_several(self, marked: Marked, decision: Decision, previous: Tool | None) -> _Asked:
        """Return the question of a message to answer now, and a note that names those asking for another tool.

        A message is read as a whole; where none of its questions is of the tool that the whole seems to ask for, or a
        later one is about the answer to the first ("and its licence?"), the first of them is taken. A question about
        one model is read by itself.
        """
        asked = [mark(one, find_spans(one, self.tables)) for one in questions_in(marked.source)]
        read = [(one, self.judges.decide(one, previous)) for one in asked]
        tools = [found.labels.tool for _, found in read]
        of_first = bool(read) and tools[0] in _ANSWERED_FIRST and any(speaks_of_before(one) for one, _ in read[1:])
        sure = bool(read) and (of_first or read[0][1].confidence >= UNSURE)
        if sure and (of_first or decision.labels.tool not in tools):
            marked, decision = read[0]
        others = [
            f"{one.source[-QUOTED:]}"
            for one, found in read
            if found.labels.tool not in (decision.labels.tool, "out_of_scope", "clarify") and found.confidence >= UNSURE
        ]
        if not others:
            return marked, decision, []
        same = [one for one in read if one[1].labels.tool == decision.labels.tool]
        if same and decision.labels.tool in SINGLE_MODEL:  # else the model of another question may be taken
            marked, decision = same[0]
        en, ja = ", ".join(f"“{one}”" for one in others), "".join(f"「{one}」" for one in others)
        note = {
            "en": f"One question at a time: ask {en} next.",
            "ja": f"一度に一つずつお答えします。{ja}は続けて聞いてください。",
        }
        return marked, decision, [note]


def is_elsewhere(marked: Marked, decision: Decision) -> bool:
    """Tell whether what was read as a question about models names nothing of the field, and is none for that.

    That is a wish that is unsure, a chore for whoever reads it ("write me a toast", "translate this"), and a word of
    the field in another sense ("a fashion model").
    """
    if decision.labels.tool not in ("recommend", "compare", "explain") or speaks_of_models(marked):
        return False
    wished = decision.labels.tool == "recommend"
    unsure = wished and decision.confidence < (_UNTIED if decision.labels.values else _EMPTY)
    return unsure or (wished and is_chore(marked)) or has_homonym(marked)


def completed(
    decision: Decision, marked: Marked, previous: Tool | None, known: Mapping[str, Any] | None = None
) -> Decision:
    """Return the decision with the tool that a question means which says nothing but values.

    `known`: what the conversation knows by argument name.
    """
    tool = decision.labels.tool
    declined = tool == "out_of_scope" or (previous is None and is_elsewhere(marked, decision))
    private = (tool in _NOT_PRIVACY or previous is not None) and fears_for_data(marked)
    if asks_mekiki(marked) or private or practice(marked) or asks_meaning(marked, tool) or asks_length(marked):
        meant: Tool = "explain"
    elif asks_reasons(marked, tool, previous):
        meant = "explain"
    elif again := mended(marked, previous, known or {}):
        meant = again
    elif asks_cloud(marked, previous) or asks_lighter(marked, previous):
        meant = "recommend"
    elif asks_two(marked, tool) or asks_quants(marked, tool):
        meant = "compare"
    elif asks_still(marked, tool):
        meant = "recommend"
    elif previous is not None and asks_machine(marked, previous):
        meant = previous
    elif asks_which(marked, tool, previous):
        meant = "compare"
    elif asks_file(marked, tool) or asks_figure(marked, tool, previous) or speed_of_one(marked, tool):
        meant = "fit"
    elif asks_others(marked, previous):
        meant = "recommend"
    elif asks_property(marked, tool, previous) or asks_of_pick(marked, tool, previous):
        meant = "model_info"
    elif tool in ("recommend", "max_size", "explain", "clarify") and asks_fit(marked):
        meant = "finetune_memory" if asks_training(marked, "fit") else "fit"
    elif _is_wish(marked, tool, declined=declined):
        meant = "recommend"
    elif declined and tool != "out_of_scope":
        return replace(decision, labels=Labels("out_of_scope"), confidence=max(0.5, 1 - decision.confidence))
    elif chooses(tool, dict(marked.placeholders), marked.source):
        meant = "recommend"
    elif asks_training(marked, tool):
        meant = "finetune_memory"
    elif previous is None and tool in ("explain", "out_of_scope", "clarify") and states_usage(marked):
        meant = "recommend"
    elif tool == "compare" and names_one(marked):
        meant = "fit"
    elif previous is not None and goes_on(marked, tool, previous):
        meant = previous
    elif tool == "fit" and speed_of_one(marked, "recommend"):  # said so plainly that it is no guess
        return replace(decision, confidence=max(decision.confidence, UNSURE))
    else:
        return decision
    labels = replace(rule_labels(marked, meant), more=None if previous is None else True)
    if meant == "model_info" and asks_of_pick(marked, tool, previous) and (about := field_of_pick(marked)):
        labels = replace(labels, values={**labels.values, "field": about})
    if asks_machine(marked, previous) and meant == previous:
        labels = replace(labels, dropped=("hardware",))
    if previous is not None and labels.values.get("task") == "edge":  # the machine is told, not what it is for
        labels = replace(labels, values={name: one for name, one in labels.values.items() if name != "task"})
    return replace(decision, labels=labels, confidence=max(decision.confidence, UNSURE))


def _is_wish(marked: Marked, tool: Tool, *, declined: bool) -> bool:
    """Tell whether what was declined, or said too little, wishes for a model after all."""
    if tool == "clarify":
        return task_of(None, marked) is not None
    if tool == "explain":
        return wants_level(marked)
    return declined and (wish_after_all(marked) or (tool == "out_of_scope" and wants_any(marked)))


def tables_of(catalog: "Catalog") -> Tables:
    """Return the name tables that questions to this catalog are read with, in training as in use."""
    from knowledge.gpu_names import gpu_aliases
    from knowledge.names import model_aliases, model_by_words

    unified = (gpu.name for gpu in catalog.gpus.values() if gpu.unified)
    by_words = partial(model_by_words, catalog)
    memory = sold_with({gpu.name: gpu.memory_gb for gpu in catalog.gpus.values()})
    return make_tables(model_aliases(catalog), gpu_aliases(catalog), unified=unified, by_words=by_words, memory=memory)


_EDITION = re.compile(r" (?:\d+GB|NVL|PCIe)$")


def sold_with(sizes: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    """Return the GB each GPU is sold with, those of its editions included: an H100 may be an "H100 NVL" with 94."""
    out: dict[str, tuple[float, ...]] = {}
    for name, sold in sizes.items():
        for one in {name, _EDITION.sub("", name)}:
            out[one] = tuple(sorted({*out.get(one, ()), *sold}))
    return out


def other_cards(hardware: dict[str, Any], marked: Marked) -> list[dict[str, str]]:
    """Return a note naming the cards that the question names as well but the answer is not for."""
    cards = [span for _, span in marked.placeholders if span.kind in ("GPU", "MAC")]
    used = hardware.get("gpu")
    others = [str(span.value) for span in cards if span.value != used and not is_gone(span, marked.source)]
    if not used or not others or len(others) == len(cards):
        return []
    names = ", ".join(others)
    return [
        {
            "en": f"This is for the {used}; {names} was left out: one kind of card at a time.",
            "ja": f"{used} について答えます。{names} は含めていません（カードは1種類ずつ扱います）。",
        }
    ]


def needs_of(conversation: Conversation | None) -> dict[str, Any]:
    """Return everything a conversation knows so far, by argument name."""
    if conversation is None or conversation.call is None:
        return {}
    return remember(conversation.needs, conversation.call.tool, conversation.call.arguments())


def validated(tool: Tool, args: dict[str, Any]) -> tuple[Call, tuple[dict[str, str], ...]]:
    """Return the call; an argument out of range is dropped with a note, never an error."""
    notes: list[dict[str, str]] = []
    args = dict(args)
    while True:
        try:
            return parse_call(tool, args), tuple(notes)
        except BadArguments as error:
            name = str(error.values["name"]).split(".")[0]
            if name not in args:
                return parse_call("clarify", {}), tuple(notes)
            del args[name]
            notes.append({"en": f"Left out: {error.text('en')}", "ja": f"読み取りから除きました: {error.text('ja')}"})
