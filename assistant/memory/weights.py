"""File size per quantisation: llama.cpp's own choice of a type for every tensor, in arithmetic.

The rules are those of `llama_tensor_get_type_impl` in llama.cpp's src/llama-quant.cpp (read 2026-11-22,
llama-cpp-python 0.3.36), without an importance matrix: published IQ files made with one are up to 2 % smaller.
Checked to the byte against `llama_model_quantize` with `dry_run` by tests/test_oracle.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.memory.blueprints.tensor import Tensor
from assistant.memory.blueprints.tensors import tensors
from assistant.memory.kept import AT_MOST, once_per_shape, shared
from assistant.memory.layer_sizes import EXPANDED
from assistant.memory.layers import heads_per_layer
from assistant.memory.quants import BLOCKS, QUANTS
from knowledge.schema import Architecture

_LOW = frozenset({"IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ1_S", "IQ1_M"})
# Block of 256 -> its stand-in when a row is not a multiple of 256 (tensor_type_fallback).
_FALLBACK = {
    "IQ1_S": "IQ4_NL", "IQ1_M": "IQ4_NL", "IQ2_XXS": "IQ4_NL", "IQ2_XS": "IQ4_NL", "IQ2_S": "IQ4_NL",
    "IQ3_XXS": "IQ4_NL", "IQ3_S": "IQ4_NL", "IQ4_XS": "IQ4_NL",
    "Q2_K": "Q4_0", "Q3_K": "Q4_0", "TQ1_0": "Q4_0", "TQ2_0": "Q4_0",
    "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """Bytes of one model in one quantisation.

    `total` is the whole file's tensors; `embedding` the input embedding, which llama.cpp leaves in RAM unless it
    doubles as the output (`tied`); `output` what the output layer takes (the embedding again when tied); `experts` the
    routed experts; `layers` all repeating layers, experts included. `active` is read per generated token: everything
    but the embedding and the experts that are not chosen.
    """

    total: int
    embedding: int
    output: int
    experts: int
    layers: int
    active: int
    tied: bool


@dataclass(frozen=True, slots=True)
class _Model:
    """What the rules look at besides the tensor."""

    arch: str
    layers: int
    experts: int
    gqa: int
    tied: bool
    is_70b: bool
    values: "_Places"
    downs: "_Places"
    gates: "_Places"
    ups: "_Places"


@dataclass(frozen=True, slots=True)
class _Places:
    """Where tensors of one category stand among all of them, in llama.cpp's order; None: each at its layer."""

    count: int
    ranks: dict[tuple[str, int], int] | None

    def of(self, tensor: Tensor) -> Sequence[int]:
        layers = tensor.layers or ()
        return layers if self.ranks is None else tuple(self.ranks[tensor.name, il] for il in layers)


def _places(parts: Sequence[Tensor], category: str) -> _Places:
    """llama.cpp goes through tensors by layer, then by name (weight_name_comparer in src/llama-model-loader.h)."""
    found = [one for one in parts if one.layers is not None and one.kept is None and _category(one.name) == category]
    if len(found) == 1 and isinstance(found[0].layers, range) and found[0].layers.start == 0:
        return _Places(found[0].count, None)
    order = []
    for tensor in found:
        for il in tensor.layers or ():
            name = tensor.full_name(il)
            order.append((il if name.startswith("blk.") else -1, name, (tensor.name, il)))
    return _Places(len(order), {key: rank for rank, (_, _, key) in enumerate(sorted(order))})


@lru_cache(maxsize=4096)
def _category(name: str) -> str:
    if name == "output.weight":
        return "output"
    if name in ("token_embd.weight", "per_layer_token_embd.weight"):
        return "embedding"
    if any(part in name for part in ("attn_qkv.weight", "attn_kv_b.weight", "attn_v.weight")):
        return "v"
    for key, category in (("attn_k.weight", "k"), ("attn_q.weight", "q"), ("attn_output.weight", "attn_output")):
        if key in name:
            return category
    for key in ("ffn_up", "ffn_gate", "ffn_down"):
        if key in name:
            return key
    return "other"


