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


def explained_sums(
    y_true: NDArray[Any], y_pred: NDArray[Any], sample_weight: Weights, /
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum of squared differences, and of squared deviations of y_true from its weighted mean, per column."""
    residual = _total(_squared(_difference(y_true, y_pred)), sample_weight)
    truth = y_true.astype(np.float64, copy=False)
    mean = _mean(truth, sample_weight)
    # The mean of what is left corrects the last bits of the mean: a constant column then has deviation zero exactly.
    rest = _mean(_difference(truth, mean), sample_weight)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.where(np.isfinite(rest), mean + rest, mean)
    return residual, _total(_squared(_difference(truth, mean)), sample_weight)


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
