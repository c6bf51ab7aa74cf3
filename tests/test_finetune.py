from dataclasses import replace

import pytest

from assistant.errors import BadArguments
from assistant.hardware.machine import Device, Machine
from assistant.memory.training.finetune import finetune
from assistant.memory.training.memory import FRAGMENTATION, WORKSPACE, measure, subject
from assistant.memory.training.recipe import Recipe
from assistant.sentences import say
from assistant.writer.training import finetuning
from knowledge.schema import Architecture
from tests.fit_shapes import DEEPSEEK_V3, LLAMA_8B, QWEN3_30B_A3B, QWEN36_27B, model

MIB, GIB = 2**20, 2**30
LLAMA = model(LLAMA_8B, "Llama 3.1 8B", 8_030_261_248)
MOE = model(QWEN3_30B_A3B, "MoE", 30_532_122_624)


def card(gib, count=1, vendor="nvidia", unified=False):
    """Return a machine with cards of so many GiB."""
    backend = "metal" if vendor == "apple" else "cuda"
    gpu = Device("Card", vendor, backend, gib * 1024, gib * 1024, 900.0, None, unified=unified)
    return Machine((gpu,) * count, 65536, 65536, "CPU", 8, None, "stated")


def memory(entry, method, **settings):
    """Return the bytes of one run without a context."""
    return measure(subject(entry), Recipe(method, **settings), 0)


def test_full_training_takes_16_bytes_per_parameter():
    found = memory(LLAMA, "full")
    assert found.states == 16 * 8_030_261_248  # ZeRO: 2 weights + 2 gradients + 12 optimiser
    assert found.adapters == 0
    assert finetune(LLAMA, method="full", machine=None).to_json()["rank"] is None


@pytest.mark.parametrize(
    "optimizer, bytes_each",
    [
        ("adamw_bf16", 8),  # 2 weights, 2 gradients, two moments of 2
        ("adamw_8bit", 6 + 2 * 4 / 256),  # two moments of 1 and a 32-bit scale per 256 values each
        ("sgd", 4),
    ],
)
def test_other_optimisers_take_less(optimizer, bytes_each):
    assert memory(LLAMA, "full", optimizer=optimizer).states == pytest.approx(bytes_each * 8_030_261_248, rel=1e-9)


def test_lora_trains_the_known_number_of_parameters():
    found = memory(LLAMA, "lora", rank=16)
    # per layer 16 x (q 8,192 + k, v 5,120 each + output 8,192 + gate, up, down 18,432 each) = 1,310,720; 32 layers
    assert found.trained_parameters == 41_943_040
    assert found.weights == 2 * 8_030_261_248
    assert found.adapters + found.gradients + found.optimizer == 16 * 41_943_040


def test_latent_attention_has_the_linear_layers_of_its_modelling_code():
    found = memory(model(DEEPSEEK_V3, "V3", 671_026_419_200), "lora", rank=1)
    # transformers' DeepseekV3Attention, inputs + outputs: q_a 7168 + 1536, q_b 1536 + 128 x 192, kv_a 7168 + 576,
    # kv_b 512 + 128 x 256, o 128 x 128 + 7168; 61 layers
    attention = 8704 + 26_112 + 7744 + 33_280 + 23_552
    dense, shared = 3 * (7168 + 18_432), 3 * (7168 + 2048)  # 3 dense layers, one shared expert in 58
    assert found.trained_parameters == 61 * attention + 3 * dense + 58 * shared


def test_adapters_are_not_put_on_routed_experts_or_routers():
    # Qwen3-30B-A3B: q 2048 + 4096, k and v 2048 + 512 each, o 4096 + 2048; 48 layers
    assert memory(MOE, "lora", rank=1).trained_parameters == 48 * (6144 + 2 * 2560 + 6144)


