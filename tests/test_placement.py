"""Where models go: properties that must hold for every model and machine, and splits worked out by hand."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from assistant.hardware.machine import Device, Machine
from assistant.memory.fit import fit, situation
from assistant.memory.layers import pad
from assistant.memory.needs import needs
from assistant.memory.per_layer import layers, spread
from assistant.memory.placement import plan, ram_bytes, room, total, whole
from knowledge.catalog import load_catalog
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
)  # fmt: skip

MIB, GIB = 2**20, 2**30
SHAPES = (LLAMA_8B, QWEN3_8B, GEMMA3_4B, MIXTRAL, QWEN3_30B_A3B, GPT_OSS_20B, DEEPSEEK_V3, QWEN36_27B)
RANK = {"none": 0, "cpu": 1, "partial": 2, "expert_offload": 3, "gpu": 4}


def cards(*gib, ram_gib=None, origin="detected", free=None):
    """Return a machine with CUDA cards of so many GiB; `free` GiB of each, all by default."""
    sizes = [round(one * 1024) for one in gib]
    open_ = sizes if free is None else [round(one * 1024) for one in free]
    gpus = tuple(
        Device(f"Card {size // 1024}", "nvidia", "cuda", size, part, 900.0, 80.0)
        for size, part in zip(sizes, open_, strict=True)
    )
    ram = None if ram_gib is None else ram_gib * 1024
    return Machine(gpus, ram, ram, "CPU", 8, None, origin)


@pytest.fixture(scope="module")
def known():
    """One in 31 of the catalog's models with weights, all kinds of architecture among them."""
    found = [one for one in load_catalog().models.values() if one.open_weights and (one.parameters or one.architecture)]
    return found[::31]


def placed(one, machine, quant="Q4_K_M", context=8192, **values):
    need, space = situation(one, quant, context, values.get("kv_type", "f16"), values.get("users", 1), machine)
    return need, space, plan(need, space)


def test_more_memory_never_makes_it_worse(known):
    for one in known:
        before = (-1, 0)
        for gib in (2, 4, 5.5, 6, 8, 10, 12, 16, 24, 32, 48, 80, 141):
            need, space, there = placed(one, cards(gib, ram_gib=48))
            now = (RANK[there.placement], there.gpu_layers or 0 if there.placement == "partial" else 0)
            assert now[0] > before[0] or (now[0] == before[0] and now[1] >= before[1]), (one.id, gib, before, now)
            assert whole(need, space) == (there.placement == "gpu")
            before = now


def test_more_ram_or_one_more_card_never_makes_it_worse(known):
    for one in known[::2]:
        for change in ([cards(8, ram_gib=ram) for ram in (4, 16, 64, 256)], [cards(*[16] * n) for n in (1, 2, 3, 6)]):
            ranks = [RANK[placed(one, machine)[2].placement] for machine in change]
            assert ranks == sorted(ranks), one.id


def test_a_longer_context_never_needs_less(known):
    for one in known:
        sizes = [total(*placed(one, cards(24), context=context)[:2]) for context in (256, 1024, 4096, 16384, 65536)]
        # llama.cpp's allocator may place a longer context's buffers a little better: within 1 % of the whole.
        assert all(after >= 0.99 * before for before, after in pairwise(sizes)), one.id


def test_a_lower_quantisation_and_a_smaller_cache_type_never_need_more(known):
    for one in known:
        by_quant = [total(*placed(one, cards(24), quant)[:2]) for quant in ("F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")]
        assert by_quant == sorted(by_quant, reverse=True), one.id
        by_type = [needs(one, "Q4_K_M", 8192, kind).cache_bytes for kind in ("f32", "f16", "q8_0", "q5_1", "q4_0")]
        assert by_type == sorted(by_type, reverse=True), one.id


def test_more_users_never_need_less(known):
    for one in known:
        sizes = [needs(one, "Q4_K_M", 4096, users=users).cache_bytes for users in (1, 2, 5, 40)]
        assert sizes == sorted(sizes) and sizes[1] == pytest.approx(2 * sizes[0], abs=1), one.id


