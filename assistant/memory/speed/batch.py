"""Generation speed of many models at once: what `speed.estimate` tells of one, as arrays.

tests/test_candidates.py holds both equal for models that lie whole on one device. On several GPUs each holds a share
in proportion to its free memory here, where a plan packs whole layers. A split between card and RAM is computed as if
layers could be cut anywhere, which is a little too fast: what is suggested is planned layer by layer afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.hardware.machine import Machine
from assistant.memory.batch import Floats
from assistant.memory.placement import chosen_gpus, room
from assistant.memory.speed import bandwidth
from assistant.memory.speed import constants as of
from assistant.memory.speed.estimate import cpu_bytes

EXPERT_TENSORS = 3  # matrices of one layer's routed experts: gate, up, down


@dataclass(frozen=True, eq=False, slots=True)
class Reads:
    """What a generated token takes: bytes of dense weights and chosen experts (models, quants), of cache and tensors.

    `cache` and `tensors` are (models, 1), `quants` the names of the columns.
    """

    dense: Floats
    experts: Floats
    cache: Floats
    tensors: Floats
    quants: Sequence[str]

    def less(self, other: "Reads") -> "Reads":
        """Return what is left when `other` lies elsewhere."""
        parts = (self.dense - other.dense, self.experts - other.experts, self.cache - other.cache)
        dense, experts, cache = (np.maximum(0.0, part) for part in parts)
        return Reads(dense, experts, cache, np.maximum(0.0, self.tensors - other.tensors), self.quants)


def generation(reads: Reads, machine: Machine) -> Floats:
    """Return tokens per second (models, quants) with everything on the machine's device; NaN when it is unknown."""
    return rounded(fastest(reads, machine))


def fastest(reads: Reads, machine: Machine) -> Floats:
    """Return the same without rounding."""
    return 1 / (gpu_seconds(reads, machine) if chosen_gpus(machine) else processor_seconds(reads, machine))


def split_generation(reads: Reads, in_ram: Reads, handovers: Floats, machine: Machine) -> Floats:
    """Return tokens per second (models, quants) with a part in RAM; `handovers`: how often a token goes there."""
    waiting = processor_seconds(in_ram, machine) + handovers * of.HANDOVER
    return rounded(1 / (gpu_seconds(reads.less(in_ram), machine) + waiting))


def gpu_seconds(reads: Reads, machine: Machine) -> Floats:
    """Return the seconds per token of GPUs that work one after the other; NaN when a bandwidth is unknown."""
    gpus, slots = chosen_gpus(machine), room(machine).slots
    free = sum(slot.free for slot in slots) or 1
    decoded, bits = _per_quant(reads.quants)
    seconds: Floats = np.full(reads.dense.shape, of.CONSTANTS.token)
    for gpu, slot in zip(gpus, slots, strict=True):
        share = slot.free / free
        known = bandwidth.bandwidths(gpu)
        rate = (known[1] if known else np.nan) * 1e9 * of.share_of_bandwidth(gpu)
        weights = (reads.dense + reads.experts / of.CONSTANTS.experts) * share
        computing = (reads.dense + reads.experts) * share * 8 / bits / of.weights_per_second(gpu)
        seconds += np.maximum(weights / (rate * decoded), computing) + reads.cache * share / rate
        seconds += reads.tensors * share * of.tensor_seconds(gpu)
    return seconds


def processor_seconds(reads: Reads, machine: Machine) -> Floats:
    """Return the seconds per token of the processor."""
    rate, _ = cpu_bytes(machine)
    decoded = np.array([of.cpu_decoding(one) for one in reads.quants])
    reading = (reads.dense + reads.experts) / (rate * decoded) + reads.cache / rate
    return np.asarray(reading + reads.tensors * of.CPU_TENSOR)


def _per_quant(quants: Sequence[str]) -> tuple[Floats, Floats]:
    return np.array([of.decoding(one) for one in quants]), np.array([of.bits_per_weight(one) for one in quants])


def rounded(values: Floats) -> Floats:
    """Return three significant digits, as speeds are told."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10.0 ** (2 - np.floor(np.log10(values)))
        return np.asarray(np.round(values * scale) / scale)
