"""A turn: question -> reading -> tool -> evidence -> answer, yielded as events.

One straight line without a framework.
"""

import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from assistant.calls import Call, Hardware, parse_call
from assistant.courtesy import courtesy, reply
from assistant.errors import MekikiError, ToolError, UnknownModel
from assistant.events import (
    UNSURE,
    Answer,
    CallRecord,
    Conversation,
    Done,
    Event,
    Language,
    Reading,
    TextDelta,
    ToolFinished,
    ToolStarted,
    Understood,
)
from assistant.list_places import latest_list, resolve_items
from assistant.own_documents import (
    STATES,
    Found,
    answered,
    answers,
    asks_of_ours,
    guides_answer,
    may_be_about_names,
    names_field,
    stays,
)
from assistant.parts import Parts
from assistant.passages import PASSAGES
from assistant.sentences import say
from assistant.small_talk import small_talk
from assistant.stated.against import against, not_picked_in
from assistant.stated.beside import place_among
from assistant.stated.complete import Known, complete
from assistant.stated.data import said_of_data, with_word_on_data
from assistant.stated.length_asked import with_length_told
from assistant.stated.level import with_level
from assistant.stated.machines import on_machine
from assistant.stated.premise import with_premise
from assistant.stated.quants_told import with_quants_told
from assistant.stated.unknown_model import run_or_by_size, unknown
from assistant.stated.values import with_quants
from assistant.writer.draft import Draft, join_sentences, whole_sentence
from assistant.writer.explanation import PROVEN, examples, reasons_again, unfolded
from assistant.writer.family_licences import with_family_licences
from assistant.writer.write import draft as write_draft
from index.terms import QUERY_LENGTH

if TYPE_CHECKING:
    from index.types import Before

log = logging.getLogger(__name__)

REMEMBERED = 20  # turns


