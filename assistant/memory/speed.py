"""How fast a model answers: tokens per second from bytes read per token, bandwidth, a fixed cost and the offload split.

Each generated token reads every active weight and the KV cache so far once, and pays a fixed cost per layer:

    seconds = (active weights + KV cache) / (bandwidth x efficiency) + layers x cost + 0.1 ms

The constants were fitted on 2026-11-22 with tests/benchmarks/fit_speed.py to user measurements collected by
AlexsJones/llmfit (llmfit-core/data, 2026-08-22, MIT): llama.cpp, Ollama and LM Studio on one GPU, the whole model on
it, without speculative decoding. Rows that would need more than the card's bandwidth (mostly unlabelled speculative
decoding), or less than a tenth of it, were left out. Estimate / measured over the 531 rows that remain, 15 cards with
ten rows or more among them: median 0.99, 67 % within 15 %, 83 % within 30 %, 88 % inside low..high; over the 420 whose
model's layers are known 72 %, 87 % and 91 %. Weak: RX 7900 XTX (1.5 times too fast) and RTX 4070 (1.2 times).
"""

from assistant.machine import Device, Machine
from assistant.memory.needs import Needs
from assistant.memory.placement import Plan, chosen_gpus
from assistant.memory.report import Bottleneck, Speed

SOURCE = "speed: fitted to llmfit's collected measurements (AlexsJones/llmfit, 2026-08-22)"
EFFICIENCY = 0.88  # share of the theoretical bandwidth that large reads reach; nvidia and apple 0.88, amd 0.85
LAYER_SECONDS = 65e-6  # launching one layer's work; 75 on Apple
TOKEN_SECONDS = 1e-4
MOE_EFFICIENCY = 0.82  # scattered experts are read less well
# Work per weight counts beside its size: codebook types decode slowly.
TYPE_EFFICIENCY = {"IQ1": 0.5, "IQ2": 0.5, "IQ3": 0.5, "Q2_": 0.86, "Q3_": 0.86}
PASCAL_EFFICIENCY = 0.42  # GeForce GTX 9 and 10 (fitted on the GTX 1050 Ti alone): no fast half precision
# Bytes per second a processor reaches when its memory is not known: 63e9 on dual DDR5-5600, 35e9 on dual DDR4-3200
# (Ryzen 7 8745H rows and 51.2 GB/s x 0.7); single-channel laptops reach half.
CPU_BYTES_PER_SECOND = 40e9
CPU_EFFICIENCY = 0.7
LOW, HIGH = 0.65, 1.5
CPU_LOW, CPU_HIGH = 0.5, 1.6  # wider: the memory is usually a guess
# Share of the stated fp16 throughput that prompts reach: medians 0.6 dense (RTX 4070, 5090) and 0.35 with experts.
PROMPT_EFFICIENCY, PROMPT_EFFICIENCY_MOE = 0.6, 0.35


def estimate(need: Needs, placed: Plan, machine: Machine) -> Speed | None:
    """Return generation speed for one user with half the context filled, None when a bandwidth is unknown.

    `prompt_mid` is prompt processing in tokens per second, None unless everything is on a GPU of known throughput.
    """
    gpus = chosen_gpus(machine)
    layers = need.layers or round(32 * ((need.model.parameters or need.weights.total) / 8e9) ** 0.33)
    active = need.weights.active / _type_efficiency(need.quant)
    cache = need.cache_bytes / max(1, need.users) / 2
    if placed.placement == "cpu":
        seconds = (active + cache) / _cpu_bytes(machine) + TOKEN_SECONDS
        return _speed(seconds, "system RAM bandwidth", None, CPU_LOW, CPU_HIGH)
    if placed.placement == "none" or not gpus:
        return None
    rate = _gpu_bytes(gpus)
    if rate is None:
        return None
    moe = bool(need.weights.experts) or bool(need.model.active_parameters)
    rate *= MOE_EFFICIENCY if moe else 1.0
    fixed = layers * (75e-6 if gpus[0].vendor == "apple" else LAYER_SECONDS) + TOKEN_SECONDS
    in_ram = _active_in_ram(need, placed, active, layers)
    reading = (active - in_ram + cache) / rate
    waiting = in_ram / _cpu_bytes(machine)
    if in_ram:
        name: Bottleneck = "system RAM bandwidth" if waiting > reading + fixed else "memory bandwidth"
        return _speed(reading + waiting + fixed, name, None, CPU_LOW, CPU_HIGH)
    name = "memory bandwidth" if reading > fixed else "fixed cost per layer"
    return _speed(reading + fixed, name, _prompt(need, gpus, moe), LOW, HIGH)


