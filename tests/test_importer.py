"""The importer on small tables: joins, arithmetic, contradictions, corrections, and the same text on every run."""

import csv
import tomllib
from pathlib import Path

import pytest

from knowledge.importer.__main__ import main, read_corrections, write
from knowledge.importer.build import build
from knowledge.importer.draft import Draft, to_toml
from knowledge.importer.hub_ids import fold, hub_id
from knowledge.importer.hyperparameters import architecture, computed
from knowledge.importer.naming import display_name, model_id, variant_of
from knowledge.importer.rules import Rules
from knowledge.importer.scores import bag, slug
from knowledge.importer.tables import Tables, day, number, place
from knowledge.schema import Model
from knowledge.toml_schema import parse_model

COLUMNS = """
    hf_id family variant params_total_b params_active_b layers hidden heads kv_heads head_dim ffn vocab tied_embeddings
    context sliding_window swa_pattern experts experts_used kv_lora_rank qk_rope_head_dim licence languages release_date
    source moe_ffn shared_experts first_dense_layers q_lora_rank qk_nope_head_dim v_head_dim global_head_dim
    global_kv_heads kv_shared_layers layer_kinds context_advertised embed_dim params_computed_b kv_note arch_from
""".split()  # noqa: SIM905 - one name per column would be forty lines
LLAMA = {
    "hf_id": "meta-llama/Llama-3.1-8B-Instruct",
    "family": "Llama 3.1",
    "variant": "instruct",
    "params_total_b": "8.03",
    "layers": "32",
    "hidden": "4096",
    "heads": "32",
    "kv_heads": "8",
    "head_dim": "128",
    "ffn": "14336",
    "vocab": "128256",
    "tied_embeddings": "False",
    "context": "131072",
    "licence": "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT",
    "languages": "en;de",
    "release_date": "2024-07-23",
    "source": "params_total_b: x/huggingface_v2.csv | layers: inference-sim/x | release_date: llmfit",
}
BASE = LLAMA | {"hf_id": "meta-llama/Llama-3.1-8B", "variant": "base"}
DERIVED = {
    "hf_id": "tokyotech-llm/Llama-3.1-Swallow-8B-Instruct-v0.5",
    "family": "Swallow",
    "params_total_b": "70",
    "licence": "Apache 2.0 (?)",
    "languages": "ja",
    "source": "licence: llm-jp/awesome-japanese-llm",
    "arch_from": "meta-llama/Llama-3.1-8B",
}
EXTENDED = {
    "hf_id": "tokyotech-llm/Swallow-7b-hf",
    "family": "Swallow",
    "source": "x",
    "arch_from": "meta-llama/Llama-3.1-8B",
}
COPY = LLAMA | {"hf_id": "NousResearch/Meta-Llama-3.1-8B-Instruct"}


def table(folder: Path, name: str, rows: list[dict[str, str]], columns: list[str] | None = None) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), restval="")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path):
    table(tmp_path, "architectures.csv", [LLAMA, BASE, DERIVED, EXTENDED, COPY], COLUMNS)
    table(
        tmp_path,
        "models/llmfit_hf_models.csv",
        [{"name": "meta-llama/Llama-3.1-8B-Instruct", "parameters_raw": "8030261248"}],
    )
    leader = {"ifeval_norm": "49.22", "bbh_norm": "29.38", "precision": "bfloat16", "is_flagged": "FALSE"}
    table(
        tmp_path,
        "benchmarks/open_llm_leaderboard_v2.csv",
        [
            {"hf_id": "meta-llama/Llama-3.1-8B-Instruct", **leader, "is_flagged": "TRUE", "ifeval_norm": "99"},
            {"hf_id": "meta-llama/Llama-3.1-8B-Instruct", **leader},
        ],
    )
    api = {
        "provider": "openai",
        "model_id": "gpt-9",
        "name": "GPT-9",
        "release_date": "2026-06-01",
        "open_weights": "False",
        "cost_in": "2",
        "cost_out": "8",
        "cache_read": "0.2",
        "context": "400000",
        "input_modalities": "text;image",
        "output_modalities": "text",
        "tool_call": "True",
        "reasoning": "True",
    }
    hosted = api | {
        "provider": "deepinfra",
        "model_id": "meta-llama/Meta-Llama-3.1-8B-Instruct",
        "tool_call": "False",
        "reasoning": "False",
        "cost_in": "0.02",
    }
    free = hosted | {"provider": "openrouter", "model_id": "meta-llama/llama-3.1-8b-instruct:free", "cost_in": "0"}
    table(tmp_path, "prices/models_dev.csv", [api, hosted, free])
    price = {"id": "gpt-9", "input_usd_per_1m": "3", "output_usd_per_1m": "12", "from_date": "", "to_date": ""}
    table(tmp_path, "prices/simonw_llm_prices.csv", [price])
    return tmp_path


