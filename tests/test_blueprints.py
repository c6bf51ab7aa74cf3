"""Every architecture's tensors and caches against llama.cpp itself and against published parameter counts."""

import pytest

from assistant.memory.blueprints.table import LEFT_OUT
from assistant.memory.blueprints.tensors import BLUEPRINTS, tensors
from assistant.memory.files.gguf_format import write_header
from assistant.memory.layers import cache_shape
from assistant.memory.weights import parameter_count, weights
from tests.arch_shapes import PARAMETERS, SHAPES
from tests.test_oracle import PRINTED
from tests.test_oracle import SHAPES as OTHERS

# llama.cpp has no quantised cache for it: attention with soft caps runs without flash attention.
UNQUANTISED = ("grok",)


@pytest.mark.parametrize("name", SHAPES)
def test_llama_cpp_loads_it_and_agrees_on_sizes(oracle, name):
    arch = SHAPES[name]
    for quant in ("Q8_0", "Q4_K_M", "IQ3_XS", "Q2_K"):
        assert oracle.size(arch, quant) == pytest.approx(weights(arch, quant).total, abs=PRINTED), quant


@pytest.mark.parametrize("name", SHAPES)
def test_llama_cpp_agrees_on_caches(oracle, name):
    arch, shape = SHAPES[name], cache_shape(SHAPES[name])
    settings = [("f16", True, 4096, 1), ("f16", False, 32768, 1)]
    settings += [("q8_0", True, 4096, 4)] if name not in UNQUANTISED and arch.arch != "t5" else []
    for kv_type, flash, context, users in settings:
        found = oracle.buffers(arch, context, kv_type, users=users, flash_attention=flash)
        mine = shape.cache_bytes(context, kv_type, users=users, flash_attention=flash)
        assert found.cache == pytest.approx(mine, abs=6 * PRINTED), (kv_type, flash, context)


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_the_published_ones(name):
    assert parameter_count(tensors(SHAPES[name])) == PARAMETERS[name]


def test_every_blueprint_has_a_shape_here_or_beside_the_oracle():
    assert {arch.arch for arch in (*SHAPES.values(), *OTHERS.values())} <= set(BLUEPRINTS)
    assert not set(LEFT_OUT) & set(BLUEPRINTS)
    assert len(BLUEPRINTS) + len(LEFT_OUT) == 153  # LLM_ARCH_NAMES in src/llama-arch.cpp, without "(unknown)"
    assert all(set(reason) == {"en", "ja"} for reason in LEFT_OUT.values())


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_known_to_llama_cpp(oracle, tmp_path, name):
    path = tmp_path / "header.gguf"
    write_header(path, {"general.architecture": name}, [("token_embd.weight", (32, 32), "F16")])
    answer = oracle._ask({"op": "memory", "path": str(path), "contexts": []})
    assert "unknown model architecture" not in answer["error"]
