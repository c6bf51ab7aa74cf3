"""What may be called, and nothing else: the same pure functions for chat, command line, page and servers.

Every tool takes the toolbox, its validated arguments and the language of its sentences, and returns a JSON-ready dict.
"Does not fit" is an answer; unusable arguments raise ToolError, whose text says what to do next.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.calls import (
    Arguments,
    Call,
    Clarify,
    Compare,
    Explain,
    FinetuneMemory,
    Fit,
    Hardware,
    MaxSize,
    ModelInfo,
    Recommend,
    Tool,
)
from assistant.definitions import asked
from assistant.errors import BadArguments, ToolError
from assistant.events import Language
from assistant.hardware.machine import Machine
from assistant.passages import find_passages
from assistant.sentences import both
from assistant.stated.bill import bill
from assistant.stated.choice import machines as machines_of
from assistant.stated.purchase import weighed
from assistant.toolbox import Toolbox
from knowledge.names import find_model
from knowledge.schema import Model

QUANTS_SHOWN = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "IQ4_XS", "Q3_K_M", "Q2_K")
CONTEXTS_SHOWN = (4_096, 8_192, 32_768, 131_072)
SIZE_CONTEXT = 8_192
USUAL_RAM_GB = (16.0, 32.0, 64.0, 128.0, 256.0)


def run(box: Toolbox, call: Call, language: Language) -> dict[str, Any]:
    """Run a call; `asks` of the result are the call's. Raises ToolError (UnknownModel, UnknownGpu, BadArguments)."""
    if isinstance(call.args, Recommend) and (cards := weighed(call.asks)) is not None:
        from assistant.choosing.buying import buying

        result = buying(box, call.args, cards, language)
    elif isinstance(call.args, Fit) and call.args.hardware is None and (machines := machines_of(call.asks)):
        result = fit_on_each(box, call.args, machines, language)
    elif isinstance(call.args, Fit) and any(one.partition(" ")[0] == "speed" for one in call.asks):
        held = with_enough_ram(box, call.args, language)
        result = fit(box, held, language)
        if held is not call.args and held.hardware is not None:
            note = both("hardware.enough_ram", size=f"{held.hardware.ram_gb:g}")
            result |= {"notes": [note, *result["notes"]]}
    elif isinstance(call.args, Compare) and "language ja" in call.asks:
        result = compare(box, call.args, "ja")  # who leads in Japanese counts, whatever the question is written in
    else:
        result = TOOL_FUNCTIONS[call.tool](box, call.args, language)
    if isinstance(call.args, ModelInfo) and (codes := [one[5:] for one in call.asks if one.startswith("able ")]):
        from assistant.model_facts import skills

        result |= {"skills": skills(box, box.catalog.models[result["id"]], codes)}
    if isinstance(call.args, ModelInfo) and (month := bill(call.asks, result.get("price"))):
        result |= {"bill": month}
    return {**result, "asks": list(call.asks)} if call.asks else result


def recommend(box: Toolbox, args: Recommend, language: Language) -> dict[str, Any]:
    """Choose models, quantisations and settings for a task under constraints."""
    from assistant.choosing.recommend import recommend as choose

    return choose(box, args, language)


def fit(box: Toolbox, args: Fit, language: Language) -> dict[str, Any]:
    """Tell whether a model fits, itemised; without hardware, how much it needs per quantisation and context."""
    from assistant.memory.usual_cards import to_buy

    model, notes = _model_or_size(box, args.model)
    result = _with_notes(fit_answer(model, args, box.machine_for(args.hardware)), notes)
    names = to_buy(box.catalog.gpus)
    for row in result.get("machines", ()):
        row["names"] = list(names.get(row["card_gb"], ()))
    for row in result.get("changes", ()):
        if row["change"] == "card":
            row["names"] = list(names.get(row["value"], ()))
    return result


