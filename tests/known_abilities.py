"""A toolbox whose abilities are given, one model's independent of the others'."""

from dataclasses import dataclass, field

import numpy as np

from assistant.calls import Recommend
from assistant.choosing.candidates import choose
from assistant.choosing.constraints import resolve
from assistant.choosing.ranking import Positions
from assistant.hardware.machine import Device, Machine
from assistant.toolbox import Toolbox
from tests.small_catalog import catalog

DEVIATION = 0.2


@dataclass(frozen=True, eq=False)
class Known:
    """Abilities by model id: position, or (position, deviation). Models with any score count as measured."""

    models: dict
    able: dict

    def positions(self, task, languages=()) -> Positions:
        rows = [
            (self.able[name], DEVIATION) if np.isscalar(self.able[name]) else self.able[name] for name in self.models
        ]
        position, deviation = np.array(rows, dtype=np.float64).reshape(-1, 2).T
        measured = np.array([len(one.scores) for one in self.models.values()], dtype=np.int64)
        return Positions(tuple(self.models), position, deviation, measured, deviation)


@dataclass(frozen=True, eq=False)
class KnownBox(Toolbox):
    """A toolbox with known abilities."""

    able: dict = field(default_factory=dict)

    @property
    def scales(self) -> Known:
        return Known(self.catalog.models, self.able)


def box_of(models, able, machine=None) -> KnownBox:
    """Return a toolbox of made-up models."""
    return KnownBox(catalog(*models), machine, able=able)


def chosen(models, able, machine=None, **question):
    """Return the needs, the candidates and why the others are out."""
    box = box_of(models, able, machine)
    needs = resolve(box, Recommend.model_validate(question))
    return needs, *choose(box, needs)


def machine(vram_gb, ram_gb=None, bandwidth=400.0, count=1) -> Machine:
    """Return a stated machine with cards of `vram_gb` each (0: none)."""
    memory, ram = round(vram_gb * 1024), None if ram_gb is None else round(ram_gb * 1024)
    card = Device("Card", "nvidia", "cuda", memory, memory, bandwidth, 50.0)
    return Machine((card,) * count if vram_gb else (), ram, ram, "CPU", 8, None, "stated")
