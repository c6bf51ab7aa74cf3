"""Machines in questions: which card is meant, and whose memory an amount is."""

import pytest

from assistant.reader.assemble import plain_board, sold_memory, to_args
from assistant.reader.labels import Labels
from assistant.reader.marking import mark
from assistant.reader.spans import find_spans
from assistant.reader.text import clean
from tests.reader_tables import TABLES, marked, values
from tests.reading import TABLES as REAL


@pytest.mark.parametrize(
    ("text", "gpu", "gigabytes", "kind"),
    [
        ("RTX 4070, 32GB: a model for coding?", "RTX 4070", 32, "ram_gb"),
        ("RTX 4070, 12GB: a model for coding?", "RTX 4070", 12, "vram_gb"),
        ("RTX 4090 48GB: a model for coding?", "RTX 4090", 48, "vram_gb"),  # there are such cards
        ("RTX 4090, 48GB of VRAM: a model for coding?", "RTX 4090", 48, "vram_gb"),
        ("RTX 9999, 32GB: a model for coding?", "RTX 9999", 32, "vram_gb"),  # nothing is known about it
    ],
)
def test_memory_that_a_card_is_not_sold_with_is_ram(text: str, gpu: str, gigabytes: int, kind: str) -> None:
    part = clean(text)
    found = mark(part, find_spans(part, TABLES))
    sizes = {"RTX 4070": (12.0,), "RTX 4090": (24.0,)}
    assert sold_memory({"gpu": gpu, "vram_gb": gigabytes}, found, sizes) == {"gpu": gpu, kind: gigabytes}


@pytest.mark.parametrize(
    ("text", "gpu", "count", "said", "each"),
    [
        ("two RTX 4090s, 48GB of VRAM together", "RTX 4090", 2, 48, 24),
        ("4090二枚で48GB", "RTX 4090", 2, 48, 24),
        ("RTX 4090 48GB x2", "RTX 4090", 2, 48, 48),  # beside the card: its own, rebuilt with more memory
        ("2x A100 80GB", "A100", 2, 80, 80),  # sold with 80, and with 40
        ("48 gb total vram across two cards", None, 2, 48, 24),
        ("two 24 gb cards", None, 2, 24, 24),
    ],
)
def test_memory_of_several_cards_together_is_shared_out(
    text: str, gpu: str | None, count: int, said: float, each: float
) -> None:
    part = clean(text)
    found = mark(part, find_spans(part, TABLES))
    hardware = {"gpu_count": count, "vram_gb": said} | ({"gpu": gpu} if gpu else {})
    sizes = {"RTX 4090": (24.0,), "A100": (40.0, 80.0)}
    assert sold_memory(hardware, found, sizes) == hardware | {"vram_gb": each}


@pytest.mark.parametrize(
    "text", ["VRAMがあと4GBあれば?", "4GB more VRAM, what changes?", "メモリを16GB増設したら", "another 8 GB of memory"]
)
def test_memory_that_would_be_added_is_not_what_is_there(text: str) -> None:
    assert values(text) == {}


def test_what_is_there_stays_beside_what_would_be_added() -> None:
    assert values("RTX 4070 12GB, what would 4 GB more buy?") == {"GPU1": "RTX 4070", "GB1": 12}


@pytest.mark.parametrize(
    ("text", "hardware"),
    [
        ("I'm switching from a 3060 to a 4090: coding?", {"gpu": "RTX 4090"}),
        ("3060から4090に買い替えました", {"gpu": "RTX 4090"}),
        ("not the 4090, the 4080", {"gpu": "RTX 4080"}),
        ("4090じゃなくて4080", {"gpu": "RTX 4080"}),
        ("a 3090 or a 4090 for coding?", {"gpu": "RTX 3090"}),  # of a list the first
        ("3060と4090のどちらがいい?", {"gpu": "RTX 3060"}),
        ("a second RTX 3090 for coding", {"gpu": "RTX 3090", "gpu_count": 2}),
        ("RTX 3090をもう1枚足したら", {"gpu": "RTX 3090", "gpu_count": 2}),
        ("3090 x2 and a 3060", {"gpu": "RTX 3090", "gpu_count": 2}),
        ("sold my dual 3090s, now one 4080", {"gpu": "RTX 4080"}),
    ],
)
def test_the_card_that_is_meant(text: str, hardware: dict[str, object]) -> None:
    found = marked(text)
    roles = {name: "hw" for name, span in found.placeholders if span.kind == "GPU"}
    assert to_args(Labels("recommend", {}, roles), found)["hardware"] == hardware


def test_the_only_card_counts_even_when_nobody_gave_it_a_role() -> None:
    assert to_args(Labels("recommend"), marked("something for my 3090"))["hardware"] == {"gpu": "RTX 3090"}
    assert "hardware" not in to_args(Labels("recommend"), marked("I sold my 3090"))


