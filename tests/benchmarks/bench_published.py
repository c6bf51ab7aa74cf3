"""Compare the fit engine with what people published: sizes of GGUF files, memory logs of llama.cpp and wrappers.

Beside it on the same logs: llmfit, hf-mem and whichllm, as peers.py asked them. tests/benchmarks/published.py tells
where logs and files come from. Differences over 5 % are printed with what is known about them.

The rules were derived on pretended GPUs (pretend_gpu.py), what older builds do on the logs of split "dev". Three tweaks
(Nemotron-H, Gemma 4 and fused QKV of older builds) were made with logs of both splits in view.
"""

import csv
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from assistant.memory.weights import settle, weights
from knowledge.catalog import load_catalog
from tests.benchmarks.peers import FILE as PEERS_FILE
from tests.benchmarks.peers import PEERS
from tests.benchmarks.published import Log, Sizes, estimated, key, logs, printed, thread
from tests.benchmarks.row import Row

SIZES_FILE = Path(__file__).parent.parent / "data" / "published_sizes.csv"
TOKEN_BYTES = 40  # of a header per token of the vocabulary: 23 (SentencePiece) to 61 (BPE with merges) in these files
NOTABLE = 0.05
SPLITS = ("dev", "test")


@dataclass(frozen=True, slots=True)
class Compared:
    """A log, what it printed and what the fit engine says."""

    log: Log
    printed: Sizes
    ours: Sizes

    @property
    def name(self) -> str:
        """The model and settings in a few words."""
        log = self.log
        return f"{log.model or log.arch.get('arch')} {log.quant or ''} {log.backend} {log.seen}, context {log.ctx}"


def run() -> list[Row]:
    """Return differences of sizes, caches, compute buffers and totals, by split, and those of other tools."""
    compared = [Compared(log, printed(log), estimated(log)) for log in logs()]
    models = {one.log.model or str(one.log.arch) for one in compared}
    threads = {thread(one.log.url) for one in compared}
    backends = ", ".join(sorted({one.log.backend for one in compared}))
    rows = [
        *file_sizes(),
        Row(
            "published memory logs",
            float(len(compared)),
            "",
            f"{len(models)} models, {len(threads)} threads; {backends}",
        ),
    ]
    for split in SPLITS:
        of_split = [one for one in compared if one.log.split == split]
        whole = [one for one in of_split if one.log.offloaded]
        on_gpu = [one for one in whole if one.log.backend != "cpu"]
        rows += [
            differences(f"KV cache, {split}", of_split, lambda sizes: sizes.cache),
            differences(f"compute buffer, all layers on GPUs, {split}", on_gpu, lambda sizes: sizes.compute),
            differences(f"total, all layers on one kind of device, {split}", whole, lambda sizes: sizes.total),
            given_weights(f"total with the printed weights, {split}", whole),
            differences(
                f"compute buffer, layers or experts in RAM, {split}",
                [one for one in of_split if not one.log.offloaded],
                lambda sizes: sizes.compute,
            ),
        ]
    rows.append(by_model(compared))
    return [*(row for row in rows if row is not None), *peers(compared)]


def summary(what: str, off: list[float], how: str) -> Row:
    """Return median and worst of the signed differences `off`, and the share more than 5 % below."""
    worst = max(off, key=abs)
    below = sum(one < -NOTABLE for one in off)
    within = sum(abs(one) <= 0.01 for one in off)
    value = f"median {statistics.median(map(abs, off)):.2%}, worst {worst:+.2%}"
    return Row(what, value, "", f"{len(off)} {how}, {within} within 1 %, {below} more than 5 % below")


def differences(what: str, compared: Iterable[Compared], size: Callable[[Sizes], float | None]) -> Row | None:
    """Return a row of estimate / printed - 1 where both are known; None when nowhere."""
    off = []
    for one in compared:
        true, ours = size(one.printed), size(one.ours)
        if true is None or ours is None:
            continue
        off.append(ours / true - 1)
        tell(what, one, true, off[-1])
    return summary(what, off, "logs") if off else None


