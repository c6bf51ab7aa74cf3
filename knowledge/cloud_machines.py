"""Machines that clouds rent out by name ("g5.12xlarge", "NC24ads A100 v4"): the GPUs in them (cloud_machines.toml)."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.schema import Source

_PLAIN = re.compile(r"[a-z]\d", re.I)  # a series that says nothing without its cloud: "g5", "a3"
_CLOUDS = r"(?:aws|amazon|ec2|sagemaker|gcp|gce|google(?: cloud)?|azure|vertex)(?:上)?の? ?"
_RENTED = r"(?= ?(?:series )?(?:instances?|vms?|インスタンス|シリーズ))"
_PREFIX = r"(?:ml\.|standard[ _])?"  # SageMaker's and Azure's
_GAP = r"[ ._-]?"


@dataclass(frozen=True, slots=True)
class CloudMachine:
    """A machine of a cloud: `gpus` cards of `vram_gb` GB each, `gpu` being a name of the GPU table, and the rest.

    `ram_gb` and `vcpu` belong to the whole machine.
    """

    name: str
    cloud: str
    gpu: str
    gpus: int
    vram_gb: float
    vcpu: int
    ram_gb: float
    source: Source


@dataclass(frozen=True, slots=True)
class Named:
    """Where a text names a cloud's machine; `series`: it named the series only, of which this is one."""

    start: int
    end: int
    machine: CloudMachine
    series: bool


def cloud_machine(name: str) -> CloudMachine | None:
    """Return the machine that a name alone means, None for another name: "A2" is a card, not GCP's series."""
    found = _named().get(_key(name))
    return found[0] if found and not _PLAIN.fullmatch(name.strip()) else None


def cloud_machines(text: str) -> Iterator[Named]:
    """Yield the machines that a cleaned text names, in order: "ml.g5.xlarge", "Standard_NC24ads_A100_v4", "EC2 g5"."""
    for found in _pattern().finditer(text):
        said = _key(found["name"] or found["series"] or found["plain"] or found["rented"])
        named, series = _named()[said]
        start = found.start("plain") if found["plain"] else found.start()
        yield Named(start, found.end(), named, series)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("cloud_machines.toml").read_text(encoding="utf-8"))


@cache
def _machines() -> dict[str, CloudMachine]:
    table = _table()
    sources = {key: Source(key, one["ref"], one["date"]) for key, one in table["sources"].items()}
    return {
        name: CloudMachine(
            name, table["clouds"][one["source"]], one["gpu"], one.get("gpus", 1), one["vram_gb"], one["vcpu"],
            one["ram_gb"], sources[one["source"]],
        )
        for name, one in table["machines"].items()
    }  # fmt: skip


@cache
def _named() -> dict[str, tuple[CloudMachine, bool]]:
    """Return what each name means by its letters and digits, and whether it is a series'."""
    machines = _machines()
    named = {_key(series): (machines[name], True) for series, name in _table()["series"].items()}
    return named | {_key(name): (one, False) for name, one in machines.items()}


def _key(name: str) -> str:
    return re.sub(r"xl$", "xlarge", re.sub(r"[ ._-]", "", name).casefold())


@cache
def _pattern() -> re.Pattern[str]:
    table = _table()
    names = _longest_first(table["machines"])
    series = _longest_first([one for one in table["series"] if not _PLAIN.fullmatch(one)])
    plain = "|".join(one for one in table["series"] if _PLAIN.fullmatch(one))
    return re.compile(
        rf"(?<![a-z0-9.])(?:{_PREFIX}(?P<name>{names})|(?P<series>{series})|{_CLOUDS}(?P<plain>{plain})|"
        rf"(?P<rented>{plain}){_RENTED})(?![.-]?[a-z0-9])",
        re.IGNORECASE,
    )


def _longest_first(named: Iterable[str]) -> str:
    return "|".join(map(_written, sorted(named, key=len, reverse=True)))


def _written(name: str) -> str:
    """Return the pattern of a name with or without what parts it: "g5 xlarge", "NC24adsA100v4"."""
    parts = _GAP.join(re.escape(part) for part in re.split(r"[ ._-]", name))
    return parts.replace("xlarge", "xl(?:arge)?")
