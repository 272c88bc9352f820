"""Classification metrics, with scikit-learn's names and behaviour.

All but the log loss are folds over the contingency table of the two label arguments, or over counts of two indicator
matrices.
"""

from __future__ import annotations

from collections.abc import Container
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _backend
from ._averaging import average, precision_recall_fscore
from ._parameters import Hidden, Interval, Options, StrOptions, validate
from ._validation import (
    NOT_PROBABILITIES,
    Crossing,
    Indicators,
    as_values,
    check_array,
    check_consistent_length,
    check_probabilities,
    check_targets,
    num_samples,
    tolerance_of,
    warn_unless_probabilities,
)
from .exceptions import warn

__all__ = [
    "accuracy_score",
    "confusion_matrix",
    "f1_score",
    "log_loss",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
]

Array = NDArray[Any]

_LABELS = ["array-like", "sparse matrix"]
_OPTIONAL = ["array-like", None]
_POS_LABEL = [Real, str, "boolean", None]
_AVERAGE = [StrOptions({"micro", "macro", "samples", "weighted", "binary"}), None]
_ZERO_DIVISION = [Options(Real, {0.0, 1.0}), "nan", StrOptions({"warn"})]


@validate(y_true=_LABELS, y_pred=_LABELS, normalize=["boolean"], sample_weight=_OPTIONAL)
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
    labels=_OPTIONAL,
    sample_weight=_OPTIONAL,
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


