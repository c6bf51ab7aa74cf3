"""What a question takes for granted and the catalog contradicts stands before the answer."""

import pytest

from assistant.memory.quants import QUANTS, resolve_quant
from assistant.reader.assemble import sold_memory
from assistant.reader.unsaid import asks_fit
from assistant.sentences import say
from assistant.stated.premise import with_premise
from assistant.writer.draft import Draft
from knowledge.catalog import load_catalog
from tests.reading import TABLES, arguments, marked

CATALOG = load_catalog()


def first(question, language="en"):
    return with_premise(Draft("."), question, CATALOG, TABLES, language).verdict.removesuffix(".").strip()


@pytest.mark.parametrize(
    ("question", "model", "said"),
    [
        ("since Llama 3.1 8B is MIT licensed, can I sell it?", "llama-3.1-8b-instruct", "MIT"),
        ("Given that Qwen3 8B is under the MIT license, may I fork it?", "qwen3-8b", "MIT"),
        ("Is Gemma 3 12B Apache 2.0?", "gemma-3-12b-it", "Apache 2.0"),
        ("Llama 3.1 8BはApache 2.0ですよね", "llama-3.1-8b-instruct", "Apache 2.0"),
    ],
)
def test_a_licence_that_the_card_contradicts_is_told_first(question, model, said):
    language = "en" if question.isascii() else "ja"
    card = CATALOG.models[model]
    name = CATALOG.licences[card.licence].name
    assert first(question, language) == say(language, "premise.licence", model=card.name, licence=name, said=said)


@pytest.mark.parametrize(
    ("question", "model", "said"),
    [
        ("Qwen3 8BはGoogleのモデルだよね", "qwen3-8b", "Google"),
        ("Gemma 3 12Bはメタが作ったんだよね？", "gemma-3-12b-it", "Meta"),
        ("Is Mistral 7B Instruct v0.3 made by Google?", "mistral-7b-instruct-v0.3", "Google"),
        ("does Microsoft's Qwen3 8B fit a 3060?", "qwen3-8b", "Microsoft"),
    ],
)
def test_a_maker_that_the_card_contradicts_is_told_first(question, model, said):
    language = "en" if question.isascii() else "ja"
    card = CATALOG.models[model]
    assert first(question, language) == say(language, "premise.maker", model=card.name, lab=card.lab, said=said)


@pytest.mark.parametrize(
    "question",
    [
        "DeepSeek R1はMITライセンスだから商用OK?",
        "Is phi-4 MIT?",
        "Llama 3.1 8B is not MIT licensed, is it?",
        "can I use Llama 3.1 8B in an MIT-licensed project?",
        "is Llama 3.1 8B MIT or Apache?",
        "Qwen3 8BはNVIDIAのGPUで動く？",
        "Google's Gemma 3 12B on a 3060",
        "Qwen3 8BとGoogleのGemma 3 12B、どっち？",
        "is Qwen3 8B better than Google's Gemma 3 12B?",
    ],
)
def test_what_is_right_or_not_asserted_is_left_alone(question):
    assert first(question, "en") == ""


def test_memory_that_a_card_does_not_have_is_contradicted_and_not_counted():
    question = "since the RTX 4060 has 12GB, which coding model?"
    assert first(question) == say("en", "premise.memory", gpu="RTX 4060", said="12", sold="8")
    assert sold_memory({"gpu": "RTX 4060", "vram_gb": 12}, marked(question), TABLES.memory) == {"gpu": "RTX 4060"}
    for other in ("my RTX 4090 has 12GB free, a coding model?", "the RTX 3060 has 12GB, a coding model?"):
        assert first(other) == ""
        hardware = {"gpu": marked(other).placeholders[0][1].value, "vram_gb": 12}
        assert sold_memory(hardware, marked(other), TABLES.memory) == hardware


def test_one_bit_is_the_smallest_type():
    smallest = min(QUANTS.values(), key=lambda one: one.bits_per_weight).name
    assert {resolve_quant(word) for word in ("1bit", "Q1", "1ビット")} == {smallest}
    assert arguments("fit", "1bit量子化で70Bを8GBに")["quant"] == "Q1"


@pytest.mark.parametrize(
    "text", ["8GBのVRAMで70Bモデルを動かしたい", "16GBのMacで30Bを使いたい", "3090に32Bクラスのモデルを載せたい"]
)
def test_a_size_that_is_to_run_on_a_machine_asks_whether_it_fits(text):
    assert asks_fit(marked(text))


@pytest.mark.parametrize(
    "text", ["8GBで動く7B以下のモデル", "4090で70Bモデルを使いたいけどどれがいい？", "70Bを動かしたい"]
)
def test_a_choice_of_a_size_or_one_without_a_machine_does_not(text):
    assert not asks_fit(marked(text))
