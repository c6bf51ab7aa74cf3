"""The compute buffer: scratch memory llama.cpp reserves for one batch.

On GPUs by arithmetic (gpu.py). On the processor what llama.cpp told of the shape (table.py), else by
arithmetic (cpu.py).
"""

from assistant.hardware.machine import Backend
from assistant.memory.compute.cpu import formula
from assistant.memory.compute.gpu import gpu_buffers
from assistant.memory.compute.table import measured, usual_ubatch
from assistant.memory.layers import UBATCH, pad
from knowledge.schema import Architecture

SOURCE = "compute buffer: measured on llama.cpp (llama-cpp-python 0.3.36) for the catalog's shapes, 2026-11-22"


def compute_buffer(
    arch: Architecture,
    context_tokens: int,
    kv_type: str = "f16",
    *,
    ubatch: int = UBATCH,
    flash_attention: bool = True,
    devices: int = 1,
    backend: Backend = "cuda",
) -> int:
    """Return the bytes of scratch memory for batches of `ubatch` tokens, on all devices together.

    Args:
        arch: the model's hyperparameters.
        context_tokens: of one sequence; padded to 256 cells.
        kv_type: of the KV cache's values.
        ubatch: llama.cpp's n_ubatch.
        flash_attention: without it the attention scores of all heads are materialised.
        devices: number of GPUs that hold the whole model, 0 for the processor.
        backend: that of the GPUs.
    """
    if devices:
        return gpu_buffers(
            arch,
            context_tokens,
            ubatch=ubatch,
            flash_attention=flash_attention,
            devices=devices,
            kv_type=kv_type,
            backend=backend,
        ).total
    cells = pad(context_tokens)
    asked = measured(arch, cells, kv_type, flash_attention=flash_attention)
    if asked is None:
        return formula(arch, cells, ubatch, flash_attention=flash_attention)
    usual = usual_ubatch(arch, cells)
    if ubatch == usual:
        return asked
    ours = formula(arch, cells, usual, flash_attention=flash_attention)
    return asked * formula(arch, cells, ubatch, flash_attention=flash_attention) // ours
