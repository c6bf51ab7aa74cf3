"""Ask llmfit and whichllm to rank the catalog's open models for each memory and keep their scores.

    python -m venv PEERS && PEERS/bin/pip install llmfit==1.1.17 whichllm==0.5.21
    python -m tests.benchmarks.peer_ranks PEERS

The scores lie in tests/data/peer_ranks.csv; bench_regret.py lets each tool pick from the models that its rivals have
to pick from. llmfit gives its composite score of the entry with the same hub id. whichllm ranks the catalog's entries
as it would the hub's: parameters, base model, its own estimate of the file sizes, the scores that it ships (Artificial
Analysis, LiveBench, vision; 2026-09) and those that it would fetch (Open LLM Leaderboard v2, Arena), taken from the
catalog in its own scaling, without the part that comes from a hidden source.
"""

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any

from knowledge.catalog import Catalog, load_catalog
from knowledge.schema import Model
from tests.benchmarks.peers import versions

FILE = Path(__file__).parent.parent / "data" / "peer_ranks.csv"
MEMORIES = ("cpu", "4", "6", "8", "12", "16", "24", "32", "48", "80", "128")  # GB of the card; "cpu": RAM_GB, no card
RAM_GB = 16  # of the machine without a card
HIDDEN = ("", "aa", "olb2", "arena")  # sources that whichllm uses and that the benchmark hides
OLB2 = ("olb2_bbh", "olb2_gpqa", "olb2_ifeval", "olb2_math", "olb2_mmlu_pro", "olb2_musr")
FIELDS = ("peer", "version", "date", "hidden", "model", *MEMORIES)


def asked_models(catalog: Catalog) -> list[Model]:
    """Return the open models with a hub id, a size and a published score."""
    return [one for one in catalog.models.values() if one.open_weights and one.hf_id and one.parameters and one.scores]


def llmfit(folder: Path, memory: str) -> dict[str, float]:
    """Return llmfit's composite score by hub id in lower case, on a machine with one card of that size."""
    where = ["--ram", f"{RAM_GB}G"] if memory == "cpu" else ["--memory", f"{memory}G", "--ram", "64G"]
    done = subprocess.run(
        [str(folder / "bin" / "llmfit"), "--json", "--max-context", "8192", *where, "fit", "-n", "100000"],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip
    return {one["name"].lower(): one["score"] for one in json.loads(done.stdout)["models"]}


def fetched(model: Model) -> dict[str, float]:
    """Return what whichllm would fetch about a model: the leaderboard's average and the Arena rating."""
    own = {score.benchmark: score.value for score in model.scores}
    found = {"arena": own["arena_text"]} if "arena_text" in own else {}
    if all(name in own for name in OLB2):
        found["olb2"] = fmean(own[name] for name in OLB2)
    return found


def whichllm(folder: Path, catalog: Catalog, models: list[Model], hidden: str) -> list[dict[str, float]]:
    """Return whichllm's quality score by model id, one dictionary per memory; models that it drops are absent."""
    question = {
        "hidden": hidden,
        "memories": MEMORIES,
        "ram": RAM_GB,
        "models": [
            {
                "id": model.id,
                "hub": model.hf_id,
                "base": getattr(catalog.models.get(model.base_model or ""), "hf_id", None),
                "parameters": model.parameters,
                "active": model.active_parameters,
                "context": model.context_tokens,
                "fetched": fetched(model),
            }
            for model in models
        ],
    }
    done = subprocess.run(
        [str(folder / "bin" / "python"), str(Path(__file__).with_name("peer_ranks_worker.py"))],
        input=json.dumps(question), capture_output=True, text=True, encoding="utf-8", timeout=1200, check=True,
    )  # fmt: skip
    found: list[dict[str, float]] = json.loads(done.stdout)
    return found


def rows(folder: Path) -> list[dict[str, Any]]:
    """Return the file's rows."""
    catalog, known = load_catalog(), versions(folder)
    models = asked_models(catalog)
    by_hub = [llmfit(folder, memory) for memory in MEMORIES]
    answers = [("llmfit", "", [{m.id: one[m.hf_id.lower()] for m in models if m.hf_id and m.hf_id.lower() in one}
                               for one in by_hub])]  # fmt: skip
    answers += [("whichllm", hidden, whichllm(folder, catalog, models, hidden)) for hidden in HIDDEN]
    found = []
    for peer, hidden, scores in answers:
        for model in models:
            cells = [f"{one[model.id]:.2f}" if model.id in one else "" for one in scores]
            if any(cells):
                head = (peer, known[peer], date.today(), hidden, model.id)
                found.append(dict(zip(FIELDS, (*head, *cells), strict=True)))
    return found


def main(words: list[str]) -> None:
    """Write the file."""
    found = rows(Path(words[0]))
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    print(f"{FILE}: {len(found)} rows")


if __name__ == "__main__":
    main(sys.argv[1:])
