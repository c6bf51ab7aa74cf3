"""Which word a question asks the meaning of, and which passages speak of it."""

import pytest

from assistant.definitions import Asked, asked, defines, mentioned, speaks_of
from knowledge.glossary import load_glossary

GLOSSARY = load_glossary()


@pytest.mark.parametrize(
    "question, word, term",
    [
        ("枝刈りって何？", "枝刈り", "pruning"),
        ("ROCmとは何ですか", "ROCm", "ROCm"),
        ("ビームサーチとは", "ビームサーチ", "beam search"),
        ("ファインチューニングの意味を教えてください", "ファインチューニング", "fine-tuning"),
        ("VRAMってなんですか？8GBだと足りない？", "VRAM", "VRAM"),
        ("MCPについて教えて", "MCP", "MCP"),
        ("What is a vector database?", "vector database", "vector database"),
        ("what are logits", "logits", "logits"),
        ("What does GQA stand for?", "GQA", "grouped-query attention"),
        ("explain the KV cache", "KV cache", "KV cache"),
        ("explain quantization like I'm a child", "quantization", "quantization"),
        ("Explain RAG to my grandmother", "RAG", "retrieval-augmented generation"),
        ("GGUFってなんなん", "GGUF", "GGUF"),
        ("MoEって何やねん", "MoE", "mixture of experts"),
        ("LoRAって何だっけ？", "LoRA", "LoRA"),
    ],
)
def test_a_known_term_is_found(question, word, term):
    found = asked(question, GLOSSARY)
    assert found is not None and found.word == word and found.term is not None
    assert found.term.en == term


@pytest.mark.parametrize("question, word", [("与信とは何ですか", "与信"), ("What are Hufflebits?", "Hufflebits")])
def test_a_word_that_is_not_known_is_found_as_such(question, word):
    assert asked(question, GLOSSARY) == Asked(word, None)


@pytest.mark.parametrize(
    "question",
    [
        "代休の申請って何日前まで",
        "電話番号は何ですか",
        "連絡先を教えて",
        "What is the phone number?",
        "What is the best way to store cheese?",
        "GPTQとAWQの違いは？",
        "どのモデルがいい？",
        "",
    ],
)
def test_other_questions_ask_for_no_meaning(question):
    assert asked(question, GLOSSARY) is None


def test_a_passage_speaks_of_a_term_in_any_of_its_wordings():
    distillation = asked("蒸留とは", GLOSSARY)
    assert distillation is not None
    assert speaks_of(distillation, "", "Knowledge distillation trains a small model.")
    assert not speaks_of(distillation, "LLMとは何か", "大きなモデルです。")


def test_a_section_defines_a_word_when_its_heading_says_so():
    rag = asked("RAGとは", GLOSSARY)
    assert rag is not None
    assert defines(rag, "RAGの基本 > RAGとは何か")
    assert not defines(rag, "RAGの基本 > 向いている場合") and not defines(rag, "LLMの基礎 > LLMとは何か")


def test_a_term_is_shared_in_any_of_its_wordings():
    assert mentioned("プロンプトの作法", "", "Write the prompt in six parts.", GLOSSARY)
    assert not mentioned("パンの焼き方", "", "Write the prompt in six parts.", GLOSSARY)
