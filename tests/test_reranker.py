"""Transformer embedders and a reranker by setting, with tiny models of random weights made here."""

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

from assistant.commands import models as commands
from assistant.errors import EmbedderError
from index.embedder.models import SentenceTransformers, open_embedder
from index.embedder.reranker import Reranker
from index.library import open_index
from index.types import Hit, Passage
from tests.hub import Hub
from tests.index_fakes import NO_CATALOG, write

pytestmark = pytest.mark.slow
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "printer", "floor", "espresso", "machines", "office", "stands"]


def tiny(folder, kind, seed, labels=1):
    """Write a BERT of one layer with random weights, without pooling layer files: a plain transformers folder."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64, num_labels=labels,
    )  # fmt: skip
    kind(config).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(folder)  # fmt: skip
    return folder


DOCS = {"a.md": "The printer stands on the office floor.", "b.md": "The office printer is out of paper today."}


def hit(name, text):
    return Hit(1, 0.5, Passage(name, name, "", text, "en", "user"))


def test_a_transformer_embedder_from_a_folder_and_another_one_never_mix(tmp_path):
    write(tmp_path / "docs", DOCS)
    one, two = (tiny(tmp_path / name, BertModel, seed) for seed, name in enumerate(("one", "two")))
    ids = [open_embedder(str(one)).id, open_embedder(str(two)).id]
    assert ids[0] != ids[1] and isinstance(open_embedder(str(one)), SentenceTransformers)
    for folder, expected in zip((one, two), ids, strict=True):
        index = open_index(
            tmp_path / "data", user_folders=[tmp_path / "docs"], catalog=NO_CATALOG, embedder=str(folder),
            guides=tmp_path / "none",
        )  # fmt: skip
        report = index.sync()
        assert (report.rebuilt, report.embedded, index.status().embedder) == (True, 2, expected)
        vectors = index._held.last.stock.vectors
        assert vectors.shape == (2, 16)
        assert abs(vectors - open_embedder(str(folder)).documents([text for text in DOCS.values()])).max() < 1e-5
        index.close()


def test_the_reranker_orders_by_its_own_scores(tmp_path):
    name = str(tiny(tmp_path / "reranker", BertForSequenceClassification, 0))
    hits = [hit(f"{n}.md", text) for n, text in enumerate(["printer floor", "espresso machines", "office stands"])]
    reranker = Reranker(name)
    found = reranker.order("printer", hits, 3)
    expected = reranker._loaded().predict([("printer", f"\n{one.passage.text}") for one in hits])
    assert [one.score for one in found] == sorted((round(float(one), 4) for one in expected), reverse=True)
    assert [one.rank for one in found] == [1, 2, 3] and reranker.order("printer", hits, 1) == found[:1]
    assert reranker.order("printer", [], 3) == []
    same = [hit(name, "printer") for name in ("c.md", "a.md", "b.md")]
    assert [one.passage.id for one in reranker.order("printer", same, 3)] == ["a.md", "b.md", "c.md"]


def test_search_with_a_reranker(tmp_path):
    write(tmp_path / "docs", DOCS)
    arguments = {"user_folders": [tmp_path / "docs"], "catalog": NO_CATALOG, "guides": tmp_path / "none"}
    plain = open_index(tmp_path / "data", **arguments)
    name = str(tiny(tmp_path / "reranker", BertForSequenceClassification, 0))
    ranked = open_index(tmp_path / "data", reranker=name, **arguments)
    before, after = plain.search("office printer"), ranked.search("office printer")
    assert {one.passage for one in before} == {one.passage for one in after} and len(after) == 2
    assert after == Reranker(name).order("office printer", before, 10) and ranked.status().notes == ()


@pytest.mark.parametrize("make", [
    lambda folder: folder / "missing",
    lambda folder: tiny(folder / "classifier", BertForSequenceClassification, 0, labels=3),
])  # fmt: skip
def test_a_reranker_that_cannot_be_used_is_told_and_done_without(tmp_path, make):
    write(tmp_path / "docs", DOCS)
    index = open_index(
        tmp_path / "data", user_folders=[tmp_path / "docs"], catalog=NO_CATALOG, guides=tmp_path / "none",
        reranker=str(make(tmp_path)),
    )  # fmt: skip
    assert len(index.search("office printer")) == 2
    (note,) = index.status().notes
    assert "without the reranker" in note["en"] and "リランカー" in note["ja"]


def test_a_folder_that_is_no_model_is_told(tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(EmbedderError, match="does not load"):
        Reranker(str(tmp_path)).order("x", [hit("a.md", "x")], 1)


@pytest.mark.parametrize("kind, variable", [
    (BertModel, "MEKIKI_EMBEDDER"), (BertForSequenceClassification, "MEKIKI_RERANKER"),
])  # fmt: skip
def test_an_encoder_is_pulled_from_the_hub(tmp_path, monkeypatch, capsys, kind, variable):
    folder = tiny(tmp_path / "source", kind, 0)
    files = {one.name: one.read_bytes() for one in folder.iterdir()} | {"onnx/model.onnx": b"x", "README.md": b"y"}
    hub = Hub("owner/tiny", files)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setattr(commands, "_folder", lambda: tmp_path / "models")
    try:
        commands.pull("owner/tiny")
    finally:
        hub.close()
    name, _, path = capsys.readouterr().out.strip().partition("=")
    assert name == variable and path == str(tmp_path / "models" / "owner--tiny")
    Reranker(path)._loaded() if variable == "MEKIKI_RERANKER" else open_embedder(path).query("printer")
    assert not (tmp_path / "models" / "owner--tiny" / "onnx").exists()
