import pytest

from assistant.machine import Device, Machine
from assistant.memory.fit import fit
from tests.fit_shapes import LLAMA_8B, QWEN3_8B, QWEN3_30B_A3B, model


def machine(memory_gib=24, bandwidth=1008.0, ram=None, ram_bandwidth=None, **values):
    """Return one card and its computer."""
    gpu = Device(
        values.get("name", "RTX 4090"), values.get("vendor", "nvidia"), values.get("backend", "cuda"),
        memory_gib * 1024, memory_gib * 1024, bandwidth, values.get("tflops", 165.0),
    )  # fmt: skip
    gpus = () if values.get("no_gpu") else (gpu,)
    return Machine(gpus, ram, ram, "CPU", 8, ram_bandwidth, "stated")


def speed(one, quant="Q4_K_M", context=4096, here=None, **values):
    """Return the speed of a model on a machine."""
    return fit(one, quant=quant, context_tokens=context, machine=here or machine(**values), exact=False).speed


def test_seconds_per_token_are_bytes_over_bandwidth_and_a_fixed_cost_per_layer():
    # Llama-3.1-8B Q4_K_M: 4,403.49 MiB read per token (the file without its input embedding) and half of 512 MiB of
    # KV cache, at 1,008e9 x 0.88 bytes/s; 32 layers x 65 us + 0.1 ms.
    expected = 1 / ((4403.49 + 256) * 2**20 / (1008e9 * 0.88) + 32 * 65e-6 + 1e-4)
    found = speed(model(LLAMA_8B, parameters=8_030_261_248))
    assert found.mid == pytest.approx(expected, rel=0.01)
    assert (found.low, found.high) == (
        pytest.approx(found.mid * 0.65, rel=0.01),
        pytest.approx(found.mid * 1.5, rel=0.01),
    )
    assert found.bottleneck == "memory bandwidth"


@pytest.mark.parametrize(
    "arch, quant, values, measured",
    [  # AlexsJones/llmfit, llmfit-core/data (2026-08-22), tokens per second
        (LLAMA_8B, "Q4_K_M", {"memory_gib": 12, "bandwidth": 672.0, "name": "RTX 5070"}, 104.0),
        (LLAMA_8B, "Q4_K_M", {"memory_gib": 20, "bandwidth": 800.0, "name": "RX 7900 XT", "vendor": "amd",
                              "backend": "rocm"}, 110.0),
    ],
)  # fmt: skip
def test_measured_speeds_are_inside_the_range(arch, quant, values, measured):
    found = speed(model(arch, parameters=8_030_261_248), quant, 1024, **values)
    assert found.low < measured < found.high


def test_fewer_bytes_are_faster_but_codebook_types_are_slower_than_their_size():
    rates = [speed(model(LLAMA_8B), quant).mid for quant in ("F16", "Q8_0", "Q4_K_M")]
    assert rates == sorted(rates)
    assert speed(model(LLAMA_8B), "IQ2_XS").mid < speed(model(LLAMA_8B), "Q2_K").mid


def test_experts_that_are_not_chosen_cost_no_time():
    sparse, dense = model(QWEN3_30B_A3B, parameters=30_532_122_624), model(LLAMA_8B, parameters=8_030_261_248)
    assert speed(sparse).mid > speed(dense).mid


def test_a_long_conversation_is_slower():
    assert speed(model(QWEN3_8B), context=32768).mid < speed(model(QWEN3_8B), context=4096).mid


def test_layers_in_ram_make_ram_the_bottleneck():
    found = speed(model(QWEN3_8B), "Q8_0", 8192, here=machine(8, 448.0, ram=32768))
    assert found.bottleneck == "system RAM bandwidth"
    assert found.mid < speed(model(QWEN3_8B), "Q8_0", 8192).mid / 3


def test_processor_speed_follows_measured_ram_bandwidth():
    slow, fast = (
        speed(model(QWEN3_8B), here=machine(no_gpu=True, ram=32768, ram_bandwidth=rate)).mid for rate in (25.6, 89.6)
    )
    assert fast / slow == pytest.approx(3.5, rel=0.02)
    unknown = speed(model(QWEN3_8B), here=machine(no_gpu=True, ram=32768))
    assert slow < unknown.mid < fast and unknown.high / unknown.low > 3


def test_small_models_are_limited_by_the_fixed_cost():
    from knowledge.schema import Architecture

    tiny = model(Architecture("llama", 30, 576, 9, 3, 64, 1536, 49152, True))  # SmolLM2-135M
    assert speed(tiny).bottleneck == "fixed cost per layer"


def test_unknown_bandwidth_is_no_speed():
    assert speed(model(QWEN3_8B), bandwidth=None) is None


def test_prompts_are_limited_by_throughput():
    found = speed(model(LLAMA_8B, parameters=8_030_261_248))
    assert found.prompt_mid == pytest.approx(165e12 * 0.6 / (2 * 8.03e9), rel=0.01)
    assert speed(model(LLAMA_8B, parameters=8_030_261_248), tflops=None).prompt_mid is None
