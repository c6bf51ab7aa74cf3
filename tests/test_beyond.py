"""What a fit answer adds to the verdict is true: each change does make it fit, each limit is the last that holds."""

from dataclasses import replace

import pytest

from assistant.hardware.machine import Device, Machine
from assistant.memory.beyond import beyond
from assistant.memory.files.vision import USUAL_GIB, beside, projector_bytes
from assistant.memory.fit import fit
from assistant.memory.needs import needs
from assistant.memory.placement import room, with_more_memory
from knowledge.schema import Architecture
from tests.fit_shapes import GEMMA3_4B, GPT_OSS_20B, LLAMA_8B, QWEN3_8B, QWEN3_30B_A3B, model

MIB = 2**20


def card(gib, ram_gib=None, count=1):
    """Return a machine with CUDA cards of so many GiB, all free."""
    gpu = Device("Card", "nvidia", "cuda", gib * 1024, gib * 1024, 448.0, 80.0)
    ram = None if ram_gib is None else ram_gib * 1024
    return Machine((gpu,) * count, ram, ram, "CPU", 8, None, "detected")


def ask(one, machine, **values):
    """Return the report of a question and what is told beyond it."""
    asked = {"quant": "Q4_K_M", "context_tokens": 8192, "kv_type": "f16", "users": 1, "exact": False, **values}
    report = fit(one, machine=machine, **asked)
    return report, beyond(one, machine, report)


@pytest.mark.parametrize(
    "gib, values",
    [
        (8, {"context_tokens": 20480}),
        (8, {"quant": "Q8_0"}),
        (8, {"users": 6, "context_tokens": 4096}),
        (7, {"context_tokens": 16384}),
    ],
)
def test_each_change_makes_it_fit_with_the_total_it_names(gib, values):
    here = card(gib)
    report, more = ask(model(QWEN3_8B), here, **values)
    assert not report.fits and more["missing_mib"] > 0
    whole = [row for row in more["changes"] if row["fits"] and row["change"] not in ("card", "cards", "ubatch")]
    assert whole
    for row in whole:
        name = {"context": "context_tokens"}.get(row["change"], row["change"])
        there, _ = ask(model(QWEN3_8B), here, **{**values, name: row["value"]})
        assert there.fits and there.to_json()["total_mib"] == row["total_mib"], row


def test_more_of_the_same_card_are_offered_up_to_the_number_that_holds_it():
    one = model(LLAMA_8B)
    for count in (1, 2):
        here = card(4, count=count)
        report, more = ask(one, here, quant="Q8_0")
        row = next(row for row in more["changes"] if row["change"] == "cards")
        number = int(row["value"]["count"])
        there, _ = ask(one, card(4, count=number), quant="Q8_0")
        assert there.fits and not report.fits and there.to_json()["total_mib"] == row["total_mib"]
        assert not ask(one, card(4, count=number - 1), quant="Q8_0")[0].fits
    _, shared = ask(one, card(4), quant="FP8")  # 7.5 GiB and more: three such cards, but vLLM halves the heads
    assert [row["value"]["count"] for row in shared["changes"] if row["change"] == "cards"] == ["4"]
    assert shared["four_gb_more"]["best_quant"] is None  # of llama.cpp's, which vLLM does not run
    laptop = replace(card(4), gpus=(replace(card(4).gpus[0], laptop=True),))
    assert not any(row["change"] == "cards" for row in ask(one, laptop, quant="Q8_0")[1]["changes"])


def test_smaller_batches_are_offered_when_they_are_enough():
    for tokens in range(8192, 40960, 256):
        report, more = ask(model(QWEN3_8B), card(8), context_tokens=tokens)
        if not report.fits:
            break
    first = more["changes"][0]
    assert (first["change"], first["value"]) == ("ubatch", 128)
    assert first["total_mib"] < report.to_json()["total_mib"]
    assert first["total_mib"] <= report.to_json()["available_mib"]


def test_without_a_single_change_a_combination_is_named():
    _, more = ask(model(LLAMA_8B), card(5), quant="Q8_0", context_tokens=32768)
    several = next(row for row in more["changes"] if row["change"] == "several")
    there, _ = ask(model(LLAMA_8B), card(5), **several["value"])
    assert there.fits and there.to_json()["total_mib"] == several["total_mib"]


def test_the_named_card_holds_it_and_a_smaller_one_does_not():
    _, more = ask(model(QWEN3_30B_A3B), card(8))
    size = next(row["value"] for row in more["changes"] if row["change"] == "card")
    assert size == 20 and ask(model(QWEN3_30B_A3B), card(20))[0].fits
    assert not ask(model(QWEN3_30B_A3B), card(16))[0].fits


def test_how_it_runs_partly_in_ram_is_named_with_speed_where_the_ram_is_enough():
    _, more = ask(model(QWEN3_30B_A3B), card(8, ram_gib=64))
    rows = {row["change"]: row for row in more["changes"] if not row["fits"]}
    assert set(rows) == {"expert_offload", "partial"}
    assert rows["expert_offload"]["tokens_per_second"] > rows["partial"]["tokens_per_second"]
    assert all(row["gpu_mib"] <= 8192 and row["ram_mib"] <= 62 * 1024 for row in rows.values())
    _, less = ask(model(QWEN3_30B_A3B), card(8, ram_gib=8))
    assert all(row["fits"] for row in less["changes"])


