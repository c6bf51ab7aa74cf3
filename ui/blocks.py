"""A tool call as a collapsible block that people can read: what was asked of it, what came back."""

import json
from collections.abc import Sequence
from typing import Any

from assistant.events import CallRecord, Cited
from assistant.writer.score import explained
from ui.reading import flat
from ui.safe import clean, esc, markdown
from ui.words import duration, gib, has, label, number, said, say, value_text

MOST_ROWS = 40
MOST_TEXT = 20_000
_DEPTH = 4
_HIDDEN = {"id", "fit", "task", "model", "name", "score", "interval", "why", "hf_id", "sources", "card"}
# In the JSON below, but no news to a reader: what was asked repeated, the card as Markdown, internal marks.
_NOISE = {"id", "needs", "stated_hardware", "stated_method", "usual_quant", "card", "field", "commands", "assumptions",
          "gpu_named", "has_gpu", "ram_known", "front", "parts", "steps", "costs",
          "conflicts", "relax", "nearest"}  # fmt: skip


def running_html(tool: str, args: dict[str, Any], language: str) -> str:
    """Return the block of a call that has begun."""
    name = esc(_tool_name(tool, language))
    return (
        f'<details class="mk-tool pending" open><summary><i class="mk-spin"></i><b>{name}</b>'
        f'<span class="mk-sub">{esc(say(language, "tool.running"))}</span></summary>'
        f'<div class="mk-tool-body">{_given(args, language)}</div></details>'
    )


def finished_html(record: CallRecord, language: str) -> str:
    """Return the block of a call that has its result: closed, with a summary in its title."""
    raw = json.dumps(record.result, ensure_ascii=False, indent=1, default=str)
    raw = raw if len(raw) <= MOST_TEXT else raw[:MOST_TEXT] + " …"
    return (
        f'<details class="mk-tool done"><summary><i class="mk-tick"></i><b>{esc(_tool_name(record.tool, language))}</b>'
        f'<span class="mk-sub">{esc(_summary(record, language))}</span>'
        f'<span class="mk-ms">{esc(duration(language, record.ms))}</span></summary>'
        f'<div class="mk-tool-body">{_given(record.args, language)}'
        f'<div class="mk-tool-part"><span class="mk-caption">{esc(say(language, "tool.result"))}</span>'
        f"{_result(record, language)}</div>"
        f'<details class="mk-raw"><summary>{esc(say(language, "tool.raw"))}</summary><pre>{esc(raw)}</pre></details>'
        "</div></details>"
    )


def explained_html(records: Sequence[CallRecord], language: str) -> str:
    """Return how the scores of the picks came about, closed; "" without picks."""
    text = "\n\n".join(
        part for record in records if (part := explained(record.result, "ja" if language == "ja" else "en"))
    )
    if not text:
        return ""
    return folded_html(
        say(language, "explained.title"), f'<div class="mk-answer" lang="{language}">{markdown(text)}</div>'
    )


def folded_html(title: str, inner: str) -> str:
    """Return a titled block that is closed at first; "" for nothing in it."""
    if not inner:
        return ""
    return f'<details class="mk-more"><summary>{esc(title)}</summary><div class="mk-more-body">{inner}</div></details>'


def sources_html(sources: Sequence[Cited], turn: int, language: str) -> str:
    """Return the numbered sources, each opening the passage as text; "" without sources."""
    if not sources:
        return ""
    rows = "".join(
        f'<details class="mk-source" id="{source_id(turn, one.n)}"><summary><span class="mk-n">{one.n}</span>'
        f'<span class="mk-file">{esc(one.file)}</span><span class="mk-sub">'
        f"{esc(' · '.join(part for part in (one.heading, one.place) if part))}</span></summary>"
        f'<div class="mk-passage">{esc(one.text)}</div></details>'
        for one in sources
    )
    title = esc(say(language, "source.title"))
    return f'<div class="mk-sources"><span class="mk-caption">{title}</span>{rows}</div>'


def source_id(turn: int, number_: int) -> str:
    """Return the element id of a source's passage."""
    return f"src-{turn}-{number_}"


def _tool_name(tool: str, language: str) -> str:
    return say(language, f"tool.{tool}") if has(language, f"tool.{tool}") else tool


def _given(args: dict[str, Any], language: str) -> str:
    pairs = flat(args)
    rows = "".join(
        f'<span class="mk-pair"><span>{esc(label(language, name))}</span>'
        f"<b>{esc(value_text(language, name, value))}</b></span>"
        for name, value in pairs.items()
    )
    rows = rows or f'<span class="mk-sub">{esc(say(language, "tool.nothing_given"))}</span>'
    return (
        f'<div class="mk-tool-part"><span class="mk-caption">{esc(say(language, "tool.given"))}</span>'
        f'<div class="mk-pairs">{rows}</div></div>'
    )


