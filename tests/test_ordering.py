"""A short list of many rows is the beginning of the whole order, whatever is left out of looking at it closely."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.calls import Recommend
from assistant.choosing import ordering
from assistant.choosing.candidates import by_id
from assistant.choosing.columns import columns
from assistant.choosing.constraints import resolve
from assistant.choosing.ranking import Positions
from assistant.choosing.utility import taste
from assistant.memory.shelf_file import shelf
from assistant.toolbox import Toolbox
from knowledge.catalog import load_catalog
from tests.benchmarks.bench_choosing import QUESTIONS, million
from tests.known_abilities import box_of
from tests.test_choosing_properties import EXAMPLES, able, machines, questions, some_models

ROWS = 20_000
WANTED = 50


@pytest.mark.parametrize("arguments", QUESTIONS.values(), ids=QUESTIONS)
def test_the_short_list_is_the_beginning_of_the_order(arguments):
    box, rng = Toolbox(load_catalog()), np.random.default_rng(3)
    entry = rng.integers(0, len(box.catalog.models), ROWS)
    one, stock = million(columns(box.catalog), shelf(box.catalog), entry, rng)
    needs = resolve(box, Recommend.model_validate(arguments))
    position = rng.normal(0, 1, ROWS)
    deviation = rng.uniform(0.1, 0.5, ROWS)
    there = Positions((), position, deviation, rng.integers(0, 2, ROWS), deviation)
    whole = ordering.order(one, stock, needs, there, taste(box, needs))
    short = ordering.order(one, stock, needs, there, taste(box, needs), WANTED)
    assert len(whole.rows) > 20 * WANTED and list(whole.utility) == sorted(whole.utility, reverse=True)
    assert len(whole.rows) == (whole.codes == 0).sum()
    assert_begins(whole, short, WANTED)


def assert_begins(whole: ordering.Ordered, short: ordering.Ordered, count: int) -> None:
    assert (short.rows == whole.rows[:count]).all() and (short.utility == whole.utility[:count]).all()
    assert (short.base == whole.base[:count]).all() and (short.codes == whole.codes).all()
    for part in fields(short.options):
        mine, theirs = getattr(short.options, part.name), getattr(whole.options, part.name)[:count]
        assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f")


@given(some_models(), st.one_of(st.none(), machines), questions(), st.integers(1, 3), st.integers(1, 4))
@EXAMPLES
def test_what_is_not_looked_at_would_not_be_on_the_short_list(models, where, question, count, look):
    box = box_of(models, able(models), where)
    needs = resolve(box, Recommend.model_validate(question))
    stock = shelf(box.catalog) if needs.local and needs.machine is not None else None
    asked = columns(box.catalog), stock, needs, by_id(box.scales, needs.task, needs.languages), taste(box, needs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "FIRST_LOOK", look)
        assert_begins(ordering.order(*asked), ordering.order(*asked, count), count)
