"""What uses the network, against a hub on loopback: pulled, added, refreshed; a failure changes nothing."""

import json
from dataclasses import replace
from datetime import date

import pytest

from assistant.downloads import hub_facts, list_files, price_feed, pull_file
from assistant.errors import BadArguments, ServerError
from assistant.own_entries import entry_from_hub, entry_from_path, refresh, save_entry
from knowledge.catalog import load_catalog
from knowledge.schema import Price, Source
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
    hub(model.hf_id, {}, {**INFO, "safetensors": {"parameters": {}, "total": 8_190_735_361}})
    summary = refresh(shipped, tmp_path, ["qwen3 8b"], today=date(2026, 11, 22))
    assert [(c["field"], c["after"]) for c in summary["changes"]] == [("parameters", 8_190_735_361)]
    mine = load_catalog(tmp_path).models["qwen3-8b"]
    assert mine.parameters == 8_190_735_361
    assert mine == replace(
        model, parameters=8_190_735_361, user=True, sources=mine.sources, sourced=mine.sourced
    )  # nothing else changed
    assert mine.sourced == {**model.sourced, "parameters": "own"}


def test_a_fact_that_contradicts_the_entry_is_refused(hub, tmp_path):
    model = load_catalog().models["qwen3-8b"]
    hub(model.hf_id, {}, {**INFO, "safetensors": {"parameters": {}, "total": 4_100_000_000}})  # packed 4-bit weights
    summary = refresh(load_catalog(), tmp_path, ["qwen3 8b"], today=date(2026, 11, 22))
    assert summary["changes"] == [] and "hyperparameters" in summary["failed"][0]["reason"]["en"]
    assert "ハイパーパラメータ" in summary["failed"][0]["reason"]["ja"]
    assert not list(tmp_path.rglob("*.toml"))


FEED = {
    "openai": {
        "models": {
            "gpt-4o": {"cost": {"input": 2.0, "output": 8.0, "cache_read": 1.0}, "limit": {"context": 128000}},
            "free": {"cost": {"input": 0, "output": 0}},
            "unpriced": {},
        }
    },
    "else": {"models": {"gpt-4o": {"cost": {"input": 99, "output": 99}}}},
}


def feed(hub, content, **options):
    made = hub("owner/feed", {"api.json": content}, **options)
    return f"{made.url}/owner/feed/resolve/main/api.json"


def test_prices_are_refreshed_from_a_listing(hub, tmp_path):
    url, heard = feed(hub, json.dumps(FEED).encode()), []
    model = load_catalog().models["gpt-4o"]
    summary = refresh(
        load_catalog(), tmp_path, ["gpt-4o", "gpt-4.1"], today=date(2026, 11, 22), feed=url,
        progress=lambda *one: heard.append(one),
    )  # fmt: skip
    after = {"input": 2.0, "output": 8.0, "cached": 1.0}
    assert [(one["id"], one["field"], one["after"]) for one in summary["changes"]] == [("gpt-4o", "price", after)]
    assert heard == [(0, 2, "gpt-4o"), (1, 2, "gpt-4.1")]
    mine = load_catalog(tmp_path).models["gpt-4o"]
    assert mine.price == Price(model.price.provider, 2.0, 8.0, 1.0, "feed")
    assert next(one for one in mine.sources if one.key == "feed") == Source("feed", url, date(2026, 11, 22))
    assert (mine.context_tokens, mine.aliases, mine.scores) == (model.context_tokens, model.aliases, model.scores)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>login</html>",
        b'{"openai": {"models": {"gpt-4o": {"cost": {"input": 2000000, "output": 1}}}}}',  # another unit
        b'{"openai": {"models": {"gpt-4o": {"cost": {"input": "two", "output": 1}}}}}',
        b'{"openai": []}',
        b"[]",
        b"\xff\xfe",
    ],
)
def test_a_malformed_listing_changes_nothing(hub, tmp_path, content):
    url = feed(hub, content)
    with pytest.raises(ServerError) as error:
        refresh(load_catalog(), tmp_path, ["gpt-4o"], today=date(2026, 11, 22), feed=url)
    assert "nothing was changed" in str(error.value) and "\n" not in str(error.value)
    assert not list(tmp_path.rglob("*"))


def test_a_listing_that_breaks_off_changes_nothing(hub, tmp_path):
    url = feed(hub, json.dumps(FEED).encode(), broken=("api.json",))
    with pytest.raises(ServerError):
        refresh(load_catalog(), tmp_path, ["gpt-4o"], today=date(2026, 11, 22), feed=url)
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "models.dev/api.json", "http://"])
def test_a_listing_is_only_read_by_http(url):
    with pytest.raises(BadArguments):
        price_feed(url)


def test_an_interruption_changes_nothing(hub, tmp_path):
    url = feed(hub, json.dumps(FEED).encode())

    def interrupt(done, of, name):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh(load_catalog(), tmp_path, ["gpt-4o", "gpt-4.1"], today=date(2026, 11, 22), feed=url, progress=interrupt)
    assert not list(tmp_path.rglob("*"))


def test_an_entry_from_a_folder_with_a_config(tmp_path):
    (tmp_path / "Tiny-1B").mkdir()
    (tmp_path / "Tiny-1B" / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    path = save_entry(tmp_path, entry_from_path(tmp_path / "Tiny-1B"), "Tiny-1B")
    model = load_catalog(tmp_path).models[path.stem]
    assert (model.architecture.arch, model.architecture.kv_heads, model.context_tokens) == ("llama", 8, 131_072)
    assert model.sourced == {} and [one.key for one in model.sources] == ["own"]


def test_a_failed_refresh_changes_nothing(hub, tmp_path):
    hub("someone/else", {})
    summary = refresh(load_catalog(), tmp_path, ["qwen3 8b"], today=date(2026, 11, 22))
    assert summary["changes"] == []
    assert summary["failed"][0]["id"] == "qwen3-8b"
    assert not list(tmp_path.rglob("*.toml"))
