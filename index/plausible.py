"""How much a decoded text looks like text that a person wrote: the same bytes give sense in one encoding alone.

Only characters beyond ASCII count, each by its class and its neighbours. A reading in the wrong encoding shows itself:
Western letters read as cp932 are rare kanji between Latin letters or a single half-width katakana, Japanese read as
cp1252 is a row of accented capitals and signs, EUC-JP read as cp932 is half-width katakana in an order that no
word has.
"""

import re
from functools import cache
from itertools import islice
from pathlib import Path

_SAMPLE = 20_000  # matches that are looked at
_SMALL, _CAPITAL = "ß-öø-ÿœšž", "À-ÖØ-ÞŒŠŽŸ"
_LETTER = f"A-Za-z{_SMALL}{_CAPITAL}"
_STRAY = "¡-ª¬-º¼-¿×÷€ƒ†‡ˆ‰–—˜™›"  # signs that do not stand beside an accented letter
_KANJI = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"

# Patterns -> what a character that they take counts. The first that fits takes it.
_JUNK = ("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd-\uffff]", -2.0)  # controls, private use: never written
_HALF_WIDTH = (  # katakana of old forms, logs and bank data
    ("[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ|[ｷｼﾁﾆﾋﾐﾘ][ｬｭｮ]", 0.9),  # sounds that are written with two, no accident
    ("(?<=[ﾞﾟ])[ｬｭｮ]|(?<=[ﾌｳﾃﾁｼﾄﾞ])[ｧｨｩｪｫ]", 0.9),
    ("(?<=[ｧ-ﾟ])[ｯｰﾝ]", 0.9),
    ("[ｧ-ｯｰﾝﾞﾟ]", -1.0),  # what cannot begin a word or follow the one before
    ("(?<![ｦ-ﾟ])[ｦ-ﾝ](?![ｦ-ﾟ])", -1.0),  # alone: © is ｩ, ° is ｰ, Ü is ﾜ
    ("(?<=[ｦ-ﾟ]{4})[ｱ-ﾜ]|[ｱ-ﾜ](?=[ｦ-ﾟ]{4})", 0.6),
    ("[ｦ-ﾝ]", 0.35),  # less than kanji: the bytes of many a kanji in EUC-JP are two of these
    ("｢(?=[^｢｣\n]{1,40}｣)", 1.0),
    ("(?<=[ｦ-ﾟ])[｡､･]", 0.5),
    ("[｡-･]", -0.5),
)
_JAPANESE = (
    ("[ぁ-ゖゝゞァ-ヾ、。「」『』【】〔〕〈〉《》々〆〇〒※\u3000]", 1.0),
    ("[！-～￥]", 0.8),
    (f"(?<=[A-Za-z])[{_KANJI}](?=[a-z])", -1.5),  # don’t is "don稚"
)
_WESTERN = (
    (f"(?<=[a-z])[{_CAPITAL}]|[à-öø-ÿœšž](?=[A-Z])|[ŠŽ](?![a-z])|Ÿ", -1.0),  # case changes inside a word
    (f"[{_SMALL}]{{3,}}", -0.5),  # no word has three accents in a row
    (f"[{_SMALL}{_CAPITAL}](?=[{_STRAY}])|(?<=[{_SMALL}{_CAPITAL}])[{_STRAY}]|(?<=[¡-ª¬-¾])[{_SMALL}]", -1.0),
    ("(?<=[a-z])[šžœ](?=[a-z])", 1.0),
    ("[ŠŽŒšžœ]", 0.2),  # rare in cp1252, but the first bytes of many kanji in cp932
    (f"(?<=[A-Za-z])[{_SMALL}]|[{_SMALL}](?=[a-z])", 1.0),
    (f"(?<=[A-Z])[{_CAPITAL}]|[{_CAPITAL}](?=[A-Za-z])", 1.0),
    ("(?<=[A-Za-z])[Ā-ſ]|[Ā-ſ](?=[A-Za-z])", 1.0),
    (f"(?<![{_LETTER}\\d])[{_SMALL}{_CAPITAL}](?![{_LETTER}\\d])", 0.3),  # words of one letter: à, é, Y
    (f"(?<=[A-Za-z])’(?=[{_LETTER}])|(?<=[{_LETTER}])’(?=[a-z])|(?<![^\\s(\\[])[“‘„‚«](?=[{_LETTER}]{{2}})", 1.0),
    (f"(?<=[{_LETTER}\\d.,!?)])[”’»](?![{_LETTER}\\d])|(?<=[{_LETTER}])…(?=\\s|$)", 1.0),
    ("(?<= )[–—](?= )|(?<=\\d)–(?=\\d)|(?<![^\\n])•(?= )", 1.0),
    ("[€£¥§±×](?= ?\\d)|(?<=[\\d\\]])[²½¼¾¢€°µªº]|(?<=\\d )[€¢°µ×]|(?<=N)º|[¿¡](?=[A-Z])|(?<=[a-z\\d])[²³®™]", 1.0),
    (f"(?<!\\S)[©®](?!\\S)|[©®](?= [A-Z\\d])|°(?=[CF])|µ(?=[mgslAFVW])|(?<=[{_LETTER}])·(?=[{_LETTER}])", 1.0),
    ("(?<=[!-~])\u00a0(?=[!-~])|\u00ad", 0.3),
    ("[\u00a1-\u00bf×÷€‚ƒ„…†‡ˆ‰‹‘’“”•–—˜™›]", -0.3),  # signs without a number or word that they belong to
    (f"[{_SMALL}{_CAPITAL}]", -0.4),
)
_SIGNS = (  # the tables of JIS X 0208 beyond kana and kanji, and NEC's row 13
    ("(?<=[А-яЁё])[а-яё]", 0.9),
    ("[Α-Ωα-ωЁА-яё]", 0.5),
    ("[①-⑳Ⅰ-Ⅹⅰ-ⅹ℃№℡Å‰′″←-⇔∀-⊿⌒─-╋■-◯★☆♀♂♪♭♯㈱㈲㈹㊤-㊨㌀-㏿〓-〟゛゜〜‖…‥¨´°±×÷§¶]", 0.5),
)

