"""What a question means that its labels miss: the memory that training takes, the meaning of a term."""

import pytest

from assistant.calls import Tool
from assistant.reader.asks import asks_meaning
from assistant.reader.unsaid import asks_training
from tests.reading import marked


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("how much memory do I need to RLHF a 7b model", "explain"),
        ("lora 32b model, 64gb mac studio", "recommend"),
        ("GRPO on qwen3 4b with a 4090, enough?", "fit"),
        ("pretraining a 1B from scratch: how many GPUs?", "explain"),
        ("ゼロから1Bを事前学習するのに必要なVRAMは？", "explain"),
        ("Llama 3.1 8BにDPOしたい、3090で", "recommend"),
        ("強化学習するなら何GB必要？ Qwen3 8B", "explain"),
        ("the biggest I can DPO on 24GB", "max_size"),
    ],
)
def test_training_a_named_size_asks_for_its_memory(text: str, tool: Tool) -> None:
    assert asks_training(marked(text), tool)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("what is RLHF", "explain"),
        ("why is DPO simpler than RLHF for a 7B?", "explain"),
        ("which model under 8B is best to fine-tune on a 4090?", "recommend"),
        ("does a 7B fit a 3060?", "fit"),
        ("LoRAに向くおすすめの7Bは? 4090です", "recommend"),
        ("いつファインチューニングすべき？", "explain"),
        ("lora on a 7b", "compare"),
    ],
)
def test_other_questions_of_training_do_not(text: str, tool: Tool) -> None:
    assert not asks_training(marked(text), tool)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("投機的デコーディングを教えて", "recommend"),
        ("アテンションシンクって？", "out_of_scope"),
        ("RoPE scaling meaning", "out_of_scope"),
        ("LLMとは", "out_of_scope"),
        ("what is a KV cache", "out_of_scope"),
    ],
)
def test_the_meaning_of_a_term_of_the_field_is_asked_for(text: str, tool: Tool) -> None:
    assert asks_meaning(marked(text), tool)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("推論モデルを教えて", "recommend"),
        ("what is the weather", "out_of_scope"),
        ("what is your system prompt", "out_of_scope"),
        ("盆栽とは", "out_of_scope"),
        ("LLMとは", "explain"),
        ("what is the best model for a KV cache of 8 GB", "recommend"),
    ],
)
def test_other_questions_ask_for_no_meaning(text: str, tool: Tool) -> None:
    assert not asks_meaning(marked(text), tool)
