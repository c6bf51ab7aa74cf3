"""How fast a prompt is read: compute, one pass over all weights per batch, and attention that grows with the prompt.

    seconds per batch = operations / (stated fp16 rate x share) + bytes of all weights / bandwidth + tensors x cost

A batch of 512 tokens goes through every expert, so all weights are read, once. Shares and their sources are in
constants.py; tests/benchmarks/bench_speed.py tells how far off the published llama-bench tables this is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.hardware.machine import Device, Machine
from assistant.memory.blueprints.tensors import tensors
from assistant.memory.kept import once_per_shape
from assistant.memory.layers import kv_heads_per_layer, sliding_layers
from assistant.memory.needs import Needs
from assistant.memory.speed import constants as of
from knowledge.schema import Architecture


def on_gpus(
    need: Needs, gpus: Sequence[Device], shares: Sequence[float], prompt_tokens: int | None = None
) -> float | None:
    """Return tokens per second for a prompt, None when a device's throughput or bandwidth is not known.

    Args:
        need: what the model takes.
        gpus: the devices that hold it, one after the other.
        shares: of its weights.
        prompt_tokens: half the context by default.
    """
    operations = _operations(need, _prompt(need, prompt_tokens))
    if operations is None:
        return None
    seconds = 0.0
    for gpu, share in zip(gpus, shares, strict=True):
        if gpu.fp16_tflops is None or gpu.bandwidth_gb_s is None:
            return None
        rate = gpu.fp16_tflops * 1e12 * of.prompt_share(gpu) * (of.PROMPT_EXPERTS if _routed(need) else 1.0)
        reading = need.device_weights / (gpu.bandwidth_gb_s * 1e9 * of.share_of_bandwidth(gpu))
        seconds += share * (of.PROMPT_BATCH * operations / rate + reading)
    return of.PROMPT_BATCH / seconds


def on_processor(need: Needs, machine: Machine, prompt_tokens: int | None = None) -> float | None:
    """Return tokens per second for a prompt on the processor, within a factor of two; None without its cores."""
    operations = _operations(need, _prompt(need, prompt_tokens))
    if operations is None or not machine.cores:
        return None
    return machine.cores * of.CPU_OPERATIONS / operations


def _prompt(need: Needs, prompt_tokens: int | None) -> int:
    return max(1, need.context_tokens // 2 if prompt_tokens is None else prompt_tokens)


def _routed(need: Needs) -> bool:
    return bool(need.weights.experts) or bool(need.model.active_parameters)


def _operations(need: Needs, prompt_tokens: int) -> float | None:
    """Return the operations per token of a prompt, on average over it: two per value, and four per attended value."""
    arch = need.arch
    values = counts(arch).values if arch is not None else 0.0
    values = values or (need.model.parameters or 0) * need.weights.active / max(1, need.weights.total)
    if not values:
        return None
    return 2 * values + (0.0 if arch is None else _attention(arch, prompt_tokens))


def _attention(arch: Architecture, prompt_tokens: int) -> float:
    """Return the operations of a token's attention to those before it, half the prompt on average."""
    attended = 0.0
    for heads, slides in zip(kv_heads_per_layer(arch), sliding_layers(arch), strict=True):
        if heads:
            seen = prompt_tokens / 2
            attended += min(seen, arch.sliding_window or seen) if slides else seen
    return 4 * attended * arch.heads * arch.head_dim


@dataclass(frozen=True, slots=True)
class Counts:
    """Weight tensors that a token goes through, and the values in those of the layers; 0 when not known.

    Only the last token of a prompt goes through the output, which is in no layer.
    """

    tensors: int
    values: float


@once_per_shape
def counts(arch: Architecture) -> Counts:
    """Return what a token of this architecture goes through; of routed experts only the chosen ones count."""
    number, values = 0, 0.0
    for tensor in tensors(arch) or ():
        used = (arch.experts_used or 0) / arch.experts if arch.experts and "_exps." in tensor.name else 1.0
        number += tensor.count if tensor.name.endswith("weight") else 0
        values += tensor.values * tensor.count * used if tensor.layers is not None else 0.0
    return Counts(number, values)
