"""What a speed rests on when it is not known: one sentence per language."""

from assistant.hardware.machine import Device, Machine
from assistant.memory.needs import Note
from assistant.memory.placement import Plan, chosen_gpus
from assistant.memory.speed import bandwidth
from assistant.memory.speed import constants as of
from assistant.memory.speed.estimate import cpu_bytes


def speed_notes(placed: Plan, machine: Machine) -> list[Note]:
    """Return notes about the memory bandwidths that a placement's speed rests on, as far as they were not measured."""
    notes = _of_ram(machine) if placed.placement in ("cpu", "partial", "expert_offload") else []
    if placed.placement != "cpu":
        for gpu in dict.fromkeys(chosen_gpus(machine)):
            notes += _chips(gpu) if gpu.unified else _of_card(gpu)
    return notes


def _of_ram(machine: Machine) -> list[Note]:
    """Return what is taken for the speed of the RAM that a part of the model is read from."""
    if machine.phone and machine.ram_bandwidth_gb_s is None:
        return [{
            "en": "How fast the phone's memory is is not known, so no speed is told.",
            "ja": "スマートフォンのメモリの速さが分からないため、速度は示していません。",
        }]  # fmt: skip
    if machine.origin == "stated" and machine.ram_bandwidth_gb_s is not None:
        return [{
            "en": f"The speed rests on RAM that delivers up to {machine.ram_bandwidth_gb_s:,.0f} GB/s.",
            "ja": f"速度は、毎秒最大 {machine.ram_bandwidth_gb_s:,.0f} GB を読み出せる RAM としての値です。",
        }]  # fmt: skip
    if machine.origin == "stated" and (shared := bandwidth.of_shared(machine.gpus)) is not None:
        return [{
            "en": f"The speed rests on the memory that processor and GPU share, which delivers {shared:,.0f} GB/s"
            f"{'' if _known(machine) else ' at least'}.",
            "ja": f"速度は、CPU と GPU が共有するメモリから毎秒{'' if _known(machine) else '少なくとも'} "
            f"{shared:,.0f} GB を読み出せるとした値です。",
        }]  # fmt: skip
    if not cpu_bytes(machine)[1]:
        low, high = (round(of.CPU_BYTES / 1e9 * share, -1) for share in (of.CPU_GUESS_LOW, of.CPU_GUESS_HIGH))
        return [{
            "en": f"How fast the RAM is was not stated; the speed assumes that {low:g} to {high:g} GB of the model are "
            "read from it per second, as from two DDR4 or DDR5 modules.",
            "ja": f"RAM の速さが不明のため、DDR4・DDR5 メモリ 2 枚としてモデルを毎秒 {low:g}～{high:g} GB "
            "読み出せると仮定した速度です。",
        }]  # fmt: skip
    return []


def _of_card(gpu: Device) -> list[Note]:
    """Return what is taken for the speed of a card's memory where the card is not known."""
    if gpu.bandwidth_gb_s is not None:
        return []
    if (rates := bandwidth.bandwidths(gpu)) is None:
        return [{
            "en": "How fast the card's memory is is not known, so no speed is told.",
            "ja": "GPU のメモリの速さが分からないため、速度は示していません。",
        }]  # fmt: skip
    size = f"{gpu.total_mib / 1024:g} GB"
    return [{
        "en": f"Which card it is was not stated; the speed covers current cards with {size} "
        f"({rates[0]:,.0f} to {rates[2]:,.0f} GB/s).",
        "ja": f"GPU の機種が不明のため、{size} の現行 GPU"
        f"（{rates[0]:,.0f}～{rates[2]:,.0f} GB/s）の範囲で示した速度です。",
    }]  # fmt: skip


def _known(machine: Machine) -> bool:
    return all(gpu.bandwidth_gb_s is not None for gpu in machine.gpus if gpu.unified)


def _chips(gpu: Device) -> list[Note]:
    """Return which chips the speed of a Mac without a named one covers; nothing for a named chip."""
    chips = bandwidth.chips_with(gpu.name, gpu.total_mib) if gpu.bandwidth_gb_s is None else ()
    if not chips:
        return []
    low, high = (chip.bandwidth_gb_s or 0 for chip in (chips[0], chips[-1]))
    size = f"{gpu.total_mib / 1024:g} GB"
    if len(chips) == 1:
        return [{
            "en": f"Which chip the {gpu.name} has was not stated; with {size} it is the {chips[0].name} "
            f"({low:,.0f} GB/s).",
            "ja": f"チップ名の指定がないので、メモリ {size} の {gpu.name} にある {chips[0].name}（{low:,.0f} GB/s）"
            "として示した速度です。",
        }]  # fmt: skip
    return [{
        "en": f"Which chip the {gpu.name} has was not stated; with {size} it may be anything from the {chips[0].name} "
        f"({low:,.0f} GB/s) to the {chips[-1].name} ({high:,.0f} GB/s), and the speed covers them all.",
        "ja": f"チップ名が不明のため、メモリ {size} の {gpu.name} にありうる {chips[0].name}（{low:,.0f} GB/s）から "
        f"{chips[-1].name}（{high:,.0f} GB/s）までの範囲で示した速度です。",
    }]  # fmt: skip
