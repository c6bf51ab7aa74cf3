"""Run the benchmarks, print a table and write tests/benchmarks/results.md.

    python -m tests.benchmarks [WORD...]

Each bench_*.py has `run() -> list[Row]`. With words, only modules whose name contains one of them run, and the other
rows of results.md stay as they are.
"""

import importlib
import os
import platform
import sys
import time
from datetime import date
from pathlib import Path

from tests.benchmarks.row import Row

HERE = Path(__file__).parent
RESULTS = HERE / "results.md"
HEAD = "| room | what | value | unit | how |\n| --- | --- | --- | --- | --- |"


def machine() -> str:
    """Return one line on where the figures were measured."""
    from assistant.hardware.detect import detect

    found = detect()
    ram = f"{(found.ram_total_mib or 0) / 1024:.0f} GB RAM"
    load = f", load {os.getloadavg()[0]:.1f} before the start" if hasattr(os, "getloadavg") else ""
    return f"{found.label} x{found.cores}, {ram}, {found.os}, Python {platform.python_version()}, {date.today()}{load}"


def kept_rows(modules: list[str]) -> list[str]:
    """Return the lines of results.md that belong to other modules than those that have just run well."""
    if not RESULTS.exists():
        return []
    lines = [line for line in RESULTS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [line for line in lines[2:] if line.split("|")[1].strip() not in modules]


def main(words: list[str]) -> int:
    """Run and write; returns 1 if a benchmark failed, after the others have run."""
    names = sorted(path.stem for path in HERE.glob("bench_*.py"))
    chosen = [name for name in names if not words or any(word in name for word in words)]
    where = machine()
    rows: list[Row] = []
    failed = []
    for name in chosen:
        room, started = name.removeprefix("bench_"), time.monotonic()
        print(f"{room} ...", flush=True)
        try:
            found = importlib.import_module(f"tests.benchmarks.{name}").run()
        except Exception as error:  # the others still have something to tell
            told = getattr(error, "stderr", None) or b""  # of a command that failed
            text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
            print(f"{room}: {type(error).__name__}: {error}\n{text[-500:]}", file=sys.stderr)
            failed.append(room)
            continue
        rows += [row.of(room) for row in found]
        for row in found:
            print(f"  {row.what}: {row.shown} {row.unit}")
        print(f"  ({time.monotonic() - started:.0f} s)", flush=True)
    done = [room for name in chosen if (room := name.removeprefix("bench_")) not in failed]
    lines = kept_rows(done) if words or failed else []
    lines += [row.markdown() for row in rows]
    text = "\n".join(["# Measured figures", "", f"`make bench` on: {where}", "", HEAD, *sorted(lines)])
    RESULTS.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"\n{RESULTS}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
