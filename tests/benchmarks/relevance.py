"""What becomes of questions when somebody has documents of their own: `python -m tests.benchmarks.relevance`.

Prints how often questions reach each level of relevance: those with an answer in a folder, those near its subject
without one, those about anything else, those about models, and small talk. Then what they get: the right passage as the
answer, another as the answer, a passage as the nearest to the question, or none of the person's documents. The same
for folders of a single document ("alone"): the questions that it answers, and some that another document does.

Last come the four numbers of index/search.py as logistic regression fits them to each folder to develop by and to all
of these, single documents included (answered or not weighted equally, of the latter those near the subject 1.2, far
from it or answered elsewhere 1, about models 0.3).

tests/benchmarks/support.py tells how support was fitted.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from assistant.courtesy import courtesy
from assistant.events import Reading
from assistant.own_documents import (
    FIRM,
    LIKELY,
    QUOTED,
    STATES,
    SURE,
    Found,
    answers,
    guides_answer,
    may_be_about_names,
    names_field,
)
from assistant.passages import PASSAGES
from assistant.reader.read import Reader
from assistant.small_talk import small_talk
from index.evaluate import is_right, load_golden
from index.facets import facets
from index.lexical import said, wants
from index.own_names import own_names
from index.search import BY_ABSENT, BY_NEARNESS, BY_SHARE, LEAST, OFFSET, nearer
from index.support import support
from index.types import Hit
from knowledge.catalog import load_catalog
from knowledge.glossary import load_glossary
from tests.benchmarks.documents import DATA, OWN, Room, alone, find, guides_golden, own, rooms
from tests.benchmarks.logit import fit

LEVELS = sorted({LEAST, LIKELY, 0.25, QUOTED["shipped"], 0.4, SURE})
DEVELOPED = ("dev", "dev2", "blind3", "dev3")
COUNTS = {"answered": 1.0, "near": 1.2, "far": 1.0, "alone": 1.0, "elsewhere": 1.0, "models": 0.3}
ANSWERED = ("answered", "alone")
OTHER = ("answered", "near", "far")  # about a person's documents or about anything else, not about models
ELSEWHERE = 5  # one in so many of the questions that another document answers
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


def singly(name: str, room: Room) -> Iterator[tuple[str, Room, dict[str, Any]]]:
    """Yield questions to each of a folder's documents by itself: "alone" when it answers them, else "elsewhere"."""
    golden = load_golden(OWN / f"{name}.jsonl")
    for number, single in enumerate(alone(name, room)):
        hits = [Hit(0, 0.0, passage) for passage in own(single)]
        here = [any(is_right(hit, row) for hit in hits) for row in golden]
        for row, answered in zip(golden, here, strict=True):
            if answered:
                yield "alone", single, row
        others = [row for row, answered in zip(golden, here, strict=True) if not answered]
        yield from (("elsewhere", single, row) for row in others[number % ELSEWHERE :: ELSEWHERE])


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
    if courtesy(query) or small_talk(query):
        return "none"
    names_own = may_be_about_names(reading) and bool(own_names(room.held, query))
    found = Found(own, supported, nearest(room, query, "shipped"), names_field(query, reader.tables), names_own)
    by_relevance = reading.call.tool == "explain" and bool(own)  # beside the guides
    beside = by_relevance and own[0].relevance >= max(QUOTED["user"], best(room, query, "shipped"))
    if not (answers(query, reading, found) or beside):
        return "none"
    if supported.states < STATES:
        return "nearest"
    return "right" if row is not None and is_right(own[0], row) else "answer"


def surely_about_models(reading: Reading) -> bool:
    """Tell whether a question is read as one about models with a confidence of FIRM or more."""
    return reading.call.tool not in ("explain", "out_of_scope", "clarify") and reading.confidence >= FIRM


def guided(room: Room, query: str) -> bool:
    """Tell whether a question that the reader declines is answered from the guides all the same."""
    return guides_answer(query, nearest(room, query, "shipped"), load_glossary())


