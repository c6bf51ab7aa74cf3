"""How follow-ups to a question that a document answered fare: `python -m tests.benchmarks.follow_ups`.

Conversations of two turns, to develop by and to measure: fragments ("and on Saturdays?"), questions with a pronoun,
whole questions on the same document, and on another. For each kind: the share whose right passage comes first, alone
and with the turn before; and with it, what is stated as the answer (support of STATES or more).
"""

from functools import partial
from typing import Any

from assistant.own_documents import STATES
from index.evaluate import is_right, load_golden
from index.following import follow
from index.support import support
from index.types import Before
from tests.benchmarks.documents import OWN, Room, find, rooms

KINDS = ("elliptic", "pronoun", "same", "other")
SETS = ("dev", "test")


def outcome(room: Room, row: dict[str, Any]) -> tuple[bool, bool, bool, bool]:
    """Return whether the right passage is first alone, first and among three after the turn before, and stated."""
    search = partial(find, room, source="user")
    first = search(row["first"], top=1)
    before = Before(row["first"], first[0].passage.file) if first else None
    alone, hits = search(row["query"], top=1), follow(search, row["query"], before, top=5)
    right = [is_right(hit, row) for hit in hits]
    states = bool(hits) and support(room.held, row["query"], room.synonyms, hits).states >= STATES
    return bool(alone) and is_right(alone[0], row), right[:1] == [True], any(right[:3]), states


def main() -> None:
    """Print a line per set and kind."""
    held = rooms()
    for name in SETS:
        rows = load_golden(OWN / f"follow_ups_{name}.jsonl", more=("first", "folder", "kind"))
        for kind in (*KINDS, "all"):
            some = [outcome(held[row["folder"]], row) for row in rows if kind in ("all", row["kind"])]
            alone, right, among, _ = (sum(one) / len(some) for one in zip(*some, strict=True))
            stated = [sum(1 for _, first, _, states in some if states and first is wanted) for wanted in (True, False)]
            print(
                f"{name:4} {kind:9} {len(some):3} questions  first alone: {alone:.2f}  first: {right:.2f}  "
                f"of three: {among:.2f}  stated rightly: {stated[0] / len(some):.2f}  "
                f"wrongly: {stated[1] / len(some):.2f}"
            )


if __name__ == "__main__":
    main()
