"""Training data: people's labelled phrases and dialogs, composed questions, and variants of both, all by one seed.

Every question goes through the same cleaning, span finder and label language as at run time, so that the model sees
in training what it will see in use. Labels come from the arguments; a value that no span accounts for is left out.
"""

import json
import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.calls import ARGUMENTS, TOOLS, Tool
from assistant.reader.agreeing import same_value
from assistant.reader.assemble import from_args, to_args
from assistant.reader.labels import DROPPABLE, Labels, encode, roles_for
from assistant.reader.marking import Marked, Tables, mark
from assistant.reader.needs import merge, remember
from assistant.reader.spans import find_spans
from assistant.reader.text import clean, relevant
from assistant.reader.units import quantisations
from assistant.reader.words import licences

HERE = Path(__file__).parent
PHRASES = HERE / "phrases"


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled question."""

    text: str
    tool: Tool
    args: dict[str, Any]
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """What the model is trained on: marked question, earlier tool in a conversation, sentence to emit."""

    text: str
    previous: Tool | None
    symbols: tuple[str, ...]
    tool: Tool


@dataclass
class Corpus:
    """Everything labelled by people."""

    rows: list[Row] = field(default_factory=list)
    dialogs: list[list[Row]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def load_corpus(folder: Path = PHRASES) -> Corpus:
    """Read every phrase file in sorted order; a line that is no labelled question is listed in `problems`."""
    corpus = Corpus()
    for path in sorted(folder.glob("**/*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                data = json.loads(line)
                writer = str(data.get("writer", path.stem))
                rows = [_row(turn, writer) for turn in data.get("turns", [data])]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                corpus.problems.append(f"{path.name}:{number}: {error}")
                continue
            if "turns" in data:
                corpus.dialogs.append(rows)
            else:
                corpus.rows.append(rows[0])
    return corpus


def _row(data: dict[str, Any], writer: str) -> Row:
    tool = next((one for one in TOOLS if one == data["tool"]), None)
    if tool is None:
        raise ValueError(f"unknown tool {data['tool']!r}")
    args = {name: value for name, value in data.get("args", {}).items() if name != "query"}
    ARGUMENTS[tool].model_validate(args)
    if quants := [span.value for span in quantisations(args.get("quant") or "")]:
        args["quant"] = quants[0]  # "4bit" means the class Q4, however the writer put it
    if args.get("licences"):
        args["licences"] = [next((str(span.value) for span in licences(one)), one) for one in args["licences"]]
    return Row(str(data["text"]), tool, args, writer)


def marked(text: str, tables: Tables, *, conversation: bool = False) -> Marked:
    """Return a raw question as the reader would see it."""
    part = relevant(clean(text))
    return mark(part, find_spans(part, tables, conversation=conversation))


def example(row: Row, tables: Tables) -> tuple[Example, list[str]]:
    """Return the example of a single question and the values that no span accounts for."""
    question = marked(row.text, tables)
    labels, missing = from_args(row.tool, row.args, question, tables)
    return Example(question.text, None, tuple(encode(labels, question.placeholders)), row.tool), missing


def dialog_examples(turns: Sequence[Row], tables: Tables) -> Iterator[tuple[Example, bool]]:
    """Yield an example per turn, and whether its labels reproduce the turn's merged arguments."""
    before: dict[str, Any] = {}
    previous: Tool | None = None
    for turn in turns:
        if previous is None:
            single, missing = example(turn, tables)
            yield single, not missing
        else:
            question = marked(turn.text, tables, conversation=True)
            labels, exact = turn_labels(before, turn, question, tables)
            yield Example(question.text, previous, tuple(encode(labels, question.placeholders)), turn.tool), exact
        before = remember(before, turn.tool, turn.args)
        previous = turn.tool


def turn_labels(before: dict[str, Any], turn: Row, question: Marked, tables: Tables) -> tuple[Labels, bool]:
    """Return the labels whose merge with what was known gives the turn's arguments, and whether they do so exactly."""
    full, _ = from_args(turn.tool, turn.args, question, tables)
    known = set(ARGUMENTS[turn.tool].model_fields)
    best: tuple[int, Labels] | None = None
    for more in (True, False):
        values = dict(full.values)
        if more:
            values = {
                group: value
                for group, value in values.items()
                if group == "nogpu" or before.get(group) != turn.args.get(group)
            }
        old_hardware = before.get("hardware") or {}
        if "gpu" in old_hardware and old_hardware["gpu"] is None:
            values.pop("nogpu", None)
        dropped = tuple(
            name for name in DROPPABLE if more and name in before and name in known and name not in turn.args
        )
        for roles in _role_choices(turn.tool, full.roles, question):
            labels = Labels(turn.tool, values, roles, more, dropped)
            merged = merge(before, labels, to_args(labels, question, conversation=True), question, tables)
            wrong = sum(
                name not in merged or not same_value(merged[name], value, tables) for name, value in turn.args.items()
            )
            wrong += sum(name not in turn.args for name in merged if name != "query")
            if best is None or wrong < best[0]:
                best = (wrong, labels)
    assert best is not None
    return best[1], best[0] == 0


