"""Names as people type them -> entries. Aliases come from ids, hub ids, names, nicknames and generated forms.

When several entries claim one alias, the closer claim wins: id, hub id or name; hand-made nickname; family table of
names.toml; name without its suffix ("-instruct", dates, versions). Among equals: chat models before others ("llama 3.1
8b" means the instruct one), then the higher version of a name, the newer, the smaller id. The result is the same on
every run.
"""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from assistant.errors import UnknownGpu, UnknownModel
from knowledge import compiled, name_words
from knowledge.catalog import Catalog
from knowledge.gpu_table import with_memory
from knowledge.schema import Gpu, Model

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
LONGEST = 100  # characters of a name that is taken apart word by word
SCORE, MARGIN = 90.0, 3.0  # rapidfuzz ratio, 0-100: at least this near, and this much nearer than any other entry


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return tomllib.loads((files("knowledge") / "names.toml").read_text(encoding="utf-8"))


def family_names() -> dict[str, str]:
    """Return the names of families without a size -> model id, as written by hand in names.toml."""
    return dict(_tables()["families"])


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Return a name in the form that names are compared in.

    NFKC and case folded, hiragana as katakana, long-vowel marks dropped, every separator one space, a space between
    words of two or more letters and digits ("qwen2.5" = "Qwen 2.5") and between Japanese and Latin script.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = "".join(chr(ord(one) + 0x60) if "ぁ" <= one <= "ゖ" else one for one in folded)
    folded = re.sub(r"(?<=[ァ-ヺ])[ー‐−―-]", "", folded)
    folded = re.sub(r"[\s_/\\:,\-‐‑–—・·()\[\]「」『』【】、。]+", " ", folded)
    folded = re.sub(r"(?<=[a-z]{2})(?=\d)", " ", folded)
    folded = re.sub(r"(?<=[^\x00-\x7f])(?=[a-z0-9])|(?<=[a-z0-9+])(?=[^\x00-\x7f])", " ", folded)
    return re.sub(r" +", " ", folded).strip(" .")


def model_aliases(catalog: Catalog) -> dict[str, str]:
    """Return normalised alias -> model id for every entry, in both languages; complete for whole-sentence search."""
    return _model_aliases(catalog)


@lru_cache(maxsize=4)
def _model_aliases(catalog: Catalog) -> dict[str, str]:
    return _kept("models", catalog, _make_model_aliases)


def _kept(name: str, catalog: Catalog, make: Callable[[Catalog], dict[str, str]]) -> dict[str, str]:
    """Return a table derived from the catalog, from the user's cache folder when made for the same files and code."""
    if not catalog.stamp:
        return make(catalog)
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
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
    kana: dict[str, list[str]] = _tables()["kana"]
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
    words = _tables()["words"]
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
    found, near = _nearest(EDGE.sub("", name), aliases)
    if found:
        return catalog.models[found]
    raise UnknownModel(text[:200], near)


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
    said = [same for word in name_words.split(name) for same in _tables()["same"].get(word, word).split(" ")]
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
    kana: dict[str, list[str]] = _tables()["kana"]
    return {normalise(spelled): word for word, spellings in kana.items() for spelled in spellings}


def gpu_aliases(catalog: Catalog) -> dict[str, str]:
    """Return normalised alias -> GPU name: with and without vendor words, the bare number where it is one card's."""
    return _gpu_aliases(catalog)


@lru_cache(maxsize=4)
def _gpu_aliases(catalog: Catalog) -> dict[str, str]:
    return _kept("gpus", catalog, _make_gpu_aliases)


def _make_gpu_aliases(catalog: Catalog) -> dict[str, str]:
    best: dict[str, tuple[int, str]] = {}
    for gpu in catalog.gpus.values():
        for level, alias in _gpu_forms(gpu):
            claim = (level, gpu.name)
            best[alias] = min(claim, best.get(alias, claim))
    return {alias: claim[1] for alias, claim in sorted(best.items()) if len(alias) >= 2}


def _gpu_forms(gpu: Gpu) -> Iterator[tuple[int, str]]:
    name = normalise(gpu.name)
    yield EXACT, name
    yield from ((NICKNAME, normalise(one)) for one in gpu.aliases)
    bare = re.sub(r"\b(nvidia|geforce|amd|radeon|intel|apple|gpu|graphics)\b ?", "", name).strip()
    yield SHORT, bare
    for prefix in ("nvidia", "geforce", "nvidia geforce", "amd", "radeon", "amd radeon", "intel", "apple"):
        if gpu.vendor in prefix or prefix in ("geforce", "radeon"):
            yield SHORT, f"{prefix} {bare}"
    number = re.match(r"(?:rtx|gtx|rx|arc) (\w+(?: (?:ti|super|xt|xtx|gre|laptop|max q))*)$", bare)
    if number and re.match(r"[2-9]\d{3}|[ab]\d{3}", number[1]) and number[1] not in ("2080", "4096", "8192"):
        yield LOOSE, number[1]
        if spoken := _spoken(number[1]):
            yield from ((LOOSE, one) for one in spoken)
        if "laptop" in number[1] and not number[1].startswith("2050"):  # sold for laptops only; 2050 is a year
            yield LOOSE + 1, number[1].replace(" laptop", "")
    for form in (name, bare, number[1] if number else bare):
        if "laptop" in form:
            for word in ("notebook", "mobile", "ノト", "ノトpc", "ラップトップ", "m"):
                yield LOOSE, normalise(form.replace("laptop", word))
        yield LOOSE, form.replace(" ", "") if len(form.replace(" ", "")) >= 4 else form
        if re.search(r" (ti|super|xt|xtx)", form):
            yield LOOSE, re.sub(r" (ti|super|xtx|xt)", r"\1", form)


