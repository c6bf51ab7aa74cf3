"""What people who tried Mekiki meant: wishes and chores, scans, processors, caches, fears for data, training."""

from typing import Any

import pytest

from assistant.reader.asks import asks_two, compared_by, fears_for_data, of_the_cache
from assistant.reader.negation import denies_commercial_use
from assistant.reader.unsaid import asks_training, is_chore, speaks_of_models, users_at_once
from tests.reading import arguments, marked


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("SQL書かせたい。Llama系で。24GB", ["outside Llama"]),
        ("Gemma系のモデルでチャット", ["outside Gemma"]),
        ("a Llama-based model for role play", ["outside Llama"]),
        ("Llama family, coding", ["outside Llama"]),
        ("Llama系以外で", ["Llama"]),
        ("Qwen系は避けたい", ["Qwen"]),
    ],
)
def test_a_family_that_is_wished_for_is_not_left_out(text: str, excluded: list[str]) -> None:
    assert arguments("recommend", text)["exclude"] == excluded


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("商用NGのものも含めて", True),
        ("商用不可のものも入れて", True),
        ("商用NGでも構わない", True),
        ("商用NGは除いて", False),
        ("商用不可のモデルは避けたい", False),
    ],
)
def test_what_is_not_for_commercial_use_may_be_allowed(text: str, denied: bool) -> None:
    assert denies_commercial_use(text) is denied


@pytest.mark.parametrize(
    ("text", "chore"),
    [
        ("I want you to translate this mail: Dear Sir", True),
        ("I'd like this paragraph rewritten more politely: hey you", True),
        ("以下のコードのバグを直してもらいたい", True),
        ("下記のメールへの返信文を考えてほしい", True),
        ("この文を要約してほしい", True),
        ("請求書のテキストから金額を抜き出してほしい：合計 3000円", True),
        ("翻訳してほしい文があります。Hello", True),
        ("I want to translate mails", False),
        ("I want you to recommend something for mails", False),
        ("I'd like something to rewrite my emails politely", False),
        ("メールを英訳してほしい。毎日100通くらい", False),
        ("議事録をまとめてほしい", False),
        ("この手の文章を訳したい", False),
    ],
)
def test_a_chore_told_as_a_wish_is_told_from_a_wish_for_a_model(text: str, chore: bool) -> None:
    assert is_chore(marked(text)) is chore


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("which model can look at x-rays?", "vision"),
        ("a model to write findings from CT scans", "vision"),
        ("radiology images, which model", "vision"),
        ("レントゲン写真の所見を書くモデル", "vision"),
        ("MRIを見て説明できるモデル", "vision"),
        ("読影を手伝うモデル", "vision"),
        ("summarize chest x-ray reports", "summarization"),
        ("放射線科のレポートを要約する", "summarization"),
    ],
)
def test_scans_are_looked_at_and_their_reports_read(text: str, task: str) -> None:
    assert arguments("recommend", text)["task"] == task


@pytest.mark.parametrize(
    ("text", "hardware"),
    [
        ("I'm on a Ryzen 5 5600G, no GPU, 32GB RAM", {"gpu": None, "ram_gb": 32}),
        ("Ryzen 7 5700X, 64GB, coding", {"ram_gb": 64}),
        ("i5-8400 and 16GB, summaries", {"ram_gb": 16}),
        ("Xeon E5 256GB, RAG", {"ram_gb": 256}),
        ("Surface Pro 16GBで要約", {"ram_gb": 16}),
        ("パソコンはふつうのやつ(16GB)。翻訳したい", {"ram_gb": 16}),
        ("事務用PC(i3 8GB)で要約", {"ram_gb": 8}),
        ("Ryzen 7 5800X with an RX 6700 XT, coding", {"gpu": "RX 6700 XT"}),
        ("Ryzen AI Max+ 395 128GB, coding", {"gpu": "Radeon 8060S", "ram_gb": 128}),
    ],
)
def test_a_processor_is_no_card_and_the_memory_beside_it_is_the_computer_s(text: str, hardware: dict[str, Any]) -> None:
    assert arguments("recommend", text)["hardware"] == hardware


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("100人くらいの会社で同時に10人くらいが使う", 10),
        ("社員300名、同時接続20", 20),
        ("We are 200 people, about 15 at once", 15),
        ("a team of 30, at most 4 at the same time", 4),
        ("40 people", None),
    ],
)
def test_of_several_numbers_of_people_those_at_once_count(text: str, users: int | None) -> None:
    assert users_at_once(marked(text).spans, text) == users


