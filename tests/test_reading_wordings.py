"""What wordings mean, whatever the model thinks of them: denials, products beside cards, kana, people at once."""

from typing import Any

import pytest

from assistant.choosing.columns import EUROPE, columns, named
from assistant.reader.negation import denies_commercial_use
from assistant.reader.taken import notes
from assistant.reader.unsaid import unheeded
from knowledge.catalog import load_catalog
from tests.reading import TABLES, arguments, marked


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Windows 8 RTX 3070 for coding", None),
        ("Linux Mint 21 RTX 3080で翻訳", None),
        ("IdeaPad 7 RTX 4050 chat", None),
        ("Core Ultra 9 RTX 5070でおすすめは", None),
        ("Surface Laptop 6 M3 Max which model", None),
        ("we have 3 RTX 3080 for coding", 3),
        ("RTX 3080が2枚で翻訳", 2),
        ("うちは4 RTX 3080で翻訳", 4),
        ("four 3080s", 4),
        ("with 2 4090s", 2),
        ("run it on both A5000s", 2),
        ("both 3080s for coding", 2),
        ("L40S三枚で翻訳", 3),
        ("both my sons like the 3080", None),
        ("RTX 2080 Ti + GTX 1660の2枚で翻訳", None),
        ("a 4080 and two 3060s", None),
    ],
)
def test_digits_before_a_card_count_it_only_where_a_count_may_stand(text: str, count: int | None) -> None:
    assert arguments("recommend", text)["hardware"].get("gpu_count") == count


@pytest.mark.parametrize(
    ("text", "hardware"),
    [
        ("ビデオカードを替えました。十六ギガで最大は?", {"vram_gb": 16}),
        ("I bought a graphics card. What is the largest model for 12GB?", {"vram_gb": 12}),
        ("no graphics card, 12GB of memory", {"gpu": None, "ram_gb": 12}),
    ],
)
def test_a_bare_size_beside_a_graphics_card_is_its_own(text: str, hardware: dict[str, Any]) -> None:
    assert arguments("max_size", text)["hardware"] == hardware


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("tag 30k recipes in Danish", None),
        ("sort 12k customer letters", None),
        ("32k does it for me", 32_000),
        ("summaries with 16k", 16_000),
    ],
)
def test_thousands_of_things_are_no_context(text: str, tokens: int | None) -> None:
    assert arguments("recommend", text).get("context_tokens") == tokens


def test_several_cards_are_a_plural_and_not_a_super() -> None:
    assert arguments("recommend", "two 4080s")["hardware"] == {"gpu": "RTX 4080", "gpu_count": 2}
    assert arguments("recommend", "a 4080s")["hardware"] == {"gpu": "RTX 4080 Super"}


@pytest.mark.parametrize(
    ("text", "hardware"),
    [
        ("RTX4080スーパーで", {"gpu": "RTX 4080 Super"}),
        ("3090ティーアイで", {"gpu": "RTX 3090 Ti"}),
        ("ＲＴＸ５０６０ティーアイ １６ギガ", {"gpu": "RTX 5060 Ti", "vram_gb": 16}),
        ("さんまるはちまるのティーアイで", {"gpu": "RTX 3080 Ti"}),
        ("RX7900エックスティーで", {"gpu": "RX 7900 XT"}),
        ("4070ティーアイスーパーと64ギガのメモリ", {"gpu": "RTX 4070 Ti Super", "ram_gb": 64}),
    ],
)
def test_kana_after_a_card_is_part_of_its_name(text: str, hardware: dict[str, Any]) -> None:
    assert arguments("recommend", text)["hardware"] == hardware


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("Qwen3 8Bを同時に7人、1人あたり4kトークンで", 7),
        ("9人が一斉にQwen3 8Bを使う、1名につき2kトークン", 9),
        ("同時利用者は14、Qwen3 8B", 14),
        ("Qwen3 8B, twelve people at once, 2k each", 12),
        ("Qwen3 8B for a class of 24", 24),
        ("Qwen3 8B for 24 pupils", 24),
        ("Qwen3 8Bを6人で共有", 6),
    ],
)
def test_people_at_once_in_any_word_order(text: str, users: int) -> None:
    assert arguments("fit", text)["users"] == users


@pytest.mark.parametrize(
    "text",
    [
        "商用では使いません。翻訳用",
        "業務利用ではなく趣味です",
        "販売の予定はありません",
        "非商用で構わない",
        "商用利用できなくてもいい",
        "this is not for a commercial product",
        "non-commercial use only",
        "no plans for selling it",
        "we won't be using it commercially",
    ],
)
def test_commercial_use_may_be_denied(text: str) -> None:
    assert denies_commercial_use(text)