@lru_cache(maxsize=4096)
def _more_bits(ranks: Sequence[int], total: int) -> int:
    return sum(1 for i in ranks if i < total // 8 or i >= 7 * total // 8 or (i - total // 8) % 3 == 2)


@lru_cache(maxsize=4096)
def _below(ranks: Sequence[int], limit: int) -> int:
    return sum(1 for i in ranks if i < limit)


def _split(count: int, chosen: int, special: str, rest: str) -> tuple[tuple[str, int], ...]:
    if not chosen or special == rest:
        return ((rest, count),)
    return ((special, chosen), (rest, count - chosen)) if chosen < count else ((special, count),)


def _v_types(quant: str, base: str, ranks: Sequence[int], model: _Model) -> tuple[tuple[str, int], ...]:
    count, wide = len(ranks), model.gqa >= 4
    special, chosen = base, 0
    if quant == "Q2_K":
        base = "Q4_K" if wide else "Q3_K"
    elif (quant == "Q2_K_S" and wide) or (quant in ("IQ3_XS", "IQ3_S") and wide) or quant == "IQ3_M":
        base = "Q4_K"
    elif quant == "IQ3_XXS":
        base = "Q4_K" if wide else "IQ3_S"
    elif quant == "Q3_K_M":
        special, base, chosen = "Q5_K", "Q4_K", _below(ranks, 2)
    elif quant == "Q3_K_L" or (quant in ("IQ4_NL", "IQ4_XS") and wide):
        base = "Q5_K"
    elif quant in ("Q4_K_M", "Q5_K_M"):
        special, chosen = "Q6_K", _more_bits(ranks, model.values.count)
    elif quant == "Q4_K_S":
        special, chosen = "Q5_K", _below(ranks, 4)
    if model.is_70b:
        base = "Q5_K" if base in ("Q3_K", "Q4_K") else base
    if model.experts == 8:
        return (("Q8_0", count),)
    return _split(count, chosen, special, base)


def _down_types(quant: str, base: str, ranks: Sequence[int], model: _Model) -> tuple[tuple[str, int], ...]:
    count, layers, falcon = len(ranks), model.layers, model.arch == "falcon"
    eighth = _below(ranks, layers // 8)
    if quant == "Q2_K":
        return (("Q3_K", count),)
    if quant == "Q2_K_S":
        return _split(count, eighth, "Q4_K", base)
    if quant == "IQ3_XXS":
        return _split(count, eighth, "Q4_K", "Q3_K")
    if quant == "Q3_K_M":
        first = _below(ranks, layers // 16)
        if not falcon:
            return _split(count, first, "Q5_K", "Q4_K")
        more = max(0, _more_bits(ranks, layers) - first)
        return tuple(one for one in (("Q5_K", first), ("Q4_K", more), ("Q3_K", count - first - more)) if one[1])
    if quant == "IQ3_M":
        chosen = _more_bits(ranks, layers) if model.experts == 8 else eighth
        return _split(count, chosen, "Q4_K", base)
    if quant == "Q3_K_L":
        return (("Q4_K" if falcon else "Q5_K", count),)
    if quant == "Q4_K_M" and falcon:
        first = _below(ranks, layers // 16)
        more = max(0, _more_bits(ranks, layers) - first)
        return tuple(one for one in (("Q6_K", first), ("Q5_K", more), ("Q4_K", count - first - more)) if one[1])
    if quant in ("Q4_K_M", "Q5_K_M"):
        return _split(count, _more_bits(ranks, layers), "Q6_K", base)
    if quant in ("IQ4_NL", "IQ4_XS") or (quant == "Q4_K_S" and not falcon):
        return _split(count, eighth, "Q5_K", base)
    return ((base, count),)


def _low_types(category: str, quant: str, base: str, tensor: Tensor, model: _Model) -> tuple[tuple[str, int], ...]:
    """Return the types in the branch for 1 and 2 bit quantisations."""
    better = "IQ3_S" if quant in ("IQ2_S", "IQ2_M") else "Q2_K"
    if category == "v":
        return (("Q4_K" if model.gqa >= 4 or model.experts >= 4 else better, tensor.count),)
    if category == "k" and model.experts == 8:
        return (("Q4_K", tensor.count),)
    if category == "ffn_down":
        return _split(tensor.count, _below(model.downs.of(tensor), model.layers // 8), better, base)
    if category == "attn_output":
        if model.experts == 8:
            return (("Q5_K", tensor.count),)
        if quant in ("IQ1_S", "IQ1_M"):
            return (("IQ2_XXS", tensor.count),)
        return (("IQ3_S" if quant in ("IQ2_S", "IQ2_M") else base, tensor.count),)
    return ((base, tensor.count),)


_OUTPUT_8X = frozenset(
    {"Q2_K", "IQ3_XS", "IQ3_XXS", "Q3_K_S", "Q3_K_M", "IQ4_NL", "Q4_K_S", "Q4_K_M", "IQ3_S", "IQ3_M", "IQ4_XS"}
)
_OUTPUT = {"Q2_K": "Q3_K", "IQ3_XXS": "IQ3_S", "Q3_K_M": "Q4_K", "Q3_K_L": "Q5_K", "IQ3_M": "Q4_K"}


def _attention_output(quant: str, base: str, model: _Model) -> str:
    if model.arch == "falcon":
        return "Q4_K" if quant == "Q3_K_L" else base
    if model.experts == 8:
        return "Q5_K" if quant in _OUTPUT_8X else base
    return _OUTPUT.get(quant, base)


def _embedding_type(quant: str, base: str) -> str:
    if quant in ("IQ2_XXS", "IQ2_XS", "IQ1_S", "IQ1_M"):
        return "Q2_K"
    if quant in ("IQ2_S", "IQ2_M", "IQ3_XXS"):
        return "IQ3_S"
    return "Q4_K" if quant in ("TQ1_0", "TQ2_0") else base


def _output_type(quant: str, base: str, row: int, arch: str) -> str:
    if quant == "MXFP4" or arch == "falcon" or row % BLOCKS[base][0]:
        return "Q8_0"
    if quant in _LOW or quant == "IQ3_XXS":
        return "Q5_K"
    return base if base == "Q8_0" else "Q6_K"


def _types(tensor: Tensor, category: str, quant: str, model: _Model) -> tuple[tuple[str, int], ...]:
    """Return (tensor type, how many) for one group of tensors of a category; "fixed" ones stay F32."""
    base = QUANTS[quant].tensor or "F16"
    count = tensor.count
    if category == "fixed":
        return ((tensor.kept or "F32", count),)
    if base in ("F32", "F16", "BF16"):
        return ((base, count),)
    if category == "output" or (category == "embedding" and model.tied):
        return ((_output_type(quant, base, tensor.shape[0], model.arch), count),)
    if quant == "MXFP4":
        return (("MXFP4" if len(tensor.shape) > 2 and tensor.shape[2] > 1 else "Q8_0", count),)
    if category == "embedding":
        return ((_embedding_type(quant, base), count),)
    if quant in _LOW:
        return _low_types(category, quant, base, tensor, model)
    layers = tensor.layers if tensor.layers is not None else range(1)
    if category == "v":
        return _v_types(quant, base, model.values.of(tensor), model)
    if category == "k" and model.experts == 8:
        return (("Q8_0", count),)
    if category in ("k", "q"):
        return (({"IQ3_XS": "IQ3_XXS", "IQ3_XXS": "IQ2_S"}.get(quant, base), count),)
    if category == "ffn_down":
        return _down_types(quant, base, layers if model.experts > 1 else model.downs.of(tensor), model)
    if category == "attn_output":
        return ((_attention_output(quant, base, model), count),)
    if category in ("ffn_gate", "ffn_up") and quant == "IQ3_XS":
        ranks = layers if model.experts > 1 else (model.gates if category == "ffn_gate" else model.ups).of(tensor)
        middle = _below(ranks, 7 * model.layers // 8) - _below(ranks, model.layers // 8)
        return _split(count, middle, "IQ3_XXS", base)
    return ((base, count),)


def _tensor_bytes(tensor: Tensor, kind: str) -> int:
    row = tensor.shape[0]
    if row % BLOCKS[kind][0]:
        kind = _FALLBACK.get(kind, kind)
        if row % BLOCKS[kind][0]:
            kind = "F16"
    values, size = BLOCKS[kind]
    return tensor.values // values * size


def _model(arch: Architecture, parts: tuple[Tensor, ...]) -> _Model:
    kv = arch.kv_heads if isinstance(arch.kv_heads, int) else arch.kv_heads[0]
    if arch.kv_lora_rank and arch.arch not in EXPANDED:
        kv = min(kv, 1)  # one latent row stands for all heads
    gqa = heads_per_layer(arch)[0] // kv if kv else 0
    is_70b = arch.layers == 80 and (
        (arch.arch in ("llama", None) and kv != arch.heads and arch.experts != 8)
        or arch.arch in ("qwen2", "deci", "olmo")
    )
    tied = not any(tensor.name == "output.weight" for tensor in parts)
    return _Model(
        arch.arch or "llama",
        arch.layers,
        arch.experts or 0,
        gqa,
        tied,
        is_70b,
        _places(parts, "v"),
        _places(parts, "ffn_down"),
        _places(parts, "ffn_gate"),
        _places(parts, "ffn_up"),
    )


_Parts = tuple[tuple[Tensor, str], ...]


def weights(arch: Architecture, quant: str) -> Weights | None:
    """Return the bytes of a model in a quantisation (a key of QUANTS), None when its tensors are not known.

    For formats outside GGUF the linear layers take the format's bits; embedding, output and norms stay at 16 bits.
    """
    parts, model, known = _labelled(arch)
    if model is None:
        return None
    if quant not in known:
        known[quant] = _weigh(parts, quant, model, arch.experts_used or 0)
    return known[quant]


def layer_weights(arch: Architecture, quant: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the bytes of each repeating layer: all but its routed experts, and these. Zeros for unknown tensors."""
    parts, model, _ = _labelled(arch)
    dense, experts = [0] * arch.layers, [0] * arch.layers
    for tensor, category in parts:
        for il in tensor.layers or ():
            if model is not None and il < arch.layers:
                size = _bytes(replace(tensor, layers=(il,)), category, quant, model)
                (experts if "_exps." in tensor.name else dense)[il] += size
    return tuple(dense), tuple(experts)


@once_per_shape
def _labelled(arch: Architecture) -> tuple[_Parts, _Model | None, dict[str, Weights]]:
    """Return the tensors with their categories, what the rules look at besides, and room for results."""
    found = tensors(arch)
    labelled = tuple((one, "fixed" if one.kept else _category(one.name)) for one in found or ())
    return labelled, _model(arch, found) if found is not None else None, {}


def _bytes(tensor: Tensor, category: str, quant: str, model: _Model) -> int:
    if QUANTS[quant].gguf:
        return sum(_tensor_bytes(tensor, kind) * count for kind, count in _types(tensor, category, quant, model))
    if category != "fixed" and tensor.layers is not None:
        return round(tensor.values * tensor.count * QUANTS[quant].bits_per_weight / 8)
    return tensor.values * tensor.count * 2


def _weigh(parts: _Parts, quant: str, model: _Model, used: int) -> Weights:
    total = embedding = output = experts = layers = 0
    for tensor, category in parts:
        size = _bytes(tensor, category, quant, model)
        total += size
        if tensor.layers is not None:
            layers += size
            experts += size if "_exps." in tensor.name else 0
        elif tensor.name == "token_embd.weight":
            embedding = size
        elif tensor.name.startswith("output"):
            output += size
    if model.tied:
        output += embedding
    chosen = experts * used // model.experts if model.experts and used else experts
    active = layers - experts + chosen + output
    return Weights(total, embedding, output, experts, layers, active, model.tied)


def parameter_count(parts: Sequence[Tensor]) -> int:
    """Return the number of values in all tensors."""
    return sum(tensor.values * tensor.count for tensor in parts)


_settled: dict[tuple[int, int], tuple[Architecture, Architecture]] = {}


def settle(arch: Architecture, parameters: int | None) -> Architecture:
    """Return `arch`, with `tied_embeddings` turned over when only that explains the published parameter count.

    Configurations often leave the flag out; a wrong one costs vocabulary x hidden values, a third of a small model.
    Models of the same shape get the same object, so that what is kept per object serves them all.
    """
    key = (id(arch), parameters or 0)
    if key not in _settled:
        if len(_settled) >= AT_MOST:
            _settled.clear()
        one = shared(arch)
        _settled[key] = (arch, shared(_nearer(one, parameters)) if parameters else one)
    return _settled[key][1]


def _nearer(arch: Architecture, parameters: int) -> Architecture:
    stated = tensors(arch)
    other_arch = replace(arch, tied_embeddings=not arch.tied_embeddings)
    other = tensors(other_arch)
    if stated is None or other is None:
        return arch
    off = abs(parameter_count(stated) - parameters) / parameters
    turned = abs(parameter_count(other) - parameters) / parameters
    if turned < 0.005 < off:
        return other_arch
    # Published counts may include a vision tower, so they are never below the text model's own parameters.
    towers = not arch.tied_embeddings and not arch.experts and parameter_count(stated) > 1.03 * parameters
    return other_arch if towers and parameters * 0.7 < parameter_count(other) <= parameters else arch
