"""Settings of a training run in a question: length of a sample, batch, rank."""

import pytest

from assistant.reader.marking import mark
from assistant.reader.read import tables_of
from assistant.reader.spans import find_spans
from assistant.reader.text import clean
from assistant.reader.training import training_from
from knowledge.catalog import load_catalog

TABLES = tables_of(load_catalog())


def said(question: str) -> dict[str, int]:
    text = clean(question)
    return training_from(mark(text, find_spans(text, TABLES)))


def test_a_batch_is_no_place_in_a_list():
    spans = find_spans("and with a batch of 2?", TABLES, conversation=True)
    assert [span.kind for span in spans if span.kind == "REF"] == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("LoRA on Gemma 3 12B with a batch of 6 and sequences of 1,024 tokens", {"batch": 6, "sequence_tokens": 1024}),
        ("qlora phi-4, seq len 4k, batch size 2, rank 64", {"batch": 2, "sequence_tokens": 4000, "rank": 64}),
        ("full finetune of qwen3 4b, max_seq_length=512 bs=16", {"batch": 16, "sequence_tokens": 512}),
        ("lora r=8 on a 3090", {"rank": 8}),
        ("バッチサイズ３、シーケンス長は2048でQwen3 8BをLoRA", {"batch": 3, "sequence_tokens": 2048}),
        ("8千トークンの系列ならQLoRAできる？", {"sequence_tokens": 8_000}),
        ("ランク32のアダプターでGemma 3 4Bを学習", {"rank": 32}),
        ("QLoRA for Llama 3.1 8B with 32k context", {"sequence_tokens": 32_000}),
        ("can I fine-tune a 7B on 500 samples with a 3060?", {}),
        ("fine-tune on 2x RTX 3090", {}),
    ],
)
def test_settings_are_read(question, expected):
    assert said(question) == expected
