"""Questions for the meaning of a word: which word is asked about, and which passages speak of it or define it."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from knowledge.schema import Term

_SENTENCE_END = re.compile(r"(?<=[?？。!！\n])")
_WORD_JA = r"(?P<word>[^、。?？!！「」\s][^、。?？!！「」]{0,29}?)」?"
_WHAT = (
    r"(?:、?(?:一体|いったい|結局|要するに|ざっくり|簡単に))*(?:何|なん|なに)"
    r"(?:です|なの?です|なの|なん(?:や|ですか)?|や(?:ねん|ろ)?|だっけ|でしたっけ|でしょう|だろう|の略|を指すの?|のこと)?"
    r"(?:です)?か?"
)
_MEANS = r"どう(?:いう|いった)(?:意味|もの|こと|仕組み)(?:です|なの|でしょう)?か?"
_TELL = r"(?:の)?(?:意味|定義|概要)?(?:を|について)?(?:教えて|説明して)(?:ください|下さい|ほしい|もらえますか|くれる)?"
_ASKED = (
    re.compile(rf"^「?{_WORD_JA}(?:と(?:いうの)?は|って(?:いうのは)?|の意味は|の定義は)(?:{_WHAT}|{_MEANS})$"),
    re.compile(rf"^「?{_WORD_JA}(?:と(?:いうの)?は|って|の意味|の定義)(?:{_TELL})?$"),
    re.compile(
        r"^(?:(?:so|and|but|ok|okay|please|sorry)[, ]+)*(?:what(?:'?s| is| are)|what exactly (?:is|are)|define)"
        r" (?:an? )?(?P<word>[^?,]{1,40}?)(?: exactly| in (?:short|simple terms|plain english))?$",
        re.IGNORECASE,
    ),
    re.compile(r"^what (?:does|do) (?:an? |the )?(?P<word>[^?,]{1,40}?) (?:mean|stand for)$", re.IGNORECASE),
    re.compile(r"^(?:the )?meaning of (?P<word>[^?,]{1,40}?)$", re.IGNORECASE),
    re.compile(r"^(?P<word>[^?,]{1,40}?) (?:meaning|definition)$", re.IGNORECASE),
)
# These ask for a meaning where the word is a known term, else for a value: 電話番号は何ですか, "what is the fee?".
_ASKED_OF_TERMS = (
    re.compile(rf"^「?{_WORD_JA}は(?:{_WHAT}|{_MEANS})$"),
    re.compile(rf"^「?{_WORD_JA}(?:について|を)(?:教えて|説明して)(?:ください|下さい)?$"),
    re.compile(
        r"^(?:what(?:'s| is| are)|explain|tell me about) (?:an? |the )?(?P<word>[^?,]{1,40}?)"
        r"(?: like (?:i'?m|i am) .{1,30}| (?:to|for) (?:me|a|an|my|dummies|beginners)\b.{0,30}| simply|"
        r" in simple (?:terms|words))?$",
        re.IGNORECASE,
    ),
    re.compile(r"^「?(?P<word>[^、。?？!！「」]{1,30}?)」?は?$"),
)
_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}  # hiragana -> katakana
_NOT_A_WORD = re.compile(r"[のをにがでへ]|\b(?:the|of|for|between|on|in|to|my|your|our|best|difference|it|this|that)\b")
_LONGEST = 3  # English words in a term that is not known
_DEFINES = re.compile(r"とは|何か$|何を(?:する|表す)|仕組み|意味|^what\b.*\b(?:is|are|does|means?)\b|\bhow .* works?$")


class Asked(NamedTuple):
    """The word whose meaning is asked for as the question writes it; `term` when the glossary knows it."""

    word: str
    term: Term | None


def asked(question: str, glossary: Iterable[Term]) -> Asked | None:
    """Return what the first question for a meaning asks about, None when none is asked.

    A phrase that the glossary does not know counts when it is a word or name ("LoRA", "検収"), not when it is a clause.
    """
    known: dict[str, Term] = {}  # filled when a sentence has a shape of such a question, which few have
    for sentence in _SENTENCE_END.split(question.strip()):
        bare = sentence.strip(' 　?？。!！\n…"“”')
        for shape in (*_ASKED, *_ASKED_OF_TERMS):
            if not (found := shape.match(bare)):
                continue
            known = known or {_key(name): term for term in glossary for name in (term.ja, term.en, *term.aliases)}
            word = found["word"].strip()
            written = (word, re.sub(r"s$", "", word), word.translate(_KATAKANA))  # 「ろらって何」
            term = next((known[key] for key in map(_key, written) if key in known), None)
            if term is not None or (shape in _ASKED and _is_word(word)):
                return Asked(word, term)
    return None


def speaks_of(asked_for: Asked, heading: str, text: str) -> bool:
    """Tell whether a passage says the word, in any wording that the glossary knows."""
    from index.terms import terms

    said = set(terms(f"{heading}\n{text}"))
    return any(wanted and wanted <= said for wanted in (set(terms(name)) for name in _names(asked_for)))


def defines(asked_for: Asked, heading: str) -> bool:
    """Tell whether a section with this heading ("title > section") is there to say what the word means."""
    last = heading.rpartition(" > ")[2].casefold()
    return bool(_DEFINES.search(last)) and speaks_of(asked_for, last, "")


def mentioned(question: str, heading: str, text: str, glossary: Sequence[Term]) -> bool:
    """Tell whether a question and a passage both speak of a term of the glossary, in any of its wordings."""
    from index.terms import terms

    asked_for, said = set(terms(question)), set(terms(f"{heading}\n{text}"))
    for term in glossary:
        ways = [found for name in _names(Asked(term.en, term)) if (found := set(terms(name)))]
        if any(way <= asked_for for way in ways) and any(way <= said for way in ways):
            return True
    return False


def _names(asked_for: Asked) -> list[str]:
    term = asked_for.term
    return [asked_for.word] if term is None else [asked_for.word, term.ja, term.en, *term.aliases]


def _is_word(word: str) -> bool:
    return not _NOT_A_WORD.search(word.casefold()) and len(word.split()) <= _LONGEST


def _key(name: str) -> str:
    from index.terms import fold

    return re.sub(r"[\s・_-]+", "", fold(name))
