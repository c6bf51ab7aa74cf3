"""Text -> search terms, weighted by where they stand.

Japanese has no spaces, so a tokeniser for English makes one word of a whole clause and finds nothing. Here runs of
kanji become overlapping bigrams and single kanji, katakana words also bigrams, identifiers such as `qwen3-8b-q4_k_m`
stay one term and are also split into their parts, and both sides of a comparison are folded the same way (NFKC, case,
katakana's trailing long vowel).
"""

import re
import unicodedata
from collections import Counter
from itertools import chain

from index.dates import days
from index.stems import stem

QUERY_LENGTH = 2_000  # characters of a question that are searched for
HEADING_WEIGHT = 2.0  # a heading's word counts as two in the text
_KEPT = 262_144  # stretches whose terms are kept
_LONG = 64  # characters: a longer stretch does not come again
EXTRA_WEIGHT = 1.0  # title and summary of the whole document, the questions that the passage answers

_LATIN = r"[a-z0-9]++(?:[-_.+/:'][a-z0-9]++)*+[+#]*+"  # words and identifiers
_RUN = re.compile(
    rf"[a-z]++[^\w\-.+/:'#\u3041-\u309f](?=[0-9]){_LATIN}"  # "llama 3", which is also "llama3"
    rf"|{_LATIN}"
    r"|[\u30a1-\u30fa\u30fc]++"  # katakana
    r"|[\u4e00-\u9fff\u3400-\u4dbf\u3005](?:[\u3041-\u309f]++|[\u4e00-\u9fff\u3400-\u4dbf\u3005]*+)"  # 選び, kanji
    r"|[\u3041-\u309f]++"  # hiragana
    r"|[\uac00-\ud7a3]++"  # hangul
    r"|[^\W\d_a-z]++"  # other alphabets
)
_STRETCH = re.compile(  # what lies between spaces is known as a whole more often than not; a run never goes beyond it
    rf"[!-~]++(?:(?<=[a-z])[^\w\-.+/:'#\u3041-\u309f](?=[0-9])[!-~]++)*+|{_RUN.pattern}"
)
_NUMBERED = re.compile(r"([a-z]++)[^\w\-.+/:'#](.+)", re.DOTALL)
_WIDE = re.compile("[\u3000\uff01-\uff5e]+")
_NARROW = {0x3000: " "} | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_LONG_VOWEL = re.compile(r"(?<=[\u30a1-\u30fc][\u30a1-\u30fa])\u30fc(?![\u30a1-\u30fa\u30fc])")
_KANJI = re.compile("[\u4e00-\u9fff\u3400-\u4dbf\u3005]")
STOP = frozenset(
    re.findall(
        r"\S+",
        """
    a an and are as at be been but by can could did do does for from had has have how i if in into is it its me my not
    of on or our should so such than that the their them then there these they this to us was we were what when which
    who why will with would you your
    """,
    )
)
_STOP_JA = frozenset(
    re.findall(
        r"\S+",
        """
    です ます する した して ある いる から まで こと もの ため この その どの どう なに など なる れる られ
    """,
    )
)


_ACCENTED = re.compile("[\u00c0-\u024f]")
_BARE = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "a", "œ": "o"}


def _unaccented(found: re.Match[str]) -> str:
    """Return a letter without its accent: people write "cafe" and "Muller" too."""
    return _BARE.get(found[0]) or unicodedata.normalize("NFD", found[0])[0]


def nfkc(text: str) -> str:
    """Return unicodedata.normalize("NFKC", text), in a tenth of the time for Japanese with full-width marks.

    These are narrowed first: what remains is mostly normal already, which is told by looking at it once.
    """
    return unicodedata.normalize("NFKC", _WIDE.sub(_narrowed, text))


def _narrowed(found: re.Match[str]) -> str:
    return found[0].translate(_NARROW)


def fold(text: str) -> str:
    """Return text with widths, case, accents and katakana's trailing long vowel folded: "サーバー" is "ｻｰﾊﾞ"."""
    if text.isascii():
        return text.lower()
    folded = _ACCENTED.sub(_unaccented, nfkc(text).casefold())
    return _LONG_VOWEL.sub("", folded) if "\u30fc" in folded else folded


