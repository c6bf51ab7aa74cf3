"""The reading as chips, and what comes back when they are edited."""

import re

import pytest

from assistant.calls import ARGUMENTS, parse_call
from assistant.errors import BadArguments
from assistant.events import UNSURE, Reading
from ui.reading import changes, edited_call, fields, flat, reading_html


def reading(tool: str = "recommend", confidence: float = 0.9, **arguments) -> Reading:
    return Reading(parse_call(tool, arguments), confidence, "en")


def controls(html: str) -> dict[str, str]:
    """What a browser would send: control name -> value."""
    values = dict(re.findall(r'<input type="text" id="[^"]*" name="([^"]*)" value="([^"]*)"', html))
    for name, body in re.findall(r'<select id="[^"]*" name="([^"]*)"[^>]*>(.*?)</select>', html):
        chosen = re.search(r'<option value="([^"]*)" selected>', body)
        values[name] = chosen.group(1) if chosen else re.findall(r'<option value="([^"]*)"', body)[0]
    return values


def shown(html: str) -> set[str]:
    return {name for off, name in re.findall(r'class="mk-chip( off)?">.*?name="([^"]*)"', html) if not off}


@pytest.mark.parametrize(
    "tool, arguments",
    [
        ("recommend", {"task": "coding", "hardware": {"gpu": "RTX 4090", "gpu_count": 2, "vram_gb": 24.0}}),
        ("recommend", {"hardware": {"gpu": None, "ram_gb": 16.0}, "languages": ["ja", "en"], "commercial_use": False}),
        ("recommend", {"context_tokens": 32000, "max_params_b": 7.5, "variant": "instruct", "priority": "speed"}),
        ("fit", {"model": "Qwen3 8B", "quant": "Q4_K_M", "kv_type": "q8_0", "users": 4}),
        ("compare", {"models": ["Qwen3 8B", "Gemma 3 12B"], "task": "chat"}),
        ("model_info", {"model": "Qwen3 8B", "field": "licence"}),
        ("finetune_memory", {"model": "Qwen3 8B", "method": "qlora", "hardware": {"vram_gb": 24.0}}),
        ("max_size", {"hardware": {"ram_gb": 64.0}}),
        ("explain", {"query": "What is <quantisation> & why?"}),
    ],
)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_unedited_chips_say_the_same_call(tool, arguments, language):
    from html import unescape

    html = reading_html(reading(tool, **arguments), 1, language)
    values = {name: unescape(value) for name, value in controls(html).items()}
    assert edited_call(values).arguments() == parse_call(tool, arguments).arguments()
    assert shown(html) == {"tool", *flat(arguments)}


@pytest.mark.parametrize("tool", sorted(ARGUMENTS))
def test_every_argument_of_every_tool_has_a_control(tool):
    assert set(fields(tool)) <= set(controls(reading_html(reading(tool), 1, "ja")))


@pytest.mark.parametrize(
    "name, text, expected",
    [
        ("context_tokens", "32k", 32_000),
        ("context_tokens", "１２８Ｋ", 128_000),
        ("context_tokens", "8,192 tokens", 8_192),
        ("max_params_b", "7.5", 7.5),
        ("languages", "ja、en", ["ja", "en"]),
        ("languages", "日本語, English; 中国語", ["ja", "en", "zh"]),
        ("commercial_use", "no", False),
        ("hardware.vram_gb", "8GB", {"vram_gb": 8.0}),
        ("hardware.gpu", "GPUなし", {"gpu": None}),
        ("hardware.gpu", "no GPU", {"gpu": None}),
    ],
)
def test_what_people_type_is_understood(name, text, expected):
    assert edited_call({"tool": "recommend", name: text}).arguments() == {name.split(".")[0]: expected}


@pytest.mark.parametrize(
    "values",
    [
        {"tool": "rm"},
        {},
        {"tool": "recommend", "context_tokens": "long"},
        {"tool": "recommend", "context_tokens": "1e999"},
        {"tool": "recommend", "task": "cooking"},
        {"tool": "recommend", "hardware.vram_gb": "0"},
        {"tool": "recommend", "commercial_use": "perhaps"},
    ],
)
def test_what_cannot_be_used_is_refused(values):
    with pytest.raises(BadArguments):
        edited_call(values)


def test_conditions_of_another_tool_are_dropped():
    call = edited_call({"tool": "max_size", "task": "coding", "hardware.vram_gb": "8"})
    assert (call.tool, call.arguments()) == ("max_size", {"hardware": {"vram_gb": 8.0}})


def test_changes_are_told_in_words():
    before = parse_call("recommend", {"task": "coding", "hosting": "local"})
    after = parse_call("recommend", {"task": "translation"})
    assert changes(before, after, "ja") == "用途: 翻訳 / 動かす場所: 指定なし"
    assert changes(before, after, "en") == "Task: translation / Runs: not stated"


def test_an_unsure_reading_asks_to_be_checked():
    assert "mk-reading-note" in reading_html(reading(confidence=UNSURE - 0.01), 1, "ja")
    assert "mk-reading-note" not in reading_html(reading(confidence=UNSURE), 1, "ja")


@pytest.mark.parametrize("language, words", [("en", "Off topic"), ("ja", "対象外の質問")])
def test_a_question_that_is_declined_is_named_in_words(language, words):
    html = reading_html(reading("out_of_scope"), 1, language)
    assert f">{words}</option>" in html and ">out_of_scope<" not in html
