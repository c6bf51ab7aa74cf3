"""The memory chart: widths are proportional, the line is where the memory ends, nothing is drawn from nothing."""

import re
from typing import Any

import pytest

from assistant.events import CallRecord
from tests.fakes import fit_json, recommend_result
from ui.charts import MOST, bars, chart_html
from ui.words import gib


def call(result: dict[str, Any]) -> CallRecord:
    return CallRecord("fit", {}, result, 1.0)


def fit(available: float | None, **more: Any) -> dict[str, Any]:
    """4,000 + 1,000 + 300.5 + 220 = 5,520.5 MiB."""
    return fit_json("A", 4000.0, 1000.0, available, **more)


def test_widths_are_shares_of_the_largest_amount_plus_a_little_room():
    html = chart_html(bars([call(fit(8000.0))]), "en")
    # The scale ends at 8,000 * 1.04 = 8,320 MiB: 4,000 is 48.08 %, 1,000 is 12.02 %, 300.5 is 3.61 %, 220 is 2.64 %.
    assert re.findall(r"width:([\d.]+)%", html) == ["48.08", "12.02", "3.61", "2.64"]
    assert re.findall(r"left:([\d.]+)%", html) == ["96.15"]  # 8,000 / 8,320
    assert "5.4 / 7.8 GiB" in html  # 5,520.5 / 1,024 and 8,000 / 1,024
    assert "mk-ok" in html and "mk-over" not in html


def test_what_does_not_fit_says_by_how_much():
    html = chart_html(bars([call(fit(4000.0))]), "en")
    assert "1.5 GiB over" in html  # 1,520.5 / 1,024
    assert "mk-ok" not in html


def test_without_hardware_there_is_no_line_and_no_verdict():
    html = chart_html(bars([call(fit(None))]), "ja")
    assert "mk-limit" not in html and "mk-line-key" not in html
    assert "mk-ok" not in html and "mk-over" not in html
    assert "5.4 GiB" in html


def test_picks_and_compared_models_share_one_scale():
    shown = bars([CallRecord("recommend", {}, recommend_result(), 1.0)])
    assert [bar.name for bar in shown] == ["Qwen3 8B", "Gemma 3 4B", "Qwen2.5 Coder 14B"]
    compared = bars([CallRecord("compare", {}, {"models": [{"model": "B", "fit": fit(8000.0)}]}, 1.0)])
    assert [bar.name for bar in compared] == ["B"]
    html = chart_html(shown, "ja")
    assert html.count("mk-bar-row") == 3
    assert "GPUに 6.9 GiB、メモリに 2.6 GiB" in html  # 7,100 and 2,660 MiB, split over GPU and RAM


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"picks": [{"model": "x"}]},
        {"models": [1, None]},
        {"picks": "no"},
        {"weights_mib": None},
        {"weights_mib": -1},
    ],
)
def test_nothing_is_drawn_without_a_whole_report(result):
    assert bars([call(result)]) == []
    assert chart_html([], "ja") == ""


def test_the_same_report_is_drawn_once_and_the_chart_stays_short():
    assert len(bars([call(fit(8000.0)), call(fit(8000.0))])) == 1
    many = [{"model": f"M{n}", "fit": fit_json(f"M{n}", 100.0, 10.0, 800.0)} for n in range(MOST + 5)]
    assert len(bars([call({"picks": many})])) == MOST


@pytest.mark.parametrize("mib, text", [(512, "0.50"), (1024, "1.0"), (6451.7, "6.3"), (2_000_000, "1,953.1")])
def test_gib(mib, text):
    assert gib(mib) == text


def test_each_of_several_gpus_has_a_bar():
    cards = [
        {"device": "RTX 3090", "layers": n, "weights_mib": 9000.0 + n, "kv_cache_mib": 500.0, "compute_mib": 300.0,
         "overhead_mib": 457.0, "total_mib": 10257.0 + n, "available_mib": 23000.0}
        for n in (40, 41)
    ]  # fmt: skip
    shown = bars([call(fit(46000.0, devices=cards))])
    assert [bar.name for bar in shown] == ["A", "1: RTX 3090", "2: RTX 3090"]
    assert shown[1].available == 23000.0 and shown[1].fits is None
    assert [bar.name for bar in bars([call(fit(24000.0, devices=cards[:1]))])] == ["A"]
