from dataclasses import replace
from datetime import date

import pytest

from assistant.errors import BadArguments
from assistant.hardware.machine import Device, Machine, unified_limit_mib
from assistant.memory.compute.gpu import UNTIL_MID_2025, gpu_buffers
from assistant.memory.fit import best_fit, fit, needs_table
from assistant.memory.largest import largest
from assistant.memory.layers import cache_shape
from assistant.memory.needs import needs
from assistant.memory.placement import room
from assistant.memory.weights import settle, weights
from knowledge.schema import Architecture, File
from tests.fit_shapes import (
    DEEPSEEK_V3,
    GEMMA3_4B,
    GPT_OSS_20B,
    LLAMA_8B,
    MIXTRAL,
    QWEN3_8B,
    QWEN3_30B_A3B,
    QWEN36_27B,
    model,
)  # fmt: skip

MIB = 2**20
GIB = 2**30


def machine(*gpus_gib, ram_gib=None, bandwidth=1008.0, origin="detected", **values):
    """Return a machine with CUDA cards of so many GiB, all free."""
    gpus = tuple(
        Device("Card", values.get("vendor", "nvidia"), values.get("backend", "cuda"), size * 1024, size * 1024,
               bandwidth, 100.0, unified=values.get("unified", False))
        for size in gpus_gib
    )  # fmt: skip
    ram = None if ram_gib is None else ram_gib * 1024
    return Machine(gpus, ram, ram, "CPU", 8, None, origin)


@pytest.mark.parametrize(
    "arch, context, kv_type, expected_mib",
    [  # as llama.cpp allocates them; worked out beside each
        (QWEN3_8B, 8192, "f16", 1152),  # 36 layers x 2 x 8 heads x 128 x 2 bytes x 8,192
        (QWEN3_8B, 32768, "q8_0", 2448),  # x 34/32
        (QWEN3_8B, 32768, "q4_0", 1296),  # x 18/32
        (QWEN3_8B, 8000, "f16", 1152),  # padded to 256 cells: 8,192
        (GEMMA3_4B, 32768, "f16", 814),  # 5 full layers 640 MiB + 29 layers x 1,536 cells 174 MiB
        (GEMMA3_4B, 131072, "f16", 2560 + 174),  # the CUDA log in ollama pull request 17037
        (DEEPSEEK_V3, 4096, "f16", 274.5),  # MLA: 61 layers x 576 values x 2 bytes x 4,096, no V
        (GPT_OSS_20B, 32768, "f16", 768 + 18),  # 12 x 2,048 bytes x 32,768 + 12 x 2,048 x 768
    ],
)
def test_kv_cache(arch, context, kv_type, expected_mib):
    assert cache_shape(arch).cache_bytes(context, kv_type) == expected_mib * MIB


def test_recurrent_state_does_not_grow_with_the_context():
    shape = cache_shape(QWEN36_27B)
    assert 4 * shape.recurrent_bytes == 598.5 * MIB  # LM Studio issue 1862: llama_memory_recurrent size, 4 sequences
    assert shape.cache_bytes(262144) - shape.recurrent_bytes == 16384 * MIB  # same log: 16 full layers


def test_mistral_and_phi_windows_do_not_shrink_llama_cpps_cache():
    windowed = Architecture("llama", 32, 4096, 32, 8, 128, 14336, 32000, sliding_window=4096)
    assert cache_shape(windowed).cache_bytes(32768) == cache_shape(LLAMA_8B).cache_bytes(32768) == 4096 * MIB


def test_layers_without_heads_and_shared_layers_keep_nothing():
    pruned = Architecture("deci", 4, 4096, 32, (8, 0, 8, 0), 128, 14336, 128256)
    assert cache_shape(pruned).cache_bytes(256) == 2 * 2 * 8 * 128 * 2 * 256
    shared = Architecture(
        "gemma4", 30, 1536, 8, 1, 256, 6144, 262144, kv_shared_layers=20, sliding_window=512, swa_period=5
    )
    assert sum(n for *_, n in cache_shape(shared).full + cache_shape(shared).sliding) == 10


def test_users_have_a_stream_each():
    assert cache_shape(QWEN3_8B).cache_bytes(4000, users=4) == 4 * cache_shape(QWEN3_8B).cache_bytes(4096)


@pytest.mark.parametrize(
    "quant, mib",
    [
        ("Q4_K_M", 4685.30),
        ("Q8_0", 8137.64),
        ("Q6_K", 6282.97),
        ("IQ4_XS", 4269.15),
        ("Q3_K_M", 3825.27),
        ("Q2_K", 3024.38),
    ],
)
def test_llama_8b_files_have_the_published_sizes(quant, mib):
    assert weights(LLAMA_8B, quant).total / MIB == pytest.approx(mib, abs=0.01)


