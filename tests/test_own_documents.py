from dataclasses import replace

import pytest

from assistant.calls import parse_call
from assistant.events import UNSURE, Reading
from assistant.own_documents import (
    AI,
    BESIDE_OWN,
    DOUBTLESS,
    EVEN,
    FIRM,
    GUESSED,
    HEADING,
    HINTS,
    LIKELY,
    QUOTED,
    STATES,
    SURE,
    TALKING,
    TERM,
    Found,
    answers,
    asks_of_ours,
    guides_answer,
    names_field,
    quotable,
    stays,
)
from assistant.reader.read import tables_of
from index.support import Support
from index.types import Hit, Passage
from knowledge.catalog import load_catalog
from knowledge.schema import Term

GLOSSARY = (Term("温度", "temperature", {"ja": "ばらつき。", "en": "Variety."}, ("温度パラメータ",)),)


NEAR = Support(states=0.0, speaks=HINTS)


def hit(relevance, origin="user", heading="", text="text"):
    return Hit(1, 1.0, Passage("p", "p.md", heading, text, "en", origin), relevance)


def shipped(relevance):
    return [hit(relevance, "shipped")]


def reading(tool, confidence=FIRM, **arguments):
    return Reading(parse_call(tool, arguments), confidence, "en")


@pytest.mark.parametrize("tool", ["out_of_scope", "clarify"])
@pytest.mark.parametrize("field", [True, False])
def test_what_the_reader_cannot_place_goes_to_the_documents_when_they_speak_of_it(tool, field):
    unplaced = reading(tool)
    assert answers("q", unplaced, Found([hit(LIKELY)], NEAR, shipped(0.9), field))
    assert not answers("q", unplaced, Found([hit(LIKELY - 0.01)], Support(1.0, 1.0), [], field))
    assert not answers("q", unplaced, Found([], NEAR, [], field))
    assert not answers("q", unplaced, Found([hit(LIKELY)], Support(0.0, HINTS - 0.01), [], field))


@pytest.mark.parametrize("tool", ["recommend", "fit", "model_info"])
def test_what_reads_as_about_models_and_names_none_goes_there_as_if_declined(tool):
    assert answers("q", reading(tool, 0.41), Found([hit(LIKELY)], NEAR, shipped(0.9), False))


@pytest.mark.parametrize("tool", ["recommend", "fit", "model_info"])
def test_what_names_something_of_the_field_goes_there_when_no_guide_says_as_much_or_beyond_doubt(tool):
    unsure, guessed = reading(tool, GUESSED), reading(tool, GUESSED - 0.01)
    assert answers("q", unsure, Found([hit(LIKELY)], NEAR, shipped(LIKELY - 0.01), True))
    assert answers("q", unsure, Found([hit(LIKELY)], NEAR, [], True))
    assert answers("q", unsure, Found([hit(LIKELY)], Support(DOUBTLESS, 1.0), shipped(0.9), True))
    assert not answers("q", unsure, Found([hit(0.9)], Support(DOUBTLESS - 0.01, 1.0), shipped(0.9), True))

    doubted = Found([hit(0.9)], Support(EVEN, 1.0), shipped(0.95), True)
    assert answers("q", guessed, doubted) and not answers("q", unsure, doubted)


@pytest.mark.parametrize(
    "question", ["Am I allowed to use ChatGPT at work?", "Which model won our benchmark?", "社内規程でGeminiは使える？"]
)
def test_what_is_the_persons_own_goes_to_the_documents_even_when_surely_read(question):
    assert asks_of_ours(question)
    near, beyond_doubt = Support(0.3, HINTS), Support(DOUBTLESS, DOUBTLESS)
    for tool in ("model_info", "explain"):
        assert answers(question, reading(tool, 0.95), Found([hit(SURE)], near, shipped(0.99), True))
        assert not answers(question, reading(tool, 0.95), Found([hit(SURE - 0.01)], near, shipped(0.99), True))
    wish = reading("recommend", 0.95, task="coding")
    assert not answers(question, wish, Found([hit(0.9)], near, shipped(0.99), True))
    assert answers(question, wish, Found([hit(0.9)], beyond_doubt, shipped(0.99), True))


