"""`compare`: named models side by side, with who leads on which aspect and whether the lead is more than noise."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.calls import TASKS, Compare, Task
from assistant.choosing.candidates import noise
from assistant.choosing.constraints import DEFAULT_CONTEXT
from assistant.choosing.ranking import Z90, Ability, percent
from assistant.choosing.traits import kind
from assistant.errors import BadArguments
from assistant.events import Language
from assistant.hardware.machine import Machine
from assistant.model_facts import price_row, source_rows
from knowledge.priorities import load_priorities
from knowledge.schema import Model

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox

USUAL_QUANT = "Q4_K_M"
TASKS_COMPARED: tuple[Task, ...] = ("general", "coding", "reasoning", "math")
LANGUAGE = "ja"  # the language whose ability is compared beside the tasks where one of the models was measured in it


@dataclass(frozen=True, slots=True)
class Compared:
    """A model to compare, in the quantisation that was named for it (a key of QUANTS; None: none was)."""

    model: Model
    quant: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An ability after the stated quantisation, on the unbounded scale, and by how many scores it was measured."""

    position: float
    deviation: float
    predictive: float
    measured: int

    @property
    def score(self) -> float:
        """Ability, 0 to 100."""
        return round(percent(self.position), 1)

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the 90 % interval that is shown beside the score."""
        spread = Z90 * self.predictive
        return round(percent(self.position - spread), 1), round(percent(self.position + spread), 1)

    def holds(self, other: "Standing") -> bool:
        """Tell whether another's score lies inside the interval of this one."""
        return self.interval[0] <= other.score <= self.interval[1]

    def to_json(self) -> dict[str, Any]:
        """Return the score (0 to 100) with its 90 % interval."""
        return {"score": self.score, "interval": list(self.interval), "measured": self.measured}


def named(box: "Toolbox", text: str) -> Compared:
    """Return the model that a name means, and the quantisation that is part of the name ("qwen3 8b q4").

    Raises UnknownModel.
    """
    from assistant.memory.quants import resolve_quant
    from assistant.reader.units import quantisations
    from knowledge.names import find_model

    if text in box.catalog.models:
        return Compared(box.catalog.models[text], None)
    for span in quantisations(text):
        rest = " ".join((text[: span.start] + " " + text[span.end :]).replace("()", " ").split())
        if span.kind == "QNT" and rest:
            return Compared(find_model(box.catalog, rest), resolve_quant(str(span.value)))
    return Compared(find_model(box.catalog, text), None)


def compare(box: "Toolbox", rows: list[Compared], args: Compare, language: Language = "en") -> dict[str, Any]:
    """Return rows of facts, abilities per task and fit, and per task the leader (`n` counts rows from 1, with `tie`).

    Tasks are those asked for, else the general ones; the models' ability in Japanese stands beside them where one of
    them was measured in it, and counts for who leads where the asker writes it. A stated quantisation's cost is taken
    off the abilities.
    """
    machine = box.machine_for(args.hardware)
    if args.hardware is None and machine is not None and not machine.gpus:
        machine = None  # nobody asked about this computer, which is not meant for it
    models = [row.model for row in rows]
    kinds = {kind(model) for model in models}
    asked = [args.task] if args.task else _usual_tasks(kinds)
    shared: list[Task] = asked if len(kinds) == 1 else []
    standings = {str(task): [_standing(box, row, task) for row in rows] for task in shared}
    if shared and any(_speaks(box, model) for model in models):
        standings["japanese"] = [_standing(box, row, args.task or "general", (LANGUAGE,)) for row in rows]
    return {
        "models": [
            _row(box, row, machine, {task: of[n] for task, of in standings.items()}) for n, row in enumerate(rows)
        ],
        "leaders": {
            task: _leader(models, of) for task, of in standings.items() if task != "japanese" or language == LANGUAGE
        },
        "common_benchmarks": _common(box, models, asked),
        "machine": machine.label if machine else None,
        "tasks": list(standings),
    }


def _usual_tasks(kinds: set[str]) -> list[Task]:
    """Return what models of some kinds are compared at: text by the general tasks, others by what they are made for."""
    own: list[Task] = [task for task in TASKS if task in kinds]
    return list(TASKS_COMPARED) if "text" in kinds else own


def _speaks(box: "Toolbox", model: Model) -> bool:
    known = (box.catalog.benchmarks.get(score.benchmark) for score in model.scores)
    return any(LANGUAGE in one.languages for one in known if one is not None)


def _standing(box: "Toolbox", row: Compared, task: Task, languages: tuple[str, ...] = ()) -> Standing | None:
    from assistant.memory.quants import quality_loss

    able: Ability | None = box.scales.ability(row.model, task, languages)
    if able is None:
        return None
    lost = quality_loss(row.quant, row.model.parameters) if row.quant else 0.0
    position = able.position - load_priorities().perplexity * lost
    return Standing(position, able.deviation, able.predictive, len(able.measured))


