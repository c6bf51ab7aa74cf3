from dataclasses import replace

import pytest

from assistant.hardware.machine import Device, Machine
from assistant.memory.fit import fit
from assistant.memory.needs import needs
from assistant.memory.placement import Plan
from assistant.memory.report import Speed
from assistant.memory.speed import constants as of
from assistant.memory.speed.estimate import Work, _cpu_seconds, bandwidth, estimate, gpu_seconds, work
from tests.fit_shapes import GEMMA3_4B, LLAMA_8B, QWEN3_8B, QWEN3_30B_A3B, model

LLAMA = model(LLAMA_8B, parameters=8_030_261_248)
QWEN_MOE = model(QWEN3_30B_A3B, parameters=30_532_122_624)
RTX_4090 = Device("RTX 4090", "nvidia", "cuda", 24576, 24576, 1008.0, 165.2)
P40 = Device("P40", "nvidia", "cuda", 24576, 24576, 347.1, 11.76)
RX_7900_XTX = Device("RX 7900 XTX", "amd", "rocm", 24576, 24576, 960.0, 123.0)


def machine(*gpus, ram=None, ram_bandwidth=None, cores=8, origin="stated"):
    """Return these cards in a computer."""
    return Machine(gpus, ram, ram, "CPU", cores, ram_bandwidth, origin)


def speed(one, quant="Q4_K_M", context=4096, here=None):
    """Return the speed of a model on a machine, an RTX 4090 by default."""
    return fit(one, quant=quant, context_tokens=context, machine=here or machine(RTX_4090), exact=False).speed


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch):
    """Fail where this computer's memory would be measured without a test asking for it."""

    def never():
        raise AssertionError("measured")

    monkeypatch.setattr(bandwidth, "of_this_computer", never)


def test_seconds_per_token_are_bytes_over_bandwidth_and_a_fixed_cost_per_tensor():
    # Llama-3.1-8B Q4_K_M: 4,403.49 MiB read per token (the file without its input embedding) and half of 512 MiB of
    # KV cache, at 1,008e9 x 0.83 bytes/s; 32 layers x 9 tensors and 3 more x 5 us, and 75 us.
    expected = 1 / ((4403.49 + 256) * 2**20 / (1008e9 * 0.83) + 291 * 5e-6 + 7.5e-5)
    found = speed(LLAMA)
    assert found.mid == pytest.approx(expected, rel=0.005)
    assert (found.low, found.high) == (
        pytest.approx(found.mid * 0.72, rel=0.01),
        pytest.approx(found.mid * 1.35, rel=0.01),
    )
    assert found.bottleneck == "memory bandwidth"


def test_only_the_chosen_experts_are_read_and_take_longer_per_byte():
    # 8 of 128 experts in 48 layers, 3 matrices of 2048 x 768 each, in blocks of 34 bytes for 32 values (Q8_0).
    job = work(needs(QWEN_MOE, "Q8_0", 4096), 1000)
    assert job.experts == 48 * 3 * 8 * 2048 * 768 * 34 / 32
    reading, _ = gpu_seconds(Work(1e9, 1e9, 0, 0, "Q8_0"), RTX_4090, 1000.0)
    assert reading == pytest.approx((1e9 + 1e9 / 0.68) / (1e12 * 0.83))


def test_the_cache_is_read_as_far_as_it_is_filled_and_windows_end_it():
    # Qwen3-8B: 36 layers x 8 heads x 128 values x 2 bytes, keys and values: 147,456 bytes per token.
    assert work(needs(model(QWEN3_8B), "Q8_0", 4096), 1000).cache == 147_456 * 1000
    # Gemma 3 4B: 4 heads x 256; 5 of its 34 layers see everything, 29 the last 1,024 tokens.
    per_layer = 4 * 256 * 2 * 2
    found = work(needs(model(GEMMA3_4B), "Q8_0", 32768), 10_000).cache
    assert found == per_layer * (5 * 10_000 + 29 * 1024)


def test_a_long_conversation_is_slower():
    assert speed(model(QWEN3_8B), context=32768).mid < speed(model(QWEN3_8B), context=4096).mid


