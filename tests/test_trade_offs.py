"""The prose of trade-offs: the front in a line, break-evens, steps, what rules everything out; both languages."""

import pytest

from assistant.writer.trade_offs import constraints_in_the_way, costs, further, trade_offs

LANGUAGES = ("en", "ja")


def point(name, score, memory_gib, speed):
    return {
        "model": name, "score": score, "hosting": "local", "memory_mib": memory_gib * 1024, "tokens_per_second": speed,
    }  # fmt: skip


def result(**even):
    known = {"local": "a", "api": "b", "api_model": "B", "provider": "lab", "api_usd": 210.0, "local_usd": 2.5,
             "saved_usd": 207.5, "hardware_usd": None, "months": None, "up_to_usd": None,
             "over_months": None}  # fmt: skip
    row = {"id": "a", "model": "A", "hosting": "local", "hours_per_working_day": 1.0, "watts": 450, "too_slow": False}
    return {
        "picks": [{"id": "a", "model": "A"}], "needs": {"machine": "RTX 4090"},
        "costs": {"rows": [row], "break_even": [known | even]},
    }  # fmt: skip


def test_the_front_is_one_line_from_able_to_small():
    rows = [point("A", 90.4, 20, 33.4), point("B", 80, 10, 60), point("C", 60, 2, None)]
    line = trade_offs({"front": rows}, "en")
    assert line.endswith("A 90 (20.0 GiB, 33 tokens/s) → B 80 (10.0 GiB, 60 tokens/s) → C 60 (2.0 GiB).")
    assert trade_offs({"front": rows[:1]}, "en") == ""
    many = [point(f"M{n}", 90 - n, 20 - n, 50) for n in range(7)]  # of seven the first, third, fifth and last
    assert [name for name in ("M0", "M2", "M4", "M6") if f"{name} " in trade_offs({"front": many}, "ja")] == [
        "M0", "M2", "M4", "M6",
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_break_even_sentences(language):
    up_to = costs(result(up_to_usd=4980, over_months=24), language)
    assert all(figure in up_to for figure in ("$2.50", "$210", "$4,980", "24"))
    months = costs(result(hardware_usd=1600.0, months=7.7), language)
    assert "$1,600" in months and "8" in months
    assert "$1,600" in costs(result(hardware_usd=1600.0, months=268.2), language)
    assert costs(result(hardware_usd=1600.0, months=268.2), language) != months
    assert "$210" in costs(result(), language)  # nothing is saved


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_model_through_an_api_is_called_that(language):
    text = costs(result(api="a", api_model="A", up_to_usd=100, over_months=24), language)
    assert "lab" in text and ("the same model" in text or "同じモデル" in text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_too_slow_or_unknown_is_said(language):
    slow = result()
    slow["costs"]["break_even"] = []
    slow["costs"]["rows"][0] |= {"hours_per_working_day": 55.0, "too_slow": True}
    assert "55" in costs(slow, language) and costs(slow, language) != costs(result(), language)
    slow["costs"]["rows"][0] |= {"watts": None, "too_slow": False, "hours_per_working_day": 1.0}
    assert "RTX 4090" in costs(slow, language)
    assert costs({**slow, "costs": None}, language) == ""


def test_steps_and_obstacles_are_listed_under_titles():
    assert further({"steps": []}, "en") == ""
    assert further({"steps": [{"text": "A card with 12 GB: B."}]}, "en").endswith("- A card with 12 GB: B.")
    text = constraints_in_the_way(
        {
            "conflicts": [{"text": "c"}], "relax": [{"text": "r"}],
            "nearest": [{"model": "N", "score": 33.3, "because": "1 GiB"}],
        },
        "en",
    )  # fmt: skip
    assert "- c" in text and "- r" in text and "- N (ability 33): 1 GiB" in text


@pytest.mark.parametrize(("language", "words"), [("en", "$960 in 24 months"), ("ja", "24か月で $960 です")])
def test_without_a_machine_to_weigh_what_one_may_cost_is_told(language, words):
    """$40 a month over 24 months are $960; nobody said how much is used, nothing is told."""
    asked = result()
    asked["costs"] |= {"break_even": [], "usage": {"assumed": False, "months": 24}}
    asked["costs"]["rows"] = [{"model": "B", "hosting": "api", "usd_per_month": 40.0}]
    assert words in costs(asked, language)
    asked["costs"]["usage"]["assumed"] = True
    assert words not in costs(asked, language)
