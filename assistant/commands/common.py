"""What every command shares: options, the assistant, printing."""

import json
import locale
import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import typer

from assistant.calls import Call, Hardware, parse_call
from assistant.chat import Assistant
from assistant.errors import BadArguments, SettingsError
from assistant.events import Language
from assistant.settings import Settings, language_wish, load_settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON in the fixed shape instead of prose.")]
Lang = Annotated[str | None, typer.Option("--lang", help="ja or en; by default the question's or the system's.")]
Gpu = Annotated[
    str | None, typer.Option("--gpu", help='A GPU or chip, such as "RTX 4090" or "M3 Max"; "none" for no GPU.')
]
GpuCount = Annotated[int | None, typer.Option("--gpu-count", help="How many of that GPU.")]
VramGb = Annotated[float | None, typer.Option("--vram-gb", help="GPU memory in GB, per card.")]
RamGb = Annotated[float | None, typer.Option("--ram-gb", help="System or unified memory in GB.")]
NoHardware = Annotated[bool, typer.Option("--no-hardware", help="Assume no machine instead of this one.")]
Quant = Annotated[str | None, typer.Option("--quant", help="Quantisation, such as Q4_K_M, or a class such as Q4.")]
Context = Annotated[int | None, typer.Option("--context", help="Context length in tokens.")]


@cache
def settings() -> Settings:
    """Return the settings of this process. Raises SettingsError."""
    return load_settings()


def language(wish: str | None = None) -> Language:
    """Return the language of output: asked for, from the settings, else the system's. Raises BadArguments."""
    if wish is not None:
        if wish not in ("ja", "en"):
            raise BadArguments("--lang", wish, "'ja' or 'en'", "'ja' か 'en'")
        return "ja" if wish == "ja" else "en"
    try:
        configured = settings().lang
    except SettingsError:  # reported by the command itself, in the language that is asked for all the same
        configured = language_wish()
    if configured:
        return configured
    names = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    system = next((name for name in names if name), "") or (locale.getlocale()[0] or "")
    return "ja" if system.lower().startswith(("ja", "japanese")) else "en"


def language_of_errors(arguments: Sequence[str]) -> Language:
    """Return the language for an error that ends the program: the command line's --lang, else that of output."""
    for place, one in enumerate(arguments):
        wish = one.removeprefix("--lang=") if one.startswith("--lang=") else "".join(arguments[place + 1 : place + 2])
        if one.startswith("--lang") and wish in ("ja", "en"):
            return language(wish)
    return language()


def assistant(no_hardware: bool = False) -> Assistant:
    """Return the assistant of this process's settings."""
    return Assistant(settings(), use_machine=not no_hardware)


def hardware(
    gpu: str | None, gpu_count: int | None, vram_gb: float | None, ram_gb: float | None
) -> dict[str, Any] | None:
    """Return the stated hardware as a call argument, None when nothing was stated."""
    stated: dict[str, Any] = {
        name: value
        for name, value in (("gpu_count", gpu_count), ("vram_gb", vram_gb), ("ram_gb", ram_gb))
        if value is not None
    }
    if gpu is not None:
        stated["gpu"] = None if gpu.strip().lower() in ("none", "no", "なし", "cpu") else gpu
    return stated or None


def call(tool: str, **arguments: Any) -> Call:
    """Return a validated call from options; None means not given. Raises BadArguments."""
    return parse_call(tool, arguments)


def split(text: str | None) -> list[str] | None:
    """Return the parts of a comma-separated option, None when it was not given."""
    return [part.strip() for part in text.split(",") if part.strip()] if text else None


def override(stated: dict[str, Any] | None) -> Hardware | None:
    """Return the stated hardware as a value. Raises BadArguments."""
    if stated is None:
        return None
    parsed: Any = parse_call("max_size", {"hardware": stated}).args
    return parsed.hardware if isinstance(parsed.hardware, Hardware) else None


def echo_json(value: Any) -> None:
    """Print one JSON value, indented on a terminal, in one line otherwise."""
    indent = 2 if sys.stdout.isatty() else None
    typer.echo(json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False))


def echo_markdown(text: str) -> None:
    """Print Markdown: rendered on a terminal, as it is otherwise."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        typer.echo(text)
