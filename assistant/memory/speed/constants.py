"""The figures that speed estimates rest on, in one table, and which of them a device has.

Fitted by `python -m tests.benchmarks.bench_speed --fit` to tests/data/speed_rows.csv: measurements of llama.cpp, Ollama
and LM Studio users collected by AlexsJones/llmfit (llmfit-core/data, 2026-08-22, MIT), as far as a comment names no
other source. How well they hold for cards and model families that were left out is in tests/benchmarks/results.md.
"""

import re
from dataclasses import dataclass
from math import inf

from assistant.hardware.machine import Device
from assistant.memory.quants import QUANTS

SOURCE = "speed: fitted to measurements collected by AlexsJones/llmfit (llmfit-core/data, 2026-08-22)"


@dataclass(frozen=True, slots=True)
class Constants:
    """Shares are of the stated memory bandwidth, or factors on that share; times are seconds."""

    usual: float = 0.83  # share of the bandwidth that reading weights and KV cache reaches
    experts: float = 0.68  # routed experts are read in small pieces
    codebook: float = 0.80  # IQ1, IQ2 and IQ3 take more work per weight
    few_bits: float = 0.88  # Q2_K and Q3_K
    rocm: float = 0.65  # cards under ROCm; the same cards reach the usual share under Vulkan
    token: float = 7.5e-5  # per token: input, sampling
    # One weight tensor is about one kernel to start, whatever its size.
    tensor_nvidia: float = 5e-6
    tensor_apple: float = 8.5e-6
    tensor_other: float = 7e-6  # AMD, Intel
    # Operations that unpacking and multiplying one quantised weight takes, as fp32 ones: more than reading it on chips
    # whose arithmetic is weak for their memory (GeForce 10 and older, Apple M1 and M2).
    operations: float = 32.0


CONSTANTS = Constants()
# Of the usual share: A100 and H100 of 2023 (tests/data/llama_bench_published.csv); no row of the fit has such memory.
HBM = 0.6
# What differs between users of the same card and model (drivers, versions, other programs) and what the estimate
# misses: a tenth of the rows of cards left out lies outside low..high.
LOW, HIGH = 0.72, 1.35
ROUGH_LOW, ROUGH_HIGH = 0.5, 2.0  # the model's layers are not known

# Processors. Share of the memory bandwidth as numpy reads it that llama.cpp's matrix products reach: 0.60 to 0.72 with
# Q8_0 and Q4_K on 1 and 2 Xeon cores (measured 2026-11-22); 0.53 to 0.78 of the memory's stated bandwidth on desktops
# and laptops (Ryzen AI 5 340, Ryzen 7 7840HS, Core i9-13900K, Ryzen AI 9 HX PRO 370).
CPU_SHARE = 0.65
# Bytes per second when the memory is not known: 57e9 on a Ryzen 7 7840HS, 46e9 on a Core Ultra 7 155H, 48e9 on a Ryzen
# AI 5 340 (two channels of DDR5 or LPDDR5), 35e9 with two of DDR4-3200, 18e9 with one of DDR5-4800 (Intel N150).
CPU_BYTES = 40e9
# Work per weight beside reading it, as factors on that rate. ggml-cpu's dot products on one core of an AMD EPYC with
# AVX2 (libggml 0.25.3, measured 2026-11-23) take 0.036 ns for a weight of Q4_K, 0.039 of Q6_K, 0.045 of Q3_K, 0.074 of
# IQ4_XS, 0.10 to 0.12 of IQ3 and 0.075 of IQ2 and IQ1 (tables to look every few weights up in). With 8 cores beside
# 40e9 bytes/s that reaches 0.75 of the rate for Q4_K, 0.59 for IQ4_XS and 0.34 to 0.44 for the others: against Q4_K
# 0.78 and 0.45 to 0.58 (and 0.87 for Q3_K, which has `few_bits`).
CPU_NONLINEAR = 0.78  # IQ4_XS, IQ4_NL
CPU_CODEBOOK = 0.55  # IQ1, IQ2, IQ3
CPU_TENSOR = 3e-6  # SmolLM2-135M on the Ryzen 7 7840HS
CPU_LOW, CPU_HIGH = 0.6, 1.5
CPU_GUESS_LOW, CPU_GUESS_HIGH = 0.45, 1.6
# Seconds that one layer's experts in RAM cost beside reading them: to the processor and back. From Qwen3-30B-A3B,
# gpt-oss-20b and DeepSeek-Coder-V2-Lite on an RTX 2080 (llmfit pull requests 755, 775, 778).
HANDOVER = 2.5e-4

