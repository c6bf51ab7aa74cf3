"""How large a model a machine trains: the limits are those of `finetune` for models of that size."""

import pytest

from assistant.calls import FinetuneMemory, Hardware
from assistant.errors import BadArguments
from assistant.hardware.stated import stated
from assistant.memory.generic import generic_model
from assistant.memory.training.finetune import finetune
from assistant.memory.training.recipe import Recipe
from assistant.memory.training.trainable import SIZES, trainable
from assistant.toolbox import Toolbox
from assistant.tools import finetune_memory
from assistant.writer.training import finetuning
from knowledge.catalog import load_catalog

CATALOG = load_catalog()


def machine(**words):
    return stated(Hardware(**words), CATALOG)


@pytest.mark.parametrize("words", [{"gpu": "RTX 4090"}, {"vram_gb": 12}, {"gpu": "H100", "gpu_count": 4}])
def test_the_next_size_does_not_fit(words):
    here = machine(**words)
    for one in trainable(here, Recipe("qlora")).largest:
        larger = min(size for size in SIZES if size > (one.params_b or 0))
        assert finetune(generic_model(f"{larger:g}B"), method=one.method, machine=here).fits is False
        if one.params_b:
            report = finetune(generic_model(f"{one.params_b:g}B"), method=one.method, machine=here)
            assert report.fits is True and report.per_gpu_bytes == one.per_gpu_bytes


def test_fewer_bits_train_larger_models_and_full_training_needs_16_bytes_a_parameter():
    full, lora, qlora = trainable(machine(gpu="RTX 4090"), Recipe("qlora")).largest
    assert full.params_b < lora.params_b < qlora.params_b
    assert full.params_b * 1e9 * 16 < 24 * 2**30  # ZeRO, section 3.1


def test_stated_settings_count():
    short = trainable(machine(vram_gb=24), Recipe("lora"), "lora").largest
    long = trainable(machine(vram_gb=24), Recipe("lora", sequence_tokens=32_768, batch=4), "lora").largest
    assert len(short) == len(long) == 1
    assert (long[0].params_b or 0) < short[0].params_b
    with pytest.raises(BadArguments, match="batch"):
        trainable(machine(vram_gb=24), Recipe("lora", batch=0))


@pytest.mark.parametrize(("language", "words"), [("en", "QLoRA up to about"), ("ja", "QLoRAなら約")])
def test_without_a_model_the_machine_is_told_about(language, words):
    args = FinetuneMemory(hardware=Hardware(gpu="RTX 4090"))
    result = finetune_memory(Toolbox(CATALOG), args, language)
    assert [one["method"] for one in result["largest"]] == ["full", "lora", "qlora"]
    assert words in finetuning(result, language).verdict


def test_a_processor_trains_nothing():
    result = finetune_memory(Toolbox(CATALOG), FinetuneMemory(hardware=Hardware(gpu=None, ram_gb=64)), "en")
    draft = finetuning(result, "en")
    assert "not even a model of 0.5B" in draft.verdict and "Training needs a GPU" in draft.body


def test_batch_and_length_of_a_question_change_the_answer():
    args = {"model": "qwen3-8b", "method": "lora"}
    plain = finetune_memory(Toolbox(CATALOG), FinetuneMemory.model_validate(args), "en")
    args["training"] = {"batch": 8, "sequence_tokens": 8192}
    large = finetune_memory(Toolbox(CATALOG), FinetuneMemory.model_validate(args), "en")
    assert (large["batch"], large["sequence_tokens"]) == (8, 8192)
    assert large["activations_mib"] > 8 * plain["activations_mib"]
