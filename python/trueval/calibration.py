"""Whether probabilities mean what they say: calibration errors, and the curve behind them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _backend
from ._parameters import OPTIONAL, POS_LABEL, Integral, Interval, StrOptions, validate
from ._validation.arrays import SampleWeights
from ._validation.probabilities import (
    NOT_PROBABILITIES,
    Probabilities,
    check_binary_probabilities,
    check_probabilities,
    improper_rows,
    measured_probabilities,
)
from .exceptions import warn

__all__ = ["calibration_curve", "expected_calibration_error", "maximum_calibration_error"]

_CHECKS: dict[str, Any] = {
    "y_true": ["array-like"],
    "y_prob": ["array-like"],
    "n_bins": [Interval(Integral, 1, None, closed="left")],
    "strategy": [StrOptions({"uniform", "quantile"})],
    "pos_label": POS_LABEL,
}


class Bins(NamedTuple):
    """Amounts of rows in each bin, of those that came true, and the sums of their forecasts."""

    total: NDArray[np.float64]
    observed: NDArray[np.float64]
    forecast: NDArray[np.float64]

    def used(self) -> Bins:
        """Leave out the bins without rows."""
        return Bins(*(part[self.total != 0] for part in self))

    def expected_error(self) -> float:
        """Mean distance of what came true from the forecasts, by the amounts."""
        bins = self.used()
        return float(np.sum(np.abs(bins.observed - bins.forecast)) / np.sum(bins.total))

    def maximum_error(self) -> float:
        """Largest distance."""
        bins = self.used()
        return float(np.max(np.abs(bins.observed - bins.forecast) / bins.total))


@validate(**_CHECKS, sample_weight=OPTIONAL, labels=OPTIONAL)
def expected_calibration_error(
    y_true: Any,
    y_prob: Any,
    *,
    n_bins: int = 15,
    strategy: str = "uniform",
    pos_label: Any = None,
    labels: Any = None,
    sample_weight: Any = None,
) -> float:
    """Mean distance between how probable predictions were said to be and how often they came true, over bins.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_prob : array-like of shape (n_samples,) or (n_samples, n_classes)
        Probabilities. One column: those of the positive label, which is what comes true. Several, in the sorted order
        of the labels: the highest of each row counts, and comes true where its class is that of the row [2]_.
    n_bins : int, default=15
        Number of bins.
    strategy : {'uniform', 'quantile'}, default='uniform'
        Bins of equal width, or of about as many rows each. An edge belongs to the bin below it.
    pos_label : int, float, bool or str, optional
        Label of one column; 1 of {0, 1} and {-1, 1}, the greater of two numbers.
    labels : array-like, optional
        All labels of the columns, where `y_true` may not hold every one.
    sample_weight : array-like of shape (n_samples,), optional
        Weights, none of them negative.

    Returns
    -------
    error : float
        Between 0, the best, and 1.

    Raises
    ------
    ValueError
        For NaN, infinity or values outside [0, 1], no sample, lengths that differ, labels that do not fit the columns,
        negative weights or weights that are all zero.

    Warns
    -----
    UserWarning
        If a row of several columns does not sum to one.

    Notes
    -----
    Σ w_b |o_b - f_b| / Σ w_b [1]_, where o_b is the share of a bin's rows that came true and f_b the mean of their
    probabilities. It grows with the number of bins, even for a perfect model: a bin of m rows is off by some
    0.4/√m by chance. Compare models with equal bins, and prefer the Brier score or the log loss, which are proper, to
    decide.

    Time is O(n_samples * n_classes); quantiles are those of the unweighted rows and take a partial sort, 8 bytes a row.

    References
    ----------
    .. [1] M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
       AAAI 2015.
    .. [2] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> from trueval.calibration import expected_calibration_error
    >>> round(expected_calibration_error([0, 1, 1, 1], [0.25, 0.5, 0.75, 1.0], n_bins=2), 6)
    0.125
    >>> round(expected_calibration_error([0, 2, 1], [[0.8, 0.1, 0.1], [0.2, 0.2, 0.6], [0.7, 0.2, 0.1]]), 6)
    0.433333
    """
    return _binned(y_true, y_prob, n_bins, strategy, pos_label, labels, sample_weight).expected_error()


@validate(**_CHECKS, sample_weight=OPTIONAL, labels=OPTIONAL)
def maximum_calibration_error(
    y_true: Any,
    y_prob: Any,
    *,
    n_bins: int = 15,
    strategy: str = "uniform",
    pos_label: Any = None,
    labels: Any = None,
    sample_weight: Any = None,
) -> float:
    """Largest distance in a bin between how probable predictions were said to be and how often they came true.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_prob : array-like of shape (n_samples,) or (n_samples, n_classes)
        Probabilities, as for `expected_calibration_error`.
    n_bins : int, default=15
        Number of bins.
    strategy : {'uniform', 'quantile'}, default='uniform'
        Bins of equal width, or of about as many rows each.
    pos_label : int, float, bool or str, optional
        Label of one column.
    labels : array-like, optional
        All labels of the columns.
    sample_weight : array-like of shape (n_samples,), optional
        Weights, none of them negative.

    Returns
    -------
    error : float
        Between 0, the best, and 1. Bins without rows do not count; one with a single row is off by as much as its
        probability is from 0 or 1.

    Raises
    ------
    ValueError
        As `expected_calibration_error` does.

    Notes
    -----
    max |o_b - f_b|, with the terms of `expected_calibration_error` [1]_. Time and memory are the same.

    References
    ----------
    .. [1] M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
       AAAI 2015.

    Examples
    --------
    >>> from trueval.calibration import maximum_calibration_error
    >>> round(maximum_calibration_error([0, 1, 1, 1], [0.25, 0.5, 0.75, 1.0], n_bins=2), 6)
    0.125
    """
    return _binned(y_true, y_prob, n_bins, strategy, pos_label, labels, sample_weight).maximum_error()


@validate(**_CHECKS)
def calibration_curve(
    y_true: Any, y_prob: Any, *, pos_label: Any = None, n_bins: int = 5, strategy: str = "uniform"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of positive samples and mean probability in each bin, as ``sklearn.calibration.calibration_curve``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_prob : array-like of shape (n_samples,)
        Probabilities of the positive label.
    pos_label : int, float, bool or str, optional
        The positive label.
    n_bins : int, default=5
        Number of bins.
    strategy : {'uniform', 'quantile'}, default='uniform'
        Bins of equal width, or of about as many rows each.

    Returns
    -------
    prob_true : ndarray of shape (n_used_bins,)
        Share of the samples that are positive, in each bin that has some.
    prob_pred : ndarray of shape (n_used_bins,)
        Mean of their probabilities.

    Raises
    ------
    ValueError
        As `expected_calibration_error` does.

    Notes
    -----
    Time is O(n_samples), scratch memory does not grow with it; quantiles take a partial sort, 8 bytes a sample.

    Examples
    --------
    >>> from trueval.calibration import calibration_curve
    >>> prob_true, prob_pred = calibration_curve([0, 0, 1, 1], [0.1, 0.3, 0.6, 1.0], n_bins=2)
    >>> prob_true, prob_pred
    (array([0., 1.]), array([0.2, 0.8]))
    """
    measured = measured_probabilities(y_prob)
    if measured[0].ndim > 1 and measured[0].shape[1] > 1:
        raise ValueError(f"y_prob should be a 1d array, got an array of shape {measured[0].shape} instead.")
    bins = _binned(y_true, measured[0], n_bins, strategy, pos_label, None, None).used()
    return bins.observed / bins.total, bins.forecast / bins.total