def _role_choices(tool: Tool, roles: dict[str, str], question: Marked) -> Iterator[dict[str, str]]:
    """Yield the roles that values show, then those with one more placeholder used, which may show only when merged."""
    yield roles
    for name, span in question.placeholders:
        allowed = roles_for(tool, name, span)
        if name not in roles and len(allowed) > 1:
            yield roles | {name: allowed[0]}


class Composer:
    """Composes labelled questions from the clause and pattern files and the catalog's names."""

    def __init__(self, tables: Tables, names: Sequence[str], rng: random.Random) -> None:
        self.clauses = tomllib.loads((HERE / "clauses.toml").read_text(encoding="utf-8"))
        self.patterns = tomllib.loads((HERE / "patterns.toml").read_text(encoding="utf-8"))
        self.tables, self.names, self.rng = tables, list(names), rng
        self.gpus = sorted(
            name
            for name in tables.gpu_names
            if re.match(r"(RTX [345]0\d0|A100|H100|L4|L40S|T4|RX [79]\d{3}|M[1-5])", name) and "GB" not in name
        ) or ["RTX 4090"]

    def compose(self) -> Row:
        """Return one composed question in a random language."""
        lang = self.rng.choice(("ja", "en"))
        if self.rng.random() < 0.6:
            return self._recommend(lang)
        return self._pattern(lang)

    def _recommend(self, lang: str) -> Row:
        rng, book = self.rng, self.clauses[lang]
        args: dict[str, Any] = {}
        parts: list[str] = []
        if rng.random() < 0.85:
            task = rng.choice(sorted(book["task"]))
            args["task"] = task
            piece = rng.choice(book["task"][task])
            frame = rng.choice(
                ("{}用", "{}に使いたい", "{}", "{}のため", "用途は{}", "{}に向いた", "{}がしたい")
                if lang == "ja"
                else ("for {}", "{}", "I need it for {}", "use case: {}", "mainly {}", "something for {}")
            )
            parts.append(frame.format(piece))
        if rng.random() < 0.5:
            parts.append(self._machine(lang, args))
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            parts.append(self._flag(lang, args) if rng.random() < 0.6 else self._value(lang, args))
        rng.shuffle(parts)
        parts.append(rng.choice(book["ask"]["all"]))
        if rng.random() < 0.25:
            parts.insert(rng.randrange(len(parts)), rng.choice(book["filler"]))
        joint = rng.choice(("、", "。", " ", "") if lang == "ja" else (", ", ". ", " ", ", "))
        if not args:
            return Row(joint.join(part for part in parts if part), "clarify", {}, "composed")
        if args.get("hardware") and "hosting" not in args and args["hardware"] != {"gpu": None}:
            args["hosting"] = "local"
        return Row(joint.join(part for part in parts if part), "recommend", args, "composed")

    def _machine(self, lang: str, args: dict[str, Any]) -> str:
        rng, book = self.rng, self.clauses[lang]["hardware"]
        kind = rng.choice(("GPU", "GPU", "GPUS", "VRAM", "RAM"))
        frame = rng.choice(book[kind])
        name, count = rng.choice(self.gpus), rng.choice((2, 4, 8))
        amount = rng.choice((6, 8, 12, 16, 24, 48) if kind == "VRAM" else (8, 16, 32, 64, 128))
        if kind in ("GPU", "GPUS"):
            args["hardware"] = {"gpu": name} | ({"gpu_count": count} if kind == "GPUS" else {})
            return str(frame.format(x=name, n=count))
        args["hardware"] = {"vram_gb" if kind == "VRAM" else "ram_gb": amount}
        return str(frame.format(x=amount))

    def _flag(self, lang: str, args: dict[str, Any]) -> str:
        key = self.rng.choice(sorted(self.clauses[lang]["flags"]))
        name, value = key.split("=")
        if name in args or (name == "hosting" and "hardware" in args):
            return ""
        if name == "nogpu":
            if "hardware" in args:
                return ""
            args["hardware"] = {"gpu": None}
        else:
            args[name] = True if value == "true" else value
        return str(self.rng.choice(self.clauses[lang]["flags"][key]))

    def _value(self, lang: str, args: dict[str, Any]) -> str:
        rng = self.rng
        name = rng.choice(sorted(self.clauses[lang]["value"]))
        if name in args:
            return ""
        shown, value = _pick_value(name, lang, rng)
        args[name] = value
        return str(rng.choice(self.clauses[lang]["value"][name]).format(x=shown))

    def _pattern(self, lang: str) -> Row:
        rng = self.rng
        wanted = rng.choice(sorted(self.patterns[lang]))
        tool = next(one for one in TOOLS if one == wanted)
        pattern, _, fixed = rng.choice(self.patterns[lang][tool]).partition("|")
        a, b, m = rng.sample(self.names, 3) if len(self.names) > 2 else ["Llama 3.1 8B", "Qwen3 8B", "Gemma 3 27B"]
        quant, quant2 = rng.sample(("Q4_K_M", "Q8_0", "4bit", "AWQ", "FP16", "Q5_K_M", "int8", "Q3_K_S"), 2)
        slots = {
            "m": m,
            "a": a,
            "b": b,
            "gpu": rng.choice(self.gpus),
            "gpu2": rng.choice(self.gpus),
            "n": rng.choice((2, 4, 8)),
            "vram": rng.choice((6, 8, 12, 16, 24)),
            "ram": rng.choice((16, 32, 64, 128)),
            "ctx": rng.choice(("16k", "32k", "128k")),
            "quant": quant,
            "quant2": quant2,
            "kv": rng.choice(("q8_0", "q4_0")),
            "users": rng.choice((5, 10, 20)),
        }
        text = pattern.format(**slots)
        used = {name for name in slots if "{" + name + "}" in pattern}
        return Row(text, tool, _pattern_args(tool, fixed, used, slots, text, self.tables), "composed")


