"""What a training step keeps and needs beside weights and optimiser: activations, logits, gradients in flight.

Structure of Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models": per token and
block a sum of the tensors autograd keeps (their s*b*h*(34 + 5*a*s/h), with fused attention 34 alone). Which tensors
those are was read in the modelling code of transformers 5.23, peft 0.21 and PyTorch 2.13 (derivatives.yaml), and
checked to the byte with saved_tensors_hooks (tests/test_training_activations.py) and against traced steps
(tests/benchmarks/bench_finetune.py).
"""

from dataclasses import dataclass

from assistant.memory.training.modules import ROUTER, SHARED_GATE, Experts, Heads, Linear, Modules, Norm
from assistant.memory.training.recipe import HALF, SINGLE, Recipe
from knowledge.schema import Architecture

# How transformers' modelling code departs from Llama's, by llama.cpp architecture. Norms whose scale is multiplied in
# 32 bits; LayerNorm written out (centred values and their copy); tensors of the inner width that the activation keeps
# (3 with a gate, else 1); logits squashed by a tanh that keeps its result.
_WIDE_NORMS = frozenset({"gemma", "gemma2", "gemma3", "gemma3n", "gemma4", "gemma-embedding", "olmo2", "gpt-oss",
                         "afmoe", "nemotron_h", "nemotron_h_moe", "qwen35", "qwen35moe", "qwen3next"})  # fmt: skip
_CENTRED_NORMS = frozenset({"command-r", "cohere2", "cohere2moe"})
_INNER = {"gpt-oss": 6, "phi2": 4, "gpt2": 4}
_SOFT_CAPPED = frozenset({"gemma2", "gemma3n", "gemma4"})
# What goes into a delta net or state-space mixer; its kernels (flash-linear-attention, mamba-ssm) recompute states.
_MIXED_IN = frozenset({"attn_qkv", "attn_gate", "ssm_in"})
# A chunked loss holds the logits of about this many tokens at a time: litgpt 128, torchtune an eighth of the batch.
CHUNK_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Activations:
    """Bytes of one step on one card.

    `kept`: what the forward pass leaves for the backward pass, without logits. `block`: what comes on top while one
    block is recomputed (with checkpointing) and its gradients are worked out. `loss`: what the loss on the logits takes
    on top of `kept`. The two do not happen at once: the peak is `kept` and the larger of them.
    """

    kept: int
    block: int
    loss: int


