"""A person's own GGUF files: whole, split, of any architecture, measured by llama.cpp itself."""

import math

import gguf
import numpy as np
import pytest

from assistant.errors import ModelFileError
from assistant.memory.files import gguf_header
from assistant.memory.files.gguf_format import TYPE_IDS, write_header
from assistant.memory.files.gguf_parts import file_weights, own_gguf, parts_of
from assistant.memory.files.model_files import read_model_file
from assistant.memory.layers import cache_shape
from assistant.memory.needs import needs
from assistant.memory.oracle import measure
from assistant.memory.weights import weights
from tests.arch_shapes import SHAPES
from tests.fit_shapes import LLAMA_8B, QWEN3_8B, model
from tests.test_oracle import SHAPES as OTHERS

MIB = 2**20
ALL = {**SHAPES, **OTHERS}


@pytest.mark.parametrize("name", ALL)
def test_a_file_gives_its_hyperparameters_back(tmp_path, name):
    arch = ALL[name]
    gguf_header.write(arch, tmp_path / "a.gguf")
    found = read_model_file(tmp_path / "a.gguf").architecture
    assert found.arch == arch.arch
    for quant in ("F16", "Q4_K_M"):
        assert weights(found, quant).total == weights(arch, quant).total
    for context in (4096, 40000):
        assert cache_shape(found).cache_bytes(context) == cache_shape(arch).cache_bytes(context)


def mixed(path, arch, kinds):
    """Write a header for `arch` whose tensors have the types that `kinds` tells by name; return their bytes."""
    rows = [
        (name, shape, kinds(name) if kind == "F16" else kind) for name, shape, kind in gguf_header.expanded(arch)
    ]  # fmt: skip
    write_header(path, gguf_header.header_keys(arch), rows)
    return sum(tensor.bytes for tensor in parts_of(path).tensors)


def test_llama_cpp_measures_the_file_itself(tmp_path, oracle):
    path = tmp_path / "mine.gguf"  # a mixture that no ftype names
    total = mixed(path, QWEN3_8B, lambda name: "Q6_K" if "ffn_down" in name or name == "output.weight" else "IQ4_XS")
    mine = read_model_file(path)
    quant = mine.files[0].quant
    need = measure(needs(mine, quant, 8192), None, oracle)
    assert need.basis == "llama.cpp" and need.notes == ()
    assert need.weights.total == mine.files[0].bytes == total
    assert need.cache_bytes == 1152 * MIB
    # Worked out: the output matrix in Q6_K (210 bytes per 256), the input embedding in IQ4_XS (136 bytes per 256).
    assert need.weights.output == 4096 * 151936 * 210 // 256 + 4096 * 4
    assert need.weights.embedding == 4096 * 151936 * 136 // 256 and not need.weights.tied
    assert list(tmp_path.iterdir()) == [path]  # nothing is written beside it


