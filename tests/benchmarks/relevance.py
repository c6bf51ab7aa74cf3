"""What becomes of questions when somebody has documents of their own: `python -m tests.benchmarks.relevance`.

Prints how often questions reach each level of relevance: those with an answer in a folder, those near its subject
without one, those about anything else, those about models, and small talk. Then what they get: the right passage as the
answer, another as the answer, a passage as the nearest to the question, or none of the person's documents.

The four numbers in index/search.py were fitted by logistic regression (answered or not weighted equally, of the latter
those near the subject 1.2, about models 0.3) on the guides with "dev", with "dev2" and with both, and lie between the
results (-2.95, 4.3, 2.95, -1.3; -1.8, 2.8, 2.6, -0.9; -1.5, 3.3, 1.4, -1.4). With the dictionary the same fits are a
third steeper (-3.9, 5.6, 3.2, -1.3; -2.7, 3.8, 3.1, -0.9; -2.5, 4.3, 1.9, -1.5) but put questions in the same order
(areas under the curve within 0.01), so the numbers stay, and the levels chosen for them (assistant/own_documents.py).
tests/benchmarks/support.py tells how support was fitted.
"""

import json
from collections import Counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from assistant.courtesy import courtesy
from assistant.own_documents import LIKELY, QUOTED, STATES, SURE, UNCLEAR, answers, guides_answer, names_field, stays
from assistant.passages import PASSAGES
from assistant.reader.read import Reader
from assistant.small_talk import small_talk
from index.evaluate import is_right, load_golden
from index.search import BY_ABSENT, BY_NEARNESS, BY_SHARE, LEAST, OFFSET
from index.support import support
from index.types import Hit
from knowledge.catalog import load_catalog
from knowledge.glossary import load_glossary
from tests.benchmarks.documents import DATA, OWN, Room, find, guides_golden, rooms

LEVELS = sorted({LEAST, LIKELY, UNCLEAR, QUOTED["shipped"], 0.4, SURE})
Outcome = Literal["right", "answer", "nearest", "none"]
TALK = (
    "hello there", "lol", "what is the weather", "haha nice one", "really?", "how old are you", "do you like cats",
    "I'm bored", "tell me a joke", "happy birthday", "what day is it today", "test", "笑", "なるほど", "うん",
    "今日の天気は？", "暇だな", "好きな食べ物は？", "おやすみ", "今何時？", "すごいね", "歌って", "テスト", "つかれた",
)  # fmt: skip


def asked(name: str) -> dict[str, list[str]]:
    """Return the questions put to a folder by kind: answered, near, far, models."""
    if name == "guides":
        off = [*_unanswered("dev"), *_unanswered("test")]
        return {"answered": [row["query"] for row in guides_golden()], "far": [row["query"] for row in off]}
    kinds: dict[str, list[str]] = {"answered": [row["query"] for row in load_golden(OWN / f"{name}.jsonl")]}
    for row in _unanswered(name):
        kinds.setdefault(row["kind"], []).append(row["query"])
    return {**kinds, "models": _about_models(), "talk": list(TALK)}


def _unanswered(name: str) -> list[dict[str, Any]]:
    return _rows(f"own/{name}_unanswered.jsonl")


def _about_models() -> list[str]:
    rows = [row for lang in ("ja", "en") for row in _rows(f"reader_dev_{lang}.jsonl")[:100]]
    return [row["text"] for row in rows if row["tool"] not in ("explain", "out_of_scope", "clarify")]


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def nearest(room: Room, query: str, source: str, least: float = LEAST, top: int = 1) -> list[Hit]:
    """Return the passages that search puts first."""
    return find(room, query, top=top, source=source, least=least)


def best(room: Room, query: str, source: str) -> float:
    """Return the relevance of the passage that search puts first, 0 when there is none."""
    return next((hit.relevance for hit in nearest(room, query, source, 0.0)), 0.0)


def outcome(reader: Reader, room: Room, query: str, row: dict[str, Any] | None = None) -> Outcome:
    """Return what the assistant makes of a question; with its `row`, an answer from the right passage is "right"."""
    reading = reader.read(query)
    own = nearest(room, query, "user", top=PASSAGES)
    supported = support(room.held, query, room.synonyms, own)
    if reading.call.tool != "explain":
        if courtesy(query) or small_talk(query) or stays(reading, query):
            return "none"
        of_field = names_field(query, reader.tables)
        if not answers(own, supported, nearest(room, query, "shipped"), reading, names_field=of_field):
            return "none"
    elif not own or own[0].relevance < max(LIKELY, best(room, query, "shipped")):
        return "none"
    if supported.states < STATES:
        return "nearest"
    return "right" if row is not None and is_right(own[0], row) else "answer"


def guided(reader: Reader, room: Room, query: str) -> bool:
    """Tell whether a question is declined by the reader and answered from the guides all the same."""
    declined = reader.read(query).call.tool == "out_of_scope"
    return declined and guides_answer(query, nearest(room, query, "shipped", LEAST), load_glossary())


def main() -> None:
    """Print the shares of questions at or above each level, and of those with each outcome."""
    reader = Reader(load_catalog())
    print(f"relevance = logistic({OFFSET} + {BY_SHARE} sqrt(share) + {BY_NEARNESS} nearness {BY_ABSENT:+} absent)")
    for name, room in rooms().items():
        rows = {row["query"]: row for row in load_golden(OWN / f"{name}.jsonl")} if name != "guides" else {}
        for kind, queries in asked(name).items():
            source = "shipped" if name == "guides" else "user"
            own: NDArray[np.floating] = np.array([best(room, query, source) for query in queries])
            cells = "  ".join(f"{level:.2f}: {float((own >= level).mean()):.3f}" for level in LEVELS)
            print(f"{name:7} {kind:9} {len(queries):4} questions  {cells}")
            if name == "guides":
                share = float(np.mean([guided(reader, room, query) for query in queries]))
                print(f"{name:7} {kind:9} declined, but answered from the guides: {share:.3f}")
                continue
            found = Counter(outcome(reader, room, query, rows.get(query)) for query in queries)
            told = "  ".join(f"{one}: {count / len(queries):.3f}" for one, count in sorted(found.items()))
            print(f"{name:7} {kind:9} {told}")


if __name__ == "__main__":
    main()