@pytest.mark.parametrize(
    "text",
    [
        "商用利用したい",
        "商用利用できないと困ります",
        "非商用ライセンスのものは除いて",
        "趣味ではなく商用です",
        "商用じゃなくて社内の業務で使う",
        "not just a hobby, a commercial product",
        "no non-commercial models",
        "without commercial restrictions",
        "趣味で使う",
        "製品として売る予定なので",
    ],
)
def test_what_denies_no_commercial_use(text: str) -> None:
    assert not denies_commercial_use(text)


@pytest.mark.parametrize(
    "text",
    [
        "RTX 3070は積んでいるけど使わずにCPUだけで",
        "3080が使えないのでCPUで",
        "RTX 3060 12GBは無効にして、CPUのみで",
        "I own a 3080 but it should run on CPU only",
        "without using my RTX 3080, which model",
        "I can't use the 3080, it is busy",
    ],
)
def test_a_card_that_is_not_to_be_used_is_none(text: str) -> None:
    assert arguments("recommend", text)["hardware"] == {"gpu": None}


@pytest.mark.parametrize(
    "text",
    ["RTX 3080とCPUの両方で", "RTX 3080を使う、CPUは使わない", "a 3080, but not the CPU", "CPUだけだと遅いので3080"],
)
def test_a_card_that_is_used_stays(text: str) -> None:
    assert arguments("recommend", text)["hardware"]["gpu"] == "RTX 3080"


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Qwen3 14BではなくQwen3 32Bは3090で動く?", "qwen3-32b"),
        ("Gemma 3 12Bじゃなくて27Bは3090で動く?", "gemma-3-27b-it"),
        ("Llama 3.1 8Bの代わりにQwen3 14Bは?", "qwen3-14b"),
        ("not Qwen3 14B but Qwen3 32B on a 3090", "qwen3-32b"),
        ("Qwen3 32B instead of Qwen3 14B on a 3090?", "qwen3-32b"),
        ("why not Qwen3 14B on a 3090", "qwen3-14b"),
    ],
)
def test_a_model_that_is_taken_back_is_not_asked_about(text: str, model: str) -> None:
    assert arguments("fit", text)["model"] == model


def test_a_family_that_is_not_wanted_is_excluded() -> None:
    assert arguments("recommend", "Gemmaじゃないモデルで翻訳")["exclude"] == ["Gemma"]
    assert "exclude" not in arguments("recommend", "Gemmaじゃなくてもいい、翻訳")


def test_a_size_that_is_taken_back_is_no_limit() -> None:
    assert arguments("recommend", "7Bではなく13Bまでで翻訳")["max_params_b"] == 13


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("フィー4は動く?", "phi-4"),
        ("ニモトロン70Bは動く?", "llama-3.1-nemotron-70b-instruct"),
        ("ジェマ3の27Bは動く?", "gemma-3-27b-it"),
        ("キュウェン3の14Bは動く?", "qwen3-14b"),
        ("qwn3 14b on a 3090", "qwen3-14b"),
        ("Qwe3 32b on a 3090", "qwen3-32b"),
    ],
)
def test_names_in_kana_and_with_a_letter_lost(text: str, model: str) -> None:
    assert arguments("fit", text)["model"] == model


@pytest.mark.parametrize(
    ("text", "most", "told"),
    [
        ("24B以上で翻訳", None, "「24B以上」"),
        ("9Bより大きいモデルで翻訳", None, "「9Bより大きい」"),
        ("3B以上9B以下で翻訳", 9, "「3B以上」"),
        ("3Bから9Bのモデルで翻訳", 9, "「3Bから」"),
        ("30B以上は載らないので翻訳用を", 30, None),
        ("a model larger than 9B for translation", None, "“larger than 9B”"),
        ("between 3B and 9B, translation", 9, "“between 3B”"),
        ("nothing over 9B, translation", 9, None),
        ("no more than 9B, translation", 9, None),
        ("9B or more, translation", None, "“9B or more”"),
        ("3-9B for translation", 9, "“3-”"),
    ],
)
def test_a_lower_end_is_no_upper_end(text: str, most: float | None, told: str | None) -> None:
    args = arguments("recommend", text)
    assert args.get("max_params_b") == most
    found = unheeded("recommend", args, marked(text))
    assert [str(told) in note["ja"] + note["en"] for note in found] == ([True] if told else [])


