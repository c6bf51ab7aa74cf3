"""The built-in reader on questions written by other hands than its training phrases.

tests/data/reader_dev_*.jsonl was scored while the reader was made. reader_test_*.jsonl was written later; its misses
have been read since. reader_blind_*.jsonl is the newest: its questions and misses have not been looked at, so its
figures are what to expect on new questions.
"""

from pathlib import Path

from assistant.reader.evaluate import load_rows, score
from assistant.reader.read import Reader
from knowledge.catalog import load_catalog
from tests.benchmarks.row import Row

DATA = Path(__file__).resolve().parents[1] / "data"


def run() -> list[Row]:
    """Return tool and all-slots accuracy per language, confidence, wrongly declined questions, and latency."""
    reader = Reader(load_catalog())
    singles = score(reader, load_rows([DATA / "reader_dev_ja.jsonl", DATA / "reader_dev_en.jsonl"]))
    dialogs = score(reader, load_rows([DATA / "reader_dev_dialogs.jsonl"]))
    rows = []
    later = score(reader, load_rows([DATA / "reader_test_ja.jsonl", DATA / "reader_test_en.jsonl"]))
    blind = score(reader, load_rows([DATA / "reader_blind_ja.jsonl", DATA / "reader_blind_en.jsonl"]))
    blind_dialogs = score(reader, load_rows([DATA / "reader_blind_dialogs.jsonl"]))
    groups_of = {
        "questions": singles.singles,
        "dialog turns": dialogs.turns,
        "second set": later.singles,
        "blind questions": blind.singles,
        "blind dialog turns": blind_dialogs.turns,
    }
    for kind, groups in groups_of.items():
        for language, tally in sorted(groups.items()):
            figures = tally.to_json()
            how = f"{figures['questions']:.0f} {kind}"
            rows.append(Row(f"{language} {kind}: tool right", figures["tool"], "", how))
            rows.append(Row(f"{language} {kind}: tool and all arguments right", figures["all_slots"], "", how))
    found = singles.to_json()
    sure = found["sure"]
    rows += [
        *(
            Row(
                f"off-topic and injected questions declined, {name}",
                off["tool"],
                "",
                f"{off['questions']:.0f} questions",
            )
            for name, some in (("dev", singles), ("blind", blind))
            for off in (some.tools["out_of_scope"].to_json(),)
        ),
        Row("real questions wrongly declined", found["declined_wrongly"], "", ""),
        Row(
            "right among readings above the confidence threshold",
            sure["all_slots"],
            "",
            f"{sure['questions']:.0f} readings",
        ),
        Row("time per question, median", found["ms"]["p50"], "ms", ""),
        Row("time per question, 95 %", found["ms"]["p95"], "ms", ""),
    ]
    return rows