def by_model(compared: list[Compared]) -> Row:
    """Return the totals with each model counted once, at its worst, since a few models have many logs."""
    worst: dict[str, float] = {}
    for one in compared:
        true, ours = one.printed.total, one.ours.total
        if one.log.offloaded and true is not None and ours is not None:
            name = one.log.model or str(one.log.arch)
            worst[name] = max(worst.get(name, 0.0), ours / true - 1, key=abs)
    return summary("total, all layers on one kind of device, each model at its worst", list(worst.values()), "models")


def tell(what: str, one: Compared, true: float, off: float) -> None:
    """Print a difference over 5 % with what is known about it."""
    if abs(off) > NOTABLE:
        print(f"  {what}: {one.name}: {true:.1f} MiB printed, {off:+.1%}; {one.log.note or 'not explained'}")


def given_weights(what: str, compared: Iterable[Compared]) -> Row | None:
    """Return the row of totals when the weights are those printed, so that the quantisation's mix does not matter."""
    off = []
    for one in compared:
        weighed, cache, compute = one.printed.weights, one.ours.cache, one.ours.compute
        if one.printed.total is not None and weighed is not None and cache is not None and compute is not None:
            off.append((weighed + cache + compute) / one.printed.total - 1)
            tell(what, one, one.printed.total, off[-1])
    return summary(what, off, "logs") if off else None


def file_sizes() -> list[Row]:
    """Return how far the formula, with an estimate of the tokenizer in the header, is from published files."""
    off = []
    models = load_catalog().models
    with SIZES_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            model = models[row["shape"]]
            assert model.architecture is not None
            arch = settle(model.architecture, model.parameters)
            size = weights(arch, row["quantization"])
            assert size is not None
            vocab = int(row["vocab"] or arch.vocab)
            off.append((size.total + TOKEN_BYTES * vocab) / int(row["size_bytes"]) - 1)
            if abs(off[-1]) > 0.005:
                print(f"  file {row['name']} {row['quantization']}: {off[-1]:+.2%}; {row['note'] or 'not explained'}")
    how = f"files of LM Studio's catalog of 2024, {TOKEN_BYTES} bytes of tokenizer per token assumed"
    return [summary("GGUF file size", off, how)]


def peers(compared: list[Compared]) -> list[Row]:
    """Return each tool's differences on the logs it answered, and the fit engine's on the same ones."""
    told: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    version = {}
    with PEERS_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            told[row["peer"]][row["log"]] = float(row["total_mib"]), float(row["kv_mib"])
            version[row["peer"]] = f"{row['version']}, {row['date']}"
    rows = []
    for peer in PEERS:
        answered = [one for one in compared if key(one.log) in told[peer]]
        whole = [one for one in answered if one.printed.total is not None]
        cached = [one for one in answered if one.printed.cache]
        theirs = [told[peer][key(one.log)] for one in whole]
        totals = [total / (one.printed.total or 1) - 1 for one, (total, _) in zip(whole, theirs, strict=True)]
        caches = [told[peer][key(one.log)][1] / (one.printed.cache or 1) - 1 for one in cached]
        rows += [
            summary(f"total, {peer}", totals, f"logs; {version[peer]}"),
            summary(f"KV cache, {peer}", caches, f"logs; {version[peer]}"),
        ]
        same = [one for one in whole if one.ours.total is not None]
        ours = [(one.ours.total or 0) / (one.printed.total or 1) - 1 for one in same]
        if ours:
            rows.append(summary(f"total, ours on the logs {peer} answered", ours, "logs"))
        ours = [(one.ours.cache or 0) / (one.printed.cache or 1) - 1 for one in cached]
        rows.append(summary(f"KV cache, ours on the logs {peer} answered", ours, "logs"))
    return rows
