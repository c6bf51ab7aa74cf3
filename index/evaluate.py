"""How well search finds what people look for: recall, MRR and nDCG on labelled questions, without any language model.

A row is a JSON object with `query`, optional `lang` (the group it is reported under), and what counts as found:
`topics` (file names without folder and ending, in either language), `files` (whole paths) or `contains` (any text).
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from math import log2
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from assistant.errors import BadArguments
from index.search import LEAST, Legs, SourceFilter
from index.types import Hit

if TYPE_CHECKING:
    from index.library import Index

TOP = 10
_LABELS = ("topics", "files", "contains")
_KEYS = ("query", "lang", *_LABELS)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Figures of one group: the share of questions with a right passage in the first 1, 5 and 10; MRR; nDCG@10."""

    questions: int
    recall_1: float
    recall_5: float
    recall_10: float
    mrr: float
    ndcg_10: float


def load_golden(path: Path, more: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the rows of a labelled file. Raises BadArguments naming the first unusable line.

    `more` are keys that a row may have beside those above.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadArguments(
            "file", str(path), "a JSON Lines file in UTF-8 that can be read", "読み取れる UTF-8 の JSON Lines ファイル"
        ) from error
    rows = [_row(line, f"{path}:{number}", more) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise BadArguments("file", str(path), "a file with at least one question", "質問が 1 行以上あるファイル")
    return rows


def _row(line: str, where: str, more: Collection[str]) -> dict[str, Any]:
    """Return a line as a labelled question. Raises BadArguments."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("query"), str) or not any(map(row.get, _LABELS)):
        raise BadArguments(
            where, line[:60], 'a JSON object with "query" and "topics", "files" or "contains"',
            '"query" と、"topics"、"files"、"contains" のどれかがある JSON オブジェクト',
        )  # fmt: skip
    if not row["query"].strip():
        raise BadArguments(where, line[:60], 'a "query" that asks something', '空でない "query"')
    for key in _LABELS:
        if not _is_labels(row.get(key, [])):
            raise BadArguments(
                where, line[:60], f'"{key}" as a list of texts: ["..."]', f'文字列のリスト {{"{key}": ["…"]}}'
            )
    if not isinstance(row.get("lang", ""), str):
        raise BadArguments(where, line[:60], '"lang" as a text, such as "en"', '"en" のような文字列の "lang"')
    if unknown := next((key for key in row if key not in {*_KEYS, *more}), None):
        known = ", ".join(_KEYS)
        raise BadArguments(where, unknown, f"these keys alone: {known}", f"次のキーだけ: {known}")
    return row


def _is_labels(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


def evaluate(search: Callable[[str], Sequence[Hit]], rows: Sequence[dict[str, Any]]) -> dict[str, Retrieval]:
    """Return the figures per `lang` and for "all"; `search` returns hits, best first."""
    groups: dict[str, list[list[bool]]] = {}
    for row in rows:
        found = [is_right(hit, row) for hit in search(row["query"])[:TOP]]
        for name in {str(row.get("lang", "all")), "all"}:
            groups.setdefault(name, []).append(found)
    return {name: _figures(found) for name, found in sorted(groups.items())}


def by_legs(
    index: "Index", rows: Sequence[dict[str, Any]], source: SourceFilter = "all"
) -> dict[str, dict[str, Retrieval]]:
    """Return the figures of searching by words alone, by vectors alone and by both, as the assistant does."""
    figures: dict[str, dict[str, Retrieval]] = {}
    legs: Legs
    for legs, least in (("words", 0.0), ("vectors", 0.0), ("both", LEAST)):
        search = partial(index.search, source=source, least=least, legs=legs)
        figures[legs] = evaluate(search, rows)
    return figures


def is_right(hit: Hit, row: dict[str, Any]) -> bool:
    """Tell whether a hit is one of those that count as found for a row."""
    passage = hit.passage
    return (
        (passage.origin != "catalog" and PurePosixPath(passage.file).stem in row.get("topics", ()))
        or passage.file in row.get("files", ())
        or any(text in f"{passage.heading}\n{passage.text}" for text in row.get("contains", ()))
    )


def _figures(found: list[list[bool]]) -> Retrieval:
    def recall(depth: int) -> float:
        return round(sum(any(hits[:depth]) for hits in found) / len(found), 4)

    firsts = [next((1 / n for n, right in enumerate(hits, 1) if right), 0.0) for hits in found]
    gains = [_ndcg(hits) for hits in found]
    return Retrieval(
        len(found),
        recall(1),
        recall(5),
        recall(10),
        round(sum(firsts) / len(found), 4),
        round(sum(gains) / len(found), 4),
    )


def _ndcg(hits: list[bool]) -> float:
    """Return nDCG@10 with binary relevance, the ideal being all right passages that were found, first."""
    ideal = sum(1 / log2(n + 1) for n in range(1, sum(hits) + 1))
    return sum(1 / log2(n + 1) for n, right in enumerate(hits, 1) if right) / ideal if ideal else 0.0
