"""Data that must not leave, rules for an API, and where data goes that is sent to one."""

import pytest

from assistant.calls import parse_call
from assistant.events import Conversation, Done
from assistant.sentences import say
from assistant.stated.data import must_stay, said_of_data
from tests.reading import calls


def text_of(mekiki, question):
    return next(one.answer for one in mekiki.answer(question, Conversation()) if isinstance(one, Done)).text


@pytest.mark.parametrize(
    "text",
    [
        "We're a Japanese hospital, data can't leave Japan. API or local?",
        "the contracts must stay on-prem, which model reads them?",
        "Client files may never be uploaded anywhere. A summariser?",
        "keep all the data in-house: a translator for 24GB",
        "no customer data may leave the building",
        "患者の情報は院外に出せません。要約用のモデルは？",
        "データは社内で完結させないといけない。RAGは何を使う？",
        "社外への持ち出し禁止の資料。データの持ち出しは不可です",
    ],
)
def test_data_that_must_not_leave_is_understood(text):
    assert must_stay(text)


@pytest.mark.parametrize(
    "text",
    [
        "translate documents, they must stay in Japanese",
        "it must stay under 8 GB",
        "which API is cheapest?",
        "データ分析におすすめのモデル",
        "社外に出してよい文書だけならAPIでいい？",
        "the model must not leave half a sentence",
    ],
)
def test_other_wishes_say_nothing_of_it(text):
    assert not must_stay(text)


def test_a_choice_for_such_data_is_local_and_says_so(mekiki):
    for question, key, language in (
        ("Our records cannot leave the country. Cloud or our own server?", "data.stays_weighed", "en"),
        ("機密文書は外に出せない。要約のおすすめは？", "data.stays", "ja"),
        ("カルテは国外に持ち出し禁止。APIとローカルはどっち？", "data.stays_weighed", "ja"),
    ):
        (call,) = calls(mekiki, question)
        assert (call.tool, call.arguments()["hosting"]) == ("recommend", "local")
        assert text_of(mekiki, question).startswith(say(language, key))


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("HIPAA-compliant API for summarising notes", "en"),
        ("which API for translation keeps to EU data residency?", "en"),
        ("データは国内リージョンで処理されるAPIで、要約のおすすめは？", "ja"),
    ],
)
def test_an_api_under_a_rule_gets_what_to_check_first(mekiki, question, language):
    (call,) = calls(mekiki, question)
    assert call.arguments()["hosting"] == "api"
    answer = text_of(mekiki, question)
    assert answer.startswith(say(language, "data.region", n=4))  # after the three picks


def test_where_data_goes_is_told_beside_the_licence_and_cites_the_guide(mekiki):
    question = "DeepSeekのAPIを業務で使って大丈夫？データはどこに行く？"
    done = next(one.answer for one in mekiki.answer(question, Conversation()) if isinstance(one, Done))
    assert done.reading.call.tool == "model_info"
    assert say("ja", "data.goes", n=2) in done.text
    assert done.sources[1].file == "ja/privacy-security.md"
    (call,) = calls(mekiki, "Where does my data go if I use the Grok API?")
    assert call.tool == "explain"


def test_nothing_is_said_where_the_question_says_nothing():
    call = parse_call("recommend", {"hosting": "api", "task": "summarization"})
    assert said_of_data(call, "which API is cheapest for summarization") is None
    assert said_of_data(parse_call("model_info", {"model": "gpt-5.4"}), "GPT-5.4のAPIの料金は？") is None