_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_DIGITS = ("マル", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュウ")


def _spoken(number: str) -> tuple[str, ...]:
    """Return how "4070 ti" is said, "forty seventy ti" and 「ヨンマルナナマル ti」; () for numbers said otherwise."""
    found = re.fullmatch(r"([2-9])0([1-9])0((?: .*)?)", number)
    if not found:
        return ()
    tens, units = int(found[1]), int(found[2])
    kana = _DIGITS[tens] + _DIGITS[0] + _DIGITS[units] + _DIGITS[0]
    return f"{_TENS[tens]} {_TENS[units]}{found[3]}", normalise(kana + found[3])


def find_gpu(catalog: Catalog, text: str) -> Gpu:
    """Return the GPU or machine that a name means, of the variant that was sold with a size the name ends in.

    Makers, memory types and words such as "gaming" are passed over, and spaces do not count ("4070tis").
    Raises UnknownGpu with the nearest names; numbers must agree exactly.
    """
    aliases, compact = gpu_aliases(catalog), _compact_gpu_aliases(catalog)
    written = normalise(text)
    size = re.search(r" (\d+(?:\.\d+)?) ?(?:gb|gib|ギガ)(?: vram)?$", written)
    unsized = written[: size.start()] if size else written
    for name in dict.fromkeys((written, unsized, _core(written), _core(unsized))):
        if target := aliases.get(name) or compact.get(name.replace(" ", "")):
            gpu = catalog.gpus[target]
            return with_memory(catalog.gpus, gpu, float(size[1])) if size else gpu
    found, near = _nearest(unsized, aliases)
    if found:
        return catalog.gpus[found]
    raise UnknownGpu(text[:200], near)


def _core(name: str) -> str:
    """Return a normalised GPU name without makers, memory and filling words."""
    return re.sub(r" +", " ", _gpu_filling().sub(" ", name)).strip().removeprefix("ノ ").removesuffix(" ノ")


@lru_cache(maxsize=1)
def _gpu_filling() -> re.Pattern[str]:
    words = "|".join(sorted((normalise(one) for one in _tables()["words"]["gpu_filling"]), key=len, reverse=True))
    return re.compile(rf"(?<![a-z0-9ァ-ヺ])({words})(?![a-z0-9])|(?<![\w.])\d+ ?gb (?=hbm|gddr)")


@lru_cache(maxsize=4)
def _compact_gpu_aliases(catalog: Catalog) -> dict[str, str]:
    """Return alias without spaces -> GPU name, where all of its spellings mean one card."""
    found: dict[str, set[str]] = {}
    for alias, target in gpu_aliases(catalog).items():
        found.setdefault(alias.replace(" ", ""), set()).add(target)
    return {alias: min(targets) for alias, targets in found.items() if len(targets) == 1}


def _nearest(name: str, aliases: dict[str, str]) -> tuple[str | None, tuple[str, ...]]:
    """Return (target, ()) when one target is clearly meant, else (None, up to three nearest targets)."""
    from rapidfuzz import fuzz, process

    def is_typo(alias: str) -> bool:
        return re.findall(r"\S*[\d+]\S*", alias) == numbers and _few_letters_wrong(name, alias)

    hits = process.extract(name[:200], aliases.keys(), scorer=fuzz.ratio, limit=60)
    scores: dict[str, float] = {}
    sure: dict[str, float] = {}
    numbers = re.findall(r"\S*[\d+]\S*", name)  # versions and sizes: must agree
    for alias, score, _ in hits:
        target = aliases[alias]
        scores[target] = max(score, scores.get(target, 0.0))
        if is_typo(alias):
            sure[target] = max(score, sure.get(target, 0.0))
    ranked = sorted(sure.items(), key=lambda one: (-one[1], one[0]))
    enough = len(name) >= 5 and re.search(r"[^\d\s.]{3}", name)
    if enough and ranked and ranked[0][1] >= SCORE and (len(ranked) == 1 or ranked[0][1] - ranked[1][1] >= MARGIN):
        return ranked[0][0], ()
    near = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
    return None, tuple(target for target, score in near[:3] if score >= 50.0)


def _few_letters_wrong(name: str, alias: str) -> bool:
    """Tell whether each word differs in few letters: one of up to six, two of ten (names split otherwise: as one)."""
    from rapidfuzz.distance import DamerauLevenshtein

    one, other = name.split(" "), alias.split(" ")
    if len(one) != len(other):
        one, other = ["".join(one)], ["".join(other)]
    return all(
        DamerauLevenshtein.distance(once(left), once(right)) <= (max(len(left), len(right)) + 1) // 4
        for left, right in zip(one, other, strict=True)
    )


def once(word: str) -> str:
    """Return a word with doubled letters written once, where typing errors are commonest: "lamma" as "llama"."""
    return re.sub(r"([a-z])\1", r"\1", word)
