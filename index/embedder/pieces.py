"""The built-in embedder's tokenizer with the pieces of every word it has met kept: words recur, so it is asked rarely.

Cutting words into pieces takes most of the time of a static embedding (0.56 of 0.70 ms per passage of 160 pieces,
measured 2026-11-22 on two cores); with the words kept it takes a sixth. Words are asked for one by one: a batch takes
the tokenizer twice as long, as it shares it among threads. The pieces are the same: the tokenizer cuts each run of
letters by itself, and the pattern of these runs is read from its own description.
"""

import json
import re
from itertools import chain
from typing import Any

from index.terms import nfkc

_KEPT = 100_000  # words and stretches, about 20 MB
_LONG = 64  # characters: a longer stretch does not come again


class _Known(dict[str, list[int]]):
    """The pieces of the runs met so far, and of the stretches of runs."""

    def __init__(self, tokenizer: Any, runs: re.Pattern[str]) -> None:
        super().__init__()
        self._tokenizer, self._runs = tokenizer, runs

    def __missing__(self, stretch: str) -> list[int]:
        if len(self) >= _KEPT:
            self.clear()
        runs = self._runs.findall(stretch)
        found: list[int]
        if runs == [stretch]:
            found = self._tokenizer.encode(stretch, add_special_tokens=False).ids
        else:
            found = [number for run in runs for number in self[run]]
        if len(stretch) <= _LONG:
            self[stretch] = found
        return found


class Pieces:
    """Does what the built-in embedder's `tokenizers.Tokenizer` does: NFKC, lower case, runs of letters, pieces."""

    def __init__(self, tokenizer: Any) -> None:
        """Read the pattern of the runs. Raises ValueError for a tokenizer that works in another way."""
        about = json.loads(tokenizer.to_str())
        try:
            normalizers = [one["type"] for one in about["normalizer"]["normalizers"]]
            spaces, runs = about["pre_tokenizer"]["pretokenizers"]
            pattern = str(runs["pattern"]["Regex"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("not the built-in embedder's tokenizer") from error
        if normalizers != ["NFKC", "Lowercase"] or spaces["type"] != "WhitespaceSplit" or runs["invert"]:
            raise ValueError("not the built-in embedder's tokenizer")
        # Python takes the separators \x1c to \x1f for white space, the tokenizer does not.
        pattern = pattern.replace(r"[^\s]", r"[\S\x1c-\x1f]")
        self._stretches = re.compile(f"[!-~]+|{pattern}")  # what lies between spaces in ASCII is asked for as a whole
        self._known = _Known(tokenizer, re.compile(pattern))

    def numbers(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces."""
        return list(chain.from_iterable(map(self._known.__getitem__, self._stretches.findall(nfkc(text).lower()))))
