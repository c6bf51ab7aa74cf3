"""The least speed that a question asks for, and the numbers in it that are no context, count or memory."""

import pytest

from assistant.reader.usage import usage_from
from assistant.stated.speed import least_tokens_per_second
from tests.reader_tables import marked, values


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("coding model on a 3090, at least 30 tokens/s", 30),
        ("15 t/s or faster please, for chat", 15),
        ("20+ tps on a 4070", 20),
        ("30tps+, 12GB", 30),
        ("no slower than 12 tokens a second", 12),
        ("at least twenty tokens a second", 20),
        ("tokens/s >= 30, 16GB", 30),
        ("tokens per second should be at least 50", 50),
        ("nothing below 15 tok/s", 15),
        ("25 t/s is plenty", 25),
        ("20-30 t/s on an M3 Max", 20),
        ("under 10 t/s is unusable for me", 10),
        ("毎秒20トークン以上出る要約モデル", 20),
        ("毎秒最低でも25トークン", 25),
        ("毎秒二十トークン以上", 20),
        ("秒間10文字は出てほしい", 10),
        ("30文字/秒以上", 30),
        ("1秒に15トークンくらい出ればいい", 15),
        ("秒速２０トークン以上", 20),
        ("30トークン毎秒以上", 30),
        ("トークン/秒が30以上", 30),
        ("10トークン/秒を下回らない", 10),
        ("10トークン/秒以下は遅すぎて困る", 10),
    ],
)
def test_a_least_speed_is_read(text: str, tokens: float) -> None:
    assert least_tokens_per_second(text) == tokens


def test_words_and_letters_become_tokens() -> None:
    assert least_tokens_per_second("at least 3 words per second") == 4  # 4/3 tokens to a word
    assert least_tokens_per_second("at least 40 characters per second") == 10  # 4 to a token


@pytest.mark.parametrize(
    "text",
    [
        "I only get 5 t/s, need something faster",
        "my model gives me 12 t/s, too slow",
        "今は5トークン/秒しか出ないので速いやつ",
        "up to 50 t/s is fine",
        "prompt processing of 500 t/s",
        "DDR5-6000 MT/s memory with 64GB",
        "50M tokens per month",
        "600 tokens per minute",
        "100 tokens",
        "a model for 30 users",
        "",
    ],
)
def test_what_is_had_an_upper_end_and_other_rates_are_no_least_speed(text: str) -> None:
    assert least_tokens_per_second(text) is None


def test_of_several_speeds_the_firmest_wish_counts() -> None:
    assert least_tokens_per_second("I get 8 tokens per second now, I want 20 t/s") == 20
    assert least_tokens_per_second("ideally 20 t/s, at least 30 t/s with a draft model") == 30
    assert least_tokens_per_second("at least 20 t/s, ideally 40 t/s") == 20
    assert least_tokens_per_second("ideally 40 t/s") == 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coding on a 4090, at least 30 tokens/s", {"GPU1": "RTX 4090"}),
        ("must exceed 500 tok/sec, 32k context, 4090", {"CTX1": 32000, "GPU1": "RTX 4090"}),
        ("16GBのVRAMで毎秒300トークン以上", {"GB1": 16}),
        ("毎秒1,000トークン以上", {}),
        ("tokens per second at least 300", {}),
    ],
)
def test_the_number_of_a_speed_is_nothing_else(text: str, expected: dict[str, object]) -> None:
    assert values(text) == expected


def test_a_speed_is_no_usage() -> None:
    assert usage_from(marked("30 tokens per second, every day").spans) == {}


@pytest.mark.parametrize(
    "text",
    [
        "9000 tokens per second on a 4090",
        "10k tokens/s on four A100s",
        "20k tokens per minute with a 3090",
        "毎秒9000トークンで動くモデル",
        "1万トークン/秒のサーバー",
        "毎分9000トークン、RTX 4090",
        "1時間に100000トークン要約したい",
    ],
)
def test_a_rate_of_any_size_is_no_context_and_what_is_written_in_all_no_least_speed(text: str) -> None:
    assert [span.kind for span in marked(text).spans if span.kind in ("CTX", "GB", "PAR", "TPS")] == ["TPS"]
    assert least_tokens_per_second(text) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("largest model for a 3090 at 20 tokens/s or more", "largest model for a <GPU1>"),
        ("a coding model, at least 30 t/s", "a coding model,"),
        ("40 t/s from <b>", "from ‹b›"),
        ("3090で最低でも毎秒20トークン以上の最大サイズ", "<GPU1>で 最大サイズ"),
        ("RTX 3090で要約、毎秒30トークン以上", "<GPU1>で要約、"),
        ("is 10 tokens per second fast enough?", "is 10 tokens per second fast enough?"),
        ("毎秒10トークンって速い？", "毎秒10トークンって速い?"),
        ("I only get 5 t/s now", "i only get 5 t/s now"),
    ],
)
def test_a_speed_to_be_reached_is_left_out_of_what_is_judged(text: str, left: str) -> None:
    assert marked(text).text == left


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("and with at least 100 tokens?", 100), ("50トークン以上だと？", 50), ("and with 100k tokens?", None)],
)
def test_a_few_tokens_are_a_speed_in_a_conversation_only(text: str, tokens: float | None) -> None:
    assert least_tokens_per_second(text, talking=True) == tokens
    assert least_tokens_per_second(text) is None


def test_what_is_asked_to_be_got_is_not_had() -> None:
    assert least_tokens_per_second("what gets me 40 t/s on a 3080?") == 40
    assert least_tokens_per_second("will I get 40 t/s from it?") == 40
