"""Questions of how many tokens a text has, or how much text some tokens are: "how many tokens is a long report?"."""

from dataclasses import replace

from assistant.calls import Call
from assistant.events import Language
from assistant.reader.lexicon import patterns
from assistant.reader.marking import Marked
from assistant.reader.respelling import respelt
from assistant.reader.text import clean
from assistant.reader.units import contexts, number
from assistant.sentences import say
from assistant.stated.text_length import SCALE
from assistant.writer.draft import Draft, join_sentences, parts

_SAID, _LENGTHS = patterns("length_asked"), patterns("lengths")
# What the guides say (llm-basics, kv-cache): an English word is about 1.3 tokens and a page 500 words; a Japanese
# character is 0.5 to 1 token and an A4 page 1,200 characters. A token is about 4 characters of English (OpenAI's rule
# of thumb). People speak about 150 English words or 300 Japanese characters a minute.
_WORD, _PAGE_WORDS, _LETTERS, _WORDS_A_MINUTE = 1.3, 500, 4, 150
_CHARACTER, _PAGE_CHARACTERS, _CHARACTERS_A_MINUTE = (0.5, 1.0), 1_200, 300
_MINUTES = {"hour": 60.0, "minute": 1.0}


def asks_length(marked: Marked) -> bool:
    """Tell whether a question asks to convert a length into tokens or tokens into a length, of no model or machine."""
    of_model = any(span.kind in ("MOD", "REF", "GPU", "MAC", "GB", "PAR") for span in marked.spans)
    return not of_model and _amount(marked.source) is not None


def with_length_told(plan: Draft, call: Call, question: str, language: Language) -> Draft:
    """Return an explanation that begins with the conversion that the question asks for, any other answer as it is."""
    found = _amount(respelt(clean(question))) if call.tool == "explain" else None
    if found is None:
        return plan
    kind, count = found
    told = join_sentences([_told(kind, count, language), say(language, "length.rule")])
    return replace(plan, verdict=parts(told, plan.verdict))


def _amount(text: str) -> tuple[str, float] | None:
    """Return what is to be converted and how much of it: ("pages", 200), ("tokens", 8000); None for another question.

    Of several lengths the last one stands: it is beside what is asked.
    """
    if _SAID["rate"].search(text):
        return None
    if _SAID["how_many_tokens"].search(text):
        told = [
            (kind.partition("_")[0], number(found["count"]) * SCALE[(found["scale"] or "").casefold()])
            for kind, pattern in _LENGTHS.items()
            for found in pattern.finditer(text)
        ]
        for found in _SAID["spoken"].finditer(text):
            unit = next(name for name in _MINUTES if found[name])
            told.append(("minutes", number(found["count"]) * _MINUTES[unit]))
        one = _SAID["single"].search(text)
        told = told or ([(next(name for name, said in one.groupdict().items() if said), 1.0)] if one else [])
        return told[-1] if told else None
    if _SAID["how_much_text"].search(text):
        tokens = [float(str(span.value)) for span in contexts(text)]
        few = _SAID["few_tokens"].search(text)
        tokens = tokens or ([number(few["count"]) if few["count"][0].isdigit() else 1.0] if few else [])
        return ("tokens", tokens[-1]) if tokens else None
    return None


def _told(kind: str, count: float, language: Language) -> str:
    if kind == "tokens":
        return _text_of(count, language)
    words = {"words": 1.0, "pages": _PAGE_WORDS, "characters": 1 / (_LETTERS * _WORD), "minutes": _WORDS_A_MINUTE}
    characters = {"pages": _PAGE_CHARACTERS, "characters": 1.0, "minutes": _CHARACTERS_A_MINUTE}
    english = _rounded(count * words[kind] * _WORD)
    values = {"length": _length(kind, count, language), "english": english}
    if kind == "words":
        return say(language, "length.words", **values)
    low, high = (_rounded(count * characters[kind] * one) for one in _CHARACTER)
    return say(language, "length.tokens", **values, low=low, high=high)


def _text_of(tokens: float, language: Language) -> str:
    words, few, many = tokens / _WORD, tokens / _CHARACTER[1], tokens / _CHARACTER[0]
    values = {
        "tokens": f"{tokens:,.0f}", "words": _rounded(words), "few": _rounded(few), "many": _rounded(many),
        "pages": _rounded(words / _PAGE_WORDS), "few_pages": _rounded(few / _PAGE_CHARACTERS),
        "many_pages": _rounded(many / _PAGE_CHARACTERS),
    }  # fmt: skip
    whole = words >= _PAGE_WORDS
    return say(language, "length.text" if whole else "length.text_short" if tokens > 1 else "length.one", **values)


def _length(kind: str, count: float, language: Language) -> str:
    if kind == "minutes" and count >= 60 and count % 60 == 0:
        kind, count = "hours", count / 60
    key = f"{kind}_one" if count == 1 else "word" if kind == "words" else kind
    return say(language, f"length.{key}", count=f"{count:,.10g}")


def _rounded(amount: float) -> str:
    """Return an estimate with two digits that count: "130,000", "670", "13"."""
    digits = max(0, len(str(int(amount))) - 2)
    return f"{round(amount, -digits):,.0f}" if amount >= 1 else f"{amount:.2g}"
