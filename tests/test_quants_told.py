"""Quantisations that are set against one another are answered by what llama.cpp measured."""

import pytest

from assistant.calls import parse_call
from assistant.stated.quants_told import with_quants_told
from assistant.writer.draft import Draft
from tests.reading import TABLES

EXPLAIN = parse_call("explain", {"query": "x"})


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_losses_come_first_with_their_source(language):
    plan = with_quants_told(Draft("", ("a passage [1]",)), EXPLAIN, "Q3_K_M or Q5_K_M or Q8_0?", TABLES, language)
    # 0.6569, 0.0570 and 0.0027 of 6.233
    assert plan.verdict.startswith("**Q8_0**") and "10.5 %" in plan.verdict and "0.9 %" in plan.verdict
    assert [line.split("|")[1].strip() for line in plan.verdict.splitlines()[-3:]] == ["Q8_0", "Q5_K_M", "Q3_K_M"]
    assert plan.lead == ("a passage [1]",) and plan.sources[-1].file == "llama.cpp"


@pytest.mark.parametrize("question", ["what is Q4_K_M?", "Q4_K_M and nothing else", "AWQ vs Q4_K_M", "Q4 or Q8?"])
def test_other_questions_stay(question):
    plan = Draft("verdict")
    assert with_quants_told(plan, EXPLAIN, question, TABLES, "en") is plan