def _pattern_args(
    tool: Tool, fixed: str, used: set[str], slots: dict[str, Any], text: str, tables: Tables
) -> dict[str, Any]:
    """Read the slots' canonical values back from the text by the span finder, so that labels and spans agree."""
    known = ARGUMENTS[tool].model_fields
    if tool in ("explain", "out_of_scope", "clarify"):
        return {}
    args: dict[str, Any] = {}
    if "models" in known:
        args["models"] = [slots[name] for name in ("a", "b", "m") if name in used]
    elif "m" in used:
        args["model"] = slots["m"]
    hardware: dict[str, Any] = {}
    name, _, value = fixed.partition("=")
    if name == "nogpu":
        hardware["gpu"] = None
    elif name:
        args[name] = value
    if "gpu" in used:
        hardware["gpu"] = slots["gpu"]
    if "n" in used:
        hardware["gpu_count"] = slots["n"]
    for slot, key in (("vram", "vram_gb"), ("ram", "ram_gb")):
        if slot in used:
            hardware[key] = slots[slot]
    if hardware:
        args["hardware"] = hardware
    for span in find_spans(clean(text), tables):
        for kind, key, slot in (
            ("CTX", "context_tokens", "ctx"),
            ("QNT", "quant", "quant"),
            ("KV", "kv_type", "kv"),
            ("NUM", "users", "users"),
        ):
            if span.kind == kind and slot in used and key in known and (kind != "NUM" or span.hint == "users"):
                args[key] = span.value
    return args


def _pick_value(name: str, lang: str, rng: random.Random) -> tuple[str, Any]:
    if name == "context_tokens":
        return rng.choice(
            (("16k", 16_000), ("32k", 32_000), ("64k", 64_000), ("128k", 128_000), ("100k", 100_000), ("200k", 200_000))
        )
    if name == "languages":
        named = (
            ("日本語", ["ja"]),
            ("英語", ["en"]),
            ("中国語", ["zh"]),
            ("韓国語", ["ko"]),
            ("フランス語", ["fr"]),
            ("日本語と英語", ["ja", "en"]),
        )
        english = (
            ("Japanese", ["ja"]),
            ("English", ["en"]),
            ("Chinese", ["zh"]),
            ("German", ["de"]),
            ("Spanish", ["es"]),
            ("Japanese and English", ["ja", "en"]),
        )
        return rng.choice(named if lang == "ja" else english)
    if name == "licences":
        return rng.choice(
            (
                ("Apache-2.0", ["apache-2.0"]),
                ("MIT", ["mit"]),
                ("Apache", ["apache-2.0"]),
                ("Apache 2.0", ["apache-2.0"]),
            )
        )
    if name == "exclude":
        family = rng.choice(("Llama", "Qwen", "DeepSeek", "Gemma", "Mistral"))
        return family, [family]
    if name == "max_params_b":
        size = rng.choice((1, 3, 4, 7, 8, 13, 14, 32))
        return str(size), size
    if name == "count":
        amount = rng.choice((2, 3, 4, 5, 10))
        return str(amount), amount
    price = rng.choice((0.1, 0.5, 1, 2, 5))
    return f"{price:g}", price
