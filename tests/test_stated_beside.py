"""Users at the same time, rerankers and speaking models: what a recommendation's question states beside its labels."""

import pytest

from assistant.calls import parse_call
from assistant.choosing.recommend import recommend
from assistant.reader.read import tables_of
from assistant.stated.values import (
    with_memory_in_use,
    with_open_weights,
    with_small,
    with_training,
    with_users,
    with_variant,
)
from assistant.toolbox import Toolbox
from knowledge.catalog import load_catalog

CATALOG = load_catalog()
TABLES = tables_of(CATALOG)


@pytest.mark.parametrize(
    ("question", "users"),
    [
        ("a chat model for 40 concurrent users on two H100s", 40),
        ("同時に12人が使うチャット、RTX 4090", 12),
        ("a model for our company of 300 people, RTX 4090", None),
        ("社員50人の会社で使うモデル", None),
        ("a coding model for a 4090", None),
    ],
)
def test_users_at_once_become_a_condition(question, users):
    call = with_users(parse_call("recommend", {"task": "chat"}), question, TABLES)
    assert call.arguments().get("users") == users


def test_other_calls_and_stated_users_stay():
    fit = parse_call("fit", {"model": "qwen3-8b"})
    assert with_users(fit, "qwen3 8b for 5 concurrent users", TABLES) is fit
    stated = parse_call("recommend", {"users": 2})
    assert with_users(stated, "for 5 concurrent users", TABLES).arguments()["users"] == 5
    assert with_users(stated, "and for coding?", TABLES) is stated


@pytest.mark.parametrize(
    ("question", "task", "variant"),
    [
        ("a reranker for our search, CPU only", "embedding", "reranker"),
        ("検索結果のリランキングに使うモデル", "embedding", "reranker"),
        ("a model that reads articles aloud", "speech", "tts"),
        ("文章を読み上げるモデル", "speech", "tts"),
        ("transcribe interviews", "speech", None),
        ("an embedding model for German", "embedding", None),
        ("read aloud is nice, but I need code", "coding", None),
    ],
)
def test_kinds_that_share_a_task_are_told_apart(question, task, variant):
    assert with_variant(parse_call("recommend", {"task": task}), question).arguments().get("variant") == variant


def test_settings_of_a_training_run_are_taken_from_the_conversation():
    call = parse_call("finetune_memory", {"model": "phi-4", "method": "lora"})
    first = with_training(call, "LoRA on phi-4 with batch size 2 and seq len 4096", TABLES)
    second = with_training(first, "and with a batch of 8?", TABLES)
    assert second.arguments()["training"] == {"sequence_tokens": 4096, "batch": 8}
    assert with_training(call, "LoRA on phi-4, RTX 4090", TABLES) is call


@pytest.mark.parametrize(
    ("question", "closed"),
    [
        ("the best open-weight model for translation through an API", False),
        ("オープンソースのモデルで、APIで使えるもの", False),
        ("open models only, for chat", False),
        ("a model for chat through an API", True),
        ("it need not be open source or closed, just good", True),
    ],
)
def test_open_models_leave_closed_ones_out(question, closed):
    call = with_open_weights(parse_call("recommend", {"hosting": "api"}), question)
    assert ("exclude" not in call.arguments()) is closed
    picks = recommend(Toolbox(CATALOG), call.args, "en")["picks"]
    assert all(CATALOG.models[pick["id"]].open_weights for pick in picks) is not closed


@pytest.mark.parametrize(
    ("question", "size"),
    [
        ("a small model for summaries", 8),
        ("lightweight coding model", 8),
        ("英会話の練習相手になってくれる小さいモデル", 8),
        ("what is the smallest model that still speaks German?", 4),
        ("一番小さい翻訳モデルは？", 4),
        ("small team, coding model for a 4090", None),
        ("小さい会社で使う要約モデル", None),
        ("a large model for summaries", None),
    ],
)
def test_a_small_model_is_one_up_to_a_size_that_is_told(question, size):
    call, notes = with_small(parse_call("recommend", {"task": "chat"}), question)
    assert call.arguments().get("max_params_b") == size
    assert [f"{size}B" in note[language] for note in notes for language in ("en", "ja")] == [True, True] * bool(size)
    stated = parse_call("recommend", {"max_params_b": 14})
    assert with_small(stated, question) == (stated, ())


@pytest.mark.parametrize(
    ("question", "hardware", "left"),
    [
        ("8 gb gpus but the game itself uses 5", {"vram_gb": 8}, 3),
        ("12GB card, Windows takes 1.5GB", {"vram_gb": 12}, 10.5),
        ("VRAM 6GB想定で、他に3GBはゲームが使う", {"vram_gb": 6}, 3),
        ("a game with 5 characters on 8 GB", {"vram_gb": 8}, 8),
    ],
)
def test_memory_that_a_program_uses_is_not_left_for_the_model(question, hardware, left):
    call, _ = with_memory_in_use(parse_call("recommend", {"hardware": hardware}), question, CATALOG)
    assert call.arguments()["hardware"]["vram_gb"] == left
