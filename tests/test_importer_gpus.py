import csv
from pathlib import Path

import pytest

from knowledge.gpu_table import load_gpus
from knowledge.importer import gpus as gpu_importer

FIELDS = [
    "name",
    "vendor",
    "generation",
    "releaseDate",
    "memorySize",
    "memoryBandwidth",
    "fp16",
    "fp32",
    "tensorCores",
    "tdp",
]
ROWS = [
    # name, vendor, generation, released, GB, GB/s, fp16, fp32, tensor cores, watts
    ("GeForce RTX 4090", "nvidia", "GeForce 40", "2022-09-20", 24, 1010, 82.6, 82.6, 512, 450),
    ("GeForce RTX 4060 Mobile", "nvidia", "GeForce 40 Mobile", "2023-01-03", 8, 256, 11.6, 11.6, 96, 115),
    ("GeForce RTX 4060 Max-Q", "nvidia", "GeForce 40 Mobile", "2023-01-03", 8, 256, 9.0, 9.0, 96, 35),
    ("GeForce RTX 4060 Ti 8 GB", "nvidia", "GeForce 40", "2023-05-18", 8, 288, 22.1, 22.1, 136, 160),
    ("GeForce RTX 4060 Ti 16 GB", "nvidia", "GeForce 40", "2023-05-18", 16, 288, 22.1, 22.1, 136, 165),
    ("GeForce RTX 3080", "nvidia", "GeForce 30", "2020-09-01", 10, 760.3, 29.8, 29.8, 272, 320),
    ("GeForce RTX 3080 12 GB", "nvidia", "GeForce 30", "2022-01-11", 12, 912.4, 30.6, 30.6, 280, 350),
    ("GeForce GTX 1080", "nvidia", "GeForce 10", "2016-05-27", 8, 320.3, 0.14, 8.9, "", 180),
    ("Radeon RX 9070 XT", "amd", "Navi IV(RX 9000)", "2025-03-06", 16, 644.6, 97.3, 48.7, "", 304),
    ("Arc B580", "intel", "Battlemage(Arc 5)", "2024-12-13", 12, 456, 27.3, 13.7, "", 190),
    ("Playstation 5 GPU", "amd", "Console GPU(Sony)", "2020-11-12", 16, 448, 20.6, 10.3, "", 180),
]
PCI = [
    ("NVIDIA", "10de", "2684", "AD102 [GeForce RTX 4090]"),
    ("NVIDIA", "10de", "28e0", "AD107M [GeForce RTX 4060 Max-Q / Mobile]"),
    ("NVIDIA", "10de", "220a", "GA102 [GeForce RTX 3080 12GB]"),
    ("NVIDIA", "10de", "2206", "GA102 [GeForce RTX 3080]"),
    ("AMD", "1002", "7550", "Navi 48 [Radeon RX 9070/9070 XT/9070 GRE]"),
    ("Intel", "8086", "e20b", "Battlemage G21 [Arc B580]"),
]


def write(path: Path, head: list[str], rows: list[tuple]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(head)
        writer.writerows(rows)


@pytest.fixture
def gpus(tmp_path, monkeypatch):
    tables, out = tmp_path / "tables", tmp_path / "gpus"
    tables.mkdir()
    out.mkdir()
    write(tables / "rightnow_gpus.csv", FIELDS, ROWS)
    wikipedia = ["name", "memory_size", "bandwidth", "bandwidth_unit"]
    write(tables / "wikipedia_gpus_2025-06.csv", wikipedia, [("GeForce RTX 3080", "10", "760.0", "GB/s")])
    write(tables / "pci_gpu_ids.csv", ["vendor", "vendor_id", "device_id", "name"], PCI)
    monkeypatch.setitem(gpu_importer.TABLE, "extra", {})
    gpu_importer.main(tables, out)
    return load_gpus(out)


def test_names_are_as_people_write_them_and_consoles_are_left_out(gpus):
    assert list(gpus) == [
        "Arc B580", "GTX 1080", "RTX 3080", "RTX 3080 12GB", "RTX 4060 Laptop", "RTX 4060 Ti", "RTX 4090", "RX 9070 XT",
    ]  # fmt: skip
    assert gpus["RTX 4060 Laptop"].laptop and not gpus["RTX 4060 Ti"].laptop


def test_sizes_of_one_bandwidth_are_one_entry_and_others_have_their_own(gpus):
    assert gpus["RTX 4060 Ti"].memory_gb == (8, 16)
    assert (gpus["RTX 3080"].memory_gb, gpus["RTX 3080 12GB"].memory_gb) == ((10,), (12,))


def test_better_figures_replace_rounded_and_wrong_ones(gpus):
    assert gpus["RTX 4090"].bandwidth_gb_s == 1008  # the table rounds to 1010
    assert gpus["RTX 3080"].bandwidth_gb_s == 760  # Wikipedia's, within 1.5 %
    assert gpus["RX 9070 XT"].bandwidth_gb_s == 640  # the table errs
    assert {source.key for source in gpus["RTX 3080"].sources} == {"rightnow", "wikipedia", "ratio", "pciids"}


@pytest.mark.parametrize(
    "name, tflops",
    [
        ("RTX 4090", 165.2),  # 2 * 82.6
        ("RX 9070 XT", 194.8),  # 4 * 48.7
        ("Arc B580", 109.6),  # 8 * 13.7
        ("GTX 1080", 8.9),  # fp16 at 1/64 of fp32: nobody computes in it
    ],
)
def test_matrix_rates_follow_the_architecture(gpus, name, tflops):
    assert gpus[name].fp16_tflops == tflops


def test_the_rated_power_is_carried_over(gpus):
    assert (gpus["RTX 4090"].tdp_w, gpus["RTX 4060 Laptop"].tdp_w) == (450, 115)


def test_pci_ids_are_spread_over_the_products_they_name(gpus):
    assert gpus["RTX 4060 Laptop"].pci_ids == ("10de:28e0",)
    assert gpus["RTX 3080 12GB"].pci_ids == ("10de:220a",)
    assert gpus["RX 9070 XT"].pci_ids == ("1002:7550",)
