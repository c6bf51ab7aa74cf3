"""Compare the GPU compute buffers with what llama.cpp reserves on pretended GPUs (pretend_gpu.py).

A sixth of the catalog's shapes, chosen by their digest. No GPU is needed.
"""

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assistant.memory.compute.gpu import gpu_buffers
from assistant.memory.compute.survey import shapes
from assistant.memory.compute.table import key
from assistant.memory.files import gguf_header
from knowledge.schema import Architecture
from tests.benchmarks.pretend_gpu import Setting, reserved
from tests.benchmarks.row import Row

MIB = 2**20
Q8_0 = 8  # ggml's id
ONE = (
    Setting(4096),
    Setting(32_768),
    Setting(32_768, outputs=1),
    Setting(32_768, flash_attention=False),
    Setting(32_768, kv_type=Q8_0),
    Setting(8192, ubatch=128, batch=128),
)
TWO = (Setting(8192), Setting(32_768, kv_type=Q8_0))


def run() -> list[Row]:
    """Return how far the arithmetic is from llama.cpp; differences over 5 % are printed."""
    rows = []
    for gpus, settings in ((1, ONE), (2, TWO)):
        found = list(_compared(gpus, settings))
        what = f"GPU compute buffer / llama.cpp on {gpus} pretended GPU{'s' if gpus > 1 else ''}"
        away = sorted(abs(one - 1) for one in found)
        how = (
            f"{len(found)} reservations, {len(settings)} settings; "
            f"{_share(one <= 0.01 for one in away)} within 1 %, {_share(one <= 0.05 for one in away)} within 5 %, "
            f"{_share(one < 0.99 for one in found)} more than 1 % below, {min(found):.2f} to {max(found):.2f}"
        )
        rows.append(Row(what, f"{statistics.median(found):.4f}", "", how))
    return rows


def _share(true: Iterator[bool]) -> str:
    all_of_them = list(true)
    return f"{sum(all_of_them) / len(all_of_them):.1%}"


def _compared(gpus: int, settings: tuple[Setting, ...]) -> Iterator[float]:
    """Yield formula / llama.cpp, summed over the GPUs."""
    with tempfile.TemporaryDirectory() as folder:
        for name, arch, _ in sorted(shapes()):
            header = Path(folder, "header.gguf")
            if int(key(arch), 16) % 6 or not gguf_header.write(arch, header):
                continue
            for setting, buffers in zip(settings, reserved(header, settings, gpus), strict=True):
                asked = sum(size for device, size in buffers.items() if not device.endswith("_Host"))
                if not asked:
                    print(f"  refused {name} {arch.arch} {gpus} {setting}")
                    continue
                ratio = _ours(arch, setting, gpus) / MIB / asked
                if abs(ratio - 1) > 0.05:
                    print(f"  {name} {arch.arch} {gpus} {setting}: {asked:.2f} MiB, formula {ratio:.3f} of it")
                yield ratio


def _ours(arch: Architecture, setting: Setting, gpus: int) -> int:
    found = gpu_buffers(
        arch,
        setting.context,
        ubatch=setting.ubatch,
        flash_attention=setting.flash_attention,
        devices=gpus,
        kv_type="q8_0" if setting.kv_type == Q8_0 else "f16",
        outputs=setting.outputs or None,
    )
    return sum(found.devices)
