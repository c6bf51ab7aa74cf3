"""Every claim a chat model makes must stand in the evidence."""

import pytest

from assistant.writer.evidence import gather, sentences, unsupported

RESULT = {"picks": [{"model": "Qwen3 8B", "quant": "Q4_K_M", "total_mib": 6349.4}], "fits": True}
ENGLISH = gather(
    "en",
    [
        "For coding, start with Qwen3 8B (Q4_K_M). weights 4.7 GB (4812 MiB) + KV cache 1.1 GB = 6.2 GB. "
        "Its licence is Apache-2.0."
    ],
    RESULT,
    2,
    names=("DeepSeek", "Mistral", "Qwen3"),
)
JAPANESE = gather(
    "ja",
    ["コーディングなら、まず Qwen3 8B (Q4_K_M) です。重み 4.7 GB、合計 6.2 GB。量子化で小さくなります。"],
    RESULT,
    1,
)


@pytest.mark.parametrize(
    "sentence",
    [
        "For coding, Qwen3 8B is a good start [1].",
        "Its weights take 4.7 GB and its KV cache 1.1 GB [2].",
        "The licence is Apache-2.0.",
    ],
)
def test_supported_sentences_pass(sentence):
    assert unsupported(sentence, ENGLISH) is None


@pytest.mark.parametrize(
    "sentence, reason",
    [
        ("For coding, Qwen3 8B needs 7.5 GB of weights.", "number 7.5"),
        ("For coding, Llama 4 is a start for weights.", "name"),
        ("For coding, start with DeepSeek and its weights.", "name deepseek"),
        ("Mistral weights start coding.", "name mistral"),
        ("PhiNext weights start coding.", "name PhiNext"),
        ("Qwen3 8B has a better licence.", "verdict"),
        ("The weights are cited in another passage [3].", "citation [3]"),
        ("Qwen3 8B fits the licence of coding.", "verdict"),
        ("The licence of Qwen3 8B allows commercial coding.", "verdict"),
        ("The weights are twice the cache of coding.", "number twice"),
        ("See https://example.org for the licence weights.", "link or markup"),
        ("The weights <img src=x> start coding.", "link or markup"),
        ("重みは 4.7 GB です。", "language"),
        ("Purple elephants dance gracefully over silent mountains.", "words"),
        ("no", "length"),
    ],
)
def test_unsupported_sentences_are_held_back(sentence, reason):
    assert (unsupported(sentence, ENGLISH) or "").startswith(reason)


def test_japanese_is_checked_the_same_way():
    assert unsupported("コーディングなら Qwen3 8B の量子化が候補です [1]。", JAPANESE) is None
    assert unsupported("重みは 5.3 GB です。", JAPANESE) == "number 5.3"
    assert unsupported("重みは合計の三倍です。", JAPANESE) == "number 三倍"
    assert unsupported("昨日は公園で猫と散歩して楽しい時間を過ごした。", JAPANESE) == "words"
    assert unsupported("This is the weights of Qwen3 8B.", JAPANESE) == "language"


def test_full_width_digits_are_digits():
    assert unsupported("重みは ９．９ GB です。", JAPANESE) == "number 9.9"


def test_numbers_may_be_rounded_but_not_changed():
    # 6349.4 MiB in the result: 6349 is its rounding to no decimals
    assert unsupported("The weights and cache of Qwen3 8B: 6349 MiB.", ENGLISH) != "number 6349"
    assert unsupported("The weights and cache of Qwen3 8B: 6350 MiB.", ENGLISH) == "number 6350"


def test_sentences_come_out_whole_whatever_the_pieces():
    text = "Qwen3 is 4.7 GB. It is good! 日本語です。次の文"
    whole = ["Qwen3 is 4.7 GB.", "It is good!", "日本語です。", "次の文"]
    assert list(sentences([text])) == whole
    assert list(sentences(list(text))) == whole
