"""GPU and machine names as people type them -> entries of the GPU table.

When several cards claim one alias, the closer claim wins, then the smaller name, as for models (names.py).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from assistant.errors import UnknownGpu
from knowledge.catalog import Catalog
from knowledge.gpu_table import with_memory
from knowledge.names import EXACT, LOOSE, NICKNAME, SHORT, kept, tables
from knowledge.schema import Gpu
from knowledge.spelling import nearest, normalise

_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_DIGITS = ("マル", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュウ")
_SUFFIX_KANA = {"ti": "ティーアイ", "super": "スーパー", "xt": "エックスティー", "xtx": "エックスティーエックス"}
_BARE = re.compile(r"\d{1,3}|.")  # "555" alone is a part of a telephone number
APPLE_CHIP = re.compile(r"m(?:[1-9]|1\d) (?:pro|max|ultra)|m[1-9]", re.I)  # whichever number Apple reaches
_SUFFIX = re.compile(r" (ti|super|xtx|xt)(?![a-z])")


def gpu_aliases(catalog: Catalog) -> dict[str, str]:
    """Return normalised alias -> GPU name: with and without vendor words, the bare number where it is one card's."""
    return _gpu_aliases(catalog)


@lru_cache(maxsize=4)
def _gpu_aliases(catalog: Catalog) -> dict[str, str]:
    return kept("gpus", catalog, _make_gpu_aliases)


def _make_gpu_aliases(catalog: Catalog) -> dict[str, str]:
    best: dict[str, tuple[int, str]] = {}
    for gpu in catalog.gpus.values():
        for level, alias in _gpu_forms(gpu):
            claim = (level, gpu.name)
            best[alias] = min(claim, best.get(alias, claim))
    return {alias: claim[1] for alias, claim in sorted(best.items()) if not _BARE.fullmatch(alias)}


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
            yield LOOSE, normalise(_SUFFIX.sub(lambda found: _SUFFIX_KANA[found[1]], form))


def _spoken(number: str) -> tuple[str, ...]:
    """Return how "4070 ti" is said, "forty seventy ti" and 「ヨンマルナナマル ti」; () for numbers said otherwise."""
    found = re.fullmatch(r"([2-9])0([1-9])0((?: .*)?)", number)
    if not found:
        return ()
    tens, units = int(found[1]), int(found[2])
    kana = _DIGITS[tens] + _DIGITS[0] + _DIGITS[units] + _DIGITS[0]
    suffix = _SUFFIX.sub(lambda one: _SUFFIX_KANA[one[1]], found[3])
    return (
        f"{_TENS[tens]} {_TENS[units]}{found[3]}",
        normalise(kana + found[3]),
        normalise(f"{kana} ノ {suffix}" if suffix else kana),
    )


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
    found, near = nearest(unsized, aliases)
    if found:
        return catalog.gpus[found]
    raise UnknownGpu(text[:200], near)


def _core(name: str) -> str:
    """Return a normalised GPU name without makers, memory and filling words."""
    return re.sub(r" +", " ", _gpu_filling().sub(" ", name)).strip().removeprefix("ノ ").removesuffix(" ノ")


@lru_cache(maxsize=1)
def _gpu_filling() -> re.Pattern[str]:
    words = "|".join(sorted((normalise(one) for one in tables()["words"]["gpu_filling"]), key=len, reverse=True))
    return re.compile(rf"(?<![a-z0-9ァ-ヺ])({words})(?![a-z0-9])|(?<![\w.])\d+ ?gb (?=hbm|gddr)")


@lru_cache(maxsize=4)
def _compact_gpu_aliases(catalog: Catalog) -> dict[str, str]:
    """Return alias without spaces -> GPU name, where all of its spellings mean one card."""
    found: dict[str, set[str]] = {}
    for alias, target in gpu_aliases(catalog).items():
        found.setdefault(alias.replace(" ", ""), set()).add(target)
    return {alias: min(targets) for alias, targets in found.items() if len(targets) == 1}
