"""Precision, recall and their kin: metrics of each class, averaged."""

from __future__ import annotations

from collections.abc import Container
from numbers import Real
from typing import Any

from .._averaging import average_ratio, precision_recall_fscore
from .._parameters import (
    AVERAGE,
    LABELS,
    OPTIONAL,
    POS_LABEL,
    ZERO_DIVISION,
    Interval,
    Options,
    StrOptions,
    validate,
)
from .._validation.labels import Crossing, Indicators, check_targets, row_weights
from .._validation.targets import as_values
from ..exceptions import warn
from ._cells import Counts, counts_of

_AVERAGES = (None, "micro", "macro", "weighted", "samples")


def _counts(  # noqa: PLR0917
    y_true: Any, y_pred: Any, labels: Any, pos_label: Any, mean: str | None, sample_weight: Any
) -> tuple[Crossing | Indicators, Counts]:
    """Targets, and hits, predictions and truths of each class that `mean` is over (or of each sample)."""
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
    return targets, counts_of(targets, labels, mean == "samples")


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
    targets, counts = _counts(y_true, y_pred, labels, pos_label, mean, sample_weight)
    return precision_recall_fscore(
        *counts,
        beta=beta,
        mean=mean,
        warn_for=warn_for,
        weights=row_weights(targets),
        zero_division=zero_division,
    )


@validate(
    y_true=LABELS,
    y_pred=LABELS,
    beta=[Interval(Real, 0.0, None, closed="both")],
    labels=OPTIONAL,
    pos_label=POS_LABEL,
    average=AVERAGE,
    warn_for=[list, tuple, set],
    sample_weight=OPTIONAL,
    zero_division=ZERO_DIVISION,
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
    y_true=LABELS,
    y_pred=LABELS,
    labels=OPTIONAL,
    pos_label=POS_LABEL,
    average=AVERAGE,
    sample_weight=OPTIONAL,
    zero_division=ZERO_DIVISION,
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
    y_true=LABELS,
    y_pred=LABELS,
    labels=OPTIONAL,
    pos_label=POS_LABEL,
    average=AVERAGE,
    sample_weight=OPTIONAL,
    zero_division=ZERO_DIVISION,
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
    y_true=LABELS,
    y_pred=LABELS,
    labels=OPTIONAL,
    pos_label=POS_LABEL,
    average=AVERAGE,
    sample_weight=OPTIONAL,
    zero_division=ZERO_DIVISION,
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
    y_true=LABELS,
    y_pred=LABELS,
    beta=[Interval(Real, 0.0, None, closed="both")],
    labels=OPTIONAL,
    pos_label=POS_LABEL,
    average=AVERAGE,
    sample_weight=OPTIONAL,
    zero_division=ZERO_DIVISION,
)
def fbeta_score(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Weighted harmonic mean of precision and recall.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense or sparse multilabel indicator.
    y_pred : array-like or sparse of the same shape
        Predicted labels.
    beta : float
        How many times as important recall is as precision: 0 is precision alone, infinity recall alone.
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
    fbeta : float or ndarray of shape (n_classes,)
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
    f1_score : the same for beta = 1.
    precision_recall_fscore_support : the same in one pass with precision and recall.

    Notes
    -----
    (1 + β²) TP / ((1 + β²) TP + FP + β² FN) [1]_. Time is O(n_samples), scratch memory O(number of distinct pairs of
    labels), more for strings and multilabel targets, see `precision_recall_fscore_support`.

    References
    ----------
    .. [1] C. J. van Rijsbergen, "Information Retrieval", 2nd edition, 1979, chapter 7.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.fbeta_score([0, 1, 1, 0, 1], [1, 1, 0, 0, 0], beta=0.5)
    0.45454545454545453
    >>> tv.fbeta_score([0, 1, 2, 0], [0, 2, 2, 0], beta=2, average=None)
    array([1.        , 0.        , 0.83333333])
    """
    return _scores(
        y_true,
        y_pred,
        beta=beta,
        labels=labels,
        pos_label=pos_label,
        mean=average,
        warn_for=("f-score",),
        sample_weight=sample_weight,
        zero_division=zero_division,
    )[2]


@validate(
    y_true=LABELS,
    y_pred=LABELS,
    labels=OPTIONAL,
    pos_label=POS_LABEL,
    average=AVERAGE,
    sample_weight=OPTIONAL,
    zero_division=[Options(Real, {0, 1}), StrOptions({"warn"})],
)
def jaccard_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Size of the intersection of the true and the predicted sets over that of their union.

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
    zero_division : {'warn', 0.0, 1.0}, default='warn'
        Value where the class was neither predicted nor true; ``'warn'`` is 0 with a warning.

    Returns
    -------
    jaccard : float or ndarray of shape (n_classes,)
        Between 0 and 1.

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support` does.
    ZeroDivisionError
        For weights of both signs that add up to zero, with ``average='samples'`` or ``'weighted'``.

    Warns
    -----
    UndefinedMetricWarning
        If a class was neither predicted nor true and `zero_division` is ``'warn'``.

    See Also
    --------
    f1_score : 2 J / (1 + J) of each class.

    Notes
    -----
    TP / (TP + FP + FN) [1]_. Time is O(n_samples), scratch memory O(number of distinct pairs of labels), more for
    strings and multilabel targets, see `precision_recall_fscore_support`.

    References
    ----------
    .. [1] P. Jaccard, "The distribution of the flora in the alpine zone", New Phytologist 11, 1912.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.jaccard_score([0, 1, 1, 0, 1], [1, 1, 0, 0, 1])
    0.5
    >>> tv.jaccard_score([0, 1, 2, 0], [0, 2, 2, 0], average=None)
    array([1. , 0. , 0.5])
    """
    targets, (hits, predicted, true) = _counts(y_true, y_pred, labels, pos_label, average, sample_weight)
    return average_ratio(
        hits,
        predicted + true - hits,
        "jaccard",
        mean=average,
        support=true,
        weights=row_weights(targets),
        zero_division=zero_division,
    )
