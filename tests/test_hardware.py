import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.hardware import detect as detection
from assistant.hardware import host, probes
from assistant.hardware.detect import detect
from assistant.hardware.host import Memory
from assistant.hardware.machine import Device

GIB = 1024**3
RAM = Memory(32 * 1024, 20 * 1024)


class Nvml:
    """pynvml as far as it is used: cards are (name, total GiB or None, free GiB, pci id)."""

    def __init__(self, *cards, init_error=None, mig=()):
        self.cards, self.init_error, self.mig, self.shut = cards, init_error, mig, False

    def nvmlInit(self):
        if self.init_error:
            raise self.init_error

    def nvmlShutdown(self):
        self.shut = True

    def nvmlDeviceGetCount(self):
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index):
        if isinstance(self.cards[index], Exception):
            raise self.cards[index]
        return self.cards[index]

    def nvmlDeviceGetName(self, handle):
        return handle[0]

    def nvmlDeviceGetUUID(self, handle):
        return "GPU-" + handle[0]

    def nvmlDeviceGetMemoryInfo(self, handle):
        if handle[1] is None:
            raise RuntimeError("Not Supported")
        return SimpleNamespace(total=int(handle[1] * GIB), free=int(handle[2] * GIB))

    def nvmlDeviceGetPciInfo(self, handle):
        return SimpleNamespace(pciDeviceId=handle[3])

    def nvmlDeviceGetMigMode(self, handle):
        return (1, 1) if self.mig else (0, 0)

    def nvmlDeviceGetMaxMigDeviceCount(self, handle):
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle, number):
        return self.mig[number]


LAPTOP = ("NVIDIA GeForce RTX 4060 Laptop GPU", 7.996, 7.1, 0x28E0_10DE)
BIG = (b"NVIDIA GeForce RTX 4090", 23.988, 23.5, 0x2684_10DE)


def test_nvml_cards_get_the_tables_names_and_speeds():
    nvml = Nvml(LAPTOP, BIG)
    found = probes.nvidia_nvml(RAM, nvml, {})
    assert [one.name for one in found.devices] == ["RTX 4060 Laptop", "RTX 4090"]
    assert found.devices[0] == Device(
        "RTX 4060 Laptop", "nvidia", "cuda", 8187, 7270, 256.0, 23.2, unified=False, laptop=True
    )  # 7.996 * 1024 and 7.1 * 1024, rounded down
    assert found.reasons == ("RTX 4060 Laptop: NVML", "RTX 4090: NVML")
    assert nvml.shut


@pytest.mark.parametrize(
    "error", [RuntimeError("NVML Shared Library Not Found"), OSError("nvml.dll"), RuntimeError("Driver Not Loaded")]
)
def test_a_missing_driver_is_a_reason_not_an_error(error):
    found = probes.nvidia_nvml(RAM, Nvml(init_error=error), {})
    assert found.devices == () and str(error) in found.reasons[0]


def test_one_card_that_fell_off_the_bus_leaves_the_others():
    found = probes.nvidia_nvml(RAM, Nvml(RuntimeError("GPU is lost"), BIG), {})
    assert [one.name for one in found.devices] == ["RTX 4090"]
    assert "GPU 0" in found.reasons[0] and "GPU is lost" in found.reasons[0]


@pytest.mark.parametrize(
    "visible, names",
    [
        (None, ["RTX 4060 Laptop", "RTX 4090"]),
        ("", []),
        ("-1", []),
        ("1", ["RTX 4090"]),
        ("GPU-NVIDIA GeForce RTX 4060", ["RTX 4060 Laptop"]),
    ],
)
def test_cards_hidden_from_cuda_do_not_count(visible, names):
    environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    found = probes.nvidia_nvml(RAM, Nvml(LAPTOP, (BIG[0].decode(), *BIG[1:])), environ)
    assert [one.name for one in found.devices] == names


def test_mig_slices_are_devices_of_unknown_speed():
    nvml = Nvml(
        ("NVIDIA H100 80GB HBM3", 80, 80, 0x2330_10DE), mig=(("a", 19.6, 19.5), ("b", 19.6, 10.0)) + (None,) * 5
    )
    found = probes.nvidia_nvml(RAM, nvml, {})
    assert [(one.total_mib, one.free_mib, one.bandwidth_gb_s) for one in found.devices] == [
        (20070, 19968, None),
        (20070, 10240, None),
    ]


def test_gb10_shares_the_ram():
    found = probes.nvidia_nvml(Memory(122_880, 100_000), Nvml(("NVIDIA GB10", None, None, 0x2E12_10DE)), {})
    assert found.devices[0].name == "DGX Spark" and found.devices[0].unified
    assert (found.devices[0].total_mib, found.devices[0].free_mib) == (122_880, 100_000)


