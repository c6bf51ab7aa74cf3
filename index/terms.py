"""Text -> search terms, and BM25 over them: the lexical half of the search.

Japanese has no spaces, so a tokeniser for English makes one word of a whole clause and finds nothing. Here runs of
kanji become overlapping bigrams and single kanji, katakana words also bigrams, identifiers such as `qwen3-8b-q4_k_m`
stay one term and are also split into their parts, and both sides of a comparison are folded the same way (NFKC, case,
katakana's trailing long vowel).
"""

import math
import re
import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.stems import stem

K1 = 1.2
B = 0.4  # Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009: usual are 1.2 to 2 and 0.3 to 0.9
HEADING_WEIGHT = 2.0  # a heading's word counts as two in the text
_BLOCK = 65_536  # weights
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


def nfkc(text: str) -> str:
    """Return unicodedata.normalize("NFKC", text), in a tenth of the time for Japanese with full-width marks.

    These are narrowed first: what remains is mostly normal already, which is told by looking at it once.
    """
    return unicodedata.normalize("NFKC", _WIDE.sub(_narrowed, text))


def _narrowed(found: re.Match[str]) -> str:
    return found[0].translate(_NARROW)


def fold(text: str) -> str:
    """Return text with widths, case and katakana's trailing long vowel folded: "サーバー" and "ｻｰﾊﾞ" are the same."""
    if text.isascii():
        return text.lower()
    folded = nfkc(text).casefold()
    return _LONG_VOWEL.sub("", folded) if "\u30fc" in folded else folded


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


class Numbers(dict[str, int]):
    """Terms -> their numbers; a term that is not there yet gets the next one when it is asked for in brackets."""

    def __missing__(self, term: str) -> int:
        number = self[term] = len(self)
        return number


def runs(order: NDArray[np.intp], ends: Sequence[int] = ()) -> list[tuple[int, int]]:
    """Return the stretches [first, behind) of numbers that follow each other in an order, parted at these numbers too.

    Copying stretches takes a tenth of the time of taking the same rows one by one.
    """
    if not len(order):
        return []
    breaks = np.flatnonzero((np.diff(order) != 1) | np.isin(order[1:], ends))
    return [*zip(order[[0, *(breaks + 1)]].tolist(), (order[[*breaks, -1]] + 1).tolist(), strict=True)]


def woven(parts: Sequence[NDArray[Any]], order: NDArray[np.intp]) -> NDArray[Any]:
    """Return the rows of all parts, numbered on from part to part, in an order."""
    return np.concatenate(
        [parts[p][a:b] for p, a, b in _stretches([len(one) for one in parts], order)] or [parts[0][:0]]
    )


def _stretches(sizes: Sequence[int], order: NDArray[np.intp]) -> Iterator[tuple[int, int, int]]:
    """Yield (part, first, behind) for each stretch of rows in an order; `sizes` are those of the parts."""
    firsts = [*accumulate(sizes, initial=0)]
    for first, behind in runs(order, firsts):
        part = bisect(firsts, first) - 1
        yield part, first - firsts[part], behind - firsts[part]


class Bags:
    """Weighted term counts of passages in flat arrays: cheap to save, to load and to put together anew."""

    def __init__(
        self,
        numbers: Numbers,
        starts: NDArray[np.int64],
        columns: NDArray[np.int32],
        values: NDArray[np.float32],
    ) -> None:
        """Take the arrays as they are: passage n's terms are columns[starts[n]:starts[n + 1]], numbers of `numbers`."""
        self.numbers, self.starts, self.columns, self.values = numbers, starts, columns, values

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def of(cls, bags: Sequence[Mapping[str, float]], numbers: Numbers | None = None) -> "Bags":
        """Return the bags of term -> weight mappings; `numbers`, if given, is extended and shared."""
        if numbers is None:
            numbers = Numbers(zip(dict.fromkeys(chain.from_iterable(bags)), count()))
        starts = np.zeros(len(bags) + 1, dtype=np.int64)
        np.cumsum([len(one) for one in bags], out=starts[1:])
        columns = np.fromiter(map(numbers.__getitem__, chain.from_iterable(bags)), np.int32, starts[-1])
        values = np.fromiter(chain.from_iterable(one.values() for one in bags), np.float32, starts[-1])
        return cls(numbers, starts, columns, values)

    @classmethod
    def joined(cls, parts: Sequence["Bags"]) -> "Bags":
        """Return the bags of all parts in order; each part's numbers hold those of the parts before it."""
        return cls.woven(parts, np.arange(sum(map(len, parts))))

    def renumbered(self, numbers: Numbers) -> "Bags":
        """Return these bags with the numbers of `numbers`, which is extended and shared."""
        known = np.fromiter(map(numbers.__getitem__, self.numbers), np.int32, len(self.numbers))
        return Bags(numbers, self.starts, known[self.columns], self.values)

    @classmethod
    def woven(cls, parts: Sequence["Bags"], order: NDArray[np.intp]) -> "Bags":
        """Return the bags of all parts, numbered on from part to part, in an order; numbers as for `joined`."""
        lengths = np.concatenate([np.diff(one.starts) for one in parts])[order]
        places = [
            (parts[p], slice(parts[p].starts[a], parts[p].starts[b]))
            for p, a, b in _stretches([len(one) for one in parts], order)
        ]
        return cls(
            parts[-1].numbers,
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            np.concatenate([np.zeros(0, dtype=np.int32), *(one.columns[place] for one, place in places)]),
            np.concatenate([np.zeros(0, dtype=np.float32), *(one.values[place] for one, place in places)]),
        )


