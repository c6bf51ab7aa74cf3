"""A hierarchical factor model of the models x benchmarks table, fitted by expectation-maximisation.

    score[m, b] = offset[b] + loading[b] . ability[m] + board[b] * quirk[m, source of b] + noise
    ability[m]  = sum of the weights of m's effects (traits, lab, family, stock) + own[m]

`ability` has one coordinate per factor ("general", "coding", "language ja", ...); a benchmark depends on the general
one and on those it observes (Cells.observes). `quirk` is what a model gains on one source alone, so that ten columns of
one board are not ten independent witnesses. Noise is a benchmark's own plus the known blur of each score. All terms are
normal; the loadings are drawn to the mean of their kind, the variances to weak inverse-gamma priors.

EM for factor analysis: Rubin & Thayer, Psychometrika 47 (1982); for mixed models: Laird & Ware, Biometrics 38 (1982).
While iterating, the effects' weights of different factors are taken as independent given each other's means (mean
field); the last expectation is exact.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.choosing.cells import Cells
from assistant.choosing.traits import RELATIVES, TRAITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROUNDS = 20  # ten more add 0.002 to the rank correlation on held-out boards
SWEEPS = 3  # of the factors' weights in one round
# Where loadings start and what they are drawn to, in units of the mean general loading: (mean, deviation).
GENERAL, CATEGORY, LANGUAGE, BOARD = (1.0, 0.35), (0.3, 0.25), (0.4, 0.25), (0.25, 0.2)
ONLY_LANGUAGE = (0.9, 0.05)  # where benchmarks differ in nothing else: hardly a model was tested in two languages
# What abilities gain, before any score, where a language is listed or not: in deviations. The general one is told by
# English tests.
LISTED = {
    ("Japanese listed", "language ja"): 0.5,
    ("made in Japan", "language ja"): 0.5,
    ("English not listed", "general"): -1.0,
}
LEAST_LOADING = 0.02  # no benchmark counts against the ability it observes
# Inverse-gamma priors of the variances: (value, weight in observations), for the general factor and for the others.
NOISE = (0.08, 6.0)
OWN = ((0.15, 10.0), (0.2, 10.0))
TRAIT = ((0.2, 4.0), (0.05, 4.0))
RELATIVE = ((0.1, 6.0), (0.05, 6.0))
LEAST_NOISE = 0.005  # variance: no benchmark is perfect, however well the few scores it has agree


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted kind. M models, B benchmarks, F effects, K factors, S sources; abilities are in `factors`' order.

    `offset`, `noise` (B,); `loading` (B, K + S), the last S being `board`. `mean` (M, K) and `cov` (M, K, K): abilities
    by everything known. `prior_mean`, `prior_cov`: the same without a model's own scores. `weight` and `weight_var`
    (F, K): the effects; `relative_var` (kinds of relatives, K) and `own_var` (K,): the spread of unseen relatives and
    of models about their effects.
    """

    models: tuple[str, ...]
    benchmarks: tuple[str, ...]
    factors: tuple[str, ...]
    sources: tuple[str, ...]
    names: tuple[str, ...]
    offset: "Floats"
    noise: "Floats"
    loading: "Floats"
    mean: "Floats"
    cov: "Floats"
    prior_mean: "Floats"
    prior_cov: "Floats"
    weight: "Floats"
    weight_var: "Floats"
    relative_var: "Floats"
    own_var: "Floats"


@dataclass(eq=False)
class State:
    """The parameters while they are fitted; shapes as in Fitted. `unit`: the mean general loading of a unit."""

    offset: "Floats"
    noise: "Floats"
    loading: "Floats"
    weight: "Floats"
    trait_var: "Floats"
    relative_var: "Floats"
    own_var: "Floats"
    unit: dict[str, float]


@dataclass(frozen=True, eq=False)
class Belief:
    """What the scores say given the parameters, for the scored models (N). D = K + S: abilities, then quirks.

    `mean` (N, D), `cov` (N, D, D): abilities and quirks. `own` (N, K), `own_var` (N, K): second moments of what is a
    model's own. `weight_var` (F, K). `spread`: uncertainty of the effects' sum, (N, K, K), where exact of all models,
    (M, K, K). `seen`, `pull`: precision (N, K, K) and information (N, K) that a model's own scores give about that sum.
    """

    mean: "Floats"
    cov: "Floats"
    own: "Floats"
    own_var: "Floats"
    weight_var: "Floats"
    spread: "Floats"
    seen: "Floats"
    pull: "Floats"


def fit(cells: Cells, rounds: int = ROUNDS) -> Fitted:
    """Return the fitted model of a table; deterministic. Models without scores get the effects' prediction."""
    rows = np.flatnonzero(cells.known.any(axis=1))
    if not len(rows):
        return _unseen(cells)
    state = _start(cells, rows)
    for _ in range(rounds):
        belief = _expect(cells, rows, state)
        _maximise(cells, rows, state, belief)
    return _finish(cells, rows, state)


