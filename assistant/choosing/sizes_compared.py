"""`compare` of bare sizes ("7B or 13B?"): what each takes on the machine, and the best model of up to each size."""

from typing import TYPE_CHECKING, Any

from assistant.calls import Compare, Recommend
from assistant.choosing.candidates import choose, take
from assistant.choosing.compare import Compared, fit_of
from assistant.choosing.constraints import resolve
from assistant.memory.generic import generic_model
from assistant.memory.quants import QUANTS, resolve_quant
from assistant.model_facts import source_rows

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox

ABOUT = 1.2  # times a size: what is still of that size, as the 9B models are beside an 8B
COARSE_BITS = 3.5  # per weight: below that a larger model often does worse than a smaller one in finer quantisation


def sizes_of(names: list[str]) -> list[Compared] | None:
    """Return the sizes that the names are, each with its quantisation ("70B Q2"); None where one is no bare size."""
    rows: list[Compared] = []
    for name in names:
        size, _, quant = name.partition(" ")
        model = generic_model(size)
        if model is None:
            return None
        rows.append(Compared(model, resolve_quant(quant) if quant else None))
    return sorted(rows, key=lambda one: one.model.parameters or 0)


def compare_sizes(box: "Toolbox", rows: list[Compared], args: Compare) -> dict[str, Any]:
    """Return per size, the smallest first, the fit of a dense model and `best`: the best model of up to that size.

    `best` runs on the machine that was stated; without one only its ability counts. `coarse` are the sizes whose
    quantisation takes off so much that a larger size may be no gain.
    """
    machine = box.machine_for(args.hardware) if args.hardware is not None else None
    here = box if args.hardware is not None else box.without_machine()
    return {
        "sizes": [
            {
                "model": row.model.name,
                "fit": fit_of(row, machine),
                "best": _best(here, row, args),
            }
            for row in rows
        ],
        "coarse": [row.model.name for row in rows if row.quant and QUANTS[row.quant].bits_per_weight < COARSE_BITS],
        "machine": machine.label if machine else None,
        "task": args.task or "general",
        "models": [],
    }


def _best(box: "Toolbox", row: Compared, args: Compare) -> dict[str, Any] | None:
    most = round(ABOUT * (row.model.parameters or 0) / 1e9, 1)
    said = {"task": args.task, "hardware": args.hardware, "hosting": "local", "max_params_b": most}
    wish = Recommend.model_validate({name: value for name, value in said.items() if value is not None})
    needs = resolve(box, wish)
    pick = next(iter(take(needs, choose(box, needs)[0], 1)), None)
    if pick is None:
        return None
    return {
        "id": pick.model.id,
        "model": pick.model.name,
        "quant": pick.fit.quant if pick.fit else None,
        "score": pick.score,
        "sources": source_rows(pick.model.sources),
    }
