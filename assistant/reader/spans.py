"""The span finder: names, sizes, counts and codes in a question, overlaps resolved, and the text with placeholders.

The model sees `<GPU1>`, `<GB1>`, `<MOD1>`, ... instead of what was written: it decides meaning, code decides values.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from rapidfuzz.distance import DamerauLevenshtein

from assistant.reader.bounds import bounded
from assistant.reader.counts import FINDERS, follow_ups
from assistant.reader.joining import bare_memory, counted, join_sizes, siblings
from assistant.reader.lexicon import words
from assistant.reader.marking import FAMILIES, Tables
from assistant.reader.origin import origins
from assistant.reader.tables import Found, letters_of
from assistant.reader.taken import near_sizes
from assistant.reader.units import Kind, Span
from assistant.reader.words import labs, languages, licences
from assistant.stated.speed import spans as speed_spans
from knowledge.cloud_machines import cloud_machines
from knowledge.spelling import once

# How many placeholders of a kind one question may have; further ones stay text. Usage always does: code reads it.
_RANK: tuple[Kind, ...] = (
    "TPS",
    "MOD",
    "GPU",
    "MAC",
    "KV",
    "QNT",
    "USD",
    "USE",
    "CTX",
    "PAR",
    "GB",
    "REF",
    "NUM",
    "LIC",
    "LANG",
    "LAB",
)

_NUMBERS: tuple[Kind, ...] = ("CTX", "PAR", "GB", "NUM", "REF", "USD", "USE", "QNT")
_LONGEST_CONTEXT = 10_000_000  # tokens; no model reads more at once, so this is what is used in all
_COMMON_WORDS = frozenset(words("common_words"))
_NOT_VERSION = (
    r"(?![\d.]|\s?(?:枚|台|基|つ|個|人|名|番|倍|万|千|億|ビット|ギガ|bits?\b|[gmt]i?b|[gk](?![a-z])|tok|"
    r"[x×](?![a-z])|users|cards|gpus|of |ページ|pages|時間|年))"
)
_VERSION = (
    rf"(?:v?\d+(?:\.\d+)*[nov]?(?![A-Za-z]){_NOT_VERSION}|(?:\d+(?:\.\d+)?[bm](?:[- ]?a\d+(?:\.\d+)?b)?|"
    r"\d+x\d+b|e\d+b|a\d+b)(?![A-Za-z0-9]))"
)
_WORD = (
    r"(?:instruct|chat|-it|-base|coder|mini|nano|small|medium|large|lite|pro|ultra|flash|opus|sonnet|"
    r"haiku|turbo|distill|llama|qwen|vl|vision|omni|scout|"
    r"maverick|-next|thinking|plus|-max|nemo|air|expanse|translate|embedding|embed|reranker|math|audio|"
    r"guard|-super|oss|preview|-exp|"
    r"xl|xxl|micro|tiny|r1|v3|v2|m3|r\+|r|k2|jp|bakeneko|east|elyza|hyperion)"
)
_CODES = re.compile(
    r"(?<![A-Za-z0-9-])(?:4o(?:-mini)?|o[134](?:-mini|-pro)?|gpt-?(?:3\.5|4o|4\.1|4\.5|4|5)(?:[- ](?:mini|nano|turbo|"
    r"pro|codex))*|r1|v3(?:\.[0-9])?)(?![A-Za-z0-9])",
    re.I,
)
_HUB = re.compile(r"(?<![\w./@-])[A-Za-z][\w.-]{1,40}/[A-Za-z][\w.-]{2,80}(?![\w/])")
_NAMED_SIZE = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9.]*(?:-[A-Za-z0-9.]+)*-\d+(?:\.\d+)?[bB](?:-[A-Za-z0-9.]+)*(?![A-Za-z0-9])"
)
_CAPITAL_SIZE = re.compile(
    r"(?<![A-Za-z0-9])([A-Z][A-Za-z]{3,20})(?: \d(?:\.\d)?)?[ -]\d{1,3}(?:\.\d)?[bB](?![A-Za-z0-9])"
)
_LETTER_ZERO = re.compile(  # "4o90", "RTX 309O", "rtx4o9o"
    r"(?<![A-Za-z0-9-])(?:[rg]tx ?|rx ?)?(?=[\doO]{4})(?=\d*[oO]\d*[oO]?)[1-9][\doO]{3}"
    r"(?=(?:ti|s|super|xtx?)?(?![A-Za-z0-9]))",
    re.I,
)
_LONGEST_NAME = 80  # characters after the family; bounds the work on text that repeats names
_BEFORE_SIZE = frozenset(words("before_size"))
_GPU_PATTERN = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:(?:nvidia|geforce|amd|radeon|intel|nvidia geforce|amd radeon) ?)?(?:(?:rtx|"
    r"gtx|rx|arc|quadro|tesla|instinct|radeon pro|"
    r"titan) ?-?(?:pro )?[abmw]?[ix]?\d{2,5}(?:[dsm](?![a-z]))?(?: ?(?:ti|xtx|xt|super|gre|laptop|mobile|"
    r"ada)(?![a-z]))*)"
    r"|[1-9]\d{3} ?(?:xtx|xt|ti super|ti|super|s)(?![A-Za-z])|"
    r"ryzen ai max\+? ?\d{3}|dgx spark|(?:rtx|gtx|rx) ?\d{4})(?![A-Za-z0-9])",
    re.I,
)
_CHIP = re.compile(r"(?<![a-z0-9-])m([1-9]|1\d)(?: ?(pro|max|ultra))?(?![a-z0-9])", re.I)  # of Apple, known or not
_APPLE = re.compile(r"(?<![a-z])(?:mac(?:book)?s?|imac|apple)(?![a-z])|マック|チップ", re.I)
_LAPTOP = re.compile(
    r"laptop|notebook|(?:(?<![ァ-ヶー一-鿿])|(?<=ゲーミング)|(?<=搭載)|(?<=世代))ノート(?!\s?\d+\s?冊|を|に書|の(?:写真|画像|内容|ページ|字|文字|スキャン|取り方|要約|まとめ)|"
    r"の中)|ラップトップ|モバイル版|mobile|max-?q",
    re.I,
)
_SEVERAL = re.compile(
    r"(?<![a-z\d.])(?:two|three|four|six|eight|\d{1,2}|dual|twin|triple|quad|pair of|couple of|several|many|some)"
    r"(?: ?[x×])?(?: (?:nvidia|geforce|used|old|new|rtx|gtx))* ?$",
    re.I,
)
_OTHER_BOARD_BEFORE = re.compile(r"(?:orange|banana|nano)[ -]?$", re.I)  # "orange pi 5"
_OTHER_BOARD_AFTER = re.compile(r"(?<=pi)\s?(?:zero|pico|[123])(?![\w.])", re.I)
_PROCESSOR = re.compile(
    r"(?<![a-z0-9])(?:ryzen(?! ai max)(?: (?:ai|threadripper|pro|hx|[3579]))* ?-?\d{3,4}[a-z0-9]{0,3}|"
    r"(?:core )?i[3579] ?-?\d{4,5}[a-z]{0,3}|core ultra [3579] ?\d{3}[a-z]{0,2}|xeon (?:[a-z]+ )*[ew]?-?\d{1,5}[a-z]?"
    r"(?: ?-?\d{4}[a-z]?)?(?: v\d)?|epyc \d{4}[a-z]{0,2}|threadripper (?:pro )?\d{4}[a-z]{0,2})(?![a-z0-9])",
    re.I,
)
_CARD_NUMBER = re.compile(r"(?:[1-5]0[5-9]0|16[56]0|9070)(?!\d| ?k)", re.I)  # "4090 context" is no context of 4,090
_DESKTOP = re.compile(r"desktop|デスクトップ|自作|タワー|egpu|外付け", re.I)


def find_spans(text: str, tables: Tables, *, conversation: bool = False) -> list[Span]:
    """Return the spans of a cleaned question, in order, without overlaps: the longest first, names before numbers.

    In a conversation, bare numbers may be list references ("2 or 3?") and counts ("with two of them").
    """
    text = _LETTER_ZERO.sub(lambda found: re.sub("[oO]", "0", found[0]), text)
    candidates = [*_models(text, tables), *_gpus(text, tables), *languages(text), *licences(text), *labs(text)]
    candidates += origins(text)
    for finder in FINDERS:
        candidates.extend(finder(text))
    if conversation:
        candidates.extend(follow_ups(text))
    rates = list(speed_spans(text, talking=conversation))
    candidates = [*_without_rates(candidates, rates), *rates]
    chosen: list[Span] = []
    taken = bytearray(len(text))
    for span in sorted(_sensible(text, candidates), key=lambda s: (-_weight(s), s.start, _RANK.index(s.kind))):
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\x01" * (span.end - span.start)
            chosen.append(span)
    chosen.sort(key=lambda span: span.start)
    named = siblings(text, join_sizes(text, bare_memory(text, chosen, tables), tables), tables)
    named = near_sizes(text, named, tables)
    return bounded(text, counted(text, named, conversation=conversation))


def _without_rates(candidates: list[Span], rates: list[Span]) -> list[Span]:
    """Leave out numbers that are part of a rate: "at least 300 tokens/s" states no context."""
    numbers = [one for one in candidates if one.kind in _NUMBERS]
    inside = {one for one in numbers if any(one.start < rate.end and rate.start < one.end for rate in rates)}
    return [one for one in candidates if one not in inside]


def _sensible(text: str, candidates: list[Span]) -> Iterable[Span]:
    """Leave out what only looks like something: "4090 at once" as users, two known names run together as one.

    Digits of a processor's name ("Ryzen 5 5600G") are none of a card, a size or a model.
    """
    processors = [found.span() for found in _PROCESSOR.finditer(text)]
    candidates = [one for one in candidates if not any(start < one.start < end for start, end in processors)]
    names = [span for span in candidates if span.kind in ("GPU", "MAC", "MOD") and span.hint != "unknown"]
    words = [span for span in candidates if span.kind in ("LIC", "LAB", "LANG")]
    nations = [span for span in words if span.hint == "origin"]
    for span in candidates:
        if span.kind == "LANG" and any(one.start <= span.start < one.end for one in nations):
            continue
        if span.kind == "CTX" and isinstance(span.value, int) and span.value > _LONGEST_CONTEXT:
            continue
        if (
            span.kind == "CTX"
            and _CARD_NUMBER.match(text, span.start)
            and any(one.start == span.start for one in names)
        ):
            continue
        inside = [one for one in names if span.start <= one.start and one.end <= span.end]
        if span.kind == "NUM" and any(one.start <= span.start < one.end for one in names):
            continue
        if span.hint == "unknown" and (
            len({one.start for one in inside}) > 1 or any(one.start == span.start for one in words)
        ):
            continue
        yield span


def _weight(span: Span) -> float:
    """Return what decides an overlap: length, then rank; an unknown name yields to a known one of its length."""
    return span.end - span.start - (0.5 if span.hint == "unknown" else 0) - _RANK.index(span.kind) / 100


def _models(text: str, tables: Tables) -> Iterable[Span]:
    for found in tables.models.scan(text):
        written = text[found.start : found.end]
        common = written.casefold() in _COMMON_WORDS or written.casefold().removesuffix("s") in _COMMON_WORDS
        if common and (not written.isascii() or written != written.capitalize()):
            continue
        yield Span("MOD", found.start, found.end, found.value)
    for found in _written_names(text, tables):
        yield _resolve(text, found, tables)
    for found in _corrected(text, tables):
        yield Span("MOD", found.start, found.end, found.value)


def _written_names(text: str, tables: Tables) -> Iterable[Found]:
    """Names by their looks: a family with versions, sizes and variant words; a hub id; "Foo-13B"."""
    tail = re.compile(rf"(?:[-_: ]?(?:{_VERSION}|{_WORD}(?![A-Za-z+])))+", re.I)
    cards = [one.start for one in tables.gpus.scan(text) if text[one.start : one.start + 4].isdigit()]
    for family in tables.families.scan(text):
        stop = min([family.end + _LONGEST_NAME, *(start for start in cards if start >= family.end)])
        rest = tail.match(text, family.end, stop)
        word = text[family.start : family.end].casefold()
        word = word if word in _COMMON_WORDS else word.removesuffix("s")
        shouted = text[family.start : family.end].isupper()
        if rest is None and word in _COMMON_WORDS and not shouted:
            continue
        if (
            rest is not None
            and word in _COMMON_WORDS
            and not re.search(r"\d|r\+|r(?![a-z])|expanse", rest.group(), re.I)
        ):
            continue
        yield Found(family.start, rest.end() if rest else family.end, "")
    for pattern in (_CODES, _HUB, _NAMED_SIZE, _CAPITAL_SIZE):
        for match in pattern.finditer(text):
            if pattern is _CAPITAL_SIZE and match[1].casefold() in _BEFORE_SIZE:
                continue
            if pattern is _NAMED_SIZE and match.group().split("-")[0].casefold() in _BEFORE_SIZE:  # "sub-3B"
                continue
            if pattern is not _HUB or re.search(r"\d", match.group()):
                yield Found(match.start(), match.end(), "")


_QUANTISED = re.compile(
    r"[-_:](?:(?:qat[-_:])?i?q\d\w*|awq|gptq|exl[23]|(?:mx|nv)?fp(?:4|8|16)|int[48]|[48]bit)$", re.I
)


def _resolve(text: str, found: Found, tables: Tables) -> Span:
    """Give a written name its id: as a whole, or without trailing words that carry no digit ("instruct", "chat")."""
    written = text[found.start : found.end]
    if tail := _QUANTISED.search(written):  # "gemma-3-27b-it-qat-q4_0": the model, and how it is quantised
        named = _resolve(text, replace(found, end=found.start + tail.start()), tables)
        if named.hint != "unknown":
            return named
    shorter = written
    while shorter:
        value = tables.models.get(shorter)
        if value is not None:
            return Span("MOD", found.start, found.end, value)
        cut = re.sub(r"[-_: ]?[A-Za-z+]+$", "", shorter)
        shorter = cut if cut != shorter else ""
    if re.search(r"\d", written) and "/" not in written and (value := tables.by_words(written)) is not None:
        return Span("MOD", found.start, found.end, value)
    return Span("MOD", found.start, found.end, written, "unknown")


_SHORT_FAMILY = 6  # letters
_LONG_FAMILIES = tuple((family, once(family)) for family in FAMILIES if len(family) >= 4)
_BILLIONS = re.compile(r"(?:[-_ ]?v?\d+(?:\.\d+)?)?(?:[-_ ]?[A-Za-z]{2,8})?[-_ ]?\d+(?:\.\d+)?[bB](?![A-Za-z])")
_LATIN_NAME = re.compile(  # of three letters ("qwn") only with a version and a size
    r"[A-Za-z]{4,12}(?=[-_ ]?(?:\d|v\d|r1|small|medium|large|nemo|coder))|"
    r"(?<![A-Za-z])[A-Za-z]{3}(?=[-_ ]?\d(?:\.\d)?[-_ ]\d+b)|"
    r"[ァ-ヶー]{3,8}(?=[-_ の]?\d)",
    re.I,
)


def _corrected(text: str, tables: Tables) -> Iterable[Found]:
    """Names with one wrong, missing or swapped letter, or any doubled ones, in the family: "lama 3.1 8b", "qwem3 32b".

    A short family with a wrong letter may be a word ("clause 4", "grow 4"): it is a name only beside a size.
    """
    for match in _LATIN_NAME.finditer(text):
        word = match.group().casefold()
        near = sorted(
            (0 if once(word) == bare else DamerauLevenshtein.distance(word, family, score_cutoff=2), family)
            for family, bare in _LONG_FAMILIES
            if abs(len(family) - len(word)) <= 1 and family != word
        )
        if not near or near[0][0] > 1 or (len(near) > 1 and near[1][0] == near[0][0]) or word in FAMILIES:
            continue
        family = near[0][1]
        mended = text[: match.start()] + family + text[match.end() :]
        shift = len(family) - len(word)
        wrong = len(once(family)) == len(once(word)) and sorted(once(family)) != sorted(once(word))
        if wrong and len(family) <= _SHORT_FAMILY and not _BILLIONS.match(text, match.end()):
            continue
        for found in tables.models.scan(mended):
            rest = mended[match.start() + len(family) : found.end]
            if found.start == match.start() and len(rest) > 1:
                yield Found(found.start, found.end - shift, found.value)


def _gpus(text: str, tables: Tables) -> Iterable[Span]:
    """Yield cards, chips, and a cloud's machines; a card that is told beside such a machine is the one in it."""
    rented = list(cloud_machines(text))
    yield from (Span("GPU", one.start, one.end, one.machine.name) for one in rented)
    for span in _cards(text, tables):
        if not any(str(span.value).split(" ")[0] == one.machine.gpu.split(" ")[0] for one in rented):
            yield span


