"""What each repeating layer takes, in order: its weights, its routed experts and its part of the KV cache.

Layers differ: leading dense ones among experts, sliding windows among full attention, recurrent layers without a cache.
A split over devices therefore adds up the layers it really moves. The parts sum to the model's own figures.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from assistant.memory.blueprints import tensors
from assistant.memory.layers import kv_heads_per_layer, pad, recurrent_layers, sliding_layers
from assistant.memory.needs import Needs
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
class _Values:
    """Number of values per layer, and the share of a layer that its largest tensor has.

    `full`, `sliding` and `recurrent` are each layer's share of the caches of that kind; each adds up to 1, or to 0.
    """

    dense: tuple[float, ...]
    experts: tuple[float, ...]
    dense_share: float
    expert_share: float
    full: tuple[float, ...]
    sliding: tuple[float, ...]
    recurrent: tuple[float, ...]


_kept: dict[int, tuple[Architecture, _Values]] = {}
_KEEP_AT_MOST = 1024


def layers(need: Needs) -> Layers | None:
    """Return what each layer takes, None when nothing is known about the layers."""
    arch = need.arch
    if arch is None:
        return None
    kept = _kept.get(id(arch))
    if kept is None:
        if len(_kept) >= _KEEP_AT_MOST:
            _kept.clear()
        kept = _kept[id(arch)] = (arch, _values(arch))
    values = kept[1]
    dense = spread(need.weights.layers - need.weights.experts, values.dense)
    experts = spread(need.weights.experts, values.experts)
    return Layers(
        dense,
        experts,
        spread(need.cache_bytes, _cache_shares(values, need)),
        round(max(dense) * values.dense_share),
        round(max(experts) * values.expert_share),
    )


@lru_cache(maxsize=1024)
def spread(total: int, shares: tuple[float, ...]) -> tuple[int, ...]:
    """Return whole parts of `total` in proportion to `shares`; they add up to it. Equal parts when all shares are 0."""
    if not any(shares):
        shares = (1.0,) * len(shares)
    reached = list(accumulate(shares))
    upto = [round(total * (one / reached[-1])) for one in reached]
    return tuple(after - before for before, after in zip([0, *upto], upto, strict=False))


def _values(arch: Architecture) -> _Values:
    """Return the number of values per layer: their types differ little between layers."""
    dense, experts = [0.0] * arch.layers, [0.0] * arch.layers
    largest_dense = largest_expert = 0
    for tensor in tensors(arch) or ():
        routed = "_exps." in tensor.name
        if routed:
            largest_expert = max(largest_expert, tensor.values)
        elif tensor.layers is not None:
            largest_dense = max(largest_dense, tensor.values)
        for il in tensor.layers or ():
            if il < arch.layers:
                (experts if routed else dense)[il] += tensor.values
    return _Values(
        tuple(dense),
        tuple(experts),
        min(1.0, largest_dense / max(dense)) if any(dense) else 1.0,
        min(1.0, largest_expert / max(experts)) if any(experts) else 1.0,
        *_caches(arch),
    )


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


def _cache_shares(values: _Values, need: Needs) -> tuple[float, ...]:
    """Return each layer's share of the cache, in bytes of one sequence."""
    shape = need.cache
    if shape is None:
        return (1.0,) * len(values.dense)
    full, sliding = shape.token_bytes(need.kv_type)
    cells = pad(need.context_tokens)
    parts = (full * cells, sliding * pad(min(cells, shape.window + need.ubatch)), shape.recurrent_bytes)
    rows = zip(values.full, values.sliding, values.recurrent, strict=True)
    return tuple(parts[0] * a + parts[1] * b + parts[2] * c for a, b, c in rows)
