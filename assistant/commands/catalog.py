"""`mekiki catalog`: list, show, add, check, update."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.commands.common import Json, Lang, assistant, echo_json, echo_markdown, language, settings, split
from assistant.errors import BadArguments
from assistant.model_facts import price_row
from assistant.sentences import count, say, tokens
from knowledge.schema import Model

app = typer.Typer(help="The model catalog: shipped entries overlaid with your own.", no_args_is_help=True)
NO = 1


def _row(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "hf_id": model.hf_id,
        "lab": model.lab,
        "family": model.family,
        "variant": model.variant,
        "licence": model.licence,
        "open_weights": model.open_weights,
        "parameters_b": round(model.parameters / 1e9, 3) if model.parameters else None,
        "active_parameters_b": round(model.active_parameters / 1e9, 3) if model.active_parameters else None,
        "context_tokens": model.context_tokens,
        "released": model.released.isoformat() if model.released else None,
        "languages": list(model.languages),
        "price": price_row(model),
        "scores": len(model.scores),
        "architecture": model.architecture.arch if model.architecture else None,
        "user": model.user,
    }


@app.command("list")
def list_models(
    text: Annotated[str | None, typer.Argument(help="Part of an id, name, family or lab.")] = None,
    variant: Annotated[str | None, typer.Option(help="instruct, base, code, embedding, speech, image, ...")] = None,
    licence: Annotated[str | None, typer.Option(help="A licence id, such as apache-2.0.")] = None,
    languages: Annotated[str | None, typer.Option(help="Models that list this language (ISO 639-1).")] = None,
    max_params_b: Annotated[float | None, typer.Option(help="At most this many billion parameters.")] = None,
    released_since: Annotated[str | None, typer.Option(help="Released on or after this day (YYYY-MM-DD).")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only models with public weights.")] = False,
    api_only: Annotated[bool, typer.Option("--api", help="Only models with an API price.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Only your own entries.")] = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """List models, filtered by anything."""
    shown, wishes = language(lang), set(split(languages) or ())
    since = _day(released_since) if released_since else None
    wanted = text.casefold() if text else None
    rows = [
        _row(model)
        for model in assistant(no_hardware=True).catalog.models.values()
        if (wanted is None or any(wanted in (part or "").casefold() for part in _words(model)))
        and (variant is None or model.variant == variant)
        and (licence is None or model.licence == licence)
        and wishes <= set(model.languages)
        and (max_params_b is None or (model.parameters is not None and model.parameters <= max_params_b * 1e9))
        and (since is None or (model.released is not None and model.released >= since))
        and (not open_only or model.open_weights)
        and (not api_only or model.price is not None)
        and (not mine or model.user)
    ]
    if as_json:
        echo_json({"models": rows})
        return
    for row in rows:
        size = count(row["parameters_b"]) if row["parameters_b"] else "?"
        context = tokens(row["context_tokens"])
        typer.echo(f"{row['id']:48} {size:>7} {context:>11} {row['variant']:11} {row['licence']}")
    typer.echo(say(shown, "cli.models", models=len(rows)))


def _words(model: Model) -> tuple[str | None, ...]:
    return (model.id, model.name, model.family, model.lab, model.hf_id, *model.aliases)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadArguments("--released-since", text, "a day as YYYY-MM-DD", "YYYY-MM-DD の形の日付") from None


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

    table = entry_from_path(Path(source)) if os.path.exists(source) else entry_from_hub(source)
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
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Refresh facts from the hub (online) into your own folder; a failed download changes nothing."""
    from assistant.own_entries import refresh

    catalog = assistant(no_hardware=True).catalog
    summary = refresh(catalog, settings().data / "catalog", models or [], today=datetime.now(UTC).date())
    if as_json:
        echo_json(summary)
        return
    for change in summary["changes"]:
        typer.echo(f"{change['id']}: {change['field']}: {change['before']} -> {change['after']}")
    shown = language(lang)
    for failure in summary["failed"]:
        typer.echo(f"{failure['id']}: {failure['reason'][shown]}", err=True)
    counts = {"asked": summary["asked"], "changes": len(summary["changes"]), "failed": len(summary["failed"])}
    typer.echo(say(shown, "cli.updated", **counts))
