"""Does a model fit and how much does it need: one function behind every figure."""

from collections.abc import Iterable, Sequence

from assistant.errors import BadArguments
from assistant.hardware.machine import Machine
from assistant.memory import notes as fit_notes
from assistant.memory.layers import PAD
from assistant.memory.needs import Needs, again, check, default_context, needs
from assistant.memory.placement import (
    OVERHEAD_SOURCE,
    Room,
    chosen_gpus,
    on_device,
    plan,
    room,
    usable,
    whole,
)
from assistant.memory.quants import LADDER, QUANTS, resolve_quant
from assistant.memory.report import MIB, FitReport, Placement
from assistant.memory.runtimes import settings
from assistant.memory.speed.estimate import SOURCE as SPEED_SOURCE
from assistant.memory.speed.estimate import estimate
from assistant.memory.speed.notes import speed_notes
from knowledge.schema import Model

# Published weights of these already are 4-bit experts; anything above re-codes them without gaining quality.
NATIVE = {"gpt-oss": "MXFP4"}
# A model whose parameters times this are too large is not looked at; Gemma 3n keeps half of its weights in RAM.
LEAST_ON_CARD = 0.4
WITHOUT_TOKENS = ("embedding", "reranker", "speech", "image")  # tokens per second say nothing about these


def fit(
    model: Model,
    *,
    quant: str | None,
    context_tokens: int | None,
    machine: Machine | None,
    kv_type: str = "f16",
    users: int = 1,
    exact: bool = True,
    brief: bool = False,
) -> FitReport:
    """Tell what a model takes, itemised, and whether a machine holds it.

    Args:
        model: a catalog entry, or one read by `assistant.memory.files.model_files`.
        quant: any name `resolve_quant` knows; None: the best that fits, else Q4_K_M.
        context_tokens: per user, prompt and reply together; None: 8,192 or the model's own maximum if that is less.
        machine: None: only what is needed.
        kv_type: type of the KV cache's values, "f16", "q8_0", ...
        users: parallel sequences, each with its own context.
        exact: let llama.cpp itself measure (some 20 ms the first time); False: the formula, which agrees with it.
        brief: leave out the longest context, notes and commands.

    Raises BadArguments for an API-only model, an unknown quantisation, values out of range, or a model of which not
    even the number of parameters is known.
    """
    kv_type = kv_type.lower()
    check(model, context_tokens, kv_type, users)
    context = context_tokens or default_context(model)
    name = resolve_quant(quant) if quant else _offered(model, machine, context, kv_type, users)
    need, space = situation(model, name, context, kv_type, users, machine)
    if exact:
        need = _measured(need, machine)
    return _report(need, machine, space, brief=brief)


def best_fit(
    model: Model,
    machine: Machine,
    *,
    context_tokens: int,
    quant: str | None = None,
    kv_type: str = "f16",
    users: int = 1,
    min_quant: str = "Q3_K_M",
    exact: bool = False,
    brief: bool = False,
) -> FitReport | None:
    """Return the report of the best quantisation that fits the machine's device whole, None when none does.

    Candidates are LADDER from Q8_0 down to `min_quant`, or `quant` alone. None also for models without weights to load
    or of unknown size: use `fit` to be told why. `brief` leaves out the longest context, notes and commands.
    """
    try:
        check(model, context_tokens, kv_type, users)
        names = (resolve_quant(quant),) if quant else ladder(model, min_quant)
        for name in _plausible(model, names, machine):
            need, space = situation(model, name, context_tokens, kv_type, users, machine)
            if whole(need, space):
                return _report(_measured(need, machine) if exact else need, machine, space, brief=brief)
    except BadArguments:
        return None
    return None


def needs_table(
    model: Model, contexts: Sequence[int], quants: Iterable[str], kv_type: str = "f16", users: int = 1
) -> list[FitReport]:
    """Return what the model needs without any hardware: one report per quantisation and context, in the order given.

    Raises BadArguments as `fit`.
    """
    return [
        fit(model, quant=quant, context_tokens=context, machine=None, kv_type=kv_type, users=users, exact=False)
        for quant in quants
        for context in contexts
    ]


def ladder(model: Model, min_quant: str = "Q3_K_M") -> tuple[str, ...]:
    """Return the quantisations to try, best first, down to `min_quant`; for native 4-bit models only the published."""
    native = NATIVE.get(model.architecture.arch or "") if model.architecture else None
    if native:
        return (native,)
    last = LADDER.index(min_quant) if min_quant in LADDER else len(LADDER) - 1
    return LADDER[: last + 1]


def _plausible(model: Model, names: Sequence[str], machine: Machine) -> Sequence[str]:
    """Return the names worth weighing: none when even the smallest is far too large (most models, on most machines)."""
    if model.parameters is None or len(names) == 1:
        return names
    space = room(machine)
    bits = min(QUANTS[name].bits_per_weight for name in names)
    if model.parameters * bits / 8 * LEAST_ON_CARD > space.available:
        return ()
    return [
        name for name in names if model.parameters * QUANTS[name].bits_per_weight / 8 * LEAST_ON_CARD <= space.available
    ]


