import numpy as np
import pytest

from index.records import Record
from index.search import LEAST, nearer, search
from index.snapshot import build
from index.synonyms import Synonyms

NONE = Synonyms([])


def record(name, text, heading="", lang="en", origin="user", extra=""):
    return Record(f"{name}#1", f"{origin}:{name}", 0, name, heading, text, lang, origin, "", extra)


def snapshot(*records, vectors=None):
    rows = np.zeros((0, 0), dtype=np.float32) if vectors is None else np.array(vectors, dtype=np.float32)
    return build("token", "test", records, rows)


GPU = record("gpu.md", "The graphics card needs twelve gigabytes of memory.")
LAW = record("law.md", "The Apache licence allows commercial use.")
JA = record("ja.md", "量子化すると必要なメモリが減ります。", lang="ja")


def files(hits):
    return [hit.passage.file for hit in hits]


def test_the_passage_with_the_words_comes_first():
    hits = search(snapshot(GPU, LAW, JA), "commercial licence", None, NONE)
    assert files(hits) == ["law.md"] and hits[0].rank == 1 and hits[0].score > 0


def test_nothing_relevant_is_an_empty_list():
    held = snapshot(GPU, LAW, JA)
    for query in ("bicycle tyre repair", "今日の天気", "", "   ", "？？？"):
        assert search(held, query, None, NONE) == []


def test_nothing_indexed_is_an_empty_list():
    assert search(snapshot(), "licence", None, NONE) == []


def test_glossary_crosses_languages():
    synonyms = Synonyms([("量子化", "quantization")])
    assert files(search(snapshot(GPU, LAW, JA), "quantization", None, synonyms)) == ["ja.md"]
    assert search(snapshot(GPU, LAW, JA), "quantization", None, NONE) == []


def test_the_dense_leg_finds_what_shares_no_word():
    vectors = np.eye(3, dtype=np.float32)
    held = build("token", "test", [GPU, LAW, JA], vectors)
    alone = search(held, "VRAM", vectors[0], NONE)
    assert alone == [] or files(alone) == ["gpu.md"]
    many = [record(f"{n}.md", f"filler number {n}") for n in range(60)]
    wide = np.zeros((63, 3), dtype=np.float32)
    wide[:3] = vectors
    wide[3:, 1] = 1.0
    assert files(search(build("token", "t", [GPU, LAW, JA, *many], wide), "VRAM", vectors[0], NONE))[0] == "gpu.md"


def test_vectors_of_another_model_are_ignored():
    held = snapshot(GPU, LAW, JA, vectors=np.eye(3))
    assert files(search(held, "commercial licence", np.ones(5, dtype=np.float32), NONE)) == ["law.md"]


def test_headings_and_extra_text_count():
    body = "It depends on your hardware."
    plain, titled = record("a.md", body), record("b.md", body + " Really.", heading="VRAM needs")
    asked = record("c.md", body + " So it is.", extra="how many gigabytes do I need")
    assert files(search(snapshot(plain, titled, asked), "VRAM needs", None, NONE))[0] == "b.md"
    assert files(search(snapshot(plain, titled, asked), "how many gigabytes", None, NONE)) == ["c.md"]


def test_the_same_text_twice_is_shown_once():
    text = "Quantization stores weights with fewer bits and saves memory on every card."
    hits = search(snapshot(record("a.md", text), record("copy.md", text), GPU), "quantization weights", None, NONE)
    assert len(hits) == 1


def test_a_guide_in_ones_own_language_is_preferred_mildly():
    english = record("en.md", "VRAM GPU LLM", lang="en", origin="shipped")
    japanese = record("ja2.md", "VRAM GPU LLM です", lang="ja", origin="shipped")
    held = snapshot(english, japanese)
    assert files(search(held, "GPU VRAM", None, NONE, language="ja"))[0] == "ja2.md"
    assert files(search(held, "GPU VRAM", None, NONE, language="en"))[0] == "en.md"


@pytest.mark.parametrize("source, expected", [("all", {"a", "b", "c"}), ("user", {"a"}), ("shipped", {"b", "c"})])
def test_source_filter(source, expected):
    parts = [
        record("a", "licence one"),
        record("b", "licence two three", origin="shipped"),
        record("c", "licence four five six", heading="licence", origin="catalog"),
    ]
    assert set(files(search(snapshot(*parts), "licence", None, NONE, source=source))) == expected


def test_a_card_stands_back_unless_its_model_is_named():
    card = record("card.md", "licence Apache commercial use context", heading="Qwen3 8B", origin="catalog")
    guide = record("guide.md", "A licence tells what commercial use is allowed.", origin="shipped")
    held = snapshot(card, guide)
    assert files(search(held, "commercial licence", None, NONE))[0] == "guide.md"
    assert files(search(held, "Qwen3 8B licence", None, NONE))[0] == "card.md"


def test_top_bounds_the_list_and_ties_are_by_id():
    many = [record(f"{n:02}.md", f"memory {'x' * n}") for n in range(30)]
    hits = search(snapshot(*reversed(many)), "memory", None, NONE, top=5)
    assert len(hits) == 5 and [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert hits == search(snapshot(*many), "memory", None, NONE, top=5)


def test_relevance_can_be_compared_between_questions():
    held = snapshot(GPU, LAW, JA)
    whole = search(held, "commercial Apache licence", None, NONE)[0].relevance
    part = search(held, "commercial flights to Peru", None, NONE, least=0.0)[0].relevance
    assert LEAST < part < whole / 2 < 0.5


def test_nearness_is_what_is_above_the_mean_of_everything():
    # Mean 0.4, room above it 0.6.
    assert nearer(np.array([0.8, 0.7, 0.1, 0.0], dtype=np.float32)) == pytest.approx([2 / 3, 1 / 2, 0, 0])
    assert nearer(np.array([1.0, 1.0], dtype=np.float32)) == pytest.approx([0, 0])


def test_a_short_file_all_of_which_is_near_has_to_do_with_the_question():
    mine = [record(f"{n}.md", f"shower {n}") for n in range(3)]
    guides = [record(f"g{n}.md", f"model {n}", origin="shipped") for n in range(9)]
    near, far = [0.8, 0.6], [0.0, 1.0]
    held = snapshot(*mine, *guides, vectors=[near] * 3 + [far] * 9)
    vector = np.array([1.0, 0.0], dtype=np.float32)
    hits = search(held, "cold water", vector, NONE, source="user")
    alone = search(snapshot(*mine, *guides, vectors=[far] * 12), "cold water", vector, NONE, source="user", least=0.0)
    assert len(hits) == 3 and hits[0].relevance > 0.5
    assert all(hit.relevance < LEAST for hit in alone)


def test_one_leg_alone():
    held = build("token", "test", [GPU, LAW], np.eye(2, dtype=np.float32))
    query, vector = "licence", np.array([1.0, 0.0], dtype=np.float32)
    assert files(search(held, query, vector, NONE, legs="words", least=0.0)) == ["law.md"]
    assert files(search(held, query, vector, NONE, legs="vectors", least=0.0))[0] == "gpu.md"


def test_own_language_does_not_bury_a_document_of_ones_own():
    english = record("en.md", "Deposit of two months", lang="en")
    japanese = record("ja2.md", "Deposit two months です", lang="ja", origin="shipped")
    hits = search(snapshot(english, japanese), "deposit months", None, NONE, language="en")
    assert files(hits)[0] == "en.md"


def test_a_question_with_invalid_bytes_is_searched_for():
    assert files(search(snapshot(GPU, LAW, JA), "commercial\udcff\udcfe licence", None, NONE)) == ["law.md"]
