"""Memory logs that people published, and what the fit engine says about the same settings.

tests/data/published_logs.jsonl has one log per line, transcribed on 2026-11-22 from the address in `url`: only what
was printed (buffers in MiB by name), and in `model` the catalog's entry of the same shape, or in `arch` the
hyperparameters. `split` ("dev" or "test") comes from a digest of the thread's address, before anything was compared.
`build` tells which of compute/gpu.py's builds printed it ("2024": until mid-2025, "2026": until mid-2026, "current"),
`outputs` is the n_outputs_max it printed.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from assistant.memory.compute.buffer import compute_buffer
from assistant.memory.compute.gpu import CURRENT, UNTIL_MID_2025, UNTIL_MID_2026, gpu_buffers
from assistant.memory.layers import cache_shape
from assistant.memory.weights import settle, weights
from knowledge.catalog import Catalog, load_catalog
from knowledge.schema import Architecture

FILE = Path(__file__).parent.parent / "data" / "published_logs.jsonl"
MIB = 2**20
BUILDS = {"2024": UNTIL_MID_2025, "2026": UNTIL_MID_2026, "current": CURRENT}
Buffers = dict[str, float]


@dataclass(frozen=True, slots=True)
class Log:
    """One published log: settings, and buffers in MiB by the name llama.cpp gave them."""

    url: str
    split: str
    seen: str
    backend: Any
    model: str | None
    quant: str | None
    ctx: int
    batch: int
    ubatch: int
    seqs: int
    unified: bool
    fa: bool
    kv: str
    layers: str | None
    build: str
    weights: Buffers
    cache: Buffers
    state: Buffers
    compute: Buffers
    devices: int = 1
    arch: dict[str, Any] = field(default_factory=dict)
    output_in_ram: bool = False
    outputs: int | None = None
    note: str = ""

    @property
    def offloaded(self) -> bool:
        """Whether all layers are on GPUs (or all on the processor), nothing left in RAM."""
        if self.layers is None or self.backend == "cpu":
            return True
        first, _, last = self.layers.partition("/")
        return first == last


@dataclass(frozen=True, slots=True)
class Sizes:
    """MiB of weights, KV cache with recurrent state, and compute buffers (of the devices that run the layers)."""

    weights: float | None
    cache: float | None
    compute: float | None

    @property
    def total(self) -> float | None:
        """All three together, None when one is not known."""
        parts = (self.weights, self.cache, self.compute)
        return None if None in parts else sum(part for part in parts if part is not None)


def thread(url: str) -> str:
    """Return what counts as one thread: an issue, a repository, or one run of llama.cpp's own tests."""
    return url.rsplit("/", 1)[0] if "ggml-org/ci/" in url else url.partition("/blob/")[0]


def split(url: str) -> str:
    """Return "dev" or "test"."""
    return "test" if int(hashlib.sha256(thread(url).encode()).hexdigest(), 16) % 2 else "dev"


def key(log: Log) -> str:
    """Return what tells a log from the others: a digest of what was asked and reserved."""
    told = (log.url, log.model, log.quant, log.ctx, log.ubatch, log.outputs, sorted(log.compute.items()))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def logs() -> Iterator[Log]:
    """Yield every log, by address."""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        yield Log(**json.loads(line))


@cache
def _catalog() -> Catalog:
    return load_catalog()


def architecture(log: Log) -> Architecture:
    """Return the log's hyperparameters."""
    if log.arch:
        return Architecture(**log.arch)
    model = _catalog().models[log.model or ""]
    assert model.architecture is not None
    return settle(model.architecture, model.parameters)


def host(name: str) -> bool:
    """Return whether a buffer is host memory beside GPUs."""
    return name.startswith("CPU") or name.endswith("_Host")


def printed(log: Log) -> Sizes:
    """Return what the log printed, on GPUs only; on the processor without them.

    Weights that are partly in RAM are not added up: a mapped file shows in several buffers.
    """
    weighed = [size for name, size in log.weights.items() if log.backend == "cpu" or not host(name)]
    compute = [size for name, size in log.compute.items() if log.backend == "cpu" or not host(name)]
    whole = log.devices == len(compute)
    return Sizes(
        sum(weighed) if weighed and log.offloaded else None,
        sum(log.cache.values()) + sum(log.state.values()) if log.cache else None,
        sum(compute) if whole else None,
    )


def estimated(log: Log) -> Sizes:
    """Return what the fit engine says. Weights: None without a known quantisation or with some left in RAM."""
    arch = architecture(log)
    size = weights(arch, log.quant) if log.quant and log.offloaded else None
    mapped = log.backend == "cpu" or any(name.startswith("M") and name.endswith("_Mapped") for name in log.weights)
    held = size.total - (0 if size.tied or mapped else size.embedding) if size else None
    users = 1 if log.unified else log.seqs
    kept = cache_shape(arch).cache_bytes(
        log.ctx // users, log.kv, users=users, ubatch=log.ubatch, flash_attention=log.fa
    )
    if log.unified:  # one cache for all, but a recurrent state each
        kept += (log.seqs - 1) * cache_shape(arch).recurrent_bytes
    return Sizes(held / MIB if held else None, kept / MIB, _compute(log, arch) / MIB)


def _compute(log: Log, arch: Architecture) -> int:
    if log.backend == "cpu":
        return compute_buffer(arch, log.ctx, ubatch=log.ubatch, flash_attention=log.fa, devices=0)
    first = log.layers.partition("/")[0] if log.layers else ""
    on_gpu = int(first) if first.isdigit() and not log.offloaded else None
    streamed = cached = output = 0
    size = weights(arch, log.quant) if log.quant else None
    if size is not None and not log.offloaded:
        matrices = arch.layers * (3 if arch.experts else 1)
        widest = arch.ffn * arch.hidden / max(1, _layer_values(arch))
        streamed = round(size.experts / matrices) if arch.experts else round(size.layers / arch.layers * widest)
        output = (size.output or size.embedding) if on_gpu == 0 or log.output_in_ram else 0
    if on_gpu is not None:
        cached = cache_shape(arch).cache_bytes(log.ctx, log.kv, flash_attention=log.fa) // arch.layers
    found = gpu_buffers(
        arch,
        log.ctx // (1 if log.unified else log.seqs),
        ubatch=min(log.ubatch, log.ctx),
        flash_attention=log.fa,
        devices=log.devices,
        kv_type=log.kv,
        backend=log.backend,
        gpu_layers=on_gpu,
        streamed=streamed,
        streamed_cache=cached,
        output_bytes=output,
        outputs=log.outputs,
        build=BUILDS[log.build],
    )
    return sum(found.devices)


def _layer_values(arch: Architecture) -> int:
    """Return how many weights a plain layer has."""
    heads = arch.kv_heads if isinstance(arch.kv_heads, int) else max(arch.kv_heads)
    attention = 2 * arch.hidden * arch.heads * arch.head_dim + 2 * arch.hidden * heads * arch.head_dim
    return attention + 3 * arch.hidden * arch.ffn
