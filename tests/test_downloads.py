"""What uses the network, against a hub on loopback: pulled, added, refreshed; a failure changes nothing."""

import json
from datetime import date

import pytest

from assistant.downloads import hub_facts, list_files, pull_file
from assistant.errors import BadArguments, ServerError
from assistant.own_entries import entry_from_hub, entry_from_path, refresh, save_entry
from knowledge.catalog import load_catalog
from tests.hub import Hub

CONFIG = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 8192,
    "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8, "vocab_size": 128256,
    "tie_word_embeddings": True, "max_position_embeddings": 131072,
}  # fmt: skip
INFO = {
    "safetensors": {"parameters": {"BF16": 1235814400}, "total": 1235814400},
    "createdAt": "2026-10-01T00:00:00.000Z", "cardData": {"license": "apache-2.0"},
}  # fmt: skip


@pytest.fixture
def hub(monkeypatch):
    """Make hubs and point huggingface_hub at the latest one."""
    made = []

    def make(repo, files, info=None, broken=()):
        made.append(Hub(repo, files, info, broken))
        monkeypatch.setenv("HF_ENDPOINT", made[-1].url)
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_file_is_pulled_whole(hub, tmp_path, random_gguf):
    hub("owner/model-GGUF", {"model-Q4_K_M.gguf": random_gguf.read_bytes(), "README.md": b"hi"})
    assert list_files("owner/model-GGUF") == ["README.md", "model-Q4_K_M.gguf"]
    path = pull_file("owner/model-GGUF", "model-Q4_K_M.gguf", tmp_path)
    assert path.read_bytes() == random_gguf.read_bytes()


def test_a_broken_download_leaves_no_file(hub, tmp_path):
    hub("owner/model-GGUF", {"m.gguf": b"GGUF" * 4000}, broken=("m.gguf",))
    with pytest.raises(ServerError, match="nothing was changed"):
        pull_file("owner/model-GGUF", "m.gguf", tmp_path)
    assert not (tmp_path / "m.gguf").exists()


def test_a_file_outside_the_folder_is_refused(hub, tmp_path):
    hub("owner/model", {"../../evil.gguf": b"GGUF"})
    with pytest.raises(BadArguments, match="inside the repository"):
        pull_file("owner/model", "../../evil.gguf", tmp_path / "models")


def test_an_unknown_repository_is_one_line(hub, tmp_path):
    hub("owner/model", {})
    with pytest.raises(ServerError) as error:
        list_files("owner/other")
    assert "\n" not in str(error.value)
    with pytest.raises(BadArguments, match="hub id"):
        list_files("not-an-id")


def test_the_hubs_facts_are_taken_as_they_are(hub):
    hub("owner/tiny", {}, INFO)
    assert hub_facts("owner/tiny") == {
        "parameters": 1235814400, "licence": "apache-2.0", "released": date(2026, 10, 1)
    }  # fmt: skip


def test_an_entry_from_the_hub_is_loaded_by_the_catalog(hub, tmp_path):
    hub("owner/Tiny-1B", {"config.json": json.dumps(CONFIG).encode()}, INFO)
    path = save_entry(tmp_path, entry_from_hub("owner/Tiny-1B"), "Tiny-1B")
    assert path.name == "tiny-1b.toml"
    model = load_catalog(tmp_path).models["tiny-1b"]
    assert (model.hf_id, model.licence, model.user) == ("owner/Tiny-1B", "apache-2.0", True)
    assert model.architecture.layers == 16


def test_an_entry_from_a_gguf(tmp_path, random_gguf):
    path = save_entry(tmp_path, entry_from_path(random_gguf), "My Model!")
    assert path.name == "my-model.toml"
    assert load_catalog(tmp_path).models["my-model"].architecture.layers == 2


def test_a_refresh_writes_what_changed_and_keeps_the_rest(hub, tmp_path):
    shipped = load_catalog()
    model = shipped.models["qwen3-8b"]
    hub(model.hf_id, {}, {**INFO, "safetensors": {"parameters": {}, "total": 8_000_000_001}})
    summary = refresh(shipped, tmp_path, ["qwen3 8b"], today=date(2026, 11, 22))
    assert [(c["field"], c["after"]) for c in summary["changes"]] == [("parameters", 8_000_000_001)]
    mine = load_catalog(tmp_path).models["qwen3-8b"]
    assert mine.parameters == 8_000_000_001
    assert (mine.licence, mine.scores, mine.architecture) == (model.licence, model.scores, model.architecture)


def test_a_failed_refresh_changes_nothing(hub, tmp_path):
    hub("someone/else", {})
    summary = refresh(load_catalog(), tmp_path, ["qwen3 8b"], today=date(2026, 11, 22))
    assert summary["changes"] == []
    assert summary["failed"][0]["id"] == "qwen3-8b"
    assert not list(tmp_path.rglob("*.toml"))
