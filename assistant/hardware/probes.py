"""Ask this computer what it has: one probe per way of asking. A probe that cannot answer returns nothing and says why.

Nothing here raises for a missing driver, tool or file. Each probe takes its sources as arguments, so that tests can
hand in made-up ones. `assistant.hardware.detect` runs them with a time limit.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.hardware.host import MIB, Memory, read_int, read_text, registry_values, run
from assistant.hardware.machine import Backend, Device, unified_limit_mib
from knowledge.gpu_table import load_gpus, with_memory
from knowledge.schema import Gpu

PCI_VENDORS = {"10de": "nvidia", "1002": "amd", "8086": "intel"}
_BRANDS = "NVIDIA|GeForce|AMD|Radeon|Intel|Tesla|Graphics|Generation|Edition|Workstation|GPU|Instinct"
# The display class of the Windows registry; adapters are its numbered keys.
_WINDOWS_ADAPTERS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"


@dataclass(frozen=True, slots=True)
class Probed:
    """What one probe found; `reasons` tell per device how, or why there is none."""

    devices: tuple[Device, ...] = ()
    reasons: tuple[str, ...] = ()


def _plain(name: str) -> str:
    """Return a driver's device name in the table's way of writing, to compare by."""
    name = re.sub(r"\((R|TM|C)\)", "", name, flags=re.IGNORECASE).replace("-", " ").replace("_", " ")
    name = re.sub(r"(\d+) ?GB\b|\bHBM\d\w*|\bSXM\d?\b|\bwith\b|\bDesign\b", " ", name, flags=re.IGNORECASE)
    name = re.sub(rf"\b({_BRANDS})\b", " ", name, flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def match_gpu(name: str, memory_mib: int | None, pci_id: str = "", gpus: dict[str, Gpu] | None = None) -> Gpu | None:
    """Return the table's entry for a device: by PCI id where it names one card, else by name, then by memory size.

    Args:
        name: as the driver reports it ("NVIDIA GeForce RTX 4060 Laptop GPU"), "" when unknown.
        memory_mib: its memory; chooses between cards of one name or id.
        pci_id: "10de:28e0", "" when unknown.
        gpus: the table, the shipped one by default.
    """
    gpus = load_gpus() if gpus is None else gpus
    wanted = _plain(name)
    named = [gpu for gpu in gpus.values() if wanted and wanted == _plain(gpu.name)]
    if wanted and not named:
        named = [gpu for gpu in gpus.values() if wanted in map(_plain, gpu.aliases)]
    by_id = [gpu for gpu in gpus.values() if pci_id and pci_id in gpu.pci_ids]
    both = [gpu for gpu in by_id if gpu in named]
    candidates = both or named or by_id
    if memory_mib is not None:
        gib = memory_mib / 1024
        # Drivers report a few percent less than the size sold (reserved, ECC).
        fitting = [gpu for gpu in candidates if any(0.9 * size <= gib <= 1.03 * size for size in gpu.memory_gb)]
        shared = [gpu for gpu in candidates if gpu.unified]
        candidates = fitting or shared or named  # an id that only cards of other sizes have names none of them
        nearest = {gpu.name: min((abs(size - gib) for size in gpu.memory_gb), default=0.0) for gpu in candidates}
        candidates.sort(key=lambda gpu: (nearest[gpu.name], len(gpu.memory_gb), gpu.name))
    return candidates[0] if candidates else None


def _device(name: str, gpu: Gpu | None, vendor: str, backend: Backend, total: int, free: int) -> Device:
    """Return a device with the table's bandwidth and compute where the card is known."""
    if gpu is None:
        laptop = "laptop" in name.casefold() or "max-q" in name.casefold()
        clean = re.sub(r"^NVIDIA |\bGeForce | GPU$", "", name).strip()
        return Device(clean, vendor, backend, total, free, None, None, laptop=laptop)
    return Device(
        gpu.name, gpu.vendor, backend, total, free, gpu.bandwidth_gb_s, gpu.fp16_tflops,
        unified=gpu.unified, laptop=gpu.laptop,
    )  # fmt: skip


