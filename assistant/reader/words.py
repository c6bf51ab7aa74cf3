"""Languages and licences as words in a question."""

import re
from collections.abc import Iterator

from assistant.reader.units import Span

# ISO 639-1 code -> how the language is named in English and Japanese.
_LANGUAGES: dict[str, str] = {
    "ja": r"japanese|日本語|邦文|和文|国語(?=の文)", "en": r"english|英語|英文(?!字)", "zh": r"chinese|mandarin|中国語|中文",
    "ko": r"korean|韓国語|朝鮮語|ハングル", "fr": r"french|フランス語|仏語|仏文", "de": r"german|ドイツ語|独語", "es": r"spanish|スペイン語|西語",
    "pt": r"portuguese|ポルトガル語", "it": r"italian|イタリア語", "ru": r"russian|ロシア語", "ar": r"arabic|アラビア語",
    "hi": r"hindi|ヒンディー語|ヒンディ語", "th": r"thai|タイ語", "vi": r"vietnamese|ベトナム語", "id": r"indonesian|bahasa|インドネシア語",
    "tr": r"turkish|トルコ語", "nl": r"dutch|オランダ語", "sv": r"swedish|スウェーデン語", "uk": r"ukrainian|ウクライナ語",
    "cs": r"czech|チェコ語", "fi": r"finnish|フィンランド語", "no": r"norwegian|ノルウェー語", "da": r"danish|デンマーク語",
    "el": r"greek|ギリシャ語", "he": r"hebrew|ヘブライ語", "hu": r"hungarian|ハンガリー語", "ro": r"romanian|ルーマニア語",
    "ms": r"malay|マレー語", "tl": r"tagalog|filipino|タガログ語|フィリピン語", "bn": r"bengali|ベンガル語", "ta": r"tamil|タミル語",
    "fa": r"persian|farsi|ペルシャ語", "la": r"latin(?! america)|ラテン語", "ur": r"urdu|ウルドゥー語", "sw": r"swahili|スワヒリ語",
    "bg": r"bulgarian|ブルガリア語", "hr": r"croatian|クロアチア語", "sr": r"serbian|セルビア語", "ca": r"catalan|カタルーニャ語",
    "my": r"burmese|ミャンマー語|ビルマ語", "km": r"khmer|クメール語", "ne": r"nepali|ネパール語", "mn": r"mongolian|モンゴル語",
}  # fmt: skip
_LANGUAGE = re.compile("|".join(f"(?P<{code}>(?<![A-Za-z])(?:{names})(?![A-Za-z]))" for code, names in _LANGUAGES.items()), re.I)
_PEOPLE = {
    "vi": "ベトナム人|vietnam(?!ese)", "th": "タイ人|thailand", "zh": "中国人|taiwan|台湾人", "ko": "韓国人|korea(?!n)", "pt": "ブラジル人|brazil(?:ian)?|portugal", "ne": "ネパール人|nepal(?!i)",
    "id": "インドネシア人|indonesia(?!n)", "tl": "フィリピン人|philippines", "uk": "ウクライナ人?|ukraine", "fr": "フランス人|france", "de": "ドイツ人|germany|austria",
    "es": "スペイン人|メキシコ人|spain|mexico", "it": "イタリア人|italy", "ru": "ロシア人|russia(?!n)", "my": "ミャンマー人|myanmar", "hi": "インド人",
    "yue": "cantonese|広東語",
}  # fmt: skip
_POLISH = re.compile(r"(?<![A-Za-z])Polish(?![A-Za-z])|ポーランド語")  # "polish my essay" is not a language
_ARROW = re.compile(r"(?<![一-鿿])([日英中韓仏独])\s?(?:→|⇔|⇒|->|から|を)\s?([日英中韓仏独])(?![一-鿿]{2})")
_PAIR_CODES = {"日": "ja", "英": "en", "中": "zh", "韓": "ko", "仏": "fr", "独": "de", "和": "ja", "西": "es", "露": "ru"}
_PAIR = re.compile(r"(?<![一-鿿])([日英中韓仏独和西露])([日英中韓仏独和西露])(?=翻訳|両方|対訳|訳|の|混|間|バイリンガル|対応|・|、|$|\s|で|が|も|を|どちら|二|2)")
_INTO = re.compile(r"(?<![一-鿿])([和英中韓仏独])訳")
_EN_JA = re.compile(r"(?<![A-Za-z])(ja|jp|en|zh|ko|fr|de|es)\s?(?:->|→|<->|⇔|↔|-|/|⇄|to)\s?(ja|jp|en|zh|ko|fr|de|es)(?![A-Za-z])", re.I)


