import pytest

from assistant.own_documents import LIKELY, QUOTED, SURE, UNCLEAR, answers, quotable
from index.types import Hit, Passage


def hit(relevance, origin="user"):
    return Hit(1, 1.0, Passage("p", "p.md", "", "text", "en", origin), relevance)


def shipped(relevance):
    return [hit(relevance, "shipped")]


@pytest.mark.parametrize("tool", ["out_of_scope", "clarify"])
def test_what_the_reader_cannot_place_goes_to_the_documents_when_they_speak_of_it(tool):
    assert answers(hit(UNCLEAR), shipped(0.9), tool)
    assert not answers(hit(UNCLEAR - 0.01), [], tool)


@pytest.mark.parametrize("tool", ["recommend", "fit", "model_info"])
def test_what_reads_as_about_models_needs_more(tool):
    assert answers(hit(SURE), shipped(0.9), tool)
    assert answers(hit(LIKELY), shipped(LIKELY - 0.01), tool) and answers(hit(LIKELY), [], tool)
    assert not answers(hit(SURE - 0.01), shipped(SURE), tool)
    assert not answers(hit(LIKELY - 0.01), [], tool)


def test_weak_passages_are_not_quoted_and_sure_ones_of_the_person_come_first():
    guide, own, weak = hit(QUOTED["shipped"], "shipped"), hit(SURE), hit(LIKELY - 0.01)
    assert quotable([guide, weak, own]) == [own, guide]
    assert quotable([hit(QUOTED["shipped"] - 0.01, "shipped")]) == []
    strong = hit(0.9, "shipped")
    assert quotable([strong, hit(0.45)]) == [strong, hit(0.45)]  # 0.45 is under 0.6 * 0.9 and under SURE