@pytest.mark.parametrize("quant, factor", [("Q4_K_M", 1.0), ("IQ4_XS", 1.0), ("Q3_K_M", 0.88), ("IQ2_XS", 0.8)])
def test_small_types_take_longer_per_byte(quant, factor):
    reading, _ = gpu_seconds(Work(1e9, 0, 1e9, 0, quant), RTX_4090, 1000.0)
    assert reading == pytest.approx((1e9 / factor + 1e9) / (1e12 * 0.83))  # the cache is not quantised with them
    assert speed(LLAMA, quant).mid > speed(LLAMA, "Q8_0").mid > speed(LLAMA, "F16").mid


def test_old_cards_take_the_time_that_unpacking_weights_costs():
    bits = of.bits_per_weight("Q4_0")  # 4.5 and the larger types of a few tensors
    job = Work(1e9, 0, 0, 0, "Q4_0")
    # 32 operations per weight at 11.76e12 per second are more than 1e9 bytes at 347.1e9 x 0.83 bytes/s, 3.5 ms.
    assert gpu_seconds(job, P40, 347.1)[0] == pytest.approx(8e9 / bits * 32 / 11.76e12)
    assert gpu_seconds(replace(job, quant="F16"), P40, 347.1)[0] == pytest.approx(1e9 / (347.1e9 * 0.83))
    newer = replace(P40, name="RTX 2080")
    assert gpu_seconds(job, newer, 347.1)[0] == pytest.approx(1e9 / (347.1e9 * 0.83))
    assert gpu_seconds(job, replace(P40, fp16_tflops=None), 347.1)[0] == pytest.approx(1e9 / (347.1e9 * 0.83))


@pytest.mark.parametrize(
    "name, plain",
    [
        ("GTX 1080 Ti", True), ("GTX 980", True), ("GT 1030", True), ("MX250", True), ("Quadro P2000 Laptop", True),
        ("M1", True), ("M2 Ultra", True), ("M1 Max", True), ("GTX 1650", False), ("GTX 1660 Ti", False),
        ("M3 Pro", False), ("MX450", False), ("M10", False), ("RTX 2060", False),
    ],
)  # fmt: skip
def test_which_devices_have_weak_arithmetic(name, plain):
    assert (of.weights_per_second(replace(P40, name=name)) < 1e12) is plain


@pytest.mark.parametrize(
    "gpu, share",
    [
        (RTX_4090, 0.83),
        (RX_7900_XTX, 0.83 * 0.65),
        (replace(RX_7900_XTX, backend="vulkan"), 0.83),
        (replace(RTX_4090, name="A100 80GB PCIe"), 0.83 * 0.6),
        (replace(RX_7900_XTX, name="MI300X"), 0.83 * 0.6),
    ],
)
def test_shares_of_bandwidth(gpu, share):
    assert of.share_of_bandwidth(gpu) == pytest.approx(share)


def test_small_models_are_limited_by_the_fixed_cost():
    from knowledge.schema import Architecture

    tiny = model(Architecture("llama", 30, 576, 9, 3, 64, 1536, 49152, True))  # SmolLM2-135M
    assert speed(tiny).bottleneck == "fixed cost per layer"


def test_two_cards_work_one_after_the_other():
    # Both read half of it: in the time that one takes, and at 1,008 and 504 GB/s in 0.5 + 1 times that.
    slower = replace(RTX_4090, name="RTX 4060 Ti", bandwidth_gb_s=504.0)
    need, whole = needs(LLAMA, "F16", 256), Plan("gpu", None, None, None)
    one, same, mixed = (
        estimate(need, whole, machine(*gpus)).mid for gpus in ((RTX_4090,), (RTX_4090, RTX_4090), (RTX_4090, slower))
    )
    assert same == pytest.approx(one, rel=0.005)
    reading, fixed = gpu_seconds(work(need, 128), RTX_4090, 1008.0)
    assert mixed == pytest.approx(1 / (1.5 * reading + fixed + 7.5e-5), rel=0.005)


