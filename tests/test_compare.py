"""Comparing: stated quantisations, who leads and within which noise, Japanese, benchmarks with source and date."""

from dataclasses import replace
from datetime import date

import pytest

from assistant.calls import Compare, parse_call
from assistant.choosing.compare import Standing, _leader, named
from assistant.stated.values import with_quants
from assistant.toolbox import Toolbox
from assistant.tools import compare, run
from assistant.writer.extremes import extremes
from assistant.writer.facts import comparison
from knowledge.schema import Score
from tests.small_catalog import SHAPES, SOURCE, catalog, ladder, model

JAPANESE = model("nihongo-7b", 7, scores=(Score("general_test", 50.0, "test"), Score("japanese_test", 90.0, "test")))


@pytest.fixture(scope="module")
def box():
    return Toolbox(catalog(*ladder(), JAPANESE))


def ask(box, *models, language="en", **arguments):
    return compare(box, Compare.model_validate({"models": list(models), **arguments}), language)


@pytest.mark.parametrize(
    "text, quant",
    [
        ("small-7b", None),
        ("small 7b q4", "Q4_K_M"),  # a class means its usual member
        ("small 7b (Q8_0)", "Q8_0"),
        ("small 7b 8bit", "Q8_0"),
        ("Small 7B Q5_K_M", "Q5_K_M"),
    ],
)
def test_a_quantisation_may_be_part_of_a_name(box, text, quant):
    row = named(box, text)
    assert (row.model.id, row.quant) == ("small-7b", quant)


def test_a_stated_quantisation_decides_memory_and_costs_ability(box):
    first, second = ask(box, "small 7b q8", "small 7b q3")["models"]
    assert (first["quant"], first["fit"]["quant"]) == ("Q8_0", "Q8_0")
    assert (second["quant"], second["fit"]["quant"]) == ("Q3_K_M", "Q3_K_M")
    assert first["fit"]["total_mib"] > second["fit"]["total_mib"]
    assert first["scores"]["general"]["score"] > second["scores"]["general"]["score"]


def test_two_quantisations_of_one_model_are_no_tie_and_share_no_benchmarks(box):
    result = ask(box, "small 7b q3", "small 7b q8")
    leader = {"id": "small-7b", "n": 2, "tie": False, "tied": [], "behind": [1], "behind_first": []}
    assert result["leaders"]["general"] == leader
    text = comparison(result, "en").text()
    assert "less is lost to quantisation" in text and "beyond the noise" not in text
    assert result["common_benchmarks"] == []


def test_the_leader_is_told_with_those_inside_the_noise(box):
    leader = ask(box, "tiny-1b", "huge-70b", "cloud-best")["leaders"]["general"]
    assert leader["id"] == "cloud-best" and leader["n"] == 3 and 1 not in leader["tied"]
    text = comparison(ask(box, "small-7b", "third-7b"), "en").text()
    assert "within the noise" in text  # 50 and 48 of 100


def at(position: float, deviation: float, predictive: float) -> Standing:
    return Standing(position, deviation, predictive, 1)


@pytest.mark.parametrize(
    ("standings", "tied", "behind", "behind_first"),
    [
        # One deviation of the difference apart, but each score lies inside the other's interval: 0.5 < 1.645 * 0.6.
        ([at(0.5, 0.2, 0.6), at(0.0, 0.2, 0.6)], [2], [], []),
        ([at(2.5, 0.2, 0.6), at(0.0, 0.2, 0.6)], [], [2], []),
        # Known to 0.001, but shown as 50 and 50.
        ([at(0.005, 0.001, 0.001), at(0.0, 0.001, 0.001)], [2], [], []),
        # 0.9 from the first and from the second each is inside 0.987; the third is 1.8 behind the first only.
        ([at(1.8, 0.2, 0.6), at(0.9, 0.2, 0.6), at(0.0, 0.2, 0.6)], [2], [], [3]),
        ([at(1.8, 0.2, 0.6), at(0.9, 0.2, 0.6), at(-3.0, 0.2, 0.6)], [2], [3], []),
    ],
)
def test_nobody_leads_where_what_is_shown_does_not_tell_them_apart(standings, tied, behind, behind_first):
    models = [model(f"model-{n}-7b", 7, 50.0) for n in range(len(standings))]
    found = _leader(models, standings)
    assert (found["n"], found["tied"], found["behind"], found["behind_first"]) == (1, tied, behind, behind_first)


