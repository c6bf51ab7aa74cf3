"""The unit parser: memory sizes, parameter counts, contexts, quantisations and cache types in a cleaned question.

Digits are decided here, never by the model.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "GPU", "MAC", "GB", "MOD", "PAR", "CTX", "QNT", "KV", "LANG", "NUM", "LIC", "USD", "REF", "LAB", "USE", "TPS"
]  # fmt: skip
Value = str | float | int | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Span:
    """One thing found in a question: characters [start, end), its canonical value, and what its surroundings say.

    Values: GPU/MAC canonical name, MOD model id (or the text as written when unknown), GB gigabytes, PAR billions,
    CTX tokens, QNT/KV quantisation names, LANG a tuple of ISO codes, NUM a count, LIC licence ids, USD dollars per
    million tokens, REF "@n", USE tokens per month, TPS tokens per second. Hints: GB "vram", "ram", "disk"; NUM "gpus",
    "users", "count"; USD "month", "once" (a sum too large for a price); USE "input", "output", "calls" (not tokens),
    "each" (tokens of one call); TPS "least" when so much is wished for, "all" what is
    written for everybody; MOD and GPU "unknown" when no table has the
    name; LIC "not" when excluded.
    """

    kind: Kind
    start: int
    end: int
    value: Value
    hint: str = ""


NUM = r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
_SPELT = (
    r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|[一二三四五六七八九]?百?[一二三四五六七八九]?十[一二三四五六七八九]?|"
    r"[一二三四五六七八九]|"
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|sixteen|eighteen|twenty|thirty|forty|"
    r"twenty[- ]four|thirty[- ]two|forty[- ]eight|"
    r"sixty[- ]four|ninety[- ]six)"
)
_KANJI = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "百": 100}
_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "eighteen": 18,
    "sixteen": 16,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "a hundred": 100,
    "pair": 2,
    "ペア": 2,
    "twenty four": 24,
    "thirty two": 32,
    "forty eight": 48,
    "sixty four": 64,
    "ninety six": 96,
    "a": 1,
    "dual": 2,
    "both": 2,
    "twin": 2,
    "twice": 2,
    "triple": 3,
    "quad": 4,
    "a pair of": 2,
    "pair of": 2,
    "a couple of": 2,
    "couple of": 2,
    "デュアル": 2,
    "トリプル": 3,
    "クアッド": 4,
    "ひと": 1,
    "ふた": 2,
    "みっ": 3,
    "よっ": 4,
    "いつ": 5,
}


def number(text: str) -> float:
    """Return the value of digits with thousands separators, a kanji numeral below 1,000 or an English number word."""
    text = text.casefold().replace("-", " ")
    if text in _KANJI:
        return float(_KANJI[text])
    if "十" in text or "百" in text:
        hundreds, _, rest = text.rpartition("百")
        tens, ten, ones = rest.rpartition("十")
        return float(
            _KANJI.get(hundreds, 1) * 100 * ("百" in text) + _KANJI.get(tens, 1) * 10 * bool(ten) + _KANJI.get(ones, 0)
        )
    if text in _WORDS:
        return float(_WORDS[text])
    return float(text.replace(",", ""))


_GB = re.compile(
    rf"(?:(?<![\d.,A-LN-Za-ln-z])|(?<=[\d ]ti)|(?<=xt)|(?<=xtx)|(?<=super)|(?<=\dx)){_SPELT}"
    r"\s*-?\s*(TB|テラ(?:バイト)?|GiB|GB|Gbytes?|gigab[iy]tes?|giga?s?|"
    r"ギガ(?:バイト)?|ぎが|G|MiB|MB)(?:(?![A-Za-z0-9])|(?=\d{1,2}枚)|(?=[x×]\d{1,2}(?!\d)))",
    re.I,
)
_GB_JOINED = re.compile(
    rf"(?i)(?<![A-Za-z])(v?ram|メモリー?|memory)(?:[ :=はがの]{{0,3}}| is | of ){NUM}(?!\d|[.,]\d|[A-Za-z]|\s*(?:%|"
    r"[gmt]i?b|[gkx](?![a-z])|gig|bits?|times|tokens?|models?|users?|people|ギガ|テラ|枚|本|台|個|つ|スロット|倍|万|億|トークン))"
)
_GB_RAM_SLASH = re.compile(rf"(?<![\d.]){NUM}(?=\s?(?:of )?(?:system |main |video )?(?:v?ram|memory)\b)", re.I)
_BEFORE_VRAM = re.compile(
    r"(vram|ビデオメモリー?|グラフィックス?メモリー?|gpu\s?の?(?:メモリー?|memory)|グラボ(?:の?メモリー?)?|"
    r"video memory|(?<!no )(?<!without )(?<![a-z])gpu(?=[ :]{0,2}$)|"
    r"(?:laptop|notebook|mobile|gaming|discrete|dedicated) gpu(?= (?:with|has|having|of)(?![a-z]))|"
    r"graphics memory)(?:(?!なし|無|ナシ|な[いく])[^\d、。,.;]){0,10}$",
    re.I,
)
_AFTER_VRAM = re.compile(
    r"^\s*(?:of |の|分の)?\s*(?:(?:total|combined|laptop|notebook|mobile|gaming|discrete|dedicated|nvidia|geforce|amd|"
    r"radeon|(?:ノート(?:PC|パソコン)?|モバイル|ゲーム)用?の?|専用) ?)*"
    r"(?:vram|ビデオメモリ|gpu(?!\s?(?:なし|無|ナシ|は?な[いし]|less))|"
    r"グラボ(?!\s?(?:なし|無|ナシ|は?な[いし]))|グラフィック|video (?:memory|card|ram)|"
    r"graphics|card|カード|cards|(?:radeon|quadro)(?![a-z]))",
    re.I,
)
_BEFORE_RAM = re.compile(
    r"((?<![a-z])ram|メモリー?|めもり|主記憶|ユニファイドメモリ|memory)[^\d、。,.;]{0,8}"
    r"(?:ddr[345]x?(?:-?\d{4})?[^\d、。,.;]{0,3})?$",
    re.I,
)
_AFTER_RAM = re.compile(
    r"^\s*(?:of |の)?\s*(?:ddr[345](?!\w)|(?:(?:ddr\d|system|unified|main|ユニファイド|メイン|shared|total)\s*)*"
    r"(?:ram\b|ラム(?![ァ-ヶー])|memory|メモリ|主記憶|ユニファイド|unified))",
    re.I,
)
_DISK = re.compile(
    r"(?:ssd|hdd|nvme|ディスク|ストレージ|disk|storage|容量|ダウンロード|download)[^\d、。,.;]{0,8}$", re.I
)
_ADJACENT = 1  # characters between a word and its figure: "RAM 32GB", "RAM:32GB"
_OF_ANOTHER = re.compile(r"\d\s?(?:gb|gib|g|gigs?|ギガ)?\s?(?:of )?(?:v?ram|memory|メモリー?)[ ,/+]$", re.I)
_AFTER_OWN = re.compile(r"^\s?(?:of )?(?:v?ram|memory|メモリ)", re.I)
_AFTER_DISK = re.compile(
    r"^\s*(?:以下|未満|以内|まで|くらい|ぐらい|or less|or smaller)?(?:of |の|分の)?\s*(?:free\s)?"
    r"(?:ssd|hdd|nvme|ディスク|ストレージ|disk|storage|データ|dataset|"
    r"ファイル|files?\b|pdf|download|/s|毎秒|of (?:data|text|logs|documents))",
    re.I,
)


# "4 GB more", 「あと4GB」, "minus 8GB": what would be added or taken away, not what is there.
_MORE_BEFORE = re.compile(
    r"(?:あと|もう|さらに|追加で|プラス|マイナス|another|an extra|extra|additional|minus|less|(?:^|\s)-)\s*$", re.I
)
_MORE_AFTER = re.compile(
    r"^\s*(?:of )?(?:more\b|extra\b|additional\b|増や|増え|増設|追加|足せ|足し|多け|(?:を|ほど|くらい|"
    r"ぐらい)?(?:引い|差し引|減ら))",
    re.I,
)


_LEAST_GB = 0.25  # "4 MB" is the size of a text


def gigabytes(text: str) -> Iterator[Span]:
    """Yield memory sizes in GB (MB and TB by 1024), but not those that would be added to or taken from what is had."""
    for found in _GB.finditer(text):
        if _MORE_BEFORE.search(text[: found.start()]) or _MORE_AFTER.search(text[found.end() :]):
            continue
        unit = found[2].casefold()
        value = number(found[1]) * (1024 if unit.startswith(("t", "テ")) else 1 / 1024 if unit.startswith("m") else 1)
        if unit in ("g", "gig") and not found[1][0].isdigit() and "ギ" not in found[0] and unit == "g":
            continue
        if unit == "g" and re.match(r"\s*(?:回線|ネットワーク|network|通信)", text[found.end() :]):
            continue
        if value >= _LEAST_GB:
            yield Span(
                "GB", found.start(), found.end(), round(value, 4), _memory_hint(text, found.start(), found.end())
            )
    for found in _GB_JOINED.finditer(text):
        hint = "vram" if found[1].casefold() == "vram" or _BEFORE_VRAM.search(text[: found.start(2)]) else "ram"
        if 2 <= number(found[2]) <= 2048:
            yield Span("GB", found.start(2), found.end(2), number(found[2]), hint)
    for found in _GB_RAM_SLASH.finditer(text):
        if 2 <= number(found[1]) <= 2048:
            yield Span(
                "GB", found.start(), found.end(), number(found[1]), _memory_hint(text, found.start(), found.end())
            )


def _memory_hint(text: str, start: int, end: int) -> str:
    """Return the memory that a figure is: a word right before it decides, then words after it, then nearest before."""
    before, after = text[max(0, start - 24) : start].rpartition("\n")[2], text[end : end + 24].partition("\n")[0]
    named = [
        (m.end(1), h) for h, m in (("ram", _BEFORE_RAM.search(before)), ("vram", _BEFORE_VRAM.search(before))) if m
    ]
    nearest, hint = max(named, default=(0, ""))
    if hint and nearest >= len(before) - _ADJACENT and not (_OF_ANOTHER.search(before) and _AFTER_OWN.search(after)):
        return hint
    for other, pattern in (("disk", _AFTER_DISK), ("ram", _AFTER_RAM), ("vram", _AFTER_VRAM)):
        if pattern.search(after):
            return other
    return "disk" if hint != "vram" and _DISK.search(before) else hint


_PAR_EN = re.compile(
    rf"(?<![\d.,A-Za-z]){_SPELT}\s*-?\s*(?:B|bn|billion|"
    r"ビー(?![ァ-ヶー])|ビリオン)(?:-A\d+(?:\.\d+)?B)?(?![A-Za-z0-9])(?:[- ]?(?:parameters?|params?|パラメータ|"
    r"パラメーター)(?![A-Za-z]))?",
    re.I,
)
_PAR_MOE = re.compile(r"(?<![\d.,A-Za-z])(\d+)x(\d+(?:\.\d+)?)B(?![A-Za-z0-9])", re.I)
_PAR_RANGE = re.compile(rf"(?<![\d.,A-Za-z$¥]){NUM}\s?B?\s?(?:-|~|〜|to |から)\s?{NUM}\s?B(?![A-Za-z0-9])", re.I)
_PAR_JA = re.compile(rf"{NUM}\s*(億|兆|千万|百万|万)\s*(?:パラメータ|パラメーター|パラ|params?)", re.I)
_PAR_OKU = re.compile(rf"{NUM}億(?=\s*(?:級|クラス|規模|モデル|くらい|ぐらい|以下|以上|まで|未満|の))")
_PAR_M = re.compile(rf"(?<![\d.,A-Za-z]){NUM}\s*-?\s*(?:M|million)[- ]?(?:parameters?|params?|パラメータ)", re.I)
_SCALE = {"億": 0.1, "兆": 1000.0, "千万": 0.01, "百万": 0.001, "万": 0.00001}


def parameters(text: str) -> Iterator[Span]:
    """Yield parameter counts in billions; the lower end of a range ("7B-14B") has the hint "least"."""
    for found in _PAR_RANGE.finditer(text):
        ends = number(found[1]), number(found[2])
        yield Span("PAR", found.start(), found.start(2), ends[0], "least" if ends[0] < ends[1] else "")
        yield Span("PAR", found.start(2), found.end(), ends[1], "least" if ends[1] < ends[0] else "")
    for found in _PAR_EN.finditer(text):
        if not re.search(r"[$¥]\s?$", text[: found.start()]):
            yield Span("PAR", found.start(), found.end(), number(found[1]))
    for found in _PAR_MOE.finditer(text):
        yield Span("PAR", found.start(), found.end(), number(found[1]) * number(found[2]))
    for pattern in (_PAR_JA, _PAR_OKU):
        for found in pattern.finditer(text):
            scale = _SCALE[found[2]] if pattern is _PAR_JA else 0.1
            yield Span("PAR", found.start(), found.end(), round(number(found[1]) * scale, 6))
    for found in _PAR_M.finditer(text):
        yield Span("PAR", found.start(), found.end(), number(found[1]) / 1000)


_RATE = (
    r"(?!\s*(?:/|per|毎|/?秒)\s*(?:s\b|sec|second|秒|分|minute))(?!\s*/\s*s)"
    r"(?! (?:a|an|each|every) (?:s|sec|second|min|minute|hour)\b)"
)
_CTX_UNIT = (
    rf"(?:tokens?(?![A-Za-z]){_RATE}|トークン(?!\s*(?:/|毎)\s*秒)|toks?(?![A-Za-z]){_RATE}|ctx|context|"
    r"コンテキスト|コンテクスト|コンテ)"
)
_CTX_K = re.compile(
    rf"(?<![\d.,A-Za-z$¥万])(?:(?<![a-z])(?=a million|one million))?(\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|"
    r"(?<![a-z])a(?= million)|(?<![a-z])one(?= million))\s*-?(k|m|千|万|百万|million|"
    r"thousand)(?![A-Za-z0-9])(?:\s*(?:字|文字|円|ドル|人|件|行(?![けくきこっ])|words?|lines?|people|users|dollars|usd|"
    r"パラ|par|枚|台|video|動画|台|回|ページ|pages?|documents?|files?|画質|モニタ|monitor|"
    rf"yen|euros?|eur|€|pounds?|quid|gbp|chf|francs?|bucks|rows|records|photos|images|pictures|emails|mails|tickets|messages|articles|"
    rf"reviews))?(?:[- ]*(?:の)?{_CTX_UNIT})?",
    re.I,
)
_CTX_MAN = re.compile(rf"(?<![\d.,A-Za-z])(\d+)万(\d)千(?=[- ]*(?:の)?{_CTX_UNIT})", re.I)
_CTX_KANJI = re.compile(rf"(?<![一-鿿\d])([一二三四五六七八九十百]{{1,5}})万\s?(?:の)?{_CTX_UNIT}", re.I)
_CTX_PLAIN = re.compile(rf"(?<![\d.,A-Za-z]){NUM}[- ]*{_CTX_UNIT}", re.I)
_CTX_AFTER = re.compile(
    r"(?:ctx|context(?: (?:length|window|size))?|コンテキスト(?:長|サイズ|ウィンドウ|ウインドウ)?|文脈長?|"
    rf"--ctx-size|n_ctx|-c)[ :=はをが]{{0,3}}(?:of |around |about )?{NUM}\s*(k|m|万|千)?(?![A-Za-z0-9.])",
    re.I,
)
_NOT_CTX = re.compile(
    r"(?:字|文字|円|ドル|人|件|行(?![けくきこっ])|words?|lines?|people|users|dollars|usd|パラ|par|枚|台|video|動画|回|"
    r"ページ|pages?|documents?|files?|画質|モニタ|monitor|yen|"
    r"euros?|eur|€|pounds?|quid|gbp|chf|francs?|bucks|rows|records|photos|images|pictures|emails|mails|tickets|messages|articles|reviews)$",
    re.I,
)
# "40k tweets": a plural that is counted, unless it is a verb that the figure is the subject of ("does 32k fits").
_OF_THINGS = re.compile(
    r" (?:[a-z]+ )?(?!(?:is|as|was|has|does|this|its|yes|always|perhaps|plus|us|fits?|needs|seems|works|takes|means|"
    r"makes|uses|costs|lets|runs|gets|goes|sounds|looks|feels|comes|tokens|toks|across|unless|thus|please|thanks|pls|less)\b)"
    r"[a-z]{3,}(?<!s)s\b",
    re.I,
)
_POWER = re.compile(r"(?<![\d.,A-Za-z$¥])(?:4096|8192|16384|32768|65536|131072|262144|524288|1048576)(?![\d.,A-Za-z])")
_TIMES = {
    "k": 1_000,
    "千": 1_000,
    "thousand": 1_000,
    "万": 10_000,
    "m": 1_000_000,
    "百万": 1_000_000,
    "million": 1_000_000,
}
_IS_RATE = re.compile(
    r"^\s*(?:/|(?:per|an?|each|every) |毎)\s*(?:s\b|sec|second|秒|分|min|hour|day|日|month|月)|^(?:/秒|毎秒)|"
    r"^\s*(?:tokens?|トークン)?\s*(?:あたり|当たり|につき|ごと|[\d.]+\s?(?:ドル|"
    r"dollars?|usd|円))|^\s*[$¥]",  # "per million tokens": a price's unit
    re.I,
)
_PRICED = re.compile(
    r"(?:[$¥]\s?|[$¥]\s?[\d.]+\s?(?:for )?|"
    r"(?:per|(?<!w)/|毎|(?<!人)(?<!ユーザー)(?<!名)あたり|dollars?|usd|bucks|cents?)\s*)$",
    re.I,
)
_CTX_RANGE = re.compile(
    rf"(?<![\d.,A-Za-z$¥])(\d+)k?\s?(?:-|~|〜|to |から)\s?(\d+)k(?![A-Za-z0-9])(?:[- ]*(?:の)?{_CTX_UNIT})?", re.I
)


def contexts(text: str) -> Iterator[Span]:
    """Yield context lengths in tokens, as said (32k is 32000); rates, prices and other counts are left alone.

    Of a range ("16k-32k") the upper end.
    """
    for found in _CTX_RANGE.finditer(text):
        yield Span("CTX", found.start(), found.end(), max(int(found[1]), int(found[2])) * 1_000)
    for found in _CTX_K.finditer(text):
        scale = _TIMES[found[2].casefold()]
        named = re.search(_CTX_UNIT, found[0], re.I)
        if _NOT_CTX.search(found[0]) or _IS_RATE.search(text[found.end() :]) or (not named and found[2] not in "kK"):
            continue
        if not named and _OF_THINGS.match(text[found.end() :]):
            continue
        if _PRICED.search(text[: found.start()]):
            continue
        yield Span("CTX", found.start(), found.end(), round(number(found[1]) * scale))
    for found in _CTX_MAN.finditer(text):
        yield Span("CTX", found.start(), found.end(), int(found[1]) * 10_000 + int(found[2]) * 1_000)
    for found in _CTX_KANJI.finditer(text):
        yield Span("CTX", found.start(), found.end(), round(number(found[1]) * 10_000))
    for found in _CTX_PLAIN.finditer(text):
        if number(found[1]) >= 256 and not _IS_RATE.search(text[found.end() :]):
            yield Span("CTX", found.start(), found.end(), round(number(found[1])))
    for found in _POWER.finditer(text):
        yield Span("CTX", found.start(), found.end(), int(found[0]))
    for found in _CTX_AFTER.finditer(text):
        value = number(found[1]) * _TIMES.get((found[2] or "").casefold(), 1)
        if value >= 256:
            yield Span("CTX", found.start(1), found.end(), round(value))


_QUANT = re.compile(
    r"(?<![A-Za-z0-9])(?:(I?Q[1-8](?:_K)?_(?:[01]|K|XXS|XS|NL|[SML])(?:_?[SML])?|Q[2-8][_-]?K(?:[_-]?[SML])?|"
    r"IQ[1-4](?:XXS|XS|NL|S|M))|"
    r"(Q[1-8])|(MXFP4|NVFP4|NF4|FP4|FP8|FP16|BF16|F16|F32|FP32)"
    r"|(AWQ|GPTQ|EXL2|EXL3)|(?:int|INT)-?(4|8)|([1-8]|16|32|four|eight|two|three|five|six|sixteen|四|"
    r"八)\s?-?\s?(?:bits?|ビット))(?![A-Za-z0-9])",
    re.I,
)
_KV_NEAR = re.compile(r"(?:kv|cache|キャッシュ)[^。、,.;]{0,16}$", re.I)
_KV_AFTER = re.compile(r"^\s*(?:の)?\s*(?:kv|k/v|キャッシュ|cache)", re.I)
_KV_TYPES = {
    "Q8": "q8_0",
    "Q5": "q5_0",
    "Q4": "q4_0",
    "FP16": "f16",
    "F16": "f16",
    "BF16": "bf16",
    "FP32": "f32",
    "F32": "f32",
}
_KV_EXACT = {"Q8_0": "q8_0", "Q5_1": "q5_1", "Q5_0": "q5_0", "Q4_1": "q4_1", "Q4_0": "q4_0", "IQ4_NL": "iq4_nl"}


def _k_quant(found: re.Match[str]) -> str:
    """Return "Q4_K_M" for "Q4KM"."""
    return f"{found[1]}_K" + (f"_{found[2]}" if found[2] else "")


def quantisations(text: str) -> Iterator[Span]:
    """Yield quantisations: exact in capitals (Q4_K_M, AWQ, FP16), else the class (Q4 for 4bit, int4, q4); KV types."""
    for found in _QUANT.finditer(text):
        exact, short, floating, scheme, integer, bits = found.groups()
        if exact:
            value = re.sub(r"^(Q\d)[_-]?K(?:[_-]?([SML]))?$", _k_quant, exact.upper())
            value = re.sub(r"^(IQ\d)(?=[A-Z])", r"\1_", value)
        elif integer or bits:
            width = f"{number(integer or bits):g}"
            value = {"16": "FP16", "32": "FP32"}.get(width, f"Q{width}")
        else:
            value = (short or floating or scheme).upper()
            value = {"F16": "FP16", "F32": "FP32"}.get(value, value)
        kv = _KV_EXACT.get(value) or _KV_TYPES.get(value)
        near = _KV_NEAR.search(text[max(0, found.start() - 24) : found.start()]) or _KV_AFTER.search(
            text[found.end() : found.end() + 12]
        )
        if kv and near:
            yield Span("KV", found.start(), found.end(), kv)
        else:
            yield Span("QNT", found.start(), found.end(), value)
