"""The fit engine's answer: what takes memory, whether it fits, and the settings for which that holds."""

from dataclasses import dataclass
from typing import Any, Literal

MIB = 1024 * 1024
Basis = Literal["llama.cpp", "formula", "rough"]
Bottleneck = Literal["memory bandwidth", "system RAM bandwidth", "fixed cost per layer"]
Placement = Literal["gpu", "unified", "partial", "expert_offload", "cpu", "none", "unspecified"]


@dataclass(frozen=True, slots=True)
class Speed:
    """Generation speed for one user in tokens per second, and what limits it.

    `prompt_mid` is how fast a prompt of half the context is read, within about a factor of 1.5; None when not known.
    """

    low: float
    mid: float
    high: float
    bottleneck: Bottleneck
    prompt_mid: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one GPU holds, in bytes. `pieces` counts its layers and the output, as llama.cpp's --tensor-split does."""

    device: str
    pieces: int
    layers: int | None
    weights: int
    cache: int
    compute: int
    overhead: int
    available: int

    @property
    def total(self) -> int:
        """Everything on this GPU."""
        return self.weights + self.cache + self.compute + self.overhead

    def to_json(self) -> dict[str, Any]:
        """Return one row of `devices`; memory in MiB rounded up to 0.1."""
        return {
            "device": self.device,
            "layers": self.layers,
            "weights_mib": mib(self.weights),
            "kv_cache_mib": mib(self.cache),
            "compute_mib": mib(self.compute),
            "overhead_mib": mib(self.overhead),
            "total_mib": mib(self.total),
            "available_mib": mib(self.available),
        }


def gib(size: float) -> str:
    """Return bytes as notes show them: "5.6 GiB", "1,024 GiB", below 0.1 GiB "37 MiB"."""
    if size < 2**30 / 10:
        return f"{-(-size // MIB):,.0f} MiB"
    return f"{size / 2**30:,.0f} GiB" if size >= 100 * 2**30 else f"{size / 2**30:,.1f} GiB"


def mib(value: int | None) -> float | None:
    """Return bytes in MiB rounded up to 0.1, so that parts never look smaller than they are."""
    return None if value is None else -(-value * 10 // MIB) / 10


@dataclass(frozen=True, slots=True)
class FitReport:
    """Memory of one model, quantisation and context on one machine, itemised in bytes.

    `weights_bytes` ... `overhead_bytes` are what the whole model takes on the device where it would run best: on
    graphics cards without the input embeddings (`host_bytes` of the `file_bytes`), which llama.cpp leaves in RAM.
    `available_bytes` is what may be used there: free (or stated) memory less `margin_bytes`; None without hardware.
    `fits` is about that device alone: a model that needs system RAM beside the card does not fit, but `placement`
    "partial", "expert_offload" or "cpu" tells that it still runs, slower, with `gpu_bytes` on the card and `ram_bytes`
    of `ram_available_bytes` in RAM. `shares` are the parts that each GPU holds then.
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
    file_bytes: int = 0
    host_bytes: int = 0
    ram_available_bytes: int | None = None
    shares: tuple[Share, ...] = ()

    @property
    def total_bytes(self) -> int:
        """Everything that the device must hold."""
        return self.weights_bytes + self.kv_cache_bytes + self.compute_bytes + self.overhead_bytes

    @property
    def fits(self) -> bool | None:
        """Whether the total is within what is available; None without hardware."""
        return None if self.available_bytes is None else self.total_bytes <= self.available_bytes

    def to_json(self) -> dict[str, Any]:
        """Return the fixed shape of `fit --json`."""
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
            "ram_available_mib": mib(self.ram_available_bytes),
            "file_mib": mib(self.file_bytes),
            "host_mib": mib(self.host_bytes),
            "devices": [share.to_json() for share in self.shares],
            "settings": self.settings,
            "tokens_per_second": {"low": speed.low, "mid": speed.mid, "high": speed.high} if speed else None,
            "prompt_tokens_per_second": speed.prompt_mid if speed else None,
            "bottleneck": speed.bottleneck if speed else None,
            "basis": self.basis,
            "notes": list(self.notes),
            "sources": list(self.sources),
        }
