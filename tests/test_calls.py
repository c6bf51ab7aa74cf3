"""Calls are validated once; absent and stated absence stay apart."""

import re

import pytest

from assistant.calls import ARGUMENTS, TASKS, TOOLS, Hardware, parse_call
from assistant.errors import BadArguments


def test_only_what_was_stated_comes_back():
    call = parse_call("recommend", {"task": "coding", "hardware": {"gpu": "RTX 4090"}})
    assert call.arguments() == {"task": "coding", "hardware": {"gpu": "RTX 4090"}}


def test_no_gpu_is_not_the_same_as_nothing_said():
    assert parse_call("recommend", {"hardware": {"gpu": None}}).arguments() == {"hardware": {"gpu": None}}
    assert parse_call("recommend", {"hardware": None}).arguments() == {}


def test_the_contract_names_nine_tools_and_sixteen_tasks():
    assert len(TOOLS) == 9 == len(ARGUMENTS)
    assert len(TASKS) == 16


@pytest.mark.parametrize(
    "tool, arguments, name",
    [
        ("destroy", {}, "tool"),
        ("recommend", {"budget": 5}, "budget"),
        ("recommend", {"task": "cooking"}, "task"),
        ("recommend", {"hardware": {"vram_gb": -8}}, "hardware.vram_gb"),
        ("recommend", {"hardware": {"vram_gb": float("nan")}}, "hardware.vram_gb"),
        ("recommend", {"hardware": {"vram_gb": 1e9}}, "hardware.vram_gb"),
        ("recommend", {"languages": ["japanese"]}, "languages.0"),
        ("fit", {"context_tokens": 0}, "context_tokens"),
        ("fit", {"kv_type": "q9"}, "kv_type"),
        ("fit", {"users": 0}, "users"),
        ("explain", {"query": "x" * 30_000}, "query"),
    ],
)
def test_bad_arguments_are_named(tool, arguments, name):
    with pytest.raises(BadArguments) as error:
        parse_call(tool, arguments)
    assert error.value.values["name"] == name
    expected = error.value.text("ja").split("必要な値: ")[1]
    assert re.search("[ぁ-んァ-ヶ一-龠]", expected), expected
    assert len(error.value.text("ja")) < 400


@pytest.mark.parametrize(
    "value", [5, -1, 1.5, float("inf"), 10**30, True, "", "x", "x" * 30_000, "\ud800", [], ["", {}], {"gpu": 5}]
)
def test_every_refusal_is_told_in_words_of_both_languages(value):
    """Whatever value stands in whatever argument: no sentence of pydantic's reaches a person."""
    for tool, arguments in ARGUMENTS.items():
        stated = [{name: value} for name in [*arguments.model_fields, "unknown"]]
        stated += [{"hardware": {name: value}} for name in [*Hardware.model_fields, "unknown"]]
        for one in stated:
            try:
                parse_call(tool, one)
            except BadArguments as error:
                assert error.values["expected_ja"] != "正しい値", (one, str(error))
                assert not any(word in str(error) for word in ("Input", "inputs", "should"))