def with_enough_ram(box: Toolbox, args: Fit, language: Language) -> Fit:
    """Return the arguments with the least usual RAM that holds the model, where only a speed without a GPU is asked.

    How fast a model writes does not hang on how much RAM there is, so an unknown amount is no reason to say no.
    """
    machine = box.machine_for(args.hardware)
    if args.hardware is None or machine is None or machine.gpus or machine.ram_total_mib is not None:
        return args
    for size in USUAL_RAM_GB:
        held = args.model_copy(update={"hardware": args.hardware.model_copy(update={"ram_gb": size})})
        if fit(box, held, language)["fits"]:
            return held
    return args


def fit_on_each(box: Toolbox, args: Fit, machines: Sequence[Hardware], language: Language) -> dict[str, Any]:
    """Tell whether a model fits each of several machines: the result on the first, with all of them as `each`.

    `alike` of each is its speed with the coarsest quantisation that any of them takes: finer weights are slower.
    """
    results = [fit(box, args.model_copy(update={"hardware": one}), language) for one in machines]
    devices = [result["device"] for result in results]
    for result, one in zip(results, machines, strict=True):
        size = one.vram_gb or one.ram_gb
        if size and devices.count(result["device"]) > 1:  # cards of one name are told apart by their memory
            result["device"] = f"{result['device']} {size:g}GB"
    for result, rate in zip(results, _alike(box, args, machines, results), strict=True):
        result["alike"] = rate
    return {**results[0], "each": results}


def _alike(
    box: Toolbox, args: Fit, machines: Sequence[Hardware], results: Sequence[dict[str, Any]]
) -> list[dict[str, float] | None]:
    """Return the speed of one and the same file on each of the machines, None where it is unknown or does not run."""
    from assistant.memory.quants import QUANTS

    running = [one["quant"] for one in results if one["placement"] != "none"]
    coarsest = min(running, key=lambda quant: QUANTS[quant].bits_per_weight, default=None)
    rates = []
    for hardware, result in zip(machines, results, strict=True):
        if result["placement"] != "none" and result["quant"] != coarsest:
            rates.append(fit(box, args.model_copy(update={"hardware": hardware, "quant": coarsest}), "en"))
        else:
            rates.append(result)
    return [one["tokens_per_second"] for one in rates]


def fit_answer(model: Model, args: Fit, machine: Machine | None, projector: int | None = None) -> dict[str, Any]:
    """Return the answer of `fit` for a model of the catalog or of a person's own files.

    `table` (per quantisation and context, without a machine) and `machines` (the smallest that hold the usual
    quantisation at the report's context) are there when no hardware was stated; a machine adds the fields of
    `assistant.memory.beyond`. `projector` is the size in bytes of a vision projector that is at hand.
    """
    from assistant.memory import fit as memory
    from assistant.memory.beyond import beyond, coarser
    from assistant.memory.holders import holders

    own = model.files[0].quant if model.user and model.files else None
    quant = _quant(args.quant) or own
    kv_type, users = args.kv_type or "f16", args.users or 1
    report = memory.fit(
        model, quant=quant, context_tokens=args.context_tokens, machine=machine, kv_type=kv_type, users=users
    )
    result = {**report.to_json(), "stated_hardware": args.hardware is not None, "stated_quant": quant is not None}
    result["model_context_tokens"] = model.context_tokens
    result["has_context"] = bool(report.kv_cache_bytes) or model.variant not in memory.WITHOUT_TOKENS
    if args.hardware is None:
        usual = quant or memory.fit(model, quant=None, context_tokens=None, machine=None, exact=False).quant
        contexts = [args.context_tokens] if args.context_tokens else _contexts(model)
        rows = memory.needs_table(model, contexts, [quant] if quant else _with(usual), kv_type, users)
        result |= {"table": [_need(row.to_json()) for row in rows], "usual_quant": usual}
        result["machines"] = holders(model, usual, report.context_tokens, kv_type, users)
    if machine is not None:
        result |= beyond(model, machine, report, projector)
        result["ram_known"] = machine.ram_total_mib is not None
        result |= {"has_gpu": bool(machine.gpus), "phone": machine.phone}
        named = args.hardware is None or args.hardware.gpu is not None or args.hardware.vram_gb is None
        result["gpu_named"] = named
        result["coarser"] = None if quant else coarser(model, machine, report)
    return result


