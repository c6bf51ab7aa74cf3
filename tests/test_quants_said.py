"""Quantisations that are compared, memory that is too little, and models that may be outdated, as questions say it."""

import pytest

from assistant.calls import parse_call
from assistant.reader.asks import BESIDE
from assistant.stated.values import with_quants
from tests.reading import calls


def compared(mekiki, *questions: str) -> list[str]:
    """Return the models that the last question compares, with their quantisations."""
    *_, call = calls(mekiki, *questions)
    assert call.tool == "compare" and call.asks == ()
    return with_quants(call, questions[-1], mekiki.reader.tables).arguments()["models"]


@pytest.mark.parametrize(
    "question",
    [
        "Q4 Gemma 3 27B or Q8 Gemma 3 12B, which is better?",
        "Gemma 3 27B at Q4 or Gemma 3 12B at Q8, which is better?",
        "Q4のGemma 3 27BとQ8のGemma 3 12Bはどっちがいい？",
        "4bit量子化したGemma 3 27Bと8bit版のGemma 3 12Bはどちらが賢い？",
        "Gemma 3 27BのQ4とGemma 3 12BのQ8、どっちがいい？",
    ],
)
def test_each_model_has_the_quantisation_said_of_it(mekiki, question):
    assert compared(mekiki, question) == ["gemma-3-27b-it Q4", "gemma-3-12b-it Q8"]


@pytest.mark.parametrize(
    "question",
    [
        "Q4 and Q8 of Qwen3 14B: how much difference",
        "how much worse is Q4 than Q8 for Qwen3 14B?",
        "Qwen3 14BのQ4とQ8、どれくらい差がある？",
        "Qwen3 14BはQ4とQ8でどれくらい違う？",
    ],
)
def test_a_model_is_compared_with_itself_after_another_was_spoken_of(mekiki, question):
    expected = ["qwen3-14b Q4", "qwen3-14b Q8"]
    assert compared(mekiki, question) == compared(mekiki, "does Gemma 3 27B fit on a 4090?", question) == expected


def test_a_turn_that_names_nothing_compares_the_models_as_they_are(mekiki):
    call = parse_call("compare", {"models": ["@1", "@2"]})
    assert with_quants(call, "which is lighter?", mekiki.reader.tables) == call


def test_which_quantisation_fits_is_about_the_machine(mekiki):
    (call,) = calls(mekiki, "which fits on a 4090, Qwen3 32B at Q4 or at Q8?")
    assert call.tool == "fit"


@pytest.mark.parametrize(
    ("question", "hardware"),
    [
        ("Qwen3 14B runs out of memory on 12gb", {"vram_gb": 12}),
        ("qwen3 14bがメモリ不足で落ちる。12GBです", {"vram_gb": 12}),
        ("qwen3 14b goes OOM on my laptop with 12gb of ram", {"ram_gb": 12}),
        ("ノートPC、メモリ12GBでqwen3 14bがメモリ不足になる", {"ram_gb": 12}),
    ],
)
def test_memory_that_is_too_little_is_a_cards_unless_it_is_said(mekiki, question, hardware):
    (call,) = calls(mekiki, question)
    assert (call.tool, call.arguments()["hardware"]) == ("fit", hardware)


@pytest.mark.parametrize(
    "question",
    [
        "Is Qwen2.5 7B still worth using?",
        "is there anything newer than Qwen2.5 7B of that size",
        "Qwen2.5 7Bはまだ使える？",
        "Qwen2.5 7Bはもう時代遅れ？同じくらいの大きさで",
    ],
)
def test_whether_a_model_is_still_good_is_a_choice_among_its_size(mekiki, question):
    (call,) = calls(mekiki, question)
    assert (call.tool, call.arguments()) == ("recommend", {"max_params_b": 8.4})  # 1.2 times 7
    assert call.asks == (f"{BESIDE} qwen2.5-7b-instruct",)


@pytest.mark.parametrize("question", ["GTX 1080でQwen2.5 7Bはまだ使える？", "does Qwen2.5 7B still run on a GTX 1080?"])
def test_whether_a_model_still_runs_is_about_the_machine(mekiki, question):
    (call,) = calls(mekiki, question)
    assert call.tool == "fit"


@pytest.mark.parametrize("question", ["思考過程を出さないモデル、16GB", "a model that doesn't think aloud, 16GB"])
def test_a_model_that_does_not_show_its_thinking_is_none_that_thinks(mekiki, question):
    (call,) = calls(mekiki, question)
    assert (call.tool, call.arguments()["variant"]) == ("recommend", "instruct")
