"""Computers and phones named instead of a card or chip, and memory named by its type (computers.toml)."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from knowledge.gpu_table import load_gpus
from knowledge.schema import Source

_WIDTH = 8  # bytes per transfer of a channel of 64 bits, whose two or four parts DDR5 and LPDDR count as channels
_PC_CHANNELS = 2
_SLOWEST, _FASTEST = 800, 12_800  # 10^6 transfers per second: DDR3-800 to MRDIMM-12800
_TYPE = re.compile(
    r"(?<![a-z0-9])(lp)?ddr([345])(x?)(?:[ -]?(?:sdram|メモリ|memory|ram))?(?:[ -]|の|で|at )*(\d{4,5})(?!\d| ?g)", re.I
)
_CHANNELS = re.compile(
    r"(?<![\d.-])(\d{1,2})[ -]?(?:channels?|ch(?![a-z])|チャンネル|チャネル)|"
    r"(?:(single|シングル)|(dual|デュアル)|(quad|クアッド)|(hexa|ヘキサ)|(octa|オクタ))[ -]?"
    r"(?:channel|チャンネル|チャネル)",
    re.I,
)
_BEGINS = r"(?:(?<![A-Za-z0-9])|(?![A-Za-z0-9]))"  # where a Latin word does; Japanese ones may follow anything
_ENDS = r"(?:(?![A-Za-z0-9])|(?<![A-Za-z0-9]))"
_WORDED = (1, 2, 4, 6, 8)
_CHIP = re.compile(r"(?<![a-z0-9-])m[1-9](?![0-9a-z])|[(（]?intel (?:core|i[3579])", re.I)


@dataclass(frozen=True, slots=True)
class Computer:
    """A machine named without a card: Apple silicon of an unknown chip, or a processor that models run on.

    `memory_gb` lists the sizes sold, smallest first, () when any; `chips` the Apple chips it may have. Bandwidth in
    10^9 bytes/s, None when unknown; `channels_assumed` when their number was not said. `phone`: the speed of its
    memory is not a PC's and must not be guessed. `typical`: no computer but a kind of them, with what it usually has.
    `taken_as` is the computer that is assumed where only its series was named.
    """

    name: str
    kind: Literal["mac", "processor"]
    memory_gb: tuple[float, ...]
    bandwidth_gb_s: float | None
    chips: tuple[str, ...] = ()
    phone: bool = False
    typical: bool = False
    taken_as: str = ""
    channels_assumed: bool = False
    source: Source | None = None

    @property
    def processor(self) -> str:
        """The name without the memory's, "" when that is all."""
        return "" if self.name[:1].isdigit() else self.name.split(", ")[0]


@dataclass(frozen=True, slots=True)
class _Entry:
    words: re.Pattern[str]
    computer: Computer
    channels: int | None


@cache
def _entries() -> dict[str, _Entry]:
    table = tomllib.loads(Path(__file__).with_name("computers.toml").read_text(encoding="utf-8"))
    sources = {key: Source(key, one["ref"], one["date"]) for key, one in table["sources"].items()}
    pc = table["pc"]["words"]
    return {name: _entry(name, one, sources[one["source"]], pc) for name, one in table["computers"].items()}


def _entry(name: str, one: dict[str, Any], source: Source, pc: str) -> _Entry:
    gpus = load_gpus()
    chips = tuple(one.get("chips", ()))
    sizes = {size for chip in chips for size in gpus[chip].memory_gb}
    twin = gpus.get(one.get("gpu", ""))
    said = tuple(map(float, one.get("memory_gb", ())))
    memory = said or (twin.memory_gb if twin else tuple(sorted(sizes)))
    channels, mts = one.get("channels"), one.get("mts")
    speed = twin.bandwidth_gb_s if twin else channels * _WIDTH * mts / 1000 if channels and mts else None
    worded = one["words"] if isinstance(one["words"], str) else "|".join(one["words"])
    itself = "" if one.get("taken_as") else f"{re.escape(name)}|"
    words = re.compile(rf"{_BEGINS}(?:{itself}{worded.replace('<pc>', pc)}){_ENDS}", re.IGNORECASE)
    phone, typical = one.get("phone", False), one.get("typical", False)
    taken_as = one.get("taken_as", "")
    computer = Computer(name, one["kind"], memory, speed, chips, phone, typical, taken_as=taken_as, source=source)
    return _Entry(words, computer, channels)


def named_computer(text: str) -> Computer | None:
    """Return the computer that a text names, None for one that names none or tells an Apple chip, which says more.

    Memory that is named by type and speed ("DDR5-6000", "12 channels of DDR5-4800") is the processor's: channels as
    said, else the processor's, else two, as in a desktop PC. The name of what comes back is a text that means the same.
    """
    found = [(len(match[0]), entry) for entry in _entries().values() for match in entry.words.finditer(text)]
    entry = max(found, key=lambda one: one[0])[1] if found else None
    if entry is not None and (entry.computer.kind == "mac" or entry.computer.phone) and _CHIP.search(text):
        return None
    if entry is not None and entry.computer.kind == "mac":
        return entry.computer
    memory = _TYPE.search(text)
    said = _CHANNELS.search(text)
    if memory is None or not _SLOWEST <= int(memory[4]) <= _FASTEST or (entry and entry.computer.phone):
        return entry.computer if entry else None
    channels = _count(said) if said else entry.channels if entry else None
    used = channels or _PC_CHANNELS
    kind = f"{'LP' if memory[1] else ''}DDR{memory[2]}{memory[3].upper()}-{memory[4]}"
    typed = f"{used}-channel {kind}"
    return Computer(
        f"{entry.computer.name}, {typed}" if entry else typed, "processor", entry.computer.memory_gb if entry else (),
        used * _WIDTH * int(memory[4]) / 1000, channels_assumed=channels is None,
    )  # fmt: skip


def computers_in(text: str) -> list[tuple[int, int, Computer]]:
    """Return where a text names computers, in order: of names over one another the longest."""
    found = [(*match.span(), entry.computer) for entry in _entries().values() for match in entry.words.finditer(text)]
    kept: list[tuple[int, int, Computer]] = []
    for start, end, computer in sorted(found, key=lambda one: one[0] - one[1]):
        if not any(start < other[1] and other[0] < end for other in kept):
            kept.append((start, end, computer))
    return sorted(kept, key=lambda one: one[0])


def _count(said: re.Match[str]) -> int:
    return int(said[1]) if said[1] else next(_WORDED[n - 2] for n in range(2, 7) if said[n])
