"""What a choice depends on, and the constraints: masks over the catalog's columns, each with its reason.

A model is out for the first constraint that it breaks, in the order of `broken`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.calls import Recommend, Task
from assistant.choosing.columns import (
    Columns,
    columns,
    commercial,
    holds,
    licensed,
    multilingual,
    named,
    of_variants,
    speaks,
)
from assistant.choosing.usage import usage_of
from assistant.errors import BadArguments
from assistant.hardware.machine import Machine
from assistant.memory.batch import Flags, Ints
from knowledge.schema import Licence

if TYPE_CHECKING:
    from assistant.toolbox import Toolbox

DEFAULT_CONTEXT = 8_192  # tokens when none are stated: a long conversation, or a dozen pages and a reply

VARIANTS: dict[Task, frozenset[str]] = {
    "embedding": frozenset({"embedding"}),
    "speech": frozenset({"speech"}),
    "image": frozenset({"image"}),
    "translation": frozenset({"translation", "instruct", "reasoning", "vision"}),
    "coding": frozenset({"code", "instruct", "reasoning", "vision"}),
}
# Tasks in which the person's own language matters little.
_ANY_LANGUAGE: tuple[Task, ...] = ("coding", "math", "image", "function_calling", "translation")
TEXT_VARIANTS = frozenset({"instruct", "reasoning", "vision"})
EDGE_PARAMETERS = 4_500_000_000  # phones and single-board computers: the sizes sold as "edge" end at about 4B
ROUNDED_SIZES = 1.05e9  # "7B" is what people call 7.2 billion parameters

Because = tuple[str, dict[str, Any]]  # the key of a sentence and its values
Codes = NDArray[np.uint8]
# What may leave a model out; its place here is its code, 0 for a model that may be considered.
REASONS = (
    "", "kind", "tools", "edge", "excluded", "api_only", "no_api", "commercial_no", "commercial_unknown", "licence",
    "language", "context", "context_unknown", "params", "params_unknown", "closed", "price", "price_unknown",
    "month", "month_unknown", "memory", "memory_unknown", "no_scale", "slow",
)  # fmt: skip
CODE = {key: code for code, key in enumerate(REASONS)}


@dataclass(frozen=True)
class Needs:
    """The arguments with everything resolved that a choice depends on.

    `unproven`: models with many languages may be considered without evidence that an asked one is among them.
    """

    args: Recommend
    task: Task
    machine: Machine | None
    local: bool
    api: bool
    context_tokens: int
    languages: tuple[str, ...]
    users: int = 1
    unproven: bool = False


def resolve(box: "Toolbox", args: Recommend) -> Needs:
    """Fill in what was not stated: general task, local when there is a machine to run on, 8,192 tokens.

    What is to run on phones and small devices is local, and not for this machine unless that was stated.

    Raises UnknownGpu, and BadArguments for a licence that no model of the catalog has.
    """
    _check_licences(box, args.licences or ())
    edge = args.task == "edge"
    machine = (box.without_machine() if edge else box).machine_for(args.hardware)
    hosting = args.hosting or ("local" if machine or edge else "any")
    return Needs(
        args,
        args.task or "general",
        machine if hosting != "api" else None,
        hosting in ("local", "any"),
        hosting in ("api", "any"),
        args.context_tokens or DEFAULT_CONTEXT,
        tuple(args.languages or _assumed_languages(box, args)),
        args.users or 1,
    )


def _assumed_languages(box: "Toolbox", args: Recommend) -> tuple[str, ...]:
    """Return Japanese for who writes Japanese, where a model works on the person's own words."""
    return ("ja",) if box.asker == "ja" and args.task not in _ANY_LANGUAGE else ()


def _check_licences(box: "Toolbox", words: Iterable[str]) -> None:
    """Raise BadArguments for a word that is in no licence; those named instead are free for any commercial use."""
    table = box.catalog.licences
    for word in words:
        if any(holds(one, word) for one in table.values()) or licensed(columns(box.catalog), (word,)).any():
            continue
        choice = ", ".join(sorted(name for name, one in table.items() if one.commercial == "yes"))
        raise BadArguments("licence", word, f"a licence such as {choice}", f"ライセンス名（例: {choice}）")


def codes(one: Columns, needs: Needs) -> Codes:
    """Return for each row the code of the first constraint that it breaks, 0 when it may be considered."""
    found = np.zeros(len(one.entry), dtype=np.uint8)
    taken = np.zeros(len(one.entry), dtype=np.bool_)
    for key, mask in broken(one, needs):
        found += (mask & ~taken).view(np.uint8) * np.uint8(CODE[key])
        taken |= mask
    return found


