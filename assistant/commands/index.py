"""`mekiki index`: status, sync, rebuild."""

import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from assistant.commands.common import assistant, echo_json, language, one_line
from assistant.commands.options import Json, Lang
from assistant.events import Language
from assistant.sentences import say

if TYPE_CHECKING:
    from index.library import Index
    from index.types import SyncReport

app = typer.Typer(help="The search index over guides, catalog and your documents.", no_args_is_help=True)


def _progress(file: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done}/{total} {one_line(file)[:60]:60}", err=True, nl=done == total)


@app.command()
def status(as_json: Json = False, lang: Lang = None) -> None:
    """List every file, your own first: indexed with n passages, needs OCR, or failed and why, and when."""
    found = assistant(no_hardware=True).index.status()
    if as_json:
        echo_json(asdict(found))
        return
    shown = language(lang)
    for file in found.files:
        reason = file.reason.get(shown, "")
        state = say(shown, f"index.{file.state}")
        row = f"{state:10} {file.passages:6}  {_when(file.indexed_at):16}  {file.origin:8} {one_line(file.file)}"
        typer.echo(row + (f"  {one_line(reason)}" if reason else ""))
    for note in found.notes:
        typer.echo(note[shown])
    values = {"passages": found.passages, "files": len(found.files)}
    typer.echo(say(shown, "index.status", **values, embedder=found.embedder, generation=found.generation))


def _when(moment: str) -> str:
    """Return an ISO time as the local date and time to the minute."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


@app.command()
def sync(as_json: Json = False, lang: Lang = None) -> None:
    """Bring the index up to date with the folders: additions, edits, deletions, and what failed before."""
    index = assistant(no_hardware=True).open_index()
    _report(index, index.sync(_progress, again=True), as_json, language(lang))


@app.command()
def rebuild(as_json: Json = False, lang: Lang = None) -> None:
    """Build the index again from the documents; the old one serves meanwhile."""
    index = assistant(no_hardware=True).open_index()
    _report(index, index.rebuild(_progress), as_json, language(lang))


def _report(index: "Index", report: "SyncReport", as_json: bool, shown: Language) -> None:
    """Print what was done and what to know of it; exit code 1 when nothing of it is kept."""
    if as_json:
        echo_json(asdict(report))
    else:
        typer.echo(say(shown, "index.waited" if report.waited else "index.report", **asdict(report)))
    for note in index.notes:
        typer.echo(note[shown], err=True)
    if not index.is_kept:
        raise typer.Exit(1)
