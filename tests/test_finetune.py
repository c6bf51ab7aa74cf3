import pytest

from assistant.errors import BadArguments
from assistant.machine import Device, Machine
from assistant.memory.finetune import finetune
from tests.fit_shapes import LLAMA_8B, QWEN3_30B_A3B, model

MIB = 2**20
LLAMA = model(LLAMA_8B, "Llama 3.1 8B", 8_030_261_248)


def card(gib, count=1, vendor="nvidia", unified=False):
    """Return a machine with cards of so many GiB."""
    backend = "metal" if vendor == "apple" else "cuda"
    gpu = Device("Card", vendor, backend, gib * 1024, gib * 1024, 900.0, None, unified=unified)
    return Machine((gpu,) * count, 65536, 65536, "CPU", 8, None, "stated")


def test_full_training_takes_16_bytes_per_parameter():
    report = finetune(LLAMA, method="full", machine=None)
    states = report.weights_bytes + report.gradients_bytes + report.optimizer_bytes
    assert states == 16 * 8_030_261_248  # ZeRO: 2 weights + 2 gradients + 12 optimiser
    assert report.adapters_bytes == 0 and report.rank is None


def test_lora_trains_the_known_number_of_parameters():
    report = finetune(LLAMA, method="lora", machine=None, rank=16)
    # per layer 16 x (q 8,192 + k, v 5,120 each + output 8,192 + gate, up, down 18,432 each) = 1,310,720; 32 layers
    assert report.trained_parameters == 41_943_040
    assert report.weights_bytes == 2 * 8_030_261_248
    assert report.adapters_bytes + report.gradients_bytes + report.optimizer_bytes == 16 * 41_943_040


def test_qlora_keeps_4_bits_of_the_matrices_and_16_of_the_embeddings():
    report = finetune(LLAMA, method="qlora", machine=None)
    embeddings = 2 * 128256 * 4096
    matrices = 8_030_261_248 - embeddings - 65 * 4096  # 65 norms
    expected = matrices * 4.127 / 8 + (8_030_261_248 - matrices) * 2
    assert report.weights_bytes == pytest.approx(expected, rel=1e-6)


def test_activations_follow_the_published_formula():
    report = finetune(LLAMA, method="lora", machine=None, sequence_tokens=2048, batch=1)
    layer = 2048 * (17 * 4096 + 8 * 14336)
    logits = 2048 * 128256 * 10
    assert report.activations_stored_bytes == 32 * layer + logits
    assert report.activations_bytes == 32 * 2048 * 4096 * 2 + layer + logits


def test_longer_samples_and_larger_batches_take_more():
    base, long, wide = (
        finetune(LLAMA, method="qlora", machine=None, sequence_tokens=tokens, batch=batch).activations_bytes
        for tokens, batch in ((2048, 1), (4096, 1), (2048, 2))
    )
    assert long == wide == pytest.approx(2 * base, rel=1e-6)


def test_parts_add_up_and_cards_are_named():
    report = finetune(LLAMA, method="qlora", machine=card(12))
    found = report.to_json()
    assert report.total_bytes == sum(
        getattr(report, f"{part}_bytes")
        for part in ("weights", "adapters", "gradients", "optimizer", "activations", "overhead")
    )
    assert found["fits"] is True and found["gpu_classes_gb"][0] == 12
    assert finetune(LLAMA, method="lora", machine=card(12)).fits is False
    assert finetune(LLAMA, method="full", machine=None).gpu_classes_gb == (141, 192)


def test_several_cards_share_the_states():
    alone, shared = (finetune(LLAMA, method="full", machine=card(40, count)) for count in (1, 4))
    assert alone.fits is False and shared.fits is True
    assert shared.per_gpu_bytes < alone.total_bytes / 3
    assert any("ZeRO" in note["ja"] for note in shared.notes)


def test_without_a_gpu_it_does_not_fit_and_says_why():
    report = finetune(LLAMA, method="qlora", machine=Machine((), 65536, 65536, "CPU", 8, None, "stated"))
    assert report.fits is False and any("GPU" in note["en"] for note in report.notes)


def test_a_mac_is_told_about_mlx():
    report = finetune(LLAMA, method="qlora", machine=card(64, vendor="apple", unified=True))
    assert report.fits and any("MLX" in note["ja"] for note in report.notes)


def test_adapters_are_not_put_on_every_routed_expert():
    report = finetune(model(QWEN3_30B_A3B, "MoE", 30_532_122_624), method="lora", machine=None)
    assert report.trained_parameters < 0.01 * 30_532_122_624


def test_unknown_layers_are_noted():
    report = finetune(model(None, "Plain", 7_000_000_000), method="qlora", machine=None)
    assert report.notes and report.trained_parameters > 0


@pytest.mark.parametrize(
    "values",
    [{"method": "rlhf"}, {"sequence_tokens": 0}, {"batch": -1}, {"rank": 0}, {"sequence_tokens": 10**9}],
)
def test_values_out_of_range_are_refused(values):
    with pytest.raises(BadArguments):
        finetune(LLAMA, **{"method": "lora", "machine": None, **values})


def test_models_without_weights_or_size_are_refused():
    with pytest.raises(BadArguments, match="API"):
        finetune(model(None, open_weights=False), method="lora", machine=None)
    with pytest.raises(BadArguments, match="parameters"):
        finetune(model(None), method="lora", machine=None)