@pytest.mark.parametrize(
    ("text", "memory"),
    [
        ("what can a Mac Studio 512GB run", {"ram_gb": 512}),
        ("MacBook 32GBで何が動く", {"ram_gb": 32}),
        ("Mac mini with 16GB of VRAM", {"ram_gb": 16}),
        ("bge-m3 with 16GB", {"vram_gb": 16}),  # not an M3
        ("smollm2 on 6GB", {"vram_gb": 6}),
        ("16GB x2", {"vram_gb": 16, "gpu_count": 2}),
    ],
)
def test_memory_of_machines_without_a_named_chip(text: str, memory: dict[str, object]) -> None:
    found = marked(text)
    assert to_args(Labels("max_size", {}, {"GB1": "vram"}), found)["hardware"] == memory


@pytest.mark.parametrize(
    ("text", "memory"),
    [
        ("what runs on a 4 GB laptop GPU", {"vram_gb": 4}),
        ("a laptop GPU with 4 GB", {"vram_gb": 4}),
        ("a 4 GB Radeon in my laptop", {"vram_gb": 4}),
        ("my notebook has 4GB dedicated graphics", {"vram_gb": 4}),
        ("4GBのノート用GPUで動くモデル", {"vram_gb": 4}),
        ("ノートPC(GPU 4GB)で要約", {"vram_gb": 4}),
        ("a 16 GB laptop with a webcam", {"ram_gb": 16}),
        ("メモリ16GBのノートPC", {"ram_gb": 16}),
    ],
)
def test_a_laptop_card_has_memory_of_its_own(text: str, memory: dict[str, object]) -> None:
    found = marked(text)
    assert to_args(Labels("max_size", {}, {"GB1": "ram"}), found)["hardware"] == memory


def test_a_board_is_its_stated_memory() -> None:
    assert plain_board({"gpu": "Raspberry Pi 5", "ram_gb": 8}, {"Raspberry Pi 5"}) == {"ram_gb": 8}
    assert plain_board({"gpu": "Raspberry Pi 5"}, {"Raspberry Pi 5"}) == {"gpu": "Raspberry Pi 5"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 a100 80, the biggest model?", {"NUM1": 2, "GPU1": "A100", "GB1": 80}),
        ("five A100-80s", {"NUM1": 5, "GPU1": "A100", "GB1": 80}),
        ("two 80 gig a100s", {"NUM1": 2, "GB1": 80, "GPU1": "A100"}),
        ("4x a100 (80)", {"NUM1": 4, "GPU1": "A100", "GB1": 80}),
        ("a100 40 x 4", {"GPU1": "A100", "GB1": 40, "NUM1": 4}),
        ("H100 94, which coder?", {"GPU1": "H100", "GB1": 94}),
        ("4060 ti 16 for translation", {"GPU1": "RTX 4060 Ti", "GB1": 16}),
        ("A100の80が二枚", {"GPU1": "A100", "GB1": 80, "NUM1": 2}),
        ("3080の12のやつで", {"GPU1": "RTX 3080", "GB1": 12}),
        ("A100 80を2枚", {"GPU1": "A100", "GB1": 80, "NUM1": 2}),
        ("48GB2枚で", {"GB1": 48, "NUM1": 2}),
        ("48GBx2で", {"GB1": 48, "NUM1": 2}),
        ("lora with 2x48gb", {"NUM1": 2, "GB1": 48}),
        ("2 x 4090", {"NUM1": 2, "GPU1": "RTX 4090"}),
        ("A100 80台", {"GPU1": "A100", "NUM1": 80}),
        ("A100 for 80 users", {"GPU1": "A100", "NUM1": 80}),
        ("A100 80 users", {"GPU1": "A100", "NUM1": 80}),
        ("a 3080 12 hours a day", {"GPU1": "RTX 3080"}),
        ("4060 Ti 16% faster", {"GPU1": "RTX 4060 Ti"}),
        ("4090 16, coding", {"GPU1": "RTX 4090"}),  # sold with 24 only
        ("an a100, the 80 one", {"GPU1": "A100", "GB1": 80}),
        ("a100, not the 40 but the 80", {"GPU1": "A100", "GB1": 80}),
        ("4060Ti 8じゃなくて16のほう", {"GPU1": "RTX 4060 Ti", "GB1": 16}),
        ("A100は80のほう", {"GPU1": "A100", "GB1": 80}),
        ("3060は12月に買った", {"GPU1": "RTX 3060"}),
    ],
)
def test_memory_said_apart_from_a_card_and_its_count(text: str, expected: dict[str, object]) -> None:
    part = clean(text)
    found = mark(part, find_spans(part, REAL))
    assert {name: span.value for name, span in found.placeholders} == expected
