"""A model whose level is wished for: the answer says first whether the choice reaches it."""

import pytest

from assistant.chat import Assistant
from assistant.events import Conversation
from assistant.settings import Settings
from tests.reading import calls


@pytest.fixture(scope="module")
def mekiki(tmp_path_factory):
    return Assistant(Settings(data=tmp_path_factory.mktemp("data")), use_machine=False)


@pytest.mark.parametrize(
    ("question", "begins", "names"),
    [
        ("a model as good as GPT-3.5 Turbo on an RTX 3060", "Yes: ", "GPT-3.5-turbo"),
        ("RTX 3060でGPT-5並みに賢いモデルは？", "条件を満たすモデルで GPT-5", "GPT-5"),
    ],
)
def test_whether_the_level_is_reached_comes_first(mekiki, question, begins, names):
    *_, done = mekiki.answer(question, Conversation())
    assert done.answer.text.startswith(begins) and names in done.answer.text
    assert not any("Not taken into account" in one or "考慮できて" in one for one in done.answer.warnings)


@pytest.mark.parametrize(
    "question", ["GPT-4並みに賢いオープンモデルは？", "Claude Sonnetと同じくらい賢いローカルモデルは？"]
)
def test_a_level_is_a_wish_and_no_question_of_knowledge(mekiki, question):
    assert calls(mekiki, question)[-1].tool == "recommend"


def test_a_family_of_one_kind_tells_the_task(mekiki):
    assert calls(mekiki, "which Whisper for a 6GB card?")[-1].arguments()["task"] == "speech"
    assert "task" not in calls(mekiki, "which Qwen for a 6GB card?")[-1].arguments()


def test_a_reranker_for_documents_is_no_model_that_writes(mekiki):
    args = calls(mekiki, "good reranker for English RAG?")[-1].arguments()
    assert (args["task"], args["variant"]) == ("embedding", "reranker")
