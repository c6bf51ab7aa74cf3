import random

import numpy as np
import pytest

from index.embedder import corpus
from index.embedder.learning import RATE, TEMPERATURE, learn
from knowledge.schema import Term

PIECES, DIM, PAIRS = 60, 8, 6


class Drawn:
    """Batches of random pieces, the same again for the same seed; the first and the fourth pair are alike."""

    def __init__(self) -> None:
        self._draw = np.random.default_rng(3)

    def next(self, size):
        same = np.zeros((size, size), dtype=np.bool_)
        same[0, 3] = same[3, 0] = True
        return self._side(size), self._side(size), same

    def _side(self, size):
        lengths = self._draw.integers(1, 12, size)
        return self._draw.integers(0, PIECES, lengths.sum()), np.cumsum([0, *lengths[:-1]])


def by_pytorch(rows, batches, steps):
    """Return what PyTorch's own bags of vectors, loss and sparse Adam make of the same batches."""
    import torch
    from torch.nn import functional

    bag = torch.nn.EmbeddingBag.from_pretrained(torch.tensor(rows), mode="mean", freeze=False, sparse=True)
    optimizer = torch.optim.SparseAdam(bag.parameters(), lr=RATE)
    labels = torch.arange(PAIRS)
    for step in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = RATE * min(1.0, step / 50) * (1 - step / (steps + 1))
        left, right, same = batches.next(PAIRS)
        units = [functional.normalize(bag(torch.tensor(one[0]), torch.tensor(one[1]))) for one in (left, right)]
        scores = (units[0] @ units[1].T / TEMPERATURE).masked_fill(torch.tensor(same), -1e4)
        loss = (functional.cross_entropy(scores, labels) + functional.cross_entropy(scores.T, labels)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return bag.weight.detach().numpy()


def test_learning_is_pytorchs_sparse_adam_on_infonce():
    rows = np.random.default_rng(1).standard_normal((PIECES, DIM)).astype(np.float32)
    found = learn(rows, Drawn(), 40, PAIRS)
    assert found.dtype == np.float32 and np.abs(found - rows).max() > 0.01
    assert np.abs(found - by_pytorch(rows, Drawn(), 40)).max() < 1e-5


@pytest.mark.parametrize("text, ways", [
    ("VRAMが足りない", {"VRAMが足りない"}),  # a Latin name ends where a word does, and kana are letters too
    ("VRAM: 8 GB", {"VRAM: 8 GB", "ビデオメモリ: 8 GB"}),
    ("キャッシュメモリ", {"キャッシュメモリ", "cache memory"}),  # the longest name wins
    ("the vramp", {"the vramp"}),
])  # fmt: skip
def test_terms_are_said_in_the_other_language(text, ways):
    names = [("ビデオメモリ", "VRAM"), ("キャッシュ", "cash"), ("キャッシュメモリ", "cache memory")]
    swaps, pattern = corpus.swap_table(tuple(Term(ja, en, {}, ()) for ja, en in names))
    said = {corpus.mixed(text, swaps, pattern, random.Random(seed)) for seed in range(40)}
    assert said == ways
