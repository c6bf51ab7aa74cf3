import pytest

from assistant.calls import parse_call
from assistant.events import UNSURE, Reading
from assistant.own_documents import (
    FIRM,
    LIKELY,
    QUOTED,
    SURE,
    TERM,
    UNCLEAR,
    answers,
    guides_answer,
    quotable,
    stays,
)
from index.types import Hit, Passage
from knowledge.schema import Term

GLOSSARY = (Term("温度", "temperature", {"ja": "ばらつき。", "en": "Variety."}, ("温度パラメータ",)),)


def hit(relevance, origin="user", heading="", text="text"):
    return Hit(1, 1.0, Passage("p", "p.md", heading, text, "en", origin), relevance)


def shipped(relevance):
    return [hit(relevance, "shipped")]


def reading(tool, confidence=FIRM, **arguments):
    return Reading(parse_call(tool, arguments), confidence, "en")


@pytest.mark.parametrize("tool", ["out_of_scope", "clarify"])
def test_what_the_reader_cannot_place_goes_to_the_documents_when_they_speak_of_it(tool):
    assert answers([hit(UNCLEAR)], shipped(0.9), reading(tool))
    assert not answers([hit(UNCLEAR - 0.01)], [], reading(tool))
    assert not answers([], [], reading(tool))


@pytest.mark.parametrize("tool", ["recommend", "fit", "model_info"])
def test_what_reads_as_about_models_needs_more(tool):
    unsure = reading(tool, 0.3)
    assert answers([hit(SURE)], shipped(0.9), unsure)
    assert answers([hit(LIKELY)], shipped(LIKELY - 0.01), unsure) and answers([hit(LIKELY)], [], unsure)
    assert not answers([hit(SURE - 0.01)], shipped(SURE), unsure)
    assert not answers([hit(LIKELY - 0.01)], [], unsure)


def test_a_sure_reading_stays_and_a_less_sure_one_when_it_states_what_only_models_have():
    assert stays(reading("recommend", FIRM, task="coding"), "プログラミングの補助に")
    assert not stays(reading("recommend", FIRM - 0.01, task="writing"), "パンに名前を書けますか")
    assert stays(reading("recommend", UNSURE, hardware={"gpu": "RTX 3060"}), "RTX 3060で議事録")
    assert not stays(reading("recommend", UNSURE - 0.01, hardware={"gpu": "A100"}), "until when is the A100 covered")
    assert stays(reading("recommend", UNSURE, hosting="local"), "支店の端末で使えるモデルは")
    assert stays(reading("recommend", UNSURE, hosting="local"), "Which models may we use at the branch?")
    assert not stays(reading("out_of_scope", 0.99), "which model of bus stops here")


def test_a_declined_question_goes_to_a_guide_that_surely_speaks_of_it():
    guide = hit(TERM, "shipped", "Sampling > Low and high", "Temperature controls variety.")
    assert guides_answer("a good temperature to set", [guide], GLOSSARY)
    assert not guides_answer("a good time to set out", [guide], GLOSSARY)
    weak = hit(TERM - 0.01, "shipped", guide.passage.heading, guide.passage.text)
    assert not guides_answer("oven temperature for bread", [weak], GLOSSARY)
    titled = hit(0.9, "shipped", "Operation > Signs to monitor", "Watch the queue.")
    assert guides_answer("signs to monitor", [titled], ())
    assert not guides_answer("where to eat", [titled], ())


@pytest.mark.parametrize("question", ["温度とは", "温度って何ですか？", "What is temperature?"])
def test_a_declined_question_for_a_known_term_is_answered(question):
    assert guides_answer(question, [], GLOSSARY)


def test_weak_passages_are_not_quoted_and_sure_ones_of_the_person_come_first():
    guide, own, weak = hit(QUOTED["shipped"], "shipped"), hit(SURE), hit(LIKELY - 0.01)
    assert quotable([own, weak], [guide], own_first=False) == [own, guide]
    assert quotable([], [hit(QUOTED["shipped"] - 0.01, "shipped")], own_first=False) == []
    strong = hit(0.9, "shipped")
    assert quotable([hit(0.45)], [strong], own_first=False) == [strong, hit(0.45)]  # under 0.6 * 0.9 and under SURE
    assert quotable([hit(0.45)], [strong], own_first=True) == [hit(0.45), strong]