def _start(cells: Cells, rows: "NDArray[np.int64]") -> State:
    """Return parameters that take bigger and newer for better."""
    guess = 0.5 * cells.effects[rows][:, TRAITS.index("size")] + 0.5 * cells.effects[rows][:, TRAITS.index("year")]
    guess = (guess - guess.mean()) / (guess.std() or 1.0)
    known, factors, benchmarks = cells.known[rows], len(cells.factors), len(cells.benchmarks)
    loading = np.where(cells.observes, _drawn_to(cells)[:, 0], 0.0)
    offset, width = np.zeros(benchmarks), np.zeros(benchmarks)
    for column in range(benchmarks):
        x, y = guess[known[:, column]], cells.value[rows[known[:, column]], column]
        width[column] = y.std() or 1.0
        centred = x - x.mean()
        slope = (centred @ (y - y.mean()) + 5 * width[column]) / (centred @ centred + 5)
        loading[column, 0] = max(slope, 0.1 * width[column])
        offset[column] = y.mean() - loading[column, 0] * x.mean()
    units = np.array(cells.units)
    unit = {name: float(width[units == name].mean()) for name in sorted(set(cells.units))}
    scale = np.array([unit[name] for name in cells.units])
    loading[:, 1:] *= scale[:, None]
    weight = np.zeros((cells.effects.shape[1], factors))
    weight[[TRAITS.index("size"), TRAITS.index("year")], 0] = 0.5
    first = np.arange(factors) == 0
    relative = np.where(first, RELATIVE[0][0], RELATIVE[1][0])
    return State(
        offset, (0.4 * scale) ** 2, loading, weight, np.where(first, TRAIT[0][0], TRAIT[1][0]),
        np.tile(relative, (len(RELATIVES), 1)), np.where(first, OWN[0][0], OWN[1][0]), unit,
    )  # fmt: skip


def _drawn_to(cells: Cells) -> "Floats":
    """Return what loadings are drawn to, (K + S, 2): mean and deviation in units of the mean general loading."""
    spoken = [name.startswith("language ") for name in cells.factors[1:]]
    language = ONLY_LANGUAGE if all(spoken) else LANGUAGE
    abilities = [language if one else CATEGORY for one in spoken]
    return np.array([GENERAL, *abilities, *[BOARD] * len(cells.sources)])


def _expected(cells: Cells) -> "Floats":
    """Return the effects' weights before any score, (F, K)."""
    weight = np.zeros((cells.effects.shape[1], len(cells.factors)))
    for (trait, factor), value in LISTED.items():
        if factor in cells.factors:
            weight[TRAITS.index(trait), cells.factors.index(factor)] = value
    return weight


def _evidence(cells: Cells, rows: "NDArray[np.int64]", state: State) -> tuple["Floats", "Floats"]:
    """Return precision (N, D, D) and information (N, D) that each model's scores give about abilities and quirks."""
    weight = cells.known[rows] / (state.noise + cells.blur[rows])
    benchmarks, width = state.loading.shape
    squares = (state.loading[:, :, None] * state.loading[:, None, :]).reshape(benchmarks, -1)
    precision = (weight @ squares).reshape(-1, width, width)
    return precision, (weight * (cells.value[rows] - state.offset)) @ state.loading


def _own_variance(cells: Cells, state: State) -> "Floats":
    """Return the variance of each model about its known effects, (M, K): its own and its unshared relatives'."""
    return state.own_var + cells.strangers @ state.relative_var


def _precisions(cells: Cells, state: State) -> "Floats":
    """Return the prior precision of each effect's weight, (F, K)."""
    kinds = [RELATIVES.index(name.partition(":")[0]) for name in cells.names]
    return np.vstack([np.tile(1 / state.trait_var, (len(TRAITS), 1)), 1 / state.relative_var[kinds]])


