"""What a fit report says beside its figures: one sentence per language."""

from assistant.hardware.machine import Machine
from assistant.memory.needs import Needs, Note
from assistant.memory.placement import (
    ASSUMED_RAM_MIB,
    MOST_GPUS,
    Plan,
    Room,
    chosen_gpus,
    experts_in_ram,
    ram_bytes,
    some_layers,
    total,
)
from assistant.memory.quants import QUANTS
from assistant.memory.report import MIB, gib

# A card that is stated counts as free: idle ones report 11.0 of 12 GiB (ollama #6493), 6.9 of 8 (#7996), 23.1 of 24
# (#12403), of which the runtime's own context is about 0.4. Less than this left over may not be there.
TIGHT = 512 * MIB


def question_notes(need: Needs) -> list[Note]:
    """Return notes about the question itself: context above the maximum, formats outside llama.cpp."""
    notes: list[Note] = []
    limit = need.model.context_tokens
    if limit is not None and need.context_tokens > limit:
        notes.append({
            "en": f"Warning: {need.context_tokens:,} tokens are more than the {limit:,} this model was made for. "
            "The figures are for what was asked; beyond the maximum its answers degrade unless its context is "
            "extended.",
            "ja": f"注意: {need.context_tokens:,} トークンはこのモデルの最大 {limit:,} を超えています。"
            "数値は指定どおりですが、拡張設定なしでは最大を超えた分の回答品質が落ちます。",
        })  # fmt: skip
    if not QUANTS[need.quant].gguf:
        notes.append({
            "en": f"{need.quant} runs in vLLM and similar servers, not in llama.cpp; "
            "cache and buffers are llama.cpp's figures.",
            "ja": f"{need.quant} は vLLM などで動く形式で、llama.cpp では使えません。"
            "キャッシュとバッファは llama.cpp の値です。",
        })  # fmt: skip
    if need.arch is not None and need.arch.arch == "gpt-oss" and need.quant not in ("MXFP4", "F16", "BF16", "F32"):
        notes.append({
            "en": "This model's weights are published as MXFP4 (4-bit experts); files with other names "
            "are about as large.",
            "ja": "このモデルの重みは MXFP4（4 ビット）で公開されています。他の名前のファイルも大きさはほぼ同じです。",
        })  # fmt: skip
    return notes


def machine_notes(machine: Machine) -> tuple[Note, ...]:
    """Return notes about how the machine's memory was counted."""
    gpus = chosen_gpus(machine)
    if gpus and gpus[0].unified:
        return (_unified(machine),)
    if not gpus and machine.ram_total_mib is None:
        return ({
            "en": f"The amount of RAM was not stated; {ASSUMED_RAM_MIB // 1024} GB are assumed.",
            "ja": f"RAM の容量が未指定のため {ASSUMED_RAM_MIB // 1024} GB と仮定しました。",
        },)  # fmt: skip
    if not gpus and machine.origin == "stated" and machine.ram_total_mib is not None:
        left = gib(machine.ram_total_mib * MIB - (ram_bytes(machine) or 0))
        return ({
            "en": f"{left} of the RAM are left to the system (an assumption).",
            "ja": f"RAM のうち {left} は OS 用に残す前提です（仮定）。",
        },)  # fmt: skip
    if len(gpus) > 1:
        note = {
            "en": f"The layers are split over {len(gpus)} GPUs; each keeps its own overhead, margin and buffers.",
            "ja": f"層を {len(gpus)} 枚の GPU に分割します。オーバーヘッドと余裕、バッファは GPU ごとに必要です。",
        }
        if len(machine.gpus) > len(gpus) == MOST_GPUS:
            note["en"] += f" llama.cpp uses {MOST_GPUS} GPUs at most."
            note["ja"] += f"llama.cpp が使える GPU は {MOST_GPUS} 枚までです。"
        return (note,)
    return ()


def _unified(machine: Machine) -> Note:
    """Return what the GPU may use of a unified memory, and what raises that limit."""
    gpu = chosen_gpus(machine)[0]
    whole, part = gpu.total_mib / 1024, gpu.free_mib / 1024
    en = f"Unified memory: the GPU may use {part:,.1f} of {whole:,.1f} GiB"
    ja = f"ユニファイドメモリ {whole:,.1f} GiB のうち GPU が使えるのは {part:,.1f} GiB です"
    if gpu.vendor == "apple":
        en += " (macOS's default; sudo sysctl iogpu.wired_limit_mb=... raises it)"
        ja += "（macOS の既定。sudo sysctl iogpu.wired_limit_mb=... で増やせます）"
    elif gpu.vendor == "amd" and 2 * gpu.free_mib > gpu.total_mib:
        en += " (with AMD's setting for it; Linux maps half until ttm.pages_limit is raised)"
        ja += "（AMD の設定で割り当てた場合。Linux の既定は半分で、ttm.pages_limit で増やせます）"
    return {"en": en + ".", "ja": ja + "。"}


