"""The machine a person describes: names as people write them, sizes that were said or left open."""

import pytest

from assistant.calls import Hardware
from assistant.errors import UnknownGpu
from assistant.hardware.stated import doubts, left_open, stated
from assistant.memory.placement import room
from knowledge.catalog import load_catalog


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def said(**values):
    return Hardware.model_validate(values)


@pytest.mark.parametrize(
    "values, names, free_mib, bandwidth, ram_mib",
    [
        ({"gpu": "RTX 4090"}, ["RTX 4090"], 24_564, 1008, None),  # as nvidia-smi reports it
        ({"gpu": "RTX 4060 Laptop", "vram_gb": 8, "ram_gb": 16}, ["RTX 4060 Laptop"], 8_192, 256, 16_384),
        ({"gpu": "RTX 3090", "gpu_count": 2}, ["RTX 3090"] * 2, 24_576, 935.8, None),
        ({"gpu": "RTX 4060 Ti", "vram_gb": 16}, ["RTX 4060 Ti"], 16_384, 288, None),
        ({"gpu": "RTX 4060 Ti"}, ["RTX 4060 Ti"], 8_192, 288, None),  # the smaller one
        ({"gpu": "RTX 3080", "vram_gb": 12}, ["RTX 3080 12GB"], 12_288, 912.4, None),
        ({"gpu": "A100", "vram_gb": 80}, ["A100 80GB"], 81_920, 2039, None),
        ({"gpu": "A100"}, ["A100"], 40_960, 1555, None),
        ({"gpu": "RTX 4090", "vram_gb": 48}, ["RTX 4090"], 49_152, 1008, None),  # modded: what was said counts
        ({"vram_gb": 12}, ["GPU 12 GB"], 12_288, None, None),
        ({"vram_gb": 12, "gpu_count": 2, "ram_gb": 64}, ["GPU 12 GB"] * 2, 12_288, None, 65_536),
        ({"gpu": "M3 Max", "ram_gb": 64}, ["M3 Max 40-core"], 49_152, 400, 65_536),  # only that one has 64 GB
        ({"gpu": "M3 Max", "vram_gb": 96}, ["M3 Max"], 73_728, 300, 98_304),
        ({"gpu": "M1"}, ["M1"], 5_461, 68.25, 8_192),  # 2/3 of the smallest sold
        ({"gpu": "DGX Spark"}, ["DGX Spark"], 114_688, 273, 131_072),
        ({"gpu": "Radeon 8060S", "ram_gb": 128}, ["Radeon 8060S"], 98_304, 256, 131_072),
        ({"gpu": "Radeon 780M", "ram_gb": 32}, ["Radeon 780M"], 16_384, 90, 32_768),
        ({"gpu": "Radeon 780M"}, [], None, None, None),
        ({"gpu": None, "ram_gb": 16}, [], None, None, 16_384),
        ({"ram_gb": 16}, [], None, None, 16_384),
        ({}, [], None, None, None),
    ],
)
def test_stated_machines(catalog, values, names, free_mib, bandwidth, ram_mib):
    machine = stated(said(**values), catalog)
    assert [one.name for one in machine.gpus] == names
    for one in machine.gpus:
        assert (one.free_mib, one.bandwidth_gb_s) == (free_mib, bandwidth)
        assert one.total_mib == (ram_mib if one.unified else free_mib)
    assert (machine.ram_total_mib, machine.ram_free_mib) == (ram_mib, ram_mib)
    assert machine.origin == "stated"


def test_an_assumed_size_is_told(catalog):
    assert stated(said(gpu="RTX 4060 Ti"), catalog).reasons == ("RTX 4060 Ti: stated; 8/16 GB: 8 GB",)
    assert stated(said(gpu="M2"), catalog).reasons == ("M2: stated; 8/16/24 GB: 8 GB",)


def test_a_name_may_be_written_as_people_do(catalog):
    assert stated(said(gpu="ノートの4060"), catalog).gpus[0].name == "RTX 4060 Laptop"
    assert stated(said(gpu="4060 Ti 16GB"), catalog).gpus[0].total_mib == 16_384


def test_an_unknown_card_needs_its_size(catalog):
    with pytest.raises(UnknownGpu):
        stated(said(gpu="Voodoo 5 6000 Xyzzy"), catalog)
    machine = stated(said(gpu="Voodoo 5 6000 Xyzzy", vram_gb=24), catalog)
    assert (machine.gpus[0].total_mib, machine.gpus[0].bandwidth_gb_s) == (24_576, None)


