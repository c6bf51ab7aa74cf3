"""Quotes: whole when short, whole sentences when long, and never a heading of their own."""

import pytest

from assistant.writer.explanation import explanation, quote


def test_a_short_passage_is_quoted_whole():
    assert quote("One sentence. Another.", 100) == "One sentence. Another."


def test_a_long_passage_ends_with_a_whole_sentence():
    assert quote("一つ目の文です。二つ目の文です。三つ目の文です。", 18) == "一つ目の文です。二つ目の文です。 …"


def test_headings_of_a_quoted_document_become_bold_text():
    assert quote("# Library\n\n## Hours\n\nOpen #1 daily.", 100) == "**Library**\n\n**Hours**\n\nOpen #1 daily."


def passage(file="a.md", heading="A", origin="user", relevance=0.9, **more):
    row = {"file": file, "heading": heading, "text": "text of " + file, "quote": "quote of " + file, "lang": "en"}
    scores = {"score": relevance, "relevance": relevance, "in_heading": False, "states": True, "place": "l. 1"}
    scores["may_state"] = more.get("states", True)
    return {**row, **scores, "origin": origin, **more}


def test_a_second_passage_is_quoted_only_when_nearly_as_relevant():
    first = passage()
    near, far = passage("b.md", relevance=0.85), passage("b.md", relevance=0.79)  # 0.1 under the first one's 0.9
    assert "quote of b.md [2]" in explanation({"passages": [first, near]}, "en").body
    draft = explanation({"passages": [first, far]}, "en")
    assert "quote of b.md" not in draft.body and "A [2]" in draft.body
    guide = passage("en/b.md", origin="shipped", relevance=0.9)
    assert "quote of" not in explanation({"passages": [first, guide]}, "en").body  # a guide beside one's own document


def test_the_number_of_a_table_is_below_it_and_a_source_without_heading_is_its_file_and_lines():
    table = passage("stock.csv", "", quote="| a |\n| --- |\n| 1 |", place="l. 4-6")
    draft = explanation({"passages": [table]}, "en")
    assert draft.lead[0].endswith("| 1 |\n\n[1]")
    assert draft.sources[0].named == "stock.csv, l. 4-6"


@pytest.mark.parametrize("language, said", [("en", "do not seem to say"), ("ja", "見当たりません")])
def test_passages_that_do_not_state_the_answer_are_said_to_be_the_nearest(language, said):
    near = [passage(f"{name}.md", name, states=False, relevance=0.5) for name in "abcd"]
    draft = explanation({"passages": near}, language)
    assert said in draft.verdict and not draft.lead
    assert [f"quote of {name}.md [{n}]" in draft.body for n, name in enumerate("abcd", 1)] == [True, True, True, False]
    assert "d [4]" in draft.body


@pytest.mark.parametrize("language, said", [("en", "not sure"), ("ja", "確かではありません")])
def test_passages_that_perhaps_state_the_answer_are_said_to_be_unsure(language, said):
    draft = explanation({"passages": [passage(states=False, may_state=True)]}, language)
    assert said in draft.verdict and not draft.lead and "quote of a.md [1]" in draft.body


def test_a_guide_is_quoted_before_a_document_that_does_not_state_the_answer():
    guide = passage("ja/a.md", origin="shipped", lang="ja")
    draft = explanation({"passages": [guide, passage("b.md", states=False)]}, "en")
    assert draft.lead[0] == "quote of ja/a.md [1]" and not draft.verdict


def test_an_unknown_word_is_named():
    assert "flumph" in explanation({"passages": [], "word": "flumph"}, "en").verdict


def test_a_section_of_a_guide_is_listed_once_and_each_place_of_a_persons_document():
    guide = [passage("ja/b.md", "B", origin="shipped", relevance=0.5, place=place) for place in ("l. 3", "l. 9")]
    draft = explanation({"passages": [passage("ja/a.md", origin="shipped"), *guide]}, "en")
    assert draft.body.count("- B [") == 1
    own = [passage("b.md", "B", relevance=0.5, place=place) for place in ("l. 3", "l. 9")]
    assert explanation({"passages": [passage(), *own]}, "en").body.count("- B [") == 2
