"""Planning one model layer by layer, where the sums over the whole catalog do not: splits and several GPUs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant.choosing.options import SPLIT_QUANTS
from assistant.hardware.machine import Machine
from assistant.memory.report import MIB, FitReport
from knowledge.priorities import load_priorities
from knowledge.schema import Model

SPLITS = ("partial", "expert_offload")  # placements with a part of the model in RAM beside the card


@dataclass(frozen=True, slots=True)
class Run:
    """How a model is to be run: with which quantisation, KV cache and context, and whether a part may be in RAM.

    `images`: its vision projector must fit too. `users` have a context each. `slowest`: tokens/s that are left at least
    with a part in RAM, `least` those that are wished for wherever it runs (0: none).
    """

    quant: str
    kv_type: str
    context_tokens: int
    split: bool
    images: bool
    users: int
    slowest: float
    least: float


def report(model: Model, machine: Machine, run: Run, *, exact: bool = False) -> FitReport:
    """Return the fit of a run, brief from the formula, or complete and measured by llama.cpp (`exact`)."""
    from assistant.memory.fit import fit

    return fit(
        model, quant=run.quant, context_tokens=run.context_tokens, machine=machine, kv_type=run.kv_type,
        users=run.users, exact=exact, brief=not exact,
    )  # fmt: skip


def runs(model: Model, run: Run, fit: FitReport) -> bool:
    """Return whether a fit is what was planned: whole on the device, or split, fast enough and with room in RAM."""
    if run.images and not _room_for_images(model, fit):
        return False
    if fit.speed is not None and fit.speed.mid < run.least:
        return False
    if not run.split:
        return fit.fits is True and fit.placement not in SPLITS
    if fit.placement not in SPLITS or fit.speed is None or fit.ram_bytes is None or fit.ram_available_bytes is None:
        return False
    return fit.speed.mid >= run.slowest and fit.ram_bytes <= load_priorities().most_ram * fit.ram_available_bytes


def _room_for_images(model: Model, fit: FitReport) -> bool:
    from assistant.memory.files.vision import USUAL_GIB, projector_bytes

    if fit.available_bytes is None:
        return True
    size = projector_bytes(model, model.architecture) or round(USUAL_GIB[1] * 1024) * MIB
    used = fit.gpu_bytes if fit.placement in SPLITS and fit.gpu_bytes is not None else fit.total_bytes
    return used + size <= fit.available_bytes


def split_runs(model: Model, run: Run) -> Iterator[Run]:
    """Yield the ways to run a model with a part in RAM: its published quantisation alone, else the usual small ones."""
    from assistant.memory.fit import ladder

    names = ladder(model) if len(ladder(model)) == 1 else SPLIT_QUANTS
    for name in names:
        yield replace(run, quant=name, kv_type="f16", split=True)


def smaller(model: Model, run: Run) -> tuple[Run, ...]:
    """Return the same run in the smaller quantisations that the model is offered in, best first."""
    from assistant.memory.fit import ladder

    names = ladder(model)
    return tuple(replace(run, quant=name) for name in names[names.index(run.quant) + 1 :])


def costs_more(model: Model, run: Run, other: Run) -> float:
    """Return how much more ability the other run's quantisation costs."""
    from assistant.memory.quants import quality_loss

    lost = [quality_loss(one.quant, model.parameters) for one in (run, other)]
    return load_priorities().perplexity * (lost[1] - lost[0])
