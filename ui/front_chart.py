"""The Pareto front of a recommendation as a chart in plain HTML: ability against memory, or against the price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

from assistant.events import CallRecord
from ui.safe import esc
from ui.words import gib, number, say

FEWEST = 2  # points; a single one shows no trade-off
SLOW, FAST = 10.0, 40.0  # tokens/s: slower than people read, and fast enough for code and agents
ROOM = 0.06  # of an axis, kept free at both ends


@dataclass(frozen=True, slots=True)
class Dot:
    """A model of the front: its number, name, score, place on the horizontal axis (GiB or dollars), speed."""

    number: int
    name: str
    quant: str
    score: float
    burden: float
    speed: float | None
    pick: bool

    @property
    def pace(self) -> str:
        """Return the class of its colour."""
        if self.speed is None:
            return "unknown"
        return "slow" if self.speed < SLOW else "fast" if self.speed >= FAST else "normal"


def front_html(calls: Iterable[CallRecord], language: str) -> str:
    """Return the charts of the first recommendation, one for local models and one for APIs; "" without trade-offs."""
    found: dict[str, Any] = next((call.result for call in calls if call.result.get("front")), {})
    rows = _with_picks(found) if found else []
    charts = "".join(
        _chart(dots, axis, language)
        for axis, key, scale in (("local", "memory_mib", 1 / 1024), ("api", "usd_per_month", 1.0))
        if len(dots := _dots(rows, axis, key, scale)) >= FEWEST
    )
    if not charts:
        return ""
    head = f"<strong>{esc(say(language, 'front.title'))}</strong>"
    sub = f'<span class="mk-sub">{esc(say(language, "front.subtitle"))}</span>'
    return f'<div class="mk-chart mk-front"><div class="mk-chart-head">{head}{sub}</div>{charts}</div>'


def _with_picks(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the front's rows and the picks that are not on it, the most able first."""
    rows: list[dict[str, Any]] = list(result["front"])
    there = {row["id"] for row in rows}
    for pick in result["picks"]:
        fit = pick.get("fit") or {}
        rate = fit.get("tokens_per_second") or {}
        row = {
            "model": pick["model"], "quant": pick["quant"], "score": pick["score"], "hosting": pick["hosting"],
            "memory_mib": fit.get("total_mib"), "tokens_per_second": rate.get("mid"),
            "usd_per_month": pick["usd_per_month"], "pick": True,
        }  # fmt: skip
        rows += [row] if pick["id"] not in there else []
    return sorted(rows, key=lambda row: -float(row["score"]))


def _dots(rows: Sequence[dict[str, Any]], hosting: str, key: str, scale: float) -> list[Dot]:
    kept = [row for row in rows if row["hosting"] == hosting and row.get(key)]
    return [
        Dot(
            n, str(row["model"]), str(row["quant"] or ""), float(row["score"]), row[key] * scale,
            row["tokens_per_second"], bool(row["pick"]),
        )
        for n, row in enumerate(kept, 1)
    ]  # fmt: skip


def _chart(dots: list[Dot], axis: str, language: str) -> str:
    """Return one plot with its axis, the numbered list of its dots, and what the colours mean."""
    low, high = 10 * floor(min(dot.score for dot in dots) / 10), 100
    heights = [_share(dot.score, low, high) for dot in dots]
    places, ticks = _linear(dots) if axis == "local" else _logarithmic(dots)
    marks = "".join(
        f'<i class="mk-dot {dot.pace}{" pick" if dot.pick else ""}" style="left:{100 * x:.1f}%;bottom:{100 * y:.1f}%"'
        f' title="{esc(_words(dot, axis, language))}">{dot.number}</i>'
        for dot, x, y in zip(dots, places, heights, strict=True)
    )
    lines = "".join(
        f'<i class="mk-level" style="bottom:{100 * _share(level, low, high):.1f}%"><b>{level:.0f}</b></i>'
        for level in dict.fromkeys((low, (low + high) / 2, high))
    )
    below = "".join(f'<span style="left:{100 * place:.1f}%">{esc(_tick(value, axis))}</span>' for value, place in ticks)
    label = esc(say(language, f"front.axis.{axis}"))
    return (
        f'<div class="mk-plot-name">{label}</div><div class="mk-plot">{lines}{marks}</div>'
        f'<div class="mk-ticks">{below}</div><ol class="mk-dots">'
        + "".join(_line(dot, axis, language) for dot in dots)
        + f"</ol>{_legend(dots, language)}"
    )


def _share(value: float, low: float, high: float) -> float:
    """Return a value's place on an axis, 0 to 1, with room at both ends."""
    return ROOM + (1 - 2 * ROOM) * (value - low) / (high - low)


def _linear(dots: list[Dot]) -> tuple[list[float], list[tuple[float, float]]]:
    """Return the dots' places on an axis from 0, and (value, place) of its ticks."""
    most = max(dot.burden for dot in dots)
    step = next(size for size in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000) if most / size <= 6)
    ticks = [step * n for n in range(int(most / step) + 1)]
    return [_share(dot.burden, 0, most) for dot in dots], [(tick, _share(tick, 0, most)) for tick in ticks]


def _logarithmic(dots: list[Dot]) -> tuple[list[float], list[tuple[float, float]]]:
    """Return the same for an axis of powers: prices differ by factors of hundreds."""
    low, high = log10(min(dot.burden for dot in dots)), log10(max(dot.burden for dot in dots))
    high = max(high, low + 0.5)
    ticks = [10.0**power for power in range(floor(low), floor(high) + 1) if low <= power <= high]
    return (
        [_share(log10(dot.burden), low, high) for dot in dots],
        [(tick, _share(log10(tick), low, high)) for tick in ticks],
    )


def _tick(value: float, axis: str) -> str:
    return f"{number(value)} GiB" if axis == "local" else f"${number(value)}"


def _words(dot: Dot, axis: str, language: str) -> str:
    return f"{dot.name} {dot.quant}".strip() + ": " + _figures(dot, axis, language)


def _figures(dot: Dot, axis: str, language: str) -> str:
    burden = f"{gib(dot.burden * 1024)} GiB" if axis == "local" else say(language, "front.usd", usd=_usd(dot.burden))
    figures = [say(language, "front.score", score=f"{dot.score:.0f}"), burden]
    if dot.speed:
        figures.append(say(language, "front.speed", speed=number(round(dot.speed, 0 if dot.speed >= 10 else 1))))
    return " · ".join(figures)


def _usd(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 10 else f"{amount:.2f}"


def _line(dot: Dot, axis: str, language: str) -> str:
    picked = f'<b class="mk-ok">{esc(say(language, "front.pick"))}</b>' if dot.pick else ""
    quant = f'<span class="mk-quant">{esc(dot.quant)}</span>' if dot.quant else ""
    return (
        f'<li><i class="mk-dot {dot.pace}{" pick" if dot.pick else ""}">{dot.number}</i><span>{esc(dot.name)}{quant}'
        f'{picked}</span><span class="mk-bar-figure">{esc(_figures(dot, axis, language))}</span></li>'
    )


def _legend(dots: list[Dot], language: str) -> str:
    """Return what the colours mean, nothing where no speed is known."""
    shown = [pace for pace in ("slow", "normal", "fast") if any(dot.pace == pace for dot in dots)]
    if not shown:
        return ""
    values = {"slow": f"{SLOW:g}", "fast": f"{FAST:g}"}
    keys = "".join(
        f'<span class="mk-key"><i class="mk-swatch {pace}"></i>{esc(say(language, f"front.{pace}", **values))}</span>'
        for pace in shown
    )
    return f'<div class="mk-legend">{keys}</div>'
