"""Model cards: every figure with its source, both languages, nothing invented."""

import re
from datetime import date

import pytest

from knowledge.cards import model_card
from knowledge.catalog import load_catalog
from knowledge.schema import Architecture, File, Model, Price, Score, Source

EXAMPLE = Model(
    id="example-8b",
    name="Example 8B",
    lab="Example Lab",
    variant="instruct",
    licence="apache-2.0",
    open_weights=True,
    released=date(2025, 6, 10),
    parameters=8_030_261_248,
    context_tokens=131_072,
    tool_calling=True,
    languages=("en", "ja"),
    known_issues={"ja": "既知の問題です。", "en": "A known issue."},
    architecture=Architecture("llama", 32, 4096, 32, (8, 0, 8), 128, 14336, 128256, sliding_window=4096),
    files=(File("Q4_K_M", 4_920_739_232, "card"),),
    price=Price("example", 0.1, 0.4, None, "shop"),
    scores=(Score("open_asr_short", 5.42, "board"), Score("nowhere", 1.0, "board")),
    sources=(Source("board", "a board", date(2025, 7, 1)), Source("card", "a card", date(2025, 6, 10))),
    sourced={"parameters": "card", "context_tokens": "card", "architecture": "card", "known_issues": "card"},
)


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def test_an_english_card(catalog):
    card = model_card(catalog, EXAMPLE, "en")
    for line in (
        "# Example 8B",
        "- Parameters: 8.03B [card]",
        "- Context: 131,072 tokens [card]",
        "- Languages: English, Japanese",
        "- Tool calling: yes",
        "- Licence: Apache License 2.0",
        "- Commercial use: yes",
        "llama: 32 layers, hidden size 4,096, 32 heads, 2 KV heads, vocabulary 128,256, sliding window 4,096 [card]",
        "input 0.1, output 0.4 (US dollars per million tokens, example) [shop]",
        "- Q4_K_M: 4,920,739,232 bytes [card]",
        "| Open ASR: short form | 5.42 | word error rate, % (lower is better) | [board] |",
        "| nowhere | 1 |  | [board] |",
        "A known issue. [card]",
        "- [card] a card (2025-06-10)",
    ):
        assert line in card, line


def test_a_japanese_card(catalog):
    card = model_card(catalog, EXAMPLE, "ja")
    for part in (
        "パラメータ数: 8.03B [card]",
        "商用利用: 可",
        "2 KV ヘッド",
        "既知の問題です。",
        "## 出典一覧",
        "低いほど良い",
    ):
        assert part in card, part
    assert "- 言語: 英語、日本語" in card and "- 入力: テキスト" in card
    assert "Commercial" not in card and "Tool calling" not in card


def test_what_is_unknown_is_left_out(catalog):
    bare = Model("bare", "Bare", "Lab", "base", "no-such-licence", True)
    card = model_card(catalog, bare, "en")
    assert "Parameters" not in card and "Context" not in card and "None" not in card
    assert "no-such-licence" in card


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_shipped_card_is_whole(catalog, language):
    for model in catalog.models.values():
        card = model_card(catalog, model, language)
        keys = set(re.findall(r"\[([a-z_0-9]+)\](?= \||\n|$)", card))
        listed = {one.key for one in model.sources}
        assert keys <= listed, (model.id, keys - listed)
        assert "None" not in card and "{" not in card, model.id
