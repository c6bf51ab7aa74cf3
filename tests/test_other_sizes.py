"""Turns that ask for a smaller model, one of a size, or one for many languages; and what is told of kept limits."""

import pytest

from assistant.events import Conversation
from tests.reading import calls


def talk(mekiki, *questions):
    """Return the answers of a conversation and the conversation."""
    conversation, out = Conversation(), []
    for question in questions:
        *_, done = mekiki.answer(question, conversation)
        out.append(done.answer)
    return out, conversation


@pytest.mark.parametrize(
    ("before", "text", "task", "most"),
    [
        ("Whisper large v3のメモリは？", "もっと軽いのは？", "speech", 1.16),  # 0.75 of 1.54B
        ("How much memory does Whisper large v3 need?", "anything lighter?", "speech", 1.16),
        ("will Qwen3 32B fit on an RTX 3060?", "something smaller?", None, 24.6),  # 0.75 of 32.8B
    ],
)
def test_a_lighter_model_than_the_one_spoken_of(mekiki, before, text, task, most):
    (_, answer), conversation = talk(mekiki, before, text)
    args = conversation.call.arguments()
    assert conversation.call.tool == "recommend"
    assert (args.get("task"), args["max_params_b"]) == (task, most)
    assert all(pick["parameters_b"] < most for pick in conversation.picks)
    assert any(f"{most:g}B" in one for one in answer.assumptions)


@pytest.mark.parametrize(
    ("turns", "kept", "lifted"),
    [
        (
            ("RTX 4090でコーディング用のおすすめは？", "もっと軽いのは？", "じゃあチャット用なら？"),
            "引き継ぎ",
            "サイズは問わない",
        ),
        (("coding model for an RTX 4090", "something lighter?", "and for chat?"), "as before", "any size"),
    ],
)
def test_a_size_that_is_kept_is_told_until_it_is_lifted(mekiki, turns, kept, lifted):
    (_, _, third, last), conversation = talk(mekiki, *turns, lifted)
    assert third.calls[0].args["task"] == "chat"
    assert any(kept in one for one in third.assumptions)
    assert "max_params_b" not in conversation.call.arguments()
    assert not any(kept in one for one in last.assumptions)


def test_a_size_that_is_said_is_not_told_again(mekiki):
    (answer,), _ = talk(mekiki, "coding model under 8B for an RTX 4090")
    assert not any("8B" in one for one in answer.assumptions)


@pytest.mark.parametrize("text", ["what about the {size} one?", "{size}のは？", "and that {size} model?"])
def test_the_pick_of_a_size(mekiki, text):
    _, before = talk(mekiki, "best coding model on RTX 3060")
    second = before.picks[1]
    size = next(word for word in second["model"].split() if word.endswith("B"))
    *_, done = mekiki.answer(text.format(size=size), before)
    assert done.answer.calls[0].tool == "model_info"
    assert done.answer.calls[0].result["id"] == second["id"]


@pytest.mark.parametrize(("text", "told"), [("what about the 14B one", "about 14B"), ("14Bのは？", "14B くらい")])
def test_a_size_that_no_pick_has_is_told(mekiki, text, told):
    (_, answer), conversation = talk(mekiki, "best coding model on RTX 3060", text)
    assert conversation.call.tool == "recommend"
    assert any(told in one for one in answer.warnings)


@pytest.mark.parametrize(
    ("before", "text"),
    [("best English embedding model", "multilingual instead"), ("英語の埋め込みモデルのおすすめ", "多言語のは？")],
)
def test_a_multilingual_one_instead(mekiki, before, text):
    second = calls(mekiki, before, text)[1]
    assert second.arguments()["languages"] == ["en", "zh", "ja", "es", "fr", "de"]


def test_languages_that_are_named_beside_many_are_those(mekiki):
    (only,) = calls(mekiki, "multilingual chat model that knows Thai, RTX 3060")
    assert only.arguments()["languages"] == ["th"]
