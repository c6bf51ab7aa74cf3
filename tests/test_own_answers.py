"""Questions to a person's own documents, from reading to answer: answered, said to be unanswered, or left alone."""

import pytest

from assistant.chat import Assistant
from assistant.events import Conversation, Done
from assistant.settings import Settings

DOCUMENTS = {
    "climbing.md": """# Boulder barn: house rules

## Entry

Grown-ups pay 11 pounds, pupils between thirteen and seventeen 7 pounds. Small children climb free of charge.

## Shoes

Street shoes stay on the rack. We rent climbing shoes for 3 pounds a visit.

## Wasps and bites

Wasps nest under the roof in August. If anyone is stung in the neck or mouth, give ice to suck and ring the front desk.

## Opening

The hall opens at ten and closes at half past nine, on Mondays not before four in the afternoon.
""",
    "bunko.md": """# ひだまり文庫 利用の手引き

## 借りる

本は一人五冊まで、二週間借りられます。続けて借りたいときは期限までに電話してください。

## 延滞

返却が遅れた人は、遅れた日数だけ次の貸し出しができません。

## おはなし会

毎月第三土曜の午前十時半から、奥のたたみの部屋でひらきます。申し込みはいりません。

## 寄贈

本の寄贈は、図鑑と絵本だけ受け付けます。百科事典と雑誌は受け取れません。
""",
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    with_documents = Assistant(Settings(data=tmp_path_factory.mktemp("data"), knowledge=(folder,)))
    yield with_documents
    with_documents.close()


def ask(assistant, question, conversation=None):
    *_, done = assistant.answer(question, conversation or Conversation())
    assert isinstance(done, Done)
    return done.answer


@pytest.mark.parametrize(
    "question, said, file",
    [
        ("How much do pupils pay?", "7 pounds", "climbing.md"),
        ("someone got stung in the neck, what do we do?", "ice", "climbing.md"),
        ("When does the hall close?", "half past nine", "climbing.md"),
        ("子どもの入場料はいくら？", "11 pounds", "climbing.md"),
        ("何冊まで借りられる？", "五冊", "bunko.md"),
        ("返すのが遅れたらどうなりますか", "貸し出しができません", "bunko.md"),
        ("Do you take encyclopedias?", "百科事典", "bunko.md"),
    ],
)
def test_what_a_document_says_is_given_as_the_answer(assistant, question, said, file):
    answer = ask(assistant, question)
    assert said in answer.text and answer.sources[0].file == file
    assert any(file in warning for warning in answer.warnings)


@pytest.mark.parametrize(
    "question, said",
    [
        ("Is there a sauna at the barn?", "do not seem to say"),
        ("How much is a locker in the hall?", "do not seem to say"),
        ("絵本は全部で何冊ありますか", "見当たりません"),
        ("借りた本をなくしたときの弁償の金額は", "見当たりません"),
    ],
)
def test_what_the_documents_are_near_but_do_not_say_is_said_to_be_missing(assistant, question, said):
    answer = ask(assistant, question)
    assert answer.text.startswith(("Your documents", "あなたの文書")) and said in answer.text.splitlines()[0]
    assert answer.calls[0].tool == "explain" and answer.sources
    assert not any("Answered from" in warning or "から答えました" in warning for warning in answer.warnings)


def test_a_passage_that_says_it_in_other_words_answers(assistant):
    answer = ask(assistant, "How much do teenagers pay?")
    assert "7 pounds" in answer.text.split("\n\n")[1] and answer.sources[0].file == "climbing.md"


def test_a_fragment_is_about_what_the_document_before_answered(assistant):
    conversation = Conversation()
    ask(assistant, "How much do grown-ups pay at the boulder barn?", conversation)
    assert conversation.before.file == "climbing.md"
    answer = ask(assistant, "and small children?", conversation)
    assert "free of charge" in answer.text and answer.sources[0].file == "climbing.md"
    assert conversation.before.question.startswith("How much do grown-ups")  # a fragment leaves the subject to it
    ask(assistant, "Does Qwen3 8B fit on an RTX 3060?", conversation)
    assert conversation.before is None


@pytest.mark.parametrize("question", ["コピー機はありますか", "What is the wifi password?"])
def test_a_declined_question_is_said_to_be_in_no_document_either(assistant, question):
    answer = ask(assistant, question)
    assert answer.calls[0].tool == "out_of_scope" and not answer.sources
    assert answer.text.startswith(("Your documents do not seem", "あなたの文書に、答えは見当たりません"))


@pytest.mark.parametrize(
    "message", ["hello there", "lol", "what is the weather", "how old are you", "なるほど", "今何時？"]
)
def test_small_talk_brings_up_no_passage(assistant, message):
    answer = ask(assistant, message)
    assert answer.calls[0].tool == "out_of_scope" and not answer.sources


@pytest.mark.parametrize(
    "question, tool",
    [
        ("Which model for summaries on an RTX 4060?", "recommend"),
        ("翻訳におすすめのモデルは？", "recommend"),
        ("Does Qwen3 8B run on 12 GB?", "fit"),
    ],
)
def test_questions_about_models_stay_what_they_are(assistant, question, tool):
    assert ask(assistant, question).calls[0].tool == tool


@pytest.mark.parametrize(
    "first, then", [("おすすめのモデルは？", "子ども向けで"), ("What do you recommend for chat?", "make that four")]
)
def test_a_conversation_about_models_goes_on_and_documents_can_be_asked_between(assistant, first, then):
    conversation = Conversation()
    ask(assistant, first, conversation)
    assert ask(assistant, then, conversation).calls[0].tool in ("recommend", "clarify")
    assert ask(assistant, "How much do teenagers pay?", conversation).sources[0].file == "climbing.md"