def test_mixture_of_experts_reads_only_the_chosen_experts():
    found = weights(MIXTRAL, "Q8_0")
    assert found.total > 3.5 * (found.active + found.embedding) * 0.9
    assert found.experts / found.total > 0.9


def test_a_wrong_flag_of_tied_embeddings_is_mended_by_the_parameter_count():
    stated = Architecture("qwen3", 28, 1024, 16, 8, 128, 3072, 151936)  # Qwen3-0.6B ties them: 596M parameters
    assert settle(stated, 596_049_920).tied_embeddings
    assert settle(stated, 751_632_384) is stated


def test_parts_add_up_and_agree_with_the_verdict():
    report = fit(model(QWEN3_8B), quant="Q4_K_M", context_tokens=8192, machine=machine(12), exact=False)
    found = report.to_json()
    assert report.kv_cache_bytes == 1152 * MIB
    assert report.total_bytes == (
        report.weights_bytes + report.kv_cache_bytes + report.compute_bytes + report.overhead_bytes
    )
    assert report.overhead_bytes + report.margin_bytes == 1024 * MIB  # llama.cpp's own fit target
    assert report.available_bytes == 12 * GIB - report.margin_bytes
    assert found["fits"] is True and found["placement"] == "gpu" and found["basis"] == "formula"
    assert found["settings"]["n_ctx"] == 8192 and "llama-server" in found["settings"]["commands"]["llama.cpp"]
    assert found["tokens_per_second"]["low"] < found["tokens_per_second"]["mid"] < found["tokens_per_second"]["high"]


def test_the_largest_context_fits_and_one_block_more_does_not():
    here = machine(8)
    longest = fit(model(QWEN3_8B), quant="Q4_K_M", context_tokens=4096, machine=here, exact=False).max_context_tokens
    assert longest % 256 == 0
    at, above = (
        fit(model(QWEN3_8B), quant="Q4_K_M", context_tokens=tokens, machine=here, exact=False)
        for tokens in (longest, longest + 256)
    )
    assert at.fits and not above.fits
    whole = fit(model(QWEN3_8B, context=40960), quant="Q4_K_M", context_tokens=4096, machine=machine(80), exact=False)
    assert whole.max_context_tokens == 40960


def test_without_hardware_only_the_need_is_told():
    report = fit(model(QWEN3_8B), quant=None, context_tokens=None, machine=None, exact=False)
    assert (report.quant, report.context_tokens) == ("Q4_K_M", 8192)
    assert report.fits is None and report.available_bytes is None and report.placement == "unspecified"


def test_free_memory_counts_not_total():
    busy = Machine(
        (Device("Card", "nvidia", "cuda", 8192, 5000, 448.0, None),), 32768, 20000, "CPU", 8, None, "detected"
    )
    assert room(busy).available == 5000 * MIB - (1024 - 457) * MIB
    assert not fit(model(QWEN3_8B), quant="Q4_K_M", context_tokens=8192, machine=busy, exact=False).fits


def test_layers_go_to_ram_when_the_card_is_too_small():
    report = fit(model(QWEN3_8B), quant="Q8_0", context_tokens=8192, machine=machine(8, ram_gib=32), exact=False)
    assert report.placement == "partial" and not report.fits and 0 < report.gpu_layers < 36
    assert report.gpu_bytes <= report.available_bytes
    assert report.settings["n_gpu_layers"] == report.gpu_layers + 1  # and the output layer
    bigger = fit(model(QWEN3_8B), quant="Q8_0", context_tokens=8192, machine=machine(9, ram_gib=32), exact=False)
    assert bigger.gpu_layers > report.gpu_layers and bigger.speed.mid > report.speed.mid


def test_experts_go_to_ram_first():
    report = fit(model(QWEN3_30B_A3B), quant="Q4_K_M", context_tokens=8192, machine=machine(8, ram_gib=64), exact=False)
    assert report.placement == "expert_offload" and report.gpu_layers == 48
    assert 0 < report.settings["n_cpu_moe"] <= 48
    assert f"--n-cpu-moe {report.settings['n_cpu_moe']}" in report.settings["commands"]["llama.cpp"]


def test_too_little_ram_means_nowhere():
    report = fit(model(DEEPSEEK_V3), quant="Q4_K_M", context_tokens=8192, machine=machine(8, ram_gib=32), exact=False)
    assert report.placement == "none" and not report.fits and report.speed is None


