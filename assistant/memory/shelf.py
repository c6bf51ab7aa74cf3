"""Every model of the catalog weighed against one machine at once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.memory import batch
from assistant.memory.fit import NATIVE, ladder
from assistant.memory.placement import chosen_gpus, room
from assistant.memory.quants import LADDER

if TYPE_CHECKING:
    from assistant.machine import Machine
    from knowledge.catalog import Catalog

USUAL = "Q4_K_M"
_NAMES = (*LADDER, *sorted(set(NATIVE.values())))


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
    one, allowed, usual = _table(catalog, _NAMES if quant is None else (quant,))
    if not one.models:
        return {}
    space, gpus = room(machine), chosen_gpus(machine)
    contexts = [min(context_tokens, model.context_tokens or context_tokens) for model in one.models]
    needed = batch.totals(
        one,
        np.array(contexts, dtype=np.int64),
        devices=len(gpus),
        backend=gpus[0].backend if gpus else "cpu",
        card_only=space.kind == "gpu",
    )
    known = needed != batch.UNKNOWN
    needed += space.overhead
    fits = known & (needed <= space.available) & allowed
    columns = np.where(fits.any(axis=1), fits.argmax(axis=1), usual)
    return {
        model.id: Weighed(one.quants[column], int(needed[row, column]), bool(fits[row, column]))
        for row, (model, column) in enumerate(zip(one.models, columns, strict=True))
        if known[row, column]
    }


_kept: dict[tuple[str, ...], tuple["Catalog", batch.Table, batch.Flags, batch.Ints]] = {}


def _table(catalog: "Catalog", names: tuple[str, ...]) -> tuple[batch.Table, batch.Flags, batch.Ints]:
    """Return the table of a catalog's open models, (models, quants) whether a model may come in it, the usual column.

    The latest catalog's are kept: making them takes half a second.
    """
    found = _kept.get(names)
    if found is None or found[0] is not catalog:
        models = [model for model in catalog.models.values() if model.open_weights]
        ladders = [names if len(names) == 1 else ladder(model) for model in models]
        allowed = np.array([[name in one for name in names] for one in ladders], dtype=np.bool_)
        usual = [names.index(one[0] if len(one) == 1 else USUAL) for one in ladders]
        found = _kept[names] = (catalog, batch.table(models, names), allowed, np.array(usual, dtype=np.int64))
    return found[1:]
