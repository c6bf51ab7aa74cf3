"""Lengths of texts become a context that holds them."""

import re

import pytest

from assistant.calls import parse_call
from assistant.events import Conversation
from assistant.stated.text_length import tokens_of_texts, with_length


@pytest.mark.parametrize(
    ("question", "tokens"),
    [
        ("5万字の小説を要約したい", 50_000),
        ("１回２万５千字ではなく12,000文字の記録", 12_000),
        ("a 60,000-word novel to summarise", 80_000),
        ("summarise reports of 45k words", 60_000),
        ("150ページのPDFを読ませる", 120_000),
        ("a 30 page contract", 20_000),  # 30 x 500 words x 4/3
        ("毎秒30文字で書くモデル", 30),
        ("a model for coding", None),
        ("it types 80 words per minute", None),
    ],
)
def test_lengths_in_tokens(question, tokens):
    assert tokens_of_texts(question) == tokens


def test_the_context_holds_the_text_and_the_answer():
    call, notes = with_length(parse_call("recommend", {"task": "summarization"}), "3万字の議事録の要約")
    assert call.arguments()["context_tokens"] == 32_768  # 30,000 + 2,048 in steps of 1,024
    assert "32,768" in notes[0]["ja"] and "32,768" in notes[0]["en"]


def test_short_texts_and_a_stated_context_change_nothing():
    short = parse_call("recommend", {"task": "summarization"})
    assert with_length(short, "400字で要約") == (short, ())
    stated = parse_call("fit", {"model": "qwen3-8b", "context_tokens": 16_384})
    assert with_length(stated, "200ページの資料、コンテキストは16k") == (stated, ())
    assert with_length(stated, "200ページの資料")[0].arguments()["context_tokens"] == 162_816
    compared = parse_call("compare", {"models": ["a", "b"]})
    assert with_length(compared, "200ページの資料") == (compared, ())


@pytest.mark.parametrize(
    ("question", "asks", "told"),
    [
        (
            "How long does Qwen3 8B need to summarise a 60 page text on an RTX 4080?",
            "read 40000",
            "writing 500 words",
        ),
        ("RTX 4080でQwen3 8Bに40ページの資料を要約させると何秒かかる？", "read 32000", "900字を書くのに"),
        ("how long to translate 6,000 words with Qwen3 8B on an RTX 4080", "read 8000 whole", "writing as many"),
        ("Qwen3 8BでRTX 4080、5000字を和訳するのに何分？", "read 5000 whole", "同じ長さを書くのに"),
    ],
)
def test_how_long_reading_and_writing_take_is_told_first(mekiki, question, asks, told):
    *_, done = mekiki.answer(question, Conversation())
    call, result, text = done.answer.reading.call, done.answer.calls[0].result, done.answer.text
    assert call.tool == "fit" and call.asks[0] == asks and told in text.partition("\n")[0]
    read = int(asks.split()[1])
    written = read if "whole" in asks else 650
    seconds = read / result["prompt_tokens_per_second"] + written / result["tokens_per_second"]["mid"]
    number, unit = re.match(r"\*\*(?:About |約)([\d,]+) ?(second|minute|秒|分)", text).groups()
    step = 60 if unit in ("minute", "分") else 1
    assert abs(int(number) * step - seconds) <= max(5, step / 2)
