"""Calls completed by the machine that a question names: Macs, phones, servers, or any machine at all."""

import pytest

from assistant.calls import Hardware, parse_call
from assistant.choosing.constraints import resolve
from assistant.hardware.machine import Machine
from assistant.hardware.stated import doubts, stated
from assistant.memory.fit import fit
from assistant.reader.read import Reader
from assistant.stated.machines import any_hardware, on_machine, with_machine
from assistant.toolbox import Toolbox
from knowledge.catalog import load_catalog
from knowledge.names import find_model

THIS = Machine((), 32_768, 30_000, "Xeon", 2, 20.0, "detected")


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


@pytest.fixture(scope="module")
def reader(catalog):
    return Reader(catalog)


def placed(question, tool="recommend", earlier=(), **args):
    return with_machine(parse_call(tool, args), question, earlier)


@pytest.mark.parametrize(
    "question, hardware, expected",
    [
        ("what can I run on a Mac with 32GB", {"ram_gb": 32}, {"gpu": "Mac", "ram_gb": 32}),
        ("MacBookのメモリ16GB", {"ram_gb": 16}, {"gpu": "MacBook", "ram_gb": 16}),
        ("スマホのメモリ12GB", {"ram_gb": 12}, {"gpu": "Smartphone", "ram_gb": 12}),
        ("ラズパイ5の8GB", {"ram_gb": 8}, {"gpu": "Raspberry Pi 5", "ram_gb": 8}),
        ("EPYC 9354, 768GB, no GPU", {"ram_gb": 768, "gpu": None}, {"gpu": "EPYC 9004", "ram_gb": 768}),
        ("RTX 4090 beside my Mac", {"gpu": "RTX 4090"}, {"gpu": "RTX 4090"}),
        ("iMac, no gpu", {"ram_gb": 16, "gpu": None}, {"ram_gb": 16, "gpu": None}),  # an older one
        ("a PC with 64GB", {"ram_gb": 64}, {"ram_gb": 64}),
    ],
)
def test_the_call_runs_on_what_was_named(question, hardware, expected):
    found = placed(question, hardware=hardware)
    assert found.call.arguments()["hardware"] == expected and not found.elsewhere


def test_a_mac_without_a_size_is_assumed_and_told():
    found = placed("what can I run on a MacBook Air?")
    assert found.call.arguments() == {"hardware": {"gpu": "MacBook Air"}, "hosting": "local"}
    assert [note["en"].split(";")[0] for note in found.notes] == [
        "The MacBook Air was taken as one with Apple silicon",
        "How much memory the MacBook Air has was not said: 8 GB, the least sold, was assumed.",
    ]


def test_a_later_turn_keeps_the_mac_until_another_machine_is_named():
    earlier = ["Mac mini 16GBで動くモデルは?"]
    kept = placed("日本語の雑談がしたい", earlier=earlier, hardware={"ram_gb": 16})
    assert kept.call.arguments()["hardware"]["gpu"] == "Mac mini"
    other = placed("じゃあ64GBのパソコンなら", earlier=earlier, hardware={"ram_gb": 64})
    assert "gpu" not in other.call.arguments()["hardware"]
    none = placed("日本語の雑談がしたい", earlier=earlier)  # its memory no longer holds
    assert "hardware" not in none.call.arguments()


@pytest.mark.parametrize("question", ["best small model for a phone", "スマホで動くモデルは？"])
def test_a_phone_without_a_size_is_not_this_machine(catalog, question):
    found = placed(question, task="edge")
    assert found.elsewhere and found.box(Toolbox(catalog, THIS)).machine is None
    assert "with 8 GB about 4.1 GiB" in found.notes[0]["en"]  # 5/8 of it less 15/16 GiB of margin
    fitting = placed(question, "fit", model="gemma-3-4b-it")
    assert fitting.elsewhere and "hardware" not in fitting.call.arguments()


