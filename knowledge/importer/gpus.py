"""Write knowledge/gpus/{nvidia,amd,intel}.toml from tables of published figures.

Run `python -m knowledge.importer.gpus TABLES` with a folder that holds rightnow_gpus.csv, pci_gpu_ids.csv and
wikipedia_gpus_2025-06.csv. The tables round and err; what is known better stands in gpus.toml with its source.
"""

import csv
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
SKIP = re.compile("|".join(TABLE["skip"]), re.IGNORECASE)
SOLDERED = re.compile(
    r"Laptop|Max-Q|^MX\d|(RX|Arc|Arc Pro) [A-Z]?\d{2,4}[MS]\b|GTX \d{3}MX?$|Quadro M\d+M$|Radeon Pro W?\d+M$"
)


@dataclass
class Card:
    """A card on its way from the tables to the TOML."""

    name: str
    vendor: str
    generation: str
    memory_gb: tuple[float, ...]
    bandwidth: float | None
    fp32: float | None
    fp16: float | None
    tensor: bool
    released: str
    tdp_w: float | None = None
    sources: list[str] = field(default_factory=lambda: ["rightnow"])
    pci: list[str] = field(default_factory=list)

    @property
    def laptop(self) -> bool:
        """Whether it is soldered into laptops: "Laptop", "Max-Q", AMD's and Intel's M and S names."""
        if self.name.startswith("RTX PRO"):
            return "Laptop" in self.name
        return bool(SOLDERED.search(self.name))


def canonical(name: str) -> tuple[str, float | None]:
    """Return the name as people write it, and the memory size in GB if the table's name carries one."""
    name = re.sub(r"^(GeForce (?=GTX|RTX|MX|GT)|Tesla |Radeon (?=RX)|(Radeon )?Instinct )", "", name).strip()
    name = name.replace(" Generation", "").replace("SUPER", "Super")
    if match := re.match(r"(.*) (Mobile|Max-Q) Ada$", name):
        name = f"{match[1]} Ada {'Laptop' if match[2] == 'Mobile' else 'Max-Q'}"
    name = re.sub(r" Mobile\b", " Laptop", name)
    memory = None
    if match := re.search(r" (\d+) ?GB\b", name):
        memory = float(match[1])
        name = (name[: match.start()] + name[match.end() :]).strip()
    return name, memory


def matrix_fp16(card: Card) -> tuple[float | None, str]:
    """Return dense fp16 TFLOPS with matrix units and fp32 accumulation, and the source; fp32 where that is faster.

    Ratios to the fp32 rate, from the architectures' white papers: GeForce Turing 4, GeForce Ampere/Ada/Blackwell 2,
    their workstation and server parts 4, Volta and other Turing 8; RDNA 4 4; Arc 8. Checked against published figures:
    RTX 3090 71, RTX 4090 165, L4 121, L40S 362, T4 65, Arc Pro B60 98.
    """
    if card.name in TABLE["fp16"]:
        rate, source = TABLE["fp16"][card.name]
        return float(rate), str(source)
    if card.name in TABLE["no_fp16"] or card.fp32 is None or card.generation == "Mining GPUs":  # cut down in firmware
        return None, ""
    ratio = 0
    if card.vendor == "nvidia" and card.tensor:
        geforce = card.generation.startswith(("GeForce", "GeForce MX")) and not card.name.startswith("TITAN")
        turing = card.generation.startswith(
            ("GeForce 20", "Quadro Turing", "Tesla Turing", "Tesla Volta", "Quadro Volta")
        )
        turing = turing or card.name.startswith("TITAN")
        ratio = (4 if geforce else 8) if turing else (2 if geforce else 4)
        if card.generation.startswith("Server") and not re.match(r"L|A10|A40|A2$|A16|RTX", card.name):
            ratio = 0
    elif card.vendor == "amd" and "Navi IV" in card.generation:
        ratio = 4
    elif card.vendor == "intel" and card.generation.startswith(("Alchemist", "Battlemage")):
        ratio = 8
    if ratio:
        return round(ratio * card.fp32, 1), "ratio"
    if card.vendor == "intel":
        return None, ""  # the table's rate leaves the matrix units out
    return max(card.fp16 or 0.0, card.fp32), "rightnow"


