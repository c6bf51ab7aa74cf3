"""InfoNCE on bags of pieces: each text must recognise its partner among all other texts of the batch, both ways.

A step changes the vectors of the pieces in its batch alone, with their own moments, as PyTorch's SparseAdam does
(tests/test_embedder_learning.py compares the two): of a large vocabulary few pieces are in a batch, and touching the
others would take most of the time.
"""

import sys
import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RATE = 0.01
TEMPERATURE = 0.09  # of 0.04, 0.06, 0.09 and 0.14 the one that finds most in documents kept out
_WARM_UP = 50  # steps until the full rate
_MEAN, _SQUARE = 0.9, 0.999  # Adam's decay of the moments, as its authors have it

Flat = tuple[NDArray[np.int64], NDArray[np.int64]]  # texts' pieces one after the other, and where each text begins
_Rows = NDArray[np.float32]


class Batches(Protocol):
    """Where pairs come from."""

    def next(self, size: int) -> tuple[Flat, Flat, NDArray[np.bool_]]:
        """Return both sides of `size` pairs and a mask [size, size] of those that are no negatives of each other."""


def flat(texts: list[NDArray[np.int64]]) -> Flat:
    """Return the texts' pieces one after the other and where each text begins."""
    return np.concatenate(texts), np.cumsum([0, *(len(one) for one in texts[:-1])])


def learn(rows: _Rows, batches: Batches, steps: int, batch: int) -> _Rows:
    """Return the vectors after `steps` steps of Adam, the rate falling linearly to zero; two threads at most."""
    from threadpoolctl import threadpool_limits

    rows, mean, square = rows.copy(), np.zeros_like(rows), np.zeros_like(rows)
    began, total = time.monotonic(), 0.0
    with threadpool_limits(2):
        for step in range(1, steps + 1):
            left, right, same = batches.next(batch)
            ends = np.concatenate([left[1], right[1] + len(left[0]), [len(left[0]) + len(right[0])]])
            touched, numbers = np.unique(np.concatenate([left[0], right[0]]), return_inverse=True)
            held = rows[touched]
            loss, slope = _loss(held, numbers, ends, same)
            mean[touched] = first = np.float32(_MEAN) * mean[touched] + np.float32(1 - _MEAN) * slope
            square[touched] = second = np.float32(_SQUARE) * square[touched] + np.float32(1 - _SQUARE) * slope**2
            rate = RATE * min(1.0, step / _WARM_UP) * (1 - step / (steps + 1))
            rate *= (1 - _SQUARE**step) ** 0.5 / (1 - _MEAN**step)
            rows[touched] = held - np.float32(rate) * first / (np.sqrt(second) + np.float32(1e-8))
            total += loss
            if step % 250 == 0:
                sys.stderr.write(f"step {step}/{steps}  loss {total / 250:.3f}  {time.monotonic() - began:.0f} s\n")
                total = 0.0
    return rows


def _loss(
    held: _Rows, numbers: NDArray[np.intp], ends: NDArray[np.int64], same: NDArray[np.bool_]
) -> tuple[float, _Rows]:
    """Return the mean loss and its derivative by the pieces' vectors.

    `held` holds the vectors of the batch's pieces, `numbers` the row of each piece of the texts one after the other,
    `ends` where each text begins and the last one ends: first all left sides, then their partners.
    """
    from scipy.sparse import csr_array

    lengths = np.diff(ends)
    shares = np.repeat((1.0 / lengths).astype(np.float32), lengths)
    bags = csr_array((shares, numbers, ends), shape=(len(lengths), len(held)))
    means = bags @ held
    norms = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.float32(1e-12))
    units = means / norms
    left, right = np.split(units, 2)
    scores = left @ right.T / np.float32(TEMPERATURE)
    scores[same] = -1e4
    one_way, other_way = _softmax(scores), _softmax(scores.T)
    partner = np.arange(len(left))
    told = np.maximum(one_way[partner, partner], 1e-30) * np.maximum(other_way[partner, partner], 1e-30)
    slope = one_way + other_way.T
    slope[partner, partner] -= 2.0
    slope *= np.float32(1 / (2 * len(left) * TEMPERATURE))
    by_unit = np.concatenate([slope @ right, slope.T @ left])
    by_mean = (by_unit - units * (by_unit * units).sum(axis=1, keepdims=True)) / norms
    return float(-np.log(told).mean() / 2), np.asarray(bags.T @ by_mean, dtype=np.float32)


def _softmax(scores: _Rows) -> _Rows:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
