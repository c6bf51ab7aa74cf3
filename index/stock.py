"""The vectors and terms of all passages, in parts that never change, and where each passage is in them.

There are two parts at most: a large one, and a small one with what came since. Copying the large one for every new
document would take a second for 100,000 passages; it is done when enough has come and gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.bags import Bags, woven
from index.bm25 import Bm25, Postings, Rows

_FEW = 20  # of so many passages one may have come or gone before all are put together anew


@dataclass(frozen=True, eq=False)
class Part:
    """Vectors, a unit row each, and terms of some passages."""

    vectors: NDArray[np.float32]
    bags: Bags

    @cached_property
    def postings(self) -> Postings:
        """Return the rows of each term."""
        return Postings(self.bags)


@dataclass(frozen=True, eq=False)
class Stock:
    """`places` holds each passage's row in the parts, counted on from part to part; None: the rows of the one part."""

    parts: tuple[Part, ...]
    places: Rows | None = None

    @classmethod
    def of(cls, vectors: NDArray[np.float32], bags: Bags) -> "Stock":
        """Return the stock of passages by their vectors and terms, row by row."""
        return cls((Part(vectors, bags),))

    def __len__(self) -> int:
        return len(self.parts[0].bags) if self.places is None else len(self.places)

    @property
    def numbers(self) -> dict[str, int]:
        """Return the terms' numbers."""
        return self.parts[-1].bags.numbers

    @cached_property
    def bm25(self) -> Bm25:
        """Return the passages' terms, ready to be searched."""
        return Bm25([(one.bags, one.postings) for one in self.parts], self.places)

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Return all vectors in the passages' order, a copy where there are two parts."""
        return self._whole().vectors

    @property
    def bags(self) -> Bags:
        """Return all terms in the passages' order, a copy where there are two parts."""
        return self._whole().bags

    def vector(self, n: int) -> NDArray[np.float32]:
        """Return a passage's vector."""
        part, row = self._row(n)
        return part.vectors[row]  # type: ignore[no-any-return]

    def terms(self, n: int) -> NDArray[np.int32]:
        """Return the numbers of a passage's terms."""
        part, row = self._row(n)
        return part.bags.terms(row)

    def similarities(self, vector: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Return each passage's cosine similarity to a unit vector; None when there are no vectors of its length."""
        if any(one.vectors.shape != (len(one.bags), len(vector)) for one in self.parts if len(one.bags)):
            return None
        found = [one.vectors @ vector for one in self.parts if len(one.bags)]
        if not found:
            return np.zeros(0, dtype=np.float32)
        return found[0] if self.places is None else np.concatenate(found)[self.places]

    def followed(self, order: Rows, vectors: NDArray[np.float32], bags: Bags) -> "Stock":
        """Return the stock of some of these passages and of new ones.

        Arguments that need a word:
            order: the passages' numbers, those of the new ones counted on behind these.
            vectors, bags: of the new ones, row by row; `bags` are numbered on top of those here.
        """
        base, known = self.parts[0], sum(len(one.bags) for one in self.parts)
        before = np.arange(known) if self.places is None else self.places
        places = np.concatenate([before, known + np.arange(len(bags))])[order]
        parts = (*self.parts, Part(vectors, bags))
        late = places >= len(base.bags)
        gone = len(base.bags) - int(np.count_nonzero(~late))
        if (gone + int(np.count_nonzero(late))) * _FEW >= len(order):
            return Stock((_woven(parts, places),))
        small = _woven(parts[1:], places[late] - len(base.bags))
        places[late] = len(base.bags) + np.arange(len(small.bags))
        return Stock((base, small), places)

    def _row(self, n: int) -> tuple[Part, int]:
        row, first = n if self.places is None else int(self.places[n]), self.parts[0]
        return (first, row) if row < len(first.bags) else (self.parts[1], row - len(first.bags))

    def _whole(self) -> Part:
        return self.parts[0] if self.places is None else _woven(self.parts, self.places)


def _woven(parts: Sequence[Part], order: Rows) -> Part:
    """Return the rows of all parts, numbered on from part to part, in an order."""
    matrices = [one.vectors for one in parts if len(one.vectors)]
    return Part(woven(matrices or [parts[-1].vectors], order), Bags.woven([one.bags for one in parts], order))
