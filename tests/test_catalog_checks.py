"""What `mekiki catalog check` finds: each contradiction, its file and line, and the arithmetic behind it."""

from dataclasses import replace
from datetime import date

import pytest

from knowledge.catalog import load_catalog
from knowledge.checks import arithmetic, check
from knowledge.schema import File, Price, Score
from tests.test_catalog import GOOD, entry


@pytest.mark.parametrize(
    "change, field",
    [
        ({"released": date(2099, 1, 1)}, "released"),
        ({"licence": "wtfpl"}, "licence"),
        ({"base_model": "nowhere"}, "base_model"),
        ({"base_model": "phi-4"}, "base_model"),
        ({"parameters": 15}, "parameters"),
        ({"parameters": 13_000_000_000}, "parameters"),
        ({"parameters": 14_659_507_200, "active_parameters": 15_000_000_000}, "active_parameters"),
        ({"context_tokens": 4}, "context_tokens"),
        ({"price": Price("x", 5_000.0, 1.0, None, "s")}, "price.input"),
        ({"price": Price("x", 1.0, 1.0, 2.0, "s")}, "price.cached"),
        ({"price": Price("x", None, None, 0.1, "s")}, "price.input"),
        ({"aliases": ("phi-2",)}, "aliases"),
        ({"scores": (Score("olb2_ifeval", 4922.0, "olb2"),)}, "scores.olb2.olb2_ifeval"),
        ({"scores": (Score("iq", 1.0, "olb2"),)}, "scores.olb2.iq"),
        ({"files": (File("Q4_K_M", 9, "s"),)}, "files[0].bytes"),  # gigabytes
        ({"files": (File("Q4_K_M", 9_053_114_816_000, "s"),)}, "files[0].bytes"),  # kilobytes taken for bytes
        ({"extended_context_tokens": 8_192}, "extended_context_tokens"),
        ({"languages": ("Japanese",)}, "languages"),
        ({"country": "Japan"}, "country"),
        ({"hf_id": "phi-4"}, "hf_id"),
        ({"successor": "phi-4"}, "successor"),
        ({"base_model": "qwen3-8b", "released": date(2024, 12, 12)}, "released"),  # made of what came later
        ({"open_weights": True, "licence": "proprietary"}, "open_weights"),
        ({"variant": "reranker", "parameters": 568_000_000_000}, "parameters"),  # millions taken for billions
        ({"name": "Phi 4 140B"}, "parameters"),  # the name says ten times as much
        ({"name": "Phi-4-300M"}, "parameters"),
    ],
)
def test_check_finds_contradictions(change, field):
    catalog = load_catalog()
    models = {**catalog.models, "phi-4": replace(catalog.models["phi-4"], **change)}
    found = check(replace(catalog, models=models))
    assert field in {one.field for one in found}
    assert {"microsoft/phi-4.toml", "microsoft/phi-2.toml"} >= {one.path.split(":")[0] for one in found}
    assert all(one.expected_ja and one.expected_ja != one.expected for one in found)


def test_a_size_in_a_name_may_be_that_of_the_active_parameters_or_of_one_expert():
    catalog = load_catalog()
    model = replace(catalog.models["phi-4"], architecture=None, parameters=109_000_000_000)
    fields = {"active_parameters": 17_000_000_000, "name": "Scout 17B 16E"}
    for named in (replace(model, **fields), replace(model, name="Mix 8x14B"), replace(model, name="Phi-4")):
        assert not [
            one for one in check(replace(catalog, models={**catalog.models, "phi-4": named})) if "phi-4" in one.path
        ]


def test_check_names_the_line_of_a_users_entry(tmp_path):
    entry(tmp_path, GOOD.replace("parameters = 8_030_261_248", "parameters = 8"))
    problem = next(one for one in check(load_catalog(tmp_path)) if one.field == "parameters")
    assert problem.path == "example/example-8b.toml:8"
    assert "8_000_000_000" in problem.expected_ja and problem.found == "8"


def test_check_reads_the_tables_beside_the_entries():
    catalog = load_catalog()
    del (models := dict(catalog.models))["pixtral-12b-2409"]
    gpu = replace(catalog.gpus["RTX 4090"], released=date(2099, 1, 1), aliases=("3090",), pci_ids=("2684",))
    broken = replace(catalog, models=models, tasks={"chat": {"iq": 2.0}}, gpus={**catalog.gpus, "RTX 4090": gpu})
    found = {(one.path, one.field) for one in check(broken)}
    assert {("tasks.toml", "chat.iq"), ("names.toml", "families.pixtral")} <= found
    assert {("gpus/RTX 4090", "released"), ("gpus/RTX 4090", "pci_ids"), ("gpus/RTX 3090", "aliases")} <= found


def test_check_follows_a_cycle_of_base_models():
    catalog = load_catalog()
    models = dict(catalog.models)
    models["phi-2"] = replace(models["phi-2"], base_model="phi-4")
    models["phi-4"] = replace(models["phi-4"], base_model="phi-2")
    found = [one for one in check(replace(catalog, models=models)) if one.field == "base_model"]
    assert [one.path.split(":")[0] for one in found] == ["microsoft/phi-2.toml", "microsoft/phi-4.toml"]


def test_arithmetic_of_llama_3_1_8b():
    model = load_catalog().models["llama-3.1-8b-instruct"]
    # per layer: Q and O 2*4096*4096, K and V 2*4096*8*128, feed-forward 3*4096*14336; twice the vocabulary
    expected = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336) + 2 * 128256 * 4096
    assert arithmetic(model, model.architecture) == (expected, expected)
    assert abs(expected - 8_030_261_248) < 0.001 * expected


def test_arithmetic_counts_experts_and_leaves_room_for_a_prediction_module_and_towers():
    models = load_catalog().models
    mixtral = models["mixtral-8x7b-instruct-v0.1"]
    # per layer: attention as above, eight experts of 3*4096*14336
    amount = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 8 * 3 * 4096 * 14336) + 2 * 32000 * 4096
    assert arithmetic(mixtral, mixtral.architecture) == (amount, amount)
    low, high = arithmetic(models["deepseek-v3"], models["deepseek-v3"].architecture)
    assert low <= 671.1e9 <= 1.001 * low and low < 684.5e9 <= 1.002 * high  # without and with the module
    seeing = models["gemma-3-27b-it"]
    assert arithmetic(seeing, seeing.architecture)[1] > 10 * seeing.parameters
    assert arithmetic(models["bert-base-uncased"], models["bert-base-uncased"].architecture) is None
