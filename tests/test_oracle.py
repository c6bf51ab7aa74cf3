"""llama.cpp itself against the formula, and what happens when its process misbehaves."""

import subprocess
import sys
import time

import pytest

from assistant.hardware.machine import Machine
from assistant.memory.compute.buffer import compute_buffer
from assistant.memory.fit import fit
from assistant.memory.layers import cache_shape
from assistant.memory.needs import needs
from assistant.memory.oracle import Oracle, measure
from assistant.memory.weights import weights
from knowledge.schema import Architecture
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
)

MIB = 2**20
PRINTED = 0.0051 * MIB  # llama.cpp prints MiB with two decimals
SHAPES = {
    "llama": LLAMA_8B,
    "qwen3": QWEN3_8B,
    "gemma3": GEMMA3_4B,
    "mixtral": MIXTRAL,
    "qwen3moe": QWEN3_30B_A3B,
    "gpt-oss": GPT_OSS_20B,
    "deepseek2": DEEPSEEK_V3,
    "phi3": Architecture("phi3", 40, 5120, 40, 10, 128, 17920, 100352),
    "command-r": Architecture("command-r", 40, 8192, 64, 64, 128, 22528, 256000, True),
    "llama-70b": Architecture("llama", 80, 8192, 64, 8, 128, 28672, 128256),
    "qwen35": QWEN36_27B,
    "gemma4": Architecture(
        "gemma4",
        35,
        1536,
        8,
        1,
        256,
        6144,
        262144,
        True,
        sliding_window=512,
        swa_period=5,
        global_head_dim=512,
        kv_shared_layers=20,
    ),
    "qwen35moe": Architecture(
        "qwen35moe",
        40,
        2048,
        16,
        2,
        256,
        0,
        248320,
        experts=256,
        experts_used=8,
        moe_ffn=512,
        full_attention_interval=4,
    ),
    "lfm2": Architecture(
        "lfm2",
        16,
        2048,
        32,
        (0, 0, 8, 0, 0, 8, 0, 0, 8, 0, 8, 0, 8, 0, 8, 0),
        64,
        8192,
        65536,
        True,
        extra={"shortconv.l_cache": 3.0},
    ),
    "granitehybrid": Architecture(
        "granitehybrid",
        40,
        2048,
        32,
        tuple(8 if il in (5, 15, 25, 35) else 0 for il in range(40)),
        64,
        8192,
        100352,
        True,
        extra={
            "ssm.conv_kernel": 4.0,
            "ssm.inner_size": 4096.0,
            "ssm.state_size": 128.0,
            "ssm.group_count": 1.0,
            "ssm.time_step_rank": 64.0,
        },
    ),
    "nemotron_h": Architecture(
        "nemotron_h",
        56,
        4480,
        40,
        tuple(8 if il in (14, 21, 30, 39) else 0 for il in range(56)),
        128,
        15680,
        131072,
        extra={
            "recurrent_layers": 27.0,
            "ssm.conv_kernel": 4.0,
            "ssm.inner_size": 10240.0,
            "ssm.state_size": 128.0,
            "ssm.group_count": 8.0,
            "ssm.time_step_rank": 128.0,
        },
    ),
    "gpt2": Architecture("gpt2", 12, 768, 12, 12, 64, 3072, 50257, True),
}


@pytest.mark.parametrize("name", SHAPES)
def test_formula_and_llama_cpp_agree_on_file_sizes(oracle, name):
    for quant in ("Q8_0", "Q4_K_M", "IQ4_XS", "Q2_K", "IQ2_XS", "Q3_K_L", "F16"):
        asked = oracle.size(SHAPES[name], quant)
        assert asked == pytest.approx(weights(SHAPES[name], quant).total, abs=PRINTED), quant


@pytest.mark.parametrize("name", SHAPES)
def test_formula_and_llama_cpp_agree_on_caches_and_nearly_on_compute_buffers(oracle, name):
    arch = SHAPES[name]
    context = 1024 if name == "gpt2" else 16384
    found = oracle.buffers(arch, context)
    assert found.cache == pytest.approx(cache_shape(arch).cache_bytes(context), abs=2 * PRINTED)
    assert 0.93 < compute_buffer(arch, context, devices=0) / found.compute < 1.13


@pytest.mark.parametrize("kv_type, flash", [("q8_0", True), ("q4_0", True), ("f32", True), ("f16", False)])
def test_kv_types_and_flash_attention(oracle, kv_type, flash):
    found = oracle.buffers(GEMMA3_4B, 8192, kv_type, flash_attention=flash)
    mine = cache_shape(GEMMA3_4B).cache_bytes(8192, kv_type, flash_attention=flash)
    assert found.cache == pytest.approx(mine, abs=2 * PRINTED)


def test_users_and_batch(oracle):
    assert oracle.buffers(QWEN3_8B, 4096, users=4).cache == 4 * 576 * MIB
    small, large = (oracle.buffers(QWEN3_8B, 4096, ubatch=size).compute for size in (128, 512))
    assert small < 0.3 * large


