"""`mekiki catalog`: list, show, add, check, update."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.commands.common import assistant, echo_json, echo_markdown, language, settings
from assistant.commands.options import Context, Json, Lang, split
from assistant.downloads import DEFAULT_FEED
from assistant.errors import BadArguments
from assistant.events import Language
from assistant.model_facts import price_row
from assistant.sentences import count, say, tokens
from knowledge.schema import Model
from knowledge.toml_schema import VARIANTS

app = typer.Typer(help="The model catalog: shipped entries overlaid with your own.", no_args_is_help=True)
NO = 1


def _row(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "hf_id": model.hf_id,
        "lab": model.lab,
        "country": model.country,
        "family": model.family,
        "variant": model.variant,
        "licence": model.licence,
        "open_weights": model.open_weights,
        "parameters_b": round(model.parameters / 1e9, 3) if model.parameters else None,
        "active_parameters_b": round(model.active_parameters / 1e9, 3) if model.active_parameters else None,
        "context_tokens": model.context_tokens,
        "released": model.released.isoformat() if model.released else None,
        "languages": list(model.languages),
        "inputs": list(model.inputs),
        "outputs": list(model.outputs),
        "tool_calling": model.tool_calling,
        "thinking": model.thinking,
        "fine_tuning": list(model.fine_tuning),
        "price": price_row(model),
        "scores": len(model.scores),
        "architecture": model.architecture.arch if model.architecture else None,
        "user": model.user,
    }


@app.command("list")
def list_models(
    text: Annotated[str | None, typer.Argument(help="Part of an id, name, family or lab.")] = None,
    lab: Annotated[str | None, typer.Option(help="Part of a lab's name; several with commas.")] = None,
    country: Annotated[str | None, typer.Option(help="The lab's country, such as JP.")] = None,
    family: Annotated[str | None, typer.Option(help="Part of a family's name, such as Qwen.")] = None,
    variant: Annotated[str | None, typer.Option(help="instruct, base, code, embedding, speech, image, ...")] = None,
    task: Annotated[str | None, typer.Option(help="A task, such as coding: models measured on it.")] = None,
    inputs: Annotated[str | None, typer.Option("--input", help="Models that take text, image, audio, video.")] = None,
    outputs: Annotated[str | None, typer.Option("--output", help="Models that give text, image, audio.")] = None,
    languages: Annotated[str | None, typer.Option(help="Models that list this language (ISO 639-1).")] = None,
    licence: Annotated[str | None, typer.Option(help="A licence id, such as apache-2.0.")] = None,
    commercial: Annotated[str | None, typer.Option(help="Commercial use: yes, conditional, no, unknown.")] = None,
    min_params_b: Annotated[float | None, typer.Option(help="At least this many billion parameters.")] = None,
    max_params_b: Annotated[float | None, typer.Option(help="At most this many billion parameters.")] = None,
    context: Context = None,
    released_since: Annotated[str | None, typer.Option(help="Released on or after this day (YYYY-MM-DD).")] = None,
    released_until: Annotated[str | None, typer.Option(help="Released on or before this day (YYYY-MM-DD).")] = None,
    priced_below: Annotated[
        float | None, typer.Option(help="Input price at most this, US dollars per million.")
    ] = None,
    tools: Annotated[bool, typer.Option("--tools", help="Only models that call tools.")] = False,
    open_only: Annotated[bool, typer.Option("--open", help="Only models with public weights.")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="Only models without public weights.")] = False,
    api_only: Annotated[bool, typer.Option("--api", help="Only models with an API price.")] = False,
    hyperparameters: Annotated[
        bool, typer.Option("--hyperparameters", help="Only models whose memory can be computed exactly.")
    ] = False,
    scored: Annotated[bool, typer.Option("--scored", help="Only models with a benchmark score.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only your own entries.")] = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """List models, filtered by anything; a model whose figure is unknown fails a filter on it."""
    from knowledge.filters import Wanted, select

    catalog = assistant(no_hardware=True).catalog
    wanted = Wanted(
        text=text, labs=_listed(lab), countries=_listed(country), families=_listed(family),
        variants=_known("--variant", variant, VARIANTS), licences=_listed(licence),
        commercial=_known("--commercial", commercial, ("yes", "conditional", "no", "unknown")),
        languages=_listed(languages), inputs=_listed(inputs), outputs=_listed(outputs),
        task=next(iter(_known("--task", task, tuple(catalog.tasks))), None),
        least_parameters=None if min_params_b is None else min_params_b * 1e9,
        most_parameters=None if max_params_b is None else max_params_b * 1e9,
        least_context=context, dearest=priced_below, tool_calling=tools, priced=api_only,
        released_since=_day("--released-since", released_since),
        released_until=_day("--released-until", released_until),
        open_weights=True if open_only else False if closed else None,
        hyperparameters=hyperparameters, scored=scored, own=mine,
    )  # fmt: skip
    _print_list([_row(model) for model in select(catalog, wanted)], as_json, language(lang))


def _print_list(rows: list[dict[str, Any]], as_json: bool, shown: Language) -> None:
    if as_json:
        echo_json({"models": rows})
        return
    for row in rows:
        size = count(row["parameters_b"]) if row["parameters_b"] else "?"
        length = tokens(row["context_tokens"])
        typer.echo(f"{row['id']:48} {size:>7} {length:>11} {row['variant']:11} {row['licence']}")
    typer.echo(say(shown, "cli.models", models=len(rows)))


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(split(text) or ())


def _known(option: str, text: str | None, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of an option that takes only some. Raises BadArguments."""
    listed = _listed(text)
    for one in listed:
        if one not in words:
            choice = ", ".join(words)
            raise BadArguments(option, one, f"one of {choice}", f"次のどれか: {choice}")
    return listed


