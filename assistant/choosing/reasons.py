"""Why a pick was picked, in sentences: ability and what it rests on, memory, speed, licence, language, price."""

from typing import TYPE_CHECKING

from assistant.choosing.columns import columns
from assistant.choosing.score_parts import score_parts
from assistant.events import Language
from assistant.sentences import count, gigabytes, join, language_name, say, task_name

if TYPE_CHECKING:
    from assistant.choosing.candidates import Candidate
    from assistant.choosing.constraints import Needs
    from assistant.memory.report import FitReport
    from assistant.toolbox import Toolbox
    from knowledge.schema import Model

BENCHMARKS_NAMED = 3  # in a sentence, the strongest; the table of parts has them all
MOSTLY = 0.4  # of what is known; with less of it predicted an ability is called measured
NOTABLE_POINTS = 0.5  # of score
NOTABLE_SPARE = 0.05 * 2**30  # bytes: less is written as 0.0 GiB


def why(box: "Toolbox", needs: "Needs", pick: "Candidate", language: Language) -> list[str]:
    """Return the reasons for one pick, the strongest first."""
    reasons = [_ability(box, needs, pick, language), *_quantisation(box, needs, pick, language)]
    if pick.split and pick.fit is not None:
        reasons.append(_split(pick.fit, language))
    elif pick.fit is not None and pick.fit.available_bytes is not None:
        spare = pick.fit.available_bytes - pick.fit.total_bytes
        key = "why.fits" if spare >= NOTABLE_SPARE else "why.fits_just"
        reasons.append(
            say(
                language, key, quant=pick.fit.quant, need=gigabytes(pick.fit.total_bytes),
                have=gigabytes(pick.fit.available_bytes), spare=gigabytes(spare),
            )
        )  # fmt: skip
    model = pick.model
    total, active = model.parameters, model.active_parameters
    if pick.run is not None and total and active and active < 0.6 * total:
        reasons.append(say(language, "why.moe", total=count(total / 1e9), active=count(active / 1e9)))
    reasons += _licence(box, needs, pick, language)
    doubted = unheard(box, needs, model)
    for asked in needs.languages:
        if asked in doubted:
            reasons.append(say(language, "out.language", language=language_name(language, asked)))
            continue
        measured = [
            box.catalog.benchmarks[name].name
            for name in sorted({score.benchmark for score in model.scores})
            if name in box.catalog.benchmarks and asked in box.catalog.benchmarks[name].languages
        ]
        if measured:
            names = join(language, measured[:BENCHMARKS_NAMED])
            reasons.append(
                say(language, "why.language_measured", language=language_name(language, asked), benchmarks=names)
            )
        else:
            reasons.append(say(language, "why.language_listed", language=language_name(language, asked)))
    if pick.fit is None and model.price and model.price.output is not None:
        reasons.append(
            say(
                language, "why.price", provider=model.price.provider, input=model.price.input, output=model.price.output
            )
        )
    return reasons


def unheard(box: "Toolbox", needs: "Needs", model: "Model") -> list[str]:
    """Return the asked languages that a model neither lists nor was measured in."""
    known = columns(box.catalog)
    row = next(n for n, one in enumerate(known.models) if one is model)
    return [code for code in needs.languages if code not in known.tongues[row]]


def _split(fit: "FitReport", language: Language) -> str:
    """Return what is in RAM beside the card, and the speed that follows."""
    part = "experts" if fit.placement == "expert_offload" else "layers"
    rate = fit.speed.mid if fit.speed else 0.0
    return say(
        language, f"why.split_{part}", quant=fit.quant, gpu=gigabytes(fit.gpu_bytes or 0),
        ram=gigabytes(fit.ram_bytes or 0), speed=f"{rate:.0f}",
    )  # fmt: skip


def _ability(box: "Toolbox", needs: "Needs", pick: "Candidate", language: Language) -> str:
    """Return what the ability rests on: the strongest of the task's scores, and how much is predicted."""
    task = task_name(language, needs.task, needs.args.variant)
    ordered = sorted(pick.ability.parts, key=lambda one: (-one.share, one.benchmark))
    direct = [part for part in ordered if part.direct]
    if not ordered:
        return say(language, "why.predicted", task=task)
    rows = direct or ordered
    benchmarks = box.catalog.benchmarks
    named = [f"{benchmarks[one.benchmark].name} {round(one.value, 1):g}" for one in rows[:BENCHMARKS_NAMED]]
    shown = join(language, named)
    if more := len(rows) - len(named):
        shown = say(language, "why.and_more", names=shown, more=more)
    if not direct:
        return say(language, "why.related", task=task, benchmarks=shown)
    predicted = pick.ability.prior.share
    if predicted < MOSTLY:
        return say(language, "why.measured", task=task, benchmarks=shown)
    return say(language, "why.partly", task=task, benchmarks=shown, share=f"{100 * predicted:.0f}")


def _quantisation(box: "Toolbox", needs: "Needs", pick: "Candidate", language: Language) -> list[str]:
    """Return what the quantisation costs, nothing where nobody would notice."""
    cost = score_parts(box, needs, pick)["quantisation"]
    if cost is None or -cost["points"] < NOTABLE_POINTS:
        return []
    points, percent = f"{-cost['points']:g}", f"{cost['perplexity_percent']:g}"
    return [say(language, "why.quant", quant=cost["quant"], points=points, percent=percent)]


def _licence(box: "Toolbox", needs: "Needs", pick: "Candidate", language: Language) -> list[str]:
    licence = box.catalog.licences.get(pick.model.licence)
    if licence is None or not pick.model.open_weights:
        return []
    text = say(language, f"why.licence_{licence.commercial}", licence=licence.name)
    conditions = licence.conditions.get(language)
    if needs.args.commercial_use and licence.commercial == "conditional" and conditions:
        text += say(language, "why.conditions", conditions=conditions.rstrip(".。"))
    return [text]
