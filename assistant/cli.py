"""The `mekiki` command: parse arguments, call, print.

Exit codes: 0 done, 1 "no" where a command says so, 2 bad input (one line on standard error), 70 a bug.
"""

import logging
import sys
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from assistant.commands import answers, tools
from assistant.commands import catalog as catalog_commands
from assistant.commands import evaluate as evaluate_commands
from assistant.commands import index as index_commands
from assistant.commands import models as model_commands
from assistant.commands.common import assistant, echo_json, language, language_of_errors, settings
from assistant.commands.options import Json, Lang
from assistant.commands.usage import complaint, speak
from assistant.errors import MekikiError
from assistant.offline import silence
from assistant.sentences import say

BAD_INPUT = 2
BUG = 70  # EX_SOFTWARE of sysexits.h: neither an answer nor bad input

app = typer.Typer(
    name="mekiki", help="Which language model for your task, whether it fits your machine, and why. Offline.",
    no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
for function in (answers.ask, answers.read, tools.recommend, tools.fit, tools.compare, tools.info, tools.finetune):
    app.command()(function)
app.command(name="max-size")(tools.max_size)
app.command()(tools.search)
app.add_typer(index_commands.app, name="index")
app.add_typer(catalog_commands.app, name="catalog")
app.add_typer(model_commands.app, name="models")
app.add_typer(evaluate_commands.app, name="eval")


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Address to serve on; other machines cannot reach 127.0.0.1.")
    ] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port, 7860 by default.", min=1, max=65535)] = None,
) -> None:
    """Serve the chat page."""
    from ui.serving import check_address
    from ui.serving import serve as serve_page

    check_address(host, port or settings().port)  # nobody should wait for the index to hear that the port is taken
    mekiki = assistant()
    if not (settings().data / "index").exists():
        typer.echo(say(language(), "cli.building_index"))
        typer.echo(say(language(), "cli.index_built", passages=mekiki.index.status().passages))
    serve_page(
        settings(),
        host=host,
        port=port or settings().port,
        assistant=mekiki,
        ready=lambda url: typer.echo(say(language(), "cli.serving", url=url)),
    )


@app.command()
def doctor(as_json: Json = False, lang: Lang = None) -> None:
    """Print what was found, one line each, with the next step for what is missing."""
    from assistant.doctor import diagnose

    shown = language(lang)
    checks = diagnose(settings())
    if as_json:
        rows = [
            {"name": c.name, "ok": c.ok, "detail": c.detail[shown], "next_step": c.next_step.get(shown)} for c in checks
        ]
        echo_json({"checks": rows})
        return
    for check in checks:
        mark = {True: "ok", False: "!!", None: "--"}[check.ok]
        step = check.next_step.get(shown)
        typer.echo(f"{mark}  {check.label[shown]}: {check.detail[shown]}" + (f" -> {step}" if step else ""))


def main() -> None:
    """Run the command line; every expected problem is one line on standard error."""
    silence()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    try:
        command = typer.main.get_command(app)
        speak(command, language_of_errors(sys.argv))
        code = command(standalone_mode=False)
    except TyperException as error:
        line = complaint(error, language_of_errors(sys.argv))
        if "\n" in line:
            typer.echo(line, err=True)
            sys.exit(BAD_INPUT)
        _end(line, BAD_INPUT)
    except MekikiError as error:
        _end(error.text(language_of_errors(sys.argv)), BAD_INPUT)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:  # a full disk, a folder that cannot be written
        reason = error.strerror or type(error).__name__
        shown = language_of_errors(sys.argv)
        _end(f"{error.filename}: {reason}" if error.filename else say(shown, "cli.failed", reason=reason), BAD_INPUT)
    except Exception as error:  # a bug: say so in one line, keep the details for a report
        logging.getLogger(__name__).debug("unexpected", exc_info=True)
        reason = f"{type(error).__name__}: {error}"
        _end(say(language_of_errors(sys.argv), "cli.bug", reason=reason), BUG)
    sys.exit(code if isinstance(code, int) else 0)


def _end(line: str, code: int) -> NoReturn:
    typer.echo(f"mekiki: {' '.join(line.split())}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
