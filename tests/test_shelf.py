"""What the shelf offers for a machine is what weighing one model after the other finds."""

import pytest

from assistant.calls import Hardware
from assistant.hardware import stated
from assistant.memory.fit import best_fit
from assistant.memory.shelf import best_quants
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
    found = best_quants(catalog, machine, 16_384)
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
        compared += alone is not None
    assert compared > 20


def test_a_named_quantisation_alone_counts() -> None:
    catalog = load_catalog()
    machine = stated(Hardware(gpu="RTX 4090"), catalog)
    found = best_quants(catalog, machine, 8192, "Q8_0")
    assert (
        set(found.values()) == {"Q8_0"} and "llama-3.1-8b-instruct" in found and "llama-3.3-70b-instruct" not in found
    )