def activations(arch: Architecture, parts: Modules, recipe: Recipe, *, logits: bool = True) -> Activations:
    """Return the bytes a step keeps and needs. `logits` False: the model is trained as an encoder or embedder."""
    blocks = block_bytes(arch, parts, recipe)
    tokens, stream = recipe.tokens, recipe.stream
    final: float = arch.hidden * (SINGLE + (2 * stream if recipe.full else 0))
    moving = in_flight(arch, parts, recipe)
    casts, matrix = _casts(parts, recipe), _dequantised(parts, recipe)
    loss, held = (loss_bytes(arch, recipe), held_logits(arch, recipe)) if logits else (0, 0)
    if recipe.checkpointing:
        kept = tokens * (arch.layers * arch.hidden * stream + final) + held
        block = tokens * max(saved + flight for saved, flight in zip(blocks, moving, strict=True)) + matrix
        return Activations(round(kept), round(block) + casts // arch.layers, loss)
    return Activations(round(tokens * (sum(blocks) + final)) + casts + held, round(tokens * max(moving)) + matrix, loss)


def _casts(parts: Modules, recipe: Recipe) -> int:
    """Return the bytes of autocast's 16-bit copies of 32-bit adapters, kept until the backward pass."""
    if not recipe.autocast or recipe.adapter_bytes != SINGLE:
        return 0
    return HALF * adapter_parameters(parts, recipe)


def _dequantised(parts: Modules, recipe: Recipe) -> int:
    """Return the bytes of the largest matrix that QLoRA turns back into 16 bits for a product."""
    if recipe.method != "qlora":
        return 0
    return HALF * max((one.parameters for one in parts.linears), default=0)


def adapter_parameters(parts: Modules, recipe: Recipe) -> int:
    """Return rank x (inputs + outputs) over the linear layers that get an adapter (LoRA, Hu et al. 2021)."""
    adapted = [one for one in parts.linears if has_adapter(one, recipe)]
    return sum(recipe.rank * (one.inputs + one.outputs) * len(one.layers) for one in adapted)


def loss_bytes(arch: Architecture, recipe: Recipe) -> int:
    """Return the bytes of the loss on the logits at its peak, in its backward pass.

    transformers.loss.ForCausalLMLoss turns the logits into 32 bits; then the log-probabilities, the gradient of the
    negative log-likelihood and the gradient of the logits stand side by side (log_softmax and nll_loss backward):
    3 x 4 bytes per token and vocabulary entry.
    """
    capped = recipe.attention_bytes if arch.arch in _SOFT_CAPPED else 0
    return _loss_tokens(recipe) * arch.vocab * (3 * SINGLE + capped)


def held_logits(arch: Architecture, recipe: Recipe) -> int:
    """Return the bytes of the logits themselves where the loop keeps the model's output through the backward pass."""
    return _loss_tokens(recipe) * arch.vocab * recipe.held_logits


def _loss_tokens(recipe: Recipe) -> int:
    return min(recipe.tokens, CHUNK_TOKENS) if recipe.loss == "chunked" else recipe.tokens


def block_bytes(arch: Architecture, parts: Modules, recipe: Recipe) -> list[float]:
    """Return for each block the bytes per token that autograd keeps of it."""
    blocks = [0.0] * arch.layers

    def add(layers: object, size: float) -> None:
        for il in layers:  # type: ignore[attr-defined]
            blocks[il] += size

    for norm in parts.norms:
        add(norm.layers, _norm(arch, norm, recipe))
    for heads in parts.heads:
        add(heads.layers, _attention(heads, recipe))
    for experts in parts.experts:
        add(experts.layers, _experts(arch, experts, recipe))
    attended = {il for heads in parts.heads for il in heads.layers}
    seen: set[tuple[str, int]] = set()
    for one in parts.linears:
        adapted = has_adapter(one, recipe)
        if adapted:
            add(one.layers, recipe.rank * recipe.adapter_input_bytes)
        if adapted and recipe.own_inputs:
            size = recipe.adapter_input_bytes + (1 if recipe.dropout else 0)
            add(one.layers, one.inputs * size)
        elif recipe.full or adapted:
            fresh = [il for il in one.layers if (one.reads, il) not in seen]
            seen.update((one.reads, il) for il in fresh)
            add(fresh, one.inputs * _input(one.name, recipe))
        if one.name in ("ffn_down", "ffn_down_shexp"):
            add(one.layers, one.inputs * recipe.stream * _inner(arch, parts.gated))
        if one.name == SHARED_GATE:  # it multiplies the shared expert's result
            add(one.layers, one.inputs * recipe.stream)
        if one.name in _MIXED_IN:  # rough: a convolution's input and result, a gate and what it multiplies
            add([il for il in one.layers if il not in attended], 2 * one.outputs * recipe.stream)
    return blocks


def has_adapter(one: Linear, recipe: Recipe) -> bool:
    """Tell whether a linear layer gets an adapter: all but routers, or those the recipe names."""
    if recipe.full or one.name == ROUTER:
        return False
    return recipe.targets is None or one.name in recipe.targets


def _input(name: str, recipe: Recipe) -> int:
    """Return the bytes of a value that a linear layer keeps of its input; attention keeps its result already."""
    return 0 if name in ("attn_output", "attn_o") and recipe.attention == "fused" else recipe.stream


def _inner(arch: Architecture, gated: bool) -> int:
    """Return how many tensors of the inner width are kept: gate, activated gate and up-projection; without gate one.

    The input of the down-projection is counted with the linear layers.
    """
    return _INNER.get(arch.arch or "", 3 if gated else 1)


def _norm(arch: Architecture, norm: Norm, recipe: Recipe) -> float:
    """RMSNorm keeps a 32-bit copy of its input, the reciprocal root, and before a trained scale the result."""
    if norm.mean:
        return norm.width * recipe.stream + 2 * SINGLE
    copies = 2 if arch.arch in _CENTRED_NORMS else 1
    wide = arch.arch in _WIDE_NORMS or arch.arch in _CENTRED_NORMS
    result = (SINGLE if wide else recipe.stream) if recipe.full else 0
    return norm.width * (copies * SINGLE + result) + norm.heads * SINGLE


def _attention(heads: Heads, recipe: Recipe) -> float:
    """Fused: queries, keys, values, result and the logarithm of the softmax's sum (32 bits per head).

    Eager: keys and values repeated for every query head, the softmax in 32 bits and its copy in the working type.
    """
    size = recipe.attention_bytes
    if recipe.attention == "fused":
        return size * (heads.query + heads.key + heads.value + heads.result) + SINGLE * heads.heads
    scores = recipe.sequence_tokens * heads.heads * (SINGLE + (HALF if size == HALF else 0))
    return scores + size * (2 * heads.query + heads.result)


def _experts(arch: Architecture, experts: Experts, recipe: Recipe) -> float:
    """Per visited expert the inner tensors and its result (which the routing weight multiplies), the router's softmax.

    transformers.integrations.moe, grouped_mm. Trained experts also keep their inputs.
    """
    inner = experts.width * _inner(arch, experts.gated) + arch.hidden
    if recipe.full:
        inner += experts.width + arch.hidden
    return experts.used * inner * recipe.stream + experts.number * SINGLE


def in_flight(arch: Architecture, parts: Modules, recipe: Recipe) -> list[float]:
    """Return for each block the bytes per token of gradients at the peak of its backward pass, beyond what was kept.

    The peak is where the gradient of the widest inner tensor splits: into those of gate and up-projection, two more
    such tensors than were freed. Adapters in 32 bits add their inputs' gradients before conversion.
    """
    blocks = [0.0] * arch.layers
    for one in parts.linears:
        if one.name in ("ffn_down", "ffn_down_shexp"):
            for il in one.layers:
                blocks[il] += _flight(one.inputs, arch.hidden, recipe)
    for experts in parts.experts:
        for il in experts.layers:
            blocks[il] += experts.used * (2 * experts.width + 2 * arch.hidden) * recipe.stream
    for heads in parts.heads:
        scores = _scores_in_flight(heads, recipe)
        for il in heads.layers:
            blocks[il] = max(blocks[il], scores)
    return blocks


def _flight(inner: int, hidden: int, recipe: Recipe) -> float:
    size = 2.0 * inner * recipe.stream
    if recipe.own_inputs:
        size += HALF * inner
    if recipe.converts:
        size += 2 * SINGLE * hidden
    return size


def _scores_in_flight(heads: Heads, recipe: Recipe) -> float:
    """Eager attention's gradients of the scores beyond what was kept: incoming gradient, product and result.

    CUDA's softmax backward multiplies gradient and output into a 32-bit tensor of its own (SoftMax.cu); its result
    takes the working type, whose copy of the softmax has been freed by then.
    """
    if recipe.attention == "fused":
        return 0.0
    score = recipe.sequence_tokens * heads.heads
    return float(score * (2 * SINGLE + (0 if recipe.attention_bytes == HALF else SINGLE)))
