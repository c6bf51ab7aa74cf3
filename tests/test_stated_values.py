"""What a question states plainly is used: values of one meaning, counts of cards, corrections, yearly and dear sums."""

import pytest

from assistant.reader.assemble import to_args
from assistant.reader.labels import Labels, choices, grammar
from assistant.reader.lexicon import lexicon
from assistant.reader.usage import usage_from
from tests.reader_tables import marked, values


@pytest.mark.parametrize(
    ("text", "tool", "name", "roles"),
    [
        ("32GB of RAM, poems", "recommend", "GB1", ("vram", "ram")),
        ("a poem model below 4B", "recommend", "PAR1", ("max",)),
        ("Q5でphi-4は3060に?", "fit", "QNT1", ("quant",)),
        ("phi-4 at 16k on a 3060", "fit", "CTX1", ("ctx",)),
        ("phi-4 for 12 users", "fit", "NUM1", ("users",)),
        ("32GB of RAM and 8GB VRAM", "recommend", "GB2", ("vram", "ram")),
    ],
)
def test_a_value_that_is_the_only_one_of_its_kind_is_always_meant(
    text: str, tool: str, name: str, roles: tuple[str, ...]
) -> None:
    assert choices(tool, marked(text).placeholders)[name] == roles  # type: ignore[arg-type]


def test_of_two_values_of_a_kind_one_may_be_said_in_passing() -> None:
    assert choices("recommend", marked("twelve gig card (12GB)").placeholders)["GB2"] == ("vram", "ram", "no")
    assert choices("recommend", marked("4Bか8Bか").placeholders)["PAR1"] == ("max", "no")


def test_a_number_of_suggestions_is_always_meant_in_a_conversation_only() -> None:
    three = marked("3つにして", conversation=True).placeholders
    assert choices("recommend", three, conversation=True)["NUM1"] == ("count",)
    assert choices("recommend", three)["NUM1"] == ("count", "no")


def test_the_grammar_offers_the_same_roles() -> None:
    assert '"<PAR1>" ("<r:max>")' in grammar(marked("a poem model below 4B").placeholders)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dual EPYC, one A100", {"GPU1": "A100"}),
        ("a pair-programming buddy on my 4080", {"GPU1": "RTX 4080"}),
        ("residual plots explained, RTX 3070", {"GPU1": "RTX 3070"}),
        ("3060でペアプログラミング", {"GPU1": "RTX 3060"}),
        ("dual used 3090s", {"NUM1": 2, "GPU1": "RTX 3090"}),
        ("RTX 3090s, a pair", {"GPU1": "RTX 3090", "NUM1": 2}),
        ("デュアル3090で", {"NUM1": 2, "GPU1": "RTX 3090"}),
        ("twin GPUs", {"NUM1": 2}),
        ("A100 ×4.", {"GPU1": "A100", "NUM1": 4}),
        ("M3 Max, 16 gig llm", {"MAC1": "M3 Max", "GB1": 16}),
    ],
)
def test_a_multiple_counts_cards_only_where_a_card_is_meant(text: str, expected: dict[str, object]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 models for my 3060", {"NUM1": 5, "GPU1": "RTX 3060"}),
        ("三十枚の原稿を3060で", {"GPU1": "RTX 3060"}),
        ("2こだけ教えて", {"NUM1": 2}),
        ("vram is 6", {"GB1": 6}),
        ("1人あたり8kトークン", {"CTX1": 8000}),
        ("100万トークン1ドルまで", {"USD1": 1}),
        ("フランス語OCR", {"LANG1": ("fr",)}),
        ("日英まじりのメモ", {"LANG1": ("ja", "en")}),
    ],
)
def test_what_stands_beside_a_figure(text: str, expected: dict[str, object]) -> None:
    found = {name: value for name, value in values(text).items() if value != 30}
    assert found == expected


def test_memory_beside_the_card_is_the_cards_own() -> None:
    question = marked("Threadripper, 512GB DDR5, and two A100 40GB cards")
    labels = Labels("recommend", {}, {"GB1": "vram", "NUM1": "gpus", "GPU1": "hw", "GB2": "vram"})
    assert to_args(labels, question)["hardware"] == {"gpu": "A100", "gpu_count": 2, "vram_gb": 40, "ram_gb": 512}


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("not Korean, Vietnamese", ["vi"]),
        ("rather than French I need Dutch", ["nl"]),
        ("英語ではなくドイツ語です", ["de"]),
        ("日本語じゃないとだめ", ["ja"]),
        ("英語だけじゃなくドイツ語も", ["en", "de"]),
    ],
)
def test_a_language_that_is_taken_back_is_none(text: str, languages: list[str]) -> None:
    question = marked(text)
    roles = {name: "lang" for name, _ in question.placeholders}
    assert to_args(Labels("recommend", {}, roles), question)["languages"] == languages


@pytest.mark.parametrize(
    "text", ["we do not own any GPUs, an API is fine", "zero GPUs here, pay per token", "グラボは一つも持っていません"]
)
def test_no_gpu_is_what_was_said_whoever_runs_the_model(text: str) -> None:
    args = to_args(Labels("recommend", {"hosting": "api"}), marked(text))
    assert args["hardware"] == {"gpu": None}


@pytest.mark.parametrize("text", ["GPUを買う気はない", "I run a GPU server", "no GPU limit"])
def test_a_gpu_not_bought_is_not_a_machine_without_one(text: str) -> None:
    assert "hardware" not in to_args(Labels("recommend", {}), marked(text))


def test_a_sum_that_buys_a_machine_is_no_price_of_tokens() -> None:
    question = marked("a $1,800 build for poems")
    assert "max_price" not in to_args(Labels("recommend", {}, {"USD1": "price"}), question)
    assert to_args(Labels("recommend", {}, {"USD1": "price"}), marked("up to $3"))["max_price"] == 3


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("and if it's 60M a month?", 60_000_000),
        ("月に3億だったら?", 300_000_000),
        ("say 2 million a day", round(2e6 * 365 / 12)),
    ],
)
def test_usage_needs_no_word_for_tokens_in_a_conversation(text: str, tokens: int) -> None:
    assert sum(usage_from(marked(text, conversation=True).spans).values()) == tokens
    assert usage_from(marked(text).spans) == {}


@pytest.mark.parametrize("text", ["月に3万円なら", "$50M a month", "20k users a day"])
def test_other_amounts_are_no_usage(text: str) -> None:
    assert "input_tokens" not in usage_from(marked(text, conversation=True).spans)


def test_no_pattern_holds_a_control_character() -> None:
    def strings(part: object) -> list[str]:
        if isinstance(part, dict):
            return [one for value in part.values() for one in strings(value)]
        return [part] if isinstance(part, str) else []

    found = strings(lexicon())  # "\b" in a TOML string of double quotes is a backspace
    assert found and not [one for one in found if any(ord(char) < 32 for char in one)]