def _binned(  # noqa: PLR0917
    y_true: Any, y_prob: Any, n_bins: int, strategy: str, pos_label: Any, labels: Any, sample_weight: Any
) -> Bins:
    measured = measured_probabilities(y_prob)
    if measured[0].ndim == 1 or measured[0].shape[1] == 1:
        refuse_parameters(1, pos_label, labels)
        one = check_binary_probabilities(y_true, measured, sample_weight, pos_label)
        weights = weights_of(one.weights)
        edges = _inner_edges(one.proba, n_bins, strategy)
        return Bins(*_backend.current().reliability(one.labels, one.positive, one.proba, weights, edges))
    refuse_parameters(measured[0].shape[1], pos_label, labels)
    many = check_probabilities(y_true, measured, sample_weight, labels)
    if improper_rows(many.proba, many.dtype):
        warn(NOT_PROBABILITIES)
    return binned_classes(many, _inner_edges(many.proba, n_bins, strategy))


def refuse_parameters(columns: int, pos_label: Any, labels: Any) -> None:
    """Refuse the parameter that is for probabilities of another form."""
    if columns == 1 and labels is not None:
        raise ValueError("labels must be None where y_prob has one column; pos_label says whose that is.")
    if columns > 1 and pos_label is not None:
        raise ValueError("pos_label must be None where y_prob has several columns.")


def binned_classes(many: Probabilities, edges: NDArray[np.float64]) -> Bins:
    """Bins of the highest probabilities."""
    if many.indicator is not None:
        raise ValueError("multilabel-indicator format is not supported")
    weights = weights_of(many.weights)
    return Bins(*_backend.current().top_reliability(many.labels, many.classes, many.proba, weights, edges))


def weights_of(weights: SampleWeights | None) -> NDArray[np.float64] | None:
    """Weights as the backends take them; negative ones are refused."""
    if weights is None:
        return None
    if weights.low < 0:
        raise ValueError(f"sample_weight must not be negative, got {weights.low}.")
    return weights.values


def _inner_edges(proba: NDArray[Any], n_bins: int, strategy: str) -> NDArray[np.float64]:
    """Edges between the bins."""
    if strategy == "uniform":
        return edges_of(n_bins)[1:-1]
    highest = proba if proba.ndim == 1 else proba.max(axis=1)
    return np.asarray(np.percentile(highest, np.linspace(0.0, 1.0, n_bins + 1) * 100)[1:-1], dtype=np.float64)


def edges_of(n_bins: int) -> NDArray[np.float64]:
    """Edges of bins of equal width."""
    return np.linspace(0.0, 1.0, n_bins + 1)
