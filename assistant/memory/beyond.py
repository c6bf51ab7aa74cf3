"""What a verdict leaves open: longest contexts, parallel users, what would make it fit, what 4 GB more would buy."""

from dataclasses import replace
from typing import Any

from assistant.hardware.machine import Machine
from assistant.memory.files.vision import projector_bytes, reads_images
from assistant.memory.fit import WITHOUT_TOKENS, best_fit, ladder, longest_context, situation
from assistant.memory.layers import UBATCH
from assistant.memory.needs import Needs, again, needs
from assistant.memory.placement import (
    ASSUMED_RAM_MIB,
    Plan,
    Room,
    chosen_gpus,
    experts_in_ram,
    plan,
    room,
    some_layers,
    total,
    usable,
    whole,
    with_more_memory,
)
from assistant.memory.quants import QUANTS
from assistant.memory.report import MIB, FitReport, mib
from assistant.memory.speed.estimate import estimate
from knowledge.schema import Model

KV_TYPES_SHOWN = ("f16", "q8_0", "q4_0")
SMALL_UBATCH = 128
USUAL = "Q4_K_M"
SMALLEST = ("IQ2_M", "IQ2_XS")  # below Q2_K: only to tell that it would fit, never chosen
MORE_MIB = 4096
SHORTEST = 1024  # tokens; a context below this serves no one
MOST_USERS = 10_000
CARDS_GB = (4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 72, 80, 96, 141, 192, 288)  # single cards that are sold
MOST_CARDS = 8  # of one kind in a machine that is sold
RAM_GB = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 768, 1024)


def beyond(model: Model, machine: Machine, report: FitReport, projector: int | None = None) -> dict[str, Any]:
    """Return further fields of a `fit` answer about a machine, from the formula; memory in MiB.

    max_context_by_kv_type: KV type -> longest context per user with everything on the device (0: not even 256 tokens),
    None where there is no cache or its size is unknown; only the asked type for formats outside llama.cpp. max_users:
    how many at once with the asked context each. missing_mib: what lacks, None when it fits. changes: single changes,
    the least first, with which the whole model would fit; then a combination when no single one does; then how it runs
    partly in RAM. four_gb_more: the same question with 4 GiB more memory. vision: the image projector, None for models
    without one; `projector` is its size in bytes when a file is at hand. full_windows_mib: what runtimes that keep the
    whole context in sliding-window layers (LM Studio bug tracker #900: "using full-size SWA cache"; older Ollama) take
    more, 0 without such layers.
    """
    need, space = situation(model, report.quant, report.context_tokens, report.kv_type, report.users, machine)
    cached = need.cache is not None and need.cache_bytes > 0
    return {
        "max_context_by_kv_type": _contexts(need, space) if cached else None,
        "max_users": _most_users(need, space) if cached else None,
        "missing_mib": None if report.fits else mib(max(0, total(need, space) - usable(need, space))),
        "changes": [] if report.fits else changes(need, space, machine),
        "four_gb_more": _more_memory(need, machine, report),
        "vision": _vision(need, space, projector),
        "full_windows_mib": _full_windows(need),
    }


def _contexts(need: Needs, space: Room) -> dict[str, int]:
    kinds = dict.fromkeys((*KV_TYPES_SHOWN, need.kv_type)) if QUANTS[need.quant].gguf else (need.kv_type,)
    return {kind: longest_context(again(need, kv_type=kind), space, space.kind) or 0 for kind in kinds}


def coarser(model: Model, machine: Machine, report: FitReport) -> dict[str, Any] | None:
    """Return how much longer a context the usual quantisation holds, None when a chosen finer one costs no context."""
    longest = report.max_context_tokens
    if not report.fits or longest is None or longest >= (model.context_tokens or longest):
        return None
    if QUANTS[report.quant].bits_per_weight <= QUANTS[USUAL].bits_per_weight:
        return None
    need, space = situation(model, USUAL, report.context_tokens, report.kv_type, report.users, machine)
    held = longest_context(need, space, space.kind) or 0
    return {"quant": USUAL, "context_tokens": held} if held > longest else None