def test_layers_in_ram_add_their_time():
    # 16 of 32 equal layers in RAM, read at 50e9 x 0.65 bytes/s, and one hand-over; the rest as on the card.
    need = needs(LLAMA, "F16", 256)
    found = estimate(need, Plan("partial", 16, None, None), machine(RTX_4090, ram=65536, ram_bandwidth=50.0))
    job = work(need, 128)
    layers, fixed = need.weights.layers, job.tensors / 2
    on_card = (job.dense - layers / 2 + job.cache / 2) / (1008e9 * 0.83) + fixed * 5e-6 + 7.5e-5
    in_ram = (layers / 2 + job.cache / 2) / (50e9 * 0.65) + fixed * 3e-6 + 2.5e-4
    assert found.mid == pytest.approx(1 / (on_card + in_ram), rel=0.01)
    assert found.bottleneck == "system RAM bandwidth"
    assert found.low < found.mid < found.high


def test_experts_in_ram_are_handed_over_once_per_layer():
    need = needs(QWEN_MOE, "Q8_0", 256)
    here = machine(RTX_4090, ram=65536, ram_bandwidth=50.0)
    half, all_of_them = (
        1 / estimate(need, Plan("expert_offload", None, None, None, cpu_expert_layers=count), here).mid
        for count in (24, 48)
    )
    chosen = work(need, 128).experts / 2  # of 24 layers: off the card, into RAM
    more = chosen / (50e9 * 0.65) - chosen / 0.68 / (1008e9 * 0.83) + 24 * (2.5e-4 + 3 * (3e-6 - 5e-6))
    assert all_of_them - half == pytest.approx(more, rel=0.02)


def test_processor_speed_follows_memory_bandwidth():
    slow, fast = (speed(model(QWEN3_8B), here=machine(ram=32768, ram_bandwidth=rate)) for rate in (25.6, 89.6))
    assert fast.mid / slow.mid == pytest.approx(3.5, rel=0.02)
    assert fast.bottleneck == "system RAM bandwidth"


def test_stated_computers_are_assumed_and_told_so_with_a_wide_range():
    report = fit(model(QWEN3_8B), quant="Q4_K_M", context_tokens=4096, machine=machine(ram=32768), exact=False)
    assert report.speed.high / report.speed.low > 3
    assert any("assumes that 20 to 60 GB" in note["en"] and "毎秒 20～60 GB" in note["ja"] for note in report.notes)
    known = fit(
        model(QWEN3_8B), quant="Q4_K_M", context_tokens=4096, machine=machine(ram=32768, ram_bandwidth=50.0),
        exact=False,
    )  # fmt: skip
    assert known.speed.high / known.speed.low == pytest.approx(2.5, rel=0.02)
    assert not any("assumes" in note["en"] for note in known.notes)


def test_this_computer_is_measured_when_its_processor_is_asked_for(monkeypatch):
    monkeypatch.setattr(bandwidth, "of_this_computer", lambda: 89.6)
    here = machine(ram=32768, origin="detected")
    assert speed(model(QWEN3_8B), here=here) == speed(model(QWEN3_8B), here=machine(ram=32768, ram_bandwidth=89.6))
    monkeypatch.setattr(bandwidth, "of_this_computer", lambda: None)  # could not be measured
    assert speed(model(QWEN3_8B), here=here) == speed(model(QWEN3_8B), here=machine(ram=32768))


def test_cards_need_no_measurement_of_this_computer():
    assert speed(LLAMA, here=machine(RTX_4090, ram=32768, origin="detected")) == speed(LLAMA)


def test_a_card_known_by_its_memory_only_gets_the_range_of_current_cards():
    unnamed = Device("GPU 12 GB", "other", "cuda", 12288, 12288, None, None)
    report = fit(LLAMA, quant="Q4_K_M", context_tokens=4096, machine=machine(unnamed), exact=False)
    low, middle, high = bandwidth.of_cards(12288, "other")
    rates = (replace(unnamed, bandwidth_gb_s=one) for one in (low, middle, high))
    slow, likely, fast = (speed(LLAMA, here=machine(one)) for one in rates)
    assert report.speed == Speed(slow.low, likely.mid, fast.high, "memory bandwidth", None)
    assert any(f"{low:,.0f} to {high:,.0f} GB/s" in note["en"] for note in report.notes)
    assert any(f"{low:,.0f}～{high:,.0f} GB/s" in note["ja"] for note in report.notes)


