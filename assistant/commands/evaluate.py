"""`mekiki eval`: how well questions are read and passages are found, on any labelled file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assistant.commands.common import Json, assistant, echo_json

app = typer.Typer(help="Measure reading and search on labelled files.", no_args_is_help=True)


@app.command()
def reading(
    files: Annotated[list[Path], typer.Argument(help='JSON Lines: {"text", "tool", "args"} or {"turns": [...]}.')],
    show_wrong: Annotated[bool, typer.Option(help="Also print what was read wrongly.")] = False,
    as_json: Json = False,
) -> None:
    """Score the reader by tool, slot and language."""
    from assistant.reader.evaluate import load_rows, score

    result = score(assistant().reader, load_rows(files))
    if as_json:
        echo_json(result.to_json() | ({"wrong": result.wrong} if show_wrong else {}))
        return
    for name, group in (("questions", result.singles), ("dialog turns", result.turns), ("tool", result.tools)):
        for key, tally in sorted(group.items()):
            row = tally.to_json()
            typer.echo(
                f"{name:13} {key:16} {row['questions']:6}  tool {row['tool']:.3f}  all slots {row['all_slots']:.3f}"
            )
    if show_wrong:
        for wrong in result.wrong:
            typer.echo(f"- {wrong['text']}\n    wanted {wrong['wanted']}\n    found  {wrong['found']}")


@app.command()
def retrieval(
    file: Annotated[Path, typer.Argument(help='JSON Lines: {"query", "topics" or "files" or "contains"}.')],
    as_json: Json = False,
) -> None:
    """Score search: recall@1/5/10, MRR and nDCG@10 per language."""
    from index.evaluate import evaluate, load_golden

    index = assistant(no_hardware=True).index
    figures = evaluate(lambda query: index.search(query), load_golden(file))
    if as_json:
        echo_json({name: asdict(group) for name, group in figures.items()})
        return
    typer.echo(f"{'language':10} {'n':>5} {'R@1':>6} {'R@5':>6} {'R@10':>6} {'MRR':>6} {'nDCG':>6}")
    for name, f in figures.items():
        cells = (f.recall_1, f.recall_5, f.recall_10, f.mrr, f.ndcg_10)
        typer.echo(f"{name:10} {f.questions:5} " + " ".join(f"{cell:6.3f}" for cell in cells))
