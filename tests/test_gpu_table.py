import tomllib
from pathlib import Path

import pytest

from assistant.errors import CatalogError
from knowledge import gpu_memory
from knowledge.gpu_table import load_gpus

GPUS = load_gpus()


@pytest.mark.parametrize(
    "name, memory_gb, bandwidth",
    [
        # Published by the vendors; where tables of the Internet round or err, the figure they should have.
        ("RTX 5090", (32,), 1792),
        ("RTX 5060", (8,), 448),
        ("RTX 4090", (24,), 1008),
        ("RTX 4090 Laptop", (16,), 576),
        ("RTX 4060", (8,), 272),
        ("RTX 4060 Laptop", (8,), 256),
        ("RTX 4060 Ti", (8, 16), 288),
        ("RTX 3060", (12,), 360),
        ("RTX 3060 8GB", (8,), 240),
        ("RTX 3080", (10,), 760),
        ("RTX 3080 12GB", (12,), 912.4),
        ("P40", (24,), 347.1),
        ("T4", (16,), 320),
        ("V100", (16, 32), 900),
        ("L4", (24,), 300),
        ("L40S", (48,), 864),
        ("A100", (40, 80), 1555),
        ("A100 80GB", (80,), 2039),
        ("H100", (80,), 3350),
        ("H100 PCIe", (80,), 2039),
        ("H200", (141,), 4800),
        ("RX 9070 XT", (16,), 640),
        ("RX 7900 XTX", (24,), 960),
        ("MI300X", (192,), 5300),
        ("Arc B580", (12,), 456),
        ("M1", (8, 16), 68.25),
        ("M3 Max", (36, 96), 300),
        ("M3 Ultra", (96, 256, 512), 819),
        ("M4 Max 40-core", (48, 64, 128), 546),
        ("DGX Spark", (128,), 273),
        ("Radeon 8060S", (32, 64, 96, 128), 256),
    ],
)
def test_memory_and_bandwidth(name, memory_gb, bandwidth):
    assert GPUS[name].memory_gb == memory_gb
    assert GPUS[name].bandwidth_gb_s == bandwidth


@pytest.mark.parametrize(
    "name, tflops",
    [
        # Dense, fp32 accumulation, from the architecture white papers.
        ("RTX 3090", 71),
        ("RTX 4090", 165.2),
        ("L4", 121),
        ("T4", 65),
        ("A100", 312),
        ("H100", 989),
        ("RTX A6000", 154.8),
    ],
)
def test_fp16_rate_is_within_two_percent_of_the_published_one(name, tflops):
    assert GPUS[name].fp16_tflops == pytest.approx(tflops, rel=0.02)


def test_there_are_at_least_650_and_every_vendor_is_there():
    assert len(GPUS) >= 650
    vendors = [gpu.vendor for gpu in GPUS.values()]
    counts = {vendor: vendors.count(vendor) for vendor in set(vendors)}
    assert counts["nvidia"] >= 330 and counts["amd"] >= 200 and counts["intel"] >= 35 and counts["apple"] >= 16


@pytest.mark.parametrize("gpu", GPUS.values(), ids=GPUS.keys())
def test_every_entry_has_a_source_and_no_rounded_or_doubled_figure(gpu):
    assert gpu.sources and all(source.ref and source.date for source in gpu.sources)
    assert gpu.memory_gb or gpu.unified
    assert gpu.bandwidth_gb_s is None or 10 <= gpu.bandwidth_gb_s <= 8000  # nothing sold is above 8 TB/s
    # NVIDIA sells a desktop card called RTX PRO 6000 Max-Q.
    assert gpu.laptop or not gpu.name.endswith(("Laptop", "Max-Q")) or gpu.name.startswith("RTX PRO")
    if gpu.name.endswith(" Laptop") and (desktop := GPUS.get(gpu.name.removesuffix(" Laptop"))):
        # The laptop part is slower, or the same; 1.26: RTX 5050 (GDDR7 against GDDR6), Quadro P600.
        assert (gpu.bandwidth_gb_s or 0) <= 1.26 * (desktop.bandwidth_gb_s or 0)


def test_an_alias_belongs_to_one_card():
    owners: dict[str, str] = {}
    for gpu in GPUS.values():
        for written in (gpu.name, *gpu.aliases):
            folded = written.casefold().replace(" ", "").replace("-", "")
            assert owners.setdefault(folded, gpu.name) == gpu.name


@pytest.mark.parametrize(
    "written, name",
    [
        ("4060 Laptop", "RTX 4060 Laptop"),
        ("ノートの4060", "RTX 4060 Laptop"),
        ("4090M", "RTX 4090 Laptop"),
        ("M3マックス", "M3 Max"),
        ("3090 Ti", "RTX 3090 Ti"),
        ("7900xtx", "RX 7900 XTX"),
        ("A100 40GB", "A100"),
        ("3080 12GB", "RTX 3080 12GB"),
        ("B580", "Arc B580"),
        ("a6000", "RTX A6000"),
        ("Strix Halo", "Radeon 8060S"),
        ("4060 Ti 16GB", "RTX 4060 Ti"),
        ("2070S", "RTX 2070 Super"),
        ("MacBook Air M2", "M2"),
        ("M4 ProのMac mini", "M4 Pro"),
    ],
)
def test_names_people_type(written, name):
    assert written in GPUS[name].aliases


def test_pci_ids_name_the_card():
    assert "10de:2684" in GPUS["RTX 4090"].pci_ids
    assert "10de:28e0" in GPUS["RTX 4060 Laptop"].pci_ids
    assert "1002:744c" in GPUS["RX 7900 XTX"].pci_ids and "1002:744c" in GPUS["RX 7900 XT"].pci_ids
    assert "8086:e20b" in GPUS["Arc B580"].pci_ids


def test_what_drivers_report_is_of_a_known_card_and_size_and_has_a_source():
    table = tomllib.loads(Path(gpu_memory.__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    assert all(source["ref"] and source["date"] for source in table["sources"].values())
    for name, one in table["reported"].items():
        assert one["source"] in table["sources"], name
        assert {f"{size:g}" for size in GPUS[name].memory_gb} >= one["mib"].keys(), name


HEAD = 'vendor = "amd"\n[sources]\ns = { ref = "r", date = 2026-01-01 }\n[gpus]\n'


@pytest.mark.parametrize(
    "entry, field",
    [
        ('"X" = { memory_gb = [8], sources = ["s"], bandwith = 3 }', "X.bandwith"),
        ('"X" = { memory_gb = [16, 8], sources = ["s"] }', "X.memory_gb"),
        ('"X" = { memory_gb = [], sources = ["s"] }', "X.memory_gb"),
        ('"X" = { memory_gb = [8], sources = ["t"] }', "X.sources"),
        ('"X" = { memory_gb = [8] }', "X.sources"),
        ('"X" = { memory_gb = [8], bandwidth_gb_s = 0, sources = ["s"] }', "X.bandwidth_gb_s"),
        ('"X" = { memory_gb = [8], released = "2020", sources = ["s"] }', "X.released"),
        ('"X" = { vendor = "3dfx", memory_gb = [8], sources = ["s"] }', "X.vendor"),
    ],
)
def test_a_malformed_entry_names_file_and_field(tmp_path, entry, field):
    (tmp_path / "x.toml").write_text(HEAD + entry, encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load_gpus(tmp_path)
    assert "x.toml" in str(caught.value) and field in str(caught.value)
