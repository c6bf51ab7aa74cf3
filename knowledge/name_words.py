"""Names told by their words: the entry that has every word and number of what was typed, in any order."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise

from knowledge.schema import Model

# Words of an id that tell nothing apart: forms of release, and what a name has anyway.
LIGHT = frozenset(
    {
        "instruct", "it", "chat", "hf", "pt", "base", "preview", "latest", "beta", "exp", "hub", "ai", "lm", "llm",
        "jp", "japanese", "dpo", "rl", "sft", "gguf", "mt", "tdt",
    }
)  # fmt: skip
KINDS = {  # what people call an entry of a kind besides the words of its name
    "embedding": ("embedding", "embeddings", "embed", "埋メ込ミ"),
    "reranker": ("reranker", "rerank"),
    "translation": ("translation", "translate", "翻訳"),
    "vision": ("vision", "vl", "vlm"),
    "image": ("image", "画像"),
    "reasoning": ("thinking", "reasoning"),
    "code": ("code", "coder", "coding"),
    "base": ("base", "pt"),
    "instruct": ("instruct", "it", "chat"),
}
SIZE = re.compile(r"(\d+(?:\.\d+)?)([bm])")
NAME = re.compile(r"^(?!a\d+(\.\d+)?b$)(?=.*[^\d.v])..")  # neither a number nor the active parameters ("a3b")
SIZE_DIFFERS = 0.06  # "12b" is said of 12.2 billion parameters


@dataclass(frozen=True, slots=True)
class Words:
    """An entry's words: of its names, of its kind, and those of its own id that set it apart."""

    id: str
    known: frozenset[str]
    kind: frozenset[str]
    telling: frozenset[str]
    sizes: frozenset[str]
    parameters: int | None


def words_of(model: Model, normalise: Callable[[str], str]) -> Words:
    """Return the words of an entry's names, lab and kind."""
    names = (model.id, model.name, model.family or "", model.lab, model.hf_id or "", *model.aliases)
    audio = ("tts",) if "audio" in model.outputs else ("asr", "stt") if "audio" in model.inputs else ()
    own = frozenset(split(normalise(model.id)))
    known = frozenset(chain.from_iterable(_known(normalise(one)) for one in names))
    telling = frozenset(one for one in own if one not in LIGHT and NAME.search(one) and not SIZE.fullmatch(one))
    sizes = frozenset(one for one in known if SIZE.fullmatch(one))
    kind = frozenset({*KINDS.get(model.variant, ()), *audio})
    return Words(model.id, known, kind, telling, sizes, model.parameters)


def _known(name: str) -> Iterator[str]:
    """Yield a name's words, two numbers that are a version ("2 5": "2.5"), a name with a version ("flux.1": "flux").

    What stands behind the point of a version is none of its own: "1 5" is not the fifth.
    """
    words = split(name)
    minor = {n for n, (one, other) in enumerate(pairwise(words), 1) if one.isdigit() and re.fullmatch(r"\d", other)}
    yield from (word for n, word in enumerate(words) if n not in minor)
    for one, other in pairwise(words):
        if one.isdigit() and other.isdigit():
            yield f"{one}.{other}"
    for one in words:
        if found := re.fullmatch(r"([a-z]{3,})\.(\d+)", one):
            yield from found.groups()


def split(name: str) -> list[str]:
    """Return the words of a normalised name; a version and letters that follow it are two ("2.5vl")."""
    parted = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)([a-z]{2,})", r"\1 \2", name)
    return [one for one in parted.split(" ") if one]


def told(query: Iterable[str], entries: Iterable[Words], order: Callable[[str], tuple[float, ...]]) -> list[str]:
    """Return the ids of the entries that have all words of `query`, the likeliest first.

    First those with more of the words in their own names; then by `order`'s first number (the kind of model), the words
    of the id that were not said, a size that was not said, the rest of `order` (newer first), and the id.
    """
    wanted = set(query)
    ranked = []
    for entry in entries:
        lent = [word for word in wanted if not _has(entry, word)]
        if all(word in entry.kind for word in lent):
            kind, *rest = order(entry.id)
            unsaid = len(entry.telling - wanted), float(bool(entry.sizes - wanted))
            ranked.append((len(lent), kind, *unsaid, *rest, entry.id))
    return [str(one[-1]) for one in sorted(ranked)]


def _has(entry: Words, word: str) -> bool:
    """Tell whether a word is the entry's: written so, a version without its ".0", or a size that rounds the count."""
    if word in entry.known or (re.fullmatch(r"v?\d+", word) and f"{word}.0" in entry.known):
        return True
    size = SIZE.fullmatch(word)
    if not size or not entry.parameters or entry.sizes:
        return False
    said = float(size[1]) * (1e9 if size[2] == "b" else 1e6)
    return abs(said - entry.parameters) <= SIZE_DIFFERS * entry.parameters


def latin(words: Iterable[str], kana: Mapping[str, str]) -> list[str]:
    """Return the words with Japanese spellings of name words, joined or not, replaced by the Latin ones."""
    found: list[str] = []
    for word in words:
        parts, rest = [], word
        while rest:
            start = max((one for one in kana if rest.startswith(one)), key=len, default="")
            if not start:
                break
            parts += kana[start].split(" ")
            rest = rest[len(start) :]
        found += [word] if rest else parts
    return found
