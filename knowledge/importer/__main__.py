"""`python -m knowledge.importer TABLES_FOLDER [--out FOLDER] [--report FILE]`: rewrite the entries from fact tables."""

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

from knowledge.importer.build import build
from knowledge.importer.draft import to_toml
from knowledge.importer.rules import HERE, Rules
from knowledge.importer.tables import Tables

KNOWLEDGE = HERE.parent


def read_corrections(folder: Path) -> dict[str, dict[str, Any]]:
    """Return hand-made corrections by id, files in sorted order; a later file adds to an earlier one's id."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.toml")):
        for key, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            have = found.setdefault(key, {})
            shape = {**have.get("architecture", {}), **table.get("architecture", {})}
            have.update(table)
            if shape:
                have["architecture"] = shape
    return found


def write(entries: dict[str, dict[str, Any]], folder: Path) -> tuple[int, int, int]:
    """Write changed entries, remove entries that are gone; return (written, unchanged, removed)."""
    written = unchanged = removed = 0
    wanted = {folder / f"{name}.toml": to_toml(table) for name, table in entries.items()}
    for path, text in wanted.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            unchanged += 1
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written += 1
    for path in sorted(folder.rglob("*.toml")):
        if path not in wanted:
            path.unlink()
            removed += 1
    return written, unchanged, removed


def main(arguments: list[str] | None = None) -> int:
    """Run the importer; 0 when entries were written, 2 when the folder holds no fact tables."""
    parser = argparse.ArgumentParser(prog="python -m knowledge.importer", description=__doc__)
    parser.add_argument("tables", type=Path, help="folder with architectures.csv, models/, benchmarks/, prices/")
    parser.add_argument("--out", type=Path, default=KNOWLEDGE / "models", help="folder of the entries")
    parser.add_argument("--report", type=Path, help="write the contradictions to this file instead of the screen")
    options = parser.parse_args(arguments)
    if not (options.tables / "architectures.csv").is_file():
        sys.stderr.write(f"{options.tables}: found no architectures.csv, expected a folder of fact tables\n")
        return 2
    joins = tomllib.loads((HERE / "joins.toml").read_text(encoding="utf-8"))["joins"]
    result = build(Tables(options.tables), Rules(), read_corrections(KNOWLEDGE / "corrections"), joins)
    counts = write(result.entries, options.out)
    text = "\n".join(result.report) + "\n"
    if options.report:
        options.report.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    sys.stdout.write(
        "{} entries written, {} unchanged, {} removed, {} contradictions\n".format(*counts, len(result.report))
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