def test_a_question_of_knowledge_about_other_things_is_answered_from_the_document_that_states_it():
    asked = reading("explain", 0.97)
    assert answers("KMD-R18の消費電力は？", asked, Found([hit(0.9)], Support(STATES, 1.0), shipped(0.8), False))
    assert not answers(
        "what temperature should I use", asked, Found([hit(0.9)], Support(1.0, 1.0), shipped(0.9), False)
    )
    assert not answers("消費電力は？", asked, Found([hit(0.9)], Support(STATES - 0.01, 1.0), shipped(0.8), False))
    assert not answers("GPUの消費電力は？", asked, Found([hit(0.9)], Support(1.0, 1.0), shipped(0.8), True))


@pytest.fixture(scope="module")
def tables():
    return tables_of(load_catalog())


@pytest.mark.parametrize(
    "question", ["Which GPU?", "8Bで足りますか", "runs offline", "Gemma 3の感想", "RTX 4070にした"]
)
def test_a_word_of_the_field_a_size_a_model_or_a_card_names_the_field(tables, question):
    assert names_field(question, tables)


@pytest.mark.parametrize("question", ["How wide may the kayak be?", "雨の日の集合場所は", "a wasp stung me, and now?"])
def test_other_questions_name_nothing_of_the_field(tables, question):
    assert not names_field(question, tables)


def test_a_sure_reading_stays_and_a_less_sure_one_when_it_states_what_only_models_have():
    assert stays(reading("recommend", FIRM, task="coding"), "プログラミングの補助に")
    assert not stays(reading("recommend", FIRM - 0.01, task="writing"), "パンに名前を書けますか")
    assert stays(reading("recommend", UNSURE, hardware={"gpu": "RTX 3060"}), "RTX 3060で議事録")
    assert not stays(reading("recommend", UNSURE - 0.01, hardware={"gpu": "A100"}), "until when is the A100 covered")
    assert stays(reading("recommend", UNSURE, hosting="local"), "支店の端末で使えるモデルは")
    assert stays(reading("recommend", UNSURE, hosting="local"), "Which models may we use at the branch?")
    assert not stays(reading("out_of_scope", 0.99), "which model of bus stops here")
    assert stays(reading("recommend", TALKING, task="writing"), "and for children?", talking=True)
    assert not stays(reading("recommend", TALKING - 0.01, task="writing"), "and for children?", talking=True)


def test_a_declined_question_goes_to_a_guide_that_surely_speaks_of_it():
    guide = hit(TERM, "shipped", "Sampling > Low and high", "Temperature controls variety.")
    assert guides_answer("a good temperature to set", [guide], GLOSSARY)
    assert not guides_answer("a good time to set out", [guide], GLOSSARY)
    weak = hit(TERM - 0.01, "shipped", guide.passage.heading, guide.passage.text)
    assert not guides_answer("oven temperature for bread", [weak], GLOSSARY)
    titled = hit(HEADING, "shipped", "Operation > Signs to monitor", "Watch the queue.")
    assert guides_answer("signs to monitor", [titled], ())
    assert not guides_answer("where to eat", [titled], ())


def test_a_question_about_ai_goes_to_a_guide_that_has_much_to_do_with_it():
    guide, less = (hit(one, "shipped", "First steps > Does it cost anything?") for one in (AI, AI - 0.01))
    for question in ("AIは無料？", "is AI free to use", "月に何円でAIを使えるか"):
        assert guides_answer(question, [guide], ()) and not guides_answer(question, [less], ())
    assert not guides_answer("is the email free of charge", [guide], ())


