"""Counts, money and list references in a cleaned question, in both languages."""

import re
from collections.abc import Callable, Iterator

from assistant.reader.lexicon import patterns
from assistant.reader.units import NUM, Span, contexts, gigabytes, number, parameters, quantisations
from assistant.reader.usage import rates, usages

_COUNT = (
    r"(\d{1,5}|(?<![一二三四五六七八九十百千])(?:[一二三四五六七八九]?百?[一二三四五六七八九]?十[一二三四五六七八九]?|"
    r"[一二三四五六七八九]?百|[一二三四五六七八九])|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"twelve|sixteen|twenty|thirty|forty|fifty|a hundred)"
)
_GPUS = re.compile(
    rf"(?<![\d.A-Za-z]){_COUNT}(?= \d+[ -]?(?:gb|gigs?|g) (?:cards?|gpus?|rtx|gtx|[a-z]?\d+[a-z]*s(?![a-z])))|"
    rf"(?:(?<![A-WYZa-wyz\d.])|(?<=\dgb)|(?<=[A-Za-z\d])(?=[一二三四五六七八九十])){_COUNT}[^\S\n]*(?:枚|基|本(?:挿|差|刺|さ)|連(?:装|結)|GPUs?\b|gpus?\b|cards?\b|"
    rf"graphics cards?\b)|(?:(?<![A-Za-z])x|(?<=nvl)x|(?<=\dgb)x|(?<=sxm)x|"
    rf"[×*])\s?(\d{{1,2}})(?![\dA-Za-z]|\.\d|\s?[枚台基])|(?<![\d.A-Za-z])(\d{{1,2}})\s?[x×](?=\s(?!\d{{1,2}}(?![\dA-Za-z]|\s?g))|"
    rf"\d{{1,3}}\s?g|[A-Zぁ-んァ-ヶ])|(?<![A-Za-z])(dual|twin|triple|quad|(?:a )?pair of|a couple of|pair|"
    r"both(?= (?:of )?(?:my |our |the |these |those )?(?:rtx |gtx |radeon |tesla )?"
    r"(?:[a-z]{0,2}\d{2,4}[a-z]{0,2}s|cards|gpus)(?![a-z])))(?![A-Za-z])|(デュアル|"
    r"トリプル|ペア)",
    re.I,
)
_NO_CARDS = re.compile(
    r"(?:モニター?|ディスプレイ|画面|スクリーン|写真|画像|書類|紙|メモリー?|原稿|資料)[はがをのも、 ]?\s*$"
)
_MACHINES = re.compile(rf"{_COUNT}\s*台")
_USERS = re.compile(
    rf"(?<![\d.]){_COUNT}(?!k(?![a-z]))\s*(?:(?:人|名(?!前)|ユーザー?)(?!\s?(?:あたり|当たり|につき|ごと|毎))|並列|セッション|同時|users?\b|people\b|persons?\b|"
    r"employees\b|pupils\b|kids\b|members\b|customers\b|colleagues\b|developers\b|engineers\b|devs\b|concurrent|parallel|simultaneous|"
    r"sessions?\b|requests?\b|clients?\b|seats?\b|students\b|staff\b|coworkers\b|folks\b|at once\b|"
    rf"at a time\b|at the same time\b|of us\b|connections\b|ppl\b|"
    r"(?!(?:[a-z-]+ )?(?:pages?|pdfs?|files?|documents?|docs|tokens?|words?|images?|photos?|gb|gigs?)\b)"
    rf"(?:[a-z-]+ ){{1,2}}(?:at once|at a time|simultaneously|concurrently|"
    rf"in parallel)\b|リクエスト|接続)|(?:team|group|staff|crew|class|office) of {_COUNT}(?! ?[\d%])|"
    rf"concurrency(?: of)? {_COUNT}|(?:同時(?:に|接続|実行|アクセス|リクエスト|利用|使用|ユーザー)?|リクエスト|"
    rf"並列|並行)(?:数|者)?[はがで:= ]{{0,2}}{_COUNT}(?!\s*(?:[GgKkBb\d]|つ|枚|本|個|モデル|台))",
    re.I,
)
_COUNTS = re.compile(
    rf"(?:(?<![A-Za-z])(?:top|best)|(?<![ァ-ヶー])(?:トップ|ベスト)|上位)[ -]?{_COUNT}(?![A-Za-z\d.])|"
    rf"(?<![\d.A-Za-z第]){_COUNT}\s*(?:つ(?!目|"
    r"前)|こ(?=$|[。、!?]|だけ|ほど|くらい|ぐらい|くだ|教|挙)|個(?!目|人)|択|選(?!択)|案|件(?=ほど|程|教|挙|ご?提|ご?紹介|に絞|に限|くらい|ぐらい|だけ|。|$)|候補|"
    r"モデル(?!目)|種類|"
    r"パターン|(?<=[\d\w])\s(?:(?!(?:gpus?|cards?|people|users|gb|gigs?|million|billion|thousand|vram|would|should|could|you|i|is|are|of|"
    rf"in|to|the|an?|with|and|or|for|do|does|can|that|which|what|"
    rf"wants?|needs?|shares?|uses?|has|have)\b)[a-z-]+ ){{0,3}}(?:models?|options?|"
    r"candidates?|suggestions?|recommendations?|picks?|choices?|alternatives|proposals|names?|llms?)\b)|(ひとつ|ふたつ|"
    r"みっつ|よっつ|いつつ)|(?:give|gimme|show|list|name|suggest|recommend|tell|pick|rank|nominate|"
    r"choose)(?: me| us)? (?:just |"
    rf"only |at most |up to )?{_COUNT}(?= |$|[.,!?])|just (one)(?=[.,!?;]|$| for\b| please| to\b)|"
    rf"{_COUNT} single recommendation|"
    rf"count ?[-=: ] ?(\d{{1,2}})(?!\d)",
    re.I,
)
_ANOTHER = patterns("machine")["another_card"]
_HITOTSU = {"ひとつ": 1, "ふたつ": 2, "みっつ": 3, "よっつ": 4, "いつつ": 5}