_SEVERAL = re.compile(r"(?<![一-鿿])[日英中韓仏独]{3,6}(?![一-鿿])")
_MORE_LANGUAGES = {
    "so": r"somali|ソマリ語", "am": r"amharic|アムハラ語", "si": r"sinhala|シンハラ語", "lo": r"(?<![A-Za-z])lao(?![A-Za-z])|ラオス?語", "mr": r"marathi|マラーティー語",
    "te": r"telugu|テルグ語", "ml": r"malayalam|マラヤーラム語", "pa": r"punjabi|パンジャーブ語", "gu": r"gujarati|グジャラート語", "kk": r"kazakh|カザフ語",
    "uz": r"uzbek|ウズベク語", "et": r"estonian|エストニア語", "lv": r"latvian|ラトビア語", "lt": r"lithuanian|リトアニア語", "sk": r"slovak|スロバキア語",
    "sl": r"slovenian|スロベニア語", "is": r"icelandic|アイスランド語", "ga": r"irish|アイルランド語", "eu": r"basque|バスク語", "af": r"afrikaans|アフリカーンス語",
    "zu": r"zulu|ズールー語", "ka": r"georgian|ジョージア語", "hy": r"armenian|アルメニア語", "az": r"azerbaijani|アゼルバイジャン語",
}  # fmt: skip
_MORE = tuple((code, re.compile(rf"(?<![A-Za-z])(?:{names})(?![A-Za-z])", re.I)) for table in (_MORE_LANGUAGES, _PEOPLE) for code, names in table.items())


def languages(text: str) -> Iterator[Span]:
    """Yield natural languages as tuples of ISO 639-1 codes."""
    for found in _LANGUAGE.finditer(text):
        yield Span("LANG", found.start(), found.end(), (str(found.lastgroup),))
    for found in _POLISH.finditer(text):
        yield Span("LANG", found.start(), found.end(), ("pl",))
    for found in (*_PAIR.finditer(text), *_ARROW.finditer(text)):
        if found[1] != found[2]:
            yield Span("LANG", found.start(), found.end(), (_PAIR_CODES[found[1]], _PAIR_CODES[found[2]]))
    for code, pattern in _MORE:
        for found in pattern.finditer(text):
            yield Span("LANG", found.start(), found.end(), (code,))
    for found in _SEVERAL.finditer(text):
        yield Span("LANG", found.start(), found.end(), tuple(dict.fromkeys(_PAIR_CODES[char] for char in found[0])))
    for found in _INTO.finditer(text):
        yield Span("LANG", found.start(), found.start(1) + 1, (_PAIR_CODES[found[1]],))
    for found in _EN_JA.finditer(text):
        codes = tuple("ja" if one.casefold() == "jp" else one.casefold() for one in found.groups())
        yield Span("LANG", found.start(), found.end(), codes)


_LICENCES: tuple[tuple[str, str], ...] = (
    ("apache-2.0", r"apache(?:[- ]?(?:license|licence|ライセンス)?[- ]?(?:version |v)?2(?:\.0)?)?(?![A-Za-z0-9])|アパッチ"),
    ("mit", r"(?<![A-Za-z])MIT(?![A-Za-z])|(?<![A-Za-z])mit(?=[ -]?(?:licen|ライセンス|か|系|/|,|or))"),
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


_LAB = re.compile(
    r"(?<![A-Za-z])(?:meta|alibaba|google|microsoft|openai|anthropic|mistral ai|nvidia|ibm|cohere|xai|apple|amazon|tencent|baidu|bytedance)(?![A-Za-z])"
    r"|中国(?:製|産|系|企業)|中華(?:系|モデル)?|アリババ|グーグル|マイクロソフト|メタ社?(?=製|の|以外|系)|chinese (?=models?|labs?|companies|llms?|ones|origin)|us-made|american (?=models?|labs?)",
    re.I,
)
_LAB_NAMES = {"アリババ": "Alibaba", "グーグル": "Google", "マイクロソフト": "Microsoft", "メタ": "Meta", "メタ社": "Meta"}


def labs(text: str) -> Iterator[Span]:
    """Yield makers and countries of origin, as one may exclude them; "China" for Chinese models."""
    for found in _LAB.finditer(text):
        written = found[0].strip()
        china = written.startswith(("中国", "中華")) or written.casefold() == "chinese"
        name = "China" if china else _LAB_NAMES.get(written, written if not written.islower() else written.capitalize())
        yield Span("LAB", found.start(), found.start() + len(written), name)