def _cards(text: str, tables: Tables) -> Iterable[Span]:
    laptop = bool(_LAPTOP.search(text)) and not _DESKTOP.search(text)
    for found in tables.gpus.scan(text):
        if re.fullmatch(r"[a-z]\ds", text[found.start : found.end]):  # "k8s" is not several K8
            continue
        if _OTHER_BOARD_BEFORE.search(text[: found.start]) or _OTHER_BOARD_AFTER.match(text, found.end):
            continue
        name = found.value
        if text[found.end - 1] == "s" and _SEVERAL.search(text[: found.start]):  # "two 4070s" are not Supers
            name = tables.gpus.get(text[found.start : found.end - 1]) or name
        if laptop and f"{name} Laptop" in tables.gpu_names:
            name = f"{name} Laptop"
        yield Span("MAC" if name in tables.unified else "GPU", found.start, found.end, name)
    for match in _GPU_PATTERN.finditer(text):
        written = re.sub(r"\s+", " ", match.group()).strip()
        mobile = tables.gpus.get(f"{written} laptop")
        if tables.gpus.get(written) is None and mobile:  # sold for laptops only
            yield Span("GPU", match.start(), match.end(), mobile)
        elif tables.gpus.get(written) is None:
            yield Span("GPU", match.start(), match.end(), written, "unknown")
    for match in _CHIP.finditer(text):
        name = f"M{match[1]} {(match[2] or '').title()}".strip()
        if tables.gpus.get(name) is None and (match[2] or _APPLE.search(text)):
            yield Span("MAC", match.start(), match.end(), name, "unknown")


def same_name(one: str, other: str) -> bool:
    """Tell whether two written names are the same but for separators, case and kana."""
    return letters_of(one) == letters_of(other)
