"""Compare the training-memory formula with traced steps and with published peaks.

Traces: what the blocks of 32 architectures keep, in full-width shapes. The formula follows the modelling code of the
first group, and its table of departures from Llama was completed with these traces; the second group was traced once it
stood, and nothing was changed for it. Bloom, MPT, GPT-J and Falcon are not traced: no fused attention to stand in for.
Published: tests/data/finetune_published.csv, 196 runs of seven sources on T4 and A100, with the settings their scripts
tell (gathered 2026-11-22). "allocated" is PyTorch's peak, "device" what nvidia-smi shows or the card that just held it.
Three settings were read off the sources after a first look at the ratios: transformers' Trainer drops the logits before
the backward pass (its code), Qwen's README counts 10^9 bytes of allocated memory (its inference table only adds up so),
and fms runs on two cards hold embeddings in 32 bits (its column of memory after training).
"""

import csv
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.memory.blueprints.tensors import tensors
from assistant.memory.files.model_config import parse_config
from assistant.memory.placement import OVERHEAD_MIB
from assistant.memory.training.activations import activations, adapter_parameters, block_bytes, has_adapter
from assistant.memory.training.memory import measure, subject
from assistant.memory.training.modules import modules
from assistant.memory.training.recipe import HALF, Recipe
from assistant.memory.weights import parameter_count
from knowledge.catalog import load_catalog
from knowledge.schema import Architecture, Model
from tests.benchmarks.row import Row
from tests.fit_shapes import model

PUBLISHED = Path(__file__).parent.parent / "data" / "finetune_published.csv"
GIB, MIB, TOKENS = 2**30, 2**20, 2048
_DENSE = {"hidden_size": 2048, "intermediate_size": 5632, "num_attention_heads": 16, "num_key_value_heads": 4,
          "vocab_size": 64000}  # fmt: skip
