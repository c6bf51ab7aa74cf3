"""The computer's memory and processor, and small helpers to ask an operating system. Nothing here raises."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
COMMAND_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Memory:
    """RAM in MiB, as far as this process may use it."""

    total_mib: int
    free_mib: int


def run(command: list[str]) -> str | None:
    """Return a command's output, None when it is missing, fails or takes longer than COMMAND_SECONDS."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "capture_output": True, "creationflags": flags}
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(command, timeout=COMMAND_SECONDS, check=True, **quiet)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")


def read_text(path: Path) -> str:
    """Return a small file's text without its end of line; "" when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip().strip("\0")
    except OSError:
        return ""


def read_int(path: Path) -> int | None:
    """Return the whole number a small file holds; None when it holds none ("max") or cannot be read."""
    text = read_text(path)
    return int(text) if text.isdigit() else None


def registry_values(registry: Any, path: str) -> dict[str, Any]:
    """Return the values of a Windows registry key that probes read; empty when it is missing."""
    values = {}
    try:
        with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, path) as key:
            for name in ("DriverDesc", "MatchingDeviceId", "HardwareInformation.qwMemorySize", "ProcessorNameString"):
                try:
                    values[name] = registry.QueryValueEx(key, name)[0]
                except OSError:
                    continue
    except OSError:
        return {}
    return values


def ram(sys_root: Path = Path("/sys"), proc_root: Path = Path("/proc"), virtual_memory: Any = None) -> Memory | None:
    """Return the RAM this process may use: the machine's, or a container's lower limit. None when unknown."""
    if virtual_memory is None:
        try:
            import psutil

            virtual_memory = psutil.virtual_memory()
        except Exception:  # psutil raises its own and OSError; without it RAM is unknown
            return None
    total, free = int(virtual_memory.total), int(virtual_memory.available)
    limit, used = _cgroup_memory(sys_root / "fs/cgroup", read_text(proc_root / "self/cgroup"))
    if limit is not None and limit < total:
        total, free = limit, max(0, min(free, limit - used))
    return Memory(total // MIB, free // MIB)


def _own_cgroup(root: Path, membership: str) -> Path:
    """Return this process's cgroup v2 folder; inside a container that is often the root itself."""
    own = next((line[3:] for line in membership.splitlines() if line.startswith("0::")), "/").strip("/")
    return root / own if own and (root / own).is_dir() else root


def _cgroup_memory(root: Path, membership: str) -> tuple[int | None, int]:
    """Return a container's memory limit and use in bytes: cgroup v2 (own group and those above it), then v1."""
    best: tuple[int, int] | None = None
    folder = _own_cgroup(root, membership)
    while True:
        limit = read_int(folder / "memory.max")
        if limit is not None and (best is None or limit < best[0]):
            reclaimable = re.search(r"^inactive_file (\d+)", read_text(folder / "memory.stat"), re.MULTILINE)
            used = (read_int(folder / "memory.current") or 0) - int(reclaimable[1] if reclaimable else 0)
            best = limit, max(0, used)
        if folder == root:
            break
        folder = folder.parent
    if best is None:
        limit = read_int(root / "memory/memory.limit_in_bytes")
        if limit is not None:
            best = limit, read_int(root / "memory/memory.usage_in_bytes") or 0
    return best or (None, 0)


def cores(sys_root: Path = Path("/sys"), proc_root: Path = Path("/proc")) -> int | None:
    """Return how many physical processor cores this process may use; None when unknown.

    The least of what is there, what the process is bound to, and a container's quota.
    """
    counts = [os.cpu_count()]
    try:
        import psutil

        counts.append(psutil.cpu_count(logical=False))
    except Exception:  # as in ram()
        pass
    if hasattr(os, "sched_getaffinity"):
        counts.append(len(os.sched_getaffinity(0)))
    folder = _own_cgroup(sys_root / "fs/cgroup", read_text(proc_root / "self/cgroup"))
    quota, _, period = read_text(folder / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        counts.append(max(1, int(quota) // int(period)))
    return min((count for count in counts if count), default=None)


def processor(proc_root: Path = Path("/proc"), call: Callable[[list[str]], str | None] = run) -> str:
    """Return the processor's name, "" when unknown."""
    if sys.platform == "win32":
        import winreg

        values = registry_values(winreg, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0")
        return str(values.get("ProcessorNameString", "")).strip()
    if sys.platform == "darwin":
        return (call(["sysctl", "-n", "machdep.cpu.brand_string"]) or "").strip()
    match = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", read_text(proc_root / "cpuinfo"), re.MULTILINE)
    return match[1].strip() if match else platform.processor()
