"""Wishes for and against makers and families of models."""

import pytest

from assistant.choosing.columns import columns, named
from assistant.reader.read import Reader
from knowledge.catalog import load_catalog
from ui.words import value_text

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def reader():
    return Reader(CATALOG)


@pytest.mark.parametrize(
    ("question", "excluded"),
    [
        ("Which Gemma is best for summarising reports on an RTX 3060?", ["outside Gemma"]),
        ("models by Microsoft only, for coding, 16GB of VRAM", ["outside Microsoft"]),
        ("recommend a chat model, it has to be from Mistral or Meta, 24GB", ["outside Mistral or Meta"]),
        ("IBMのモデルだけで、要約に向くのは？ VRAM 8GB", ["outside IBM"]),
        ("Qwenの中でコーディングに一番いいのは？ RTX 4080", ["outside Qwen"]),
        ("neither Llama nor Phi, for translation", ["Llama", "Phi"]),
        ("MistralやGemma以外で翻訳におすすめは？", ["Mistral", "Gemma"]),
        ("a coding model for a 4090, nothing from DeepSeek", ["DeepSeek"]),
    ],
)
def test_a_wish_for_a_maker_leaves_out_the_others_and_one_against_it_the_maker(reader, question, excluded):
    call = reader.read(question).call
    assert call.tool == "recommend"
    assert [name.casefold() for name in call.arguments()["exclude"]] == [name.casefold() for name in excluded]


@pytest.mark.parametrize(
    ("question", "tool"),
    [("Compare Gemma and Llama for coding", "compare"), ("does Phi run on 8GB?", "fit")],
)
def test_a_family_that_is_asked_about_is_no_wish(reader, question, tool):
    assert reader.read(question).call.tool == tool


@pytest.mark.parametrize(
    ("question", "excluded"),
    [
        ("no meta no google no chinese, 16gb vram", ["Meta", "Google", "China"]),
        ("without Nvidia, Microsoft or American, on a 4070", ["Nvidia", "Microsoft", "US"]),
        ("no meta, no google, no microsoft, no chinese, 24gb vram", ["Meta", "Google", "Microsoft", "China"]),
        ("I don't want chinese stuff, 3090", ["China"]),
        ("My team refuses to use anything Russian or Korean, 12 GB card", ["Russia", "Korea"]),
        ("French chatbot, no chinese, 12GB", ["China"]),
        ("中国系はNG、VRAM 12GB", ["China"]),
        ("アメリカ製はNGで、VRAM 24GB", ["US"]),
        ("韓国や中国のモデルは使いたくない。要約用", ["Korea", "China"]),
        ("欧米以外で要約のおすすめ", ["US or Europe or Canada"]),
    ],
)
def test_a_nationality_that_is_denied_leaves_out_the_makers_from_there(reader, question, excluded):
    call = reader.read(question).call
    assert call.tool == "recommend"
    assert call.arguments()["exclude"] == excluded
    assert "zh" not in call.arguments().get("languages", [])


@pytest.mark.parametrize(
    ("question", "languages"),
    [
        ("translate English to Japanese, not Chinese, 16GB", ["en", "ja"]),
        ("I don't need Chinese, just German, 16 GB", ["de"]),
        ("a chat model for Korean, no Chinese output please, 8GB", ["ko"]),
        ("中国語はいらない、日本語の要約だけ", ["ja"]),
    ],
)
def test_a_language_that_is_denied_leaves_out_no_maker(reader, question, languages):
    arguments = reader.read(question).call.arguments()
    assert arguments["languages"] == languages
    assert "exclude" not in arguments


def test_several_places_in_one_word_rule_out_the_makers_of_each():
    one = columns(CATALOG)
    west = named(one, "US or Europe or Canada")
    assert (west == named(one, "US") | named(one, "Europe") | named(one, "Canada")).all()


def test_outside_of_a_maker_are_all_other_makers():
    one = columns(CATALOG)
    models = [one.models[n] for n in one.entry]
    google = named(one, "outside Google")
    assert {model.lab for model, out in zip(models, google, strict=True) if not out} == {"Google"}
    both = named(one, "outside Google or Meta")
    assert {model.lab for model, out in zip(models, both, strict=True) if not out} == {"Google", "Meta"}
    assert (named(one, "GoogleかMeta以外") == both).all()


def test_the_page_says_it_in_its_language():
    assert value_text("en", "exclude", ["outside Google or Meta"]) == "outside Google or Meta"
    assert value_text("ja", "exclude", ["outside Google or Meta"]) == "GoogleかMeta以外"
