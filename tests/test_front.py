"""The Pareto front: nothing on it is beaten in everything, everything off it is."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assistant.choosing.front import LEAST, Point, undominated
from tests.small_catalog import ladder
from tests.test_recommend import ask


def point(name: str, score: float, burden: float, speed: float) -> Point:
    candidate: Any = SimpleNamespace(model=SimpleNamespace(id=name))
    return Point(candidate, score, burden, speed)


def names(points):
    return [one.candidate.model.id for one in points]


def test_what_is_worse_in_everything_is_taken_away():
    able, small, fast = point("able", 90, 20, 30), point("small", 60, 4, 90), point("fast", 70, 12, 200)
    worse = point("worse", 59, 5, 80)  # weaker, larger and slower than "small"
    larger = point("larger", 90, 21, 30)  # as "able", but larger
    assert names(undominated([worse, fast, larger, small, able])) == ["able", "fast", "small"]


def test_equal_points_are_one_the_first_by_id():
    assert names(undominated([point("b", 50, 5, 10), point("a", 50, 5, 10)])) == ["a"]


FIGURES = st.integers(0, 6).map(float)


@given(st.lists(st.tuples(FIGURES, FIGURES, FIGURES), max_size=25))
def test_the_front_is_what_nothing_beats(figures):
    points = [point(str(n), *row) for n, row in enumerate(figures)]
    kept = undominated(points)

    def beats(one, other):
        same = (one.score, one.burden, one.speed) == (other.score, other.burden, other.speed)
        return not same and one.score >= other.score and one.burden <= other.burden and one.speed >= other.speed

    assert all(not any(beats(other, one) for other in points) for one in kept)
    whole = {(one.score, one.burden, one.speed) for one in points if not any(beats(other, one) for other in points)}
    assert {(one.score, one.burden, one.speed) for one in kept} == whole


def test_a_recommendation_holds_its_front_with_the_pick_marked():
    result = ask(ladder(), hardware={"gpu": "RTX 4090"})
    rows = result["front"]
    assert rows[0]["id"] == result["picks"][0]["id"] and rows[0]["pick"]
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    assert all(row["score"] >= LEAST * rows[0]["score"] for row in rows)
    assert all(row["memory_mib"] and row["tokens_per_second"] for row in rows if row["hosting"] == "local")


def test_api_models_are_weighed_by_their_price():
    rows = ask(ladder(), hosting="api")["front"]
    assert {row["id"]: row["usd_per_month"] for row in rows}["cloud-best"] == 189.0  # 21 * 5 + 4.2 * 20
    assert all(row["hosting"] == "api" and row["memory_mib"] is None for row in rows)
