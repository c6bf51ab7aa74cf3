"""The chart of the front: places follow the figures, picks stand out, nothing is drawn without a trade-off."""

import re
from typing import Any

import pytest

from assistant.events import CallRecord
from ui.blocks import explained_html
from ui.front_chart import front_html


def row(name: str, score: float, memory: float | None, speed: float | None, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "model": name, "quant": "Q4_K_M" if memory else None, "score": score,
        "hosting": "local" if memory else "api", "memory_mib": memory, "tokens_per_second": speed,
        "usd_per_month": None, "pick": False,
    } | more  # fmt: skip


LOCAL = [row("A", 90.0, 10_240.0, 8.0, pick=True), row("B", 80.0, 5_120.0, 30.0), row("C", 70.0, 1_024.0, 90.0)]
API = [row("D", 99.0, None, None, usd_per_month=100.0), row("E", 90.0, None, None, usd_per_month=1.0)]


def draw(rows: list[dict[str, Any]], picks: list[dict[str, Any]] | None = None, language: str = "en") -> str:
    return front_html([CallRecord("recommend", {}, {"front": rows, "picks": picks or []}, 1.0)], language)


def places(html: str) -> list[tuple[float, float]]:
    found = re.findall(r'mk-dot[^>]*style="left:([\d.]+)%;bottom:([\d.]+)%"', html)
    return [(float(x), float(y)) for x, y in found]


def test_places_follow_memory_and_ability():
    # 6 % of each axis stay free: memory 10, 5 and 1 of 10 GiB, ability 90, 80 and 70 between 70 and 100.
    assert places(draw(LOCAL)) == [(94.0, 64.7), (50.0, 35.3), (14.8, 6.0)]  # 6 + 88 * 2 / 3 = 64.67


def test_prices_are_on_an_axis_of_powers():
    # $1, $10 and $100 a month are equally far apart; ability 99 and 90 between 90 and 100.
    html = draw(API)
    assert places(html) == [(94.0, 85.2), (6.0, 6.0)]  # 6 + 88 * 0.9 = 85.2
    assert re.findall(r'<span style="left:([\d.]+)%">([^<]+)</span>', html) == [
        ("6.0", "$1"), ("50.0", "$10"), ("94.0", "$100"),
    ]  # fmt: skip


def test_colours_tell_the_speed_and_the_pick_stands_out():
    html = draw(LOCAL)
    assert [name for name in ("slow pick", "normal", "fast") if f'mk-dot {name}"' in html] == [
        "slow pick", "normal", "fast",
    ]  # fmt: skip
    assert html.count("suggested") == 1 and "8 tokens/s" in html and "10.0 GiB" in html
    assert "おすすめ" in draw(LOCAL, language="ja")


def test_a_pick_that_is_not_on_the_front_is_drawn_too():
    pick = {
        "id": "F", "model": "F", "quant": "Q8_0", "score": 85.0, "hosting": "local", "usd_per_month": None,
        "fit": {"total_mib": 8_192.0, "tokens_per_second": {"mid": 20.0}},
    }  # fmt: skip
    html = draw(LOCAL, [pick])
    assert len(places(html)) == 4 and "F<span" in html


@pytest.mark.parametrize("rows", [[], LOCAL[:1], [LOCAL[0], API[0]]])
def test_a_single_point_is_no_trade_off(rows):
    assert draw(rows) == ""


def test_names_are_escaped_and_the_page_gets_one_line():
    html = draw([row("<img src=x>", 90.0, 2_048.0, 8.0), LOCAL[1]])
    assert "<img" not in html and "\n" not in html


def test_scores_are_explained_in_a_closed_block():
    parts = {
        "start": {"points": 50.0, "share": 0.4}, "relatives": {"points": 0.0},
        "scores": [{"id": "x", "benchmark": "X test", "value": 61.2, "unit": "%", "source": "X board",
                    "date": "2026-01-02", "points": 21.0, "share": 0.6, "direct": True}],
        "quantisation": None, "measured": 0.6, "predicted": 0.4,
        "order": {"wish": None, "why": {"en": "", "ja": ""}, "speed": 0.0, "cost": 0.0, "placement": 0.0},
    }  # fmt: skip
    pick = {"model": "A", "quant": None, "score": 71.0, "interval": [60.0, 80.0], "parts": parts}
    html = explained_html([CallRecord("recommend", {}, {"picks": [pick]}, 1.0)], "en")
    assert html.startswith("<details") and "open" not in html.split(">")[0]
    assert "X board (2026-01-02)" in html and "+21.0" in html and "61.2 %" in html
    assert explained_html([CallRecord("recommend", {}, {"picks": []}, 1.0)], "en") == ""
