"""A pick that fills its device nearly whole says so, with what leaves more."""

import pytest

from assistant.memory.notes import TIGHT
from assistant.writer.write import draft
from tests.small_catalog import ladder, model
from tests.test_recommend import ask


def first(size_gb, models=None, **arguments):
    return ask(models or ladder(), hardware={"vram_gb": size_gb}, **arguments)["picks"][0]


def test_it_is_told_exactly_where_little_is_left():
    told = []
    for tenths in range(60, 100):
        pick = first(tenths / 10)
        left = pick["fit"]["available_mib"] - pick["fit"]["total_mib"]
        assert (pick["tight"] is not None) == (left * 2**20 < TIGHT), tenths
        told.append(pick["tight"] is not None)
    assert True in told and False in told


def test_a_smaller_quantisation_is_named_with_its_size():
    pick = next(pick for tenths in range(60, 100) if (pick := first(tenths / 10))["tight"] and pick["tight"]["quant"])
    assert pick["tight"]["quant"] != pick["quant"] and pick["tight"]["total_mib"] < pick["fit"]["total_mib"]
    assert pick["tight"]["left_mib"] == pytest.approx(pick["fit"]["available_mib"] - pick["fit"]["total_mib"], abs=1)


def test_what_is_partly_in_ram_is_never_tight():
    in_ram = ask([model("large-14b", 14, 90.0)], hardware={"gpu": "RTX 4060 Laptop", "ram_gb": 64})["picks"][0]
    assert in_ram["fit"]["placement"] == "partial" and in_ram["tight"] is None


@pytest.mark.parametrize(
    ("language", "quant", "words"),
    [
        (
            "en",
            "Q4_K_M",
            "Only 100 MiB are left beside the usual margin: more is left with other programs closed, Q4_K_M",
        ),
        ("ja", "Q4_K_M", "100 MiB しか残りません。余裕を増やす方法: ほかのプログラムを閉じる、Q4_K_M"),
        ("en", None, "other programs closed or a shorter context."),
        ("ja", None, "ほかのプログラムを閉じる、コンテキストを短くする。"),
    ],
)
def test_the_answer_says_it_in_a_line(language, quant, words):
    result = ask(ladder(), None, language, hardware={"vram_gb": 24})
    assert words not in draft("recommend", result, language).verdict
    result["picks"][0]["tight"] = {"left_mib": 100, "quant": quant, "total_mib": 4_000.0 if quant else None}
    assert words in draft("recommend", result, language).verdict


def alone(size_gb, **arguments):
    return first(size_gb, [model("only-7b", 7, 50.0)], **arguments)


def left_mib(pick):
    return pick["fit"]["available_mib"] - pick["fit"]["total_mib"]


@pytest.mark.parametrize("tenths", range(68, 116, 2))
def test_the_last_half_gigabyte_is_not_filled_for_a_step_of_quantisation(tenths):
    """From Q4_K_M on a step is worth 0.05 at most, a sixth of 0.3: not a sixth of the half GiB is taken for it."""
    pick = alone(tenths / 10)
    assert pick["quant"] in ("Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0")
    assert left_mib(pick) * 2**20 > 5 / 6 * TIGHT


def test_who_wants_quality_first_fills_more():
    sizes = [tenths / 10 for tenths in range(68, 116, 2)]
    wanted, usual = ([left_mib(alone(size, **wish)) for size in sizes] for wish in ({"priority": "quality"}, {}))
    assert all(one <= other for one, other in zip(wanted, usual, strict=True)) and wanted != usual


def test_what_is_clearly_better_may_fill_a_card():
    strong, weak = model("strong-7b", 7, 90.0), model("weak-7b", 7, 20.0, architecture=None, parameters=1_000_000_000)
    picks = [first(tenths / 10, [strong, weak, *ladder()]) for tenths in range(44, 60)]
    assert any(pick["id"] == "strong-7b" and left_mib(pick) * 2**20 < TIGHT for pick in picks)
