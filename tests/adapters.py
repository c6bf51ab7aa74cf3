"""LoRA by hand, as peft.tuners.lora.Linear does it without dropout, and a count of what autograd keeps."""

from typing import Any

import torch
from torch import nn


class Adapted(nn.Module):
    """A frozen linear layer with a 32-bit adapter beside it; `linear` may also be a 4-bit stand-in."""

    def __init__(self, linear: nn.Module, inputs: int, outputs: int, rank: int) -> None:
        """Freeze `linear` and put the adapter beside it."""
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.down = nn.Linear(inputs, rank, bias=False, dtype=torch.float32)
        self.up = nn.Linear(rank, outputs, bias=False, dtype=torch.float32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the layer's result plus the adapter's, in the layer's type."""
        result = self.linear(x)
        adapted: torch.Tensor = result + self.up(self.down(x.to(torch.float32))) * 2.0
        return adapted.to(result.dtype)


def add_adapters(network: nn.Module, rank: int) -> None:
    """Freeze a model, give each of its linear layers but the output an adapter, and let gradients reach the first."""
    network.requires_grad_(False)
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear and name != "lm_head":
                setattr(parent, name, Adapted(child, child.in_features, child.out_features, rank))
    network.enable_input_require_grads()  # type: ignore[operator]


def saved_bytes(network: nn.Module, tokens: torch.Tensor) -> int:
    """Return the bytes that a forward pass leaves for the backward pass: each storage once, parameters not."""
    own = {one.untyped_storage().data_ptr() for one in (*network.parameters(), *network.buffers())}
    kept: dict[int, tuple[int, Any]] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = (storage.nbytes(), tensor)  # held, so that its address is not used again
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = network(input_ids=tokens, use_cache=False)
    del result
    return sum(size for size, _ in kept.values())
