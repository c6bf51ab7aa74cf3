"""What the shelf offers for a machine is what weighing one model after the other finds."""

import pytest

from assistant.calls import Hardware
from assistant.hardware.stated import stated
from assistant.memory.fit import best_fit
from assistant.memory.weigh import weigh
from knowledge.catalog import load_catalog

EVERY = 9  # one model in nine


@pytest.mark.parametrize(
    "hardware",
    [
        Hardware(gpu="RTX 4070"),
        Hardware(gpu="RTX 3090", gpu_count=2),
        Hardware(gpu=None, ram_gb=16),
        Hardware(gpu="M3 Max", ram_gb=64),
    ],
)
def test_the_same_as_one_by_one(hardware: Hardware) -> None:
    catalog, machine = load_catalog(), stated(hardware, load_catalog())
    weighed = weigh(catalog, machine, 16_384)
    found = {name: one.quant for name, one in weighed.items() if one.fits}
    compared = 0
    for model in list(catalog.models.values())[::EVERY]:
        if not model.open_weights:
            assert model.id not in found
            continue
        alone = best_fit(model, machine, context_tokens=min(16_384, model.context_tokens or 16_384), brief=True)
        if alone is None and model.id in found:
            assert hardware.gpu_count  # whole layers may not pack
            continue
        assert found.get(model.id) == (alone.quant if alone else None), model.id
        if alone is not None and not hardware.gpu_count:
            assert weighed[model.id].total == pytest.approx(alone.total_bytes, abs=2)  # rough cells are fractions
        compared += alone is not None
    assert compared > 20


def test_a_named_quantisation_alone_counts() -> None:
    catalog = load_catalog()
    machine = stated(Hardware(gpu="RTX 4090"), catalog)
    found = weigh(catalog, machine, 8192, "Q8_0")
    assert {one.quant for one in found.values()} == {"Q8_0"}
    assert found["llama-3.1-8b-instruct"].fits and not found["llama-3.3-70b-instruct"].fits


def test_what_does_not_fit_is_told_in_the_usual_quantisation() -> None:
    catalog = load_catalog()
    found = weigh(catalog, stated(Hardware(gpu="RTX 3060"), catalog), 8192)
    assert (found["llama-3.3-70b-instruct"].quant, found["llama-3.3-70b-instruct"].fits) == ("Q4_K_M", False)
    assert (found["gpt-oss-120b"].quant, found["gpt-oss-120b"].fits) == ("MXFP4", False)
    assert 39 < found["llama-3.3-70b-instruct"].total / 2**30 < 45
