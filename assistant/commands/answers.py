"""`mekiki ask` and `mekiki read`."""

import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from assistant.commands.common import assistant, echo_json, echo_markdown, language, plain, told
from assistant.commands.lines import in_order
from assistant.commands.options import Explain, Gpu, GpuCount, Json, Lang, NoHardware, RamGb, VramGb, hardware, override
from assistant.errors import BadArguments, MekikiError
from assistant.events import Answer, Conversation, Done, Language
from assistant.sentences import say
from assistant.writer.draft import parts
from assistant.writer.score import explained

Question = Annotated[list[str] | None, typer.Argument(help="The question, in Japanese or English.")]
Jsonl = Annotated[
    bool,
    typer.Option("--jsonl", help='One JSON object a line on standard input, with "text" or "turns"; results likewise.'),
]
FAILED = 2
READERS = 2  # questions read at once: the network of one runs while the spans of another are found


def ask(
    question: Question = None,
    as_json: Json = False,
    jsonl: Jsonl = False,
    lang: Lang = None,
    gpu: Gpu = None,
    gpu_count: GpuCount = None,
    vram_gb: VramGb = None,
    ram_gb: RamGb = None,
    no_hardware: NoHardware = False,
    explain: Explain = False,
) -> None:
    """Answer a question: which model, does it fit, what is the difference, why."""
    mekiki = assistant(no_hardware)
    wish = language(lang) if lang else None
    machine = override(hardware(gpu, gpu_count, vram_gb, ram_gb))

    def answer(text: str, conversation: Conversation) -> Answer:
        events = mekiki.answer(text, conversation, language=wish, hardware=machine)
        return next(event.answer for event in events if isinstance(event, Done))

    if jsonl:
        _each_line(lambda text, conversation: answer(text, conversation).to_json(), lang)
        return
    done = answer(_text(question), Conversation())
    if as_json:
        echo_json(done.to_json())
    else:
        echo_markdown(terminal(done, explain))


def terminal(done: Answer, explain: bool) -> str:
    """Return an answer as a terminal shows it."""
    scores = [explained(call.result, done.language) for call in done.calls]
    text = told(done.text, parts(done.details, *scores), done.language, explain)
    beside = {"assumptions": done.assumptions, "warnings": done.warnings}
    return plain(text, done.sources, done.language, beside=beside)


def read(question: Question = None, as_json: Json = False, jsonl: Jsonl = False, lang: Lang = None) -> None:
    """Show how a question is understood, without answering it."""
    from assistant.reader.needs import remember

    mekiki = assistant()

    def reading(text: str, conversation: Conversation) -> dict[str, Any]:
        found = mekiki.read(text, conversation)
        conversation.needs = remember(conversation.needs, found.call.tool, found.call.arguments())
        conversation.call = found.call
        conversation.turns.append((text, ""))
        return found.to_json()

    if jsonl:
        mekiki.reader  # noqa: B018 - loaded here, once, before two ask for it
        _each_line(reading, lang, READERS)
        return
    found = reading(_text(question), Conversation())
    if as_json:
        echo_json(found)
        return
    typer.echo(f"{found['tool']}  ({found['confidence']:.2f}, {found['language']})")
    for name, value in found["args"].items():
        typer.echo(f"  {name}: {json.dumps(value, ensure_ascii=False)}")


def _text(words: list[str] | None) -> str:
    """Return the question: the arguments joined, else standard input when it is piped."""
    if words:
        return " ".join(words)
    if not sys.stdin.isatty():
        return sys.stdin.read()
    raise BadArguments(
        "question", "", 'a question, such as `mekiki ask "best model for 8 GB?"`',
        "質問文（例: `mekiki ask \"8GBで動くおすすめは？\"`）",
    )  # fmt: skip


def _each_line(one: Callable[[str, Conversation], dict[str, Any]], lang: str | None, workers: int = 1) -> None:
    """Answer JSON lines in order; a bad line gets an "error" object in its place and the rest goes on."""
    shown: Language = language(lang)
    failed = False

    def answered(line: str) -> Any:
        try:
            return _line(line, one)
        except MekikiError as error:
            return error

    for number, result in in_order(answered, sys.stdin, workers):
        if isinstance(result, MekikiError):
            failed = True
            typer.echo(say(shown, "cli.line", number=number, text=result.text(shown)), err=True)
            result = {"error": result.text(shown)}
        typer.echo(json.dumps(result, ensure_ascii=False, allow_nan=False))
    if failed:
        raise typer.Exit(FAILED)


def _line(line: str, one: Callable[[str, Conversation], dict[str, Any]]) -> Any:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if isinstance(row, dict) and isinstance(row.get("text"), str):
        return one(row["text"], Conversation())
    turns = row.get("turns") if isinstance(row, dict) else None
    if isinstance(turns, list) and turns and all(isinstance(turn, str) for turn in turns):
        conversation = Conversation()
        return [one(turn, conversation) for turn in turns]
    raise BadArguments(
        "line", line.strip()[:80], 'a JSON object with "text" (a string) or "turns" (a list of strings)',
        '"text"（文字列）か "turns"（文字列のリスト）のある JSON オブジェクト',
    )  # fmt: skip
