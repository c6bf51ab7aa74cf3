"""Write tests/data/speed_rows.csv from the tables that AlexsJones/llmfit collects from its users.

    python -m tests.benchmarks.speed_rows COMMUNITY.csv CACHE.csv

The tables are llmfit-core/data (community/*.json and benchmark_cache.json, 2026-08-22, MIT) as CSV. Rows are left out,
and counted, for these reasons, none of which looks at an estimate: another engine than llama.cpp, Ollama or LM Studio;
a processor, or several cards; speculative decoding stated, or a file with draft heads (its name says MTP; whether it
drafted is not recorded reliably); several requests at a time; a model, quantisation or card that is not known here; a
model that lies partly in RAM as the submitter's pull request says; the same measurement again. What physics rules out
is left to speed_cases.py.

`depth` is the number of tokens in the context while it was measured: the prompt and half the answer; 64 for
llama-bench's tg128 beside a pp512; the stated context for one submitter's sweep (RTX 4070, Ryzen 5 5600X) whose speed
falls with it.
"""

import collections
import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from assistant.errors import MekikiError
from assistant.memory.quants import resolve_quant
from knowledge.catalog import Catalog, load_catalog
from knowledge.gpu_names import find_gpu
from knowledge.gpu_table import with_memory
from knowledge.names import find_model
from knowledge.schema import Gpu, Model

DATA = Path(__file__).parent.parent / "data" / "speed_rows.csv"
ATTRIBUTION = (
    "# Measurements by users, collected by AlexsJones/llmfit (llmfit-core/data @ 3f44fd3, 2026-08-22), "
    "MIT License, Copyright (c) Alex Jones; chosen and named as tests/benchmarks/speed_rows.py says"
)
FIELDS = ("card", "memory_gb", "backend", "engine", "model", "quant", "kv_type", "depth", "per_second",
          "prompt_tokens", "prompt_per_second")  # fmt: skip
ENGINES = {"llamacpp": "llama.cpp", "llama.cpp": "llama.cpp", "ollama": "ollama", "lmstudio": "lmstudio"}
_BACKENDS = {"nvidia": "cuda", "amd": "rocm", "apple": "metal"}
_SUBMITTED_UNDER_VULKAN = {"RX 7900 XT", "GTX 1050 Ti"}  # pull requests 808 and 815
_PARTLY_IN_RAM = {("RTX 2080", "gemma-2-9b-it"), ("RTX 2080", "gemma-3-12b-it")}  # pull requests 774 and 778
_QUANT = re.compile(r"[-_.:](?:UD-)?((?:I?Q\d_?[A-Z0-9_]*|MXFP4|BF16|F16))$", re.IGNORECASE)
_DRAFTS = re.compile(r"mtp|dflash", re.IGNORECASE)
# Mixed quantisations under names of their own, by the plain one of about their size.
_MIXES = {"UD-Q2_K_XL": "Q2_K", "Q2_K_XL": "Q2_K", "UD-Q3_K_XL": "Q3_K_M", "Q3_K_XL": "Q3_K_M", "UD-Q4_K_XL": "Q4_K_M",
          "Q4_K_XL": "Q4_K_M", "Q4_K_L": "Q4_K_M", "UD-Q6_K": "Q6_K", "UD-Q6_K_XL": "Q6_K", "UD-Q8_K_XL": "Q8_0",
          "UD-IQ2_XXS": "IQ2_XXS", "UD-IQ2_M": "IQ2_M", "UD-IQ4_NL": "IQ4_NL"}  # fmt: skip
# Fine-tunes whose name says what they were made from.
_MADE_FROM = re.compile(
    r"(Qwen3\.[56]-(?:0\.8B|4B|9B|27B|35B-A3B)|gemma-4-(?:12B|26B-A4B|31B|E2B|E4B)-it|Devstral-Small-2-24B)",
    re.IGNORECASE,
)
_FULL_NAMES = {"devstral-small-2-24b": "devstral-small-2-24b-instruct-2512"}

Row = dict[str, object]


