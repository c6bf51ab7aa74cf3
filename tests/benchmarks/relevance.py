"""How well relevance tells questions that the documents answer from others: `python -m tests.benchmarks.relevance`.

Prints how often questions reach each level of relevance: those with an answer in a folder, those near its subject
without one, those about anything else, and those about models. The four numbers in index/search.py were fitted by
logistic regression (answered or not weighted equally, of the latter those near the subject 1.2, about models 0.3) on
the guides with "dev", with "dev2" and with both, and lie between the results (-2.95, 4.3, 2.95, -1.3; -1.8, 2.8, 2.6,
-0.9; -1.5, 3.3, 1.4, -1.4). With the dictionary the same fits are a third steeper (-3.9, 5.6, 3.2, -1.3; -2.7, 3.8,
3.1, -0.9; -2.5, 4.3, 1.9, -1.5) but put questions in the same order (areas under the curve within 0.01), so the numbers
stay, and the levels chosen for them (assistant/own_documents.py). What a passage leaves unsaid, its
best sentence, whether it holds a number, date or price where one is asked for, and the nearest word by vector were
tried beside them: none refused more on "test" at the same loss.
"""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.own_documents import LIKELY, QUOTED, SURE, UNCLEAR, answers, guides_answer, stays
from assistant.reader.read import Reader
from index.evaluate import load_golden
from index.search import BY_ABSENT, BY_NEARNESS, BY_SHARE, LEAST, OFFSET, search
from index.types import Hit
from knowledge.catalog import load_catalog
from knowledge.glossary import load_glossary
from tests.benchmarks.documents import DATA, OWN, Room, guides_golden, rooms

LEVELS = sorted({LEAST, LIKELY, UNCLEAR, QUOTED["shipped"], 0.4, SURE})


def asked(name: str) -> dict[str, list[str]]:
    """Return the questions put to a folder by kind: answered, near, far, models."""
    if name == "guides":
        off = [*_unanswered("dev"), *_unanswered("test")]
        return {"answered": [row["query"] for row in guides_golden()], "far": [row["query"] for row in off]}
    kinds: dict[str, list[str]] = {"answered": [row["query"] for row in load_golden(OWN / f"{name}.jsonl")]}
    for row in _unanswered(name):
        kinds.setdefault(row["kind"], []).append(row["query"])
    return {**kinds, "models": _about_models()}


def _unanswered(name: str) -> list[dict[str, Any]]:
    return _rows(f"own/{name}_unanswered.jsonl")


def _about_models() -> list[str]:
    rows = [row for lang in ("ja", "en") for row in _rows(f"reader_dev_{lang}.jsonl")[:100]]
    return [row["text"] for row in rows if row["tool"] not in ("explain", "out_of_scope", "clarify")]


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def nearest(room: Room, query: str, source: str, least: float = 0.0) -> list[Hit]:
    """Return the passage that search puts first, in a list."""
    return search(room.held, query, room.model.query(query), room.synonyms, top=1, source=source, least=least)  # type: ignore[arg-type]


def best(room: Room, query: str, source: str) -> float:
    """Return the relevance of the passage that search puts first, 0 when there is none."""
    return next((hit.relevance for hit in nearest(room, query, source)), 0.0)


def taken(reader: Reader, room: Room, query: str) -> bool:
    """Tell whether the assistant answers a question from the person's documents, what it reads as `explain` aside."""
    reading = reader.read(query)
    if reading.call.tool == "explain" or stays(reading, query):
        return False
    return answers(nearest(room, query, "user", LEAST), nearest(room, query, "shipped", LEAST), reading)


def guided(reader: Reader, room: Room, query: str) -> bool:
    """Tell whether a question is declined by the reader and answered from the guides all the same."""
    declined = reader.read(query).call.tool == "out_of_scope"
    return declined and guides_answer(query, nearest(room, query, "shipped", LEAST), load_glossary())


def main() -> None:
    """Print the shares of questions at or above each level, and of those that go to documents."""
    reader = Reader(load_catalog())
    print(f"relevance = logistic({OFFSET} + {BY_SHARE} sqrt(share) + {BY_NEARNESS} nearness {BY_ABSENT:+} absent)")
    for name, room in rooms().items():
        source = "shipped" if name == "guides" else "user"
        for kind, queries in asked(name).items():
            own: NDArray[np.floating] = np.array([best(room, query, source) for query in queries])
            cells = "  ".join(f"{level:.2f}: {float((own >= level).mean()):.3f}" for level in LEVELS)
            print(f"{name:7} {kind:9} {len(queries):4} questions  {cells}")
            goes = guided if name == "guides" else taken
            share = float(np.mean([goes(reader, room, query) for query in queries]))
            what = "declined, but answered from the guides" if name == "guides" else "taken to the documents"
            print(f"{name:7} {kind:9} {what} by assistant.own_documents: {share:.3f}")


if __name__ == "__main__":
    main()
