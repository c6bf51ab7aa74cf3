import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import EmbedderError
from index.embedder import corpus, models
from index.embedder.batches import Words
from index.embedder.corpus import Fact, Pair
from index.embedder.lexicon.words import Lexicon, Meaning, Word
from index.embedder.matters import Matter, Matters
from index.embedder.models import WEIGHTS, BuiltIn, SentenceTransformers, open_embedder
from index.embedder.train import Sizes, make_tokenizer, train
from knowledge.guides import guides_folder

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [
    "量子化モデルの選び方とVRAM",
    "How much memory does the KV cache need?",
    "Qwen3-8B-Q4_K_M",
    "ｸﾞﾗﾌｨｯｸﾎﾞｰﾄﾞ",
    "a",
]


@pytest.fixture(scope="module")
def builtin() -> BuiltIn:
    return BuiltIn()


def test_a_question_of_the_built_in_model_may_hold_anything():
    model = BuiltIn()
    assert (model.query("memory \udcff\ud800") == model.query("memory ??")).all()
    assert (model.query("memory of a card " * 100_000) == model.query(("memory of a card " * 200)[:2_000])).all()


def test_weights_are_small_and_described():
    size = sum(file.stat().st_size for file in WEIGHTS.rglob("*") if file.is_file())
    assert size <= 16 * 1024 * 1024
    about = models.describe()
    assert about["recipe"] == "python -m index.embedder.train" and about["pairs"] > 1_000
    assert len(about["inputs_sha256"]) == 64


def test_vectors_are_units(builtin):
    for text in TEXTS:
        assert np.linalg.norm(builtin.query(text)) == pytest.approx(1.0, abs=1e-5)
    assert [float(np.linalg.norm(builtin.query(text))) for text in ("", "𓀀")] == [0.0, 0.0]  # nothing known


def test_the_shortcut_gives_sentence_transformers_vectors(builtin):
    slow = SentenceTransformers(str(WEIGHTS)).documents(TEXTS)
    assert slow.shape == (len(TEXTS), builtin.query("a").shape[0])
    assert np.abs(slow - builtin.documents(TEXTS)).max() < 1e-5
    assert np.abs(slow - np.stack([builtin.query(text) for text in TEXTS])).max() < 1e-5


def test_pieces_are_those_of_sentence_transformers(builtin):
    slow = SentenceTransformers(str(WEIGHTS))
    for text in TEXTS:
        for found, expected in zip(builtin.pieces(text), slow.pieces(text), strict=True):
            assert found.shape == expected.shape and np.abs(found - expected).max() < 1e-5


def test_a_word_says_more_than_a_particle(builtin):
    (_, of_word), (_, of_particle) = builtin.pieces("escrow"), builtin.pieces("the")
    assert of_word.max() > 2.0 > of_particle.max() and len(builtin.pieces("")[1]) == 0


def test_many_passages_and_empty_ones(builtin):
    many = [*TEXTS, "", *TEXTS] * 20
    found = builtin.documents(many)
    assert not found[5].any() and np.abs(found[200] - builtin.query(many[200])).max() < 1e-5


def test_the_builtin_model_does_not_import_pytorch():
    code = (
        "import sys; from index.embedder.models import BuiltIn; m = BuiltIn(); m.query('x'); m.documents(['x']); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("one, same, other", [
    ("量子化", "quantization", "ライセンス"),
    ("グラフィックボードのメモリ", "VRAM", "翻訳"),
    ("商用利用できるか", "commercial use", "speech recognition"),
    ("文字起こし", "speech recognition", "quantization"),
])  # fmt: skip
def test_the_same_thing_in_both_languages_is_near(builtin, one, same, other):
    vector = builtin.query(one)
    assert vector @ builtin.query(same) > vector @ builtin.query(other) + 0.1


def test_identity_follows_the_weights(tmp_path, builtin):
    copy = tmp_path / "weights"
    shutil.copytree(WEIGHTS, copy)
    assert BuiltIn(copy).id == builtin.id
    about = json.loads((copy / "training.json").read_text(encoding="utf-8"))
    (copy / "training.json").write_text(json.dumps({**about, "seed": 1}), encoding="utf-8")
    assert BuiltIn(copy).id != builtin.id


