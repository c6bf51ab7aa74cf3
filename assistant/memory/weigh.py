"""Which quantisation of every model of the catalog one machine holds, from the shelf's columns."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.memory.placement import room
from assistant.memory.shelf_file import shelf

if TYPE_CHECKING:
    from assistant.hardware.machine import Machine
    from knowledge.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Weighed:
    """A quantisation of a model, everything it needs on the machine's device in bytes, and whether that is free."""

    quant: str
    total: int
    fits: bool


def weigh(catalog: "Catalog", machine: "Machine", context_tokens: int, quant: str | None = None) -> dict[str, Weighed]:
    """Return model id -> the best quantisation that the machine's device may hold whole, else the usual one.

    By the formula, for `context_tokens` or all the model has; open models of known size only. Candidates are those of
    `fit.ladder`, or `quant` (a key of QUANTS) alone; the usual one is Q4_K_M or the only published. On several GPUs the
    sum of their memory counts: whether whole layers pack on them, `fit.best_fit` tells.
    """
    one = shelf(catalog, None if quant is None else (quant,))
    models = [catalog.models[name] for name in sorted(catalog.models)]
    if not models:
        return {}
    space = room(machine)
    held = [models[row].context_tokens or context_tokens for row in one.first]
    beside = one.beside(np.minimum(context_tokens, np.array(held, dtype=np.int64)), machine)
    weights = one.cards if space.kind == "gpu" else one.weights
    needed = weights + beside[one.shape][:, None]
    fits = one.usable & (needed <= space.available)
    columns = np.where(fits.any(axis=1), fits.argmax(axis=1), one.usual)
    return {
        model.id: Weighed(one.quants[column], int(needed[row, column]), bool(fits[row, column]))
        for row, (model, column) in enumerate(zip(models, columns, strict=True))
        if one.usable[row, column]
    }