def counts(text: str) -> Iterator[Span]:
    """Yield counts with what is counted: GPUs, users, suggestions. "Another card" makes two."""
    for found in _ANOTHER.finditer(text):
        yield Span("NUM", found.start(), found.end(), 2, "gpus")
    for pattern, hint in ((_GPUS, "gpus"), (_MACHINES, "gpus"), (_USERS, "users"), (_COUNTS, "count")):
        for found in pattern.finditer(text):
            if hint == "gpus" and _NO_CARDS.search(text[: found.start()]):
                continue
            word = next(group for group in found.groups() if group)
            value = _HITOTSU.get(word) or int(number(word))
            if 0 < value <= {"count": 50, "gpus": 128, "users": 10_000}[hint]:
                yield Span("NUM", found.start(), found.end(), value, hint)


_USD = re.compile(
    rf"(?:\$|USD\s?|US\$)\s?{NUM}|(?:{NUM}|(?<![一-鿿])([一二三四五六七八九十]))\s*"
    rf"(?:ドル|dollars?|usd|bucks)(?![A-Za-z])|{NUM}\s*(?:セント|"
    r"cents?)(?![A-Za-z])|(?<![A-Za-z])(a|one|two|three|four|five|ten|twenty)(?: dollars?| bucks?)(?![A-Za-z])",
    re.I,
)
_PER_TOKENS = re.compile(
    r"^\s*(?:/|per|a|for|毎)?\s*(?:1\s?)?(M|million|mil|1,?000,?000|k|1k|thousand|1,?000)?(?:\s?(?:input |"
    r"output )?(?:tokens?|tok|mtok)|\b)|^\s*(?:/|で|毎)?\s*(100万|1M|百万)",
    re.I,
)
_PER_BEFORE = re.compile(
    r"(100万|1M|百万|1K|1000|千)\s*(?:トークン|tokens?)?\s*(?:あたり|当たり|につき|で|per)?[^\d。、]{0,6}$", re.I
)
_MONTHLY = re.compile(
    r"^\s*(?:/|per|a|every|each)?\s*(?:mo\b|month|月|year|day|日|年)|^\s*(?:monthly|以下の月額)", re.I
)
_MONTH_BEFORE = re.compile(r"(?:月額?|毎月|monthly|年間|月々)[^\d。、]{0,6}$", re.I)


_DEAREST = 100  # dollars; nobody caps the price of a million tokens above, so this buys a machine


def money(text: str) -> Iterator[Span]:
    """Yield dollar amounts, as dollars per million tokens when said per thousand; budgets are marked."""
    for found in _USD.finditer(text):
        value = number(next(group for group in found.groups() if group)) / (100 if found[4] else 1)
        after, before = text[found.end() : found.end() + 40], text[max(0, found.start() - 24) : found.start()]
        hint = "month" if _MONTHLY.search(after) or _MONTH_BEFORE.search(before) else ""
        per = _PER_TOKENS.search(after)
        end = found.end()
        unit = (per[1] or per[2] or "").casefold() if per else ""
        if per and unit and not hint:
            end += per.end()
        elif not hint and not _PER_BEFORE.search(before) and value > _DEAREST:
            hint = "once"
        if unit in {"k", "1k", "thousand", "1000", "1,000"}:
            value *= 1000
        yield Span("USD", found.start(), end, round(value, 6), hint)