def test_qlora_keeps_4_bits_of_the_matrices_and_16_of_the_embeddings():
    embeddings = 2 * 128256 * 4096
    matrices = 8_030_261_248 - embeddings - 65 * 4096  # 65 norms
    # blocks of 64: half a byte each, one byte of scale, and 4 bytes per 256 scales (bitsandbytes, double quantisation)
    double = matrices * (0.5 + (1 + 4 / 256) / 64) + (8_030_261_248 - matrices) * 2
    assert memory(LLAMA, "qlora").weights == pytest.approx(double, rel=1e-9)
    single = matrices * (0.5 + 4 / 64) + (8_030_261_248 - matrices) * 4  # 32-bit scales, embeddings in 32 bits
    assert memory(LLAMA, "qlora", double_quant=False, upcast=True).weights == pytest.approx(single, rel=1e-9)


def test_weights_are_those_measured_on_a_gpu():
    # fitcheck-llm 0.3.1, final-t4-20260921.json, Qwen2.5-7B, MiB: packed 3,111.5, scales 388.949, 32-bit values
    # 4,197.771, of which 38.5 are the adapters
    entry = model(Architecture("qwen2", 28, 3584, 28, 4, 128, 18944, 152064), "Qwen2.5 7B", 7_615_616_512)
    found = memory(entry, "qlora", double_quant=False, upcast=True).weights
    assert found / MIB == pytest.approx(3111.5 + 388.949 + 4197.771 - 38.5, rel=1e-5)


def test_experts_may_stay_in_16_bits():
    about = subject(MOE)
    packed, plain = (measure(about, Recipe("qlora"), 0, experts_in_4_bits=choice).weights for choice in (True, False))
    experts = 48 * 128 * 3 * 2048 * 768
    assert plain - packed == pytest.approx(experts * (2 - 0.5 - (1 + 4 / 256) / 64), rel=1e-6)
    notes = finetune(MOE, method="qlora", machine=None).notes
    assert any("16 bits" in note["en"] for note in notes)


def test_the_peak_is_the_loss_or_a_block():
    loss = memory(LLAMA, "lora", sequence_tokens=2048)
    # layer inputs 32 x 4096 x 2, final norm 4096 x 4; logits 128256 x (log-probabilities, two gradients) x 4
    assert loss.activations == 2048 * (32 * 4096 * 2 + 4096 * 4)
    assert loss.logits == 2048 * 128_256 * 12
    block = memory(LLAMA, "lora", sequence_tokens=2048, loss="chunked")
    assert block.logits == 0 and block.activations == block.step.kept + block.step.block
    assert block.total < loss.total


def test_parts_add_up():
    found = finetune(LLAMA, method="qlora", machine=card(12)).to_json()
    parts = ("weights", "adapters", "gradients", "optimizer", "activations", "logits", "overhead")
    assert found["total_mib"] == pytest.approx(sum(found[f"{part}_mib"] for part in parts), abs=0.7)
    found = memory(LLAMA, "full")
    assert found.overhead == WORKSPACE + round(FRAGMENTATION * (found.activations + found.logits))


def test_gradients_wait_for_the_update_without_accumulation():
    every, one = (memory(LLAMA, "full", accumulates=choice) for choice in (True, False))
    assert every.total - one.total == min(every.gradients, every.activations + every.logits)
    foreach = memory(LLAMA, "full", accumulates=False, fused_optimizer=False)
    assert foreach.allocated() - WORKSPACE // 2 == foreach.states + foreach.gradients  # a copy as large as the update


def test_checkpointing_trades_activations_for_time():
    kept, all_of_it = (memory(LLAMA, "qlora", checkpointing=choice) for choice in (True, False))
    assert all_of_it.step.kept == kept.stored > 10 * kept.step.kept


def test_longer_samples_and_larger_batches_take_the_same():
    long, wide = (
        memory(LLAMA, "qlora", sequence_tokens=tokens, batch=batch) for tokens, batch in ((4096, 1), (2048, 2))
    )
    assert long.total == wide.total
    eager = memory(LLAMA, "qlora", sequence_tokens=4096, attention="eager")
    assert eager.step.block > long.step.block  # the score matrix grows with the square


