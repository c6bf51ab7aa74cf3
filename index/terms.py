"""Text -> search terms, and BM25 over them: the lexical half of the search.

Japanese has no spaces, so a tokeniser for English makes one word of a whole clause and finds nothing. Here runs of
kanji become overlapping bigrams and single kanji, katakana words also bigrams, identifiers such as `qwen3-8b-q4_k_m`
stay one term and are also split into their parts, and both sides of a comparison are folded the same way (NFKC, case,
katakana's trailing long vowel).
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.4  # Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009: usual are 1.2 to 2 and 0.3 to 0.9
HEADING_WEIGHT = 2.0  # a heading's word counts as two in the text
EXTRA_WEIGHT = 1.0  # title and summary of the whole document, the questions that the passage answers

_RUN = re.compile(
    r"[a-z0-9]+(?:[-_.+/:'][a-z0-9]+)*[+#]*"  # words and identifiers
    r"|[\u30a1-\u30fa\u30fc]+"  # katakana
    r"|[\u4e00-\u9fff\u3400-\u4dbf\u3005]+"  # kanji
    r"|[\u3041-\u309f]+"  # hiragana
    r"|[\uac00-\ud7a3]+"  # hangul
    r"|[^\W\d_a-z]+"  # other alphabets
)
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


def fold(text: str) -> str:
    """Return text with widths, case and katakana's trailing long vowel folded: "サーバー" and "ｻｰﾊﾞ" are the same."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _LONG_VOWEL.sub("", folded) if "\u30fc" in folded else folded


def terms(text: str) -> list[str]:
    """Return the search terms of a text, in order, repeated as often as they occur."""
    found: list[str] = []
    before, ended = "", -2  # the run before this one and where it ended
    for match in _RUN.finditer(fold(text)):
        run = match[0]
        start, end = match.span()
        if start == ended and len(before) == 1 and _KANJI.match(before) and "\u3041" <= run[0] <= "\u309f":
            found.append(before + run[0])  # 選び: a verb's stem with its ending
        found += _run_terms(run)
        if start == ended + 1 and run[0].isdigit() and before.isalpha() and before.isascii():
            found.append(before + run)  # "llama 3" is also "llama3"
        before, ended = run, end
    return found


@lru_cache(maxsize=262_144)
def _run_terms(run: str) -> tuple[str, ...]:
    """Return the terms of one run of letters of a kind."""
    first = run[0]
    if first.isascii():
        return _latin_terms(run)
    if "\u3041" <= first <= "\u309f":
        return tuple(_hiragana_terms(run))
    if _KANJI.match(first):
        return (*_bigrams(run), *run)  # 大雪 is also 雪, 診察 has something of 診る
    if "\u30a1" <= first <= "\u30fc":
        return (run, *(_bigrams(run) if len(run) > 2 else []))
    return (run, *(_bigrams(run) if first >= "\u2e80" and len(run) > 1 else []))


def bag(text: str, heading: str, extra: str) -> dict[str, float]:
    """Return a passage's weighted terms: text, heading path and the document's extra search text."""
    weighted: dict[str, float] = dict(Counter(terms(text)))
    for part, weight in ((heading, HEADING_WEIGHT), (extra, EXTRA_WEIGHT)):
        for term in terms(part):
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
        return (stem(run.split("'")[0]),)
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


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return an English word without its common endings, so that quantize, quantised and quantization meet.

    A short list of endings, not Porter's algorithm: it has to be the same for a question and a passage, not to be a
    word.
    """
    if len(word) < 4 or not word.isascii():
        return word
    word = word.replace("isation", "ization").replace("ising", "izing")
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith(("ised", "ise")) and len(word) > 6:
        word = word.replace("ise", "ize")
    for ending in (
        "ization",
        "izing",
        "ized",
        "izer",
        "ize",
        "ation",
        "ating",
        "ated",
        "ate",
        "ing",
        "ed",
        "ment",
        "ly",
        "er",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            base = word[: -len(ending)]
            doubled = base[-1] == base[-2] and base[-1] not in "lsz" and ending in ("ing", "ed", "er")
            return base[:-1] if doubled else base
    return word


class Bags:
    """Weighted term counts of passages in flat arrays: cheap to save, to load and to put together anew."""

    def __init__(
        self,
        numbers: dict[str, int],
        starts: NDArray[np.int64],
        columns: NDArray[np.int32],
        values: NDArray[np.float32],
    ) -> None:
        """Take the arrays as they are: passage n's terms are columns[starts[n]:starts[n + 1]], numbers of `numbers`."""
        self.numbers, self.starts, self.columns, self.values = numbers, starts, columns, values

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def of(cls, bags: Sequence[Mapping[str, float]], numbers: dict[str, int] | None = None) -> "Bags":
        """Return the bags of term -> weight mappings; `numbers`, if given, is extended and shared."""
        numbers = {} if numbers is None else numbers
        starts = np.zeros(len(bags) + 1, dtype=np.int64)
        np.cumsum([len(one) for one in bags], out=starts[1:])
        columns = [numbers.setdefault(term, len(numbers)) for one in bags for term in one]
        values = [value for one in bags for value in one.values()]
        return cls(numbers, starts, np.array(columns, dtype=np.int32), np.array(values, dtype=np.float32))

    @classmethod
    def joined(cls, parts: Sequence["Bags"]) -> "Bags":
        """Return the bags of all parts in order; each part's numbers hold those of the parts before it."""
        ends = np.cumsum([0] + [part.starts[-1] for part in parts])
        starts = np.concatenate([[0], *(part.starts[1:] + end for part, end in zip(parts, ends[:-1], strict=True))])
        return cls(
            parts[-1].numbers if parts else {},
            starts.astype(np.int64),
            np.concatenate([np.zeros(0, dtype=np.int32), *(part.columns for part in parts)]),
            np.concatenate([np.zeros(0, dtype=np.float32), *(part.values for part in parts)]),
        )

    def taken(self, rows: NDArray[np.intp]) -> "Bags":
        """Return the bags with these numbers, in this order."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1], dtype=np.int64)
        return Bags(self.numbers, starts, self.columns[places], self.values[places])


def _stable_order(keys: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the stable order of non-negative numbers. numpy sorts 16-bit numbers by radix, ten times faster."""
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    return order[np.argsort((keys >> 16).astype(np.uint16)[order], kind="stable")]


