"""A stock that follows changes holds what one made of the passages that are there would hold."""

import numpy as np
import pytest

from index.bags import Bags, Numbers
from index.bm25 import Bm25
from index.stock import Stock

DIM = 3


class Passages:
    """Passages with vectors and terms, and the stock that follows what comes and goes."""

    def __init__(self, count: int) -> None:
        self._draw = np.random.default_rng(7)
        self.shown = [self._passage() for _ in range(count)]
        self.stock = Stock.of(*self._arrays(self.shown, Numbers()))

    def _passage(self) -> tuple[np.ndarray, dict[str, float]]:
        chosen = self._draw.choice(12, size=self._draw.integers(0, 6), replace=False)
        bag = {f"t{n}": float(self._draw.integers(1, 5)) for n in chosen}
        return self._draw.standard_normal(DIM).astype(np.float32), bag

    @staticmethod
    def _arrays(passages: list, numbers: Numbers) -> tuple[np.ndarray, Bags]:
        vectors = np.array([one for one, _ in passages], dtype=np.float32).reshape(len(passages), DIM)
        return vectors, Bags.of([bag for _, bag in passages], numbers)

    def change(self, gone: tuple[int, ...], added: int) -> None:
        """Drop passages by their places, and let new ones come first, of which each says something new."""
        new = [
            (vector, {**bag, f"new{len(self.shown)}": 1.0}) for vector, bag in (self._passage() for _ in range(added))
        ]
        kept = [n for n in range(len(self.shown)) if n not in gone]
        order = np.array([*(len(self.shown) + n for n in range(added)), *kept], dtype=np.intp)
        self.stock = self.stock.followed(order, *self._arrays(new, Numbers(self.stock.numbers)))
        self.shown = [*new, *(self.shown[n] for n in kept)]

    def fresh(self) -> Stock:
        """Return the stock made of the passages that are there."""
        return Stock.of(*self._arrays(self.shown, Numbers()))


def same(found: Stock, fresh: Stock) -> None:
    assert len(found) == len(fresh)
    by_change, anew = found.bm25, fresh.bm25
    for term in [*found.numbers, "unknown"]:
        assert by_change.idf(term) == anew.idf(term)
        assert by_change.scores({term: 1.0}).tolist() == anew.scores({term: 1.0}).tolist()
        rows, gains, _ = by_change.postings(term)
        assert sorted(rows) == np.flatnonzero(anew.scores({term: 1.0})).tolist() and len(gains) == len(rows)
    vector = np.array([0.6, 0.0, 0.8], dtype=np.float32)
    assert found.similarities(vector).tolist() == pytest.approx(fresh.similarities(vector).tolist(), abs=1e-6)
    assert found.vectors.tolist() == fresh.vectors.tolist()
    words, anew_words = list(found.numbers), list(fresh.numbers)
    for n in range(len(fresh)):
        assert found.vector(n).tolist() == fresh.vectors[n].tolist()
        assert {words[t] for t in found.terms(n)} == {anew_words[t] for t in fresh.terms(n)}
        assert {words[t] for t in found.bags.terms(n)} == {anew_words[t] for t in fresh.terms(n)}


@pytest.mark.parametrize(
    "gone, added", [((), 3), ((0, 4), 0), ((1, 2), 2), ((0, 1, 2, 3, 4, 5), 1), ((), 0), ((0,), 0)]
)
@pytest.mark.parametrize("count", [6, 200])
def test_following_changes_is_the_same_as_building_anew(count, gone, added):
    passages = Passages(count)
    passages.change(gone, added)
    same(passages.stock, passages.fresh())


def test_one_change_after_another():
    passages = Passages(300)
    passages.change((), 2)
    first = passages.stock.parts[0]
    passages.change((0, 5, 200), 1)  # one of the new ones, two of the old
    same(passages.stock, passages.fresh())
    assert passages.stock.parts[0] is first and len(passages.stock.parts[1].bags) == 2
    passages.change((0, 1), 1)
    same(passages.stock, passages.fresh())


def test_much_change_is_put_together_anew():
    passages = Passages(100)
    passages.change((), 4)
    assert len(passages.stock.parts) == 2
    passages.change((), 4)  # 8 of 108
    assert len(passages.stock.parts) == 1
    same(passages.stock, passages.fresh())


def test_nothing_left_and_something_again():
    passages = Passages(2)
    passages.change((0, 1), 0)
    assert len(passages.stock) == 0 and passages.stock.similarities(np.ones(DIM, dtype=np.float32)).tolist() == []
    passages.change((), 2)
    same(passages.stock, passages.fresh())


def test_vectors_of_another_length_are_no_vectors():
    assert Passages(2).stock.similarities(np.ones(DIM + 1, dtype=np.float32)) is None


def test_an_index_of_no_passages():
    assert Bm25.of(Bags.of([])).scores({"a": 1.0}).tolist() == []
