"""Write knowledge/gpus/{nvidia,amd,intel}.toml from tables of published figures.

Run `python -m knowledge.gpu_importer TABLES` with a folder that holds rightnow_gpus.csv, wikipedia_gpus_2025-06.csv and
pci_gpu_ids.csv. The tables round and err; what is known better stands in `BANDWIDTH` and `FP16` with its source.
"""

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

SOURCES = {
    "rightnow": ("reox007/RightNow-GPU-Database:data/all-gpus.json @ 77fae38", "2026-02-07"),
    "wikipedia": ("Wikipedia's lists of GPUs, via voidful/gpu-info-api:gpu.json @ 03a6b34", "2025-06-16"),
    "pciids": ("pciutils/pciids:pci.ids @ c1c1254", "2026-08-22"),
    "whichllm": ("Andyyyy64/whichllm:src/whichllm/data/gpu.py @ a897551", "2026-06-29"),
    "llmfit": ("AlexsJones/llmfit:llmfit-core/src/hardware.rs @ 3f44fd3", "2026-08-22"),
    "aiconfigurator": ("ai-dynamo/aiconfigurator: src/aiconfigurator/systems/*.yaml @ 095f58a", "2026-08-21"),
    "vendor": ("the vendor's data sheet for the product, figures as commonly published", "2026-11-21"),
    "ratio": ("fp32 figure times the architecture's ratio of dense fp16 matrix rate to fp32 rate", "2026-11-21"),
}

# Generations that someone may still run a model on; GPUs of others are left out.
GENERATIONS = {
    "nvidia": (
        "GeForce 900", "GeForce 10", "GeForce 16", "GeForce 20", "GeForce 30", "GeForce 40", "GeForce 50", "GeForce MX",
        "Quadro Pascal", "Quadro Turing", "Quadro Volta", "Tesla Maxwell", "Tesla Pascal", "Tesla Volta",
        "Tesla Turing", "Server", "Workstation", "Ada-MW", "Ampere-MW", "Blackwell",
    ),
    "amd": (
        "Polaris(RX", "Arctic Islands(RX", "Vega(RX", "Vega II", "Navi(", "Navi II(", "Navi III(", "Navi IV(",
        "Navi Mobile", "Radeon Instinct", "Radeon Pro Navi", "Radeon Pro Vega", "Vega II(",
    ),
    "intel": ("Alchemist", "Battlemage", "Data Center GPU(Ponte"),
}  # fmt: skip
# Engineering samples, cut-down re-issues with the same name for sale, consoles and boards nobody can name.
SKIP = re.compile(
    r"^Radeon 5\d\d|640SP|Switch|Playstation|Xbox|Steam|GPU$|Embedded|Passive|GP10\d|GK10\d|TU10\d|"
    r"AD10\d|GA10\d|Rev\. ?\d|Refresh|G5|CEO|"
    r"\bX2\b|Subsystem|Limited|Liquid|Watercooled|9Gbps|11Gbps|DGXS|FHHL|CMP|OEM|Jetson|GDDR|1024SP|2048SP|RX \d+X|"
    r"^(Tesla )?(A100|V100|H100|H200|H800|A800)|CNX|Tesla M(4|6|10|60)\b|Tesla (P6|P10|T10)\b|GT 5|"
    r"GTX 9\d\d(A| Low|M Mac)|"
    r"GeForce 9\d\d|MX450 (12|30.5W 8)|TiM|3840SP|-\d+Q|A5500H|RTX A4 |A4000H|\bT\d{3,4} Max-Q|MX570 A|"
    r"GB10$|DRIVE|SXM3|GRID|T4G|Max-Q (?!Ada|Bl)\d|A Mobile|6nm|Duo|LHR|PG506|Uber|"
    r"TITAN X Collectors|Vega Frontier Edition W",
    re.IGNORECASE,
)
LEFT_OUT = {"MI200", "B200", "B300", "MI300", "PG506-232", "RTX 4010", "A100X", "A30X", "L40G"}

# One name for what people call one thing.
RENAME = {
    "A30 PCIe": "A30", "A40 PCIe": "A40", "A10 PCIe": "A10", "A2 PCIe": "A2", "P100 PCIe": "P100", "A10G PCIe": "A10G",
    "A16 PCIe": "A16", "MX450 30.5W 10Gbps": "MX450", "TITAN X Pascal": "TITAN X (Pascal)",
    "H100 SXM5": "H100", "A100 SXM4": "A100",
}  # fmt: skip