def evidence(room: Room, query: str) -> tuple[float, float, float] | None:
    """Return what the relevance of the person's best passage is made of: root of the share, nearness, absent."""
    first = nearest(room, query, "user", 0.0)
    if not first:
        return None
    records, scorer = room.held.records, room.held.stock.bm25
    known = (first[0].passage.id, "user")
    row = next(n for n, one in enumerate(records) if (one.id, one.origin) == known)
    held = facets(scorer, records)
    allowed = held.of_origins(["user"], len(records))
    lexical = said(scorer, wants(query, room.synonyms), allowed)
    similarities = room.held.stock.similarities(room.model.query(query))
    assert similarities is not None
    return max(0.0, float(lexical.share[row])) ** 0.5, float(nearer(similarities)[row]), lexical.absent


def fitted(held: dict[str, Room], names: Sequence[str]) -> NDArray[np.floating]:
    """Return OFFSET, BY_SHARE, BY_NEARNESS and BY_ABSENT as the questions to some folders give them."""
    rows, right, counts = [], [], []
    for name in names:
        put = [(kind, held[name], query) for kind, queries in asked(name).items() for query in queries]
        put += [(kind, single, row["query"]) for kind, single, row in singly(name, held[name])]
        for kind, room, query in put:
            if kind in COUNTS and (found := evidence(room, query)) is not None:
                rows.append(found)
                right.append(kind in ANSWERED)
                counts.append(COUNTS[kind])
    return fit(np.array(rows), np.array(right), np.array(counts))


def tell(name: str, kind: str, relevance: Sequence[float], outcomes: Sequence[Outcome]) -> None:
    """Print how many of some questions reach each level, and what becomes of them."""
    own = np.array(relevance)
    cells = "  ".join(f"{level:.2f}: {float((own >= level).mean()):.3f}" for level in LEVELS)
    print(f"{name:7} {kind:9} {len(own):4} questions  {cells}")
    told = "  ".join(f"{one}: {count / len(own):.3f}" for one, count in sorted(Counter(outcomes).items()))
    if told:
        print(f"{name:7} {kind:9} {told}", flush=True)


def main() -> None:
    """Print the shares of questions at or above each level, of those with each outcome, and the fits."""
    reader = Reader(load_catalog())
    print(f"relevance = logistic({OFFSET} + {BY_SHARE} sqrt(share) + {BY_NEARNESS} nearness {BY_ABSENT:+} absent)")
    held = rooms()
    for kind, queries in asked("guides").items():
        tell("guides", kind, [best(held["guides"], query, "shipped") for query in queries], ())
    elsewhere = [query for name in list(held)[1:] for kind in OTHER for query in asked(name).get(kind, ())]
    for kind, queries in (("guides", asked("guides")["answered"]), ("anything else", elsewhere)):
        declined = [query for query in queries if reader.read(query).call.tool == "out_of_scope"]
        led = sum(guided(held["guides"], query) for query in declined)
        print(f"{kind}: of {len(declined)} questions that the reader declines {led} are answered from the guides")
    for name in list(held)[1:]:
        room, known = held[name], {row["query"]: row for row in load_golden(OWN / f"{name}.jsonl")}
        for kind, queries in asked(name).items():
            outcomes = [outcome(reader, room, query, known.get(query)) for query in queries]
            tell(name, kind, [best(room, query, "user") for query in queries], outcomes)
        singles = list(singly(name, room))
        for kind in ("alone", "elsewhere"):
            put = [(single, row) for found, single, row in singles if found == kind]
            outcomes = [outcome(reader, single, row["query"], row) for single, row in put]
            tell(name, kind, [best(single, row["query"], "user") for single, row in put], outcomes)
    for kind in ("answered", "models"):
        queries = dict.fromkeys(query for name in DEVELOPED for query in asked(name)[kind])
        sure = [surely_about_models(reader.read(query)) for query in queries]
        print(f"{kind}: {np.mean(sure):.4f} of {len(sure)} read as about models with a confidence of {FIRM} or more")
    for names in (*((name,) for name in DEVELOPED), DEVELOPED):
        print("fitted to", " + ".join(names), fitted(held, names).round(2))


if __name__ == "__main__":
    main()