def test_processor_alone_uses_ram():
    report = fit(model(QWEN3_8B), quant="Q4_K_M", context_tokens=8192, machine=machine(ram_gib=32), exact=False)
    assert report.placement == "cpu" and report.fits and report.speed.bottleneck == "system RAM bandwidth"
    assert not fit(model(QWEN3_8B), quant="F16", context_tokens=8192, machine=machine(ram_gib=16), exact=False).fits


@pytest.mark.parametrize(
    "vendor, ram_gib, limit_mib",
    [
        ("apple", 16, 10922),  # two thirds
        ("apple", 32, 21845),
        ("apple", 36, 27648),  # three quarters
        ("apple", 128, 98304),
        ("nvidia", 128, 114688),  # GB10: seven eighths
        ("nvidia", 8, 5632),  # Jetson Orin Nano: 15/16 less 2 GiB for the system
        ("amd", 128, 98304),  # Strix Halo: three quarters
    ],
)
def test_what_a_gpu_may_use_of_unified_memory(vendor, ram_gib, limit_mib):
    assert unified_limit_mib(vendor, ram_gib * 1024) == limit_mib


def test_a_raised_limit_of_unified_memory_counts():
    gpu = Device("M3 Max", "apple", "metal", 65536, 57344, 400.0, None, unified=True)  # iogpu.wired_limit_mb=57344
    raised = Machine((gpu,), 65536, 65536, "CPU", 8, None, "detected")
    assert room(raised).available == (57344 - 512) * MIB


def test_unified_memory_is_one_placement():
    gpu = Device("M", "apple", "metal", 24576, 16384, 273.0, None, unified=True)
    mac = Machine((gpu,), 24576, 24576, "CPU", 8, None, "detected")
    report = fit(model(QWEN3_8B), quant="Q4_K_M", context_tokens=8192, machine=mac, exact=False)
    assert report.placement == "unified" and report.fits and report.available_bytes == (16384 - 512) * MIB


def test_two_cards_hold_what_one_cannot_but_less_than_their_sum():
    one, two = machine(24), machine(24, 24)
    assert best_fit(model(MIXTRAL), one, context_tokens=8192, min_quant="Q4_K_M") is None
    report = best_fit(model(MIXTRAL), two, context_tokens=8192)
    assert report.fits and report.available_bytes < 2 * (24 * GIB)
    assert report.compute_bytes > 2 * fit(
        model(MIXTRAL), quant="Q4_K_M", context_tokens=8192, machine=one, exact=False
    ).compute_bytes  # fmt: skip


def test_best_fit_takes_the_best_quantisation_that_fits():
    chosen = [best_fit(model(LLAMA_8B), machine(size), context_tokens=8192) for size in (6, 8, 10, 12, 24)]
    assert [report.quant if report else None for report in chosen] == ["Q3_K_M", "Q6_K", "Q8_0", "Q8_0", "Q8_0"]
    assert best_fit(model(LLAMA_8B), machine(4), context_tokens=8192) is None
    native = best_fit(model(GPT_OSS_20B), machine(16), context_tokens=8192)
    assert native.quant == "MXFP4"  # its published form
    assert native.file_bytes == pytest.approx(12.11e9, rel=0.002)  # ggml-org's file
    assert native.weights_bytes / MIB == pytest.approx(10949.4, abs=0.1)  # "CUDA0 model buffer size" in its logs
    assert native.host_bytes / MIB == pytest.approx(586.8, abs=0.1)  # "CPU_Mapped model buffer size"


def test_published_files_win_over_arithmetic():
    published = (File("Q4_K_M", 4_500_000_000, "hub"),)
    report = fit(model(LLAMA_8B, files=published), quant="Q4_K_M", context_tokens=None, machine=None, exact=False)
    assert report.weights_bytes == 4_500_000_000 and "hub" in report.sources
    metadata = (File("Q4_K_M", 4_920_739_232, "hub"),)  # 0.2 % more than the tensors: the tokenizer
    assert needs(model(LLAMA_8B, files=metadata), "Q4_K_M", 8192).weights.total == weights(LLAMA_8B, "Q4_K_M").total


def test_unknown_layers_give_a_rough_range_and_unknown_everything_an_error():
    report = fit(
        model(None, parameters=8_000_000_000), quant="Q4_K_M", context_tokens=8192, machine=machine(24), exact=False
    )
    assert report.basis == "rough" and report.layers is None and report.max_context_tokens is None
    assert any("range" in note["en"] for note in report.notes)
    with pytest.raises(BadArguments, match="number of parameters"):
        fit(model(None), quant="Q4_K_M", context_tokens=8192, machine=None, exact=False)
    assert best_fit(model(None), machine(24), context_tokens=8192) is None


