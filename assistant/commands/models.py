"""`mekiki models`: local chat models: list, pull, use."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.commands.common import echo_json, language, settings
from assistant.commands.options import Json, Lang
from assistant.errors import BadArguments
from assistant.sentences import gigabytes, say
from assistant.settings import save_setting

_ENCODER_PARTS = (".json", ".safetensors", ".txt", ".model")

app = typer.Typer(help="Local chat models that write better prose than the templates.", no_args_is_help=True)


def _folder() -> Path:
    return settings().data / "models"


def _found() -> list[dict[str, Any]]:
    used = settings().chat_model
    paths = sorted(_folder().rglob("*.gguf")) if _folder().is_dir() else []
    if used is not None and used not in paths:
        paths.append(used)
    return [
        {"name": path.name, "path": str(path), "bytes": path.stat().st_size if path.is_file() else None,
         "in_use": path == used}
        for path in paths
    ]  # fmt: skip


@app.command("list")
def list_models(as_json: Json = False, lang: Lang = None) -> None:
    """List the chat models on this machine and which one is in use."""
    rows = _found()
    if as_json:
        echo_json({"models": rows, "server": settings().llm_url})
        return
    shown = language(lang)
    for row in rows:
        size = gigabytes(row["bytes"]) if row["bytes"] is not None else say(shown, "cli.missing")
        typer.echo(f"{'*' if row['in_use'] else ' '} {size:>9}  {row['path']}")
    if settings().llm_url:
        typer.echo(f"{' ' if settings().chat_model else '*'} {say(shown, 'cli.server'):>9}  {settings().llm_url}")
    if not rows and not settings().llm_url:
        typer.echo(say(shown, "cli.no_chat_model"))


@app.command()
def pull(
    hub_id: Annotated[
        str, typer.Argument(help="A hub repository: GGUF files, such as Qwen/Qwen3-4B-GGUF, or an encoder for search.")
    ],
    quant: Annotated[str, typer.Option(help="Which quantisation of a GGUF to take.")] = "Q4_K_M",
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Download a chat model (GGUF), or an embedder or reranker for search.

    The only command besides `catalog update` and `catalog add` that uses the network.
    """
    from assistant.downloads import list_files, pull_file
    from assistant.llm import check_gguf

    names = list_files(hub_id)
    chosen = _files(names, quant)
    folder = _folder() / hub_id.replace("/", "--")
    paths = [pull_file(hub_id, name, folder) for name in chosen]
    ggufs = [path for path in paths if path.suffix.lower() == ".gguf"]
    for path in ggufs:
        check_gguf(path)
    if as_json:
        echo_json({"paths": [str(path) for path in paths]})
        return
    for path in ggufs:
        typer.echo(str(path))
    typer.echo(say(language(lang), "cli.use", path=ggufs[0]) if ggufs else f"{_setting(folder)}={folder}")


def _files(names: list[str], quant: str) -> list[str]:
    """Return the GGUF files of a quantisation, or all that an encoder in safetensors needs. Raises BadArguments."""
    ggufs = [name for name in names if name.lower().endswith(".gguf")]
    chosen = [name for name in ggufs if quant.lower() in name.lower()]
    if not ggufs and "config.json" in names and any(name.endswith(".safetensors") for name in names):
        other_runtimes = ("onnx/", "openvino/")
        chosen = [name for name in names if name.endswith(_ENCODER_PARTS) and not name.startswith(other_runtimes)]
    if not chosen:
        found = ", ".join(ggufs[:8])
        raise BadArguments(
            "--quant", quant, f"one of the repository's files: {found or 'it has no GGUF'}",
            f"次のファイルのどれか: {found or 'GGUF がありません'}",
        )  # fmt: skip
    return chosen


def _setting(folder: Path) -> str:
    """Return the variable that takes an encoder: a classifier of pairs orders passages, any other embeds them."""
    about = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kinds = about.get("architectures") or [""]
    return "MEKIKI_RERANKER" if str(kinds[0]).endswith("SequenceClassification") else "MEKIKI_EMBEDDER"


@app.command()
def use(
    name: Annotated[str, typer.Argument(help='A file name or path from `mekiki models list`; "none" for templates.')],
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Choose the chat model from now on (written to the settings file)."""
    from assistant.llm import check_gguf

    if name == "none":
        path = None
    else:
        known = [Path(row["path"]) for row in _found() if name in (row["name"], row["path"])]
        path = known[0] if known else Path(name).expanduser().absolute()
        check_gguf(path)
    file = save_setting("chat_model", str(path) if path else None)
    if as_json:
        echo_json({"chat_model": str(path) if path else None, "settings": str(file)})
    else:
        key = "cli.chat_model" if path else "cli.templates"
        typer.echo(say(language(lang), key, path=path, file=file))
