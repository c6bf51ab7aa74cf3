"""A task that a wish names in so many words stands above what its labels say."""

import pytest

from assistant.reader.named_task import names_only_a_language, task_of
from tests.reading import marked


@pytest.mark.parametrize(
    ("text", "read", "meant"),
    [
        ("画像から表を抜き出す", "extraction", "vision"),
        ("手書きのカルテをテキスト化", "writing", "vision"),
        ("answer questions about charts in pdf screenshots", "rag", "vision"),
        ("get my handwritten notes digitised", "writing", "vision"),
        ("ボイスメモを文にしてくれるやつ", "writing", "speech"),
        ("transcribe my interviews", "summarization", "speech"),
        ("add subtitles to my lecture videos", None, "speech"),
        ("math model up to 14b", None, "math"),
        ("it should not be bigger than 32B, writing", None, "writing"),
        ("best quality for RAG on a 7900 XTX", None, "rag"),
        ("翻訳用で8GB", "writing", "translation"),
        ("バナーを文章から作るAI", "writing", "image"),
        ("13B以下で物語", None, "writing"),
    ],
)
def test_a_named_task_is_taken(text: str, read: str | None, meant: str) -> None:
    assert task_of(read, marked(text)) == meant


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("写真の背景を消したい", "image"),
        ("for coding, and for translation as well", "coding"),  # two are named
        ("コード用じゃなくて会話用のモデル", "chat"),
        ("which model for writing C++?", "coding"),
        ("captions for my Etsy shop", "writing"),
        ("挿絵は自分で描く。文章の相棒", "writing"),
        ("要約と翻訳に使えるもの", "summarization"),
        ("names out of typed letters", "extraction"),
        ("something for my laptop", None),
    ],
)
def test_else_the_labels_stand(text: str, read: str | None) -> None:
    assert task_of(read, marked(text)) == read


@pytest.mark.parametrize("text", ["and for Japanese?", "what about German", "日本語ならどれ", "フランス語は？"])
def test_a_language_alone_names_no_task(text: str) -> None:
    assert names_only_a_language(marked(text))


@pytest.mark.parametrize("text", ["French into English", "日本語に訳せる？", "for Japanese novels", "Thai on a 3060"])
def test_a_language_with_anything_else_may(text: str) -> None:
    assert not names_only_a_language(marked(text))