class Bm25:
    """BM25 scores of all passages for a query, in numpy: an inverted index in three flat arrays."""

    def __init__(self, bags: Bags) -> None:
        """Turn the bags' passage-by-passage order into term-by-term order."""
        size = len(bags)
        rows = np.repeat(np.arange(size), np.diff(bags.starts))  # numpy takes by 64-bit numbers twice as fast
        lengths = np.bincount(rows, weights=bags.values, minlength=size).astype(np.float64)
        order = _stable_order(bags.columns)
        found = np.bincount(bags.columns, minlength=len(bags.numbers))
        self._fill(bags.numbers, rows[order], bags.values[order], found, lengths)

    def _fill(
        self,
        numbers: dict[str, int],
        rows: NDArray[np.intp],
        values: NDArray[np.float32],
        found: NDArray[np.intp],
        lengths: NDArray[np.float64],
    ) -> None:
        """Take the terms' passages and weights, term after term, how many each has, and the passages' lengths."""
        self.size, self.numbers = len(lengths), numbers
        self._rows, self._values, self._found, self._lengths = rows, values, found, lengths
        self._starts = np.concatenate([[0], np.cumsum(found)]).astype(np.int64)
        self.idf = np.log(1 + (self.size - found + 0.5) / (found + 0.5)).astype(np.float32)
        mean = float(lengths.mean()) if self.size else 1.0
        norm = K1 * (1 - B + B * lengths / max(mean, 1e-9))
        self._gains = (values * (K1 + 1) / (values + norm[rows])).astype(np.float32)
        self._unknown_idf = math.log(1 + (self.size + 0.5) / 0.5)

    def followed(self, bags: Bags, places: NDArray[np.intp]) -> "Bm25":
        """Return what Bm25(bags) gives, in a tenth of the time where few passages are new or gone.

        Arguments that need a word:
            bags: all passages, numbered on top of these; their order among themselves is kept.
            places: for each of them its number here, -1 for a new one.
        """
        moved = np.full(self.size, -1, dtype=np.intp)
        moved[places[places >= 0]] = np.flatnonzero(places >= 0)
        rows, values, found = moved[self._rows], self._values, self._found
        if (gone := rows < 0).any():
            rows, values = rows[~gone], values[~gone]
            found = np.diff(np.concatenate([[0], np.cumsum(~gone)])[self._starts])
        new = np.flatnonzero(places < 0)
        added = bags.taken(new)
        order = np.argsort(added.columns, kind="stable")
        columns = added.columns[order]
        found = np.concatenate([found, np.zeros(len(bags.numbers) - len(found), dtype=found.dtype)])
        ends = np.cumsum(found)[columns]  # behind the passages that hold the term already
        lengths = np.zeros(len(bags))
        lengths[places >= 0] = self._lengths[places[places >= 0]]
        beside = np.repeat(new, np.diff(added.starts))
        lengths += np.bincount(beside, weights=added.values, minlength=len(bags))
        after = object.__new__(Bm25)
        after._fill(
            bags.numbers, np.insert(rows, ends, beside[order]), np.insert(values, ends, added.values[order]),
            found + np.bincount(columns, minlength=len(found)), lengths,
        )  # fmt: skip
        return after

    def postings(self, term: str) -> tuple[NDArray[np.intp], NDArray[np.float32], float]:
        """Return the passages that hold a term, its gain in each (about 1 for once) and its idf."""
        n = self.numbers.get(term)
        if n is None:
            return self._rows[:0], self._gains[:0], self._unknown_idf
        part = slice(self._starts[n], self._starts[n + 1])
        return self._rows[part], self._gains[part], float(self.idf[n])

    def scores(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """Return one score per passage; 0 means that no term occurs in it."""
        total = np.zeros(self.size, dtype=np.float32)
        for term, weight in weights.items():
            n = self.numbers.get(term)
            if n is not None:
                part = slice(self._starts[n], self._starts[n + 1])
                total[self._rows[part]] += weight * self.idf[n] * self._gains[part]
        return total
