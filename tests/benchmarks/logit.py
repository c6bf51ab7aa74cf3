"""Logistic regression in numpy, for the weights that tell passages that answer from others."""

import numpy as np
from numpy.typing import NDArray


def fit(
    rows: NDArray[np.floating], right: NDArray[np.bool_], counts: NDArray[np.floating], ridge: float = 1.0
) -> NDArray[np.floating]:
    """Return the offset and a weight per column, right rows and the others weighted equally as a whole.

    Newton's method on standardised columns with a small ridge; `counts`: how much each row counts.
    """
    counts = np.where(right, counts * counts[~right].sum() / counts[right].sum(), counts)
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    inputs = np.column_stack([np.ones(len(rows)), (rows - mean) / spread])
    penalty = ridge * np.diag([1e-6, *np.ones(rows.shape[1])])
    found = np.zeros(inputs.shape[1])
    for _ in range(30):
        odds = 1 / (1 + np.exp(-inputs @ found))
        slope = inputs.T @ (counts * (odds - right)) + penalty @ found
        bend = (inputs * (counts * odds * (1 - odds))[:, None]).T @ inputs + penalty
        found -= np.linalg.solve(bend, slope)
    plain = found[1:] / spread
    return np.array([found[0] - float(plain @ mean), *plain])