def test_an_old_pc_has_what_such_a_one_usually_has(catalog):
    found = placed("古いパソコンで使えるAIは？")
    assert found.call.arguments()["hardware"] == {"gpu": "Old PC"}
    assert "メモリ 8 GB（DDR3）" in found.notes[0]["ja"]
    machine = stated(found.call.args.hardware, catalog)
    assert machine.ram_total_mib == 8_192 and machine.ram_bandwidth_gb_s == 25.6  # 2 x 8 bytes x 1,600 million/s
    sized = placed("メモリ4GBの古いノートPCで動くAIは？", hardware={"ram_gb": 4})
    assert stated(sized.call.args.hardware, catalog).ram_total_mib == 4_096 and "4 GB" in sized.notes[0]["ja"]
    assert placed("RTX 3060 in my old PC", hardware={"gpu": "RTX 3060"}).notes == ()


def test_another_task_on_a_phone_takes_one_of_usual_size():
    found = placed("Androidで使える翻訳モデルは？", task="translation")
    assert found.call.arguments()["hardware"] == {"gpu": "Smartphone", "ram_gb": 8}
    assert not found.elsewhere and "8 GB" in found.notes[0]["en"]


def test_a_phone_app_behind_an_api_needs_no_phone():
    assert placed("model for our Android app", hosting="api").call.arguments() == {"hosting": "api"}


def test_edge_without_hardware_does_not_assume_this_machine(catalog):
    call = parse_call("recommend", {"task": "edge"})
    needs = resolve(Toolbox(catalog, THIS), call.args)
    assert (needs.machine, needs.local, needs.api) == (None, True, False)
    stated_one = parse_call("recommend", {"task": "edge", "hardware": {"ram_gb": 8}})
    assert resolve(Toolbox(catalog, THIS), stated_one.args).machine.ram_total_mib == 8_192


@pytest.mark.parametrize(
    "question, expected",
    [
        ("best coding model regardless of hardware", True),
        ("hardware doesn't matter, which one is smartest", True),
        ("ハードは問わないので一番賢いモデルは？", True),
        ("スペックは気にしない", True),
        ("hardware for an LLM", False),
        ("ハードは4090です", False),
    ],
)
def test_hardware_that_does_not_matter(question, expected):
    assert any_hardware(question) is expected
    assert placed(question, task="coding").elsewhere is expected


def test_it_still_does_not_matter_a_turn_later():
    assert placed("日本語で", earlier=["ハードは問わない"], task="chat").elsewhere
    assert not placed("日本語で", earlier=["ハードは問わない", "やっぱりこのPCで"], task="chat").elsewhere


def test_ram_named_beside_a_card_counts(catalog):
    call = parse_call("fit", {"model": "gpt-oss-120b", "hardware": {"gpu": "RTX 4090", "ram_gb": 96}})
    found = on_machine(call, "RTX 4090 and 96GB DDR5-6000", [], catalog)
    assert found.call == call and "two were assumed" in found.notes[0]["en"]
    machine = found.box(Toolbox(catalog, THIS)).machine_for(call.args.hardware)
    assert (machine.gpus[0].name, machine.ram_bandwidth_gb_s) == ("RTX 4090", 96.0)
    server = on_machine(call, "RTX 4090, EPYC 7502, 96GB", [], catalog)
    assert server.ram_gb_s == pytest.approx(204.8) and server.notes == ()  # 8 x 8 bytes x 3,200
    plain = on_machine(call, "RTX 4090 and 96GB", [], catalog)
    assert plain.box(box := Toolbox(catalog, THIS)) is box


def speed_of(catalog, model, quant, **hardware):
    call = parse_call("fit", {"hardware": hardware})
    return fit(
        find_model(catalog, model), quant=quant, context_tokens=4096, machine=stated(call.args.hardware, catalog)
    )


def test_a_mac_has_the_range_of_its_chips(catalog):
    report = speed_of(catalog, "Qwen3 8B", "Q4_K_M", gpu="MacBook Air", ram_gb=16)
    slow = speed_of(catalog, "Qwen3 8B", "Q4_K_M", gpu="M1", ram_gb=16)
    fast = speed_of(catalog, "Qwen3 8B", "Q4_K_M", gpu="M5", ram_gb=16)
    assert report.speed.low == pytest.approx(slow.speed.low, rel=0.15)  # M1's arithmetic is a limit of its own
    assert report.speed.high == pytest.approx(fast.speed.high, rel=0.01)
    assert any("M1 (68 GB/s)" in note["en"] and "M5 (153 GB/s)" in note["en"] for note in report.notes)
    assert report.settings["n_gpu_layers"] != 0


