"""A machine as a person states it: cards and chips by name or size, computers, machines that clouds rent out."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.calls import Hardware
from assistant.hardware.machine import JOINED, UNKNOWN, Backend, Device, Machine, unified_limit_mib
from assistant.sentences import both
from knowledge.cloud_machines import cloud_machine
from knowledge.computers import Computer, named_computer
from knowledge.gpu_memory import is_beside, reported_mib
from knowledge.gpu_names import APPLE_CHIP
from knowledge.gpu_table import with_memory
from knowledge.schema import Gpu

if TYPE_CHECKING:
    from knowledge.catalog import Catalog

SAME_SIZE = 0.1  # drivers report a size a few percent off the one sold


def stated(hardware: Hardware, catalog: "Catalog") -> Machine:
    """Return the machine a person described. Raises UnknownGpu for a name that no card has and no size goes with.

    A named card without a size has the smallest one sold under that name, and as much memory as its driver reports.
    Unified chips (Apple, Strix Halo, ...) use the RAM; a size given as VRAM counts as RAM for them. A size alone is a
    card of unknown speed. `gpu: null` that was said is a machine without a GPU. RAM that was not mentioned is unknown,
    not zero. Computers, phones and types of RAM (knowledge.computers) may stand for a card's name. Joined names
    ("RTX 3090 + 2x RTX 3060") are cards in one machine, a cloud's machine ("g5.xlarge") has those in it.
    """
    hardware = rented(hardware)
    several = kinds_of_card(hardware)
    if len(several) > 1:
        return _together([stated(one, catalog) for one in several])
    if hardware.gpu is not None and (computer := named_computer(hardware.gpu)) is not None:
        return _computer(computer, hardware)
    if hardware.gpu is not None:
        return _with_card(hardware, catalog)
    size = hardware.vram_gb
    devices = () if size is None else (_generic(f"GPU {size:g} GB", size),) * (hardware.gpu_count or 1)
    return _machine(devices, _mib(hardware.ram_gb))


def _with_card(hardware: Hardware, catalog: "Catalog") -> Machine:
    """Return the machine with a card or chip that was named."""
    count = hardware.gpu_count or 1
    gpu = _named(hardware, catalog)
    if gpu is None:
        return _machine((_generic(hardware.gpu or "", hardware.vram_gb or 0, UNKNOWN),) * count, _mib(hardware.ram_gb))
    if gpu.unified:
        ram_mib, reason = _unified_ram(gpu, hardware)
        if ram_mib is None:
            return _machine((), None, reason, cpu=gpu.name)
        return _machine((_unified(with_memory(catalog.gpus, gpu, ram_mib / 1024), ram_mib),) * count, ram_mib, reason)
    size, beside = _card_size(gpu, hardware)
    gpu = with_memory(catalog.gpus, gpu, size)
    reason = "stated"
    if (beside or not hardware.vram_gb) and len(gpu.memory_gb) > 1:
        reason = "stated; " + "/".join(f"{one:g}" for one in gpu.memory_gb) + f" GB: {size:g} GB"
    return _machine((_discrete(gpu, size),) * count, _mib(hardware.ram_gb) or beside, reason)


def _machine(devices: tuple[Device, ...], ram_mib: int | None, reason: str = "stated", cpu: str = "") -> Machine:
    return Machine(
        gpus=devices,
        ram_total_mib=ram_mib,
        ram_free_mib=ram_mib,
        cpu=cpu,
        cores=None,
        ram_bandwidth_gb_s=None,
        origin="stated",
        reasons=(f"{devices[0].name if devices else 'CPU'}: {reason}",),
    )


def _mib(size_gb: float | None) -> int | None:
    return None if size_gb is None else round(size_gb * 1024)


def rented(hardware: Hardware) -> Hardware:
    """Return the cards and RAM of a cloud's machine, whatever else was said of them; other hardware as it is."""
    machine = cloud_machine(hardware.gpu or "")
    if machine is None:
        return hardware
    count = {"gpu_count": machine.gpus} if machine.gpus > 1 else {}
    return Hardware(gpu=machine.gpu, vram_gb=machine.vram_gb, ram_gb=machine.ram_gb, **count)


def kinds_of_card(hardware: Hardware) -> tuple[Hardware, ...]:
    """Return the stated hardware once for each kind of card in it; one of a single kind as it is."""
    names = hardware.gpu.split(JOINED) if hardware.gpu else []
    if len(names) < 2:
        return (hardware,)
    found = [re.fullmatch(r"(?:(\d{1,2})x )?(.+)", name.strip()) for name in names]
    known = hardware.model_dump(exclude_unset=True, exclude={"gpu", "gpu_count", "vram_gb"})
    return tuple(Hardware(gpu=one[2], gpu_count=int(one[1] or 1), **known) for one in found if one)


