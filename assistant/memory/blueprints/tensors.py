"""The weight tensors of a model, per llama.cpp architecture, from hyperparameters alone.

Names and shapes follow `load_arch_tensors` in llama.cpp's src/models/*.cpp (read 2026-11-22, llama-cpp-python 0.3.36).
The same list feeds the arithmetic (assistant/memory/weights.py) and the header that llama.cpp itself is asked about
(assistant/memory/oracle.py), and llama.cpp refuses a header whose tensors it does not expect.
"""

from assistant.memory.blueprints.parts import (
    attention,
    dense_ffn,
    expert_ffn_parts,
    expert_layers,
    latent_attention,
    others,
)
from assistant.memory.blueprints.parts import expert_ffn as expert_ffn
from assistant.memory.blueprints.parts import moe_step as moe_step
from assistant.memory.blueprints.parts import shared_ffn as shared_ffn
from assistant.memory.blueprints.special import ATTENTION, SPECIAL
from assistant.memory.blueprints.table import BLUEPRINTS as BLUEPRINTS
from assistant.memory.blueprints.table import UNTIED
from assistant.memory.blueprints.table import Blueprint as Blueprint
from assistant.memory.blueprints.tensor import Tensor
from assistant.memory.layer_sizes import context_length
from knowledge.schema import Architecture


def tensors(arch: Architecture) -> tuple[Tensor, ...] | None:
    """Return every weight tensor, None when the architecture has no blueprint yet.

    Without `arch.arch` the plain llama block stands in (with experts or MLA when the hyperparameters tell of them).
    Next-token-prediction layers and vision towers are not included.
    """
    plan = BLUEPRINTS.get(arch.arch or "")
    if plan is None and arch.arch is None:
        plan = Blueprint(experts=bool(arch.experts), mla=bool(arch.kv_lora_rank))
    if plan is None:
        return None
    every = range(arch.layers)
    parts = _global_tensors(arch, plan)
    if arch.arch in SPECIAL:
        return (*parts, *SPECIAL[arch.arch](arch))
    if arch.arch in ATTENTION:
        parts += ATTENTION[arch.arch](arch)
    else:
        parts += _norms(arch, plan, every)
        parts += latent_attention(arch, every) if plan.mla else attention(arch, plan)
    moe = expert_layers(arch) if arch.experts else range(0)
    dense = others(every, moe)
    if dense:
        parts += dense_ffn(arch, plan, dense)
    if moe:
        parts += expert_ffn_parts(arch, plan, moe)
    return tuple(parts)


def _global_tensors(arch: Architecture, plan: Blueprint) -> list[Tensor]:
    parts = [Tensor("token_embd.weight", (arch.hidden, arch.vocab))]
    if plan.output_norm:
        parts.append(Tensor("output_norm.weight", (arch.hidden,)))
        if plan.norm_bias if plan.output_norm_bias is None else plan.output_norm_bias:
            parts.append(Tensor("output_norm.bias", (arch.hidden,)))
    if arch.arch in UNTIED or not (plan.tied or arch.tied_embeddings):
        parts.append(Tensor("output.weight", (arch.hidden, arch.vocab)))
    if plan.output_bias:
        parts.append(Tensor("output.bias", (arch.vocab,)))
    if plan.position_embedding:
        parts.append(Tensor("position_embd.weight", (arch.hidden, context_length(arch))))
    if plan.embedding_norm:
        parts.append(Tensor("token_embd_norm.weight", (arch.hidden,)))
        parts.append(Tensor("token_embd_norm.bias", (arch.hidden,)))
    return parts


def _norms(arch: Architecture, plan: Blueprint, every: range) -> list[Tensor]:
    names = (
        ("attn_norm", plan.attention_norm),
        ("ffn_norm", plan.ffn_norm),
        ("post_attention_norm", plan.attention_post_norm),
        ("post_ffw_norm", plan.ffn_post_norm),
        ("attn_output_norm", plan.attention_output_norm),
        ("layer_output_norm", plan.layer_output_norm),
        ("attn_sub_norm", plan.sub_norms),
    )
    parts = []
    for name, present in names:
        if present:
            parts.append(Tensor(f"{name}.weight", (arch.hidden,), every))
            if plan.norm_bias:
                parts.append(Tensor(f"{name}.bias", (arch.hidden,), every))
    return parts