def broken(one: Columns, needs: Needs) -> Iterator[tuple[str, Flags]]:
    """Yield reason and rows of each constraint that the needs hold, in the order in which they are told."""
    yield from _wrong_kind(one, needs)
    for word in needs.args.exclude or ():
        yield "excluded", named(one, word)
    unreachable = ~(here(one, needs) | one.priced if needs.api else here(one, needs))
    yield "no_api", unreachable & one.open_weights
    yield "api_only", unreachable
    yield from _licence(one, needs)
    for language in needs.languages:
        known = speaks(one, language)
        yield "language", ~(known | multilingual(one)) if needs.unproven else ~known
    yield from _limits(one, needs)


def _wrong_kind(one: Columns, needs: Needs) -> Iterator[tuple[str, Flags]]:
    wish, task = needs.args.variant, needs.task
    if wish in ("base", "reranker"):
        yield "kind", ~of_variants(one, frozenset({wish}))
        return
    if wish == "tts":
        yield "kind", ~of_variants(one, frozenset({"speech"})) | one.audio
        return
    allowed = VARIANTS.get(task, TEXT_VARIANTS)
    yield "kind", ~of_variants(one, allowed - {"reasoning"} if wish == "instruct" else allowed)
    if wish == "reasoning":
        yield "kind", ~one.thinking
    if task == "speech":  # speech from text is another task
        yield "kind", ~one.audio
    if task == "vision":
        yield "kind", ~one.image
    if task == "function_calling":
        yield "tools", one.no_tools
    if task == "edge":
        yield "edge", one.parameters > EDGE_PARAMETERS


def _licence(one: Columns, needs: Needs) -> Iterator[tuple[str, Flags]]:
    if needs.args.commercial_use:
        for terms in ("no", "unknown"):
            yield f"commercial_{terms}", one.open_weights & commercial(one, frozenset({terms}))
    if needs.args.licences:
        yield "licence", ~licensed(one, tuple(needs.args.licences))


def _limits(one: Columns, needs: Needs) -> Iterator[tuple[str, Flags]]:
    args = needs.args
    if args.context_tokens:
        short = one.text & (one.longest < args.context_tokens)
        yield "context_unknown", short & (one.longest == 0)
        yield "context", short
    if args.max_params_b:
        yield "params_unknown", one.parameters == 0
        yield "params", one.parameters > args.max_params_b * ROUNDED_SIZES
    if args.needs_finetuning:
        yield "closed", ~(one.tunable if needs.api else one.open_weights)
    if args.max_price is not None:
        bought = ~here(one, needs)
        yield "price_unknown", bought & np.isnan(one.price_out)
        yield "price", bought & (one.price_out > args.max_price)
    if (budget := _budget(needs)) is not None:
        bought, usd = ~here(one, needs), usage_of(args).bill(one.price_in, one.price_out)
        yield "month_unknown", bought & np.isnan(usd)
        yield "month", bought & (usd > budget)


def _budget(needs: Needs) -> float | None:
    """Return the most US dollars that a month may cost through an API, None where nobody said."""
    return needs.args.usage.budget if needs.args.usage else None


def here(one: Columns, needs: Needs) -> Flags:
    """Return the rows that may be run oneself, on whatever machine."""
    return one.open_weights if needs.local else np.zeros_like(one.open_weights)


def affordable(one: Columns, needs: Needs, rows: Ints | slice) -> Flags:
    """Return which of some rows may be used through an API: offered there, and not above a stated price or budget."""
    if not needs.api:
        return np.zeros_like(one.priced[rows])
    most, budget, found = needs.args.max_price, _budget(needs), one.priced[rows]
    if most is not None:
        found = np.asarray(one.price_out[rows] <= most)
    if budget is not None:
        found = found & (usage_of(needs.args).bill(one.price_in[rows], one.price_out[rows]) <= budget)
    return found


def contexts(one: Columns, needs: Needs, rows: Ints) -> Ints:
    """Return the tokens that some rows are to hold: what was asked, or what the model was made for if that is less.

    A stated context may reach into an extended one; the usual context does not.
    """
    most = (one.longest if needs.args.context_tokens else one.context)[rows]
    return np.where(most == 0, needs.context_tokens, np.minimum(needs.context_tokens, most))


def values(one: Columns, needs: Needs, row: int, key: str) -> dict[str, Any]:
    """Return what the sentence of a reason names, for one row; memory's figures are known to the shelf alone."""
    model = one.models[one.entry[row]]
    licence = one.licences[one.entry[row]]
    if key in ("licence", "commercial_no", "commercial_unknown"):
        return {"licence": licence.name if isinstance(licence, Licence) else licence}
    if key == "excluded":
        return {"word": next(word for word in needs.args.exclude or () if named(one, word)[row])}
    if key == "language":
        return {"code": next(code for code in needs.languages if not speaks(one, code)[row])}
    if key == "context":
        return {"context": int(one.longest[row])}
    if key in ("params", "edge"):
        return {"params": (model.parameters or 0) / 1e9}
    if key == "month":
        return {"usd": float(usage_of(needs.args).bill(one.price_in[row], one.price_out[row]))}
    return {"price": float(one.price_out[row])} if key == "price" else {}
