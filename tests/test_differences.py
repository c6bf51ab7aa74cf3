"""What speaks for each of the compared models: only what is known of all, only what is more than noise or rounding."""

import pytest

from assistant.calls import Compare
from assistant.toolbox import Toolbox
from assistant.tools import compare
from assistant.writer.differences import differences
from assistant.writer.facts import comparison
from knowledge.catalog import load_catalog
from tests.small_catalog import api, catalog, ladder, model

MODELS = [
    *ladder(),
    model("long-7b", 7, 50.0, context_tokens=131_072, licence="llama3", inputs=("text", "image")),
    model("mixed-32b", 32, 50.0, active_parameters=3_000_000_000, languages=("en", "ja")),
    model("dark-7b", 7, 50.0, context_tokens=None, languages=(), licence="unheard-of"),
    model("priced-7b", 7, 50.0, price=api("x", 1.0, 0.4).price),
]


@pytest.fixture(scope="module")
def box():
    return Toolbox(catalog(*MODELS))


def lines(box, *names, language="en", **arguments):
    result = compare(box, Compare.model_validate({"models": list(names), **arguments}), language)
    told = differences(result, [row["model"] for row in result["models"]], language).splitlines()
    return [line.removeprefix("- ") for line in told]


def test_ability_memory_and_size_each_speak_for_one(box):
    small, large = lines(box, "small-7b", "huge-70b")
    # 7 and 70 billion weights at 4.85 bits, cache and overhead: 5.6 and 41.7 GiB
    assert small.startswith("**Small 7B**: less memory (") and "5.6 GiB against 41.7 GiB" in small
    assert "faster on the same machine (7B of parameters work on each token, against 70B)" in small
    assert "**Huge 70B**: more able, beyond the noise (general use:" in large


def test_japanese_says_the_same(box):
    small, large = lines(box, "small-7b", "huge-70b", language="ja")
    assert "メモリが少ない（Q4_K_M で" in small and "同じ機械なら速い" in small
    assert "**Huge 70B** の長所: 誤差を超えて実力が上（一般的な用途で" in large
    assert "日本語に対応と明記" in lines(box, "small-7b", "mixed-32b", language="ja")[1]


def test_a_tie_speaks_for_nobody(box):
    assert not any("more able" in line for line in lines(box, "small-7b", "third-7b"))
    assert lines(box, "small-7b", "third-7b")[0] == "**Small 7B**: ahead in nothing that is compared here."


def test_context_licence_images_and_active_parameters(box):
    small, long = lines(box, "small-7b", "long-7b")
    assert "the freer licence (apache-2.0, commercial use allowed)" in small
    assert "a longer context (131,072 tokens against 32,768)" in long and "it reads images" in long
    mixed = lines(box, "mixed-32b", "large-32b")[0]
    assert "faster on the same machine (3B of parameters work on each token, against 32B)" in mixed


def test_on_a_machine_speed_is_its_own(box):
    small = lines(box, "small-7b", "medium-14b", hardware={"gpu": "RTX 4090"})[0]
    assert "faster (about" in small and "same machine" not in small


def test_what_is_unknown_speaks_for_none_and_is_told(box):
    small, dark, unknown = lines(box, "small-7b", "dark-7b")
    assert "context" not in small + dark and "licence" not in small + dark and "languages" not in small + dark
    assert unknown == "Not known of Dark 7B: its context length, whether commercial use is allowed, its languages."
    assert not any("cheaper" in line for line in lines(box, "small-7b", "priced-7b"))


def test_only_one_runs_on_ones_own_machine_and_the_cheaper_api_is_told(box):
    own, cloud = lines(box, "huge-70b", "cloud-best")
    assert "it can run on your own machine" in own
    assert (
        "cheaper through an API ($1 against $20 per million tokens written)"
        in lines(box, "cloud-cheap", "cloud-best")[0]
    )
    assert "size" not in cloud  # of closed weights it is nobody's to know


def test_the_list_stands_before_the_table(box):
    result = compare(box, Compare.model_validate({"models": ["small-7b", "huge-70b"]}), "en")
    body = comparison(result, "en").body
    assert body.index("What speaks for which") < body.index("| Aspect |")


def test_speech_models_are_compared_at_speech():
    shipped = Toolbox(load_catalog())
    args = Compare.model_validate({"models": ["whisper-large-v3", "kotoba-whisper-v2.2"]})
    result = compare(shipped, args, "en")
    assert [task for task in result["tasks"] if task != "japanese"] == ["speech"]
    assert "context" not in differences(result, ["A", "B"], "en")
