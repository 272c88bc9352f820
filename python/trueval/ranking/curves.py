"""Curves over the thresholds on a score."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._parameters import (
    OPTIONAL,
    POS_LABEL,
    deprecate_positional,
    validate,
)
from .._validation.arrays import canonical_scores
from .._validation.scores import (
    BinaryRanking,
    Ranked,
    check_binary_ranking,
)
from .._validation.targets import Target
from ..exceptions import warn

Curve = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]

NO_NEGATIVES = "No negative samples in y_true, false positive value should be meaningless"
NO_POSITIVES = "No positive samples in y_true, true positive value should be meaningless"
NO_POSITIVE_CLASS = "No positive class found in y_true, recall is set to one for all thresholds."


def _counts(inputs: BinaryRanking | Ranked) -> Curve:
    """Count, or weigh, false and true positives at or above each distinct score; with the scores, descending."""
    if isinstance(inputs, BinaryRanking):
        fps, tps, thresholds = _backend.current().binary_curve(
            inputs.labels,
            inputs.positive,
            canonical_scores(inputs.scores),
            None if inputs.weights is None else inputs.weights.values,
        )
    else:
        fps, tps, thresholds = inputs.binary_curve()
    dtype = np.dtype(np.float64) if inputs.score_dtype.kind == "O" else inputs.score_dtype
    return fps, tps, thresholds.astype(dtype, copy=False)


def _before(first: float, rest: NDArray[Any]) -> NDArray[np.float64]:
    """Put one number before others."""
    out = np.empty(rest.size + 1)
    out[0] = first
    out[1:] = rest
    return out


def _bends(x: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether the step to each point differs from the step behind it; the first and the last have but one."""
    steps = x[1:] - x[:-1]
    bends: NDArray[np.bool_] = (steps[1:] - steps[:-1]) != 0
    return bends


def roc_points(inputs: BinaryRanking | Ranked, drop_intermediate: bool) -> Curve:
    """Compute the points of a ROC curve: false and true positive rates, thresholds from infinity down."""
    fps, tps, thresholds = _counts(inputs)
    if drop_intermediate and fps.size > 2:
        corner = np.ones(fps.size, dtype=bool)
        corner[1:-1] = _bends(fps) | _bends(tps)
        fps, tps, thresholds = fps[corner], tps[corner], thresholds[corner]
    fpr, tpr, cuts = _before(0.0, fps), _before(0.0, tps), _before(np.inf, thresholds)
    for rates, message in ((fpr, NO_NEGATIVES), (tpr, NO_POSITIVES)):
        if rates[-1] <= 0:
            warn(message, "UndefinedMetricWarning")
            rates.fill(np.nan)
        else:
            np.divide(rates, rates[-1], out=rates)
    return fpr, tpr, cuts


