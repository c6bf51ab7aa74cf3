"""Every command, its fixed JSON shape, its exit codes, and one clear line for bad input."""

import json
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from assistant import cli
from assistant.commands import common
from assistant.errors import MekikiError
from index.types import FileStatus, Hit, IndexStatus, Passage
from tests.index_fakes import ROOT

pytestmark = pytest.mark.slow

GOLDEN = ROOT / "tests" / "data" / "golden_search.jsonl"
COMMANDS = {
    "serve", "ask", "read", "recommend", "fit", "max-size", "compare", "info", "finetune", "search",
    "index", "catalog", "models", "doctor", "eval",
}  # fmt: skip
SUBCOMMANDS = {
    "index": {"status", "sync", "rebuild"},
    "catalog": {"list", "show", "add", "check", "update"},
    "models": {"list", "pull", "use"},
    "eval": {"reading", "retrieval"},
}
FIT_KEYS = {
    "id", "model", "quant", "context_tokens", "weights_mib", "kv_cache_mib", "compute_mib", "overhead_mib", "total_mib",
    "available_mib", "fits", "max_context_tokens", "gpu_layers", "settings", "tokens_per_second", "basis", "sources",
}  # fmt: skip
PICK_KEYS = {"id", "hf_id", "model", "quant", "score", "interval", "why", "fit", "licence"}


