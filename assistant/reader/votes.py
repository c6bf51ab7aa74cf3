"""A second opinion on tool, task and flags: linear classifiers over hashed character 1- to 5-grams of the question."""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.calls import TOOLS, Tool
from assistant.errors import ModelFileError
from assistant.reader.labels import GROUPS, TOOL_GROUPS, Labels

VOTES = Path(__file__).parent / "weights" / "votes.npz"
BUCKETS = 1 << 15
# What is voted on; "" is "not said". Every head is a softmax over its values.
HEADS: dict[str, tuple[str, ...]] = {"tool": TOOLS, **{group: ("", *values) for group, values in GROUPS.items()}}
_STARTS = dict(zip(HEADS, np.cumsum([0, *map(len, HEADS.values())]).tolist(), strict=False))
_WIDTH = sum(map(len, HEADS.values()))
_LONGEST = 600  # characters; the end of a longer question is looked at

Opinions = dict[str, dict[str, float]]  # head -> value -> probability


def features(text: str, previous: Tool | None = None) -> list[int]:
    """Return the bucket of every n-gram of a marked question, each bucket once; the earlier tool is a feature too."""
    text = f" {text[-_LONGEST:]} "
    grams = {text[start : start + size] for size in range(1, 6) for start in range(len(text) - size + 1)}
    if previous:
        grams |= {f"\x00{previous}", *(f"\x00{previous}{gram}" for gram in list(grams) if len(gram) in (2, 3))}
    return sorted({zlib.crc32(gram.encode()) % BUCKETS for gram in grams})


@dataclass(frozen=True)
class Votes:
    """The classifiers' weights: (buckets, all heads' values) and a bias per value."""

    weights: np.ndarray[Any, np.dtype[np.int8]]
    scale: float
    bias: np.ndarray[Any, np.dtype[np.float32]]

    def opinions(self, text: str, previous: Tool | None = None) -> Opinions:
        """Return for every head the probability of each of its values."""
        found = features(text, previous)
        scores = self.weights[found].sum(axis=0, dtype=np.int32) * (self.scale / max(len(found), 1) ** 0.5) + self.bias
        out: Opinions = {}
        for head, values in HEADS.items():
            part = scores[_STARTS[head] : _STARTS[head] + len(values)]
            odds = np.exp(part - part.max())
            out[head] = {value: float(one) for value, one in zip(values, odds / odds.sum(), strict=True)}
        return out


def load_votes(path: Path = VOTES) -> Votes:
    """Load the classifiers. Raises ModelFileError when the file is absent or damaged."""
    try:
        with path.open("rb") as file, np.load(file) as data:
            votes = Votes(data["weights"], float(data["scale"]), data["bias"].astype(np.float32))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFileError(path=path, reason=f"cannot be read: {error}", reason_ja="読み込めません") from None
    if votes.weights.shape != (BUCKETS, _WIDTH) or votes.weights.dtype != np.int8:
        raise ModelFileError(path=path, reason="not this version's shape", reason_ja="このバージョンの形ではありません")
    return votes


def _targets(labels: Labels) -> list[int]:
    """Return the index of the right value per head, -100 where the tool does not have the head."""
    row = [TOOLS.index(labels.tool)]
    for group, values in GROUPS.items():
        known = group in TOOL_GROUPS[labels.tool]
        row.append(("", *values).index(labels.values.get(group, "")) if known else -100)
    return row


def train_votes(
    questions: Sequence[tuple[str, Tool | None, Labels]],
    path: Path,
    *,
    seed: int = 0,
    rounds: int = 6,
    rate: float = 0.05,
) -> None:
    """Fit all heads by Adam on cross-entropy over (marked text, earlier tool, labels); save them with 8-bit weights."""
    import torch

    torch.manual_seed(seed)
    rows = [features(text, before) for text, before, _ in questions]
    wanted = torch.tensor([_targets(labels) for _, _, labels in questions])
    table = torch.nn.EmbeddingBag(BUCKETS, _WIDTH, mode="sum")
    torch.nn.init.zeros_(table.weight)
    bias = torch.nn.Parameter(torch.zeros(_WIDTH))
    optimiser = torch.optim.Adam([*table.parameters(), bias], lr=rate)
    batch = 256
    for round_ in range(rounds):
        for group in optimiser.param_groups:
            group["lr"] = rate * (1 - round_ / rounds)
        order = torch.randperm(len(rows))
        for start in range(0, len(rows), batch):
            chosen = order[start : start + batch].tolist()
            ids = torch.tensor([one for i in chosen for one in rows[i]])
            lengths = torch.tensor([len(rows[i]) for i in chosen])
            offsets = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]])
            scores = table(ids, offsets) / lengths.clamp(min=1).unsqueeze(1) ** 0.5 + bias
            loss = 1e-6 * table.weight.pow(2).sum()
            for column, (head, values) in enumerate(HEADS.items()):
                target = wanted[chosen, column]
                if bool((target >= 0).any()):
                    part = scores[:, _STARTS[head] : _STARTS[head] + len(values)]
                    loss = loss + torch.nn.functional.cross_entropy(part, target, label_smoothing=0.03)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    weights = table.weight.detach().numpy()
    scale = float(np.abs(weights).max()) / 127 or 1.0
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        weights=np.round(weights / scale).astype(np.int8),
        scale=np.float32(scale),
        bias=bias.detach().numpy().astype(np.float32),
    )
