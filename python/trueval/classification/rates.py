"""Rates of the negatives, which scikit-learn has no functions for: specificity and fall-out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._averaging import average as mean_of
from .._parameters import (
    LABELS,
    OPTIONAL,
    POS_LABEL,
    StrOptions,
    validate,
)
from .._validation.labels import Crossing, Indicators, check_targets
from .._validation.targets import as_values
from ..exceptions import warn
from ._cells import counts_of

_AVERAGES = [StrOptions({"binary", "micro", "macro", "weighted"}), None]


def _negatives(targets: Crossing | Indicators) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Of each class the weight of the false positives, of the negatives, and of the positives."""
    hits, predicted, true = counts_of(targets, None, by_sample=False)
    if isinstance(targets, Crossing):
        total = np.sum(targets.values)
    else:
        total = targets.n_samples if targets.weights is None else np.sum(targets.weights.values)
    return predicted - hits, total - true, true


def _rates(  # noqa: PLR0917
    name: str, right: bool, y_true: Any, y_pred: Any, pos_label: Any, average: str | None, sample_weight: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Share of the negatives of each class that are right or wrong, and the weights of the mean of these shares."""
    targets = check_targets(y_true, y_pred, sample_weight)
    wrong, negatives, true = _negatives(targets)
    if average == "binary":
        if targets.kind != "binary":
            raise ValueError(f"Target is {targets.kind} but average='binary'. Please choose another average setting.")
        known = as_values(targets.labels)
        if pos_label in known:
            chosen = [known.index(pos_label)]
            wrong, negatives, true = wrong[chosen], negatives[chosen], true[chosen]
        elif len(known) >= 2:
            raise ValueError(f"pos_label={pos_label} is not a valid label. It should be one of {targets.labels}")
        else:  # all samples are negatives, rightly found
            wrong, negatives, true = np.zeros(1), np.sum(true, keepdims=True), np.zeros(1)
    elif average == "micro":
        wrong, negatives = np.sum(wrong, keepdims=True), np.sum(negatives, keepdims=True)
    empty = negatives == 0
    if empty.any():
        warn(f"{name} is undefined and set to NaN for want of negative samples.", "UndefinedMetricWarning")
    found = negatives - wrong if right else wrong
    rates = np.divide(found, negatives, out=np.full(wrong.shape, np.nan), where=~empty)
    return rates, np.asarray(true, dtype=np.float64) if average == "weighted" and true.any() else None


@validate(
    y_true=LABELS,
    y_pred=LABELS,
    pos_label=POS_LABEL,
    average=_AVERAGES,
    sample_weight=OPTIONAL,
)
def false_positive_rate(
    y_true: Any, y_pred: Any, *, pos_label: Any = 1, average: str | None = "binary", sample_weight: Any = None
) -> Any:
    """Share of the negatives that are predicted positive: the fall-out.

    scikit-learn has no function of this name.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,), or array-like or sparse matrix of shape (n_samples, n_labels)
        True and predicted labels: integers, booleans, integral floats or strings; or multilabel indicators.
    pos_label : int, float, bool or str, default=1
        The positive label of ``average='binary'``.
    average : {'binary', 'micro', 'macro', 'weighted'} or None, default='binary'
        The rate of `pos_label`; or of each class against the rest: that of all their negatives together, the mean, the
        mean weighted by the number of positives; None returns the rates of all classes in sorted order.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.

    Returns
    -------
    rate : float or ndarray of shape (n_classes,)
        Between 0 and 1. NaN, with an UndefinedMetricWarning, without negatives; a mean over such a class is NaN too.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, targets of different kinds, more
        than two labels with ``average='binary'``, two labels without `pos_label` among them.

    Warns
    -----
    UndefinedMetricWarning
        If a class has no negatives.

    See Also
    --------
    true_negative_rate : one minus this.
    roc_curve : the rate at every threshold.

    Notes
    -----
    FPR = FP / (FP + TN) [1]_.

    Time is O(n_samples), in one pass; scratch memory does not depend on n_samples.

    References
    ----------
    .. [1] T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.false_positive_rate([0, 0, 0, 0, 1], [0, 0, 0, 1, 1])
    0.25
    >>> tv.false_positive_rate([0, 1, 2, 2], [0, 2, 2, 1], average=None)
    array([0.        , 0.33333333, 0.5       ])
    """
    rates, weights = _rates("False positive rate", False, y_true, y_pred, pos_label, average, sample_weight)
    return rates if average is None else mean_of(rates, weights)


@validate(
    y_true=LABELS,
    y_pred=LABELS,
    pos_label=POS_LABEL,
    average=_AVERAGES,
    sample_weight=OPTIONAL,
)
def true_negative_rate(
    y_true: Any, y_pred: Any, *, pos_label: Any = 1, average: str | None = "binary", sample_weight: Any = None
) -> Any:
    """Share of the negatives that are predicted negative: the specificity.

    scikit-learn has no function of this name.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,), or array-like or sparse matrix of shape (n_samples, n_labels)
        True and predicted labels: integers, booleans, integral floats or strings; or multilabel indicators.
    pos_label : int, float, bool or str, default=1
        The positive label of ``average='binary'``.
    average : {'binary', 'micro', 'macro', 'weighted'} or None, default='binary'
        The rate of `pos_label`; or of each class against the rest: that of all their negatives together, the mean, the
        mean weighted by the number of positives; None returns the rates of all classes in sorted order.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.

    Returns
    -------
    rate : float or ndarray of shape (n_classes,)
        Between 0 and 1. NaN, with an UndefinedMetricWarning, without negatives; a mean over such a class is NaN too.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, targets of different kinds, more
        than two labels with ``average='binary'``, two labels without `pos_label` among them.

    Warns
    -----
    UndefinedMetricWarning
        If a class has no negatives.

    See Also
    --------
    recall_score : the share of the positives that are predicted positive.
    false_positive_rate : one minus this.

    Notes
    -----
    TNR = TN / (FP + TN) [1]_.

    Time is O(n_samples), in one pass; scratch memory does not depend on n_samples.

    References
    ----------
    .. [1] T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.true_negative_rate([0, 0, 0, 0, 1], [0, 0, 0, 1, 1])
    0.75
    >>> tv.true_negative_rate([0, 1, 2, 2], [0, 2, 2, 1], average=None)
    array([1.        , 0.66666667, 0.5       ])
    """
    rates, weights = _rates("True negative rate", True, y_true, y_pred, pos_label, average, sample_weight)
    return rates if average is None else mean_of(rates, weights)
