"""Needs are merged turn by turn by the label policy's paragraph on dialogs."""

from typing import Any

import pytest

from assistant.calls import Tool
from assistant.reader.assemble import to_args
from assistant.reader.labels import Labels
from assistant.reader.needs import merge, remember
from assistant.reader.referring import placed
from tests.reader_tables import TABLES, marked


def after(
    before: dict[str, Any],
    text: str,
    tool: Tool,
    roles: dict[str, str] | None = None,
    more: bool = True,
    dropped: tuple[str, ...] = (),
    **values: str,
) -> dict[str, Any]:
    question = marked(text, conversation=True)
    labels = Labels(tool, values, roles or {}, more, dropped)
    return merge(before, labels, to_args(labels, question, conversation=True), question, TABLES)


CODING = {"task": "coding", "hardware": {"gpu": "RTX 4060"}, "hosting": "local"}


def test_a_new_value_is_added() -> None:
    assert after(CODING, "32kまで使いたいなら?", "recommend", {"CTX1": "ctx"}) == {**CODING, "context_tokens": 32_000}


def test_a_corrected_value_replaces_the_wrong_one() -> None:
    before = {"task": "coding", "hardware": {"gpu": "A100", "vram_gb": 40, "gpu_count": 2}, "hosting": "local"}
    assert after(before, "いや、4080", "recommend", {"GPU1": "hw"})["hardware"] == {"gpu": "RTX 4080"}


def test_a_new_topic_keeps_the_hardware_only() -> None:
    before = {**CODING, "priority": "speed", "languages": ["ja"]}
    assert after(before, "別件で翻訳", "recommend", more=False, task="translation") == {
        "task": "translation",
        "hardware": {"gpu": "RTX 4060"},
        "hosting": "local",
    }


def test_what_the_model_drops_is_gone() -> None:
    assert "priority" not in after({**CODING, "priority": "cost"}, "それはもういい", "recommend", dropped=("priority",))


@pytest.mark.parametrize("text", ["予算は忘れて", "forget the budget", "ignore the price"])
def test_forget_the_budget(text: str) -> None:
    assert after({**CODING, "max_price": 1.0}, text, "recommend") == CODING


def test_the_second_one_is_kept_as_a_reference() -> None:
    assert after(CODING, "2番目のライセンスは?", "model_info", {"REF1": "model"}, field="licence") == {
        "model": "@2",
        "field": "licence",
    }


def test_the_latter_of_a_comparison_is_its_second_model() -> None:
    before = {"models": ["qwen3-8b", "llama-3.1-8b-instruct"]}
    assert (
        after(before, "後者は?", "model_info", {"REF1": "model"}, field="licence")["model"] == "llama-3.1-8b-instruct"
    )


def test_the_model_that_was_talked_about_goes_on() -> None:
    before = {"model": "gemma-3-27b-it", "field": "context"}
    assert after(before, "4090で動く?", "fit", {"GPU1": "hw"}) == {
        "model": "gemma-3-27b-it",
        "hardware": {"gpu": "RTX 4090"},
    }
    assert after(before, "phi-4と比べて", "compare", {"MOD1": "model"})["models"] == ["gemma-3-27b-it", "phi-4"]


def test_another_size_of_the_same_family() -> None:
    before = {"model": "gpt-oss-20b", "hardware": {"vram_gb": 16}}
    assert after(before, "and the 120b?", "fit", {"PAR1": "model"})["model"] == "gpt-oss-120b"


@pytest.mark.parametrize(("text", "count"), [("2枚なら?", 2), ("with two of them?", 2), ("もう一枚足したら", 2)])
def test_more_of_the_same_card(text: str, count: int) -> None:
    assert after(CODING, text, "recommend", {"NUM1": "gpus"})["hardware"] == {"gpu": "RTX 4060", "gpu_count": count}


@pytest.mark.parametrize(
    ("before", "text", "tool", "expected"),
    [
        ({"models": ["phi-4", "qwen3-8b"]}, "compare them", "compare", {"models": ["phi-4", "qwen3-8b"]}),
        ({"task": "chat"}, "compare those two", "compare", {"models": ["@1", "@2"], "task": "chat"}),
        ({"task": "chat"}, "上位2つを比べて", "compare", {"models": ["@1", "@2"], "task": "chat"}),
        ({"model": "b", "mentioned": ["a", "b"]}, "両方を比べて", "compare", {"models": ["a", "b"]}),
        ({"models": ["a", "b"], "model": "a"}, "the other one?", "fit", {"model": "b"}),
        ({"models": ["a", "b"], "model": "a"}, "もう片方は?", "fit", {"model": "b"}),
        ({"models": ["qwen3-8b", "gemma-3-12b-it"]}, "does the bigger one fit?", "fit", {"model": "gemma-3-12b-it"}),
        ({"model": "qwen3-8b"}, "what about the 14b?", "fit", {"model": "qwen3-14b"}),
        ({"model": "qwen3-8b"}, "14Bなら?", "fit", {"model": "qwen3-14b"}),
    ],
)
def test_models_meant_without_a_name(before: dict[str, Any], text: str, tool: Tool, expected: dict[str, Any]) -> None:
    assert after(before, text, tool) == expected


