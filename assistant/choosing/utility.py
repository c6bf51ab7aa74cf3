"""What a choice is ordered by: ability after quantisation, with speed and a month's cost weighed by the priority.

    utility = position - quantisation - cache + speed + cost - split - tight - unsure

All terms are in standard deviations of ability; the weights and their reasons are in knowledge/priorities.toml. The
functions take arrays (or numbers), so that one formula stands behind a single model and a million.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.choosing.usage import Usage, rated_watts, usage_of
from assistant.memory.batch import Floats, Ints
from assistant.memory.notes import TIGHT
from knowledge.priorities import Priorities, Weights, load_priorities

if TYPE_CHECKING:
    from assistant.choosing.constraints import Needs
    from assistant.toolbox import Toolbox

THOUGHT_WANTED = ("math", "reasoning")  # tasks for which nobody wants an answer without it
SLOWEST = 0.05  # tokens/s; nobody waits for less


@dataclass(frozen=True, slots=True)
class Taste:
    """What a question weighs: the priority's weights, a month's usage, and US dollars per hour of computing."""

    weights: Weights
    all: Priorities
    usage: Usage
    usd_per_hour: float

    def speed(self, tokens_per_second: Floats) -> Floats:
        """Return what speed adds, 0 where it is unknown (NaN)."""
        known = self.all
        doublings = np.log2(np.clip(tokens_per_second, SLOWEST, known.fastest) / known.reading)
        return np.asarray(np.nan_to_num(doublings * np.where(doublings < 0, self.weights.slow, self.weights.fast)))

    def room(self, left: Ints) -> Floats:
        """Return what filling a device costs of which this many bytes stay free (never above 0).

        Nothing from a reserve on (memory/notes.py, TIGHT: beside the usual margin), the full weight with nothing left.
        """
        return np.asarray(-self.weights.tight * np.clip(1 - left / TIGHT, 0.0, 1.0))

    def embedding(self, parameters: Floats) -> Floats:
        """Return what the size of an embedder adds on a processor (never above 0): a doubling halves its speed."""
        doublings = np.log2(np.maximum(parameters, self.all.embedder) / self.all.embedder)
        return np.asarray(-self.weights.slow * doublings)

    @property
    def most(self) -> float:
        """The most that speed and cost add to any model: what the highest speed that counts does."""
        return max(0.0, float(self.speed(np.array(np.inf))))

    def cost(self, usd: Floats) -> Floats:
        """Return what a month's dollars add (never above 0); NaN is as much as `unknown_usd`."""
        paid = np.where(np.isnan(usd), self.all.unknown_usd, usd)
        return np.asarray(-self.weights.cost * np.log10(1 + paid / self.all.small_usd))

    def electricity(self, tokens_per_second: Floats) -> Floats:
        """Return a month's electricity in dollars for generating its tokens; 0 where the speed is unknown.

        Reading prompts is left out: on a card it takes a tenth of the time.
        """
        hours = self.usage.output_tokens / np.maximum(tokens_per_second, SLOWEST) / 3600
        return np.asarray(np.nan_to_num(hours * self.usd_per_hour))

    def lost(self, added_perplexity: Floats) -> Floats:
        """Return the ability that a quantisation costs which adds this fraction of perplexity."""
        return np.asarray(self.all.perplexity * added_perplexity / (1 + added_perplexity))


def thinking(needs: "Needs", variant: str) -> float:
    """Return how many times slower than its tokens come an answer of such a model is felt to come.

    A model that always thinks first is so where its thoughts are not what was wished for.
    """
    wanted = needs.args.variant == "reasoning" or needs.task in THOUGHT_WANTED
    return load_priorities().thinking if variant == "reasoning" and not wanted else 1.0


def taste(box: "Toolbox", needs: "Needs") -> Taste:
    """Return what a question weighs; the power of a device that is not known is assumed (priorities.toml)."""
    known, usage = load_priorities(), usage_of(needs.args)
    watts = rated_watts(box.catalog.gpus, needs.machine) or known.watts
    return Taste(known.profiles[needs.args.priority or "balanced"], known, usage, watts / 1000 * usage.usd_per_kwh)