def test_who_is_behind_the_first_only_is_not_told_behind_the_others(box):
    result = ask(box, "cloud-best", "huge-70b", "tiny-1b")
    who = {"id": "cloud-best", "n": 1, "tie": True, "tied": [2], "behind": [], "behind_first": [3]}
    english, japanese = (comparison({**result, "leaders": {"general": who}}, one).verdict for one in ("en", "ja"))
    assert english.endswith("within the noise of each other; only Cloud Best is clearly ahead of Tiny 1B.")
    assert japanese.endswith("の差は誤差の範囲です（Tiny 1B を明確に上回るのは Cloud Best だけ）。")


def test_japanese_stands_beside_the_tasks_where_one_was_measured_in_it(box):
    result = ask(box, "nihongo-7b", "small-7b", language="ja")
    assert result["tasks"][-1] == "japanese" and result["leaders"]["japanese"]["id"] == "nihongo-7b"
    english = ask(box, "nihongo-7b", "small-7b")
    assert english["tasks"][-1] == "japanese" and "japanese" not in english["leaders"]  # a row, not what is told first
    assert "japanese" not in ask(box, "other-7b", "small-7b")["tasks"]
    assert "| 日本語 |" in comparison(result, "ja").text()


def test_a_language_that_is_asked_for_comes_first(box):
    call = replace(parse_call("compare", {"models": ["nihongo-7b", "small-7b"]}), asks=("language ja",))
    assert "Japanese" in comparison(run(box, call, "en"), "en").verdict
    assert "Japanese" not in comparison(run(box, replace(call, asks=()), "en"), "en").verdict
    models = [model("thai-7b", 7, 50.0, languages=("en", "th")), model("else-7b", 7, 60.0, languages=("en",))]
    thai = replace(parse_call("compare", {"models": ["thai-7b", "else-7b"]}), asks=("language th",))
    told = comparison(run(Toolbox(catalog(*models)), thai, "en"), "en")
    assert told.verdict.startswith("Thai is listed for Thai 7B, not for Else 7B")


def test_with_stated_hardware_what_fits_is_told_first(box):
    result = ask(box, "small-7b", "huge-70b", hardware={"vram_gb": 8})
    draft = comparison({**result, "stated_hardware": True}, "en")
    assert draft.verdict.startswith("On a GPU with 8 GB, this fits whole: Small 7B (")
    assert draft.lead[0].startswith("On a GPU with 8 GB, this does not fit whole: Huge 70B (Q4_K_M, ")
    assert "fit" not in comparison({**result, "stated_hardware": False}, "en").verdict


@pytest.mark.parametrize(
    ("gb", "ja", "en"),
    [
        (
            80,
            "80 GBのGPUには、どれも全体が収まります: Small 7B（",
            "On a GPU with 80 GB, all of them fit whole: Small 7B (",
        ),
        (2, "2 GBのGPUには、どれも全体は収まりません: ", "On a GPU with 2 GB, none of them fits whole: "),
    ],
)
def test_models_that_all_fit_are_not_told_as_a_choice_among_them(box, gb, ja, en):
    for language, start in (("ja", ja), ("en", en)):
        result = ask(box, "small-7b", "huge-70b", language=language, hardware={"vram_gb": gb})
        assert comparison({**result, "stated_hardware": True}, language).verdict.startswith(start)


def test_who_was_never_tested_is_only_predicted_to_lead(box):
    models = [model("young-70b", 70, released=date(2026, 1, 1)), model("old-1b", 1, 20.0, released=date(2023, 1, 1))]
    result = compare(
        Toolbox(catalog(*models, *ladder())), Compare.model_validate({"models": ["young-70b", "old-1b"]}), "ja"
    )
    assert result["leaders"]["general"]["n"] == 1 and not result["leaders"]["general"]["tied"]
    text = comparison(result, "ja").text()
    assert "より上と予測されます。" in text and "より上です" not in text
    assert "実力が上という予測（" in text and "誤差を超えて" not in text
    tested = comparison(ask(box, "huge-70b", "tiny-1b", language="ja"), "ja").text()
    assert (
        tested.startswith("一般的な用途、コーディングでは **Huge 70B** が Tiny 1B より上です。")
        and "誤差を超えて" in tested
    )