# Everyday characters of the neighbours' languages: particles, endings and the words that every text holds.
_EVERYDAY = {
    "gb18030": (
        "的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多"
        "天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但"
        "身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四"
        "第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市"
    ),
    "big5": (
        "的一是不了人我在有他這中大來上個國到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她里後小麼心多"
        "天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但"
        "身些與高意進把法此實回二理美點月明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電四"
        "第門相次東政海口使教西再平真聽世氣信北少關並內加化由卻代軍產入先山五太水萬市"
    ),
    "cp949": (
        "이다는의에을가고하지로한은도리아사기자인나서시어대만스니라그를일해있보으정부전게수제들과것안원주국장상여성오"
        "와적세유선공조면경동구모비소문신중우생위무개용실화방연분야식치때마음말거내물저까없할러습요했였및관계재후간단"
        "행결발같되된던려람업회영"
    ),
}
_LEVEL_ONE = {"gb18030": ("gb2312", 0xB0, 0xD7), "big5": ("big5", 0xA4, 0xC6), "cp949": ("euc_kr", 0xB0, 0xC8)}


def plausibility(text: str) -> float:
    """Return how much a text looks like Japanese or Western writing, about -2 to 1; 1 for ASCII alone."""
    return _mean(text, *_japanese_or_western())


def neighbour_plausibility(text: str, encoding: str) -> float:
    """Return how much a text looks like Chinese or Korean, on the same scale; `encoding` is a key of NEIGHBOURS."""
    return _mean(text, *_neighbour(encoding))


NEIGHBOURS = tuple(_EVERYDAY)


def _mean(text: str, pattern: re.Pattern[str], weights: tuple[float, ...]) -> float:
    score, counted = 0.0, 0
    for found in islice(pattern.finditer(text), _SAMPLE):
        size = sum(one > "\x7f" or one < " " for one in found[0])
        score += size * weights[(found.lastindex or 1) - 1]
        counted += size
    return score / counted if counted else 1.0


def _compiled(table: list[tuple[str, float]]) -> tuple[re.Pattern[str], tuple[float, ...]]:
    beyond_ascii = "(?=[^\t\n\r -~])"  # first, so that the rest is not tried at every letter of a long English text
    pattern = re.compile(f"{beyond_ascii}(?:{'|'.join(f'({one})' for one, _ in table)})")
    return pattern, tuple(weight for _, weight in table)


@cache
def _japanese_or_western() -> tuple[re.Pattern[str], tuple[float, ...]]:
    lines = (Path(__file__).parent / "school_kanji.txt").read_text(encoding="utf-8").splitlines()
    school = "".join(one for one in lines if not one.startswith("#"))
    kanji = [
        (f"[{school}]", 1.0),  # nine of ten kanji in running text
        (f"[{_level_one('euc_jp', 0xB0, 0xCF)}]", 0.4),  # JIS level 1: 2,965 in daily use and in names
        (f"(?<=[ｦ-ﾟ])[{_KANJI}]|[{_KANJI}](?=[ｦ-ﾟ])", -1.0),  # rare kanji of EUC-JP, cut at the wrong byte
        (f"[{_KANJI}]", -0.3),
    ]
    return _compiled([_JUNK, *_HALF_WIDTH, *_JAPANESE, *kanji, *_WESTERN, *_SIGNS, ("[^\x00-\x7f]", -0.6)])


@cache
def _neighbour(encoding: str) -> tuple[re.Pattern[str], tuple[float, ...]]:
    table = [
        _JUNK,
        (f"[{_EVERYDAY[encoding]}，。、？！：；“”]", 1.0),
        (f"[{_level_one(*_LEVEL_ONE[encoding])}]", 0.3),
        ("[^\x00-\x7f]", -0.6),
    ]
    return _compiled(table)


def _level_one(encoding: str, first: int, last: int) -> str:
    """Return the characters in the rows of a national table that hold the common ones."""
    cells = (bytes((row, cell)) for row in range(first, last + 1) for cell in range(0x40, 0xFF))
    return "".join(one for cell in cells if (one := cell.decode(encoding, errors="ignore")) > "\x7f" and len(one) == 1)
