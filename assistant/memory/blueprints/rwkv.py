"""Weight tensors of RWKV 6 and 7, and of the models converted to them from Qwen2.

Read 2026-11-22 in llama.cpp's src/models/{rwkv6,rwkv6qwen2,rwkv7,arwkv7}.cpp and conversion/rwkv.py.
"""

from collections.abc import Callable

from assistant.memory.blueprints.tensor import Tensor, bias, weight
from assistant.memory.layer_sizes import rwkv_sizes
from knowledge.schema import Architecture


def _ends(arch: Architecture) -> list[Tensor]:
    hidden = arch.hidden
    norms = {"attn_norm": (hidden,), "attn_norm_2": (hidden,), "time_mix_ln": (hidden,)}
    every = range(arch.layers)
    parts = weight(None, token_embd_norm=(hidden,)) + bias(None, token_embd_norm=(hidden,))
    return parts + weight(every, **norms) + bias(every, **norms)


def _ffn(arch: Architecture) -> list[Tensor]:
    every, hidden, ffn = range(arch.layers), arch.hidden, arch.ffn
    return weight(every, attn_norm=(hidden,), ffn_norm=(hidden,), ffn_gate=(hidden, ffn), ffn_up=(hidden, ffn),
                  ffn_down=(ffn, hidden))  # fmt: skip


def _mix6(arch: Architecture) -> list[Tensor]:
    every, hidden, keys = range(arch.layers), arch.hidden, rwkv_sizes(arch)
    mix, decay = keys["time_mix_extra_dim"], keys["time_decay_extra_dim"]
    return weight(
        every,
        time_mix_w1=(hidden, 5 * mix),
        time_mix_w2=(mix, hidden, 5),
        time_mix_lerp_x=(hidden, 1, 1),
        time_mix_lerp_fused=(hidden, 1, 1, 5),
        time_mix_decay=(hidden,),
        time_mix_decay_w1=(hidden, decay),
        time_mix_decay_w2=(decay, hidden),
        time_mix_receptance=(hidden, hidden),
        time_mix_gate=(hidden, hidden),
        time_mix_output=(hidden, hidden),
    )


def rwkv6_layers(arch: Architecture) -> list[Tensor]:
    """Return RWKV 6's layers."""
    every, hidden, size = range(arch.layers), arch.hidden, rwkv_sizes(arch)["wkv.head_size"]
    return [
        *_ends(arch),
        *_mix6(arch),
        *weight(every, time_mix_first=(size, hidden // size), time_mix_key=(hidden, hidden),
                time_mix_value=(hidden, hidden), channel_mix_lerp_k=(hidden, 1, 1), channel_mix_lerp_r=(hidden, 1, 1),
                channel_mix_key=(hidden, arch.ffn), channel_mix_value=(arch.ffn, hidden),
                channel_mix_receptance=(hidden, hidden)),
    ]  # fmt: skip


def rwkv6_qwen_layers(arch: Architecture) -> list[Tensor]:
    """Return the layers of QRWKV 6: time mixing of RWKV 6, the rest as Qwen2."""
    every, hidden = range(arch.layers), arch.hidden
    kv = (arch.kv_heads if isinstance(arch.kv_heads, int) else max(arch.kv_heads)) * arch.head_dim
    parts = _ffn(arch) + _mix6(arch) + weight(every, time_mix_key=(hidden, kv), time_mix_value=(hidden, kv))
    return parts + bias(every, time_mix_key=(kv,), time_mix_value=(kv,), time_mix_receptance=(hidden,))


def _mix7(arch: Architecture) -> list[Tensor]:
    every, hidden, keys = range(arch.layers), arch.hidden, rwkv_sizes(arch)
    decay, iclr = keys["attention.decay_lora_rank"], keys["attention.iclr_lora_rank"]
    value, gate = keys["attention.value_residual_mix_lora_rank"], keys["attention.gate_lora_rank"]
    square = {f"time_mix_{name}": (hidden, hidden) for name in ("key", "value", "receptance", "output")}
    rows = {f"time_mix_{name}": (hidden,) for name in ("w0", "a0", "v0", "k_k", "k_a", "r_k")}
    parts = weight(every, **square, **rows, time_mix_w1=(hidden, decay), time_mix_w2=(decay, hidden),
                   time_mix_a1=(hidden, iclr), time_mix_a2=(iclr, hidden),
                   time_mix_lerp_fused=(hidden, 1, 1, 6 if gate else 5))  # fmt: skip
    parts += weight(every, time_mix_g1=(hidden, gate), time_mix_g2=(gate, hidden)) if gate else []
    # The first layer has no earlier value to mix in; its unused pair is as wide as the learning rate's.
    parts += weight(every[:1], time_mix_v1=(hidden, iclr), time_mix_v2=(iclr, hidden))
    return parts + weight(every[1:], time_mix_v1=(hidden, value), time_mix_v2=(value, hidden))


def rwkv7_layers(arch: Architecture) -> list[Tensor]:
    """Return RWKV 7's layers."""
    hidden = arch.hidden
    mixing = weight(range(arch.layers), channel_mix_lerp_k=(hidden, 1, 1), channel_mix_key=(hidden, arch.ffn),
                    channel_mix_value=(arch.ffn, hidden))  # fmt: skip
    return _ends(arch) + _mix7(arch) + mixing


def rwkv7_qwen_layers(arch: Architecture) -> list[Tensor]:
    """Return the layers of ARWKV 7: time mixing of RWKV 7, the rest as Qwen2."""
    return _ffn(arch) + _mix7(arch)


RWKV_LAYERS: dict[str, Callable[[Architecture], list[Tensor]]] = {
    "rwkv6": rwkv6_layers,
    "rwkv6qwen2": rwkv6_qwen_layers,
    "rwkv7": rwkv7_layers,
    "arwkv7": rwkv7_qwen_layers,
}
