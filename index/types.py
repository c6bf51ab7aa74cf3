"""The values that travel out of the index."""

from dataclasses import dataclass
from typing import Literal

Origin = Literal["shipped", "user", "catalog"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document small enough to cite.

    `file` is the path relative to its folder with forward slashes ("ja/quantization.md"), `heading` the heading path
    joined by " > ", `place` a page or line ("p. 3", "l. 120"), `lang` "ja", "en" or "" when undecided.
    """

    id: str
    file: str
    heading: str
    text: str
    lang: str
    origin: Origin
    place: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A search result; higher scores are better within a question, rank starts at 1.

    `relevance`, 0 to 1, can be compared between questions: how surely the passage has to do with this one.
    """

    rank: int
    score: float
    passage: Passage
    relevance: float = 1.0


@dataclass(frozen=True, slots=True)
class Before:
    """The question before a follow-up, and the person's file that answered it."""

    question: str
    file: str


@dataclass(frozen=True, slots=True)
class FileStatus:
    """What became of one document. `state`: indexed, needs_ocr, empty, failed, waiting."""

    file: str
    origin: Origin
    state: Literal["indexed", "needs_ocr", "empty", "failed", "waiting"]
    passages: int
    reason: dict[str, str]  # language -> why, empty when indexed
    indexed_at: str  # ISO 8601, "" when never


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one reconciliation did. Counts are documents, `embedded` passages that got a new vector."""

    added: int
    changed: int
    removed: int
    unchanged: int
    failed: int
    passages: int
    embedded: int
    seconds: float
    rebuilt: bool
    generation: int
    waited: bool = False  # another process held the lock, nothing was done


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What is in the index. `notes` are sentences for a person, each by language ("ja", "en")."""

    files: tuple[FileStatus, ...]
    passages: int
    embedder: str
    generation: int
    notes: tuple[dict[str, str], ...]