class Assistant(Parts):
    """Mekiki: question in, answer out."""

    def read(self, question: str, conversation: Conversation | None = None) -> Reading:
        """Return the reading alone; the chat model helps with one that is unsure. Raises BadArguments when empty."""
        try:
            chat = self.chat_model
        except MekikiError:  # said when it should write
            chat = None
        return self.reader.read(question, conversation, chat)

    def answer(
        self,
        question: str,
        conversation: Conversation,
        *,
        language: Language | None = None,
        hardware: Hardware | None = None,
    ) -> Iterator[Event]:
        """Yield a turn's events; the conversation is updated at the end. Raises BadArguments for an empty question."""
        start = perf_counter()
        talking = conversation.call is not None and conversation.call.tool not in ("explain", "out_of_scope")
        reading = self._completed(question, conversation, talking)
        reading = self._towards_documents(question, reading, conversation.before, talking)
        timings = {"read": _ms(start)}
        yield from self._turn(question, reading, conversation, language or reading.language, hardware, timings)

    def _towards_documents(self, question: str, reading: Reading, before: "Before | None", talking: bool) -> Reading:
        """Read a question as one about documents when these clearly answer it.

        The reader knows questions about models, not what is in somebody's folder. What it declines or is unsure of may
        be about that; so may what it takes for a question about models, when no guide or card says as much about it.
        What it declines may also be a matter that the guides treat. `before`: what a document answered last;
        `talking`: the turn before was about models.
        """
        tool = reading.call.tool
        filled = self.has_documents
        if courtesy(question) or small_talk(question) or not (filled or tool == "out_of_scope"):
            return reading
        settled = stays(reading, question, talking=talking)
        names_own = filled and may_be_about_names(reading) and bool(self.index.own_names(question))
        if settled and tool != "explain" and not (names_own or asks_of_ours(question)):
            return reading
        found = replace(self._found(question, reading.language, filled, before), names_own=names_own)
        own_first = answers(question, reading, found, talking=talking)
        guided = tool == "out_of_scope" and guides_answer(
            question, found.shipped, self.catalog.glossary, talking=talking
        )
        if own_first or guided:
            notes = reading.notes if reading.confidence >= UNSURE else ()  # what was unclear no longer matters
            own_first = own_first and (found.support.states >= STATES or not guided)
            return replace(reading, call=parse_call("explain", {}), notes=notes, own_first=own_first)
        return reading

    def _found(self, question: str, language: Language, filled: bool, before: "Before | None") -> Found:
        """Return what search finds for a question; `filled`: the person has documents."""
        from index.following import follow

        asked = question.strip()[:QUERY_LENGTH]
        search = partial(self.index.search, language=language)
        shipped = search(asked, top=1, source="shipped")
        own = follow(partial(search, source="user"), asked, before, top=PASSAGES) if filled else []
        names = bool(own) and names_field(question, self.reader.tables)
        return Found(own, self.index.support(question, own), shipped, names)

    def answer_call(
        self, call: Call, conversation: Conversation, *, language: Language, hardware: Hardware | None = None
    ) -> Iterator[Event]:
        """Yield the events of an edited reading of the last question; its turn replaces the one before."""
        question = conversation.turns.pop()[0] if conversation.turns else ""
        reading = Reading(call, 1.0, language)
        yield from self._turn(question, reading, conversation, language, hardware, {"read": 0.0})

    def _completed(self, question: str, conversation: Conversation, talking: bool) -> Reading:
        """Return the reading with what the question states beside its labels."""
        reading = self.read(question, conversation)
        known = Known(self.reader.tables, self.catalog, conversation.needs, talking)
        return complete(reading, question, known)

    def _turn(
        self,
        question: str,
        reading: Reading,
        conversation: Conversation,
        language: Language,
        hardware: Hardware | None,
        timings: dict[str, float],
    ) -> Iterator[Event]:
        start = perf_counter()
        yield Understood(reading)
        told = yield from self._told(question, reading, conversation, language, hardware)
        timings["tool"] = _ms(start)
        began = perf_counter()
        text, plan = "", told.plan
        warnings = [note[language] for note in told.notes] + self._warnings(reading, told.result, language)
        for piece in self._prose(question, plan, told.result, language, warnings):
            text += piece
            yield TextDelta(piece)
        timings["write"] = _ms(began)
        timings["total"] = round(timings["read"] + _ms(start), 2)
        _remember(conversation, question, text, reading, told, language)
        assumptions = (*plan.assumptions, *(one[language] for one in reading.assumed))
        yield Done(
            Answer(
                text, told.records, plan.sources, assumptions, tuple(warnings + list(plan.warnings)),
                plan.next_questions, language, self._models(), timings, reading, plan.details,
            )
        )  # fmt: skip

    def _told(
        self,
        question: str,
        reading: Reading,
        conversation: Conversation,
        language: Language,
        hardware: Hardware | None,
    ) -> Generator[Event, None, "_Told"]:
        """Call the tool, yielding its events, and return what there is to say; an error of its own is said too."""
        records: tuple[CallRecord, ...] = ()
        notes = reading.notes
        try:
            call = resolve_items(with_query(reading.call, question), conversation)
            call = with_quants(call, question, self.reader.tables)
            placed = on_machine(call, question, [asked for asked, _ in conversation.turns], self.catalog)
            call, notes = placed.call, (*notes, *placed.notes)
            if (plan := self._again(call, question, conversation, language, hardware)) is not None:
                return _Told(plan, notes, again=True)
            yield ToolStarted(call.tool, call.arguments())
            began = perf_counter()
            box = self.toolbox(call, hardware, own_first=reading.own_first)
            box = replace(box, asker=language, before=conversation.before)
            call, result = run_or_by_size(placed.box(box) if hardware is None else box, call, language)
            notes = (*notes, *place_among(call, result, conversation.listed, self.catalog))
            records = (CallRecord(call.tool, call.arguments(), result, _ms(began)),)
            yield ToolFinished(records[0])
            plan = self._draft(call, question, result, language)
            plan, notes = with_level(plan, notes, call, result, question, box, self.reader.tables, language)
            plan = with_premise(plan, question, self.catalog, self.reader.tables, language) if result else plan
            return _Told(plan, notes, records)
        except UnknownModel as error:
            return _Told(unknown(error, self.catalog, language), notes, records)
        except ToolError as error:
            sentence = whole_sentence(language, error.text(language).rstrip(".。"))
            return _Told(Draft(sentence, next_questions=examples(language)), notes, records)

    def _again(
        self, call: Call, question: str, conversation: Conversation, language: Language, hardware: Hardware | None
    ) -> Draft | None:
        """Return what the latest answer rests on, or why another model was not picked, when asked; else None."""
        from assistant.reader.asks import asks_why

        if call.tool != "explain":
            return None
        if conversation.plan and conversation.call and conversation.call.tool in PROVEN and asks_why(question):
            return unfolded(conversation.plan)
        if not conversation.picks:
            return None
        if named := not_picked_in(question, self.reader.tables):
            return against(named, conversation, lambda call: self.toolbox(call, hardware), language)
        return reasons_again(conversation.picks, language) if asks_why(question) else None

    def _draft(self, call: Call, question: str, result: dict[str, Any], language: Language) -> Draft:
        """Return what the templates make of a result, with what else the question calls for."""
        kind = courtesy(question) if call.tool == "out_of_scope" else None
        silent = call.tool == "out_of_scope" and self.has_documents and not small_talk(question)
        told = result | {"documents": True} if silent else result
        plan = reply(kind, language) if kind else write_draft(call.tool, told, language)
        plan = with_word_on_data(plan, said_of_data(call, question), question, language)
        plan = with_family_licences(plan, call, question, self.catalog, self.reader.tables, language)
        plan = with_length_told(plan, call, question, language)
        return with_quants_told(plan, call, question, self.reader.tables, language)

    def _warnings(self, reading: Reading, result: dict[str, Any], language: Language) -> list[str]:
        """Return what is said beside an answer: the state of the index, whose document speaks, an unsure reading."""
        found: list[dict[str, Any]] = result.get("passages", [])
        said = []
        if self._index is not None and "passages" in result:
            said += [note[language] for note in self._index.notes]
            stated = (one for one in found[:1] if one["origin"] == "user" and one["states"])
            said += [say(language, "own_documents", file=one["file"]) for one in stated]
        if reading.confidence < UNSURE and not found:
            said.append(say(language, "unsure"))
        return said

    def _prose(
        self, question: str, plan: Draft, result: dict[str, Any], language: Language, warnings: list[str]
    ) -> Iterator[str]:
        """Yield the answer's text: the verdict, the lead (the chat model's checked sentences if any), the body."""
        if plan.verdict:
            yield plan.verdict
        lead = ""
        for sentence in self._lead(question, plan, result, language, warnings):
            whole = join_sentences([lead, sentence]) if lead else sentence
            yield whole[len(lead) :] if lead else ("\n\n" if plan.verdict else "") + sentence
            lead = whole
        if plan.body:
            yield ("\n\n" if plan.verdict or lead else "") + plan.body

    def _lead(
        self, question: str, plan: Draft, result: dict[str, Any], language: Language, warnings: list[str]
    ) -> Iterator[str]:
        released = False
        try:
            model = self.chat_model
            if model is not None and plan.lead and result:
                from assistant.writer.prose import checked_sentences

                names = {name for m in self.catalog.models.values() for name in (m.family, m.lab) if name}
                for sentence in checked_sentences(model, question, plan, result, language, names):
                    released = True
                    yield sentence
        except MekikiError as error:
            log.warning("chat model: %s", error)
            warnings.append(say(language, "writer_failed", reason=error.text(language)))
        if not released:
            yield from plan.lead

    def _models(self) -> dict[str, str]:
        try:
            writer = self.chat_model.name if self.chat_model else "template"
        except MekikiError:
            writer = "template"
        embedder = self._index.embedder_id if self._index else self.settings.embedder or "builtin"
        return {"reader": self.reader.name, "writer": writer, "embedder": embedder}