def test_api_models_have_nothing_to_load():
    closed = model(None, name="Closed", open_weights=False)
    with pytest.raises(BadArguments, match="API") as caught:
        fit(closed, quant=None, context_tokens=None, machine=None)
    assert "API" in caught.value.text("ja")
    assert best_fit(closed, machine(24), context_tokens=8192) is None


@pytest.mark.parametrize(
    "values",
    [
        {"context_tokens": 0},
        {"context_tokens": -5},
        {"context_tokens": 10**12},
        {"kv_type": "q9"},
        {"users": 0},
        {"quant": "Q7"},
    ],
)
def test_values_out_of_range_are_refused(values):
    with pytest.raises(BadArguments):
        fit(
            model(QWEN3_8B),
            **{"quant": "Q4_K_M", "context_tokens": 8192, "machine": machine(8), "exact": False, **values},
        )


def test_a_context_above_the_models_maximum_is_noted():
    report = fit(model(QWEN3_8B, context=40960), quant="Q4_K_M", context_tokens=100_000, machine=None, exact=False)
    assert any("40,960" in note["en"] and "40,960" in note["ja"] for note in report.notes)


def test_needs_table_is_quantisations_by_contexts():
    rows = needs_table(model(QWEN3_8B), [4096, 32768], ["Q4_K_M", "Q8_0"])
    assert [(row.quant, row.context_tokens) for row in rows] == [
        ("Q4_K_M", 4096), ("Q4_K_M", 32768), ("Q8_0", 4096), ("Q8_0", 32768),
    ]  # fmt: skip


class SmallCatalog:
    """Just the models."""

    def __init__(self, *models):
        self.models = {one.id: one for one in models}


def test_largest_lists_what_fits_beside_the_rule_of_thumb():
    catalog = SmallCatalog(
        model(QWEN3_8B, "Small", 8_190_735_360),
        model(MIXTRAL, "Big", 46_702_792_704),
        model(None, "Closed", 10**9, open_weights=False, released=date(2025, 1, 1)),
    )
    report = largest(catalog, machine(16), context_tokens=8192)
    found = report.to_json()
    assert [one["id"] for one in found["models"]] == ["small"]
    assert found["rule_of_thumb_params_b"] == 4.6  # 16 x 0.75 / 1.3 / 2
    sizes = list(found["max_params_b"].values())
    assert sizes == sorted(sizes) and 20 < found["max_params_b"]["Q4_K_M"] < 25


def test_largest_lists_the_newest_of_models_with_one_shape():
    catalog = SmallCatalog(
        model(QWEN3_8B, "Old", 8_190_735_360, released=date(2024, 1, 1)),
        replace(model(QWEN3_8B, "New Base", 8_190_735_360, released=date(2025, 1, 1)), variant="base"),
        model(QWEN3_8B, "New Chat", 8_190_735_360, released=date(2025, 1, 1)),
        model(LLAMA_8B, "Other", 8_030_261_248, released=date(2023, 1, 1)),
    )
    report = largest(catalog, machine(16), context_tokens=8192)
    assert [one.model_name for one in report.models] == ["New Chat", "Other"]


def test_ram_that_nobody_stated_is_assumed_and_said():
    report = fit(model(QWEN3_8B), quant="Q4_K_M", context_tokens=8192, machine=machine(origin="stated"), exact=False)
    assert report.fits and report.placement == "cpu"
    assert any("16 GB" in note["en"] and "仮定" in note["ja"] for note in report.notes)


@pytest.mark.parametrize(
    "arch, context, flash, devices, mib",
    [  # compute buffers in published llama.cpp logs of GPU builds of 2024, n_ubatch 512
        (LLAMA_8B, 8192, True, 1, 258.50),
        (LLAMA_8B, 8192, False, 1, 560.00),
        (LLAMA_8B, 8192, False, 2, 2 * 640.01),
        (LLAMA_8B, 8192, False, 8, 8 * 640.01),
        (Architecture("gemma3", 26, 1152, 4, 1, 256, 6912, 262144, True, sliding_window=512), 4096, True, 1, 514.25),
        (Architecture("llama", 22, 2048, 32, 4, 64, 5632, 32000), 2048, True, 1, 66.50),
        (Architecture("granite", 40, 4096, 32, 8, 128, 12800, 100352, True), 4096, True, 1, 204.00),
    ],
)
def test_compute_buffers_are_those_of_published_logs(arch, context, flash, devices, mib):
    found = gpu_buffers(arch, context, flash_attention=flash, devices=devices, build=UNTIL_MID_2025).total
    assert mib - 0.01 <= found / MIB <= mib * (1.0001 if devices == 1 else 1.05)  # later GPUs take more today