def test_the_longest_context_of_each_cache_type_and_the_most_users():
    report, more = ask(model(QWEN3_8B), card(8))
    assert report.fits and more["missing_mib"] is None and more["changes"] == []
    by_type = more["max_context_by_kv_type"]
    assert by_type["f16"] < by_type["q8_0"] < by_type["q4_0"] and by_type["f16"] == report.max_context_tokens
    for kind, longest in by_type.items():
        assert ask(model(QWEN3_8B), card(8), kv_type=kind)[0].max_context_tokens == longest
    users = more["max_users"]
    assert ask(model(QWEN3_8B), card(8), users=users)[0].fits
    assert not ask(model(QWEN3_8B), card(8), users=users + 1)[0].fits


def test_a_cache_type_that_was_asked_is_in_the_table():
    assert "q5_1" in ask(model(QWEN3_8B), card(8), kv_type="q5_1")[1]["max_context_by_kv_type"]


def test_encoders_have_neither_contexts_nor_users():
    bert = model(Architecture("bert", 12, 768, 12, 12, 64, 3072, 30522), context=512)
    _, more = ask(bert, card(8), context_tokens=512)
    assert more["max_context_by_kv_type"] is None and more["max_users"] is None


def test_four_gigabytes_more_are_the_same_question_to_a_larger_machine():
    report, more = ask(model(QWEN3_8B), card(8), quant="Q8_0")
    larger, _ = ask(model(QWEN3_8B), card(12), quant="Q8_0")
    gain = more["four_gb_more"]
    assert not report.fits and larger.fits and gain["fits"] and gain["placement"] == "gpu"
    assert gain["max_context_tokens"] == larger.max_context_tokens
    assert (gain["best_quant_now"], gain["best_quant"]) == ("Q5_K_M", "Q8_0")


def test_unified_memory_grows_by_what_its_gpu_may_use():
    gpu = Device("M", "apple", "metal", 16 * 1024, 10922, 120.0, None, unified=True)
    mac = Machine((gpu,), 16 * 1024, 16 * 1024, "", 8, None, "stated")
    assert with_more_memory(mac, 4096).gpus[0].free_mib == 13653  # two thirds of 20 GiB
    assert with_more_memory(mac, 4096).ram_total_mib == 20 * 1024
    assert room(with_more_memory(card(8), 4096)).available - room(card(8)).available == 4096 * MIB
    assert with_more_memory(Machine((), 8192, 8192, "CPU", 4, None, "stated"), 4096).ram_total_mib == 12288


def test_the_projector_is_derived_from_exact_parameter_counts():
    # Gemma 3 4B: 4,300,079,472 published, 3,880,099,328 in the text model of this shape: 419,980,144 at 2 bytes
    seeing = model(GEMMA3_4B, "Seeing", 4_300_079_472, inputs=("text", "image"))
    assert projector_bytes(seeing, GEMMA3_4B) == 2 * 419_980_144
    report, more = ask(seeing, card(8))
    assert more["vision"]["fits"] and more["vision"]["projector_mib"] == pytest.approx(801.1, abs=0.1)
    assert more["vision"]["total_mib"] == pytest.approx(report.to_json()["total_mib"] + 801.1, abs=0.2)


def test_a_projector_of_unknown_size_is_said_to_be_unknown():
    rounded = model(GEMMA3_4B, "Seeing", 4_300_000_000, inputs=("text", "image"))
    assert ask(rounded, card(8))[1]["vision"] == {"projector_mib": None, "total_mib": None, "fits": None}
    assert ask(model(GEMMA3_4B), card(8))[1]["vision"] is None
    assert USUAL_GIB == (0.2, 1.5)


def test_a_projector_beside_a_file_counts(tmp_path):
    (tmp_path / "model-Q4_K_M.gguf").write_bytes(b"GGUF")
    assert beside(tmp_path / "model-Q4_K_M.gguf") is None
    (tmp_path / "mmproj-F16.gguf").write_bytes(b"x" * 1000)
    assert beside(tmp_path / "model-Q4_K_M.gguf") == tmp_path / "mmproj-F16.gguf"
    assert beside(tmp_path / "mmproj-F16.gguf") is None
    report = fit(model(LLAMA_8B), quant="Q4_K_M", context_tokens=4096, machine=card(8), exact=False)
    assert beyond(model(LLAMA_8B), card(8), report, projector=100 * MIB)["vision"]["projector_mib"] == 100


def test_users_and_cache_type_are_in_the_figures():
    plain, several = ask(model(GPT_OSS_20B), card(24))[0], ask(model(GPT_OSS_20B), card(24), users=3)[0]
    assert several.kv_cache_bytes == 3 * plain.kv_cache_bytes
    assert needs(model(LLAMA_8B), "Q4_K_M", 8192, "q8_0").cache_bytes * 32 == plain_f16() * 17


def plain_f16():
    """Return Llama 8B's cache at f16; q8_0 keeps 34 bytes where f16 keeps 64."""
    return needs(model(LLAMA_8B), "Q4_K_M", 8192, "f16").cache_bytes