def test_without_fused_attention_the_scores_are_kept():
    entry = model(Architecture("bloom", 24, 2048, 16, 16, 128, 8192, 250880, True), "BLOOM", 1_722_408_960)
    short, long = (memory(entry, "lora", sequence_tokens=tokens).step.block for tokens in (2048, 4096))
    scores = 16 * 2048 * (6 + 8)  # bytes per token: softmax in 32 and 16 bits, its gradient and a product in 32
    assert long - 2 * short == pytest.approx(4096 * scores, rel=0.01)


def test_cards_that_hold_it_are_named_smallest_first():
    report = finetune(LLAMA, method="qlora", machine=card(12))
    assert report.fits and report.advice is None
    sizes = [one.memory_gb for one in report.cards]
    assert sizes == sorted(sizes) and sizes[0] == report.gpu_classes_gb[0] == 12
    assert "RTX 5070" in report.cards[0].names and all(one.count == 1 for one in report.cards)


def test_several_cards_are_named_when_none_holds_it_alone():
    report = finetune(MOE, method="full", machine=None)
    by_size = {one.memory_gb: one for one in report.cards}
    assert by_size[80.0].count == 8 and "H100" in by_size[80.0].names
    # 16 bytes x 30.5e9 over 8 cards is 56.9 GiB; two blocks, the embeddings and this card's batch come on top
    assert 57 * GIB < by_size[80.0].bytes_each < 78 * GIB
    assert finetune(model(DEEPSEEK_V3, "V3", 671_026_419_200), method="full", machine=None).cards == ()


def test_several_cards_share_the_states():
    alone, shared = (finetune(LLAMA, method="full", machine=card(48, count)) for count in (1, 4))
    assert alone.fits is False and shared.fits is True
    assert shared.per_gpu_bytes < alone.total_bytes / 3
    assert any("ZeRO" in note["ja"] for note in shared.notes)


def test_changes_make_it_fit():
    report = finetune(LLAMA, method="lora", machine=card(12), sequence_tokens=4096, batch=8)
    assert report.fits is False and report.advice.fits
    changed = Recipe("lora", 4096, 8)
    for change in report.advice.changes:
        changed = replace(changed, **{change.kind: change.to})
    assert changed.method == "qlora"
    again = finetune(
        LLAMA, method="qlora", machine=card(12), sequence_tokens=changed.sequence_tokens, batch=changed.batch,
        rank=changed.rank,
    )  # fmt: skip
    assert again.per_gpu_bytes - report.advice.changes[-1].bytes_each == again.chunked_saves_bytes
    assert report.advice.changes[-1].bytes_each <= report.available_bytes


def test_a_short_list_when_one_change_is_enough():
    report = finetune(LLAMA, method="lora", machine=card(20))
    assert [change.kind for change in report.advice.changes] == ["loss"]


def test_changes_that_are_not_enough_are_said_to_be():
    report = finetune(MOE, method="lora", machine=card(8))
    assert report.advice.changes and report.advice.fits is False


def test_without_a_gpu_it_does_not_fit_and_says_why():
    report = finetune(LLAMA, method="qlora", machine=Machine((), 65536, 65536, "CPU", 8, None, "stated"))
    assert report.fits is False and any("GPU" in note["en"] for note in report.notes)


def test_a_mac_is_told_about_mlx():
    report = finetune(LLAMA, method="qlora", machine=card(64, vendor="apple", unified=True))
    assert report.fits and any("MLX" in note["ja"] for note in report.notes)


def test_embedding_models_have_no_logits():
    entry = replace(LLAMA, variant="embedding")
    assert memory(entry, "lora").step.loss == 0
    assert finetune(entry, method="lora", machine=None).to_json()["logits_mib"] == 0


def test_what_is_rough_says_so():
    plain = finetune(model(None, "Plain", 7_000_000_000), method="qlora", machine=None)
    assert plain.to_json()["basis"] == "rough" and plain.memory.trained_parameters > 0
    assert any("Llama-like" in note["en"] for note in plain.notes)
    hybrid = finetune(model(QWEN36_27B, "Hybrid", 27_000_000_000), method="qlora", machine=None)
    assert hybrid.rough and any("recurrent" in note["en"] for note in hybrid.notes)
    assert finetune(LLAMA, method="qlora", machine=None).to_json()["basis"] == "counted"