# GB/s where the tables round, differ or err.
BANDWIDTH: dict[str, tuple[float, str]] = {
    "RTX 5090": (1792, "whichllm"), "RTX 5090 D": (1792, "whichllm"), "RTX 5090 D V2": (1344, "vendor"),
    "RTX 4090": (1008, "whichllm"), "RTX 4090 D": (1008, "wikipedia"), "RTX 3090 Ti": (1008, "whichllm"),
    "RTX PRO 6000 Blackwell": (1792, "aiconfigurator"), "RTX PRO 6000 Blackwell Max-Q": (1792, "aiconfigurator"),
    "RTX PRO 6000 Blackwell Server": (1792, "aiconfigurator"), "RTX PRO 5000 Blackwell": (1344, "vendor"),
    "L4": (300, "aiconfigurator"),
    "MI50": (1024, "wikipedia"), "MI60": (1024, "wikipedia"), "Radeon VII": (1024, "wikipedia"),
    "MI100": (1228.8, "wikipedia"), "MI210": (1638.4, "wikipedia"), "MI250": (3276.8, "wikipedia"),
    "MI250X": (3276.8, "wikipedia"), "MI300A": (5300, "wikipedia"), "MI300X": (5300, "wikipedia"),
    "MI308X": (5300, "vendor"), "MI325X": (6000, "vendor"), "MI350X": (8000, "vendor"), "MI355X": (8000, "vendor"),
    "RX 9070 XT": (640, "whichllm"), "RX 9070": (640, "wikipedia"), "RX 9060 XT": (320, "whichllm"),
    "RX 9060": (288, "vendor"), "Radeon AI PRO R9700": (640, "whichllm"),
    "Radeon AI PRO R9700S": (640, "whichllm"), "RX 7800 XT": (624, "wikipedia"),
    "GTX 1650 Laptop": (128, "vendor"), "Arc Pro B60": (456, "aiconfigurator"),
}  # fmt: skip
# GB of memory where the table has another cut.
MEMORY: dict[str, tuple[float, ...]] = {
    "MI300A": (128,), "MI325X": (256,), "RTX 3080 Laptop": (8, 16), "RTX 3050 Laptop": (4, 6), "MI250": (128,),
    "MI250X": (128,), "RX 580": (4, 8), "RX 480": (4, 8), "RX 470": (4, 8),
    "RX 570": (4, 8), "RX 5500 XT": (4, 8), "RX 6500 XT": (4, 8), "RX 560": (2, 4), "RX 460": (2, 4), "RX 590": (8,),
}  # fmt: skip
# Dense fp16 TFLOPS where a ratio does not give it.
FP16: dict[str, tuple[float, str]] = {
    "H20": (148, "vendor"),
    "A30": (165, "aiconfigurator"), "L4": (121, "aiconfigurator"), "L40S": (362, "aiconfigurator"),
    "MI100": (184.6, "vendor"),
    "MI210": (181, "vendor"), "MI250": (362.1, "vendor"), "MI250X": (383, "vendor"), "MI300A": (980.6, "vendor"),
    "MI300X": (1307.4, "vendor"), "MI325X": (1307.4, "vendor"), "MI350X": (2306.9, "vendor"),
    "MI355X": (2516.6, "vendor"), "Arc Pro B60": (98.3, "aiconfigurator"),
}  # fmt: skip
NO_FP16 = {"MI308X", "H20"}  # cut down for export; unsure