def official_part(path, number, rows, total):
    """Write one of two parts with the GGUF project's own writer, without weights."""
    writer = gguf.GGUFWriter(path, "llama")
    for key, value in gguf_header.header_keys(LLAMA_8B).items() if number == 1 else ():
        if key != "general.architecture":
            kind = {int: gguf.GGUFValueType.UINT32, float: gguf.GGUFValueType.FLOAT32, str: gguf.GGUFValueType.STRING,
                    bool: gguf.GGUFValueType.BOOL, list: gguf.GGUFValueType.ARRAY}[type(value)]  # fmt: skip
            writer.add_key_value(key, value, kind)
    writer.add_uint16("split.no", number - 1)
    writer.add_uint16("split.count", 2)
    writer.add_int32("split.tensors.count", total)
    size = 0
    for name, shape, kind in rows:
        dtype = np.dtype(np.float32 if kind == "F32" else np.float16)
        size += -(-math.prod(shape) * dtype.itemsize // 32) * 32
        writer.add_tensor_info(name, shape[::-1], dtype, math.prod(shape) * dtype.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    with path.open("r+b") as file:
        start = -(-path.stat().st_size // 32) * 32
        file.truncate(start + size)


def test_a_split_file_is_loaded_whole_from_any_part(tmp_path, oracle):
    rows = gguf_header.expanded(LLAMA_8B)
    half = len(rows) // 2
    for number, some in ((1, rows[:half]), (2, rows[half:])):
        official_part(tmp_path / f"big-{number:05d}-of-00002.gguf", number, some, len(rows))
    for part in ("big-00001-of-00002.gguf", "big-00002-of-00002.gguf"):
        mine = read_model_file(tmp_path / part)
        assert mine.parameters == 8_030_261_248 and mine.files[0].source.endswith("-00001-of-00002.gguf")
        need = measure(needs(mine, "F16", 4096), None, oracle)
        assert (need.basis, need.cache_bytes) == ("llama.cpp", 512 * MIB)
        assert need.weights.total == weights(LLAMA_8B, "F16").total


def test_a_missing_part_is_named(tmp_path):
    write_header(tmp_path / "m-00001-of-00003.gguf", {"general.architecture": "llama"}, [("a", (32, 8), "F16")])
    with pytest.raises(ModelFileError, match="2 of 3 parts are absent, first m-00002-of-00003") as caught:
        read_model_file(tmp_path / "m-00001-of-00003.gguf")
    assert "2 個" in caught.value.text("ja")
    write_header(tmp_path / "n-00004-of-00003.gguf", {"general.architecture": "llama"}, [("a", (32, 8), "F16")])
    with pytest.raises(ModelFileError, match="part 4 of 3"):
        read_model_file(tmp_path / "n-00004-of-00003.gguf")


def test_a_download_that_stopped_half_way_is_told(tmp_path):
    path = tmp_path / "half.gguf"
    size = gguf_header.write(LLAMA_8B, path) and path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size // 2)
    with pytest.raises(ModelFileError, match=r"cut off: 7,659 of 15,317 MiB") as caught:
        read_model_file(path)
    assert "途中で切れています" in caught.value.text("ja")


def test_an_architecture_that_only_llama_cpp_knows_is_measured(tmp_path, oracle):
    """HRM-Text has no blueprint: stacks of layers run in loops, 2 x (2 + 1) of them keep 1,536 keys and values each."""
    path, hidden, ffn = tmp_path / "hrm.gguf", 1536, 4096
    keys = {"general.architecture": "hrm_text", "tokenizer.ggml.model": "no_vocab"} | {
        f"hrm_text.{key}": value
        for key, value in {
            "context_length": 4096, "embedding_length": hidden, "block_count": 6, "feed_forward_length": ffn,
            "attention.head_count": 12, "attention.layer_norm_rms_epsilon": 1e-5, "vocab_size": 1000,
            "hrm.layers_per_stack": 1, "hrm.h_cycles": 2, "hrm.l_cycles": 2,
        }.items()
    }  # fmt: skip
    rows = [("token_embd.weight", (hidden, 1000), "F16"), ("output.weight", (hidden, 1000), "F16"),
            ("hrm.z_l_init", (hidden,), "F32")]  # fmt: skip
    for il in range(2):
        shapes = {"attn_q": (hidden, hidden), "attn_k": (hidden, hidden), "attn_v": (hidden, hidden),
                  "attn_gate": (hidden, hidden), "attn_output": (hidden, hidden), "ffn_gate": (hidden, ffn),
                  "ffn_down": (ffn, hidden), "ffn_up": (hidden, ffn)}  # fmt: skip
        rows += [(f"blk.{il}.{name}.weight", shape, "Q8_0") for name, shape in shapes.items()]
    write_header(path, keys, rows)
    mine = read_model_file(path)
    need = measure(needs(mine, mine.files[0].quant, 2048), None, oracle)
    assert need.basis == "llama.cpp" and need.notes == ()
    assert need.cache_bytes == 6 * 2 * 1536 * 2 * 2048
    assert need.weights.total == mine.files[0].bytes


def test_layers_that_predict_more_tokens_stay_in_the_file(tmp_path):
    keys = {"general.architecture": "llama", "llama.block_count": 2, "llama.nextn_predict_layers": 1}
    rows = [("token_embd.weight", (32, 10), "F16"), ("blk.0.ffn_up.weight", (32, 100), "F16"),
            ("blk.1.ffn_up.weight", (32, 100), "F16"), ("output.weight", (32, 10), "F16")]  # fmt: skip
    write_header(tmp_path / "mtp.gguf", keys, rows)
    found = file_weights(tmp_path / "mtp.gguf")
    assert (found.total, found.layers, found.output) == (2 * 32 * 120, 2 * 32 * 100, 2 * 32 * 10)


def test_only_a_persons_own_file_is_loaded(tmp_path):
    assert own_gguf(model(LLAMA_8B), "Q4_K_M") is None
    gguf_header.write(LLAMA_8B, tmp_path / "a.gguf")
    mine = read_model_file(tmp_path / "a.gguf")
    assert own_gguf(mine, "F16") == tmp_path / "a.gguf" and own_gguf(mine, "Q8_0") is None
    (tmp_path / "a.gguf").unlink()
    assert own_gguf(mine, "F16") is None


def test_a_file_that_crashes_llama_cpp_is_answered_by_the_formula(tmp_path, oracle):
    path = tmp_path / "crash.gguf"
    keys = gguf_header.header_keys(LLAMA_8B) | {"llama.attention.head_count": 7}  # 4,096 is no multiple of 7
    write_header(path, keys, gguf_header.expanded(LLAMA_8B))
    mine = read_model_file(path)
    assert measure(needs(mine, "F16", 4096), None, oracle).basis in ("formula", "rough")
    assert oracle.buffers(LLAMA_8B, 4096).cache == 512 * MIB


def test_every_type_of_a_tensor_has_a_size(tmp_path):
    for kind in TYPE_IDS:
        write_header(tmp_path / "t.gguf", {"general.architecture": "llama"}, [("a", (256, 2), kind)])
        assert parts_of(tmp_path / "t.gguf").bytes > 0