def _read(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _named(catalog: Catalog, *names: str) -> Model | None:
    """Return the first model that a hub id or name means, else the one that a fine-tune says it was made from."""
    by_hub = {model.hf_id.lower(): model for model in catalog.models.values() if model.hf_id}
    for name in names:
        if name.lower() in by_hub:
            return by_hub[name.lower()]
    for name in names:
        plain = re.sub(r"-GGUF$", "", name.split("/")[-1], flags=re.IGNORECASE)
        for one in (plain, re.sub(r"^[A-Za-z0-9-]+_", "", plain)):
            try:
                return find_model(catalog, one)
            except MekikiError:
                continue
        if match := _MADE_FROM.search(name):
            found = match[1].lower()
            return catalog.models.get(_FULL_NAMES.get(found, found))
    return None


def _card(catalog: Catalog, name: str, memory_gb: float) -> Gpu:
    """Return the card; raises MekikiError for one that is not known."""
    plain = re.sub(r"NVIDIA |GeForce |AMD |Radeon (?=RX)|Apple | \(.*\)|Generation", "", name).strip()
    return with_memory(catalog.gpus, find_gpu(catalog, re.sub(r"^(M\d) \1", r"\1", plain)), round(memory_gb))


def _quant(label: str, model: Model) -> str:
    """Return the quantisation; every gpt-oss file below 16 bits is MXFP4, whatever its name. Raises MekikiError."""
    if "gpt-oss" in model.id and label.upper() not in ("F16", "BF16"):
        return "MXFP4"
    return resolve_quant(_MIXES.get(label, label))


def community(catalog: Catalog, path: str, dropped: collections.Counter[str]) -> Iterator[Row]:
    """Yield the rows of the community table, whose models are file names or Ollama tags."""
    for row in _read(path):
        name = row["model"].split("/")[-1].removesuffix(".gguf")
        match = _QUANT.search(name)
        if row["engine"] not in ENGINES or re.search("mlx|nvfp4|mxfp8", row["model"]):
            dropped["another engine or format"] += 1
        elif row["gpu_count"] not in ("", "1"):
            dropped["several cards"] += 1
        elif _DRAFTS.search(row["model"]):
            dropped["a file with draft heads"] += 1
        else:
            base = name[: match.start()] if match else name.replace(":", "-").removesuffix("-latest")
            yield from _row(
                catalog, (base,), match[1] if match else "Q4_K_M", row["hardware"], float(row["vram_gb"] or 0), dropped,
                engine=row["engine"], depth=40 + float(row["avg_output_tokens"] or 200) / 2,
                per_second=float(row["avg_tps"]),
            )  # fmt: skip


def cache(catalog: Catalog, path: str, dropped: collections.Counter[str]) -> Iterator[Row]:
    """Yield the rows of the cache table, whose models are hub ids; files before what they were made from."""
    for row in sorted(_read(path), key=lambda one: "gguf" not in one["hf_id"].lower()):
        batch = float(row["batch_size"] or 1)
        if row["engine"] not in ENGINES:
            dropped["another engine or format"] += 1
        elif row["hw_class"] == "CPU_ONLY" or row["backend"] == "cpu":
            dropped["a processor"] += 1
        elif row["gpu_count"] not in ("", "1"):
            dropped["several cards"] += 1
        elif "True" in (row["spec_decoding"], row["mtp"]):
            dropped["speculative decoding"] += 1
        elif _DRAFTS.search(row["hf_id"]):
            dropped["a file with draft heads"] += 1
        elif 2 <= batch <= 256:  # larger ones are llama.cpp's n_batch
            dropped["several requests at a time"] += 1
        else:
            yield from _row(
                catalog, (row["hf_id"], row["base_hf_id"]), row["quantization"], row["gpu"] or row["chip"],
                float(row["vram_gb"] or row["unified_memory_gb"] or 0), dropped,
                engine=row["engine"], backend=row["backend"], kv_type=row["kv_cache_dtype"], depth=_depth(row),
                per_second=float(row["tok_s_out"]), prompt_tokens=float(row["prompt_tokens"] or 0),
                prompt_per_second=float(row["tok_s_prefill"] or 0),
            )  # fmt: skip


def _depth(row: dict[str, str]) -> float:
    prompt, answer, context = (float(row[key] or 0) for key in ("prompt_tokens", "output_tokens", "context_length"))
    if float(row["batch_size"] or 1) > 256 and "5600X" in row["cpu"]:
        return context + answer / 2
    if (prompt, answer) == (512, 128) and context in (512, 640, 1024, 2048):
        return 64
    return prompt + answer / 2


def _row(
    catalog: Catalog, names: tuple[str, ...], label: str, hardware: str, memory_gb: float,
    dropped: collections.Counter[str], **values: object,
) -> Iterator[Row]:  # fmt: skip
    model = _named(catalog, *(name for name in names if name))
    if model is None:
        dropped["a model that is not in the catalog"] += 1
        return
    try:
        quant, card = _quant(label, model), _card(catalog, hardware, memory_gb)
    except MekikiError:
        dropped["a quantisation or card that is not known"] += 1
        return
    if card.bandwidth_gb_s is None or (card.name, model.id) in _PARTLY_IN_RAM:
        dropped["bandwidth not known, or partly in RAM"] += 1
        return
    stated = str(values.pop("backend", "") or "")
    backend = "vulkan" if card.name in _SUBMITTED_UNDER_VULKAN else stated or _BACKENDS.get(card.vendor, "vulkan")
    kv_type = {"q8_0": "q8_0", "q8": "q8_0", "q4_0": "q4_0"}.get(str(values.pop("kv_type", "")).lower(), "f16")
    engine = ENGINES[str(values.pop("engine"))]
    yield {"card": card.name, "memory_gb": memory_gb, "backend": backend, "engine": engine, "model": model.id,
           "quant": quant, "kv_type": kv_type, **values}  # fmt: skip


def distinct(rows: Iterator[Row], dropped: collections.Counter[str]) -> list[Row]:
    """Return the rows without repeated ones: the same figures of the same card are one measurement."""
    found, seen = [], set()
    for row in rows:
        figures = (row["card"], round(float(str(row["depth"]))), round(float(str(row["per_second"])), 1))
        keys = {(*figures, row["model"], row["quant"])}
        if row.get("prompt_per_second"):
            keys.add((*figures, row["prompt_per_second"], ""))
        if keys & seen:
            dropped["the same measurement again"] += 1
            continue
        seen |= keys
        found.append(row)
    return found


def main() -> None:
    """Write the file and print what was left out."""
    catalog, dropped = load_catalog(), collections.Counter[str]()
    every = [*community(catalog, sys.argv[1], dropped), *cache(catalog, sys.argv[2], dropped)]
    rows = distinct(iter(every), dropped)
    with DATA.open("w", encoding="utf-8", newline="\n") as file:
        file.write(ATTRIBUTION + "\n")
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        for row in sorted(rows, key=lambda one: [str(one[key]) for key in ("card", "model", "quant", "depth")]):
            writer.writerow({key: f"{value:g}" if isinstance(value, float) else value for key, value in row.items()})
    print(f"{len(rows)} rows; left out:", dict(sorted(dropped.items())))


if __name__ == "__main__":
    main()