# name -> (GB, GB/s, fp16, released, source): cards that the tables lack or have wrong altogether.
EXTRA: dict[str, dict[str, tuple[tuple[float, ...], float, float | None, str, str]]] = {
    "nvidia": {
        "A100": ((40, 80), 1555, 312, "2020-05-14", "whichllm"),
        "A100 PCIe": ((40,), 1555, 312, "2020-06-22", "whichllm"),
        "A100 80GB": ((80,), 2039, 312, "2020-11-16", "aiconfigurator"),
        "A100 80GB PCIe": ((80,), 1935, 312, "2021-06-28", "aiconfigurator"),
        "H100": ((80,), 3350, 989, "2022-10-01", "aiconfigurator"),
        "H100 PCIe": ((80,), 2039, 756, "2022-10-01", "wikipedia"),
        "H100 NVL": ((94,), 3938, 835, "2023-03-21", "vendor"),
        "H200": ((141,), 4800, 989, "2024-11-18", "aiconfigurator"),
        "H200 NVL": ((141,), 4800, 836, "2024-11-18", "vendor"),
        "H800 PCIe": ((80,), 2039, None, "2023-03-21", "rightnow"),
        "A800 40GB": ((40,), 1555, None, "2022-11-08", "rightnow"),
        "V100": ((16, 32), 900, 125, "2017-06-21", "wikipedia"),
        "V100 PCIe": ((16, 32), 900, 112, "2017-06-21", "wikipedia"),
        "V100S": ((32,), 1134, 130, "2019-11-26", "vendor"),
        "B200": ((180,), 7700, 2250, "2024-11-18", "aiconfigurator"),
        "B300": ((268,), 7750, 2250, "2025-09-11", "aiconfigurator"),
        "GB200": ((185,), 8000, 2500, "2024-11-18", "aiconfigurator"),
        "GB300": ((277,), 8000, 2500, "2025-09-11", "aiconfigurator"),
        "GH200": ((96, 144), 4000, 989, "2023-05-28", "vendor"),
        "RTX 3060 Ti GDDR6X": ((8,), 608, 32.4, "2022-10-19", "wikipedia"),
    },
    "amd": {},
    "intel": {"Arc Pro B70": ((32,), 608, None, "2026-03-25", "whichllm")},
}
EXTRA_ALIASES: dict[str, tuple[str, ...]] = {
    "H100": ("h100 sxm", "h100 sxm5", "h100 80gb", "h100 hgx"), "H200": ("h200 sxm", "h200 141gb"),
    "A100": ("a100 40gb", "a100 sxm4 40gb"), "A100 PCIe": ("a100 pcie 40gb",),
    "A100 80GB": ("a100 sxm", "a100 sxm4 80gb", "a100 sxm 80gb"), "A100 80GB PCIe": ("a100 pcie 80gb",),
    "V100": ("v100 sxm2", "v100 16gb", "v100 32gb"), "RTX A6000": ("a6000",), "RTX A5000": ("a5000",),
    "RTX A4000": ("a4000",), "RTX 6000 Ada": ("6000 ada", "rtx6000 ada", "ada 6000"),
    "RTX PRO 6000 Blackwell": ("rtx pro 6000", "pro 6000", "rtx 6000 pro", "rtx 6000 blackwell", "pro 6000 ws"),
    "RX 7900 XTX": ("7900xtx",), "MI300X": ("instinct mi300x", "mi300"), "B200": ("b200 sxm",),
    "TITAN RTX": ("rtx titan",), "Quadro RTX 8000": ("rtx 8000",), "Quadro RTX 6000": ("rtx 6000",),
}  # fmt: skip


# What pci.ids calls cards whose form factor tells their bandwidth.
PCI_NAMES = {
    "A100 SXM4 40GB": "A100", "A100 PCIe 40GB": "A100 PCIe", "A100 SXM4 80GB": "A100 80GB",
    "A100 PCIe 80GB": "A100 80GB PCIe", "A800 40GB PCIe": "A800 40GB", "H100 SXM5 80GB": "H100",
    "H100L 94GB": "H100 NVL",
    "H200 SXM 141GB": "H200", "Tesla V100 SXM2 16GB": "V100", "Tesla V100 SXM2 32GB": "V100",
    "Tesla V100 PCIe 16GB": "V100 PCIe", "Tesla V100 PCIe 32GB": "V100 PCIe", "Tesla V100S PCIe 32GB": "V100S",
    "Tesla P100 PCIe 16GB": "P100", "Tesla P100 PCIe 12GB": "P100 12GB", "Tesla P100 SXM2 16GB": "P100 SXM2",
    "GH200 120GB": "GH200",
}  # fmt: skip


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
    sources: list[str] = field(default_factory=lambda: ["rightnow"])
    pci: list[str] = field(default_factory=list)

    @property
    def laptop(self) -> bool:
        """Whether it is soldered into laptops: "Laptop", "Max-Q", AMD's and Intel's M and S names."""
        if self.name.startswith("RTX PRO"):
            return "Laptop" in self.name
        return bool(re.search(r"Laptop|Max-Q|^MX\d|(RX|Arc|Arc Pro) [A-Z]?\d{2,4}[MS]\b|GTX \d{3}M", self.name))


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
    """Return dense fp16 TFLOPS with matrix units and fp32 accumulation, and the source.

    Ratios to the fp32 rate, from the architectures' white papers: GeForce Turing 4, GeForce Ampere/Ada/Blackwell 2,
    their workstation and server parts 4, Volta and other Turing 8; RDNA 4 4; Arc 8. Checked against published figures:
    RTX 3090 71, RTX 4090 165, L4 121, L40S 362, T4 65, Arc Pro B60 98.
    """
    if card.name in FP16:
        return FP16[card.name]
    if card.name in NO_FP16 or card.fp32 is None:
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
    return (card.fp16, "rightnow") if card.fp16 and card.fp16 >= card.fp32 else (None, "")