def _class_counts(targets: Crossing, labels: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Hits, predictions and truths of each of `labels`, by default of every label there is."""
    size = targets.labels.size
    hit = targets.rows == targets.columns
    counts = [
        np.bincount(place, weights=values, minlength=size + 1)
        for place, values in (
            (targets.rows[hit], targets.values[hit]),
            (targets.columns, targets.values),
            (targets.rows, targets.values),
        )
    ]
    # Without any hit scikit-learn counts in float64, and the support is float64 then.
    if targets.weights is None and hit.any():
        counts = [c.astype(np.int64) for c in counts]
    if labels is None:
        chosen = np.arange(size)
    else:
        labels = np.asarray(labels)
        # One dtype for both, as numbers may be asked for by their text; the last count, which is 0, is for the absent.
        both = np.concatenate([labels, targets.labels]).tolist()
        kinds = {type(label) for label in both}
        if str in kinds and len(kinds) > 1:
            raise TypeError(
                "Encoders require their input argument must be uniformly strings or numbers. Got "
                f"{sorted(kind.__qualname__ for kind in kinds)}"
            )
        table = {label: index for index, label in enumerate(both[labels.size :])}
        chosen = np.array([table.get(label, size) for label in both[: labels.size]], dtype=np.intp)
    hits, predicted, true = (c[chosen] for c in counts)
    return hits, predicted, true


def _indicator_counts(
    targets: Indicators, labels: Any, by_sample: bool
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Hits, predictions and truths of each column in `labels`, or of each sample over these columns."""
    weight = None if targets.weights is None else targets.weights.values
    columns = None
    if labels is not None:
        columns = np.asarray(labels)
        last = targets.labels[-1]
        outside = None
        if columns.size and np.max(columns) > last:
            outside = f"{int(np.max(columns))} > {last}"
        elif columns.size and np.min(columns) < 0:
            outside = f"{int(np.min(columns))} < 0"
        if outside is not None:
            raise ValueError(f"All labels must be in [0, n labels) for multilabel targets. Got {outside}")
    if not by_sample:
        counts = _backend.current().indicator_counts(targets.true, targets.pred, weight)
        return counts if columns is None else tuple(c[columns] for c in counts)
    true, pred = targets.true, targets.pred
    if columns is not None:
        true, pred = np.ascontiguousarray(true[:, columns]), np.ascontiguousarray(pred[:, columns])
    hits, predicted, truths, _ = _backend.current().indicator_counts_by_row(true, pred)
    if weight is not None:
        return hits * weight, predicted * weight, truths * weight
    return hits, predicted, truths


_AVERAGES = (None, "micro", "macro", "weighted", "samples")


def _scores(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float,
    labels: Any,
    pos_label: Any,
    mean: str | None,
    warn_for: Container[str],
    sample_weight: Any,
    zero_division: Any,
) -> tuple[Any, Any, Any, Any]:
    targets = check_targets(y_true, y_pred, sample_weight, late_weights=True)
    if mean == "binary":
        if targets.kind != "binary":
            options = [option for option in _AVERAGES if option != "samples" or targets.kind != "multiclass"]
            raise ValueError(
                f"Target is {targets.kind} but average='binary'. Please choose another average setting, one of "
                f"{options!r}."
            )
        if targets.labels.size >= 2 and pos_label not in as_values(targets.labels):
            raise ValueError(f"pos_label={pos_label} is not a valid label. It should be one of {targets.labels}")
        labels = [pos_label]
    elif pos_label not in (None, 1):
        warn(
            f"Note that pos_label (set to {pos_label!r}) is ignored when average != 'binary' (got {mean!r}). You may "
            "use labels=[pos_label] to specify a single positive class."
        )
    if targets.fault is not None:
        raise targets.fault
    if isinstance(targets, Indicators):
        counts = _indicator_counts(targets, labels, mean == "samples")
    elif mean == "samples":
        raise ValueError("Samplewise metrics are not available outside of multilabel classification.")
    else:
        counts = _class_counts(targets, labels)
    return precision_recall_fscore(
        *counts,
        beta=beta,
        mean=mean,
        warn_for=warn_for,
        weights=None if targets.weights is None else targets.weights.values,
        zero_division=zero_division,
    )


@validate(
    y_true=_LABELS,
    y_pred=_LABELS,
    beta=[Interval(Real, 0.0, None, closed="both")],
    labels=_OPTIONAL,
    pos_label=_POS_LABEL,
    average=_AVERAGE,
    warn_for=[list, tuple, set],
    sample_weight=_OPTIONAL,
    zero_division=_ZERO_DIVISION,
)
def precision_recall_fscore_support(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float = 1.0,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = None,
    warn_for: Any = ("precision", "recall", "f-score"),
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F-score and support, of each class or averaged.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    beta : float, default=1.0
        Weight of recall against precision in the F-score, at least 0; infinity makes it the recall.
    labels : array-like, optional
        Classes to report or to average over, in this order; without it, all that occur. Classes that do not occur
        count as empty. For multilabel targets, indices of columns. Ignored with ``average='binary'``.
    pos_label : int, float, bool, str or None, default=1
        The class reported with ``average='binary'``.
    average : {'binary', 'micro', 'macro', 'weighted', 'samples'} or None, default=None
        None: each class by itself. ``'binary'``: the class `pos_label` of a binary target. ``'micro'``: counts summed
        over the classes. ``'macro'``: mean over the classes. ``'weighted'``: mean weighted by support.
        ``'samples'``: mean over the samples of a multilabel target.
    warn_for : list, tuple or set, default=('precision', 'recall', 'f-score')
        The results whose undefined cases cause a warning.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    zero_division : {'warn', 0.0, 1.0, numpy.nan}, default='warn'
        Value of a ratio whose denominator is zero; ``'warn'`` is 0 with a warning. NaN is left out of averages.

    Returns
    -------
    precision : float or ndarray of shape (n_classes,)
    recall : float or ndarray of shape (n_classes,)
    fbeta_score : float or ndarray of shape (n_classes,)
    support : None or ndarray of shape (n_classes,)
        Samples of each true class, int64 or, if weighted, float64; None if averaged.

    Raises
    ------
    ValueError
        For NaN, infinity or fractions among the labels, no sample, lengths that differ, strings beside numbers, targets
        of two kinds, weights that are all zero; with ``average='binary'`` for a target that is not binary or has two
        classes without `pos_label` among them; with ``average='samples'`` for a target that is not multilabel.

    Warns
    -----
    UndefinedMetricWarning
        If a denominator is zero and `zero_division` is ``'warn'``.
    UserWarning
        If `pos_label` is set but not used.

    Notes
    -----
    Precision is TP / (TP + FP), recall TP / (TP + FN), the F-score (1 + β²) TP / ((1 + β²) TP + FP + β² FN) [1]_.

    Time is O(n_samples), scratch memory O(number of distinct pairs of labels); multilabel targets need 2 n_labels bytes
    a sample, and 32 more for ``'samples'``; strings are first numbered, in 4 bytes a sample. Unweighted counts are
    exact.

    References
    ----------
    .. [1] C. J. van Rijsbergen, "Information Retrieval", 2nd edition, 1979, chapter 7.

    Examples
    --------
    >>> import trueval as tv
    >>> y_true = ["cat", "dog", "pig", "cat", "dog", "pig"]
    >>> y_pred = ["cat", "pig", "dog", "cat", "cat", "dog"]
    >>> precision, recall, fscore, support = tv.precision_recall_fscore_support(y_true, y_pred, zero_division=0)
    >>> recall
    array([1., 0., 0.])
    >>> support
    array([2, 2, 2])
    >>> tv.precision_recall_fscore_support(y_true, y_pred, average="micro")
    (0.3333333333333333, 0.3333333333333333, 0.3333333333333333, None)
    """
    return _scores(
        y_true,
        y_pred,
        beta=beta,
        labels=labels,
        pos_label=pos_label,
        mean=average,
        warn_for=warn_for,
        sample_weight=sample_weight,
        zero_division=zero_division,
    )


@validate(
    y_true=_LABELS,
    y_pred=_LABELS,
    labels=_OPTIONAL,
    pos_label=_POS_LABEL,
    average=_AVERAGE,
    sample_weight=_OPTIONAL,
    zero_division=_ZERO_DIVISION,
)
def precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Fraction of the samples predicted as a class that truly are of it.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    labels : array-like, optional
        Classes to report or to average over, see `precision_recall_fscore_support`.
    pos_label : int, float, bool, str or None, default=1
        The class reported with ``average='binary'``.
    average : {'binary', 'micro', 'macro', 'weighted', 'samples'} or None, default='binary'
        How to join the classes, see `precision_recall_fscore_support`.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.
    zero_division : {'warn', 0.0, 1.0, numpy.nan}, default='warn'
        Value where nothing was predicted as the class; ``'warn'`` is 0 with a warning.

    Returns
    -------
    precision : float or ndarray of shape (n_classes,)
        Between 0 and 1.

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support` does.

    Warns
    -----
    UndefinedMetricWarning
        If nothing was predicted as a class and `zero_division` is ``'warn'``.

    See Also
    --------
    precision_recall_fscore_support : the same in one pass with recall and F-score.

    Notes
    -----
    TP / (TP + FP) [1]_. Time is O(n_samples), scratch memory O(number of distinct pairs of labels), more for strings
    and multilabel targets, see `precision_recall_fscore_support`.

    References
    ----------
    .. [1] A. Kent et al., "Machine literature searching VIII", American Documentation 6, 1955.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.precision_score([0, 1, 1, 0, 1], [1, 1, 0, 0, 1])
    0.6666666666666666
    >>> tv.precision_score([0, 1, 2, 0], [0, 2, 2, 0], average=None, zero_division=1.0)
    array([1. , 1. , 0.5])
    """
    return _scores(
        y_true,
        y_pred,
        beta=1.0,
        labels=labels,
        pos_label=pos_label,
        mean=average,
        warn_for=("precision",),
        sample_weight=sample_weight,
        zero_division=zero_division,
    )[0]


@validate(
    y_true=_LABELS,
    y_pred=_LABELS,
    labels=_OPTIONAL,
    pos_label=_POS_LABEL,
    average=_AVERAGE,
    sample_weight=_OPTIONAL,
    zero_division=_ZERO_DIVISION,
)
def recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Fraction of the samples of a class that were predicted as it.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    labels : array-like, optional
        Classes to report or to average over, see `precision_recall_fscore_support`.
    pos_label : int, float, bool, str or None, default=1
        The class reported with ``average='binary'``.
    average : {'binary', 'micro', 'macro', 'weighted', 'samples'} or None, default='binary'
        How to join the classes, see `precision_recall_fscore_support`.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.
    zero_division : {'warn', 0.0, 1.0, numpy.nan}, default='warn'
        Value where no sample is of the class; ``'warn'`` is 0 with a warning.

    Returns
    -------
    recall : float or ndarray of shape (n_classes,)
        Between 0 and 1.

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support` does.

    Warns
    -----
    UndefinedMetricWarning
        If no sample is of a class and `zero_division` is ``'warn'``.

    See Also
    --------
    precision_recall_fscore_support : the same in one pass with precision and F-score.

    Notes
    -----
    TP / (TP + FN) [1]_. Time is O(n_samples), scratch memory O(number of distinct pairs of labels), more for strings
    and multilabel targets, see `precision_recall_fscore_support`.

    References
    ----------
    .. [1] A. Kent et al., "Machine literature searching VIII", American Documentation 6, 1955.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.recall_score([0, 1, 1, 0, 1], [1, 1, 0, 0, 1])
    0.6666666666666666
    >>> tv.recall_score([0, 1, 2, 0], [0, 2, 2, 0], average="macro")
    0.6666666666666666
    """
    return _scores(
        y_true,
        y_pred,
        beta=1.0,
        labels=labels,
        pos_label=pos_label,
        mean=average,
        warn_for=("recall",),
        sample_weight=sample_weight,
        zero_division=zero_division,
    )[1]


@validate(
    y_true=_LABELS,
    y_pred=_LABELS,
    labels=_OPTIONAL,
    pos_label=_POS_LABEL,
    average=_AVERAGE,
    sample_weight=_OPTIONAL,
    zero_division=_ZERO_DIVISION,
)
def f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Harmonic mean of precision and recall.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    labels : array-like, optional
        Classes to report or to average over, see `precision_recall_fscore_support`.
    pos_label : int, float, bool, str or None, default=1
        The class reported with ``average='binary'``.
    average : {'binary', 'micro', 'macro', 'weighted', 'samples'} or None, default='binary'
        How to join the classes, see `precision_recall_fscore_support`.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.
    zero_division : {'warn', 0.0, 1.0, numpy.nan}, default='warn'
        Value where the class was neither predicted nor true; ``'warn'`` is 0 with a warning.

    Returns
    -------
    f1 : float or ndarray of shape (n_classes,)
        Between 0 and 1.

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support` does.

    Warns
    -----
    UndefinedMetricWarning
        If a class was neither predicted nor true and `zero_division` is ``'warn'``.

    See Also
    --------
    precision_recall_fscore_support : the same in one pass with precision and recall.

    Notes
    -----
    2 TP / (2 TP + FP + FN) [1]_. Time is O(n_samples), scratch memory O(number of distinct pairs of labels), more for
    strings and multilabel targets, see `precision_recall_fscore_support`.

    References
    ----------
    .. [1] C. J. van Rijsbergen, "Information Retrieval", 2nd edition, 1979, chapter 7.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.f1_score([0, 1, 1, 0, 1], [1, 1, 0, 0, 1])
    0.6666666666666666
    >>> tv.f1_score([0, 1, 2, 0], [0, 2, 2, 0], average=None)
    array([1.        , 0.        , 0.66666667])
    """
    return _scores(
        y_true,
        y_pred,
        beta=1.0,
        labels=labels,
        pos_label=pos_label,
        mean=average,
        warn_for=("f-score",),
        sample_weight=sample_weight,
        zero_division=zero_division,
    )[2]


@validate(
    y_true=["array-like"],
    y_proba=["array-like", Hidden(None)],
    normalize=["boolean"],
    sample_weight=_OPTIONAL,
    labels=_OPTIONAL,
    y_pred=["array-like", str],
)
def log_loss(
    y_true: Any,
    y_proba: Any = None,
    *,
    normalize: bool = True,
    sample_weight: Any = None,
    labels: Any = None,
    y_pred: Any = "deprecated",
) -> float:
    """Negative log-likelihood of the true labels under predicted probabilities (cross-entropy).

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense multilabel indicator.
    y_proba : array-like of shape (n_samples,) or (n_samples, n_classes)
        Predicted probabilities, between 0 and 1; columns in the sorted order of the labels. One column is the
        probability of the second of two labels.
    normalize : bool, default=True
        Return the mean over the samples; otherwise the sum.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    labels : array-like, optional
        All labels, where `y_true` may not hold every one.
    y_pred : array-like
        The former name of `y_proba`.

    Returns
    -------
    loss : float
        In nats, 0 at best.

    Raises
    ------
    ValueError
        For NaN or infinity, probabilities outside [0, 1], no sample, lengths that differ, labels that are not in
        `labels`, fewer than two labels, as many columns as there are not labels, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    Warns
    -----
    UserWarning
        If a row of probabilities does not sum to one, or `labels` is not sorted.
    FutureWarning
        If `y_pred` is used.

    Notes
    -----
    Probabilities are clipped to [eps, 1 - eps], where eps is the machine epsilon of the dtype of `y_proba`. Logarithms
    and sums are float64 whatever that dtype is.

    The formula is -(1/n) Σ log p(y) [1]_. Time is O(n_samples * n_classes), scratch memory does not grow with the
    number of samples; strings are first numbered, in 4 bytes a sample, a multilabel target takes 8 bytes a label.

    References
    ----------
    .. [1] I. J. Good, "Rational decisions", Journal of the Royal Statistical Society B 14, 1952.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.log_loss([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65]), 6)
    0.216162
    >>> round(tv.log_loss(["ham", "spam"], [[0.8, 0.2], [0.4, 0.6]]), 6)
    0.366985
    """
    if not (isinstance(y_pred, str) and y_pred == "deprecated"):
        if y_proba is not None:
            raise ValueError("Cannot use both `y_pred` and `y_proba`. `y_pred` is deprecated, use `y_proba` instead.")
        warn(
            "`y_pred` was renamed to `y_proba` in version 1.9 and will be removed in 1.11. Use `y_proba` instead.",
            FutureWarning,
        )
        y_proba = y_pred
    inputs = check_probabilities(y_true, y_proba, sample_weight, labels)
    weight = None if inputs.weights is None else inputs.weights.values
    n_samples = inputs.proba.shape[0]
    target, classes, proba = inputs.labels, inputs.classes, inputs.proba
    if inputs.indicator is not None:
        # Each label of each sample is one row that counts where it is marked.
        if proba.shape[1] == 1:
            proba = np.hstack([1 - proba, proba])
        warn_unless_probabilities(proba, inputs.dtype)
        marks = inputs.indicator.astype(np.float64)
        weight_of_marks = (marks if weight is None else marks * weight[:, np.newaxis]).reshape(-1)
        target, classes = np.ones(marks.size, np.uint8), np.array([0, 1], np.uint8)
        proba = proba.reshape(-1, 1)
    eps = float(np.finfo(inputs.dtype).eps)
    total, improper = _backend.current().log_loss(
        target,
        classes,
        proba,
        weight if inputs.indicator is None else weight_of_marks,
        eps,
        1.0 - eps,
        tolerance_of(inputs.dtype),
    )
    if improper:
        warn(NOT_PROBABILITIES)
    if not normalize:
        return float(total)
    return float(total / (n_samples if inputs.weights is None else inputs.weights.total()))
