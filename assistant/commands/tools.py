"""One command per tool: the same functions the chat calls, with their arguments as options."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.calls import Call
from assistant.commands.common import assistant, echo_json, echo_markdown, language, one_line, plain, told
from assistant.commands.options import (
    Context,
    Explain,
    Gpu,
    GpuCount,
    Json,
    KvType,
    Lang,
    MinSpeed,
    NoHardware,
    Quant,
    RamGb,
    TokensPerMonth,
    Users,
    VramGb,
    call,
    hardware,
    split,
    usage,
)
from assistant.errors import BadArguments
from assistant.events import Language
from assistant.sentences import say
from assistant.writer.draft import bullets, parts
from assistant.writer.score import explained
from assistant.writer.write import draft

SOURCES = ("all", "shipped", "user")


def recommend(
    task: Annotated[str | None, typer.Option(help="What for: chat, coding, rag, translation, ...")] = None,
    gpu: Gpu = None,
    gpu_count: GpuCount = None,
    vram_gb: VramGb = None,
    ram_gb: RamGb = None,
    no_hardware: NoHardware = False,
    hosting: Annotated[str | None, typer.Option(help="local, api or any.")] = None,
    context: Context = None,
    languages: Annotated[str | None, typer.Option(help="ISO 639-1 codes, comma separated: ja,en.")] = None,
    commercial: Annotated[bool | None, typer.Option("--commercial", help="Commercial use must be allowed.")] = None,
    licence: Annotated[list[str] | None, typer.Option(help="Only this licence (may be repeated).")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Leave out a model, family, lab or country.")] = None,
    finetuning: Annotated[
        bool | None, typer.Option("--finetuning", help="It must be possible to fine-tune it.")
    ] = None,
    variant: Annotated[str | None, typer.Option(help="base, instruct, reasoning, reranker, tts or ocr.")] = None,
    priority: Annotated[str | None, typer.Option(help="quality, speed or cost.")] = None,
    max_params_b: Annotated[float | None, typer.Option(help="Largest size in billions of parameters.")] = None,
    max_price: Annotated[
        float | None, typer.Option(help="Highest price in US dollars per million output tokens.")
    ] = None,
    min_speed: MinSpeed = None,
    count: Annotated[int | None, typer.Option(help="How many suggestions.")] = None,
    users: Users = None,
    tokens_per_month: TokensPerMonth = None,
    hardware_price: Annotated[
        float | None, typer.Option(help="US dollars that the hardware costs, for the break-even against an API.")
    ] = None,
    electricity_price: Annotated[float | None, typer.Option(help="US dollars per kWh.")] = None,
    explain: Explain = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Choose models for a task under constraints."""
    request = call(
        "recommend",
        task=task,
        hardware=hardware(gpu, gpu_count, vram_gb, ram_gb),
        hosting=hosting,
        context_tokens=context,
        languages=split(languages),
        commercial_use=commercial,
        licences=licence or None,
        exclude=exclude or None,
        needs_finetuning=finetuning,
        variant=variant,
        priority=priority,
        max_params_b=max_params_b,
        max_price=max_price,
        min_speed=min_speed,
        count=count,
        users=users,
        usage=usage(tokens_per_month, hardware_price, electricity_price),
    )
    _show(request, as_json, language(lang), no_hardware, explain)


