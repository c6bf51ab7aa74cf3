"""What a named model's API takes a month for a usage that is stated: "GPT-5 for 10 million tokens a month"."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.calls import Call
from assistant.reader.usage import usage_from

if TYPE_CHECKING:
    from assistant.reader.marking import Tables

ASKS = "usage"  # of a call's `asks`, with the tokens read and written a month: "usage 8000000 2000000 told"


def with_usage_told(call: Call, question: str, tables: "Tables") -> Call:
    """Return a question of a model's price with the usage that it states in `asks`, any other call as it is."""
    from assistant.reader.spans import find_spans
    from assistant.reader.text import clean

    if call.tool != "model_info" or call.arguments().get("field") != "price":
        return call
    spans = [span for span in find_spans(clean(question), tables) if span.kind == "USE"]
    used = usage_from(spans)
    read, written = used.get("input_tokens", 0), used.get("output_tokens", 0)
    if not (read or written):
        return call
    split = any("input" in span.hint or "output" in span.hint for span in spans)
    return replace(call, asks=(*call.asks, f"{ASKS} {read} {written} {'told' if split else 'in all'}"))


def bill(asks: tuple[str, ...], price: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the tokens read and written in a month and their dollars, None without usage or a known price.

    `in_all`: only their sum was told, and split as the shipped usage is (knowledge/costs.toml).
    """
    found = next((one.split() for one in asks if one.partition(" ")[0] == ASKS), None)
    if found is None or not price or price["input"] is None or price["output"] is None:
        return None
    read, written = int(found[1]), int(found[2])
    dollars = (read * price["input"] + written * price["output"]) / 1e6
    in_all = found[3:] == ["in", "all"]
    return {"input_tokens": read, "output_tokens": written, "usd_per_month": round(dollars, 2), "in_all": in_all}
