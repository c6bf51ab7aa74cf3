"""What a question speaks of: concepts in either language, vectors, and votes that know their embedder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import EmbedderError
from assistant.reader import meaning
from assistant.reader.labels import Labels
from assistant.reader.meaning import concept_names, embedder_id, vector
from assistant.reader.votes import Votes, load_votes, train_votes


def test_a_concept_is_the_same_in_both_languages() -> None:
    assert {"customer", "顧客"} <= concept_names("our customers ask")
    assert {"customer", "顧客"} <= concept_names("顧客からの質問")


def test_placeholders_and_light_words_say_nothing() -> None:
    assert concept_names("<GPU1> <MOD1>") == set()
    assert concept_names("方法 <GPU1>") == set()


def test_placeholders_do_not_move_the_vector() -> None:
    assert vector("手紙の要約 <GPU1>") == pytest.approx(vector("手紙の要約"))
    assert np.linalg.norm(vector("summarise letters")) == pytest.approx(1, abs=1e-5)


@pytest.fixture(scope="module")
def votes(tmp_path_factory: pytest.TempPathFactory) -> Votes:
    path = tmp_path_factory.mktemp("votes") / "votes.npz"
    shown = [
        ("which model writes letters", None, Labels("recommend", {"task": "writing"})),
        ("a model for subtitles of talks", None, Labels("recommend", {"task": "speech"})),
        ("what is the weather", None, Labels("out_of_scope")),
        ("explain quantisation", None, Labels("explain")),
    ]
    train_votes(shown * 8, path, rounds=12)
    return load_votes(path)


def test_a_word_never_shown_is_read_by_its_concept(votes: Votes) -> None:
    odds = votes.opinions("手紙")["task"]
    assert odds["writing"] > odds["speech"]


def test_votes_leave_out_the_vectors_of_another_embedder(votes: Votes) -> None:
    text = "which model writes letters"
    other = replace(votes, embedder="another")
    assert votes.embedder == embedder_id() != ""
    assert other.opinions(text)["tool"] != votes.opinions(text)["tool"]
    silent = replace(votes, out=np.zeros_like(votes.out))
    assert other.opinions(text) == silent.opinions(text)


def test_a_missing_embedder_is_no_stop(votes: Votes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(meaning, "_embedder", lambda: None)
    assert embedder_id() == ""
    assert votes.opinions("which model writes letters")["tool"]["recommend"] > 0.5
    with pytest.raises(EmbedderError, match="missing or damaged"):
        vector("x")