def max_size(box: Toolbox, args: MaxSize, language: Language) -> dict[str, Any]:
    """Tell how large a model the hardware holds, per quantisation, with the largest catalog models that fit."""
    from assistant.memory.largest import largest

    machine = box.machine_for(args.hardware)
    if machine is None:
        raise ToolError(
            reason="no hardware was named: give a GPU or a memory size, such as RTX 4070 or 12 GB",
            reason_ja="機械の指定がありません。GPU名かメモリ容量を指定してください（例: RTX 4070、12GB）",
        )
    report = largest(
        box.catalog,
        machine,
        context_tokens=args.context_tokens or SIZE_CONTEXT,
        quant=_quant(args.quant),
        least_speed=args.min_speed,
    )
    return {**report.to_json(), "stated_hardware": args.hardware is not None}


def compare(box: Toolbox, args: Compare, language: Language) -> dict[str, Any]:
    """Put two or more named models side by side."""
    from assistant.choosing.compare import compare as side_by_side
    from assistant.choosing.compare import named
    from assistant.choosing.sizes_compared import compare_sizes, sizes_of

    if not args.models or len(args.models) < 2:
        named_here = ", ".join(args.models or ()) or "-"
        raise ToolError(
            reason=f"comparing takes two or more model names, such as Qwen3 8B and Gemma 3 12B; found: {named_here}",
            reason_ja=f"比べるにはモデルの名前が2つ以上必要です（見つかった名前: {named_here}）。"
            "例: Qwen3 8B と Gemma 3 12B を比べて",
        )
    if sizes := sizes_of(args.models):
        return compare_sizes(box, sizes, args)
    rows = list({(one.model.id, one.quant): one for one in (named(box, name) for name in args.models)}.values())
    result = side_by_side(box, rows, args, language)
    return {**result, "stated_hardware": args.hardware is not None}


def model_info(box: Toolbox, args: ModelInfo, language: Language) -> dict[str, Any]:
    """Tell one property of a model with its source and date, or its whole card."""
    from assistant.model_facts import facts

    return facts(box, _model(box, args.model), args.field, language)