def test_fit_says_llama_cpp_when_it_measured(oracle):
    need = needs(model(QWEN3_8B), "Q4_K_M", 8192)
    asked = measure(need, None, oracle)
    assert (need.basis, asked.basis) == ("formula", "llama.cpp")
    assert asked.cache_bytes == need.cache_bytes == 1152 * MIB
    assert asked.weights.total == need.weights.total
    alone = measure(need, Machine((), 32768, 32768, "CPU", 8, None, "stated"), oracle)
    assert alone.compute_bytes == pytest.approx(312.75 * MIB, abs=MIB)


def test_what_was_assumed_stays_rough(oracle):
    """Which layers compress their cache is not stated: llama.cpp would only measure the assumption."""
    sizes = {"experts": 256, "experts_used": 6, "moe_ffn": 2048, "shared_experts": 1, "q_lora_rank": 1024}
    need = needs(model(Architecture("deepseek4", 43, 4096, 64, 1, 512, 0, 129280, **sizes)), "Q4_K_M", 8192)
    assert (need.basis, measure(need, None, oracle)) == ("rough", need)
    assert any("公開モデルの並び" in note["ja"] for note in need.notes)


def test_a_crash_or_none_leaves_the_formula(oracle):
    """PLM's heads are wider for keys than for values, which llama.cpp's flash attention refuses."""
    latent = {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128}
    plm = Architecture("plm", 32, 2048, 16, 16, 128, 8192, 151936, True, **latent)
    assert oracle.buffers(plm, 4096) is None
    # 32 layers x 16 heads x (192 + 128) values x 2 bytes x 4,096 tokens
    assert oracle.buffers(plm, 4096, flash_attention=False).cache == 1280 * MIB == cache_shape(plm).cache_bytes(4096)


def test_what_llama_cpp_does_not_know_is_answered_by_the_formula(oracle):
    strange = Architecture("llama", 32, 4096, 32, 5, 128, 14336, 128256)  # 32 heads are no multiple of 5
    assert oracle.buffers(strange, 4096) is None
    assert oracle.buffers(Architecture(None, 32, 4096, 32, 8, 128, 14336, 128256), 4096) is None
    assert oracle.buffers(LLAMA_8B, 90_000_000) is None
    assert oracle.size(LLAMA_8B, "AWQ") is None
    assert oracle.buffers(LLAMA_8B, 4096).cache == 512 * MIB  # still alive


def test_the_second_answer_costs_nothing(oracle):
    oracle.buffers(QWEN3_8B, 12288)
    start = time.perf_counter()
    for _ in range(100):
        oracle.buffers(QWEN3_8B, 12288)
    assert (time.perf_counter() - start) / 100 < 0.005


def worker(code):
    """Return a command that behaves as `code` instead of asking llama.cpp."""
    return [sys.executable, "-c", code]


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.abort()",  # a native crash
        "import time; time.sleep(60)",  # a hang
        "import sys; print('not json', flush=True); sys.stdin.read()",
        "import sys; sys.stdin.readline(); sys.exit(3)",
    ],
)
def test_a_crash_a_hang_and_nonsense_are_no_answer(code):
    one = Oracle(timeout=1.0, command=worker(code))
    assert one.size(LLAMA_8B, "Q4_K_M") is None
    one.close()


def test_after_a_crash_the_worker_starts_again(tmp_path):
    flag = tmp_path / "crashed"
    code = (
        "import os, sys, pathlib\n"
        f"flag = pathlib.Path({str(flag)!r})\n"
        "if not flag.exists():\n    flag.touch()\n    os.abort()\n"
        "for line in sys.stdin:\n    print('{\"mib\": 1.0}', flush=True)\n"
    )
    one = Oracle(timeout=5.0, command=worker(code))
    assert one.size(LLAMA_8B, "Q4_K_M") is None
    assert one.size(LLAMA_8B, "Q8_0") == MIB
    one.close()


def test_answers_are_kept_on_disk_and_damaged_ones_ignored(tmp_path, oracle):
    first = Oracle(tmp_path / "cache", timeout=60)
    answer = first.size(LLAMA_8B, "Q4_K_M")
    first.close()
    dead = worker("raise SystemExit(1)")
    second = Oracle(tmp_path / "cache", timeout=5, command=dead)
    assert second.size(LLAMA_8B, "Q4_K_M") == answer == 4685.30 * MIB // 1 or abs(answer - 4685.30 * MIB) < 1
    second.close()
    for file in (tmp_path / "cache").iterdir():
        file.write_text("{damaged", encoding="utf-8")
    third = Oracle(tmp_path / "cache", timeout=5, command=dead)
    assert third.size(LLAMA_8B, "Q4_K_M") is None
    third.close()


def test_importing_starts_nothing_and_loads_no_native_library():
    code = "import sys; from assistant.memory import fit, oracle; print('llama_cpp' in sys.modules, oracle._oracle)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert found.stdout.split() == ["False", "None"]


def test_fit_asks_llama_cpp_by_default():
    assert fit(model(QWEN3_8B), quant="Q4_K_M", context_tokens=8192, machine=None).basis == "llama.cpp"
