"""Shares of a question, worked out by hand."""

import math

import numpy as np
import pytest

from index.bags import Bags
from index.bm25 import Bm25
from index.dictionary.links import Dictionary
from index.lexical import BESIDE, KANA, LIGHT, OTHER_LANGUAGE, SAME_LANGUAGE, said, wants
from index.synonyms import Synonyms
from index.terms import QUERY_LENGTH, terms

LOAN = Synonyms([("貸出", "loan", "lending")], ["use"])


def shares(held, asked):
    return said(held, asked).share


def scorer(*texts):
    return Bm25.of(Bags.of([dict.fromkeys(terms(text), 1.0) for text in texts]))


def test_an_expression_is_one_want_with_all_its_wordings():
    first, second = wants("貸出 期限", LOAN)
    assert {(one.terms, one.weight) for one in first.wordings} == {
        (("貸出", "貸", "出"), 1.0), (("loan",), OTHER_LANGUAGE), (("lend",), OTHER_LANGUAGE)}  # fmt: skip
    assert [one.terms for one in second.wordings] == [("期限", "期", "限")]


def test_a_found_word_leaves_no_halves_of_itself():
    # 期 and its particle are no second want beside 貸出期: only what no expression covers is left.
    known = Synonyms([("期", "term"), ("貸出", "loan")])
    assert [want.wordings[0].terms for want in wants("貸出 期の", known)] == [("貸出", "貸", "出"), ("期",)]


def test_a_synonym_counts_less_than_the_word():
    held = scorer("loan office", "lending office", "bicycle shop")
    found = shares(held, wants("loan", LOAN))
    # Two terms each, so every gain is 1; the want is one, so its weight cancels.
    assert found.tolist() == pytest.approx([1.0, SAME_LANGUAGE, 0.0], abs=1e-6)


def test_a_passage_in_the_other_language_can_hold_everything():
    held = scorer("loan office", "bicycle shop")
    assert shares(held, wants("貸出", LOAN)).tolist() == pytest.approx([OTHER_LANGUAGE, 0.0], abs=1e-6)


def test_what_no_passage_says_counts_as_missing():
    held = scorer("vram memory", "licence text")
    # vram: one of two satisfies it, ln(1 + 1.5 / 1.5) = ln 2; bicycle: none does, ln(1 + 2.5 / 0.5) = ln 6
    assert shares(held, wants("vram bicycle", LOAN))[0] == pytest.approx(math.log(2) / math.log(12), abs=1e-6)


def test_words_that_say_little_weigh_little():
    held = scorer("use bicycle", "vram memory")
    found = shares(held, wants("use vram", LOAN))
    assert found[1] > 4 * found[0] > 0


def test_nothing_asked_or_nothing_indexed():
    assert shares(scorer("vram"), []).tolist() == [0.0]
    assert shares(Bm25.of(Bags.of([])), wants("vram", LOAN)).tolist() == []


def test_what_no_allowed_passage_says_is_absent():
    held = scorer("vram memory", "bicycle shop")
    asked = wants("vram bicycle", LOAN)  # each said by one of two passages: they weigh the same
    assert said(held, asked).absent == 0.0
    assert said(held, asked, np.array([True, False])).absent == pytest.approx(0.5)
    assert said(held, wants("use vram", LOAN), np.array([False, True])).absent == 1.0  # "use" says little
    assert said(held, []).absent == 0.0


def test_a_kanji_of_a_compound_counts_in_part():
    held = scorer("大雪の日", "雨の日")
    found = shares(held, wants("積雪", LOAN))
    assert 0 < found[0] < 1 and found[1] == 0


BOTH = Synonyms(
    [("会社", "company", "firm"), ("使う", "利用")],
    ["使う"],
    Dictionary("かばん\tbag\n会社\tcompany\tcorporation\n会社員\toffice worker\tlook at\n使う\tuse\n".encode()),
)


def weights(want):
    return {" ".join(one.terms): one.weight for one in want.wordings}


def test_the_dictionary_speaks_where_the_lists_say_nothing():
    # "look at" would be any "look": no wording.
    [want] = wants("会社員は", BOTH)
    assert weights(want) == {"会社 社員 会 社 員": 1.0, "offic work": OTHER_LANGUAGE} and want.weight == 1.0


def test_beside_the_lists_the_dictionary_counts_less():
    [want] = wants("会社", BOTH)
    expected = {"会社 会 社": 1.0, "company": OTHER_LANGUAGE, "firm": OTHER_LANGUAGE}
    assert weights(want) == {**expected, "corpor": BESIDE * OTHER_LANGUAGE}


def test_a_kana_word_that_only_the_dictionary_knows_counts_less():
    [want] = wants("かばん", BOTH)
    assert want.weight == KANA and "bag" in weights(want)


def test_the_dictionary_is_not_asked_about_words_that_say_little():
    [want] = wants("使う", BOTH)
    assert want.weight == LIGHT and "use" not in weights(want)


@pytest.mark.parametrize("said", ["貸出の期限 ", "loan of a bicycle ", "ひらがな", "貸出"])
def test_of_a_long_question_its_beginning_is_asked_for(said):
    text = said * (QUERY_LENGTH // len(said) + 1)
    assert wants(text * 1_000, LOAN) == wants(text[:QUERY_LENGTH], LOAN)
