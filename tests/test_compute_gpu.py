"""The GPU's compute buffers: against what llama.cpp reserved, on pretended GPUs and in published logs."""

from pathlib import Path

import pytest

from assistant.memory.compute.gpu import COPIES, UNTIL_MID_2026, gpu_buffers
from assistant.memory.files import gguf_header
from assistant.memory.weights import settle
from knowledge.catalog import load_catalog
from knowledge.schema import Architecture
from tests.benchmarks import peers, published
from tests.benchmarks.bench_published import run as published_rows
from tests.benchmarks.pretend_gpu import Setting, reserved

MIB = 2**20


def shape(name: str) -> Architecture:
    model = load_catalog().models[name]
    assert model.architecture is not None
    return settle(model.architecture, model.parameters)


# What llama.cpp (llama-cpp-python 0.3.36) reserved in MiB, 2026-11-22: tests/benchmarks/pretend_gpu.py.
ONE = [
    # logits 128256 x 512 x 4 B = 250.5, and the last hidden state 8
    ("llama-3-8b-instruct", 8192, {}, 258.50, 24.01),
    # gate, up and their product 3 x 28, the state twice and the queries 3 x 8, the f16 mask 8
    ("llama-3-8b-instruct", 8192, {"outputs": 1}, 116.01, 24.01),
    # scores of 32 heads 512, the mask 16, state and queries 4 x 8, 64-bit index of V 1024 x 8 B x 512 = 4
    ("llama-3-8b-instruct", 8192, {"flash_attention": False}, 564.01, 36.01),
    ("llama-3-8b-instruct", 32768, {"ubatch": 1024}, 517.00, 96.03),
    ("qwen3-30b-a3b", 8192, {}, 300.75, 16.01),
    ("qwen3-30b-a3b", 8192, {"outputs": 1}, 92.01, 16.01),
    ("gpt-oss-20b", 8192, {}, 404.00, 20.02),
    ("gpt-oss-20b", 32768, {"ubatch": 1024}, 808.00, 89.04),
    ("gemma-3-27b-it", 8192, {"outputs": 1}, 164.52, 30.52),
    ("deepseek-v3", 8192, {}, 388.01, 36.01),
    ("pythia-2.8b", 8192, {"outputs": 1}, 43.01, 18.01),
    ("qwen3.5-27b", 8192, {}, 513.02, 28.02),
]
SEVERAL = [
    ("llama-3-8b-instruct", 8192, {}, (172.04, 204.04, 354.55), 72.05),
    ("llama-3-8b-instruct", 8192, {"outputs": 1}, (172.04, 204.04), 72.05),
    ("llama-3-8b-instruct", 8192, {"flash_attention": False}, (656.02, 688.02, 688.03), 120.04),
    ("qwen2.5-32b-instruct", 32768, {"kv_type": "q8_0"}, (360.35, 515.36), 178.37),
    ("gemma-3-27b-it", 8192, {}, (235.07, 644.58), 90.59),
]


@pytest.mark.parametrize(("name", "context", "options", "gpu", "host"), ONE)
def test_one_gpu(name: str, context: int, options: dict[str, int], gpu: float, host: float) -> None:
    found = gpu_buffers(shape(name), context, **options)
    assert found.devices[0] / MIB == pytest.approx(gpu, abs=0.06)
    assert found.host / MIB == pytest.approx(host, abs=0.06)


@pytest.mark.parametrize(("name", "context", "options", "gpus", "host"), SEVERAL)
def test_several_gpus(name: str, context: int, options: dict[str, int], gpus: tuple[float, ...], host: float) -> None:
    found = gpu_buffers(shape(name), context, devices=len(gpus), **options)
    assert [size / MIB for size in found.devices] == pytest.approx(gpus, rel=0.002)
    assert found.host / MIB == pytest.approx(host, rel=0.002)
    assert gpu_buffers(shape(name), context, devices=len(gpus), **options).total == sum(found.devices)