@pytest.fixture
def run(built_data, tmp_path, monkeypatch):
    """Run a command in this process; bad input becomes exit code 2 and a line, as in `main`."""
    monkeypatch.setenv("MEKIKI_DATA", str(built_data))
    monkeypatch.setenv("MEKIKI_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    common.settings.cache_clear()

    def invoke(*arguments, stdin=None, code=0):
        result = CliRunner().invoke(cli.app, [str(one) for one in arguments], input=stdin)
        if isinstance(result.exception, MekikiError):
            assert code == 2, result.exception
            return str(result.exception)
        assert result.exit_code == code, result.output + repr(result.exception)
        return result.stdout

    yield invoke
    common.settings.cache_clear()


def test_all_commands_of_the_contract_exist_with_help_and_json():
    root = typer.main.get_command(cli.app)
    assert set(root.commands) == COMMANDS
    for name, wanted in SUBCOMMANDS.items():
        assert set(root.commands[name].commands) == wanted
    leaves = [c for n, c in root.commands.items() if n not in SUBCOMMANDS]
    leaves += [c for n in SUBCOMMANDS for c in root.commands[n].commands.values()]
    for command in leaves:
        assert command.help, command.name
        if command.name != "serve":
            assert any("--json" in option.opts for option in command.params), command.name


def test_ask_json_has_the_fixed_shape(run):
    found = json.loads(run("ask", "RTX 4060 Laptop 8GBでコーディング用におすすめは？", "--json"))
    assert {"answer", "calls", "sources", "assumptions", "warnings", "language", "models", "timings_ms"} <= set(found)
    assert set(found["calls"][0]) == {"tool", "args", "result"}
    assert {"n", "file", "heading", "text"} <= set(found["sources"][0])
    assert set(found["models"]) == {"reader", "writer", "embedder"}
    assert found["language"] == "ja"


def test_read_json_has_the_fixed_shape(run):
    found = json.loads(run("read", "Does Qwen3 8B fit on an RTX 4090?", "--json"))
    assert set(found) == {"tool", "args", "confidence", "language"}
    assert found["tool"] == "fit"
    assert found["args"]["hardware"] == {"gpu": "RTX 4090"}


def test_jsonl_answers_in_order_and_a_bad_line_loses_nothing(run):
    turns = '{"turns": ["best model for coding on a 4090?", "and in Japanese?"]}'
    lines = ['{"text": "量子化とは？"}', "nonsense", turns]
    out = run("read", "--jsonl", stdin="\n".join(lines) + "\n", code=2)
    rows = [json.loads(line) for line in out.splitlines() if line.startswith(("{", "["))]
    assert rows[0]["tool"] == "explain"
    assert "expected a JSON object" in rows[1]["error"]
    assert [row["tool"] for row in rows[2]] == ["recommend", "recommend"]


def test_recommend_json_has_the_fixed_shape(run):
    found = json.loads(run("recommend", "--task", "coding", "--gpu", "RTX 4090", "--count", "2", "--json"))
    assert {"picks", "excluded", "ties", "needs"} <= set(found)
    assert len(found["picks"]) == 2
    for pick in found["picks"]:
        assert set(pick) >= PICK_KEYS
        assert set(pick["fit"]) >= FIT_KEYS
    assert set(found["excluded"][0]) >= {"model", "because"}


def test_fit_json_has_the_fixed_shape(run):
    found = json.loads(run("fit", "qwen3 8b", "--quant", "Q4_K_M", "--context", "8192", "--vram-gb", "12", "--json"))
    assert set(found) >= FIT_KEYS
    assert found["fits"] is True
    assert found["kv_cache_mib"] == 1152.0  # 36 layers x 2 x 8 heads x 128 x 8192 cells x 2 bytes
    assert set(found["tokens_per_second"] or {"low": 0, "mid": 0, "high": 0}) == {"low", "mid", "high"}
    parts = sum(found[f"{part}_mib"] for part in ("weights", "kv_cache", "compute", "overhead"))
    assert found["total_mib"] == pytest.approx(parts, abs=0.5)


def test_without_hardware_options_the_own_machine_is_used(run):
    assert json.loads(run("fit", "qwen3 8b", "--json"))["available_mib"] is not None
    assert json.loads(run("fit", "qwen3 8b", "--no-hardware", "--json"))["available_mib"] is None


def test_gpu_none_means_the_processor(run):
    assert json.loads(run("fit", "qwen3 0.6b", "--gpu", "none", "--ram-gb", "16", "--json"))["placement"] == "cpu"


def test_max_size_compare_info_finetune(run):
    assert json.loads(run("max-size", "--vram-gb", "24", "--json"))["max_params_b"]["Q4_K_M"] > 20
    rows = json.loads(run("compare", "qwen3 8b", "llama 3.1 8b", "--json"))["models"]
    assert [row["id"] for row in rows] == ["qwen3-8b", "llama-3.1-8b-instruct"]
    licence = json.loads(run("info", "llama 3.3 70b", "--field", "licence", "--json"))["licence"]
    assert licence["commercial"] == "conditional"
    assert json.loads(run("finetune", "qwen3 8b", "--method", "qlora", "--json"))["total_mib"] > 4000
    options = ("--sequence-length", "512", "--batch", "2", "--rank", "8", "--optimizer", "adamw_8bit")
    small = json.loads(run("finetune", "qwen3 8b", *options, "--no-checkpointing", "--json"))
    assert (small["sequence_tokens"], small["batch"], small["rank"], small["checkpointing"]) == (512, 2, 8, False)


def test_search_json_has_the_fixed_shape(run):
    rows = json.loads(run("search", "KVキャッシュとは", "--top", "3", "--json"))["results"]
    assert 1 <= len(rows) <= 3
    assert set(rows[0]) >= {"rank", "score", "file", "heading", "text", "lang"}
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert json.loads(run("search", "KVキャッシュ", "--source", "user", "--json")) == {"results": []}


def test_catalog_and_index_and_doctor(run):
    models = json.loads(run("catalog", "list", "--json"))["models"]
    assert len(models) > 60
    small = json.loads(run("catalog", "list", "--max-params-b", "1", "--open", "--json"))["models"]
    assert 0 < len(small) < len(models)
    assert "sources" in json.loads(run("catalog", "show", "qwen3 8b", "--json"))
    assert json.loads(run("index", "status", "--json"))["passages"] > 100
    checks = json.loads(run("doctor", "--json"))["checks"]
    assert all(check["detail"] for check in checks)


def test_prose_comes_in_the_language_asked_for(run):
    assert "Yes, it fits" in run("fit", "qwen3 8b", "--vram-gb", "24", "--lang", "en")
    assert "収まります" in run("fit", "qwen3 8b", "--vram-gb", "24", "--lang", "ja")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("ask", ""), "question"),
        (("fit", "qwen3 8bb8"), "no model"),
        (("fit",), "model"),
        (("fit", "qwen3 8b", "--gpu", "RTX 9999"), "no GPU 'RTX 9999'"),
        (("fit", "qwen3 8b", "--vram-gb", "-3"), "--vram-gb"),
        (("fit", "qwen3 8b", "--vram-gb", "nan"), "--vram-gb"),
        (("fit", "qwen3 8b", "--context", "0"), "--context"),
        (("fit", "qwen3 8b", "--quant", "Q99"), "Q99"),
        (("fit", "claude-opus-4.7"), "API"),
        (("recommend", "--task", "cooking"), "task"),
        (("compare", "qwen3 8b"), "two or more"),
        (("search", "x", "--source", "web"), "--source"),
        (("fit", "--arch", "/nowhere/arch.json"), "/nowhere/arch.json"),
        (("models", "use", "/nowhere/model.gguf"), "/nowhere/model.gguf"),
        (("fit", "qwen3 8b", "--lang", "fr"), "--lang"),
        (("search", "x", "--lang", "fr"), "--lang"),
        (("index", "status", "--json", "--lang", "zz"), "--lang"),
        (("models", "list", "--json", "--lang", "JA"), "--lang"),
        (("fit", "x" * 400), "MODEL"),
        (("fit", "/nowhere/folder"), "/nowhere/folder: no such file"),
        (("catalog", "add", "/nowhere/model.gguf"), "/nowhere/model.gguf: no such file"),
        (("eval", "reading", "/nowhere.jsonl"), "/nowhere.jsonl"),
        (("eval", "retrieval", GOLDEN, "--folder", "/nowhere"), "--folder"),
        (("eval", "retrieval", GOLDEN, "--folder", GOLDEN), "--folder"),
    ],
)
def test_bad_input_is_one_clear_line(run, arguments, words):
    line = run(*arguments, code=2)
    assert words in line
    assert "\n" not in line.strip()


