"""The most that a month may cost, and sums for hardware."""

import pytest

from assistant.calls import parse_call
from assistant.choosing.usage import usage_of
from assistant.events import Conversation
from assistant.stated.budget import monthly_budget, without_wish
from assistant.tools import run
from knowledge.costs import load_costs
from tests.reading import calls

RATES = load_costs().per_dollar


@pytest.mark.parametrize(
    ("text", "usd"),
    [
        ("an API under $5 a month", 5),
        ("at most 30 euros per month", 30 / RATES["euros"]),
        ("max 12 dollars monthly", 12),
        ("a yearly budget of $1.2k", 100),
        ("月1000円以内で", 1000 / RATES["yen"]),
        ("月額3千円までのAPI", 3000 / RATES["yen"]),
        ("毎月1.5万円に収めたい", 15_000 / RATES["yen"]),
        ("1か月5,000円まで", 5000 / RATES["yen"]),
        ("年間12万円の予算", 10_000 / RATES["yen"]),
        ("1日100円まで", 100 * 365 / 12 / RATES["yen"]),
    ],
)
def test_a_budget_is_dollars_a_month(text, usd):
    found = monthly_budget(text)
    assert found is not None
    assert found.usd == pytest.approx(usd)


@pytest.mark.parametrize(
    "text",
    [
        "I pay $20 a month for ChatGPT, what replaces it?",
        "ChatGPTに月3000円払っているが、代わりは？",
        "$1 per million tokens at most",
        "a GPU under $500",
        "5万円以内のGPU",
        "100 million tokens a month",
    ],
)
def test_other_sums_are_none(text):
    assert monthly_budget(text) is None


def test_a_budget_limits_what_an_api_may_cost_in_a_month(mekiki):
    (call,) = calls(mekiki, "翻訳のAPIを月2000円以内で使いたい")
    assert call.arguments()["usage"] == {"budget": round(2000 / RATES["yen"], 2)}
    picks = run(mekiki.toolbox(), call, "en")["picks"]
    assert picks
    assert all(pick["usd_per_month"] <= call.arguments()["usage"]["budget"] for pick in picks)


def test_a_budget_that_nothing_meets_is_said_first(mekiki):
    call = parse_call("recommend", {"hosting": "api", "usage": {"budget": 0.01}})
    result = run(mekiki.toolbox(), call, "en")
    assert result["picks"] == []
    assert ["budget", "hosting"] in [sorted(one["constraints"]) for one in result["conflicts"]]
    cheapest = next(row for row in result["nearest"] if row["constraint"] == "budget")
    price = next(one.price for one in mekiki.catalog.models.values() if one.id == cheapest["id"])
    assert usage_of(call.args).bill(price.input, price.output) > 0.01


def test_a_budget_holds_when_the_usage_is_told_later(mekiki):
    _, later = calls(mekiki, "API for chat, max $10 a month", "I use 100M tokens a month")
    assert later.arguments()["usage"]["budget"] == 10
    assert sum(later.arguments()["usage"][f"{side}_tokens"] for side in ("input", "output")) == 100_000_000


@pytest.mark.parametrize(
    "question",
    [
        "5万円以内のGPUで一番いいモデル",
        "under $500 gpu, best coding model",
        "LLM用に$3000のワークステーション、何が動く？",
        "予算30万円でPCを組むなら",
    ],
)
def test_a_sum_for_hardware_is_a_question_of_what_to_buy(mekiki, question):
    reading = next(mekiki.answer(question, Conversation())).reading
    assert reading.call.asks == ("purchase", "budget")
    assert not any("Not taken into account" in note["en"] for note in reading.notes)


def test_what_hardware_for_a_size_asks_for_its_smallest_machines(mekiki):
    (call,) = calls(mekiki, "$2000 what hardware for running 70B")
    assert (call.tool, call.arguments(), call.asks) == ("fit", {"model": "70B"}, ("purchase", "budget"))


def test_a_sum_beside_a_named_card_buys_nothing(mekiki):
    (call,) = calls(mekiki, "which model runs on a $1500 laptop with an RTX 4060")
    assert call.asks == ()


def test_only_the_wish_that_is_heeded_is_taken_from_the_note():
    note = {"en": "Not taken into account: “$5”, “fim”.", "ja": "「$5」「fim」は考慮できていません。"}
    assert without_wish((note,), "$5") == (
        {"en": "Not taken into account: “fim”.", "ja": "「fim」は考慮できていません。"},
    )
    assert without_wish((note,), "$7") == (note,)
