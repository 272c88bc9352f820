"""Rankings of the labels of each sample, and of the classes."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._averaging import average
from .._parameters import (
    LABELS,
    OPTIONAL,
    Interval,
    validate,
)
from .._validation.scores import (
    check_class_scores,
    check_coverage,
    check_label_loss,
    check_label_precision,
    query_weights,
)


@validate(y_true=["array-like"], y_score=["array-like"], sample_weight=OPTIONAL)
def coverage_error(y_true: Any, y_score: Any, *, sample_weight: Any = None) -> float:
    """How far down the ranked labels of a sample one has to go to meet all the relevant ones.

    Parameters
    ----------
    y_true : array-like of shape (n_samples, n_labels)
        Marks of the relevant labels, not zero where relevant; a multilabel indicator of two labels at least.
    y_score : array-like of shape (n_samples, n_labels)
        Scores by which the labels of each sample are ranked, the highest first; numbers of any width.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.

    Returns
    -------
    coverage_error : float
        Mean over the samples of the number of labels, between 0 and n_labels; at best the mean number of relevant
        labels. A sample without a relevant label counts 0.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, shapes that differ, marks of more than two kinds.
    ZeroDivisionError
        For weights that add up to zero.

    See Also
    --------
    label_ranking_loss : share of the pairs of labels that are in the wrong order.

    Notes
    -----
    The number for a sample is that of its labels that score at least as high as its lowest relevant one [1]_ (which
    subtracts one). So tied labels take the last of their ranks; -0.0 ties with 0.0.

    Time is O(n_samples * n_labels), scratch memory 8 bytes a sample and 1 byte for each mark that is not a byte.

    References
    ----------
    .. [1] G. Tsoumakas, I. Katakis, I. Vlahavas, "Mining multi-label data", in: Data Mining and Knowledge Discovery
       Handbook, 2nd ed., Springer, 2010.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.coverage_error([[1, 0, 0], [0, 1, 1]], [[1, 0, 0], [0, 1, 1]])
    1.5
    """
    return average(coverage_by_sample(y_true, y_score, sample_weight), query_weights(sample_weight))


def coverage_by_sample(y_true: Any, y_score: Any, sample_weight: Any = None) -> NDArray[np.int64]:
    """Check the inputs and return the number of labels of each sample."""
    return np.asarray(_backend.current().coverage_by_row(*check_coverage(y_true, y_score, sample_weight)))


@validate(y_true=LABELS, y_score=["array-like"], sample_weight=OPTIONAL)
def label_ranking_average_precision_score(y_true: Any, y_score: Any, *, sample_weight: Any = None) -> float:
    """Mean over the relevant labels of the share of relevant ones among those that rank at or above each.

    Parameters
    ----------
    y_true : array-like or sparse matrix of shape (n_samples, n_labels)
        Marks of the relevant labels, not zero where relevant; a multilabel indicator, or a binary column.
    y_score : array-like of shape (n_samples, n_labels)
        Scores by which the labels of each sample are ranked, the highest first; numbers of any width.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.

    Returns
    -------
    score : float
        Mean over the samples, above 0 and at most 1. A sample all of whose labels are relevant, or none, counts 1. NaN
        for weights that are all zero.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, shapes that differ, marks of more than two kinds.

    See Also
    --------
    average_precision_score : with ``average='samples'`` it differs for samples without a relevant label alone.

    Notes
    -----
    The precision at a label is the number of relevant labels over that of all labels that score at least as high [1]_.
    So tied labels take the last of their ranks; -0.0 ties with 0.0. A zero that a sparse matrix stores is a zero.

    Time is O(n_samples * n_labels * log n_labels), scratch memory O(n_labels) a thread and 8 bytes a sample, beside
    1 byte for each mark that is not a byte.

    References
    ----------
    .. [1] R. E. Schapire, Y. Singer, "BoosTexter: a boosting-based system for text categorization", Machine Learning
       39, 2000.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.label_ranking_average_precision_score([[1, 0, 0], [0, 0, 1]], [[0.75, 0.5, 1], [1, 0.2, 0.1]]), 4)
    0.4167
    """
    precision = precision_by_sample(y_true, y_score, sample_weight)
    weights = query_weights(sample_weight)
    if weights is None:
        return average(precision)
    if weights.ndim != 1:
        raise ValueError(f"sample_weight must have one dimension, got shape {weights.shape}.")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return float(np.sum(precision * weights) / np.sum(weights))


def precision_by_sample(y_true: Any, y_score: Any, sample_weight: Any = None) -> NDArray[np.float64]:
    """Check the inputs and return the average precision of each sample."""
    marks, scores = check_label_precision(y_true, y_score, sample_weight)
    precision = np.asarray(_backend.current().average_precision_by_row(marks, scores))
    precision[np.isnan(precision)] = 1.0
    return precision


@validate(y_true=LABELS, y_score=["array-like"], sample_weight=OPTIONAL)
def label_ranking_loss(y_true: Any, y_score: Any, *, sample_weight: Any = None) -> float:
    """Share of the pairs of a relevant and an irrelevant label of a sample that are in the wrong order.

    Parameters
    ----------
    y_true : array-like or sparse matrix of shape (n_samples, n_labels)
        Marks of the relevant labels, not zero where relevant; a multilabel indicator of two labels at least.
    y_score : array-like of shape (n_samples, n_labels)
        Scores by which the labels of each sample are ranked, the highest first; numbers of any width.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.

    Returns
    -------
    loss : float
        Mean over the samples, between 0, the best, and 1. A sample all of whose labels are relevant, or none, counts 0.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, shapes that differ, marks of more than two kinds.
    ZeroDivisionError
        For weights that add up to zero.

    See Also
    --------
    roc_auc_score : with ``average='samples'``, one minus the loss where there are no ties.
    coverage_error : how far down the ranking the last relevant label is.

    Notes
    -----
    A pair is in the wrong order unless the relevant label scores higher [1]_: ties are wrong; -0.0 ties with 0.0. The
    pairs are counted in integers. A zero that a sparse matrix stores is a zero.

    Time is O(n_samples * n_labels * log n_labels), scratch memory O(n_labels) a thread and 48 bytes a sample, beside
    1 byte for each mark that is not a byte.

    References
    ----------
    .. [1] G. Tsoumakas, I. Katakis, I. Vlahavas, "Mining multi-label data", in: Data Mining and Knowledge Discovery
       Handbook, 2nd ed., Springer, 2010.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.label_ranking_loss([[1, 0, 0], [0, 0, 1]], [[0.75, 0.5, 1], [1, 0.2, 0.1]])
    0.75
    """
    return average(loss_by_sample(y_true, y_score, sample_weight), query_weights(sample_weight))


def loss_by_sample(y_true: Any, y_score: Any, sample_weight: Any = None) -> NDArray[np.float64]:
    """Check the inputs and return the share of the pairs of each sample that are in the wrong order."""
    marks, scores = check_label_loss(y_true, y_score, sample_weight)
    relevant, wins, _ = _backend.current().pairs_by_row(marks, scores)
    pairs = relevant * (marks.shape[1] - relevant)
    return np.divide(pairs - wins, pairs, out=np.zeros(pairs.size), where=pairs != 0)


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    k=[Interval(Integral, 1, None, closed="left")],
    normalize=["boolean"],
    sample_weight=OPTIONAL,
    labels=OPTIONAL,
)
def top_k_accuracy_score(
    y_true: Any,
    y_score: Any,
    *,
    k: int = 2,
    normalize: bool = True,
    sample_weight: Any = None,
    labels: Any = None,
) -> float:
    """Share of the samples whose true class is among the `k` classes of the highest scores.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: integers, booleans, integral floats or strings.
    y_score : array-like of shape (n_samples,) or (n_samples, n_classes)
        Scores of the classes, in the sorted order of the labels; of two classes, scores of the second: probabilities,
        or decisions about zero.
    k : int, default=2
        How many classes a sample may be given.
    normalize : bool, default=True
        Return the share of the samples, rather than their number or weight.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.
    labels : array-like of shape (n_classes,), optional
        Sorted labels, where `y_true` may not hold every one.

    Returns
    -------
    score : float
        Between 0 and 1, or up to n_samples (the sum of the weights) without `normalize`.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, another number of labels than of
        columns, `labels` that are not sorted and distinct, or not all that are in `y_true`.
    ZeroDivisionError
        For weights that add up to zero.

    Warns
    -----
    UndefinedMetricWarning
        If `k` is not below the number of classes: then every sample counts.

    See Also
    --------
    accuracy_score : the same for ``k=1``, from predicted classes.

    Notes
    -----
    Of classes that tie, those of later columns come first; -0.0 ties with 0.0. With two classes and ``k=1`` a sample is
    given the second class if its score is above 0.5, or above 0 where not all scores are in [0, 1].

    Time is O(n_samples * n_classes), nothing is sorted; scratch memory is 8 bytes a sample, or 4 with two classes.

    References
    ----------
    .. [1] O. Russakovsky et al., "ImageNet large scale visual recognition challenge", International Journal of Computer
       Vision 115, 2015.

    Examples
    --------
    >>> import trueval as tv
    >>> y_score = [[0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.2, 0.4, 0.3], [0.7, 0.2, 0.1]]
    >>> tv.top_k_accuracy_score([0, 1, 2, 2], y_score, k=2)
    0.75
    >>> tv.top_k_accuracy_score([0, 1, 2, 2], y_score, k=2, normalize=False)
    3.0
    """
    codes, classes, scores = check_class_scores(y_true, y_score, k, sample_weight, labels)
    if scores.ndim == 2:
        hits = _backend.current().class_ranks(codes, classes, scores) < k
    elif k == 1:
        _, low, high = _backend.current().scan(scores)
        threshold = 0.5 if low >= 0 and high <= 1 else 0
        hits = (scores > threshold) == (codes == classes[1])
    else:
        hits = np.ones(codes.size, dtype=bool)
    weights = query_weights(sample_weight)
    if normalize:
        return average(hits, weights)
    if weights is None:
        return float(np.count_nonzero(hits))
    return float(np.dot(hits.astype(np.float64), weights.astype(np.float64, copy=False)))