def _row(
    box: "Toolbox", row: Compared, machine: Machine | None, standings: dict[str, Standing | None]
) -> dict[str, Any]:
    model = row.model
    licence = box.catalog.licences.get(model.licence)
    return {
        "id": model.id,
        "model": model.name,
        "quant": row.quant,
        "lab": model.lab,
        "variant": model.variant,
        "thinking": model.thinking,
        "open_weights": model.open_weights,
        "parameters_b": round(model.parameters / 1e9, 3) if model.parameters else None,
        "active_parameters_b": round(model.active_parameters / 1e9, 3) if model.active_parameters else None,
        "context_tokens": model.context_tokens,
        "released": model.released.isoformat() if model.released else None,
        "licence": licence.name if licence else model.licence,
        "commercial_use": licence.commercial if licence else "unknown",
        "languages": list(model.languages),
        "inputs": list(model.inputs),
        "price": price_row(model),
        "scores": {task: one.to_json() if one else None for task, one in standings.items()},
        "fit": fit_of(row, machine),
        "sources": source_rows(model.sources),
    }


def fit_of(row: Compared, machine: Machine | None) -> dict[str, Any] | None:
    """Return the stated quantisation's fit, else the usual one's or the best that fits; None without weights."""
    from assistant.memory.fit import best_fit, fit

    model = row.model
    if not model.open_weights:
        return None
    context = min(DEFAULT_CONTEXT, model.context_tokens or DEFAULT_CONTEXT)
    try:
        report = fit(model, quant=row.quant or _usual(model), context_tokens=context, machine=machine)
        if report.fits is False and machine is not None and row.quant is None:
            report = best_fit(model, machine, context_tokens=context) or report
        return report.to_json()
    except BadArguments:
        return None


def _usual(model: Model) -> str:
    """Return the quantisation that people take: the usual one, or the only one that the model is published in."""
    from assistant.memory.fit import ladder

    offered = ladder(model)
    return offered[0] if len(offered) == 1 else USUAL_QUANT


def _leader(models: list[Model], standings: list[Standing | None]) -> dict[str, Any]:
    """Return the most able row and which others are inside the noise (`tied`), all rows from 1; equal ones in order.

    `behind` are the rows that are clearly behind the first and all that are tied with it; what is neither tied nor
    behind is so only against the first (`behind_first`).
    """
    known = sorted((-one.position, n) for n, one in enumerate(standings) if one is not None)
    if len(known) < 2:
        return {"id": None, "n": None, "tie": False, "tied": [], "behind": [], "behind_first": []}
    first = known[0][1]
    tied = [n for _, n in known[1:] if _near(models, standings, first, n)]
    rest = sorted(n for _, n in known[1:] if n not in tied)
    behind = [n for n in rest if not any(_near(models, standings, one, n) for one in tied)]
    return {
        "id": models[first].id, "n": first + 1, "tie": bool(tied), "tied": [n + 1 for n in tied],
        "behind": [n + 1 for n in behind], "behind_first": [n + 1 for n in rest if n not in behind],
    }  # fmt: skip


def _near(models: list[Model], standings: list[Standing | None], at: int, below: int) -> bool:
    """Tell whether the difference of two rows' abilities is inside its noise, as far as what is shown tells it.

    So it is where the scores are shown as equal, where each lies inside the other's interval, and where the abilities
    alone are closer than their deviations. Two quantisations of one model share what is uncertain about it: only what
    is shown as equal is no difference between them.
    """
    one, other = standings[at], standings[below]
    if one is None or other is None:
        return False
    if f"{one.score:.0f}" == f"{other.score:.0f}":
        return True
    if models[at] is models[below]:
        return False
    shown = one.holds(other) and other.holds(one)
    return shown or bool(one.position - other.position < noise(one.deviation, other.deviation))


def _common(box: "Toolbox", models: list[Model], tasks: list[Task]) -> list[dict[str, Any]]:
    """Return the benchmarks on which every compared model has a score: the tasks' own first, then the newest."""
    weights = {name: one for task in tasks for name, one in box.catalog.tasks.get(task, {}).items()}
    by_model = [{score.benchmark: score.value for score in model.scores} for model in models]
    known = box.catalog.benchmarks
    names = set.intersection(*(set(scores) for scores in by_model)) & set(known)
    if len({model.id for model in models}) == 1:
        return []
    ordered = sorted(names, key=lambda one: (-weights.get(one, 0.0), -known[one].sources[0].date.toordinal(), one))
    return [
        {
            "id": name,
            "benchmark": known[name].name,
            "unit": known[name].unit,
            "scores": {model.id: scores[name] for model, scores in zip(models, by_model, strict=True)},
            "source": known[name].sources[0].ref,
            "date": known[name].sources[0].date.isoformat(),
        }
        for name in ordered
    ]
