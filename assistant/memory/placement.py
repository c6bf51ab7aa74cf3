"""Where a model goes on a machine: all on the GPU or GPUs, its experts or some layers in RAM, or the processor alone.

As llama.cpp does it (common/fit.cpp, src/llama-model.cpp of llama-cpp-python 0.3.36, read 2026-11-22): input embeddings
stay in RAM; the output and the last layers go to the GPU first; several GPUs take contiguous runs of layers.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from math import ceil

from assistant.hardware.machine import Backend, Device, Machine, counted, unified_limit_mib
from assistant.memory.compute.buffer import compute_buffer
from assistant.memory.compute.gpu import GpuBuffers, gpu_buffers
from assistant.memory.needs import Needs
from assistant.memory.per_layer import Layers, layers, spread
from assistant.memory.quants import QUANTS
from assistant.memory.report import MIB, Placement, Share

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
# What the driver keeps of a card's memory as sold, from logs of idle cards: 11.6 to 11.8 of 12 GiB are visible on an
# RTX 3060, 23.5 of 24 on an RTX 4090 (ollama #12403), 31.7 of 32 on a V100. A detected card's free memory lacks it.
DRIVER_SHARE = 1 / 40
MOST_GPUS = 16  # llama_max_devices (llama.cpp)
_UNKNOWN_LAYERS = 32  # equal parts in which a model of unknown layers is spread over several GPUs


@dataclass(frozen=True, slots=True)
class Slot:
    """One GPU: its name, bytes free less the margin, and what its backend takes outside the buffers."""

    name: str
    free: int
    available: int
    overhead: int


@dataclass(frozen=True, slots=True)
class Room:
    """What may be used: bytes free on the device class, its overhead and margin, and RAM beside it.

    `available` already lacks the margin. `ram` is None when nothing is known about it. `slots` are the GPUs.
    """

    device: str
    kind: Placement
    count: int
    available: int
    overhead: int
    margin: int
    ram: int | None
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A placement: bytes on the GPU and in RAM, and how many repeating layers (or expert layers) are where.

    `cpu_expert_layers` counts the layers whose experts are in RAM; `n_cpu_moe` is llama.cpp's option for that, which
    counts dense layers before them too. `shares` tell what each GPU holds.
    """

    placement: Placement
    gpu_layers: int | None
    gpu_bytes: int | None
    ram_bytes: int | None
    cpu_expert_layers: int = 0
    n_cpu_moe: int = 0
    shares: tuple[Share, ...] = ()


@lru_cache(maxsize=256)
def chosen_gpus(machine: Machine) -> tuple[Device, ...]:
    """Return the GPUs a model is spread over: those of one backend with the most memory; discrete before unified.

    Of more than llama.cpp can use, the first.
    """
    discrete = [gpu for gpu in machine.gpus if not gpu.unified]
    found = discrete or list(machine.gpus)
    backends: dict[str, list[Device]] = {}
    for gpu in found:
        backends.setdefault(gpu.backend, []).append(gpu)
    best = max(backends.values(), key=lambda gpus: sum(gpu.free_mib for gpu in gpus), default=[])
    return tuple(best[:1] if best and best[0].unified else best[:MOST_GPUS])


def ram_bytes(machine: Machine) -> int | None:
    """Return the usable RAM in bytes, None when it is unknown beside a GPU. A stated machine keeps 2 GiB back."""
    if machine.ram_total_mib is None:
        return None if machine.gpus else (ASSUMED_RAM_MIB - SYSTEM_RAM_MIB) * MIB
    free = machine.ram_free_mib if machine.ram_free_mib is not None else machine.ram_total_mib
    if machine.origin == "stated" or free >= machine.ram_total_mib:
        free = min(free, machine.ram_total_mib - system_ram_mib(machine.ram_total_mib))
    return free * MIB


