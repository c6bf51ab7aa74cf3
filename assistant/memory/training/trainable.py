"""How large a model a machine trains: per method, as dense models shaped like Llama 3."""

from dataclasses import dataclass, replace
from typing import Any

from assistant.errors import BadArguments
from assistant.hardware.machine import Machine
from assistant.memory.generic import generic_model
from assistant.memory.report import MIB
from assistant.memory.training.finetune import SOURCES, machine_notes, place
from assistant.memory.training.memory import measure, subject
from assistant.memory.training.recipe import METHODS, Method, Recipe, check_recipe

# Billions of parameters: the sizes that open dense models are published in.
SIZES = (0.5, 1, 1.5, 2, 3, 4, 7, 8, 9, 12, 14, 20, 24, 27, 32, 40, 50, 70, 104, 123, 180, 235, 340, 405)


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest of SIZES that a method trains, None where not even 0.5B fits; bytes are one card's share."""

    method: Method
    params_b: float | None
    per_gpu_bytes: int


@dataclass(frozen=True, slots=True)
class TrainableReport:
    """What a machine trains, the method that needs least last. Memory is that of one card."""

    device: str
    available_bytes: int
    gpu_count: int
    recipe: Recipe
    largest: tuple[Largest, ...]
    notes: tuple[dict[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Return `finetune_memory`'s answer about a machine; memory in MiB."""
        return {
            "device": self.device,
            "available_mib": round(self.available_bytes / MIB, 1),
            "gpu_count": self.gpu_count,
            "sequence_tokens": self.recipe.sequence_tokens,
            "batch": self.recipe.batch,
            "rank": self.recipe.rank,
            "optimizer_kind": self.recipe.optimizer,
            "largest": [
                {"method": one.method, "params_b": one.params_b, "per_gpu_mib": round(one.per_gpu_bytes / MIB, 1)}
                for one in self.largest
            ],
            "notes": list(self.notes),
            "sources": list(SOURCES),
        }


def trainable(machine: Machine, recipe: Recipe, method: Method | None = None) -> TrainableReport:
    """Return the largest of SIZES that a machine trains with a recipe's settings by `method`, or by each of them.

    Raises BadArguments when a setting is out of range.
    """
    check_recipe(recipe)
    device, available, count, context = place(machine)
    found = []
    for name in (method,) if method else METHODS:
        asked, best = replace(recipe, method=name), Largest(name, None, 0)
        for size in SIZES:
            share = _share(size, asked, count, context)
            if share <= (available or 0):
                best = Largest(name, size, share)
        found.append(best)
    return TrainableReport(device, available or 0, count, recipe, tuple(found), tuple(machine_notes(machine, "lora")))


def _share(size: float, recipe: Recipe, count: int, context: int) -> int:
    """Return what one card holds of a generic model of a size in billions of parameters."""
    model = generic_model(f"{size:g}B")
    about = subject(model) if model else None
    if about is None:
        raise BadArguments("model", f"{size:g}B", "a size", "規模")
    return measure(about, recipe, context).per_card(count)
