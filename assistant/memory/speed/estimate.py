"""How fast a model answers: tokens per second from bytes read per token, bandwidth, fixed costs and the offload split.

Each generated token reads every active weight and the KV cache so far once, and starts one kernel per weight tensor:

    seconds = (weights + chosen experts / 0.68 + KV cache) / (bandwidth x share) + tensors x cost per tensor + 0.075 ms

Chips with weak arithmetic (GeForce 10 and older, Apple M1 and M2) take the time that unpacking the weights costs where
that is longer. Layers that lie on several GPUs or in RAM run one after the other, so their seconds add up. The
constants, their sources and the kinds of devices are in constants.py; tests/benchmarks/bench_speed.py fits and
checks them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

from assistant.hardware.machine import Device, Machine
from assistant.memory.needs import Needs
from assistant.memory.per_layer import layers as layers_of
from assistant.memory.placement import Plan, chosen_gpus
from assistant.memory.report import Bottleneck, Speed
from assistant.memory.speed import bandwidth
from assistant.memory.speed import constants as of
from assistant.memory.speed.constants import CONSTANTS, SOURCE, Constants
from assistant.memory.speed.prompt import counts, on_gpus, on_processor
from assistant.memory.weights import Weights
from knowledge.schema import Architecture

__all__ = ["SOURCE", "Work", "estimate", "gpu_seconds", "work"]

_TENSORS_PER_LAYER = 11  # of a model whose layers are not known: Llama 3 has 9, Qwen 3 11, Gemma 3 13


@dataclass(frozen=True, slots=True)
class Work:
    """What one generated token takes: bytes of dense weights, chosen experts and KV cache, and weight tensors."""

    dense: float
    experts: float
    cache: float
    tensors: int
    quant: str

    def part(self, weights: float, cache: float, experts: float | None = None) -> "Work":
        """Return the share of the work that a share of the weights and of the cache makes."""
        chosen = self.experts * (weights if experts is None else experts)
        return Work(self.dense * weights, chosen, self.cache * cache, round(self.tensors * weights), self.quant)


def estimate(need: Needs, placed: Plan, machine: Machine, constants: Constants = CONSTANTS) -> Speed | None:
    """Return generation and prompt speed for one user with half the context filled.

    None when it does not run, on a phone, or on a card whose bandwidth is unknown and whose memory few cards have; a
    card known only by its memory gets the range of such cards (bandwidth.of_cards), a Mac that of its chips. A computer
    that was detected has its memory bandwidth measured once when part of the model runs on its processor; one that was
    stated without it is assumed (`CPU_BYTES`). Nothing is faster than reading each byte once at the full bandwidth.
    """
    gpus = chosen_gpus(machine)
    if placed.placement == "none" or (placed.placement != "cpu" and not gpus):
        return None
    job = work(need, need.context_tokens / 2)
    if placed.placement == "cpu":
        rate, known = cpu_bytes(machine)
        if isnan(rate):
            return None
        seconds, limit = _cpu_seconds(job, rate), _cpu_limit(job, machine)
        low, high = (of.CPU_LOW, of.CPU_HIGH) if known else (of.CPU_GUESS_LOW, of.CPU_GUESS_HIGH)
        likely = (max(limit, seconds / high), seconds, seconds / low)
        return _speed(likely, "system RAM bandwidth", on_processor(need, machine))
    ranges = [bandwidth.bandwidths(gpu) for gpu in gpus]
    if any(one is None for one in ranges):
        return None
    in_ram, handovers = _in_ram(need, placed, job)
    on_gpu = _less(job, in_ram)
    shares = _shares(placed, gpus)
    parts = [_on_gpus(on_gpu, gpus, shares, [one[at] for one in ranges if one], constants) for at in range(3)]
    reading, fixed = parts[1]
    limit = sum(_read(on_gpu) * part / (one[2] * 1e9) for part, one in zip(shares, ranges, strict=True) if one)
    if in_ram.dense or in_ram.experts:
        rate, known = cpu_bytes(machine)
        waiting = _cpu_seconds(in_ram, rate) + handovers * of.HANDOVER
        low, high = (of.CPU_LOW, of.CPU_HIGH) if known else (of.CPU_GUESS_LOW, of.CPU_GUESS_HIGH)
        slow, middle, fast = (sum(one) + waiting for one in parts)
        name: Bottleneck = "system RAM bandwidth" if waiting > reading + fixed else "memory bandwidth"
        return _speed((max(limit + _cpu_limit(in_ram, machine), fast / high), middle, slow / low), name, None)
    low, high = (of.LOW, of.HIGH) if need.basis != "rough" else (of.ROUGH_LOW, of.ROUGH_HIGH)
    slow, middle, fast = (sum(one) for one in parts)
    name = "memory bandwidth" if reading > fixed else "fixed cost per layer"
    return _speed((max(limit, fast / high), middle, slow / low), name, on_gpus(need, gpus, shares))


def work(need: Needs, depth: float) -> Work:
    """Return what one generated token takes after `depth` tokens of one user."""
    dense, experts = read_per_token(need.arch, need.weights)
    return Work(dense, experts, _cache(need, depth), weight_tensors(need), need.quant)


def read_per_token(arch: Architecture | None, weights: Weights) -> tuple[float, float]:
    """Return the bytes of dense weights and of chosen experts that one generated token reads."""
    experts = 0.0
    if arch is not None and arch.experts:
        experts = weights.experts * (arch.experts_used or 0) / arch.experts
    elif arch is None and weights.active < 0.9 * weights.total:
        experts = weights.active  # which part is routed is not known
    return weights.active - experts, experts


def _cache(need: Needs, depth: float) -> float:
    """Return the bytes of KV cache and recurrent state that a token reads; layers that share a cache read it each."""
    if need.cache is None or need.arch is None:
        return need.cache_bytes / max(1, need.users) * min(1.0, depth / need.context_tokens)
    full, sliding = need.cache.token_bytes(need.kv_type)
    window = min(depth, need.cache.window or depth)
    return (full * depth + sliding * window) * cache_reads(need.arch) + need.cache.recurrent_bytes


def cache_reads(arch: Architecture) -> float:
    """Return how often a token reads each cached value: layers that share a cache read it each."""
    keep = arch.layers - (arch.kv_shared_layers or 0)
    return arch.layers / keep if keep > 0 else 1.0


def weight_tensors(need: Needs) -> int:
    """Return how many weight tensors a token goes through; biases are added in the same kernel."""
    counted = counts(need.arch).tensors if need.arch is not None else 0
    layers = need.layers or 32 * ((need.model.parameters or need.weights.total) / 8e9) ** 0.33
    return counted or round(layers * _TENSORS_PER_LAYER)


def gpu_seconds(job: Work, gpu: Device, gb_s: float, constants: Constants = CONSTANTS) -> tuple[float, float]:
    """Return the seconds that one device of `gb_s` x 10^9 bytes/s takes for a token: reading, and fixed costs."""
    rate = gb_s * 1e9 * of.share_of_bandwidth(gpu, constants)
    decoded = of.decoding(job.quant, constants)
    weights = job.dense + job.experts / constants.experts
    computing = (job.dense + job.experts) * 8 / of.bits_per_weight(job.quant) / of.weights_per_second(gpu, constants)
    reading = max(weights / (rate * decoded), computing) + job.cache / rate
    return reading, job.tensors * of.tensor_seconds(gpu, constants)


def _on_gpus(
    job: Work, gpus: Sequence[Device], shares: Sequence[float], rates: Sequence[float], constants: Constants
) -> tuple[float, float]:
    """Return the seconds of all GPUs, which work one after the other: reading, and fixed costs."""
    reading, fixed = 0.0, constants.token
    for gpu, share, rate in zip(gpus, shares, rates, strict=True):
        one = gpu_seconds(job.part(share, share), gpu, rate, constants)
        reading, fixed = reading + one[0], fixed + one[1]
    return reading, fixed


def _shares(placed: Plan, gpus: Sequence[Device]) -> list[float]:
    """Return each GPU's share of the weights that are on GPUs: as planned, else by free memory."""
    held = [float(share.weights) for share in placed.shares]
    if len(held) != len(gpus) or not sum(held):
        held = [float(gpu.free_mib) for gpu in gpus]
    whole = sum(held) or 1.0
    return [one / whole for one in held]