def _day(option: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadArguments(option, text, "a day as YYYY-MM-DD", "YYYY-MM-DD の形の日付") from None


@app.command()
def show(model: Annotated[str, typer.Argument(help="A model name.")], as_json: Json = False, lang: Lang = None) -> None:
    """Print a model's card, with a source for each figure."""
    from knowledge.cards import model_card
    from knowledge.names import find_model

    catalog = assistant(no_hardware=True).catalog
    found = find_model(catalog, model)
    if as_json:
        echo_json(
            {
                **_row(found),
                "scores": {score.benchmark: score.value for score in found.scores},
                "score_sources": {score.benchmark: score.source for score in found.scores},
                "price_source": found.price.source if found.price else None,
                "sourced": dict(found.sourced),
                "sources": [{"key": s.key, "ref": s.ref, "date": s.date.isoformat()} for s in found.sources],
            }
        )
    else:
        echo_markdown(model_card(catalog, found, language(lang)))


@app.command()
def check(as_json: Json = False, lang: Lang = None) -> None:
    """Validate every entry: schema, arithmetic, dates, aliases, licences, prices. Exit code 1: something is wrong."""
    from knowledge.checks import check as check_catalog

    catalog = assistant(no_hardware=True).catalog
    shown, problems = language(lang), check_catalog(catalog)
    rows: list[dict[str, Any]] = [
        {"path": p.path, "field": p.field, "found": p.found, "expected": {"en": p.expected, "ja": p.expected_ja}}
        for p in problems
    ]
    if as_json:
        echo_json({"models": len(catalog.models), "problems": rows})
    else:
        for row in rows:
            values = row | {"found": repr(row["found"]), "expected": row["expected"][shown]}
            typer.echo(say(shown, "cli.problem", **values))
        typer.echo(say(shown, "cli.checked", models=len(catalog.models), problems=len(problems)))
    if problems:
        raise typer.Exit(NO)


@app.command()
def add(
    source: Annotated[str, typer.Argument(help="A GGUF file, a folder with config.json, or a hub id (online).")],
    model_id: Annotated[
        str | None, typer.Option("--id", help="The entry's id; by default from the file's name.")
    ] = None,
    licence: Annotated[str, typer.Option(help="A licence id, such as apache-2.0.")] = "unknown",
    as_json: Json = False,
) -> None:
    """Make an entry of your own from a GGUF file, a config.json or a hub id."""
    from assistant.own_entries import entry_from_hub, entry_from_path, save_entry

    local = os.path.exists(source) or os.path.isabs(source) or source.startswith(".")
    table = entry_from_path(Path(source)) if local else entry_from_hub(source)
    if licence != "unknown":
        table["licence"] = licence
    written = save_entry(settings().data / "catalog", table, model_id or table["name"])
    if as_json:
        echo_json({"id": written.stem, "path": str(written)})
    else:
        typer.echo(f"{written.stem}: {written}")


@app.command()
def update(
    models: Annotated[list[str] | None, typer.Argument(help="Model names; by default every open model.")] = None,
    prices: Annotated[str, typer.Option(help='A price listing in models.dev\'s form; "none" for none.')] = DEFAULT_FEED,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Refresh facts from the hub and prices from a listing (online) into your own folder; a failure changes nothing."""
    from assistant.own_entries import refresh

    catalog, shown = assistant(no_hardware=True).catalog, language(lang)
    summary = refresh(
        catalog,
        settings().data / "catalog",
        models or [],
        today=datetime.now(UTC).date(),
        feed=None if prices == "none" else prices,
        progress=lambda done, of, name: typer.echo(f"{done + 1}/{of} {name}", err=True),
    )
    if as_json:
        echo_json(summary)
        return
    for change in summary["changes"]:
        typer.echo(f"{change['id']}: {change['field']}: {change['before']} -> {change['after']}")
    for failure in summary["failed"]:
        typer.echo(f"{failure['id']}: {failure['reason'][shown]}", err=True)
    counts = {"asked": summary["asked"], "changes": len(summary["changes"]), "failed": len(summary["failed"])}
    typer.echo(say(shown, "cli.updated", **counts))
