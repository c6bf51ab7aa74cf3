"""The chooser's arrays find what looking at one model after the other finds, and order it as is documented."""

from dataclasses import replace

import pytest

from assistant.calls import Recommend
from assistant.choosing.candidates import FIRST, choose, tied
from assistant.choosing.constraints import resolve
from assistant.tools import Toolbox
from knowledge.catalog import load_catalog
from tests.plain_choice import plain

EVERY = 6  # one model in six of the shipped catalog


@pytest.fixture(scope="module")
def box() -> Toolbox:
    whole = load_catalog()
    names = list(whole.models)[::EVERY]
    return Toolbox(replace(whole, models={name: whole.models[name] for name in names}))


def chosen(box, **arguments):
    return choose(box, resolve(box, Recommend.model_validate(arguments)))


WHOLE = [
    {"hardware": {"vram_gb": 24}},
    {"hardware": {"gpu": "RTX 4060 Laptop"}, "task": "coding", "context_tokens": 32_000, "priority": "speed"},
    {"hardware": {"gpu": None, "ram_gb": 16}, "commercial_use": True, "exclude": ["qwen", "China"]},
    {"hardware": {"gpu": "M3 Max", "ram_gb": 36}, "task": "vision", "languages": ["ja"]},
    {"hardware": {"vram_gb": 12}, "hosting": "any", "priority": "cost", "max_price": 1.5},
    {"hardware": {"gpu": "RTX 3060"}, "task": "embedding"},
    {"hosting": "api", "task": "function_calling", "needs_finetuning": True},
    {"variant": "reasoning", "max_params_b": 40, "licences": ["Apache", "MIT"]},
    {"hardware": {"vram_gb": 16}, "task": "edge", "context_tokens": 128_000},
    {"hardware": {"vram_gb": 48}, "variant": "base", "priority": "quality"},
]


@pytest.mark.parametrize("arguments", WHOLE, ids=str)
def test_the_same_as_one_by_one(box, arguments):
    needs = resolve(box, Recommend.model_validate(arguments))
    candidates, out = choose(box, needs)
    expected, why = plain(box, needs)
    assert {name: key for name, (key, _) in out.items()} == why
    found = {one.model.id: one for one in candidates}
    assert len(found) == len(candidates) and set(found) == {one.model.id for one in expected}
    for one in expected:
        mine = found[one.model.id]
        assert mine.utility == pytest.approx(one.utility, abs=1e-5), one.model.id
        if mine.run is None:
            assert one.quant is None
        else:
            assert (mine.run.quant, mine.run.kv_type) == (one.quant, one.kv_type), one.model.id
            assert mine.runs and mine.fit is not None and mine.total_bytes == pytest.approx(mine.fit.total_bytes, abs=2)
    first = [one.model.id for one in candidates if not tied(max(candidates, key=_utility), one)]
    assert first == [one.model.id for one in expected if one.model.id in set(first)]


def _utility(one):
    return one.utility


@pytest.mark.parametrize(
    "hardware",
    [{"gpu": "RTX 4060 Laptop", "ram_gb": 32}, {"gpu": "RTX 3090", "gpu_count": 2}, {"vram_gb": 12, "ram_gb": 128}],
    ids=str,
)
def test_where_layers_have_to_be_packed_the_first_ones_are_the_same(box, hardware):
    needs = resolve(box, Recommend.model_validate({"hardware": hardware, "task": "chat"}))
    candidates, out = choose(box, needs)
    expected, why = plain(box, needs)
    mine = [(one.model.id, one.run.quant, one.split) for one in candidates[:FIRST]]
    # On two cards the shares that a plan gives them move a speed by less than 1 %.
    assert sorted(mine) == sorted((one.model.id, one.quant, one.split) for one in expected[:FIRST])
    rough = {one.model.id for one in candidates[FIRST:] if one.split or "gpu_count" in hardware}
    assert {name for name in why if name not in rough} == set(out) - rough
    assert all(one.runs for one in candidates[:FIRST])