def _together(machines: Sequence[Machine]) -> Machine:
    """Return one machine with the cards of all."""
    cards = tuple(gpu for machine in machines for gpu in machine.gpus)
    return replace(machines[0], gpus=cards, reasons=tuple(why for machine in machines for why in machine.reasons))


def _computer(computer: Computer, hardware: Hardware) -> Machine:
    """Return a computer that was named instead of a card, with the least memory sold where none was said.

    A phone leaves an app 5/8 of its memory (an assumption): less the margin of every estimate that is 4 of 8 GB, which
    is what the guide to phones tells.
    """
    match = re.search(r"(\d+(?:\.\d+)?) ?(?:GB|ギガ)", hardware.gpu or "", re.IGNORECASE)
    least = computer.memory_gb[0] if computer.memory_gb else None
    ram_gb = hardware.ram_gb or hardware.vram_gb or (float(match[1]) if match else least)
    ram_mib = _mib(ram_gb)
    devices: tuple[Device, ...] = ()
    if computer.kind == "mac" and ram_mib is not None:
        usable = unified_limit_mib("apple", ram_mib)
        devices = (Device(computer.name, "apple", "metal", ram_mib, usable, None, None, unified=True),)
    return Machine(
        gpus=devices,
        ram_total_mib=ram_mib,
        ram_free_mib=ram_mib * 5 // 8 if computer.phone and ram_mib is not None else ram_mib,
        cpu=computer.processor,
        cores=None,
        ram_bandwidth_gb_s=None if devices else computer.bandwidth_gb_s,
        origin="stated",
        reasons=(f"{computer.name}: stated",),
        phone=computer.phone,
    )


def _card_size(gpu: Gpu, hardware: Hardware) -> tuple[float, int | None]:
    """Return a card's memory in GB, and in MiB the RAM that a size in its name means instead ("GH200 480GB")."""
    said = hardware.vram_gb
    if said is not None and is_beside(gpu.name, said):
        return gpu.memory_gb[0], round(said * 1024)
    return said or _size_in_name(hardware.gpu or "", gpu) or gpu.memory_gb[0], None


def doubts(hardware: Hardware, catalog: "Catalog", *, in_use: bool = False) -> list[dict[str, str]]:
    """Return what is odd about a stated card, in sentences: a name or a memory size that no card is known by.

    `in_use`: the size is what other programs leave of a card's memory, which is no size that is sold.
    """
    name, size = hardware.gpu, hardware.vram_gb
    if name is None or named_computer(name) is not None:
        return []
    gpu = _named(hardware, catalog)
    if gpu is not None and not gpu.sources:
        size = hardware.ram_gb or size or 0
        usable = f"{unified_limit_mib('apple', round(size * 1024)) / 1024:.0f}"
        return [both("hardware.unknown_chip", chip=gpu.name, size=f"{size:g}", usable=usable)]
    if gpu is None:
        return [both("hardware.unknown_card", gpu=name, size=f"{size:g}")]
    if gpu.vendor == "apple":
        size = size or hardware.ram_gb
    elif gpu.unified:
        return []
    sold = sorted({one for other in _of_one_name(gpu, catalog) for one in other.memory_gb})
    if size is None or in_use or any(abs(size - one) <= SAME_SIZE * one for one in sold):
        return []
    words = {"gpu": gpu.name, "size": f"{size:g}", "sold": " / ".join(f"{one:g}" for one in sold)}
    if chips := _sold_with(gpu, size, catalog):
        return [both("hardware.other_chip", **words, chips=" / ".join(chips))]
    return [both("hardware.beside" if is_beside(gpu.name, size) else "hardware.unknown_size", **words)]


def _sold_with(gpu: Gpu, size: float, catalog: "Catalog") -> list[str]:
    """Return the Apple chips of a generation that are sold with so much memory: "M3 Pro" for an M3 with 36 GB."""
    generation = gpu.name.split()[0]
    chips = [one for one in catalog.gpus.values() if one.vendor == "apple" and one.name.split()[0] == generation]
    return [one.name for one in chips if size in one.memory_gb] if gpu.vendor == "apple" else []


def _of_one_name(gpu: Gpu, catalog: "Catalog") -> list[Gpu]:
    """Return the entries that people call by one name: "RTX 3060" and "RTX 3060 8GB", "M4 Max" and its 40-core one."""
    plain = re.sub(r" (\d+GB|40-core)$", "", gpu.name)
    return [one for one in catalog.gpus.values() if re.sub(r" (\d+GB|40-core)$", "", one.name) == plain]