def _speed(seconds: float, bottleneck: Bottleneck, prompt: float | None, low: float, high: float) -> Speed:
    middle = 1 / seconds
    return Speed(_rounded(middle * low), _rounded(middle), _rounded(middle * high), bottleneck, prompt)


def _rounded(value: float) -> float:
    """Return three significant digits: more would claim more than is known."""
    return float(f"{value:.3g}")


def _type_efficiency(quant: str) -> float:
    return TYPE_EFFICIENCY.get(quant[:3], 1.0)


def _cpu_bytes(machine: Machine) -> float:
    known = machine.ram_bandwidth_gb_s
    return known * 1e9 * CPU_EFFICIENCY if known else CPU_BYTES_PER_SECOND


def _gpu_bytes(gpus: tuple[Device, ...]) -> float | None:
    """Return bytes per second over all GPUs: layers run one after the other, so a harmonic mean by memory."""
    if any(gpu.bandwidth_gb_s is None for gpu in gpus):
        return None
    total = sum(gpu.free_mib for gpu in gpus) or 1
    seconds = sum(gpu.free_mib / total / ((gpu.bandwidth_gb_s or 1) * 1e9 * _gpu_efficiency(gpu)) for gpu in gpus)
    return 1 / seconds if seconds else None


def _gpu_efficiency(gpu: Device) -> float:
    name = gpu.name.upper()
    if name.startswith(("GTX 9", "GTX 10")) or "GTX 9" in name or "GTX 10" in name:
        return EFFICIENCY * PASCAL_EFFICIENCY
    return 0.85 if gpu.vendor == "amd" else EFFICIENCY


def _active_in_ram(need: Needs, placed: Plan, active: float, layers: int) -> float:
    """Return how many of the bytes read per token lie in RAM."""
    weights = need.weights
    if placed.placement == "expert_offload" and need.arch is not None and need.arch.experts:
        chosen = weights.experts * (need.arch.experts_used or 0) / need.arch.experts
        moe_layers = need.arch.layers - (need.arch.first_dense_layers or 0)
        return chosen / _type_efficiency(need.quant) * placed.cpu_expert_layers / max(1, moe_layers)
    if placed.placement == "partial" and placed.gpu_layers is not None:
        share = (weights.layers - weights.experts) / max(1, weights.layers) if weights.experts else 1.0
        repeating = active * (weights.layers * share / max(1, weights.layers * share + weights.output))
        return repeating * (layers - placed.gpu_layers) / layers
    return 0.0


def _prompt(need: Needs, gpus: tuple[Device, ...], moe: bool) -> float | None:
    """Return prompt processing in tokens per second: two operations per active parameter."""
    slowest = min((gpu.fp16_tflops or 0.0) for gpu in gpus)
    if not slowest or not need.model.parameters:
        return None
    share = need.weights.active / max(1, need.weights.total - need.weights.embedding) if moe else 1.0
    parameters = need.model.active_parameters or need.model.parameters * min(1.0, share)
    return _rounded(slowest * 1e12 * (PROMPT_EFFICIENCY_MOE if moe else PROMPT_EFFICIENCY) / (2 * parameters))