def test_a_card_newer_than_the_table_keeps_its_own_name():
    found = probes.nvidia_nvml(RAM, Nvml(("NVIDIA GeForce RTX 7090", 48, 47, 0x9999_10DE)), {})
    device = found.devices[0]
    assert (device.name, device.total_mib, device.bandwidth_gb_s) == ("RTX 7090", 49_152, None)


@pytest.mark.parametrize(
    "name, gib, pci, expected",
    [
        ("NVIDIA A100-SXM4-80GB", 80, "10de:20b2", "A100 80GB"),
        ("NVIDIA A100-PCIE-40GB", 40, "10de:20f1", "A100 PCIe"),
        ("NVIDIA H100 80GB HBM3", 79.6, "10de:2330", "H100"),
        ("NVIDIA H100 PCIe", 79.6, "10de:2331", "H100 PCIe"),
        ("NVIDIA H200", 140.4, "10de:2335", "H200"),
        ("Tesla T4", 15, "10de:1eb8", "T4"),
        ("Tesla V100-SXM2-16GB", 16, "", "V100"),
        ("NVIDIA RTX 6000 Ada Generation", 48, "", "RTX 6000 Ada"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 95.6, "", "RTX PRO 6000 Blackwell"),
        ("NVIDIA GeForce RTX 3080", 12, "10de:220a", "RTX 3080 12GB"),
        ("NVIDIA GeForce RTX 3080", 10, "10de:2206", "RTX 3080"),
        ("NVIDIA GeForce GTX 1060 6GB", 6, "", "GTX 1060"),
        ("", 20, "1002:744c", "RX 7900 XT"),
        ("", 24, "1002:744c", "RX 7900 XTX"),
        ("Intel(R) Arc(TM) A770 Graphics", 15.9, "", "Arc A770"),
        ("AMD Radeon RX 7800 XT", 15.98, "", "RX 7800 XT"),
        ("AMD Radeon(TM) 780M Graphics", 0.5, "", "Radeon 780M"),
    ],
)
def test_driver_names_are_recognised(name, gib, pci, expected):
    found = probes.match_gpu(name, round(gib * 1024), pci)
    assert found is not None and found.name == expected


def test_a_pci_id_whose_cards_have_other_sizes_names_none():
    assert probes.match_gpu("", 64 * 1024, "1002:744c") is None


def test_nvidia_smi_when_the_library_does_not_load():
    lines = "0, GPU-a, NVIDIA GeForce RTX 3060, 12288, 11800\n1, GPU-b, NVIDIA GB10, [N/A], [N/A]\nsome warning\n"
    found = probes.nvidia_smi(lambda command: lines, {})
    assert [(one.name, one.total_mib, one.free_mib) for one in found.devices] == [("RTX 3060", 12288, 11800)]
    assert probes.nvidia_smi(lambda command: None, {}).devices == ()


def sysfs_card(root: Path, number: int, vendor: str, device: str, **files: int) -> None:
    folder = root / f"class/drm/card{number}/device"
    folder.mkdir(parents=True)
    for name, value in {"vendor": f"0x{vendor}\n", "device": f"0x{device}\n", **files}.items():
        (folder / name).write_text(str(value), encoding="utf-8")
    (root / f"class/drm/card{number}-HDMI-A-1").mkdir()


@pytest.mark.parametrize("rocm, backend", [(True, "rocm"), (False, "vulkan")])
def test_amd_cards_are_read_from_sysfs(tmp_path, rocm, backend):
    sysfs_card(tmp_path, 0, "1002", "744c", mem_info_vram_total=24 * GIB, mem_info_vram_used=2 * GIB)
    if rocm:
        (tmp_path / "kfd").touch()
    found = probes.linux_sysfs(RAM, tmp_path, tmp_path)
    assert found.devices == (
        Device("RX 7900 XTX", "amd", backend, 24 * 1024, 22 * 1024, 960.0, 122.8, unified=False, laptop=False),
    )


def test_strix_halo_counts_what_its_driver_maps(tmp_path):
    sysfs_card(tmp_path, 0, "1002", "1586", mem_info_vram_total=GIB, mem_info_gtt_total=96 * GIB)
    device = probes.linux_sysfs(Memory(126 * 1024, 80 * 1024), tmp_path, tmp_path).devices[0]
    # 126 GiB of RAM and 1 carved out; free: the 80 GiB of it that are free (96 may be mapped) and the carve-out
    assert (device.unified, device.total_mib, device.free_mib) == (True, 127 * 1024, 81 * 1024)


