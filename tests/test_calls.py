"""Calls are validated once; absent and stated absence stay apart."""

import pytest

from assistant.calls import ARGUMENTS, TASKS, TOOLS, parse_call
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
    assert error.value.text("ja")
