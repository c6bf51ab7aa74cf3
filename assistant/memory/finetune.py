"""Memory for training: full, LoRA and QLoRA, itemised.

Bytes per parameter are those of the common recipe: bf16 base weights, AdamW in fp32 (16 bytes per trained parameter in
mixed precision: ZeRO, Rajbhandari et al. 2020, section 3), adapters kept in fp32 as PEFT does, NF4 with double
quantisation (4.127 bits per weight: QLoRA, Dettmers et al. 2023). Activations per layer follow Korthikanti et al. 2022
("Reducing Activation Recomputation"), with FlashAttention and a gated feed-forward part. Loss on logits in fp32.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from assistant.errors import BadArguments
from assistant.machine import Device, Machine
from assistant.memory.blueprints import tensors
from assistant.memory.needs import check
from assistant.memory.placement import chosen_gpus
from assistant.memory.report import MIB
from assistant.memory.tensor import Tensor
from assistant.memory.weights import parameter_count, settle
from knowledge.schema import Architecture, Model

Method = Literal["full", "lora", "qlora"]
GPU_CLASSES_GB = (8, 12, 16, 24, 32, 48, 80, 96, 141, 192)
NF4_BITS = 4.127
OVERHEAD = (
    650 * MIB
)  # CUDA context, cuBLAS, allocator: RahulSChand/gpu_poor, tested there to 500 MB on RTX 2060 and 4090
_BF16, _FP32 = 2, 4
_ADAM_STATES = 8  # two fp32 moments
_MASTER = 4  # fp32 copy of the weights in mixed precision
SOURCES = (
    "ZeRO (Rajbhandari et al. 2020): 16 bytes per parameter with mixed-precision Adam",
    "QLoRA (Dettmers et al. 2023): NF4 with double quantisation, 4.127 bits per weight",
    "Reducing Activation Recomputation (Korthikanti et al. 2022): activations per layer",
    "RahulSChand/gpu_poor: 650 MB beside the tensors",
)


@dataclass(frozen=True, slots=True)
class FinetuneReport:
    """Memory of one training run in bytes on one GPU, and what holds it.

    `activations_stored_bytes` is what activations take without checkpointing. `per_gpu_bytes` is one card's share when
    weights, gradients and optimiser states are spread over `gpu_count` cards (FSDP, ZeRO-3).
    """

    model_id: str
    model_name: str
    method: Method
    sequence_tokens: int
    batch: int
    rank: int | None
    trained_parameters: int
    weights_bytes: int
    adapters_bytes: int
    gradients_bytes: int
    optimizer_bytes: int
    activations_bytes: int
    activations_stored_bytes: int
    overhead_bytes: int
    gpu_count: int
    device: str
    available_bytes: int | None
    notes: tuple[dict[str, str], ...]
    sources: tuple[str, ...] = SOURCES

    @property
    def total_bytes(self) -> int:
        """Everything, with gradient checkpointing, on one GPU."""
        return self._states + self.activations_bytes + self.overhead_bytes

    @property
    def _states(self) -> int:
        return self.weights_bytes + self.adapters_bytes + self.gradients_bytes + self.optimizer_bytes

    @property
    def per_gpu_bytes(self) -> int:
        """What each of `gpu_count` cards holds."""
        return -(-self._states // self.gpu_count) + self.activations_bytes + self.overhead_bytes

    @property
    def fits(self) -> bool | None:
        """Whether each card's share is within one card's memory; None without hardware."""
        return None if self.available_bytes is None else self.per_gpu_bytes <= self.available_bytes

    @property
    def gpu_classes_gb(self) -> tuple[int, ...]:
        """Usual card sizes that hold it whole, smallest first."""
        return tuple(size for size in GPU_CLASSES_GB if self.total_bytes <= size * 1024 * MIB * 0.97)

    def to_json(self) -> dict[str, Any]:
        """Return the fixed shape of `finetune --json`; memory in MiB rounded up to 0.1."""

        def mib(value: int) -> float:
            return -(-value * 10 // MIB) / 10

        sizes = ("weights", "adapters", "gradients", "optimizer", "activations", "activations_stored", "overhead")
        return {
            "id": self.model_id,
            "model": self.model_name,
            "method": self.method,
            "sequence_tokens": self.sequence_tokens,
            "batch": self.batch,
            "rank": self.rank,
            "trained_parameters": self.trained_parameters,
            **{f"{name}_mib": mib(getattr(self, f"{name}_bytes")) for name in sizes},
            "total_mib": mib(self.total_bytes),
            "gpu_count": self.gpu_count,
            "per_gpu_mib": mib(self.per_gpu_bytes),
            "device": self.device,
            "available_mib": None if self.available_bytes is None else mib(self.available_bytes),
            "fits": self.fits,
            "gpu_classes_gb": list(self.gpu_classes_gb),
            "notes": list(self.notes),
            "sources": list(self.sources),
        }


def finetune(
    model: Model,
    *,
    method: Method,
    machine: Machine | None,
    sequence_tokens: int = 2048,
    batch: int = 1,
    rank: int = 16,
) -> FinetuneReport:
    """Return the memory that training `model` takes.

    Args:
        model: a catalog entry with known parameters.
        method: "full" (all weights), "lora" (adapters on bf16 weights) or "qlora" (on 4-bit weights).
        machine: where it should run; None: only what is needed.
        sequence_tokens: length of one training sample.
        batch: samples per GPU and step.
        rank: of the adapters, which sit on every linear layer but routed experts.

    Raises BadArguments for an API-only model, an unknown method, values out of range or unknown parameters.
    """
    _check(model, method, sequence_tokens, batch, rank)
    arch = settle(model.architecture, model.parameters) if model.architecture else None
    parts = tensors(arch) if arch is not None else None
    parameters = model.parameters or (parameter_count(parts) if parts else 0)
    if not parameters:
        raise BadArguments(
            "model", model.name, "a model whose number of parameters is known", "パラメータ数が分かるモデル"
        )
    trained = parameters if method == "full" else _adapter_parameters(parts, parameters, rank)
    notes: list[dict[str, str]] = []
    stored, checkpointed = _activations(arch, parameters, sequence_tokens, batch, notes)
    device, available, count = _room(machine, method, notes)
    full = method == "full"
    return FinetuneReport(
        model_id=model.id,
        model_name=model.name,
        method=method,
        sequence_tokens=sequence_tokens,
        batch=batch,
        rank=None if full else rank,
        trained_parameters=trained,
        weights_bytes=_base_weights(parts, parameters, method),
        adapters_bytes=0 if full else trained * _FP32,
        gradients_bytes=trained * (_BF16 if full else _FP32),
        optimizer_bytes=trained * (_ADAM_STATES + (_MASTER if full else 0)),
        activations_bytes=checkpointed,
        activations_stored_bytes=stored,
        overhead_bytes=OVERHEAD,
        gpu_count=count,
        device=device,
        available_bytes=available,
        notes=tuple(notes),
    )


def _check(model: Model, method: str, sequence_tokens: int, batch: int, rank: int) -> None:
    check(model, None, "f16", 1)
    if method not in get_args(Method):
        raise BadArguments("method", method, "full, lora or qlora", "full、lora、qlora のいずれか")
    for name, value, most in (
        ("sequence_tokens", sequence_tokens, 10_000_000),
        ("batch", batch, 4096),
        ("rank", rank, 4096),
    ):
        if not 1 <= value <= most:
            raise BadArguments(name, value, f"1 to {most:,}", f"1〜{most:,}")


def _linear(part: Tensor) -> bool:
    """Return whether adapters sit on this tensor: attention and feed-forward matrices, not routers or experts."""
    return (
        part.layers is not None
        and len(part.shape) == 2
        and part.name.endswith("weight")
        and "gate_inp" not in part.name
    )


def _adapter_parameters(parts: tuple[Tensor, ...] | None, parameters: int, rank: int) -> int:
    """Return rank x (inputs + outputs) over the linear layers.

    Without hyperparameters: 2.62M per unit of rank at 8B (Llama-3.1-8B: 41.9M at rank 16), times the square root.
    """
    if parts is None:
        return round(2.62e6 * rank * math.sqrt(parameters / 8.03e9))
    return sum(rank * (part.shape[0] + part.shape[1]) * part.count for part in parts if _linear(part))


def _base_weights(parts: tuple[Tensor, ...] | None, parameters: int, method: Method) -> int:
    if method != "qlora":
        return parameters * _BF16
    if parts is None:
        return round(parameters * (NF4_BITS / 8 * 0.9 + _BF16 * 0.1))
    matrices = sum(p.values * p.count for p in parts if p.layers is not None and len(p.shape) >= 2)
    share = matrices / max(1, parameter_count(parts))
    return round(parameters * (share * NF4_BITS / 8 + (1 - share) * _BF16))


def _activations(
    arch: Architecture | None, parameters: int, tokens: int, batch: int, notes: list[dict[str, str]]
) -> tuple[int, int]:
    """Return bytes of activations kept without checkpointing and with it (layer inputs, one layer, and the logits)."""
    if arch is None:
        hidden = round(4096 * (parameters / 8.03e9) ** 0.37)
        layers, ffn, vocab = round(32 * (parameters / 8.03e9) ** 0.27), 3.5 * hidden, 128_000
        notes.append({
            "en": "The layers of this model are not known: activations are those of a Llama-like model of its size.",
            "ja": "このモデルの層構成が不明なため、活性化は同じ規模の Llama 型モデルとして概算しました。",
        })  # fmt: skip
    else:
        hidden, layers, vocab = arch.hidden, arch.layers, arch.vocab
        routed = (arch.moe_ffn or arch.ffn) * (arch.experts_used or 1)
        ffn = float(routed if arch.experts else arch.ffn)
    samples = tokens * batch
    # Attention and norms 15 values of 1 byte x hidden, the gated feed-forward part 2 x hidden and 8 x its width.
    layer = samples * (17 * hidden + 8 * ffn)
    logits = samples * vocab * (_BF16 + _FP32 + _FP32)  # bf16, its fp32 copy, and the gradient
    return round(layers * layer + logits), round(layers * samples * hidden * _BF16 + layer + logits)


def _room(machine: Machine | None, method: Method, notes: list[dict[str, str]]) -> tuple[str, int | None, int]:
    """Return the device's name, the bytes of one card, and how many cards share the states."""
    if machine is None:
        return "", None, 1
    gpus = chosen_gpus(machine)
    if not gpus:
        notes.append({
            "en": "Training needs a GPU; a processor alone would take weeks.",
            "ja": "学習には GPU が必要です。CPU だけでは現実的な時間で終わりません。",
        })  # fmt: skip
        return machine.cpu or "CPU", 0, 1
    if gpus[0].vendor == "apple" and method == "qlora":
        notes.append({
            "en": "On a Mac, MLX trains adapters on 4-bit weights; bitsandbytes, QLoRA's usual library, needs CUDA.",
            "ja": "Mac では MLX で 4 ビット重みのアダプター学習ができます（bitsandbytes は CUDA 専用です）。",
        })  # fmt: skip
    if len(gpus) > 1:
        notes.append({
            "en": f"Weights, gradients and optimiser states are spread over {len(gpus)} cards (FSDP or ZeRO-3).",
            "ja": f"重み・勾配・オプティマイザ状態を {len(gpus)} 枚に分散する前提です（FSDP または ZeRO-3）。",
        })  # fmt: skip
    label = gpus[0].name if len(gpus) == 1 else f"{len(gpus)}x {gpus[0].name}"
    return label, min(_usable(gpu) for gpu in gpus), len(gpus)


def _usable(gpu: Device) -> int:
    return gpu.free_mib * MIB
