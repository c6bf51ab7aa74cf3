"""What one step more would buy: more memory, another licence, an API. Worked out by the chooser itself.

A step is told only when its best model is ahead of the present first pick by more than the noise. Which steps can be
worth a second choice is read off the first one: each model that was left out says why and what it would need.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.choosing.candidates import Candidate, choose, noise
from assistant.choosing.constraints import Because, Needs, resolve
from assistant.choosing.costs import monthly
from assistant.choosing.usage import Usage
from assistant.events import Language
from assistant.memory.beyond import CARDS_GB, RAM_GB
from assistant.memory.placement import chosen_gpus, with_more_memory
from assistant.memory.report import mib
from assistant.sentences import millions, money, say

if TYPE_CHECKING:
    from assistant.hardware.machine import Machine
    from assistant.toolbox import Toolbox

LEAST_MORE_GB = 4  # a smaller step is no purchase
TRIED = 3  # sizes that are tried, from the first that could hold a better model
SMALLER = 0.8  # of the need at Q4_K_M, which the reason tells: Q3_K_M's 4.0 bits per weight against 4.9
LICENCE = ("licence", "commercial_no", "commercial_unknown")
API = ("api_only", "no_api", "closed")


def steps(
    box: "Toolbox", needs: Needs, first: Candidate, out: dict[str, Because], usage: Usage, language: Language
) -> list[dict[str, Any]]:
    """Return one row per step that pays: what it is, the best model then, its score and the gain in score."""
    better = _clearly_better(box, needs, first, out)
    rows = []
    mixed = needs.machine is not None and len({gpu.name for gpu in chosen_gpus(needs.machine)}) > 1
    if needs.machine is not None and not mixed and (memory := _memory(box, needs, first, better, language)):
        rows.append(memory)
    if any(key in LICENCE for key, _ in better.values()):
        freed = resolve(box, needs.args.model_copy(update={"commercial_use": None, "licences": None}))
        rows += _row(box, freed, first, usage, language, "licence")
    if not needs.api and any(key in API for key, _ in better.values()):
        opened = replace(needs, args=needs.args.model_copy(update={"hosting": "any"}), api=True)
        rows += _row(box, opened, first, usage, language, "api")
    return rows


def _clearly_better(box: "Toolbox", needs: Needs, first: Candidate, out: dict[str, Because]) -> dict[str, Because]:
    """Return what was left out of the models that are ahead of the first pick by more than the noise."""
    able = box.scales.positions(needs.task, needs.languages)
    # NaN, for a model without a scale, is not ahead.
    ahead = able.position - first.position >= noise(able.deviation, first.deviation)
    return {able.ids[n]: out[able.ids[n]] for n in np.flatnonzero(ahead) if able.ids[n] in out}


def _memory(
    box: "Toolbox", needs: Needs, first: Candidate, better: dict[str, Because], language: Language
) -> dict[str, Any] | None:
    """Return the smallest usual size of memory that brings a clearly better model, None when there is none."""
    machine = needs.machine
    assert machine is not None
    lacking = [values["need"] * SMALLER - values["have"] for key, values in better.values() if key == "memory"]
    if not lacking:
        return None
    now, sizes = _sizes(machine)
    cards = max(len(chosen_gpus(machine)), 1)
    after = [size for size in sizes if size >= now + LEAST_MORE_GB]
    for size in [size for size in after if (size - now) * 2**30 * cards >= min(lacking)][:TRIED]:
        grown = replace(needs, machine=enlarged(machine, size))
        best = _best(box, grown, first)
        if best is not None:
            return _told(best, first, "memory", None) | {
                "from_gb": round(now, 1), "to_gb": size, "kind": _kind(machine),
                "steps": after.index(size) + 1,
                "text": say(language, f"step.{_kind(machine)}", size=size, count=cards, **_values(best, first))
                + (say(language, "step.less") if size > after[0] else ""),
            }  # fmt: skip
    return None


def _kind(machine: "Machine") -> str:
    """Return what more memory would be: another "card", larger "cards", or "ram"."""
    if not _discrete(machine):
        return "ram"
    return "card" if len(chosen_gpus(machine)) == 1 else "cards"


def _discrete(machine: "Machine") -> bool:
    gpus = chosen_gpus(machine)
    return bool(gpus) and not gpus[0].unified


def _sizes(machine: "Machine") -> tuple[float, tuple[int, ...]]:
    """Return the present memory in GB (per card) and the sizes that such memory is sold in."""
    if _discrete(machine):
        return chosen_gpus(machine)[0].total_mib / 1024, CARDS_GB
    return (machine.ram_total_mib or 0) / 1024, RAM_GB


def enlarged(machine: "Machine", size_gb: float) -> "Machine":
    """Return the machine with this much memory on each of its cards, or of RAM where it has no card of its own."""
    more = round((size_gb - _sizes(machine)[0]) * 1024)
    if not _discrete(machine):
        return with_more_memory(machine, more)
    cards = tuple(
        replace(gpu, total_mib=gpu.total_mib + more, free_mib=gpu.free_mib + more) for gpu in chosen_gpus(machine)
    )
    return replace(machine, gpus=cards)


def _best(box: "Toolbox", needs: Needs, first: Candidate) -> Candidate | None:
    """Return the chooser's first, None when it is not ahead of the present first by more than the noise."""
    candidates, _ = choose(box, needs)
    best = candidates[0] if candidates else None
    if best is None or best.position - first.position < noise(best.deviation, first.deviation):
        return None
    return best


def _row(
    box: "Toolbox", needs: Needs, first: Candidate, usage: Usage, language: Language, step: str
) -> list[dict[str, Any]]:
    best = _best(box, needs, first)
    if best is None:
        return []
    usd = monthly(box, needs.machine, best, usage) if best.run is None else None
    values = _values(best, first)
    key = f"step.{step}"
    if step == "api":
        tokens = {"input": millions(usage.input_tokens), "output": millions(usage.output_tokens)}
        values |= {"cost": say(language, "step.cost", usd=money(usd), **tokens) if usd is not None else ""}
    if step == "licence":
        licence = box.catalog.licences.get(best.model.licence)
        values |= {"licence": licence.name if licence else best.model.licence}
    return [_told(best, first, step, usd) | {"text": say(language, key, **values)}]


def _values(best: Candidate, first: Candidate) -> dict[str, Any]:
    named = f"{best.model.name} ({best.run.quant})" if best.run else best.model.name
    return {"model": named, "score": f"{best.score:.0f}", "now": f"{first.score:.0f}"}


def _told(best: Candidate, first: Candidate, step: str, usd: float | None) -> dict[str, Any]:
    return {
        "step": step,
        "id": best.model.id,
        "model": best.model.name,
        "quant": best.run.quant if best.run else None,
        "score": best.score,
        "gain": round(best.score - first.score, 1),
        "memory_mib": mib(best.total_bytes),
        "usd_per_month": None if usd is None else round(usd, 2),
    }