def _visible(index: int, uuid: str, environ: Mapping[str, str]) -> bool:
    """Tell whether CUDA_VISIBLE_DEVICES leaves a card to this process; llama.cpp obeys it, so the figures must."""
    listed = environ.get("CUDA_VISIBLE_DEVICES")
    if listed is None:
        return True
    wanted = [one.strip() for one in listed.split(",") if one.strip()]
    return any(one == str(index) or (one.startswith("GPU-") and uuid.startswith(one)) for one in wanted)


def nvidia_nvml(memory: Memory, nvml: Any = None, environ: Mapping[str, str] | None = None) -> Probed:
    """Ask NVML for every NVIDIA card this process may use. MIG slices count as cards; their bandwidth is unknown.

    Args:
        memory: this machine's RAM, which GB10 and Jetson share.
        nvml: the pynvml module, imported when None.
        environ: where CUDA_VISIBLE_DEVICES is read.
    """
    environ = os.environ if environ is None else environ
    if nvml is None:
        try:
            import pynvml

            nvml = pynvml
        except ImportError:
            return Probed(reasons=("NVML: nvidia-ml-py is not installed",))
    try:
        nvml.nvmlInit()
    except Exception as error:  # NVMLError, or OSError from a half-installed driver
        return Probed(reasons=(f"NVML: {error}",))
    found: list[Device] = []
    reasons: list[str] = []
    try:
        for index in range(nvml.nvmlDeviceGetCount()):
            try:
                devices, reason = _nvml_card(nvml, index, memory, environ)
            except Exception as error:
                devices, reason = [], f"GPU {index}: NVML: {error}"
            found += devices
            reasons.append(reason)
    except Exception as error:
        reasons.append(f"NVML: {error}")
    finally:
        try:
            nvml.nvmlShutdown()
        except Exception as error:
            reasons.append(f"NVML: {error}")
    return Probed(tuple(found), tuple(reasons))


