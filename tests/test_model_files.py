import json
import os
import random
import struct
import time

import pytest

from assistant.errors import BadArguments, MekikiError, ModelFileError
from assistant.memory.files import gguf_header
from assistant.memory.files.gguf_format import read_header, write_header
from assistant.memory.files.model_config import parse_config, period_of
from assistant.memory.files.model_files import read_architecture, read_model_file
from assistant.memory.fit import fit
from tests.fit_shapes import DEEPSEEK_V3, GEMMA3_4B, GPT_OSS_20B, LLAMA_8B, QWEN3_30B_A3B

LLAMA_CONFIG = {
    "model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
}  # fmt: skip


def write_json(path, value):
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "arch", [LLAMA_8B, GEMMA3_4B, QWEN3_30B_A3B, DEEPSEEK_V3, GPT_OSS_20B], ids=lambda one: one.arch
)
def test_a_gguf_header_gives_the_hyperparameters_back(tmp_path, arch):
    path = tmp_path / "model.gguf"
    gguf_header.write(arch, path)
    found = read_model_file(path)
    assert found.files[0].quant == "F16" and found.architecture.arch == arch.arch
    asked = fit(found, quant="Q4_K_M", context_tokens=8192, machine=None, exact=False)
    from tests.fit_shapes import model

    same = fit(model(arch), quant="Q4_K_M", context_tokens=8192, machine=None, exact=False)
    assert (asked.kv_cache_bytes, asked.weights_bytes) == (same.kv_cache_bytes, same.weights_bytes)
    assert asked.basis == "formula"


def test_a_gguf_knows_its_own_exact_size_and_parameters(tmp_path):
    path = tmp_path / "Llama.gguf"
    gguf_header.write(LLAMA_8B, path)
    found = read_model_file(path)
    assert found.parameters == 8_030_261_248
    assert found.files[0].bytes == pytest.approx(2 * 8_030_261_248, rel=1e-3)
    assert (found.id, found.name) == ("header", "header")  # general.name


def test_a_folder_with_config_json(tmp_path):
    folder = tmp_path / "Llama-3.1-8B"
    folder.mkdir()
    write_json(folder / "config.json", LLAMA_CONFIG)
    found = read_model_file(folder)
    assert (found.id, found.parameters, found.context_tokens) == ("llama-3.1-8b", 8_030_261_248, 131072)
    assert found.architecture == LLAMA_8B


def test_vision_models_nest_their_language_model(tmp_path):
    config = {"model_type": "gemma3", "text_config": {
        "model_type": "gemma3_text", "num_hidden_layers": 34, "hidden_size": 2560, "num_attention_heads": 8,
        "num_key_value_heads": 4, "head_dim": 256, "intermediate_size": 10240, "vocab_size": 262144,
        "sliding_window": 1024, 
        "layer_types": (["sliding_attention"] * 5 + ["full_attention"]) * 5 + ["sliding_attention"] * 4,
    }}  # fmt: skip
    found = parse_config(config).architecture
    assert (found.arch, found.swa_period, found.tied_embeddings) == ("gemma3", 6, True)
    assert read_architecture(write_json(tmp_path / "a.json", config)).architecture.layers == 34


def test_raw_hyperparameters_in_our_own_terms(tmp_path):
    path = write_json(tmp_path / "mine.json", {
        "arch": "qwen3", "layers": 36, "hidden": 4096, "heads": 32, "kv_heads": 8, "head_dim": 128, "ffn": 12288,
        "vocab": 151936, "context_tokens": 40960,
    })  # fmt: skip
    report = fit(read_architecture(path), quant="Q4_K_M", context_tokens=8192, machine=None, exact=False)
    assert report.kv_cache_bytes == 1152 * 2**20 and report.model_context_tokens == 40960


def test_an_unknown_architecture_is_rough(tmp_path):
    path = write_json(tmp_path / "new.json", {**LLAMA_CONFIG, "model_type": "brand_new"})
    report = fit(read_architecture(path), quant="Q4_K_M", context_tokens=8192, machine=None, exact=False)
    assert report.basis == "rough" and report.notes


def test_split_files_count_all_parts(tmp_path):
    tensor = [("token_embd.weight", (256, 1000), "F16")]
    keys = {"general.architecture": "llama", "llama.block_count": 2, "llama.embedding_length": 256,
            "llama.attention.head_count": 4, "llama.feed_forward_length": 512}  # fmt: skip
    write_header(tmp_path / "m-00001-of-00002.gguf", keys, tensor)
    write_header(tmp_path / "m-00002-of-00002.gguf", {}, [("blk.0.ffn_up.weight", (256, 512), "F16")])
    for part in ("m-00001-of-00002.gguf", "m-00002-of-00002.gguf"):
        assert read_model_file(tmp_path / part).files[0].bytes == 2 * (256 * 1000 + 256 * 512)