def fit(
    model: Annotated[str | None, typer.Argument(help="A model name, a GGUF file or a folder with config.json.")] = None,
    arch: Annotated[Path | None, typer.Option(help="A JSON file with raw hyperparameters instead of a model.")] = None,
    quant: Quant = None,
    context: Context = None,
    kv_type: KvType = None,
    users: Users = None,
    gpu: Gpu = None,
    gpu_count: GpuCount = None,
    vram_gb: VramGb = None,
    ram_gb: RamGb = None,
    no_hardware: NoHardware = False,
    explain: Explain = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Tell whether a model fits, itemised, with the settings for which that holds."""
    stated = hardware(gpu, gpu_count, vram_gb, ram_gb)
    if arch is not None or (model and _is_path(model)):
        result = _fit_file(
            arch or Path(str(model)), arch is not None, quant, context, kv_type, users, stated, no_hardware
        )
        _print("fit", _own_machine(result), as_json, language(lang), explain)
        return
    request = call(
        "fit", model=model, quant=quant, context_tokens=context, kv_type=kv_type, users=users, hardware=stated
    )
    _show(request, as_json, language(lang), no_hardware, explain)


def _is_path(name: str) -> bool:
    """Tell a file, or a folder with config.json, from a model's name (a folder may be called like a model)."""
    whole = os.path.isabs(name) or name.startswith(".")
    return whole or name.lower().endswith(".gguf") or os.path.isfile(name) or os.path.exists(f"{name}/config.json")


def _fit_file(
    path: Path, raw: bool, quant: str | None, context: int | None, kv_type: str | None, users: int | None,
    stated: dict[str, Any] | None, no_hardware: bool,
) -> dict[str, Any]:  # fmt: skip
    from assistant.memory.files.model_files import read_architecture, read_model_file
    from assistant.memory.files.vision import beside
    from assistant.tools import fit_answer

    model = read_architecture(path) if raw else read_model_file(path)
    checked: Any = call("fit", quant=quant, context_tokens=context, kv_type=kv_type, users=users, hardware=stated).args
    machine = assistant(no_hardware).toolbox().machine_for(checked.hardware)
    projector = beside(path)
    result = fit_answer(model, checked, machine, projector.stat().st_size if projector else None)
    result["read_from"] = str(path)
    if projector and "llama.cpp" in (commands := result["settings"].get("commands", {})):
        commands["llama.cpp"] += f' --mmproj "{projector}"'
    return result


def max_size(
    gpu: Gpu = None,
    gpu_count: GpuCount = None,
    vram_gb: VramGb = None,
    ram_gb: RamGb = None,
    no_hardware: NoHardware = False,
    context: Context = None,
    quant: Quant = None,
    min_speed: MinSpeed = None,
    explain: Explain = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Tell how large a model this hardware holds."""
    machine = hardware(gpu, gpu_count, vram_gb, ram_gb)
    request = call("max_size", hardware=machine, context_tokens=context, quant=quant, min_speed=min_speed)
    _show(request, as_json, language(lang), no_hardware, explain)


def compare(
    models: Annotated[list[str], typer.Argument(help="Two or more model names.")],
    task: Annotated[str | None, typer.Option(help="Compare for this task.")] = None,
    gpu: Gpu = None,
    gpu_count: GpuCount = None,
    vram_gb: VramGb = None,
    ram_gb: RamGb = None,
    no_hardware: NoHardware = False,
    explain: Explain = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Put models side by side."""
    request = call("compare", models=models, task=task, hardware=hardware(gpu, gpu_count, vram_gb, ram_gb))
    _show(request, as_json, language(lang), no_hardware, explain)


def info(
    model: Annotated[str, typer.Argument(help="A model name.")],
    field: Annotated[
        str | None, typer.Option(help="licence, context, params, release, languages, price or benchmarks.")
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Show a model's card, or one property with its source."""
    _show(call("model_info", model=model, field=field), as_json, language(lang), no_hardware=True, explain=True)


def finetune(
    model: Annotated[str, typer.Argument(help="A model name.")],
    method: Annotated[str | None, typer.Option(help="full, lora or qlora.")] = None,
    sequence_length: Annotated[int, typer.Option(help="Tokens of one training sample.")] = 2048,
    batch: Annotated[int, typer.Option(help="Samples per GPU and step.")] = 1,
    rank: Annotated[int, typer.Option(help="Rank of the adapters.")] = 16,
    optimizer: Annotated[str, typer.Option(help="adamw, adamw_bf16, adamw_8bit or sgd.")] = "adamw",
    no_checkpointing: Annotated[bool, typer.Option("--no-checkpointing", help="Keep all activations.")] = False,
    gpu: Gpu = None,
    gpu_count: GpuCount = None,
    vram_gb: VramGb = None,
    ram_gb: RamGb = None,
    no_hardware: NoHardware = False,
    explain: Explain = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Tell how much memory training a model takes, itemised, and what holds it."""
    from assistant.tools import finetune_memory

    request: Any = call(
        "finetune_memory", model=model, method=method, hardware=hardware(gpu, gpu_count, vram_gb, ram_gb)
    )
    settings = {"sequence_tokens": sequence_length, "batch": batch, "rank": rank, "optimizer": optimizer,
                "checkpointing": not no_checkpointing}  # fmt: skip
    result = finetune_memory(assistant(no_hardware).toolbox(request), request.args, language(lang), settings)
    _print("finetune_memory", result, as_json, language(lang), explain)


def search(
    query: Annotated[list[str], typer.Argument(help="What to look for in the documents.")],
    source: Annotated[str, typer.Option(help="all, shipped or user.")] = "all",
    top: Annotated[int, typer.Option(help="How many passages.", min=1, max=100)] = 10,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Search the guides, the catalog and your documents."""
    if source not in SOURCES:
        raise BadArguments("--source", source, "all, shipped or user", "all、shipped、user のどれか")
    text = " ".join(query)
    index = assistant(no_hardware=True).index
    hits = index.search(text, top=top, source=source)  # type: ignore[arg-type]
    for note in index.notes:
        typer.echo(note[language(lang)], err=True)
    rows = [
        {
            "rank": hit.rank, "score": round(hit.score, 4), "file": hit.passage.file, "heading": hit.passage.heading,
            "text": hit.passage.text, "lang": hit.passage.lang, "place": hit.passage.place,
        }
        for hit in hits
    ]  # fmt: skip
    if as_json:
        echo_json({"results": rows})
        return
    if not rows:
        typer.echo(say(language(lang), "cli.nothing_found"))
        return
    echo_markdown(
        bullets(
            f"{heading}({one_line(str(r['file']))}) {str(r['text'])[:160].replace(chr(10), ' ')}"
            for r in rows
            for heading in (f"**{r['heading']}** " if r["heading"] else "",)
        )
    )


def _show(request: Call, as_json: bool, shown: Language, no_hardware: bool, explain: bool = False) -> None:
    from assistant.tools import run

    box = assistant(no_hardware).toolbox(request)
    result = run(box, request, shown)
    _print(request.tool, _own_machine(result) if request.tool == "fit" else result, as_json, shown, explain)


def _own_machine(result: dict[str, Any]) -> dict[str, Any]:
    """Return a fit answer as a verdict: options left out mean this machine, where there is one."""
    return {**result, "stated_hardware": True} if result["available_mib"] is not None else result


def _print(tool: Any, result: dict[str, Any], as_json: bool, shown: Language, explain: bool = False) -> None:
    if as_json:
        echo_json(result)
        return
    answer = draft(tool, result, shown)
    text = told(answer.text(details=False), parts(answer.details, explained(result, shown)), shown, explain)
    echo_markdown(plain(text, answer.sources, shown, beside={"assumptions": answer.assumptions}))