def test_a_card_like_no_other_has_no_speed():
    assert speed(LLAMA, here=machine(Device("GPU 70 GB", "other", "cuda", 71680, 71680, None, None))) is None


def test_models_that_do_not_run_have_no_speed():
    assert estimate(needs(LLAMA, "F16", 4096), Plan("none", None, None, None), machine(RTX_4090)) is None


def test_unknown_layers_get_a_wider_range():
    found = speed(model(None, parameters=8_000_000_000))
    assert found.mid / found.low == pytest.approx(2, rel=0.02)
    assert found.mid < found.high < 2 * found.mid  # not more than the bandwidth allows


def test_no_speed_is_above_what_the_bandwidth_allows():
    l4 = Device("L4", "nvidia", "cuda", 24576, 24576, 300.0, 121.0)
    job = work(needs(LLAMA, "Q8_0", 4096), 2048)
    found = speed(LLAMA, "Q8_0", here=machine(l4))
    assert 1.35 * found.mid > 300e9 / (job.dense + job.cache)  # what differs between users would take it above that
    assert found.high == pytest.approx(300e9 / (job.dense + job.cache), rel=0.005)
    slow = speed(LLAMA, "Q8_0", here=machine(ram=32768, ram_bandwidth=20.0))
    assert slow.high <= 1.005 * 20e9 / (job.dense + job.cache)


def test_a_phone_has_no_speed_where_its_memory_is_not_known():
    assert speed(LLAMA, here=replace(machine(ram=16384), phone=True)) is None


def test_prompts_take_operations_and_one_pass_over_the_weights_per_batch():
    # 2 operations for each value of the layers (the output is asked for once), and attention: 4 x 4096 per attended
    # token, 1024 of 2048 on average, in 32 layers. 165.2e12 x 0.8 per second; 512 tokens to one pass over 4,403 MiB.
    values = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096)
    operations = 2 * values + 32 * 4 * 4096 * 1024
    seconds = operations / (165.2e12 * 0.8) + 4403.49 * 2**20 / (1008e9 * 0.83) / 512
    assert speed(LLAMA).prompt_mid == pytest.approx(1 / seconds, rel=0.01)


def test_prompts_need_a_known_rate():
    assert speed(LLAMA, here=machine(replace(RTX_4090, fp16_tflops=None))).prompt_mid is None
    assert speed(LLAMA, here=machine(ram=32768, cores=None)).prompt_mid is None
    # 8 cores x 0.08e12 operations per second; 2 x 6.98e9 and 0.54e9 for attention per token.
    assert speed(LLAMA, here=machine(ram=32768, cores=8)).prompt_mid == pytest.approx(8 * 0.08e12 / 14.5e9, rel=0.01)


def test_published_speeds_are_met():
    from tests.benchmarks.bench_speed import score
    from tests.benchmarks.speed_cases import in_ram, published

    found = score(one.estimate() / one.measured for one in published()[0])
    assert found.count > 140
    assert 0.95 <= found.median <= 1.05
    assert found.within_15 >= 0.65 and found.within_30 >= 0.85 and found.inside >= 0.9
    rows = in_ram()
    assert sum(one.found.low <= one.measured <= one.found.high for one in rows) >= 0.9 * len(rows)


def test_a_processor_takes_long_to_look_weights_up():
    """Per byte read IQ4 reaches 0.78 and IQ1 to IQ3 0.55 of what Q4_K does; on a card IQ4 is read as fast."""
    weights = Work(4e9, 0.0, 0.0, 0, "Q4_K_M")
    took = {quant: _cpu_seconds(replace(weights, quant=quant), 40e9) for quant in ("Q4_K_M", "IQ4_XS", "IQ3_XXS")}
    assert took["Q4_K_M"] == pytest.approx(0.1)
    assert took["IQ4_XS"] == pytest.approx(0.1 / 0.78) and took["IQ3_XXS"] == pytest.approx(0.1 / 0.55)
    slow = machine(ram=32768, ram_bandwidth=17.0)
    assert speed(LLAMA, "IQ4_XS", here=slow).mid < speed(LLAMA, "Q4_K_M", here=slow).mid
    assert speed(LLAMA, "IQ4_XS").mid > speed(LLAMA, "Q4_K_M").mid