def _nvml_card(nvml: Any, index: int, memory: Memory, environ: Mapping[str, str]) -> tuple[list[Device], str]:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    name = _text(nvml.nvmlDeviceGetName(handle))
    uuid = _text(_or_none(nvml.nvmlDeviceGetUUID, handle) or "")
    if not _visible(index, uuid, environ):
        return [], f"{name}: CUDA_VISIBLE_DEVICES"
    slices = _mig_slices(nvml, handle)
    if slices:
        devices = [_device(f"{name} MIG", None, "nvidia", "cuda", total, free) for total, free in slices]
        return devices, f"{name}: NVML, MIG"
    info = _or_none(nvml.nvmlDeviceGetMemoryInfo, handle)
    pci = _or_none(nvml.nvmlDeviceGetPciInfo, handle)
    identity = int(getattr(pci, "pciDeviceId", 0) or 0)
    pci_id = f"{identity & 0xFFFF:04x}:{identity >> 16:04x}" if identity else ""
    total = int(info.total) // MIB if info else None
    gpu = match_gpu(name, total, pci_id)
    if total is None or not info:  # GB10 and Jetson: NVML cannot tell, memory is the machine's
        if gpu is None or not gpu.unified:
            return [], f"{name}: NVML: memory unknown"
        return [_device(name, gpu, "nvidia", "cuda", memory.total_mib, memory.free_mib)], f"{gpu.name}: NVML, RAM"
    return [_device(name, gpu, "nvidia", "cuda", total, int(info.free) // MIB)], f"{gpu.name if gpu else name}: NVML"


def _mig_slices(nvml: Any, handle: Any) -> list[tuple[int, int]]:
    """Return (total, free) MiB per MIG slice, empty when MIG is off."""
    mode = _or_none(nvml.nvmlDeviceGetMigMode, handle)
    if not mode or mode[0] != 1:
        return []
    slices = []
    for number in range(_or_none(nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        part = _or_none(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, number)
        info = _or_none(nvml.nvmlDeviceGetMemoryInfo, part) if part is not None else None
        if info:
            slices.append((int(info.total) // MIB, int(info.free) // MIB))
    return slices


def _or_none(call: Callable[..., Any], *values: Any) -> Any:
    """Return what an NVML query answers, None when this card or driver does not support it."""
    try:
        return call(*values)
    except Exception:
        return None


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def nvidia_smi(call: Callable[[list[str]], str | None] = run, environ: Mapping[str, str] | None = None) -> Probed:
    """Ask the nvidia-smi command: for drivers whose NVML library Python cannot load."""
    environ = os.environ if environ is None else environ
    query = ["nvidia-smi", "--query-gpu=index,uuid,name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    devices = []
    for line in (call(query) or "").splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) != 5 or not (cells[0] + cells[3] + cells[4]).isdigit():
            continue  # a message, or [N/A]
        if _visible(int(cells[0]), cells[1], environ):
            total = int(cells[3])
            devices.append(_device(cells[2], match_gpu(cells[2], total), "nvidia", "cuda", total, int(cells[4])))
    return Probed(tuple(devices), tuple(f"{one.name}: nvidia-smi" for one in devices))


def linux_sysfs(memory: Memory, sys_root: Path = Path("/sys"), dev_root: Path = Path("/dev")) -> Probed:
    """Read AMD and Intel cards from /sys/class/drm.

    Small integrated GPUs are named in the reasons, not as devices: they share the RAM and its bandwidth, so a model
    runs no faster there than on the processor.
    """
    devices: list[Device] = []
    reasons: list[str] = []
    for card in sorted((sys_root / "class/drm").glob("card[0-9]*")):
        if not re.fullmatch(r"card\d+", card.name):
            continue  # connectors: card0-HDMI-A-1
        vendor = read_text(card / "device/vendor").removeprefix("0x")
        pci_id = f"{vendor}:{read_text(card / 'device/device').removeprefix('0x')}"
        if vendor == "1002":
            device, reason = _amd_card(card / "device", pci_id, memory, (dev_root / "kfd").exists())
        elif vendor == "8086":
            device, reason = _intel_card(pci_id)
        else:
            continue
        devices += [device] if device else []
        reasons.append(reason)
    return Probed(tuple(devices), tuple(dict.fromkeys(reasons)))


def _amd_card(folder: Path, pci_id: str, memory: Memory, rocm: bool) -> tuple[Device | None, str]:
    backend: Backend = "rocm" if rocm else "vulkan"
    total, used = read_int(folder / "mem_info_vram_total"), read_int(folder / "mem_info_vram_used") or 0
    name = read_text(folder / "product_name")
    if not total:
        return None, f"AMD {pci_id}: sysfs: memory unknown"
    gpu = match_gpu(name, total // MIB, pci_id)
    if gpu and gpu.unified and gpu.memory_gb:  # Strix Halo: its own part of the RAM and what the driver may map
        mapped = (read_int(folder / "mem_info_gtt_total") or 0) // MIB
        free = min(mapped, memory.free_mib) + (total - used) // MIB
        return _device(name, gpu, "amd", backend, total // MIB + memory.total_mib, free), f"{gpu.name}: sysfs"
    if (gpu and gpu.unified) or (gpu is None and total // MIB <= 4096):
        return None, f"{gpu.name if gpu else 'AMD ' + pci_id}: sysfs, RAM, CPU"
    name = name or f"AMD {pci_id}"
    device = _device(name, gpu, "amd", backend, total // MIB, (total - used) // MIB)
    return device, f"{device.name}: sysfs"


def _intel_card(pci_id: str) -> tuple[Device | None, str]:
    """Return an Arc card; its memory is the table's, as the kernel does not tell it in one place."""
    gpu = match_gpu("", None, pci_id)
    if gpu is None or gpu.unified:
        return None, f"{gpu.name if gpu else 'Intel ' + pci_id}: sysfs, RAM, CPU"
    total = round(gpu.memory_gb[0] * 1024)
    return _device(gpu.name, gpu, "intel", "vulkan", total, total), f"{gpu.name}: sysfs, PCI"


def jetson(memory: Memory, root: Path = Path("/proc/device-tree")) -> Probed:
    """Recognise an NVIDIA Jetson by its board name."""
    model = read_text(root / "model")
    if "jetson" not in model.casefold():
        return Probed()
    boards = [gpu for gpu in load_gpus().values() if gpu.name.startswith("Jetson")]
    known = [gpu for gpu in boards if gpu.name.casefold() in model.casefold()]
    gpu = max(known, key=lambda one: len(one.name), default=None)
    device = _device(model, gpu, "nvidia", "cuda", memory.total_mib, memory.free_mib)
    return Probed((device,), (f"{device.name}: device tree",))


def apple(memory: Memory, call: Callable[[list[str]], str | None] = run) -> Probed:
    """Ask macOS for the Apple chip, its GPU cores (which tell the bandwidth bin) and the memory the GPU may use."""
    brand = (call(["sysctl", "-n", "machdep.cpu.brand_string"]) or "").strip()
    if not brand.startswith("Apple "):
        return Probed(reasons=(f"{brand or 'Mac'}: sysctl, CPU",))
    name = brand.removeprefix("Apple ")
    cores = _apple_gpu_cores(call(["system_profiler", "-json", "SPDisplaysDataType"]))
    gpus = load_gpus()
    gpu = gpus.get(f"{name} {cores}-core") or gpus.get(name)
    if gpu and cores is None:
        gpu = with_memory(gpus, gpu, round(memory.total_mib / 1024))
    wired = (call(["sysctl", "-n", "iogpu.wired_limit_mb"]) or "").strip()
    limit = int(wired) if wired.isdigit() and int(wired) > 0 else unified_limit_mib("apple", memory.total_mib)
    usable = min(limit, memory.free_mib)
    device = _device(name, gpu, "apple", "metal", memory.total_mib, usable)
    if gpu is None:
        device = Device(name, "apple", "metal", memory.total_mib, usable, None, None, unified=True)
    return Probed((device,), (f"{device.name}: sysctl",))


def _apple_gpu_cores(text: str | None) -> int | None:
    try:
        return int(json.loads(text or "{}")["SPDisplaysDataType"][0]["sppci_cores"])
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def windows_registry(registry: Any = None) -> Probed:
    """Read display adapters from the Windows registry: names, PCI ids and 64-bit memory sizes.

    NVIDIA cards are left to NVML. Free memory is not told there, so it counts as all.
    """
    if registry is None:
        if sys.platform != "win32":
            return Probed()
        import winreg as registry
    devices: list[Device] = []
    reasons: list[str] = []
    for number in range(16):
        values = registry_values(registry, rf"{_WINDOWS_ADAPTERS}\{number:04d}")
        match = re.search(r"ven_([0-9a-f]{4})&dev_([0-9a-f]{4})", str(values.get("MatchingDeviceId", "")).casefold())
        if not match or PCI_VENDORS.get(match[1]) not in ("amd", "intel"):
            continue
        name, size = str(values.get("DriverDesc", "")), values.get("HardwareInformation.qwMemorySize")
        total = size // MIB if isinstance(size, int) else None
        gpu = match_gpu(name, total, f"{match[1]}:{match[2]}")
        if total is None or total <= 4096 or (gpu and gpu.unified and not gpu.memory_gb):
            reasons.append(f"{gpu.name if gpu else name}: registry, RAM, CPU")
            continue
        devices.append(_device(name, gpu, PCI_VENDORS[match[1]], "vulkan", total, total))
        reasons.append(f"{devices[-1].name}: registry")
    return Probed(tuple(devices), tuple(reasons))
