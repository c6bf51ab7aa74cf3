"""Train the built-in embedder from nothing: `python -m index.embedder.train`.

A sentence-transformers StaticEmbedding: a tokenizer of our own (unigram pieces over Japanese and English) and one
vector per piece; a text's vector is the mean of its pieces'. It starts as random directions scaled by how rare a
piece is, which alone compares texts by shared pieces. Then it learns words: which mean the same
(index/embedder/lexicon) and which are spoken of together (index/embedder/matters.py). At last, with words in every
other step so that nothing is forgotten, it learns which texts belong together (index/embedder/corpus.py), and which of
a document's facts a question is about.

The same inputs give the same weights: fixed seed, fixed order, two threads. Two idle CPU cores need twelve minutes.
"""

import argparse
import hashlib
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embedder import corpus
from index.embedder.batches import ByTurns, Drawn, Paired, Told, Words
from index.embedder.corpus import Fact, Pair
from index.embedder.learning import learn
from index.embedder.lexicon.words import lexicon
from index.embedder.matters import matters
from index.embedder.models import WEIGHTS

DIM = 256
VOCABULARY = 48_000
SEED = 20261122
BATCH = 512
GENERAL_BATCH = 512  # of pairs from the lexicon, as long as they are alone
STEPS = 6_000
GENERAL_STEPS = 4_000
_SCRIPTS = r"[\u3041-\u309f]+|[\u30a1-\u30ff]+|[\u4e00-\u9fff\u3400-\u4dbf\u3005]+|[a-z]+|[0-9]|[^\s]"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is learned: pieces of the vocabulary, steps and pairs in each, of the lexicon alone and then of both."""

    pieces: int = VOCABULARY
    general_steps: int = GENERAL_STEPS
    general_batch: int = GENERAL_BATCH
    steps: int = STEPS
    batch: int = BATCH


def make_tokenizer(texts: Iterable[str], size: int = VOCABULARY) -> Any:
    """Return a unigram tokenizer: NFKC and lower case, cut where the script changes, digits one by one.

    Pieces are the texts' own words (runs of one script) seen twice or more, pairs of kanji, the beginnings and ends
    of Latin words, and every single kana, letter and JIS kanji, so that no Japanese word is unknown. A piece's score
    is its log frequency: of all ways to cut a word the one with the fewest and most frequent pieces wins.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    counts: Counter[str] = Counter()
    for text in texts:
        for run in re.findall(_SCRIPTS, unicodedata.normalize("NFKC", text).lower()):
            counts.update(_pieces_of(run))
    letters = set(_alphabet())
    words = [(one, n) for one, n in counts.items() if n >= 2 and one not in letters]
    words.sort(key=lambda entry: (-entry[1] * len(entry[0]), entry[0]))
    chosen = dict(words[: max(0, size - len(letters) - 1)]) | {one: counts.get(one, 0) + 1 for one in sorted(letters)}
    total = sum(chosen.values())
    vocabulary = [("[UNK]", -30.0), *((one, float(np.log(n / total))) for one, n in sorted(chosen.items()))]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(_SCRIPTS), "isolated")]
    )
    return tokenizer


def _pieces_of(run: str) -> list[str]:
    """Return what a run of one script may contribute to the vocabulary: itself and, for long ones, its parts."""
    if len(run) > 24:
        return []
    parts = [run]
    if "\u3400" <= run[0] <= "\u9fff" and len(run) > 2:
        parts += [run[n : n + 2] for n in range(len(run) - 1)]
    elif run.isascii() and run.isalpha() and len(run) > 5:
        parts += [run[:n] for n in range(4, len(run) - 1)] + [run[n:] for n in range(3, len(run) - 2)]
    elif "\u30a1" <= run[0] <= "\u30ff" and len(run) > 5:
        parts += [run[:n] for n in range(3, len(run) - 1)] + [run[n:] for n in range(3, len(run) - 1)]
    elif "\u3041" <= run[0] <= "\u309f" and len(run) > 2:
        parts += [run[:2], run[-2:], run[:3]]
    return parts


def _alphabet() -> list[str]:
    """Return the single characters that must be pieces: ASCII, kana, JIS kanji."""
    found = [chr(code) for code in range(0x21, 0x7F)] + [chr(code) for code in range(0x3041, 0x30FF)]
    for row in range(0xB0, 0xF5):
        for cell in range(0xA1, 0xFF):
            try:
                found.append(bytes([row, cell]).decode("euc_jp"))
            except UnicodeDecodeError:
                continue
    return sorted({one for one in found if unicodedata.normalize("NFKC", one).lower() == one})