@dataclass(frozen=True)
class _Told:
    """What a turn has to say: the draft, notes beside it, the tool's record; `again`: of what was picked before."""

    plan: Draft
    notes: tuple[dict[str, str], ...]
    records: tuple[CallRecord, ...] = ()
    again: bool = False

    @property
    def result(self) -> dict[str, Any]:
        """What the tool returned, {} when none was called."""
        return self.records[0].result if self.records else {}


def _remember(
    conversation: Conversation, question: str, text: str, reading: Reading, told: _Told, language: Language
) -> None:
    """Keep of a turn what the next one may speak of."""
    from assistant.reader.needs import remember

    result = told.result
    conversation.needs = remember(conversation.needs, reading.call.tool, reading.call.arguments())
    conversation.call = conversation.call if told.again else reading.call  # the turn after is still about the picks
    conversation.plan = conversation.plan if told.again else told.plan
    conversation.listed = latest_list(reading.call.tool, told.plan.listed, conversation.listed)
    conversation.language = language
    conversation.picks = result["picks"] if result.get("picks") else conversation.picks
    conversation.before = answered(question, reading, result, conversation.before)
    conversation.turns = [*conversation.turns, (question, text)][-REMEMBERED:]


def with_query(call: Call, question: str) -> Call:
    """Return an `explain` call with its query: the question itself when none was read."""
    if call.tool != "explain" or call.arguments().get("query"):
        return call
    return parse_call("explain", {"query": question.strip()[:QUERY_LENGTH]})


def _ms(start: float) -> float:
    return round((perf_counter() - start) * 1000, 2)
