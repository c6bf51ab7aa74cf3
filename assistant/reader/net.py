"""The reader's network in PyTorch: a small llama (RMSNorm, rotary positions, SwiGLU, tied embeddings), for training."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Shape:
    """Hyperparameters; 192 x 4 with a vocabulary of 3,072 has 2.4 million parameters."""

    vocab: int = 3072
    hidden: int = 192
    layers: int = 4
    heads: int = 3
    ffn: int = 512
    context: int = 512
    rope_base: float = 10_000.0
    epsilon: float = 1e-5


class Norm(nn.Module):
    """Root-mean-square normalisation."""

    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x scaled to unit mean square, in the input's type."""
        return F.rms_norm(x.float(), (x.shape[-1],), self.weight, self.epsilon).type_as(x)


def _rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotate neighbouring pairs, as llama.cpp does for the llama architecture; no permutation is needed at export."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2).type_as(x)


class Block(nn.Module):
    """Attention and feed-forward with residuals."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        size = shape.hidden
        self.heads = shape.heads
        self.attn_norm, self.ffn_norm = Norm(size, shape.epsilon), Norm(size, shape.epsilon)
        self.attn_q, self.attn_k, self.attn_v, self.attn_output = (nn.Linear(size, size, bias=False) for _ in range(4))
        self.ffn_gate, self.ffn_up = nn.Linear(size, shape.ffn, bias=False), nn.Linear(size, shape.ffn, bias=False)
        self.ffn_down = nn.Linear(shape.ffn, size, bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """Return (batch, tokens, hidden)."""
        batch, tokens, size = x.shape
        normed = self.attn_norm(x)
        q, k, v = (
            layer(normed).view(batch, tokens, self.heads, -1).transpose(1, 2)
            for layer in (self.attn_q, self.attn_k, self.attn_v)
        )
        # Written out: for short sequences on a CPU this trains much faster than scaled_dot_product_attention.
        scores = _rotate(q, cos, sin) @ _rotate(k, cos, sin).transpose(-1, -2) * (size // self.heads) ** -0.5
        later = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
        mixed = scores.float().masked_fill(later, float("-inf")).softmax(-1).type_as(v) @ v
        x = x + self.attn_output(mixed.transpose(1, 2).reshape(batch, tokens, size))
        normed = self.ffn_norm(x)
        fed: torch.Tensor = self.ffn_down(F.silu(self.ffn_gate(normed)) * self.ffn_up(normed))
        return x + fed


class Network(nn.Module):
    """Token ids to logits."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocab, shape.hidden)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = Norm(shape.hidden, shape.epsilon)
        half = shape.hidden // shape.heads // 2
        angles = torch.outer(
            torch.arange(shape.context).float(), shape.rope_base ** (-torch.arange(half).float() / half)
        )
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(
                    weight, std=0.02 / (2 * shape.layers) ** 0.5 if "output" in name or "down" in name else 0.02
                )

    def forward(self, ids: torch.Tensor, chosen: torch.Tensor | None = None) -> torch.Tensor:
        """Return logits (batch, tokens, vocab) for ids (batch, tokens); with a mask `chosen`, only there."""
        tokens = ids.shape[1]
        cos, sin = self.get_buffer("cos")[:tokens], self.get_buffer("sin")[:tokens]
        x = self.token_embd(ids)
        for block in self.blk:
            x = block(x, cos, sin)
        return F.linear(self.output_norm(x if chosen is None else x[chosen]), self.token_embd.weight)
