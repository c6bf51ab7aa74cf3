"""Computers, phones and types of memory as people name them."""

import pytest

from knowledge.cloud_machines import _machines, cloud_machine, cloud_machines
from knowledge.computers import named_computer


@pytest.mark.parametrize(
    "text, name",
    [
        ("what can I run on a Mac with 32GB", "Mac"),
        ("Mac Studio 128GB", "Mac Studio"),
        ("マックスタジオ64GB", "Mac Studio"),
        ("iMac 16GB", "iMac"),
        ("MacBook with 16GB", "MacBook"),
        ("MacBookのメモリ16GB", "MacBook"),
        ("16GBのMacBook Air", "MacBook Air"),
        ("Mac mini 24GB", "Mac mini"),
        ("2015 macbook with 8gb", "Intel Mac"),
        ("2017年のIntel MacBook 8GB", "Intel Mac"),
        ("MacBook Pro 2018", "Intel Mac"),
        ("a mac pro", "Mac Pro"),
        ("Raspberry Pi 5 8GB", "Raspberry Pi 5"),
        ("ラズパイ4の4GB", "Raspberry Pi 4"),
        ("orange pi 5 16gb", "Orange Pi 5"),
        ("iphone 15 pro max", "iPhone 15 Pro"),
        ("Galaxy S24", "Galaxy S24"),
        ("best small model for a phone", "Smartphone"),
        ("phone with 8GB", "Smartphone"),
        ("スマホで動くモデル", "Smartphone"),
        ("Androidで使える翻訳モデル", "Smartphone"),
        ("10年前のノートPCで動くAIある？", "Old PC"),
        ("my old Dell laptop", "Old PC"),
        ("a low-end PC without a card", "Old PC"),
        ("パソコンがだいぶ古いんだけど", "Old PC"),
        ("a 2012 ThinkPad", "Old PC"),
        ("Spec: EPYC 9354 / 768GB / no GPU", "EPYC 9004"),
        ("EPYC 7502、DDR4 256GB", "EPYC 7002/7003"),
        ("Xeon Gold 6430", "Xeon Scalable (4th generation)"),
        ("Threadripper PRO 5975WX", "Threadripper PRO 3000WX/5000WX"),
    ],
)
def test_named_computers(text, name):
    found = named_computer(text)
    assert found is not None and found.name == name
    assert named_computer(found.name) == found  # the name means the same again


@pytest.mark.parametrize(
    "text",
    [
        "MacBook Air M2 16GB",  # the chip says more
        "M2 Ultra Mac Studio",
        "iPad Pro M4 16GB",
        "machine learning",
        "M4 マックス",
        "Tenants phone and ask what their contract says",
        "we send phone photos to a cloud model",
        "DDR5 128GB",  # a type without a speed
        "RTX 4090",
        "この古いPC",  # the one that Mekiki runs on
        "this old laptop",
        "old machine translation systems",
        "old documents on a computer",
        "pi 3.14159",
    ],
)
def test_texts_that_name_none(text):
    assert named_computer(text) is None


@pytest.mark.parametrize(
    "text, name, bandwidth, assumed",
    [
        ("EPYC 9654 with 12 channels of DDR5-4800, 768GB", "EPYC 9004, 12-channel DDR5-4800", 460.8, False),
        ("EPYC 7302 with DDR4-2666", "EPYC 7002/7003, 8-channel DDR4-2666", 170.6, False),
        ("ddr4-3200 dual channel", "2-channel DDR4-3200", 51.2, False),
        ("デュアルチャネルのDDR5-5600", "2-channel DDR5-5600", 89.6, False),
        ("シングルチャネル DDR4 2666", "1-channel DDR4-2666", 21.3, False),
        ("DDR5-6000", "2-channel DDR5-6000", 96.0, True),
        ("64GB DDR5 6000 CL30", "2-channel DDR5-6000", 96.0, True),
        ("LPDDR5X-8533", "2-channel LPDDR5X-8533", 136.5, True),
    ],
)
def test_memory_named_by_type(text, name, bandwidth, assumed):
    found = named_computer(text)  # channels x 8 bytes x 10^6 transfers per second
    assert found is not None and (found.name, found.channels_assumed) == (name, assumed)
    assert found.bandwidth_gb_s == pytest.approx(bandwidth, abs=0.05)
    again = named_computer(name)
    assert again is not None and again.bandwidth_gb_s == found.bandwidth_gb_s


def test_every_computer_has_a_source_and_known_chips():
    from knowledge.computers import _entries

    for name, entry in _entries().items():
        assert entry.computer.source is not None and named_computer(name) == entry.computer, name
        assert bool(entry.computer.chips) == (entry.computer.kind == "mac")


@pytest.mark.parametrize(
    ("text", "name", "cards"),
    [  # cards as (name, number, GB of each), from the clouds' pages
        ("EC2 g4dn.xlargeで要約", "g4dn.xlarge", ("T4", 1, 16)),
        ("on a g5.12xlarge", "g5.12xlarge", ("A10G", 4, 24)),
        ("SageMaker ml.g6.48xlarge", "g6.48xlarge", ("L4", 8, 24)),
        ("g6e 12xl", "g6e.12xlarge", ("L40S", 4, 48)),
        ("p4d.24xlarge", "p4d.24xlarge", ("A100", 8, 40)),
        ("a p4de", "p4de.24xlarge", ("A100 80GB", 8, 80)),
        ("P5.48XLARGEで", "p5.48xlarge", ("H100", 8, 80)),
        ("AWSのp3インスタンス", "p3.2xlarge", ("V100", 1, 16)),
        ("azure NC24ads A100 v4", "NC24ads_A100_v4", ("A100 80GB PCIe", 1, 80)),
        ("Standard_NC64as_T4_v3", "NC64as_T4_v3", ("T4", 4, 16)),
        ("an Azure ND H100 v5", "ND96isr_H100_v5", ("H100", 8, 80)),
        ("gcp a2-highgpu-4g", "a2-highgpu-4g", ("A100", 4, 40)),
        ("GCPのA3で", "a3-highgpu-8g", ("H100", 8, 80)),
        ("g2-standard-48", "g2-standard-48", ("L4", 4, 24)),
    ],
)
def test_machines_of_clouds_have_the_cards_that_are_in_them(text, name, cards):
    (found,) = [one.machine for one in cloud_machines(text)]
    assert (found.name, (found.gpu, found.gpus, found.vram_gb)) == (name, cards)
    assert cloud_machine(name) == found


@pytest.mark.parametrize("text", ["NVIDIA A2", "the g5", "m5.xlarge", "A100 80GB", "GPT-5 or p50", "DDR5 g6000"])
def test_other_names_are_no_machines_of_clouds(text):
    assert not list(cloud_machines(text)) and cloud_machine(text) is None


def test_every_card_of_a_cloud_is_in_the_table_with_its_memory():
    from knowledge.gpu_table import load_gpus

    gpus, machines = load_gpus(), [one for one in map(cloud_machine, _machines()) if one]
    assert len(machines) == len(_machines())
    assert all(one.vram_gb in gpus[one.gpu].memory_gb for one in machines)
