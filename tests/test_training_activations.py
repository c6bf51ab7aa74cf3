"""The formula's bytes against what PyTorch's autograd really keeps of small random models, to the byte.

Two models that differ by one block tell what a block keeps; storages are counted once, parameters not at all.
"""

import pytest
import torch
from transformers import CONFIG_MAPPING, AutoModel
from transformers.utils import logging

from assistant.memory.blueprints.tensors import tensors
from assistant.memory.files.model_config import parse_config
from assistant.memory.training.activations import block_bytes
from assistant.memory.training.modules import modules
from assistant.memory.training.recipe import Recipe
from tests.adapters import add_adapters, saved_bytes

logging.set_verbosity_error()
SMALL = {"hidden_size": 64, "intermediate_size": 160, "num_attention_heads": 4, "num_key_value_heads": 4,
         "vocab_size": 100, "head_dim": 16, "max_position_embeddings": 256}  # fmt: skip
SHAPES = [
    ("llama", {}),
    ("llama", {"num_key_value_heads": 2}),  # fewer heads for keys and values
    ("llama", {"intermediate_size": 224, "vocab_size": 300}),
    ("qwen3", {"num_key_value_heads": 2}),  # norms on queries and keys
    ("olmo2", {"head_dim": None, "pad_token_id": 0}),  # norms after each part, scaled in 32 bits
]


def block(kind, sizes, attention, batch, tokens, method):
    """Return the bytes one block keeps as measured, and as the formula has it."""
    sizes = {name: value for name, value in {**SMALL, **sizes}.items() if value is not None}
    kept = []
    for layers in (1, 2):
        config = CONFIG_MAPPING[kind](num_hidden_layers=layers, **sizes)
        config._attn_implementation = attention
        network = AutoModel.from_config(config, dtype=torch.bfloat16).train()
        if method == "lora":
            add_adapters(network, rank=8)
        kept.append(saved_bytes(network, torch.zeros((batch, tokens), dtype=torch.long)))
    arch = parse_config({**config.to_dict(), "model_type": kind}).architecture
    recipe = Recipe(
        method, tokens, batch, rank=8, checkpointing=False, autocast=False,
        attention="fused" if attention == "sdpa" else "eager",
    )  # fmt: skip
    counted = block_bytes(arch, modules(arch, tensors(arch)), recipe)[-1]
    return kept[1] - kept[0], counted * batch * tokens


@pytest.mark.parametrize("kind, sizes", SHAPES)
@pytest.mark.parametrize("batch, tokens", [(1, 32), (2, 64)])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_a_trained_block_keeps_what_the_formula_says(kind, sizes, attention, batch, tokens):
    measured, counted = block(kind, sizes, attention, batch, tokens, "full")
    assert measured == counted


@pytest.mark.parametrize("kind, sizes", SHAPES)
def test_a_frozen_block_with_adapters_keeps_what_the_formula_says(kind, sizes):
    measured, counted = block(kind, sizes, "sdpa", 2, 64, "lora")
    assert measured == counted
