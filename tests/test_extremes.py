"""What a comparison is asked for in one word: the first, those that share the first place, or that nothing differs."""

import pytest

from assistant.calls import Compare
from assistant.toolbox import Toolbox
from assistant.tools import compare
from assistant.writer.extremes import extremes
from tests.small_catalog import catalog, model

MODELS = [
    model("free-7b", 7, 50.0, context_tokens=131_072),
    model("meta-7b", 7, 50.0, context_tokens=131_072, licence="llama3"),
    model("short-7b", 7, 50.0, context_tokens=8_192, licence="cc-by-nc-4.0"),
]


@pytest.fixture(scope="module")
def box():
    return Toolbox(catalog(*MODELS))


def told(box, ask, *names, language="ja"):
    result = compare(box, Compare.model_validate({"models": list(names)}), language)
    return extremes({**result, "asks": [ask]}, [row["model"] for row in result["models"]], language)


def test_those_that_share_the_first_place_are_named_together(box):
    (line,) = told(box, "context", "free-7b", "meta-7b", "short-7b")
    assert line.startswith("コンテキストが最も長いのは **Free 7B、Meta 7B** です（")
    (same,) = told(box, "context", "free-7b", "meta-7b")
    assert same.startswith("この点に差はありません（")
    (english,) = told(box, "context", "free-7b", "meta-7b", "short-7b", language="en")
    assert english.startswith("The longest context: **Free 7B and Meta 7B** (")


def test_the_freest_licence_is_the_one_with_the_fewest_terms(box):
    (line,) = told(box, "licence", "short-7b", "meta-7b", "free-7b")
    assert line.startswith("ライセンスが最も自由なのは **Free 7B** です（Free 7B: ") and "商用可" in line
    (english,) = told(box, "licence", "short-7b", "meta-7b", language="en")
    assert english.startswith("The freest licence: **Meta 7B** (")
