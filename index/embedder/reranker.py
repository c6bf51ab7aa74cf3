"""An optional second look at the best passages: a cross-encoder reads question and passage together.

Slower by far than the search (some 10 to 100 ms per passage on a CPU), so it orders the candidates that search has
found relevant and finds nothing of its own.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assistant.errors import EmbedderError
from index.embedder.models import find_model
from index.terms import searched
from index.types import Hit

CANDIDATES = 30  # passages that are read again: at 10 to 100 ms each, 0.3 to 3 s per question


class Reranker:
    """A sentence-transformers CrossEncoder in a local folder, or a name in the local cache; never downloads."""

    def __init__(self, name: str) -> None:
        """Find the model without loading it. Raises EmbedderError when there is none."""
        self.name = name
        self._folder = find_model(name, "reranker")
        self._model: Any = None
        self._lock = threading.Lock()

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                try:
                    from sentence_transformers import CrossEncoder

                    self._model = CrossEncoder(str(self._folder), device="cpu", local_files_only=True)
                except Exception as error:  # a foreign folder can fail in any way inside transformers
                    raise EmbedderError(
                        reason=f"the reranker {self.name!r} does not load: {error}",
                        reason_ja=f"リランカー {self.name!r} を読み込めません: {error}",
                    ) from error
            return self._model

    def order(self, query: str, hits: Sequence[Hit], top: int) -> list[Hit]:
        """Return the `top` hits in the model's order, with its scores; equal ones by id. Raises EmbedderError."""
        if not hits:
            return []
        texts = [f"{one.passage.heading}\n{one.passage.text}" for one in hits]
        try:
            scores = self._loaded().predict([(searched(query), text) for text in texts], show_progress_bar=False)
            scored = [(float(score), hit) for score, hit in zip(scores, hits, strict=True)]
        except (RuntimeError, TypeError, ValueError) as error:  # TypeError: several scores per pair, a classifier
            raise EmbedderError(
                reason=f"the reranker {self.name!r} cannot score a passage: {error}",
                reason_ja=f"リランカー {self.name!r} では採点できません: {error}",
            ) from error
        scored.sort(key=lambda one: (-one[0], one[1].passage.id))
        return [replace(hit, rank=n, score=round(score, 4)) for n, (score, hit) in enumerate(scored[:top], 1)]