def _in_ram(need: Needs, placed: Plan, job: Work) -> tuple[Work, int]:
    """Return the part of the work that lies in RAM, and how often a token goes there and back."""
    nothing = Work(0.0, 0.0, 0.0, 0, job.quant)
    parts = layers_of(need) if placed.placement in ("partial", "expert_offload") else None
    if parts is None:
        return nothing, 0
    routed = sum(parts.experts)
    if placed.placement == "expert_offload":
        count = sum(1 for size in parts.experts if size)
        share = placed.cpu_expert_layers / max(1, count)
        return Work(0.0, job.experts * share, 0.0, 3 * placed.cpu_expert_layers, job.quant), placed.cpu_expert_layers
    off = max(0, len(parts.dense) - (placed.gpu_layers or 0))
    dense = sum(parts.dense[:off])
    experts = job.experts * sum(parts.experts[:off]) / routed if routed else 0.0
    cache = job.cache * sum(parts.cache[:off]) / max(1, sum(parts.cache))
    return Work(dense, experts, cache, round(job.tensors * off / len(parts.dense)), job.quant), 1


def _less(job: Work, other: Work) -> Work:
    return Work(
        max(0.0, job.dense - other.dense),
        max(0.0, job.experts - other.experts),
        max(0.0, job.cache - other.cache),
        max(0, job.tensors - other.tensors),
        job.quant,
    )


