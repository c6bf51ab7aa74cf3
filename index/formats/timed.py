"""Calendars (.ics) and subtitles (.vtt, .srt) -> blocks: what is on when, and who said what."""

import re
from collections.abc import Iterator
from itertools import islice

from index.formats.blocks import WIDE, Block, Document
from index.formats.tables import row_lines

_NAMES = {  # of an event's properties, in English and Japanese
    "SUMMARY": ("event", "予定"),
    "DTSTART": ("start", "開始"),
    "DTEND": ("end", "終了"),
    "DUE": ("due", "期限"),
    "LOCATION": ("place", "場所"),
    "DESCRIPTION": ("notes", "内容"),
    "RRULE": ("repeats", "繰り返し"),
}
_ENTRIES = ("VEVENT", "VTODO", "VJOURNAL")  # components that people enter: events, tasks, diary notes
_PROPERTY = re.compile(r'([A-Z-]+)((?:;(?:[^":]|"[^"]*")*)?):(.*)')
_ESCAPED = re.compile(r"\\([\\;,nN])")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_CUE = re.compile(r"(\d{0,3}:?\d\d:\d\d)[.,]\d{1,3}[ \t]+-->")
_SPEAKER = re.compile(r"<v(?:\.[^ >]*)? ([^>]+)>|^(?:\[([^\]]{1,40})\]|([A-Z][\w .]{0,38})):(?= )")
_TAG = re.compile(r"</?[a-z][^<>]{0,80}>|\{\\[^{}]{0,80}\}")
_ROWS = 20  # of a passage, at most
_ENDS = re.compile(r"[.!?。！？…]$")


def read_calendar(text: str) -> Document:
    """Return a calendar's events and tasks as rows; its lines are nothing that people look at."""
    japanese = re.search(f"[{WIDE}]", text) is not None
    lines: list[str] = []
    held: dict[str, str] | None = None
    depth = 0
    for line in _unfolded(text):
        if not (found := _PROPERTY.match(line)):
            continue
        name, value = found[1], found[3]
        if name == "BEGIN" and value in _ENTRIES:
            held, depth = {}, 0
        elif name == "END" and held is not None and value in _ENTRIES:
            columns = [key for key in _NAMES if held.get(key)]
            rows = [[_NAMES[key][japanese] for key in columns], [held[key] for key in columns]]
            lines += row_lines(rows) if columns else []
            held = None
        elif held is not None:
            depth += (name == "BEGIN") - (name == "END")  # an alarm has a description of its own
            if not depth and name in _NAMES:
                held[name] = _moment(value) if name in ("DTSTART", "DTEND", "DUE") else _unescaped(value)
    return Document(tuple(Block("table", "\n".join(some)) for some in _batches(lines)))


def _batches(lines: list[str]) -> Iterator[list[str]]:
    rest = iter(lines)
    while some := list(islice(rest, _ROWS)):
        yield some


def _unfolded(text: str) -> Iterator[str]:
    """Yield the lines; one that begins with a space goes on from the one before."""
    held = ""
    for line in text.split("\n"):
        if line.startswith((" ", "\t")):
            held += line[1:]
            continue
        yield held
        held = line
    yield held


def _unescaped(value: str) -> str:
    return " ".join(_ESCAPED.sub(lambda one: " " if one[1] in "nN" else one[1], value).split())


def _moment(value: str) -> str:
    """Return a day, with the time if there is one, as people write it: "2026-11-08 09:00"."""
    found = _MOMENT.fullmatch(value.strip())
    if not found:
        return value
    year, month, day, hour, minute, utc = found.groups()
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "") + (" UTC" if utc else "")


def read_subtitles(text: str) -> Document:
    """Return what was said, sentences put together again, each with its speaker if known and its time as the place."""
    blocks: list[Block] = []
    speaker = ""
    for cue in re.split(r"\n[ \t]*\n", text):
        lines = cue.strip().split("\n")
        at = next((n for n, line in enumerate(lines) if _CUE.match(line.strip())), None)
        said = " ".join(line.strip() for line in lines[at + 1 :]) if at is not None else ""
        if at is None or not said:
            continue
        named = _SPEAKER.search(said)
        who = next(filter(None, named.groups()), "").strip() if named else ""
        said = _TAG.sub("", said.replace(named[0], "", 1) if named else said).strip()
        time = _CUE.match(lines[at].strip())
        if blocks and not _ENDS.search(blocks[-1].text) and who in ("", speaker):
            blocks[-1] = Block("text", f"{blocks[-1].text} {said}", blocks[-1].place)
        elif said:
            blocks.append(Block("text", f"{who}: {said}" if who else said, time[1] if time else ""))
        speaker = who or speaker
    return Document(tuple(blocks))
