"""What search finds among the shipped guides, with the built-in embedder: floors under the measured figures.

The questions of tests/data/golden_search.jsonl were written without a look at the training pairs. `across` leaves only
the guides of the other language in the index.
"""

from pathlib import Path

import numpy as np
import pytest

from index import snapshot, sources
from index.embedder.models import BuiltIn
from index.evaluate import evaluate, load_golden
from index.reading import Job, read
from index.search import search
from index.synonyms import synonyms as known_synonyms
from knowledge.glossary import load_glossary
from knowledge.guides import guides_folder

DATA = Path(__file__).parent / "data"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    return BuiltIn()


@pytest.fixture(scope="module")
def everything(model):
    records = [
        record
        for source in sources.scan(guides_folder(), [], None)
        for record in read(Job(source.key, source.file, source.origin, str(source.path))).records
    ]
    vectors = np.stack([model.query(snapshot.embedded_text(record)) for record in records])
    return snapshot.build("", model.id, records, vectors)


def figures(held, model, dense=True, file="golden_search.jsonl", lang=None):
    synonyms = known_synonyms(load_glossary())
    rows = [row for row in load_golden(DATA / file) if lang in (None, row["lang"])]
    return evaluate(
        lambda query: search(held, query, model.query(query) if dense else None, synonyms, embedder=model), rows
    )["all"]


def only(everything, lang):
    kept = [n for n, record in enumerate(everything.records) if record.lang == lang]
    return snapshot.build("", "", [everything.records[n] for n in kept], everything.stock.vectors[kept])


@pytest.mark.parametrize("lang, floor", [("ja", 0.93), ("en", 0.93)])
def test_recall_in_the_same_language(everything, model, lang, floor):
    assert figures(everything, model, lang=lang).recall_5 >= floor


@pytest.mark.parametrize("lang, other, floor", [("ja", "en", 0.88), ("en", "ja", 0.93)])
def test_recall_across_languages(everything, model, lang, other, floor):
    assert figures(only(everything, other), model, lang=lang).recall_5 >= floor


def test_the_embedder_adds_to_words_alone(everything, model):
    japanese = only(everything, "ja")
    fused = figures(japanese, model, lang="en").recall_5
    assert fused >= figures(japanese, model, dense=False, lang="en").recall_5 + 0.03
