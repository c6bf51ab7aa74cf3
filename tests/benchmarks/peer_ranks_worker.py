"""Rank models with whichllm. Run by peer_ranks.py with the interpreter of an environment that has it.

A question on standard input, a list of {model id: quality score} on standard output, one per memory.
"""

import json
import sys
from typing import Any

# A common card of each size: whichllm judges speed by the card's bandwidth (10^9 bytes/s, of these cards).
BANDWIDTHS = {
    "4": 128,
    "6": 336,
    "8": 272,
    "12": 360,
    "16": 448,
    "24": 1008,
    "32": 1792,
    "48": 768,
    "80": 2039,
    "128": 546,
}


def known_scores(asked: dict[str, Any]) -> dict[str, float]:
    """Return whichllm's score table: what it ships and what it would have fetched, later sources first as it merges."""
    from whichllm.models.benchmark_lineage import _apply_lineage_recency_demotion
    from whichllm.models.benchmark_sources import get_aa_curated_fallback, get_livebench_data
    from whichllm.models.benchmark_sources.chatbot_arena import _normalize_arena_elo
    from whichllm.models.benchmark_sources.open_llm_leaderboard import _normalize_leaderboard_avg
    from whichllm.models.benchmark_sources.vision import VISION_FALLBACK_2026_05

    hidden = asked["hidden"]
    frozen: dict[str, float] = {}
    for one in asked["models"]:
        told = one["fetched"]
        if hidden != "olb2" and "olb2" in told:
            frozen[one["hub"]] = _normalize_leaderboard_avg(told["olb2"])
        if hidden != "arena" and "arena" in told:
            frozen[one["hub"]] = max(frozen.get(one["hub"], 0.0), _normalize_arena_elo(told["arena"]))
    current: dict[str, float] = {}
    shipped = [get_livebench_data(), VISION_FALLBACK_2026_05]
    if hidden != "aa":
        shipped.append(get_aa_curated_fallback())
    for table in shipped:
        for name, score in table.items():
            current[name] = max(current.get(name, 0.0), score)
    found: dict[str, float] = _apply_lineage_recency_demotion({**frozen, **current}, frozen, current)
    return found


def hardware(memory: str, ram_gb: int) -> Any:
    """Return whichllm's description of a machine."""
    from whichllm.hardware.types import GPUInfo, HardwareInfo

    if memory == "cpu":
        return HardwareInfo(cpu_cores=8, has_avx2=True, ram_bytes=ram_gb * 2**30, disk_free_bytes=2**42)
    card = GPUInfo(
        name=f"GPU {memory} GB",
        vendor="nvidia",
        vram_bytes=int(memory) * 2**30,
        compute_capability=(8, 9),
        memory_bandwidth_gbps=BANDWIDTHS[memory],
    )
    return HardwareInfo(gpus=[card], cpu_cores=8, has_avx2=True, ram_bytes=64 * 2**30, disk_free_bytes=2**42)


def main() -> None:
    """Answer."""
    from whichllm.constants import QUANT_BYTES_PER_WEIGHT
    from whichllm.engine.ranker import rank_models
    from whichllm.engine.ranking_variants import _SYNTHETIC_QUANTS
    from whichllm.models.types import GGUFVariant, ModelInfo

    asked = json.load(sys.stdin)
    ids, models = {}, []
    for one in asked["models"]:
        ids[one["hub"]] = one["id"]
        files = [
            GGUFVariant(one["hub"], quant, int(one["parameters"] * QUANT_BYTES_PER_WEIGHT[quant]), is_estimated=True)
            for quant in _SYNTHETIC_QUANTS
        ]
        models.append(
            ModelInfo(
                id=one["hub"],
                family_id=one["hub"],  # otherwise it keeps one model of a family
                name=one["hub"].split("/")[1],
                parameter_count=one["parameters"],
                parameter_count_active=one["active"],
                is_moe=one["active"] is not None,
                context_length=one["context"],
                base_model=one["base"],
                gguf_variants=files,
            )
        )
    scores = known_scores(asked)
    answers = []
    for memory in asked["memories"]:
        ranked = rank_models(
            models,
            hardware(memory, asked["ram"]),
            context_length=8192,
            top_n=len(models),
            benchmark_scores=scores,
            task_profile="any",
        )
        answers.append({ids[one.model.id]: one.quality_score for one in ranked})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
