"""Score a reader on labelled questions and dialogs: `python -m assistant.reader.evaluate FILE.jsonl ...`."""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.events import Conversation
from assistant.reader.agreeing import same_value
from assistant.reader.needs import remember
from assistant.reader.read import Reader
from assistant.reader.text import language_of

SURE = 0.8  # above this confidence a reading is acted on without asking back


@dataclass
class Tally:
    """Counts of one group of questions."""

    questions: int = 0
    tool_right: int = 0
    all_right: int = 0

    def add(self, tool: bool, everything: bool) -> None:
        """Count one question."""
        self.questions += 1
        self.tool_right += tool
        self.all_right += everything

    def to_json(self) -> dict[str, float]:
        """Return the counts and the two shares."""
        total = max(self.questions, 1)
        return {
            "questions": self.questions,
            "tool": round(self.tool_right / total, 4),
            "all_slots": round(self.all_right / total, 4),
        }


@dataclass
class Score:
    """How well questions were read. `slots` holds per slot: right, wrong value, missed, invented."""

    singles: dict[str, Tally] = field(default_factory=dict)  # by language
    turns: dict[str, Tally] = field(default_factory=dict)  # dialog turns, by language
    tools: dict[str, Tally] = field(default_factory=dict)
    slots: dict[str, list[int]] = field(default_factory=dict)
    sure: Tally = field(default_factory=Tally)
    declined_wrongly: int = 0
    in_scope: int = 0
    milliseconds: list[float] = field(default_factory=list)
    trusted: list[tuple[float, bool]] = field(default_factory=list)  # confidence, was everything right
    wrong: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the figures, JSON-ready; times in milliseconds."""
        times = sorted(self.milliseconds) or [0.0]
        return {
            "single": {name: tally.to_json() for name, tally in sorted(self.singles.items())},
            "dialog_turns": {name: tally.to_json() for name, tally in sorted(self.turns.items())},
            "tools": {name: tally.to_json() for name, tally in sorted(self.tools.items())},
            "slots": {
                name: {"right": right, "wrong": wrong, "missed": missed, "invented": invented}
                for name, (right, wrong, missed, invented) in sorted(self.slots.items())
            },
            "sure": self.sure.to_json() | {"threshold": SURE},
            "declined_wrongly": round(self.declined_wrongly / max(self.in_scope, 1), 4),
            "ms": {"p50": round(times[len(times) // 2], 2), "p95": round(times[int(len(times) * 0.95) - 1], 2)},
        }


def score(reader: Reader, rows: Iterable[dict[str, Any]]) -> Score:
    """Read every row ({"text", "tool", "args"} or {"turns": [...]}) and compare; `query` is not compared."""
    out = Score()
    for row in rows:
        conversation = Conversation() if "turns" in row else None
        language = language_of(row["turns"][0]["text"] if "turns" in row else row["text"])[0]
        for turn in row.get("turns", [row]):
            began = time.perf_counter()
            reading = reader.read(turn["text"], conversation)
            out.milliseconds.append((time.perf_counter() - began) * 1000)
            args = reading.call.arguments()
            _compare(out, reader, turn, reading.call.tool, args, reading.confidence, language, conversation is not None)
            if conversation is not None:
                conversation.needs = remember(conversation.needs, reading.call.tool, args)
                conversation.call = reading.call
    return out


def _compare(
    out: Score,
    reader: Reader,
    turn: dict[str, Any],
    tool: str,
    args: dict[str, Any],
    confidence: float,
    language: str,
    dialog: bool,
) -> None:
    wanted = {name: value for name, value in turn.get("args", {}).items() if name != "query"}
    found = {name: value for name, value in args.items() if name != "query"}
    tool_right = tool == turn["tool"]
    right = tool_right
    for name in {*wanted, *found}:
        tally = out.slots.setdefault(name, [0, 0, 0, 0])
        if name not in found:
            kind = 2
        elif name not in wanted:
            kind = 3
        else:
            kind = 0 if same_value(found[name], wanted[name], reader.tables) else 1
        tally[kind] += 1
        right = right and kind == 0
    (out.turns if dialog else out.singles).setdefault(language, Tally()).add(tool_right, right)
    out.tools.setdefault(turn["tool"], Tally()).add(tool_right, right)
    out.trusted.append((confidence, right))
    if confidence >= SURE:
        out.sure.add(tool_right, right)
    if turn["tool"] != "out_of_scope":
        out.in_scope += 1
        out.declined_wrongly += tool == "out_of_scope"
    if not right:
        out.wrong.append(
            {
                "text": turn["text"],
                "wanted": [turn["tool"], wanted],
                "found": [tool, found],
                "confidence": round(confidence, 3),
            }
        )


def load_rows(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Read labelled files, one JSON object per line."""
    return [
        json.loads(line) for path in paths for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()
    ]


def main(arguments: Sequence[str]) -> None:
    """Score the shipped reader on files; write JSON to standard output."""
    from knowledge.catalog import load_catalog

    result = score(Reader(load_catalog()), load_rows([Path(one) for one in arguments]))
    sys.stdout.write(json.dumps(result.to_json(), ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
