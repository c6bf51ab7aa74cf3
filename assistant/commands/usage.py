"""What the command line says of itself, its help and its complaints about usage, in Japanese too.

The help texts stand beside the options in English; help_ja.toml holds each of them, and the library's own words, in
Japanese. A text that is missing there stays English (a test sees to it that none is missing).
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import typer

from assistant.events import Language


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("help_ja.toml").read_text(encoding="utf-8"))


def texts(command: Any) -> Iterator[tuple[Any, str]]:
    """Yield every command and option that has a help text, with that text, from a group downwards."""
    for one in (command, *command.params):
        if getattr(one, "help", None):
            yield one, one.help
    for inner in getattr(command, "commands", {}).values():
        yield from texts(inner)


def speak(command: Any, language: Language) -> None:
    """Put a command's help, and that of everything below it, into a language; headings are the formatter's."""
    if language == "en":
        return
    table = _table()
    for one, text in list(texts(command)):
        one.help = table["help"].get(text, text)

    plain: Any = typer.Context.formatter_class

    class Formatter(plain):  # type: ignore[misc]
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, prefix or table["headings"]["Usage"] + ": ")

        def write_heading(self, heading: str) -> None:
            super().write_heading(table["headings"].get(heading, heading))

        def write_dl(self, rows: Any, *sizes: int) -> None:
            super().write_dl([(name, table["help"].get(text, text)) for name, text in rows], *sizes)

    _use(command, type("Context", (typer.Context,), {"formatter_class": Formatter}))


def _use(command: Any, context: type) -> None:
    command.context_class = context
    for inner in getattr(command, "commands", {}).values():
        _use(inner, context)


def complaint(error: Any, language: Language) -> str:
    """Return what is wrong with a command line in one sentence and where its help is; the help when it was empty."""
    sentence: str = error.format_message()
    if language == "ja":
        for pattern, japanese in _table()["errors"].items():
            if found := re.match(pattern, sentence, re.DOTALL):
                sentence = found.expand(japanese) + _of_value(sentence[found.end() :])
                break
    context = getattr(error, "ctx", None)
    if context and sentence == context.get_help():  # nothing was asked for: the help itself is the answer
        return sentence
    hint = {"en": "; see `{} --help`", "ja": "（`{} --help` に使い方があります）"}[language]
    return sentence.rstrip(".") + (hint.format(context.command_path) if context else "")


def _of_value(told: str) -> str:
    """Return in Japanese what the library says of a value; as it is when that is not known."""
    for pattern, japanese in _table()["values"].items():
        if found := re.fullmatch(pattern, told.rstrip("."), re.DOTALL):
            return found.expand(japanese)
    return told
