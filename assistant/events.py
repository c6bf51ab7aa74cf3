"""What a turn yields while it runs, and what it ends with. The page and the command line show these, nothing else."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from assistant.calls import Call

if TYPE_CHECKING:
    from assistant.writer.draft import Draft
    from index.types import Before

Language = Literal["ja", "en"]
UNSURE = 0.5  # below this confidence the answer, and the page, ask to check the reading


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood: one tool call with the conversation's needs merged in, and how sure the reader is (0 to 1).

    `notes` are assumptions and dropped values, language -> sentence; `own_first`: the person's documents answer it.
    """

    call: Call
    confidence: float
    language: Language
    notes: tuple[dict[str, str], ...] = ()
    assumed: tuple[dict[str, str], ...] = ()  # {"en", "ja"}: what holds of earlier turns without being said again
    own_first: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the fixed shape of `read --json`."""
        return {
            "tool": self.call.tool,
            "args": self.call.arguments(),
            "confidence": round(self.confidence, 4),
            "language": self.language,
        }


@dataclass(frozen=True, slots=True)
class Cited:
    """A source of an answer: number as cited in the text, file, heading and the passage itself."""

    n: int
    file: str
    heading: str
    text: str
    place: str = ""

    @property
    def named(self) -> str:
        """The source as a list names it: its heading and file, of a person's document also the place."""
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{self.heading} ({where})" if self.heading else where

    def to_json(self) -> dict[str, Any]:
        """Return one element of `ask --json`'s sources."""
        return {"n": self.n, "file": self.file, "heading": self.heading, "text": self.text, "place": self.place}


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A tool call that was made and its result (JSON-ready), in milliseconds."""

    tool: str
    args: dict[str, Any]
    result: dict[str, Any]
    ms: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of a turn."""

    text: str  # Markdown, what everyone should read; cites sources as [1]
    calls: tuple[CallRecord, ...]
    sources: tuple[Cited, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]
    next_questions: tuple[str, ...]
    language: Language
    models: dict[str, str]  # reader, writer, embedder
    timings_ms: dict[str, float]
    reading: Reading | None = None
    details: str = ""  # Markdown, folded below the text: tables, proof, what was left out

    @property
    def whole(self) -> str:
        """The text with its details."""
        return "\n\n".join(part for part in (self.text, self.details) if part)

    def to_json(self) -> dict[str, Any]:
        """Return the fixed shape of `ask --json`."""
        return {
            "answer": self.whole,
            "calls": [{"tool": c.tool, "args": c.args, "result": c.result} for c in self.calls],
            "sources": [s.to_json() for s in self.sources],
            "assumptions": list(self.assumptions),
            "warnings": list(self.warnings),
            "language": self.language,
            "models": self.models,
            "timings_ms": self.timings_ms,
            "next_questions": list(self.next_questions),
        }


@dataclass(frozen=True, slots=True)
class Understood:
    """Event: the reading, before any tool runs."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """Event: a tool call begins."""

    tool: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """Event: a tool call has its result."""

    record: CallRecord


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Event: more of the answer's Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """Event: the turn is over."""

    answer: Answer


Event = Understood | ToolStarted | ToolFinished | TextDelta | Done


@dataclass
class Conversation:
    """What a chat remembers: the last merged call, the latest list of models (for "@2"), its picks and past turns."""

    call: Call | None = None
    listed: tuple[str, ...] = ()  # model ids of the latest answer, in the order shown
    picks: list[dict[str, Any]] = field(default_factory=list)  # of the latest recommendation, for "why that one?"
    turns: list[tuple[str, str]] = field(default_factory=list)  # (question, answer text)
    before: "Before | None" = None  # what one of the person's documents answered last, for "and on Sundays?"
    plan: "Draft | None" = None  # of the latest answer, for "why?"
    needs: dict[str, Any] = field(default_factory=dict)  # stated so far by argument name; side questions keep it
    language: Language | None = None  # of the latest answer, for a turn that has no words of any
