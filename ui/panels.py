"""The parts of the page around the chat: title, welcome, machine and documents, as safe HTML."""

from collections.abc import Iterable
from typing import Any

from assistant.hardware.machine import Device, Machine
from index.types import FileStatus, Hit
from ui.safe import esc
from ui.words import gib, number, said, say

STARTERS = ("s1", "s2", "s3", "s4", "s5", "s6")
_STATES = {"indexed": "ok", "waiting": "wait"}


def brand_html(language: str, *, waiting: bool = False) -> str:
    """Return the page's title line; `waiting`: the page does not know its reader's language yet and stays hidden."""
    look = "mk-brand waiting" if waiting else "mk-brand"
    return (
        f'<div class="{look}" lang="{language}"><span class="mk-logo">目</span><h1 class="mk-name">Mekiki'
        f'<span class="mk-kanji">目利き</span></h1><span class="mk-tag">{esc(say(language, "page.tagline"))}</span>'
        f'<span class="mk-offline" title="{esc(say(language, "page.offline_hint"))}">'
        f"{esc(say(language, 'page.offline'))}</span>"
        f'<button type="button" class="mk-theme" title="{esc(say(language, "page.theme"))}"></button></div>'
    )


def welcome_html(language: str) -> str:
    """Return what an empty chat shows: a greeting and questions to start from."""
    cards = "".join(
        f'<button type="button" class="mk-ask" value="{esc(say(language, f"starter.{one}"))}">'
        f"<b>{esc(say(language, f'starter.{one}_label'))}</b>"
        f"<span>{esc(say(language, f'starter.{one}'))}</span></button>"
        for one in STARTERS
    )
    return (
        f'<div class="mk-welcome"><h2>{esc(say(language, "chat.welcome"))}</h2>'
        f'<p>{esc(say(language, "chat.welcome_text"))}</p><div class="mk-starters">{cards}</div></div>'
    )


def machine_html(machine: Machine | None, language: str) -> str:
    """Return the hardware card: what the answers assume about the machine and how that is known."""
    title = f"<strong>{esc(say(language, 'hardware.title'))}</strong>"
    if machine is None:
        failed = esc(say(language, "hardware.failed"))
        return f'<div class="mk-machine"><div class="mk-head">{title}</div><p>{failed}</p></div>'
    badge = f'<span class="mk-badge {machine.origin}">{esc(say(language, f"hardware.{machine.origin}"))}</span>'
    rows = "".join(_device_rows(device, machine, language) for device in _grouped(machine.gpus))
    if not machine.gpus:
        key = "hardware.no_gpu" if machine.origin == "detected" else "hardware.no_gpu_stated"
        rows = _fact(say(language, "hardware.gpu"), say(language, key))
    rows += _fact(
        say(language, "hardware.ram"), _memory(machine.ram_free_mib, machine.ram_total_mib, machine, "ram", language)
    )
    if machine.cpu:
        cores = f" · {say(language, 'hardware.cores', count=machine.cores)}" if machine.cores else ""
        rows += _fact(say(language, "hardware.cpu"), machine.cpu + cores)
    reasons = "".join(f"<li>{esc(said(reason, language))}</li>" for reason in machine.reasons)
    if reasons:
        head = esc(say(language, "hardware.reasons"))
        reasons = f'<details class="mk-reasons"><summary>{head}</summary><ul>{reasons}</ul></details>'
    return f'<div class="mk-machine"><div class="mk-head">{title}{badge}</div><dl>{rows}</dl>{reasons}</div>'


def _grouped(devices: Iterable[Device]) -> list[tuple[Device, int]]:
    counts: dict[tuple[str, int], list[Device]] = {}
    for device in devices:
        counts.setdefault((device.name, device.total_mib), []).append(device)
    return [(group[0], len(group)) for group in counts.values()]


def _device_rows(counted: tuple[Device, int], machine: Machine, language: str) -> str:
    device, count = counted
    name = device.name if count == 1 else f"{count} × {device.name}"
    kind = "unified" if device.unified else "vram"
    memory = _memory(device.free_mib, device.total_mib, machine, "vram", language)
    return _fact(say(language, "hardware.gpu"), name) + _fact(say(language, f"hardware.{kind}"), memory)


