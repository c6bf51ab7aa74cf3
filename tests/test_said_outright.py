"""What is ruled out, which figures are no context, one side of a usage, file names, and the language of the answer."""

import pytest

from assistant.reader.assemble import to_args
from assistant.reader.labels import Labels
from assistant.reader.negation import ruled_out
from assistant.reader.text import language_of
from assistant.reader.usage import usage_from
from tests.reading import arguments, marked


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("nothing with thinking please, 24GB, letters", "variant", "reasoning"),
        ("シンキング系は避けて、RTX 3080で翻訳", "variant", "reasoning"),
        ("latency doesn't matter, translation on a 3080", "priority", "speed"),
        ("ゆっくりでもいいので翻訳、RTX 3080", "priority", "speed"),
        ("money is no object, best for coding", "priority", "cost"),
    ],
)
def test_a_value_that_is_ruled_out_is_not_wanted(text: str, name: str, value: str) -> None:
    question = marked(text)
    assert (name, value) in ruled_out(question.source)
    assert to_args(Labels("recommend", {name: value}), question).get(name) != value


@pytest.mark.parametrize("text", ["a thinking model for 24GB", "推論モデルで数学", "not slow: speed matters"])
def test_what_is_wanted_is_not_ruled_out(text: str) -> None:
    assert ruled_out(text) == []


@pytest.mark.parametrize(
    ("text", "model", "quant"),
    [
        ("Does gemma-3-12b-it-qat-q4_0 fit in 12GB?", "gemma-3-12b-it", "Q4_0"),
        ("qwen3-8b-q6_k on 8GB", "qwen3-8b", "Q6_K"),
    ],
)
def test_a_file_name_is_a_model_and_its_quantisation(text: str, model: str, quant: str) -> None:
    found = arguments("fit", text)
    assert (found["model"], found["quant"]) == (model, quant)


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("毎月 入力30M、出力2Mトークン", {"input_tokens": 30_000_000, "output_tokens": 2_000_000}),
        ("7M input and 3M output tokens a month", {"input_tokens": 7_000_000, "output_tokens": 3_000_000}),
    ],
)
def test_one_side_may_leave_its_tokens_to_the_other(text: str, used: dict[str, int]) -> None:
    assert usage_from(marked(text).spans) == used


@pytest.mark.parametrize("text", ["budget 20k euro", "we have 9k chf", "scan 500 page PDFs at once"])
def test_money_and_pages_are_no_context_and_no_users(text: str) -> None:
    assert {span.kind for span in marked(text).spans} & {"CTX"} == set()
    assert not [span for span in marked(text).spans if span.hint == "users"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("答えは英語で。RTX 3080で動く?", "en"),
        ("Does it fit on a 3080? Reply in Japanese.", "ja"),
        ("llama-3.1-8b Q8_0 12GB 2枚", "ja"),
        ("which model translates Japanese", "en"),
    ],
)
def test_the_language_of_the_answer(text: str, language: str) -> None:
    assert language_of(text)[0] == language


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("western models only, for summaries", "outside US or Europe or Canada"),
        ("欧米のモデルだけで要約", "outside US or Europe or Canada"),
        ("don't recommend Gemma again, chat", "Gemma"),
        ("sick of Llama, a coder", "Llama"),
        ("Gemmaはもういい、会話用", "Gemma"),
        ("Llamaには飽きた。要約", "Llama"),
        ("any coder besides Qwen? 24gb", "Qwen"),
        ("Qwenのほかにコード用ある？", "Qwen"),
    ],
)
def test_makers_and_families_may_be_unwanted_in_many_ways(text: str, excluded: str) -> None:
    assert arguments("recommend", text)["exclude"] == [excluded]


@pytest.mark.parametrize("text", ["クラウドあかんねん、コード用", "no cloud please, coding", "APIは禁止、要約"])
def test_an_api_that_is_ruled_out_leaves_ones_own_machine(text: str) -> None:
    assert to_args(Labels("recommend", {"hosting": "api"}), marked(text))["hosting"] == "local"


def test_limits_in_other_words() -> None:
    assert arguments("recommend", "4Bを超えないもの")["max_params_b"] == 4
    assert arguments("recommend", "英語はいらない、日本語だけのチャット")["languages"] == ["ja"]
    assert "context_tokens" not in arguments("recommend", "2000 tokens a minute is fine, summaries")


@pytest.mark.parametrize("text", ["Pixel 9(12GB)で翻訳", "Xperiaの12GBモデルで", "galaxy s24 with 12gb"])
def test_the_memory_of_a_phone_is_ram(text: str) -> None:
    assert arguments("recommend", text)["hardware"] == {"ram_gb": 12}
