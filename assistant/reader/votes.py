"""A second opinion on tool, task and flags: classifiers over a question's letters, concepts and vector.

Linear over hashed character 1- to 5-grams and the names of everyday concepts, plus one hidden layer over the built-in
embedder's vector; the last is left out when the embedder is not the one it was trained with.
"""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.calls import TOOLS, Tool
from assistant.errors import ModelFileError
from assistant.reader.labels import GROUPS, TOOL_GROUPS, Labels
from assistant.reader.meaning import concept_names, embedder_id, vector

if TYPE_CHECKING:
    import torch

VOTES = Path(__file__).parent / "weights" / "votes.npz"
BUCKETS = 1 << 15
# What is voted on; "" is "not said". Every head is a softmax over its values.
HEADS: dict[str, tuple[str, ...]] = {"tool": TOOLS, **{group: ("", *values) for group, values in GROUPS.items()}}
_STARTS = dict(zip(HEADS, np.cumsum([0, *map(len, HEADS.values())]).tolist(), strict=False))
_WIDTH = sum(map(len, HEADS.values()))
_LONGEST = 600  # characters; the end of a longer question is looked at
_HIDDEN = 256
_VECTOR_SCALE = 8.0  # of 256 values of a unit vector, each about 1/16: brings them near 1/2
_DROPOUT, _SMOOTHING = 0.3, 0.03
_BATCH = 256
_LAYER_RATE = 0.04  # of the linear part's learning rate

Opinions = dict[str, dict[str, float]]  # head -> value -> probability


def features(text: str, previous: Tool | None = None) -> list[int]:
    """Return the bucket of every n-gram and concept of a marked question, each once; the earlier tool is one too."""
    text = f" {text[-_LONGEST:]} "
    grams = {text[start : start + size] for size in range(1, 6) for start in range(len(text) - size + 1)}
    if previous:
        grams |= {f"\x00{previous}", *(f"\x00{previous}{gram}" for gram in list(grams) if len(gram) in (2, 3))}
    grams |= {f"\x02{name}" for name in concept_names(text)}
    return sorted({zlib.crc32(gram.encode()) % BUCKETS for gram in grams})


@dataclass(frozen=True)
class Votes:
    """The classifiers' weights: (buckets, all heads' values), a bias per value, and the layers over the vector.

    `hidden` is (dimensions + 1, hidden), `out` (hidden, all heads' values); the last row of `hidden` is its bias.
    """

    weights: np.ndarray[Any, np.dtype[np.int8]]
    scale: float
    bias: np.ndarray[Any, np.dtype[np.float32]]
    hidden: np.ndarray[Any, np.dtype[np.float32]]
    out: np.ndarray[Any, np.dtype[np.float32]]
    embedder: str

    def opinions(self, text: str, previous: Tool | None = None) -> Opinions:
        """Return for every head the probability of each of its values."""
        found = features(text, previous)
        scores = self.weights[found].sum(axis=0, dtype=np.int32) * (self.scale / max(len(found), 1) ** 0.5) + self.bias
        if self.embedder == embedder_id():
            inner = _VECTOR_SCALE * vector(text[-_LONGEST:]) @ self.hidden[:-1] + self.hidden[-1]
            scores = scores + np.maximum(inner, 0.0) @ self.out
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
            bias, hidden, out = (data[name].astype(np.float32) for name in ("bias", "hidden", "out"))
            votes = Votes(data["weights"], float(data["scale"]), bias, hidden, out, str(data["embedder"]))
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
    """Fit all heads by Adam on cross-entropy over (marked text, earlier tool, labels); save them with 8-bit weights.

    Raises EmbedderError when the built-in embedder cannot be loaded.
    """
    import torch

    torch.manual_seed(seed)
    rows = [features(text, before) for text, before, _ in questions]
    vectors = torch.tensor(np.stack([vector(text[-_LONGEST:]) for text, _, _ in questions])) * _VECTOR_SCALE
    wanted = torch.tensor([_targets(labels) for _, _, labels in questions])
    table = torch.nn.EmbeddingBag(BUCKETS, _WIDTH, mode="sum")
    torch.nn.init.zeros_(table.weight)
    bias = torch.nn.Parameter(torch.zeros(_WIDTH))
    inner, outer = torch.nn.Linear(vectors.shape[1], _HIDDEN), torch.nn.Linear(_HIDDEN, _WIDTH, bias=False)
    layers = torch.nn.Sequential(inner, torch.nn.ReLU(), torch.nn.Dropout(_DROPOUT), outer)
    optimiser = torch.optim.Adam(
        [{"params": [table.weight, bias], "lr": rate}, {"params": list(layers.parameters()), "lr": rate * _LAYER_RATE}]
    )
    rates = [group["lr"] for group in optimiser.param_groups]
    for round_ in range(rounds):
        for group, full in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = full * (1 - round_ / rounds)
        order = torch.randperm(len(rows))
        for start in range(0, len(rows), _BATCH):
            chosen = order[start : start + _BATCH].tolist()
            ids = torch.tensor([one for i in chosen for one in rows[i]])
            lengths = torch.tensor([len(rows[i]) for i in chosen])
            offsets = torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]])
            scores = table(ids, offsets) / lengths.clamp(min=1).unsqueeze(1) ** 0.5 + bias + layers(vectors[chosen])
            loss = _loss(scores, wanted[chosen]) + 1e-6 * table.weight.pow(2).sum()
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
        hidden=torch.cat([inner.weight.T, inner.bias[None]]).detach().numpy().astype(np.float16),
        out=outer.weight.T.detach().numpy().astype(np.float16),
        embedder=embedder_id(),
    )


def _loss(scores: "torch.Tensor", wanted: "torch.Tensor") -> "torch.Tensor":
    """Return the sum over heads of the mean cross-entropy where a question's tool has the head."""
    from torch.nn.functional import cross_entropy

    loss = scores.new_zeros(())
    for column, (head, values) in enumerate(HEADS.items()):
        target = wanted[:, column]
        if bool((target >= 0).any()):
            part = scores[:, _STARTS[head] : _STARTS[head] + len(values)]
            loss = loss + cross_entropy(part, target, label_smoothing=_SMOOTHING)
    return loss
