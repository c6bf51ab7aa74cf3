"""Questions with every name, size and count in them labelled by hand, to score the span finder by itself.

tests/data/spans_{en,ja}.jsonl: {"text", "spans": [[kind, value], ...]}, in any order; kinds are those of
`assistant.reader.units.Kind`, with the hint after a colon where it decides ("GB:vram", "NUM:gpus"). Written from
imagination, not from the development sets.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.reader.agreeing import names_agree
from assistant.reader.marking import Tables
from assistant.reader.spans import find_spans
from assistant.reader.text import clean
from assistant.reader.units import Span

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class SpanScore:
    """Counts over questions: labelled spans, found spans, those that agree, and questions where all do."""

    labelled: int
    found: int
    agreed: int
    questions: int
    exact: int


def load_cases(language: str) -> list[dict[str, Any]]:
    """Return the labelled questions of one language."""
    lines = (DATA / f"spans_{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def disagreements(case: dict[str, Any], tables: Tables) -> tuple[list[list[Any]], list[Span], int]:
    """Return the labels of a question that were not found, the spans that are not labelled, and the labels' number."""
    text = clean(case["text"])
    unlabelled = [span for span in find_spans(text, tables) if span.kind != "TPS"]  # the labels tell of no speeds
    missed = []
    for label in case["spans"]:
        hit = next((span for span in unlabelled if _same(span, label, tables)), None)
        if hit is None:
            missed.append(label)
        else:
            unlabelled.remove(hit)
    return missed, unlabelled, len(case["spans"])


def score(cases: Iterable[dict[str, Any]], tables: Tables) -> SpanScore:
    """Score the span finder on labelled questions."""
    labelled = found = agreed = questions = exact = 0
    for case in cases:
        missed, extra, wanted = disagreements(case, tables)
        right = wanted - len(missed)
        labelled, found, agreed = labelled + wanted, found + right + len(extra), agreed + right
        questions, exact = questions + 1, exact + (not missed and not extra)
    return SpanScore(labelled, found, agreed, questions, exact)


def _same(span: Span, label: list[Any], tables: Tables) -> bool:
    (kind, _, hint), value = label[0].partition(":"), label[1]
    if span.kind != kind or (hint and span.hint != hint):
        return False
    if kind == "MOD":
        return names_agree(str(span.value), value, tables)
    return bool((list(span.value) if isinstance(span.value, tuple) else span.value) == value)
