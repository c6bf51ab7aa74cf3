"""Why other models are not in the list, what was assumed, and what relaxing a constraint would buy."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.calls import Recommend, Task
from assistant.choosing.candidates import SLOWEST_SPLIT, Candidate, choose
from assistant.choosing.constraints import Because, Needs, resolve
from assistant.events import Language
from assistant.memory.placement import ASSUMED_RAM_MIB
from assistant.sentences import gigabytes, language_name, say

if TYPE_CHECKING:
    from assistant.tools import Toolbox

EXCLUDED_LARGER = 3
EXCLUDED_OTHERS = 2
RELAXABLE = (
    "hardware", "commercial_use", "licences", "languages", "context_tokens",
    "max_params_b", "max_price", "variant", "exclude", "hosting",
)  # fmt: skip


def left_out(
    box: "Toolbox", needs: Needs, out: dict[str, Because], picks: list[Candidate], language: Language
) -> list[dict[str, str]]:
    """Say why stronger models are not in the list, one per family: the next ones up in size, then the very strongest.

    Too large ones come by what they need, smallest first (what a little more memory would buy); of those out for other
    reasons the strongest two are named.
    """
    bar = picks[0].ability.position if picks else -9.0
    larger: list[tuple[float, str]] = []
    others: list[tuple[float, str]] = []
    for model_id, (key, values) in out.items():
        if key in ("kind", "excluded", "edge"):
            continue
        able = box.scales.ability(box.catalog.models[model_id], needs.task, needs.languages)
        if able and able.measured and able.position > bar:
            if key == "memory":
                larger.append((values["need"], model_id))
            else:
                others.append((-able.position, model_id))
    shown: list[dict[str, str]] = []
    families = {pick.model.family or pick.model.id for pick in picks}
    for rows, most in ((sorted(larger), EXCLUDED_LARGER), (sorted(others), EXCLUDED_OTHERS)):
        taken = 0
        for _, model_id in rows:
            model = box.catalog.models[model_id]
            if taken == most or (family := model.family or model_id) in families:
                continue
            families.add(family)
            taken += 1
            key, values = out[model_id]
            shown.append({"model": model.name, "id": model_id, "because": _say_why_out(language, key, values)})
    return shown


def _say_why_out(language: Language, key: str, values: dict[str, Any]) -> str:
    if "code" in values:
        values = {"language": language_name(language, values["code"])}
    if key == "memory":
        values = {**values, "need": gigabytes(values["need"]), "have": gigabytes(values["have"])}
    return say(language, f"out.{key}", **values)


def assumptions(needs: Needs, language: Language) -> list[str]:
    """Return what was filled in because it was not stated, in sentences."""
    args, lines = needs.args, []
    if args.task is None:
        lines.append(say(language, "assume.task"))
    if args.hardware is None and needs.machine is not None:
        lines.append(say(language, "assume.machine", machine=needs.machine.label))
    if needs.machine is None and args.hosting != "api":
        lines.append(say(language, "assume.no_machine"))
    if args.context_tokens is None and kind_of_task(needs.task) == "text" and needs.machine is not None:
        lines.append(say(language, "assume.context", context=f"{needs.context_tokens:,}"))
    if needs.machine is not None and any(not gpu.unified for gpu in needs.machine.gpus):
        known = needs.machine.ram_total_mib is not None
        lines.append(say(language, "assume.split" if known else "assume.gpu_only", slowest=f"{SLOWEST_SPLIT:g}"))
    elif needs.machine is not None and not needs.machine.gpus and needs.machine.ram_total_mib is None:
        lines.append(say(language, "assume.ram_cpu", ram=ASSUMED_RAM_MIB // 1024))
    return lines


def kind_of_task(task: Task) -> str:
    """Return the kind of model a task needs: "text" or the task's own kind."""
    return task if task in ("embedding", "speech", "image") else "text"


def relaxations(box: "Toolbox", args: Recommend, language: Language) -> list[dict[str, Any]]:
    """Drop each stated constraint by itself and say what that would buy."""
    rows = []
    for name in RELAXABLE:
        if getattr(args, name) is None and not (name == "hardware" and resolve(box, args).machine):
            continue
        update: dict[str, Any] = {name: "any" if name == "hosting" else None}
        freed = resolve(box, args.model_copy(update=update))
        if name == "hardware":
            freed = replace(freed, machine=None)
        candidates, _ = choose(box, freed)
        if candidates:
            rows.append(
                {
                    "constraint": name,
                    "would_allow": len(candidates),
                    "best": candidates[0].model.name,
                    "text": say(
                        language, "relax", constraint=say(language, f"constraint.{name}"),
                        count=len(candidates), best=candidates[0].model.name,
                    ),
                }
            )  # fmt: skip
    return rows