@pytest.mark.parametrize("vendor, device", [("1002", "150e"), ("1002", "ffff"), ("8086", "46a6"), ("8086", "ffff")])
def test_small_integrated_gpus_are_named_but_are_no_devices(tmp_path, vendor, device):
    sysfs_card(tmp_path, 0, vendor, device, mem_info_vram_total=GIB // 2)
    found = probes.linux_sysfs(RAM, tmp_path, tmp_path)
    assert found.devices == () and found.reasons[0].endswith("sysfs, RAM, CPU")


def test_an_arc_card_has_the_tables_memory(tmp_path):
    sysfs_card(tmp_path, 0, "8086", "e20b")
    device = probes.linux_sysfs(RAM, tmp_path, tmp_path).devices[0]
    assert (device.name, device.total_mib, device.backend) == ("Arc B580", 12 * 1024, "vulkan")


def test_no_drm_folder_is_no_card(tmp_path):
    assert probes.linux_sysfs(RAM, tmp_path, tmp_path) == probes.Probed()


def test_jetson_by_its_board_name(tmp_path):
    (tmp_path / "model").write_text("NVIDIA Jetson Orin Nano Super Developer Kit\0", encoding="utf-8")
    device = probes.jetson(Memory(7620, 5000), tmp_path).devices[0]
    assert (device.name, device.unified, device.total_mib) == ("Jetson Orin Nano Super", True, 7620)


def mac(brand: str, cores: int | None = None, wired: str = "0"):
    def call(command):
        if command[-1] == "machdep.cpu.brand_string":
            return brand + "\n"
        if command[0] == "system_profiler":
            return None if cores is None else f'{{"SPDisplaysDataType": [{{"sppci_cores": "{cores}"}}]}}'
        return wired + "\n"

    return call


@pytest.mark.parametrize(
    "brand, cores, ram_gb, wired, name, free_mib, bandwidth",
    [
        ("Apple M1", 8, 16, "0", "M1", 10_922, 68.25),  # 2/3 of 16,384
        ("Apple M3 Max", 40, 64, "0", "M3 Max 40-core", 49_152, 400),  # 3/4 of 65,536
        ("Apple M3 Max", 30, 36, "0", "M3 Max", 27_648, 300),  # 3/4 of 36,864
        ("Apple M3 Max", None, 36, "0", "M3 Max", 27_648, 300),
        ("Apple M3 Max", None, 128, "0", "M3 Max 40-core", 98_304, 400),
        ("Apple M2 Pro", 19, 32, "28000", "M2 Pro", 28_000, 200),
        ("Apple M9", 10, 32, "", "M9", 21_845, None),
    ],
)
def test_apple_chips(brand, cores, ram_gb, wired, name, free_mib, bandwidth):
    found = probes.apple(Memory(ram_gb * 1024, ram_gb * 1024), mac(brand, cores, wired))
    device = found.devices[0]
    assert (device.name, device.free_mib, device.bandwidth_gb_s) == (name, free_mib, bandwidth)
    assert device.unified and device.backend == "metal" and device.total_mib == ram_gb * 1024


def test_an_intel_mac_has_no_device():
    assert probes.apple(RAM, mac("Intel(R) Core(TM) i9-9880H CPU")).devices == ()


class Registry:
    """winreg as far as it is used."""

    HKEY_LOCAL_MACHINE = 0

    def __init__(self, *adapters):
        self.adapters = adapters

    def OpenKey(self, root, path):
        number = int(path.rsplit("\\", 1)[1])
        if number >= len(self.adapters):
            raise FileNotFoundError(path)
        return _Key(self.adapters[number])

    def QueryValueEx(self, key, name):
        if name not in key.values:
            raise FileNotFoundError(name)
        return key.values[name], 0


class _Key:
    def __init__(self, values):
        self.values = values

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_windows_adapters_have_64_bit_sizes():
    size = "HardwareInformation.qwMemorySize"
    registry = Registry(
        {"DriverDesc": "Intel(R) Iris(R) Xe Graphics", "MatchingDeviceId": r"PCI\VEN_8086&DEV_46A6", size: GIB},
        {"DriverDesc": "AMD Radeon RX 7800 XT", "MatchingDeviceId": r"PCI\VEN_1002&DEV_747E", size: 16 * GIB},
        {"DriverDesc": "NVIDIA GeForce RTX 4090", "MatchingDeviceId": r"PCI\VEN_10DE&DEV_2684", size: 24 * GIB},
        {"DriverDesc": "Microsoft Basic Display Adapter"},
    )
    found = probes.windows_registry(registry)
    assert [(one.name, one.total_mib, one.backend) for one in found.devices] == [("RX 7800 XT", 16_384, "vulkan")]
    assert found.reasons[0] == "Iris Xe: registry, RAM, CPU"


def ram(tmp_path, membership="0::/\n"):
    (tmp_path / "self").mkdir(exist_ok=True)
    (tmp_path / "self/cgroup").write_text(membership, encoding="utf-8")
    return host.ram(tmp_path, tmp_path, SimpleNamespace(total=64 * GIB, available=50 * GIB))


def test_ram_without_a_container(tmp_path):
    assert ram(tmp_path) == Memory(64 * 1024, 50 * 1024)


def test_a_containers_limit_is_what_counts(tmp_path):
    group = tmp_path / "fs/cgroup/docker/abc"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("max\n", encoding="utf-8")
    (group.parent / "memory.max").write_text(str(8 * GIB), encoding="utf-8")
    (group.parent / "memory.current").write_text(str(5 * GIB), encoding="utf-8")
    (group.parent / "memory.stat").write_text(f"anon 1\ninactive_file {2 * GIB}\n", encoding="utf-8")
    # 8 GiB limit, 5 used of which 2 are cache that can go
    assert ram(tmp_path, "0::/docker/abc\n") == Memory(8 * 1024, 5 * 1024)


def test_a_version_1_container(tmp_path):
    group = tmp_path / "fs/cgroup/memory"
    group.mkdir(parents=True)
    (group / "memory.limit_in_bytes").write_text(str(4 * GIB), encoding="utf-8")
    (group / "memory.usage_in_bytes").write_text(str(1 * GIB), encoding="utf-8")
    assert ram(tmp_path, "5:memory:/docker/abc\n") == Memory(4 * 1024, 3 * 1024)


@pytest.mark.parametrize(
    "quota, expected", [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None), ("", None)]
)
def test_a_containers_processor_quota(tmp_path, quota, expected):
    (tmp_path / "fs/cgroup").mkdir(parents=True)
    (tmp_path / "fs/cgroup/cpu.max").write_text(quota, encoding="utf-8")
    assert host.cores(tmp_path, tmp_path) == (expected or host.cores(tmp_path / "none", tmp_path))


