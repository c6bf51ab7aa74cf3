import json
from types import SimpleNamespace

import pytest

from assistant.hardware.machine import Device
from assistant.memory.speed import bandwidth
from assistant.memory.speed.bandwidth import bandwidths, measure, of_cards, of_this_computer


@pytest.fixture
def process(monkeypatch):
    """Return what starts a new process that measures this figure."""

    def start(found, folder=None):
        bandwidth._known.cache_clear()
        bandwidth._measured.cache_clear()
        bandwidth.keep_in(folder)
        asked = []
        monkeypatch.setattr(bandwidth, "measure", lambda: asked.append(found) or found)
        return asked

    yield start
    start(None)


def kept(folder):
    return json.loads((folder / "memory-bandwidth.json").read_text(encoding="utf-8"))


def test_memory_is_really_read():
    found = measure(threads=1, least_mib=32)
    assert found is not None and found > 0.1


def test_too_little_memory_is_no_figure(monkeypatch):
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=3 * 32 * 2**20 - 1))
    assert measure(threads=1, least_mib=32) is None


def test_no_room_for_the_buffers_is_no_figure(monkeypatch):
    import numpy

    def none_left(*_, **__):
        raise MemoryError

    monkeypatch.setattr(numpy, "ones", none_left)
    assert measure(threads=1, least_mib=32) is None


def test_a_process_measures_once(process):
    asked = process(50.0)
    assert of_this_computer() == of_this_computer() == 50.0
    assert asked == [50.0]


def test_the_best_of_three_processes_is_kept_in_the_folder(process, tmp_path):
    for found, best in ((40.0, 40.0), (52.04, 52.0), (30.0, 52.0)):
        asked = process(found, tmp_path)
        assert of_this_computer() == best
        assert asked == [found]
    asked = process(60.0, tmp_path)
    assert of_this_computer() == 52.0 and asked == []
    assert list(kept(tmp_path).values()) == [[40.0, 52.0, 30.0]]


def test_another_computer_s_figure_is_not_ours(process, tmp_path, monkeypatch):
    process(40.0, tmp_path)
    of_this_computer()
    monkeypatch.setattr("assistant.hardware.host.processor", lambda: "Another CPU")
    process(90.0, tmp_path)
    assert of_this_computer() == 90.0
    assert sorted(kept(tmp_path).values()) == [[40.0], [90.0]]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"KEY": ["x", -1, 1e9]}', "\udcff"])
def test_files_that_are_not_ours_count_as_nothing(process, tmp_path, text):
    text = text.replace("KEY", bandwidth._key())
    (tmp_path / "memory-bandwidth.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    process(50.0, tmp_path)
    assert of_this_computer() == 50.0


def test_a_folder_that_cannot_be_written_is_no_error(process, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    process(50.0, tmp_path / "file")
    assert of_this_computer() == 50.0


@pytest.mark.parametrize("found", [None, 3.9])
def test_nothing_and_less_than_any_memory_reads_is_no_figure(process, tmp_path, found):
    process(found, tmp_path)
    assert of_this_computer() is None
    assert not (tmp_path / "memory-bandwidth.json").exists()


def test_the_assistant_keeps_it_in_its_data_folder(process, tmp_path):
    from assistant.chat import Assistant
    from assistant.settings import Settings

    process(50.0)
    machine = Assistant(Settings(data=tmp_path)).machine
    assert machine.ram_bandwidth_gb_s is None and not list(tmp_path.iterdir())  # measured when asked for
    assert of_this_computer() == 50.0
    assert list(kept(tmp_path).values()) == [[50.0]]


def test_cards_with_as_much_memory_give_the_range():
    # Among 24 GB cards of the last six years: RTX 3090 (936), RTX 4090 (1,008), RX 7900 XTX (960).
    low, middle, high = of_cards(24576, "other")
    assert low < middle < high
    assert low > 400 and 936 <= high <= 1100
    assert of_cards(24576, "nvidia") != of_cards(12288, "nvidia")
    assert of_cards(70 * 1024, "other") is None


def test_a_known_bandwidth_is_its_own_range():
    card = Device("RTX 4090", "nvidia", "cuda", 24576, 24576, 1008.0, 165.0)
    assert bandwidths(card) == (1008.0, 1008.0, 1008.0)
    assert bandwidths(Device("iGPU", "other", "vulkan", 24576, 12288, None, None, unified=True)) is None