@pytest.mark.parametrize("tool", ["explain", "model_info", "clarify"])
def test_a_question_that_names_what_only_the_documents_know_goes_there_when_they_seem_to_say_it(tool):
    found = Found([hit(SURE)], Support(EVEN, EVEN), shipped(0.99), True, names_own=True)
    assert answers("what licence does Marlow 7B have", reading(tool), found)
    weak = replace(found, support=Support(EVEN - 0.01, 1.0))
    assert not answers("what licence does Marlow 7B have", reading("model_info"), weak)


@pytest.mark.parametrize(
    "question, asks", [
        ("which model do we use for minutes at our office?", True), ("社内で使っているモデルは？", True),
        ("what are we currently using at the office", True), ("which model for our office?", False),
        ("当社で使っているPCで動くモデルは？", False), ("社内の要約におすすめのモデルは？", False),
    ],
)  # fmt: skip
def test_what_is_in_use_is_no_wish(question, asks):
    found = Found([hit(SURE)], NEAR, shipped(0.99), True)
    assert answers(question, reading("recommend", FIRM, task="summarization"), found) == asks


def test_a_wish_for_something_that_only_the_documents_know_stays_one():
    found = Found([hit(SURE)], Support(1.0, 1.0), shipped(0.99), True, names_own=True)
    assert answers("which model is behind Marlow Chat", reading("recommend", UNSURE, task="chat"), found)
    less = replace(found, support=Support(STATES - 0.01, 1.0))
    assert not answers("which model is behind Marlow Chat", reading("recommend", UNSURE, task="chat"), less)
    assert not answers("which model for Marlow Chat", reading("recommend", FIRM, task="chat"), found)
    stated = reading("fit", UNSURE, hardware={"ram_gb": 16.0})
    assert not answers("does it run on Marlow's laptop", stated, replace(found, support=NEAR))


def test_one_word_in_a_heading_is_chance_where_models_were_spoken_of():
    titled = hit(HEADING, "shipped", "MMLU: four choices in 57 subjects", "Pick one of four.")
    assert guides_answer("four", [titled], ()) and not guides_answer("four", [titled], (), talking=True)
    assert guides_answer("four choices", [titled], (), talking=True)


@pytest.mark.parametrize("question", ["温度とは", "温度って何ですか？", "What is temperature?"])
def test_a_declined_question_for_a_known_term_is_answered(question):
    assert guides_answer(question, [], GLOSSARY)


def test_weak_passages_are_not_quoted_and_sure_ones_of_the_person_come_first():
    guide, own, weak = hit(QUOTED["shipped"], "shipped"), hit(SURE), hit(QUOTED["user"] - 0.01)
    assert quotable([own, weak], [guide], own_first=False, stated=True) == [own, guide]
    assert quotable([], [hit(QUOTED["shipped"] - 0.01, "shipped")], own_first=False, stated=True) == []
    strong, close = hit(0.89, "shipped"), hit(0.45)  # under 0.6 * 0.89 and under SURE
    assert quotable([close], [strong], own_first=False, stated=True) == [strong, close]


def test_the_document_that_answers_is_quoted_and_beside_it_only_what_surely_belongs_there():
    best, weak, other = hit(LIKELY), hit(QUOTED["user"] - 0.01), hit(QUOTED["user"])
    near, sure = hit(BESIDE_OWN - 0.01, "shipped"), hit(BESIDE_OWN, "shipped")
    assert quotable([best, weak, other], [sure, near], own_first=True, stated=False) == [best, other, sure]


def test_a_passage_that_does_not_state_the_answer_comes_after_a_more_relevant_guide():
    guide, own = hit(0.6, "shipped"), hit(0.55)
    assert quotable([own], [guide], own_first=False, stated=True) == [own, guide]
    assert quotable([own], [guide], own_first=False, stated=False) == [guide, own]
    assert quotable([hit(0.6)], [guide], own_first=False, stated=False) == [hit(0.6), guide]
    assert quotable([own], [], own_first=False, stated=False) == [own]
