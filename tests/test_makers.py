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
