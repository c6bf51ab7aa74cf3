"""`catalog list`: every condition alone, several together, and figures that are unknown."""

from dataclasses import replace
from datetime import date

import pytest

from knowledge.catalog import load_catalog
from knowledge.entry_table import entry_table
from knowledge.filters import Wanted, select
from knowledge.importer.draft import to_toml
from knowledge.schema import Architecture, Model, Price, Score
from knowledge.toml_schema import parse_model

SHAPE = Architecture("llama", 32, 4096, 32, 8, 128, 14336, 128256)
SMALL = Model(
    "small-ja", "Small", "Sakana AI", "instruct", "apache-2.0", True, family="Swallow", country="JP",
    released=date(2025, 1, 1), parameters=1_500_000_000, context_tokens=8_192, languages=("en", "ja"),
    architecture=SHAPE, aliases=("ちいさい",), tool_calling=True, scores=(Score("humaneval", 60.0, "x"),),
)  # fmt: skip
SEEING = Model(
    "seeing", "Seeing", "OpenAI", "vision", "proprietary", False, country="US", released=date(2026, 5, 5),
    context_tokens=400_000, inputs=("text", "image"), price=Price("OpenAI", 2.0, 8.0, None, "x"), languages=("en",),
)  # fmt: skip
BARE = Model("bare", "Bare", "Someone", "base", "unknown", True, user=True)


@pytest.fixture(scope="module")
def catalog():
    models = {one.id: one for one in (BARE, SEEING, SMALL)}
    return replace(load_catalog(), models=models, tasks={"coding": {"humaneval": 1.0}, "chat": {"arena_text": 1.0}})


@pytest.mark.parametrize(
    "wanted, ids",
    [
        (Wanted(), ["bare", "seeing", "small-ja"]),
        (Wanted(text="ちいさ"), ["small-ja"]),
        (Wanted(text="OPENAI"), ["seeing"]),
        (Wanted(labs=("sakana", "some")), ["bare", "small-ja"]),
        (Wanted(countries=("jp",)), ["small-ja"]),
        (Wanted(families=("swal",)), ["small-ja"]),
        (Wanted(variants=("base", "vision")), ["bare", "seeing"]),
        (Wanted(licences=("apache-2.0",)), ["small-ja"]),
        (Wanted(commercial=("yes",)), ["small-ja"]),
        (Wanted(commercial=("unknown",)), ["bare"]),
        (Wanted(languages=("ja", "en")), ["small-ja"]),
        (Wanted(inputs=("image",)), ["seeing"]),
        (Wanted(outputs=("audio",)), []),
        (Wanted(task="coding"), ["small-ja"]),
        (Wanted(task="chat"), []),
        (Wanted(least_parameters=1e9), ["small-ja"]),
        (Wanted(most_parameters=1e9), []),
        (Wanted(most_parameters=2e9), ["small-ja"]),  # an unknown size is not below
        (Wanted(least_context=100_000), ["seeing"]),
        (Wanted(released_since=date(2026, 1, 1)), ["seeing"]),
        (Wanted(released_until=date(2026, 1, 1)), ["small-ja"]),
        (Wanted(dearest=2.0), ["seeing"]),
        (Wanted(dearest=1.99), []),
        (Wanted(tool_calling=True), ["small-ja"]),
        (Wanted(open_weights=False), ["seeing"]),
        (Wanted(open_weights=True), ["bare", "small-ja"]),
        (Wanted(priced=True), ["seeing"]),
        (Wanted(hyperparameters=True), ["small-ja"]),
        (Wanted(scored=True), ["small-ja"]),
        (Wanted(own=True), ["bare"]),
        (Wanted(languages=("en",), released_since=date(2025, 1, 1), least_context=8_192), ["seeing", "small-ja"]),
        (Wanted(languages=("en",), priced=True, hyperparameters=True), []),
    ],
)
def test_conditions(catalog, wanted, ids):
    assert [one.id for one in select(catalog, wanted)] == ids


def test_every_shipped_entry_survives_being_written_and_read_again():
    import tomllib

    for model in load_catalog().models.values():
        assert parse_model(model.id, tomllib.loads(to_toml(entry_table(model)))) == model
