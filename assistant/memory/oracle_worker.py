"""The process that asks llama.cpp: JSON lines in, JSON lines out. Started by oracle.py, never imported by it.

Everything native happens here, so that a crash, a hang or llama.cpp's process-wide log callback stays here.

Requests:  {"op": "size", "path": ..., "ftype": 15}          -> {"mib": 4685.30}
           {"op": "memory", "path": ..., "contexts": [...]}   -> {"results": [{"kv_mib": ..., "compute_mib": ...}, ...]}
           {"op": "version"}                                  -> {"version": ...}
An answer {"error": ...} means that llama.cpp refused.
"""

import contextlib
import ctypes
import json
import os
import re
import sys
from collections import OrderedDict
from typing import Any

_SIZE = re.compile(r"quant size\s*=\s*([\d.]+) MiB")
# One line each: caches print theirs once per kind; buffers once per device.
_PARTS = (
    ("kv_mib", re.compile(r"^llama_\w+: (?:.* ratio = .*, )?size = +([\d.]+) MiB")),
    ("compute_mib", re.compile(r" compute buffer size = +([\d.]+) MiB")),
    ("output_mib", re.compile(r" output buffer size = +([\d.]+) MiB")),
)
_DEBUG = 1  # ggml_log_level: thousands of lines that nobody needs
_MOST_MEMORY = 6 << 30  # bytes of its own that a hostile file may make llama.cpp ask for
_MODELS = 2  # loaded headers kept: one with a tokenizer takes some 100 MB


class _Native:
    """llama.cpp with its log captured."""

    def __init__(self) -> None:
        import llama_cpp

        self.api = llama_cpp
        self.lines: list[str] = []
        self.models: OrderedDict[tuple[str, int, int], Any] = OrderedDict()
        self._callback = llama_cpp.llama_log_callback(self._log)
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()

    def _log(self, level: int, text: bytes, data: Any) -> None:
        if level != _DEBUG:
            self.lines.append(text.decode("utf-8", "replace"))

    def text(self) -> str:
        joined, self.lines = "".join(self.lines), []
        return joined

    def size(self, path: str, ftype: int) -> dict[str, Any]:
        self.text()
        params = self.api.llama_model_quantize_default_params()
        params.dry_run = True
        params.ftype = ftype
        params.nthread = 1
        failed = self.api.llama_model_quantize(os.fsencode(path), os.devnull.encode(), ctypes.byref(params))
        log = self.text()
        match = _SIZE.search(log)
        if failed or not match:
            return {"error": _reason(log)}
        return {"mib": float(match[1])}

    def memory(self, path: str, contexts: list[dict[str, Any]]) -> dict[str, Any]:
        model = self._model(path)
        if not model:
            return {"error": _reason(self.text())}
        return {"results": [self._context(model, one) for one in contexts]}

    def _model(self, path: str) -> Any:
        """Return the loaded header, from the last few if unchanged; loading takes as long as an answer."""
        state = os.stat(path)
        key = (path, state.st_size, state.st_mtime_ns)
        if key in self.models:
            self.models.move_to_end(key)
            return self.models[key]
        while len(self.models) >= _MODELS:
            self.api.llama_model_free(self.models.popitem(last=False)[1])
        self.text()
        params = self.api.llama_model_default_params()
        params.no_alloc = True
        params.n_gpu_layers = 0
        params.load_mode = 0
        params.use_extra_bufts = False
        model = self.api.llama_load_model_from_file(os.fsencode(path), params)
        if model:
            self.models[key] = model
        return model

    def _context(self, model: Any, wanted: dict[str, Any]) -> dict[str, Any]:
        self.text()
        params = self.api.llama_context_default_params()
        params.n_ctx = wanted["n_ctx"]
        params.n_batch = wanted.get("n_batch", 2048)
        params.n_ubatch = wanted.get("n_ubatch", 512)
        params.n_seq_max = wanted.get("n_seq_max", 1)
        params.n_outputs_max = wanted.get("n_outputs_max", 0)
        params.flash_attn_type = 1 if wanted.get("flash_attn", True) else 0
        params.type_k = params.type_v = wanted["kv_type"]
        params.swa_full = False
        params.kv_unified = False
        params.no_perf = True
        context = self.api.llama_init_from_model(model, params)
        log = self.text()
        if not context:
            return {"error": _reason(log)}
        self.api.llama_free(context)
        found = dict.fromkeys((name for name, _ in _PARTS), 0.0)
        for line in log.splitlines():
            for name, pattern in _PARTS:
                match = pattern.search(line)
                if match:
                    found[name] += float(match[1])
        return found


def _reason(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if "error" in line.lower() or "failed" in line.lower()]
    return (lines[0] if lines else "llama.cpp refused the model")[:300]


def main() -> None:
    """Answer requests until standard input ends."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # an abort in here is expected: leave no core file
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    native: _Native | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            native = native or _Native()
            if request["op"] == "size":
                answer = native.size(request["path"], request["ftype"])
            elif request["op"] == "memory":
                answer = native.memory(request["path"], request["contexts"])
            else:
                answer = {"version": native.api.__version__}
        except Exception as error:  # whatever goes wrong here is an answer, not a crash
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        with contextlib.suppress(BrokenPipeError):
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
