"""Layer-by-layer details from copies of config.json: which layers keep a KV cache, and the size of recurrent states."""

import json
import re
from pathlib import Path
from typing import Any

from knowledge.importer.hub_ids import fold

Table = dict[str, Any]
# Mamba-2 groups of Nemotron-H models; the copies leave the key out. Source: nvidia/Nemotron-H-8B-Base-8K config.json.
NEMOTRON_GROUPS = 8.0


def read_configs(folder: Path) -> dict[str, Table]:
    """Return folded hub id (without quantisation marks) -> the text model's config; {} when there are no copies."""
    path = folder / "models/hf_config_copies.json"
    if not path.is_file():
        return {}
    found: dict[str, Table] = {}
    for key, one in sorted(json.loads(path.read_text(encoding="utf-8")).items()):
        config = one["config"]
        name = re.sub(r"-(nvfp4|fp8|bf16)$", "", fold(one.get("hf_id") or key))
        found.setdefault(
            name, {"tie_word_embeddings": config.get("tie_word_embeddings"), **(config.get("text_config") or config)}
        )
    for name in sorted(found):  # NVIDIA publishes quantised copies of other labs' models: known by the bare name too
        found.setdefault(name.split("/")[-1], found[name])
    return found


def refine(table: Table, config: Table | None) -> Table:
    """Return the architecture with what its config copy tells beyond the merged row."""
    if not config:
        return table
    if config.get("model_type") == "nemotron_h":
        return table | _nemotron(config, table["layers"])
    if "linear_num_value_heads" in config:
        values, dim = config["linear_num_value_heads"], config["linear_value_head_dim"]
        extra = {
            "ssm.conv_kernel": float(config["linear_conv_kernel_dim"]),
            "ssm.group_count": float(config["linear_num_key_heads"]),
            "ssm.inner_size": float(values * dim),
            "ssm.state_size": float(config["linear_key_head_dim"]),
            "ssm.time_step_rank": float(values),
        }
        if shared := config.get("shared_expert_intermediate_size"):
            extra["expert_shared_feed_forward_length"] = float(shared)
            table["shared_experts"] = 1
        return table | {"full_attention_interval": config["full_attention_interval"], "extra": extra}
    if config.get("num_kv_shared_layers"):
        table["kv_shared_layers"] = config["num_kv_shared_layers"]
    return table


def _nemotron(config: Table, layers: int) -> Table:
    """Nemotron-H: `*` attention, `M` Mamba-2, `-` feed-forward, `E` experts, one of them per layer."""
    letters = {"attention": "*", "mamba": "M", "moe": "E", "mlp": "-"}
    pattern = config.get("hybrid_override_pattern") or "".join(
        letters[one] for one in config.get("layers_block_type", [])
    )
    if len(pattern) != layers:
        return {}
    heads = config["num_key_value_heads"]
    extra = {
        "recurrent_layers": float(pattern.count("M")),
        "ssm.conv_kernel": float(config.get("conv_kernel", 4)),
        "ssm.group_count": NEMOTRON_GROUPS,
        "ssm.inner_size": float(config["mamba_num_heads"] * config["mamba_head_dim"]),
        "ssm.state_size": float(config["ssm_state_size"]),
        "ssm.time_step_rank": float(config["mamba_num_heads"]),
    }
    if shared := config.get("moe_shared_expert_intermediate_size"):
        extra["expert_shared_feed_forward_length"] = float(shared)
    return {"kv_heads": [heads if letter == "*" else 0 for letter in pattern], "extra": extra}