def _most_users(need: Needs, space: Room) -> int:
    low, high = 0, MOST_USERS
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if whole(again(need, users=middle), space) else (low, middle - 1)
    return low


def changes(need: Needs, space: Room, machine: Machine) -> list[dict[str, Any]]:
    """Return what would make the model fit whole, one change each, from what costs least to what costs most.

    Each row: `change` and its `value`, the resulting `total_mib` of `available_mib`, and `fits`; last how it runs
    partly in RAM.
    """
    found = [_row(name, value, one, space) for name, value, one in _single(need, space) if one and whole(one, space)]
    if not found and (both := _combined(need, space)) is not None:
        found = [both]
    if (size := _larger(need, space, machine)) is not None:
        name = "card" if space.kind == "gpu" else "ram"
        found.append({"change": name, "value": size, "total_mib": mib(total(need, space)), "fits": True})
    if (more := _more_cards(need, machine)) is not None:
        found.append(more)
    return found + _partly(need, space, machine)


def _row(change: str, value: Any, there: Needs, space: Room) -> dict[str, Any]:
    return {
        "change": change,
        "value": value,
        "total_mib": mib(total(there, space)),
        "available_mib": mib(usable(there, space)),
        "fits": True,
    }


def _single(need: Needs, space: Room) -> list[tuple[str, Any, Needs | None]]:
    """Return (change, value, needs then): smaller batches, KV cache, fewer users, quantisation, shorter context."""
    found: list[tuple[str, Any, Needs | None]] = []
    if need.arch is not None and need.ubatch == UBATCH:
        found.append(("ubatch", SMALL_UBATCH, again(need, ubatch=SMALL_UBATCH)))
    if need.cache_bytes and need.kv_type in ("f32", "f16", "bf16"):
        found.append(("kv_type", "q8_0", again(need, kv_type="q8_0")))
    if need.users > 1 and (users := _most_users(need, space)):
        found.append(("users", users, again(need, users=users)))
    found.append(next((("quant", one.quant, one) for one in _lower(need) if whole(one, space)), ("quant", None, None)))
    longest = longest_context(need, space, space.kind) or 0
    if need.cache_bytes and longest >= SHORTEST:
        found.append(("context", longest, again(need, context_tokens=longest)))
    return found


def _lower(need: Needs) -> list[Needs]:
    """Return the needs in each smaller quantisation that is usually offered, best first."""
    bits = QUANTS[need.quant].bits_per_weight
    offered = ladder(need.model, "Q2_K")
    names = [
        name for name in (*offered, *(SMALLEST if len(offered) > 1 else ())) if QUANTS[name].bits_per_weight < bits
    ]
    return [
        needs(
            need.model, name, need.context_tokens, need.kv_type, need.users, devices=need.devices, backend=need.backend
        )
        for name in names
    ]  # fmt: skip


def _combined(need: Needs, space: Room) -> dict[str, Any] | None:
    """Return the best smaller quantisation that fits with a q8_0 cache, at the asked or else a short context."""
    for context in dict.fromkeys((need.context_tokens, min(4096, need.context_tokens))):
        for one in (need, *_lower(need)):
            there = again(one, kv_type="q8_0", context_tokens=context, users=need.users)
            if whole(there, space):
                value = {"quant": one.quant, "kv_type": "q8_0", "context_tokens": context}
                return _row("several", value, there, space)
    return None


def _larger(need: Needs, space: Room, machine: Machine) -> int | None:
    """Return the smallest usual size in GB, of the card or of the RAM where that is what runs it, that holds it whole.

    None for several GPUs, and when no usual size does.
    """
    if space.count > 1:
        return None
    sizes = CARDS_GB if space.kind == "gpu" else RAM_GB
    larger = ((size, with_more_memory(machine, size * 1024 - _memory_mib(machine))) for size in sizes)
    return next((size for size, one in larger if total(need, space) <= room(one).available), None)


def card_counts(quant: str, least: int, most: int) -> list[int]:
    """Return the numbers of cards to try; vLLM splits attention heads evenly, which powers of two do in all models."""
    return [count for count in range(least, most + 1) if QUANTS[quant].gguf or count & (count - 1) == 0]


