"""Read the fact tables and know where each of them comes from."""

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from knowledge.importer.configs import read_configs
from knowledge.importer.hub_ids import fold

Row = dict[str, str]

# key: (reference, day of that copy). One line per table; keys are the entries' source keys.
ORIGINS: dict[str, tuple[str, str]] = {
    "aa": ("Artificial Analysis, via oolong-tea-2026/artificial-analysis-leaderboards @ ed1690f", "2026-07-10"),
    "aider": ("Aider-AI/aider aider/website/_data @ 5dc9490", "2026-05-22"),
    "aiconfigurator": ("ai-dynamo/aiconfigurator model_configs @ 095f58a", "2026-08-21"),
    "arena": ("lmarena/arena-catalog data (style control) @ c9558b6", "2025-12-17"),
    "arena2024": ("LMSYS Chatbot Arena, via fboulnois/llm-leaderboard-csv @ bfa7927", "2024-07-10"),
    "arena2026": ("Arena, via oolong-tea-2026/arena-ai-leaderboards @ a2694df", "2026-04-19"),
    "awesome_sizes": ("llm-jp/awesome-japanese-llm parameter_size_overview_ja.csv @ 903d9db", "2026-08-22"),
    "bigcodebench": ("bigcode-bench/bigcode-bench.github.io results @ 81f5635", "2025-04-17"),
    "epoch": ("Epoch AI, epoch-research/benchmark-stitching data @ f87d3cc", "2025-12-03"),
    "epoch_models": ("Epoch AI database, via simsharmaa/INFSCI1520 @ 291adcd", "2025-04-23"),
    "evalplus": ("evalplus/evalplus.github.io results.json @ 8741845", "2024-12-26"),
    "fairseq": ("facebookresearch/fairseq examples @ 3d262bb", "2026-11-21"),
    "gpustack": ("gpustack/gpustack assets/model-catalog.yaml @ 47277d7", "2026-08-21"),
    "gpu_poor": ("RahulSChand/gpu_poor public/all_configs.json @ ad2fc0e", "2024-12-03"),
    "hand": ("entered by hand from the publisher's documentation, not re-read for this catalog", "2026-11-22"),
    "helm": ("stanford-crfm/helm model_metadata.yaml @ 63754d0", "2026-06-05"),
    "inference_sim": ("inference-sim/inference-sim model_configs @ f90a1e3", "2026-08-22"),
    "jmteb": ("sbintuitions/JMTEB leaderboard.md @ 52876d5", "2025-03-03"),
    "jp_list": ("llm-jp/awesome-japanese-llm README @ 903d9db", "2026-08-22"),
    "lcb": ("LiveCodeBench performances_generation.json @ 83b6481", "2025-04-22"),
    "litellm": ("BerriAI/litellm prices, via RoCry/llm-api-price @ 8442b93", "2026-07-24"),
    "litgpt": ("Lightning-AI/litgpt litgpt/config.py @ 2685705", "2026-06-29"),
    "llm_analysis": ("cli99/llm-analysis model_configs @ d841e40", "2024-11-13"),
    "llm_tools": ("manuelescobar-dev/LLM-Tools models @ 9e90973", "2024-12-18"),
    "llmfit": ("AlexsJones/llmfit data/hf_models.json @ 5bdc9df", "2026-05-12"),
    "llmjp_scripts": ("llm-jp/scripts pretrain/scripts @ 0a70387", "2026-07-01"),
    "lmstudio": ("lmstudio-ai/model-catalog catalog.json @ 78bd560", "2024-08-01"),
    "maxtext": ("AI-Hypercomputer/maxtext configs/models @ e591f30", "2026-08-22"),
    "models_dev": ("anomalyco/models.dev @ f3fc692", "2026-07-02"),
    "mteb": ("embeddings-benchmark/results @ f4cc6c8", "2026-08-20"),
    "mteb_meta": ("embeddings-benchmark/mteb model_implementations @ a905523", "2026-08-22"),
    "olb1": ("Open LLM Leaderboard v1, via dsdanielpark/open-llm-leaderboard-report @ 42a5fcd", "2023-12-14"),
    "olb2": ("Open LLM Leaderboard v2, via fboulnois/llm-leaderboard-csv @ 0f4e5c6", "2025-03-21"),
    "ome": ("sgl-project/ome modelconfig/testdata @ 17b77ed", "2026-05-06"),
    "open_asr": ("huggingface/open_asr_leaderboard scripts/data @ d1e99b2", "2026-08-21"),
    "open_llms": ("eugeneyan/open-llms README.md @ 78a2524", "2025-02-12"),
    "simonw": ("simonw/llm-prices data @ 723ef0b", "2026-08-05"),
    "swallow": ("Swallow LLM Leaderboard (CC-BY 4.0), swallow-llm/leaderboard @ ed3805c", "2026-06-24"),
    "swallow_card": ("tokyotech-llm/Llama-3.1-Swallow-8B-v0.5 model card, release history", "2026-11-22"),
    "swallow1": ("swallow-llm/evaluation assets/data.js @ d60c0e6", "2024-12-30"),
    "whisper": ("openai/whisper README.md @ 0033c7f", "2026-11-21"),
    "xinference": ("xorbitsai/inference model/*/*.json @ 7ecec16", "2026-08-23"),
    "arithmetic": ("computed from the entry's own hyperparameters", "2026-11-21"),
    "tables": ("merged public fact tables, collected 2026-11-21", "2026-11-21"),
}
# Words inside architectures.csv's `source` cells -> key, first match wins.
PLACES = (
    ("aiconfigurator", "aiconfigurator"),
    ("inference-sim", "inference_sim"),
    ("sgl-project/ome", "ome"),
    ("llm-analysis", "llm_analysis"),
    ("LLM-Tools", "llm_tools"),
    ("litgpt", "litgpt"),
    ("maxtext", "maxtext"),
    ("llmfit", "llmfit"),
    ("gpu_poor", "gpu_poor"),
    ("artificial-analysis", "aa"),
    ("awesome-japanese-llm", "jp_list"),
    ("huggingface_v2.csv", "olb2"),
    ("OLLB", "olb2"),
    ("xorbitsai", "xinference"),
    ("benchmark-stitching", "epoch"),
    ("gpustack", "gpustack"),
    ("swallow-llm/leaderboard", "swallow"),
    ("swallow-llm/evaluation", "swallow1"),
    ("mteb", "mteb_meta"),
    ("open-llms", "open_llms"),
    ("bigcode-bench", "bigcodebench"),
    ("helm", "helm"),
    ("openai/whisper", "whisper"),
    ("Epoch AI", "epoch_models"),
    ("fairseq", "fairseq"),
    ("llm-jp/scripts", "llmjp_scripts"),
)


