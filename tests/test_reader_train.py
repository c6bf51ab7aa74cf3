"""The training recipe end to end on a tiny scale: phrases in, a GGUF out that reads, the same twice."""

import hashlib
import json
import random
from pathlib import Path

import pytest
import torch

from assistant.calls import ARGUMENTS
from assistant.reader.calibrate import calibrate, fit
from assistant.reader.corpus import Composer, Corpus, Row, dialog_examples, example, load_corpus
from assistant.reader.model import ReaderModel
from assistant.reader.net import Network, Shape
from assistant.reader.train import Recipe, Vocabulary, train, train_second
from assistant.reader.vary import vary
from assistant.reader.votes import load_votes
from tests.reader_tables import TABLES, marked

NAMES = ["Llama 3.1 8B", "Qwen3 32B", "Gemma 3 27B", "Phi-4"]
TINY = Recipe(
    seed=3,
    epochs=10,
    copies=2,
    dialog_copies=1,
    composed=0,
    batch_tokens=512,
    rate=5e-3,
    shape=Shape(600, 64, 2, 2, 96),
    vote_copies=1,
    vote_composed=0,
    held_out=0.0,
)


def corpus() -> Corpus:
    rows = []
    for name in NAMES:
        for gpu in ("4090", "3060"):
            rows.append(Row(f"does {name} run on a {gpu}?", "fit", {"model": name, "hardware": {"gpu": f"RTX {gpu}"}}))
            rows.append(Row(f"{name}は{gpu}で動く?", "fit", {"model": name, "hardware": {"gpu": f"RTX {gpu}"}}))
        rows.append(Row(f"licence of {name}", "model_info", {"model": name, "field": "licence"}))
        rows.append(Row("今日の天気は?", "out_of_scope", {}))
    return Corpus(
        rows,
        [
            [
                Row(
                    "4090でコーディング",
                    "recommend",
                    {"task": "coding", "hardware": {"gpu": "RTX 4090"}, "hosting": "local"},
                )
            ]
        ],
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folders = []
    for name in ("one", "two"):
        folder = tmp_path_factory.mktemp(name)
        figures = train(TINY, corpus(), TABLES, NAMES, folder / "reader.gguf")
        train_second(TINY, corpus(), TABLES, NAMES, folder / "votes.npz")
        assert figures["equal"] >= 0.9 * figures["samples"]
        folders.append(folder)
    torch.set_num_threads(threads)
    return folders


def test_training_twice_gives_the_same_bytes(trained: list[Path]) -> None:
    digests = [hashlib.sha256((folder / "reader.gguf").read_bytes()).hexdigest() for folder in trained]
    assert digests[0] == digests[1]


def test_the_trained_model_reads(trained: list[Path]) -> None:
    model = ReaderModel(trained[0] / "reader.gguf")
    emitted = model.emit(marked("does Phi-4 run on a 4090?"))
    assert emitted.labels.tool == "fit"
    assert emitted.labels.roles == {"MOD1": "model", "GPU1": "hw"}
    assert 0 < emitted.probability <= 1
    assert sum(emitted.tools.values()) == pytest.approx(1, abs=1e-3)


def test_a_tool_can_be_asked_for(trained: list[Path]) -> None:
    model = ReaderModel(trained[0] / "reader.gguf")
    assert model.emit(marked("does Phi-4 run on a 4090?"), only="model_info").labels.tool == "model_info"
    assert model.emit(marked("phi-4?"), previous="fit").labels.more is not None


def test_votes_agree_on_what_they_were_shown(trained: list[Path]) -> None:
    votes = load_votes(trained[0] / "votes.npz").opinions(marked("今日の天気は?").text)["tool"]
    assert max(votes, key=lambda tool: votes[tool]) == "out_of_scope"


def test_calibration_is_fitted_and_read_back(trained: list[Path]) -> None:
    figures = calibrate(corpus(), lambda text: True, TABLES, trained[0])
    assert figures["held_out"] == len(corpus().rows)
    assert figures["tool"] > 0.5


def test_logistic_fit_finds_the_slope() -> None:
    weights = fit([(float(x), 0.0) for x in range(-5, 6)], [x > 0 for x in range(-5, 6)])
    assert weights[0] > 0.5 and weights[1] == pytest.approx(0.0, abs=0.2)


def test_the_vocabulary_keeps_placeholders_whole_and_text_reversible() -> None:
    vocabulary = Vocabulary(["コーディング用に <GPU1> で", "which model for <GPU1>?"], 600)
    ids = vocabulary.encode("<GPU1>で <GPU1>")
    assert ids.count(vocabulary.special["<GPU1>"]) == 2


def test_the_network_sees_no_later_token() -> None:
    torch.manual_seed(0)
    network = Network(Shape(50, 32, 2, 2, 48)).eval()
    one, other = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[1, 2, 3, 9]])
    assert torch.allclose(network(one)[0, :3], network(other)[0, :3], atol=1e-5)


def test_composed_questions_keep_the_contract() -> None:
    composer = Composer(TABLES, NAMES, random.Random(1))
    missing = 0
    for _ in range(400):
        row = composer.compose()
        ARGUMENTS[row.tool].model_validate(row.args)
        missing += bool(example(row, TABLES)[1])
    assert missing <= 8  # a clause may join with a neighbour into another span; 2 % at most


def test_variants_keep_the_placeholders() -> None:
    rng = random.Random(2)
    filler = {"ja": ["すみません、"], "en": ["hi,"]}
    for text in ("<GPU1>と<GB1>でコーディング用のモデルを教えて。", "does <MOD1> fit on <GPU1>?"):
        for _ in range(50):
            varied = vary(text, rng, filler)
            assert [p for p in ("<GPU1>", "<GB1>", "<MOD1>") if p in text] == [
                p for p in ("<GPU1>", "<GB1>", "<MOD1>") if p in varied
            ]


def test_a_dialog_turn_is_labelled_by_what_changes() -> None:
    first = {"task": "coding", "hardware": {"gpu": "RTX 4090"}, "hosting": "local"}
    turns = [
        Row("4090でコーディング", "recommend", first),
        Row("32kなら?", "recommend", {**first, "context_tokens": 32_000}),
    ]
    made = list(dialog_examples(turns, TABLES))
    assert [exact for _, exact in made] == [True, True]
    assert made[1][0].previous == "recommend"
    assert made[1][0].symbols == ("<c:more>", "<t:recommend>", "<CTX1>", "<r:ctx>")


def test_the_phrases_are_readable_and_a_bad_line_is_listed(tmp_path: Path) -> None:
    assert load_corpus().problems == []
    good = {"text": "which?", "tool": "clarify", "args": {}, "writer": "x"}
    (tmp_path / "a.jsonl").write_text(
        "\n".join([json.dumps(good), "{", json.dumps(good | {"tool": "fly"})]), encoding="utf-8"
    )
    loaded = load_corpus(tmp_path)
    assert len(loaded.rows) == 1
    assert [problem.split(":")[1] for problem in loaded.problems] == ["2", "3"]