def test_what_each_gpu_holds_adds_up_and_is_within_its_memory():
    dice = random.Random(3)
    seen = set()
    for _ in range(300):
        machine = cards(*[dice.choice((4, 6, 8, 12, 16, 24, 48)) for _ in range(dice.randint(1, 5))], ram_gib=128)
        one = model(dice.choice(SHAPES))
        need, _, there = placed(one, machine, dice.choice(("Q8_0", "Q4_K_M", "Q2_K")), dice.choice((512, 32768)))
        seen.add(there.placement)
        if not there.shares:
            continue
        assert there.gpu_bytes == sum(share.total for share in there.shares)
        assert all(share.total <= share.available for share in there.shares)
        on_gpu = sum(share.layers for share in there.shares)
        assert on_gpu == there.gpu_layers and sum(share.pieces for share in there.shares) == on_gpu + 1
        if there.placement == "gpu":
            assert on_gpu == need.layers
            assert sum(share.weights for share in there.shares) == need.device_weights
            assert sum(share.cache for share in there.shares) == need.cache_bytes
        if there.placement == "partial":
            parts = layers(need)
            moved = need.layers - on_gpu  # the first ones
            kept = sum(parts.dense[moved:]) + sum(parts.experts[moved:])
            output = need.device_weights - sum(parts.dense) - sum(parts.experts)
            assert sum(share.weights for share in there.shares) == kept + output
            assert there.ram_bytes >= sum(parts.dense[:moved]) + sum(parts.cache[:moved]) + need.host_weights
    assert seen >= {"gpu", "partial", "expert_offload"}


def test_the_report_shows_the_same_parts_and_the_verdict_agrees():
    dice = random.Random(4)
    for _ in range(120):
        machine = cards(
            *[dice.choice((6, 8, 12, 24)) for _ in range(dice.randint(1, 4))], ram_gib=dice.choice((None, 64))
        )
        report = fit(
            model(dice.choice(SHAPES)), quant="Q4_K_M", context_tokens=dice.choice((2048, 32768)), machine=machine,
            exact=False,
        )  # fmt: skip
        assert report.fits == (report.placement == "gpu") == (report.total_bytes <= report.available_bytes)
        if report.fits:
            assert report.total_bytes == report.gpu_bytes == sum(share.total for share in report.shares)


def test_the_longest_context_fits_and_256_tokens_more_do_not(known):
    for one in known:
        for machine in (cards(6), cards(24, 8), cards(ram_gib=16)):
            report = fit(one, quant="Q4_K_M", context_tokens=None, machine=machine, exact=False)
            longest = report.max_context_tokens
            if not report.fits or not longest:
                continue
            need, space = situation(one, "Q4_K_M", longest, "f16", 1, machine)
            assert whole(need, space), (one.id, longest)
            if longest < (one.context_tokens or 1 << 20):
                more, space = situation(one, "Q4_K_M", longest + 256, "f16", 1, machine)
                assert not whole(more, space), (one.id, longest)


def test_parts_of_a_total_add_up():
    assert spread(100, (1.0, 1.0, 2.0)) == (25, 25, 50)
    assert spread(10, (1.0, 1.0, 1.0)) == (3, 4, 3) and spread(7, (0.0, 0.0)) == (4, 3)


def test_layers_have_their_own_sizes():
    gemma = layers(needs(model(GEMMA3_4B), "Q4_K_M", 32768))
    # 1,024 values of K and of V at f16, 4,096 bytes per cell: 32,768 cells in every sixth layer, else 1,024 + 512
    assert [round(size / 4096) for size in gemma.cache[:7]] == [1536, 1536, 1536, 1536, 1536, 32768, 1536]
    deepseek = layers(needs(model(DEEPSEEK_V3), "Q4_K_M", 4096))
    assert [bool(size) for size in deepseek.experts[:5]] == [False, False, False, True, True]
    assert deepseek.dense[0] > 1.5 * deepseek.dense[3]  # a dense feed-forward step of 18,432 instead of 2,048
    hybrid = layers(needs(model(QWEN36_27B), "Q4_K_M", 262_144))
    assert hybrid.cache[3] == pytest.approx(2 * 4 * 256 * 2 * 262_144, rel=1e-6)  # every fourth layer: full attention
    assert hybrid.cache[0] * 48 == pytest.approx(598.5 / 4 * MIB, rel=1e-6)  # 48 recurrent layers, one sequence


def test_dense_layers_before_the_experts_count_for_n_cpu_moe():
    *_, there = placed(model(DEEPSEEK_V3), cards(24, ram_gib=512), "Q2_K", 4096)
    assert there.placement == "expert_offload"
    assert there.n_cpu_moe == there.cpu_expert_layers + 3  # the option counts the three dense layers too


def test_input_embeddings_stay_in_ram_and_tied_ones_are_copied():
    need = needs(model(LLAMA_8B), "Q4_K_M", 8192)
    assert need.device_weights / MIB == pytest.approx(4403.49, abs=0.01)  # "CUDA0 buffer size" in its logs
    assert need.host_weights / MIB == pytest.approx(281.81, abs=0.01)  # "CPU buffer size"
    tied = needs(model(replace(LLAMA_8B, tied_embeddings=True)), "Q4_K_M", 8192)
    assert tied.device_weights == tied.weights.total and tied.host_weights > 400 * MIB  # the output's type: Q6_K
    assert needs(model(LLAMA_8B), "AWQ", 8192).host_weights == 0  # vLLM puts all of it on the card


