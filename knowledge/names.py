"""Names as people type them -> entries. Aliases come from ids, hub ids, names, nicknames and generated forms.

When several entries claim one alias, the closer claim wins: id, hub id or name; hand-made nickname; family table of
names.toml; name without its suffix ("-instruct", dates, versions). Among equals: chat models before others ("llama 3.1
8b" means the instruct one), then the higher version of a name, the newer, the smaller id. The result is the same on
every run.
"""

import hashlib
import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from assistant.errors import UnknownModel
from knowledge import compiled, name_words
from knowledge.catalog import Catalog
from knowledge.schema import Model
from knowledge.spelling import nearest, normalise

EXACT, NICKNAME, FAMILY, SHORT, LOOSE = range(5)
Claim = tuple[int, tuple[float, ...], str]  # closeness, what is likelier meant, model id; the least wins
ORDER = {
    "instruct": 0,
    "reasoning": 1,
    "code": 2,
    "vision": 3,
    "embedding": 4,
    "reranker": 5,
    "speech": 6,
    "image": 7,
    "translation": 8,
    "base": 9,
    "ocr": 10,
    "guard": 11,
}
SUFFIX = re.compile(
    r" (instruct( \d)?|instruction|it|chat|beta|hf|base|pt|thinking|preview|latest|bf16|v\d+(\.\d+)*|"
    r"\d{4}|\d{8}|20\d\d \d\d \d\d|\d\d 20\d\d|\d{4} \d\d \d\d)$"
)
EDGE = re.compile(
    r"( (gguf|awq|gptq|fp ?8|fp ?16|bf ?16|int ?8|int ?4|i?q\d( [01kmslxn]{1,3})*|[48] ?bit|モデル|model|ノ モデル))+$"
)
_CODE = ("names.py", "gpu_names.py", "spelling.py")  # what the tables of aliases are made by
LONGEST = 100  # characters of a name that is taken apart word by word


@lru_cache(maxsize=1)
def tables() -> dict[str, Any]:
    """Return names.toml: words that people use for models and cards."""
    return tomllib.loads((files("knowledge") / "names.toml").read_text(encoding="utf-8"))


def family_names() -> dict[str, str]:
    """Return the names of families without a size -> model id, as written by hand in names.toml."""
    return dict(tables()["families"])


def model_aliases(catalog: Catalog) -> dict[str, str]:
    """Return normalised alias -> model id for every entry, in both languages; complete for whole-sentence search."""
    return _model_aliases(catalog)


@lru_cache(maxsize=4)
def _model_aliases(catalog: Catalog) -> dict[str, str]:
    return kept("models", catalog, _make_model_aliases)


def kept(name: str, catalog: Catalog, make: Callable[[Catalog], dict[str, str]]) -> dict[str, str]:
    """Return a table derived from the catalog, from the user's cache folder when made for the same files and code."""
    if not catalog.stamp:
        return make(catalog)
    code = hashlib.sha256(b"".join(Path(__file__).with_name(one).read_bytes() for one in _CODE)).hexdigest()[:8]
    path = compiled.cache_file(f"names{name}-{catalog.stamp}-{code}.json")
    found = compiled.read(path)
    targets = catalog.models if name == "models" else catalog.gpus
    if isinstance(found, dict) and found and all(one in targets for one in found.values()):
        return found
    table = make(catalog)
    compiled.write(path, table)
    return table


def _make_model_aliases(catalog: Catalog) -> dict[str, str]:
    best: dict[str, Claim] = {}
    for model in catalog.models.values():
        for level, alias in _forms(model):
            claim = (level, _order(model), model.id)
            if alias not in best or claim < best[alias]:
                best[alias] = claim
    for alias, target in family_names().items():
        if target in catalog.models:
            claim = (FAMILY, (0.0,), target)
            folded = normalise(alias)
            best[folded] = min(claim, best.get(folded, claim))
    for alias, claim in _without_size(best):
        best.setdefault(alias, (LOOSE, *claim[1:]))
    for alias, claim in list(best.items()):
        for spelled in _japanese(alias):
            moved = (max(claim[0], NICKNAME), *claim[1:])
            best[spelled] = min(moved, best.get(spelled, moved))
    return {alias: claim[2] for alias, claim in sorted(best.items()) if _usable(alias, claim[0])}


def _without_size(claims: dict[str, Claim]) -> Iterator[tuple[str, Claim]]:
    """Yield names of a version that exists in one size only, without that size ("mistral small 3.1")."""
    sizes: dict[str, set[str]] = {}
    for alias in claims:
        found = re.fullmatch(r"(.+) (\d+(?:\.\d+)?b)", alias)
        if found and re.search(r"\d", found[1]) and re.search(r"[^\W\d]{4}", found[1]):
            sizes.setdefault(found[1], set()).add(found[2])
    yield from ((stem, claims[f"{stem} {size}"]) for stem, (size, *more) in sorted(sizes.items()) if not more)