def _more_cards(need: Needs, machine: Machine) -> dict[str, Any] | None:
    """Return the row for more cards like those there are, up to MOST_CARDS; None for mixed, unified and laptop ones."""
    cards = chosen_gpus(machine)
    if len(set(cards)) != 1 or cards[0].unified or cards[0].laptop:
        return None
    for count in card_counts(need.quant, len(cards) + 1, MOST_CARDS):
        more = replace(machine, gpus=cards[:1] * count)
        there, space = situation(need.model, need.quant, need.context_tokens, need.kv_type, need.users, more)
        if whole(there, space):
            return _row("cards", {"count": str(count), "device": cards[0].name}, there, space)
    return None


def _memory_mib(machine: Machine) -> int:
    """Return the memory that a larger machine would have more of: the card's, or the RAM."""
    gpus = chosen_gpus(machine)
    return gpus[0].total_mib if gpus else machine.ram_total_mib or ASSUMED_RAM_MIB


def _partly(need: Needs, space: Room, machine: Machine) -> list[dict[str, Any]]:
    """Return how it runs with experts, layers or all of it in RAM, for which there must be room where RAM is known."""
    rows = []
    plans: list[Plan | None] = []
    if space.kind == "gpu" and QUANTS[need.quant].gguf:
        plans = [experts_in_ram(need, space), some_layers(need, space)]
    placed = plan(need, space)
    if placed.placement == "cpu":
        plans.append(placed)
    for one in plans:
        if one is None or (space.ram is not None and (one.ram_bytes or 0) > space.ram):
            continue
        value = {"expert_offload": one.n_cpu_moe, "partial": one.gpu_layers}.get(one.placement, 0)
        speed = None if need.model.variant in WITHOUT_TOKENS else estimate(need, one, machine)
        rows.append({
            "change": one.placement,
            "value": value,
            "total_mib": mib(total(need, space)),
            "gpu_mib": mib(one.gpu_bytes),
            "ram_mib": mib(one.ram_bytes),
            "tokens_per_second": speed.mid if speed else None,
            "fits": False,
        })  # fmt: skip
    return rows


def _more_memory(need: Needs, machine: Machine, report: FitReport) -> dict[str, Any]:
    """Return the answer with 4 GiB more on the first GPU (or of RAM), beside today's where it is not in the report."""
    larger = with_more_memory(machine, MORE_MIB)
    there, space = situation(need.model, need.quant, need.context_tokens, need.kv_type, need.users, larger)
    placed = plan(there, space)
    speed = None if need.model.variant in WITHOUT_TOKENS else estimate(there, placed, larger)
    best = [
        best_fit(
            need.model, one, context_tokens=need.context_tokens, kv_type=need.kv_type, users=need.users,
            min_quant="Q2_K",
        )
        for one in (machine, larger)
    ]  # fmt: skip
    now, then = (one.quant if one is not None and QUANTS[need.quant].gguf else None for one in best)
    return {
        "fits": whole(there, space),
        "placement": placed.placement,
        "gpu_layers": placed.gpu_layers,
        "tokens_per_second": speed.mid if speed else None,
        "best_quant": then,
        "best_quant_now": now,
        "max_context_tokens": longest_context(there, space, placed.placement),
        "max_context_tokens_now": report.max_context_tokens,
    }


def _full_windows(need: Needs) -> float:
    if need.cache is None:
        return 0.0
    kept = need.cache.cache_bytes(need.context_tokens, need.kv_type, users=need.users, ubatch=need.ubatch)
    full = need.cache.cache_bytes(need.context_tokens, need.kv_type, users=need.users, swa_full=True)
    return (full - kept) / MIB


def _vision(need: Needs, space: Room, projector: int | None) -> dict[str, Any] | None:
    """Return the projector's size and whether it fits beside the model; the size is None when it is not known."""
    if projector is None and not reads_images(need.model):
        return None
    size = projector if projector is not None else projector_bytes(need.model, need.arch)
    if size is None:
        return {"projector_mib": None, "total_mib": None, "fits": None}
    held = replace(need, compute_bytes=need.compute_bytes + size)
    return {"projector_mib": mib(size), "total_mib": mib(total(held, space)), "fits": whole(held, space)}
