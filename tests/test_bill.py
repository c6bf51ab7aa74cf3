"""A month of a named model's API, worked out from the usage that a question states."""

import pytest

from assistant.chat import Assistant
from assistant.settings import Settings
from assistant.stated.bill import bill
from assistant.tools import run
from assistant.writer.write import draft
from tests.reading import calls

PRICE = {"provider": "someone", "input": 2.0, "output": 8.0}


@pytest.fixture(scope="module")
def mekiki(tmp_path_factory):
    return Assistant(Settings(data=tmp_path_factory.mktemp("data")), use_machine=False)


def test_a_month_is_tokens_times_prices():
    asks = ("usage 3000000 500000 told",)
    assert bill(asks, PRICE) == {
        "input_tokens": 3_000_000, "output_tokens": 500_000, "usd_per_month": 10.0, "in_all": False,  # 3 x 2 + 0.5 x 8
    }  # fmt: skip
    assert bill((), PRICE) is None
    assert bill(asks, None) is None
    assert bill(asks, {**PRICE, "output": None}) is None


@pytest.mark.parametrize(
    ("question", "usage"),
    [
        ("what does Gemini 2.5 Flash cost for 6 million tokens per month?", "usage 5000000 1000000 in all"),
        ("GPT-4o mini、入力3Mトークン・出力1Mトークンを毎月使うといくら？", "usage 3000000 1000000 told"),
    ],
)
def test_the_usage_is_read_beside_the_price(mekiki, question, usage):
    call = calls(mekiki, question)[-1]
    assert call.tool == "model_info" and call.asks[-1] == usage
    said = draft("model_info", run(mekiki.toolbox(), call, "en"), "en").text()
    assert said.startswith("For ") and "a month that is about **$" in said
    assert ("five sixths" in said) == usage.endswith("in all")


def test_a_price_alone_stays_a_price(mekiki):
    assert calls(mekiki, "what does Gemini 2.5 Flash cost?")[-1].asks == ()
