"""Names as people type them, in both languages, and names that must not be guessed."""

import re

import pytest

from assistant.errors import UnknownGpu, UnknownModel
from knowledge.catalog import load_catalog
from knowledge.gpu_names import find_gpu, gpu_aliases
from knowledge.names import find_model, model_aliases, model_by_words
from knowledge.spelling import normalise


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Llama-3.1-8B", "llama 3.1 8b"),
        ("Ｌｌａｍａ　３．１", "llama 3.1"),
        ("qwen2.5:7b", "qwen 2.5 7b"),
        ("ラーマ3", "ラマ 3"),
        ("くうぇん", "クウェン"),
        ("meta-llama/Llama-3.1-8B", "meta llama llama 3.1 8b"),
        ("phi4", "phi 4"),
        ("o1", "o1"),
        ("bge-m3", "bge m3"),
        ("command-r+", "command r+"),
        ("", ""),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


def test_normalising_twice_changes_nothing(catalog):
    assert [one for one in model_aliases(catalog) if normalise(one) != one] == []


@pytest.mark.parametrize(
    "text, model_id",
    [
        ("llama 3.1 8b", "llama-3.1-8b-instruct"),
        ("Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct"),
        ("meta-llama/Llama-3.1-8B", "llama-3.1-8b-base"),
        ("llama-3.1-8b-base", "llama-3.1-8b-base"),
        ("LLaMA 2 70B", "llama-2-70b-chat"),
        ("L3 70b", "llama-3-70b-instruct"),
        ("ラマ3.1", "llama-3.1-8b-instruct"),
        ("ラマ 3.1 8B", "llama-3.1-8b-instruct"),
        ("llama 3", "llama-3-8b-instruct"),
        ("llama 70b", "llama-3.3-70b-instruct"),
        ("Code Llama 34B", "codellama-34b-instruct"),
        ("qwen coder", "qwen3-coder-30b-a3b-instruct"),
        ("qwen2.5:7b", "qwen2.5-7b-instruct"),
        ("クウェン2.5 7B", "qwen2.5-7b-instruct"),
        ("くうぇん2.5-7b", "qwen2.5-7b-instruct"),
        ("qwen3 30b", "qwen3-30b-a3b"),
        ("r1 distill 14b", "deepseek-r1-distill-qwen-14b"),
        ("R1 distill 70b", "deepseek-r1-distill-llama-70b"),
        ("ディープシークR1", "deepseek-r1"),
        ("gemma2 9b", "gemma-2-9b-it"),
        ("ジェマ3 27b", "gemma-3-27b-it"),
        ("Gemma 2B", "gemma-2b-it"),
        ("mistral 7b", "mistral-7b-instruct-v0.3"),
        ("ミストラル7B", "mistral-7b-instruct-v0.3"),
        ("Mixtral 8x7B", "mixtral-8x7b-instruct-v0.1"),
        ("phi4", "phi-4"),
        ("Phi-3 mini", "phi-3-mini-4k-instruct"),
        ("gpt-4", "gpt-4"),
        ("GPT4o", "gpt-4o"),
        ("GPT-3.5", "gpt-3.5-turbo"),
        ("Claude 3 Opus", "claude-3-opus-20240229"),
        ("クロード3 オーパス", "claude-3-opus-20240229"),
        ("claude opus 4.5", "claude-opus-4-5"),
        ("ジェミニ2.5プロ", "gemini-2.5-pro"),
        ("Falcon 180B", "falcon-180b-chat"),
        ("ふぁるこん7b", "falcon-7b-instruct"),
        ("command r", "command-r-v01"),
        ("command r+", "command-r-plus"),
        ("gpt-oss 20b", "gpt-oss-20b"),
        ("GLM 4.5 air", "glm-4.5-air"),
        ("ELYZA 8B", "llama-3-elyza-jp-8b"),
        ("Whisper", "whisper-large-v3"),
        ("DALL-E 3", "dall-e-3"),
        ("DALL·E 3", "dall-e-3"),
        ("ミッドジャーニー", "midjourney-v7"),
        ("Bard", "bard"),
        ("OpenAI embeddings", "text-embedding-3-large"),
        ("NLLB-200", "nllb-200-3.3b"),
        ("Stable Diffusion", "stable-diffusion-xl-base-1.0"),
        ("llama 3.1 8b q4_k_m", "llama-3.1-8b-instruct"),
        ("llama-3.1-8b-instruct-gguf", "llama-3.1-8b-instruct"),
        ("lama 3.1 8b", "llama-3.1-8b-instruct"),
        ("qwen2.5 7b instrct", "qwen2.5-7b-instruct"),
    ],
)
def test_find_model(catalog, text, model_id):
    assert find_model(catalog, text).id == model_id


