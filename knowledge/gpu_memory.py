"""How much memory a card really has: what its driver reports, less than it is sold as (gpu_memory.toml)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("gpu_memory.toml").read_text(encoding="utf-8"))


def reported_mib(name: str, size_gb: float) -> int:
    """Return the MiB that the driver reports for a card of the GPU table sold with `size_gb`, that size when unknown.

    Data-centre cards with GDDR memory lose 1/16 to error correction, which is on as they are shipped.
    """
    known = _tables()["reported"].get(name, {}).get("mib", {})
    return int(known.get(f"{size_gb:g}", round(size_gb * 1024)))


def is_beside(name: str, size_gb: float) -> bool:
    """Tell whether a size in a card's name is of the processor's memory beside it: the 480 GB of a "GH200 480GB"."""
    return size_gb in _tables()["beside"].get(name, ())
