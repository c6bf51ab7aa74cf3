"""What a question speaks of beside its letters: everyday concepts in either language, and the embedder's vector.

Both know words that no training phrase has: "correspondence" is the concept of "letter" and 手紙, and lies near them.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.errors import EmbedderError

if TYPE_CHECKING:
    from index.embedder.models import BuiltIn
    from index.synonyms import Synonyms

_PLACE = re.compile(r"<[A-Z]+\d+>")
_MOST_NAMES = 12  # of one concept; a word of many senses would otherwise outweigh the rest of a question


@lru_cache(maxsize=1)
def _everyday() -> "Synonyms":
    from index.synonyms import Synonyms
    from index.words import concepts, light_words

    return Synonyms([(*one.ja, *one.en) for one in concepts()], light_words())


@lru_cache(maxsize=1)
def _embedder() -> "BuiltIn | None":
    from index.embedder.models import BuiltIn

    try:
        embedder = BuiltIn()
        embedder.query("")
    except EmbedderError:
        return None
    return embedder


def concept_names(marked: str) -> set[str]:
    """Return every way to say the concepts of a marked question, in both languages; light words say nothing."""
    names: set[str] = set()
    for found in _everyday().find(_PLACE.sub(" ", marked)):
        if not found.light:
            names.update((found.text, *found.base, *found.others)[:_MOST_NAMES])
    return names


def embedder_id() -> str:
    """Return the built-in embedder's id, which changes with its vectors; "" when it cannot be loaded."""
    embedder = _embedder()
    return embedder.id if embedder else ""


def vector(marked: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the built-in embedder's unit vector of a marked question without its placeholders.

    Raises EmbedderError when the embedder cannot be loaded.
    """
    embedder = _embedder()
    if embedder is None:
        raise EmbedderError(
            reason="the built-in embedder is missing or damaged", reason_ja="内蔵の埋め込みモデルがありません"
        )
    return embedder.query(_PLACE.sub(" ", marked))
