"""The reader's training phrases keep the label policy, and the checker sees when they do not."""

from typing import Any

import pytest

from assistant.reader.check_phrases import Phrase, check, duplicates, kanji_number, numbers, problems_of


def phrase(text: str, tool: str, args: dict[str, Any], place: str = "ja_x.jsonl:1") -> Phrase:
    return Phrase(place, "ja", "x", text, text, tool, args, False)


def test_every_phrase_keeps_the_policy() -> None:
    phrases, problems = check()
    assert problems == []
    assert {p.language for p in phrases} == {"ja", "en"}
    assert sum(not p.dialog for p in phrases) > 1000


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("32k", 32_000),
        ("12万トークン", 120_000),
        ("１２ＧＢ", 12),
        ("四ギガ", 4),
        ("two cards", 2),
        ("1M", 1e6),
        ("1.5TB", 1536),
    ],
)
def test_numbers_are_found_however_they_are_written(text: str, number: float) -> None:
    assert number in numbers(text)


def test_kanji_numbers() -> None:
    assert [kanji_number(text) for text in ("十六", "二百五十六", "三二", "八")] == [16, 256, 32, 8]


@pytest.mark.parametrize(
    ("text", "tool", "args", "said"),
    [
        ("4090で", "recommend", {"hardware": {"gpu": "RTX 4090", "vram_gb": 24}, "hosting": "local"}, "vram_gb 24"),
        ("長文を", "recommend", {"context_tokens": 32000}, "context_tokens 32000"),
        ("メモリ8GB", "recommend", {"hardware": {"gpu": None, "ram_gb": 8}, "hosting": "local"}, "gpu null"),
        ("4090で", "recommend", {"hardware": {"gpu": "RTX 4090"}}, "without hosting"),
        ("4090で", "recommend", {"hardware": {"gpu": "RTX 4091"}, "hosting": "local"}, "GPU table"),
        ("Qwen3 8B", "fit", {"model": "Qwen3 14B"}, "size in Qwen3 14B"),
        ("KVとは", "explain", {"query": "KVとは"}, "no arguments"),
        ("どう", "compare", {"models": ["Phi-4"]}, "two models"),
        ("どう", "recommend", {"colour": "red"}, "colour"),
    ],
)
def test_the_checker_names_what_is_wrong(text: str, tool: str, args: dict[str, Any], said: str) -> None:
    assert any(said in problem for problem in problems_of(phrase(text, tool, args)))


def test_the_same_question_twice_is_found() -> None:
    twice = [phrase("RTX 4090で。", "clarify", {}), phrase("ＲＴＸ４０９０で", "clarify", {}, "ja_x.jsonl:2")]
    assert len(duplicates(twice)) == 1
