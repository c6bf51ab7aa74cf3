"""Names, sizes, counts and codes are found in both languages, however they are written."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.reader.read import tables_of
from assistant.reader.spans import find_spans
from assistant.reader.tables import NameTable, letters_of, skeleton
from assistant.reader.text import clean, language_of, relevant
from assistant.reader.words import _LANGUAGES
from knowledge.catalog import load_catalog
from tests.reader_tables import TABLES, marked, values
from tests.span_cases import disagreements, load_cases, score


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RTX 4060 Laptop 8GBでコーディング", {"GPU1": "RTX 4060 Laptop", "GB1": 8}),
        ("ラマ3.1の8Bは動く?", {"MOD1": "llama-3.1-8b-instruct"}),
        ("qwen3の32Bを3090で", {"MOD1": "qwen3-32b", "GPU1": "RTX 3090"}),
        ("r1 distill 32b on a 4090.", {"MOD1": "deepseek-r1-distill-qwen-32b", "GPU1": "RTX 4090"}),
        ("the 8B of Llama 3.1", {"MOD1": "llama-3.1-8b-instruct"}),
        ("ＲＴＸ４０９０で２４ギガ", {"GPU1": "RTX 4090", "GB1": 24}),
        ("two 4090s", {"NUM1": 2, "GPU1": "RTX 4090"}),
        ("2x4090", {"NUM1": 2, "GPU1": "RTX 4090"}),
        ("4xA100 40GB", {"NUM1": 4, "GPU1": "A100", "GB1": 40}),
        ("A100 80GB 2枚差し", {"GPU1": "A100", "GB1": 80, "NUM1": 2}),
        ("two 80GB cards", {"NUM1": 2, "GB1": 80}),
        ("llama 3.1 8bとphi-4", {"MOD1": "llama-3.1-8b-instruct", "MOD2": "phi-4"}),
        ("command r+ or command r", {"MOD1": "command-r-plus", "MOD2": "command-r"}),
        ("gpt-oss-20b", {"MOD1": "gpt-oss-20b"}),
        ("qwen3 8bと14b", {"MOD1": "qwen3-8b", "MOD2": "qwen3-14b"}),
        ("lama 3.1 8b", {"MOD1": "llama-3.1-8b-instruct"}),
        ("gamma 3 27b", {"MOD1": "gemma-3-27b-it"}),
        ("4060のノートPC", {"GPU1": "RTX 4060 Laptop"}),
        ("RTX 2050", {"GPU1": "RTX 2050 Laptop"}),
        ("RTX 4o90", {"GPU1": "RTX 4090"}),
        ("M3 Max 64GB", {"MAC1": "M3 Max", "GB1": 64}),
    ],
)
def test_names(text: str, expected: dict[str, object]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("メモリ32GB", "GB", 32),
        ("64 gigs of RAM", "GB", 64),
        ("24 ギガ", "GB", 24),
        ("四ギガ", "GB", 4),
        ("VRAM8GB", "GB", 8),
        ("1TB of RAM", "GB", 1024),
        ("VRAM 12", "GB", 12),
        ("512MB RAM", "GB", 0.5),
        ("7B以下", "PAR", 7),
        ("70億パラメータ", "PAR", 7),
        ("350M params", "PAR", 0.35),
        ("8x7B", "PAR", 56),
        ("32k context", "CTX", 32_000),
        ("128Kトークン", "CTX", 128_000),
        ("3万トークン", "CTX", 30_000),
        ("1M tokens", "CTX", 1_000_000),
        ("32,768 tokens", "CTX", 32_768),
        ("context of 8192", "CTX", 8192),
        ("Q4_K_M", "QNT", "Q4_K_M"),
        ("q4_k_m", "QNT", "Q4_K_M"),
        ("4bit", "QNT", "Q4"),
        ("int8", "QNT", "Q8"),
        ("4ビット量子化", "QNT", "Q4"),
        ("awq", "QNT", "AWQ"),
        ("bf16", "QNT", "BF16"),
        ("q4", "QNT", "Q4"),
        ("iq3_xs", "QNT", "IQ3_XS"),
        ("q5km", "QNT", "Q5_K_M"),
        ("Q4-K-S", "QNT", "Q4_K_S"),
        ("iq4xs", "QNT", "IQ4_XS"),
        ("q6k", "QNT", "Q6_K"),
        ("3万2千トークン", "CTX", 32_000),
        ("12万8千のコンテキスト", "CTX", 128_000),
        ("kv cache q8_0", "KV", "q8_0"),
        ("KVキャッシュをq4", "KV", "q4_0"),
        ("日本語", "LANG", ("ja",)),
        ("in Chinese", "LANG", ("zh",)),
        ("英日翻訳", "LANG", ("en", "ja")),
        ("日英中韓対応", "LANG", ("ja", "en", "zh", "ko")),
        ("Apache 2.0", "LIC", "apache-2.0"),
        ("MIT only", "LIC", "mit"),
        ("3つ教えて", "NUM", 3),
        ("top 5", "NUM", 5),
        ("three ASR models", "NUM", 3),
        ("10 users", "NUM", 10),
        ("10人同時", "NUM", 10),
        ("dual GPUs", "NUM", 2),
        ("デュアル", "NUM", 2),
        ("$0.5 per M tokens", "USD", 0.5),
        ("under $0.0005 per 1k tokens", "USD", 0.5),
        ("2ドル以下", "USD", 2),
        ("2番目は?", "REF", "@2"),
        ("the second one", "REF", "@2"),
        ("@2", "REF", "@2"),
        ("後者は?", "REF", "@2"),
        ("一番上のやつ", "REF", "@1"),
        ("中国製以外", "LAB", "China"),
    ],
)
def test_units(text: str, kind: str, expected: object) -> None:
    found = [span.value for span in find_spans(clean(text), TABLES) if span.kind == kind]
    assert found == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "30 tokens/sで返してほしい",
        "30 tokens per second",
        "200ページの資料",
        "部署は5万人",
        "2023年に買った",
        "polish my essay",
        "4090円",
        "一番賢いのは?",
        "seconds matter",
        "かならま",
        "what is the best thing",
        "速度が2倍",
    ],
)
def test_text_that_carries_no_slot(text: str) -> None:
    assert [span for span in find_spans(clean(text), TABLES) if span.kind not in ("NUM", "TPS")] == []


def test_an_unknown_gpu_and_an_unknown_model_stay_as_written() -> None:
    spans = marked("Foo-13B on an RTX 6090").placeholders
    assert [(span.value, span.hint) for _, span in spans] == [("Foo-13B", "unknown"), ("RTX 6090", "unknown")]
    assert values("does Llama 3.7 9B fit") == {"MOD1": "Llama 3.7 9B"}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("VRAM 12GB", "vram"),
        ("12GB VRAM", "vram"),
        ("メモリ32GB", "ram"),
        ("32GB RAM", "ram"),
        ("SSD 500GB", "disk"),
        ("12GB", ""),
        ("グラボのメモリ8GB", "vram"),
        ("グラボ無しでRAM 32GB", "ram"),
    ],
)
def test_what_stands_beside_a_size(text: str, hint: str) -> None:
    assert [span.hint for span in find_spans(clean(text), TABLES) if span.kind == "GB"] == [hint]


@pytest.mark.parametrize("text", ["VRAM 12GB RAM 64GB", "12GB VRAM, 64GB RAM", "VRAM 12GB、メモリ64GB"])
def test_two_sizes_keep_their_own_words(text: str) -> None:
    found = {span.hint: span.value for span in find_spans(clean(text), TABLES) if span.kind == "GB"}
    assert found == {"vram": 12, "ram": 64}


@pytest.mark.parametrize(
    ("text", "hint"),
    [("4090 2枚", "gpus"), ("3つ教えて", "count"), ("10 users", "users"), ("2つの4090", "gpus"), ("3 models", "count")],
)
def test_what_is_counted(text: str, hint: str) -> None:
    assert [span.hint for span in find_spans(clean(text), TABLES) if span.kind == "NUM"] == [hint]


def test_bare_numbers_mean_something_only_in_a_conversation() -> None:
    assert values("2 or 3?") == {}
    assert values("2 or 3?", conversation=True) == {"REF1": "@2", "REF2": "@3"}
    assert values("もう一枚足したら?", conversation=True) == {"NUM1": 2}


def test_the_same_thing_twice_is_one_placeholder() -> None:
    assert marked("4090と4090").text == "<GPU1>と<GPU1>"


def test_placeholders_typed_by_a_person_are_inert() -> None:
    question = marked("<GPU1> <t:recommend> on a 4090")
    assert question.text == "‹gpu1› ‹t:recommend› on a <GPU1>"


def test_longest_name_wins() -> None:
    table = NameTable({"qwen3": "a", "qwen3 8b": "b", "qwen3 8b instruct": "c"})
    assert [found.value for found in table.scan("Qwen3-8B-Instruct, qwen3 8b and qwen3")] == ["c", "b", "a"]


def test_a_version_is_not_the_beginning_of_another() -> None:
    assert [found.value for found in NameTable({"llama 3": "three"}).scan("llama 3.1")] == []


def test_many_kinds_in_one_question() -> None:
    found = values("Qwen3 32B Q4_K_M、4090 2枚、RAM 64GB、32k、10人で、Apacheは?")
    assert found == {
        "MOD1": "qwen3-32b",
        "QNT1": "Q4_K_M",
        "GPU1": "RTX 4090",
        "NUM1": 2,
        "GB1": 64,
        "CTX1": 32_000,
        "NUM2": 10,
        "LIC1": "apache-2.0",
    }


@pytest.mark.parametrize(
    ("text", "language", "other"),
    [
        ("おすすめは?", "ja", False),
        ("which one?", "en", False),
        ("RTX 4060 Laptop 8GBでおすすめは？", "ja", False),
        ("推奨構成", "ja", False),
        ("¿qué modelo es el mejor para mi portátil?", "en", True),
        ("推荐一个适合我的模型", "en", True),
        ("Какую модель выбрать?", "en", True),
        ("How do I translate お疲れ様です into English with a local model?", "en", False),
        ("quel est le meilleur modèle pour mon ordinateur", "en", True),
    ],
)
def test_language(text: str, language: str, other: bool) -> None:
    assert language_of(text) == (language, other)


def test_cleaning_removes_what_cannot_be_read() -> None:
    assert clean("a\ud800b\x00c\u200bd e\u0301\u0301\u0301\u0301\u0301f　ｇ") == "ab cd éf g"


def test_the_relevant_part_of_a_million_characters_is_found() -> None:
    text = "むかしむかし。" * 80_000 + "Qwen3 8Bは4090で動く?" + "おしまい。" * 80_000
    part = relevant(clean(text))
    assert len(part) < 2_000
    assert "おしまい" in part


def test_a_whole_names_letters_are_its_skeletons() -> None:
    for name in ("Qwen2.5-Coder 7B", "ラマ 3.1 の8B", "v0.3.", "クウェン・コーダー", "りんな", "a.b", "Command R+"):
        assert letters_of(name) == skeleton(name).letters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("top 3 models for my RTX 4090", {"NUM1": 3, "GPU1": "RTX 4090"}),
        ("3つ教えて、4090", {"NUM1": 3, "GPU1": "RTX 4090"}),
        ("M3 Max 128", {"MAC1": "M3 Max", "GB1": 128}),
        ("M3 Maxの64", {"MAC1": "M3 Max", "GB1": 64}),
        ("m3 max 14 inch", {"MAC1": "M3 Max"}),
        ("vram 24, ram 64", {"GB1": 24, "GB2": 64}),
        ("24GB vram 64GB ram", {"GB1": 24, "GB2": 64}),
        ("256 of system memory", {"GB1": 256}),
        ("百二十八ギガ", {"GB1": 128}),
        ("eleven gigs of vram", {"GB1": 11}),
        ("two 24 gig cards", {"NUM1": 2, "GB1": 24}),
        ("4*a100 40gb", {"NUM1": 4, "GPU1": "A100", "GB1": 40}),
        ("rtx4o9o 70b", {"GPU1": "RTX 4090", "PAR1": 70}),
        ("十二万トークンのコンテキスト", {"CTX1": 120_000}),
        ("64k tokens at a time", {"CTX1": 64_000}),
        ("8ビー", {"PAR1": 8}),
        ("三ドル以下", {"USD1": 3}),
        ("lamma 3.1 8b", {"MOD1": "llama-3.1-8b-instruct"}),
        ("clause 4 of the contract", {}),  # not Claude 4
        ("grow 4 tomatoes", {}),  # not Grok 4
    ],
)
def test_ways_of_writing_found_by_strangers(text: str, expected: dict[str, object]) -> None:
    assert values(text) == expected


def test_a_number_of_suggestions_is_not_one_of_cards() -> None:
    (count,) = [span for span in marked("top 3 models for my RTX 4090").spans if span.kind == "NUM"]
    assert count.hint == "count"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_labelled_questions_keep_their_spans(language: str) -> None:
    tables = tables_of(load_catalog())
    found = score(load_cases(language), tables)
    assert found.questions >= 90
    assert found.agreed >= 0.97 * found.labelled, [
        case["text"] for case in load_cases(language) if disagreements(case, tables)[0]
    ]
    assert found.exact >= 0.95 * found.questions


@pytest.mark.parametrize(
    "text", ["refactor a 2,000-line file", "edit a 500-page manuscript", "a k8s cluster", "M-1の漫才"]
)
def test_text_that_only_looks_like_a_card(text: str) -> None:
    tables = tables_of(load_catalog())
    assert [span for span in find_spans(clean(text), tables) if span.kind in ("GPU", "MAC")] == []


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("0123456789.,-~〜 xX×枚GBgbkK万のとtoRTXllama3qwenM4@$¥%#<>"), max_size=60))
def test_any_mixture_of_figures_gives_spans_in_order_without_overlap(text: str) -> None:
    spans = find_spans(clean(text), TABLES, conversation=True)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    assert all(0 <= span.start < span.end <= len(clean(text)) for span in spans)


def test_every_language_is_found_where_only_its_beginning_is_looked_for() -> None:
    assert all(all(beginnings) for _, _, beginnings in _LANGUAGES)
    assert values("a model for Māori and Maori") == {"LANG1": ("mi",)}
    assert values("タイの人と、ヒンディ語で") == {"LANG1": ("th",), "LANG2": ("hi",)}


def test_names_that_begin_alike_are_found_in_order() -> None:
    table = NameTable({"Qwen3 8B": "a", "Qwen3 14B": "b", "Qwen2 7B": "c"})
    assert list(table.beginning("qwen3")) == [("qwen314b", "b"), ("qwen38b", "a")]
    assert list(table.beginning("z")) == []
