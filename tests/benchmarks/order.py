"""How the weights of a passage's score were fitted: `python -m tests.benchmarks.order`.

Prints the weights that make the passages that answer the questions of the folders to develop by most likely to come
first among those that search looks at twice (a conditional logit: McFadden, "Conditional logit analysis of qualitative
choice behavior", 1974), fitted on all of them and with each folder left out, and what each fit finds in the folder left
out and in those that no fit saw.
"""

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from index.closeness import LOOKED_AT, alike_words, lacking_kind, nearest_sentences
from index.evaluate import is_right, load_golden
from index.facets import facets
from index.lexical import said, wants
from index.search import OWN as WEIGHTS
from index.search import standing_out
from index.types import Hit
from tests.benchmarks.documents import OWN, Room, rooms

FITTED = ("dev", "dev2", "blind3", "dev3")
NAMES = ("share", "covered", "standing", "sentence", "alike", "lacks kind")
USED = np.array([*astuple(WEIGHTS)[:-1], -WEIGHTS.kind])
Asked = tuple[NDArray[np.floating], NDArray[np.bool_]]  # evidence of each passage, and whether it answers


def evidence(room: Room, query: str) -> tuple[list[int], NDArray[np.floating]]:
    """Return the best of the person's passages for a question, and what their scores are made of, a row each."""
    held = facets(room.held.stock.bm25, room.held.records)
    allowed = held.of_origins(["user"], len(room.held.records))
    lexical = said(room.held.stock.bm25, wants(query, room.synonyms), allowed)
    vector = room.model.query(query)
    standing = standing_out(room.held.stock.vectors @ vector, held, allowed)
    whole = np.stack([np.sqrt(np.maximum(lexical.share, 0.0)), lexical.covered, standing])
    best = np.argsort(-np.where(allowed, USED[:3] @ whole, -np.inf), kind="stable")[:LOOKED_AT]
    near = [int(n) for n in best if allowed[n]]
    records = [room.held.records[n] for n in near]
    sentences = nearest_sentences(records, vector, room.model)
    alike = alike_words(query, records, room.model)
    return near, np.column_stack([whole[:, near].T, sentences, alike, lacking_kind(query, records)])


def questions(name: str, room: Room) -> list[Asked]:
    """Return what the questions to a folder find."""
    found = []
    for row in load_golden(OWN / f"{name}.jsonl"):
        near, rows = evidence(room, row["query"])
        right = [is_right(Hit(0, 0.0, room.held.passage(n), 0.0), row) for n in near]
        found.append((rows, np.array(right, dtype=np.bool_)))
    return found


def fit(asked: Sequence[Asked], ridge: float = 5.0) -> NDArray[np.floating]:
    """Return the weights, that of like words 1, by gradient descent on standardised evidence with a small ridge."""
    usable = [(rows, right) for rows, right in asked if right.any()]
    everything = np.concatenate([rows for rows, _ in usable])
    spread = everything.std(axis=0)
    scaled = [((rows - everything.mean(axis=0)) / spread, right) for rows, right in usable]
    weights = np.zeros(len(spread))
    for _ in range(400):
        slope = ridge * weights
        for rows, right in scaled:
            odds = np.exp(rows @ weights - np.max(rows @ weights))
            slope += rows.T @ (odds / odds.sum() - odds * right / (odds @ right))
        weights -= slope / len(scaled)
    plain = weights / spread
    return np.asarray(plain / plain[NAMES.index("alike")])


def recall(asked: Sequence[Asked], weights: NDArray[np.floating]) -> str:
    """Return recall@1 and @5 of an order."""
    places = [np.flatnonzero(right[np.argsort(-(rows @ weights), kind="stable")]) for rows, right in asked]
    return " / ".join(f"{np.mean([len(one) > 0 and one[0] < depth for one in places]):.3f}" for depth in (1, 5))


def main() -> None:
    """Print the fits."""
    held = {name: questions(name, room) for name, room in rooms().items() if name != "guides"}
    print("used".ljust(14), dict(zip(NAMES, USED.tolist(), strict=True)))
    whole = fit([one for name in FITTED for one in held[name]])
    print("fitted on all", dict(zip(NAMES, whole.round(3).tolist(), strict=True)))
    for name, asked in held.items():
        others = whole if name not in FITTED else fit([one for other in FITTED if other != name for one in held[other]])
        print(f"{name:8} recall@1 / @5: used {recall(asked, USED)}   fitted on others {recall(asked, others)}")


if __name__ == "__main__":
    main()
