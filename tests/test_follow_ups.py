"""What a later turn of a conversation means: the shipped reader and catalog, nothing is run."""

import pytest

from assistant.chat import Assistant
from assistant.settings import Settings
from tests.reading import calls


@pytest.fixture(scope="module")
def mekiki(tmp_path_factory):
    return Assistant(Settings(data=tmp_path_factory.mktemp("data")), use_machine=False)


@pytest.mark.parametrize(
    ("before", "text", "speed"),
    [
        ("coding on an RTX 4090, at least 30 tokens/s", "50 instead", 50),
        ("M3 Max 64GBでチャット、毎秒30トークン以上", "やっぱり15で", 15),
        ("chat model for an M3 Max 64GB, at least 20 tok/s", "make that 40", 40),  # none is sold with 40 GB
        ("coding on a 4090 at 30 t/s", "what about 60 t/s?", 60),
        ("3090でコーディング", "100トークン以上だと？", 100),
        ("summaries on a 3060 12GB", "it has to do 25 tokens per second", 25),
    ],
)
def test_a_turn_changes_the_least_speed(mekiki, before, text, speed):
    first, second = calls(mekiki, before, text)
    assert first.tool == second.tool == "recommend"
    assert second.arguments() == {**first.arguments(), "min_speed": speed}


@pytest.mark.parametrize(
    ("before", "text"),
    [("biggest model on a 3090", "and at 20 t/s or more?"), ("3090で最大何B？", "毎秒20トークン以上なら？")],
)
def test_a_turn_adds_a_least_speed_to_the_largest_size(mekiki, before, text):
    first, second = calls(mekiki, before, text)
    assert second.tool == "max_size"
    assert second.arguments() == {**first.arguments(), "min_speed": 20}


def test_memory_that_the_machine_is_sold_with_is_no_speed(mekiki):
    _, second = calls(mekiki, "chat model for an M3 Max 64GB, at least 20 tok/s", "make that 96")
    assert second.arguments()["hardware"] == {"gpu": "M3 Max", "ram_gb": 96}
    assert second.arguments()["min_speed"] == 20


def test_a_speed_that_no_longer_matters_is_dropped(mekiki):
    _, second = calls(mekiki, "チャット用、RTX 4080、毎秒30トークン以上", "速度はどうでもいい")
    assert second.tool == "recommend"
    assert "min_speed" not in second.arguments()
