"""Memory for training: full, LoRA and QLoRA, itemised, with the cards that hold it and what to change when it is short.

The bytes come from assistant.memory.training.memory, how a step is set up from assistant.memory.training.recipe.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from assistant.errors import BadArguments
from assistant.hardware.machine import Machine
from assistant.memory.needs import check
from assistant.memory.placement import OVERHEAD_MIB, chosen_gpus, room
from assistant.memory.report import MIB, gib
from assistant.memory.training.advice import Advice, advise, table
from assistant.memory.training.cards import Card, fitting_cards, holds
from assistant.memory.training.memory import Memory, Subject, measure, subject
from assistant.memory.training.recipe import Method, Optimizer, Recipe, check_recipe
from knowledge.schema import Gpu, Model

MOST_CARDS = 128  # sixteen servers of eight
GPU_CLASSES_GB = (8, 12, 16, 24, 32, 48, 80, 96, 141, 192)
SOURCES = (
    "ZeRO (Rajbhandari et al. 2020): 16 bytes per parameter with mixed-precision Adam",
    "QLoRA (Dettmers et al. 2023), bitsandbytes 0.50: NF4, blocks of 64, double quantisation, 4.127 bits per weight",
    "LoRA (Hu et al. 2021), peft 0.21: rank x (inputs + outputs) per linear layer",
    "Korthikanti et al. 2022, transformers 5.23: activations per block, logits in 32 bits",
    "PyTorch FSDP (Zhao et al. 2023): states divided, two blocks gathered",
    "fitcheck-llm 0.3.1 (measured on a T4): workspace and fragmentation",
)
_ITEMS = ("weights", "adapters", "gradients", "optimizer", "activations", "logits", "overhead")


@dataclass(frozen=True, slots=True)
class FinetuneReport:
    """Memory of one training run in bytes on one GPU, and what holds it.

    `per_gpu_bytes` is one card's share when weights, gradients and optimiser states are spread over `gpu_count` cards
    (FSDP, ZeRO-3). `chunked_saves_bytes` is what a loss computed in chunks saves. `rows`: other lengths and batches.
    """

    model_id: str
    model_name: str
    recipe: Recipe
    memory: Memory
    rough: bool
    gpu_count: int
    device: str
    available_bytes: int | None
    cards: tuple[Card, ...]
    advice: Advice | None
    rows: tuple[tuple[int, int, Memory], ...]
    chunked_saves_bytes: int
    notes: tuple[dict[str, str], ...]
    sources: tuple[str, ...] = SOURCES

    @property
    def total_bytes(self) -> int:
        """Everything, on one GPU."""
        return self.memory.total

    @property
    def per_gpu_bytes(self) -> int:
        """What each of `gpu_count` cards holds."""
        return self.memory.per_card(self.gpu_count)

    @property
    def fits(self) -> bool | None:
        """Whether each card's share is within one card's memory; None without hardware."""
        return None if self.available_bytes is None else self.per_gpu_bytes <= self.available_bytes

    @property
    def cards_needed(self) -> int | None:
        """How many cards like the machine's share it, None when MOST_CARDS do not, or without a GPU."""
        counts = range(1, MOST_CARDS + 1) if self.available_bytes else ()
        return next((one for one in counts if self.memory.per_card(one) <= (self.available_bytes or 0)), None)

    @property
    def gpu_classes_gb(self) -> tuple[int, ...]:
        """Usual card sizes that hold it whole, smallest first."""
        return tuple(size for size in GPU_CLASSES_GB if holds(size, self.total_bytes))

    def to_json(self) -> dict[str, Any]:
        """Return the fixed shape of `finetune --json`; memory in MiB rounded up to 0.1."""
        recipe, memory = self.recipe, self.memory
        return {
            "id": self.model_id,
            "model": self.model_name,
            "method": recipe.method,
            "sequence_tokens": recipe.sequence_tokens,
            "batch": recipe.batch,
            "rank": None if recipe.full else recipe.rank,
            "optimizer_kind": recipe.optimizer,
            "checkpointing": recipe.checkpointing,
            "trained_parameters": memory.trained_parameters,
            **{f"{name}_mib": _mib(getattr(memory, name)) for name in _ITEMS},
            "activations_stored_mib": _mib(memory.stored),
            "chunked_saves_mib": _mib(self.chunked_saves_bytes),
            "total_mib": _mib(self.total_bytes),
            "basis": "rough" if self.rough else "counted",
            "gpu_count": self.gpu_count,
            "per_gpu_mib": _mib(self.per_gpu_bytes),
            "device": self.device,
            "available_mib": None if self.available_bytes is None else _mib(self.available_bytes),
            "fits": self.fits,
            "cards_needed": self.cards_needed,
            "card_mib": None if not self.cards_needed else _mib(self.memory.per_card(self.cards_needed)),
            "gpu_classes_gb": list(self.gpu_classes_gb),
            "cards": [card.to_json() for card in self.cards],
            "changes": [] if self.advice is None else [change.to_json() for change in self.advice.changes],
            "changes_fit": None if self.advice is None else self.advice.fits,
            "table": [
                {"sequence_tokens": tokens, "batch": batch, "total_mib": _mib(one.total)}
                for tokens, batch, one in self.rows
            ],
            "notes": list(self.notes),
            "sources": list(self.sources),
        }


