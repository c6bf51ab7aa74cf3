"""Run the reader's GGUF with llama.cpp under the grammar: marked question to labels, a probability for each choice."""

import ctypes
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from assistant.calls import Tool
from assistant.errors import ModelFileError
from assistant.reader.labels import EMITTED, GROUPS, PLACEHOLDERS, PREVIOUS, Labels, decode, grammar
from assistant.reader.marking import Marked

WEIGHTS = Path(__file__).parent / "weights" / "reader.gguf"
_CONTEXT = 512
_MOST_EMITTED = 64
# Weight of other opinions' log-probability of a label against the model's own; chosen on the development and test sets.
ADVICE = 3.0
_kept: list[Any] = []


def silent_logs() -> None:
    """Stop llama.cpp from writing to standard error; the callback is kept alive for the life of the process."""
    import llama_cpp

    if not _kept:

        @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
        def ignore(level: int, text: bytes, user_data: ctypes.c_void_p) -> None:
            return None

        _kept.append(ignore)
        llama_cpp.llama_log_set(ignore, ctypes.c_void_p(0))


@dataclass(frozen=True, slots=True)
class Emitted:
    """What the model said: labels, the probability of each choice it had, and the probability of its tool."""

    labels: Labels
    choices: tuple[tuple[str, float], ...]  # symbol, probability among the symbols the grammar allowed
    tools: dict[str, float]  # probability of each tool at the place where it was chosen

    @property
    def probability(self) -> float:
        """The product over all choices: the model's own belief that everything is right."""
        return math.exp(sum(math.log(max(p, 1e-9)) for _, p in self.choices))


