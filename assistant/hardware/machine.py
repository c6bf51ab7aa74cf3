"""What a model may run on: a machine's devices as the fit engine sees them, detected or stated."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

JOINED = " + "  # between the names of cards that work together
UNKNOWN = "unknown"  # vendor of a card whose name is in no table: not even the cards of its size tell its speed
Backend = Literal["cuda", "rocm", "metal", "vulkan", "sycl", "cpu"]


@dataclass(frozen=True, slots=True)
class Device:
    """One accelerator. `free_mib` is what is free now when detected, the total when only stated.

    Memory in MiB, bandwidth in 10^9 bytes/s, compute in 10^12 dense fp16 operations/s; None when unknown.
    `unified`: its memory is the machine's RAM (Apple silicon, integrated GPUs). `total_mib` is then all of it and
    `free_mib` the part that the GPU may use (Metal's working-set limit, what the driver maps), as far as it is free.
    """

    name: str
    vendor: str
    backend: Backend
    total_mib: int
    free_mib: int
    bandwidth_gb_s: float | None
    fp16_tflops: float | None
    unified: bool = False
    laptop: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine: its accelerators, memory and processor, and how this is known.

    `ram_total_mib`/`ram_free_mib` are None when nothing is known about RAM (a card was named, its computer was not).
    `reasons` tell per device how it was found ("NVML", "stated", "environment"), for people. `phone`: its memory is not
    a PC's, so that an unknown bandwidth must not be taken for one.
    """

    gpus: tuple[Device, ...]
    ram_total_mib: int | None
    ram_free_mib: int | None
    cpu: str
    cores: int | None
    ram_bandwidth_gb_s: float | None
    origin: Literal["detected", "stated"]
    os: str = ""
    reasons: tuple[str, ...] = ()
    phone: bool = False

    @property
    def label(self) -> str:
        """A short name: the GPUs (with their numbers), else the processor."""
        return counted(gpu.name for gpu in self.gpus) if self.gpus else self.cpu or "CPU"


def counted(names: Iterable[str]) -> str:
    """Return "2x RTX 3090", or "RTX 4090 + RTX 3060" for different ones."""
    counts = Counter(names)
    return JOINED.join(name if count == 1 else f"{count}x {name}" for name, count in counts.items())


def unified_limit_mib(vendor: str, ram_mib: int, *, for_models: bool = True) -> int:
    """Return how much of a unified memory its GPU may use with the default settings; the only place that knows.

    Args:
        vendor: of the chip.
        ram_mib: all memory, as sold.
        for_models: the chip is sold with large shared memory (Strix Halo), not as a small integrated GPU.

    Apple: 2/3 below 36 GB, 3/4 from there, as llama.cpp's logs show for recommendedMaxWorkingSetSize (16 GB 10,922 MiB:
    llama-cpp-python #687; 32 GB 21,845: ollama #434; 64 GB 49,152: llama.cpp #1870; macOS 26 allows more: 107.5 of
    128 GiB, antirez/ds4 #893). NVIDIA GB10 and Jetson: llama.cpp counts what the system has free (pull request 17368);
    it sees 15/16 of what is sold (119.7 of 128 GiB: leptonai/gpud #1170; 61.4 of 64: ollama #3406; 15.3 of 16:
    whichllm #165) and needs some itself: 1/16, at least 2 GiB (an assumption). Strix Halo: 3/4, the most AMD's driver
    setting gives; Linux maps half until ttm.pages_limit or the firmware's setting is raised (kernel, ttm_device.c;
    rocm.docs.amd.com, Strix Halo system optimization). Other integrated GPUs: half, the default of the Linux and
    Windows drivers. All read 2026-11-22.
    """
    if vendor == "apple":
        return ram_mib * 2 // 3 if ram_mib < 36 * 1024 else ram_mib * 3 // 4
    if vendor == "nvidia":
        return max(0, min(ram_mib * 7 // 8, ram_mib * 15 // 16 - 2048))
    return ram_mib * 3 // 4 if vendor == "amd" and for_models else ram_mib // 2
