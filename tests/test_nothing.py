"""No answer: which conditions leave nothing, what relaxing buys, which models miss by least."""

from tests.small_catalog import api, model
from tests.test_recommend import LAPTOP, ask

HUGE = model("huge-70b", 70, 80.0)
FORBIDDEN = model("research-7b", 7, 95.0, licence="cc-by-nc-4.0")


def constraints(result):
    return [row["constraints"] for row in result["conflicts"]]


def test_a_condition_that_nothing_meets_stands_alone():
    result = ask([HUGE, FORBIDDEN], hardware={"vram_gb": 80}, licences=["MIT"])
    assert result["picks"] == [] and constraints(result) == [["licences"]]
    assert [row["constraint"] for row in result["relax"]] == ["licences"]


def test_two_conditions_that_only_together_leave_nothing_are_a_pair():
    result = ask([HUGE, FORBIDDEN], hardware=LAPTOP, commercial_use=True)
    assert constraints(result) == [["hardware", "commercial_use"]]
    assert {row["constraint"]: row["best"] for row in result["relax"]} == {
        "hardware": "Huge 70B",
        "commercial_use": "Research 7B",
    }


def test_three_conditions_are_told_as_the_smallest_set():
    models = [
        model("thai-7b", 7, 60.0, languages=("th",), licence="cc-by-nc-4.0"),
        model("thai-70b", 70, 60.0, languages=("th",)),
        model("free-7b", 7, 60.0),
    ]
    result = ask(models, hardware=LAPTOP, commercial_use=True, languages=["th"], exclude=["nobody"])
    assert constraints(result) == [["hardware", "commercial_use", "languages"]]


def test_two_conditions_are_dropped_where_one_is_not_enough():
    result = ask([model("only-70b", 70, 60.0, licence="cc-by-nc-4.0")], hardware=LAPTOP, commercial_use=True)
    assert constraints(result) == [["hardware"], ["commercial_use"]]
    assert [row["constraint"] for row in result["relax"]] == [["hardware", "commercial_use"]]


def test_the_nearest_miss_by_least():
    models = [HUGE, model("large-32b", 32, 70.0), FORBIDDEN, api("cloud-best", 90.0, 20.0)]
    nearest = {row["constraint"]: row for row in ask(models, hardware=LAPTOP, commercial_use=True)["nearest"]}
    assert nearest["hardware"]["id"] == "large-32b"  # needs less than the 70B one
    assert "more memory would do" in nearest["hardware"]["because"]
    assert nearest["commercial_use"]["id"] == "research-7b"
    assert nearest["hosting"]["id"] == "cloud-best" and "API (lab)" in nearest["hosting"]["because"]


def test_a_conditional_licence_is_nearer_than_a_forbidden_one():
    unknown = model("unknown-7b", 7, 20.0, licence="unheard-of")
    nearest = ask([FORBIDDEN, unknown], hardware=LAPTOP, commercial_use=True)["nearest"]
    assert [row["id"] for row in nearest] == ["unknown-7b"]


def test_the_cheapest_is_nearest_to_a_price():
    apis = [api("dear-x", 90.0, 20.0), api("cheap-x", 50.0, 5.0)]
    nearest = ask(apis, hosting="api", max_price=1)["nearest"]
    assert [row["id"] for row in nearest] == ["cheap-x"] and "$5" in nearest[0]["because"]
