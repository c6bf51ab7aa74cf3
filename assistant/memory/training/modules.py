"""A model's layers as a training framework has them: linear layers, norms, attention and experts, from its tensors.

llama.cpp splits or joins some of them; names and inputs here follow transformers' modelling code (5.23, read
2026-11-22): MLA's two up-projections are one linear layer, routed experts are stacked parameters, a router is one too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.memory.blueprints.tensor import Tensor
from knowledge.schema import Architecture

_NOT_LINEAR = re.compile(r"norm|conv1d|shortconv\.conv|embd|rel_b|altup|rope_freqs|scale")
_STEM = re.compile(r"^(?:enc\.|dec\.)?(.*)\.weight$")
_EXPERTS = re.compile(r"_exps\.")
_MIXER_INPUT = re.compile(r"attn_(q|k|v|qkv|q_a|kv_a_mqa|gate)$|ssm_(in|alpha|beta|ba)$|in_proj$")
_FFN_INPUT = re.compile(r"ffn_(gate|up)(_shexp)?$|ffn_gate_inp(_shexp)?$")
ROUTER, SHARED_GATE = "ffn_gate_inp", "ffn_gate_inp_shexp"
_SECOND_NORM = ("ffn_norm", "post_attention_norm", "attn_post_norm", "attn_output_norm")


@dataclass(frozen=True, slots=True)
class Linear:
    """One linear layer, or the same one in several blocks. `reads`: layers with the same name keep one common input."""

    name: str
    inputs: int
    outputs: int
    layers: Sequence[int]
    reads: str

    @property
    def parameters(self) -> int:
        """Weights of one of them, without biases."""
        return self.inputs * self.outputs


@dataclass(frozen=True, slots=True)
class Norm:
    """A normalisation of `width` values per token; `mean`: LayerNorm, which keeps less than RMSNorm's 32-bit copy."""

    width: int
    heads: int
    layers: Sequence[int]
    mean: bool


@dataclass(frozen=True, slots=True)
class Heads:
    """Attention of some blocks: values per token of queries, keys, values and result, and the number of heads."""

    query: int
    key: int
    value: int
    result: int
    heads: int
    layers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Experts:
    """Routed experts of some blocks: their number, how many a token visits, and the width of each."""

    number: int
    used: int
    width: int
    gated: bool
    layers: Sequence[int]


@dataclass(frozen=True, slots=True)
class Modules:
    """What one block consists of, over all blocks. `gated`: the feed-forward part multiplies by a gate."""

    linears: tuple[Linear, ...]
    norms: tuple[Norm, ...]
    heads: tuple[Heads, ...]
    experts: tuple[Experts, ...]
    gated: bool


def modules(arch: Architecture, parts: Sequence[Tensor]) -> Modules:
    """Return the modules of a model whose weight tensors are `parts` (assistant.memory.blueprints.tensors)."""
    linears = _linears(parts)
    stems = {_stem(part) for part in parts if part.layers is not None}
    return Modules(
        linears=tuple(linears),
        norms=tuple(_norms(parts, linears)),
        heads=tuple(_heads(arch, linears)),
        experts=tuple(_experts(arch, parts)),
        gated="ffn_gate" in stems or "ffn_gate_shexp" in stems or "ffn_gate_exps" in stems or _joined(linears),
    )


def _stem(part: Tensor) -> str:
    found = _STEM.match(part.name)
    return found[1] if found else ""


def _joined(linears: Sequence[Linear]) -> bool:
    """Tell whether gate and up-projection are one layer (Phi-3, GLM-4): twice as wide as what comes down."""
    up = {one.outputs for one in linears if one.name == "ffn_up"}
    return any(one.name == "ffn_down" and 2 * one.inputs in up for one in linears)


def _linears(parts: Sequence[Tensor]) -> list[Linear]:
    stems = {_stem(part) for part in parts}
    separate = any(norm in stems for norm in _SECOND_NORM)
    found = []
    for part in parts:
        stem = _stem(part)
        gate = stem == SHARED_GATE
        if part.layers is None or not stem or _NOT_LINEAR.search(stem) or not (len(part.shape) == 2 or gate):
            continue
        if _MIXER_INPUT.search(stem):
            reads = "mixer input"
        elif _FFN_INPUT.search(stem):
            reads = "feed-forward input" if separate else "mixer input"
        else:
            reads = stem
        found.append(Linear(stem, part.shape[0], 1 if gate else part.shape[1], part.layers, reads))
    return found + _latent(parts)


def _latent(parts: Sequence[Tensor]) -> list[Linear]:
    """Return MLA's up-projection from the latent vector, which llama.cpp splits into a part for keys and for values."""
    keys = {part.layers: part for part in parts if part.name == "attn_k_b.weight" and part.layers is not None}
    values = {part.layers: part for part in parts if part.name == "attn_v_b.weight" and part.layers is not None}
    found = []
    for layers, key in keys.items():
        if layers in values:
            nope, rank, heads = key.shape
            found.append(Linear("attn_kv_b", rank, heads * (nope + values[layers].shape[1]), layers, "attn_kv_b"))
    return found


def _norms(parts: Sequence[Tensor], linears: Sequence[Linear]) -> list[Norm]:
    means = {part.name.removesuffix(".bias") for part in parts if part.name.endswith("_norm.bias")}
    outputs = {one.name: one.outputs for one in linears}
    found = []
    for part in parts:
        stem = _stem(part)
        if part.layers is None or "norm" not in stem:
            continue
        width, heads = part.values, 1
        whole = {"attn_q_norm": outputs.get("attn_q", 0), "attn_k_norm": outputs.get("attn_k", 0)}.get(stem, 0)
        if stem == "ssm_norm" and "ssm_out" in outputs:
            whole = next(one.inputs for one in linears if one.name == "ssm_out")
        if whole > width:
            width, heads = whole, whole // width
        found.append(Norm(width, heads, part.layers, part.name.removesuffix(".weight") in means))
    return found


def _heads(arch: Architecture, linears: Sequence[Linear]) -> list[Heads]:
    """Return the attention of each kind of block; blocks without keys of their own (shared KV) have queries only."""
    found = []
    for last in linears:
        if last.name not in ("attn_output", "attn_o"):
            continue
        size = {one.name: one.outputs for one in linears if set(last.layers) <= set(one.layers)}
        if "attn_kv_b" in size:
            query = size.get("attn_q_b", size.get("attn_q", 0))  # values are a view of what holds half the keys too
            found.append(Heads(query, query, size["attn_kv_b"], last.inputs, arch.heads, last.layers))
            continue
        key, value = size.get("attn_k", 0), size.get("attn_v", size.get("attn_k", 0))
        if "attn_qkv" in size:  # one layer: values are a view that keeps all of its result
            key, value = (size["attn_qkv"] - last.inputs) // 2, size["attn_qkv"]
        found.append(Heads(last.inputs, key, value, last.inputs, arch.heads, last.layers))
    return found


def _experts(arch: Architecture, parts: Sequence[Tensor]) -> list[Experts]:
    stems = {part.name for part in parts}
    gated = any("ffn_gate_exps" in name or "ffn_gate_up_exps" in name for name in stems)
    return [
        Experts(part.shape[2], arch.experts_used or 1, part.shape[0], gated, part.layers)
        for part in parts
        if part.layers is not None and _EXPERTS.search(part.name) and "ffn_down" in part.name and len(part.shape) == 3
    ]
