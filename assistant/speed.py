"""Generation speed from bytes read per token and memory bandwidth."""

from assistant.fit_report import Speed
from assistant.machine import Machine
from assistant.needs import Needs
from assistant.placement import Plan, chosen_gpus


def estimate(need: Needs, placed: Plan, machine: Machine) -> Speed | None:
    """Return tokens per second for one user, None when a bandwidth is unknown."""
    gpus = chosen_gpus(machine)
    if placed.placement in ("none",) or (placed.placement != "cpu" and not gpus):
        return None
    active = need.weights.active + need.cache_bytes // max(1, need.users) // 2
    if placed.placement == "cpu":
        bandwidth = machine.ram_bandwidth_gb_s or 40.0
        middle = bandwidth * 1e9 * 0.6 / max(active, 1)
        return Speed(middle * 0.6, middle, middle * 1.4, "memory bandwidth")
    if gpus[0].bandwidth_gb_s is None:
        return None
    middle = 1 / (active / (gpus[0].bandwidth_gb_s * 1e9 * 0.65) + 0.0015)
    return Speed(middle * 0.7, middle, middle * 1.3, "memory bandwidth")