def test_a_pi_is_no_faster_than_its_memory(catalog):
    report = speed_of(catalog, "Llama 3.1 8B Instruct", "Q3_K_M", gpu="Raspberry Pi 5", ram_gb=8)
    assert report.speed.high < 17.1e9 / report.weights_bytes
    assert any("17 GB/s" in note["en"] for note in report.notes)


def test_a_phone_and_an_unknown_card_have_no_speed(catalog):
    for hardware in ({"gpu": "iPhone 15 Pro"}, {"gpu": "RTX 6090", "vram_gb": 32}):
        report = speed_of(catalog, "Gemma 3 4B", "Q4_K_M", **hardware)
        assert report.speed is None and report.placement in ("cpu", "gpu")
        assert any("no speed is told" in note["en"] for note in report.notes)


@pytest.mark.parametrize("gpu, gb_s", [("T4", 320), ("L4", 300), ("RTX 3060", 360), ("M4", 120)])
def test_no_speed_is_above_what_the_bandwidth_allows(catalog, gpu, gb_s):
    report = speed_of(catalog, "Qwen3 8B", "Q8_0", gpu=gpu, ram_gb=32 if gpu == "M4" else None)
    assert report.speed.mid <= report.speed.high <= 1.005 * gb_s * 1e9 / (report.weights_bytes * 0.9)
    assert report.speed.high < gb_s * 1e9 / 7.5e9  # at least 7.5 of its 8.1 GB are read for each token


@pytest.mark.parametrize(
    ("question", "earlier", "told"),
    [
        ("RTX 4070, 3 GB are taken by the desktop. What for chat?", (), False),
        ("RTX 4070ですが、3GBはデスクトップに使われています", (), False),
        ("and for coding?", ("RTX 4070, 3 GB are taken by the desktop. What for chat?",), False),
        ("RTX 4070 9GB, what for chat?", (), True),
    ],
)
def test_what_other_programs_leave_is_no_size_that_is_sold(question, earlier, told):
    call = parse_call("recommend", {"hardware": {"gpu": "RTX 4070", "vram_gb": 9}})
    notes = on_machine(call, question, earlier, load_catalog()).notes
    assert any("No RTX 4070 with 9 GB is known" in note["en"] for note in notes) is told
    assert any("9 GB の RTX 4070 は知られていません" in note["ja"] for note in notes) is told


def test_a_machine_of_a_cloud_is_the_cards_in_it_and_told(catalog):
    call = parse_call("recommend", {"hardware": {"gpu": "g6.12xlarge", "ram_gb": 8}})
    found = on_machine(call, "best model for RAG on a g6.12xlarge with 8 GB", (), catalog)
    assert found.call.arguments()["hardware"] == {"gpu": "L4", "gpu_count": 4, "vram_gb": 24, "ram_gb": 192}
    assert [note["en"] for note in found.notes] == [
        "g6.12xlarge (AWS) has 4x L4 24GB, 192 GB of RAM and 48 vCPUs (as published, 2026-11-23)."
    ]
    of_series = on_machine(parse_call("fit", {"hardware": {"gpu": "g5.xlarge"}}), "EC2のg5で動く?", (), catalog)
    assert of_series.notes[0]["ja"].startswith("このシリーズのうち g5.xlarge（AWS）として計算しました。1x A10G 24GB、")
    machine = stated(Hardware(gpu="NC48ads_A100_v4"), catalog)
    assert [gpu.total_mib for gpu in machine.gpus] == [81_920, 81_920] and machine.ram_total_mib == 440 * 1024


@pytest.mark.parametrize(
    "question",
    ["best coding model on g5.xlarge", "EC2 g5.xlargeで要約", "g5.xlarge (A10G 24GB) for RAG", "A10Gのg5.xlargeでRAG"],
)
def test_a_machine_of_a_cloud_is_read_as_the_machine(reader, question):
    assert reader.read(question).call.arguments()["hardware"]["gpu"] == "g5.xlarge"