def test_beside_one_task_japanese_is_that_task_in_it(box):
    result = ask(box, "nihongo-7b", "small-7b", language="ja", task="math")
    text = comparison(result, "ja").text()
    assert "| 日本語の数学 |" in text and "日本語では" not in text
    assert "| 日本語 |" in comparison(ask(box, "nihongo-7b", "small-7b", language="ja"), "ja").text()


def test_a_model_published_in_one_quantisation_is_compared_in_it():
    shape = replace(SHAPES[7], arch="gpt-oss")
    rows = ask(Toolbox(catalog(*ladder(), model("native-7b", 7, 50.0, architecture=shape))), "native-7b", "small-7b")
    assert [row["fit"]["quant"] for row in rows["models"]] == ["MXFP4", "Q4_K_M"]


def test_common_benchmarks_carry_source_and_date(box):
    (row,) = ask(box, "small-7b", "nihongo-7b")["common_benchmarks"]
    assert (row["id"], row["source"], row["date"]) == ("general_test", SOURCE.ref, "2026-01-01")
    assert row["scores"] == {"small-7b": 50.0, "nihongo-7b": 50.0}
    assert "made up for tests, 2026-01-01" in comparison(ask(box, "small-7b", "nihongo-7b"), "en").text()


TABLES_NAMES = {"qwen3 8b": "qwen3-8b", "llama 8b": "llama-3.1-8b-instruct"}


@pytest.mark.parametrize(
    "question, models",
    [
        ("compare qwen3 8b q4 and llama 8b q8", ["qwen3-8b Q4", "llama-3.1-8b-instruct Q8"]),
        ("compare Q4 qwen3 8b and llama 8b", ["qwen3-8b Q4", "llama-3.1-8b-instruct"]),
        ("qwen3 8bのQ4とQ8、llama 8bを比べて", ["qwen3-8b Q4", "qwen3-8b Q8", "llama-3.1-8b-instruct"]),
        ("compare qwen3 8b and llama 8b", ["qwen3-8b", "llama-3.1-8b-instruct"]),
    ],
)
def test_a_quantisation_belongs_to_the_model_before_it(question, models):
    from assistant.reader.marking import make_tables

    tables = make_tables(TABLES_NAMES, {})
    call = parse_call("compare", {"models": ["qwen3-8b", "llama-3.1-8b-instruct"]})
    assert with_quants(call, question, tables).arguments()["models"] == models


def test_other_calls_stay_as_they_are():
    from assistant.reader.marking import make_tables

    call = parse_call("fit", {"model": "qwen3-8b", "quant": "Q4"})
    assert with_quants(call, "qwen3 8b q4", make_tables(TABLES_NAMES, {})) is call


def test_a_computer_without_a_card_that_nobody_named_is_no_measure():
    from assistant.hardware.machine import Machine

    office = Machine((), 16_384, 8_192, "Office CPU", 4, None, "detected")
    found = compare(Toolbox(catalog(*ladder()), office), Compare(models=["small-7b", "huge-70b"]), "en")
    assert found["machine"] is None and all(row["fit"]["fits"] is None for row in found["models"])
    asked = Compare.model_validate({"models": ["small-7b", "huge-70b"], "hardware": {"gpu": None, "ram_gb": 16}})
    found = compare(Toolbox(catalog(*ladder()), office), asked, "en")
    assert [row["fit"]["fits"] for row in found["models"]] == [True, False]


def test_the_cheapest_is_so_for_what_is_read_and_written():
    # 5 x 1.50 + 9 = 16.5 against 5 x 1.25 + 10 = 16.25 dollars: the one that is dearer to write with
    rows = [{"price": {"input": 1.5, "output": 9.0}}, {"price": {"input": 1.25, "output": 10.0}}]
    assert extremes({"models": rows, "asks": ["price"]}, ["A", "B"], "en")[0].startswith("**B** is the cheapest where")
    rows[1]["price"]["input"] = None
    assert extremes({"models": rows, "asks": ["price"]}, ["A", "B"], "en") == []
