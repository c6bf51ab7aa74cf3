"""Wishes for something like a service, and questions whether Mekiki is one: the shipped reader, nothing is run."""

import pytest

from assistant.events import Conversation
from tests.reading import calls


@pytest.mark.parametrize(
    "text",
    [
        "what is the best free ChatGPT thing for my old laptop",
        "something like ChatGPT for a 3060",
        "an alternative to ChatGPT that runs offline",
        "I want my own ChatGPT at home, 16GB RAM laptop",
        "a Claude-like assistant that runs on my Mac",
        "ChatGPTみたいなのをローカルで動かしたい",
        "ChatGPTの代わりになるもの、RTX 4070で",
        "ChatGPTのような無料のAIは？",
        "チャットGPT的なやつをノートPCで使いたい",
    ],
)
def test_something_like_a_service_is_a_model_to_chat_with(mekiki, text):
    (call,) = calls(mekiki, text)
    assert (call.tool, call.arguments()["task"]) == ("recommend", "chat")
    assert "exclude" not in call.arguments()


def test_what_it_is_for_may_be_said(mekiki):
    (call,) = calls(mekiki, "something like ChatGPT for coding on an RTX 4090")
    assert call.arguments() == {"task": "coding", "hardware": {"gpu": "RTX 4090"}, "hosting": "local"}


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("ChatGPTの料金は？", "model_info"),
        ("what is ChatGPT", "model_info"),
        ("Is ChatGPT better than Gemini?", "compare"),
        ("tell me about Claude Sonnet", "model_info"),
    ],
)
def test_a_service_itself_is_still_asked_about(mekiki, text, tool):
    assert calls(mekiki, text)[0].tool == tool


@pytest.mark.parametrize(
    "text",
    [
        "are you ChatGPT?", "Are you based on GPT-4?", "Is this ChatGPT?", "do you use Llama?",
        "あなたはChatGPTですか？", "Mekikiって中身はGPTなの？", "これはChatGPTですか？",
    ],
)  # fmt: skip
def test_whether_mekiki_is_some_model_is_a_question_about_mekiki(mekiki, text):
    (call,) = calls(mekiki, text)
    assert call.tool == "explain"
    assert "Mekiki" in call.arguments()["query"] or "目利き" in call.arguments()["query"]


@pytest.mark.parametrize("text", ["help", "who are you", "what can you do?", "使い方", "あなたは誰？"])
def test_what_mekiki_is_comes_first(mekiki, text):
    for event in mekiki.answer(text, Conversation()):
        last = event
    assert last.answer.text.startswith(("Ask Mekiki for", "目利きには"))
