"""Ask llama.cpp itself how much memory a model takes, without its weights.

A person's own GGUF file is asked about as it is; from hyperparameters a header-only GGUF is written (gguf_header.py).
A load without allocation tells the KV cache and compute buffer for any context, llama.cpp's dry-run quantisation the
exact size per quantisation. Both happen in a worker process (oracle_worker.py): a native crash, a hang or its
process-wide log cannot hurt the application. Nothing starts at import; nothing is written beside a person's file;
answers are kept in memory and, when a folder is configured, on disk.
"""

import atexit
import hashlib
import json
import os
import queue
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

from assistant.hardware.machine import Machine
from assistant.memory.files import gguf_header
from assistant.memory.files.gguf_format import FTYPES, TYPE_IDS
from assistant.memory.files.gguf_parts import file_weights, own_gguf
from assistant.memory.layers import UBATCH, pad
from assistant.memory.needs import Needs
from assistant.memory.placement import chosen_gpus
from assistant.memory.quants import QUANTS
from assistant.memory.report import MIB
from knowledge.schema import Architecture

_ROUNDING = 0.0051 * MIB  # llama.cpp prints MiB with two decimals
_MOST_CELLS = 1 << 22  # llama.cpp keeps bookkeeping per cell even without allocating
_MOST_SEQUENCES = 256  # LLAMA_MAX_SEQ
_GIVE_UP_AFTER = 3
_MOST_KEPT = 20_000  # answers in memory
# An abort would start a debugger and take seconds; a GPU build would take memory on the card it is asked about.
_ENVIRONMENT = {
    "GGML_NO_BACKTRACE": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
    "HIP_VISIBLE_DEVICES": "-1",
    "GGML_VK_VISIBLE_DEVICES": "",
}


@dataclass(frozen=True, slots=True)
class Buffers:
    """What llama.cpp reserves for a context, in bytes to 0.01 MiB; `compute` is that of its processor backend."""

    cache: int
    compute: int


@cache
def llama_version() -> str | None:
    """Return the installed llama-cpp-python's version, None when there is none. Imports nothing native."""
    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return None


