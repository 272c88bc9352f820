"""Errors of predicted numbers, per column of an (n, k) matrix; float32 is widened before anything is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .counts import Weights, column_sums


def squared_error(y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, /) -> NDArray[np.float64]:
    """Mean of the squared differences, per column."""
    return _mean(_squared(_difference(y_true, y_pred)), sample_weight)


def absolute_error(y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, /) -> NDArray[np.float64]:
    """Mean of the absolute differences, per column."""
    return _mean(np.abs(_difference(y_true, y_pred)), sample_weight)


def absolute_percentage_error(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, epsilon: float, /
) -> NDArray[np.float64]:
    """Mean of the absolute differences over the absolute truth, per column."""
    truth = np.maximum(np.abs(y_true.astype(np.float64)), epsilon)
    with np.errstate(all="ignore"):
        return _mean(np.abs(_difference(y_true, y_pred)) / truth, sample_weight)


def squared_log_error(y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, /) -> NDArray[np.float64]:
    """Mean of the squared differences of the logarithms, per column."""
    logs = (np.log1p(y, dtype=np.float64) for y in (y_true, y_pred))
    return _mean(_squared(_difference(*logs)), sample_weight)


def pinball_loss(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, alpha: float, /
) -> NDArray[np.float64]:
    """Mean of what too low and too high a prediction cost, per column."""
    return _mean(_pinball(_difference(y_true, y_pred), alpha), sample_weight)


def explained_pinball(  # noqa: PLR0917 - the contract is positional
    y_true: NDArray[Any],
    y_pred: NDArray[Any],
    sample_weight: Weights,
    alpha: float,
    share: float,
    slack: float,
    /,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean pinball loss of the predictions, and of the quantile of y_true, per column."""
    best = _quantiles(y_true.astype(np.float64), sample_weight, share, slack)
    loss = pinball_loss(y_true, y_pred, sample_weight, alpha)
    return loss, _mean(_pinball(_difference(y_true, best), alpha), sample_weight)


def median_absolute_error(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, slack: float, /
) -> NDArray[np.float64]:
    """Median of the absolute differences, per column."""
    return _quantiles(np.abs(_difference(y_true, y_pred)), sample_weight, 0.5, slack)


def max_error(y_true: NDArray[Any], y_pred: NDArray[Any], /) -> NDArray[np.float64]:
    """Largest absolute difference, per column."""
    return np.max(np.abs(_difference(y_true, y_pred)), axis=0, initial=0.0)


def tweedie_deviance(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, power: float, /
) -> NDArray[np.float64]:
    """Mean deviance of the Tweedie distribution, per column."""
    return _mean(_deviance(y_true.astype(np.float64), y_pred.astype(np.float64), power), sample_weight)


def explained_deviance(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, power: float, /
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean deviance of the predictions, and of the mean of y_true, per column."""
    truth = y_true.astype(np.float64)
    loss = tweedie_deviance(y_true, y_pred, sample_weight, power)
    return loss, _mean(_deviance(truth, _centre(truth, sample_weight), power), sample_weight)


def explained_sums(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, /
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum of squared differences, and of squared deviations of y_true from its weighted mean, per column."""
    residual = _total(_squared(_difference(y_true, y_pred)), sample_weight)
    return residual, _deviations(y_true.astype(np.float64, copy=False), sample_weight)


def explained_variances(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, /
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum of squared deviations of the differences from their weighted mean, and of y_true from its, per column."""
    residual = _deviations(_difference(y_true, y_pred), sample_weight)
    return residual, _deviations(y_true.astype(np.float64, copy=False), sample_weight)


def _centre(values: NDArray[np.float64], sample_weight: Weights) -> NDArray[np.float64]:
    """Weighted mean of each column; of a constant one, that constant."""
    mean = _mean(values, sample_weight)
    # The mean of what is left corrects the last bits of the mean: a constant column then has deviation zero exactly.
    rest = _mean(_difference(values, mean), sample_weight)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(np.isfinite(rest), mean + rest, mean)


def _deviations(values: NDArray[np.float64], sample_weight: Weights) -> NDArray[np.float64]:
    return _total(_squared(_difference(values, _centre(values, sample_weight))), sample_weight)


def _pinball(difference: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    return np.where(difference >= 0, alpha * difference, (alpha - 1) * difference)


def _deviance(y: NDArray[np.float64], mu: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Twice the loss of log-likelihood from predicting `mu` rather than `y`."""
    with np.errstate(all="ignore"):
        if power == 0:
            return _squared(_difference(y, mu))
        if power == 1:
            log = np.where(y == 0, 0.0, y * np.log(y / mu))
            return 2 * (log - y + mu)
        if power == 2:
            return 2 * (np.log(mu / y) + y / mu - 1)
        own = y if power > 0 else np.maximum(y, 0.0)
        one, two = 1 - power, 2 - power
        return 2 * (np.power(own, two) / (one * two) - y * np.power(mu, one) / one + np.power(mu, two) / two)


def _quantiles(values: NDArray[np.float64], sample_weight: Weights, share: float, slack: float) -> NDArray[np.float64]:
    """Averaged inverse of the (weighted) distribution function of each column at `share`."""
    out = np.full(values.shape[1], np.nan)
    if not len(values):
        return out
    last = len(values) - 1
    for column, unordered in enumerate(values.T):
        order = np.argsort(unordered, kind="stable")
        weights = np.ones(len(order)) if sample_weight is None else sample_weight[order]
        below = np.cumsum(weights)
        target = share * below[-1]
        target = target or np.nextafter(0.0, 1.0)
        at = min(int(np.searchsorted(below, target)), last)
        after = at
        if below[at] - target <= slack and at < last:
            after = at + 1
            if weights[after] == 0:
                heavier = int(np.searchsorted(below, below[at], side="right"))
                after = heavier if heavier <= last else at
        here, there = unordered[order[at]], unordered[order[after]]
        with np.errstate(over="ignore"):
            out[column] = here if after == at else (here + there) / 2
    return out


def _difference(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return np.subtract(a, b, dtype=np.float64)


def _squared(x: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return x * x


def _total(terms: NDArray[np.float64], sample_weight: Weights) -> NDArray[np.float64]:
    if sample_weight is None:
        return column_sums(terms)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return column_sums(terms * sample_weight[:, np.newaxis])


def _mean(terms: NDArray[np.float64], sample_weight: Weights) -> NDArray[np.float64]:
    """Weighted sum over sum of weights; nan or infinite when the latter is 0."""
    with np.errstate(all="ignore"):
        weight = np.float64(len(terms)) if sample_weight is None else np.sum(sample_weight)
        return _total(terms, sample_weight) / weight