@pytest.mark.parametrize(
    ("text", "place", "model"), [("the last one?", "@-1", "c"), ("最後のは?", "@-1", "c"), ("the former?", "@1", "a")]
)
def test_places_among_what_was_compared(text: str, place: str, model: str) -> None:
    assert placed(place, {"models": ["a", "b", "c"]}) == model
    assert placed(place, {}) == place


@pytest.mark.parametrize(
    ("before", "text", "tool", "name", "value"),
    [
        ({"hardware": {"gpu": "A100", "gpu_count": 4}}, "Eight?", "fit", "hardware", {"gpu": "A100", "gpu_count": 8}),
        ({"hardware": {"gpu": "A100", "gpu_count": 4}}, "just one", "fit", "hardware", {"gpu": "A100"}),
        ({"hardware": {"vram_gb": 12}}, "24なら?", "max_size", "hardware", {"vram_gb": 24}),
        ({"hardware": {"gpu": None, "ram_gb": 16}}, "and with 32", "fit", "hardware", {"gpu": None, "ram_gb": 32}),
        ({"task": "chat", "count": 3}, "make it five", "recommend", "count", 5),
    ],
)
def test_bare_numbers(before: dict[str, Any], text: str, tool: Tool, name: str, value: object) -> None:
    assert after(before, text, tool)[name] == value


@pytest.mark.parametrize(
    ("old", "text", "roles", "new"),
    [
        ({"gpu": "M3 Max", "ram_gb": 64}, "and on a 4090", {"GPU1": "hw"}, {"gpu": "RTX 4090"}),
        ({"ram_gb": 64}, "plus a 3060", {"GPU1": "hw"}, {"ram_gb": 64, "gpu": "RTX 3060"}),
        ({"ram_gb": 8}, "my gaming PC has a 4080", {"GPU1": "hw"}, {"gpu": "RTX 4080"}),
        ({"vram_gb": 16}, "VRAMじゃなくてメモリ16GB", {"GB1": "ram"}, {"ram_gb": 16}),
    ],
)
def test_another_machine(old: dict[str, Any], text: str, roles: dict[str, str], new: dict[str, Any]) -> None:
    assert after({"hardware": old}, text, "fit", roles)["hardware"] == new


def test_just_one_card_again() -> None:
    before = {"hardware": {"gpu": "RTX 3090", "gpu_count": 2}}
    assert after(before, "1枚だと?", "max_size", {"NUM1": "gpus"}) == {"hardware": {"gpu": "RTX 3090"}}


def test_a_count_without_any_card_is_nothing() -> None:
    assert after({}, "2枚なら?", "max_size", {"NUM1": "gpus"}) == {}


def test_lists_grow_on_also_and_are_replaced_otherwise() -> None:
    before = {"task": "chat", "languages": ["ja"]}
    assert after(before, "韓国語も", "recommend", {"LANG1": "lang"})["languages"] == ["ja", "ko"]
    assert after(before, "韓国語で", "recommend", {"LANG1": "lang"})["languages"] == ["ko"]
    assert after({"exclude": ["Qwen"]}, "no Llama", "recommend", {"MOD1": "exclude"})["exclude"] == ["Qwen", "Llama"]


def test_a_language_no_longer_needed_leaves_the_list() -> None:
    assert after({"languages": ["zh", "th"]}, "タイ語は要らなくなりました", "recommend", {"LANG1": "lang"})[
        "languages"
    ] == ["zh"]


def test_no_gpu_then_a_figure_of_video_memory() -> None:
    before = {"hardware": {"gpu": None, "ram_gb": 16}}
    assert after(before, "VRAM 8GBのを買った", "max_size", {"GB1": "vram"})["hardware"] == {"ram_gb": 16, "vram_gb": 8}


