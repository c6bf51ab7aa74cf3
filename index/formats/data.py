"""CSV, TSV, JSON, JSON lines and notebooks -> blocks."""

import csv
import io
import json
from typing import Any

from assistant.errors import DocumentError
from index.formats.blocks import Block, Document
from index.formats.text import markdown_blocks

_ROWS_PER_BLOCK = 20
_MAX_ROWS = 50_000
_MAX_DEPTH = 40


def read_csv(text: str, delimiter: str | None = None) -> Document:
    """Return a table as blocks of 20 rows, each row as "column: value" pairs so that it is understood on its own."""
    csv.field_size_limit(1_000_000)
    if delimiter is None:
        try:
            delimiter = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|").delimiter
        except csv.Error:
            delimiter = ","
    try:
        rows = [
            row for _, row in zip(range(_MAX_ROWS), csv.reader(io.StringIO(text), delimiter=delimiter), strict=False)
        ]
    except csv.Error as error:
        raise DocumentError(reason=f"broken CSV: {error}", reason_ja=f"CSV が壊れています: {error}") from error
    return Document(tuple(table_blocks(rows)))


def table_blocks(rows: list[list[str]]) -> list[Block]:
    """Return the rows below a header row as "column: value" lines, 20 to a block; `place` is the first row's line."""
    numbered = [(n, row) for n, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if len(numbered) < 2:
        return [Block("table", " | ".join(cell.strip() for cell in row), f"l. {n}") for n, row in numbered]
    header = [cell.strip() for cell in numbered[0][1]]
    blocks = []
    for part in _runs(numbered[1:]):
        blocks.append(Block("table", "\n".join(_row_line(header, row) for _, row in part), f"l. {part[0][0]}"))
    return blocks


def _runs(numbered: list[tuple[int, list[str]]]) -> list[list[tuple[int, list[str]]]]:
    """Return numbered rows in runs without a gap, of 20 at most: a row's line follows from its run's first."""
    runs: list[list[tuple[int, list[str]]]] = []
    for n, row in numbered:
        if runs and runs[-1][-1][0] == n - 1 and len(runs[-1]) < _ROWS_PER_BLOCK:
            runs[-1].append((n, row))
        else:
            runs.append([(n, row)])
    return runs


def _row_line(header: list[str], row: list[str]) -> str:
    cells = []
    for n, cell in enumerate(row):
        if cell.strip():
            name = header[n] if n < len(header) else ""
            cells.append(f"{name}: {cell.strip()}" if name else cell.strip())
    return " | ".join(cells)


def read_json(text: str) -> Document:
    """Return a JSON file: one "path: value" line per leaf, so that keys and values can be found together."""
    return Document(tuple(_record_blocks(_parse(text), "l. 1")))


def read_jsonl(text: str) -> Document:
    """Return JSON lines: one block per line."""
    blocks: list[Block] = []
    for n, line in enumerate(text.split("\n"), 1):
        if line.strip():
            blocks += _record_blocks(_parse(line, f"line {n}: "), f"l. {n}")
        if n >= _MAX_ROWS:
            break
    return Document(tuple(blocks))


def _parse(text: str, where: str = "") -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        detail = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise DocumentError(
            reason=f"broken JSON: {where}{detail}", reason_ja=f"JSON が壊れています: {where}{detail}"
        ) from error


def _record_blocks(value: Any, place: str) -> list[Block]:
    """Return a block per top-level record of a list, or per 40 lines of one object."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value[:50]):
        texts = ["\n".join(_leaves(one, "", 0)) for one in value[:_MAX_ROWS]]
    else:
        lines = _leaves(value, "", 0)
        texts = ["\n".join(lines[n : n + 40]) for n in range(0, len(lines), 40)]
    return [Block("table", text, place) for text in texts if text.strip()]


def _leaves(value: Any, path: str, depth: int) -> list[str]:
    if depth > _MAX_DEPTH:
        return [f"{path}: …"]
    if isinstance(value, dict):
        return [
            line
            for key, one in value.items()
            for line in _leaves(one, f"{path}.{key}" if path else str(key), depth + 1)
        ]
    if isinstance(value, list):
        if all(not isinstance(one, dict | list) for one in value):
            return [f"{path}: {', '.join(str(one) for one in value)}".lstrip(": ")]
        return [line for one in value for line in _leaves(one, path, depth + 1)]
    return [f"{path}: {value}" if path else str(value)]


def read_notebook(text: str) -> Document:
    """Return a notebook's Markdown and code cells with their text outputs; `place` is the cell's number."""
    found = _parse(text)
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list):
        raise DocumentError(
            reason="not a Jupyter notebook (no cells)",
            reason_ja="Jupyter ノートブックではありません（cells がありません）",
        )
    blocks: list[Block] = []
    for n, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            continue
        source, place = _joined(cell.get("source")), f"cell {n}"
        if cell.get("cell_type") == "markdown":
            blocks += [Block(one.kind, one.text, place, one.level) for one in markdown_blocks(source)]
            continue
        outputs = cell.get("outputs")
        texts = (
            [_joined(one.get("text")) for one in outputs if isinstance(one, dict)] if isinstance(outputs, list) else []
        )
        whole = "\n".join(part.strip("\n") for part in [source, *(one[:2000] for one in texts)] if part.strip())
        if whole:
            blocks.append(Block("code", whole, place))
    return Document(tuple(blocks))


def _joined(value: Any) -> str:
    return "".join(str(one) for one in value) if isinstance(value, list) else str(value or "")
