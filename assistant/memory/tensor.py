"""One weight tensor, or the same one in several layers."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tensor:
    """`shape` starts with the row length; `layers` None: only one."""

    name: str
    shape: tuple[int, ...]
    layers: Sequence[int] | None = None

    @property
    def values(self) -> int:
        """Number of values in one of them."""
        product = 1
        for size in self.shape:
            product *= size
        return product

    @property
    def count(self) -> int:
        """How many of them there are."""
        return 1 if self.layers is None else len(self.layers)
