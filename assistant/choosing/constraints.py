"""What a choice depends on, and the constraints: each a small function that says why a model is out."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.calls import Recommend, Task
from assistant.choosing.ranking import kind
from assistant.machine import Machine
from knowledge.names import normalise
from knowledge.schema import Model

if TYPE_CHECKING:
    from assistant.tools import Toolbox

DEFAULT_CONTEXT = 8_192
LONGEST_LINEAGE = 5  # base models of base models; entries may not form a cycle, but a user's could

VARIANTS: dict[Task, frozenset[str]] = {
    "embedding": frozenset({"embedding", "reranker"}),
    "speech": frozenset({"speech"}),
    "image": frozenset({"image"}),
    "translation": frozenset({"translation", "instruct", "reasoning", "vision"}),
    "coding": frozenset({"code", "instruct", "reasoning", "vision"}),
}
TEXT_VARIANTS = frozenset({"instruct", "reasoning", "vision"})
EDGE_PARAMETERS = 4_500_000_000  # phones and single-board computers: the sizes sold as "edge" end at about 4B

Because = tuple[str, dict[str, Any]]  # the key of a sentence and its values


@dataclass(frozen=True)
class Needs:
    """The arguments with everything resolved that a choice depends on."""

    args: Recommend
    task: Task
    machine: Machine | None
    local: bool
    api: bool
    context_tokens: int
    languages: tuple[str, ...]


def resolve(box: "Toolbox", args: Recommend) -> Needs:
    """Fill in what was not stated: general task, local when there is a machine to run on, 8,192 tokens."""
    machine = box.machine_for(args.hardware)
    hosting = args.hosting or ("local" if machine else "any")
    return Needs(
        args,
        args.task or "general",
        machine if hosting != "api" else None,
        hosting in ("local", "any"),
        hosting in ("api", "any"),
        args.context_tokens or DEFAULT_CONTEXT,
        tuple(args.languages or ()),
    )


def _wrong_kind(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    wish = needs.args.variant
    if wish == "base":
        return None if model.variant == "base" else ("kind", {})
    allowed = VARIANTS.get(needs.task, TEXT_VARIANTS)
    if model.variant not in allowed:
        return "kind", {}
    if wish == "reasoning" and model.variant != "reasoning":
        return "kind", {}
    if wish == "instruct" and model.variant == "reasoning":
        return "kind", {}
    if needs.task == "speech" and "audio" not in model.inputs:  # speech from text is another task
        return "kind", {}
    if needs.task == "vision" and "image" not in model.inputs:
        return "kind", {}
    if needs.task == "function_calling" and model.tool_calling is False:
        return "tools", {}
    if needs.task == "edge" and model.parameters and model.parameters > EDGE_PARAMETERS:
        return "edge", {"params": model.parameters / 1e9}
    return None


# Country code -> what people call it when they rule its models out.
COUNTRIES = {
    "CN": ("china", "chinese", "中国", "中国製"), "US": ("us", "usa", "america", "american", "アメリカ", "米国"),
    "JP": ("japan", "japanese", "日本"), "FR": ("france", "french", "フランス"), "KR": ("korea", "korean", "韓国"),
    "CA": ("canada", "canadian", "カナダ"), "AE": ("uae", "アラブ首長国連邦"), "IL": ("israel", "イスラエル"),
}  # fmt: skip


def _named_out(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    """Leave out what was named: a model, a family, a lab or a country, and what was made from such a model."""
    for word in needs.args.exclude or ():
        name = normalise(word)
        one: Model | None = model
        for _ in range(LONGEST_LINEAGE):
            if one is None or not name:
                break
            if _is_called(one, name):
                return "excluded", {"word": word}
            one = box.catalog.models.get(one.base_model or "")
    return None


def _is_called(model: Model, name: str) -> bool:
    """Tell whether a normalised name means this model, its family, lab or country; "qwen" means "qwen3" too."""
    own = {normalise(part) for part in (model.id, model.name, model.family or "", model.lab) if part}
    own |= {normalise(word) for word in COUNTRIES.get(model.country or "", ())}
    starts = re.compile(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z])")
    return name in own or any(starts.search(part) for part in own)


def _licence(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    licence = box.catalog.licences.get(model.licence)
    if needs.args.commercial_use and model.open_weights:
        commercial = licence.commercial if licence else "unknown"
        if commercial not in ("yes", "conditional"):
            return f"commercial_{commercial}", {"licence": licence.name if licence else model.licence}
    if needs.args.licences:
        wanted = [normalise(word) for word in needs.args.licences]
        own = normalise(model.licence) + " " + normalise(licence.name if licence else "")
        if not any(word and word in own for word in wanted):
            return "licence", {"licence": licence.name if licence else model.licence}
    return None


def _language(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    for language in needs.languages:
        measured = any(
            language in box.catalog.benchmarks[score.benchmark].languages
            for score in model.scores
            if score.benchmark in box.catalog.benchmarks
        )
        if language not in model.languages and not measured:
            return "language", {"code": language}
    return None


def _limits(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    args = needs.args
    if args.context_tokens and kind(model) == "text":
        longest = max(model.context_tokens or 0, model.extended_context_tokens or 0)
        if longest < args.context_tokens:
            return ("context", {"context": longest}) if longest else ("context_unknown", {})
    if args.max_params_b:
        if not model.parameters:
            return "params_unknown", {}
        if model.parameters > args.max_params_b * 1.05e9:
            return "params", {"params": model.parameters / 1e9}
    if args.needs_finetuning and not model.open_weights:
        return "closed", {}
    if args.max_price is not None and not (needs.local and model.open_weights):
        if model.price is None or model.price.output is None:
            return "price_unknown", {}
        if model.price.output > args.max_price:
            return "price", {"price": model.price.output}
    return None


def _hosting(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    if needs.local and model.open_weights:
        return None
    if needs.api and model.price is not None:
        return None
    return ("no_api", {}) if needs.api and model.open_weights else ("api_only", {})


CONSTRAINTS: tuple[Callable[["Toolbox", Model, Needs], Because | None], ...] = (
    _wrong_kind,
    _named_out,
    _hosting,
    _licence,
    _language,
    _limits,
)


def why_out(box: "Toolbox", model: Model, needs: Needs) -> Because | None:
    """Return the first constraint that a model breaks, None when it may be considered."""
    return next((why for check in CONSTRAINTS if (why := check(box, model, needs))), None)
