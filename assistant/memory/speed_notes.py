"""What a speed rests on when it is not known: one sentence per language."""

from assistant.machine import Machine
from assistant.memory import bandwidth
from assistant.memory import speed_constants as of
from assistant.memory.needs import Note
from assistant.memory.placement import Plan, chosen_gpus
from assistant.memory.speed import cpu_bytes


def speed_notes(placed: Plan, machine: Machine) -> list[Note]:
    """Return notes about memory bandwidths that were assumed for a placement's speed."""
    notes: list[Note] = []
    if placed.placement in ("cpu", "partial", "expert_offload") and not cpu_bytes(machine)[1]:
        low, high = (round(of.CPU_BYTES / 1e9 * share, -1) for share in (of.CPU_GUESS_LOW, of.CPU_GUESS_HIGH))
        notes.append({
            "en": f"How fast the RAM is was not stated; the speed assumes that {low:g} to {high:g} GB of the model are "
            "read from it per second, as from two DDR4 or DDR5 modules.",
            "ja": f"RAM の速さが不明のため、DDR4・DDR5 メモリ 2 枚としてモデルを毎秒 {low:g}～{high:g} GB "
            "読み出せると仮定した速度です。",
        })  # fmt: skip
    if placed.placement == "cpu":
        return notes
    for gpu in dict.fromkeys(chosen_gpus(machine)):
        rates = bandwidth.bandwidths(gpu)
        if gpu.bandwidth_gb_s is None and rates is not None:
            size = f"{gpu.total_mib / 1024:g} GB"
            notes.append({
                "en": f"Which card it is was not stated; the speed covers current cards with {size} "
                f"({rates[0]:,.0f} to {rates[2]:,.0f} GB/s).",
                "ja": f"GPU の機種が不明のため、{size} の現行 GPU"
                f"（{rates[0]:,.0f}～{rates[2]:,.0f} GB/s）の範囲で示した速度です。",
            })  # fmt: skip
    return notes