@pytest.mark.parametrize(
    ("question", "size"),
    [("ラズパイで音声認識したい", None), ("best LLM for a Raspberry Pi", None), ("raspi 16GBで要約", 16)],
)
def test_a_raspberry_pi_without_its_number_is_the_fifth(reader, catalog, question, size):
    found = on_machine(reader.read(question).call, question, (), catalog)
    machine = stated(found.call.args.hardware, catalog)
    # Raspberry Pi 5: 17.1 GB/s, the 4 has 12.8; 8 GB unless another size was said
    assert (machine.ram_total_mib, machine.ram_bandwidth_gb_s) == ((size or 8) * 1024, 17.1)
    note = f"Which Raspberry Pi it is was not said: a Raspberry Pi 5 with {size or 8} GB was assumed."
    assert [one["en"] for one in found.notes] == [note]


@pytest.mark.parametrize(
    ("question", "chip", "size"),
    [
        ("best model for M9 Max 128GB", "M9 Max", 128),
        ("MacBook Pro M7 32GBでコーディング", "M7", 32),
        ("M4 Ultra 256GB for coding", "M4 Ultra", 256),
    ],
)
def test_an_apple_chip_that_no_table_has_shares_its_memory_and_is_told(reader, catalog, question, chip, size):
    found = on_machine(reader.read(question).call, question, (), catalog)
    (gpu,) = stated(found.call.args.hardware, catalog).gpus
    limit = size * 1024 * 2 // 3 if size < 36 else size * 1024 * 3 // 4
    assert (gpu.name, gpu.unified, gpu.free_mib, gpu.bandwidth_gb_s) == (chip, True, limit, None)
    assert found.notes[0]["en"].startswith(f"No Apple chip called {chip} is known: it counts as one with {size} GB of")


def test_models_and_words_are_no_apple_chips(reader):
    for question in ("BGE M3 with 16GB of RAM", "MiniMax M2 on a 4090", "BGE-M3はMacで動く?"):
        hardware = reader.read(question).call.arguments().get("hardware", {})
        assert hardware.get("gpu") not in ("M2", "M3"), question


@pytest.mark.parametrize(
    ("gpu", "told"),
    [
        ("RTX 3080", "RTX 3080 is also sold with 12 GB; this is worked out with 10 GB. Say how much yours has."),
        ("A100", "A100 is also sold with 80 GB; this is worked out with 40 GB. Say how much yours has."),
        ("RTX 3080 12GB", None),
        ("RTX 4090", None),
    ],
)
def test_editions_of_a_card_with_other_memory_are_told(catalog, gpu, told):
    call = parse_call("fit", {"model": "qwen3-8b", "hardware": {"gpu": gpu}})
    notes = on_machine(call, f"Qwen3 8B on {gpu}", (), catalog).notes
    assert [note["en"] for note in notes] == ([told] if told else [])


def test_a_mac_that_computes_on_its_processor_reads_its_shared_memory(catalog):
    model = find_model(catalog, "gpt-oss-20b")
    for gpu, told in (("M1", "which delivers 68 GB/s."), ("Mac", "which delivers 68 GB/s at least.")):  # M1: 68.25
        machine = stated(Hardware(gpu=gpu, ram_gb=16), catalog)
        report = fit(model, quant=None, context_tokens=None, machine=machine)
        said = " ".join(note["en"] for note in report.notes)
        assert report.placement == "cpu" and told in said and "DDR" not in said


def test_a_mac_of_which_one_chip_has_so_much_memory_has_that_chip(catalog):
    machine = stated(Hardware(gpu="Mac Studio", ram_gb=512), catalog)
    report = fit(find_model(catalog, "qwen3-8b"), quant=None, context_tokens=None, machine=machine)
    said = " ".join(note["en"] for note in report.notes)
    assert "with 512 GB it is the M3 Ultra (819 GB/s)" in said and "anything" not in said


@pytest.mark.parametrize(
    ("chip", "gb", "told"), [("M3", 36, "but M3 Max / M3 Pro"), ("M2", 32, "but M2 Max / M2 Pro"), ("M2", 24, None)]
)
def test_a_size_that_another_chip_is_sold_with_names_it(catalog, chip, gb, told):
    notes = [note["en"] for note in doubts(Hardware(gpu=chip, ram_gb=gb), catalog)]
    assert [told in note for note in notes] == ([True] if told else [])
