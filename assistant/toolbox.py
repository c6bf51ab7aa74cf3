"""What the tools work on."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.calls import Hardware
from assistant.choosing.ranking import Scales, scales_of
from assistant.events import Language
from assistant.hardware.machine import Machine
from knowledge.catalog import Catalog

if TYPE_CHECKING:
    from index.library import Index
    from index.types import Before


@dataclass(frozen=True, eq=False)
class Toolbox:
    """What the tools work on: the catalog, the machine to assume when none is stated, and the index to search."""

    catalog: Catalog
    machine: Machine | None = None
    index: "Index | None" = None
    own_first: bool = False  # the person's documents before the guides
    before: "Before | None" = None  # what a follow-up to the person's documents follows
    ram_gb_s: float | None = None  # what a stated machine's RAM delivers, where the question tells it
    asker: Language | None = None  # what the question is written in, where a person asks in words

    @cached_property
    def scales(self) -> Scales:
        """The ability scales of this catalog."""
        return scales_of(self.catalog)

    def without_machine(self) -> "Toolbox":
        """Return the same for a question about another machine than this one, which is not known."""
        return replace(self, machine=None)

    def machine_for(self, hardware: Hardware | None) -> Machine | None:
        """Return the stated machine, else the toolbox's own. Raises UnknownGpu."""
        if hardware is None or not hardware.model_fields_set:
            return self.machine
        from assistant.hardware.stated import stated

        machine = stated(hardware, self.catalog)
        if self.ram_gb_s is None or machine.ram_bandwidth_gb_s is not None:
            return machine
        return replace(machine, ram_bandwidth_gb_s=self.ram_gb_s)
