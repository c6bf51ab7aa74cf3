"""Memory of the shown models as stacked bars in plain HTML: no script, no image, nothing from elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.events import CallRecord
from ui.safe import esc
from ui.words import gib, has, number, said, say

PARTS = ("weights", "kv", "compute", "overhead")
_KEYS = {"weights": "weights_mib", "kv": "kv_cache_mib", "compute": "compute_mib", "overhead": "overhead_mib"}
MOST = 6  # bars in one chart


@dataclass(frozen=True, slots=True)
class Bar:
    """One model's memory in MiB; `available` None when no hardware is known, `fits` None likewise."""

    name: str
    quant: str
    parts: tuple[float, float, float, float]
    available: float | None
    fits: bool | None
    placement: str
    gpu: float | None
    ram: float | None
    speed: tuple[float, float, float] | None
    context_tokens: int | None
    basis: str

    @property
    def total(self) -> float:
        """Return the sum of the parts."""
        return sum(self.parts)


def bars(calls: Iterable[CallRecord]) -> list[Bar]:
    """Return what the results tell the memory of: picks, compared or listed models, a fit and each of its GPUs."""
    found: list[Bar] = []
    for call in calls:
        rows: list[Any] = [*_rows(call.result, "picks"), *_rows(call.result, "models")]
        reports = [(row, row.get("fit") or row) for row in rows if isinstance(row, dict)]
        if "weights_mib" in call.result:
            reports.append((call.result, call.result))
            cards = _rows(call.result, "devices")
            reports += [({"model": f"{n}: {one['device']}"}, one) for n, one in enumerate(cards, 1) if len(cards) > 1]
        found += [bar for row, report in reports if (bar := _bar(row, report)) is not None]
    unique = {(bar.name, bar.quant, bar.context_tokens): bar for bar in found}
    return list(unique.values())[:MOST]


def chart_html(shown: Sequence[Bar], language: str) -> str:
    """Return the chart, "" when there is nothing to draw. All bars share one scale."""
    if not shown:
        return ""
    scale = max(max(bar.total, bar.available or 0) for bar in shown) * 1.04
    if scale <= 0:
        return ""
    legend = "".join(
        f'<span class="mk-key"><i class="mk-swatch {part}"></i>{esc(say(language, f"chart.{part}"))}</span>'
        for part in PARTS
    )
    if any(bar.available for bar in shown):
        legend += f'<span class="mk-key"><i class="mk-line-key"></i>{esc(say(language, "chart.available"))}</span>'
    return (
        f'<div class="mk-chart"><div class="mk-chart-head"><strong>{esc(say(language, "chart.title"))}</strong>'
        f'<span class="mk-sub">{esc(_subtitle(shown, language))}</span></div>'
        + "".join(_row(bar, scale, language) for bar in shown)
        + f'<div class="mk-legend">{legend}</div></div>'
    )


def _rows(result: dict[str, Any], name: str) -> list[Any]:
    rows = result.get(name)
    return rows if isinstance(rows, list) else []


def _bar(row: dict[str, Any], report: Any) -> Bar | None:
    if not isinstance(report, dict):
        return None
    parts = tuple(_amount(report.get(_KEYS[part])) for part in PARTS)
    if any(part is None for part in parts):
        return None
    rate = report.get("tokens_per_second")
    speed = None
    if isinstance(rate, dict) and all(isinstance(rate.get(key), int | float) for key in ("low", "mid", "high")):
        speed = (float(rate["low"]), float(rate["mid"]), float(rate["high"]))
    fits, context = report.get("fits"), report.get("context_tokens")
    return Bar(
        name=str(said(row.get("model") or report.get("model") or row.get("id") or "?", "en")),
        quant=str(report.get("quant") or row.get("quant") or ""),
        parts=parts,  # type: ignore[arg-type]
        available=_amount(report.get("available_mib")),
        fits=fits if isinstance(fits, bool) else None,
        placement=str(report.get("placement") or ""),
        gpu=_amount(report.get("gpu_mib")),
        ram=_amount(report.get("ram_mib")),
        speed=speed,
        context_tokens=context if isinstance(context, int) else None,
        basis=str(report.get("basis") or ""),
    )


def _amount(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None


def _subtitle(shown: Sequence[Bar], language: str) -> str:
    contexts = sorted({bar.context_tokens for bar in shown if bar.context_tokens})
    bases = list(dict.fromkeys(bar.basis for bar in shown if bar.basis))
    words = [say(language, f"basis.{one}") if has(language, f"basis.{one}") else one for one in bases]
    if not contexts:
        return " / ".join(words)
    spread = "–".join(number(one) for one in dict.fromkeys((contexts[0], contexts[-1])))
    return say(language, "chart.subtitle", context=spread, basis=" / ".join(words) or "–")


def _row(bar: Bar, scale: float, language: str) -> str:
    pieces = "".join(
        f'<i class="mk-seg {part}" style="width:{100 * amount / scale:.2f}%" title="'
        f'{esc(say(language, "chart.segment", part=say(language, f"chart.{part}"), gib=gib(amount)))}"></i>'
        for part, amount in zip(PARTS, bar.parts, strict=True)
        if amount > 0
    )
    line = ""
    if bar.available:
        words = esc(f"{say(language, 'chart.available')}: {gib(bar.available)} GiB")
        line = f'<i class="mk-limit" style="left:{100 * bar.available / scale:.2f}%" title="{words}"></i>'
    figure = (
        say(language, "chart.of", total=gib(bar.total), available=gib(bar.available))
        if bar.available
        else say(language, "chart.needs", total=gib(bar.total))
    )
    summary = esc(say(language, "chart.summary", model=f"{bar.name} {bar.quant}".strip(), total=gib(bar.total)))
    return (
        f'<div class="mk-bar-row"><div class="mk-bar-head"><span class="mk-bar-name">{esc(bar.name)}'
        f'<span class="mk-quant">{esc(bar.quant)}</span></span><span class="mk-bar-figure">{esc(figure)}'
        f"{_verdict(bar, language)}</span></div>"
        f'<div class="mk-bar" title="{summary}">{pieces}{line}</div>{_below(bar, language)}</div>'
    )


def _verdict(bar: Bar, language: str) -> str:
    if bar.fits is None or bar.available is None:
        return ""
    if bar.fits:
        return f'<b class="mk-ok">{esc(say(language, "chart.fits"))}</b>'
    return f'<b class="mk-over">{esc(say(language, "chart.too_big", gib=gib(max(bar.total - bar.available, 0))))}</b>'


def _below(bar: Bar, language: str) -> str:
    lines = []
    if bar.placement in ("partial", "expert_offload") and bar.gpu is not None and bar.ram is not None:
        lines.append(say(language, "chart.split", gpu=gib(bar.gpu), ram=gib(bar.ram)))
    elif bar.placement in ("cpu", "unified", "none"):
        lines.append(say(language, f"place.{bar.placement}"))
    if bar.speed:
        low, mid, high = (number(round(one, 0 if one >= 10 else 1)) for one in bar.speed)
        lines.append(say(language, "chart.speed", low=low, mid=mid, high=high))
    return f'<div class="mk-bar-note">{esc(" · ".join(lines))}</div>' if lines else ""