def run(folder: Path, corrections=None, joins=None):
    return build(Tables(folder), Rules(), corrections or {}, joins or {})


def model(result, name: str) -> Model:
    return parse_model(name.split("/")[1], tomllib.loads(to_toml(result.entries[name])))


def test_an_open_model_with_its_sources(folder):
    llama = model(run(folder), "meta/llama-3.1-8b-instruct")
    assert (llama.name, llama.lab, llama.variant, llama.licence) == (
        "Llama 3.1 8B Instruct",
        "Meta",
        "instruct",
        "llama3.1",
    )
    assert (llama.parameters, llama.sourced["parameters"]) == (8_030_261_248, "llmfit")  # the hub's exact count
    assert llama.architecture.arch == "llama" and llama.sourced["architecture"] == "inference_sim"
    assert llama.languages == (
        "de",
        "en",
        "es",
        "fr",
        "hi",
        "it",
        "pt",
        "th",
    )  # a lower bound plus what the publisher states
    assert {one.benchmark: one.value for one in llama.scores} == {
        "olb2_ifeval": 49.22,
        "olb2_bbh": 29.38,
    }  # not the flagged run
    assert (llama.price.provider, llama.price.input) == ("DeepInfra", 0.02)
    assert llama.tool_calling  # the publisher's word; a host's "False" tells only about that host


def test_a_base_model_with_a_chat_sibling_says_so(folder):
    result = run(folder)
    assert "meta/llama-3.1-8b-base" in result.entries and "meta/llama-3.1-8b" not in result.entries
    assert model(result, "meta/llama-3.1-8b-base").name == "Llama 3.1 8B Base"


def test_copies_are_left_out(folder):
    assert not [name for name in run(folder).entries if name.startswith("nous/")]


def test_a_derived_model_takes_the_hyperparameters_only_with_the_same_vocabulary(folder):
    result = run(folder)
    swallow = model(result, "swallow/llama-3.1-swallow-8b-instruct-v0.5")
    assert (swallow.architecture.vocab, swallow.base_model, swallow.licence) == (128256, "llama-3.1-8b-base", "unknown")
    assert model(result, "swallow/swallow-7b").architecture is None


def test_a_count_that_contradicts_the_arithmetic_is_replaced_and_reported(folder):
    result = run(folder)
    swallow = model(result, "swallow/llama-3.1-swallow-8b-instruct-v0.5")
    assert (swallow.parameters, swallow.sourced["parameters"]) == (8_030_000_000, "arithmetic")
    assert any("parameters" in line and "70000000000" in line for line in result.report)


def test_an_api_model_and_a_contradicting_price(folder):
    result = run(folder)
    gpt = model(result, "openai/gpt-9")
    assert (gpt.open_weights, gpt.licence, gpt.context_tokens) == (False, "proprietary", 400_000)
    assert (gpt.price.input, gpt.price.output, gpt.price.cached) == (2.0, 8.0, 0.2)
    assert gpt.inputs == ("text", "image")
    assert [line for line in result.report if line.startswith("gpt-9: price")] == [
        "gpt-9: price: models_dev has 2.0/8.0, simonw has 3.0/12.0; kept the first"
    ]


def test_hand_made_corrections_win_and_are_reported(folder):
    corrections = {
        "llama-3.1-8b-instruct": {
            "source": "hand",
            "context_tokens": 4096,
            "aliases": ["my llama"],
            "architecture": {"ffn": 1},
        },
        "gpt-9": {"drop": True},
        "handmade": {
            "folder": "mine",
            "source": "hand",
            "name": "Handmade",
            "lab": "Me",
            "variant": "base",
            "licence": "mit",
            "open_weights": True,
        },
    }
    result = run(folder, corrections)
    llama = model(result, "meta/llama-3.1-8b-instruct")
    assert (llama.context_tokens, llama.sourced["context_tokens"], llama.aliases) == (4096, "hand", ("my llama",))
    assert (llama.architecture.ffn, llama.architecture.layers) == (1, 32)
    assert "openai/gpt-9" not in result.entries
    assert model(result, "mine/handmade").licence == "mit"
    assert any("corrected by hand to 4096" in line for line in result.report)


