"""What a fit report says beside its figures: one sentence per language."""

from assistant.machine import Machine
from assistant.memory.needs import Needs, Note
from assistant.memory.placement import ASSUMED_RAM_MIB, SYSTEM_RAM_MIB, Plan, Room, chosen_gpus, unified_limit_mib
from assistant.memory.quants import QUANTS


def _gib(size: float) -> str:
    return f"{size / 1024**3:,.1f} GiB"


def question_notes(need: Needs) -> list[Note]:
    """Return notes about the question itself: context above the maximum, formats outside llama.cpp, vision."""
    notes: list[Note] = []
    model, limit = need.model, need.model.context_tokens
    if limit is not None and need.context_tokens > limit:
        notes.append({
            "en": f"{need.context_tokens:,} tokens are more than the {limit:,} this model was made for; "
            "beyond that its answers degrade unless its context is extended.",
            "ja": f"{need.context_tokens:,} トークンはこのモデルの最大 {limit:,} を超えています。"
            "拡張設定なしでは超えた分の回答品質が落ちます。",
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
    if "image" in model.inputs and model.variant != "image":
        notes.append({
            "en": "Reading images takes the vision projector (mmproj file) on top; it is not included.",
            "ja": "画像を読ませる場合は画像用の投影ファイル（mmproj）の分が別に必要です（含めていません）。",
        })  # fmt: skip
    return notes


def machine_notes(machine: Machine) -> tuple[Note, ...]:
    """Return notes about how the machine's memory was counted."""
    gpus = chosen_gpus(machine)
    if gpus and gpus[0].unified:
        limit = unified_limit_mib(gpus[0])
        return ({
            "en": f"Unified memory: a GPU may use {limit / 1024:,.1f} of {gpus[0].total_mib / 1024:,.1f} GiB.",
            "ja": f"ユニファイドメモリ {gpus[0].total_mib / 1024:,.1f} GiB のうち "
            f"GPU が使えるのは {limit / 1024:,.1f} GiB です。",
        },)  # fmt: skip
    if not gpus and machine.ram_total_mib is None:
        return ({
            "en": f"The amount of RAM was not stated; {ASSUMED_RAM_MIB // 1024} GB are assumed.",
            "ja": f"RAM の容量が未指定のため {ASSUMED_RAM_MIB // 1024} GB と仮定しました。",
        },)  # fmt: skip
    if not gpus and machine.origin == "stated":
        return ({
            "en": f"{SYSTEM_RAM_MIB // 1024} GiB of the RAM are left to the system (an assumption).",
            "ja": f"RAM のうち {SYSTEM_RAM_MIB // 1024} GiB は OS 用に残す前提です（仮定）。",
        },)  # fmt: skip
    if len(gpus) > 1:
        return ({
            "en": f"The layers are split over {len(gpus)} GPUs; each keeps its own overhead, margin and buffers.",
            "ja": f"層を {len(gpus)} 枚の GPU に分割します。オーバーヘッドと余裕、バッファは GPU ごとに必要です。",
        },)  # fmt: skip
    return ()


def placement_notes(need: Needs, placed: Plan, space: Room, whole_up_to: int) -> list[Note]:
    """Return what does not fit, by how much, how it can run all the same, and what would make it fit.

    `whole_up_to` is the longest context for which everything would be on the device, 0 when there is none.
    """
    total = need.weights.total + need.cache_bytes + need.compute_bytes + space.overhead
    missing = total - space.available
    if missing <= 0:
        return []
    notes: list[Note] = [{
        "en": f"{_gib(missing)} are missing on the device.",
        "ja": f"このデバイスでは {_gib(missing)} 不足します。",
    }]  # fmt: skip
    if placed.placement == "partial":
        ram = "" if space.ram is not None else " (its amount was not stated)"
        ram_ja = "" if space.ram is not None else "（容量は未指定）"
        notes.append({
            "en": f"It runs with {placed.gpu_layers} of {need.layers} layers on the GPU and "
            f"{_gib(placed.ram_bytes or 0)} in RAM{ram}, slower.",
            "ja": f"{need.layers} 層中 {placed.gpu_layers} 層を GPU、残り {_gib(placed.ram_bytes or 0)} を RAM{ram_ja} "
            "に置けば動きますが、遅くなります。",
        })  # fmt: skip
    elif placed.placement == "expert_offload":
        notes.append({
            "en": f"It runs with the experts of {placed.cpu_expert_layers} layers in RAM "
            f"({_gib(placed.ram_bytes or 0)}) and everything else on the GPU.",
            "ja": f"{placed.cpu_expert_layers} 層分のエキスパートを RAM（{_gib(placed.ram_bytes or 0)}）に、"
            "残りを GPU に置けば動きます。",
        })  # fmt: skip
    elif placed.placement == "cpu":
        notes.append({
            "en": "It runs on the processor alone, from RAM.",
            "ja": "GPU を使わず CPU と RAM だけなら動きます。",
        })  # fmt: skip
    return notes + _remedies(need, missing, whole_up_to)


def _remedies(need: Needs, missing: int, whole_up_to: int) -> list[Note]:
    """Return which single changes would make it fit: a smaller KV type, a shorter context."""
    notes: list[Note] = []
    if need.cache is None:
        return notes
    eighth = need.cache.cache_bytes(need.context_tokens, "q8_0", users=need.users)
    if need.kv_type in ("f16", "bf16", "f32") and need.cache_bytes - eighth >= missing:
        notes.append({
            "en": f"With a q8_0 KV cache ({_gib(eighth)} instead of {_gib(need.cache_bytes)}) it would fit.",
            "ja": f"KV キャッシュを q8_0 にすれば（{_gib(need.cache_bytes)} → {_gib(eighth)}）収まります。",
        })  # fmt: skip
    if whole_up_to >= 1024:
        notes.append({
            "en": f"With a context of up to {whole_up_to:,} tokens it would fit.",
            "ja": f"コンテキストを {whole_up_to:,} トークン以下にすれば収まります。",
        })  # fmt: skip
    return notes


def rule_of_thumb(total_mib: int, factor: float) -> Note:
    """Return how the guides' estimate comes about and why it differs from the figures."""
    return {
        "en": f"Rule of thumb: {total_mib / 1024:g} GB x 0.75 / {factor:.2f} (context factor) / 2 bytes per parameter. "
        "It means 16-bit weights; quantised ones take a quarter to a half of that, and KV cache and overhead do not "
        "grow in proportion.",
        "ja": f"目安の式: {total_mib / 1024:g} GB × 0.75 ÷ {factor:.2f}（文脈係数）÷ 2 バイト。"
        "16 ビットの重みを前提にした式です。量子化すると重みは 1/4〜1/2 になり、KV キャッシュや"
        "オーバーヘッドは比例して増えないため、実際の値とは異なります。",
    }
