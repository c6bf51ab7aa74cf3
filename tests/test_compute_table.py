"""The table of compute buffers is that of the installed llama.cpp and of the catalog's present hyperparameters."""

import json
from dataclasses import replace

import pytest

from assistant.memory.compute.buffer import compute_buffer
from assistant.memory.compute.cpu import formula
from assistant.memory.compute.survey import shapes
from assistant.memory.compute.table import FILE, MODES, key, measured, mode, usual_ubatch
from assistant.memory.oracle import Oracle, llama_version
from knowledge.schema import Architecture

PLAIN = Architecture("llama", 32, 4096, 32, 8, 128, 14_336, 128_256)
MIB = 2**20


def test_every_shape_of_the_catalog_was_asked_about() -> None:
    """Run `python -m assistant.memory.compute.survey` when this fails: hyperparameters changed since."""
    table = json.loads(FILE.read_text(encoding="utf-8"))["shapes"]
    assert [name for name, arch, _ in shapes() if key(arch) not in table] == []
    assert sum(not modes for modes in table.values()) < len(table) / 20  # llama.cpp refuses a few


def test_it_was_made_with_the_installed_llama_cpp() -> None:
    assert f'"llama_cpp_python": "{llama_version()}"' in FILE.read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["llama", "qwen3moe", "gemma3", "deepseek2", "bert"])
def test_llama_cpp_still_reserves_as_much(kind: str) -> None:
    name, arch, _ = next(one for one in shapes() if one[1].arch == kind and one[2] >= 512)
    oracle = Oracle(timeout=60)
    for kv_type, flash in MODES.values():
        ubatch = usual_ubatch(arch, 512)
        found = oracle.buffers(arch, 512, kv_type, ubatch=ubatch, flash_attention=flash)
        assert found is not None
        kept = measured(arch, 512, kv_type, flash_attention=flash)
        assert kept is not None and abs(kept - found.compute) <= 0.011 * MIB, name
    oracle.close()


def test_an_unknown_shape_and_too_long_a_context_are_not_in_the_table() -> None:
    known = next(arch for _, arch, longest in shapes() if longest <= 8192)
    assert measured(known, 512, "f16", flash_attention=True) is not None
    assert measured(known, 1 << 22, "f16", flash_attention=True) is None
    assert measured(replace(PLAIN, hidden=4104), 512, "f16", flash_attention=True) is None


def test_between_two_contexts_the_figure_lies_between_theirs() -> None:
    _, arch, _ = next(one for one in shapes() if one[1].arch == "llama" and one[2] >= 32_768)
    ends = [measured(arch, cells, "f16", flash_attention=False) for cells in (16_384, 24_576)]
    middle = measured(arch, 20_480, "f16", flash_attention=False)
    assert None not in ends and middle is not None
    assert middle == pytest.approx((ends[0] + ends[1]) / 2, abs=0.02 * MIB)  # type: ignore[operator]


def test_other_batches_are_scaled_from_the_table() -> None:
    _, arch, _ = next(one for one in shapes() if one[1].arch == "llama" and one[2] >= 8192)
    kept = measured(arch, 8192, "f16", flash_attention=True)
    ours = [formula(arch, 8192, ubatch, flash_attention=True) for ubatch in (512, 128)]
    assert kept is not None
    assert compute_buffer(arch, 8192, ubatch=128, devices=0) == kept * ours[1] // ours[0]
    assert compute_buffer(arch, 8192, devices=0) == kept


@pytest.mark.parametrize(
    ("kv_type", "flash", "expected"),
    [("f16", True, "f16"), ("bf16", True, "f16"), ("q4_0", True, "quantised"), ("f16", False, "plain")],
)
def test_mode(kv_type: str, flash: bool, expected: str) -> None:
    assert mode(kv_type, flash_attention=flash) == expected


def test_a_key_tells_shapes_apart_and_nothing_else() -> None:
    assert key(PLAIN) == key(replace(PLAIN, extra={}))
    assert key(PLAIN) != key(replace(PLAIN, layers=33))
