"""One row of architectures.csv -> the entry's [architecture] table, in llama.cpp's terms."""

import re
from typing import Any

from knowledge.importer.configs import refine
from knowledge.importer.tables import Row, number

Table = dict[str, Any]
# Published configurations, where the tables are silent and the parameter count there is an estimate.
TIED = re.compile(
    r"qwen2\.5-coder-1\.5b$|qwen3-4b|qwen3guard-gen-(0\.6|4)b|qwen3-vl-[24]b|qwen1\.5-0\.5b|granite-3\.|bitnet"
)
UNTIED = re.compile(
    r"gpt-oss|olmo-2|phi-4(-reasoning.*)?$|qwen2\.5-math-7b|pythia|deepseek-coder|minitron|internlm3|internlm2|llama-2|llama-3(\.1)?-\d+b"
)
NEEDED = ("layers", "hidden", "heads", "vocab")
# Families whose layers alternate between sliding and full attention. Source: llama.cpp src/models (load_swa_pattern),
# llama-cpp-python 0.3.36.
SWA_PERIOD = {"gemma2": 2, "gemma3": 6, "gemma3n": 5, "gpt-oss": 2, "llama4": 4, "cohere2": 4, "olmo2": 4, "exaone4": 4}
SWA_WINDOW = {"gemma2": 4096, "llama4": 8192, "cohere2": 4096, "gpt-oss": 128}
NO_WINDOW = {
    "phi3",
    "qwen2",
    "starcoder2",
    "llama",
    "qwen2vl",
    "qwen2moe",
    "qwen3",
}  # llama.cpp attends to the full context
UNGATED = {
    "arcee",
    "apertus",
    "falcon",
    "gptneox",
    "gpt2",
    "gptj",
    "bloom",
    "phi2",
    "starcoder",
    "starcoder2",
    "bert",
    "mpt",
    "nemotron",
    "t5",
}
EXPERTS_ONLY = {"olmoe", "phimoe", "granitemoe", "minimax-m2", "llama", "gpt-oss"}
MLA = {"deepseek2", "deepseek32", "kimi-linear", "minicpm3", "glm-dsa", "deepseek4", "kimi-k3"}
HYBRID = {"qwen3next", "qwen35", "qwen35moe"}  # every 4th layer keeps a KV cache (llama.cpp's default interval)
# Networks with parts that the plain arithmetic does not see (per-layer embeddings, convolutions, states, two towers).
NOT_PLAIN = {
    "bert",
    "jina-bert-v3",
    "t5",
    "gemma3n",
    "gemma4",
    "granitehybrid",
    "lfm2",
    "lfm2moe",
    "nemotron_h",
    "nemotron_h_moe",
    "qwen35",
    "qwen35moe",
    "qwen3next",
    "falcon-h1",
    "jamba",
    "mamba",
    "plamo2",
    "deci",
    "modern-bert",
    "nomic-bert",
    "jina-bert-v2",
    "grok",
    "llama4",
}
UNCERTAIN = {
    "granitehybrid",
    "falcon-h1",
    "nemotron_h",
    "nemotron_h_moe",
    "jamba",
    "plamo2",
    "minimax-01",
    "deci",
    "mamba",
    "lfm2",
    "lfm2moe",
    "kimi-k3",
    "deepseek4",
    "deepseek32",
    "glm-dsa",
    "minimax-m3",
    "mimo2",
    "step35",
    "kimi-linear",
    "gemma3n",
}


def architecture(row: Row, arch: str | None, config: Table | None = None) -> Table | None:
    """Return the table, or None when neither the row nor its config copy tells what an exact fit needs."""
    values = {key: number(row.get(key)) for key in row}
    if any(not values.get(key) for key in NEEDED):
        return None
    table: Table = {"arch": arch} if arch else {}
    for key in NEEDED:
        table[key] = _whole(values[key])
    mla = bool(values.get("kv_lora_rank"))
    kv_heads = _whole(values.get("kv_heads")) or (table["heads"] if arch in UNGATED - {"falcon"} else None)
    told = config is not None and config.get("model_type") == "nemotron_h"
    noted = row.get("kv_note", "").startswith("hybrid") and arch not in HYBRID and not told
    if noted and (arch is None or arch in NOT_PLAIN or not _plain_count(values)):
        return None
    if (arch in UNCERTAIN and not told) or (kv_heads is None and not mla) or (arch in MLA and not mla):
        return None
    table["kv_heads"] = kv_heads or table["heads"]
    table["head_dim"] = _whole(values.get("head_dim")) or (
        _whole(values["qk_nope_head_dim"]) + _whole(values["qk_rope_head_dim"])
        if mla and values.get("qk_nope_head_dim") and values.get("qk_rope_head_dim")
        else table["hidden"] // table["heads"]
    )
    ffn = _whole(values.get("ffn")) or (0 if values.get("moe_ffn") else None)
    if not ffn and arch in EXPERTS_ONLY:  # their config gives the expert's width as the feed-forward width
        ffn = _whole(values.get("moe_ffn")) or None
    if ffn is None:
        return None
    table["ffn"] = ffn
    table["tied_embeddings"] = tied(row, table)
    table |= _experts(values) | _latent(values) | _window(values, row, arch, table["layers"])
    if arch in HYBRID:
        full = re.search(r"full_attention x(\d+)", row.get("layer_kinds", ""))
        interval = table["layers"] // int(full[1]) if full else 4
        table["full_attention_interval"] = interval
    for key in ("global_head_dim", "global_kv_heads", "kv_shared_layers"):
        if values.get(key):
            table[key] = _whole(values[key])
    refined = refine(table, config)
    return None if told and isinstance(refined["kv_heads"], int) else refined


