"""The commands carry the report's own numbers, and only options that the runtimes have."""

import inspect
import random
import re

import pytest

from assistant.hardware.machine import Device, Machine
from assistant.memory.files.gguf_format import TYPE_IDS
from assistant.memory.fit import fit
from knowledge.schema import Architecture, File
from tests.fit_shapes import DEEPSEEK_V3, GEMMA3_4B, LLAMA_8B, QWEN3_8B, QWEN3_30B_A3B, model

# Of llama-server, common/arg.cpp of the llama.cpp inside llama-cpp-python 0.3.36.
SERVER_OPTIONS = {
    "-m", "-c", "-ngl", "-fa", "-np", "-ctk", "-ctv", "-b", "-ub", "--n-cpu-moe", "-ts", "-dev", "--embeddings",
    "--reranking",
}  # fmt: skip


def machine(*gib, ram_gib=None):
    gpus = tuple(Device("Card", "nvidia", "cuda", one * 1024, one * 1024, 448.0, 80.0) for one in gib)
    ram = None if ram_gib is None else ram_gib * 1024
    return Machine(gpus, ram, ram, "CPU", 8, None, "detected")


def commands(one, here, **values):
    asked = {"quant": "Q4_K_M", "context_tokens": 8192, **values}
    report = fit(one, machine=here, exact=False, **asked)
    return report, report.settings["commands"]


def options(command):
    """Return the options of a llama-server command as a dict; a flag's value is ""."""
    words = command.split()[1:]
    found = {}
    for at, word in enumerate(words):
        if re.match(r"--?[a-z]", word):
            following = words[at + 1] if at + 1 < len(words) else ""
            found[word] = "" if re.match(r"--?[a-z]", following) else following
    return found


def test_every_number_of_the_settings_is_in_the_commands():
    dice = random.Random(5)
    for _ in range(150):
        one = model(dice.choice((LLAMA_8B, QWEN3_8B, GEMMA3_4B, QWEN3_30B_A3B, DEEPSEEK_V3)))
        here = machine(*[dice.choice((6, 8, 24)) for _ in range(dice.randint(0, 3))], ram_gib=512)
        kind, users = dice.choice(("f16", "q8_0", "q4_0")), dice.choice((1, 3))
        report, found = commands(one, here, kv_type=kind, users=users, context_tokens=dice.choice((4096, 20_000)))
        set_to, server = report.settings, options(found["llama.cpp"])
        assert set(server) <= SERVER_OPTIONS
        assert (server["-c"], server["-np"], server["-fa"]) == (str(set_to["n_ctx"]), str(users), "on")
        assert server["-ngl"] == str(set_to["n_gpu_layers"])
        assert server.get("-ctk", "f16") == server.get("-ctv", "f16") == kind
        assert server.get("--n-cpu-moe") == (str(set_to["n_cpu_moe"]) if "n_cpu_moe" in set_to else None)
        split = ",".join(map(str, set_to["tensor_split"])) if "tensor_split" in set_to else None
        assert server.get("-ts") == split
        assert set_to["n_ctx"] % (256 * users) == 0 and set_to["n_ctx"] >= users * report.context_tokens
        assert f"PARAMETER num_ctx {set_to['n_ctx'] // users}" in found["ollama"]
        assert f"OLLAMA_KV_CACHE_TYPE={kind} OLLAMA_NUM_PARALLEL={users}" in found["ollama"]
        assert f"--context-length {set_to['n_ctx']}" in found["lm-studio"]


@pytest.mark.parametrize("kind", ["f16", "q8_0"])
def test_the_python_call_has_only_arguments_that_exist(kind):
    from llama_cpp import Llama

    known = set(inspect.signature(Llama.__init__).parameters)
    for here in (machine(24), machine(6, ram_gib=64), machine(24, 12)):
        _, found = commands(model(QWEN3_30B_A3B), here, kv_type=kind)
        names = set(re.findall(r"(\w+)=", found["llama-cpp-python"]))
        assert names <= known and {"flash_attn", "swa_full", "n_ubatch"} <= names
        if kind == "q8_0":
            assert f"type_k={TYPE_IDS['Q8_0']}, type_v={TYPE_IDS['Q8_0']}" in found["llama-cpp-python"]


def test_runtimes_without_expert_offload_keep_whole_layers_in_ram():
    report, found = commands(model(QWEN3_30B_A3B), machine(8, ram_gib=64))
    assert report.placement == "expert_offload" and "-ngl 999" in found["llama.cpp"]
    layers = int(re.search(r"n_gpu_layers=(\d+)", found["llama-cpp-python"])[1])
    assert 1 < layers < 48 and f"PARAMETER num_gpu {layers}" in found["ollama"]
    assert "Force Model Expert Weights onto CPU" in report.settings["lm_studio_settings"]


def test_partly_offloaded_layers_count_the_output_as_one():
    report, found = commands(model(QWEN3_8B), machine(8, ram_gib=32), quant="Q8_0")
    assert report.placement == "partial" and f"-ngl {report.gpu_layers + 1} " in found["llama.cpp"]
    assert f"--gpu {(report.gpu_layers + 1) / 37:.2f}" in found["lm-studio"]


def test_what_runs_nowhere_has_no_commands():
    report = fit(model(DEEPSEEK_V3), quant="Q8_0", context_tokens=8192, machine=machine(8, ram_gib=16), exact=False)
    assert report.placement == "none" and "commands" not in report.settings


def test_what_lm_studio_has_no_option_for_is_listed_apart():
    report, found = commands(model(QWEN3_8B), machine(24), kv_type="q8_0")
    assert "#" not in found["lm-studio"]
    assert report.settings["lm_studio_settings"] == [
        "Flash Attention", "K Cache Quantization Type q8_0", "V Cache Quantization Type q8_0",
    ]  # fmt: skip


def test_ollama_is_told_to_make_the_model_before_running_it():
    _, found = commands(model(QWEN3_8B), machine(24))
    name = model(QWEN3_8B).id
    assert found["ollama"].index(f"ollama create {name} -f Modelfile") < found["ollama"].index(f"ollama run {name}")


def test_embedding_models_are_started_as_such():
    bert = Architecture("bert", 12, 768, 12, 12, 64, 3072, 30522)
    embedder = model(bert, context=512)
    _, found = commands(embedder, machine(8), quant="F16", context_tokens=512)
    assert "--embeddings" in found["llama.cpp"] and "embedding=True" in found["llama-cpp-python"]
    assert "ollama run" not in found["ollama"]
    assert "-ub" not in options(found["llama.cpp"])  # 512 tokens are one batch anyway


def test_a_persons_own_file_is_named():
    own = model(LLAMA_8B, files=(File("Q5_K_M", 5_700_000_000, "/models/my model.gguf"),), user=True)
    _, found = commands(own, machine(12), quant="Q5_K_M")
    assert '-m "/models/my model.gguf"' in found["llama.cpp"] and "FROM /models/my model.gguf" in found["ollama"]


def test_other_formats_get_vllms_command():
    _, found = commands(model(LLAMA_8B), machine(24, 24), quant="AWQ", users=4)
    assert set(found) == {"vllm"}
    assert "--max-model-len 8192 --max-num-seqs 4 --tensor-parallel-size 2" in found["vllm"]
