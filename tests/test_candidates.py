"""The chooser's arrays find what looking at one model after the other finds, and order it as is documented."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from assistant.calls import Recommend
from assistant.choosing.candidates import FIRST, _measured_first, choose, take, tied
from assistant.choosing.constraints import resolve
from assistant.toolbox import Toolbox
from knowledge.catalog import load_catalog
from knowledge.priorities import load_priorities
from knowledge.schema import Price
from tests.known_abilities import DEVIATION, box_of, chosen, machine
from tests.plain_choice import plain
from tests.small_catalog import api, model
from tests.test_recommend import MOE

EVERY = 6  # one model in six of the shipped catalog


@pytest.fixture(scope="module")
def box() -> Toolbox:
    whole = load_catalog()
    names = list(whole.models)[::EVERY]
    return Toolbox(replace(whole, models={name: whole.models[name] for name in names}))


WHOLE = [
    {"hardware": {"vram_gb": 24}},
    {"hardware": {"gpu": "RTX 4060 Laptop"}, "task": "coding", "context_tokens": 32_000, "priority": "speed"},
    {"hardware": {"gpu": None, "ram_gb": 16}, "commercial_use": True, "exclude": ["qwen", "China"]},
    {"hardware": {"gpu": "M3 Max", "ram_gb": 36}, "task": "vision", "languages": ["ja"]},
    {"hardware": {"vram_gb": 12}, "hosting": "any", "priority": "cost", "max_price": 1.5},
    {"hardware": {"gpu": "RTX 3060"}, "task": "embedding"},
    {"hardware": {"gpu": None, "ram_gb": 16}, "task": "embedding"},
    {"hosting": "api", "task": "function_calling", "needs_finetuning": True},
    {"variant": "reasoning", "max_params_b": 40, "licences": ["Apache", "MIT"]},
    {"hardware": {"vram_gb": 16}, "task": "edge", "context_tokens": 128_000},
    {"hardware": {"vram_gb": 48}, "variant": "base", "priority": "quality"},
    {"hardware": {"vram_gb": 24}, "users": 6, "context_tokens": 16_000},
    {"hardware": {"vram_gb": 24}, "task": "embedding", "variant": "reranker"},
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


def order(models, able, where=None, **question):
    return [one.model.id for one in chosen(models, able, where, **question)[1]]


CARD = machine(24, None)


def test_inside_the_noise_the_more_open_licence_comes_first():
    models = [model("open-7b", 7, 50.0), model("bound-7b", 7, 50.0, licence="llama3")]
    # Deviation 0.2: two models known that well are tied below 0.2 * sqrt(2) = 0.283.
    assert order(models, {"open-7b": 1.0, "bound-7b": 1.28}, CARD) == ["open-7b", "bound-7b"]
    assert order(models, {"open-7b": 1.0, "bound-7b": 1.29}, CARD) == ["bound-7b", "open-7b"]


def test_inside_the_noise_what_one_can_read_along_with_comes_first():
    models = [model("fast-1b", 1, 50.0), model("slow-7b", 7, 50.0)]
    # On a processor of 40 GB/s a 7B model writes 4 to 7 tokens/s (less than 10), a 1B model 20 or more.
    found = chosen(models, {"fast-1b": 1.0, "slow-7b": 1.35}, machine(0, 32))[1]
    assert found[0].model.id == "fast-1b" and found[0].utility < found[1].utility
    assert found[0].speed > 10 > found[1].speed
    assert order(models, {"fast-1b": 1.0, "slow-7b": 1.35}, CARD) == ["slow-7b", "fast-1b"]


def test_between_ties_the_much_faster_comes_first_unless_quality_is_all():
    models = [model("fast-7b", 7, 50.0), model("slow-32b", 32, 50.0)]
    able = {"fast-7b": 1.0, "slow-32b": 1.25}
    found = {one.model.id: one for one in chosen(models, able, CARD)[1]}
    # Whole on a card of 400 GB/s: some 8 GB of weights at Q8_0 against 19 GB at Q4_K_M or less.
    fast, slow = found["fast-7b"], found["slow-32b"]
    much = fast.speed >= load_priorities().much_faster * slow.speed
    assert slow.utility > fast.utility and tied(fast, slow) and slow.speed > load_priorities().reading
    assert order(models, able, CARD) == (["fast-7b", "slow-32b"] if much else ["slow-32b", "fast-7b"])
    small = [model("fast-1b", 1, 50.0), models[1]]
    able = {"fast-1b": 1.0, "slow-32b": 1.25}
    assert order(small, able, CARD) == ["fast-1b", "slow-32b"]
    assert order(small, able, CARD, priority="quality") == ["slow-32b", "fast-1b"]


def test_where_speed_is_the_priority_the_faster_of_ties_comes_first():
    models = [model("fast-7b", 7, 50.0), model("slow-14b", 14, 50.0)]
    able = {"fast-7b": 1.0, "slow-14b": 1.65}
    first, second = chosen(models, able, CARD, priority="speed")[1]
    assert (first.model.id, second.model.id) == ("fast-7b", "slow-14b")
    assert tied(first, second) and first.utility < second.utility and first.speed < 3 * second.speed


def test_a_guess_is_first_only_where_its_lower_end_is_above_what_was_measured():
    models = [model("guess-7b", 7), model("seen-7b", 7, 50.0)]
    # Both deviations are 0.2 and the interval is 1.645 of them wide: 1.0 + 1.645 * 0.2 = 1.329.
    assert order(models, {"guess-7b": 1.32, "seen-7b": 1.0}, CARD) == ["seen-7b", "guess-7b"]
    assert order(models, {"guess-7b": 1.34, "seen-7b": 1.0}, CARD) == ["guess-7b", "seen-7b"]
    assert order([*models, model("other-7b", 7)], {"guess-7b": 1.32, "seen-7b": 1.0, "other-7b": 1.31}, CARD) == [
        "seen-7b", "guess-7b", "other-7b"
    ]  # fmt: skip


def test_where_quality_is_the_priority_a_slow_split_is_worth_it():
    models = [model("whole-7b", 7, 50.0), model("large-70b", 70, 50.0)]
    able, where = {"whole-7b": 0.0, "large-70b": 2.0}, machine(8, 128)
    found = chosen(models, able, where, priority="quality")[1]
    assert found[0].model.id == "large-70b" and found[0].split and 1 <= found[0].speed < 5
    assert order(models, able, where) == ["whole-7b"]


def test_each_user_has_a_context_of_their_own():
    one, many = (
        chosen([model("a-7b", 7, 50.0)], {"a-7b": 1.0}, CARD, users=users, context_tokens=8_192)[1][0]
        for users in (1, 8)
    )
    # 32 layers, 8 heads of 128 for keys and as many for values, 2 bytes each: 1 GiB per user in 16 bits.
    caches = [picked.fit.kv_cache_bytes for picked in (one, many)]
    assert caches[0] == 2**30 and caches[1] >= 4 * 2**30
    assert many.run.users == 8 and many.total_bytes <= many.fit.available_bytes
    assert not chosen([model("a-7b", 7, 50.0)], {"a-7b": 1.0}, CARD, users=100, context_tokens=8_192)[1]


def test_equals_come_in_the_order_of_spare_memory_then_id():
    twins = [model(name, 7, 50.0) for name in ("c-7b", "a-7b", "b-7b")]
    assert order(twins, dict.fromkeys(("a-7b", "b-7b", "c-7b"), 1.0), CARD) == ["a-7b", "b-7b", "c-7b"]
    lean = model("z-1b", 1, 50.0)
    assert order([*twins, lean], dict.fromkeys(("a-7b", "b-7b", "c-7b", "z-1b"), 1.0), CARD)[0] == "z-1b"


def test_what_is_hardly_known_comes_no_nearer_to_the_best():
    models = [model("known-7b", 7, 50.0, licence="llama3"), model("vague-7b", 7, 50.0)]
    found = chosen(models, {"known-7b": 1.0, "vague-7b": (0.6, 2.0)}, CARD)[1]
    assert [one.model.id for one in found] == ["known-7b", "vague-7b"] and not tied(*found)


def test_a_model_counts_by_what_is_sure():
    models = [model("guess-7b", 7), model("seen-7b", 7, 50.0)]
    found = {one.model.id: one for one in chosen(models, {"guess-7b": (1.0, 0.8), "seen-7b": (1.0, 0.2)}, CARD)[1]}
    less = found["seen-7b"].utility - found["guess-7b"].utility
    assert less == pytest.approx(load_priorities().unsure * (0.8 - 0.2)) and less > 0.1
    assert found["seen-7b"].position == found["guess-7b"].position


def test_a_smaller_cache_is_chosen_only_where_it_makes_room():
    one = model("long-14b", 14, 50.0, context_tokens=131_072)
    short = chosen([one], {"long-14b": 1.0}, machine(24), context_tokens=8192)[1][0]
    assert short.run.kv_type == "f16"
    # 14B: 2 * 40 layers * 8 heads * 128 values * 131,072 tokens are 20 GiB at 16 bits, 10.6 at 8.
    whole = chosen([one], {"long-14b": 1.0}, machine(24), context_tokens=131_072)[1][0]
    assert whole.run.kv_type == "q8_0" and whole.runs and whole.fit.kv_cache_bytes == 10_737_418_240 * 17 // 16
    assert "long-14b" in chosen([one], {"long-14b": 1.0}, machine(16), context_tokens=131_072)[2]


def test_a_stated_context_may_reach_into_an_extended_one():
    one = model("far-7b", 7, 50.0, context_tokens=4096, extended_context_tokens=65_536)
    assert chosen([one], {"far-7b": 1.0}, CARD, context_tokens=40_000)[1][0].run.context_tokens == 40_000
    assert chosen([one], {"far-7b": 1.0}, CARD)[1][0].run.context_tokens == 4096
    assert chosen([one], {"far-7b": 1.0}, CARD, context_tokens=70_000)[2]["far-7b"] == ("context", {"context": 65_536})


def test_an_api_stands_in_for_a_model_that_is_too_large_within_the_price():
    big = model("big-70b", 70, 50.0, price=Price("lab", 0.5, 2.0, None, "test"))
    asked = {"hosting": "any", "priority": "cost"}
    _, found, out = chosen([big], {"big-70b": 1.0}, machine(8), **asked)
    assert found[0].run is None and not out
    # 21 million tokens in and 4.2 million out: $10.5 + $8.4 = $18.9 a month; 0.8 * log10(1 + 1.89) = 0.369
    assert found[0].utility == pytest.approx(1 - load_priorities().unsure * DEVIATION - 0.3687, abs=1e-4)
    assert chosen([big], {"big-70b": 1.0}, machine(8), max_price=1, **asked)[2]["big-70b"][0] == "memory"
    # A model that runs here is worth no less than through its API: more memory never makes it worse.
    assert chosen([big], {"big-70b": 1.0}, machine(80), **asked)[1][0].utility >= found[0].utility


def test_the_cheaper_of_two_equals_comes_first_when_cost_counts():
    models = [api("dear", 50.0, 20.0), api("fair", 50.0, 1.0)]
    assert order(models, {"dear": 1.0, "fair": 0.9}, hosting="api", priority="cost") == ["fair", "dear"]
    assert order(models, {"dear": 1.0, "fair": 0.6}, hosting="api", priority="quality") == ["dear", "fair"]


def test_a_vendor_that_tunes_its_model_counts_where_an_api_does():
    tuned = api("cloud", 50.0, 1.0, fine_tuning=("api",))
    question = {"needs_finetuning": True}
    assert order([tuned, api("fixed", 50.0, 1.0)], {"cloud": 1, "fixed": 1}, hosting="api", **question) == ["cloud"]
    assert chosen([api("fixed", 50.0, 1.0)], {"fixed": 1}, hosting="api", **question)[2] == {"fixed": ("closed", {})}


def test_where_llama_cpp_disagrees_a_smaller_quantisation_is_taken(monkeypatch):
    from assistant.choosing import exact

    one = model("tight-7b", 7, 50.0)
    needs, found, _ = chosen([one], {"tight-7b": 1.0}, CARD)
    ask = exact.report

    def stricter(model, machine, run, *, exact=False):
        report = ask(model, machine, run)
        return replace(report, available_bytes=report.total_bytes - 1) if run.quant in ("Q8_0", "Q6_K") else report

    monkeypatch.setattr("assistant.choosing.exact.report", stricter)
    (pick,) = take(needs, found, 3)
    assert found[0].run.quant == "Q8_0" and pick.run.quant == "Q5_K_M" == pick.fit.quant
    assert pick.position < found[0].position and pick.utility < found[0].utility


def test_a_second_split_model_only_where_nothing_else_is_left():
    shape = {"architecture": MOE, "parameters": 30_532_122_624}
    models = [model(f"e{n}-30b", None, 50.0, **shape) for n in range(3)] + [model("small-7b", 7, 50.0)]
    able = {"e0-30b": 2.0, "e1-30b": 1.9, "e2-30b": 1.8, "small-7b": 0.0}
    needs, found, _ = chosen(models, able, machine(8, 64))
    assert [one.model.id for one in take(needs, found, 2)] == ["e0-30b", "small-7b"]
    assert [one.model.id for one in take(needs, found, 3)] == ["e0-30b", "small-7b", "e1-30b"]


def test_a_named_context_and_a_missing_projector_make_no_room(box):
    needs = resolve(box, Recommend.model_validate({"task": "vision", "hardware": {"vram_gb": 8}}))
    for one in choose(box, needs)[0]:
        assert "image" in one.model.inputs and one.run.images and one.runs


def test_no_models_at_all():
    box = box_of([], {}, CARD)
    assert choose(box, resolve(box, Recommend())) == ([], {})


def test_a_guess_does_not_come_first_by_its_speed_alone():
    """Utility 0.1 is above -0.2 + 1.645 x 0.09, but its ability may be -0.2 - 1.645 x 0.24; that of `able` is 0.6."""
    tested = SimpleNamespace(id="tested", guess=False, utility=-0.2, position=0.0, deviation=0.09)
    quick = SimpleNamespace(id="quick", guess=True, utility=0.1, position=-0.2, deviation=0.24)
    able = SimpleNamespace(id="able", guess=True, utility=0.5, position=1.0, deviation=0.24)
    assert [one.id for one in _measured_first([quick, tested])] == ["tested", "quick"]
    assert [one.id for one in _measured_first([able, quick, tested])] == ["able", "tested", "quick"]
