"""CSV, TSV, JSON, JSON lines and notebooks -> blocks."""

import csv
import io
import json
import re
from collections import Counter
from typing import Any

from assistant.errors import DocumentError
from index.formats.blocks import Block, Document
from index.formats.tables import Row, table_blocks
from index.formats.text import markdown_blocks

MAX_ROWS = 50_000
_LINES = 50  # of a CSV file, that tell what parts its cells; of a passage of JSON, at most
_MAX_DEPTH = 40
_WHOLE = 12  # values: a JSON object with no more is one passage
_MAX_LEVEL = 6  # of headings
_ROW = 200  # characters
_BRACES = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}]')  # what stands in quotes is no brace


def read_csv(text: str, delimiter: str | None = None) -> Document:
    """Return a table as blocks of 20 rows, each row as "column: value" pairs so that it is understood on its own."""
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter or _delimiter(text))
    rows: list[Row] = []
    line = 1
    try:
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1  # a cell in quotes may hold line breaks
            if len(rows) == MAX_ROWS:
                break
    except csv.Error as error:
        raise DocumentError(reason=f"broken CSV: {error}", reason_ja=f"CSV が壊れています: {error}") from error
    return Document(tuple(table_blocks(rows)), notes=cut_rows() if len(rows) == MAX_ROWS else ())


def cut_rows() -> tuple[dict[str, str], ...]:
    """Return the note on a table of which only the beginning is indexed."""
    return (
        {"en": f"only the first {MAX_ROWS:,} rows were indexed", "ja": f"先頭の {MAX_ROWS:,} 行だけを索引にしました"},
    )


def _delimiter(text: str) -> str:
    """Return what parts the cells: what parts most lines into the same number of them, above one."""
    lines = [line for line in re.sub(r'"[^"]*"', "", text[:20_000]).split("\n") if line.strip()][:_LINES]
    counts = {mark: Counter(line.count(mark) for line in lines if mark in line) for mark in ",;\t|"}
    return max(counts, key=lambda mark: max(counts[mark].values(), default=0))


def read_json(text: str) -> Document:
    """Return a JSON file: records as blocks, keys above them as headings, one "key: value" line per value."""
    return Document(tuple(_blocks(_parse(text, located=True), "l. 1", 1)) if text.strip() else ())


def read_jsonl(text: str) -> Document:
    """Return JSON lines: one block per line."""
    blocks: list[Block] = []
    for n, line in enumerate(text.split("\n"), 1):
        if line.strip():
            blocks.append(Block("table", "\n".join(_record(_parse(line, f"line {n}: "))), f"l. {n}"))
        if n >= MAX_ROWS:
            break
    return Document(tuple(blocks))


class _Located(dict[str, Any]):
    """An object of a JSON text, with the line at which it begins."""

    line = 1


def _parse(text: str, where: str = "", *, located: bool = False) -> Any:
    try:
        if not located:
            return json.loads(text)
        made: list[_Located] = []  # in the order in which they end, which is when the parser makes them

        def make(pairs: list[tuple[str, Any]]) -> _Located:
            made.append(_Located(pairs))
            return made[-1]

        found = json.loads(text, object_pairs_hook=make)
        for one, line in zip(made, _starts(text), strict=False):
            one.line = line
        return found
    except (ValueError, RecursionError) as error:
        detail = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise DocumentError(
            reason=f"broken JSON: {where}{detail}", reason_ja=f"JSON が壊れています: {where}{detail}"
        ) from error


def _starts(text: str) -> list[int]:
    """Return the lines at which a text's objects begin, in the order in which they end."""
    line, at = 1, 0
    opened: list[int] = []
    found: list[int] = []
    for mark in _BRACES.finditer(text):
        if mark[0] == "{":
            line, at = line + text.count("\n", at, mark.start()), mark.start()
            opened.append(line)
        elif mark[0] == "}" and opened:
            found.append(opened.pop())
    return found


def _blocks(value: Any, place: str, level: int) -> list[Block]:
    """Return a value as blocks: a small one whole, of a larger one the parts below their keys, a list's one by one."""
    lines = _leaves(value, "", 0)
    if level <= _MAX_LEVEL and isinstance(value, dict) and (len(lines) > _WHOLE or _lists_records(value)):
        parts = {key: one for key, one in value.items() if isinstance(one, dict) or _is_records(one)}
        lines = _leaves({key: one for key, one in value.items() if key not in parts}, "", 0)
        below = [
            block
            for key, one in parts.items()
            for block in (Block("heading", str(key), place, level), *_blocks(one, place, level + 1))
        ]
        return [*_cut(lines, place), *below]
    if _is_records(value):
        records = ((_record(one), f"l. {getattr(one, 'line', 1)}") for one in value[:MAX_ROWS])
        return [block for lines, where in records for block in _cut(lines, where)]
    return _cut(lines, place)


def _cut(lines: list[str], place: str) -> list[Block]:
    return [Block("table", "\n".join(lines[n : n + _LINES]), place) for n in range(0, len(lines), _LINES)]


def _record(value: Any) -> list[str]:
    return _leaves(_unwrapped(value) if isinstance(value, dict) else value, "", 0)


def _unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with what an object in it holds beside the rest, when it holds most: "attributes", "fields"."""
    inner = next((key for key, one in record.items() if isinstance(one, dict) and 2 * len(one) > _size(record)), None)
    if inner is None or set(record[inner]) & (set(record) - {inner}):
        return record
    held = {key: one for key, one in record.items() if key != inner}
    return {**record[inner], **held}


def _size(record: dict[str, Any]) -> int:
    """Return how many values a record has, those of the objects in it counted one by one."""
    return sum(len(one) if isinstance(one, dict) else 1 for one in record.values())


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value[:_LINES])


def _lists_records(value: Any) -> bool:
    return _is_records(value) or (isinstance(value, dict) and any(map(_lists_records, value.values())))


def _leaves(value: Any, path: str, depth: int) -> list[str]:
    """Return a value as "path: value" lines; a short object of plain values is a row, so that it says what it is of."""
    if depth > _MAX_DEPTH:
        return [f"{path}: …"]
    if value in (None, "", [], {}):  # says nothing
        return []
    if isinstance(value, dict):
        if path and len(value) > 1 and not any(isinstance(one, dict | list) for one in value.values()):
            row = f"{path} | " + " | ".join(f"{key}: {one}" for key, one in value.items())
            if len(row) <= _ROW and "\n" not in row:
                return [row]
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
    if not text.strip():
        return Document(())
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
        texts = _outputs(cell.get("outputs"))
        whole = "\n".join(part.strip("\n") for part in [source, *(one[:2000] for one in texts)] if part.strip())
        if whole:
            blocks.append(Block("code", whole, place))
    return Document(tuple(blocks))


def _outputs(outputs: Any) -> list[str]:
    """Return what a cell printed, showed or failed with, as text."""
    found = [one for one in outputs if isinstance(one, dict)] if isinstance(outputs, list) else []
    texts = []
    for one in found:
        data = one.get("data")
        shown = data.get("text/plain") if isinstance(data, dict) else ""
        failed = ": ".join(filter(None, (_joined(one.get("ename")), _joined(one.get("evalue")))))
        texts.append(_joined(one.get("text") or shown) or failed)
    return texts


def _joined(value: Any) -> str:
    return "".join(str(one) for one in value) if isinstance(value, list) else str(value or "")
