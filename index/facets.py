"""Which passages of a snapshot are in which language and from which source, worked out once per snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from index.bm25 import Bm25
from index.records import Record

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Facets:
    """A number per passage for its language ("ja", "en", ""), a mask per origin ("user", "shipped", "catalog")."""

    languages: NDArray[np.intp]
    origins: dict[str, Mask]

    def of_origins(self, wanted: Sequence[str], count: int) -> Mask:
        """Mark the passages that come from one of these origins."""
        found = np.zeros(count, dtype=np.bool_)
        for origin in wanted:
            if origin in self.origins:
                found |= self.origins[origin]
        return found


_KEPT: WeakKeyDictionary[Bm25, Facets] = WeakKeyDictionary()


def facets(scorer: Bm25, records: Sequence[Record]) -> Facets:
    """Return the facets of a snapshot's records; `scorer` is that snapshot's and stands for it."""
    found = _KEPT.get(scorer)
    if found is None:
        _, numbers = np.unique(np.array([one.lang for one in records]), return_inverse=True)
        found = _KEPT[scorer] = Facets(numbers.astype(np.intp), _masks([one.origin for one in records]))
    return found


def _masks(values: list[str]) -> dict[str, Mask]:
    held = np.array(values)
    return {value: held == value for value in dict.fromkeys(values)}