def read_cards(tables: Path) -> dict[str, Card]:
    """Return the cards by name, sizes of equal bandwidth merged, others named with their size."""
    grouped: dict[str, list[Card]] = defaultdict(list)
    with (tables / "rightnow_gpus.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            vendor = row["vendor"]
            if SKIP.search(row["name"]) or not row["generation"].startswith(
                tuple(TABLE["generations"].get(vendor, ()))
            ):
                continue
            name, _ = canonical(row["name"])
            memory = float(row["memorySize"])
            sized = f"{name} {memory:g}GB"
            name = TABLE["rename"].get(sized, TABLE["rename"].get(name, name))
            new_laptop = re.match(r"RTX (3|4|5)0\d0.* Max-Q", name) or re.search(r"Ada Max-Q", name)
            if name in TABLE["left_out"] or sized in TABLE["left_out"] or new_laptop or memory < 2:
                continue  # since the 30 series a laptop part is sold without saying Max-Q
            card = Card(
                name, vendor, row["generation"], (memory,), float(row["memoryBandwidth"] or 0) or None,
                float(row["fp32"] or 0) or None, float(row["fp16"] or 0) or None, bool(row["tensorCores"]),
                row["releaseDate"], float(row["tdp"] or 0) or None,
            )  # fmt: skip
            grouped[name].append(card)
    return {card.name: card for name in sorted(grouped) for card in _merge(name, grouped[name])}


def _merge(name: str, cards: list[Card]) -> Iterable[Card]:
    """Yield one card per bandwidth: the main one under the plain name."""
    by_bandwidth: dict[float, list[Card]] = defaultdict(list)
    for card in cards:
        by_bandwidth[card.bandwidth or 0].append(card)
    groups = []
    for same in by_bandwidth.values():
        first = min(same, key=lambda c: (c.released, c.memory_gb))
        first.memory_gb = tuple(sorted({gb for c in same for gb in c.memory_gb}))
        groups.append(first)
    wanted = TABLE["main_gb"].get(name)
    groups.sort(key=lambda c: (wanted not in c.memory_gb, c.released, c.memory_gb))
    taken: set[float] = set()
    for index, card in enumerate(groups):
        if index:
            left = [gb for gb in card.memory_gb if gb not in taken]
            if not left:
                continue  # the same size twice: a later re-issue
            card.name, card.memory_gb = f"{name} {left[0]:g}GB", tuple(left)
        taken.update(card.memory_gb)
        yield card


def correct(cards: dict[str, Card], tables: Path) -> None:
    """Put exact bandwidths (Wikipedia's within 1.5 %, then corrections), missing cards and matrix rates in place."""
    exact: dict[tuple[str, float], float] = {}
    with (tables / "wikipedia_gpus_2025-06.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            name, _ = canonical(re.sub(r" \(.*", "", row["name"]))
            sizes = re.findall(r"\d+", row["memory_size"])
            if len(sizes) == 1 and re.fullmatch(r"[\d.]+", row["bandwidth"]) and row["bandwidth_unit"] == "GB/s":
                exact[name.casefold(), float(sizes[0])] = float(row["bandwidth"])
    for name, card in cards.items():
        known = exact.get((name.casefold(), card.memory_gb[0]))
        if known and card.bandwidth and abs(known / card.bandwidth - 1) < 0.015:
            card.bandwidth = known
            card.sources.append("wikipedia")
        if name in TABLE["bandwidth"]:
            card.bandwidth, source = TABLE["bandwidth"][name]
            card.sources.append(source)
        card.memory_gb = tuple(TABLE["memory"].get(name, card.memory_gb))
        card.fp16, source = matrix_fp16(card)
        card.sources += [source] if source else []
    for vendor, extra in TABLE["extra"].items():
        for name, one in extra.items():
            cards[name] = Card(
                name, vendor, "", tuple(one["memory_gb"]), one["bandwidth"], None, one.get("fp16"), False,
                one["released"], sources=[one["source"]],
            )  # fmt: skip


def add_pci_ids(cards: dict[str, Card], tables: Path) -> None:
    """Give each card the PCI ids whose name lists it; one id may belong to several cards."""
    by_name = {_plain(card.name): card for card in cards.values()}
    vendors = {"nvidia": "10de", "amd": "1002", "intel": "8086"}
    with (tables / "pci_gpu_ids.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            bracket = re.search(r"\[(.*)\]", row["name"])
            for text in _spelled_out(bracket[1]) if bracket else ():
                card = by_name.get(_plain(text))
                identity = f"{row['vendor_id']}:{row['device_id']}"
                if card and vendors[card.vendor] == row["vendor_id"] and identity not in card.pci:
                    card.pci.append(identity)


def _spelled_out(text: str) -> list[str]:
    """Return every product a PCI name lists: "Radeon RX 7900 XT/7900 XTX" -> both with their prefix."""
    text = re.sub(
        r"Lite Hash Rate|Engineering Sample|Laptop GPU|HF$|VF$", lambda m: "Mobile" if "Lap" in m[0] else "", text
    )
    found, prefix, base = [], "", ""
    for part in (one.strip() for one in text.split("/")):
        if part in ("Mobile", "Max-Q", "Max-Q Mobile"):
            found.append(f"{base} {part}")
            continue
        if match := re.match(r"((?:GeForce|Radeon|Instinct|Arc|Quadro|RX|RTX|GTX|Pro|PRO) )+(?=[A-Z]*\d)", part):
            prefix = match[0]
        elif re.match(r"[A-Z]?\d", part):
            part = prefix + part
        base = re.sub(r" (Mobile|Max-Q).*", "", part)
        found.append(part)
    return found


def _plain(name: str) -> str:
    """Return a spelling to compare names by."""
    name, memory = canonical(TABLE["pci_names"].get(name, name))
    name = re.sub(r"(GeForce|Radeon|Tesla|Instinct|Generation|Workstation|Edition|Graphics) ?", "", name)
    name = name + (f" {memory:g}" if memory else "")
    return re.sub(r"[^a-z0-9]", "", TABLE["rename"].get(name, name).casefold())


def _toml(card: Card) -> str:
    values = [f"memory_gb = [{', '.join(f'{gb:g}' for gb in card.memory_gb)}]"]
    if card.bandwidth:
        values.append(f"bandwidth_gb_s = {card.bandwidth:g}")
    if card.fp16:
        values.append(f"fp16_tflops = {card.fp16:g}")
    if card.tdp_w:
        values.append(f"tdp_w = {card.tdp_w:g}")
    if card.laptop:
        values.append("laptop = true")
    values.append(f"released = {card.released}")
    if names := TABLE["aliases"].get(card.name):
        values.append("aliases = [" + ", ".join(f'"{one}"' for one in names) + "]")
    if card.pci:
        values.append("pci_ids = [" + ", ".join(f'"{one}"' for one in sorted(card.pci)) + "]")
        card.sources.append("pciids")
    values.append("sources = [" + ", ".join(f'"{one}"' for one in dict.fromkeys(card.sources)) + "]")
    return f'"{card.name}" = {{ {", ".join(values)} }}'


def write(cards: dict[str, Card], folder: Path) -> None:
    """Write one file per vendor, cards in order of name."""
    for vendor in TABLE["generations"]:
        lines = [_toml(card) for name, card in sorted(cards.items()) if card.vendor == vendor]
        used = set(re.findall(r'"(\w+)"', " ".join(line.rsplit("sources = ", 1)[1] for line in lines)))
        head = [
            f"# {vendor}: written by `python -m knowledge.importer.gpus TABLES`; mend the importer, not this file.",
            "",
        ]
        head += [f'vendor = "{vendor}"', "", "[sources]"]
        head += [
            f'{key} = {{ ref = "{one["ref"]}", date = {one["date"]} }}'
            for key, one in TABLE["sources"].items()
            if key in used
        ]
        text = "\n".join([*head, "", "[gpus]", *lines]) + "\n"
        (folder / f"{vendor}.toml").write_text(text, encoding="utf-8", newline="\n")


def main(tables: Path, folder: Path) -> None:
    """Read the tables and write the files."""
    cards = read_cards(tables)
    correct(cards, tables)
    add_pci_ids(cards, tables)
    write(cards, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parents[1] / "gpus")