def left_open(hardware: Hardware, catalog: "Catalog") -> tuple[Gpu | None, tuple[float, ...]]:
    """Return the named card or chip whose memory was not said although it is sold with several sizes, and these.

    `stated` takes the first of them, which whoever asked should know. (None, ()) where nothing was left open.
    """
    name = hardware.gpu
    gpu = _named(hardware, catalog) if name and (name in catalog.gpus or named_computer(name) is None) else None
    if gpu is None or not gpu.memory_gb or hardware.vram_gb or _size_in_name(name or "", gpu):
        return None, ()
    if gpu.unified and (hardware.ram_gb or len(gpu.memory_gb) < 2):
        return None, ()
    editions = () if gpu.unified else _of_one_name(gpu, catalog)
    others = sorted({size for one in editions for size in one.memory_gb}.union(gpu.memory_gb) - {gpu.memory_gb[0]})
    return (gpu, (gpu.memory_gb[0], *others)) if others else (None, ())


def _named(hardware: Hardware, catalog: "Catalog") -> Gpu | None:
    """Return the card a name means; None for an unknown name that came with a size, which is enough to go on.

    An Apple chip newer than the table is one without figures (no `sources`).
    """
    from assistant.errors import UnknownGpu
    from knowledge.gpu_names import find_gpu

    name = hardware.gpu or ""
    if name in catalog.gpus:
        return catalog.gpus[name]
    try:
        return find_gpu(catalog, name)
    except UnknownGpu:
        chip = _new_chip(name) if hardware.ram_gb or hardware.vram_gb else None
        if chip is None and hardware.vram_gb is None:
            raise
        return chip


def _new_chip(name: str) -> Gpu | None:
    """Return an Apple chip that no table has, by a name that only one of them can have ("M9 Max"), else None."""
    if APPLE_CHIP.fullmatch(name) is None:
        return None
    return Gpu(
        name, "apple", (), None, None, unified=True, laptop=False, aliases=(), pci_ids=(), released=None, sources=()
    )


def _size_in_name(name: str, gpu: Gpu) -> float | None:
    """Return the size in "RTX 4060 Ti 16GB" if that card was sold with it."""
    match = re.search(r"(\d+(?:\.\d+)?) ?(?:GB|ギガ)", name, re.IGNORECASE)
    return float(match[1]) if match and float(match[1]) in gpu.memory_gb else None


def _unified_ram(gpu: Gpu, hardware: Hardware) -> tuple[int | None, str]:
    """Return the RAM in MiB of a unified machine and how it is known; None when it is not."""
    given = hardware.ram_gb or hardware.vram_gb or _size_in_name(hardware.gpu or "", gpu)
    if given:
        return round(given * 1024), "stated"
    if not gpu.memory_gb:
        return None, "stated"
    size = gpu.memory_gb[0]
    if len(gpu.memory_gb) == 1:
        return round(size * 1024), "stated"
    return round(size * 1024), "stated; " + "/".join(f"{one:g}" for one in gpu.memory_gb) + f" GB: {size:g} GB"


def _unified(gpu: Gpu, ram_mib: int) -> Device:
    """Return a unified chip: in total the RAM, free the part of it that its GPU may use."""
    backend: Backend = "metal" if gpu.vendor == "apple" else "cuda" if gpu.vendor == "nvidia" else "vulkan"
    usable = unified_limit_mib(gpu.vendor, ram_mib, for_models=bool(gpu.memory_gb))
    speed = (gpu.bandwidth_gb_s, gpu.fp16_tflops)
    return Device(gpu.name, gpu.vendor, backend, ram_mib, usable, *speed, unified=True, laptop=gpu.laptop)


def _discrete(gpu: Gpu, size_gb: float) -> Device:
    total = reported_mib(gpu.name, size_gb)
    backend: Backend = {"nvidia": "cuda", "amd": "rocm"}.get(gpu.vendor, "vulkan")  # type: ignore[assignment]
    return Device(gpu.name, gpu.vendor, backend, total, total, gpu.bandwidth_gb_s, gpu.fp16_tflops, laptop=gpu.laptop)


def _generic(name: str, size_gb: float, vendor: str = "other") -> Device:
    """Return a card of which only the size is known. CUDA's overhead is the largest, so it is never too optimistic."""
    total = round(size_gb * 1024)
    return Device(name, vendor, "cuda", total, total, None, None)
