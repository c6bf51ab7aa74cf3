"""Words of the field written otherwise are read as they are usually written, other words as they stand."""

import pytest

from assistant.reader.lexicon import words
from assistant.reader.respelling import respelt


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("エルエルエムとは", "LLMとは"),
        ("ジージーユーエフって何", "GGUFって何"),
        ("エーピーアイとローカルの違い", "APIとローカルの違い"),
        ("ケーブイキャッシュとは", "KVキャッシュとは"),
        ("アールティーエックス4090で", "RTX4090で"),
        ("ヴイラムとメモリの違い", "VRAMとメモリの違い"),
        ("ロープスケーリングとは", "RoPEスケーリングとは"),
        ("スペキュレーティブ・デコーディング", "投機的デコーディング"),
        ("コンテクスト長", "コンテキスト長"),
        ("クオンタイゼーションとは", "量子化とは"),
        ("what does a k v cash do", "what does a KV cache do"),
        ("rope scaleing meaning", "RoPE scaling meaning"),
        ("what is quantizaton", "what is quantization"),
        ("perplexty and halucination", "perplexity and hallucination"),
    ],
)
def test_variants_become_the_usual_word(written: str, usual: str) -> None:
    assert respelt(written) == usual


@pytest.mark.parametrize(
    ("written", "japanese"),
    [
        ("osusume no moderu wa?", "おすすめのモデルは?"),
        ("ryoushika to wa nan desu ka", "量子化とは何ですか"),
        ("RTX 4090 de Llama 3.3 70B wa ugokimasu ka", "RTX 4090 で Llama 3.3 70B は動きますか"),
    ],
)
def test_a_japanese_sentence_in_latin_letters_is_read_as_japanese(written: str, japanese: str) -> None:
    assert respelt(written) == japanese


@pytest.mark.parametrize(
    "text",
    [
        "no, to be honest I made a mistake",
        "Le modele de chat est de trop",
        "a nan in the loss, what to do",
        "コーヒーとアイビー",
        "システムとサービス",
        "speculations on embedded quantized models",
        "summarisations of contexts",
        "the best model for my shop",
        "",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert respelt(text) == text


def test_words_often_misspelt_are_not_taken_for_each_other() -> None:
    assert all(respelt(word) == word for word in words("often_misspelt"))