def system_ram_mib(ram_mib: int) -> int:
    """Return the RAM that is left to the system when only the installed amount is known."""
    return min(SYSTEM_RAM_MIB, ram_mib // 2)


@lru_cache(maxsize=4096)
def room(machine: Machine) -> Room:
    """Return what the machine offers: its GPUs with RAM beside them, or its processor."""
    gpus = chosen_gpus(machine)
    ram = ram_bytes(machine)
    if not gpus:
        overhead = OVERHEAD_MIB["cpu"] * MIB
        margin = FIT_TARGET_MIB * MIB - overhead
        return Room(machine.cpu or "CPU", "cpu", 1, max(0, (ram or 0) - margin), overhead, margin, ram)
    slots = tuple(_slot(gpu, stated=machine.origin == "stated" and not gpu.unified) for gpu in gpus)
    overhead = sum(slot.overhead for slot in slots)
    kind: Placement = "unified" if gpus[0].unified else "gpu"
    label = machine.label if kind == "unified" else counted(gpu.name for gpu in gpus)
    margin = FIT_TARGET_MIB * len(gpus) * MIB - overhead
    return Room(label, kind, len(slots), sum(slot.available for slot in slots), overhead, margin, ram, slots)


def _slot(gpu: Device, *, stated: bool) -> Slot:
    overhead = OVERHEAD_MIB[gpu.backend]
    margin = FIT_TARGET_MIB - overhead
    free = round(gpu.free_mib * (1 - DRIVER_SHARE)) if stated else gpu.free_mib
    return Slot(gpu.name, free * MIB, max(0, free - margin) * MIB, overhead * MIB)


def on_device(need: Needs, space: Room) -> int:
    """Return the bytes of weights that the device must hold: on a graphics card, all but the input embeddings."""
    return need.device_weights if space.kind == "gpu" else need.weights.total


def total(need: Needs, space: Room) -> int:
    """Return everything that the device, or all GPUs together, must hold for the whole model."""
    return on_device(need, space) + need.cache_bytes + need.compute_bytes + space.overhead


def whole(need: Needs, space: Room) -> bool:
    """Return whether the device holds the whole model; of several GPUs each must hold its layers."""
    if total(need, space) > space.available:
        return False
    return space.count == 1 or _split(need, space) is not None


def usable(need: Needs, space: Room) -> int:
    """Return what the model can use of the device: less than is free where whole layers do not pack on several GPUs."""
    needed = total(need, space)
    if needed > space.available or whole(need, space):
        return space.available
    pieces = _pieces(need, layers(need))
    placed = sum(_back_to_front(pieces, space, _buffers(need).devices))
    return needed - sum(map(sum, pieces[: len(pieces) - placed]))


def plan(need: Needs, space: Room) -> Plan:
    """Return the best placement: all on the device, else experts in RAM, else some layers, else the processor."""
    needed = total(need, space)
    if needed <= space.available:
        if space.kind == "cpu":
            return Plan("cpu", 0, None, needed)
        shares = _split(need, space) if space.count > 1 else _one(need, space)
        if shares is not None:
            held = sum(share.total for share in shares)
            in_ram = need.host_weights + _buffers(need).host if space.kind == "gpu" else None
            return Plan(space.kind, need.layers, held, in_ram, shares=shares)
    if not QUANTS[need.quant].gguf:  # servers for other formats do not share a model with RAM
        return Plan("none", 0, None, None)
    if space.kind == "gpu":
        for attempt in (experts_in_ram, some_layers):
            found = attempt(need, space)
            if found is not None and (space.ram is None or (found.ram_bytes or 0) <= space.ram):
                return found
    if space.kind != "cpu" and space.ram is not None:
        in_ram = need.weights.total + need.cache_bytes + _on_processor(need)
        if in_ram <= space.ram:
            return Plan("cpu", 0, 0, in_ram)
    return Plan("none", 0, None, None)


def _on_processor(need: Needs) -> int:
    """Return the compute buffer when the processor does everything."""
    if need.arch is None:
        return need.compute_bytes // max(1, need.devices)
    return compute_buffer(need.arch, need.context_tokens, need.kv_type, ubatch=need.ubatch, devices=0)


def _buffers(need: Needs, *, streamed: int | None = None, cache: int = 0) -> GpuBuffers:
    """Return the scratch memory on each GPU and in RAM.

    `streamed` is the largest matrix of the layers in RAM, `cache` the largest KV cache of one: for a prompt both are
    copied to the GPU. Without such layers several GPUs keep copies of what passes between them (a pipeline).
    """
    if need.arch is None:
        return GpuBuffers((need.compute_bytes // max(1, need.devices),) * need.devices, 0)
    return gpu_buffers(
        need.arch,
        need.context_tokens,
        ubatch=need.ubatch,
        devices=need.devices,
        kv_type=need.kv_type,
        backend=need.backend,
        gpu_layers=None if streamed is None else need.arch.layers,
        streamed=streamed or 0,
        streamed_cache=cache,
    )


def _one(need: Needs, space: Room) -> tuple[Share, ...]:
    """Return what the only device holds."""
    slot, weights = space.slots[0], on_device(need, space)
    parts = (weights, need.cache_bytes, need.compute_bytes)
    return (Share(slot.name, (need.layers or 0) + 1, need.layers, *parts, slot.overhead, slot.available),)


def _pieces(need: Needs, parts: Layers | None, cpu_moe: int = 0) -> list[tuple[int, int]]:
    """Return (weights, cache) of what can go to a GPU, in order: each repeating layer, then the output.

    The experts of the first `cpu_moe` layers are left out.
    """
    if parts is None:
        sizes = spread(need.device_weights, (1.0,) * _UNKNOWN_LAYERS)
        return list(zip(sizes, spread(need.cache_bytes, (1.0,) * _UNKNOWN_LAYERS), strict=True))
    found = [
        (dense + (experts if il >= cpu_moe else 0), cache)
        for il, (dense, experts, cache) in enumerate(zip(parts.dense, parts.experts, parts.cache, strict=True))
    ]
    return [*found, (need.device_weights - sum(parts.dense) - sum(parts.experts), 0)]


def _split(need: Needs, space: Room) -> tuple[Share, ...] | None:
    """Return what each GPU holds of the whole model, None when whole layers do not pack.

    First as llama.cpp splits by itself, in proportion to free memory (src/llama-model.cpp); when a GPU cannot hold its
    part of that, from the last GPU back to the first as its --fit does.
    """
    parts = layers(need)
    pieces = _pieces(need, parts)
    scratch = _buffers(need).devices
    for counts in (_proportional(len(pieces), space), _back_to_front(pieces, space, scratch)):
        shares = _shares(pieces, counts, space, scratch, known=parts is not None)
        if sum(counts) == len(pieces) and all(share.total <= share.available for share in shares):
            return shares
    return None


def _proportional(count: int, space: Room) -> list[int]:
    """Return how many of `count` pieces each GPU gets by its free memory."""
    reached = list(accumulate(slot.free for slot in space.slots))
    edges = [ceil(count * one / (reached[-1] or 1) - 1e-9) for one in reached]
    return [after - before for before, after in zip([0, *edges], edges, strict=False)]


def _back_to_front(pieces: list[tuple[int, int]], space: Room, scratch: tuple[int, ...]) -> list[int]:
    """Return how many pieces each GPU holds when filled from the last piece and the last GPU on."""
    counts, left = [0] * space.count, len(pieces)
    sizes = [weights + cache for weights, cache in pieces]
    for d in reversed(range(space.count)):
        room_left = space.slots[d].available - space.slots[d].overhead - scratch[d]
        while left and sizes[left - 1] <= room_left:
            room_left -= sizes[left - 1]
            left -= 1
            counts[d] += 1
    return counts


def _shares(
    pieces: list[tuple[int, int]], counts: list[int], space: Room, scratch: tuple[int, ...], *, known: bool = True
) -> tuple[Share, ...]:
    """Return what each GPU holds when the last sum(counts) pieces go there in order; a GPU without any stays unused."""
    found, start = [], len(pieces) - sum(counts)
    for slot, count, buffer in zip(space.slots, counts, scratch, strict=True):
        held = pieces[start : start + count]
        start += count
        output = known and count and start == len(pieces)
        found.append(
            Share(
                slot.name,
                count,
                (count - 1 if output else count) if known else None,
                sum(weights for weights, _ in held),
                sum(cache for _, cache in held),
                buffer if count else 0,
                slot.overhead if count else 0,
                slot.available,
            )
        )
    return tuple(found)


def experts_in_ram(need: Needs, space: Room) -> Plan | None:
    """Return a plan with all layers on the GPUs and as few layers' experts in RAM as possible; None without room."""
    parts = layers(need)
    if parts is None or not any(parts.experts):
        return None
    buffers = _buffers(need, streamed=parts.largest_expert)

    def packed(cpu_moe: int) -> tuple[Share, ...] | None:
        pieces = _pieces(need, parts, cpu_moe)
        counts = _back_to_front(pieces, space, buffers.devices)
        return _shares(pieces, counts, space, buffers.devices) if sum(counts) == len(pieces) else None

    low, high = 1, len(parts.experts)
    if packed(high) is None:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if packed(middle) is not None else (middle + 1, high)
    shares = packed(low) or ()
    in_ram = sum(parts.experts[:low]) + need.host_weights + buffers.host
    offloaded = sum(1 for size in parts.experts[:low] if size)
    held = sum(share.total for share in shares)
    return Plan("expert_offload", need.layers, held, in_ram, offloaded, low, shares)


def some_layers(need: Needs, space: Room) -> Plan | None:
    """Return a plan with the output and the last layers on the GPUs, None if not even one layer fits."""
    parts = layers(need)
    if parts is None:
        return None
    buffers = _buffers(need, streamed=max(parts.largest_dense, parts.largest_expert), cache=max(parts.cache))
    pieces = _pieces(need, parts)
    counts = _back_to_front(pieces, space, buffers.devices)
    on_gpu = min(sum(counts), len(pieces) - 1)
    if on_gpu < 2:
        return None
    first = next(d for d, count in enumerate(counts) if count)
    counts[first] -= sum(counts) - on_gpu
    shares = _shares(pieces, counts, space, buffers.devices)
    in_ram = sum(map(sum, pieces[: len(pieces) - on_gpu])) + need.host_weights + buffers.host
    return Plan("partial", on_gpu - 1, sum(share.total for share in shares), in_ram, shares=shares)


def with_more_memory(machine: Machine, mib: int) -> Machine:
    """Return the machine with `mib` more on its first GPU, or of RAM when it has no card or shares the RAM with it."""
    gpus = chosen_gpus(machine)
    if gpus and not gpus[0].unified:
        larger = replace(gpus[0], total_mib=gpus[0].total_mib + mib, free_mib=gpus[0].free_mib + mib)
        return replace(machine, gpus=(larger, *gpus[1:]))
    grown = tuple(
        replace(
            gpu,
            total_mib=gpu.total_mib + mib,
            free_mib=gpu.free_mib
            + unified_limit_mib(gpu.vendor, gpu.total_mib + mib, for_models=2 * gpu.free_mib > gpu.total_mib)
            - unified_limit_mib(gpu.vendor, gpu.total_mib, for_models=2 * gpu.free_mib > gpu.total_mib),
        )
        for gpu in gpus
    )
    ram = None if machine.ram_total_mib is None else machine.ram_total_mib + mib
    free = None if machine.ram_free_mib is None else machine.ram_free_mib + mib
    return replace(machine, gpus=grown, ram_total_mib=ram, ram_free_mib=free)
