"""What every command shares: the settings, the language, the assistant, printing."""

import json
import locale
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import typer

from assistant.chat import Assistant
from assistant.errors import BadArguments, SettingsError
from assistant.events import Cited, Language
from assistant.sentences import say
from assistant.settings import Settings, language_wish, load_settings
from assistant.writer.draft import bullets, parts, section


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


def told(text: str, details: str, language: Language, explain: bool) -> str:
    """Return an answer's text with its details, or with how to get them."""
    more = details if explain or not details else say(language, "cli.explain")
    return "\n\n".join(part for part in (text, more) if part)


def plain(text: str, sources: Sequence[Cited], language: Language, *, beside: Mapping[str, Sequence[str]]) -> str:
    """Return an answer as Markdown with what a page shows beside it (titled lists), for terminals.

    Of the sources those are listed that the text cites.
    """
    listed = "\n".join(f"[{s.n}] {s.named}" for s in sources if f"[{s.n}]" in text)
    lists = [section(say(language, title), bullets(lines)) for title, lines in beside.items()]
    return parts(text, *lists, section(say(language, "sources"), listed.replace("\n", "  \n")))


def one_line(text: str) -> str:
    """Return a text as a terminal may show it: what would move its cursor, colour it or turn its direction escaped."""
    unseen = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return "".join(
        one.encode("unicode_escape").decode("ascii") if unicodedata.category(one) in unseen else one for one in text
    )


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