def finetune_memory(
    box: Toolbox, args: FinetuneMemory, language: Language, settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Tell how much memory training a model takes, itemised; without a model, how large a one the machine trains.

    `settings`: further arguments of memory.finetune.
    """
    from assistant.memory.training.finetune import finetune

    machine = box.machine_for(args.hardware) if args.hardware is not None else box.machine
    method = args.method or "qlora"
    said = args.training.model_dump(exclude_none=True) if args.training else {}
    settings = {**said, **(settings or {})}
    if args.model is None and machine is not None:
        from assistant.memory.training.recipe import Recipe
        from assistant.memory.training.trainable import trainable

        found = trainable(machine, Recipe(method, **settings), args.method).to_json()
        return {**found, "stated_hardware": args.hardware is not None, "read_from": SHAPE}
    model, notes = _model_or_size(box, args.model)
    if not model.open_weights:
        raise _closed(model)
    report = finetune(model, method=method, machine=machine, gpus=box.catalog.gpus, **settings)
    stated = {"stated_method": args.method is not None, "stated_hardware": args.hardware is not None}
    return _with_notes({**report.to_json(), **stated}, notes)


def _closed(model: Model) -> ToolError:
    """Return the error that says how a model without public weights can be trained."""
    offered = "api" in model.fine_tuning
    return ToolError(
        reason=f"the weights of {model.name} are not public, so it cannot be trained on a machine of yours; "
        + ("the vendor's API offers fine-tuning" if offered else "the catalog knows of no fine-tuning through its API"),
        reason_ja=f"{model.name} の重みは公開されていないため、手元では学習できません。"
        + (
            "提供元のAPIではファインチューニングできます"
            if offered
            else "APIで学習できるかは、カタログに情報がありません"
        ),
    )


def explain(box: Toolbox, args: Explain, language: Language) -> dict[str, Any]:
    """Find the passages that answer a question of knowledge; none when no document has to do with it."""
    query = (args.query or "").strip()
    if not query:
        raise BadArguments("query", args.query, "a question", "質問文")
    if box.index is None:
        return {"query": query, "passages": []}
    passages = find_passages(
        box.index, box.catalog.glossary, query, language, own_first=box.own_first, before=box.before
    )
    word = asked(query, box.catalog.glossary) if not passages else None
    return {"query": query, "passages": passages, **({"word": word.word} if word else {})}


def out_of_scope(box: Toolbox, args: Arguments, language: Language) -> dict[str, Any]:
    """Decline."""
    return {}


def clarify(box: Toolbox, args: Clarify, language: Language) -> dict[str, Any]:
    """Recommend under stated assumptions, and ask one question."""
    return {**recommend(box, Recommend(), language), "question": "task" if box.machine else "hardware"}


TOOL_FUNCTIONS: dict[Tool, Callable[[Toolbox, Any, Language], dict[str, Any]]] = {
    "recommend": recommend,
    "fit": fit,
    "max_size": max_size,
    "compare": compare,
    "model_info": model_info,
    "finetune_memory": finetune_memory,
    "explain": explain,
    "out_of_scope": out_of_scope,
    "clarify": clarify,
}


def _model(box: Toolbox, name: str | None) -> Model:
    if not name:
        raise ToolError(
            reason="no model that the catalog knows is named here: add a name such as Qwen3 8B (`mekiki catalog list` "
            "shows all), or ask how large a model your machine holds",
            reason_ja="カタログにあるモデルの名前が見つかりません。Qwen3 8B のような名前を添えるか（一覧は "
            "`mekiki catalog list`）、「この機械では何Bまで動く？」のように聞いてください",
        )
    return find_model(box.catalog, name)


def _model_or_size(box: Toolbox, name: str | None) -> tuple[Model, list[dict[str, str]]]:
    """Return the model that a name means; for a bare size ("13B") a generic one of it, and the note that says so."""
    from assistant.memory.generic import generic_model, generic_note

    generic = generic_model(name) if name else None
    return (generic, [generic_note(generic)]) if generic else (_model(box, name), [])


SHAPE = "config.json of Llama 3"  # where a generic model's shape is from


def _with_notes(result: dict[str, Any], notes: list[dict[str, str]]) -> dict[str, Any]:
    return {**result, "notes": [*notes, *result["notes"]], "generic": True, "read_from": SHAPE} if notes else result


def _quant(text: str | None) -> str | None:
    from assistant.memory.quants import resolve_quant

    return resolve_quant(text) if text else None


def _with(usual: str) -> list[str]:
    """Return the quantisations to show, the model's usual one among them, largest first."""
    from assistant.memory.quants import QUANTS

    return sorted({usual, *QUANTS_SHOWN}, key=lambda name: (-QUANTS[name].bits_per_weight, name))


def _contexts(model: Model) -> list[int]:
    longest = model.context_tokens or CONTEXTS_SHOWN[1]
    return [context for context in CONTEXTS_SHOWN if context <= longest] or [longest]


def _need(row: dict[str, Any]) -> dict[str, Any]:
    kept = (
        "quant",
        "context_tokens",
        "weights_mib",
        "kv_cache_mib",
        "compute_mib",
        "overhead_mib",
        "total_mib",
        "file_mib",
        "host_mib",
        "basis",
    )
    return {name: row[name] for name in kept}
