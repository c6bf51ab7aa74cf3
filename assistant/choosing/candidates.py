"""Candidates: models that pass every constraint, placed on the machine and ordered by utility.

Utility is ability at the task after the chosen quantisation, with speed and cost weighed by the stated priority.
"""

from collections import Counter
from dataclasses import dataclass, replace
from math import hypot, log2, log10
from typing import TYPE_CHECKING

from assistant.choosing.constraints import Because, Needs, why_out
from assistant.choosing.ranking import Ability, percent
from assistant.memory.report import FitReport
from knowledge.schema import Model

if TYPE_CHECKING:
    from assistant.memory.shelf import Weighed
    from assistant.tools import Toolbox

FAMILY_LIMIT = 2  # more picks than this from one family say little about the choice
SMALLEST_MARGIN = 1.0  # two abilities closer than this many of their joint deviations are a tie
# Abilities lost per unit of relative perplexity: Q2_K's +56 % (llama.cpp, Llama-3-8B) costs one deviation.
QUANT_COST = 1.8
READING_SPEED = 10.0  # tokens/s; slower than this is slower than most people read
ALTERNATIVE_QUANTS = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")
SPLITS = ("partial", "expert_offload")  # placements with a part of the model in RAM beside the card
SLOWEST_SPLIT = 5.0  # tokens/s; a split model that is slower is not suggested
MOST_RAM = 0.75  # share of the usable RAM that a split model may take: other programs run beside it
MOST_SPLITS = 1  # of the picks, as long as there are models that fit whole
# Abilities that a model must be ahead to be taken although a part of it is in RAM: prompts too are read more slowly.
SPLIT_COST = 0.3


@dataclass(frozen=True)
class Candidate:
    """A model that passes every constraint, with its fit (None: used through an API)."""

    model: Model
    ability: Ability
    fit: FitReport | None
    position: float
    utility: float

    @property
    def score(self) -> float:
        """Ability after quantisation, 0 to 100."""
        return round(percent(self.position), 1)

    @property
    def split(self) -> bool:
        """Whether a part of it is in RAM beside the card."""
        return self.fit is not None and self.fit.placement in SPLITS


def _speed_term(fit: FitReport | None, priority: str | None) -> float:
    speed = fit.speed.mid if fit and fit.speed else None
    if speed is None:
        return 0.0
    if priority == "speed":
        return min(max(log2(speed / READING_SPEED) * 0.55, -2.0), 2.0)  # ends at 16 times reading speed
    slowness = log2(READING_SPEED / max(speed, 0.05))
    return -max(slowness, 0.0) * (0.1 if priority == "quality" else 0.25)


def _cost_term(model: Model, fit: FitReport | None, priority: str | None) -> float:
    if priority != "cost":
        return 0.0
    if fit is not None:
        return -0.6 * log10(max(fit.total_bytes / 2**30, 0.25))
    return -0.5 * log10(max(model.price.output or 0.05, 0.05)) if model.price else -1.0


def _candidate(box: "Toolbox", model: Model, needs: Needs, fit: FitReport | None) -> Candidate | None:
    from assistant.memory.quants import quality_loss

    able = box.scales.ability(model, needs.task, needs.languages)
    if able is None:
        return None
    lost = QUANT_COST * quality_loss(fit.quant, model.parameters or 0) if fit else 0.0
    position = able.position - lost
    priority = needs.args.priority
    utility = position + _speed_term(fit, priority) + _cost_term(model, fit, priority)
    if fit is not None and fit.placement in SPLITS:
        utility -= SPLIT_COST
    if not able.measured:  # a guess from size and date alone should not beat a measured model by a hair
        utility -= 0.25 * able.deviation
    return Candidate(model, able, fit, position, round(utility, 6))


def _place(
    box: "Toolbox", model: Model, needs: Needs, weighed: "Weighed | None"
) -> tuple[Candidate | None, Because | None]:
    """Put one model on the machine (or behind its API); return the candidate or why not.

    `weighed` is the model against the machine, None when there is no machine or the model's size is unknown.
    """
    from assistant.memory.fit import best_fit, best_split

    if needs.local and model.open_weights and needs.machine is not None:
        context = _context(model, needs)
        fit = None
        if weighed is not None and weighed.fits:
            fit = best_fit(model, needs.machine, context_tokens=context, brief=True)
        if fit is None or not _room_for_images(model, needs, fit):
            fit = best_split(model, needs.machine, context_tokens=context, slowest=SLOWEST_SPLIT)
        if fit is not None and _runs(model, needs, fit, split=fit.placement in SPLITS):
            return _candidate(box, model, needs, fit), None
        if not (needs.api and model.price):
            return None, _too_big(needs, weighed)
        return _candidate(box, model, needs, None), None
    return _candidate(box, model, needs, None), None