def test_unequal_gpus_take_layers_by_their_memory():
    *_, there = placed(model(QWEN36_27B), cards(24, 8), "Q4_K_M", 4096)
    assert there.placement == "gpu"
    large, small = there.shares
    assert large.layers + small.layers == 64 and large.layers > 2.5 * small.layers
    report = fit(model(QWEN36_27B), quant="Q4_K_M", context_tokens=4096, machine=cards(24, 8), exact=False)
    assert report.settings["tensor_split"] == [large.pieces, small.pieces] and report.device == "Card 24 + Card 8"
    assert f"-ts {large.pieces},{small.pieces}" in report.settings["commands"]["llama.cpp"]


def test_what_packs_only_from_the_back_is_split_so():
    """In proportion to memory a small card would get more than it holds: each GPU pays for overhead and buffers."""
    from_the_back = 0
    for small in (3, 4):
        machine = cards(24, small)
        for context in range(1024, 65536, 1024):
            _, space, there = placed(model(QWEN36_27B), machine, "Q6_K", context)
            if there.placement == "gpu":
                share = space.slots[1].free / (space.slots[0].free + space.slots[1].free)
                from_the_back += there.shares[1].pieces < int(share * 65)
    assert from_the_back


def test_free_memory_of_each_card_counts():
    assert placed(model(LLAMA_8B), cards(8), "Q4_K_M")[2].placement == "gpu"
    assert placed(model(LLAMA_8B), cards(8, free=[5]), "Q4_K_M")[2].placement != "gpu"


def test_a_stated_card_lacks_what_the_driver_keeps():
    assert room(cards(8, origin="stated")).slots[0].free == round(8192 * 0.975) * MIB
    assert room(cards(8)).slots[0].free == 8192 * MIB


def test_a_card_without_room_leaves_the_processor():
    tiny = cards(2, ram_gib=64)
    report = fit(model(LLAMA_8B), quant="Q8_0", context_tokens=32768, machine=tiny, exact=False)
    assert report.placement == "cpu" and not report.fits and report.gpu_bytes == 0
    assert report.ram_bytes <= report.ram_available_bytes == ram_bytes(tiny)
    assert "-ngl 0" in report.settings["commands"]["llama.cpp"]
    assert report.settings["commands"]["llama.cpp"].endswith("-dev none")  # else its buffers are on the card


def test_formats_outside_gguf_do_not_spill():
    *_, there = placed(model(LLAMA_8B), cards(4, ram_gib=64), "AWQ")
    assert there.placement == "none"


def test_encoders_read_their_whole_input_at_once():
    arch = Architecture("bert", 24, 1024, 16, 16, 64, 4096, 30522)
    need = needs(model(arch), "F16", 8000)
    assert need.ubatch == pad(8000) == 8192 and need.cache_bytes == 0
    report = fit(model(arch), quant="F16", context_tokens=8000, machine=cards(8), exact=False)
    assert report.settings["n_ubatch"] == 8192
    command = report.settings["commands"]["llama.cpp"]
    assert "--embeddings" in command and "-b 8192 -ub 8192" in command


def test_at_most_sixteen_gpus_are_used():
    assert room(cards(*[24] * 20)).count == 16  # llama_max_devices


def test_layers_weigh_what_their_own_types_do():
    """Q4_K_M gives the first and last eighth and every third layer between Q6_K in ffn_down and attn_v."""
    parts = layers(needs(model(LLAMA_8B), "Q4_K_M", 4096))
    # 4,096 x 14,336 values of ffn_down and 4,096 x 1,024 of attn_v: 210 instead of 144 bytes per 256 values
    extra = (4096 * 14336 + 4096 * 1024) // 256 * (210 - 144)
    heavy = [il for il, size in enumerate(parts.dense) if size > min(parts.dense)]
    assert heavy == [0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]
    assert max(parts.dense) - min(parts.dense) == extra


def test_a_published_partial_offload_is_met_to_the_byte():
    """35 of 37 layers of Qwen2.5 3B on a GPU: DzKriMo/Aigis llama-server.log, llama.cpp b8179, February 2026."""
    need = needs(load_catalog().models["qwen2.5-3b-instruct"], "Q4_K_M", 2048)
    parts = layers(need)
    output = need.device_weights - sum(parts.dense)
    assert (sum(parts.dense[2:]) + output) / MIB == pytest.approx(1740.74, abs=0.01)  # Vulkan1 model buffer
    assert (sum(parts.dense[:2]) + need.host_weights) / MIB == pytest.approx(337.51, abs=0.01)  # CPU_Mapped
    assert (sum(parts.cache[2:]) / MIB, sum(parts.cache[:2]) / MIB) == (68.0, 4.0)
