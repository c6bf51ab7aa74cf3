"""The catalog as columns: what choosing asks of every model, in arrays that are built once per catalog.

A row is one model. `entry` tells which of `models` a row describes: in a catalog each its own, sorted by id, so that
the row number breaks ties by id; the benchmark describes a million rows by a thousand entries and overwrites figures.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.calls import CLOSED
from assistant.choosing.traits import kind
from assistant.memory.batch import Flags, Floats, Ints
from knowledge.schema import Licence, Model, Price
from knowledge.spelling import normalise

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

MANY_LANGUAGES = 8  # who lists as many made the model for more than a region, and names the largest ones
LONGEST_LINEAGE = 5  # base models of base models; entries may not form a cycle, but a user's could
# Country code -> what people call it when they rule its models out.
COUNTRIES = {
    "CN": ("china", "chinese", "中国", "中国製"), "US": ("us", "usa", "america", "american", "アメリカ", "米国"),
    "JP": ("japan", "japanese", "日本", "日本製", "国産"), "FR": ("france", "french", "フランス"),
    "KR": ("korea", "korean", "韓国"),
    "CA": ("canada", "canadian", "カナダ"), "AE": ("uae", "アラブ首長国連邦"), "IL": ("israel", "イスラエル"),
    "DE": ("germany", "german", "ドイツ"), "GB": ("uk", "britain", "イギリス", "英国"),
    "CH": ("switzerland", "swiss", "スイス"), "ES": ("spain", "スペイン"), "IN": ("india", "インド"),
    "IT": ("italy", "イタリア"), "TW": ("taiwan", "台湾"), "SG": ("singapore", "シンガポール"),
}  # fmt: skip
# The European Union's members (2026), the United Kingdom, Switzerland, Norway and Iceland.
EUROPE = frozenset(re.findall("..", "ATBEBGHRCYCZDEDKEEESFIFRGRHUIEITLTLULVMTNLPLPTROSESISKGBCHNOIS"))
_REGIONS = {"europe": EUROPE, "european": EUROPE, "eu": EUROPE, "ヨーロッパ": EUROPE, "欧州": EUROPE}
_ELSEWHERE = re.compile(r"outside (?:of )?(?P<en>.+)|(?P<ja>.+?)以外(?:の国)?")
_EITHER = re.compile(r" or |か(?=[a-z])")
# A service's name -> all that its models are called by.
_SERVICES = {"chatgpt": ("gpt", "openai")}


@dataclass(frozen=True, eq=False)
class Columns:
    """What of the models does not depend on the question. Arrays are (rows,); 0 or NaN where nothing is known.

    `variants` maps a variant to its rows. `longest` is the longest context, extended ones included. `text`: a language
    model, not one with a scale of its own. `tunable`: with open weights or through the vendor's API. Prices are US
    dollars per million tokens. Per entry: `tongues` are the languages that are listed or measured, `parents` the
    entries of base models (-1: none), `labels` the normalised names by which one may be excluded, `licences` what is
    known of the licence, else its id.
    """

    models: tuple[Model, ...]
    entry: Ints
    variants: dict[str, Flags]
    open_weights: Flags
    text: Flags
    audio: Flags
    image: Flags
    no_tools: Flags
    thinking: Flags
    tunable: Flags
    parameters: Floats
    context: Ints
    longest: Ints
    priced: Flags
    price_in: Floats
    price_out: Floats
    tongues: tuple[frozenset[str], ...]
    parents: Ints
    labels: tuple[frozenset[str], ...]
    licences: tuple[Licence | str, ...]


@lru_cache(maxsize=4)
def columns(catalog: "Catalog") -> Columns:
    """Return a catalog's columns; the latest catalogs' are kept (some 30 ms for 1,500 models)."""
    models = tuple(catalog.models[name] for name in sorted(catalog.models))
    row = {model.id: at for at, model in enumerate(models)}

    def flags(test: Callable[[Model], bool]) -> Flags:
        return np.array([test(model) for model in models], dtype=np.bool_)

    def numbers(figure: Callable[[Model], float | None]) -> Floats:
        return np.array([figure(model) or 0.0 for model in models], dtype=np.float64)

    def prices(side: Callable[[Price], float | None]) -> Floats:
        found = [None if model.price is None else side(model.price) for model in models]
        return np.array([np.nan if one is None else one for one in found], dtype=np.float64)

    context = numbers(lambda model: model.context_tokens).astype(np.int64)
    extended = numbers(lambda model: model.extended_context_tokens).astype(np.int64)
    names = np.array([model.variant for model in models])
    return Columns(
        models=models,
        entry=np.arange(len(models)),
        variants={str(name): names == name for name in np.unique(names)},
        open_weights=flags(lambda model: model.open_weights),
        text=flags(lambda model: kind(model) == "text"),
        audio=flags(lambda model: "audio" in model.inputs),
        image=flags(lambda model: "image" in model.inputs),
        no_tools=flags(lambda model: model.tool_calling is False),
        thinking=flags(lambda model: model.thinking in ("always", "mode")),
        tunable=flags(lambda model: model.open_weights or "api" in model.fine_tuning),
        parameters=numbers(lambda model: model.parameters),
        context=context,
        longest=np.maximum(context, extended),
        priced=flags(lambda model: model.price is not None),
        price_in=prices(lambda price: price.input),
        price_out=prices(lambda price: price.output),
        tongues=tuple(_tongues(catalog, model) for model in models),
        parents=np.array([row.get(model.base_model or "", -1) for model in models], dtype=np.int64),
        labels=tuple(_labels(model) for model in models),
        licences=tuple(catalog.licences.get(model.licence, model.licence) for model in models),
    )


def _tongues(catalog: "Catalog", model: Model) -> frozenset[str]:
    scored = (catalog.benchmarks.get(score.benchmark) for score in model.scores)
    return frozenset(model.languages).union(*(one.languages for one in scored if one is not None))


def _labels(model: Model) -> frozenset[str]:
    words = (model.id, model.name, model.family or "", model.lab, *COUNTRIES.get(model.country or "", ()))
    return frozenset(normalise(word) for word in words if word)


@lru_cache(maxsize=64)
def of_variants(one: Columns, variants: frozenset[str]) -> Flags:
    """Return the rows of one of the variants."""
    return _any(one, (found for name, found in one.variants.items() if name in variants))


def _any(one: Columns, masks: Iterable[Flags]) -> Flags:
    found = np.zeros(len(one.entry), dtype=np.bool_)
    for mask in masks:
        found |= mask
    return found


@lru_cache(maxsize=64)
def speaks(one: Columns, language: str) -> Flags:
    """Return the rows of models for which a language is listed or was measured."""
    return _of_entries(one, [language in tongues for tongues in one.tongues])


@lru_cache(maxsize=4)
def multilingual(one: Columns) -> Flags:
    """Return the rows of models with many languages, of which one that is not listed may be known all the same."""
    return _of_entries(one, [len(tongues) >= MANY_LANGUAGES for tongues in one.tongues])


@lru_cache(maxsize=64)
def named(one: Columns, word: str) -> Flags:
    """Return the rows that a word rules out: a model, family, lab or country, and what was made from such a model.

    "qwen" means "qwen3" too, "chatgpt" OpenAI's GPT models. "outside Japan" (or 「日本以外」) rules out every maker who
    is not known to be from there, wherever the base model is from; "outside Google or Meta" all models but theirs;
    "closed weights" what only an API offers.
    """
    if word == CLOSED:
        return ~one.open_weights
    if elsewhere := _ELSEWHERE.fullmatch(word.strip().casefold()):
        meant = elsewhere["en"] or elsewhere["ja"]
        if wanted := _country_codes(meant):
            return _of_entries(one, [model.country not in wanted for model in one.models])
        return _of_entries(one, ~np.any([_called(one, name) for name in _EITHER.split(meant)], axis=0))
    if len(several := word.split(" or ")) > 1:
        return _any(one, [named(one, name) for name in several])
    if service := _SERVICES.get(normalise(word)):
        return ~_any(one, [~named(one, name) for name in service])
    if wanted := _region(word):
        return _of_entries(one, [model.country in wanted for model in one.models])
    called, ancestor = _called(one, word), one.parents
    found = called.copy()
    for _ in range(LONGEST_LINEAGE - 1):
        found |= (ancestor >= 0) & called[ancestor]
        ancestor = np.where(ancestor >= 0, one.parents[ancestor], -1)
    return _of_entries(one, found)


def _called(one: Columns, word: str) -> Flags:
    """Return the entries (not rows) that have a word for a name, family or lab, or in it."""
    name = normalise(word)
    starts = re.compile(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z])")
    found = [bool(name) and (name in own or any(map(starts.search, own))) for own in one.labels]
    return np.array(found, dtype=np.bool_)


def _region(place: str) -> frozenset[str]:
    return next((codes for name, codes in _REGIONS.items() if normalise(name) == normalise(place)), frozenset())


def _country_codes(place: str) -> frozenset[str]:
    """Return the codes of a country or region, empty when it is not known."""
    name = normalise(place)
    return _region(name) or frozenset(code for code, names in COUNTRIES.items() if name in map(normalise, names))


@lru_cache(maxsize=64)
def licensed(one: Columns, words: tuple[str, ...]) -> Flags:
    """Return the rows whose licence's id or name holds one of the words."""
    return _of_entries(one, [any(holds(licence, word) for word in words) for licence in one.licences])


def holds(licence: Licence | str, word: str) -> bool:
    """Tell whether a licence's id or name holds a word, however it is spelled."""
    own = licence if isinstance(licence, str) else f"{licence.id} {licence.name}"
    return normalise(word) in normalise(own) if normalise(word) else False


@lru_cache(maxsize=16)
def commercial(one: Columns, terms: frozenset[str]) -> Flags:
    """Return the rows whose licence allows commercial use on one of the terms (members of schema.Commercial)."""
    known = ["unknown" if isinstance(licence, str) else licence.commercial for licence in one.licences]
    return _of_entries(one, [one in terms for one in known])


def _of_entries(one: Columns, values: "Iterable[bool] | Flags") -> Flags:
    found: NDArray[np.bool_] = np.asarray(values, dtype=np.bool_)
    return found[one.entry]