def placement_notes(need: Needs, placed: Plan, space: Room, available: int) -> list[Note]:
    """Return what does not fit, by how much, and how it can run all the same; or that it only just fits."""
    missing = total(need, space) - available
    if missing <= 0:
        return _tight(-missing, space)
    notes: list[Note] = [{
        "en": f"{gib(missing)} are missing on the device.",
        "ja": f"このデバイスでは {gib(missing)} 不足します。",
    }]  # fmt: skip
    if available < space.available and space.count > 1:
        unused = gib(space.available - available)
        notes.append({
            "en": f"Of the {gib(space.available)} on the cards together {unused} stay unused: a layer is on one card.",
            "ja": f"全カードの合計 {gib(space.available)} のうち {unused} は、1つの層を複数のカードに分けられないため"
            "使えません。",
        })  # fmt: skip
    return notes + _where(need, placed, space)


def _where(need: Needs, placed: Plan, space: Room) -> list[Note]:
    """Return how what the device does not hold can run all the same, or what RAM that takes."""
    ram = "" if space.ram is not None else "; its amount was not stated"
    ram_ja = " " if space.ram is not None else "（容量は未指定）"
    held = gib(placed.ram_bytes or 0)
    if placed.placement == "partial":
        return [{
            "en": f"It runs with {placed.gpu_layers} of {need.layers} layers on the GPU "
            f"and {held} in RAM, slower{ram}.",
            "ja": f"{need.layers} 層中 {placed.gpu_layers} 層を GPU、残り {held} を RAM{ram_ja}"
            "に置けば動きますが、遅くなります。",
        }]  # fmt: skip
    if placed.placement == "expert_offload":
        return [{
            "en": f"It runs with the experts of {placed.cpu_expert_layers} layers in RAM "
            f"({held}{ram}) and everything else on the GPU.",
            "ja": f"{placed.cpu_expert_layers} 層分のエキスパートを RAM（{held}"
            f"{'' if space.ram is not None else '、容量は未指定'}）に、残りを GPU に置けば動きます。",
        }]  # fmt: skip
    if placed.placement == "cpu":
        return [{
            "en": "It runs on the processor alone, from RAM.",
            "ja": "GPU を使わず CPU と RAM だけなら動きます。",
        }]  # fmt: skip
    if (lacking := _ram_lacking(need, space)) is not None:
        return [{
            "en": f"With part of it in RAM it would need {gib(lacking)} of RAM; {gib(space.ram or 0)} can be used.",
            "ja": f"一部を RAM に置く場合でも RAM が {gib(lacking)} 必要で、使えるのは {gib(space.ram or 0)} です。",
        }]  # fmt: skip
    return []


def _tight(left: int, space: Room) -> list[Note]:
    """Return a caution when a stated card is filled almost to the brim."""
    if space.kind != "gpu" or left >= TIGHT:
        return []
    return [{
        "en": f"Only {gib(left)} would be left: a desktop or browser on the same card can take more than that.",
        "ja": f"残りは {gib(left)} だけです。"
        "同じ GPU で画面表示やブラウザーを使うと足りなくなることがあります。",
    }]  # fmt: skip


def _ram_lacking(need: Needs, space: Room) -> int | None:
    """Return the least RAM in bytes with which it would run beside the card, None when the card holds no layer."""
    plans = (experts_in_ram(need, space), some_layers(need, space)) if space.kind == "gpu" and space.ram else ()
    return min((one.ram_bytes or 0 for one in plans if one is not None), default=None)


def rule_of_thumb(total_mib: int, factor: float, quantised: float) -> Note:
    """Return how the guides' estimate comes about and why it differs from the figures.

    `quantised` is what the same rule gives in 10^9 parameters with Q4_K_M's bytes per weight.
    """
    return {
        "en": f"Rule of thumb: {total_mib / 1024:g} GB x 0.75 / {factor:.2f} (context factor) / 2 bytes per parameter. "
        f"It means 16-bit weights; with Q4_K_M's 0.61 bytes it gives {quantised:.1f}B. It takes KV cache and overhead "
        "as a share of the weights, though they do not grow in proportion.",
        "ja": f"目安の式: {total_mib / 1024:g} GB × 0.75 ÷ {factor:.2f}（文脈係数）÷ 2 バイト。"
        f"16 ビットの重みを前提にした式で、Q4_K_M の 0.61 バイトなら {quantised:.1f}B になります。KV キャッシュや"
        "オーバーヘッドを重みに比例すると見なすため、実際の値とは異なります。",
    }
