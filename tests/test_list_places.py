"""Places in the latest list: the models that stand there, and one helpful line where none does."""

import pytest

from assistant.calls import parse_call
from assistant.errors import ToolError
from assistant.events import Conversation
from assistant.list_places import resolve_items
from assistant.writer.write import draft
from tests.small_catalog import ladder
from tests.test_recommend import ask

LISTED = Conversation(listed=("a", "b", "c"))


def test_a_place_is_the_model_that_stands_there():
    assert resolve_items(parse_call("model_info", {"model": "@2"}), LISTED).arguments() == {"model": "b"}
    assert resolve_items(parse_call("model_info", {"model": "@-1"}), LISTED).arguments() == {"model": "c"}
    compared = resolve_items(parse_call("compare", {"models": ["@1", "qwen3-8b"]}), LISTED)
    assert compared.arguments()["models"] == ["a", "qwen3-8b"]


@pytest.mark.parametrize("place", ["@1", "@2", "@-1"])
def test_without_a_list_it_asks_for_a_name(place):
    with pytest.raises(ToolError) as caught:
        resolve_items(parse_call("fit", {"model": place}), Conversation())
    english, japanese = caught.value.text("en"), caught.value.text("ja")
    assert "no models have been listed" in english and "name the model" in english and "@" not in english
    assert "モデル名を書くか" in japanese and "@" not in japanese and "\n" not in japanese


def test_past_the_end_it_names_what_is_listed():
    with pytest.raises(ToolError) as caught:
        resolve_items(parse_call("model_info", {"model": "@7"}), LISTED)
    assert "has 3 models (a, b, c), so there is no number 7" in caught.value.text("en")
    assert "3 件（a, b, c）で、7 番目はありません" in caught.value.text("ja")


def test_after_an_empty_answer_the_nearest_ones_are_the_list():
    result = ask(ladder(), hardware={"vram_gb": 8}, licences=["mit"])
    assert result["picks"] == [] and result["nearest"]
    assert draft("recommend", result, "en").listed == tuple(row["id"] for row in result["nearest"])
