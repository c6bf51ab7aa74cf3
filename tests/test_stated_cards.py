"""Different cards in one machine: read together, computed together, and told where one of them cannot help."""

import pytest

from assistant.calls import Hardware, parse_call
from assistant.events import Reading
from assistant.hardware.stated import kinds_of_card, stated
from assistant.memory.placement import room
from assistant.reader.read import other_cards, tables_of
from assistant.stated.cards import together, with_cards
from assistant.stated.machines import on_machine
from assistant.toolbox import Toolbox
from assistant.tools import run
from knowledge.catalog import load_catalog
from tests.reading import marked

CATALOG = load_catalog()
TABLES = tables_of(CATALOG)


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        ("does a 70B fit on a 3090 + 3060?", ("RTX 3090", "RTX 3060")),
        ("I own a 3090 and a 3060 12GB", ("RTX 3090", "RTX 3060 12GB")),
        ("two 3090s and one 4070, best for RAG", ("2x RTX 3090", "RTX 4070")),
        ("my RTX 3090 (24GB) together with an RTX 3060 (12GB)", ("RTX 3090 24GB", "RTX 3060 12GB")),
        ("if I add a 4060 Ti to my 3090", ("RTX 4060 Ti", "RTX 3090")),
        ("combine a 4070 Ti Super with my older 2080 Ti", ("RTX 4070 Ti Super", "RTX 2080 Ti")),
        ("サブ機の1080 Tiをメインの4080に足したら", ("GTX 1080 Ti", "RTX 4080")),
        ("4090とA6000を一枚ずつ", ("RTX 4090", "RTX A6000")),
        ("RTX 3090 1枚と3060を2枚", ("RTX 3090", "2x RTX 3060")),
        ("RX 6800 XTとRX 7900 XTXの2枚挿し", ("RX 6800 XT", "RX 7900 XTX")),
        ("3090に4060 Ti 16GBを追加したら", ("RTX 3090", "RTX 4060 Ti 16GB")),
        ("P40 two of them and a P100", ("2x P40", "P100")),
        ("a pair of 3090s plus one 4070", ("2x RTX 3090", "RTX 4070")),
        ("three 3060s and a single 4090", ("3x RTX 3060", "RTX 4090")),
        ("a 4090 plus a pair of 3090s for coding", ("RTX 4090", "2x RTX 3090")),
        ("P100 and twice a P40", ("P100", "2x P40")),
        ("3090 (two of them) and a 4070", ("2x RTX 3090", "RTX 4070")),
        ("P40を2枚とP100を1枚", ("2x P40", "P100")),
        ("4070を1枚、3090をペアで。チャット用", ("RTX 4070", "2x RTX 3090")),
        ("V100が4枚とP40が2枚", ("4x V100", "2x P40")),
        ("which is better, a 3090 or a 4070?", ()),
        ("3090と4070、どっちが速い?", ()),
        ("a 3090 in the server and a laptop with a 3060", ()),
        ("I replaced my 3060 with a 4090", ()),
        ("two 3090s", ()),
        ("3090で動く?", ()),
    ],
)
def test_cards_of_one_machine_are_told_from_others(text, cards):
    assert together(marked(text)) == cards


@pytest.mark.parametrize(
    ("text", "count"),
    [("3090 twice, coding", 2), ("I've got a 3090 twice", 2), ("a 3090 is twice as fast", None), ("twice a P40", 2)],
)
def test_a_card_that_is_there_twice_counts_twice(text, count):
    assert next((span.value for span in marked(text).spans if span.hint == "gpus"), None) == count


@pytest.mark.parametrize("question", ["RAG on a 3090 + 3060 with 64GB RAM", "3090と3060、RAM 64GBでRAG"])
def test_both_stand_in_the_reading_and_none_is_said_to_be_left_out(question):
    note = other_cards({"gpu": "RTX 3090"}, marked(question))
    call = parse_call("recommend", {"task": "rag", "hardware": {"gpu": "RTX 3090", "ram_gb": 64}})
    found = with_cards(Reading(call, 0.9, "en", tuple(note)), question, TABLES)
    assert found.call.arguments()["hardware"] == {"gpu": "RTX 3090 + RTX 3060", "ram_gb": 64}
    assert note and found.notes == ()


def test_other_readings_stay():
    one = Reading(parse_call("recommend", {"hardware": {"gpu": "RTX 4090"}}), 0.9, "en")
    assert with_cards(one, "a 3090 or a 4070", TABLES) is one
    nothing = Reading(parse_call("recommend", {}), 0.9, "en")
    assert with_cards(nothing, "a 3090 and a 4070", TABLES) is nothing


def test_their_memory_counts_together():
    alone = [room(stated(Hardware(gpu=name), CATALOG)) for name in ("RTX 3090", "RTX 3060")]
    both = room(stated(Hardware(gpu="RTX 3090 + RTX 3060"), CATALOG))
    assert both.available == sum(one.available for one in alone) and both.overhead == sum(one.overhead for one in alone)
    assert both.device == "RTX 3090 + RTX 3060"
    three = stated(Hardware(gpu="RTX 3090 + 2x RTX 3060", ram_gb=64), CATALOG)
    assert three.label == "RTX 3090 + 2x RTX 3060" and three.ram_total_mib == 64 * 1024
    assert [one.gpu_count for one in kinds_of_card(Hardware(gpu="RTX 3090 + 2x RTX 3060"))] == [1, 2]


def test_a_size_beside_a_name_is_that_card_s():
    machine = stated(Hardware(gpu="RTX 3090 + RTX 4060 Ti 16GB"), CATALOG)
    assert [round(gpu.total_mib / 1024) for gpu in machine.gpus] == [24, 16]


def test_what_one_lacks_the_other_adds_at_the_pace_of_both():
    call = parse_call("fit", {"model": "qwen3-32b", "quant": "Q6_K", "hardware": {"gpu": "RTX 3090 + RTX 3060"}})
    pair = run(Toolbox(CATALOG), call, "en")
    alone = run(Toolbox(CATALOG), call.with_arguments(call.arguments() | {"hardware": {"gpu": "RTX 3090"}}), "en")
    assert pair["fits"] and not alone["fits"]  # 32.8 billion weights at 6.56 bits are 25 GiB
    faster = run(
        Toolbox(CATALOG),
        call.with_arguments(call.arguments() | {"hardware": {"gpu": "RTX 3090", "gpu_count": 2}}),
        "en",
    )
    assert pair["tokens_per_second"]["mid"] < faster["tokens_per_second"]["mid"]


@pytest.mark.parametrize(
    ("gpu", "en", "ja"),
    [
        ("RTX 3090 + RTX 3060", "work together", "合わせて計算しました"),
        ("RTX 3090 + RX 7900 XTX", "CUDA and ROCm do not mix", "合わせて計算していません"),
    ],
)
def test_a_note_tells_how_they_work_together(gpu, en, ja):
    call = parse_call("fit", {"model": "qwen3-8b", "hardware": {"gpu": gpu}})
    note, *_ = on_machine(call, "", (), CATALOG).notes  # then which memory was taken for a card sold with several
    assert en in note["en"] and ja in note["ja"]


def test_no_purchase_step_is_told_for_different_cards():
    call = parse_call("recommend", {"task": "coding", "hardware": {"gpu": "RTX 3060 + GTX 1660"}})
    assert all(row["step"] != "memory" for row in run(Toolbox(CATALOG), call, "en")["steps"])
