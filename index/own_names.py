"""Names that only a person's own documents know: of colleagues, products, projects, models of one's own."""

import re

from index.facets import facets
from index.snapshot import Snapshot
from index.terms import nfkc, words

_NAME = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]*(?:[-'][A-Za-z0-9]+)*")
_LEAST = 4  # letters: "TTL", "QoS" and the like are words of the field


def own_names(snapshot: Snapshot, question: str) -> list[str]:
    """Return the capitalised words of a question that the person's documents hold and no guide or card does."""
    scorer = snapshot.stock.bm25
    held = facets(scorer, snapshot.records)
    own = held.of_origins(["user"], scorer.size)
    found = []
    for name in _NAME.findall(nfkc(question)):
        terms = [run[0] for run in words(name)]
        if len(name) < _LEAST or len(terms) != 1:
            continue
        rows, _, _ = scorer.postings(terms[0])
        if len(rows) and own[rows].all():
            found.append(name)
    return found