@pytest.mark.parametrize(
    "text", ["llama 3.4 8b", "qwen2.5 9b", "gpt-4p", "small", "command", "8b", "3.1", "hogehoge", "", "モデル"]
)
def test_what_is_not_known_is_not_guessed(catalog, text):
    with pytest.raises(UnknownModel):
        find_model(catalog, text)


def test_an_unknown_name_comes_with_the_nearest(catalog):
    with pytest.raises(UnknownModel) as caught:
        find_model(catalog, "llama 3.4 8b")
    assert caught.value.nearest[0] == "llama-3.1-8b-instruct"
    assert "nearest: 'llama-3.1-8b-instruct'" in str(caught.value)
    assert "近い名前" in caught.value.text("ja")


def test_a_very_long_name_is_answered(catalog):
    with pytest.raises(UnknownModel):
        find_model(catalog, "llama " * 5_000)


def test_every_id_and_hub_id_finds_its_entry(catalog):
    for model in catalog.models.values():
        assert find_model(catalog, model.id) is model
        if model.hf_id:
            assert find_model(catalog, model.hf_id) is model, model.hf_id


def test_every_alias_names_an_entry_and_is_safe_in_a_sentence(catalog):
    aliases = model_aliases(catalog)
    assert set(aliases.values()) <= set(catalog.models)
    assert [one for one in aliases if re.fullmatch(r"[\d. ]+[bmk]?", one) or len(one) < 2] == []
    words = (
        "the model is a small large medium mini base chat code vision image text step solar nova sonar opus pro flash"
    )
    assert [one for one in words.split() if one in aliases] == []
    for word in ("モデル", "プロ", "ミニ", "ベース", "フラッシュ", "コマンド", "ファイ"):
        assert normalise(word) not in aliases


def test_aliases_do_not_depend_on_the_order_of_entries(catalog):
    from dataclasses import replace

    some = dict(list(catalog.models.items())[:300])
    one = replace(catalog, models=some, stamp="")
    other = replace(catalog, models=dict(reversed(some.items())), stamp="")
    assert model_aliases(one) == model_aliases(other)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("RTX 4090", "4090"),
        ("4090", "4090"),
        ("rtx4060 laptop", "4060 laptop"),
        ("4060 laptop", "4060 laptop"),
        ("NVIDIA GeForce RTX 3060", "3060"),
        ("ノート4060", "4060 laptop"),
        ("m3 max", "m3 max"),
        ("RX 7900 XTX", "7900 xtx"),
        ("h100", "h100"),
        ("RTX 3060 12GB", "3060"),
    ],
)
def test_find_gpu(catalog, text, expected):
    assert normalise(find_gpu(catalog, text).name).removeprefix("rtx ").removeprefix("rx ").startswith(expected)


def test_an_unknown_gpu_comes_with_the_nearest(catalog):
    with pytest.raises(UnknownGpu) as caught:
        find_gpu(catalog, "RTX 4095")
    assert caught.value.nearest


def test_gpu_aliases_name_gpus(catalog):
    assert set(gpu_aliases(catalog).values()) <= set(catalog.gpus)
    assert "1024" not in gpu_aliases(catalog) and "8192" not in gpu_aliases(catalog)


@pytest.mark.parametrize(
    ("text", "family", "size"),
    [
        ("Llama 5 70B", "Llama 3", 70),
        ("Qwen4 32B", "Qwen3", 32),
        ("Gemma 5 27B", "Gemma 4", 27),
        ("Phi-5", "Phi-4", None),
        ("DeepSeek V9", "DeepSeek V4", None),
        ("Claude Opus 9", "Claude", None),
    ],
)
def test_a_version_newer_than_any_is_unknown_and_the_newest_of_its_family_are_suggested(catalog, text, family, size):
    with pytest.raises(UnknownModel) as raised:
        find_model(catalog, text)
    first, *others = raised.value.nearest
    assert catalog.models[first].family.startswith(family)
    if size:  # half as large again at most
        assert all(size / 1.5 <= catalog.models[one].parameters / 1e9 <= size * 1.5 for one in (first, *others))


def test_what_stands_behind_the_point_of_a_version_is_no_version(catalog):
    assert find_model(catalog, "phi 1.5").id == find_model(catalog, "Phi-1-5").id == "phi-1-5"
    assert model_by_words(catalog, "phi 5") is None
    assert find_model(catalog, "claude opus 4").id == "claude-opus-4-0"


@pytest.mark.parametrize(
    ("text", "generation"),
    [
        ("gemma", "Gemma 4"),
        ("qwen", "Qwen3.5"),
        ("DeepSeek", "DeepSeek V4"),
        ("ジェマ", "Gemma 4"),
        ("falcon", "Falcon 3"),
    ],
)
def test_a_bare_family_means_its_newest_generation(catalog, text, generation):
    model = find_model(catalog, text)
    assert model.family == generation
    assert model.open_weights and model.successor is None