def searched(question: str) -> str:
    """Return a question as it is searched for: its first QUERY_LENGTH characters, as UTF-8 can hold them.

    A command line's invalid bytes come as lone surrogates, which no tokenizer takes.
    """
    return question[:QUERY_LENGTH].encode("utf-8", errors="replace").decode("utf-8")


def terms(text: str) -> list[str]:
    """Return the search terms of a text, in order, repeated as often as they occur."""
    return list(chain.from_iterable(map(_KNOWN.__getitem__, _STRETCH.findall(fold(text)))))


def _stretch_terms(stretch: str) -> tuple[str, ...]:
    """Return the terms of one run of letters of a kind, or of several between two spaces."""
    runs = _RUN.findall(stretch)
    return _run_terms(stretch) if runs == [stretch] else tuple(chain.from_iterable(map(_KNOWN.__getitem__, runs)))


def words(text: str) -> list[tuple[str, ...]]:
    """Return the same by the word: each run of letters of a kind with its terms, those without any left out."""
    return [found for run in _RUN.findall(fold(text)) if (found := _KNOWN[run])]


def _run_terms(run: str) -> tuple[str, ...]:
    """Return the terms of one run of letters of a kind."""
    first, last = run[0], run[-1]
    if first.isascii():
        numbered = _NUMBERED.fullmatch(run)
        if numbered is None:
            return _latin_terms(run)
        word, number = numbered.groups()
        return (*_KNOWN[word], *_KNOWN[number], word + number)
    if "\u3041" <= first <= "\u309f":
        return tuple(_hiragana_terms(run))
    if _KANJI.match(first):
        if "\u3041" <= last <= "\u309f":
            return (first, run[:2], *_hiragana_terms(run[1:]))  # 選び: a verb's stem with its ending
        return (*_bigrams(run), *run)  # 大雪 is also 雪, 診察 has something of 診る
    if "\u30a1" <= first <= "\u30fc":
        return (run, *(_bigrams(run) if len(run) > 2 else []))
    return (run, *(_bigrams(run) if first >= "\u2e80" and len(run) > 1 else []))


class _Known(dict[str, tuple[str, ...]]):
    """The terms of the stretches met so far: words recur, and a mapping is asked without leaving C."""

    def __missing__(self, run: str) -> tuple[str, ...]:
        if len(self) >= _KEPT:
            self.clear()
        found = _stretch_terms(run)
        if len(run) <= _LONG:
            self[run] = found
        return found


_KNOWN = _Known()


def bag(text: str, heading: str, extra: str) -> dict[str, float]:
    """Return a passage's weighted terms: text, heading path and the document's extra search text."""
    weighted: dict[str, float] = dict(Counter(chain(terms(text), (day.term for day in days(text)))))
    for part, weight in ((heading, HEADING_WEIGHT), (extra, EXTRA_WEIGHT)):
        for term in chain(terms(part), (day.term for day in days(part))):
            weighted[term] = weighted.get(term, 0.0) + weight
    return weighted


def _bigrams(run: str) -> list[str]:
    return [run[n : n + 2] for n in range(len(run) - 1)]


def _hiragana_terms(run: str) -> list[str]:
    """Hiragana is mostly endings and particles: only words of three and more carry meaning worth a bigram."""
    if len(run) < 3:
        return []
    return [
        pair for pair in _bigrams(run) if pair not in _STOP_JA and pair[0] != "っ" and pair[1] not in "をはがにへと"
    ]


def _latin_terms(run: str) -> tuple[str, ...]:
    """Return an identifier whole, its hyphen parts, their smaller parts and leading letters; a word as its stem."""
    if run in STOP:
        return ()
    if re.fullmatch(r"[a-z]+('[a-z]+)?", run):
        word = run.split("'")[0]
        return () if word in STOP else (stem(word),)
    parts = re.split(r"[-/:]", run)
    found = [run, *parts]
    for part in parts:
        found += re.split(r"[_.+]", part)
        letters = re.match(r"([a-z]{2,})\d", part)
        if letters:
            found.append(letters[1])
    if len(parts) == 2 and parts[0].isalpha() and parts[1][:1].isdigit():
        found.append(parts[0] + parts[1])  # llama-3: also llama3
    kept = dict.fromkeys(stem(one) if one.isalpha() else one for one in found if len(one) > 1 and one not in STOP)
    return tuple(kept) or (run,)