def _stable_order(keys: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the stable order of non-negative numbers. numpy sorts 16-bit numbers by radix, ten times faster."""
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    return order[np.argsort((keys >> 16).astype(np.uint16)[order], kind="stable")]


def _spliced(held: NDArray[Any], gone: NDArray[np.intp], places: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
    """Return an array without the places `gone` and with each of `new` before its place; both ascend.

    What lies between is copied in stretches: where few places change, an eighth of the time of numpy's own.
    """
    at = np.concatenate([places, gone])
    order = np.argsort(at, kind="stable")
    cuts = at[order].tolist()
    behind = (at + (np.arange(len(at)) >= len(places)))[order].tolist()  # one that is gone is passed over
    inserted = [new[n : n + 1] for n in order.tolist()]
    pieces = zip([0, *behind], [*cuts, len(held)], strict=True)
    between = [held[first:last] for first, last in pieces]
    return np.concatenate([between[0], *chain.from_iterable(zip(inserted, between[1:], strict=True))])


def _gains(values: NDArray[np.float32], rows: NDArray[np.intp], norm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return BM25's gain of each weight in its passage, in blocks that stay in the processor's cache."""
    gains = np.empty_like(values)
    for start in range(0, len(values), _BLOCK):
        part = slice(start, start + _BLOCK)
        np.divide(values[part], values[part] + norm[rows[part]], out=gains[part])
    gains *= np.float32(K1 + 1)
    return gains


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
        self._gains = _gains(values, rows, (K1 * (1 - B + B * lengths / max(mean, 1e-9))).astype(np.float32))
        self._unknown_idf = math.log(1 + (self.size + 0.5) / 0.5)

    def followed(self, bags: Bags, places: NDArray[np.intp]) -> "Bm25":
        """Return what Bm25(bags) gives, in a tenth of the time where few passages are new or gone.

        Arguments that need a word:
            bags: all passages, numbered on top of these; their order among themselves is kept.
            places: for each of them its number here, -1 for a new one.
        """
        moved = np.full(self.size, -1, dtype=np.intp)
        moved[places[places >= 0]] = np.flatnonzero(places >= 0)
        rows = moved[self._rows]
        gone = np.flatnonzero(rows < 0)
        new = np.flatnonzero(places < 0)
        added = Bags.woven([bags], new)
        order = np.argsort(added.columns, kind="stable")
        columns = added.columns[order]
        ends = self._starts[np.minimum(columns + 1, len(self._found))]  # behind the passages that hold the term already
        found = np.bincount(columns, minlength=len(bags.numbers))
        found[: len(self._found)] += self._found
        np.subtract.at(found, np.searchsorted(self._starts, gone, side="right") - 1, 1)
        lengths = np.zeros(len(bags))
        lengths[places >= 0] = self._lengths[places[places >= 0]]
        beside = np.repeat(new, np.diff(added.starts))
        lengths += np.bincount(beside, weights=added.values, minlength=len(bags))
        after = object.__new__(Bm25)
        after._fill(
            bags.numbers,
            _spliced(rows, gone, ends, beside[order]),
            _spliced(self._values, gone, ends, added.values[order]),
            found,
            lengths,
        )
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