def _expect(cells: Cells, rows: "NDArray[np.int64]", state: State, *, exact: bool = False) -> Belief:
    """Return what the scores say; also moves `state.weight` to its posterior mean."""
    factors, width = len(cells.factors), state.loading.shape[1]
    effects = cells.effects[rows]
    precision, information = _evidence(cells, rows, state)
    own_var = _own_variance(cells, state)[rows]
    loose = np.hstack([own_var, np.ones((len(rows), width - factors))])  # of own abilities and quirks
    inner = np.linalg.inv(np.eye(width) + precision * loose[:, None, :])
    damped = inner @ precision
    seen = damped[:, :factors, :factors]
    seen = (seen + seen.transpose(0, 2, 1)) / 2
    pull = (inner @ information[:, :, None])[:, :factors, 0]
    precisions, drawn = _precisions(cells, state), _expected(cells)
    if exact:
        joint = _covariance(effects, precisions, seen)
        state.weight = np.einsum("kflg,gl->fk", joint, effects.T @ pull + precisions * drawn, optimize=True)
        weight_var, all_spread = np.einsum("kfkf->fk", joint), _spread(cells.effects, joint)
        spread = all_spread[rows]
    else:
        weight_var, spread = _weights_by_factor(effects, precisions, seen, pull, precisions * drawn, state.weight)
        all_spread = spread
    expected = effects @ state.weight
    gain = loose[:, :, None] * inner
    rest = information - (precision[:, :, :factors] @ expected[:, :, None])[:, :, 0]
    own = (gain @ rest[:, :, None])[:, :, 0]
    lost = loose[:, :, None] * damped
    leftover = loose[:, :, None] * np.eye(width) - lost * loose[:, None, :]
    back = -lost[:, :, :factors]
    own_cov = leftover + back @ spread @ back.transpose(0, 2, 1)
    whole = back.copy()
    whole[:, :factors] += np.eye(factors)
    mean = own.copy()
    mean[:, :factors] += expected
    cov = leftover + whole @ spread @ whole.transpose(0, 2, 1)
    return Belief(
        mean, cov, own[:, :factors], np.einsum("nkk->nk", own_cov)[:, :factors], weight_var, all_spread, seen, pull
    )


def _weights_by_factor(
    effects: "Floats", precisions: "Floats", seen: "Floats", pull: "Floats", drawn: "Floats", weight: "Floats"
) -> tuple["Floats", "Floats"]:
    """Move the effects' weights, one factor after the other; return their variances and those of the effects' sums."""
    factors = weight.shape[1]
    variances, spread, inverses = np.zeros_like(weight), np.zeros_like(seen), []
    for factor in range(factors):
        inverse = np.linalg.inv((effects.T * seen[:, factor, factor]) @ effects + np.diag(precisions[:, factor]))
        inverses.append(inverse)
        variances[:, factor] = np.diag(inverse)
        spread[:, factor, factor] = ((effects @ inverse) * effects).sum(axis=1)
    expected = effects @ weight
    for _ in range(SWEEPS):
        for factor in range(factors):
            others = (seen[:, factor] * expected).sum(axis=1) - seen[:, factor, factor] * expected[:, factor]
            weight[:, factor] = inverses[factor] @ (effects.T @ (pull[:, factor] - others) + drawn[:, factor])
            expected[:, factor] = effects @ weight[:, factor]
    return variances, spread


def _covariance(effects: "Floats", precisions: "Floats", seen: "Floats") -> "Floats":
    """Return the joint covariance of all weights, (K, F, K, F)."""
    count, factors = precisions.shape
    joint = np.zeros((factors, count, factors, count))
    for one in range(factors):
        for other in range(one, factors):
            joint[one, :, other, :] = joint[other, :, one, :] = (effects.T * seen[:, one, other]) @ effects
    flat = joint.reshape(factors * count, -1)
    flat[np.diag_indices(factors * count)] += precisions.T.ravel()
    return np.asarray(np.linalg.inv(flat), dtype=np.float64).reshape(joint.shape)


def _spread(effects: "Floats", covariance: "Floats") -> "Floats":
    """Return the covariance of each model's sum of effects, (M, K, K)."""
    factors = covariance.shape[0]
    spread = np.zeros((len(effects), factors, factors))
    for one in range(factors):
        for other in range(one, factors):
            row = ((effects @ covariance[one, :, other, :]) * effects).sum(axis=1)
            spread[:, one, other] = spread[:, other, one] = row
    return spread


def _maximise(cells: Cells, rows: "NDArray[np.int64]", state: State, belief: Belief) -> None:
    """Move the parameters to what the belief makes most likely, then the factors to unit spread."""
    factors = len(cells.factors)
    for column in range(len(cells.benchmarks)):
        _regress(cells, rows, state, belief, column)
    for name in state.unit:
        own = [column for column, unit in enumerate(cells.units) if unit == name]
        state.unit[name] = float((state.loading[own, 0].sum() + 2 * state.unit[name]) / (len(own) + 2))
    first = np.arange(factors) == 0
    part = state.own_var / _own_variance(cells, state)[rows]  # of what is a model's own, its unshared relatives apart
    squares = part**2 * (belief.own**2 + belief.own_var) + state.own_var * (1 - part)
    state.own_var = _variance(squares, OWN, first)
    weights = (state.weight - _expected(cells)) ** 2 + belief.weight_var
    state.trait_var = _variance(weights[: len(TRAITS)], TRAIT, first)
    kinds = np.array([RELATIVES.index(name.partition(":")[0]) for name in cells.names], dtype=int)
    for number in range(len(RELATIVES)):
        state.relative_var[number] = _variance(weights[len(TRAITS) :][kinds == number], RELATIVE, first)
    mean = belief.mean[:, :factors]
    scale = np.sqrt(mean.var(axis=0) + np.einsum("nkk->nk", belief.cov)[:, :factors].mean(axis=0))
    state.loading[:, :factors] *= scale
    state.weight /= scale
    for variance in (state.own_var, state.trait_var, state.relative_var):
        variance /= scale**2