def _steps_of_recall(tps: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether the true positives change before or after each point; the first and the last count."""
    corner = np.ones(tps.size, dtype=bool)
    steps = np.diff(tps) != 0
    corner[1:-1] = steps[:-1] | steps[1:]
    return corner


def precision_recall_points(inputs: BinaryRanking | Ranked, drop_intermediate: bool) -> Curve:
    """Compute the points of a precision-recall curve: precisions, recalls, thresholds from the lowest up."""
    fps, tps, thresholds = _counts(inputs)
    if drop_intermediate and fps.size > 2:
        corner = _steps_of_recall(tps)
        fps, tps, thresholds = fps[corner], tps[corner], thresholds[corner]
    predicted = tps + fps
    precision = np.divide(tps, predicted, out=np.zeros(tps.size), where=predicted != 0)
    if tps[-1] == 0:
        warn(NO_POSITIVE_CLASS)
        recall = np.ones(tps.size)
    else:
        recall = tps / tps[-1]
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), thresholds[::-1]


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    pos_label=POS_LABEL,
    sample_weight=OPTIONAL,
    drop_intermediate=["boolean"],
)
def roc_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = True,
) -> Curve:
    """Compute the false and true positive rates at every threshold on the scores.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: integers, booleans, integral floats or strings.
    y_score : array-like of shape (n_samples,)
        Scores, higher for positives; numbers of any width.
    pos_label : int, float, bool or str, optional
        The positive label. It may be left out where the labels are among {0, 1} or {-1, 1}; then it is 1.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Samples of weight zero do not take part.
    drop_intermediate : bool, default=True
        Leave out points that lie on the line between their neighbours.

    Returns
    -------
    fpr : ndarray of shape (n_thresholds,)
        False positive rate of the samples that score at least the threshold, increasing, float64. NaN, with an
        UndefinedMetricWarning, if there are no negatives.
    tpr : ndarray of shape (n_thresholds,)
        True positive rate, likewise. NaN, with an UndefinedMetricWarning, if there are no positives.
    thresholds : ndarray of shape (n_thresholds,)
        Decreasing, float64; the first is infinity, which no score reaches.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, more than two labels or labels
        other than {0, 1} and {-1, 1} without `pos_label`, weights that are all zero.

    See Also
    --------
    roc_auc_score : the area under the curve, without the curve.

    Notes
    -----
    Equal scores make one point; -0.0 ties with 0.0.

    Time is O(n_samples) to O(n_samples log n_samples), depending on the distribution of the scores; scratch memory is
    8 bytes a sample for float64 scores, 4 for float32, 16 with weights, beside up to 24 bytes for each distinct score.

    References
    ----------
    .. [1] T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.

    Examples
    --------
    >>> import trueval as tv
    >>> fpr, tpr, thresholds = tv.roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> fpr
    array([0. , 0. , 0.5, 0.5, 1. ])
    >>> tpr
    array([0. , 0.5, 0.5, 1. , 1. ])
    >>> thresholds
    array([ inf, 0.8 , 0.4 , 0.35, 0.1 ])
    """
    return roc_points(
        check_binary_ranking(Target(y_true, "y_true"), y_score, pos_label, sample_weight), drop_intermediate
    )


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    pos_label=POS_LABEL,
    sample_weight=OPTIONAL,
    drop_intermediate=["boolean"],
)
def precision_recall_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = False,
) -> Curve:
    """Compute precision and recall at every threshold on the scores.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: integers, booleans, integral floats or strings.
    y_score : array-like of shape (n_samples,)
        Scores, higher for positives; numbers of any width.
    pos_label : int, float, bool or str, optional
        The positive label. It may be left out where the labels are among {0, 1} or {-1, 1}; then it is 1.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Samples of weight zero do not take part.
    drop_intermediate : bool, default=False
        Leave out points between two others of the same recall.

    Returns
    -------
    precision : ndarray of shape (n_thresholds + 1,)
        Precision of the samples that score at least the threshold, float64; the last is 1.
    recall : ndarray of shape (n_thresholds + 1,)
        Recall of these samples, decreasing, float64; the last is 0. All others are 1, with a warning, if there are no
        positives.
    thresholds : ndarray of shape (n_thresholds,)
        Distinct scores, increasing, in the dtype of `y_score`.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, more than two labels or labels
        other than {0, 1} and {-1, 1} without `pos_label`, weights that are all zero.

    Warns
    -----
    UserWarning
        If there is no positive sample.

    See Also
    --------
    average_precision_score : the area under the steps, without the curve.

    Notes
    -----
    Equal scores make one point; -0.0 ties with 0.0.

    Time is O(n_samples) to O(n_samples log n_samples), depending on the distribution of the scores; scratch memory is
    8 bytes a sample for float64 scores, 4 for float32, 16 with weights, beside up to 24 bytes for each distinct score.

    References
    ----------
    .. [1] J. Davis, M. Goadrich, "The relationship between precision-recall and ROC curves", ICML 2006.

    Examples
    --------
    >>> import trueval as tv
    >>> precision, recall, thresholds = tv.precision_recall_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> precision
    array([0.5       , 0.66666667, 0.5       , 1.        , 1.        ])
    >>> recall
    array([1. , 1. , 0.5, 0.5, 0. ])
    >>> thresholds
    array([0.1 , 0.35, 0.4 , 0.8 ])
    """
    return precision_recall_points(
        check_binary_ranking(Target(y_true, "y_true"), y_score, pos_label, sample_weight), drop_intermediate
    )


@deprecate_positional("1.11")
@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    pos_label=POS_LABEL,
    sample_weight=OPTIONAL,
)
def confusion_matrix_at_thresholds(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
    """Count true and false negatives and positives at every threshold on the scores.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: integers, booleans, integral floats or strings.
    y_score : array-like of shape (n_samples,)
        Scores, higher for positives; numbers of any width.
    pos_label : int, float, bool or str, optional
        The positive label. It may be left out where the labels are among {0, 1} or {-1, 1}; then it is 1.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Samples of weight zero do not take part.

    Returns
    -------
    tns : ndarray of shape (n_thresholds,)
        Number or weight of the negatives that score less than the threshold, float64.
    fps : ndarray of shape (n_thresholds,)
        That of the negatives that score at least the threshold, increasing, float64.
    fns : ndarray of shape (n_thresholds,)
        That of the positives that score less, float64.
    tps : ndarray of shape (n_thresholds,)
        That of the positives that score at least the threshold, increasing, float64.
    thresholds : ndarray of shape (n_thresholds,)
        Distinct scores, decreasing, in the dtype of `y_score`.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, more than two labels or labels
        other than {0, 1} and {-1, 1} without `pos_label`, weights that are all zero.

    Warns
    -----
    FutureWarning
        If `pos_label` or `sample_weight` is passed by position.

    See Also
    --------
    metric_at_thresholds : any metric of predicted classes at every threshold.
    confusion_matrix : the counts for predicted classes.

    Notes
    -----
    Equal scores make one threshold; -0.0 ties with 0.0. Counts are exact.

    Time is O(n_samples) to O(n_samples log n_samples), depending on the distribution of the scores; scratch memory is
    8 bytes a sample for float64 scores, 4 for float32, 16 with weights, beside up to 24 bytes for each distinct score.

    References
    ----------
    .. [1] T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.

    Examples
    --------
    >>> import trueval as tv
    >>> tns, fps, fns, tps, thresholds = tv.confusion_matrix_at_thresholds([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> fps
    array([0., 1., 1., 2.])
    >>> tps
    array([1., 1., 2., 2.])
    >>> thresholds
    array([0.8 , 0.4 , 0.35, 0.1 ])
    """
    return threshold_cells(check_binary_ranking(Target(y_true, "y_true"), y_score, pos_label, sample_weight))


def threshold_cells(inputs: BinaryRanking | Ranked) -> tuple[Any, ...]:
    """Count true and false negatives and positives at every threshold."""
    fps, tps, thresholds = _counts(inputs)
    fps, tps = fps.astype(np.float64), tps.astype(np.float64)
    return fps[-1] - fps, fps, tps[-1] - tps, tps, thresholds


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    pos_label=POS_LABEL,
    sample_weight=OPTIONAL,
    drop_intermediate=["boolean"],
)
def det_curve(
    y_true: Any,
    y_score: Any,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = False,
) -> Curve:
    """Compute the false positive and the false negative rate at every threshold on the scores.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels, two of them: integers, booleans, integral floats or strings.
    y_score : array-like of shape (n_samples,)
        Scores, higher for positives; numbers of any width.
    pos_label : int, float, bool or str, optional
        The positive label. It may be left out where the labels are {0, 1} or {-1, 1}; then it is 1.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Samples of weight zero do not take part.
    drop_intermediate : bool, default=False
        Leave out points between two others of the same false negative rate.

    Returns
    -------
    fpr : ndarray of shape (n_thresholds,)
        False positive rate of the samples that score at least the threshold, decreasing, float64; the last is that of
        the highest threshold that has the least false positives.
    fnr : ndarray of shape (n_thresholds,)
        False negative rate, increasing from 0, float64.
    thresholds : ndarray of shape (n_thresholds,)
        Increasing, float64; the last is infinity where the highest score is a negative's.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, labels other than {0, 1} and
        {-1, 1} without `pos_label`, another number of labels than two, weights that are all zero.

    See Also
    --------
    roc_curve : false and true positive rates.

    Notes
    -----
    The curve goes from the highest threshold that no positive falls below to the lowest that no negative reaches.
    Equal scores make one point; -0.0 ties with 0.0. A class all of whose samples have weight zero has a rate of NaN.

    Time is O(n_samples) to O(n_samples log n_samples), depending on the distribution of the scores; scratch memory is
    8 bytes a sample for float64 scores, 4 for float32, 16 with weights, beside up to 24 bytes for each distinct score.

    References
    ----------
    .. [1] A. Martin, G. Doddington, T. Kamm, M. Ordowski, M. Przybocki, "The DET curve in assessment of detection task
       performance", Eurospeech 1997.

    Examples
    --------
    >>> import trueval as tv
    >>> fpr, fnr, thresholds = tv.det_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> fpr
    array([0.5, 0.5, 0. ])
    >>> fnr
    array([0. , 0.5, 0.5])
    >>> thresholds
    array([0.35, 0.4 , 0.8 ])
    """
    target = Target(y_true, "y_true")
    return det_points(target, check_binary_ranking(target, y_score, pos_label, sample_weight), drop_intermediate)


def det_points(target: Target, inputs: BinaryRanking | Ranked, drop_intermediate: bool) -> Curve:
    """Compute the points of a DET curve; `target` tells how many labels there are."""
    fps, tps, thresholds = _counts(inputs)
    fps, tps, thresholds = _before(0.0, fps), _before(0.0, tps), _before(np.inf, thresholds)
    if drop_intermediate and fps.size > 2:
        corner = _steps_of_recall(tps)
        fps, tps, thresholds = fps[corner], tps[corner], thresholds[corner]
    if target.facts()[1].size != 2:
        raise ValueError(
            "Only one class is present in y_true. Detection error tradeoff curve is not defined in that case."
        )
    first = int(np.searchsorted(fps, fps[0], side="right")) - 1
    last = int(np.searchsorted(tps, tps[-1])) + 1
    kept = slice(first if first >= 0 else None, last)
    with np.errstate(divide="ignore", invalid="ignore"):
        fpr, fnr = fps[kept] / fps[-1], (tps[-1] - tps[kept]) / tps[-1]
    return np.flip(fpr), np.flip(fnr), np.flip(thresholds[kept])
