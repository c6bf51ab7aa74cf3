"""A short list of many rows is the beginning of the whole order, however the work is divided."""

from dataclasses import fields

import numpy as np
import pytest

from assistant.calls import Recommend
from assistant.choosing import ordering
from assistant.choosing.columns import columns
from assistant.choosing.constraints import resolve
from assistant.choosing.ranking import Positions
from assistant.choosing.utility import taste
from assistant.memory.shelf import shelf
from assistant.tools import Toolbox
from knowledge.catalog import load_catalog
from tests.benchmarks.bench_choosing import QUESTIONS, million

ROWS = 20_000
WANTED = 50


@pytest.mark.parametrize("arguments", QUESTIONS.values(), ids=QUESTIONS)
def test_the_short_list_is_the_beginning_of_the_order(arguments, monkeypatch):
    box, rng = Toolbox(load_catalog()), np.random.default_rng(3)
    entry = rng.integers(0, len(box.catalog.models), ROWS)
    one, stock = million(columns(box.catalog), shelf(box.catalog), entry, rng)
    needs = resolve(box, Recommend.model_validate(arguments))
    position = rng.normal(0, 1, ROWS)
    deviation = rng.uniform(0.1, 0.5, ROWS)
    able = Positions((), position, deviation, rng.integers(0, 2, ROWS), deviation)
    whole = ordering.order(one, stock, needs, able, taste(box, needs))
    monkeypatch.setattr(ordering, "MANY", 1000)
    short = ordering.order(one, stock, needs, able, taste(box, needs), WANTED)
    assert len(whole.rows) > 20 * WANTED and list(whole.utility) == sorted(whole.utility, reverse=True)
    assert (short.rows == whole.rows[:WANTED]).all() and (short.utility == whole.utility[:WANTED]).all()
    assert (short.codes == whole.codes).all() and len(whole.rows) == (whole.codes == 0).sum()
    for part in fields(short.options):
        mine, theirs = getattr(short.options, part.name), getattr(whole.options, part.name)[:WANTED]
        assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f")