def number(text: str | None) -> float | None:
    """Return a finite number, or None for an empty cell or one that is none."""
    try:
        value = float((text or "").strip().rstrip("%"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def day(text: str | None) -> date | None:
    """Return a full date, or None (a bare year or month is not a date)."""
    match = re.match(r"\d{4}-\d{2}-\d{2}", (text or "").strip())
    try:
        return date.fromisoformat(match[0]) if match else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Tables:
    """A folder of fact tables; an absent table is an empty one."""

    folder: Path

    def rows(self, name: str) -> list[Row]:
        """Return a table's rows; [] when the folder has no such table."""
        path = self.folder / name
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(file)]

    def by_hub_id(self, name: str, column: str) -> Iterator[tuple[str, Row]]:
        """Yield (folded hub id, row) for each id of a cell that may list several, split on ";"."""
        for row in self.rows(name):
            for one in row.get(column, "").split(";"):
                if "/" in one:
                    yield fold(one), row

    @cached_property
    def configs(self) -> dict[str, dict[str, Any]]:
        """Copies of config.json by folded hub id."""
        return read_configs(self.folder)

    def config(self, hf_id: str) -> dict[str, Any] | None:
        """Return the copy of a model's config.json, by hub id or by its bare name; None when there is none."""
        name = re.sub(r"-(bf16|fp8|nvfp4)$", "", fold(hf_id))
        return self.configs.get(name) or self.configs.get(name.split("/")[-1])

    @cached_property
    def hub_facts(self) -> dict[str, Row]:
        """Llmfit's rows: exact parameter counts as the hub has them (estimates among them; check before use)."""
        return {fold(row["name"]): row for row in self.rows("models/llmfit_hf_models.csv")}


def place(cell: str) -> dict[str, str]:
    """Return field -> source key of architectures.csv's `source` cell."""
    found = {}
    for part in cell.split(" | "):
        field, _, where = part.partition(": ")
        for word, key in PLACES:
            if word in where:
                found[field.strip()] = key
                break
        else:
            if where.strip():
                found[field.strip()] = "tables"
    return found
