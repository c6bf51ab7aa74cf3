"""Every model of the catalog weighed against one machine at once: which quantisation of each its device may hold."""

from typing import TYPE_CHECKING

import numpy as np

from assistant.memory import batch
from assistant.memory.fit import NATIVE, ladder
from assistant.memory.placement import chosen_gpus, room
from assistant.memory.quants import LADDER

if TYPE_CHECKING:
    from assistant.machine import Machine
    from knowledge.catalog import Catalog

_NAMES = (*LADDER, *sorted(set(NATIVE.values())))


def best_quants(
    catalog: "Catalog", machine: "Machine", context_tokens: int, quant: str | None = None
) -> dict[str, str]:
    """Return model id -> best quantisation that the machine's device may hold whole, for the models that have one.

    By the formula, for `context_tokens` or all the model has. Candidates are those of `fit.ladder`, or `quant` (a key
    of QUANTS) alone. On several GPUs the sum of their memory counts: whether whole layers pack, `fit.best_fit` tells.
    """
    one, allowed = _table(catalog, _NAMES if quant is None else (quant,))
    if not one.models:
        return {}
    space, gpus = room(machine), chosen_gpus(machine)
    contexts = [min(context_tokens, model.context_tokens or context_tokens) for model in one.models]
    found = batch.totals(
        one,
        np.array(contexts, dtype=np.int64),
        devices=len(gpus),
        backend=gpus[0].backend if gpus else "cpu",
        on_card=space.kind == "gpu",
    )
    fits = (found != batch.UNKNOWN) & (found + space.overhead <= space.available) & allowed
    chosen = fits.argmax(axis=1)
    rows = np.flatnonzero(fits.any(axis=1))
    return {one.models[row].id: one.quants[chosen[row]] for row in rows}


_kept: dict[tuple[str, ...], tuple["Catalog", batch.Table, batch.Flags]] = {}


def _table(catalog: "Catalog", names: tuple[str, ...]) -> tuple[batch.Table, batch.Flags]:
    """Return the table of a catalog's open models, and (models, quants) which of `names` each may come in.

    The latest catalog's are kept: making them takes half a second.
    """
    found = _kept.get(names)
    if found is None or found[0] is not catalog:
        models = [model for model in catalog.models.values() if model.open_weights]
        rows = [[len(names) == 1 or name in ladder(model) for name in names] for model in models]
        found = _kept[names] = (catalog, batch.table(models, names), np.array(rows, dtype=np.bool_))
    return found[1:]