def test_the_table_stays_within_the_context():
    short = finetune(model(LLAMA_8B, "Short", 8_030_261_248, context=4096), method="qlora", machine=None)
    assert {tokens for tokens, _, _ in short.rows} == {1024, 2048, 4096}
    assert {batch for _, batch, _ in short.rows} == {1, 2, 4}


@pytest.mark.parametrize(
    "values",
    [
        {"method": "rlhf"}, {"optimizer": "lion"}, {"sequence_tokens": 0}, {"batch": -1}, {"rank": 0},
        {"sequence_tokens": 10**9},
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(values):
    with pytest.raises(BadArguments) as caught:
        finetune(LLAMA, **{"method": "lora", "machine": None, **values})
    assert next(iter(values)) in caught.value.text("ja")


def test_models_without_weights_or_size_are_refused():
    with pytest.raises(BadArguments, match="API"):
        finetune(model(None, open_weights=False), method="lora", machine=None)
    with pytest.raises(BadArguments, match="parameters"):
        finetune(model(None), method="lora", machine=None)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_answer_is_short_and_itemised(language):
    result = {**finetune(LLAMA, method="lora", machine=card(12)).to_json(), "stated_method": True}
    draft = finetuning(result, language)
    text = draft.text()
    assert f"{result['total_mib'] / 1024:.1f} GiB" in draft.verdict
    assert "RTX 4090" in text and say(language, "change.alone") in text
    assert say(language, "train.logits") in text and text.count("\n") < 40
    shared = finetuning(finetune(MOE, method="full", machine=None).to_json(), language).text()
    assert "H100" in shared and say(language, "train.adapters") not in shared


@pytest.mark.parametrize(("size", "start"), [(12, "**収まりません。** "), (80, "**収まります。** ")])
def test_with_a_machine_whether_it_fits_is_told_first(size, start):
    result = {**finetune(LLAMA, method="lora", machine=card(size)).to_json(), "stated_method": True}
    assert finetuning(result, "ja").verdict.startswith(start)


def test_cards_that_are_enough_are_not_followed_by_a_no():
    one = finetune(LLAMA, method="lora", machine=card(12)).to_json()
    asked = {**one, "stated_method": True, "asks": ["cards"], "cards_needed": 2, "card_mib": 10_000.0}
    draft = finetuning(asked, "ja")
    assert "2 枚**に収まります" in draft.verdict and not any("収まりません" in line for line in draft.lead)
    assert "に必要なメモリは約" in draft.lead[0]


@pytest.mark.parametrize(
    ("fits", "lines", "en", "ja"),
    [
        (True, 1, "This alone makes it fit", "これだけで収まります"),
        (True, 2, "All of these together make it fit", "すべて合わせると収まります"),
        (False, 1, "This helps, but is not enough", "これだけでは足りません"),
        (False, 2, "even together they are not enough", "すべて合わせても、まだ足りません"),
    ],
)
def test_changes_say_whether_they_add_up(fits, lines, en, ja):
    result = {**finetune(LLAMA, method="lora", machine=card(12)).to_json(), "stated_method": True, "changes_fit": fits}
    result["changes"] = [
        {"change": "batch", "to": 1, "per_gpu_mib": 9_000.0},
        {"change": "rank", "to": 8, "per_gpu_mib": 8_000.0},
    ]
    result["changes"] = result["changes"][:lines]
    assert en in finetuning(result, "en").body and ja in finetuning(result, "ja").body


@pytest.mark.parametrize(("size", "over"), [(12, True), (24, False)])
def test_a_step_that_most_recipes_have_and_that_does_not_fit_is_told(size, over):
    # 10.8 GiB, and with embeddings and output in 32 bits 2 x 128,256 x 4,096 x 2 bytes = 2.0 GiB more, and their loss
    report = finetune(LLAMA, method="qlora", machine=card(size))
    (note,) = [one for one in report.notes if "kbit" in one["en"]]
    assert report.fits and ("does not fit" in note["en"]) is over and ("収まらなく" in note["ja"]) is over
