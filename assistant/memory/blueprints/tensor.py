"""One weight tensor, or the same one in several layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import prod

# Tensors that llama.cpp's dry run leaves as they are (src/llama-quant.cpp, tensor_allows_quantization). Its converter
# writes some of them with 16 bits and the rest with 32 (conversion/base.py); both read 2026-11-22 in llama-cpp-python
# 0.3.36.
_KEPT_F16 = ("per_layer_model_proj", "time_mix_a1", "time_mix_a2", "time_mix_v1",
             "time_mix_v2", "time_mix_g1", "time_mix_g2")  # fmt: skip
_KEPT_F32 = ("_norm.weight", "ffn_gate_inp.weight", "ssm_conv1d", "shortconv.conv.weight", "altup", "laurel",
             "position_embd", "token_types", "attn_rel_b.weight", "indexer.k_proj",
             "indexer.q_proj", "ffn_gate_tid2eid", "time_mix_first", "time_mix_w1", "time_mix_w2",
             "time_mix_decay_w1", "time_mix_decay_w2", "time_mix_lerp_fused")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """`shape` starts with the row length; `layers` None: only one."""

    name: str
    shape: tuple[int, ...]
    layers: Sequence[int] | None = None

    @property
    def values(self) -> int:
        """Number of values in one of them."""
        return prod(self.shape)

    @property
    def count(self) -> int:
        """How many of them there are."""
        return 1 if self.layers is None else len(self.layers)

    @property
    def kept(self) -> str | None:
        """The type it has in every file, None when it is quantised as the file is."""
        return "F32" if not any(size > 1 for size in self.shape[1:]) else _kept_matrix(self.name)

    def full_name(self, layer: int) -> str:
        """Return its name in a file; T5's encoder and decoder number their layers each."""
        side, dot, rest = self.name.partition(".")
        return f"{side}.blk.{layer}.{rest}" if dot and side in ("enc", "dec") else f"blk.{layer}.{self.name}"


@cache
def _kept_matrix(name: str) -> str | None:
    if not name.endswith("weight") or any(part in name for part in _KEPT_F32):
        return "F32"
    return "F16" if any(part in name for part in _KEPT_F16) else None


def weight(layers: Sequence[int] | None, /, **shapes: tuple[int, ...]) -> list[Tensor]:
    """Return a tensor "<name>.weight" per keyword, in these layers."""
    return [Tensor(f"{name}.weight", shape, layers) for name, shape in shapes.items()]


def bias(layers: Sequence[int] | None, /, **shapes: tuple[int, ...]) -> list[Tensor]:
    """Return a tensor "<name>.bias" per keyword, in these layers."""
    return [Tensor(f"{name}.bias", shape, layers) for name, shape in shapes.items()]


def bare(layers: Sequence[int] | None, /, **shapes: tuple[int, ...]) -> list[Tensor]:
    """Return a tensor whose whole name is the keyword, in these layers."""
    return [Tensor(name, shape, layers) for name, shape in shapes.items()]