def _summary(record: CallRecord, language: str) -> str:
    result = record.result
    for key in ("picks", "passages", "models"):
        if isinstance(result.get(key), list):
            return say(language, f"tool.{key}", count=len(result[key]))
    if "weights_mib" in result:
        verdict = {True: "fits", False: "fits_not"}.get(result.get("fits"), "fits_unknown")  # type: ignore[arg-type]
        return f"{value_text(language, 'model', result.get('model'))} · {say(language, f'tool.{verdict}')}"
    return ""


def _result(record: CallRecord, language: str) -> str:
    result = {name: value for name, value in record.result.items() if name not in _NOISE}
    out = ""
    picks, models = result.pop("picks", None), result.pop("models", None)
    if _rows(picks):
        out += _table(picks, language)
    if _rows(models):
        out += _side_by_side(models, language) if record.tool == "compare" else _table(models, language)
    excluded, ties, passages = result.pop("excluded", None), result.pop("ties", None), result.pop("passages", None)
    if isinstance(ties, list) and ties:
        names = [_tie(one) for one in ties]
        out += f'<p class="mk-sub">{esc(say(language, "tool.ties", names=" / ".join(names)))}</p>'
    if isinstance(excluded, list) and excluded:
        out += _excluded(excluded, language)
    if isinstance(passages, list):
        out += _passages(passages)
    return out + (_tree(result, language) if result else "")


def _rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _tie(tie: Any) -> str:
    return " = ".join(map(str, tie)) if isinstance(tie, list | tuple) else str(tie)


def _table(rows: list[dict[str, Any]], language: str) -> str:
    """Return a table of models: name, score, whatever plain values they share, memory and speed; reasons below."""
    names = list(dict.fromkeys(name for row in rows for name, value in row.items() if _plain(value)))
    columns = [name for name in names if name not in _HIDDEN]
    if all("weights_mib" in row for row in rows):  # memory reports themselves
        rows, columns = [row | {"fit": row} for row in rows], ["quant", "context_tokens", "placement"]
    scored, fitted = any("score" in row for row in rows), any(isinstance(row.get("fit"), dict) for row in rows)
    titles = ["model", *(["score"] if scored else []), *(["memory", "speed"] if fitted else []), *columns]
    body = ""
    for row in rows[:MOST_ROWS]:
        hub = f'<span class="mk-sub">{esc(row["hf_id"])}</span>' if row.get("hf_id") else ""
        cells = [esc(_name(row, language)) + hub]
        cells += [esc(_score(row, language))] if scored else []
        cells += [esc(one) for one in _memory_and_speed(row.get("fit"))] if fitted else []
        cells += [esc(value_text(language, one, row.get(one))) for one in columns]
        body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        why = _sentences(row.get("why"), language)
        if why:
            body += f'<tr class="mk-why"><td colspan="{len(titles)}">{esc(why)}</td></tr>'
    return _grid([label(language, title) for title in titles], body)


def _side_by_side(rows: list[dict[str, Any]], language: str) -> str:
    """Return compared models as columns, their properties as rows; scores one row per task."""
    rows = rows[:12]
    lines: list[tuple[str, list[str]]] = []
    for name in dict.fromkeys(name for row in rows for name, value in row.items() if _plain(value)):
        if name not in _HIDDEN:
            lines.append((label(language, name), [value_text(language, name, row.get(name)) for row in rows]))
    if any(isinstance(row.get("fit"), dict) for row in rows):
        pairs = [_memory_and_speed(row.get("fit")) for row in rows]
        lines += [(label(language, "memory"), [a for a, _ in pairs]), (label(language, "speed"), [b for _, b in pairs])]
    scores = [row["scores"] if isinstance(row.get("scores"), dict) else {} for row in rows]
    for task in dict.fromkeys(task for row in scores for task in row):
        title = f"{label(language, 'score')}: {value_text(language, 'task', task)}"
        lines.append((title, [_score(one.get(task) or {}, language) for one in scores]))
    body = "".join(
        f"<tr><th>{esc(title)}</th>" + "".join(f"<td>{esc(value)}</td>" for value in values) + "</tr>"
        for title, values in lines
    )
    return _grid(["", *(_name(row, language) for row in rows)], body)


def _grid(titles: Sequence[str], body: str) -> str:
    top = "".join(f"<th>{esc(title)}</th>" for title in titles)
    return f'<div class="mk-scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _name(row: dict[str, Any], language: str) -> str:
    return str(said(row.get("model") or row.get("name") or row.get("id") or "?", language))


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool) or (isinstance(value, dict) and set(value) == {"ja", "en"})


