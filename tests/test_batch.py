"""The vectorised formula tells what the formula for one model tells, for every model of the catalog."""

import numpy as np
import pytest

from assistant.memory import batch
from assistant.memory.needs import needs
from knowledge.catalog import load_catalog
from knowledge.schema import Model

QUANTS = ("Q8_0", "Q4_K_M", "IQ2_XXS", "F16")
EVERY = 7  # one model in seven: all architectures, a second of time


@pytest.fixture(scope="module")
def models() -> tuple[Model, ...]:
    found = [model for model in load_catalog().models.values() if model.open_weights]
    return tuple(found[::EVERY])


@pytest.mark.parametrize(
    ("context", "kv_type", "users", "devices"),
    [(4096, "f16", 1, 1), (100_000, "q8_0", 1, 0), (1000, "q4_0", 5, 1), (32_768, "f16", 2, 3)],
)
def test_totals_are_those_of_single_models(
    models: tuple[Model, ...], context: int, kv_type: str, users: int, devices: int
) -> None:
    table = batch.table(models, QUANTS)
    contexts = np.full(len(models), context)
    found = batch.totals(table, contexts, kv_type, users=users, devices=devices)
    known = 0
    for row, model in enumerate(models):
        for column, quant in enumerate(QUANTS):
            if found[row, column] == batch.UNKNOWN:
                assert not model.parameters
                continue
            one = needs(model, quant, context, kv_type, users, devices=devices)
            total = one.weights.total + one.cache_bytes + one.compute_bytes
            assert abs(int(found[row, column]) - total) <= users, (model.id, quant)  # rough cells are fractions
            known += 1
    assert known > 300


def test_each_model_has_its_own_context(models: tuple[Model, ...]) -> None:
    table = batch.table(models, ("Q4_K_M",))
    contexts = np.array([256 * (1 + row) for row in range(len(models))])
    found = batch.caches(table, contexts)
    for row in range(0, len(models), 11):
        alone = batch.caches(table, np.full(len(models), contexts[row]))
        assert found[row] == alone[row]


def test_a_model_of_unknown_size_is_unknown() -> None:
    nameless = next(m for m in load_catalog().models.values() if m.open_weights and not m.parameters and not m.files
                    and not m.architecture)  # fmt: skip
    table = batch.table((nameless,), QUANTS)
    assert table.weights.tolist() == [[batch.UNKNOWN] * len(QUANTS)]
    assert batch.totals(table, np.array([8192])).tolist() == [[batch.UNKNOWN] * len(QUANTS)]


def test_no_models() -> None:
    assert batch.table((), QUANTS).weights.shape == (0, len(QUANTS))
