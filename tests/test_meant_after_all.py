"""Wishes for a model that name no model: makers alone, a card that may be too old, "this PC"."""

import pytest

from assistant.chat import Assistant
from assistant.reader.meant_after_all import wish_after_all
from assistant.reader.read import Reader
from assistant.settings import Settings
from knowledge.catalog import load_catalog
from tests.reading import calls, marked

READER = Reader(load_catalog())


@pytest.mark.parametrize(
    "text",
    ["アメリカ製は避けたいです", "please no russian or chinese models", "フランス製のみ希望",
     "are two P40s still any good?", "2080 Tiはもう時代遅れ？", "which model is right for this laptop?",
     "うちのノートPCに最適なモデルを",
     "I only have an old PC"],
)  # fmt: skip
def test_these_wish_for_a_model(text):
    assert wish_after_all(marked(text))
    assert READER.read(text).call.tool == "recommend"


@pytest.mark.parametrize(
    "text",
    ["I don't like korean dramas", "中華料理は避けたい", "is a 3070 still worth it for gaming?",
     "3060の中古はいくらで売れる？", "best fashion model of this year", "recommend a chair for this desk"],
)  # fmt: skip
def test_these_do_not(text):
    assert not wish_after_all(marked(text))


def test_makers_that_are_ruled_out_alone_are_left_out(tmp_path):
    mekiki = Assistant(Settings(data=tmp_path), use_machine=False)
    assert calls(mekiki, "中国製とアメリカ製は避けたい")[-1].arguments()["exclude"] == ["China", "US"]


@pytest.mark.parametrize("text", ["is 4 GiB much?", "free ChatGPT alternative that does not listen in"])
def test_a_task_that_is_none_of_text_needs_a_word_of_its_own(text):
    assert READER.read(text).call.arguments().get("task") not in ("speech", "image", "vision", "embedding")


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("how many tokens per second does Gemma 3 27B get on two 3090s?", "fit"),
        ("CPUだけでQwen3 14Bは毎秒何トークン出ますか", "fit"),
        ("why is Qwen3 30B A3B so fast on a CPU?", "explain"),
        ("how fast do people read?", "explain"),
    ],
)
def test_the_speed_of_a_model_on_a_machine_is_worked_out(text, tool):
    assert READER.read(text).call.tool == tool
