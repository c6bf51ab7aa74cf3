"""Search on questions written apart from the embedder's training pairs, with words alone and with vectors."""

import tempfile
from pathlib import Path

from index.evaluate import evaluate, load_golden
from index.library import open_index
from knowledge.catalog import load_catalog
from tests.benchmarks.row import Row

DATA = Path(__file__).resolve().parents[1] / "data"
NO_EMBEDDER = "/nowhere"  # a folder that does not exist: search falls back to words


def run() -> list[Row]:
    """Return recall, MRR and nDCG per language for words alone and for both legs together."""
    golden = load_golden(DATA / "golden_retrieval.jsonl")
    rows = []
    for name, embedder in (("words and vectors", None), ("words alone", NO_EMBEDDER)):
        with tempfile.TemporaryDirectory() as folder:
            index = open_index(Path(folder), user_folders=[], catalog=load_catalog(), embedder=embedder)
            for language, found in evaluate(index.search, golden).items():
                cells = (found.recall_1, found.recall_5, found.recall_10, found.mrr, found.ndcg_10)
                what = f"{name}, {language}: recall@1 / @5 / @10 / MRR / nDCG"
                rows.append(Row(what, " / ".join(f"{cell:.2f}" for cell in cells), "", f"{found.questions} questions"))
            index.close()
    return rows
