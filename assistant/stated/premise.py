"""What a question takes for granted and the catalog contradicts: a model's licence or maker, a card's memory."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.events import Language
from assistant.sentences import say
from assistant.writer.draft import Draft, join_sentences, parts
from knowledge.spelling import normalise

if TYPE_CHECKING:
    from assistant.reader.marking import Tables
    from assistant.reader.units import Span
    from knowledge.catalog import Catalog
    from knowledge.schema import Model

LONGEST_LINEAGE = 5  # base models of base models; a person's own entries could form a cycle
_KNOWN = r"(?:(?:still|now|all|also|fully|just|actually|really|open|free|released|licen[cs]ed|distributed|published) )*"
_IS_BEFORE = re.compile(r"(?<![a-z])(?:is|are|was|isn.?t|aren.?t)\s+(?:the )?$", re.I)
_BE = (
    r"(?:'s)?(?: models?| weights| licen[cs]es?| family)*(?:'s)? (?:is|are|was|were|being|has|have|uses?|comes?|came) "
)
# Between a model and a licence, in this order and the other.
_LICENSED = re.compile(
    rf"{_BE}{_KNOWN}(?:(?:under|with|on|an?|the) )*|"
    r"(?:の)?(?:モデル|シリーズ|重み)?(?:の?ライセンス)?(?:は|が|って|も)[、\s]*(?:たしか|確か|全部|すべて|完全に)?\s*",
    re.I,
)
_ASKED_LICENSED = re.compile(rf" {_KNOWN}(?:(?:under|an?|the) )*", re.I)
_LICENCE_FIRST = re.compile(r"[- ]licen[cs]ed (?:model )?|(?:ライセンス)?の", re.I)
_NOT_SO = re.compile(r"\s?(?:licen[cs]ed?|ライセンス)?(?:じゃ|では|で)な|\s?以外", re.I)
# Between a model and its maker; in Japanese what follows the maker tells that it is one ("NVIDIAのGPUで" does not).
_MADE = r"(?:made|built|developed|created|trained|released|published)"
_MAKER = re.compile(rf"{_BE}(?:(?:an?|the|{_MADE}|by|from|of|owned|model) )*|,? {_MADE} by ", re.I)
_ASKED_MAKER = re.compile(rf" (?:an?|from|by|of|{_MADE}|the)(?: (?:an?|by|from))? ", re.I)
_MAKER_JA = re.compile(r"(?:の?モデル)?(?:は|が|って|も)[、\s]*(?:たしか|確か)?\s*")
_OF_THE_MAKER_JA = re.compile(
    r"(?:社)?(?:の(?:モデル|LLM|AI|もの|製品|やつ|です|だ|でしょ)|製(?!品)|が(?:作|開発|出し|公開)|産(?:の|で|だ)|から出)"
)
_MAKER_FIRST = re.compile(
    r"'s (?:(?:new|latest|open|own|big|small) )*|"
    r"(?:社)?(?:の|製の?|が(?:作った|開発した|出した|公開した|出している|出してる))(?:新しい|最新の)?",
    re.I,
)


def with_premise(plan: Draft, question: str, catalog: "Catalog", tables: "Tables", language: Language) -> Draft:
    """Return an answer that begins with what the question asserts wrongly of a model, any other answer as it is."""
    from assistant.reader.cards import mistaken_memory
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    text = clean(question)
    spans = find_spans(text, tables)
    told = [*_licences(text, spans, catalog, language), *_makers(text, spans, catalog, language)]
    for card, size in mistaken_memory(spans, text, tables.memory):
        sold = " / ".join(f"{one:g}" for one in tables.memory[str(card.value)])
        told.append(say(language, "premise.memory", gpu=card.value, said=f"{size.value:g}", sold=sold))
    return replace(plan, verdict=parts(join_sentences(dict.fromkeys(told)), plan.verdict)) if told else plan


def _licences(text: str, spans: "list[Span]", catalog: "Catalog", language: Language) -> Iterator[str]:
    """Yield a sentence for a licence that a named model does not have; of several licences none is asserted."""
    named = [span for span in spans if span.kind == "LIC"]
    if len({span.value for span in named}) != 1 or _NOT_SO.match(text, named[0].end):
        return
    for written, model in _models(text, spans, catalog):
        between = text[written.end : named[0].start]
        asked = _IS_BEFORE.search(text[: written.start]) and _ASKED_LICENSED.fullmatch(between)
        first = _LICENCE_FIRST.fullmatch(text[named[0].end : written.start])
        if not (asked or first or _LICENSED.fullmatch(between)):
            continue
        said, licence = str(named[0].value), catalog.licences.get(model.licence)
        if licence is None or model.licence in ("unknown", "other-terms") or normalise(said) == normalise(licence.id):
            continue
        if not any(char.isdigit() for char in text[written.start : written.end]) and _has(model, said, catalog):
            continue  # some of the family are licensed so
        shown = text[named[0].start : named[0].end]
        yield say(language, "premise.licence", model=model.name, licence=licence.name, said=shown)


def _has(model: "Model", licence: str, catalog: "Catalog") -> bool:
    return any(one.lab == model.lab and one.licence == licence for one in catalog.models.values())


def _makers(text: str, spans: "list[Span]", catalog: "Catalog", language: Language) -> Iterator[str]:
    """Yield a sentence for a maker that a named model is not by, nor the model that it was made from."""
    models = list(_models(text, spans, catalog))
    for start, end, lab in _labs(text, catalog, [span for span, _ in models]):
        others = [span for span, _ in models if span.start >= end]
        owned = next((span for span in others if _MAKER_FIRST.fullmatch(text[end : span.start])), None)
        for written, model in models:
            between = text[written.end : start]
            ja = _MAKER_JA.fullmatch(between) and _OF_THE_MAKER_JA.match(text, end)
            asked = _IS_BEFORE.search(text[: written.start]) and _ASKED_MAKER.fullmatch(between)
            if (owned is written or (owned is None and (ja or asked or _MAKER.fullmatch(between)))) and not _by(
                model, lab, catalog
            ):
                yield say(language, "premise.maker", model=model.name, lab=model.lab, said=lab)


def _by(model: "Model", lab: str, catalog: "Catalog") -> bool:
    """Tell whether a lab made a model, or one that it was made from."""
    made: list[str] = []
    seen: Model | None = model
    while seen is not None and len(made) < LONGEST_LINEAGE:
        made.append(seen.lab)
        seen = catalog.models.get(seen.base_model or "")
    return any(normalise(lab) in normalise(one) or normalise(one) in normalise(lab) for one in made)


def _models(text: str, spans: "list[Span]", catalog: "Catalog") -> "Iterator[tuple[Span, Model]]":
    for span in spans:
        if span.kind == "MOD" and str(span.value) in catalog.models:
            yield span, catalog.models[str(span.value)]


_KANA = {
    "グーグル": "Google", "メタ": "Meta", "アリババ": "Alibaba", "マイクロソフト": "Microsoft", "アマゾン": "Amazon",
    "エヌビディア": "NVIDIA", "アップル": "Apple", "テンセント": "Tencent", "バイドゥ": "Baidu",
}  # fmt: skip
_ENDS = re.compile(r" (?:AI|Inc|Labs?|Technologies|Research)$")


@lru_cache(maxsize=4)
def _names(catalog: "Catalog") -> re.Pattern[str]:
    """Return what finds makers by name: those of the catalog, also without "AI", and the large ones in kana."""
    labs = {re.split(r" \(", model.lab)[0] for model in catalog.models.values()}
    names = {*labs, *(_ENDS.sub("", lab) for lab in labs), *_KANA, "Apple"}
    words = sorted((re.escape(name) for name in names if len(name) > 1), key=len, reverse=True)
    return re.compile(rf"(?<![A-Za-zァ-ヶ])(?:{'|'.join(words)})(?![A-Za-zァ-ヶー])", re.I)


def _labs(text: str, catalog: "Catalog", taken: "list[Span]") -> Iterator[tuple[int, int, str]]:
    for found in _names(catalog).finditer(text):
        if not any(span.start < found.end() and found.start() < span.end for span in taken):
            yield found.start(), found.end(), _KANA.get(found[0], found[0])