def test_a_side_question_forgets_nothing() -> None:
    needs = remember({}, "recommend", CODING)
    needs = remember(needs, "explain", {"query": "KVキャッシュって何?"})
    assert remember(needs, "out_of_scope", {}) == CODING
    assert remember(needs, "fit", {"model": "phi-4", "hardware": {"gpu": "RTX 4060"}})["task"] == "coding"


def test_one_named_model_is_compared_with_the_one_spoken_of_even_on_a_new_topic() -> None:
    before = {"model": "Gemma 3 27B", "field": "licence"}
    assert after(before, "Qwen3 14Bと比べると?", "compare", {"MOD1": "model"}, more=False)["models"] == [
        "Gemma 3 27B",
        "qwen3-14b",
    ]


@pytest.mark.parametrize(
    ("text", "roles", "languages"),
    [
        ("中国語じゃなくてスペイン語でした", {"LANG1": "lang", "LANG2": "lang"}, ["es"]),
        ("oops, not Dutch, Danish", {"LANG1": "lang", "LANG2": "lang"}, ["da"]),
        ("ドイツ語は断念", {"LANG1": "lang"}, ["ja"]),
    ],
)
def test_a_corrected_language_replaces_the_wrong_one(text: str, roles: dict[str, str], languages: list[str]) -> None:
    before = {"task": "translation", "languages": ["ja", "de"] if "断念" in text else ["nl"]}
    assert after(before, text, "recommend", roles)["languages"] == languages


@pytest.mark.parametrize(
    ("text", "place"),
    [("最後のは?", "@-1"), ("デスクトップの方だと", None), ("8k rather than 64", None), ("@3のライセンス", "@3")],
)
def test_what_refers_to_a_place_in_the_list(text: str, place: str | None) -> None:
    found = [span.value for span in marked(text, conversation=True).spans if span.kind == "REF"]
    assert found == ([place] if place else [])


def test_the_first_and_the_second_are_two_places() -> None:
    found = [span.value for span in marked("set your first and third pick side by side", conversation=True).spans]
    assert found == ["@1", "@3"]


@pytest.mark.parametrize("text", ["against Llama 3.1 70B small 3.1", "is it overall 3.5 better than Qwen3 14B"])
def test_the_end_of_a_word_is_no_number_of_models(text: str) -> None:
    before = {"model": "Gemma 3 27B"}
    roles = {name: "model" for name, span in marked(text, conversation=True).placeholders if span.kind == "MOD"}
    assert after(before, text, "compare", roles)["models"][0] == "Gemma 3 27B"
    assert len(after(before, text, "compare", roles)["models"]) == 2


def test_of_names_that_are_all_known_the_one_beside_the_removal_goes() -> None:
    before = {"task": "chat", "languages": ["it", "pl"]}
    roles = {"LANG1": "lang", "LANG2": "lang"}
    assert after(before, "drop Polish, only Italian", "recommend", roles)["languages"] == ["it"]
    assert after(before, "only Polish now, without Italian", "recommend", roles)["languages"] == ["pl"]


@pytest.mark.parametrize(("text", "gigabytes"), [("its 12gb not 8", 12), ("24 GB, not 2", 24)])
def test_a_figure_that_is_corrected_names_no_place_in_the_list(text: str, gigabytes: int) -> None:
    found = after({"task": "image"}, text, "recommend", {"GB1": "vram", "REF1": "exclude"})
    assert found == {"task": "image", "hardware": {"vram_gb": gigabytes}, "hosting": "local"}


def test_a_place_in_the_list_is_compared_with_its_first() -> None:
    assert after(CODING, "3番目のと比べて", "compare", {"REF1": "model"})["models"] == ["@1", "@3"]
    assert after(CODING, "compare it with the first one", "compare", {"REF1": "model"})["models"] == ["@2", "@1"]


@pytest.mark.parametrize(
    "text", ["what about my other pc with 8gb of ram", "もう一台のPCはメモリ8GBだけど、そっちなら？"]
)
def test_of_another_machine_nothing_is_known_before(text: str) -> None:
    hardware = after(CODING, text, "recommend", {"GB1": "ram"})["hardware"]
    assert hardware == {"ram_gb": 8}


@pytest.mark.parametrize("text", ["no wait, 12", "ごめん12だった", "oops, i meant 12"])
def test_a_corrected_number_is_all_that_a_turn_says(text: str) -> None:
    before = {"task": "chat", "hardware": {"vram_gb": 8}, "hosting": "local"}
    said = after(before, text, "recommend", priority="speed", task="writing")
    assert said == {**before, "hardware": {"vram_gb": 12}}