_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
    "5th": 5,
    "最初": 1,
    "前者": 1,
    "後者": 2,
    "former": 1,
    "latter": 2,
    "top": 1,
    "一番上": 1,
    "いちばん上": 1,
    "先頭": 1,
    "トップ": 1,
    "last": -1,
    "bottom": -1,
    "最後": -1,
    "一番下": -1,
    "いちばん下": -1,
}
_REF = re.compile(
    r"(?<![\w@.])@(\d{1,2})(?![A-Za-z0-9_])|(?<![\d.])(\d{1,2}|[一二三四五])\s?(?:番目|つ目|個目|位(?!置)|"
    r"(?<=\d)番(?=[のはとをがでもっ、,?]|$))|(?<![A-Za-z0-9])(?:number|no\.|option|#|№)\s?(\d{1,2})(?!\d)"
    r"|\b(first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th)(?: (?:one|model|option|pick|choice|"
    r"candidate|suggestion|of (?:those|them|these))\b)"
    r"|\bthe (first|second|third|fourth|fifth|former|latter|2nd|1st|3rd)\b(?!\s+(?:\w+ )?(?:time|place|"
    r"thing|question|graphics|gpu|card|half|part|generation|language))|(?:the )?(top)(?: (?:one|pick|"
    r"model|choice|result|suggestion))(?![a-z])|(一番上|いちばん上|先頭|(?<![ァ-ヶー])トップ)の|(前者|後者)|"
    r"(最初|最後)の(?:やつ|モデル|候補|もの|の|方|2つ|二つ)|(一番下|いちばん下)の|(?:the )?(bottom)(?: (?:one|"
    r"pick|model))(?![a-z])"
    r"|(?<![a-z])(first)(?= and (?:second|third|fourth|fifth|last)\b)"
    r"|(?<=first and )(second|third|fourth|fifth|last)\b|(?<=second and )(third|fourth|fifth|last)\b",
    re.I,
)


def references(text: str) -> Iterator[Span]:
    """Yield references to the latest list: "@2" for "the second one" and 「2番目」, "@-1" for the last."""
    for found in _REF.finditer(text):
        word = next(group for group in found.groups() if group).casefold()
        index = _ORDINALS.get(word) or int(number(word))
        if -1 <= index <= 50 and index:
            yield Span("REF", found.start(), found.end(), f"@{index}")


_BARE = re.compile(
    r"(?<![A-Za-z0-9.@$#-])(\d{1,2})(?=\s*(?:と|や|か|or\b|and\b|vs|versus|,|、|の|は|って|を|[?？.。!]|$|"
    r"with\b))",
    re.I,
)
_SETTING = re.compile(r"(?:batch(?:[ _-]?size)?|rank|バッチ(?:サイズ)?|ランク)(?: of| at|は|を|が|で|=)?\s?$", re.I)
_LONGEST_LIST = 20  # a bare number above is an amount: "rather than 64"
_OF_THEM = re.compile(
    r"(?<![A-Za-z])(two|three|four|six|eight|\d{1,2})(?= of (?:them|those|these))|(?:went|go|up|"
    r"increase[ds]?|switch|add) to (two|four|six|eight|\d{1,2})(?![\w.])",
    re.I,
)
_NARROW = re.compile(rf"(?:to|just|only|だけ) {_COUNT}(?= ?(?:please|pls|$|[.!?,]))|{_COUNT}(?:つ|個)?に絞", re.I)


_SPELT_PLACE = re.compile(
    r"(?:number|no\.?) (one|two|three|four|five)\b|(?:^|\b(?:the|of|that|your|with|and) )(first|second|third|"
    r"fourth|former|"
    r"latter|last|2nd|1st|3rd|4th)(?:'s|s| ?ones?| 1)?(?=\s*(?:[?.,:!、。]|$|on\b|in\b|with\b|also|too\b|choice|"
    r"licen|price|fit))"
    r"|\b(runner-?up)|(次点)|(最後)の(?=[はがを]|って|なら|$|[?、。])|(\d)\s?ばんめ|(\d)番(?=と)",
    re.I,
)
_PLACES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "runner-up": 2, "runnerup": 2, "次点": 2}


_CORRECTED = re.compile(r"\d\s?(?:gb|gib|gigs?|g|b|k|ギガ|cards?)[, ]+(?:and )?not\s+$", re.I)  # "6 GB, not 8"


def follow_ups(text: str) -> Iterator[Span]:
    """Yield what means something only in a conversation: bare list numbers, "two of them", "50M a month"."""
    yield from rates(text)
    for found in _BARE.finditer(text):
        before = text[: found.start(1)]
        if 1 <= int(found[1]) <= _LONGEST_LIST and not (_SETTING.search(before) or _CORRECTED.search(before)):
            yield Span("REF", found.start(1), found.end(1), f"@{int(found[1])}")
    for found in _SPELT_PLACE.finditer(text):
        group = next(number for number in range(1, 8) if found[number])
        word = found[group].casefold()
        index = _ORDINALS.get(word) or _PLACES.get(word) or int(number(word))
        yield Span("REF", found.start(group), found.end(group), f"@{index}")
    for found in _OF_THEM.finditer(text):
        group = 1 if found[1] else 2
        yield Span("NUM", found.start(group), found.end(group), int(number(found[group])), "gpus")
    for found in _NARROW.finditer(text):
        group = 1 if found[1] else 2
        yield Span("NUM", found.start(group), found.end(group), int(number(found[group])), "count")


FINDERS: tuple[Callable[[str], Iterator[Span]], ...] = (
    gigabytes,
    parameters,
    contexts,
    quantisations,
    counts,
    money,
    references,
    usages,
)
