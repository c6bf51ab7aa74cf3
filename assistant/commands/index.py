"""`mekiki index`: status, sync, rebuild."""

import sys
from dataclasses import asdict

import typer

from assistant.commands.common import Json, Lang, assistant, echo_json, language

app = typer.Typer(help="The search index over guides, catalog and your documents.", no_args_is_help=True)


def _progress(file: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done}/{total} {file[:60]:60}", err=True, nl=done == total)


@app.command()
def status(as_json: Json = False, lang: Lang = None) -> None:
    """List every file: indexed with n passages, needs OCR, or failed and why."""
    found = assistant(no_hardware=True).index.status()
    if as_json:
        echo_json(asdict(found))
        return
    shown = language(lang)
    for file in found.files:
        reason = file.reason.get(shown, "")
        typer.echo(
            f"{file.state:10} {file.passages:6}  {file.origin:8} {file.file}" + (f"  {reason}" if reason else "")
        )
    for note in found.notes:
        typer.echo(note[shown])
    typer.echo(
        f"{found.passages} passages, {len(found.files)} files, embedder {found.embedder}, generation {found.generation}"
    )


@app.command()
def sync(as_json: Json = False, lang: Lang = None) -> None:
    """Bring the index up to date with the folders: additions, edits, deletions."""
    report = assistant(no_hardware=True).index.sync(_progress)
    _report(asdict(report), as_json)


@app.command()
def rebuild(as_json: Json = False, lang: Lang = None) -> None:
    """Build the index again from the documents; the old one serves meanwhile."""
    report = assistant(no_hardware=True).index.rebuild(_progress)
    _report(asdict(report), as_json)


def _report(values: dict[str, object], as_json: bool) -> None:
    if as_json:
        echo_json(values)
        return
    for name, value in values.items():
        typer.echo(f"{name}: {len(value) if isinstance(value, list | tuple) else value}")
