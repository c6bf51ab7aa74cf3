"""The label language: every sentence decodes, the grammar admits only what a question offers."""

import pytest

from assistant.calls import parse_call
from assistant.reader.agreeing import same_value
from assistant.reader.assemble import from_args, to_args
from assistant.reader.labels import EMITTED, PLACEHOLDERS, SYMBOLS, Labels, decode, encode, grammar, roles_for
from tests.reader_tables import TABLES, marked

QUESTION = marked("RTX 4090 2枚とRAM 64GBでQwen3 32BをQ4_K_M、32kで10人同時に使える?")


def test_symbols_are_distinct() -> None:
    assert len(set(SYMBOLS)) == len(SYMBOLS)


def test_a_sentence_decodes_to_what_was_encoded() -> None:
    labels = Labels(
        "fit",
        {},
        {"GPU1": "hw", "NUM1": "gpus", "GB1": "ram", "MOD1": "model", "QNT1": "quant", "CTX1": "ctx", "NUM2": "users"},
    )
    assert decode(encode(labels, QUESTION.placeholders)) == labels


def test_conversation_words_stand_first() -> None:
    labels = Labels("recommend", {"task": "coding", "nogpu": "true"}, {}, True, ("priority",))
    assert encode(labels, ()) == ["<c:more>", "<d:priority>", "<t:recommend>", "<task:coding>", "<nogpu:true>"]
    assert decode(encode(labels, ())) == labels


@pytest.mark.parametrize("symbols", [[], ["<task:coding>"], ["<t:nothing>"], ["<t:fit>", "<task:flying>"]])
def test_what_is_no_sentence_is_refused(symbols: list[str]) -> None:
    with pytest.raises(ValueError, match=r"no tool|unexpected"):
        decode(symbols)


def test_labels_become_validated_arguments() -> None:
    labels = Labels(
        "fit",
        {},
        {"GPU1": "hw", "NUM1": "gpus", "GB1": "ram", "MOD1": "model", "QNT1": "quant", "CTX1": "ctx", "NUM2": "users"},
    )
    args = to_args(labels, QUESTION)
    assert args == {
        "model": "qwen3-32b",
        "quant": "Q4_K_M",
        "context_tokens": 32_000,
        "users": 10,
        "hardware": {"gpu": "RTX 4090", "gpu_count": 2, "ram_gb": 64},
    }
    assert parse_call("fit", args).arguments() == args


def test_arguments_become_labels_and_back() -> None:
    args = {
        "model": "Qwen3 32B",
        "quant": "Q4_K_M",
        "context_tokens": 32_000,
        "users": 10,
        "hardware": {"gpu": "RTX 4090", "gpu_count": 2, "ram_gb": 64},
    }
    labels, missing = from_args("fit", args, QUESTION, TABLES)
    assert missing == []
    assert same_value(to_args(labels, QUESTION), args, TABLES)


def test_a_value_the_question_does_not_contain_is_reported_and_left_out() -> None:
    question = marked("which model for coding?")
    labels, missing = from_args("recommend", {"task": "coding", "context_tokens": 32_000}, question, TABLES)
    assert missing == ["ctx=32000"]
    assert to_args(labels, question) == {"task": "coding"}


def test_a_method_without_its_word_is_dropped() -> None:
    assert to_args(Labels("finetune_memory", {"method": "qlora"}), marked("train phi-4")) == {"model": "phi-4"}
    assert to_args(Labels("finetune_memory", {"method": "qlora"}), marked("qlora phi-4"))["method"] == "qlora"


@pytest.mark.parametrize(
    ("text", "role", "hardware"),
    [
        ("RTX 3060 12GB", "ram", {"gpu": "RTX 3060", "vram_gb": 12}),
        ("RTX 3060, 64GB", "ram", {"gpu": "RTX 3060", "ram_gb": 64}),
        ("M3 Max 64GB", "vram", {"gpu": "M3 Max", "ram_gb": 64}),
        ("MacBook Air 16GB", "vram", {"ram_gb": 16}),
        ("VRAM 8GBのPC", "ram", {"vram_gb": 8}),
        ("8GBのRAM", "vram", {"ram_gb": 8}),
        ("24GBで", "vram", {"vram_gb": 24}),
        ("SSD 500GBと4090", "ram", {"gpu": "RTX 4090"}),
    ],
)
def test_code_decides_between_vram_and_ram(text: str, role: str, hardware: dict[str, object]) -> None:
    question = marked(text)
    roles = {name: ("hw" if name.startswith(("GPU", "MAC")) else role) for name, _ in question.placeholders}
    assert to_args(Labels("max_size", {}, roles), question)["hardware"] == hardware


def test_own_hardware_implies_local_and_stated_absence_alone_does_not() -> None:
    assert to_args(Labels("recommend", {}, {"GPU1": "hw"}), marked("4090"))["hosting"] == "local"
    assert to_args(Labels("recommend", {"nogpu": "true"}), marked("no gpu")) == {"hardware": {"gpu": None}}
    assert to_args(Labels("recommend", {"hosting": "api"}, {"GPU1": "hw"}), marked("4090"))["hosting"] == "api"


def test_a_single_gpu_has_no_count() -> None:
    assert to_args(Labels("max_size", {}, {"GPU1": "hw", "NUM1": "gpus"}), marked("4090 1枚"))["hardware"] == {
        "gpu": "RTX 4090"
    }


def test_excluding_a_family_names_the_family() -> None:
    question = marked("Llama系以外とQwen3 8B以外で")
    assert to_args(Labels("recommend", {}, {"MOD1": "exclude", "MOD2": "exclude"}), question)["exclude"] == [
        "Llama",
        "qwen3-8b",
    ]


def test_the_grammar_offers_only_this_questions_placeholders() -> None:
    rules = grammar(marked("4090で動く?").placeholders)
    assert '"<GPU1>" ("<r:hw>" | "<r:no>")' in rules
    assert "MOD1" not in rules and "<GPU2>" not in rules and "<c:more>" not in rules
    assert "<c:more>" in grammar((), conversation=True)


def test_counts_may_only_count_what_stands_beside_them() -> None:
    spans = dict(marked("4090 2枚で3つ教えて").placeholders)
    assert roles_for("recommend", "NUM1", spans["NUM1"]) == ("gpus", "no")
    assert roles_for("recommend", "NUM2", spans["NUM2"]) == ("count", "no")


def test_no_question_can_contain_a_symbol_that_no_span_made() -> None:
    question = marked(" ".join((*EMITTED, *PLACEHOLDERS)))
    made = {f"<{name}>" for name, _ in question.placeholders}
    assert [symbol for symbol in SYMBOLS if symbol in question.text and symbol not in made] == []
