"""The fit engine's answer: what takes memory, whether it fits, and the settings for which that holds."""

from dataclasses import dataclass
from typing import Any, Literal

MIB = 1024 * 1024
Basis = Literal["llama.cpp", "formula", "rough"]
Bottleneck = Literal["memory bandwidth", "system RAM bandwidth", "fixed cost per layer"]
Placement = Literal["gpu", "unified", "partial", "expert_offload", "cpu", "none", "unspecified"]


@dataclass(frozen=True, slots=True)
class Speed:
    """Generation speed for one user in tokens per second, and what limits it."""

    low: float
    mid: float
    high: float
    bottleneck: Bottleneck
    prompt_mid: float | None = None


@dataclass(frozen=True, slots=True)
class FitReport:
    """Memory of one model, quantisation and context on one machine, itemised in bytes.

    `weights_bytes` ... `overhead_bytes` are what the whole model takes on the device where it would run best.
    `available_bytes` is what may be used there: free (or stated) memory less `margin_bytes`; None without hardware.
    `fits` is about that device alone: a model that needs system RAM beside the card does not fit, but
    `placement` "partial" or "expert_offload" with `gpu_layers` tells that it still runs, slower.
    """

    model_id: str
    model_name: str
    quant: str
    context_tokens: int
    kv_type: str
    users: int
    weights_bytes: int
    kv_cache_bytes: int
    compute_bytes: int
    overhead_bytes: int
    margin_bytes: int
    available_bytes: int | None
    device: str
    placement: Placement
    layers: int | None
    gpu_layers: int | None
    gpu_bytes: int | None
    ram_bytes: int | None
    max_context_tokens: int | None
    model_context_tokens: int | None
    basis: Basis
    settings: dict[str, Any]  # runtime settings the figures hold for: n_ctx, n_batch, n_ubatch, flash_attn, type_k, ...
    speed: Speed | None
    notes: tuple[dict[str, str], ...] = ()  # language -> sentence
    sources: tuple[str, ...] = ()

    @property
    def total_bytes(self) -> int:
        """Everything that the device must hold."""
        return self.weights_bytes + self.kv_cache_bytes + self.compute_bytes + self.overhead_bytes

    @property
    def fits(self) -> bool | None:
        """Whether the total is within what is available; None without hardware."""
        return None if self.available_bytes is None else self.total_bytes <= self.available_bytes

    def to_json(self) -> dict[str, Any]:
        """Return the fixed shape of `fit --json`; memory in MiB rounded up to 0.1, so that parts never look smaller."""

        def mib(value: int | None) -> float | None:
            return None if value is None else -(-value * 10 // MIB) / 10

        speed = self.speed
        return {
            "id": self.model_id,
            "model": self.model_name,
            "quant": self.quant,
            "context_tokens": self.context_tokens,
            "kv_type": self.kv_type,
            "users": self.users,
            "weights_mib": mib(self.weights_bytes),
            "kv_cache_mib": mib(self.kv_cache_bytes),
            "compute_mib": mib(self.compute_bytes),
            "overhead_mib": mib(self.overhead_bytes),
            "margin_mib": mib(self.margin_bytes),
            "total_mib": mib(self.total_bytes),
            "available_mib": mib(self.available_bytes),
            "fits": self.fits,
            "device": self.device,
            "placement": self.placement,
            "max_context_tokens": self.max_context_tokens,
            "layers": self.layers,
            "gpu_layers": self.gpu_layers,
            "gpu_mib": mib(self.gpu_bytes),
            "ram_mib": mib(self.ram_bytes),
            "settings": self.settings,
            "tokens_per_second": {"low": speed.low, "mid": speed.mid, "high": speed.high} if speed else None,
            "bottleneck": speed.bottleneck if speed else None,
            "basis": self.basis,
            "notes": list(self.notes),
            "sources": list(self.sources),
        }
