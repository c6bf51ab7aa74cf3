"""What a model may run on: a machine's devices as the fit engine sees them, detected or stated."""

from dataclasses import dataclass
from typing import Literal

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
    `reasons` tell per device how it was found ("NVML", "stated", "environment"), for people.
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

    @property
    def label(self) -> str:
        """A short name: the GPUs (with a count), else the processor."""
        if not self.gpus:
            return self.cpu or "CPU"
        first = self.gpus[0].name
        return first if len(self.gpus) == 1 else f"{len(self.gpus)}x {first}"
