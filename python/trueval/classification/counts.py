"""Metrics that are a fold over all cells of the contingency table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._averaging import average
from .._parameters import (
    LABELS,
    OPTIONAL,
    StrOptions,
    validate,
)
from .._validation.arrays import (
    Array,
    check_array,
    check_consistent_length,
    num_samples,
)
from .._validation.labels import Indicators, check_targets
from ..exceptions import warn


@validate(y_true=LABELS, y_pred=LABELS, normalize=["boolean"], sample_weight=OPTIONAL)
def accuracy_score(y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None) -> float:
    """Fraction of samples whose predicted label, or whole set of labels, is right.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    normalize : bool, default=True
        If false, return the number (or weight) of correct samples instead of their fraction.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.

    Returns
    -------
    score : float
        Between 0 and 1, or the number of correct samples.

    Raises
    ------
    ValueError
        For NaN, infinity or fractions among the labels, no sample, lengths that differ, strings beside numbers, targets
        of two kinds, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    Notes
    -----
    The formula is (TP + TN) / n for two classes [1]_. A sample of a multilabel target is right if each of its labels is
    (subset accuracy).

    Time is O(n_samples), scratch memory O(number of distinct pairs of labels); multilabel targets need 2 n_labels + 33
    bytes a sample, strings are first numbered, in 4 bytes a sample. Unweighted counts are exact.

    References
    ----------
    .. [1] C. E. Metz, "Basic principles of ROC analysis", Seminars in Nuclear Medicine 8, 1978.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.accuracy_score([0, 1, 2, 3], [0, 2, 1, 3])
    0.5
    >>> tv.accuracy_score(["cat", "dog", "dog"], ["cat", "dog", "cat"], normalize=False)
    2.0
    """
    targets = check_targets(y_true, y_pred, sample_weight)
    if isinstance(targets, Indicators):
        differing = _backend.current().indicator_counts_by_row(targets.true, targets.pred)[3]
        right = differing == 0
        weight = None if targets.weights is None else targets.weights.values
        if normalize:
            return average(right, weight)
        return float(np.count_nonzero(right) if weight is None else np.dot(right, weight))
    hits = np.sum(targets.values[targets.rows == targets.columns])
    if not normalize:
        return float(hits)
    total = np.sum(targets.values)
    if total == 0:
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    return float(hits / total)


@validate(
    y_true=["array-like"],
    y_pred=["array-like"],
    labels=OPTIONAL,
    sample_weight=OPTIONAL,
    normalize=[StrOptions({"true", "pred", "all"}), None],
)
def confusion_matrix(
    y_true: Any, y_pred: Any, *, labels: Any = None, sample_weight: Any = None, normalize: str | None = None
) -> NDArray[Any]:
    """Count the samples of each true label, by row, that got each predicted label, by column.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: integers, booleans, integral floats, dates or strings.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    labels : array-like of shape (n_classes,), optional
        Labels of the rows and columns, in this order. Samples with other labels are left out. Without it, the sorted
        labels of both arguments.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    normalize : {'true', 'pred', 'all'}, optional
        Divide by the sum of the row, of the column, or of the matrix; where that is zero, the result is 0.

    Returns
    -------
    matrix : ndarray of shape (n_classes, n_classes)
        int64, or float64 if normalised or weighted by other than integers.

    Raises
    ------
    ValueError
        For NaN, infinity or fractions among the labels, no sample, lengths that differ, strings beside numbers,
        multilabel targets, weights that are all zero, `labels` that are empty or none of which is in `y_true`.

    Warns
    -----
    UserWarning
        If there is one label only.

    Notes
    -----
    Time is O(n_samples), whatever the labels are, scratch memory O(number of distinct pairs of labels); strings are
    first numbered, in 4 bytes a sample. Unweighted counts are exact.

    References
    ----------
    .. [1] G. A. Miller, P. E. Nicely, "An analysis of perceptual confusions among some English consonants", Journal of
       the Acoustical Society of America 27, 1955.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.confusion_matrix([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2])
    array([[2, 0, 0],
           [0, 0, 1],
           [1, 0, 2]])
    >>> tv.confusion_matrix(["no", "yes", "yes"], ["no", "no", "yes"], labels=["yes", "no"], normalize="true")
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    y_true = check_array(y_true, dtype=None, finite=False, min_samples=0)
    y_pred = check_array(y_pred, dtype=None, finite=False, min_samples=0)
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight)
    # Without weights scikit-learn counts ones, and their length, which is that of y_true, shows in the message.
    check_consistent_length(y_true, y_pred, y_true if sample_weight is None and num_samples(y_true) else sample_weight)
    targets = check_targets(y_true, y_pred, sample_weight, sorts=False)
    if isinstance(targets, Indicators):
        raise ValueError(f"{targets.kind} is not supported")
    if labels is None:
        place = np.arange(targets.labels.size)
        size = place.size
    else:
        order = np.asarray(labels)
        size = order.size
        if size == 0:
            raise ValueError("'labels' should contain at least one label.")
        table = {label: index for index, label in enumerate(order.tolist())}
        if not any(label in table for label in targets.present.tolist()):
            raise ValueError("At least one label specified must be in y_true")
        place = np.array([table.get(label, -1) for label in targets.labels.tolist()])
    rows, columns = place[targets.rows], place[targets.columns]
    inside = (rows >= 0) & (columns >= 0)
    whole = targets.weights is None or targets.weights.kind in "iub"
    values = targets.values
    if targets.weights is not None and whole and targets.weights.peak * targets.n_samples >= 2.0**53:
        values = _whole_sums(y_true, y_pred, sample_weight)
    matrix = np.zeros((size, size), dtype=np.int64 if whole else np.float64)
    matrix[rows[inside], columns[inside]] = values[inside]
    if normalize is not None:
        axis = {"true": 1, "pred": 0, "all": None}[normalize]
        with np.errstate(all="ignore"):
            matrix = np.nan_to_num(matrix / matrix.sum(axis=axis, keepdims=True))
    if matrix.shape == (1, 1):
        warn(
            "A single label was found in 'y_true' and 'y_pred'. For the confusion matrix to have the correct shape, "
            "use the 'labels' parameter to pass all known labels."
        )
    return matrix


def _whole_sums(y_true: Array, y_pred: Array, weight: Array) -> Array:
    """Sum integral weights of each cell modulo 2**64, for weights whose sums float64 cannot hold."""
    bits = 21  # of each weight at a time: their sums are exact for 2**32 samples
    total: Any = 0
    for shift in range(0, 64, bits):
        part = weight >> shift
        if shift + bits < 64:
            part &= (1 << bits) - 1
        if part.any():
            sums = check_targets(y_true, y_pred, part, sorts=False).values  # type: ignore[union-attr]
            total = total + (sums.astype(np.int64) << shift)
    return np.asarray(total)
