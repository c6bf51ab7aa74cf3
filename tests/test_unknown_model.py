"""Models that the catalog does not know: told by the size in their name, else with what is known instead."""

import pytest

from assistant.calls import parse_call
from assistant.chat import Assistant
from assistant.errors import UnknownModel
from assistant.events import Conversation
from assistant.settings import Settings
from assistant.stated.unknown_model import by_size
from knowledge.catalog import load_catalog
from knowledge.names import find_model


@pytest.fixture(scope="module")
def mekiki(tmp_path_factory):
    return Assistant(Settings(data=tmp_path_factory.mktemp("data")), use_machine=False)


def said(mekiki, question):
    *_, done = mekiki.answer(question, Conversation())
    return done.answer


@pytest.mark.parametrize(("name", "size"), [("Gemma 7 20B", "20B"), ("Foo-3.5b", "3.5B"), ("Llama 9", None),
                                            ("Qwen5 40B A4B", None), ("Foo 8x9B", None)])  # fmt: skip
def test_a_size_in_the_name_is_what_memory_is_worked_out_for(name, size):
    found = by_size(parse_call("fit", {"model": name}), UnknownModel(name))
    assert (found[0].arguments()["model"] if found else None) == size


def test_the_answer_says_that_it_is_about_the_size(mekiki):
    answer = said(mekiki, "does Gemma 7 20B fit on 16GB?")
    assert answer.calls[0].result["fits"] is not None
    assert "does not know Gemma 7 20B" in answer.text and "dense model of 20B" in answer.text
    assert "No model was named" not in answer.text


def test_without_a_size_the_nearest_are_named_and_up_to_when_models_are_known(mekiki):
    answer = said(mekiki, "Gemma 7について教えて")
    assert "カタログに Gemma 7 はありません" in answer.text and "近い名前は Gemma" in answer.text
    assert max(one.released for one in mekiki.catalog.models.values() if one.released).isoformat() in answer.text


@pytest.mark.parametrize(("name", "near"), [("Bronkulator 7B", False), ("Gemmma 7 9B", True)])
def test_a_name_is_near_by_its_words_and_not_by_its_size(name, near):
    with pytest.raises(UnknownModel) as unknown:
        find_model(load_catalog(), name)
    assert bool(unknown.value.nearest) is near and all("gemma" in one for one in unknown.value.nearest)