def test_a_folder_named_by_the_user_is_loaded_by_sentence_transformers(builtin):
    named = open_embedder(str(WEIGHTS))
    assert isinstance(named, SentenceTransformers) and not isinstance(named, BuiltIn)
    assert np.abs(named.query(TEXTS[0]) - builtin.query(TEXTS[0])).max() < 1e-5
    assert type(named.load()).__module__.startswith("sentence_transformers")


@pytest.mark.parametrize("name", ["/no/such/folder", "intfloat/not-in-the-cache", "just-a-name"])
def test_a_missing_model_is_told(name):
    with pytest.raises(EmbedderError) as caught:
        open_embedder(name)
    assert name in caught.value.text("en") and name in caught.value.text("ja")


def test_a_damaged_model_is_told(tmp_path):
    (tmp_path / "modules.json").write_text("[]", encoding="utf-8")
    (tmp_path / "0_StaticEmbedding").mkdir()
    with pytest.raises(EmbedderError):
        BuiltIn(tmp_path).query("x")


@pytest.mark.parametrize("name, kind, prompt", [
    ("intfloat/multilingual-e5-small", "query", "query: "),
    ("intfloat/multilingual-e5-small", "document", "passage: "),
    ("cl-nagoya/ruri-v3-30m", "query", "検索クエリ: "),
    ("BAAI/bge-small-en-v1.5", "document", ""),
    ("BAAI/bge-m3", "query", ""),
])  # fmt: skip
def test_published_prompts(name, kind, prompt):
    assert models._published_prompt(name, kind) == prompt


def test_training_is_deterministic_and_learns(tmp_path):
    things = [
        ("猫", "cat"),
        ("車", "car"),
        ("海", "sea"),
        ("本", "book"),
        ("星", "star"),
        ("雪", "snow"),
        ("茶", "tea"),
    ]
    pairs = [Pair(f"{ja}の話です", f"a story about a {en}", ja) for ja, en in things]
    meanings = [Meaning(1.0, (en,), ("some", "thing", "called", "so"), ()) for _, en in things]
    words = [Word(1.0, (ja,), (en,)) for ja, en in things]
    for name in ("one", "two"):
        size = Sizes(pieces=7_500, general_steps=30, general_batch=32, steps=60, batch=64)
        facts = [Fact("話", ("星の話です", "stars"), ("星は？", "stars?")), Fact("話", ("茶", "tea"), ("茶？",))]
        listed = Words(Lexicon(meanings, words, 1), Matters([Matter("cats", ("猫", "鳴く"), ("cat", "miaow"))], 1), 1)
        train(tmp_path / name, pairs, facts, listed, size)
    files = ["0_StaticEmbedding/model.safetensors", "0_StaticEmbedding/tokenizer.json", "training.json"]
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)
    model = BuiltIn(tmp_path / "one")
    vectors = {word: model.query(word) for pair in things for word in pair}
    nearest = [
        max((en for _, en in things), key=lambda en, ja=ja: float(vectors[ja] @ vectors[en])) for ja, _ in things
    ]
    assert nearest == [en for _, en in things]


def test_every_kanji_in_use_is_a_piece():
    tokenizer = make_tokenizer(["量子化 model"], 9_000)
    assert "[UNK]" not in tokenizer.encode("鬱蒼とした森で薔薇を憂う。カタカナ、ABC 123").tokens


def test_training_pairs_name_sections_that_exist():
    sections = corpus.guide_sections(corpus.guide_documents(guides_folder()))
    lines = [json.loads(line) for file in corpus.PAIRS.glob("*.jsonl") for line in file.read_text("utf-8").splitlines()]
    named = {(one["file"], one["heading"]) for one in lines if "file" in one}
    lost = sorted(named - set(sections))
    assert len(lost) <= 0.02 * len(named), lost[:5]
