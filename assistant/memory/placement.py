"""Where a model goes on a machine: all on the GPU, partly, only its experts in RAM, or the processor alone."""

from dataclasses import dataclass
from functools import lru_cache

from assistant.machine import Backend, Device, Machine
from assistant.memory.needs import Needs
from assistant.memory.report import MIB, Placement

# llama.cpp's own --fit leaves this much of a device free for what its buffers do not show (common.h).
FIT_TARGET_MIB = 1024
# What a backend's context and libraries take outside the buffers; the rest of the fit target is margin. CUDA: Ollama's
# minimum (320 MiB with lazy loading in other measurements). ROCm: 400 (Quartermaster pull request 24). Metal: 512
# (ollama discover/gpu_darwin.go). Vulkan and SYCL: not measured, CUDA's figure. CPU: the process itself.
OVERHEAD_MIB: dict[Backend, int] = {"cuda": 457, "rocm": 400, "metal": 512, "vulkan": 457, "sycl": 457, "cpu": 64}
OVERHEAD_SOURCE = "context overhead: ollama (CUDA 457 MiB, Metal 512 MiB), llama.cpp common.h fit target 1,024 MiB"
# RAM the system keeps when only the installed amount is known: an assumption (an idle desktop takes 2 to 4 GiB).
SYSTEM_RAM_MIB = 2048
# RAM of a machine without a GPU when nobody said how much it has: an assumption, told in a note.
ASSUMED_RAM_MIB = 16384


