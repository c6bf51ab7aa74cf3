"""Whether what is quoted of a passage holds the answer: `python -m tests.benchmarks.excerpts`.

Of the questions to each folder of documents whose first passage answers: the share whose quote (assistant/excerpts.py)
holds what the passage is labelled with, and how long quotes are beside their passages.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from assistant.excerpts import excerpt
from assistant.writer.explanation import QUOTE_LIMIT, quote
from index.evaluate import is_right, load_golden
from index.lexical import shares
from tests.benchmarks.documents import OWN, Room, find, rooms


def quoted(name: str, room: Room) -> Iterator[tuple[bool, int, int]]:
    """Yield whether a quote holds the answer, its length and its passage's in characters."""
    for row in load_golden(OWN / f"{name}.jsonl"):
        hits = find(room, row["query"], top=1, source="user")
        if not hits or not row.get("contains") or not is_right(hits[0], row):
            continue
        passage = hits[0].passage
        wanted = [_bare(one) for one in row["contains"] if _bare(one) in _bare(passage.text)]
        if wanted:  # else its heading holds the answer
            part = excerpt(
                passage.text, passage.place, partial(shares, row["query"], synonyms=room.synonyms), row["query"]
            )
            shown = quote(part.text, QUOTE_LIMIT)
            yield any(one in _bare(shown) for one in wanted), len(shown), len(passage.text)


def _bare(text: str) -> str:
    return "".join(text.replace("|", " ").split())


def main() -> None:
    """Print a line per folder."""
    for name, room in rooms().items():
        if name != "guides":
            holds, length, whole = np.array(list(quoted(name, room)), dtype=float).T
            print(
                f"{name:7} {len(holds):4} questions  quote holds the answer: {holds.mean():.3f}  "
                f"characters: {length.mean():.0f} of {whole.mean():.0f}"
            )


if __name__ == "__main__":
    main()