def test_the_command_writes_once_and_removes_what_is_gone(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([str(folder), "--out", str(out), "--report", str(tmp_path / "report.txt")]) == 0
    first = {path: path.read_bytes() for path in out.rglob("*.toml")}
    (out / "meta" / "gone.toml").write_text("name = 1", encoding="utf-8")
    assert main([str(folder), "--out", str(out), "--report", str(tmp_path / "report.txt")]) == 0
    assert {path: path.read_bytes() for path in out.rglob("*.toml")} == first
    assert "0 entries written" in capsys.readouterr().out.splitlines()[-1]


def test_a_folder_without_tables_is_refused(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "found no architectures.csv" in capsys.readouterr().err


def test_corrections_of_several_files_add_up(tmp_path):
    (tmp_path / "1.toml").write_text('[a]\nx = 1\ny = 1\n["b.c"]\nx = 2\n', encoding="utf-8")
    (tmp_path / "2.toml").write_text("[a]\ny = 3\n", encoding="utf-8")
    assert read_corrections(tmp_path) == {"a": {"x": 1, "y": 3}, "b.c": {"x": 2}}


def test_write_counts(tmp_path):
    assert write({"lab/one": {"name": "One"}}, tmp_path) == (1, 0, 0)
    assert write({"lab/one": {"name": "One"}, "lab/two": {"name": "Two"}}, tmp_path) == (1, 1, 0)
    assert write({"lab/two": {"name": "Two"}}, tmp_path) == (0, 1, 1)


# small parts


def test_toml_text_reads_back():
    text = to_toml(
        {
            "name": 'A "quoted" \\ name',
            "parameters": 8_000_000,
            "open_weights": True,
            "architecture": {"extra": {"ssm.x": 1.0}},
            "scores": {"s": {"b": 2.0, "a": 1.25}},
            "sources": {"s": {"ref": "r", "date": day("2025-01-31")}},
        }
    )
    read = tomllib.loads(text)
    assert read["name"] == 'A "quoted" \\ name' and read["architecture"]["extra"] == {"ssm.x": 1.0}
    assert "parameters = 8_000_000" in text and text.index("a = 1.25") < text.index("b = 2.0")


def test_the_first_claim_wins_and_a_contradiction_is_kept():
    draft = Draft("x")
    draft.claim("parameters", 100, "one")
    draft.claim("parameters", 101, "two")  # within 2 %
    draft.claim("parameters", 150, "three")
    draft.claim("parameters", None, "four")
    assert draft.fields["parameters"] == 100
    assert draft.conflicts == ["x: parameters: one has 100, three has 150; kept the first"]


@pytest.mark.parametrize(
    "hf_id, expected",
    [
        ("meta-llama/Meta-Llama-3-8B-Instruct", "llama-3-8b-instruct"),
        ("meta-llama/Llama-2-70b-chat-hf", "llama-2-70b-chat"),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nemotron-3-nano-30b-a3b"),
        ("nvidia/Llama-3_3-Nemotron-Super-49B-v1", "llama-3.3-nemotron-super-49b-v1"),
        ("CohereForAI/c4ai-command-r-v01", "command-r-v01"),
        ("baidu/ERNIE-4.5-21B-A3B-PT", "ernie-4.5-21b-a3b"),
    ],
)
def test_model_id(hf_id, expected):
    assert model_id(hf_id) == expected


@pytest.mark.parametrize(
    "hf_id, stated, expected",
    [
        ("Qwen/Qwen3-8B", "", "instruct"),
        ("Qwen/Qwen3-8B-Base", "", "base"),
        ("Qwen/Qwen2.5-7B", "", "base"),
        ("Qwen/Qwen2.5-Coder-7B", "code", "base"),
        ("Qwen/Qwen2.5-Coder-7B-Instruct", "code", "code"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", "", "reasoning"),
        ("Qwen/QwQ-32B", "", "reasoning"),
        ("google/gemma-3-27b-pt", "", "base"),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "vision-language", "vision"),
        ("intfloat/multilingual-e5-large", "embedding", "embedding"),
        ("meta-llama/Llama-2-7b-hf", "embedding", "base"),
        ("BAAI/bge-reranker-v2-m3", "embedding", "reranker"),
        ("openai/gpt-oss-20b", "", "instruct"),
        ("bigcode/starcoder2-7b", "code", "code"),
        ("facebook/nllb-200-3.3B", "translation", "translation"),
        ("tokyotech-llm/Qwen3-Swallow-8B-CPT-v0.2", "", "base"),
        ("tokyotech-llm/Qwen3-Swallow-8B-RL-v0.2", "", "reasoning"),
    ],
)
def test_variant_of(hf_id, stated, expected):
    assert variant_of(hf_id, stated) == expected


def test_display_name():
    assert display_name("google/gemma-2-9b-it") == "Gemma 2 9B IT"
    assert display_name("meta-llama/Llama-2-70b-chat-hf") == "Llama 2 70B Chat"
    assert display_name("google/diffusiongemma-26B-A4B-it") == "DiffusionGemma 26B A4B IT"
    assert display_name("openai/gpt-oss-120b") == "gpt-oss-120b"  # as its publisher writes it
    assert display_name("thenlper/gte-base") == "gte-base"  # a family whose spelling is not known here


def test_folding_and_links():
    assert fold("CohereForAI/aya") == "coherelabs/aya" and fold("THUDM/glm-4") == "zai-org/glm-4"
    assert fold("meta-llama/Meta-Llama-3.1-8B") == "meta-llama/llama-3.1-8b"
    assert hub_id("https://huggingface.co/google/gemma-4-12B-it/tree/main") == "google/gemma-4-12b-it"
    assert hub_id("https://huggingface.co/spaces/Qwen/x") == "" and hub_id("https://mistral.ai/x") == ""


def test_cells():
    assert number("77.0%") == 77.0 and number("") is None and number("nan") is None and number("x") is None
    assert day("2024-07-23T10:00") == day("2024-07-23") and day("2024") is None and day("2024-13-01") is None
    assert place("layers: Lightning-AI/litgpt:x | licence: odd place") == {"layers": "litgpt", "licence": "tables"}


def test_leaderboard_names():
    assert slug("Qwen2.5 Coder (Instruct) 32B") == "qwen2.5-coder-32b"
    assert bag("Claude 4.1 Opus (Reasoning)") == bag("claude-opus-4-1")
    assert bag("gpt-4.5") != bag("gpt-5.4")


def test_arithmetic_with_latent_attention_and_experts():
    shape = {
        "hidden": 8,
        "heads": 2,
        "head_dim": 6,
        "layers": 3,
        "ffn": 20,
        "vocab": 100,
        "tied_embeddings": True,
        "kv_lora_rank": 4,
        "q_lora_rank": 3,
        "qk_rope_head_dim": 2,
        "qk_nope_head_dim": 4,
        "v_head_dim": 5,
        "experts": 4,
        "shared_experts": 1,
        "moe_ffn": 7,
        "first_dense_layers": 1,
    }
    query = 8 * 3 + 3 * 2 * (4 + 2)  # down, then up to two heads of 6
    attention = query + 8 * (4 + 2) + 4 * 2 * (4 + 5) + 2 * 5 * 8  # plus latent, its expansion, the output
    feed = 2 * 3 * 8 * 7 * 5 + 1 * 3 * 8 * 20  # two layers of five experts, one dense
    assert computed(shape, "deepseek2") == 3 * attention + feed + 100 * 8


def test_hybrids_without_a_seen_split_stay_unknown():
    row = LLAMA | {"kv_note": "hybrid/recurrent: only some layers keep a KV cache; split not seen"}
    assert architecture(dict.fromkeys(COLUMNS, "") | row, "falcon-h1") is None
    assert architecture(dict.fromkeys(COLUMNS, "") | LLAMA | {"vocab": ""}, "llama") is None


def test_a_hybrids_note_is_not_believed_where_the_count_is_a_plain_networks():
    row = dict.fromkeys(COLUMNS, "") | LLAMA | {"kv_note": "hybrid/recurrent: split not seen"}
    assert architecture(row, "llama") is None
    assert architecture(row | {"params_computed_b": "8.030"}, "llama")["kv_heads"] == 8
    assert architecture(row | {"params_computed_b": "8.030"}, None) is None  # an unknown network may be anything
    assert architecture(row | {"params_computed_b": "7.5"}, "llama") is None


def test_attention_layers_from_a_config_copy():
    config = {
        "model_type": "nemotron_h",
        "hybrid_override_pattern": "M*-E",
        "num_key_value_heads": 2,
        "mamba_num_heads": 64,
        "mamba_head_dim": 64,
        "ssm_state_size": 128,
        "conv_kernel": 4,
    }
    found = architecture(dict.fromkeys(COLUMNS, "") | LLAMA | {"layers": "4"}, "nemotron_h", config)
    assert found["kv_heads"] == [0, 2, 0, 0]
    assert (found["extra"]["recurrent_layers"], found["extra"]["ssm.inner_size"]) == (1.0, 4096.0)
