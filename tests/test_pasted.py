"""Pasted specifications and listings: what stands on a line belongs together; other numbers are no hardware."""

import pytest

from assistant.reader.read import Reader
from knowledge.catalog import load_catalog


@pytest.fixture(scope="module")
def reader():
    return Reader(load_catalog())


@pytest.mark.parametrize(
    ("question", "hardware"),
    [
        (
            "OS: Windows 10\nCPU: Ryzen 7 5800X\nMemory: 48GB DDR4\nGPU: AMD Radeon RX 6800 XT 16GB\nDisk: 1TB NVMe\n"
            "best model for writing stories?",
            {"gpu": "RX 6800 XT", "vram_gb": 16.0, "ram_gb": 48.0},
        ),
        (
            "CPU: Core i7-13700\nメモリ: DDR5-5600 64GB\nグラボ: GeForce RTX 4070 12GB\nSSD: 2TB\n要約に使うモデルは？",
            {"gpu": "RTX 4070", "vram_gb": 12.0, "ram_gb": 64.0},
        ),
        (
            "|   0  NVIDIA L4   On  |\n|   1  NVIDIA L4   On  |\n|   2  NVIDIA L4   On  |\nwhich model for coding?",
            {"gpu": "L4", "gpu_count": 3},
        ),
        (
            "GPU 0: Quadro RTX 8000 48GB\nGPU 1: Quadro RTX 8000 48GB\nrecommend a model for RAG",
            {"gpu": "Quadro RTX 8000", "gpu_count": 2, "vram_gb": 48.0},
        ),
        ("chat model please, no separate graphics card, 24 GB", {"ram_gb": 24.0, "gpu": None}),
        ("会議の要約用のモデルを。専用のグラフィックは付いていません。メモリ8ギガ", {"ram_gb": 8.0, "gpu": None}),
        ("授業ノートの写真から文字を読み取るモデル。RTX 4090です", {"gpu": "RTX 4090"}),
        ("a model to translate my 3 MB of letters, I have a 4080", {"gpu": "RTX 4080"}),
    ],
)
def test_hardware_of_a_paste(reader, question, hardware):
    stated = reader.read(question).call.arguments().get("hardware", {})
    assert stated == hardware


def test_a_telephone_number_is_no_card(reader):
    question = "Please recommend a coding model. Regards, J. Meier, tel. +49 89 580 22 10"
    assert "hardware" not in reader.read(question).call.arguments()
