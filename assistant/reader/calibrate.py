"""Fit how sure a reading is, on phrases kept out of training: logistic regression over the three opinions."""

import json
import logging
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.reader.agreeing import same_value
from assistant.reader.assemble import to_args
from assistant.reader.corpus import Row, marked
from assistant.reader.decide import CALIBRATION, FEATURES, Judges
from assistant.reader.marking import Tables

if TYPE_CHECKING:
    from assistant.reader.corpus import Corpus

LOG = logging.getLogger("reader.train")


def calibrate(corpus: "Corpus", kept: Callable[[str], bool], tables: Tables, folder: Path) -> dict[str, float]:
    """Fit the confidence on the rows that `kept` names, save it beside the weights, return accuracy figures on them."""
    judges = Judges.load(folder)
    rows = [row for row in corpus.rows if kept(row.text)]
    features, right, tools = [], [], 0
    for row in rows:
        decision, all_right = judged(judges, row, tables)
        features.append(decision[1])
        right.append(all_right)
        tools += decision[0] == row.tool
    figures = {
        "held_out": float(len(rows)),
        "tool": tools / max(len(rows), 1),
        "all_slots": sum(right) / max(len(rows), 1),
    }
    LOG.info("held-out phrases of the same writers: %s", figures)
    if 0 < sum(right) < len(right):
        weights = fit(features, right)
        data: dict[str, Any] = {"weights": dict(zip((*FEATURES, "bias"), weights, strict=True)), "figures": figures}
        (folder / CALIBRATION).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return figures


def judged(judges: Judges, row: Row, tables: Tables) -> tuple[tuple[str, tuple[float, ...]], bool]:
    """Return (tool, features) of the decision on a labelled question, and whether everything was right."""
    question = marked(row.text, tables)
    decision = judges.decide(question)
    found = {name: value for name, value in to_args(decision.labels, question).items() if name != "query"}
    same = set(found) == set(row.args) and all(same_value(found[name], row.args[name], tables) for name in found)
    return (decision.labels.tool, decision.features), same and decision.labels.tool == row.tool


def fit(
    features: Sequence[tuple[float, ...]],
    right: Sequence[bool],
    *,
    rounds: int = 3000,
    rate: float = 0.05,
    decay: float = 0.01,
) -> list[float]:
    """Return logistic weights and the bias by gradient descent with weight decay; slopes are never negative."""
    width = len(features[0])
    weights = [0.1] * width + [0.0]
    for _ in range(rounds):
        slope = [0.0] * (width + 1)
        for row, good in zip(features, right, strict=True):
            total = weights[-1] + sum(w * x for w, x in zip(weights, row, strict=False))
            error = 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - good
            for i, x in enumerate(row):
                slope[i] += error * x
            slope[-1] += error
        weights = [w - rate * (s / len(features) + decay * w) for w, s in zip(weights, slope, strict=True)]
        weights = [max(w, 0.0) for w in weights[:-1]] + weights[-1:]
    return weights
