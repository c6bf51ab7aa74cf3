"""Search beside what other tools do by default, on the same passages and questions.

Questions about the guides were written apart from the embedder's training pairs; those about the documents of
tests/data/own concern offices, kitchens, clubs and workshops, of which nothing was trained on.

Chroma's own default embedder would download a model, so Chroma gets our embedder and searches by vectors alone. bm25s
and SudachiPy are no dependencies: without them their rows are those of tests/data/search_peers.csv, which
`python -m tests.benchmarks.bench_search` writes with `pip install bm25s sudachipy sudachidict-small`.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.bags import Bags
from index.bm25 import Bm25
from index.evaluate import Retrieval, evaluate
from index.search import LEAST
from index.snapshot import Snapshot
from index.terms import terms
from index.types import Hit
from tests.benchmarks.documents import DATA, OWN, Room, find, guides_golden, load_golden, rooms
from tests.benchmarks.row import Row

KEPT = DATA / "search_peers.csv"
Search = Callable[[str], list[Hit]]


def run() -> list[Row]:
    """Return recall@1/5/10, MRR and nDCG@10 per language for our legs and for the others."""
    kept = {(row["way"], row["documents"], row["group"]): row["figures"] for row in _kept()}
    rows = []
    for name, room in rooms().items():
        golden = _golden(name)
        for way, asked in _ways(name, room).items():
            rows += [_row(way, name, group, _cells(found), found.questions) for group, found in _figures(asked, golden)]
        for (way, documents, group), figures in kept.items():
            if documents == name:
                rows.append(_row(way, name, group, figures, None))
    return rows


def _golden(name: str) -> list[dict[str, Any]]:
    return guides_golden() if name == "guides" else load_golden(OWN / f"{name}.jsonl")


def _figures(find: Search, golden: Sequence[dict[str, Any]]) -> Iterator[tuple[str, Retrieval]]:
    yield from evaluate(find, golden).items()


def _cells(found: Retrieval) -> str:
    cells = (found.recall_1, found.recall_5, found.recall_10, found.mrr, found.ndcg_10)
    return " / ".join(f"{cell:.2f}" for cell in cells)


def _row(way: str, name: str, group: str, figures: str, questions: int | None) -> Row:
    what = f"{way}, {name}, {group}: recall@1 / @5 / @10 / MRR / nDCG"
    return Row(what, figures, "", f"{questions} questions" if questions else f"kept in {KEPT.name}")


def _ways(name: str, room: Room) -> dict[str, Search]:
    """Return our search, its legs, Chroma's vectors alone and BM25 over CJK bigrams."""
    source = "all" if name == "guides" else "user"
    ours = {
        way: partial(find, room, source=source, legs=legs, least=least)
        for way, legs, least in (("ours", "both", LEAST), ("our words", "words", 0.0), ("our vectors", "vectors", 0.0))
    }
    bags = Bags.of([_counts(terms(f"{one.heading} {one.text}")) for one in room.held.records])
    scorer = Bm25.of(bags)
    bigrams = lambda query: _hits(room.held, scorer.scores(dict.fromkeys(terms(query), 1.0)), source)
    return {**ours, "Chroma with our embedder": partial(_chroma, _collection(room), room, source), "bigrams": bigrams}


def _counts(found: list[str]) -> dict[str, float]:
    return {term: float(found.count(term)) for term in dict.fromkeys(found)}


def _hits(held: Snapshot, scores: NDArray[np.floating], source: str) -> list[Hit]:
    """Return the ten best passages of a source with a score above zero."""
    order = [int(n) for n in np.argsort(-scores, kind="stable") if scores[n] > 0]
    kept = [n for n in order if source == "all" or held.records[n].origin == source][:10]
    return [Hit(rank, float(scores[n]), held.passage(n)) for rank, n in enumerate(kept, 1)]


def _collection(room: Room) -> Any:
    import chromadb

    collection = chromadb.EphemeralClient().get_or_create_collection(f"peer-{len(room.held.records)}")
    collection.upsert(
        ids=[str(n) for n in range(len(room.held.records))],
        embeddings=room.held.stock.vectors,
        metadatas=[{"origin": one.origin} for one in room.held.records],
    )
    return collection


def _chroma(collection: Any, room: Room, source: str, query: str) -> list[Hit]:
    wanted = None if source == "all" else {"origin": source}
    found = collection.query(query_embeddings=room.model.query(query)[None], n_results=10, where=wanted)["ids"][0]
    return [Hit(rank, 1 / rank, room.held.passage(int(n))) for rank, n in enumerate(found, 1)]


def _kept() -> list[dict[str, str]]:
    if not KEPT.exists():
        return []
    with KEPT.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _bm25s(held: Snapshot, source: str) -> Search:
    import bm25s

    retriever = bm25s.BM25()
    texts = [f"{one.heading}\n{one.text}" for one in held.records]
    retriever.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)

    def find(query: str) -> list[Hit]:
        tokens = bm25s.tokenize([query], return_ids=False, show_progress=False)[0]
        known = [one for one in tokens if one in retriever.vocab_dict]
        scores = retriever.get_scores(known) if known else np.zeros(len(texts))
        return _hits(held, scores, source)

    return find


def _sudachi(held: Snapshot, source: str) -> Search:
    from sudachipy import Dictionary

    tokenizer = Dictionary(dict="small").tokenizer()

    def split(text: str) -> list[str]:
        words = (one for line in text.split("\n") for one in tokenizer.tokenize(line[:5_000]))
        return [one.normalized_form() for one in words if one.part_of_speech()[0] not in ("助詞", "助動詞", "補助記号")]

    scorer = Bm25.of(Bags.of([_counts(split(f"{one.heading}\n{one.text}")) for one in held.records]))
    return lambda query: _hits(held, scorer.scores(dict.fromkeys(split(query), 1.0)), source)


def write_peers(path: Path = KEPT) -> None:
    """Measure bm25s with its default tokeniser and BM25 over Sudachi's normalised forms, and keep the figures."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["way", "documents", "group", "figures"])
        for name, room in rooms().items():
            source = "all" if name == "guides" else "user"
            ways = {"bm25s": _bm25s(room.held, source), "Sudachi normalised forms": _sudachi(room.held, source)}
            for way, find in ways.items():
                for group, found in _figures(find, _golden(name)):
                    table.writerow([way, name, group, _cells(found)])


if __name__ == "__main__":
    write_peers()
