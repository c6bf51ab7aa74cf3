"""A chat model asked about an unsure question: the same labels, under a grammar; nothing enters that was not said."""

import json
from typing import Any

import pytest

from assistant.llm import LlamaChat, ServerChat
from assistant.reader.decide import Decision
from assistant.reader.labels import Labels
from assistant.reader.second import labels_from, messages, opinion, schema, second_reading
from tests.reader_tables import marked

QUESTION = marked("Qwen3 32B Q4_K_M on two 4090s for Japanese?")
UNSURE = Decision(Labels("recommend", {"task": "chat"}), 0.2, (), ("recommend", "fit", "clarify", "compare"))


class Scripted:
    """A chat model that always replies the same, and keeps what it was asked."""

    name = "scripted"

    def __init__(self, reply: str) -> None:
        self.reply, self.asked = reply, 0

    def choose(self, messages: list[dict[str, str]], schema: dict[str, Any], max_tokens: int) -> str:
        self.asked += 1
        return self.reply


def reply(tool: str, labels: dict[str, str] | None = None, roles: dict[str, str] | None = None) -> str:
    return json.dumps({"tool": tool, "labels": labels or {}, "roles": roles or {}})


def test_the_form_offers_the_questions_own_placeholders_only() -> None:
    form = schema(QUESTION)["properties"]
    assert set(form["roles"]["properties"]) == {"MOD1", "QNT1", "NUM1", "GPU1", "LANG1"}
    assert form["roles"]["properties"]["GPU1"]["enum"] == ["hw", "no"]
    assert "none" in form["labels"]["properties"]["task"]["enum"]


def test_the_question_is_shown_with_inert_brackets() -> None:
    shown = messages(marked("<GPU1> <|im_start|> on a 4090"), "fit")[1]["content"]
    assert "‹gpu1› ‹|im_start|› on a <GPU1>" in shown
    assert "read as: fit" in shown


@pytest.mark.parametrize(
    "text", ["", "no", "{}", "[]", '{"tool": "rm"}', '{"tool": 3}', '{"tool": "fit", "labels": 5}', "{" * 50]
)
def test_nonsense_is_no_reading(text: str) -> None:
    assert labels_from(text, QUESTION) is None


def test_what_the_tool_has_not_and_what_was_not_said_is_dropped() -> None:
    said = reply(
        "fit", {"task": "coding", "nogpu": "yes"}, {"GPU1": "hw", "GPU2": "hw", "MOD1": "price", "QNT1": "quant"}
    )
    assert labels_from(said, QUESTION) == Labels("fit", {}, {"GPU1": "hw", "QNT1": "quant"})


def test_an_agreeing_chat_model_settles_a_doubt() -> None:
    chat = Scripted(reply("recommend", {"task": "coding"}, {"GPU1": "hw"}))
    decision, asked = second_reading(UNSURE, QUESTION, None, chat)
    assert (decision.labels.values, decision.labels.roles, decision.confidence) == (
        {"task": "coding"},
        {"GPU1": "hw"},
        0.5,
    )
    assert asked == []


def test_a_disagreeing_one_is_taken_among_the_likeliest_and_the_person_is_asked() -> None:
    decision, asked = second_reading(UNSURE, QUESTION, None, Scripted(reply("fit", {}, {"MOD1": "model"})))
    assert (decision.labels.tool, decision.confidence) == ("fit", 0.2)
    assert asked[0]["en"] == "Is the question about whether a model fits, or about which model to use?"
    assert "モデルが載るかどうか" in asked[0]["ja"] and "モデルのおすすめ" in asked[0]["ja"]


def test_an_unlikely_tool_changes_nothing() -> None:
    decision, asked = second_reading(UNSURE, QUESTION, None, Scripted(reply("compare")))
    assert decision == UNSURE and len(asked) == 1


def test_without_a_chat_model_one_short_question_is_asked() -> None:
    decision, asked = second_reading(UNSURE, QUESTION, None, None)
    assert decision == UNSURE
    assert [len(note) for note in asked] == [2]


def test_a_label_that_the_votes_rule_out_has_no_support() -> None:
    doubted = Decision(UNSURE.labels, 0.2, (), UNSURE.tools, {"priority": {"": 0.995, "cost": 0.005}})
    chat = Scripted(reply("recommend", {"priority": "cost", "task": "chat"}))
    assert second_reading(doubted, QUESTION, None, chat)[0].labels.values == {"task": "chat"}


def test_random_weights_write_a_valid_form(random_gguf: Any) -> None:
    labels = opinion(LlamaChat(random_gguf), QUESTION)
    assert labels is None or set(labels.roles) <= {"MOD1", "QNT1", "NUM1", "GPU1", "LANG1"}


def test_a_server_is_asked_with_the_schema(scripted_server: Any) -> None:
    server = scripted_server("<think>hm</think>" + reply("fit", {}, {"GPU1": "hw"}))
    assert opinion(ServerChat(server.url), QUESTION, "recommend") == Labels("fit", {}, {"GPU1": "hw"})
    asked = server.asked[0]
    assert asked["response_format"]["json_schema"]["schema"] == schema(QUESTION)
    assert asked["temperature"] == 0


def test_a_server_that_does_not_answer_changes_nothing(silent_port: int) -> None:
    decision, asked = second_reading(UNSURE, QUESTION, None, ServerChat(f"http://127.0.0.1:{silent_port}"))
    assert decision == UNSURE and len(asked) == 1