def gather(guides: Path, facts: Sequence[Fact]) -> list[Pair]:
    """Return all training pairs in a fixed order, both sides not empty, without repetitions."""
    from knowledge.glossary import load_glossary

    documents = corpus.guide_documents(guides)
    found = [
        *corpus.written_pairs(documents),
        *corpus.fact_pairs(facts),
        *corpus.guide_pairs(documents),
        *corpus.glossary_pairs(load_glossary()),
        *corpus.word_pairs(load_glossary()),
        *corpus.catalog_pairs(),
    ]
    unique = {(one.left, one.right): one for one in found if one.left.strip() and one.right.strip()}
    return list(unique.values())


def start_vectors(tokenizer: Any, texts: list[str], generator: np.random.Generator) -> NDArray[np.float32]:
    """Return random directions, each scaled by its piece's rarity: log(1 + documents / documents with it)."""
    size = tokenizer.get_vocab_size()
    seen: Counter[int] = Counter()
    for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
        seen.update(set(encoding.ids))
    counts = np.array([seen[n] for n in range(size)], dtype=np.float64)
    rarity = np.log(1.0 + len(texts) / np.maximum(counts, 0.5))
    rarity[counts == 0] = np.log(1.0 + len(texts) / 5.0)  # never seen: as a middling word, not as the rarest
    rows = generator.standard_normal((size, DIM)) / np.sqrt(DIM)
    rows *= (rarity / rarity.max())[:, None]
    rows[tokenizer.token_to_id("[UNK]")] = 0.0
    return np.asarray(rows, dtype=np.float32)


def save(folder: Path, tokenizer: Any, rows: NDArray[np.float32], about: dict[str, Any]) -> None:
    """Write the model as a sentence-transformers folder; the vectors as bytes with one scale per piece.

    sentence-transformers reads that layout itself: "embeddings" times "weights" (it is model2vec's), so a piece's
    vector takes
    256 bytes instead of 1,024.
    """
    from safetensors.numpy import save_file

    part = folder / "0_StaticEmbedding"
    part.mkdir(parents=True, exist_ok=True)
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-8) / 127.0
    table = np.clip(np.round(rows / scales[:, None]), -127, 127).astype(np.int8)
    save_file({"embeddings": table, "weights": scales.astype(np.float32)}, part / "model.safetensors")
    tokenizer.save(str(part / "tokenizer.json"), pretty=False)
    _json(folder / "modules.json", [
        {"idx": 0, "name": "0", "path": "0_StaticEmbedding",
         "type": "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"},
    ])  # fmt: skip
    _json(folder / "config_sentence_transformers.json", {"similarity_fn_name": "cosine", "prompts": {}})
    _json(folder / "training.json", about)


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def train(folder: Path, pairs: list[Pair], facts: Sequence[Fact], words: Words, size: Sizes) -> dict[str, Any]:
    """Train and save; return what was recorded about it (inputs, their hash, sizes)."""
    texts = list(dict.fromkeys([*(text for one in pairs for text in (one.left, one.right)), *words.texts()]))
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    sys.stderr.write(f"{len(pairs)} pairs, {len(texts)} texts, {sum(map(len, texts))} characters\n")
    tokenizer = make_tokenizer(texts, size.pieces)
    rows = start_vectors(tokenizer, texts, np.random.default_rng(SEED))
    general = Drawn(words.pair, tokenizer)
    rows = learn(rows, general, size.general_steps, size.general_batch)
    turns = ByTurns(Paired(pairs, tokenizer, SEED), general, Told(facts, tokenizer, SEED), general)
    rows = learn(rows, turns, size.steps, min(size.batch, len(pairs) // 2))
    rows[tokenizer.token_to_id("[UNK]")] = 0.0  # what is not known says nothing
    about = {
        "recipe": "python -m index.embedder.train", "seed": SEED, "dim": DIM, "pieces": int(rows.shape[0]),
        "pairs": len(pairs), "texts": len(texts), "inputs_sha256": digest, "steps": size.steps, "batch": size.batch,
        "general_steps": size.general_steps, "general_batch": size.general_batch,
    }  # fmt: skip
    save(folder, tokenizer, rows, about)
    return about


def main() -> None:
    """Train with the shipped data and write index/embedder/weights."""
    from knowledge.guides import guides_folder

    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the model folder goes")
    options = parser.parse_args()
    facts = corpus.facts()
    words = Words(lexicon(SEED), matters(SEED), SEED)
    about = train(options.out, gather(guides_folder(), facts), facts, words, Sizes())
    sys.stderr.write(json.dumps(about) + "\n")


if __name__ == "__main__":
    main()