@pytest.mark.parametrize("command", ["reading", "retrieval"])
@pytest.mark.parametrize("content", ["", "[" * 100_000, "5", "\x00"])
def test_a_labelled_file_with_nothing_in_it_is_bad_input(run, tmp_path, command, content):
    path = tmp_path / "labelled.jsonl"
    path.write_text(content, encoding="utf-8")
    assert "\n" not in run("eval", command, path, code=2).strip()


def test_words_with_invalid_bytes_are_searched_for_and_asked(run):
    assert json.loads(run("search", "KV cache \udcff\udcfe", "--json"))["results"]
    assert json.loads(run("ask", "what is the KV cache \udcff", "--json"))["answer"]


@pytest.mark.parametrize(
    "name, shown",
    [
        ("a\x1b[31m.md", "a\\x1b[31m.md"), ("a\x07\r.md", "a\\x07\\r.md"), ("a\u202egpj.md", "a\\u202egpj.md"),
        ("a\nb.md", "a\\nb.md"), ("a\u2028b\udcff", "a\\u2028b\\udcff"), ("目利き メモ.md", "目利き メモ.md"),
    ],
)  # fmt: skip
def test_names_of_files_cannot_steer_a_terminal(run, monkeypatch, name, shown):
    one = FileStatus(name, "user", "failed", 0, {"en": f"damaged: {name}", "ja": name}, "")
    status = IndexStatus((one,), 0, "none", 1, ())
    monkeypatch.setattr("index.library.Index.status", lambda _: status)
    row, _ = run("index", "status", "--lang", "en").split("\n", 1)
    assert row.endswith(f"{shown}  damaged: {shown}")


def test_a_passage_without_a_heading_is_shown_by_its_file(run, monkeypatch):
    passage = Passage("user:a.txt#1", "a.txt", "", "The key is under the pot.", "en", "user")
    monkeypatch.setattr("index.library.Index.search", lambda *_, **__: [Hit(1, 1.0, passage)])
    assert run("search", "key").startswith("- (a.txt) The key is under the pot.")


def test_the_process_ends_with_two_and_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "assistant.cli", "fit", "no-such-model-anywhere"],
        env={**os.environ, "MEKIKI_DATA": str(tmp_path), "MEKIKI_LANG": "ja"},
        capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("mekiki: カタログにモデル")
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "environ, arguments, words",
    [
        ({"MEKIKI_LANG": "ja", "MEKIKI_PORT": "x"}, ("catalog", "list"), "1 から 65535 までの整数"),
        ({"MEKIKI_LANG": "ja"}, ("search", "x", "--top", "many"), "--top に使えない値です: 整数を指定してください（"),
        ({"MEKIKI_LANG": "ja"}, ("search", "x", "--top", "500"), "100 以下にしてください（"),
        ({"MEKIKI_LANG": "ja"}, ("serve", "--port", "0"), "1 以上にしてください（"),
        ({"MEKIKI_LANG": "ja"}, ("recommend", "--min-speed", "fast"), "数を指定してください（"),
        ({"MEKIKI_LANG": "ja"}, ("fit", "no-such-model", "--lang", "en"), "no model 'no-such-model'"),
        ({"MEKIKI_LANG": "ja"}, ("catalog", "list", "--released-since", "2025"), "YYYY-MM-DD の形の日付"),
    ],
)
def test_errors_speak_the_language_asked_for(tmp_path, monkeypatch, capsys, environ, arguments, words):
    for name, value in ({"MEKIKI_DATA": str(tmp_path)} | environ).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["mekiki", *arguments])
    common.settings.cache_clear()
    with pytest.raises(SystemExit) as end:
        cli.main()
    common.settings.cache_clear()
    assert end.value.code == 2
    assert words in capsys.readouterr().err


def test_lists_and_counts_come_in_japanese(run):
    assert run("catalog", "list", "qwen3-8b", "--lang", "ja").splitlines()[-1].startswith("モデル ")
    assert "ハードウェア: " in run("doctor", "--lang", "ja")
    assert "断片" in run("index", "status", "--lang", "ja").splitlines()[-1]


def test_a_folder_called_like_a_model_is_no_model_file(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qwen3-8b").mkdir()
    assert json.loads(run("fit", "qwen3-8b", "--json"))["id"] == "qwen3-8b"


def test_a_user_entry_from_raw_hyperparameters_round_trips(run, tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    config = {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 8192,
        "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8, "vocab_size": 128256,
        "tie_word_embeddings": True, "max_position_embeddings": 131072,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    found = json.loads(run("fit", folder, "--quant", "Q8_0", "--context", "8192", "--vram-gb", "8", "--json"))
    assert found["kv_cache_mib"] == 256.0  # 16 layers x 2 x 8 heads x 64 x 8192 x 2 bytes
    assert found["fits"] is True
