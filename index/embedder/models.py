"""Embedding models: text -> unit vectors. The built-in static model, and any sentence-transformers model from a folder.

The built-in model's forward pass is a mean over rows of one table, done here in numpy with the same tokenizer and
weights (tests/test_embedder.py holds it to what sentence-transformers makes of them): importing PyTorch for it would
take about 5 s and 440 MiB. Other models go through sentence-transformers.
"""

import contextlib
import hashlib
import json
import threading
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import EmbedderError
from index.embedder.pieces import Pieces
from index.terms import searched

WEIGHTS = Path(__file__).parent / "weights"
_BATCH = 512
_PLAINEST = 5  # per cent of the pieces, those with the shortest vectors


class Embedder(Protocol):
    """Turns text into unit vectors. `id` changes whenever the vectors would."""

    id: str

    def documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector per passage (n x dim)."""

    def query(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a question (dim)."""


class Quick(Embedder, Protocol):
    """An embedder that is a table of vectors of pieces: it takes milliseconds for some hundred sentences."""

    def pieces(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the unit vectors of a text's pieces, each piece once, and how much each says.

        That is how much longer its vector is than those of the plainest pieces: in the mean of a text it counts so much
        more. 0 for those, which are endings, particles and marks.
        """


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, 1e-12), dtype=np.float32)


class SentenceTransformers:
    """A sentence-transformers model in a local folder, or a name in the local Hugging Face cache; never downloads.

    Its own query and document prompts are used; for families that publish theirs only in prose (e5, ruri, bge) they are
    added here.
    """

    def __init__(self, name: str) -> None:
        """Find the model without loading it. Raises EmbedderError when there is none."""
        self.name = name
        self._folder = find_model(name)
        self.id = f"{self._folder.name if Path(name).exists() else name}@{_fingerprint(self._folder)}"
        self._model: Any = None
        self._plainest: float | None = None
        self._lock = threading.Lock()

    def load(self) -> Any:
        """Return the loaded model; the first call takes seconds. Raises EmbedderError."""
        with self._lock:
            if self._model is None:
                try:
                    from sentence_transformers import SentenceTransformer

                    self._model = SentenceTransformer(str(self._folder), device="cpu", local_files_only=True)
                except Exception as error:  # a foreign folder can fail in any way inside transformers
                    raise EmbedderError(
                        reason=f"the embedding model {self.name!r} does not load: {error}",
                        reason_ja=f"埋め込みモデル {self.name!r} を読み込めません: {error}",
                    ) from error
            return self._model

    def documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector per passage."""
        return self._encode(list(texts), "document")

    def query(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a question."""
        return np.asarray(self._encode([searched(text)], "query")[0], dtype=np.float32)

    def _encode(self, texts: list[str], kind: str) -> NDArray[np.float32]:
        model = self.load()
        prompt = (getattr(model, "prompts", None) or {}).get(kind) or _published_prompt(self.name, kind)
        rows = model.encode(
            texts, prompt=prompt or None, batch_size=_BATCH if self.is_static else 32, convert_to_numpy=True,
            show_progress_bar=False,
        )  # fmt: skip
        return _unit(np.asarray(rows, dtype=np.float32).reshape(len(texts), -1))

    def pieces(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the unit vectors of a text's pieces, each piece once, and how much each says; of a static model."""
        module = self.load()[0]
        numbers = module.tokenizer.encode(text, add_special_tokens=False).ids
        return self._weighed(module.embedding.weight.detach().numpy(), numbers)

    def _weighed(
        self, table: NDArray[np.float32], numbers: Sequence[int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if self._plainest is None:
            self._plainest = float(np.percentile(np.linalg.norm(table, axis=1), _PLAINEST))
        rows = table[np.unique(np.array(numbers, dtype=np.intp))]
        return _unit(rows), np.maximum(np.linalg.norm(rows, axis=1) - self._plainest, 0.0)

    @property
    def is_static(self) -> bool:
        """Tell whether the model is a table of token vectors, which embeds thousands of passages per second."""
        return (self._folder / "0_StaticEmbedding").exists()


class BuiltIn(SentenceTransformers):
    """The static model trained in this repository (index/embedder/train.py)."""

    def __init__(self, folder: Path = WEIGHTS) -> None:
        """Find the weights. Raises EmbedderError when they are missing."""
        super().__init__(str(folder))
        self.id = f"builtin@{_fingerprint(folder)}"
        self._table: NDArray[np.float32] | None = None
        self._tokenizer: Any = None
        self._pieces: Pieces | None = None

    def load(self) -> Any:
        """Return the table of vectors and the tokenizer: reading them takes a fraction of a second, without PyTorch."""
        return self._light()

    def documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector per passage: the mean of its pieces' rows; zero where nothing is known."""
        from scipy.sparse import csr_array

        table, cut = self._cut()
        held = [cut.numbers(text) for text in texts]
        ends = np.cumsum([0, *map(len, held)])
        numbers = np.fromiter(chain.from_iterable(held), dtype=np.int32, count=int(ends[-1]))
        # A product with a sparse matrix reads each row once; gathering the rows first writes and reads them once more.
        bags = csr_array((np.ones(len(numbers), dtype=np.float32), numbers, ends), shape=(len(texts), len(table)))
        return _unit(bags @ table)  # sums point where means do

    def query(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a question: the mean of its pieces' rows."""
        table, tokenizer = self._light()
        numbers = tokenizer.encode(searched(text), add_special_tokens=False).ids
        if not numbers:
            return np.zeros(table.shape[1], dtype=np.float32)
        return _unit(table[numbers].mean(axis=0, dtype=np.float32))

    def pieces(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the unit vectors of a text's pieces, each piece once, and how much each says."""
        table, cut = self._cut()
        return self._weighed(table, cut.numbers(text))

    def _cut(self) -> tuple[NDArray[np.float32], Pieces]:
        table, tokenizer = self._light()
        if self._pieces is None:
            self._pieces = Pieces(tokenizer)
        return table, self._pieces

    def _light(self) -> tuple[NDArray[np.float32], Any]:
        with self._lock:
            if self._table is None:
                from safetensors.numpy import load_file
                from tokenizers import Tokenizer

                part = self._folder / "0_StaticEmbedding"
                try:
                    kept = load_file(part / "model.safetensors")
                    table = kept["embeddings"].astype(np.float32) * kept["weights"][:, None]
                    self._tokenizer = Tokenizer.from_file(str(part / "tokenizer.json"))
                except Exception as error:  # both libraries raise plain Exception on damaged files
                    raise EmbedderError(
                        reason=f"the built-in embedder is damaged: {error}",
                        reason_ja=f"内蔵の埋め込みモデルが壊れています: {error}",
                    ) from error
                self._table = table
            return self._table, self._tokenizer


def quick(embedder: Embedder | None) -> Quick | None:
    """Return the embedder when it is a table of vectors of pieces, else None."""
    return embedder if isinstance(embedder, SentenceTransformers) and embedder.is_static else None


def open_embedder(name: str | None) -> Embedder:
    """Return the built-in embedder, or the model that `name` tells (a folder, or a name in the local cache).

    Raises EmbedderError.
    """
    return BuiltIn() if name is None or name in ("", "builtin") else SentenceTransformers(name)


_KINDS_JA = {"embedder": "埋め込みモデル", "reranker": "リランカー"}


def find_model(name: str, kind: Literal["embedder", "reranker"] = "embedder") -> Path:
    """Return the folder of a local or cached sentence-transformers model. Raises EmbedderError when there is none."""
    folder = Path(name).expanduser()
    if (folder / "modules.json").exists() or (folder / "config.json").exists():
        return folder.resolve()
    if not folder.exists() and name.count("/") == 1:
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError

        for file in ("modules.json", "config.json"):
            with contextlib.suppress(HFValidationError):  # no hub name either: "/nowhere"
                cached = try_to_load_from_cache(name, file)
                if isinstance(cached, str):
                    return Path(cached).parent
    raise EmbedderError(
        reason=f"no {kind} at {name!r}: expected a folder with modules.json or config.json",
        reason_ja=f"{name!r} に{_KINDS_JA[kind]}がありません。modules.json か config.json のあるフォルダーが必要です",
    )


def _fingerprint(folder: Path) -> str:
    """Return a short hash of a model folder: small files whole, of large ones size, first and last MiB."""
    digest = hashlib.sha256()
    files = [
        one for one in folder.rglob("*") if one.suffix in (".json", ".safetensors", ".bin", ".txt", ".model", ".onnx")
    ]
    for file in sorted(files, key=lambda one: one.relative_to(folder).as_posix()):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(folder).as_posix()}:{size}\n".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(1 << 20))
            if size > 2 << 20:
                stream.seek(-(1 << 20), 2)
            digest.update(stream.read(1 << 20))
    return digest.hexdigest()[:10]


def _published_prompt(name: str, kind: str) -> str:
    """Return the prompt of a model family that needs one and may not carry it in its files, from its model card."""
    lowered = name.lower()
    if "ruri-v3" in lowered:
        return "検索クエリ: " if kind == "query" else "検索文書: "
    if "ruri" in lowered:
        return "クエリ: " if kind == "query" else "文章: "
    if "e5-" in lowered and "instruct" not in lowered:
        return "query: " if kind == "query" else "passage: "
    if "bge-" in lowered and "-en" in lowered:
        return "Represent this sentence for searching relevant passages: " if kind == "query" else ""
    return ""


def describe(folder: Path = WEIGHTS) -> dict[str, Any]:
    """Return the built-in embedder's own record of its training (index/embedder/weights/training.json), or {}."""
    try:
        found = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(found)
