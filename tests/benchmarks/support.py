"""How support was fitted, and how well it tells answers from what is merely near: `python -m tests.benchmarks.support`.

Each question with an answer in a folder is asked twice: with the passages that answer it, and without them, when it is
one that the documents do not answer. The questions written as unanswered come beside these. The same with each document
by itself ("dev/1"), where what another document answers is unanswered. Prints the fit on the
folders to develop by, how many of the passages found first are right at each level of support, then for each folder the
areas under the curve (the chance that a passage that answers has more support than one that does not) beside those of
relevance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from assistant.own_documents import HINTS, MAY_STATE, STATES
from index.evaluate import is_right, load_golden
from index.support import Evidence, evidence, logistic
from index.types import Hit
from tests.benchmarks.documents import OWN, Room, find, rooms
from tests.benchmarks.logit import fit
from tests.benchmarks.relevance import asked, singly

FITTED = ("dev", "dev2", "blind3", "dev3")  # small documents alone make it too sure of itself in larger ones
SINGLY = 0.4  # how much a question to a document by itself counts beside one to a whole folder
TOP = 5
# What is found first: the answer; something else although there is an answer; the nearest after the answer was taken
# away; the nearest to an unanswered question near the subject, far from it, or answered by another document. How much
# each counts in the fit.
Found = Literal["right", "wrong", "removed", "near", "far", "elsewhere"]
WEIGHTS: dict[Found, float] = {"right": 1.0, "wrong": 0.7, "removed": 0.5, "near": 1.5, "far": 0.3, "elsewhere": 0.5}


@dataclass(frozen=True)
class Case:
    """A question's best passage: what it is, its evidence and its relevance; `single`: of a document by itself."""

    found: Found
    evidence: Evidence
    relevance: float
    single: bool


def cases(name: str, room: Room) -> list[Case]:
    """Return the cases of a folder."""
    made: list[Case] = []

    def add(where: Room, query: str, hits: list[Hit], found: Found) -> None:
        if hits and (known := evidence(where.held, query, where.synonyms, hits)):
            made.append(Case(found, known, hits[0].relevance, where is not room))

    def ask(where: Room, row: dict[str, Any]) -> None:
        hits = best(where, row["query"], 30)
        without = [hit for hit in hits if not is_right(hit, row)]
        add(where, row["query"], hits[:TOP], "right" if hits and is_right(hits[0], row) else "wrong")
        add(where, row["query"], without[:TOP], "removed")

    for row in load_golden(OWN / f"{name}.jsonl"):
        ask(room, row)
    kinds: tuple[Found, ...] = ("near", "far")
    for kind in kinds:
        for query in asked(name).get(kind, []):
            add(room, query, best(room, query, TOP), kind)
    for known, single, row in singly(name, room):
        if known == "alone":
            ask(single, row)
        else:
            add(single, row["query"], best(single, row["query"], TOP), "elsewhere")
    return made


def best(room: Room, query: str, top: int) -> list[Hit]:
    """Return the best of the person's passages."""
    return find(room, query, top=top, source="user")


def weights(held: Sequence[Case]) -> NDArray[np.floating]:
    """Return the offset and the five weights that fit some cases."""
    rows = np.array([one.evidence for one in held], dtype=float)
    right = np.array([one.found == "right" for one in held])
    return fit(rows, right, np.array([WEIGHTS[one.found] * (SINGLY if one.single else 1.0) for one in held]))


def area(more: Sequence[float], less: Sequence[float]) -> float:
    """Return the chance that one of `more` is above one of `less`, ties counted half."""
    high, low = np.array(more)[:, None], np.array(less)[None]
    return float((high > low).mean() + 0.5 * (high == low).mean())


def main() -> None:
    """Print the fits, and the areas under the curve by folder."""
    held = {name: cases(name, room) for name, room in rooms().items() if name != "guides"}
    for names in (*((name,) for name in FITTED), FITTED):
        together = [one for name in names for one in held[name]]
        told = weights(together).round(2)
        print("fitted on", " + ".join(names).ljust(12), "offset, lead, held, unknown, lacks, odds:", told)
    asked_for = [one for found in held.values() for one in found if one.found != "removed" and not one.single]
    for low, high in pairwise((0.0, MAY_STATE, STATES, 1.0)):
        there = [one.found == "right" for one in asked_for if low <= logistic(one.evidence) < high]
        print(f"support {low} to {high}: {len(there)} of {len(asked_for)} first passages, {np.mean(there):.2f} right")
    for kind in ("right", "far"):
        speaks = [logistic(one.evidence._replace(lacks_kind=False)) for one in asked_for if one.found == kind]
        below = np.mean(np.array(speaks) < HINTS)
        print(f"{kind}: {below:.3f} of {len(speaks)} speak of the question less than {HINTS}")
    for name, everything in held.items():
        for single in (False, True):
            compare(f"{name}/1" if single else name, [one for one in everything if one.single is single])


def compare(name: str, found: Sequence[Case]) -> None:
    """Print the areas under the curve of the passages that answer and those of each other kind."""
    right = [one for one in found if one.found == "right"]
    for kind in WEIGHTS:
        others = [one for one in found if one.found == kind]
        if kind == "right" or not others:
            continue
        by_support = area([logistic(one.evidence) for one in right], [logistic(one.evidence) for one in others])
        by_relevance = area([one.relevance for one in right], [one.relevance for one in others])
        print(f"{name:8} {kind:9} {len(others):4}  support {by_support:.3f}  relevance {by_relevance:.3f}")


if __name__ == "__main__":
    main()