def _forms(model: Model) -> Iterator[tuple[int, str]]:
    """Yield (closeness, normalised alias) of one entry; the bare name of a base model is its chat model's first."""
    names = {normalise(model.id), normalise(model.name)}
    if model.hf_id:
        names.add(normalise(model.hf_id.split("/")[-1]))
    exact = {normalise(model.hf_id)} if model.hf_id else set()
    bare = {one for one in names if model.variant == "base" and "base" not in one.split(" ")}
    exact |= names - bare
    yield from ((EXACT, one) for one in exact)
    yield from ((NICKNAME, normalise(one)) for one in model.aliases)
    yield from ((SHORT, one) for one in bare)
    seen = exact | bare
    if plain := _family_and_size(model):
        yield LOOSE, plain
    for level in (SHORT, SHORT, LOOSE):
        shorter = set(_shorter(seen, model)) - seen
        yield from ((level, one) for one in shorter)
        seen |= shorter


def _family_and_size(model: Model) -> str:
    """Return the family's word and the size ("gemma 27b"), which means the family's newest chat model of that size."""
    size = re.search(r"(?<![\w.])(\d+(?:\.\d+)?[bm])(?![a-z0-9])", model.id)
    word = re.match(r"[^\W\d]+(?: llama(?= \d))?", normalise(model.family or ""))
    if not size or not word or model.variant not in ("instruct", "reasoning"):
        return ""
    if name_words.words_of(model, normalise).telling - set(word[0].split(" ")):
        return ""  # a family's derivative ("llama 3.1 tulu") is not what the family's name means
    return f"{word[0]} {size[1]}"


def _shorter(names: Iterable[str], model: Model) -> Iterator[str]:
    for name in names:
        if (end := SUFFIX.search(name)) and (end[1] != "base" or model.variant == "base"):  # "whisper base" is a size
            yield SUFFIX.sub("", name)
        if match := re.match(r"(deepseek )?r1 distill (qwen|llama) (\S+)$", name):
            yield f"r1 distill {match[2]} {match[3]}"
            if match[2] == "qwen" or match[3] == "70b":
                yield from (
                    f"r1 distill {match[3]}",
                    f"deepseek r1 {match[3]}",
                    f"r1 {match[3]}",
                    f"deepseek r1 distill {match[3]}",
                )
            yield f"r1 {match[2]} {match[3]}"
        if name.startswith("llama 3"):
            yield re.sub(r"^llama (3(\.\d)?)", r"l\1", name)
        if match := re.match(r"(.*\d+b) a\d+b?$", name):  # "qwen 3 30b a3b" is also "qwen 3 30b"
            yield match[1]
        if name.startswith("codellama"):
            yield name.replace("codellama", "code llama", 1)
        if name.startswith("meta llama"):
            yield name.removeprefix("meta ")


def _japanese(alias: str) -> Iterator[str]:
    """Yield the alias with its name words in katakana: all of them, and the first alone."""
    words = alias.split(" ")
    kana: dict[str, list[str]] = tables()["kana"]
    known = [n for n, word in enumerate(words) if word in kana]
    if not known:
        return
    first = known[0]
    for spelled in kana[words[first]]:
        mixed = [*words[:first], spelled, *words[first + 1 :]]
        whole = [kana[word][0] if n in known and n != first else word for n, word in enumerate(mixed)]
        for version in {tuple(mixed), tuple(whole)}:
            yield normalise(" ".join(version))
            joined = normalise("".join(version)) if all(ord(one[0]) > 0x7F for one in version) else ""
            if joined:
                yield joined


def _usable(alias: str, level: int) -> bool:
    """Refuse aliases that ordinary sentences contain: bare numbers, single letters, ordinary words."""
    allowed, blocked = _words()
    if alias in allowed:
        return level <= FAMILY
    if (
        alias in blocked
        or len(alias) < 2
        or not re.search(r"[^\d\s.]", alias)
        or re.fullmatch(r"\d+(\.\d+)?[bmk]?( \d+[bmk])?", alias)
    ):
        return False
    return bool(" " in alias or re.search(r"\d", alias) or (level <= FAMILY and len(alias) >= 3))


@lru_cache(maxsize=1)
def _words() -> tuple[frozenset[str], frozenset[str]]:
    words = tables()["words"]
    return frozenset(map(normalise, words["allowed"])), frozenset(map(normalise, words["blocked"]))


