"""How many parameters the safetensors files beside a config.json hold, without reading weights.

Format: 8 bytes with the length of a JSON table, then the table: tensor name -> dtype, shape and offsets. An index names
the bytes of all files. The files may be hostile: whatever is not plain and plausible counts as unknown.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MOST = 64 << 20  # bytes of JSON; the largest published index has 9 MB
_WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2}


def counted_parameters(folder: Path, config: Mapping[str, Any]) -> int | None:
    """Return the number of parameters, None when no file tells or the weights are quantised (packed)."""
    if config.get("quantization_config") is not None:
        return None
    try:
        single = folder / "model.safetensors"
        found = _in_file(single) if single.is_file() else _in_index(folder / "model.safetensors.index.json", config)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
        return None
    return found if found is not None and 0 < found < 1 << 45 else None


def _in_index(path: Path, config: Mapping[str, Any]) -> int | None:
    if not path.is_file() or path.stat().st_size > _MOST:
        return None
    size = json.loads(path.read_text(encoding="utf-8"))["metadata"]["total_size"]
    text = config.get("text_config")
    kind = config.get(
        "torch_dtype", config.get("dtype", text.get("torch_dtype") if isinstance(text, Mapping) else None)
    )
    width = _WIDTHS.get(kind) if isinstance(kind, str) else None
    return int(size) // width if width and isinstance(size, int | float) else None


def _in_file(path: Path) -> int | None:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= _MOST:
            return None
        table = json.loads(file.read(length))
    total = 0
    for name, one in table.items():
        if name == "__metadata__":
            continue
        if one["dtype"] not in ("F32", "F16", "BF16"):  # packed weights
            return None
        values = 1
        for size in one["shape"]:
            values *= max(0, int(size))
        total += values
    return total
