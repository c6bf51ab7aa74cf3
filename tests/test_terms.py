import math
import unicodedata

import numpy as np
import pytest

from index.bags import Bags, Numbers, runs, woven
from index.bm25 import K1, Bm25
from index.stems import stem
from index.terms import QUERY_LENGTH, fold, nfkc, searched, terms, words


def counts(*texts):
    bags = []
    for text in texts:
        bag = {}
        for term in terms(text):
            bag[term] = bag.get(term, 0.0) + 1.0
        bags.append(bag)
    return Bm25.of(Bags.of(bags))


def test_identifiers_stay_whole_and_are_split_too():
    found = terms("Qwen3-8B-Q4_K_M")
    assert found[0] == "qwen3-8b-q4_k_m"
    assert {"qwen3", "qwen", "8b", "q4_k_m", "q4"} <= set(found)


@pytest.mark.parametrize(
    "one, other", [("サーバー", "サーバ"), ("ｻｰﾊﾞｰ", "サーバー"), ("ＶＲＡＭ", "vram"), ("LLM", "llm")]
)
def test_widths_case_and_long_vowels_are_folded(one, other):
    assert terms(one) == terms(other) != []


@pytest.mark.parametrize("text", ["ＡＢＣ！　①㍑", "e\u0301 か\u3099", "ﾊﾟｿｺﾝ（ＰＣ）", "！\u0301", "plain", ""])
def test_nfkc_is_the_standard_one(text):
    assert nfkc(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("order, found", [([], []), ([4], [(4, 5)]), ([0, 1, 2, 5, 3, 4], [(0, 3), (5, 6), (3, 5)])])
def test_stretches_of_an_order(order, found):
    assert runs(np.array(order, dtype=np.intp)) == found


def test_rows_of_several_parts_in_an_order():
    parts = [np.array([10, 11, 12]), np.array([13, 14])]
    assert woven(parts, np.array([0, 1, 2, 3, 4])).tolist() == [10, 11, 12, 13, 14]
    assert woven(parts, np.array([4, 0, 2, 3])).tolist() == [14, 10, 12, 13]
    assert woven(parts, np.array([], dtype=np.intp)).tolist() == []


def test_a_long_vowel_inside_a_word_stays():
    assert fold("データ") == "データ" and fold("キー") == "キー"


def test_japanese_becomes_bigrams_not_one_word():
    assert {"量子", "子化"} <= set(terms("量子化モデルの選び方"))
    assert "モデル" in terms("量子化モデルの選び方") and "選び" in terms("量子化モデルの選び方")


def test_particles_and_function_words_are_no_terms():
    assert terms("これはですか") == [] or "です" not in terms("これはですか")
    assert terms("what is the") == []


@pytest.mark.parametrize(
    "alike", [("quantize", "quantised", "quantization", "quantizing"), ("model", "models"), ("running", "runs")]
)
def test_endings_meet(alike):
    assert len({stem(word) for word in alike}) == 1


@pytest.mark.parametrize("form, word", [
    ("kept", "keep"), ("mice", "mouse"), ("frozen", "freeze"), ("worse", "bad"), ("shelves", "shelf")])  # fmt: skip
def test_irregular_forms_meet_their_word(form, word):
    assert stem(form) == stem(word) and terms(form) == terms(word)


def test_contractions_of_function_words_are_no_terms():
    assert terms("I'm sure we'd say it's the dog's") == ["sure", "say", "dog"]


def test_words_keep_their_parts_together():
    assert words("the RTX-3090, 診察券") == [("rtx-3090", "rtx", "3090", "rtx3090"), tuple(terms("診察券"))]


def test_llama_3_is_llama3():
    assert "llama3" in terms("llama 3 8b") and "llama3" in terms("llama-3")


def test_bm25_by_hand():
    # Two passages of two terms each, so length plays no part; "vram" is in one of them:
    # idf = ln(1 + (2 - 1 + .5) / (1 + .5)) = ln 2, gain = 1 * (1.2 + 1) / (1 + 1.2) = 1
    scores = counts("vram memory", "licence text").scores({"vram": 1.0})
    assert scores.tolist() == pytest.approx([math.log(2), 0.0], abs=1e-6)
    assert K1 == 1.2


def test_no_shared_term_scores_zero():
    assert counts("量子化", "ライセンス").scores(dict.fromkeys(terms("天気"), 1.0)).tolist() == [0.0, 0.0]


def test_postings_of_a_known_and_an_unknown_term():
    scorer = counts("vram memory", "licence text")
    rows, gains, idf = scorer.postings("vram")
    assert rows.tolist() == [0] and gains.tolist() == pytest.approx([1.0]) and idf == pytest.approx(math.log(2))
    rows, gains, idf = scorer.postings("bicycle")
    assert len(rows) == len(gains) == 0 and idf == pytest.approx(math.log(6))  # ln(1 + (2 + .5) / .5)
    assert scorer.idf("vram") == pytest.approx(math.log(2)) and scorer.idf("bicycle") == 0.0


def test_rearranged_bags_equal_new_ones():
    one, two, three = {"a": 1.0}, {"b": 2.0, "a": 1.0}, {"c": 1.0}
    bags = Bags.of([one, two])
    more = Bags.of([three], Numbers(bags.numbers))
    assert Bags.of([three]).renumbered(Numbers(bags.numbers)).columns.tolist() == more.columns.tolist()
    moved = Bm25.of(Bags.woven([bags, more], np.array([2, 1])))
    fresh = Bm25.of(Bags.of([three, two]))
    for query in ({"a": 1.0}, {"b": 1.0}, {"c": 1.0}):
        assert moved.scores(query).tolist() == pytest.approx(fresh.scores(query).tolist())


def test_nothing_indexed():
    assert Bm25.of(Bags.of([])).scores({"a": 1.0}).tolist() == []


def test_a_question_is_searched_for_up_to_a_length_and_as_utf_8_can_hold_it():
    assert searched("量子化とは") == "量子化とは"
    assert searched("a\udcff\ud800b") == "a??b"
    assert searched("語" * (QUERY_LENGTH + 5)) == "語" * QUERY_LENGTH


def test_accents_do_not_part_words():
    assert terms("Café Müller, Łódź, smørrebrød") == terms("cafe muller lodz smorrebrod")
    assert terms("résumé") == terms("resume") and len(terms("Zürich")) == 1
