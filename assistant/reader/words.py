"""Languages and licences as words in a question."""

import re
from collections.abc import Iterator

from assistant.reader.lexicon import lexicon
from assistant.reader.units import Span

_EDGE = "(?:(?<![A-Za-z])|(?![A-Za-z]))"  # not within a Latin word; "日本語QA" is two


_PLAIN = r"[^\[\](){}?*+.\\^$|]"
_LITERAL = re.compile(rf"(?:\(\?<?[!=][^)]*\))?({_PLAIN}+?)(?={_PLAIN}[?*{{]|(?!{_PLAIN}))")


def _beginnings(names: str) -> tuple[str, ...]:
    """Return the letters that each alternative of a pattern begins with: a text that matches holds one of them."""
    depth, alternatives = 0, [""]
    for char in names:
        depth += (char == "(") - (char == ")")
        if char == "|" and not depth:
            alternatives.append("")
        else:
            alternatives[-1] += char
    found = [_LITERAL.match(one) for one in alternatives]
    return tuple(one[1].lower() if one else "" for one in found)


_LANGUAGES = tuple(
    (code, re.compile(f"{_EDGE}(?:{names}){_EDGE}", re.IGNORECASE), _beginnings(names))
    for table in ("languages", "people")
    for code, names in lexicon()[table].items()
)
_POLISH = re.compile(r"(?<![A-Za-z])Polish(?![A-Za-z])|ポーランド語")  # "polish my essay" is not a language
_ARROW = re.compile(
    r"(?<![一-鿿])[日英中韓仏独西露葡伊泰越](?:\s?(?:→|⇔|⇒|->|から|を)\s?[日英中韓仏独西露葡伊泰越])+(?![一-鿿]{2})"
)
_LETTERS = re.compile("[日英中韓仏独和西露葡伊泰越]")
_PAIR_CODES = {
    "日": "ja",
    "英": "en",
    "中": "zh",
    "韓": "ko",
    "仏": "fr",
    "独": "de",
    "和": "ja",
    "西": "es",
    "露": "ru",
    "葡": "pt",
    "伊": "it",
    "泰": "th",
    "越": "vi",
}
_PAIR = re.compile(
    r"(?<![一-鿿])([日英中韓仏独和西露])([日英中韓仏独和西露])(?=翻訳|両|対訳|訳|の|混|まじ|まざ|交|間|公報|文書|"
    r"バイリンガル|対応|・|、|$|\s|で|が|も|を|どちら|二|2)"
)
_INTO = re.compile(r"(?<![一-鿿])([和英中韓仏独])訳")
_EN_JA = re.compile(
    r"(?<![A-Za-z])(ja|jp|en|zh|ko|fr|de|es)\s?(?:->|→|<->|⇔|↔|-|/|⇄|to)\s?(ja|jp|en|zh|ko|fr|de|es)(?![A-Za-z])", re.I
)


_SEVERAL = re.compile(r"(?<![一-鿿])[日英中韓仏独]{3,6}(?=対応|翻訳|語|混|の|[^一-鿿]|$)")


def languages(text: str) -> Iterator[Span]:
    """Yield natural languages as tuples of ISO 639-1 codes."""
    lowered = text.lower()
    for code, pattern, beginnings in _LANGUAGES:
        if not any(one in lowered for one in beginnings):
            continue
        for found in pattern.finditer(text):
            if code != "zh" or not (
                _MAKERS_AFTER.match(text, found.end()) or text[: found.start()].casefold().endswith("non-")
            ):  # "Chinese models" are models from China
                yield Span("LANG", found.start(), found.end(), (code,))
    for found in _POLISH.finditer(text):
        yield Span("LANG", found.start(), found.end(), ("pl",))
    for found in (*_PAIR.finditer(text), *_ARROW.finditer(text)):
        codes = tuple(dict.fromkeys(_PAIR_CODES[char] for char in _LETTERS.findall(found[0])))
        if len(codes) > 1:
            yield Span("LANG", found.start(), found.end(), codes)
    for found in _SEVERAL.finditer(text):
        yield Span("LANG", found.start(), found.end(), tuple(dict.fromkeys(_PAIR_CODES[char] for char in found[0])))
    for found in _INTO.finditer(text):
        yield Span("LANG", found.start(), found.start(1) + 1, (_PAIR_CODES[found[1]],))
    for found in _EN_JA.finditer(text):
        codes = tuple("ja" if one.casefold() == "jp" else one.casefold() for one in found.groups())
        yield Span("LANG", found.start(), found.end(), codes)