@pytest.mark.parametrize(
    "text",
    [
        "Claude並みのモデルをローカルで",
        "GPT-4oに匹敵する翻訳モデル",
        "GPT-4クラスで翻訳",
        "something comparable to GPT-4o",
        "a Claude-level model for coding",
    ],
)
def test_a_level_is_neither_asked_about_nor_excluded(text: str) -> None:
    assert not {"exclude", "model"} & set(arguments("recommend", text))
    assert len(unheeded("recommend", {}, marked(text))) == 1


def test_models_compared_by_level_are_both_named() -> None:
    assert [span.hint for span in marked("is Qwen3 32B as good as GPT-4o?").spans] == ["", ""]


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("国内開発のモデルで要約", "outside Japan"),
        ("ドイツの企業が作ったモデルで要約", "outside Germany"),
        ("欧州のモデルで要約", "outside Europe"),
        ("フランス製以外で要約", "France"),
        ("summarise with a model developed in Canada", "outside Canada"),
        ("European-made models to summarise", "outside Europe"),
        ("summarise, but not models made in Germany", "Germany"),
        ("チャットジーピーティー以外で要約", "ChatGPT"),
    ],
)
def test_where_models_come_from(text: str, excluded: str) -> None:
    assert arguments("recommend", text)["exclude"] == [excluded]


@pytest.mark.parametrize(
    "text", ["日本語の要約", "European languages to summarise", "French summaries", "日本の法律の要約"]
)
def test_a_language_is_no_origin(text: str) -> None:
    assert "exclude" not in arguments("recommend", text)


def test_outside_a_place_rules_out_every_other_maker() -> None:
    """The country of the maker decides: of what "outside Japan" leaves, every maker is Japanese."""
    one = columns(load_catalog())
    for words, countries in {
        ("outside Japan", "日本以外"): {"JP"},
        ("outside Europe", "ヨーロッパ以外"): set(EUROPE),
        ("outside US", "アメリカ以外"): {"US"},
    }.items():
        for word in words:
            left = [model.country for model, out in zip(one.models, named(one, word), strict=True) if not out]
            assert left
            assert set(left) <= countries


def test_chatgpt_means_the_gpt_models_of_its_maker() -> None:
    one = columns(load_catalog())
    found = {model.id for model, out in zip(one.models, named(one, "ChatGPT"), strict=True) if out}
    assert "gpt-oss-20b" in found
    assert not any("neox" in name or "claude" in name for name in found)


@pytest.mark.parametrize(
    "text", ["100万トークン20円以下で", "月8000円までで", "7万円くらいでグラボを買って", "予算は15万円で"]
)
def test_yen_are_told_as_not_taken_into_account(text: str) -> None:
    assert "円" in unheeded("recommend", {}, marked(text))[0]["ja"]


@pytest.mark.parametrize(
    ("text", "model", "near"),
    [
        ("Gemma 3の20Bは3090で動く?", "gemma-3-27b-it", True),  # 27/20 is less than 20/12
        ("Qwen3の9Bは3060で動く?", "qwen3-8b", True),
        ("30B Llama 3.1 on an A100?", "llama-3.1-70b-instruct", True),  # 70/30 is less than 30/8
        ("R1の蒸留モデルの32Bは3090で動く?", "deepseek-r1-distill-qwen-32b", False),
        ("Qwen3の14Bは3090で動く?", "qwen3-14b", False),
    ],
)
def test_a_size_that_a_family_has_not_is_the_nearest_and_said(text: str, model: str, near: bool) -> None:
    args = arguments("fit", text)
    assert args["model"] == model
    names = {model: model}
    assert any("nearest" in note["en"] for note in notes(args, marked(text), TABLES, names)) == near


def test_a_limit_beside_a_family_stays_a_limit() -> None:
    assert arguments("recommend", "Gemma 3の20B以下で翻訳")["max_params_b"] == 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Gemma 3は3060で動く?", True),
        ("Claudeの料金は?", True),
        ("Gemma 3 12B on a 3060?", False),
        ("Phi-4は3060で動く?", False),
    ],
)
def test_a_family_alone_is_told_as_what_it_was_taken_for(text: str, said: bool) -> None:
    names = {model.id: model.name for model in load_catalog().models.values()}
    assert bool(notes(arguments("fit", text), marked(text), TABLES, names)) == said