def _room_for_images(model: Model, needs: Needs, fit: FitReport) -> bool:
    """Return whether the vision projector fits too, where images are the task."""
    from assistant.memory.report import MIB
    from assistant.memory.vision import USUAL_GIB, projector_bytes

    if needs.task != "vision" or fit.available_bytes is None:
        return True
    size = projector_bytes(model, model.architecture) or round(USUAL_GIB[1] * 1024) * MIB
    used = fit.gpu_bytes if fit.placement in SPLITS and fit.gpu_bytes is not None else fit.total_bytes
    return used + size <= fit.available_bytes


def _runs(model: Model, needs: Needs, fit: FitReport, *, split: bool) -> bool:
    """Return whether a report keeps what made a candidate: whole on the device, or split, fast enough and with room."""
    if not _room_for_images(model, needs, fit):
        return False
    if not split:
        return fit.fits is True
    if fit.placement not in SPLITS or fit.speed is None or fit.ram_bytes is None or fit.ram_available_bytes is None:
        return False
    return fit.speed.mid >= SLOWEST_SPLIT and fit.ram_bytes <= MOST_RAM * fit.ram_available_bytes


def _context(model: Model, needs: Needs) -> int:
    return min(needs.context_tokens, model.context_tokens) if model.context_tokens else needs.context_tokens


def _too_big(needs: Needs, weighed: "Weighed | None") -> Because:
    from assistant.memory.placement import room

    if weighed is None or needs.machine is None:
        return "memory_unknown", {}
    return "memory", {"quant": weighed.quant, "need": weighed.total, "have": room(needs.machine).available}


def _refine(box: "Toolbox", needs: Needs, candidate: Candidate) -> Candidate:
    """Try the usual quantisations too: a smaller one may be worth its loss in speed."""
    from assistant.memory.fit import fit

    if candidate.fit is None or needs.machine is None or candidate.model.variant in ("embedding", "speech", "image"):
        return candidate
    best = candidate
    for quant in ALTERNATIVE_QUANTS:
        if quant == candidate.fit.quant:
            continue
        report = fit(
            candidate.model,
            quant=quant,
            context_tokens=candidate.fit.context_tokens,
            machine=needs.machine,
            exact=False,
            brief=True,
        )
        if _runs(candidate.model, needs, report, split=candidate.split):
            other = _candidate(box, candidate.model, needs, report)
            if other and other.utility > best.utility + 1e-9:
                best = other
    return best


def _settle(needs: Needs, candidate: Candidate) -> Candidate | None:
    """Ask llama.cpp itself about a pick; None if by its figures the pick does not fit after all."""
    from assistant.memory.fit import fit

    if candidate.fit is None or needs.machine is None:
        return candidate
    report = fit(
        candidate.model, quant=candidate.fit.quant, context_tokens=candidate.fit.context_tokens, machine=needs.machine
    )
    runs = _runs(candidate.model, needs, report, split=candidate.split)
    return replace(candidate, fit=report) if runs else None


def choose(box: "Toolbox", needs: Needs) -> tuple[list[Candidate], dict[str, Because]]:
    """Return every candidate, best first, and why each other model is out."""
    from assistant.memory.shelf import weigh

    candidates, out = [], {}
    weighed: dict[str, Weighed] = {}
    if needs.local and needs.machine is not None:
        weighed = weigh(box.catalog, needs.machine, needs.context_tokens)
    for model in box.catalog.models.values():
        because = why_out(box, model, needs)
        if because is None:
            candidate, because = _place(box, model, needs, weighed.get(model.id))
            if candidate is not None:
                candidates.append(candidate)
                continue
        if because is not None:
            out[model.id] = because
    candidates.sort(key=_order)
    shortlist = [_refine(box, needs, c) for c in candidates[:25]]
    shortlist.sort(key=_order)
    return shortlist + candidates[25:], out


def _order(candidate: Candidate) -> tuple[float, bool, str]:
    """Order by utility, at a tie what is whole on the device first, then by id."""
    return -candidate.utility, candidate.split, candidate.model.id


def take(needs: Needs, candidates: list[Candidate], count: int) -> list[Candidate]:
    """Return the first `count` candidates that llama.cpp itself confirms to fit, at most two of a family.

    One of them may need RAM beside the card, more only where nothing fits whole.
    """
    picks: list[Candidate] = []
    families: Counter[str] = Counter()
    most_splits = MOST_SPLITS if any(not one.split for one in candidates) else count
    for candidate in candidates:
        family = candidate.model.family or candidate.model.id
        if families[family] >= FAMILY_LIMIT:
            continue
        if candidate.split and sum(one.split for one in picks) >= most_splits:
            continue
        settled = _settle(needs, candidate)
        if settled is None:
            continue
        picks.append(settled)
        families[family] += 1
        if len(picks) == count:
            break
    return picks


def tied(first: Candidate, other: Candidate) -> bool:
    """Tell whether the difference of two abilities is inside the noise."""
    noise = hypot(first.ability.deviation, other.ability.deviation)
    return abs(first.position - other.position) < SMALLEST_MARGIN * noise
