"""How fast this computer reads its memory, measured once; and what an unnamed card's memory may reach."""

import json
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from threading import Lock

from assistant.hardware.machine import UNKNOWN, Device
from knowledge.computers import named_computer
from knowledge.gpu_table import load_gpus
from knowledge.schema import Gpu

PART_MIB, LEAST_MIB = 32, 256  # per thread and in all: more than the caches hold
PASSES, SECONDS, TRIES = 6, 0.25, 3
LEAST_GB_S = 4.0  # a Raspberry Pi 4 reads about this much; less was measured while the computer was busy
CURRENT = timedelta(days=6 * 365)  # cards released this long before the newest one are what people still own
_FILE = "memory-bandwidth.json"

_lock = Lock()
_folder: Path | None = None


def keep_in(folder: Path | None) -> None:
    """Keep the measured figure in `folder` (the data folder) from now on; None: in this process only."""
    global _folder
    _folder = folder


def of_this_computer() -> float | None:
    """Return the memory bandwidth of this computer in 10^9 bytes/s, None when it cannot be measured.

    Measured in about 0.4 s, then kept in the process and in the data folder under the processor's name, number of cores
    and amount of memory, so that a copied folder does not carry another computer's figure. A busy computer reads less:
    the best of the first three processes that ask counts, and less than any memory reads is no figure.
    """
    with _lock:
        return _known(_folder)


@cache
def _known(folder: Path | None) -> float | None:
    key, path = _key(), folder / _FILE if folder else None
    kept = _read(path)
    figures = kept.get(key, [])
    if len(figures) < TRIES and (found := _measured()) is not None:
        figures = [*figures, round(found, 1)]
        if path is not None:
            _write(path, {**kept, key: figures})
    return max(figures, default=None)


@cache
def _measured() -> float | None:
    """Return what this process measured, once."""
    found = measure()
    return found if found is not None and found >= LEAST_GB_S else None


def _key() -> str:
    from assistant.hardware.host import cores, processor, ram

    memory = ram()
    return f"{processor()}, {cores()} cores, {round(memory.total_mib / 1024) if memory else '?'} GB"


def _read(path: Path | None) -> dict[str, list[float]]:
    """Return what was kept; figures that no memory can have and files that are not ours count as nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path else {}
        return {
            str(key): [one for one in figures if isinstance(one, int | float) and 0 < one < 1e5]
            for key, figures in found.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _write(path: Path, kept: dict[str, list[float]]) -> None:
    """Write what is kept; a folder that cannot be written to costs a measurement per process, nothing else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
        fresh.replace(path)
    except OSError:
        return


def measure(threads: int | None = None, least_mib: int = LEAST_MIB) -> float | None:
    """Return 10^9 bytes/s read by as many threads as llama.cpp would use; None without the memory to try it.

    Each thread finds the largest number in its own part of a buffer (numpy lets threads run side by side there); the
    fastest of a few passes counts, as others use the computer too.

    Args:
        threads: physical cores by default, at most 32.
        least_mib: size of the buffer.
    """
    import numpy as np
    import psutil

    count = threads or min(32, psutil.cpu_count(logical=False) or os.cpu_count() or 1)
    part = max(PART_MIB, -(-least_mib // count)) * 2**20
    if psutil.virtual_memory().available < 3 * part * count:
        return None
    best = 0.0
    try:
        with ThreadPoolExecutor(count) as pool:
            parts = list(pool.map(lambda _: np.ones(part // 8, dtype=np.int64), range(count)))
            ended = time.perf_counter() + SECONDS
            for _ in range(PASSES):
                started = time.perf_counter()
                list(pool.map(np.maximum.reduce, parts))
                now = time.perf_counter()
                best = max(best, part * count / max(now - started, 1e-9) / 1e9)
                if now > ended:
                    break
    except (MemoryError, RuntimeError):  # RuntimeError: no more threads
        return None
    return best


@cache
def of_cards(memory_mib: int, vendor: str) -> tuple[float, float, float] | None:
    """Return a (low, middle, high) bandwidth of current cards with this much memory; None for fewer than 3 cards.

    10^9 bytes/s, from the GPU table: lowest tenth, median and highest tenth of the cards of `vendor` (of all when it is
    unknown) released in the six years before its newest one, with memory of their own within 5 % of `memory_mib`.
    """
    from knowledge.catalog import load_catalog

    gpus = load_catalog().gpus.values()
    newest = max((gpu.released for gpu in gpus if gpu.released), default=date.min)
    one_vendor = vendor != "other" and any(gpu.vendor == vendor for gpu in gpus)
    found = [
        gpu.bandwidth_gb_s
        for gpu in gpus
        if gpu.bandwidth_gb_s and not gpu.unified and gpu.released and gpu.released >= newest - CURRENT
        and (not one_vendor or gpu.vendor == vendor)
        and any(0.95 <= size * 1024 / memory_mib <= 1.05 for size in gpu.memory_gb)
    ]  # fmt: skip
    found.sort()
    edge = len(found) // 10
    return (found[edge], median(found), found[-1 - edge]) if len(found) >= 3 else None


@cache
def chips_with(computer: str, memory_mib: int) -> tuple[Gpu, ...]:
    """Return the chips that a computer of the tables ("MacBook Air") may have with this much memory, slowest first.

    All that it may have where none of them was sold with that size; () for a computer whose chips are not known.
    """
    known = named_computer(computer)
    gpus = load_gpus()
    chips = [gpus[name] for name in known.chips] if known else []
    sold = [chip for chip in chips if any(round(size * 1024) == memory_mib for size in chip.memory_gb)]
    return tuple(sorted(sold or chips, key=lambda chip: (chip.bandwidth_gb_s or 0, chip.name)))


def bandwidths(gpu: Device) -> tuple[float, float, float] | None:
    """Return a card's (lowest, likely, highest) bandwidth in 10^9 bytes/s: thrice the same when it is known.

    Of a Mac whose chip is not known: of those sold with its memory; of a card that is not known by name: None.
    """
    if gpu.bandwidth_gb_s is not None:
        return (gpu.bandwidth_gb_s,) * 3
    if gpu.unified:
        found = [chip.bandwidth_gb_s for chip in chips_with(gpu.name, gpu.total_mib) if chip.bandwidth_gb_s]
        return (found[0], median(found), found[-1]) if found else None
    return None if gpu.vendor == UNKNOWN else of_cards(gpu.total_mib, gpu.vendor)


def of_shared(gpus: Iterable[Device]) -> float | None:
    """Return the bandwidth of the RAM that a GPU shares, in 10^9 bytes/s, the least it may be; None without one."""
    known = [rates[0] for gpu in gpus if gpu.unified and (rates := bandwidths(gpu)) is not None]
    return min(known, default=None)
