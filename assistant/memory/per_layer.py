"""What each repeating layer takes, in order: its weights, its routed experts and its part of the KV cache.

Layers differ: leading dense ones among experts, sliding windows among full attention, recurrent layers without a cache.
A split over devices therefore adds up the layers it really moves. The parts sum to the model's own figures.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from assistant.memory.blueprints.tensors import tensors
from assistant.memory.kept import once_per_shape
from assistant.memory.layers import kv_heads_per_layer, pad, recurrent_layers, sliding_layers
from assistant.memory.needs import Needs
from assistant.memory.weights import layer_weights
from knowledge.schema import Architecture


@dataclass(frozen=True, slots=True)
class Layers:
    """Bytes per repeating layer, first layer first.

    `dense` are weights other than routed experts. `largest_dense` and `largest_expert` are the largest single tensor
    of any layer: what is copied to a GPU at a time when a prompt runs through a layer whose weights are in RAM
    (llama.cpp's ggml-backend.cpp starts a new split per such tensor and reuses the memory).
    """

    dense: tuple[int, ...]
    experts: tuple[int, ...]
    cache: tuple[int, ...]
    largest_dense: int
    largest_expert: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """What does not depend on the question: the share of a layer's values that its largest tensor has.

    `full`, `sliding` and `recurrent` are each layer's share of the caches of that kind; each adds up to 1, or to 0.
    `weights` is quantisation -> bytes per layer, (dense, experts).
    """

    weights: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
    dense_share: float
    expert_share: float
    full: tuple[float, ...]
    sliding: tuple[float, ...]
    recurrent: tuple[float, ...]


def layers(need: Needs) -> Layers | None:
    """Return what each layer takes, None when nothing is known about the layers."""
    arch = need.arch
    if arch is None:
        return None
    shape = _shape(arch)
    if need.quant not in shape.weights:
        shape.weights[need.quant] = layer_weights(arch, need.quant)
    exact = shape.weights[need.quant]
    dense = spread(need.weights.layers - need.weights.experts, exact[0])
    experts = spread(need.weights.experts, exact[1])
    return Layers(
        dense,
        experts,
        spread(need.cache_bytes, _cache_shares(shape, need)),
        round(max(dense) * shape.dense_share),
        round(max(experts) * shape.expert_share),
    )


@lru_cache(maxsize=1024)
def spread(total: int, shares: tuple[float, ...]) -> tuple[int, ...]:
    """Return whole parts of `total` in proportion to `shares`; they add up to it. Equal parts when all shares are 0."""
    if not any(shares):
        shares = (1.0,) * len(shares)
    reached = list(accumulate(shares))
    upto = [round(total * (one / reached[-1])) for one in reached]
    return tuple(after - before for before, after in zip([0, *upto], upto, strict=False))


@once_per_shape
def _shape(arch: Architecture) -> _Shape:
    """Return the share of its layer that the largest dense tensor and the largest of experts has, and the caches."""
    sizes: dict[bool, list[int]] = {True: [0] * arch.layers, False: [0] * arch.layers}
    largest = {True: 0, False: 0}
    for tensor in tensors(arch) or ():
        routed = "_exps." in tensor.name
        for il in tensor.layers or ():
            if il < arch.layers:
                sizes[routed][il] += tensor.values
                largest[routed] = max(largest[routed], tensor.values)
    share = {kind: min(1.0, largest[kind] / (max(sizes[kind]) or 1)) or 1.0 for kind in largest}
    return _Shape({}, share[False], share[True], *_caches(arch))


def _caches(arch: Architecture) -> tuple[tuple[float, ...], ...]:
    """Return each layer's share of the full, sliding and recurrent caches; one that shares another's has none."""
    sliding, heads = sliding_layers(arch), kv_heads_per_layer(arch)
    keeps = 20 if arch.arch == "gemma3n" else arch.layers - (arch.kv_shared_layers or 0)
    wide = arch.global_head_dim or arch.head_dim
    full = [heads[il] * wide if il < keeps and not sliding[il] else 0 for il in range(arch.layers)]
    slid = [heads[il] * arch.head_dim if il < keeps and sliding[il] else 0 for il in range(arch.layers)]
    recurrent = [int(count == 0) for count in heads]
    if recurrent_layers(arch) >= arch.layers or not any(recurrent):
        recurrent = [1] * arch.layers
    return tuple(tuple(one / (sum(group) or 1) for one in group) for group in (full, slid, recurrent))


def _cache_shares(shape: _Shape, need: Needs) -> tuple[float, ...]:
    """Return each layer's share of the cache, in bytes of one sequence."""
    cache = need.cache
    if cache is None:
        return (1.0,) * len(shape.full)
    full, sliding = cache.token_bytes(need.kv_type)
    cells = pad(need.context_tokens)
    parts = (full * cells, sliding * pad(min(cells, cache.window + need.ubatch)), cache.recurrent_bytes)
    rows = zip(shape.full, shape.sliding, shape.recurrent, strict=True)
    return tuple(parts[0] * a + parts[1] * b + parts[2] * c for a, b, c in rows)
