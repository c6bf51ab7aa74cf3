"""What this computer has for models: every probe that makes sense here is asked, each within a time limit."""

import platform
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from assistant.hardware import host, probes
from assistant.hardware.host import Memory
from assistant.hardware.machine import Device, Machine
from assistant.hardware.probes import Probed

PROBE_SECONDS = 4.0
_UNKNOWN_MEMORY = Memory(0, 0)


@cache
def detect() -> Machine:
    """Return this machine. Never raises and takes PROBE_SECONDS at most: a driver that hangs is left out and named.

    Cached for the process; `detect.cache_clear()` looks again (free memory changes).
    """
    memory = _bounded("RAM", host.ram)[0]
    shared = memory or _UNKNOWN_MEMORY
    found: list[Device] = []
    reasons: list[str] = []
    for name, one in _gpu_probes(shared):
        result, problem = _bounded(name, one)
        if problem:
            reasons.append(problem)
        if result:
            found += result.devices
            reasons += result.reasons
    cpu = _bounded("CPU", host.processor)[0] or ""
    return Machine(
        gpus=tuple(found),
        ram_total_mib=memory.total_mib if memory else None,
        ram_free_mib=memory.free_mib if memory else None,
        cpu=cpu,
        cores=_bounded("cores", host.cores)[0],
        ram_bandwidth_gb_s=None,  # measured when a speed needs it: memory/speed/bandwidth.py
        origin="detected",
        os=_system(),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _gpu_probes(memory: Memory) -> list[tuple[str, Callable[[], Probed]]]:
    """Return the probes that make sense on this operating system."""
    if sys.platform == "darwin":
        return [("sysctl", lambda: probes.apple(memory))]
    nvidia = ("NVIDIA", lambda: _nvidia(memory))
    if sys.platform == "win32":
        return [nvidia, ("registry", probes.windows_registry)]
    return [nvidia, ("sysfs", lambda: probes.linux_sysfs(memory))]


def _nvidia(memory: Memory) -> Probed:
    """Ask NVML; where it finds nothing, the nvidia-smi command, then whether this is a Jetson board."""
    first = probes.nvidia_nvml(memory)
    if first.devices:
        return first
    second = probes.nvidia_smi()
    third = second if second.devices else probes.jetson(memory)
    return third if third.devices else first


def _bounded(name: str, probe: Callable[[], Any]) -> tuple[Any, str]:
    """Return a probe's result and "", or None and why: it ran in a thread that may be left behind when it hangs."""
    answer: list[Any] = []
    problem: list[str] = []

    def ask() -> None:
        try:
            answer.append(probe())
        except Exception as error:  # a driver's own exception must not end the program
            problem.append(f"{name}: {type(error).__name__}: {error}")

    thread = threading.Thread(target=ask, name=f"probe {name}", daemon=True)
    started = time.monotonic()
    thread.start()
    thread.join(PROBE_SECONDS)
    if answer:
        return answer[0], ""
    return None, problem[0] if problem else f"{name}: > {time.monotonic() - started:.0f} s"


def _system() -> str:
    """Return the operating system and machine type, with WSL named: its GPU memory is shared with Windows."""
    release = platform.release()
    wsl = " (WSL)" if "microsoft" in release.casefold() else ""
    return f"{platform.system()} {platform.machine()}{wsl}".strip()