def _offered(model: Model, machine: Machine | None, context: int, kv_type: str, users: int) -> str:
    """Return the quantisation for someone who named none."""
    native = NATIVE.get(model.architecture.arch or "") if model.architecture else None
    if native:
        return native
    if machine is None:
        return "Q4_K_M"
    best = best_fit(model, machine, context_tokens=context, kv_type=kv_type, users=users)
    return best.quant if best is not None else "Q4_K_M"


def situation(
    model: Model, quant: str, context: int, kv_type: str, users: int, machine: Machine | None
) -> tuple[Needs, Room]:
    """Return what a model needs on a machine and what the machine offers; `quant` is a key of QUANTS."""
    if machine is None:
        return needs(model, quant, context, kv_type, users), Room("", "unspecified", 1, 0, 0, 0, None)
    gpus = chosen_gpus(machine)
    backend = gpus[0].backend if gpus else "cpu"
    return needs(model, quant, context, kv_type, users, devices=len(gpus), backend=backend), room(machine)


def _measured(need: Needs, machine: Machine | None) -> Needs:
    """Return the needs as llama.cpp itself measures them, unchanged when it cannot be asked."""
    from assistant.memory.oracle import measure

    return measure(need, machine)


def _report(need: Needs, machine: Machine | None, space: Room, *, brief: bool = False) -> FitReport:
    placed = plan(need, space) if machine is not None else None
    overhead = space.overhead if machine is not None else 457 * MIB
    compute, host, longest, available = need.compute_bytes, need.weights.total - need.device_weights, None, None
    notes = [] if brief else fit_notes.question_notes(need)
    if machine is not None and placed is not None:
        available, host = usable(need, space), need.host_weights if space.kind == "gpu" else 0
        if not brief:
            longest = longest_context(need, space, placed.placement)
            notes += [*fit_notes.placement_notes(need, placed, space, available), *fit_notes.machine_notes(machine)]
        if placed.placement == "gpu":
            compute = sum(share.compute for share in placed.shares)
            overhead = sum(share.overhead for share in placed.shares)
    notes += () if brief else need.notes
    known = machine is not None and placed is not None and need.model.variant not in WITHOUT_TOKENS
    sources = (*need.sources, OVERHEAD_SOURCE, QUANTS[need.quant].source)
    speed = estimate(need, placed, machine) if known and machine is not None and placed is not None else None
    if known and machine is not None and placed is not None and not brief:
        notes += speed_notes(placed, machine)
    return FitReport(
        model_id=need.model.id,
        model_name=need.model.name,
        quant=need.quant,
        context_tokens=need.context_tokens,
        kv_type=need.kv_type,
        users=need.users,
        weights_bytes=on_device(need, space),
        kv_cache_bytes=need.cache_bytes,
        compute_bytes=compute,
        overhead_bytes=overhead,
        margin_bytes=space.margin if machine is not None else 1024 * MIB - overhead,
        available_bytes=available,
        device=space.device,
        placement=placed.placement if placed is not None else "unspecified",
        layers=need.layers,
        gpu_layers=placed.gpu_layers if placed is not None else None,
        gpu_bytes=placed.gpu_bytes if placed is not None else None,
        ram_bytes=placed.ram_bytes if placed is not None else None,
        max_context_tokens=longest,
        model_context_tokens=need.model.context_tokens,
        basis=need.basis,
        settings={} if brief else settings(need, placed, space),
        speed=speed,
        notes=tuple(notes),
        sources=tuple(dict.fromkeys((*sources, SPEED_SOURCE) if speed else sources)),
        file_bytes=need.weights.total,
        host_bytes=host,
        ram_available_bytes=space.ram,
        shares=placed.shares if placed is not None else (),
    )


def longest_context(need: Needs, space: Room, placement: Placement) -> int | None:
    """Return the largest context per user, in steps of 256, that the placement holds; None when unknown.

    0 when not even 256 tokens fit. At most what the model was made for, or can be extended to where more was asked for.
    """
    if need.cache is None or need.arch is None or placement == "none":
        return 0 if placement == "none" and need.cache is not None else None
    most = need.model.context_tokens or 1 << 20
    if need.context_tokens > most:
        most = max(most, need.model.extended_context_tokens or 0)
    low, high = 0, -(-most // PAD)
    while low < high:
        middle = (low + high + 1) // 2
        there = again(need, context_tokens=min(middle * PAD, most))
        holds = whole(there, space) if placement == space.kind else plan(there, space).placement == placement
        low, high = (middle, high) if holds else (low, middle - 1)
    return min(low * PAD, most)
