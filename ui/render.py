"""A turn's events folded into what the chat shows. Pure: events in, messages out, no Gradio."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.calls import Call
from assistant.errors import MekikiError
from assistant.events import Answer, CallRecord, Done, Event, Reading, TextDelta, ToolFinished, ToolStarted, Understood
from assistant.sentences import say as told_by_assistant
from ui.blocks import explained_html, finished_html, folded_html, running_html, source_id, sources_html
from ui.charts import bars, chart_html
from ui.front_chart import front_html
from ui.reading import reading_html
from ui.safe import clean, esc, markdown
from ui.words import duration, has, said, say

LONGEST_QUESTION = 4_000  # characters of a question that the chat shows
Message = dict[str, Any]


@dataclass
class Turn:
    """One question and what came of it so far. `change` is the edited condition that a rerun stands for."""

    number: int
    question: str
    change: Call | None = None
    change_text: dict[str, str] = field(default_factory=dict)  # language -> what was changed
    reading: Reading | None = None
    running: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    records: list[CallRecord] = field(default_factory=list)
    text: str = ""
    answer: Answer | None = None
    error: MekikiError | None = None
    failed: bool = False  # an error that nobody foresaw; it is in the log
    stopped: bool = False
    _kept: dict[str, list[Message]] = field(default_factory=dict, repr=False)

    @property
    def over(self) -> bool:
        """Return whether nothing more will come."""
        return self.answer is not None or self.error is not None or self.failed or self.stopped

    def fold(self, event: Event) -> None:
        """Take in one event."""
        self._kept.clear()
        match event:
            case Understood():
                self.reading = event.reading
            case ToolStarted():
                self.running.append((event.tool, event.args))
            case ToolFinished():
                self._finish(event.record)
            case TextDelta():
                self.text += event.text
            case Done():
                self.answer = event.answer
                self.text = event.answer.text or self.text
                self.records = list(event.answer.calls) or self.records
                self.reading = event.answer.reading or self.reading
                self.running.clear()

    def end(self, error: MekikiError | None = None, *, failed: bool = False, stopped: bool = False) -> None:
        """End the turn without an answer. What has been shown stays."""
        self._kept.clear()
        self.error, self.failed, self.stopped = error, failed, stopped
        self.running.clear()

    def messages(self, language: str) -> list[Message]:
        """Return the question and the reply as chat messages; a turn that is over is rendered once per language."""
        if language not in self._kept:
            rendered = _messages(self, language)
            if not self.over:
                return rendered
            self._kept[language] = rendered
        return self._kept[language]

    def _finish(self, record: CallRecord) -> None:
        self.records.append(record)
        for place, (tool, _) in enumerate(self.running):
            if tool == record.tool:
                del self.running[place]
                break


def conversation_messages(turns: Iterable[Turn], language: str) -> list[Message]:
    """Return all turns as one list of messages; only the last turn offers next questions."""
    shown = list(turns)
    messages: list[Message] = []
    for turn in shown:
        messages += turn.messages(language)
        if turn is not shown[-1] and messages and messages[-1]["content"][-1]["text"].startswith(_NEXT):
            messages[-1] = messages[-1] | {"content": messages[-1]["content"][:-1]}
    return messages


_NEXT = '<div class="mk-next">'


def _messages(turn: Turn, language: str) -> list[Message]:
    pieces = [_question(turn, language)]
    reply = [piece for piece in _reply(turn, language) if piece]
    return [_message("user", pieces), _message("assistant", reply)]


def _message(role: str, pieces: Sequence[str]) -> Message:
    return {"role": role, "content": [{"type": "text", "text": piece} for piece in pieces]}


def _question(turn: Turn, language: str) -> str:
    text = clean(turn.question)
    if len(text) > LONGEST_QUESTION:
        text = text[:LONGEST_QUESTION] + say(language, "chat.cut", count=f"{len(turn.question):,}")
    change = turn.change_text.get(language, "")
    note = f'<span class="mk-change">{esc(say(language, "chat.changed"))}: {esc(change)}</span>' if change else ""
    return f'<div class="mk-question">{esc(text)}{note}</div>'


def _reply(turn: Turn, language: str) -> list[str]:
    answer = turn.answer
    pieces = []
    if turn.reading is not None:
        pieces.append(reading_html(turn.reading, turn.number, language))
    pieces += [running_html(tool, args, language) for tool, args in turn.running]
    pieces.append(_text(turn, language))
    pieces.append(_trouble(turn, language))
    if answer is not None:
        pieces.append(_remarks(turn, answer, language))
        pieces.append(chart_html(bars(turn.records), language))
        pieces.append(_details(turn, answer, language))
        pieces.append(explained_html(turn.records, language))
    pieces += [finished_html(record, language) for record in turn.records]
    if answer is not None:
        pieces.append(sources_html(answer.sources, turn.number, language))
        pieces.append(_foot(answer, language))
        pieces.append(_next_questions(answer, language))
    return pieces


def _text(turn: Turn, language: str) -> str:
    if not turn.text:
        if turn.over or turn.running:
            return ""
        return f'<div class="mk-wait"><i></i><i></i><i></i><span>{esc(say(language, "chat.working"))}</span></div>'
    caret = "" if turn.over else '<i class="mk-caret"></i>'
    lang = turn.answer.language if turn.answer else turn.reading.language if turn.reading else language
    return f'<div class="mk-answer" lang="{lang}">{markdown(turn.text, _anchors(turn, language))}{caret}</div>'


def _anchors(turn: Turn, language: str) -> dict[int, tuple[str, str]]:
    """Return source number -> (element id, title) of its passage."""
    anchors: dict[int, tuple[str, str]] = {}
    for source in turn.answer.sources if turn.answer else ():
        title = say(language, "source.see", n=source.n, file=f"{source.file} {source.heading}".strip())
        anchors[source.n] = (source_id(turn.number, source.n), title)
    return anchors


def _details(turn: Turn, answer: Answer, language: str) -> str:
    """Return the figures behind the answer, folded: its tables and proof, and the chart of what can be traded."""
    text = markdown(answer.details, _anchors(turn, language)) if answer.details else ""
    inner = f'<div class="mk-answer" lang="{answer.language}">{text}</div>' if text else ""
    return folded_html(say(language, "chat.more"), inner + front_html(turn.records, language))


def _trouble(turn: Turn, language: str) -> str:
    if turn.error is not None:
        return f'<div class="mk-error">{esc(turn.error.text(language))}</div>'
    if turn.failed:
        return f'<div class="mk-error">{markdown(say(language, "chat.unexpected"))}</div>'
    return f'<div class="mk-stopped">{esc(say(language, "chat.stopped"))}</div>' if turn.stopped else ""


def _remarks(turn: Turn, answer: Answer, language: str) -> str:
    """Return the assumptions and warnings that neither the answer's text nor the reading already tells."""
    notes = turn.reading.notes if turn.reading else ()
    told = {told_by_assistant(answer.language, "unsure"), *(str(said(note, answer.language)).strip() for note in notes)}
    boxes = ""
    for kind, texts in (("warning", answer.warnings), ("assumed", answer.assumptions)):
        shown = [str(said(one, language)).strip() for one in texts]
        lines = "".join(
            f"<div>{esc(text)}</div>" for text in shown if text and text not in answer.text and text not in told
        )
        if lines:
            head = esc(say(language, f"chat.{kind}"))
            boxes += f'<div class="mk-remark {kind}"><b>{head}</b><div>{lines}</div></div>'
    return f'<div class="mk-remarks">{boxes}</div>' if boxes else ""


def _foot(answer: Answer, language: str) -> str:
    names = [
        f"{say(language, f'chat.{role}')}: {name}"
        for role, name in answer.models.items()
        if has(language, f"chat.{role}")
    ]
    times = [
        f"{say(language, f'timing.{step}') if has(language, f'timing.{step}') else step} {duration(language, ms)}"
        for step, ms in answer.timings_ms.items()
    ]
    rows = "".join(f"<div>{esc(' · '.join(row))}</div>" for row in (names, times) if row)
    made = f'<details class="mk-made"><summary>{esc(say(language, "chat.details"))}</summary>{rows}</details>'
    done, words = esc(say(language, "chat.copied")), esc(say(language, "chat.copy"))
    copy = f'<button type="button" class="mk-copy" value="{esc(answer.whole)}" title="{done}">{words}</button>'
    return f'<div class="mk-foot">{copy}{made if rows else ""}</div>'


def _next_questions(answer: Answer, language: str) -> str:
    buttons = "".join(
        f'<button type="button" class="mk-ask" value="{esc(text)}">{esc(text)}</button>'
        for text in answer.next_questions
    )
    return f'{_NEXT}<span class="mk-caption">{esc(say(language, "chat.next"))}</span>{buttons}</div>' if buttons else ""
