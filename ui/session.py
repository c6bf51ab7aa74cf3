"""What one browser tab holds: its conversation, the turns shown, the machine it speaks of."""

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from assistant.calls import Call, Hardware
from assistant.errors import MekikiError
from assistant.events import Conversation, Event, Language
from assistant.hardware.machine import Machine
from ui.reading import changes
from ui.render import Turn
from ui.words import LANGUAGES

log = logging.getLogger(__name__)
PAUSE = 0.06  # seconds between two updates of the page while text streams
MOST_TABS = 64  # conversations kept for tabs that may reload; the one unused for longest goes first


class Answering(Protocol):
    """What the page needs of the assistant."""

    settings: Any

    @property
    def catalog(self) -> Any:
        """The model catalog."""

    @property
    def index(self) -> Any:
        """The document index."""

    def follow(self) -> None:
        """Keep the index up to date with the folders."""

    @property
    def machine(self) -> Machine:
        """The machine that was detected."""

    def answer(
        self,
        question: str,
        conversation: Conversation,
        *,
        language: Language | None = None,
        hardware: Hardware | None = None,
    ) -> Iterator[Event]:
        """Answer a question."""

    def answer_call(
        self, call: Call, conversation: Conversation, *, language: Language, hardware: Hardware | None = None
    ) -> Iterator[Event]:
        """Answer an edited reading."""


class Warmer:
    """Loads what questions need while the person is still reading the page: the reader, the index; then follows files.

    `wait` holds a question back until the reader is there, so that no part is made twice; the index, which takes long
    on the very first start, is waited for by what searches. What fails here fails again, with its sentence, when used.
    """

    def __init__(self, assistant: Answering) -> None:
        """Prepare; nothing is loaded before `start`, and nothing is waited for."""
        self.assistant = assistant
        self._ready, self._indexed = threading.Event(), threading.Event()
        self._ready.set()
        self._indexed.set()

    def start(self) -> None:
        """Begin to load in the background."""
        self._ready.clear()
        self._indexed.clear()
        threading.Thread(target=self._run, name="warm-up", daemon=True).start()

    @property
    def indexing(self) -> bool:
        """Return whether the index is still being made ready."""
        return not self._indexed.is_set()

    def wait(self) -> None:
        """Return when the reader is loaded."""
        self._ready.wait()

    def wait_for_index(self) -> None:
        """Return when the index can be used."""
        self._indexed.wait()

    def _run(self) -> None:
        self._load("machine", "reader")
        self._ready.set()
        self._load("index")
        self._indexed.set()
        try:
            self.assistant.follow()
        except Exception as error:
            log.info("the folders are not followed: %s", error)

    def _load(self, *names: str) -> None:
        for name in names:
            try:
                getattr(self.assistant, name, None)
            except Exception as error:
                log.info("%s is not ready: %s", name, error)


def _at_once() -> None:
    """Wait for nothing."""


@dataclass
class Session:
    """One tab. `hardware` is what was stated by hand, None for the detected machine."""

    conversation: Conversation = field(default_factory=Conversation)
    turns: list[Turn] = field(default_factory=list)
    hardware: Hardware | None = None
    machine: Machine | None = None  # the stated one, for the card
    documents: bool = False  # whether the documents tab has been opened
    table: str = ""  # the documents as last sent by the timer

    def clear(self) -> None:
        """Begin a new conversation on the same machine."""
        self.conversation = Conversation()
        self.turns = []

    def ask(self, assistant: Answering, question: str, wait: Callable[[], None] = _at_once) -> Iterator[Turn]:
        """Add a turn for a question and run it; each step yields the turn."""
        turn = Turn(self._next(), question)
        self.turns.append(turn)

        def start() -> Iterator[Event]:
            wait()
            return assistant.answer(question, self.conversation, hardware=self.hardware)

        yield from run(turn, start)

    def rerun(
        self, assistant: Answering, number: int, call: Call, language: Language, wait: Callable[[], None] = _at_once
    ) -> Iterator[Turn]:
        """Run an edited reading: the last turn is answered anew in its place, an earlier one as a new turn."""
        old = next((turn for turn in self.turns if turn.number == number), None)
        if old is None:
            return
        turn = Turn(self._next(), old.question, change=call)
        if old.reading is not None:
            language = old.reading.language
            turn.change_text = {one: changes(old.reading.call, call, one) for one in LANGUAGES}
        if old is self.turns[-1]:
            self.turns[-1] = turn
        else:
            self.turns.append(turn)
        spoken = language

        def start() -> Iterator[Event]:
            wait()
            return assistant.answer_call(call, self.conversation, language=spoken, hardware=self.hardware)

        yield from run(turn, start)

    def stop(self) -> None:
        """Mark the last turn as stopped, unless it is over."""
        if self.turns and not self.turns[-1].over:
            self.turns[-1].end(stopped=True)

    def _next(self) -> int:
        return max((turn.number for turn in self.turns), default=0) + 1


class Tabs:
    """The sessions of the tabs that are or were open, so that a reloaded page finds its conversation again.

    In memory only: they end with the server, and nothing is written to disk.
    """

    def __init__(self) -> None:
        """Begin without any tab."""
        self._held: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def resume(self, tab: str, held: Session) -> Session:
        """Return what the tab of this name held before, else keep `held` under it.

        `tab` is the random name that page.js gives to a tab (32 hexadecimal digits); any other is not kept.
        """
        if not re.fullmatch(r"[0-9a-f]{32}", tab):
            return held
        with self._lock:
            found = self._held.setdefault(tab, held)
            self._held.move_to_end(tab)
            while len(self._held) > MOST_TABS:
                self._held.popitem(last=False)
        return found


def run(turn: Turn, start: Callable[[], Iterator[Event]]) -> Iterator[Turn]:
    """Fold events into the turn, yielding it at most every `PAUSE` seconds and once at the end.

    A MekikiError becomes the turn's sentence; any other exception is logged and becomes a polite line.
    """
    yield turn
    shown = time.monotonic()
    events: Iterator[Event] | None = None
    try:
        events = start()
        for event in events:
            turn.fold(event)
            if time.monotonic() - shown >= PAUSE:
                yield turn
                shown = time.monotonic()
        if not turn.over:
            turn.end(failed=True)
            log.error("a turn ended without an answer")
    except MekikiError as error:
        turn.end(error)
    except GeneratorExit:
        if not turn.over:
            turn.end(stopped=True)
        raise
    except Exception:
        log.exception("a turn failed")
        turn.end(failed=True)
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()
    yield turn