@pytest.mark.parametrize(
    "pattern, expected",
    [([True] * 5 + [False], (6, False)), ([False, True, True, False], (3, True)), ([True, True], (1, False)),
     ([False, False], (None, False)), ([True, False, False, True, True], (None, False))],
)  # fmt: skip
def test_periods_of_sliding_layers(pattern, expected):
    assert period_of(pattern) == expected


def gguf(*, version=3, tensors=0, keys=0, rest=b""):
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys) + rest


def text(value):
    return struct.pack("<Q", len(value)) + value


HOSTILE = {
    "empty": b"",
    "not gguf": b"PK\x03\x04" + b"\0" * 100,
    "version": gguf(version=99),
    "tensor count": gguf(tensors=2**63),
    "key count": gguf(keys=2**64 - 1),
    "cut off": gguf(tensors=5, keys=5),
    "string length": gguf(keys=1, rest=struct.pack("<Q", 2**62)),
    "array length": gguf(keys=1, rest=text(b"a") + struct.pack("<IIQ", 9, 4, 2**60)),
    "string array length": gguf(keys=1, rest=text(b"a") + struct.pack("<IIQ", 9, 8, 2**40)),
    "nested arrays": gguf(keys=1, rest=text(b"a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 1000),
    "unknown type": gguf(keys=1, rest=text(b"a") + struct.pack("<I", 77)),
    "dimensions": gguf(tensors=1, rest=text(b"t") + struct.pack("<I", 4_000_000_000)),
    "zero dimension": gguf(tensors=1, rest=text(b"t") + struct.pack("<IQIQ", 1, 0, 0, 0)),
    "huge dimension": gguf(tensors=1, rest=text(b"t") + struct.pack("<IQQIQ", 2, 2**40, 2**40, 0, 0)),
    "negative dimension": gguf(tensors=1, rest=text(b"t") + struct.pack("<IqIQ", 1, -1, 0, 0)),
    "tensor type": gguf(tensors=1, rest=text(b"t") + struct.pack("<IQIQ", 1, 32, 999, 0)),
    "no tensors": gguf(),
    "a key twice": gguf(keys=2, rest=(text(b"a") + struct.pack("<II", 4, 1)) * 2),
    "a tensor twice": gguf(tensors=2, rest=(text(b"t") + struct.pack("<IQIQ", 1, 32, 0, 0)) * 2),
    "alignment zero": gguf(keys=1, rest=text(b"general.alignment") + struct.pack("<II", 4, 0)),
    "alignment three": gguf(keys=1, rest=text(b"general.alignment") + struct.pack("<II", 4, 3)),
    "data beyond the end": gguf(tensors=1, rest=text(b"t") + struct.pack("<IQIQ", 1, 32, 0, 2**40)),
    "texts without end": gguf(keys=9, rest=text(b"a") + struct.pack("<IIQ", 9, 8, 2**21) + b"\0" * 2**25),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_gguf_files_are_one_clear_line(tmp_path, name):
    path = tmp_path / "bad.gguf"
    path.write_bytes(HOSTILE[name])
    start = time.process_time()
    with pytest.raises(MekikiError) as caught:
        read_model_file(path)
    assert time.process_time() - start < 2  # of the processor: bounded, whatever else runs
    assert str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 400
    assert caught.value.text("ja") != str(caught.value)


@pytest.mark.parametrize("arch", [GEMMA3_4B, GPT_OSS_20B, DEEPSEEK_V3], ids=lambda one: one.arch)
def test_a_header_with_damaged_bytes_is_an_answer_or_one_clear_line(tmp_path, arch):
    chance, path = random.Random(arch.arch), tmp_path / "damaged.gguf"
    gguf_header.write(arch, path)
    with path.open("rb") as file:
        size, start = path.stat().st_size, file.read(20_000)
    begun = time.process_time()
    for _ in range(120):
        changed = bytearray(start)
        for _ in range(chance.choice((1, 2, 5))):
            place = chance.randrange(len(changed) - 8)
            changed[place : place + 4] = struct.pack(
                "<I", chance.choice((0, 1, 2**31, 2**32 - 1, chance.getrandbits(32)))
            )
        with path.open("r+b") as file:
            file.write(changed)
        assert path.stat().st_size == size
        try:
            report = fit(read_model_file(path), quant="Q4_K_M", context_tokens=4096, machine=None, exact=False)
            assert report.weights_bytes > 0
        except MekikiError as error:
            assert "\n" not in str(error) and len(str(error)) < 500 and error.text("ja") != str(error)
    assert time.process_time() - begun < 30


def test_what_is_no_file_does_not_hang(tmp_path):
    pipe, huge = tmp_path / "pipe.gguf", tmp_path / "huge.gguf"
    os.mkfifo(pipe)
    with huge.open("wb") as file:
        file.truncate(2 << 30)  # sparse: zeros without a disk
    (tmp_path / "huge.json").symlink_to(huge)
    (tmp_path / "loop.gguf").symlink_to(tmp_path / "loop.gguf")
    for name in ("pipe.gguf", "huge.gguf", "huge.json", "loop.gguf", "a\0b.gguf", "x" * 300 + ".gguf"):
        with pytest.raises(ModelFileError) as caught:
            read_model_file(tmp_path / name)
        assert "\n" not in str(caught.value)
    for name in ("pipe.gguf", "huge.json", "missing.json"):
        with pytest.raises(ModelFileError):
            read_architecture(tmp_path / name)


def test_a_folder_with_one_gguf_is_that_model(tmp_path):
    gguf_header.write(LLAMA_8B, tmp_path / "Llama-Q4.gguf")
    gguf_header.write(LLAMA_8B, tmp_path / "mmproj-Llama.gguf")
    assert read_model_file(tmp_path).architecture.arch == "llama"
    gguf_header.write(GEMMA3_4B, tmp_path / "Gemma.gguf")
    with pytest.raises(ModelFileError, match="2 GGUF models"):
        read_model_file(tmp_path)


@pytest.mark.parametrize("length", range(0, 2000, 97))
def test_a_real_header_cut_anywhere_is_refused(tmp_path, length):
    path = tmp_path / "cut.gguf"
    gguf_header.write(LLAMA_8B, path)
    with path.open("rb") as file:
        start = file.read(length)
    path.write_bytes(start)
    with pytest.raises(ModelFileError):
        read_header(path)


@pytest.mark.parametrize(
    "change",
    [
        {"num_hidden_layers": 0}, {"num_hidden_layers": -3}, {"num_hidden_layers": 10**9}, {"num_hidden_layers": "x"},
        {"num_hidden_layers": True}, {"hidden_size": 1.5}, {"hidden_size": float("nan")}, {"hidden_size": None},
        {"num_attention_heads": 10**30}, {"num_key_value_heads": 64}, {"num_key_value_heads": [8, 8]},
        {"vocab_size": -1}, {"head_dim": 10**12}, {"num_hidden_layers": {"a": 1}},
    ],
)  # fmt: skip
def test_impossible_configurations_name_the_argument(tmp_path, change):
    path = write_json(tmp_path / "config.json", {**LLAMA_CONFIG, **change})
    with pytest.raises(BadArguments) as caught:
        read_model_file(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("content", ["", "[1, 2]", "{", '"text"', "[" * 100_000, '{"a":' * 50_000, "\udcff", "null"])
def test_json_that_is_no_configuration(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelFileError):
        read_architecture(path)


def test_what_is_not_there(tmp_path):
    with pytest.raises(ModelFileError):
        read_model_file(tmp_path / "missing.gguf")
    with pytest.raises(ModelFileError, match=r"config\.json"):
        read_model_file(tmp_path)
    with pytest.raises(ModelFileError):
        read_architecture(tmp_path / "missing.json")


def test_hostile_layer_lists_do_not_take_memory(tmp_path):
    path = write_json(tmp_path / "config.json", {**LLAMA_CONFIG, "num_key_value_heads": [8] * 200_000})
    with pytest.raises(BadArguments):
        read_model_file(path)


ODD = {"layers": 4, "hidden": 64, "heads": 4, "vocab": 10}


@pytest.mark.parametrize(
    "change",
    [
        {"arch": "llama", "kv_heads": 0}, {"arch": "llama", "kv_heads": [0, 0, 0, 0]},
        {"arch": "qwen35", "extra": {"ssm.state_size": 0, "ssm.inner_size": 5}},
        {"arch": "llama", "experts": 2, "extra": {"interleave_moe_layer_step": 0.5}},
        {"arch": "llama", "experts": 4, "first_dense_layers": 50}, {"arch": "gemma4", "kv_shared_layers": 100},
        {"arch": "gemma3n"}, {"arch": "deepseek2"}, {"arch": "deepseek2", "kv_lora_rank": 5}, {"arch": "gpt-oss"},
        {"arch": "mamba"}, {"arch": "../../etc"}, {"arch": "bert", "extra": {"context_length": 1e11}},
        {"arch": "llama", "layers": 10_000, "hidden": 1 << 20, "heads": 1 << 16, "vocab": 1 << 27, "experts": 1 << 16},
    ],
)  # fmt: skip
def test_odd_hyperparameters_are_an_answer_or_one_clear_line(tmp_path, change):
    path = write_json(tmp_path / "odd.json", {**ODD, **change})
    start = time.process_time()
    for quant in ("Q4_K_M", "IQ2_XS", "AWQ"):
        try:
            report = fit(read_architecture(path), quant=quant, context_tokens=8192, machine=None)
            assert report.weights_bytes > 0
        except MekikiError as error:
            assert "\n" not in str(error)
    assert time.process_time() - start < 20