_LICENCES: tuple[tuple[str, str], ...] = (
    (
        "apache-2.0",
        r"apache(?:[- ]?(?:license|licence|ライセンス)?[- ]?(?:version |v)?2(?:\.0)?)?(?![A-Za-z0-9])|アパッチ",
    ),
    (
        "mit",
        r"(?<![A-Za-z])MIT(?![A-Za-z])|(?<![A-Za-z])mit(?=[ -]?(?:licen|ライセンス|か|系|/|,|or))|"
        r"(?<=or )mit(?![a-z])|(?<=/)mit(?![a-z])",
    ),
    ("bsd-3-clause", r"(?<![A-Za-z])BSD(?:-3(?:-clause)?)?(?![A-Za-z])"),
    ("gpl-3.0", r"(?<![A-Za-z])A?GPL(?:[- ]?v?3(?:\.0)?)?(?![A-Za-z])"),
    ("cc-by-nc-4.0", r"CC[- ]BY[- ]NC(?:[- ]SA)?(?:[- ]4\.0)?"),
    ("cc-by-sa-4.0", r"CC[- ]BY[- ]SA(?:[- ]4\.0)?"),
    ("cc-by-4.0", r"CC[- ]BY(?:[- ]4\.0)?(?![- ]?(?:NC|SA))"),
)
_LICENCE = tuple((value, re.compile(pattern, re.I if value != "mit" else 0)) for value, pattern in _LICENCES)


def licences(text: str) -> Iterator[Span]:
    """Yield licences by id."""
    for value, pattern in _LICENCE:
        for found in pattern.finditer(text):
            yield Span("LIC", found.start(), found.end(), value)


_MAKERS_AFTER = re.compile(r"\s(?:models?|labs?|companies|llms?|ones|origin|weights)(?![a-z])", re.I)
_LAB = re.compile(
    r"(?<![A-Za-z])(?:meta|alibaba|google|microsoft|openai|anthropic|mistral ai|nvidia|ibm|cohere|xai|"
    r"apple|amazon|tencent|baidu|bytedance)(?![A-Za-z])"
    r"|中国(?:製|産|系|企業|メーカー|ベンダー|(?=の(?:モデル|もの|物|やつ|は|会社|企業|AI)))|"
    r"(?<=from )china(?![a-z])|(?<= in )china(?![a-z])|中華(?:系|モデル)?|アリババ|グーグル|マイクロソフト|"
    r"メタ社?(?=製|の|以外|系|抜き)|"
    r"(?<=non-)chinese|chinese (?=models?|labs?|companies|llms?|ones|origin|weights)|us-made|"
    r"american (?=models?|labs?)",
    re.I,
)
_LAB_NAMES = {
    "アリババ": "Alibaba",
    "グーグル": "Google",
    "マイクロソフト": "Microsoft",
    "メタ": "Meta",
    "メタ社": "Meta",
}


def labs(text: str) -> Iterator[Span]:
    """Yield makers and countries of origin, as one may exclude them; "China" for Chinese models."""
    for found in _LAB.finditer(text):
        written = found[0].strip()
        china = written.startswith(("中国", "中華")) or written.casefold() in ("chinese", "china")
        name = "China" if china else _LAB_NAMES.get(written, written if not written.islower() else written.capitalize())
        yield Span("LAB", found.start(), found.start() + len(written), name)