def find_model(catalog: Catalog, text: str) -> Model:
    """Return the entry that a name means.

    Raises UnknownModel with the nearest ids when no alias agrees and none is clearly nearest; versions and sizes must
    agree exactly, so "llama 3.4 8b" is never taken for "llama 3.1 8b".
    """
    if text in catalog.models:
        return catalog.models[text]
    aliases = model_aliases(catalog)
    name = normalise(text)
    for one in (name, EDGE.sub("", name)):
        if one in aliases:
            return catalog.models[aliases[one]]
    found = _told(catalog, EDGE.sub("", name))
    if found:
        return catalog.models[found]
    found, near = nearest(EDGE.sub("", name), aliases)
    if found:
        return catalog.models[found]
    raise UnknownModel(text[:200], newest_near(catalog, EDGE.sub("", name)) or near)


_VERSION = re.compile(r"([^\W\d]+)(?: [^\W\d]+)? [kmrv]?(\d{1,2}(?:\.\d+)?)(?![\d.]*[bm](?![a-z])|\d)")
_SIZED = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)b(?![a-z0-9])")
SUGGESTED, ABOUT = 3, 1.5  # names that are suggested; a size times or by this is near


def newest_near(catalog: Catalog, name: str) -> tuple[str, ...]:
    """Return the newest chat models of a family, near the size that is named, for a version newer than all of them.

    () for other names. `name` is normalised: "llama 5 70b" gives the newest Llama models of about 70B.
    """
    found = _VERSION.match(name)
    own = _of_family(catalog, found[1]) if found else []
    versions = {model.id: _version(model) for model in own}
    if not found or not own or float(found[2]) <= max(versions.values()):
        return ()
    size = float(said[1]) * 1e9 if (said := _SIZED.search(name)) else None
    words = {one for one in name.split(" ") if one.isalpha()}

    def order(model: Model) -> tuple[float | str, ...]:
        far = 0.0 if size is None else abs(math.log((model.parameters or 1) / size))
        age = -model.released.toordinal() if model.released else 0.0
        own_words = {one for one in normalise(model.id).split(" ") if one.isalpha()} - name_words.LIGHT
        near = 0.0 if far <= math.log(ABOUT) else far
        return near, len(words - own_words), -versions[model.id], len(own_words - words), age, model.id

    return tuple(model.id for model in sorted(own, key=order)[:SUGGESTED])


def _version(model: Model) -> float:
    found = _VERSION.match(normalise(model.id))
    return float(found[2]) if found else 0.0


def _of_family(catalog: Catalog, word: str) -> list[Model]:
    """Return the chat models whose family begins with a word, of the lab that made most of them."""
    chat = [one for one in catalog.models.values() if one.variant in ("instruct", "reasoning")]
    own = [one for one in chat if _first_word(one) == word and "distill" not in one.id]
    labs = Counter(one.lab for one in own).most_common(1)
    return [one for one in own if one.lab == labs[0][0]]


def _first_word(model: Model) -> str:
    found = re.match(r"[^\W\d]+", normalise(model.family or ""))
    return found[0] if found else ""


@lru_cache(maxsize=4096)
def model_by_words(catalog: Catalog, text: str) -> str | None:
    """Return the id of the entry that has every word of what was typed, None when none has; takes milliseconds."""
    return _told(catalog, EDGE.sub("", normalise(text)))


def _told(catalog: Catalog, name: str) -> str | None:
    """Return the entry that has every word of a name, None when no entry has or the words are too ordinary.

    Ordinary words ("small 3.1") must come with a number and mean models of one family.
    """
    if len(name) > LONGEST:
        return None
    said = [same for word in name_words.split(name) for same in tables()["same"].get(word, word).split(" ")]
    query = name_words.latin(said, _from_kana())
    blocked = _words()[1]
    names = [one for one in query if re.search(r"[^\d.]{3}", one) and one not in blocked]
    if not query or not (names or (len(query) > 1 and re.search(r"\d", name) and re.search(r"[^\d. bmk]", name))):
        return None
    hits = name_words.told(query, _word_index(catalog), lambda one: _order(catalog.models[one]))
    if not names and len({catalog.models[one].family for one in hits}) > 1:
        return None
    return hits[0] if hits else None


def _order(model: Model) -> tuple[float, ...]:
    """Return what is likelier meant, least first: chat models, then higher versions of one name, then newer ones."""
    found = re.search(r"-v(\d+(?:[.-]\d+)?)(?=-|$)|-instruct-?(\d)$", model.id)
    version = float((found[1] or found[2]).replace("-", ".")) if found else 0.0
    return ORDER.get(model.variant, 9), -version, -model.released.toordinal() if model.released else 0.0


@lru_cache(maxsize=4)
def _word_index(catalog: Catalog) -> list[name_words.Words]:
    return [name_words.words_of(model, normalise) for model in catalog.models.values()]


@lru_cache(maxsize=1)
def _from_kana() -> dict[str, str]:
    """Return Japanese spelling -> Latin name word."""
    kana: dict[str, list[str]] = tables()["kana"]
    return {normalise(spelled): word for word, spellings in kana.items() for spelled in spellings}
