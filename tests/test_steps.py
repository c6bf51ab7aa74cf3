"""What one step more would buy: worked out by the chooser, told only beyond the noise."""

import pytest

from assistant.calls import Hardware
from assistant.choosing.steps import enlarged
from assistant.hardware.stated import stated
from tests.small_catalog import catalog, ladder, model
from tests.test_recommend import LAPTOP, ask

LARGE = model("giant-32b", 32, 97.0)
FORBIDDEN = model("research-7b", 7, 97.0, licence="cc-by-nc-4.0")


def steps(models, **arguments):
    return {row["step"]: row for row in ask(models, **arguments)["steps"]}


def test_each_step_names_what_is_best_then_and_the_gain():
    result = ask([*ladder(), LARGE, FORBIDDEN], hardware=LAPTOP, commercial_use=True)
    first = result["picks"][0]
    found = {row["step"]: row for row in result["steps"]}
    assert found["memory"]["id"] == "giant-32b" and found["licence"]["id"] == "research-7b"
    assert found["api"]["id"] == "cloud-best" and found["api"]["usd_per_month"] == 189.0  # 21 * 5 + 4.2 * 20
    for row in found.values():
        assert row["gain"] == round(row["score"] - first["score"], 1) > 0


def test_the_memory_step_is_the_smallest_size_on_which_the_chooser_itself_takes_the_better_model():
    step = steps([*ladder(), LARGE], hardware=LAPTOP)["memory"]
    enough, less = ({**LAPTOP, "vram_gb": size} for size in (step["to_gb"], LAPTOP["vram_gb"]))
    assert ask([*ladder(), LARGE], hardware=enough)["picks"][0]["id"] == step["id"]
    assert step["to_gb"] == 12 and ask([*ladder(), LARGE], hardware=less)["picks"][0]["id"] != step["id"]


def test_a_gain_inside_the_noise_is_not_told():
    close = [model("small-7b", 7, 50.0), model("near-32b", 32, 51.0)]
    assert steps([*ladder()[:2], *close], hardware=LAPTOP) == {}


def test_nothing_is_offered_that_is_already_allowed():
    assert "licence" not in steps([*ladder(), FORBIDDEN], hardware=LAPTOP)
    assert "api" not in steps(ladder(), hardware=LAPTOP, hosting="any")


@pytest.mark.parametrize(
    "hardware, size, free",
    [
        ({"vram_gb": 8}, 12, 12 * 1024),  # a stated card is all free
        ({"gpu": "RTX 4060 Laptop", "vram_gb": 8, "gpu_count": 2}, 16, 16 * 1024),  # each of the two
    ],
)
def test_enlarged_cards(hardware, size, free):
    machine = enlarged(stated(Hardware.model_validate(hardware), catalog()), size)
    assert [gpu.free_mib for gpu in machine.gpus] == [free] * hardware.get("gpu_count", 1)


def test_enlarged_ram():
    machine = enlarged(stated(Hardware.model_validate({"gpu": None, "ram_gb": 16}), catalog()), 32)
    assert machine.ram_total_mib == 32 * 1024