def cpu_bytes(machine: Machine) -> tuple[float, bool]:
    """Return the bytes per second that the processor reads weights with, and whether its memory is known.

    NaN for a phone of unknown memory: what PCs reach says nothing about it.
    """
    known = _ram_gb_s(machine)
    if known is None:
        return (nan if machine.phone else of.CPU_BYTES), False
    return known * 1e9 * of.CPU_SHARE, True


def _ram_gb_s(machine: Machine) -> float | None:
    if machine.ram_bandwidth_gb_s is not None:
        return machine.ram_bandwidth_gb_s
    return bandwidth.of_this_computer() if machine.origin == "detected" else bandwidth.of_shared(machine.gpus)


def _read(job: Work) -> float:
    """Return the bytes that a token reads."""
    return job.dense + job.experts + job.cache


def _cpu_limit(job: Work, machine: Machine) -> float:
    """Return the least seconds that reading from RAM can take, 0 when its bandwidth is not known."""
    known = _ram_gb_s(machine)
    return _read(job) / (known * 1e9) if known else 0.0


def _cpu_seconds(job: Work, rate: float) -> float:
    reading = (job.dense + job.experts) / (rate * of.cpu_decoding(job.quant)) + job.cache / rate
    return reading + job.tensors * of.CPU_TENSOR


def _speed(seconds: tuple[float, float, float], bottleneck: Bottleneck, prompt: float | None) -> Speed:
    """Return the speed for the (least, likely, most) seconds per token."""
    least, middle, most = seconds
    rounded = None if prompt is None else _rounded(prompt)
    return Speed(_rounded(1 / most), _rounded(1 / middle), _rounded(1 / least), bottleneck, rounded)


def _rounded(value: float) -> float:
    """Return three significant digits: more would claim more than is known."""
    return float(f"{value:.3g}")
