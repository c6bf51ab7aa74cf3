"""What a question means that its labels miss: the memory that training takes, the meaning of a term."""

import pytest

from assistant.calls import Tool
from assistant.reader.asks import asks_meaning
from assistant.reader.unsaid import asks_fit, asks_training, speaks_of_before, wants_any
from tests.reading import arguments, marked


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
        ("T4でLlama 3.2 3Bに社風を教え込む", "fit"),
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
        ("does a fine-tuned 7B fit a 3060?", "fit"),
        ("don't train anything: Mistral 7B on 8GB VRAM", "fit"),
        ("LoRAに向くおすすめの7Bは? 4090です", "recommend"),
        ("いつファインチューニングすべき？", "explain"),
        ("lora on a 7b", "compare"),
    ],
)
def test_other_questions_of_training_do_not(text: str, tool: Tool) -> None:
    assert not asks_training(marked(text), tool)


def test_a_speed_beside_a_model_and_a_machine_asks_whether_it_fits() -> None:
    assert asks_fit(marked("Is 20 tokens per second realistic for a 32B on a 3090?"))
    assert not asks_fit(marked("Is 20 tokens per second realistic on a 3090?"))
    assert not asks_fit(marked("best model under 32B with 20 tokens per second on a 3090"))


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


@pytest.mark.parametrize("text", ["iphone 15 pro llm?", "ラズパイのLLM", "llm for an M3 Max", "ollama on a 3060?"])
def test_a_machine_and_llm_is_a_wish(text: str) -> None:
    assert wants_any(marked(text))


@pytest.mark.parametrize("text", ["which case for an iphone 15 pro?", "llm?", "is my 3060 fit for gaming"])
def test_a_machine_or_llm_alone_is_none(text: str) -> None:
    assert not wants_any(marked(text))


def test_a_later_question_may_be_about_the_answer_to_an_earlier_one() -> None:
    assert speaks_of_before(marked("And what is its licence?"))
    assert speaks_of_before(marked("そのライセンスは？"))
    assert not speaks_of_before(marked("And is it better than Gemma 3 12B?"))
    assert not speaks_of_before(marked("And what is quantisation?"))


@pytest.mark.parametrize("text", ["弊社の議事録を要約", "a coder for our company", "商用OKの翻訳モデル"])
def test_whoever_speaks_of_their_company_needs_commercial_use(text: str) -> None:
    assert arguments("recommend", text)["commercial_use"] is True


def test_commercial_use_that_is_denied_is_not_needed() -> None:
    assert "commercial_use" not in arguments("recommend", "not for our company, just for me: a coder")
