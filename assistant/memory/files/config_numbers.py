"""Checked numbers from configurations that may be hostile."""

import math
from typing import Any

from assistant.errors import BadArguments

MOST_LAYERS = 10_000
_MOST = {
    "layers": MOST_LAYERS, "hidden": 1 << 20, "heads": 1 << 16, "kv_heads": 1 << 16, "head_dim": 1 << 16,
    "ffn": 1 << 24, "vocab": 1 << 27, "experts": 1 << 16, "context_tokens": 1 << 31,
}  # fmt: skip
_DEFAULT_MOST = 1 << 24


def bad(name: str, found: Any, expected: str, expected_ja: str) -> BadArguments:
    """Return the error for a value, cut short so that it stays one line."""
    text = repr(found) if not isinstance(found, dict | list) else f"{type(found).__name__} ({len(found)})"
    return BadArguments(name, found if len(text) <= 60 and "(" not in text else text[:57], expected, expected_ja)


def integer(name: str, value: Any, most: int | None = None) -> int:
    """Return `value` as a count from 0 to `most`. Raises BadArguments for text, fractions, absurd values."""
    limit = most if most is not None else _MOST.get(name, _DEFAULT_MOST)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value, whole = int(value), True
    if not whole or not 0 <= value <= limit:
        raise bad(name, value, f"a whole number from 0 to {limit:,}", f"0〜{limit:,} の整数")
    return int(value)


def integers(name: str, value: Any, most: int | None = None) -> list[int]:
    """Return a list of counts, [] when `value` is no list. Raises BadArguments for its members as `integer`."""
    if not isinstance(value, list):
        return []
    if len(value) > MOST_LAYERS:
        raise bad(name, len(value), f"at most {MOST_LAYERS:,} entries", f"{MOST_LAYERS:,} 個以下")
    return [integer(name, one, most) for one in value]
