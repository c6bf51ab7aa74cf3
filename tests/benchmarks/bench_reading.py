"""The built-in reader on questions written by other hands than its training phrases, beside each of its parts alone.

tests/data/reader_dev_*.jsonl was scored while the reader was made. The others were each blind when they were written,
by people who knew neither the phrases nor the reader; the misses of all of them have been looked at since, those of
the third blind set once, for whole classes of wording.
spans_*.jsonl scores the span finder by itself (tests/span_cases.py).
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from assistant.calls import Tool
from assistant.reader.decide import Decision, Judges
from assistant.reader.evaluate import SURE, Score, load_rows, score
from assistant.reader.marking import Marked
from assistant.reader.model import ReaderModel
from assistant.reader.read import Reader
from knowledge.catalog import load_catalog
from tests.benchmarks.row import Row
from tests.span_cases import load_cases
from tests.span_cases import score as score_spans

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
SETS = {
    "dev": "dev", "test": "second set", "blind": "blind", "blind2": "second blind set", "blind3": "third blind set",
    "blind4": "fourth blind set",
}  # fmt: skip
LINES = 300  # questions piped through `mekiki read --jsonl`


class NetAlone(Judges):
    """The trained model's own choice, without votes, rules or words of the field."""

    def decide(self, marked: Marked, previous: Tool | None = None) -> Decision:
        """Return the model's most likely sentence."""
        assert self.model is not None
        emitted = self.model.emit(marked, previous)
        return Decision(emitted.labels, emitted.probability)


def run() -> list[Row]:
    """Return accuracy per set and language, each part alone, calibration, span finder, latency, load and memory."""
    reader = Reader(load_catalog())
    rows, development = [], None
    for name, told in SETS.items():
        singles = score(reader, _rows(f"reader_{name}_ja", f"reader_{name}_en"))
        dialogs = f"reader_{name}_dialogs"
        rows += _accuracy(singles, score(reader, _rows(dialogs)) if _held(dialogs) else None, told)
        off_topic = f"reader_{name}_off_topic"  # the older sets hold theirs among the questions
        if _held(off_topic):
            singles = score(reader, _rows(f"reader_{name}_ja", f"reader_{name}_en", off_topic))
        rows += _trust(singles, told)
        development = development or singles
    assert development is not None
    return [*rows, *_parts_alone(reader), *_spans(reader), *_cost(development), _longest(reader)]


def _longest(reader: Reader) -> Row:
    text = "昔々あるところに。" * 111_000 + "RTX 4090でLlama 3.1 8Bは動きますか?"
    began = time.perf_counter()
    reader.read(text)
    return Row(
        "time for a question of a million characters", time.perf_counter() - began, "s", "999,000 of them a tale"
    )


def _held(name: str) -> bool:
    return (DATA / f"{name}.jsonl").exists()


def _rows(*names: str) -> list[dict[str, object]]:
    return load_rows([DATA / f"{name}.jsonl" for name in names])


def _accuracy(singles: Score, dialogs: Score | None, name: str) -> list[Row]:
    groups = {"questions": singles.singles} | ({"dialog turns": dialogs.turns} if dialogs else {})
    rows = []
    for kind, tallies in groups.items():
        for language, tally in sorted(tallies.items()):
            figures = tally.to_json()
            how = f"{figures['questions']:.0f} {name} {kind}"
            rows.append(Row(f"{language} {name} {kind}: tool right", figures["tool"], "", how))
            rows.append(Row(f"{language} {name} {kind}: tool and all arguments right", figures["all_slots"], "", how))
    return rows


def _trust(found: Score, name: str) -> list[Row]:
    """Return what is declined, rightly and wrongly, and how far the confidence can be trusted."""
    figures, off = found.to_json(), found.tools["out_of_scope"].to_json()
    sure, asked = figures["sure"], f"{len(found.trusted)} {name} questions"
    return [
        Row(f"off-topic and injected questions declined, {name}", off["tool"], "", f"{off['questions']:.0f} questions"),
        Row(f"real questions wrongly declined, {name}", figures["declined_wrongly"], "", f"{found.in_scope} questions"),
        Row(
            f"right among readings above confidence {SURE}, {name}",
            sure["all_slots"],
            "",
            f"{sure['questions']:.0f} readings",
        ),
        Row(f"readings above confidence {SURE}, {name}", sure["questions"] / max(len(found.trusted), 1), "", asked),
        Row(f"expected calibration error, {name}", _calibration_error(found.trusted), "", f"{asked}, 10 bins"),
    ]


def _parts_alone(reader: Reader) -> list[Row]:
    """Return tool and all-arguments accuracy on the development questions of each opinion alone and of all together."""
    whole = reader.judges
    parts = {
        "keyword rules alone": Judges(None, None),
        "n-gram votes, roles by rules": Judges(None, whole.votes),
        "trained model alone": NetAlone(whole.model, None),
        "all together": whole,
    }
    rows = []
    for name, judges in parts.items():
        reader.judges = judges
        found = score(reader, _rows("reader_dev_ja", "reader_dev_en"))
        for language, tally in sorted(found.singles.items()):
            figures = tally.to_json()
            rows.append(Row(f"{name}, {language}: tool right", figures["tool"], "", "development questions"))
            rows.append(Row(f"{name}, {language}: tool and all arguments right", figures["all_slots"], "", "the same"))
        rows.append(Row(f"{name}: time per question, median", found.to_json()["ms"]["p50"], "ms", "the same"))
    reader.judges = whole
    return rows


def _spans(reader: Reader) -> list[Row]:
    rows = []
    for language in ("en", "ja"):
        cases = load_cases(language)
        found, how = (
            score_spans(cases, reader.tables),
            f"{len(cases)} labelled questions (tests/data/spans_{language}.jsonl)",
        )
        rows += [
            Row(f"span finder, {language}: labelled spans found", found.agreed / found.labelled, "", how),
            Row(f"span finder, {language}: found spans that are labelled", found.agreed / found.found, "", how),
            Row(f"span finder, {language}: questions with all spans right", found.exact / found.questions, "", how),
        ]
    return rows


def _cost(singles: Score) -> list[Row]:
    """Return time per question, time to load the model, memory of a process that reads, and questions per second."""
    ReaderModel()  # the library itself is loaded now
    began = time.perf_counter()
    ReaderModel()
    loaded = (time.perf_counter() - began) * 1000
    times = singles.to_json()["ms"]
    lines = [json.dumps({"text": row["text"]}, ensure_ascii=False) for row in _rows("reader_dev_ja", "reader_dev_en")]
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "assistant.cli", "read", "--jsonl"], input="\n".join(lines[:LINES]) + "\n",
        text=True, encoding="utf-8", cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"}, check=True, capture_output=True,
    )  # fmt: skip
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        Row("time per question, median", times["p50"], "ms", "development questions"),
        Row("time per question, 95 %", times["p95"], "ms", "development questions"),
        Row("load the trained model", loaded, "ms", "llama.cpp loaded before"),
        Row("`mekiki read --jsonl`, start included", LINES / took, "questions/s", f"{LINES} development questions"),
        Row("memory of the process, peak", peak, "MiB", "the same process"),
    ]


def _calibration_error(trusted: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Return the expected calibration error: |mean confidence - share right| over equal bins, weighted by size."""
    error = 0.0
    for n in range(bins):
        inside = [
            (sure, right)
            for sure, right in trusted
            if n / bins <= sure < (n + 1) / bins or (sure == 1 and n == bins - 1)
        ]
        error += abs(sum(sure for sure, _ in inside) - sum(right for _, right in inside))
    return error / max(len(trusted), 1)