def read_cards(tables: Path) -> dict[str, Card]:
    """Return the cards by name, sizes of equal bandwidth merged, others named with their size."""
    grouped: dict[str, list[Card]] = defaultdict(list)
    with (tables / "rightnow_gpus.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            vendor = row["vendor"]
            if SKIP.search(row["name"]) or not row["generation"].startswith(GENERATIONS.get(vendor, ())):
                continue
            name, _ = canonical(row["name"])
            memory = float(row["memorySize"])
            sized = f"{name} {memory:g}GB"
            name = RENAME.get(sized, RENAME.get(name, name))
            new_laptop = re.match(r"RTX (3|4|5)0\d0.* Max-Q", name) or re.search(r"Ada Max-Q", name)
            if name in LEFT_OUT or sized in LEFT_OUT or new_laptop or memory < 2:
                continue  # since the 30 series a laptop part is sold without saying Max-Q
            card = Card(
                name, vendor, row["generation"], (memory,), float(row["memoryBandwidth"] or 0) or None,
                float(row["fp32"] or 0) or None, float(row["fp16"] or 0) or None, bool(row["tensorCores"]),
                row["releaseDate"],
            )  # fmt: skip
            grouped[name].append(card)
    return {card.name: card for name in sorted(grouped) for card in _merge(name, grouped[name])}


MAIN_GB = {"RTX 3050": 8, "RTX 3060": 12, "RTX 3080": 10, "GTX 1060": 6, "GTX 1050": 2, "P100": 16, "RX 580": 8,
           "RTX 2060": 6, "RX 6750 GRE": 12, "RX 9070 GRE": 12, "RTX 3050 Laptop": 4,
           "RTX PRO 5000 Blackwell": 48, "Arc A770": 16}  # fmt: skip


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
    wanted = MAIN_GB.get(name)
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
    """Put exact bandwidths (Wikipedia's within 1.5 %, then BANDWIDTH), missing cards and matrix rates in place."""
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
        if name in BANDWIDTH:
            card.bandwidth, source = BANDWIDTH[name]
            card.sources.append(source)
        card.memory_gb = MEMORY.get(name, card.memory_gb)
        card.fp16, source = matrix_fp16(card)
        card.sources += [source] if source else []
    for vendor, extra in EXTRA.items():
        for name, (memory, bandwidth, fp16, released, source) in extra.items():
            cards[name] = Card(name, vendor, "", memory, bandwidth, None, fp16, False, released, [source])


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
    name, memory = canonical(PCI_NAMES.get(name, name))
    name = re.sub(r"(GeForce|Radeon|Tesla|Instinct|Generation|Workstation|Edition|Graphics) ?", "", name)
    name = name + (f" {memory:g}" if memory else "")
    return re.sub(r"[^a-z0-9]", "", RENAME.get(name, name).casefold())


def _toml(card: Card) -> str:
    values = [f"memory_gb = [{', '.join(f'{gb:g}' for gb in card.memory_gb)}]"]
    if card.bandwidth:
        values.append(f"bandwidth_gb_s = {card.bandwidth:g}")
    if card.fp16:
        values.append(f"fp16_tflops = {card.fp16:g}")
    if card.laptop:
        values.append("laptop = true")
    values.append(f"released = {card.released}")
    if names := EXTRA_ALIASES.get(card.name):
        values.append("aliases = [" + ", ".join(f'"{one}"' for one in names) + "]")
    if card.pci:
        values.append("pci_ids = [" + ", ".join(f'"{one}"' for one in sorted(card.pci)) + "]")
        card.sources.append("pciids")
    values.append("sources = [" + ", ".join(f'"{one}"' for one in dict.fromkeys(card.sources)) + "]")
    return f'"{card.name}" = {{ {", ".join(values)} }}'


def write(cards: dict[str, Card], folder: Path) -> None:
    """Write one file per vendor, cards in order of name."""
    for vendor in GENERATIONS:
        lines = [_toml(card) for name, card in sorted(cards.items()) if card.vendor == vendor]
        used = set(re.findall(r'"(\w+)"', " ".join(line.rsplit("sources = ", 1)[1] for line in lines)))
        head = [
            f"# {vendor}: written by `python -m knowledge.gpu_importer TABLES`; mend the importer, not this file.",
            "",
        ]
        head += [f'vendor = "{vendor}"', "", "[sources]"]
        head += [f'{key} = {{ ref = "{ref}", date = {date} }}' for key, (ref, date) in SOURCES.items() if key in used]
        text = "\n".join([*head, "", "[gpus]", *lines]) + "\n"
        (folder / f"{vendor}.toml").write_text(text, encoding="utf-8", newline="\n")


def main(tables: Path, folder: Path) -> None:
    """Read the tables and write the files."""
    cards = read_cards(tables)
    correct(cards, tables)
    add_pci_ids(cards, tables)
    write(cards, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("gpus"))
