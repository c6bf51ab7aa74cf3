"""Ask llama.cpp itself. Not connected yet: the formula answers."""

from assistant.machine import Machine
from assistant.needs import Needs


def measure(need: Needs, machine: Machine | None) -> Needs:
    """Return the needs as measured; unchanged while nothing can be asked."""
    return need
