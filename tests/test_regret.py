"""The arithmetic of the regret measurement and its baselines, with numbers by hand."""

from dataclasses import replace
from datetime import date

import pytest

from knowledge.catalog import Catalog
from knowledge.schema import Benchmark, Model, Score, Source
from tests.benchmarks.baselines import llmfit_score, mean_z, parameters, size_and_date
from tests.benchmarks.bench_regret import judges, peer_table, to_hide
from tests.benchmarks.peer_ranks import HIDDEN, MEMORIES
from tests.benchmarks.refits import without
from tests.benchmarks.regret import Cell, first, interval, judged, lost, share, unit_means

PERCENT = Benchmark("quiz", "Quiz", {}, "%", 20.0, 100.0, True, ("en",), False, (Source("a", "A", date(2026, 1, 1)),))
ERRORS = replace(PERCENT, id="errors", low=0.0, high=50.0, higher=False)


def model(name: str, billions: float | None, released: date | None = None, **scores: float) -> Model:
    return Model(
        name, name, "Lab", "instruct", "mit", True,
        parameters=None if billions is None else round(billions * 1e9),
        released=released,
        scores=tuple(Score(key, value, "a") for key, value in scores.items()),
    )  # fmt: skip


def catalog(*models: Model) -> Catalog:
    other = replace(PERCENT, id="other", sources=(Source("b", "B", date(2026, 1, 1)),))
    return Catalog(
        {one.id: one for one in models}, {}, {}, {"quiz": PERCENT, "errors": ERRORS, "other": other},
        {"general": {"quiz": 1.0, "other": 0.5}}, (), (),
    )  # fmt: skip


def cell(task: str, benchmark: str, deviations: float) -> Cell:
    return Cell("ours", task, benchmark, "8", False, 0.0, deviations, 1.0)


def test_points_are_lost_downwards_and_errors_upwards() -> None:
    assert lost(PERCENT, best=80.0, picked=65.0) == 15.0
    assert lost(ERRORS, best=4.0, picked=9.0) == 5.0


def test_share_is_measured_from_chance_or_from_the_highest_error() -> None:
    assert share(PERCENT, best=80.0, picked=65.0) == 0.75  # (65 - 20) / (80 - 20)
    assert share(ERRORS, best=10.0, picked=20.0) == 0.75  # (50 - 20) / (50 - 10)
    assert share(PERCENT, best=20.0, picked=20.0) == 1.0


def test_first_takes_the_highest_and_the_first_by_id_at_a_tie() -> None:
    assert first({"b": 2.0, "a": 2.0, "c": 1.0, "d": None}) == "a"
    assert first({"a": float("nan"), "b": -3.0}) == "b"
    assert first({"a": None}) is None


def test_who_cannot_tell_picks_blindly() -> None:
    assert judged({"a": 10.0, "b": 40.0}, None) == 25.0
    assert judged({"a": 10.0, "b": 40.0}, "b") == 40.0


def test_cells_of_one_benchmark_are_one_unit() -> None:
    cells = [cell("math", "quiz", 1.0), cell("math", "quiz", 3.0), cell("chat", "quiz", 5.0)]
    assert unit_means(cells, "deviations") == {("chat", "quiz"): 5.0, ("math", "quiz"): 2.0}


def test_interval_is_of_the_mean_and_the_same_every_time() -> None:
    assert interval([2.0, 2.0, 2.0]) == (2.0, 2.0)
    low, high = interval([0.0, 1.0] * 50)  # the mean's standard error is .5 / 10, times 1.645: .082
    assert low == pytest.approx(0.5 - 0.082, abs=0.015)
    assert high == pytest.approx(0.5 + 0.082, abs=0.015)
    assert interval([0.0, 1.0] * 50) == (low, high)


def test_hiding_takes_what_is_named_and_nothing_else() -> None:
    table = catalog(model("a", 1, quiz=50.0, errors=5.0, other=60.0))
    seen = without(table, frozenset({"quiz", "errors"}))
    assert [score.benchmark for score in seen.models["a"].scores] == ["other"]
    assert len(table.models["a"].scores) == 3


@pytest.mark.parametrize("judge, gone", [("arena_text", "arena2026_text"), ("jmteb", "jmteb_retrieval")])
def test_hiding_a_source_takes_its_other_tables(judge: str, gone: str) -> None:
    assert {judge, gone} <= to_hide(judge, "source")
    assert judge in to_hide(judge, "benchmark")
    assert "olb2_bbh" not in to_hide(judge, "source")


@pytest.mark.parametrize(
    "entry, expected",
    [
        (model("stablelm-zephyr-3b", 2.8), 45.0),  # below 3 B, no family
        (model("llama-2-13b-chat", 13), 87.0),  # 82, +2 Llama, +3 for the second generation
        (model("qwen3-32b", 32.8, date(2025, 4, 28)), 97.0),  # 89, +2 Qwen, +6 for the third; too old for recency
        (replace(model("qwen3-30b-a3b", 30.5), active_parameters=3_300_000_000), 68.0),  # 60 by 3.3 B active, +2, +6
        (model("deepseek-v4-pro", 1600, date(2026, 7, 1)), 100.0),  # 95 +3 +9 +3, ends at 100
        (model("command-a", 111, date(2026, 3, 1)), 96.5),  # 95, five months old: +1.5
        (model("closed", None), None),
    ],
)  # fmt: skip
def test_llmfit_score(entry: Model, expected: float | None) -> None:
    assert llmfit_score(entry) == expected


def test_parameters_order_by_size() -> None:
    order = parameters(catalog())
    assert order(model("a", 10)) == pytest.approx(10.0)  # log10 of 10^10
    assert order(model("b", None)) is None


def test_mean_of_standardised_scores() -> None:
    table = catalog(model("a", 1, quiz=60.0), model("b", 1, quiz=60.0 + 1e-9), model("c", 1))
    order = mean_z(table)
    assert order(table.models["a"]) == pytest.approx(-1.0)  # two scores are one deviation from their mean each
    assert order(table.models["b"]) == pytest.approx(1.0)
    assert order(table.models["c"]) is None


def test_plane_over_size_and_date_finds_a_size_effect() -> None:
    days = [date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)]
    table = catalog(*(model(f"m{size}-{day}", size, day, quiz=30.0 + size) for size in (1, 10, 40) for day in days))
    order = size_and_date(table)
    small, large = order(model("new-1", 1, days[0])), order(model("new-40", 40, days[0]))
    later = order(model("new-1", 1, days[2]))
    assert small is not None and large is not None and later is not None
    assert large > small
    assert later == pytest.approx(small, abs=1e-9)  # the date plays no part in these scores
    assert order(model("undated", 1)) == pytest.approx(small, abs=1e-9)


def test_judges_need_enough_models() -> None:
    assert judges(catalog(model("a", 1, quiz=50.0)), "general") == []


def test_peers_answered_for_every_memory_and_hidden_source() -> None:
    asked = {(peer, hidden) for peer, hidden, _ in peer_table()}
    assert asked == {("llmfit", ""), *(("whichllm", hidden) for hidden in HIDDEN)}
    assert {memory for _, _, memory in peer_table()} == set(MEMORIES)
