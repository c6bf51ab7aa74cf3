"""Questions that convert lengths of text into tokens, or tokens into lengths."""

import pytest

from assistant.calls import parse_call
from assistant.reader.marking import mark
from assistant.reader.read import Reader
from assistant.stated.length_asked import asks_length, with_length_told
from assistant.writer.draft import Draft
from knowledge.catalog import load_catalog


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("How many tokens is a 350 page novel?", ("230,000", "210,000 to 420,000")),  # 350 x 500 x 1.3; x 1,200 x 0.5
        ("2万字は何トークンですか", ("10,000～20,000", "5,000")),
        ("token count of 9,000 words", ("12,000",)),  # 9,000 x 1.3
        ("90分の講演の文字起こしは何トークン？", ("14,000～27,000",)),  # 90 x 300 x 0.5 to 1
        ("how many words are 32k tokens", ("25,000", "32,000 to 64,000")),  # 32,000 / 1.3
        ("64kトークンは何文字ぐらい？", ("64,000～130,000",)),
        ("how many tokens is a word", ("1.3",)),
        ("1 tookun ha nan moji desu ka", ("1～2字",)),
    ],
)
def test_lengths_are_worked_out_first(question, told):
    language = "en" if question.isascii() and "desu" not in question else "ja"
    plan = with_length_told(Draft("", ("a passage",)), parse_call("explain", {"query": "x"}), question, language)
    assert all(one in plan.verdict for one in told)
    assert plan.lead == ("a passage",)


@pytest.mark.parametrize(
    "question",
    ["how many tokens per second for 40 pages?", "300ページのPDFの要約に使うモデルは？", "8000トークンの料金はいくら？",
     "what is a token", "何文字まで読める？"],
)  # fmt: skip
def test_other_questions_convert_nothing(question):
    assert not asks_length(mark(question, ()))
    plan = Draft("verdict")
    assert with_length_told(plan, parse_call("explain", {"query": "x"}), question, "ja") is plan


@pytest.mark.parametrize("question", ["16kコンテキストって何ページ分？", "how many pages is 64k context"])
def test_a_context_to_convert_is_no_wish_for_a_model(question):
    assert Reader(load_catalog()).read(question).call.tool == "explain"
