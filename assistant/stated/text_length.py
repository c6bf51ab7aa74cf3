"""How long the texts are that a question speaks of, in tokens: 「3万字の議事録」, "a 200-page report"."""

import math
import re
from dataclasses import replace

from assistant.calls import Call
from assistant.reader.lexicon import patterns
from assistant.reader.text import clean
from assistant.reader.units import number

_SAID = patterns("lengths")
SCALE = {"千": 1e3, "万": 1e4, "k": 1e3, "thousand": 1e3, "million": 1e6, "": 1.0}
# Tokens: a Japanese character is at most about one for the tokenisers of today's multilingual models, an English word
# 4/3 (OpenAI's rule of thumb); a page has about 800 characters or 500 words.
_TOKENS = {"characters": 1.0, "words": 4 / 3, "pages_ja": 800.0, "pages_en": 500 * 4 / 3}
_SAID_ITSELF = re.compile(r"context|コンテキスト|(?<![a-z])tokens?(?![a-z])|トークン", re.I)
_WHOLE = re.compile(r"translat|rewrit|proofread|翻訳|[英和邦]訳|校正|書き直|清書", re.I)  # written again at full length
_ANSWER = 2_048  # tokens left for the instructions and the answer
_STEP = 1_024
_USUAL = 8_192  # tokens that are assumed anyway
_LONGEST = 2_000_000


def tokens_of_texts(question: str) -> int | None:
    """Return the tokens of the longest text that a question says is to be read, None when none is told."""
    text = clean(question)
    found = [
        number(one["count"]) * SCALE[(one["scale"] or "").casefold()] * _TOKENS[kind]
        for kind, pattern in _SAID.items()
        for one in pattern.finditer(text)
    ]
    longest = max(found, default=0.0)
    return round(longest) if 0 < longest <= _LONGEST else None


def with_length(call: Call, question: str) -> tuple[Call, tuple[dict[str, str], ...]]:
    """Return a `recommend` or `fit` call whose context holds the texts, with a note; others as they are.

    Where the speed is asked for, it is the time for these texts that is.

    A question that speaks of context or tokens itself stays, as does one for search, and texts that the assumed context
    holds change nothing.
    """
    read = tokens_of_texts(question)
    in_pieces = call.arguments().get("task") in ("embedding", "rag")  # which read passages, never a whole archive
    if call.tool not in ("recommend", "fit") or read is None or in_pieces or _SAID_ITSELF.search(question):
        return call, ()
    if call.tool == "fit" and "speed" in call.asks:
        asked = f"read {read} whole" if _WHOLE.search(question) else f"read {read}"
        call = replace(call, asks=(asked, *(one for one in call.asks if one != "speed")))
    context = math.ceil((read + _ANSWER) / _STEP) * _STEP
    if context <= _USUAL:
        return call, ()
    note = {
        "en": f"The texts were taken as about {read:,} tokens (4 tokens for 3 English words, 1 for a Japanese "
        f"character), so the context is {context:,} tokens.",
        "ja": f"文章の長さを約 {read:,} トークン（目安は日本語1字で1、英語3語で4）として、コンテキストを {context:,} "
        "トークンにしました。",
    }
    return call.with_arguments({**call.arguments(), "context_tokens": context}), (note,)