def _plain_count(values: dict[str, float | None]) -> bool:
    """Return whether a row's count is that of a plain network: then no layer is recurrent, whatever its note says."""
    stated, plain = values.get("params_total_b"), values.get("params_computed_b")
    return bool(stated and plain and abs(stated - plain) < 0.005 * stated)


def _experts(values: dict[str, float | None]) -> Table:
    names = ("experts", "experts_used", "moe_ffn", "shared_experts", "first_dense_layers")
    if not values.get("experts") or (values["experts"] or 0) < 2:
        return {}
    return {key: _whole(values[key]) for key in names if values.get(key)}


def _latent(values: dict[str, float | None]) -> Table:
    names = ("kv_lora_rank", "q_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim")
    if not values.get("kv_lora_rank"):
        return {}
    return {key: _whole(values[key]) for key in names if values.get(key)}


def _window(values: dict[str, float | None], row: Row, arch: str | None, layers: int) -> Table:
    window = _whole(values.get("sliding_window")) or SWA_WINDOW.get(arch or "")
    if not window or arch in NO_WINDOW or (arch == "olmo2" and not values.get("sliding_window")):
        return {}
    counts = re.match(r"(\d+) sliding / (\d+) total", row.get("swa_pattern", ""))
    kinds = re.search(r"sliding_attention x(\d+); full_attention x(\d+)", row.get("layer_kinds", ""))
    table: Table = {"sliding_window": window}
    if arch in SWA_PERIOD:
        table["swa_period"] = SWA_PERIOD[arch]
    elif kinds:
        table["swa_period"] = (int(kinds[1]) + int(kinds[2])) // int(kinds[2])
    elif counts and int(counts[1]) < layers:
        table["swa_period"] = layers // (layers - int(counts[1]))
    elif row.get("swa_pattern") == "all layers":
        table["swa_period"] = 1
    return table


def computed(table: Table, arch: str | None) -> float:
    """Return the number of parameters that a dense model's hyperparameters amount to (norms and biases left out).

    layers x (attention + feed-forward) + embeddings; three matrices in a gated feed-forward, two otherwise. Multi-head
    latent attention and experts are counted; vision towers and per-layer embeddings are not.
    """
    hidden, heads, dim, layers = table["hidden"], table["heads"], table["head_dim"], table["layers"]
    matrices = 2 if arch in UNGATED else 3
    attention: float
    if table.get("kv_lora_rank"):
        rope: int = table["qk_rope_head_dim"]
        nope = int(table.get("qk_nope_head_dim") or dim)
        value = int(table.get("v_head_dim") or dim)
        rank: int = table["kv_lora_rank"]
        q_rank: int = table.get("q_lora_rank") or 0
        query = (q_rank or hidden) * heads * (nope + rope) + hidden * q_rank
        attention = query + hidden * (rank + rope) + rank * heads * (nope + value) + heads * value * hidden
    else:
        kv = table["kv_heads"]
        kv_total = sum(kv) if isinstance(kv, list | tuple) else kv * layers
        attention = (2 * hidden * heads * dim * layers + 2 * hidden * dim * kv_total) / layers
    dense = layers
    feed = 0.0
    if table.get("experts"):
        dense = table.get("first_dense_layers", 0)
        width = table.get("moe_ffn") or table["ffn"]
        shared = (
            table.get("extra", {}).get("expert_shared_feed_forward_length") or table.get("shared_experts", 0) * width
        )
        feed = (layers - dense) * matrices * hidden * (width * table["experts"] + shared)
    feed += dense * matrices * hidden * table["ffn"]
    copies = 1 if table["tied_embeddings"] else 2
    return float(layers * attention + feed + copies * table["vocab"] * hidden)


def tied(row: Row, table: Table) -> bool:
    """Return whether input and output embeddings are one matrix: as stated, else whichever fits the parameter count."""
    stated = row.get("tied_embeddings", "")
    if stated:
        return stated == "True"
    name = row.get("hf_id", "").casefold()
    if TIED.search(name) or UNTIED.search(name):
        return bool(TIED.search(name))
    total = (number(row.get("params_total_b")) or 0) * 1e9
    if not total or table.get("experts"):
        return False
    both = {flag: computed({**table, "tied_embeddings": flag}, table.get("arch")) for flag in (True, False)}
    nearest = min(both, key=lambda flag: abs(both[flag] - total))
    return nearest if abs(both[nearest] - total) < 0.04 * total else False  # the stated count is itself a guess then


def _whole(value: float | None) -> int:
    return int(value) if value else 0