def test_commands_that_are_missing_fail_or_hang_answer_nothing(monkeypatch):
    monkeypatch.setattr(host, "COMMAND_SECONDS", 0.2)
    assert host.run(["no-such-command-anywhere"]) is None
    assert host.run([sys.executable, "-c", "raise SystemExit(1)"]) is None
    started = time.monotonic()
    assert host.run([sys.executable, "-c", "import time; time.sleep(60)"]) is None
    assert time.monotonic() - started < 5
    assert host.run([sys.executable, "-c", "print(1)"]) in (None, "1\n", "1\r\n")  # None: slower than 0.2 s to start


@pytest.fixture
def fresh_detect():
    detect.cache_clear()
    yield
    detect.cache_clear()


def test_detect_survives_probes_that_hang_and_raise(monkeypatch, fresh_detect):
    never = threading.Event()

    def raising():
        raise MemoryError("driver")

    monkeypatch.setattr(detection, "PROBE_SECONDS", 0.1)
    monkeypatch.setattr(detection, "_gpu_probes", lambda memory: [("A", never.wait), ("B", raising)])
    started = time.monotonic()
    machine = detect()
    never.set()
    assert time.monotonic() - started < 5
    assert machine.gpus == () and machine.origin == "detected"
    assert any(one.startswith("A: >") for one in machine.reasons)
    assert "B: MemoryError: driver" in machine.reasons


def test_detect_on_this_machine_is_quick_and_keeps_its_answer(fresh_detect):
    started = time.monotonic()
    machine = detect()
    assert time.monotonic() - started < detection.PROBE_SECONDS + 2
    assert machine.ram_total_mib is not None and machine.ram_total_mib > 256
    assert machine.os and detect() is machine


def test_smi_and_jetson_are_asked_when_nvml_finds_nothing(monkeypatch):
    none = probes.Probed(reasons=("NVML: no",))
    card = probes.Probed((Device("X", "nvidia", "cuda", 1, 1, None, None),), ("X: nvidia-smi",))
    monkeypatch.setattr(probes, "nvidia_nvml", lambda memory: none)
    monkeypatch.setattr(probes, "nvidia_smi", lambda: card)
    assert detection._nvidia(RAM) == card
    monkeypatch.setattr(probes, "nvidia_smi", probes.Probed)
    monkeypatch.setattr(probes, "jetson", lambda memory: probes.Probed())
    assert detection._nvidia(RAM) == none


def test_importing_hardware_loads_no_heavy_library():
    heavy = {"torch", "llama_cpp", "chromadb", "gradio"}
    code = f"import sys, assistant.hardware.detect, assistant.hardware.stated; print(sys.modules.keys() & {heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
