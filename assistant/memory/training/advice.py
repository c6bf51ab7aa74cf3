"""What to change so that a training run fits: settings first, then the method, the length of the samples last."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from assistant.memory.report import MIB
from assistant.memory.training.memory import Memory, Subject, measure
from assistant.memory.training.recipe import Recipe

Kind = Literal["checkpointing", "loss", "batch", "optimizer", "method", "rank", "sequence_tokens"]
_SHORTEST, _LOWEST_RANK = 512, 8


@dataclass(frozen=True, slots=True)
class Change:
    """One setting, its new value, and the bytes per card with it and the changes before it."""

    kind: Kind
    to: str | int | bool
    bytes_each: int

    def to_json(self) -> dict[str, Any]:
        """Return one element of the result's `changes`."""
        return {"change": self.kind, "to": self.to, "per_gpu_mib": -(-self.bytes_each * 10 // MIB) / 10}


@dataclass(frozen=True, slots=True)
class Advice:
    """Changes in order, and whether with all of them the run fits."""

    changes: tuple[Change, ...]
    fits: bool


def advise(about: Subject, recipe: Recipe, context: int, count: int, available: int) -> Advice:
    """Return the changes that make a run fit `available` bytes on each of `count` cards.

    Each next change is taken while it does not fit; those that turn out to be unnecessary are dropped again. When all
    of them together are not enough, all that help are returned and `fits` is False.
    """

    def needed(tried: Recipe) -> int:
        return measure(about, tried, context).per_card(count)

    taken: list[tuple[Kind, str | int | bool]] = []
    current = recipe
    for kind, value in _steps(about, recipe):
        if needed(current) <= available:
            break
        tried = _set(current, kind, value)
        if needed(tried) < needed(current):
            current = tried
            taken.append((kind, value))
    fits = needed(current) <= available
    if fits:
        taken = _needed_ones(taken, lambda steps: needed(_all(recipe, steps)) <= available)
    return Advice(tuple(_told(recipe, taken, needed)), fits)


def _steps(about: Subject, recipe: Recipe) -> Iterator[tuple[Kind, str | int | bool]]:
    """Yield possible changes, gentlest first."""
    yield "checkpointing", True
    if about.logits:
        yield "loss", "chunked"
    if recipe.full:
        yield "optimizer", "adamw_8bit"
    batch = recipe.batch
    while batch > 1:
        batch = (batch + 1) // 2
        yield "batch", batch
    if recipe.full:
        yield "method", "lora"
    if recipe.method != "qlora":
        yield "method", "qlora"
    if recipe.rank > _LOWEST_RANK:
        yield "rank", _LOWEST_RANK
    tokens = recipe.sequence_tokens // 2
    while tokens >= _SHORTEST:
        yield "sequence_tokens", tokens
        tokens //= 2


def _set(recipe: Recipe, kind: Kind, value: str | int | bool) -> Recipe:
    changed = replace(recipe, **{kind: value})  # type: ignore[arg-type]
    return replace(changed, optimizer="adamw") if kind == "method" else changed


def _all(recipe: Recipe, steps: list[tuple[Kind, str | int | bool]]) -> Recipe:
    for kind, value in steps:
        recipe = _set(recipe, kind, value)
    return recipe


def _needed_ones(
    steps: list[tuple[Kind, str | int | bool]], fits: Callable[[list[tuple[Kind, str | int | bool]]], bool]
) -> list[tuple[Kind, str | int | bool]]:
    """Return the steps without those that the rest does without, and only the last one of a kind."""
    last = {kind: place for place, (kind, _) in enumerate(steps)}
    kept = [step for place, step in enumerate(steps) if last[step[0]] == place]
    for step in list(kept):
        fewer = [one for one in kept if one != step]
        if fewer and fits(fewer):
            kept = fewer
    return kept


def _told(
    recipe: Recipe, steps: list[tuple[Kind, str | int | bool]], needed: Callable[[Recipe], int]
) -> Iterator[Change]:
    last = {kind: place for place, (kind, _) in enumerate(steps)}
    for place, (kind, value) in enumerate(steps):
        recipe = _set(recipe, kind, value)
        if last[kind] == place:
            yield Change(kind, value, needed(recipe))


def table(about: Subject, recipe: Recipe, context: int, longest: int | None) -> tuple[tuple[int, int, Memory], ...]:
    """Return (tokens per sample, samples per step, memory): half to four times the length, one to four times the batch.

    Lengths stay within the model's context.
    """
    lengths = [one for one in _around(recipe.sequence_tokens) if longest is None or one <= longest]
    lengths = lengths or [recipe.sequence_tokens]
    batches = [recipe.batch, 2 * recipe.batch, 4 * recipe.batch]
    return tuple(
        (tokens, batch, measure(about, replace(recipe, sequence_tokens=tokens, batch=batch), context))
        for tokens in lengths
        for batch in batches
    )


def _around(tokens: int) -> list[int]:
    return sorted({max(1, tokens // 2), tokens, 2 * tokens, 4 * tokens})