def _variance(
    squares: "Floats", prior: tuple[tuple[float, float], tuple[float, float]], first: "NDArray[np.bool_]"
) -> "Floats":
    """Return the most likely variance of rows of second moments under an inverse-gamma prior."""
    value, weight = (np.where(first, prior[0][part], prior[1][part]) for part in (0, 1))
    found: Floats = (squares.sum(axis=0) + value * weight) / (len(squares) + weight)
    return found


def _regress(cells: Cells, rows: "NDArray[np.int64]", state: State, belief: Belief, column: int) -> None:
    """Regress one benchmark's scores on the abilities it observes: its offset, loadings and noise."""
    who = np.flatnonzero(cells.known[rows, column])
    at = np.flatnonzero(cells.observes[column])
    unit = state.unit[cells.units[column]]
    centre, width = unit * _drawn_to(cells)[at].T
    y, blur = cells.value[rows[who], column], cells.blur[rows[who], column]
    weight = 1 / (state.noise[column] + blur)
    mean, cov = belief.mean[np.ix_(who, at)], belief.cov[np.ix_(who, at, at)]
    normal = np.zeros((len(at) + 1, len(at) + 1))
    normal[0, 0] = weight.sum()
    normal[0, 1:] = normal[1:, 0] = weight @ mean
    normal[1:, 1:] = (mean.T * weight) @ mean + np.tensordot(weight, cov, 1) + np.diag(width**-2.0)
    right = np.concatenate([[weight @ y], (weight * y) @ mean + centre / width**2])
    loading = np.maximum(np.linalg.solve(normal, right)[1:], LEAST_LOADING * unit)
    state.offset[column] = (right[0] - normal[0, 1:] @ loading) / normal[0, 0]
    state.loading[column, at] = loading
    off = (y - state.offset[column] - mean @ loading) ** 2 + np.einsum("i,nij,j->n", loading, cov, loading)
    part = state.noise[column] * weight  # of the deviation that is the benchmark's own, not the score's blur
    total = (part**2 * off + part * blur).sum() + NOISE[0] * NOISE[1] * unit**2
    state.noise[column] = max(total / (len(who) + NOISE[1]), LEAST_NOISE * unit**2)


def _finish(cells: Cells, rows: "NDArray[np.int64]", state: State) -> Fitted:
    """Return the abilities of all models by one exact expectation, with and without each model's own scores."""
    factors = len(cells.factors)
    belief = _expect(cells, rows, state, exact=True)
    spread = belief.spread
    mean = cells.effects @ state.weight
    cov = spread + _own_variance(cells, state)[:, :, None] * np.eye(factors)
    prior_mean, prior_cov = mean.copy(), cov.copy()
    # Without its own scores: the effects' sum has precision spread^-1 - seen (a division of normal densities).
    without = spread[rows] @ np.linalg.inv(np.eye(factors) - belief.seen @ spread[rows])
    shift = (belief.seen @ mean[rows][:, :, None])[:, :, 0] - belief.pull
    prior_mean[rows] = mean[rows] + (without @ shift[:, :, None])[:, :, 0]
    prior_cov[rows] = cov[rows] - spread[rows] + (without + without.transpose(0, 2, 1)) / 2
    mean[rows], cov[rows] = belief.mean[:, :factors], belief.cov[:, :factors, :factors]
    return Fitted(
        cells.models, cells.benchmarks, cells.factors, cells.sources, cells.names, state.offset, state.noise,
        state.loading, mean, cov, prior_mean, prior_cov, state.weight, belief.weight_var, state.relative_var,
        state.own_var,
    )  # fmt: skip


def _unseen(cells: Cells) -> Fitted:
    """Return a kind that nothing was measured of: all are equally able, to the width of the prior."""
    count, effects = len(cells.models), cells.effects.shape[1]
    width = OWN[0][0] + TRAIT[0][0] + RELATIVE[0][0] * len(RELATIVES)
    nothing, wide = np.zeros((count, 1)), np.full((count, 1, 1), width)
    return Fitted(
        cells.models, (), ("general",), (), cells.names, np.zeros(0), np.zeros(0), np.zeros((0, 1)), nothing, wide,
        nothing, wide, np.zeros((effects, 1)), np.full((effects, 1), RELATIVE[0][0]),
        np.full((len(RELATIVES), 1), RELATIVE[0][0]), np.array([width]),
    )  # fmt: skip