class Oracle:
    """A worker process and its answers. Safe to share between threads; `close` ends the process."""

    def __init__(self, folder: Path | None = None, *, timeout: float = 10.0, command: list[str] | None = None) -> None:
        """Keep answers in `folder` (created when needed); `timeout` is in seconds; `command` replaces the worker."""
        self.folder = folder
        self.timeout = timeout
        self._command = command or [
            sys.executable,
            "-P",
            "-X",
            "utf8",
            str(Path(__file__).with_name("oracle_worker.py")),
        ]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._known: dict[str, dict[str, Any] | None] = {}
        self._headers: Path | None = None
        self._shapes: dict[int, tuple[Architecture, str]] = {}
        self._failures = 0
        self._answered = False

    def size(self, arch: Architecture, quant: str) -> int | None:
        """Return the bytes of all tensors in a quantisation, to 0.01 MiB; None when llama.cpp cannot tell."""
        if quant not in FTYPES:
            return None
        answer = self._answer(arch, {"op": "size", "ftype": FTYPES[quant]})
        return None if answer is None else round(answer["mib"] * MIB)

    def buffers(
        self,
        asked: Architecture | Path,
        context_tokens: int,
        kv_type: str = "f16",
        *,
        users: int = 1,
        ubatch: int = UBATCH,
        flash_attention: bool = True,
    ) -> Buffers | None:
        """Return the buffers for `users` sequences of `context_tokens` each; None when llama.cpp cannot tell.

        `asked` are hyperparameters, or a GGUF file itself, whatever its architecture; of a split one the first part.
        """
        cells = pad(context_tokens) * users
        if cells > _MOST_CELLS or users > _MOST_SEQUENCES:
            return None
        wanted = {
            "n_ctx": cells, "n_seq_max": users, "n_ubatch": ubatch, "n_batch": max(2048, ubatch),
            "kv_type": TYPE_IDS[kv_type.upper()], "flash_attn": flash_attention,
        }  # fmt: skip
        answer = self._answer(asked, {"op": "memory", "contexts": [wanted]})
        if answer is None or "error" in answer["results"][0]:
            return None
        result = answer["results"][0]
        return Buffers(round(result["kv_mib"] * MIB), round(result["compute_mib"] * MIB))

    def close(self) -> None:
        """End the worker and remove its headers. The next question starts a new one."""
        with self._lock:
            self._stop()
            if self._headers is not None:
                shutil.rmtree(self._headers, ignore_errors=True)
                self._headers = None

    def _answer(self, asked: Architecture | Path, request: dict[str, Any]) -> dict[str, Any] | None:
        if llama_version() is None or (isinstance(asked, Architecture) and asked.arch is None):
            return None
        shape = _file_state(asked) if isinstance(asked, Path) else self._shape(asked)
        if shape is None:
            return None
        text = json.dumps([llama_version(), shape, request], sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()
        with self._lock:
            if key not in self._known:
                if len(self._known) >= _MOST_KEPT:
                    self._known.clear()
                kept = self._read(key)
                self._known[key] = kept if kept is not None else self._ask_and_keep(key, asked, shape, request)
            return self._known[key]

    def _shape(self, arch: Architecture) -> str:
        """Return the hyperparameters as one text, kept by identity: turning them into text costs a millisecond."""
        kept = self._shapes.get(id(arch))
        if kept is None or kept[0] is not arch:
            if len(self._shapes) > 1000:
                self._shapes.clear()
            kept = self._shapes[id(arch)] = (arch, json.dumps(asdict(arch), sort_keys=True))
        return kept[1]

    def _ask_and_keep(
        self, key: str, asked: Architecture | Path, shape: str, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        if self._failures >= _GIVE_UP_AFTER and not self._answered:  # it never worked here: stop trying
            return None
        header = asked if isinstance(asked, Path) else self._header(asked, shape)
        if header is None:
            return None
        answer = self._ask({**request, "path": str(header)})
        if answer is None:
            self._failures += 1
            return None
        self._answered = True
        if "error" in answer:
            return None
        self._write(key, answer)
        return answer

    def _header(self, arch: Architecture, shape: str) -> Path | None:
        """Return the path of the header for `arch`; None when it cannot be built or the disk refuses sparse files."""
        if sys.platform == "win32":  # files are not sparse there unless marked so: a header would fill the disk
            return None
        try:
            if self._headers is None:
                self._headers = Path(tempfile.mkdtemp(prefix="mekiki-headers-"))
            path = self._headers / f"{hashlib.sha256(shape.encode()).hexdigest()[:24]}.gguf"
            return path if path.exists() or gguf_header.write(arch, path) else None
        except (OSError, ValueError, OverflowError, struct.error):  # also sizes that no file can have
            return None

    def _ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Send one request; None after a crash, a timeout or nonsense, with the worker ended."""
        process = self._started()
        if process is None or process.stdin is None:
            return None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = self._lines.get(timeout=self.timeout)
            found: dict[str, Any] = json.loads(line)
            return found
        except (OSError, queue.Empty, ValueError):
            self._stop()
            return None

    def _started(self) -> subprocess.Popen[str] | None:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._stop()
        self._lines = queue.Queue()
        try:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True, encoding="utf-8",
                env={**os.environ, **_ENVIRONMENT},
            )  # fmt: skip
        except OSError:
            return None
        assert self._process.stdout is not None
        threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True).start()
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        with suppress(OSError):
            process.kill()
        process.wait()

    def _read(self, key: str) -> dict[str, Any] | None:
        if self.folder is None:
            return None
        try:
            found = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and ("mib" in found or "results" in found) else None

    def _write(self, key: str, answer: dict[str, Any]) -> None:
        if self.folder is None:
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            part = self.folder / f"{key}.{threading.get_ident()}.part"
            part.write_text(json.dumps(answer), encoding="utf-8")
            part.replace(self.folder / f"{key}.json")


def _file_state(path: Path) -> str | None:
    """Return what tells a file from another, or from itself after a change; None when it is not there."""
    try:
        state = path.stat()
        return json.dumps([str(path.resolve()), state.st_size, state.st_mtime_ns])
    except (OSError, ValueError):
        return None


def _pump(stream: IO[str], lines: "queue.Queue[str]") -> None:
    """Move the worker's lines into the queue; an empty line tells that it ended."""
    with suppress(OSError, ValueError):
        for line in stream:
            lines.put(line)
    lines.put("")
    with suppress(OSError, ValueError):
        stream.close()


_oracle: Oracle | None = None


def configure(folder: Path | None) -> None:
    """Keep answers in `folder` from now on (the application's cache folder), or only in memory when None."""
    shared().folder = folder


def shared() -> Oracle:
    """Return the process's oracle; its worker starts with the first question."""
    global _oracle
    if _oracle is None:
        _oracle = Oracle()
        atexit.register(_oracle.close)
    return _oracle


def measure(need: Needs, machine: Machine | None, oracle: Oracle | None = None) -> Needs:
    """Return the needs as llama.cpp measures them, with basis "llama.cpp"; unchanged when it cannot be asked.

    A person's own GGUF file is loaded itself: its tensors and its buffers, even when nothing else is known about it.
    For hyperparameters the KV cache is llama.cpp's, and the weights are those of the formula, which equals llama.cpp's
    dry run for every architecture with a blueprint (tests/test_blueprints.py, bench_fit): asking for it again would
    only take time. The compute buffer is llama.cpp's when the model runs on the processor; for a GPU the formula stays,
    because the installed build reserves for its own backend.
    """
    oracle = oracle or shared()
    own = own_gguf(need.model, need.quant)
    if own is not None:
        found = oracle.buffers(own, need.context_tokens, need.kv_type, users=need.users, ubatch=need.ubatch)
        if found is not None:
            return _with(replace(need, weights=file_weights(own), notes=()), found, machine)
    # Hyperparameters that are incomplete stay rough: llama.cpp would measure what was assumed about them.
    if need.arch is None or need.basis != "formula" or not QUANTS[need.quant].gguf:
        return need
    found = oracle.buffers(need.arch, need.context_tokens, need.kv_type, users=need.users, ubatch=need.ubatch)
    return need if found is None else _with(need, found, machine)


def _with(need: Needs, found: Buffers, machine: Machine | None) -> Needs:
    cache = need.cache_bytes if abs(found.cache - need.cache_bytes) <= 8 * _ROUNDING else found.cache
    on_cpu = machine is not None and not chosen_gpus(machine)
    return replace(
        need,
        cache_bytes=cache,
        compute_bytes=found.compute if on_cpu else need.compute_bytes,
        basis="llama.cpp",
        sources=(f"measured with llama.cpp (llama-cpp-python {llama_version()})", *need.sources),
    )
