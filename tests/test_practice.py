"""Questions of practice that the guides answer, told from wishes for a model."""

import pytest

from assistant.reader.asks import asks_mekiki, searched_for
from assistant.reader.marking import mark
from assistant.reader.practice import guide_question, practice
from assistant.reader.read import Reader
from knowledge.catalog import load_catalog
from tests.reading import marked


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_catalog())


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("AIの返事がいつも途中で切れてしまう", "halfway"),
        ("why are the replies cut off every time?", "halfway"),
        ("日本語で聞いたのに英語で返してくる", "wrong_language"),
        ("it keeps replying in Chinese, how do I stop that", "wrong_language"),
        ("聞くたびに答えが変わるのはどうして？", "differs"),
        ("the same prompt gives a different answer each time", "differs"),
        ("同じ文ばかり繰り返します", "repeats"),
        ("the bot keeps repeating the last sentence", "repeats"),
        ("さっき話したことを忘れてしまう", "forgets"),
        ("it forgets what we said at the beginning", "forgets"),
        ("システムプロンプトはどう書けばいい？", "system_prompt"),
        ("what belongs in a system prompt?", "system_prompt"),
        ("プログラミングの経験がなくても使えますか", "skills"),
        ("do I have to know how to code for this", "skills"),
        ("3090を毎日つけておくと電気代はいくら？", "electricity"),
        ("how many watts does a 4090 draw with an LLM?", "electricity"),
        ("嘘を言われたら困ります", "lies"),
        ("I'm afraid of wrong answers", "lies"),
        ("使い物になる最低の量子化は？ Gemma 3 27Bで", "smallest_quant"),
        ("the lowest quant of Gemma 3 27B that is still okay?", "smallest_quant"),
    ],
)
def test_a_matter_of_practice_goes_to_the_guides(reader, question, topic):
    reading = reader.read(question)
    assert reading.call.tool == "explain"
    assert reading.call.arguments() == {"query": guide_question(topic, reading.language)}


@pytest.mark.parametrize(
    "question",
    [
        "途中で止まらない要約用のモデルがいい。RTX 3060",
        "I want a model that answers in German on 16 GB",
        "英語で返答するチャットボットを作りたい。24GB",
        "嘘をつかない日本語モデルのおすすめ、12GB",
        "コードが書けないので代わりに書いてくれるモデルを教えて",
        "which model hallucinates least on a 4090?",
        "電気代込みで一番安いモデルは？",
    ],
)
def test_what_a_model_should_be_is_a_wish(reader, question):
    assert practice(mark(question, ())) is None
    assert reader.read(question).call.tool in ("recommend", "clarify")


def test_another_question_is_searched_for_as_it_is():
    assert searched_for(mark("what is a token?", ()), "what is a token?", "en") == "what is a token?"


@pytest.mark.parametrize(("question", "meant"), [("how sure are you?", "rests"), ("それは本当ですか？", "rests")])
def test_doubts_are_about_what_the_answers_rest_on(question, meant):
    assert asks_mekiki(mark(question, ())) == meant


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Is 24 GiB the same as 24 GB?", "gib"),
        ("ギガバイトとGiBの違いは", "gib"),
        ("can I trust Kimi?", "foreign"),
        ("GLMって危険じゃない？", "foreign"),
        ("What's wrong with Qwen?", "foreign"),
        ("what's wrong with my laptop?", None),
        ("Does this run on Windows?", "own_system"),
        ("このアプリは有料ですか", "own_system"),
        ("is it secure?", "local_safe"),
        ("それは安全？", "local_safe"),
        ("Qwenは商用利用して大丈夫？", None),
        ("a model that is safe for children", None),
    ],
)
def test_matters_of_trust_units_and_mekiki_itself(question, topic):
    assert practice(marked(question)) == topic