@dataclass(frozen=True, slots=True)
class Room:
    """What may be used: bytes free on the device class, its overhead and margin, and RAM beside it.

    `available` already lacks the margin. `ram` is None when nothing is known about it.
    """

    device: str
    kind: Placement
    count: int
    available: int
    overhead: int
    margin: int
    ram: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A placement: bytes on the GPU and in RAM, and how many repeating layers (or expert layers) are where."""

    placement: Placement
    gpu_layers: int | None
    gpu_bytes: int | None
    ram_bytes: int | None
    cpu_expert_layers: int = 0


def unified_limit_mib(device: Device) -> int:
    """Return how much of a unified memory a GPU may use.

    Apple: two thirds below 36 GB, three quarters from there (Metal's recommendedMaxWorkingSetSize). Others: three
    quarters of what the driver shares, an assumption.
    """
    share = 2 / 3 if device.vendor == "apple" and device.total_mib < 36 * 1024 else 3 / 4
    return round(device.total_mib * share)


@lru_cache(maxsize=256)
def chosen_gpus(machine: Machine) -> tuple[Device, ...]:
    """Return the GPUs a model is spread over: those of one backend with the most memory; discrete before unified."""
    discrete = [gpu for gpu in machine.gpus if not gpu.unified]
    found = discrete or list(machine.gpus)
    backends: dict[str, list[Device]] = {}
    for gpu in found:
        backends.setdefault(gpu.backend, []).append(gpu)
    best = max(backends.values(), key=lambda gpus: sum(gpu.free_mib for gpu in gpus), default=[])
    return tuple(best[:1] if best and best[0].unified else best)


def ram_bytes(machine: Machine) -> int | None:
    """Return the usable RAM in bytes, None when it is unknown beside a GPU. A stated machine keeps 2 GiB back."""
    if machine.ram_total_mib is None:
        return None if machine.gpus else (ASSUMED_RAM_MIB - SYSTEM_RAM_MIB) * MIB
    free = machine.ram_free_mib if machine.ram_free_mib is not None else machine.ram_total_mib
    if machine.origin == "stated" or free >= machine.ram_total_mib:
        free = min(free, machine.ram_total_mib - min(SYSTEM_RAM_MIB, machine.ram_total_mib // 2))
    return free * MIB


@lru_cache(maxsize=4096)
def room(machine: Machine, layer_bytes: int = 0) -> Room:
    """Return what the machine offers. `layer_bytes` is the size of one layer, lost by rounding between several GPUs."""
    gpus = chosen_gpus(machine)
    ram = ram_bytes(machine)
    if not gpus:
        overhead = OVERHEAD_MIB["cpu"]
        margin = (FIT_TARGET_MIB - overhead) * MIB
        return Room(machine.cpu or "CPU", "cpu", 1, max(0, (ram or 0) - margin), overhead * MIB, margin, ram)
    overhead = sum(OVERHEAD_MIB[gpu.backend] for gpu in gpus) * MIB
    margin = FIT_TARGET_MIB * len(gpus) * MIB - overhead + (len(gpus) - 1) * layer_bytes // 2
    first = gpus[0]
    if first.unified:
        free = min(unified_limit_mib(first), first.free_mib)
        return Room(machine.label, "unified", 1, max(0, free * MIB - margin), overhead, margin, ram)
    free = sum(gpu.free_mib for gpu in gpus)
    label = first.name if len(gpus) == 1 else f"{len(gpus)}x {first.name}"
    return Room(label, "gpu", len(gpus), max(0, free * MIB - margin), overhead, margin, ram)


def plan(need: Needs, space: Room) -> Plan:
    """Return the best placement: all on the device, else experts in RAM, else some layers, else the processor."""
    whole = need.weights.total + need.cache_bytes + need.compute_bytes + space.overhead
    held_by_host = 0 if need.weights.tied else need.weights.embedding
    if whole <= space.available:
        if space.kind in ("cpu", "unified"):
            return Plan(space.kind, need.layers if space.kind == "unified" else 0, None, whole)
        return Plan("gpu", need.layers, whole - held_by_host, need.weights.embedding)
    if space.kind in ("cpu", "unified"):
        return Plan("none", 0, None, None)
    for attempt in (_experts_in_ram(need, space), _some_layers(need, space)):
        if attempt is not None and (space.ram is None or (attempt.ram_bytes or 0) <= space.ram):
            return attempt
    if space.ram is not None and whole - space.overhead <= space.ram:
        return Plan("cpu", 0, 0, whole - space.overhead)
    return Plan("none", 0, None, None)


def _experts_in_ram(need: Needs, space: Room) -> Plan | None:
    """Return a plan with the dense part of all layers on the GPU and as many experts as fit; None without room."""
    if not need.weights.experts or need.arch is None:
        return None
    layers = need.arch.layers - (need.arch.first_dense_layers or 0)
    per_layer = need.weights.experts // max(layers, 1)
    dense = need.weights.layers - need.weights.experts + need.weights.output
    # A batch's prompt processing copies the experts of one layer to the GPU (ggml_backend_sched, op_offload).
    fixed = dense + need.cache_bytes + need.compute_bytes + space.overhead + per_layer
    if fixed > space.available:
        return None
    on_gpu = min(layers, (space.available - fixed) // max(per_layer, 1))
    in_ram = need.weights.experts - on_gpu * per_layer + need.weights.embedding
    return Plan("expert_offload", need.arch.layers, fixed + on_gpu * per_layer, in_ram, layers - on_gpu)


def _some_layers(need: Needs, space: Room) -> Plan | None:
    """Return a plan with the last layers and the output on the GPU, None if not even one layer fits."""
    if need.arch is None:
        return None
    layers = need.arch.layers
    layer, cache = need.weights.layers // layers, need.cache_bytes // layers
    # Layers that stay in RAM are copied to the GPU one by one for prompts, which enlarges the compute buffer.
    fixed = need.weights.output + need.compute_bytes + space.overhead + layer
    count = min(layers, (space.available - fixed) // max(layer + cache, 1))
    if count < 1:
        return None
    in_ram = (layers - count) * (layer + cache) + need.weights.embedding
    return Plan("partial", count, fixed - (layer if count == layers else 0) + count * (layer + cache), in_ram)