# Prompts: share of the stated dense fp16 rate. NVIDIA's professional and unified chips state a rate with full-precision
# accumulation that llama.cpp's kernels do not use. From tests/data/llama_bench_published.csv.
PROMPT_GEFORCE, PROMPT_NVIDIA, PROMPT_APPLE, PROMPT_AMD, PROMPT_INTEL = 0.8, 0.33, 0.6, 0.38, 0.28
PROMPT_PASCAL = 1.0  # of the fp32 rate: products of 8 bit integers, which these cards do faster (P40)
PROMPT_EXPERTS = 0.65  # few tokens per expert
PROMPT_BATCH = 512  # llama.cpp's n_ubatch
# Operations per second of one physical core on prompts: 0.14e12 Ryzen 7 7840HS, 0.07e12 Ryzen 9 7950X (ik_llama.cpp
# pull request 132) and Threadripper 3970X (normiebench issue 52), 0.03e12 Core Ultra 7 155H, 0.05 to 0.11e12 here.
CPU_OPERATIONS = 0.08e12

_HBM = re.compile(
    r"A100|A30\b|A800|H[128]00|H800|B[23]00|GB[23]00|GH200|V100|P100|GP100|GV100|MI\d|Titan V$|Radeon VII"
)
_PLAIN = re.compile(r"GTX? (9|10)\d\d|MX[1-3]\d0|Titan Xp?$|P4$|P40$|(Quadro|Tesla) [PM]\d|M[12]( (Pro|Max|Ultra)\b|$)")
_GEFORCE = re.compile(r"[GR]TX \d{3,4}( (Ti|Super|D|Laptop|Max-Q|\d+GB))*$")


def share_of_bandwidth(gpu: Device, constants: Constants = CONSTANTS) -> float:
    """Return the share of its stated bandwidth that a device reaches when it reads weights."""
    if _HBM.match(gpu.name):
        return constants.usual * HBM
    return constants.usual * (constants.rocm if gpu.backend == "rocm" else 1.0)


def weights_per_second(gpu: Device, constants: Constants = CONSTANTS) -> float:
    """Return how many quantised weights a device can unpack and multiply, infinitely many where that never limits."""
    if gpu.fp16_tflops is None or not _PLAIN.match(gpu.name):
        return inf
    return gpu.fp16_tflops * 1e12 / constants.operations


def bits_per_weight(quant: str) -> float:
    """Return the size of a quantisation's weights, infinite for those that need no unpacking."""
    known = QUANTS.get(quant)
    return known.bits_per_weight if known is not None and known.bits_per_weight < 16 else inf


def tensor_seconds(gpu: Device, constants: Constants = CONSTANTS) -> float:
    """Return what starting one tensor's work costs on a device."""
    if gpu.vendor == "nvidia":
        return constants.tensor_nvidia
    return constants.tensor_apple if gpu.vendor == "apple" else constants.tensor_other


def decoding(quant: str, constants: Constants = CONSTANTS) -> float:
    """Return the factor for the work that a quantisation's weights take beside reading them."""
    if quant.startswith(("IQ1", "IQ2", "IQ3")):
        return constants.codebook
    return constants.few_bits if quant.startswith(("Q2", "Q3")) else 1.0


def cpu_decoding(quant: str) -> float:
    """Return the same for a processor, where looking weights up in tables takes much longer than on a GPU."""
    if quant.startswith("IQ4"):
        return CPU_NONLINEAR
    return CPU_CODEBOOK if quant.startswith("IQ") else decoding(quant)


def prompt_share(gpu: Device) -> float:
    """Return the share of its stated fp16 rate that a device reaches on prompts."""
    if gpu.vendor == "nvidia" and _PLAIN.match(gpu.name):
        return PROMPT_PASCAL
    if gpu.vendor == "nvidia":
        return PROMPT_GEFORCE if _GEFORCE.match(gpu.name) else PROMPT_NVIDIA
    return {"apple": PROMPT_APPLE, "amd": PROMPT_AMD}.get(gpu.vendor, PROMPT_INTEL)