@pytest.mark.parametrize(
    ("text", "kv_type", "quant"),
    [
        ("KV cache of Qwen3 14B with q8_0 at 64k", "q8_0", None),
        ("Qwen3 8BのKVキャッシュ、q4_0だといくら？", "q4_0", None),
        ("kv cache of Llama 3.1 8B Q8_0 at 32k?", None, "Q8_0"),
        ("KV cache of Qwen3 14B Q4_K_M?", None, "Q4_K_M"),
    ],
)
def test_a_quantisation_where_the_cache_is_asked_about_is_the_cache_s(
    text: str, kv_type: str | None, quant: str | None
) -> None:
    found = of_the_cache(arguments("fit", text), ("cache",), marked(text))
    assert (found.get("kv_type"), found.get("quant")) == (kv_type, quant)


def test_languages_in_a_row_of_arrows_are_all_read() -> None:
    assert arguments("recommend", "日→中→英の翻訳")["languages"] == ["ja", "zh", "en"]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Compare the price of GPT-5 and Claude Opus", ("price",)),
        ("Qwen3 8BとLlama 3.1 8Bのライセンスを比べて", ("licence",)),
        ("compare the context length of Phi-4 and Qwen3 14B", ("context",)),
        ("Qwen3 8B vs Llama 3.1 8B", ()),
    ],
)
def test_models_are_compared_by_what_is_named(text: str, asks: tuple[str, ...]) -> None:
    assert compared_by(marked(text)) == asks


@pytest.mark.parametrize(
    ("text", "hosting"),
    [
        ("support chatbot, own server or an API, which is cheaper?", "any"),
        ("チャットボット。自社サーバーかAPIかどっちが安い？", "any"),
        ("経費のAPIとカレンダーAPIを叩くbot", None),
    ],
)
def test_an_api_weighed_against_one_s_own_server_leaves_both(text: str, hosting: str | None) -> None:
    assert (arguments("recommend", text).get("hosting") == "any") is (hosting == "any")


@pytest.mark.parametrize(
    "text",
    [
        "Is it safe to use Chinese models like Qwen in a law firm?",
        "Is ChatGPT allowed to read my client files?",
        "中国製のモデルは情報が抜かれたりしませんか",
        "Qwenって中国にデータ送られる？",
        "依頼者の情報を入れても平気？",
    ],
)
def test_fears_for_data_are_told(text: str) -> None:
    assert fears_for_data(marked(text))
    assert not fears_for_data(marked("a model that keeps patient data safe, I want one for a law firm"))


@pytest.mark.parametrize(
    ("text", "model", "quant"),
    [
        ("does Qwen3-32B-GPTQ fit in 24GB?", "qwen3-32b", "GPTQ"),
        ("Qwen3-8B-AWQは16GBで足りる？", "qwen3-8b", "AWQ"),
        ("Llama-3.1-8B-Instruct-FP8 on 16GB", "llama-3.1-8b-instruct", "FP8"),
        ("Qwen3-14B-int4 on 12GB", "qwen3-14b", "Q4"),
    ],
)
def test_a_quantisation_at_the_end_of_a_file_s_name_is_one(text: str, model: str, quant: str) -> None:
    found = arguments("fit", text)
    assert (found["model"], found["quant"]) == (model, quant)


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("LoRA on a 4-bit 13B, how much VRAM?", "qlora"),
        ("4bitの7BをLoRAで学習", "qlora"),
        ("LoRA on Llama 3.1 8B, 24GB?", "lora"),
        ("8bit LoRA on a 13B", "lora"),
    ],
)
def test_adapters_on_four_bits_are_qlora(text: str, method: str) -> None:
    assert arguments("finetune_memory", text)["method"] == method


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("I need to fine-tune a 7B model on my 3060 12GB with my own tickets. Possible?", True),
        ("7Bを3060 12GBで自社データにファインチューニングしたい。できる？", True),
        ("a 7B model for a 3060 that I can fine-tune, which is best?", False),
    ],
)
def test_whether_a_size_can_be_trained_is_asked(text: str, asked: bool) -> None:
    assert asks_training(marked(text), "recommend") is asked


def test_which_of_two_models_is_better_is_a_comparison() -> None:
    assert asks_two(marked("4bit量子化したLlama 3.3 70Bと8bitのQwen3 32Bどっちが賢い？"), "explain")
    assert not asks_two(marked("why is Qwen3 32B better than Qwen3 8B?"), "explain")
    assert not asks_two(marked("which quantisation of Qwen3 8B?"), "explain")


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("a model which doesn't think out loud, 8GB VRAM", "instruct"),
        ("考え込まないモデル、8GB VRAM", "instruct"),
        ("no reasoning models please", "instruct"),
        ("a model for chat, 8GB VRAM", None),
    ],
)
def test_who_wants_no_thinking_wants_plain_answers(text: str, variant: str | None) -> None:
    assert arguments("recommend", text).get("variant") == variant


@pytest.mark.parametrize("text", ["リランカーのおすすめ、日本語", "any good reranker?"])
def test_words_of_the_field_tie_a_wish_to_it(text: str) -> None:
    assert speaks_of_models(marked(text))
    assert arguments("recommend", text)["task"] == "embedding"
