"""What a question leaves unsaid: a size for a model, usage, "it" after a list, wishes that no argument holds."""

import pytest

from assistant.reader.decide import Judges
from assistant.reader.marking import mark
from assistant.reader.read import Reader
from assistant.reader.spans import find_spans
from assistant.reader.text import clean
from assistant.reader.unsaid import asks_fit, goes_on, states_usage, unheeded, which_model
from assistant.reader.usage import usage_from
from knowledge.catalog import load_catalog
from tests.reader_tables import TABLES, marked


@pytest.fixture(scope="module")
def reader() -> Reader:
    """The reader without its model, so that what is tested does not depend on the weights."""
    return Reader(load_catalog(), Judges(None, None))


@pytest.mark.parametrize(
    "text",
    [
        "70b on 3060 w 64gb",
        "how much vram for 13b",
        "3090で70B動く？",
        "13BのVRAMは？",
        "will a 30b run on a 4090",
        "16GBで32Bは無理？",
        "ram needed for 70 billion parameters",
        "8Bモデルに必要なメモリは？",
        "14b q8 16gb?",
    ],
)
def test_a_size_and_a_machine_alone_ask_whether_it_fits(text: str) -> None:
    assert asks_fit(marked(text))


@pytest.mark.parametrize(
    "text",
    [
        "best model under 13b for a 3060",
        "qwen3 8b on a 3060",
        "a 7b model for translating letters on a 3060",
        "3060で動く7B以下のモデル",
        "why are 70b models slow on a 4090",
        "13b",
    ],
)
def test_whatever_says_more_is_read_as_usual(text: str) -> None:
    assert not asks_fit(marked(text))


def test_a_bare_size_is_the_model_asked_about(reader: Reader) -> None:
    for text in ("how much vram for 13b", "13BのVRAMは？"):
        call = reader.read(text).call
        assert (call.tool, call.arguments()) == ("fit", {"model": "13B"})


# 365 days in twelve months: a million a day is 365/12 = 30.4167 million a month. A total is split as the shipped
# assumption is (21 million read to 4.2 million written, five to one).
@pytest.mark.parametrize(
    ("text", "read", "written"),
    [
        ("5 million input tokens and 1 million output tokens per month", 5_000_000, 1_000_000),
        ("毎月入力500万トークン、出力100万トークン", 5_000_000, 1_000_000),
        ("6M tokens a month", 5_000_000, 1_000_000),
        ("月に600万トークン", 5_000_000, 1_000_000),
        ("600万トークン/月", 5_000_000, 1_000_000),
        ("72 million tokens per year", 5_000_000, 1_000_000),
        ("input 1M tokens daily", 30_416_667, None),
        ("1日あたり出力10万トークン", None, 3_041_667),
        ("3,000 requests a month at 2k tokens each", 5_000_000, 1_000_000),
        ("月3000リクエスト、1回2000トークン", 5_000_000, 1_000_000),
    ],
)
def test_usage_is_worked_out_per_month(text: str, read: int | None, written: int | None) -> None:
    told = {"input_tokens": read, "output_tokens": written}
    assert usage_from(marked(text).spans) == {name: count for name, count in told.items() if count is not None}


@pytest.mark.parametrize(
    "text",
    [
        "a model with 1M tokens of context",
        "$2 per million tokens",
        "30 tokens per second",
        "毎秒20トークン以上",
        "summarise 100k-token documents every day",
        "毎日20万トークンの文書を要約",
        "100万トークンあたりの料金を毎月見る",
        "1日1000件の問い合わせ",
    ],
)
def test_lengths_prices_and_rates_are_no_usage(text: str) -> None:
    assert usage_from(marked(text).spans) == {}


def test_tokens_per_month_are_usage_not_a_context(reader: Reader) -> None:
    for text in (
        "recommend a cheap api for summaries, 6M tokens a month",
        "要約に使う安いAPIのおすすめ、月600万トークン",
    ):
        call = reader.read(text).call
        assert call.tool == "recommend"
        assert call.arguments()["usage"] == {"input_tokens": 5_000_000, "output_tokens": 1_000_000}
        assert "context_tokens" not in call.arguments()


def test_usage_alone_wants_a_choice() -> None:
    assert states_usage(marked("about 20 million tokens monthly for rag"))
    assert not states_usage(marked("what is a token? I use 20 million tokens monthly"))
    assert not states_usage(marked("50k requests a month"))


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("at least 30 tokens per second for coding on a 4090", []),
        ("毎秒20トークン以上出る日本語モデル、4090", []),
        ("up to 50 t/s is fine, coding on a 4090", ["50 t/s"]),
        ("uncensored model for roleplay", ["uncensored"]),
        ("無修正のモデルで小説を書きたい", ["無修正"]),
        ("a model released in 2025, 5 GB download at most", ["released in 2025", "5 GB"]),
        ("2025年以降に出たモデル、5GB以下のファイル", ["2025年以降に出た", "5GB"]),
        ("which model for 20 users on a 4090, q4", ["20 users", "q4"]),
        ("50k requests a month, which api", ["50k requests a month"]),
        ("$30 a month for an api", ["$30"]),
        ("a chat model for a 4090 with 32k context", []),
    ],
)
def test_wishes_without_an_argument_are_named(text: str, wishes: list[str]) -> None:
    notes = unheeded("recommend", {}, marked(text))
    assert [note["en"] for note in notes] == (
        ["Not taken into account: " + ", ".join(f"“{one}”" for one in wishes) + "."] if wishes else []
    )
    assert all(f"「{one}」" in notes[0]["ja"] for one in wishes)


def test_a_comparison_names_the_context_it_cannot_weigh() -> None:
    (note,) = unheeded("compare", {}, marked("qwen3 8b or gemma 3 12b with 32k context"))
    assert "32k context" in note["en"]
    assert unheeded("fit", {}, marked("qwen3 8b for 20 users on a 4090")) == []


def test_it_after_a_list_is_its_first() -> None:
    tool, args, notes = which_model("fit", {"hardware": {"gpu": "RTX 4090"}}, {"task": "coding"}, "recommend")
    assert (tool, args["model"]) == ("fit", "@1")
    assert "first" in notes[0]["en"] and "1番目" in notes[0]["ja"]
    assert which_model("fit", {"model": "phi-4"}, {}, "recommend") == ("fit", {"model": "phi-4"}, [])
    assert which_model("fit", {}, {}, "explain") == ("fit", {}, [])


def test_it_after_a_comparison_is_all_that_were_compared() -> None:
    pair = {"models": ["qwen3-8b", "gemma-3-12b-it"]}
    card = {"hardware": {"gpu": "RTX 3060"}}
    assert which_model("fit", card, pair, "compare") == ("compare", pair | card, [])
    assert which_model("model_info", {"field": "licence"}, pair, "compare") == ("compare", pair, [])
    tool, args, (note,) = which_model("fit", card | {"quant": "Q4"}, pair, "compare")
    assert (tool, args["model"], args["quant"]) == ("fit", "qwen3-8b", "Q4")
    assert "qwen3-8b" in note["en"] and "qwen3-8b" in note["ja"]


def test_a_turn_of_values_alone_goes_on() -> None:
    for text in ("what about two of them?", "2枚なら？", "and with 64gb?"):
        turn = mark(clean(text), find_spans(clean(text), TABLES, conversation=True))
        assert goes_on(turn, "explain", "recommend")
        assert not goes_on(turn, "fit", "recommend")
        assert not goes_on(turn, "explain", "explain")
    said = clean("why are two of them faster?")
    assert not goes_on(mark(said, find_spans(said, TABLES, conversation=True)), "explain", "recommend")