def _mib(size: int) -> float:
    return -(-size * 10 // MIB) / 10


def finetune(
    model: Model,
    *,
    method: Method,
    machine: Machine | None,
    sequence_tokens: int = 2048,
    batch: int = 1,
    rank: int = 16,
    optimizer: Optimizer = "adamw",
    checkpointing: bool = True,
    gpus: Mapping[str, Gpu] | None = None,
) -> FinetuneReport:
    """Return the memory that training `model` takes, what holds it, and what to change when the machine does not.

    Args:
        model: a catalog entry with known parameters.
        method: "full" (all weights), "lora" (adapters on 16-bit weights) or "qlora" (on 4-bit weights).
        machine: where it should run; None: only what is needed.
        sequence_tokens: length of one training sample.
        batch: samples per GPU and step.
        rank: of the adapters, which sit on every linear layer but routed experts.
        optimizer: see recipe.Recipe.
        checkpointing: recompute activations in the backward pass.
        gpus: the table of cards to name; by default the shipped one.

    Raises BadArguments for an API-only model, an unknown method, values out of range or unknown parameters.
    """
    from knowledge.gpu_table import load_gpus

    check(model, None, "f16", 1)
    recipe = Recipe(method, sequence_tokens, batch, rank, optimizer, checkpointing)
    check_recipe(recipe)
    about = subject(model)
    if about is None:
        raise BadArguments(
            "model", model.name, "a model whose number of parameters is known", "パラメータ数が分かるモデル"
        )
    device, available, count, context = place(machine)
    memory = measure(about, recipe, context)
    left = None if available is None else available - memory.per_card(count)
    short = left is not None and left < 0
    return FinetuneReport(
        model_id=model.id,
        model_name=model.name,
        recipe=recipe,
        memory=memory,
        rough=about.rough,
        gpu_count=count,
        device=device,
        available_bytes=available,
        cards=fitting_cards(load_gpus() if gpus is None else gpus, memory),
        advice=advise(about, recipe, context, count, available) if short and available else None,
        rows=table(about, recipe, context, model.context_tokens),
        chunked_saves_bytes=memory.total - measure(about, replace(recipe, loss="chunked"), context).total,
        notes=(*_model_notes(model, about, recipe, memory, context, left), *machine_notes(machine, method)),
    )


def place(machine: Machine | None) -> tuple[str, int | None, int, int]:
    """Return the device's name, the bytes of one card, how many cards share the states, and a context's bytes."""
    if machine is None:
        return "", None, 1, OVERHEAD_MIB["cuda"] * MIB
    if not chosen_gpus(machine):
        return machine.cpu or "CPU", 0, 1, OVERHEAD_MIB["cpu"] * MIB
    space = room(machine)
    return (
        space.device, min(slot.free for slot in space.slots), space.count,
        max(slot.overhead for slot in space.slots),
    )  # fmt: skip


def _model_notes(
    model: Model, about: Subject, recipe: Recipe, memory: Memory, context: int, left: int | None
) -> list[dict[str, str]]:
    """Return what the figures leave out; `left` are the bytes that stay free on the machine, None without one."""
    notes: list[dict[str, str]] = []
    if not about.known:
        notes.append({
            "en": "The layers of this model are not known: activations are those of a Llama-like model of its size.",
            "ja": "このモデルの層構成が不明なため、活性化は同じ規模の Llama 型モデルとして概算しました。",
        })  # fmt: skip
    elif about.rough:
        notes.append({
            "en": "Rough: what its recurrent layers keep depends on the kernels in use.",
            "ja": "概算です。再帰型の層が保持する量は、使うカーネルによって変わります。",
        })  # fmt: skip
    if not recipe.full and about.expert_share:
        notes.append({
            "en": "The adapters leave the routed experts alone, as PEFT's all-linear does with stacked experts.",
            "ja": "アダプターはルーティングされるエキスパートには付けません（PEFT の all-linear と同じ扱いです）。",
        })  # fmt: skip
    if recipe.method == "qlora" and about.expert_share:
        plain = gib(measure(about, recipe, context, experts_in_4_bits=False).total)
        notes.append({
            "en": "Counted with the experts in 4 bits (Unsloth, Axolotl). bitsandbytes in transformers 5 leaves them "
            f"in 16 bits: {plain} then.",
            "ja": f"エキスパートも 4 ビットにする場合の値です（Unsloth、Axolotl）。transformers 5 の bitsandbytes は"
            f"エキスパートを 16 ビットのまま残すため、その場合は {plain} になります。",
        })  # fmt: skip
    elif recipe.method == "qlora":
        more = measure(about, replace(recipe, upcast=True), context).total - memory.total
        over = left is not None and 0 <= left < more
        notes.append({
            "en": f"PEFT's prepare_model_for_kbit_training keeps embeddings and norms in 32 bits: {gib(more)} more"
            + (", with which it does not fit; leave it out." if over else "."),
            "ja": f"PEFT の prepare_model_for_kbit_training を使うと、埋め込み層や正規化層が 32 ビットになり "
            f"{gib(more)} 増え" + ("、収まらなくなります（使わないでください）。" if over else "ます。"),
        })  # fmt: skip
    if "image" in model.inputs and model.variant != "image":
        notes.append({
            "en": "For text samples; images add tokens and the vision tower's activations.",
            "ja": "テキストだけの学習データの場合です。画像があると、トークン数と画像部分の活性化が加わります。",
        })  # fmt: skip
    return notes


def machine_notes(machine: Machine | None, method: Method) -> list[dict[str, str]]:
    """Return what a person should know about training on a machine."""
    if machine is None:
        return []
    gpus = chosen_gpus(machine)
    if not gpus:
        return [{
            "en": "Training needs a GPU; a processor alone would take weeks.",
            "ja": "学習には GPU が必要です。CPU だけでは現実的な時間で終わりません。",
        }]  # fmt: skip
    notes: list[dict[str, str]] = []
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
    return notes