def _memory(free: int | None, total: int | None, machine: Machine, kind: str, language: str) -> str:
    if total is None:
        return say(language, "hardware.unknown")
    if machine.origin == "stated" or free is None:
        return say(language, f"hardware.{kind}_stated", total=gib(total))
    return say(language, f"hardware.{kind}_value", free=gib(free), total=gib(total))


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{esc(name)}</dt><dd>{esc(value)}</dd></div>"


def files_html(files: Iterable[FileStatus], passages: int, embedder: str, notes: Iterable[Any], language: str) -> str:
    """Return the documents: the user's own, what is shipped, and of the catalog only what is not searchable."""
    shown = list(files)
    own = [one for one in shown if one.origin == "user"]
    shipped = [one for one in shown if one.origin == "shipped"]
    catalog = [one for one in shown if one.origin == "catalog"]
    troubled = [one for one in catalog if one.state != "indexed"]
    summary = say(language, "knowledge.summary", files=number(len(shown)), passages=number(passages), embedder=embedder)
    parts = [f'<p class="mk-sub">{esc(summary)}</p>']
    parts += [f'<p class="mk-note warn">{esc(said(note, language))}</p>' for note in notes]
    parts.append(_file_group("yours", own, len(own), language, opened=True))
    parts.append(_file_group("shipped", shipped, len(shipped), language))
    if catalog:
        parts.append(_file_group("catalog", troubled, len(catalog), language))
    return f'<div class="mk-knowledge">{"".join(parts)}</div>'


def _file_group(key: str, listed: list[FileStatus], count: int, language: str, *, opened: bool = False) -> str:
    names = ("file", "state", "passages", "indexed_at")
    heads = "".join(f"<th>{esc(say(language, f'knowledge.{name}'))}</th>" for name in names)
    body = "".join(_file_row(one, language) for one in sorted(listed, key=lambda one: one.file))
    table = f"<table><thead><tr>{heads}<th></th></tr></thead><tbody>{body}</tbody></table>"
    if not listed:
        table = f'<p class="mk-sub">{esc(say(language, "knowledge.all_fine" if count else "knowledge.empty"))}</p>'
    return (
        f'<details class="mk-files"{" open" if opened else ""}><summary>{esc(say(language, f"knowledge.{key}"))} '
        f'<span>{number(count)}</span></summary><div class="mk-scroll">{table}</div></details>'
    )


def _file_row(status: FileStatus, language: str) -> str:
    reason = str(said(status.reason, language)) if status.reason else ""
    tone = _STATES.get(status.state, "bad")
    state = f'<span class="mk-state {tone}">{esc(say(language, f"state.{status.state}"))}</span>'
    if reason:
        state += f'<span class="mk-sub">{esc(reason)}</span>'
    delete = ""
    if status.origin == "user":
        ask = esc(say(language, "knowledge.confirm_delete", name=status.file))
        words = esc(say(language, "knowledge.delete"))
        delete = f'<button type="button" class="mk-delete" value="{esc(status.file)}" title="{ask}">{words}</button>'
    when = status.indexed_at[:16].replace("T", " ")
    return (
        f'<tr><td class="mk-file">{esc(status.file)}</td><td>{state}</td><td class="mk-num">{number(status.passages)}'
        f"</td><td>{esc(when)}</td><td>{delete}</td></tr>"
    )


def hits_html(hits: Iterable[Hit], query: str, language: str) -> str:
    """Return search results, each opening its passage as text."""
    shown = list(hits)
    if not query.strip():
        return ""
    if not shown:
        return f'<p class="mk-sub">{esc(say(language, "knowledge.no_hits", query=query[:200]))}</p>'
    rows = "".join(
        f'<details class="mk-source"><summary><span class="mk-n">{hit.rank}</span><span class="mk-file">'
        f'{esc(hit.passage.file)}</span><span class="mk-sub">'
        f"{esc(' · '.join(one for one in (hit.passage.heading, hit.passage.place) if one))}</span>"
        f'<span class="mk-ms">{hit.score:.3f}</span></summary>'
        f'<div class="mk-passage">{esc(hit.passage.text)}</div></details>'
        for hit in shown
    )
    count = esc(say(language, "knowledge.hits", count=len(shown)))
    return f'<div class="mk-sources"><span class="mk-caption">{count}</span>{rows}</div>'


def note_html(text: str, tone: str = "") -> str:
    """Return one remark; tone "bad" for an error."""
    return f'<p class="mk-note {esc(tone)}">{esc(text)}</p>' if text else ""