def _score(row: Any, language: str) -> str:
    row = row if isinstance(row, dict) else {"score": row}
    score, interval = row.get("score"), row.get("interval")
    text = value_text(language, "score", score)
    if isinstance(interval, list | tuple) and len(interval) == 2:
        low, high = (value_text(language, "score", one) for one in interval)
        text += f" ({low}–{high})"
    return text


def _memory_and_speed(fit: Any) -> tuple[str, str]:
    if not isinstance(fit, dict) or not isinstance(fit.get("total_mib"), int | float):
        return "–", "–"
    memory = f"{gib(fit['total_mib'])} GiB"
    if isinstance(fit.get("available_mib"), int | float):
        memory = f"{gib(fit['total_mib'])} / {gib(fit['available_mib'])} GiB"
    rate = fit.get("tokens_per_second")
    mid = rate.get("mid") if isinstance(rate, dict) else None
    return memory, f"{number(round(mid, 1))} tok/s" if isinstance(mid, int | float) else "–"


def _sentences(value: Any, language: str) -> str:
    value = said(value, language)
    if isinstance(value, list | tuple):
        return " · ".join(_sentences(one, language) for one in value)
    if isinstance(value, dict):
        return str(said(value.get("text") or value.get("reason") or json.dumps(value, ensure_ascii=False), language))
    return "" if value is None else str(value)


def _excluded(rows: list[Any], language: str) -> str:
    lines = "".join(
        f"<li><b>{esc(said(row.get('model', '?'), language))}</b> {esc(_sentences(row.get('because'), language))}</li>"
        for row in rows[:MOST_ROWS]
        if isinstance(row, dict)
    )
    more = len(rows) - MOST_ROWS
    tail = f"<li>{esc(say(language, 'tool.more', count=more))}</li>" if more > 0 else ""
    title = esc(say(language, "tool.excluded", count=len(rows)))
    return f'<details class="mk-raw"><summary>{title}</summary><ul>{lines}{tail}</ul></details>'


def _passages(rows: list[Any]) -> str:
    lines = ""
    for row in rows[:MOST_ROWS]:
        if isinstance(row, dict):
            where = " · ".join(str(row[key]) for key in ("file", "heading", "place") if row.get(key))
            text = clean(row.get("text") or "")
            lines += f"<li><b>{esc(where)}</b> {esc(text[:160] + ('…' if len(text) > 160 else ''))}</li>"
    return f"<ol>{lines}</ol>" if lines else ""


def _tree(value: Any, language: str, name: str = "", depth: int = 0) -> str:
    """Return any result as name and value pairs: short ones in a line, lists of alike things as a table."""
    value = said(value, language)
    if isinstance(value, dict) and depth and len(value) <= 12 and all(_flat(one) for one in value.values()):
        pairs = [f"{label(language, str(key))} {_leaf(one, language, str(key))}" for key, one in _kept(value)]
        return esc(" · ".join(pairs)) or "–"
    if isinstance(value, dict) and depth < _DEPTH:
        rows = "".join(
            f"<tr><th>{esc(label(language, str(key)))}</th><td>{_tree(one, language, str(key), depth + 1)}</td></tr>"
            for key, one in _kept(value)[:MOST_ROWS]
        )
        return f'<table class="mk-tree"><tbody>{rows}</tbody></table>' if rows else "–"
    if _rows(value) and depth < _DEPTH and not any(set(row) <= {"ja", "en"} for row in value):
        return _alike(value, language, depth)
    if isinstance(value, list) and any(isinstance(one, dict) for one in value) and depth < _DEPTH:
        return "<ul>" + "".join(f"<li>{_tree(one, language, name, depth + 1)}</li>" for one in value) + "</ul>"
    if isinstance(value, dict):
        return esc(json.dumps(value, ensure_ascii=False, default=str))
    return esc(_leaf(value, language, name))


def _alike(rows: list[dict[str, Any]], language: str, depth: int) -> str:
    columns = list(dict.fromkeys(str(key) for row in rows for key, _ in _kept(row)))[:12]
    body = "".join(
        "<tr>" + "".join(f"<td>{_tree(row.get(one), language, one, depth + 1)}</td>" for one in columns) + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    more = len(rows) - MOST_ROWS
    tail = f'<p class="mk-sub">{esc(say(language, "tool.more", count=more))}</p>' if more > 0 else ""
    return _grid([label(language, one) for one in columns], body) + tail


def _kept(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    return [(key, one) for key, one in value.items() if one not in (None, [], {}, "") and key not in _NOISE]


def _flat(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _leaf(value: Any, language: str, name: str) -> str:
    if name.endswith("_mib") and isinstance(value, int | float):
        return f"{gib(value)} GiB"
    return value_text(language, name, value)
