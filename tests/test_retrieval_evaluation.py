"""Retrieval figures, worked out by hand."""

from math import log2

import pytest

from assistant.errors import BadArguments
from index.evaluate import by_legs, evaluate, load_golden
from index.types import Hit, Passage


def hit(rank, file, text="", origin="shipped"):
    return Hit(rank, 1 / rank, Passage(f"{file}#{rank}", file, "h", text, "en", origin))


ANSWERS = {
    "first": [hit(1, "en/rag.md"), hit(2, "en/moe.md")],
    "third": [hit(1, "en/moe.md"), hit(2, "catalog/rag.md", origin="catalog"), hit(3, "ja/rag.md")],
    "never": [hit(1, "en/moe.md")],
    "nothing": [],
    "text": [hit(1, "notes.md", "the secret word is here")],
}


def test_figures_are_per_language_and_overall():
    rows = [{"query": name, "lang": "en", "topics": ["rag"]} for name in ("first", "third", "never", "nothing")]
    rows.append({"query": "text", "lang": "ja", "contains": ["secret word"]})
    found = evaluate(ANSWERS.__getitem__, rows)
    english = found["en"]
    assert (english.questions, english.recall_1, english.recall_5) == (4, 0.25, 0.5)
    assert english.mrr == pytest.approx((1 + 1 / 3) / 4, abs=1e-4)
    assert english.ndcg_10 == pytest.approx((1 + 1 / log2(4)) / 4, abs=1e-4)
    assert found["ja"].recall_1 == 1.0
    assert found["all"].questions == 5


def test_a_bad_line_is_named(tmp_path):
    path = tmp_path / "golden.jsonl"
    path.write_text('{"query": "x", "topics": ["rag"]}\n{"query": "y"}\n', encoding="utf-8")
    with pytest.raises(BadArguments, match=r"golden\.jsonl:2"):
        load_golden(path)
    with pytest.raises(BadArguments, match="expected a JSON Lines file in UTF-8"):
        load_golden(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    "content, english, japanese",
    [
        ("", "at least one question", "1 行以上"),
        ("\n  \n", "at least one question", "1 行以上"),
        ("[" * 100_000, "a JSON object", "JSON オブジェクト"),
        ('{"query": "x", "contains": [5]}', "a list of texts", "文字列のリスト"),
        ('{"query": "x", "contains": "str"}', "a list of texts", "文字列のリスト"),
        ('{"query": "x", "topics": ["rag"], "files": {"a": 1}}', "a list of texts", "文字列のリスト"),
        ('{"query": "x", "files": [""]}', "a list of texts", "文字列のリスト"),
        ('{"query": 7, "files": ["a.md"]}', "a JSON object", "JSON オブジェクト"),
        ('{"query": " ", "files": ["a.md"]}', "asks something", "空でない"),
        ('{"query": "x", "files": ["a.md"], "lang": 3}', '"lang"', '"lang"'),
        ('{"query": "x", "files": ["a.md"], "langs": "ja"}', "found 'langs'", "'langs' は使えません"),
    ],
)
def test_what_labels_nothing_is_told_in_both_languages(tmp_path, content, english, japanese):
    path = tmp_path / "golden.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadArguments) as found:
        load_golden(path)
    assert english in found.value.text("en") and japanese in found.value.text("ja")
    assert "expected" not in found.value.text("ja") and "\n" not in found.value.text("ja")


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "golden.jsonl"
    path.write_text('{"query": "x", "topics": ["rag"]}\n', encoding="utf-8-sig")
    assert load_golden(path) == [{"query": "x", "topics": ["rag"]}]


def test_other_keys_are_allowed_by_name(tmp_path):
    path = tmp_path / "golden.jsonl"
    path.write_text('{"query": "x", "topics": ["rag"], "kind": "near"}', encoding="utf-8")
    assert load_golden(path, more=("kind",))[0]["kind"] == "near"


class TwoLegs:
    """Words find the first passage, vectors nothing; both together are searched as the assistant does."""

    def __init__(self):
        self.asked = []

    def search(self, query, *, source, least, legs):
        self.asked.append((legs, source, least > 0))
        return [] if legs == "vectors" else [hit(1, "notes.md", "the secret word")]


def test_each_leg_is_measured_alone():
    index = TwoLegs()
    found = by_legs(index, [{"query": "x", "contains": ["secret"]}], source="user")
    assert {legs: figures["all"].recall_1 for legs, figures in found.items()} == {"words": 1, "vectors": 0, "both": 1}
    assert index.asked == [("words", "user", False), ("vectors", "user", False), ("both", "user", True)]


def test_a_heading_that_says_it_counts():
    passage = Hit(1, 1.0, Passage("p", "f.md", "Milk and tea", "No.", "en", "user"))
    assert evaluate(lambda query: [passage], [{"query": "x", "contains": ["Milk"]}])["all"].recall_1 == 1.0


def test_a_question_without_a_language_is_counted_once():
    found = evaluate(ANSWERS.__getitem__, [{"query": "first", "topics": ["rag"]}])
    assert {name: figures.questions for name, figures in found.items()} == {"all": 1}