@pytest.mark.parametrize(
    "hardware, name",
    [
        ({"gpu": "M3 Max"}, "M3 Max"),  # 36 to 128 GB
        ({"gpu": "M3 Max", "ram_gb": 64}, None),
        ({"gpu": "Raspberry Pi 4"}, "Raspberry Pi 4"),  # 1 to 8 GB
        ({"gpu": "RTX 4060 Ti"}, "RTX 4060 Ti"),  # 8 or 16 GB
        ({"gpu": "RTX 4060 Ti", "vram_gb": 16}, None),
        ({"gpu": "RTX 4060 Ti 16GB"}, None),
        ({"gpu": "RTX 3080"}, "RTX 3080"),  # 10 or 12 GB, two editions
        ({"gpu": "RTX 3080 12GB"}, None),
        ({"gpu": "RTX 4090"}, None),
        ({"gpu": None, "ram_gb": 16}, None),
        ({"vram_gb": 12}, None),
    ],
)
def test_memory_that_was_left_open(catalog, hardware, name):
    found, sizes = left_open(said(**hardware), catalog)
    assert len(sizes) > 1 if name else not sizes
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    "hardware, free_mib",
    [  # nvidia-smi's totals: knowledge/gpu_memory.toml
        ({"gpu": "T4"}, 15_360),
        ({"gpu": "A10"}, 23_028),
        ({"gpu": "A10G"}, 23_028),
        ({"gpu": "L4"}, 23_034),
        ({"gpu": "L40S"}, 46_068),
        ({"gpu": "A40"}, 46_068),
        ({"gpu": "A2"}, 15_356),
        ({"gpu": "P40"}, 22_919),
        ({"gpu": "RTX A6000"}, 49_140),
        ({"gpu": "RTX 5090"}, 32_607),
        ({"gpu": "H100"}, 81_559),
        ({"gpu": "H200"}, 143_771),
        ({"gpu": "V100", "vram_gb": 16}, 16_160),
        ({"gpu": "V100", "vram_gb": 32}, 32_510),
    ],
)
def test_a_card_offers_no_more_than_its_driver_reports(catalog, hardware, free_mib):
    machine = stated(said(**hardware), catalog)
    assert machine.gpus[0].total_mib == free_mib
    space = room(machine)
    assert space.available + space.margin <= (free_mib * 39 / 40 + 1) * 2**20  # 1/40 stays with the driver
    assert space.available <= (free_mib - 457) * 2**20  # and the context's share is within what is reported


def test_the_memory_beside_a_superchip_is_not_its_own(catalog):
    machine = stated(said(gpu="GH200", vram_gb=480), catalog)
    assert (machine.gpus[0].total_mib, machine.ram_total_mib) == (97_871, 480 * 1024)
    assert doubts(said(gpu="GH200", vram_gb=480), catalog)[0]["en"].startswith("The 480 GB of the GH200")


@pytest.mark.parametrize(
    "hardware, part",
    [
        ({"gpu": "RTX 3060", "vram_gb": 32}, "sold with 8 / 12 GB"),
        ({"gpu": "RTX 6090", "vram_gb": 32}, "No card called RTX 6090 is known"),
        ({"gpu": "M1", "ram_gb": 64}, "sold with 8 / 16 GB"),
    ],
)
def test_impossible_and_unknown_cards_are_told(catalog, hardware, part):
    (note,) = doubts(said(**hardware), catalog)
    assert part in note["en"] and str(hardware["gpu"]) in note["ja"]


@pytest.mark.parametrize(
    "hardware",
    [
        {"gpu": "RTX 3060", "vram_gb": 12},
        {"gpu": "RTX 3060", "vram_gb": 8},  # an entry of its own
        {"gpu": "RTX 3060", "ram_gb": 32},
        {"gpu": "RTX 4090", "vram_gb": 23.5},  # as a driver reports it
        {"gpu": "M4 Max", "ram_gb": 128},  # the 40-core one
        {"gpu": "Radeon 780M", "ram_gb": 96},
        {"gpu": "Mac", "ram_gb": 24},
        {"vram_gb": 12},
        {"gpu": None, "ram_gb": 16},
    ],
)
def test_usual_machines_raise_no_doubt(catalog, hardware):
    assert doubts(said(**hardware), catalog) == []


def test_a_mac_without_a_chip_is_apple_silicon(catalog):
    machine = stated(said(gpu="Mac mini", ram_gb=24), catalog)
    (chip,) = machine.gpus
    assert (chip.name, chip.vendor, chip.backend, chip.unified) == ("Mac mini", "apple", "metal", True)
    assert (chip.total_mib, chip.free_mib, chip.bandwidth_gb_s) == (24_576, 16_384, None)  # 2/3 of 24 GiB
    assert room(machine).kind == "unified"
    assert stated(said(gpu="Mac Studio"), catalog).ram_total_mib == 32 * 1024  # the least sold


@pytest.mark.parametrize(
    "name, ram_gb, cpu, ram_mib, bandwidth",
    [
        ("Raspberry Pi 5", 8, "Raspberry Pi 5", 8_192, 17.1),
        ("EPYC 9654", 768, "EPYC 9004", 786_432, 460.8),  # 12 x 8 bytes x 4,800
        ("EPYC 9004, 8-channel DDR5-4800", 512, "EPYC 9004", 524_288, 307.2),
        ("2-channel DDR5-6000", 64, "", 65_536, 96.0),
        ("iPhone 15 Pro", None, "iPhone 15 Pro", 8_192, None),
        ("Intel Mac", 16, "Intel Mac", 16_384, None),
    ],
)
def test_computers_without_a_card(catalog, name, ram_gb, cpu, ram_mib, bandwidth):
    machine = stated(said(gpu=name, ram_gb=ram_gb), catalog)
    assert (machine.gpus, machine.cpu, machine.ram_total_mib) == ((), cpu, ram_mib)
    assert machine.ram_bandwidth_gb_s == (None if bandwidth is None else pytest.approx(bandwidth))
    assert machine.phone == name.startswith("iPhone")
    assert machine.ram_free_mib == (ram_mib * 5 // 8 if machine.phone else ram_mib)  # the rest is the phone's own
