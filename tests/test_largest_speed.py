"""The largest size at a least speed: what is as fast, what memory alone would hold, a speed that is unknown."""

import pytest

from assistant.calls import Hardware, MaxSize
from assistant.hardware.stated import stated
from assistant.memory.fit import fit
from assistant.memory.generic import generic_model
from assistant.toolbox import Toolbox
from assistant.tools import max_size
from assistant.writer.fitting import largest
from knowledge.catalog import load_catalog

CATALOG = load_catalog()
CARD = Hardware(gpu="RTX 4090")


def ask(**values):
    return max_size(Toolbox(CATALOG), MaxSize.model_validate({"hardware": CARD, **values}), "en")


def speed(size, quant="Q4_K_M"):
    machine = stated(CARD, CATALOG)
    report = fit(generic_model(f"{size:.2f}B"), quant=quant, context_tokens=8192, machine=machine, exact=False)
    return report.speed.mid


def test_sizes_are_the_largest_that_are_as_fast():
    result, alone = ask(min_speed=60), ask()["max_params_b"]
    sizes = result["max_params_b"]
    assert result["held_params_b"] == alone
    assert all(sizes[quant] <= alone[quant] for quant in sizes)
    # 1,008 GB/s by three quarters for 60 tokens/s: 12.6 GB a token, at 4.9 bits 20.6B less the cache and fixed costs
    assert 17 < sizes["Q4_K_M"] < 20.6
    assert speed(sizes["Q4_K_M"] - 0.1) >= 60 > speed(sizes["Q4_K_M"] + 0.2)


def test_models_are_as_fast_and_in_the_finest_quantisation_that_is():
    models = ask(min_speed=60)["models"]
    assert models and all(one["tokens_per_second"]["mid"] >= 60 for one in models)
    sizes = {one["id"]: one["quant"] for one in ask()["models"]}
    assert {one["id"] for one in models} != set(sizes)


def test_a_speed_that_memory_keeps_anyway_changes_nothing():
    slow = ask(min_speed=1)
    assert slow["max_params_b"] == slow["held_params_b"] == ask()["max_params_b"]


@pytest.mark.parametrize(
    ("language", "told", "held", "none"),
    [
        ("en", "at **60 tokens/s or more**", "Its memory alone would hold", "No size that is of use"),
        ("ja", "毎秒 60 トークン以上", "メモリだけなら", "実用になる大きさのモデルはありません"),
    ],
)
def test_the_answer_tells_the_condition(language, told, held, none):
    result = ask(min_speed=60)
    text = largest(result, language).text()
    assert told in text and held in text and f"{result['max_params_b']['Q4_K_M']:g}B" in text
    assert held not in largest(ask(min_speed=1), language).text()
    assert none in largest(ask(min_speed=1900), language).text()


@pytest.mark.parametrize(("language", "words"), [("en", "could not be looked at"), ("ja", "条件は見ていません")])
def test_a_speed_that_cannot_be_told_is_said(language, words):
    result = ask(min_speed=60, hardware=Hardware(gpu="Smartphone", ram_gb=12))
    assert result["speed_known"] is False and result["max_params_b"] == result["held_params_b"]
    assert words in largest(result, language).text()