_MOE = {**_DENSE, "moe_intermediate_size": 1024, "num_experts_per_tok": 4}
_SHARED = {"n_routed_experts": 16, "n_shared_experts": 1, "first_k_dense_replace": 1}
_LATENT = {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128}
READ: dict[str, dict[str, Any]] = {
    "llama": {**_DENSE, "hidden_size": 4096, "intermediate_size": 14336, "num_attention_heads": 32,
              "num_key_value_heads": 8, "vocab_size": 128256},
    "mistral": {**_DENSE, "sliding_window": None},
    "qwen2": {**_DENSE, "hidden_size": 3584, "intermediate_size": 18944, "num_attention_heads": 28},
    "qwen3": {**_DENSE, "head_dim": 128},
    "gemma": {**_DENSE, "num_key_value_heads": 1, "head_dim": 256},
    "gemma2": {**_DENSE, "head_dim": 256},
    "gemma3_text": {**_DENSE, "head_dim": 256},
    "phi3": {**_DENSE, "pad_token_id": 0},
    "phi": {**_DENSE, "num_key_value_heads": 16},
    "olmo2": {**_DENSE, "pad_token_id": 0},
    "cohere2": _DENSE,
    "mixtral": {**_DENSE, "num_local_experts": 8, "num_experts_per_tok": 2},
    "qwen3_moe": {**_MOE, "num_experts": 32, "decoder_sparse_step": 1, "head_dim": 128},
    "qwen2_moe": {**_MOE, "num_experts": 32, "shared_expert_intermediate_size": 2048},
    "gpt_oss": {**_DENSE, "num_local_experts": 16, "num_experts_per_tok": 4, "head_dim": 64},
    "deepseek_v3": {**_MOE, **_SHARED, **_LATENT, "num_key_value_heads": 16, "q_lora_rank": 768, "n_group": 4,
                    "topk_group": 2},
}  # fmt: skip
HELD_OUT: dict[str, dict[str, Any]] = {
    "exaone4": _DENSE,
    "ernie4_5": _DENSE,
    "seed_oss": {**_DENSE, "head_dim": 128},
    "hunyuan_v1_dense": {**_DENSE, "head_dim": 128},
    "arcee": _DENSE,
    "stablelm": _DENSE,
    "nemotron": {**_DENSE, "head_dim": 128},
    "apertus": _DENSE,
    "dots1": {**_MOE, **_SHARED},
    "ernie4_5_moe": {**_DENSE, "moe_num_experts": 16, "moe_k": 4, "moe_intermediate_size": 1024,
                     "moe_num_shared_experts": 1, "moe_layer_start_index": 1},
    "granitemoe": {**_DENSE, "num_local_experts": 16, "num_experts_per_tok": 4},
    "minimax_m2": {**_DENSE, "num_local_experts": 16, "num_experts_per_tok": 4, "head_dim": 128},
    "afmoe": {**_MOE, "num_experts": 16, "num_dense_layers": 1, "num_shared_experts": 1, "head_dim": 128},
    "gemma4_text": {**_DENSE, "head_dim": 256, "global_head_dim": 512, "hidden_size_per_layer_input": 0,
                    "num_kv_shared_layers": 0},
}  # fmt: skip
# Attention mixed with short convolutions or delta nets; the latter without the kernels that GPUs use.
RECURRENT: dict[str, dict[str, Any]] = {
    "lfm2": {**_DENSE, "block_auto_adjust_ff_dim": False},
    "qwen3_5_text": {**_DENSE, "head_dim": 128},
}
REASONS = {
    "apertus": "its xIELU activation is written out and keeps several tensors",
    "seed_oss": "dropout after attention and feed-forward by default",
    "ernie4_5_moe": "a router in 32 bits keeps a copy of its input when it is trained",
    "dots1": "a router in 32 bits keeps a copy of its input when it is trained",
    "afmoe": "a gate on attention's result",
    "gemma4_text": "full attention four times as wide as the model, whose gradients in flight are not counted",
    "deepseek_v3": "latent attention needs less than its feed-forward part in the backward pass",
    "qwen3_5_text": "delta nets without their GPU kernels, which keep less",
    "litgpt qlora": "bitsandbytes 0.41 kept the input of every 4-bit layer",
    "litgpt lora phi-1-5": "litgpt's GELU is one operation, transformers' five",
    "fms-liger 2": "FSDP in 2024 held about half a block more per card",
    "fms-liger 4": "FSDP in 2024 held about half a block more per card",
    "fms-liger": "on the device: a chunked loss leaves 0.11 to 0.15 of the activations unused, 0.27 are assumed",
    "fms qlora": "transformers of 2024 ran one expert after another; on the device: see fms",
    "llama-factory": "whole GB; fragmentation",
    "fms": "on the device: cached blocks beside large logits, which are given back when memory is short",
    "fms-granite": "on the device: cached blocks beside large logits, which are given back when memory is short",
    "qwen": "1.4 to 3 GB that do not depend on the length: DeepSpeed's buckets, Qwen's own tables",
    "unsloth": "contexts at the very edge of a card: fragmentation of logits of 4 to 54 GiB",
    "torchtune": "torch.compile fuses norms and activation, which then keep less",
    "fitcheck": "on the device: a T4's context is 141 MiB, 457 are assumed",
}
_EXTRA = {
    "powerlm-3b": Architecture("granite", 40, 2304, 36, 36, 64, 9216, 49152, True),
    "qwen-1.8b": Architecture("qwen", 24, 2048, 16, 16, 128, 5504, 151936),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """Formula over measurement, of `what`; `group` collects rows, `reason` names what an outlier is put down to."""

    group: str
    what: str
    ratio: float
    reason: str


def run() -> list[Row]:
    """Return medians and shares within 15 and 30 %; outliers are printed with their reasons."""
    found = [one for group, kinds in _groups() for kind, sizes in kinds.items() for one in traced(group, kind, sizes)]
    found += published()
    for group, reason in dict.fromkeys((one.group, one.reason) for one in found if abs(one.ratio - 1) > 0.15):
        off = [one for one in found if (one.group, one.reason) == (group, reason) and abs(one.ratio - 1) > 0.15]
        ratios = f"{min(one.ratio for one in off):.2f} to {max(one.ratio for one in off):.2f}"
        print(f"  {group}: {len(off)} x {ratios}, such as {off[0].what}: {REASONS.get(reason, 'not explained')}")
    groups = list(dict.fromkeys(one.group for one in found))
    rows = [_row(group, [one for one in found if one.group == group]) for group in groups]
    every = [one for one in found if one.group.startswith("published") and "allocated" in one.group]
    return [*rows, _row("all published peaks, allocated", every)]


def _groups() -> tuple[tuple[str, Mapping[str, dict[str, Any]]], ...]:
    return (("code read", READ), ("held-out", HELD_OUT), ("recurrent", RECURRENT))


def _row(group: str, found: Sequence[Compared]) -> Row:
    ratios = [one.ratio for one in found]
    off = [abs(one - 1) for one in ratios]
    worst = max(found, key=lambda one: abs(one.ratio - 1))
    within = ", ".join(f"{100 * sum(one <= most for one in off) / len(off):.0f} % within {most:.0%}"
                       for most in (0.02, 0.15, 0.3))  # fmt: skip
    how = f"formula / measured, median of {len(found)}; {within}; worst {worst.ratio:.2f} ({worst.what})"
    return Row(group, f"{statistics.median(ratios):.3f}", "", how)


def traced(group: str, kind: str, sizes: Mapping[str, Any]) -> list[Compared]:
    """Return one block's kept bytes, fully trained and with adapters, and a checkpointed step's peak, per trace."""
    from tests.benchmarks.training_trace import configuration, trace

    found = []
    for method in ("full", "lora"):
        kept = [
            trace(configuration(kind, sizes, layers), method, TOKENS, checkpointing=False, head=False).kept
            for layers in (2, 3)
        ]
        arch = parse_config({**configuration(kind, sizes, 3).to_dict(), "model_type": kind}).architecture
        parts = modules(arch, tensors(arch) or ())
        recipe = Recipe(method, TOKENS, autocast=method == "lora")  # type: ignore[arg-type]
        counted = sum(block_bytes(arch, parts, recipe)[2:]) * TOKENS
        if method == "lora":
            last = sum(
                one.inputs + one.outputs for one in parts.linears if 2 in one.layers and has_adapter(one, recipe)
            )
            counted += recipe.rank * last * HALF  # autocast's copies
        what = f"{kind} {method}"
        found.append(Compared(f"trace: blocks, {group}", what, counted / (kept[1] - kept[0]), kind))
    step = trace(configuration(kind, sizes, 3), "lora", TOKENS, checkpointing=True, head=False)
    told = activations(arch, parts, Recipe("lora", TOKENS), logits=False)
    found.append(Compared(f"trace: step without logits, {group}", kind, told.peak / step.peak, kind))
    found.append(Compared(f"trace: adapters, {group}", kind, adapter_parameters(parts, recipe) / step.trained, kind))
    return found


def published() -> list[Compared]:
    """Return each published peak's comparison, allocated and on the device."""
    catalog = load_catalog().models
    found = []
    with PUBLISHED.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            memory = measure(_subject(row["model"], catalog), _recipe(row), OVERHEAD_MIB["cuda"] * MIB)
            cards = int(row["cards"])
            what = f"{row['model']} {row['method']} {row['sequence_tokens']}x{row['batch']} on {cards}"
            for kind, told in (("allocated", memory.allocated(cards)), ("device", memory.per_card(cards))):
                if row[f"{kind}_gib"]:
                    ratio = told / GIB / float(row[f"{kind}_gib"])
                    found.append(Compared(f"published, {kind}: {row['source']}", what, ratio, _reason(row)))
    return found


def _reason(row: Mapping[str, str]) -> str:
    """Return the key in REASONS that fits a row best."""
    source = row["source"]
    keys = (f"{source} {row['method']} {row['model']}", f"{source} {row['cards']}", f"{source} {row['method']}")
    return next((key for key in keys if key in REASONS), source)


def _subject(name: str, catalog: Mapping[str, Model]) -> Any:
    if name in _EXTRA:
        arch = _EXTRA[name]
        return subject(model(arch, name, parameter_count(tensors(arch) or ())))
    return subject(catalog[name])


def _recipe(row: Mapping[str, str]) -> Recipe:
    """Return the recipe of a row: settings are `name=value`, numbers for switches and bytes, + between targets."""
    settings: dict[str, Any] = {}
    for part in filter(None, row["settings"].split(";")):
        name, value = part.split("=")
        number = int(value) if value.isdigit() else None
        switch = isinstance(getattr(Recipe("lora"), name), bool)
        settings[name] = tuple(value.split("+")) if name == "targets" else value if number is None else number
        settings[name] = bool(number) if switch else settings[name]
    rank = int(row["rank"] or 16)
    return Recipe(row["method"], int(row["sequence_tokens"]), int(row["batch"]), rank, **settings)  # type: ignore[arg-type]