def test_pipeline_keeps_four_copies_of_what_passes() -> None:
    arch = shape("llama-3-8b-instruct")
    first, middle, _ = gpu_buffers(arch, 8192, devices=3).devices
    assert middle - first == COPIES * arch.hidden * 512 * 4
    assert first - gpu_buffers(arch, 8192, outputs=1).devices[0] == 512 * 4 * (4 * arch.hidden + 3 * 8192 // 2)


@pytest.mark.parametrize(
    ("name", "context", "matrix", "mib"),
    [  # all experts of a layer in f16 and how much llama.cpp reserved with them in RAM
        ("qwen3-30b-a3b", 4096, 384, 448.01),
        ("qwen3-30b-a3b", 32768, 384, 476.01),
        ("gpt-oss-120b", 4096, 2025, 2095.65),
        ("deepseek-v3", 4096, 7168, 7376.01),
        ("qwen3-235b-a22b", 32768, 1536, 1688.01),
    ],
)
def test_experts_in_ram_are_copied_one_matrix_at_a_time(name: str, context: int, matrix: int, mib: float) -> None:
    found = gpu_buffers(shape(name), context, outputs=1, streamed=matrix * MIB).total
    assert found / MIB == pytest.approx(mib, rel=0.002)


def test_layers_in_ram_are_copied_with_their_cache() -> None:
    # Ollama, June 2026: Qwen2.5-Coder-32B Q4_K_M, 48 of 65 layers on the GPU, context 4096. A gate is 27648 x 5120
    # values of 4.5 bits.
    arch = shape("qwen2.5-coder-32b-instruct")
    gate = 27648 * 5120 * 9 // 16
    found = gpu_buffers(arch, 4096, outputs=1, gpu_layers=48, streamed=gate).total
    assert found / MIB == pytest.approx(225.96, rel=0.01)
    # Llama 3.2 3B, 1 of 28 layers: keys and values of a layer are 131072 x 1024 x 2 x 2 B = 512 MiB
    arch = shape("llama-3.2-3b-instruct")
    found = gpu_buffers(arch, 131072, outputs=1, gpu_layers=2, streamed=48 * MIB, streamed_cache=512 * MIB).total
    assert found / MIB == pytest.approx(670.00, rel=0.001)


def test_output_in_ram_is_copied_beside_the_logits() -> None:
    # Published 2025-05: Qwen3 4B Q6_K, no layer on the GPU, context 4096, without flash attention: 606.03 MiB. The
    # output is 151936 x 2560 values of 6.5625 bits.
    output = 151936 * 2560 * 105 // 128
    found = gpu_buffers(shape("qwen3-4b"), 4096, flash_attention=False, gpu_layers=0, output_bytes=output).total
    assert found / MIB == pytest.approx(606.03, abs=0.1)


def test_cuda_expands_a_quantised_cache() -> None:
    arch = shape("llama-3-8b-instruct")
    options = {"outputs": 1, "kv_type": "q8_0"}
    plain = gpu_buffers(arch, 131072, outputs=1).total
    assert gpu_buffers(arch, 131072, **options, backend="vulkan").total == plain
    # keys and values of a layer in f16 are 131072 x 1024 x 2 x 2 B, around them state and queries instead of a gate
    scratch = 512 * MIB - 512 * 4 * (3 * arch.ffn - arch.hidden)
    assert gpu_buffers(arch, 131072, **options).total - plain == scratch


def test_more_is_never_less() -> None:
    for name in ("llama-3-8b-instruct", "qwen3-30b-a3b", "gemma-3-27b-it", "qwen3.5-27b", "deepseek-v3"):
        arch = shape(name)
        for options in ({}, {"flash_attention": False}, {"outputs": 1}, {"kv_type": "q8_0"}, {"devices": 2}):
            sizes = [gpu_buffers(arch, 4096 << step, **options).total for step in range(6)]
            assert sizes == sorted(sizes), (name, options)
        assert gpu_buffers(arch, 4096, outputs=1).total <= gpu_buffers(arch, 4096).total


def test_an_older_build_casts_its_mask_on_the_first_gpu() -> None:
    arch = shape("llama-3-8b-instruct")
    now, then = gpu_buffers(arch, 32768, devices=2), gpu_buffers(arch, 32768, devices=2, build=UNTIL_MID_2026)
    mask = 32768 * 512 * 2  # f16
    assert then.devices[0] - now.devices[0] == (COPIES + 1) * mask
    assert then.devices[1] == now.devices[1]


def test_published_logs_are_split_by_their_threads() -> None:
    logs = list(published.logs())
    assert len(logs) == 75
    assert all(log.split == published.split(log.url) for log in logs)
    assert {log.split for log in logs} == {"dev", "test"}
    keys = [published.key(log) for log in logs]
    assert len(set(keys)) == len(keys)


def test_totals_of_whole_models_are_those_published() -> None:
    off = []
    for log in published.logs():
        true, ours = published.printed(log), published.estimated(log)
        if log.offloaded and log.ctx >= 256 and true.total is not None and ours.total is not None:
            off.append(abs(ours.total / true.total - 1))
    assert len(off) > 35
    assert sorted(off)[len(off) // 2] < 0.001
    assert max(off) < 0.05


def test_other_tools_answered_about_these_logs() -> None:
    keys = {published.key(log) for log in published.logs()}
    lines = peers.FILE.read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(peers.FIELDS)
    assert {line.split(",")[0] for line in lines[1:]} <= keys
    assert {line.split(",")[1] for line in lines[1:]} == set(peers.PEERS)


def test_benchmark_tells_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row.what: row.shown for row in published_rows()}
    assert rows["GGUF file size"].startswith("median 0.0")
    assert rows["KV cache, test"].startswith("median 0.00%")
    assert "not explained" not in capsys.readouterr().out


@pytest.mark.slow
def test_llama_cpp_plans_for_gpus_that_are_not_there(tmp_path: Path) -> None:
    header = tmp_path / "header.gguf"
    assert gguf_header.write(shape("llama-3.2-1b-instruct"), header)
    whole, part = reserved(header, (Setting(8192), Setting(8192, gpu_layers=9)))
    # logits 128256 x 512 x 4 B = 250.5 and the last hidden state 4
    assert whole["CUDA0"] == pytest.approx(254.50, abs=0.02)
    assert whole["CUDA_Host"] == pytest.approx(16.01, abs=0.02)
    assert part["CUDA0"] >= whole["CUDA0"]
    (two,) = reserved(header, (Setting(8192),), gpus=2)
    assert set(two) == {"CUDA0", "CUDA1", "CUDA_Host"}
