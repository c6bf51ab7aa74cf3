"""A turn: question -> reading -> tool -> evidence -> answer, yielded as events.

One straight line without a framework. Every heavy part (reader, index, chat model) is made on first use, so that a
memory question never waits for a search library.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any

from assistant.calls import Call, Hardware, parse_call
from assistant.courtesy import courtesy, reply
from assistant.errors import MekikiError, ToolError
from assistant.events import (
    UNSURE,
    Answer,
    CallRecord,
    Cited,
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
from assistant.family_licences import with_family_licences
from assistant.list_places import latest_list, resolve_items
from assistant.machine import Machine
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
from assistant.passages import PASSAGES
from assistant.sentences import say
from assistant.settings import Settings
from assistant.small_talk import small_talk
from assistant.stated.against import against, not_picked_in
from assistant.stated.beside import place_among
from assistant.stated.complete import Known, complete
from assistant.stated.data import said_of_data, with_word_on_data
from assistant.stated.machines import on_machine
from assistant.stated.premise import with_premise
from assistant.stated.values import with_quants
from assistant.toolbox import Toolbox
from assistant.tools import run
from assistant.writer.draft import Draft, bullets, join_sentences, parts, section, whole_sentence
from assistant.writer.explanation import examples, reasons_again
from assistant.writer.write import draft as write_draft
from index.terms import QUERY_LENGTH
from knowledge.catalog import Catalog, load_catalog

if TYPE_CHECKING:
    from assistant.llm import ChatModel
    from assistant.reader.read import Reader
    from index.library import Index
    from index.types import Before

log = logging.getLogger(__name__)

REMEMBERED = 20  # turns


class Assistant:
    """Mekiki: the catalog, this machine, the index, the reader and the writer, behind one method."""

    def __init__(self, settings: Settings, *, use_machine: bool = True) -> None:
        """Keep the settings; with `use_machine=False`, assume no machine instead of this one."""
        self.settings = settings
        self.use_machine = use_machine
        self._opening = Lock()
        self._index: Index | None = None

    def close(self) -> None:
        """Stop following the folders, if the index was opened."""
        if self._index is not None:
            self._index.close()

    @cached_property
    def catalog(self) -> Catalog:
        """The shipped catalog overlaid with the user's entries."""
        return load_catalog(self.settings.data / "catalog")

    @cached_property
    def machine(self) -> Machine:
        """The machine Mekiki runs on, as detected."""
        from assistant.hardware import detect
        from assistant.memory import bandwidth

        bandwidth.keep_in(self.settings.data)
        return detect()

    @property
    def index(self) -> "Index":
        """The search index, brought up to date when it is first needed. Two threads asking at once get the same one."""
        with self._opening:
            if self._index is None:
                self._index = self.open_index()
                self._index.sync()
            return self._index

    def open_index(self) -> "Index":
        """Return a search index as it was left, for who writes it next."""
        from index.library import open_index

        return open_index(
            self.settings.data, user_folders=self.settings.knowledge, catalog=self.catalog,
            embedder=self.settings.embedder, reranker=self.settings.reranker, chroma_url=self.settings.chroma_url,
        )  # fmt: skip

    def follow(self) -> None:
        """Keep the index up to date with the person's folders from now on, until `close`."""
        self.index.watch()

    @property
    def _has_documents(self) -> bool:
        """Whether anything lies in the person's folders."""
        return any(folder.is_dir() and any(folder.iterdir()) for folder in self.settings.knowledge)

    @cached_property
    def reader(self) -> "Reader":
        """The built-in reader."""
        from assistant.reader.read import Reader

        return Reader(self.catalog)

    @cached_property
    def chat_model(self) -> "ChatModel | None":
        """The chat model of the settings, if any. Raises ModelFileError."""
        from assistant.llm import chat_model

        return chat_model(self.settings)

    @cached_property
    def _box(self) -> Toolbox:
        from assistant.memory import oracle

        oracle.configure(self.settings.data / "llama.cpp")  # its answers are kept: the next start need not ask again
        return Toolbox(self.catalog, self.machine if self.use_machine else None)

    def toolbox(
        self, call: Call | None = None, hardware: Hardware | None = None, *, own_first: bool = False
    ) -> Toolbox:
        """Return what tools work on: with the index when the call searches, on `hardware` when it is overridden.

        `own_first`: the person's documents are quoted before the guides.
        """
        box = self._box
        if hardware is not None and hardware.model_fields_set:
            box = Toolbox(self.catalog, box.machine_for(hardware))
        if call is not None and call.tool == "explain":
            box = Toolbox(self.catalog, box.machine, self.index, own_first)
        return box

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
        filled = self._has_documents
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
        from assistant.reader.asks import asks_why
        from assistant.reader.needs import remember

        start = perf_counter()
        yield Understood(reading)
        records: list[CallRecord] = []
        result: dict[str, Any] = {}
        notes, again = reading.notes, False
        try:
            call = resolve_items(with_query(reading.call, question), conversation)
            call = with_quants(call, question, self.reader.tables)
            placed = on_machine(call, question, [asked for asked, _ in conversation.turns], self.catalog)
            call, notes = placed.call, (*reading.notes, *placed.notes)
            if call.tool == "explain" and conversation.picks and (named := not_picked_in(question, self.reader.tables)):
                plan = against(named, conversation, lambda call: self.toolbox(call, hardware), language)
                again = True
            elif call.tool == "explain" and conversation.picks and asks_why(question):
                plan = reasons_again(conversation.picks, language)
                again = True
            else:
                yield ToolStarted(call.tool, call.arguments())
                began = perf_counter()
                box = self.toolbox(call, hardware, own_first=reading.own_first)
                box = replace(box, asker=language, before=conversation.before)
                result = run(placed.box(box) if hardware is None else box, call, language)
                notes = (*notes, *place_among(call, result, conversation.listed, self.catalog))
                records.append(CallRecord(call.tool, call.arguments(), result, _ms(began)))
                yield ToolFinished(records[0])
                kind = courtesy(question) if call.tool == "out_of_scope" else None
                silent = call.tool == "out_of_scope" and self._has_documents and not small_talk(question)
                told = result | {"documents": True} if silent else result
                plan = reply(kind, language) if kind else write_draft(call.tool, told, language)
                plan = with_word_on_data(plan, said_of_data(call, question), question, language)
                plan = with_family_licences(plan, call, question, self.catalog, self.reader.tables, language)
                plan = with_premise(plan, question, self.catalog, self.reader.tables, language) if result else plan
        except ToolError as error:
            plan = Draft(
                whole_sentence(language, error.text(language).rstrip(".。")), next_questions=examples(language)
            )
        timings["tool"] = _ms(start)
        began = perf_counter()
        text, warnings = "", [note[language] for note in notes] + self._warnings(reading, result, language)
        for piece in self._prose(question, plan, result, language, warnings):
            text += piece
            yield TextDelta(piece)
        timings["write"] = _ms(began)
        timings["total"] = round(timings["read"] + _ms(start), 2)
        conversation.needs = remember(conversation.needs, reading.call.tool, reading.call.arguments())
        conversation.call = conversation.call if again else reading.call  # the turn after is still about the picks
        conversation.listed = latest_list(reading.call.tool, plan.listed, conversation.listed)
        conversation.language = language
        conversation.picks = result["picks"] if result.get("picks") else conversation.picks
        conversation.before = answered(question, reading, result, conversation.before)
        conversation.turns = [*conversation.turns, (question, text)][-REMEMBERED:]
        assumptions = (*plan.assumptions, *(one[language] for one in reading.assumed))
        yield Done(
            Answer(
                text, tuple(records), plan.sources, assumptions, tuple(warnings + list(plan.warnings)),
                plan.next_questions, language, self._models(), timings, reading, plan.details,
            )
        )  # fmt: skip

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
                from assistant.prose import checked_sentences

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


def with_query(call: Call, question: str) -> Call:
    """Return an `explain` call with its query: the question itself when none was read."""
    if call.tool != "explain" or call.arguments().get("query"):
        return call
    return parse_call("explain", {"query": question.strip()[:QUERY_LENGTH]})


def _ms(start: float) -> float:
    return round((perf_counter() - start) * 1000, 2)


def plain(text: str, sources: Sequence[Cited], language: Language, *, beside: Mapping[str, Sequence[str]]) -> str:
    """Return an answer as Markdown with what a page shows beside it (titled lists), for terminals.

    Of the sources those are listed that the text cites.
    """
    listed = "\n".join(f"[{s.n}] {s.named}" for s in sources if f"[{s.n}]" in text)
    lists = [section(say(language, title), bullets(lines)) for title, lines in beside.items()]
    return parts(text, *lists, section(say(language, "sources"), listed.replace("\n", "  \n")))
