"""Who asks for reading documents is told of the models made for it, which no test in the catalog ranks."""

import pytest

from assistant.calls import Recommend, parse_call
from assistant.choosing.recommend import recommend
from assistant.stated.values import with_variant
from assistant.toolbox import Toolbox
from assistant.writer.recommendation import recommendation
from tests.small_catalog import catalog, ladder, model


def reads(name, size=1.0, **fields):
    return model(name, size, variant="ocr", inputs=("text", "image"), **fields)


MODELS = [
    *ladder(), model("sees-7b", 7, 70.0, variant="vision", inputs=("text", "image"), languages=("en", "ja")),
    reads("reads-1b", lab="A", licence="apache-2.0", languages=("en", "ja")),
    reads("reads-older-1b", lab="A", licence="apache-2.0"), reads("reads-3b", 3, lab="B", licence="apache-2.0"),
    reads("reads-nc-2b", 2, lab="C", licence="cc-by-nc-4.0"), reads("reads-api-1b", lab="D", open_weights=False),
]  # fmt: skip


def asked(**arguments):
    args = Recommend.model_validate({"task": "vision", "variant": "ocr", "hardware": {"vram_gb": 24}, **arguments})
    return recommend(Toolbox(catalog(*MODELS), None), args, "en")


def names(**arguments):
    return [row["id"] for row in asked(**arguments)["specialists"]]


def test_one_of_each_maker_that_meets_what_was_stated():
    assert sorted(names(languages=["ja"])) == ["reads-1b", "reads-3b", "reads-nc-2b"]
    assert "reads-nc-2b" not in names(commercial_use=True) and "reads-3b" in names(commercial_use=True)
    assert "reads-3b" not in names(max_params_b=2) and "reads-api-1b" not in names()
    assert names(languages=["ja"])[0] == "reads-1b"
    assert names(variant=None) == []


@pytest.mark.parametrize(("language", "title"), [("en", "made for reading"), ("ja", "読み取り専用")])
def test_they_are_named_with_what_is_not_known(language, title):
    text = recommendation(asked(languages=["ja"]), language).text()
    assert title in text and "Reads 1B" in text and "Reads Older 1B" not in text


@pytest.mark.parametrize(
    ("question", "task", "variant"),
    [
        ("Best OCR model for invoices?", "vision", "ocr"),
        ("which model reads handwriting", "vision", "ocr"),
        ("a model for scanned receipts", "vision", "ocr"),
        ("手書きの申込書を読むモデル", "vision", "ocr"),
        ("領収書の読み取りに使えるモデル", "vision", "ocr"),
        ("which model describes photos best?", "vision", None),
        ("監視カメラの画像認識に使うモデル", "vision", None),
        ("best model for medical OCR", "chat", None),  # another task was read
    ],
)
def test_the_wish_is_read_from_words(question, task, variant):
    call = with_variant(parse_call("recommend", {"task": task}), question)
    assert call.arguments().get("variant") == variant
