"""Quantisations: exact block sizes, whole-file bits per weight, perplexity, and how people write their names.

Sources, all read 2026-11-22 in the llama.cpp that llama-cpp-python 0.3.36 ships:
- block sizes: gguf-py `GGML_QUANT_SIZES` and the static assertions of ggml-common.h (exact);
- whole-file bits per weight of Llama-3.1-8B: tools/quantize/README.md;
- perplexity of Llama-3-8B without importance matrix where measured, else with one: tools/perplexity/README.md.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches

from assistant.errors import BadArguments

LLAMA_CPP = "llama.cpp (llama-cpp-python 0.3.36): tools/quantize/README.md, tools/perplexity/README.md"

# Tensor type -> (values per block, bytes per block). Exact.
BLOCKS: dict[str, tuple[int, int]] = {
    "F32": (1, 4),
    "F16": (1, 2),
    "BF16": (1, 2),
    "Q8_0": (32, 34),
    "Q8_1": (32, 40),
    "Q5_1": (32, 24),
    "Q5_0": (32, 22),
    "Q4_1": (32, 20),
    "Q4_0": (32, 18),
    "Q2_K": (256, 84),
    "Q3_K": (256, 110),
    "Q4_K": (256, 144),
    "Q5_K": (256, 176),
    "Q6_K": (256, 210),
    "Q8_K": (256, 292),
    "IQ1_S": (256, 50),
    "IQ1_M": (256, 56),
    "IQ2_XXS": (256, 66),
    "IQ2_XS": (256, 74),
    "IQ2_S": (256, 82),
    "IQ3_XXS": (256, 98),
    "IQ3_S": (256, 110),
    "IQ4_NL": (32, 18),
    "IQ4_XS": (256, 136),
    "TQ1_0": (256, 54),
    "TQ2_0": (256, 66),
    "MXFP4": (32, 17),
    "NVFP4": (64, 36),
    "Q1_0": (128, 18),
    "Q2_0": (64, 18),
}


@dataclass(frozen=True, slots=True)
class Quant:
    """One way to store a model's weights.

    `bits_per_weight` is whole-file, measured on Llama-3.1-8B where `gguf`; `tensor` is the GGUF tensor type most
    weights get, with `bytes_per_block` for `values_per_block` values (None outside GGUF). `perplexity_delta` is what is
    added to the 6.233 of Llama-3-8B at F16; None where nobody measured it under the same conditions, then `like` names
    the quantisation whose loss stands in.
    """

    name: str
    bits_per_weight: float
    perplexity_delta: float | None
    tensor: str | None = None
    values_per_block: int | None = None
    bytes_per_block: int | None = None
    gguf: bool = True
    like: str | None = None
    source: str = LLAMA_CPP


def _gguf(name: str, bits: float, delta: float | None, tensor: str, like: str | None = None) -> Quant:
    values, size = BLOCKS[tensor]
    return Quant(name, bits, delta, tensor, values, size, like=like)


def _other(name: str, bits: float, like: str, source: str) -> Quant:
    return Quant(name, bits, None, gguf=False, like=like, source=source)


_GROUPS_128 = "4 bits with a 16-bit scale and a 4-bit zero point per group of 128 values (the common setting)"

QUANTS: dict[str, Quant] = {
    one.name: one
    for one in (
        _gguf("F32", 32.0, 0.0, "F32"),
        _gguf("F16", 16.0005, 0.0, "F16"),
        _gguf("BF16", 16.0005, 0.0, "BF16"),
        _gguf("Q8_0", 8.5008, 0.0027, "Q8_0"),
        _gguf("Q6_K", 6.5633, 0.0217, "Q6_K"),
        _gguf("Q5_1", 6.0400, 0.1062, "Q5_1"),
        _gguf("Q5_K_M", 5.7036, 0.0570, "Q5_K"),
        _gguf("Q5_K_S", 5.5704, 0.1050, "Q5_K"),
        _gguf("Q5_0", 5.5704, 0.1316, "Q5_0"),
        _gguf("Q4_1", 5.1100, 0.4511, "Q4_1"),
        _gguf("Q4_K_M", 4.8944, 0.1755, "Q4_K"),
        _gguf("IQ4_NL", 4.6818, 0.2240, "IQ4_NL"),
        _gguf("Q4_K_S", 4.6672, 0.2689, "Q4_K"),
        _gguf("Q4_0", 4.6400, 0.4685, "Q4_0"),
        _gguf("IQ4_XS", 4.4597, 0.2281, "IQ4_XS"),
        _gguf("MXFP4", 4.2500, None, "MXFP4", like="IQ4_XS"),
        _gguf("Q3_K_L", 4.2979, 0.5562, "Q3_K"),
        _gguf("Q3_K_M", 3.9960, 0.6569, "Q3_K"),
        _gguf("IQ3_M", 3.7628, 0.6667, "IQ3_S"),
        _gguf("IQ3_S", 3.6606, 0.7339, "IQ3_S"),
        _gguf("Q3_K_S", 3.6429, 1.6322, "Q3_K"),
        _gguf("IQ3_XS", 3.4977, 0.9314, "IQ3_S"),
        _gguf("IQ3_XXS", 3.2548, 1.2268, "IQ3_XXS"),
        _gguf("Q2_K", 3.1593, 3.5199, "Q2_K"),
        _gguf("Q2_K_S", 2.9697, 3.0921, "Q2_K"),
        _gguf("IQ2_M", 2.9294, 2.3692, "IQ2_S"),
        _gguf("IQ2_S", 2.7403, 3.4191, "IQ2_XS"),
        _gguf("IQ2_XS", 2.5882, 4.5298, "IQ2_XS"),
        _gguf("IQ2_XXS", 2.3824, 7.8601, "IQ2_XXS"),
        _gguf("IQ1_M", 2.1460, 19.2621, "IQ1_M"),
        _gguf("IQ1_S", 2.0042, 54.4630, "IQ1_S"),
        _gguf("TQ2_0", 2.5000, None, "TQ2_0", like="IQ2_XXS"),
        _gguf("TQ1_0", 2.2000, None, "TQ1_0", like="IQ2_XXS"),
        _other("FP8", 8.0, "Q8_0", "8-bit floats, one scale per tensor or channel (negligible)"),
        _other("W8A8", 8.0, "Q8_0", "8-bit integers, one scale per channel (negligible)"),
        _other(
            "NVFP4", 4.5, "Q4_K_S", "4-bit floats with an 8-bit scale per 16 values (ggml-common.h: 36 bytes per 64)"
        ),
        _other("AWQ", 4.16, "Q4_K_S", _GROUPS_128),
        _other("GPTQ", 4.16, "Q4_K_S", _GROUPS_128),
        _other(
            "BNB4",
            4.13,
            "Q4_K_S",
            "NF4, 64 values per scale, scales quantised again: 0.127 bits more (QLoRA paper, 2023)",
        ),
        _other("MLX4", 4.5, "Q4_K_S", "4 bits with a 16-bit scale and bias per group of 64 values (MLX default)"),
        _other("MLX8", 8.5, "Q8_0", "8 bits with a 16-bit scale and bias per group of 64 values (MLX default)"),
    )
}

# Best first; what a person is offered when they name no quantisation.
LADDER = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "IQ4_XS", "Q3_K_M", "IQ3_XXS", "Q2_K")

_CLASSES = {
    "1": "IQ1_S", "2": "Q2_K", "3": "Q3_K_M", "4": "Q4_K_M", "5": "Q5_K_M", "6": "Q6_K", "8": "Q8_0",
    "16": "F16", "32": "F32",
}  # fmt: skip
_WORDS = {
    "FP16": "F16", "HALF": "F16", "FLOAT16": "F16", "HALFPRECISION": "F16", "FULLPRECISION": "F16",
    "UNQUANTIZED": "F16",
    "半精度": "F16", "量子化なし": "F16", "無量子化": "F16", "NONE": "F16",
    "BFLOAT16": "BF16", "BF16": "BF16", "FP32": "F32", "FLOAT32": "F32", "SINGLE": "F32", "単精度": "F32",
    "FP8": "FP8", "F8": "FP8", "FP8E4M3": "FP8", "W8A8": "W8A8",
    "FP4": "NVFP4", "NVFP4": "NVFP4", "MXFP4": "MXFP4", "MXFP4MOE": "MXFP4",
    "AWQ": "AWQ", "AWQINT4": "AWQ", "AWQ4BIT": "AWQ", "W4A16": "AWQ",
    "GPTQ": "GPTQ", "GPTQINT4": "GPTQ", "GPTQ4BIT": "GPTQ",
    "NF4": "BNB4", "BNB4": "BNB4", "BNB4BIT": "BNB4", "BNBNF4": "BNB4", "BITSANDBYTES": "BNB4",
    "MLX": "MLX4", "MLX4BIT": "MLX4", "MLX8BIT": "MLX8",
    "Q3K": "Q3_K_M", "Q4K": "Q4_K_M", "Q5K": "Q5_K_M",
    "Q1": "IQ1_S", "Q2": "Q2_K", "Q3": "Q3_K_M", "Q4": "Q4_K_M", "Q5": "Q5_K_M",
    "Q6": "Q6_K", "Q8": "Q8_0", "IQ4": "IQ4_XS", "IQ3": "IQ3_M", "IQ2": "IQ2_M", "IQ1": "IQ1_M",
    "Q6KL": "Q6_K",
}  # fmt: skip
_EXACT = {name.replace("_", ""): name for name in QUANTS}
_BITS = re.compile(
    r"^(?:INT|INTEGER|W|UINT)?(\d{1,2})(?:BITS?|B|ビット)?(?:INT|INTEGER)?(?:量子化|QUANT|QUANTIZED|版)?$"
)


def resolve_quant(text: str) -> str:
    """Return the key of QUANTS that `text` names: exact ("q4_k_m"), a class ("Q4", "4bit", "4ビット") or a format.

    A class means its usual member (Q4_K_M for 4 bits). Raises BadArguments with the nearest names; in particular for
    mixes such as "UD-Q4_K_XL", whose size nobody can know without the file.
    """
    folded = unicodedata.normalize("NFKC", text).upper().strip()
    key = re.sub(r"[\s_\-.・]+", "", folded)
    for prefix in ("GGUF", "量子化"):
        key = key.removeprefix(prefix)
    key = key.removesuffix("GGUF").removesuffix("量子化") or key
    if key in _EXACT:
        return _EXACT[key]
    if key in _WORDS:
        return _WORDS[key]
    match = _BITS.match(key)
    if match and match[1] in _CLASSES:
        return _CLASSES[match[1]]
    near = get_close_matches(key, _EXACT, 3, 0.4)
    names = ", ".join(dict.fromkeys(_EXACT[one] for one in (*near, "Q4KM", "Q80")))
    mixed = "UD" in key or key.endswith(("XL", "XXL"))  # Unsloth's and others' own mixes of types
    raise BadArguments(
        "quant", text[:80],
        f"a quantisation such as {names}, AWQ or 4bit" + ("; this mix's size is known from its GGUF file only" * mixed),
        f"{names}、AWQ、4bit などの量子化名" + ("（この混合形式の大きさは GGUF ファイルからしか分かりません）" * mixed),
    )  # fmt: skip


_BASE_PERPLEXITY = 6.2332
_BASE_PARAMETERS = 8.03e9
# Relative loss shrinks slowly with size: Llama-2 Q4_K_M 1.42 % at 7B and 1.20 % at 70B, Q2_K 10.8 % and 8.8 % (same
# README): exponents 0.07 and 0.09.
_SIZE_EXPONENT = 0.08


def quality_loss(quant: str, parameters: int | None) -> float:
    """Return the fraction of quality that `quant` costs, 0 (none) to below 1: 1 - perplexity before / after.

    Measured on Llama-3-8B (tools/perplexity/README.md), scaled by size as between Llama-2 7B and 70B. Raises
    BadArguments for an unknown quantisation. Formats nobody measured that way borrow the loss of `Quant.like`.
    """
    relative = added_perplexity(quant) * size_factor(parameters)
    return relative / (1 + relative)


def added_perplexity(quant: str) -> float:
    """Return what `quant` adds to the perplexity of Llama-3-8B, as a fraction of it. Raises as `quality_loss`."""
    known = QUANTS[resolve_quant(quant)]
    measured = known if known.perplexity_delta is not None else QUANTS[known.like or "Q4_K_M"]
    return (measured.perplexity_delta or 0.0) / _BASE_PERPLEXITY


def size_factor(parameters: int | None) -> float:
    """Return by what the added perplexity of Llama-3-8B is multiplied for a model of this size."""
    return math.pow(_BASE_PARAMETERS / max(float(parameters or _BASE_PARAMETERS), 1e7), _SIZE_EXPONENT)


def row_bytes(tensor_type: str, values: int) -> int:
    """Return the bytes of one row of `values` values in a GGUF tensor type; whole blocks."""
    per_block, size = BLOCKS[tensor_type]
    return -(-values // per_block) * size
