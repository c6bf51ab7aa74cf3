"""`mekiki eval`: how well questions are read and passages are found, on any labelled file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.commands.common import assistant, echo_json, language
from assistant.commands.options import Json, Lang
from assistant.errors import BadArguments
from assistant.sentences import say

if TYPE_CHECKING:
    from index.library import Index

app = typer.Typer(help="Measure reading and search on labelled files.", no_args_is_help=True)


@app.command()
def reading(
    files: Annotated[list[Path], typer.Argument(help='JSON Lines: {"text", "tool", "args"} or {"turns": [...]}.')],
    show_wrong: Annotated[bool, typer.Option(help="Also print what was read wrongly.")] = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Score the reader by tool, slot and language."""
    from assistant.reader.evaluate import load_rows, score

    shown = language(lang)
    try:
        rows = load_rows(files)
    except (OSError, ValueError, RecursionError) as error:
        raise BadArguments(
            "files", ", ".join(map(str, files)), f"readable JSON Lines files ({error})",
            f"読める JSON Lines ファイル（{error}）",
        ) from error  # fmt: skip
    if not rows:
        raise BadArguments(
            "files", ", ".join(map(str, files)), "at least one labelled question", "ラベルつきの質問が 1 行以上"
        )
    if wrong := next((row for row in rows if not _labelled(row)), None):
        raise BadArguments(
            "files", str(wrong)[:80], 'lines with "text" and "tool", or with "turns" of such',
            '"text" と "tool" のある行、またはその "turns"',
        )  # fmt: skip
    result = score(assistant().reader, rows)
    if as_json:
        echo_json(result.to_json() | ({"wrong": result.wrong} if show_wrong else {}))
        return
    for name, group in (("questions", result.singles), ("turns", result.turns), ("tool", result.tools)):
        for key, tally in sorted(group.items()):
            row = tally.to_json()
            figures = say(shown, "eval.shares", tool=f"{row['tool']:.3f}", all_slots=f"{row['all_slots']:.3f}")
            typer.echo(f"{say(shown, f'eval.{name}'):13} {key:16} {row['questions']:6}  {figures}")
    if show_wrong:
        for wrong in result.wrong:
            typer.echo(say(shown, "eval.wrong", **wrong))


def _labelled(row: Any) -> bool:
    """Tell whether a row is a labelled question, or a dialog of such."""
    if not isinstance(row, dict):
        return False
    turns = row.get("turns", [row])
    return isinstance(turns, list) and all(
        isinstance(turn, dict) and isinstance(turn.get("text"), str) and isinstance(turn.get("tool"), str)
        for turn in turns
    )


@app.command()
def retrieval(
    file: Annotated[Path, typer.Argument(help='JSON Lines: {"query", "topics" or "files" or "contains"}.')],
    folder: Annotated[list[Path] | None, typer.Option(help="Search these documents alone.")] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Score search by words, by vectors and by both: recall@1/5/10, MRR and nDCG@10 per language."""
    from index.evaluate import by_legs, load_golden

    rows = load_golden(file)
    if wrong := next((one for one in folder or () if not one.is_dir()), None):
        raise BadArguments("--folder", str(wrong), "a folder that exists", "存在するフォルダー")
    if folder:
        with _index_of(folder) as index:
            figures = by_legs(index, rows, source="user")
    else:
        figures = by_legs(assistant(no_hardware=True).index, rows)
    if as_json:
        echo_json({legs: {name: asdict(group) for name, group in found.items()} for legs, found in figures.items()})
        return
    titles = " ".join(f"{title:>6}" for title in ("R@1", "R@5", "R@10", "MRR", "nDCG"))
    typer.echo(f"{'':8} {say(language(lang), 'eval.language'):10} {'n':>5} {titles}")
    for legs, found in figures.items():
        for name, f in found.items():
            cells = (f.recall_1, f.recall_5, f.recall_10, f.mrr, f.ndcg_10)
            typer.echo(f"{legs:8} {name:10} {f.questions:5} " + " ".join(f"{cell:6.3f}" for cell in cells))


@contextmanager
def _index_of(folders: list[Path]) -> Iterator["Index"]:
    """Yield an index with these folders' documents, in a temporary place."""
    from index.library import open_index

    mine = assistant(no_hardware=True)
    with TemporaryDirectory() as place:
        index = open_index(Path(place), user_folders=folders, catalog=mine.catalog, embedder=mine.settings.embedder)
        yield index
        index.close()
