"""The forms of Japanese verbs and adjectives: from the dictionary form to the others, and back."""

import re

KANJI = re.compile("[\u4e00-\u9fff]")
# The kana a verb's last one becomes when it is conjugated: 選ぶ is also 選ば, 選び, 選べ, 選ぼ and 選ん.
_CONJUGATED = {
    "う": "わいうえおっ", "く": "かきくけこい", "ぐ": "がぎぐげごい", "す": "さしすせそ", "つ": "たちつてとっ",
    "ぬ": "なにぬねのん", "ぶ": "ばびぶべぼん", "む": "まみむめもん", "る": "らりるれろっ", "い": "いくかけさ",
}  # fmt: skip
_BEFORE_RU = frozenset("えけせてねべめれげぜでいきしちにびみりぎじ")  # 借りる, 食べる: る falls off
_BACK = {
    kana: tuple(last for last, becomes in _CONJUGATED.items() if kana in becomes)
    for kana in "".join(_CONJUGATED.values())
}


def forms(name: str) -> set[str]:
    """Return an expression with the forms that inflection gives it, when it ends like a verb or adjective."""
    found = {name}
    if len(name) > 1 and name[-1] in _CONJUGATED and KANJI.search(name):
        found |= {name[:-1] + kana for kana in _CONJUGATED[name[-1]]}
        if name[-1] == "る" and name[-2] in _BEFORE_RU:
            found.add(name[:-1])
    return found


def bases(said: str) -> list[str]:
    """Return the expressions that `said` may be a form of, itself first: all names with `said` in `forms(name)`."""
    found = [said]
    if KANJI.search(said):
        found += [said[:-1] + last for last in _BACK.get(said[-1], ()) if len(said) > 1]
        found += [said + "る"] if said[-1] in _BEFORE_RU else []
    return list(dict.fromkeys(found))


def usable(name: str) -> bool:
    """Tell whether an expression says something by itself: lone letters, kana and numbers do not, lone kanji do."""
    return (len(name) > 1 and not name.isdigit()) or bool(KANJI.fullmatch(name))


def stands_alone(text: str, n: int) -> bool:
    """Tell whether a kanji has none beside it: 車 in 車を停める, not in 車検."""
    beside = text[max(0, n - 1) : n] + text[n + 1 : n + 2]
    return bool(KANJI.match(text[n])) and not KANJI.search(beside)
