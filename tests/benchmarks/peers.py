"""Ask llmfit, hf-mem and whichllm about the published memory logs and keep their answers.

    python -m venv PEERS && PEERS/bin/pip install llmfit==1.1.17 hf-mem==0.5.6 whichllm==0.5.21
    python -m tests.benchmarks.peers PEERS

They have 112 MB of dependencies of their own, so they are no part of this project's environment; what they answered
lies in tests/data/peers_on_logs.csv, which bench_published.py compares. They get what they take: llmfit its own entry
of the model and the quantisation, hf-mem a header with the hyperparameters and the true size of the file, whichllm the
parameters and the true size of the file.
"""

import csv
import json
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from assistant.memory.files import gguf_header
from assistant.memory.layers import sliding_layers, window
from assistant.memory.weights import weights
from knowledge.catalog import load_catalog
from tests.benchmarks.published import MIB, Log, architecture, host, key, logs

FILE = Path(__file__).parent.parent / "data" / "peers_on_logs.csv"
PEERS = ("llmfit", "hf-mem", "whichllm")
FIELDS = ("log", "peer", "version", "date", "total_mib", "kv_mib")
KV_KINDS = {"f16": "fp16", "q8_0": "q8_0"}


def file_bytes(log: Log) -> int | None:
    """Return the printed size of the model's file: its buffers without those that show the same bytes again."""
    arch = architecture(log)
    size = weights(arch, log.quant or "F16")
    mapped = any(name.startswith("M") and name.endswith("_Mapped") for name in log.weights)
    again = log.backend != "cpu" and (mapped or (size is not None and size.tied))
    kept = [mib for name, mib in log.weights.items() if not (again and host(name))]
    return round(sum(kept) * MIB) if kept else None


def question(log: Log, header: Path) -> dict[str, Any] | None:
    """Return what the worker is asked; None when the log does not tell the size of the file or the model is unnamed."""
    arch, file = architecture(log), file_bytes(log)
    if log.model is None or file is None or not gguf_header.write(arch, header):
        return None
    model = load_catalog().models[log.model]
    slides = sliding_layers(arch)
    honoured = arch.arch in ("gemma2", "gemma3", "gpt-oss", "cohere2")
    return {
        "name": model.hf_id or model.id,
        "header": str(header),
        "context": log.ctx,
        "kv": log.kv,
        "file": file,
        "quant": log.quant,
        "parameters": model.parameters,
        "active": model.active_parameters,
        "arch": arch.arch,
        "window": window(arch) if honoured else None,
        "global": 1 - sum(slides) / len(slides) if honoured else None,
    }


def llmfit(folder: Path, log: Log) -> list[float] | None:
    """Return llmfit's total and cache in MiB; None for a model it does not know.

    Its cache is in GiB. Its total adds that to decimal gigabytes of weights, and is nearer to the logs as decimal ones.
    """
    name = load_catalog().models[log.model or ""].hf_id
    if name is None or log.quant is None:
        return None
    kind = KV_KINDS[log.kv]
    done = subprocess.run(
        [str(folder / "bin" / "llmfit"), "--json", "plan", name, "--context", str(log.ctx), "--quant", log.quant,
         "--kv-quant", kind],
        capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    if done.returncode:
        return None
    found = json.loads(done.stdout)
    total = next(path["minimum"]["vram_gb"] for path in found["run_paths"] if path["path"] == "gpu")
    cache = next(one["kv_cache_gb"] for one in found["kv_alternatives"] if one["kv_quant"] == kind)
    return [total * 1e9 / MIB, cache * 1024]


def versions(folder: Path) -> dict[str, str]:
    """Return the versions that are installed there."""
    listed = subprocess.run(
        [str(folder / "bin" / "python"), "-m", "pip", "list", "--format", "json"],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip
    return {one["name"]: one["version"] for one in json.loads(listed.stdout) if one["name"] in PEERS}


def answers(folder: Path) -> list[dict[str, Any]]:
    """Return a row per log and peer that answered; `log` is the log's key."""
    known, rows = versions(folder), []
    with tempfile.TemporaryDirectory() as headers:
        asked = {}
        for i, log in enumerate(logs()):
            found = question(log, Path(headers, f"{i}.gguf"))
            if found is not None:
                asked[i] = found
        worker = Path(__file__).with_name("peers_worker.py")
        done = subprocess.run(
            [str(folder / "bin" / "python"), str(worker)], input=json.dumps(list(asked.values())),
            capture_output=True, text=True, encoding="utf-8", timeout=600, check=True,
        )  # fmt: skip
        told = dict(zip(asked, json.loads(done.stdout), strict=True))
    for i, log in enumerate(logs()):
        found = {**told[i], "llmfit": llmfit(folder, log)} if i in told else {}
        for peer in PEERS:
            if found.get(peer) is not None:
                total, cache = (f"{size:.2f}" for size in found[peer])
                rows.append(dict(zip(FIELDS, (key(log), peer, known[peer], date.today(), total, cache), strict=True)))
    return rows


def main(words: list[str]) -> None:
    """Write the file."""
    rows = answers(Path(words[0]))
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{FILE}: {len(rows)} answers")


if __name__ == "__main__":
    main(sys.argv[1:])
