"""What to buy: the best choice per size of graphics memory, or per card that is weighed. No shop price is known."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.calls import Hardware, Recommend
from assistant.choosing.candidates import Candidate, choose, take
from assistant.choosing.constraints import Needs, resolve
from assistant.choosing.exact import report
from assistant.choosing.left_out import assumptions
from assistant.choosing.recommend import needs_json, pick_json
from assistant.choosing.steps import LEAST_MORE_GB
from assistant.choosing.usage import usage_of
from assistant.events import Language
from assistant.hardware.machine import Device, Machine
from assistant.hardware.stated import SAME_SIZE
from assistant.memory.placement import chosen_gpus
from assistant.memory.report import FitReport
from assistant.memory.usual_cards import to_buy
from assistant.stated.alternatives import CARD, CPU
from assistant.stated.choice import machine as stated_machine

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox

SIZES_GB = (8, 12, 16, 24, 32, 48, 96)  # of single cards that are sold
MOST_RAM_GB = 64  # that a usual PC of two modules is sold with


def buying(box: "Toolbox", args: Recommend, cards: tuple[str, ...], language: Language) -> dict[str, Any]:
    """Return the shape of `recommend`, one pick per element of `machines`, the smallest memory first.

    `machines`: {"card_gb", "names"}, cards of that memory as examples, or what is weighed, with the memory of all its
    cards, {"kind"} "gpu", "unified" (the part of it that its GPU may use) or "cpu" (its RAM). `same` tells how fast one
    and the same model runs on what is weighed: {"model", "quant", "rates"} with a rate for each, or None. A size whose
    choice is the model of the size before, no abler, is left out (`left_out` tells of one in between). Beside hardware
    that was stated only larger cards are of use. `enough_gb` is the size from which on nothing changes, None where the
    largest still does; `question` what to ask for: the task, or a model that has to run. Of hardware that was stated,
    `now` is its present choice and `more_ram` the one with {"ram_gb"} of RAM instead (None without any, or where RAM
    changes nothing). Raises UnknownGpu.
    """
    rows: list[tuple[dict[str, Any], Needs, Candidate]] = []
    offers = _named(box, cards) if cards else _sizes(box, args)
    for offer, hardware in offers:
        needs = resolve(box, args.model_copy(update={"hardware": hardware, "hosting": "local"}))
        best = _best(box, needs)
        if best and (cards or not rows or not _same(rows[-1][2], best)):
            rows.append((offer, needs, best))
    usage = usage_of(args)
    known = cards and not all(name.partition(" ")[0] in (CARD, CPU) for name in cards)  # else no speed tells them apart
    same = _same_model([(needs, best) for _, needs, best in rows]) if known else None
    picks = [pick_json(box, needs, best, usage, language) for _, needs, best in rows]
    needs = rows[-1][1] if rows else resolve(box, args)
    shown = [offer["card_gb"] for offer, _, _ in rows]
    largest = shown[-1] if shown else None
    return {
        "picks": picks,
        "excluded": [],
        "ties": [],
        "needs": needs_json(replace(needs, args=args)) | {"machine": None},
        "assumptions": assumptions(needs, None, [best for _, _, best in rows], language),
        "machines": [offer for offer, _, _ in rows],
        "weighed": bool(cards),
        "same": same,
        "question": "task" if args.task is None else "model",
        "left_out": not cards and any(size not in shown and shown[0] < size < shown[-1] for size in SIZES_GB),
        "enough_gb": largest if not cards and largest != SIZES_GB[-1] else None,
        **({} if cards or args.hardware is None else _present(box, args, language)),
    }


def _best(box: "Toolbox", needs: Needs) -> Candidate | None:
    return next(iter(take(needs, choose(box, needs)[0], 1)), None)


def _present(box: "Toolbox", args: Recommend, language: Language) -> dict[str, Any]:
    """Return `now` and `more_ram` for stated hardware: its choice, and the one with as much RAM as is usual at most."""
    hardware, usage = args.hardware, usage_of(args)
    assert hardware is not None
    needs = resolve(box, args.model_copy(update={"hosting": "local"}))
    now, more = _best(box, needs), None
    if needs.machine is None or now is None:
        return {"now": None, "more_ram": None}
    if hardware.ram_gb is not None and hardware.ram_gb < MOST_RAM_GB and not _unified(needs.machine):
        grown = args.model_copy(
            update={"hosting": "local", "hardware": hardware.model_copy(update={"ram_gb": MOST_RAM_GB})}
        )
        held = _best(box, resolve(box, grown))
        more = held if held is not None and not _same(held, now) and held.score > now.score else None
    return {
        "now": pick_json(box, needs, now, usage, language) | {"machine": needs.machine.label},
        "more_ram": pick_json(box, needs, more, usage, language) | {"ram_gb": MOST_RAM_GB} if more else None,
    }


def _sizes(box: "Toolbox", args: Recommend) -> list[tuple[dict[str, Any], Hardware]]:
    """Return the sizes of card that are more than what is there, with examples."""
    machine = box.machine_for(args.hardware) if args.hardware is not None else None
    have = sum(gpu.total_mib for gpu in chosen_gpus(machine)) / 1024 if machine is not None else 0
    names = to_buy(box.catalog.gpus)
    ram = args.hardware.ram_gb if args.hardware is not None and machine is not None and not _unified(machine) else None
    return [
        ({"card_gb": size, "names": list(names.get(size, ()))}, _hardware(vram_gb=size, ram_gb=ram))
        for size in SIZES_GB
        if size >= have + LEAST_MORE_GB
    ]


def _unified(machine: Any) -> bool:
    return any(gpu.unified for gpu in machine.gpus)


def _named(box: "Toolbox", cards: tuple[str, ...]) -> list[tuple[dict[str, Any], Hardware]]:
    """Return what is weighed with the memory that models may take on it, the least first."""
    found = []
    for name in cards:
        hardware = stated_machine(name)
        machine = box.machine_for(hardware)
        kind, size = _memory(box, machine) if machine is not None else ("gpu", 0)
        plain = name.removesuffix(f" {size}GB")
        told = name if kind == "cpu" or sum(one.startswith(plain) for one in cards) > 1 else plain
        found.append(({"card_gb": size, "names": [told], "kind": kind}, hardware))
    return sorted(found, key=lambda one: one[0]["card_gb"])


def _memory(box: "Toolbox", machine: Machine) -> tuple[str, int]:
    """Return the kind of a machine's memory and its GB: of all cards as sold, a shared one's usable part, or RAM."""
    gpus = chosen_gpus(machine)
    if not gpus:
        return "cpu", round((machine.ram_total_mib or 0) / 1024)
    if gpus[0].unified:
        return "unified", round(gpus[0].free_mib / 1024)
    return "gpu", round(sum(_as_sold(box, gpu) for gpu in gpus))


def _as_sold(box: "Toolbox", gpu: Device) -> float:
    """Return the GB that a card is sold as: drivers report a few percent less."""
    known, reported = box.catalog.gpus.get(gpu.name), gpu.total_mib / 1024
    sold = [size for size in known.memory_gb if abs(size - reported) <= SAME_SIZE * size] if known else []
    return min(sold, key=lambda size: abs(size - reported), default=reported)


def _same_model(rows: list[tuple[Needs, Candidate]]) -> dict[str, Any] | None:
    """Return how fast the ablest of the choices that runs whole everywhere is on each machine, None without any."""
    machines = [needs.machine for needs, _ in rows]
    for _, best in sorted(rows, key=lambda row: -row[1].score):
        if best.run is None:
            continue
        reports = [report(best.model, machine, best.run, exact=True) for machine in machines if machine is not None]
        rates = [one.to_json()["tokens_per_second"] if _whole(one) else None for one in reports]
        if rates and all(rates):
            return {"model": best.model.name, "quant": best.run.quant, "rates": rates}
    return None


def _whole(fit: FitReport) -> bool:
    return fit.placement in ("gpu", "unified", "cpu")


def _hardware(**values: Any) -> Hardware:
    return Hardware.model_validate({name: value for name, value in values.items() if value is not None})


def _same(one: Candidate, other: Candidate) -> bool:
    """Tell whether a larger card's choice is the smaller one's, no abler in a finer quantisation."""
    return one.model is other.model and round(other.score) <= round(one.score)
