"""A second opinion on the tool: a linear classifier over hashed character 1- to 5-grams."""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.calls import TOOLS, Tool
from assistant.errors import ModelFileError

VOTES = Path(__file__).parent / "weights" / "votes.npz"
BUCKETS = 1 << 15
_LONGEST = 600  # characters; the end of a longer question is looked at


def features(text: str, previous: Tool | None = None) -> list[int]:
    """Return the bucket of every n-gram of a marked question, each bucket once; the earlier tool is a feature too."""
    text = f" {text[-_LONGEST:]} "
    grams = {text[start : start + size] for size in range(1, 6) for start in range(len(text) - size + 1)}
    if previous:
        grams |= {f"\x00{previous}", *(f"\x00{previous}{gram}" for gram in list(grams) if len(gram) in (2, 3))}
    return sorted({zlib.crc32(gram.encode()) % BUCKETS for gram in grams})


@dataclass(frozen=True)
class Votes:
    """The classifier's weights: (buckets, tools) and a bias per tool."""

    weights: np.ndarray[Any, np.dtype[np.float32]]
    bias: np.ndarray[Any, np.dtype[np.float32]]

    def tools(self, text: str, previous: Tool | None = None) -> dict[Tool, float]:
        """Return the probability of each tool."""
        found = features(text, previous)
        scores = self.weights[found].sum(axis=0) / max(len(found), 1) ** 0.5 + self.bias
        odds = np.exp(scores - scores.max())
        return {tool: float(value) for tool, value in zip(TOOLS, odds / odds.sum(), strict=True)}


def load_votes(path: Path = VOTES) -> Votes:
    """Load the classifier. Raises ModelFileError when the file is absent or damaged."""
    try:
        with path.open("rb") as file, np.load(file) as data:
            votes = Votes(data["weights"].astype(np.float32) * float(data["scale"]), data["bias"].astype(np.float32))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFileError(path=path, reason=f"cannot be read: {error}", reason_ja="読み込めません") from None
    if votes.weights.shape != (BUCKETS, len(TOOLS)):
        raise ModelFileError(path=path, reason="not this version's shape", reason_ja="このバージョンの形ではありません")
    return votes


def train_votes(
    texts: Sequence[str],
    previous: Sequence[Tool | None],
    tools: Sequence[Tool],
    path: Path,
    *,
    seed: int = 0,
    rounds: int = 6,
) -> None:
    """Fit the classifier by Adam on cross-entropy and save it with 8-bit weights."""
    import torch

    torch.manual_seed(seed)
    rows = [features(text, before) for text, before in zip(texts, previous, strict=True)]
    wanted = torch.tensor([TOOLS.index(tool) for tool in tools])
    table = torch.nn.EmbeddingBag(BUCKETS, len(TOOLS), mode="sum")
    torch.nn.init.zeros_(table.weight)
    bias = torch.nn.Parameter(torch.zeros(len(TOOLS)))
    optimiser = torch.optim.Adam([*table.parameters(), bias], lr=0.05)
    batch = 256
    for round_ in range(rounds):
        for group in optimiser.param_groups:
            group["lr"] = 0.05 * (1 - round_ / rounds)
        order = torch.randperm(len(rows))
        for start in range(0, len(rows), batch):
            chosen = order[start : start + batch].tolist()
            ids = torch.tensor([one for i in chosen for one in rows[i]])
            lengths = torch.tensor([len(rows[i]) for i in chosen])
            offsets = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]])
            scores = table(ids, offsets) / lengths.clamp(min=1).unsqueeze(1) ** 0.5 + bias
            loss = (
                torch.nn.functional.cross_entropy(scores, wanted[chosen], label_smoothing=0.03)
                + 1e-6 * table.weight.pow(2).sum()
            )
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