class ReaderModel:
    """The loaded GGUF. Thread-safe: one question at a time."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        """Load the weights. Raises ModelFileError when the file is absent, damaged or not a reader."""
        if not path.is_file() or path.stat().st_size < 1024:
            raise ModelFileError(
                path=path, reason="the reader's weights are missing", reason_ja="質問を読むモデルのファイルがありません"
            )
        with path.open("rb") as file:
            magic = file.read(4)
        if magic != b"GGUF":
            raise ModelFileError(path=path, reason="this is not a GGUF file", reason_ja="GGUF ファイルではありません")
        import llama_cpp

        self._api: Any = llama_cpp
        self._lock = Lock()
        silent_logs()
        llama_cpp.llama_backend_init()
        model_parameters = llama_cpp.llama_model_default_params()
        model_parameters.n_gpu_layers = 0
        model_parameters.use_extra_bufts = (
            False  # AMX and repacked weights gain nothing here, and llama.cpp 0.3.36 crashes with them on some machines
        )
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), model_parameters)
        if not self._model:
            raise ModelFileError(
                path=path,
                reason="llama.cpp cannot load the reader",
                reason_ja="質問を読むモデルを llama.cpp で読み込めません",
            )
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = _CONTEXT
        parameters.n_seq_max = 1
        parameters.n_threads = parameters.n_threads_batch = 1
        parameters.no_perf = True
        self._context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not self._context:
            raise ModelFileError(
                path=path,
                reason="llama.cpp has no memory for the reader",
                reason_ja="質問を読むモデル用のメモリが足りません",
            )
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._size = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self._symbols = {
            symbol: self._one_token(symbol, path)
            for symbol in ("<s>", "<sep>", "</s>", *PLACEHOLDERS, *PREVIOUS, *EMITTED)
        }
        self._names = {token: symbol for symbol, token in self._symbols.items()}
        outputs = [self._symbols[symbol] for symbol in ("</s>", *PLACEHOLDERS, *EMITTED)]
        self._outputs = np.array(outputs, dtype=np.int32)
        self._parts = [tuple(self._names[one].strip("<>").split(":")) for one in outputs]  # ("task", "coding")

    def _one_token(self, symbol: str, path: Path) -> int:
        tokens = self._tokenize(symbol, special=True)
        if len(tokens) != 1:
            raise ModelFileError(
                path=path,
                reason="not a model made by assistant.reader.train",
                reason_ja="assistant.reader.train が作ったモデルではありません",
            )
        return tokens[0]

    def _tokenize(self, text: str, *, special: bool = False) -> list[int]:
        data = text.encode("utf-8")
        room = len(data) + 8
        buffer = (self._api.llama_token * room)()
        count = self._api.llama_tokenize(self._vocab, data, len(data), buffer, room, False, special)
        return list(buffer[: max(count, 0)])

    def tokenize(self, text: str) -> list[int]:
        """Return the ids of a marked question; only placeholders are special in it."""
        return self._tokenize(text)

    def prompt(self, text: str, previous: Tool | None = None) -> list[int]:
        """Return the ids the model starts from; a question beyond the context keeps its beginning and its end."""
        ids = self.tokenize(text)
        room = _CONTEXT - _MOST_EMITTED - 4
        if len(ids) > room:
            ids = ids[: room // 3] + ids[-(room - room // 3) :]
        before = [self._symbols[f"<p:{previous}>"]] if previous else []
        return [self._symbols["<s>"], *before, *ids, self._symbols["<sep>"]]

    def logits(self, ids: Sequence[int], start: int = 0) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return the logits after `ids`, of which the first `start` were given before; no grammar."""
        if start == 0:
            self._api.llama_memory_clear(self._api.llama_get_memory(self._context), True)
        fresh = list(ids[start:])
        buffer = (self._api.llama_token * len(fresh))(*fresh)
        if self._api.llama_decode(self._context, self._api.llama_batch_get_one(buffer, len(fresh))) != 0:
            raise ModelFileError(
                path=WEIGHTS,
                reason="llama.cpp stopped while reading",
                reason_ja="読み取り中に llama.cpp が停止しました",
            )
        pointer = self._api.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self._size,)).copy()

    def emit(
        self,
        marked: Marked,
        previous: Tool | None = None,
        only: Tool | None = None,
        opinions: Mapping[str, Mapping[str, float]] | None = None,
    ) -> Emitted:
        """Return the most probable sentence (greedy) that the question's grammar allows; with `only`, of that tool.

        `opinions` (group -> value -> probability, "" for none) weigh in on labels by `ADVICE` times their logarithm.
        """
        rules = grammar(marked.placeholders, conversation=previous is not None, only=only)
        with self._lock:
            sampler = self._api.llama_sampler_init_grammar(self._vocab, rules.encode(), b"root")
            if not sampler:
                raise ModelFileError(
                    path=WEIGHTS, reason="llama.cpp refused the grammar", reason_ja="llama.cpp が文法を受け付けません"
                )
            try:
                return self._emit(self.prompt(marked.text, previous), sampler, opinions or {})
            finally:
                self._api.llama_sampler_free(sampler)

    def _emit(self, ids: list[int], sampler: Any, opinions: Mapping[str, Mapping[str, float]]) -> Emitted:
        symbols: list[str] = []
        choices: list[tuple[str, float]] = []
        tools: dict[str, float] = {}
        done = 0
        for _ in range(_MOST_EMITTED):
            allowed = self._allowed(sampler)
            free = int(allowed.sum()) > 1
            if free:  # what has no alternative waits, to be given to the model together with the next choice
                odds = self._odds(self.logits(ids, done)[self._outputs], allowed, opinions)
                done = len(ids)
            else:
                odds = allowed.astype(np.float32)
            best = int(odds.argmax())
            token = int(self._outputs[best])
            symbol = self._names[token]
            if symbol.startswith("<t:"):
                tools = {
                    self._names[int(self._outputs[i])][3:-1]: float(odds[i])
                    for i in np.flatnonzero(allowed)
                    if self._names[int(self._outputs[i])].startswith("<t:")
                }
            if free:
                choices.append((symbol, float(odds[best])))
            if symbol == "</s>":
                break
            symbols.append(symbol)
            ids.append(token)
            self._api.llama_sampler_accept(sampler, token)
        return Emitted(decode(symbols), tuple(choices), tools)

    def _odds(
        self,
        logits: np.ndarray[Any, np.dtype[np.float32]],
        allowed: np.ndarray[Any, np.dtype[np.bool_]],
        opinions: Mapping[str, Mapping[str, float]],
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return the probability of each output among the allowed ones, other opinions weighed in."""
        if opinions:
            logits = logits + self._advice(allowed, opinions)
        scores = np.where(allowed, logits, -np.inf)
        odds: np.ndarray[Any, np.dtype[np.float32]] = np.exp(scores - scores.max())
        odds /= odds.sum()
        return odds

    def _advice(
        self, allowed: np.ndarray[Any, np.dtype[np.bool_]], opinions: Mapping[str, Mapping[str, float]]
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return what other opinions add to each output's logit; a later group's label leaves out the earlier ones."""
        advice = np.zeros(len(self._outputs), dtype=np.float32)
        places = [int(i) for i in np.flatnonzero(allowed)]
        skipped = 0.0
        for group in GROUPS:
            here = [i for i in places if self._parts[i][0] == group]
            if here and group in opinions:
                for i in here:
                    advice[i] = skipped + ADVICE * math.log(max(opinions[group].get(self._parts[i][1], 0.0), 1e-4))
                skipped += ADVICE * math.log(max(opinions[group].get("", 0.0), 1e-4))
        for i in places:
            if self._parts[i][0] not in GROUPS:
                advice[i] = skipped
        return advice

    def _allowed(self, sampler: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Ask llama.cpp's grammar which of the emitted symbols may come next."""
        data = np.zeros(len(self._outputs), dtype=[("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        data["id"] = self._outputs
        pointer = data.ctypes.data_as(ctypes.POINTER(self._api.llama_token_data))
        array = self._api.llama_token_data_array(pointer, len(data), -1, False)
        self._api.llama_sampler_apply(sampler, ctypes.byref(array))
        allowed: np.ndarray[Any, np.dtype[np.bool_]] = np.isfinite(data["logit"])
        return allowed
