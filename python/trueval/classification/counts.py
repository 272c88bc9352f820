"""Metrics that are a fold over all cells of the contingency table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._averaging import average
from .._parameters import (
    LABELS,
    OPTIONAL,
    StrOptions,
    validate,
)
from .._validation.labels import Crossing, Indicators, Tally, check_targets, row_weights
from ..exceptions import warn
from ._cells import check_cells, counts_of, differing_labels


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
    return _right(targets, normalize)


def _right(targets: Crossing | Indicators, normalize: bool) -> float:
    """Count the samples that are right, or give their fraction."""
    if isinstance(targets, Indicators):
        right = differing_labels(targets) == 0
        weight = row_weights(targets)
        if normalize:
            return average(right, weight)
        return float(np.count_nonzero(right) if weight is None else np.dot(right, weight))
    hits = np.add.reduce(targets.values[targets.rows == targets.columns])
    return float(hits / _total(targets) if normalize else hits)


def _total(targets: Crossing) -> Any:
    """Add up the cells."""
    if targets.weights is None:
        return targets.n_samples
    total = np.add.reduce(targets.values)
    if total == 0:
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    return total


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
    cells = check_cells(y_true, y_pred, labels, sample_weight)
    matrix = cells.matrix()
    if normalize is not None:
        axis = {"true": 1, "pred": 0, "all": None}[normalize]
        with np.errstate(all="ignore"):
            matrix = np.nan_to_num(matrix / matrix.sum(axis=axis, keepdims=True))
    cells.warn_if_single()
    return matrix


@validate(y_true=LABELS, y_pred=LABELS, sample_weight=OPTIONAL, labels=OPTIONAL, samplewise=["boolean"])
def multilabel_confusion_matrix(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, labels: Any = None, samplewise: bool = False
) -> NDArray[Any]:
    """Two-by-two confusion matrix of each class against all others, or of each sample of a multilabel target.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    labels : array-like of shape (n_classes,), optional
        Classes to report, in this order; column indices for a multilabel target. Classes that do not occur are counted
        0 times, classes left out count as negatives. By default the sorted classes of both arguments.
    samplewise : bool, default=False
        One matrix for each sample of a multilabel target, over its labels, instead of one for each label.

    Returns
    -------
    matrices : ndarray of shape (n_classes, 2, 2) or (n_samples, 2, 2)
        ``[[true negatives, false positives], [false negatives, true positives]]``: int64, or float64 if weighted or if
        no label of a one-dimensional target was right.

    Raises
    ------
    ValueError
        For NaN, infinity or fractions among the labels, no sample, lengths that differ, strings beside numbers, targets
        of two kinds, weights that are all zero, `labels` outside the columns, `samplewise` without multilabel targets.

    See Also
    --------
    confusion_matrix : one matrix for all classes.

    Notes
    -----
    Time is O(n_samples), scratch memory O(number of distinct pairs of labels); multilabel targets take 2 n_labels bytes
    a sample. Unweighted counts are exact.

    References
    ----------
    .. [1] G. Tsoumakas, I. Katakis, I. Vlahavas, "Mining multi-label data", Data Mining and Knowledge Discovery
       Handbook, 2010.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.multilabel_confusion_matrix([0, 1, 2, 2], [0, 2, 2, 1], labels=[2, 0])
    array([[[1, 1],
            [1, 1]],
    <BLANKLINE>
           [[3, 0],
            [0, 1]]])
    >>> tv.multilabel_confusion_matrix([[1, 0, 1], [0, 1, 0]], [[1, 0, 0], [0, 1, 1]], samplewise=True)
    array([[[1, 0],
            [1, 1]],
    <BLANKLINE>
           [[1, 1],
            [0, 1]]])
    """
    targets = check_targets(y_true, y_pred, sample_weight)
    hits, predicted, true = counts_of(targets, labels, samplewise)
    weights = targets.weights
    if samplewise:
        width = targets.labels.size if labels is None else np.asarray(labels).shape[0]
        total: Any = width if weights is None else weights.values * width
        if weights is not None and weights.kind in "iub":
            hits, predicted, true, total = (x.astype(np.int64) for x in (hits, predicted, true, total))
    else:
        dtype = np.result_type(hits, predicted, true)
        total = targets.n_samples if weights is None else dtype.type(np.sum(weights.values))
    missed, false = true - hits, predicted - hits
    return np.stack([total - hits - missed - false, false, missed, hits], axis=1).reshape(-1, 2, 2)


@validate(y_true=["array-like"], y_pred=["array-like"], sample_weight=OPTIONAL, adjusted=["boolean"])
def balanced_accuracy_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None, adjusted: bool = False) -> float:
    """Mean over the true classes of the fraction of their samples whose predicted label is right.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: integers, booleans, integral floats, dates or strings.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    adjusted : bool, default=False
        Rescale so that guessing scores 0 and perfection 1.

    Returns
    -------
    score : float
        Between 0 and 1; adjusted, between 1 / (1 - n_classes) and 1, and NaN or -inf for one class.

    Raises
    ------
    ValueError
        As `confusion_matrix` does.

    Warns
    -----
    UserWarning
        If a predicted class has no true sample, or no weight: it is left out of the mean. If there is one label only.

    See Also
    --------
    accuracy_score : the fraction over all samples.
    recall_score : with ``average='macro'``, the same but for classes without a true sample.

    Notes
    -----
    The mean of the recalls [1]_. Time is O(n_samples), scratch memory O(number of distinct pairs of labels); strings
    are first numbered, in 4 bytes a sample.

    References
    ----------
    .. [1] K. H. Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.balanced_accuracy_score([0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1])
    0.625
    >>> tv.balanced_accuracy_score([0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1], adjusted=True)
    0.25
    """
    cells = check_cells(y_true, y_pred, None, sample_weight)
    cells.warn_if_single()
    with np.errstate(all="ignore"):
        recall = cells.hits() / cells.margins()[0]
        if np.any(np.isnan(recall)):
            warn("y_pred contains classes not in y_true")
            recall = recall[~np.isnan(recall)]
        score = np.mean(recall) if recall.size else np.float64(np.nan)
        if adjusted:
            chance = 1 / recall.size
            score = (score - chance) / (1 - chance)
    return float(score)


@validate(y_true=LABELS, y_pred=LABELS, normalize=["boolean"], sample_weight=OPTIONAL)
def zero_one_loss(y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None) -> float:
    """Fraction of samples whose predicted label, or whole set of labels, is wrong.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    normalize : bool, default=True
        If false, return the number (or weight) of wrong samples instead of their fraction.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.

    Returns
    -------
    loss : float
        Between 0 and 1, or the number of wrong samples (a NumPy float64 where they are weighted).

    Raises
    ------
    ValueError
        As `accuracy_score` does.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    See Also
    --------
    accuracy_score : the complement.
    hamming_loss : the fraction of wrong labels rather than of wrong sets of them.

    Notes
    -----
    One minus the accuracy [1]_. A sample of a multilabel target is wrong if any of its labels is. Time and scratch
    memory are those of `accuracy_score`.

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", 2006, section 1.5.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.zero_one_loss([2, 2, 3, 4], [1, 2, 3, 4])
    0.25
    >>> tv.zero_one_loss([[0, 1], [1, 1]], [[1, 1], [1, 1]], normalize=False)
    1.0
    """
    targets = check_targets(y_true, y_pred, sample_weight)
    right = _right(targets, normalize)
    if normalize:
        return 1 - right
    return targets.n_samples - right if targets.weights is None else np.sum(targets.weights.values) - right


@validate(y_true=LABELS, y_pred=LABELS, sample_weight=OPTIONAL)
def hamming_loss(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Fraction of labels that are wrong.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.

    Returns
    -------
    loss : float
        Between 0 and 1 (a NumPy float64 for a multilabel target with weights).

    Raises
    ------
    ValueError
        As `accuracy_score` does.
    ZeroDivisionError
        For weights of both signs that add up to zero; NaN or infinity where the target is multilabel.

    See Also
    --------
    zero_one_loss : the fraction of samples that are not right in every label.

    Notes
    -----
    The Hamming distance [1]_ of the two indicator matrices over their size; the zero-one loss where there is one label
    a sample. Time and scratch memory are those of `accuracy_score`.

    References
    ----------
    .. [1] R. W. Hamming, "Error detecting and error correcting codes", Bell System Technical Journal 29, 1950.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.hamming_loss([2, 2, 3, 4], [1, 2, 3, 4])
    0.25
    >>> tv.hamming_loss([[0, 1], [1, 1]], [[0, 0], [0, 0]])
    0.75
    """
    targets = check_targets(y_true, y_pred, sample_weight)
    weights = targets.weights
    if isinstance(targets, Indicators):
        differing = differing_labels(targets)
        size = targets.n_samples * targets.labels.size
        if weights is None:
            repeated = isinstance(targets.true, Tally)
            return float(np.dot(differing, targets.true.repeats) if repeated else np.sum(differing)) / size
        with np.errstate(all="ignore"):
            return np.dot(differing, weights.values) / (size * (np.sum(weights.values) / targets.n_samples))
    return float(np.add.reduce(targets.values[targets.rows != targets.columns]) / _total(targets))
