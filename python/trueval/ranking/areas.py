"""Areas under curves."""

from __future__ import annotations

from itertools import combinations
from numbers import Real
from typing import Any

import numpy as np

from .. import _backend
from .._averaging import average, average_columns
from .._parameters import (
    OPTIONAL,
    Interval,
    StrOptions,
    validate,
)
from .._validation.arrays import (
    Array,
    SampleWeights,
    canonical_scores,
    check_array,
    check_consistent_length,
    column_or_1d,
)
from .._validation.scores import (
    BinaryRanking,
    check_binary_ranking,
    pair_scores,
    ranking_weights,
    resolve_pos_label,
)
from .._validation.targets import Target, as_values
from ..exceptions import warn
from ._area import ONE_CLASS, area_of_points, precision_area, roc_area
from ._columns import Columns, multilabel_columns, precision_areas_of_rows, roc_areas_of_rows, sizes_of


@validate(x=["array-like"], y=["array-like"])
def auc(x: Any, y: Any) -> float:
    """Area under a curve given by points, by the trapezoidal rule.

    Parameters
    ----------
    x : array-like of shape (n,)
        Abscissas, all in one direction, up or down; equal neighbours are allowed.
    y : array-like of shape (n,)
        Ordinates.

    Returns
    -------
    area : float
        The area, with the sign of y; NaN if there is a NaN.

    Raises
    ------
    ValueError
        For fewer than two points, lengths that differ, or `x` that goes up and down.

    See Also
    --------
    roc_auc_score : exact area under the ROC curve, without the curve.

    Notes
    -----
    Time is O(n), in one pass with compensated sums; no scratch memory for float64 arrays.

    References
    ----------
    .. [1] J. A. Hanley, B. J. McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
       curve", Radiology 143, 1982.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.auc([0.0, 0.5, 1.0], [0.0, 1.0, 1.0])
    0.75
    """
    return area_of_points(x, y)


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    average=[StrOptions({"micro", "macro", "samples", "weighted"}), None],
    sample_weight=OPTIONAL,
    max_fpr=[Interval(Real, 0.0, 1, closed="right"), None],
    multi_class=[StrOptions({"raise", "ovr", "ovo"})],
    labels=OPTIONAL,
)
def roc_auc_score(
    y_true: Any,
    y_score: Any,
    *,
    average: str | None = "macro",
    sample_weight: Any = None,
    max_fpr: float | None = None,
    multi_class: str = "raise",
    labels: Any = None,
) -> Any:
    """Area under the ROC curve: the probability that a positive sample scores higher than a negative one.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings, of which the larger of two is the positive
        one; or a dense multilabel indicator of 0 and 1.
    y_score : array-like of shape (n_samples,) or (n_samples, n_classes)
        Scores, higher for positives; numbers of any width. For a multiclass target, probabilities, in the sorted order
        of the labels.
    average : {'macro', 'micro', 'weighted', 'samples'} or None, default='macro'
        How to join the areas of the classes or labels: their mean, the area over all of them as one problem, their mean
        weighted by the number of positives; ``'samples'`` ranks the labels of each sample instead, and takes the mean
        over the samples; None returns the areas of all classes. Not used for a binary target.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.
    max_fpr : float in (0, 1], optional
        Area up to this false positive rate only, standardised by McClish's formula: 0.5 for random scores, 1 at best.
    multi_class : {'raise', 'ovr', 'ovo'}, default='raise'
        For a multiclass target: refuse it, compare each class with the rest, or each pair of classes.
    labels : array-like of shape (n_classes,), optional
        Sorted labels of a multiclass target, where `y_true` may not hold every one.

    Returns
    -------
    auc : float or ndarray of shape (n_classes,)
        Between 0 and 1. NaN, with an UndefinedMetricWarning, where there is one class only.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, weights that are all zero,
        scores of the wrong shape, a multiclass target whose scores do not sum to one,
        ``average='samples'`` for a multiclass target.
    NotImplementedError
        For ``average=None`` with ``multi_class='ovo'``.

    See Also
    --------
    roc_curve : the curve itself.

    Notes
    -----
    Ties count one half; -0.0 ties with 0.0. Without weights the pairs are counted in integers and divided once, so the
    result is the exact area, rounded, whatever the order of the rows and the number of threads.

    The area equals the Mann-Whitney statistic over the number of pairs [1]_; the partial area is standardised as in
    [2]_, one-vs-one averaging is that of [3]_.

    Time is O(n_samples) to O(n_samples log n_samples), depending on the distribution of the scores, per class; scratch
    memory is 8 bytes a sample for float64 scores, 4 for float32, 16 with weights; it does not grow with the samples for
    float16, or for 8 distinct scores at most. Of several classes, up to 8 columns are copied at a time.

    References
    ----------
    .. [1] D. Bamber, "The area above the ordinal dominance graph and the area below the receiver operating
       characteristic graph", Journal of Mathematical Psychology 12, 1975.
    .. [2] D. K. McClish, "Analyzing a portion of the ROC curve", Medical Decision Making 9, 1989.
    .. [3] D. J. Hand, R. J. Till, "A simple generalisation of the area under the ROC curve for multiple class
       classification problems", Machine Learning 45, 2001.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    >>> tv.roc_auc_score([[1, 0], [0, 1], [1, 1]], [[0.9, 0.3], [0.5, 0.2], [0.4, 0.8]], average=None)
    array([0.5, 0.5])
    """
    target = Target(y_true, "y_true")
    kind = target.settle()
    check_array(target.array, dtype=None, finite=target.array.dtype.kind == "O")
    score = check_array(y_score, role="y_score")
    if sample_weight is not None:
        sample_weight = column_or_1d(sample_weight)
    if kind == "multiclass" or (kind == "binary" and score.ndim == 2 and score.shape[1] > 2):
        if max_fpr is not None and max_fpr != 1.0:
            raise ValueError(
                "Partial AUC computation not available in multiclass setting, 'max_fpr' must be set to `None`, "
                f"received `max_fpr={max_fpr}` instead"
            )
        if multi_class == "raise":
            raise ValueError("multi_class must be in ('ovo', 'ovr')")
        return _multiclass_roc_auc(target, score, labels, multi_class, average, sample_weight)
    if kind == "binary":
        classes = target.facts()[1]
        if classes.size != 2:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        return roc_area(pair_scores(target, int(classes[1]), score, sample_weight), max_fpr)
    if kind != "multilabel-indicator":
        raise ValueError(f"{kind} format is not supported")

    def of_column(inputs: BinaryRanking, marks: Target) -> float:
        if marks.facts()[1].size != 2:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        return roc_area(inputs._replace(positive=resolve_pos_label(marks, None)), max_fpr)

    columns = multilabel_columns(target, score, sample_weight, average)
    return columns.average(of_column, lambda rows: roc_areas_of_rows(rows, max_fpr))


def _multiclass_roc_auc(  # noqa: PLR0917
    target: Target, score: Array, labels: Any, multi_class: str, mean: str | None, sample_weight: Any
) -> Any:
    totals = score.sum(axis=1) if score.ndim == 2 else np.ones(1)
    extremes = float(totals.min()), float(totals.max())
    weighted = sample_weight is not None
    classes = check_multiclass_area(target, score.shape, extremes, labels, multi_class, mean, weighted)
    if multi_class == "ovo":
        check_consistent_length(target.array, score)
        return _one_vs_one(target, classes, score, mean)
    check_consistent_length(target.array, score, sample_weight)
    if sample_weight is None and mean != "micro" and _in_cache(target):
        return _areas_against_the_rest(target, classes, score, mean)
    columns = Columns(target, classes, score, sample_weight, mean)
    present = set(target.facts()[1].tolist())

    def of_column(inputs: BinaryRanking, _: Target) -> float:
        if mean != "micro" and (inputs.positive not in present or len(present) < 2):
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        return roc_area(inputs, None)

    return columns.average(of_column, lambda rows: roc_areas_of_rows(rows, None))


def check_multiclass_area(  # noqa: PLR0917
    target: Target,
    shape: tuple[int, ...],
    totals: tuple[float, float],
    labels: Any,
    multi_class: str,
    mean: str | None,
    weighted: bool,
) -> Array:
    """Check what an area of several classes is asked of; give the class of each column.

    `shape` is that of the scores, and `totals` the least and the greatest sum of a row of them.
    """
    if len(shape) != 2:
        raise ValueError(
            "`y_score` needs to be of shape `(n_samples, n_classes)`, since `y_true` contains multiple classes. Got "
            f"`y_score.shape={shape}`."
        )
    if not np.allclose(1, totals):  # then all that lie between are
        raise ValueError(
            "Target scores need to be probabilities for multiclass roc_auc, i.e. they should sum up to 1.0 over classes"
        )
    options: tuple[str | None, ...] = ("macro", "weighted", None)
    if multi_class == "ovr":
        options = ("micro", *options)
    if mean not in options:
        raise ValueError(f"average must be one of {options} for multiclass problems")
    if mean is None and multi_class == "ovo":
        raise NotImplementedError("average=None is not implemented for multi_class='ovo'.")
    classes = classes_of_columns(target, labels, shape[1])
    if multi_class == "ovo" and weighted:
        raise ValueError(
            "sample_weight is not supported for multiclass one-vs-one ROC AUC, 'sample_weight' must be None in "
            "this case."
        )
    return classes


def classes_of_columns(target: Target, labels: Any, n_columns: int) -> Array:
    """Class of each column as the code of the target; a class that no row has gets one that no row has."""
    codes = target.facts()[1]
    if labels is None:
        if codes.size != n_columns:
            raise ValueError("Number of classes in y_true not equal to the number of columns in 'y_score'")
        return codes
    given = Target(column_or_1d(labels), "labels")
    classes = given.distinct()
    if classes.size != given.n_samples:
        raise ValueError("Parameter 'labels' must be unique")
    if not np.array_equal(classes, given.array):
        raise ValueError("Parameter 'labels' must be ordered")
    if classes.size != n_columns:
        raise ValueError(
            f"Number of given labels, {classes.size}, not equal to the number of columns in 'y_score', {n_columns}"
        )
    present = target.labels()
    if np.setdiff1d(present, classes).size:
        raise ValueError("'y_true' contains labels not in parameter 'labels'")
    place = np.searchsorted(classes, present)
    absent = max(0, int(codes.max())) + 1 + np.arange(classes.size)
    out = absent.astype(np.int64)
    out[place] = codes
    return out


# Rows of a class that are ranked among faster than rows are ordered for one area after the other.
_MOST_IN_CACHE = 1 << 17


def _in_cache(target: Target) -> bool:
    """Whether all classes are small enough for `class_pairs`."""
    if target.n_samples <= _MOST_IN_CACHE:
        return True
    return max(sizes_of(target.codes, None).values()) <= _MOST_IN_CACHE


def _class_pairs(target: Target, classes: Array, score: Array, *, with_each: bool) -> tuple[list[int], list[list[int]]]:
    """Rows of each class, and what they win and tie in its column, as `class_pairs` counts them."""
    labels = [int(label) for label in classes.tolist()]
    return _backend.current().class_pairs(target.codes, labels, canonical_scores(score), with_each)


def _areas_against_the_rest(target: Target, classes: Array, score: Array, mean: str | None) -> Any:
    """Mean of the areas of each class against all others."""
    counts, areas = _class_pairs(target, classes, score, with_each=False)

    def of_column(index: int) -> float:
        pairs = 2 * counts[index] * (target.n_samples - counts[index])
        if not pairs:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        return areas[index][0] / pairs

    weights = np.asarray(counts, np.float64) if mean == "weighted" else None
    return average_columns(of_column, len(counts), mean, weights)


def _one_vs_one(
    target: Target, classes: Array, score: Array, mean: str | None, weights: SampleWeights | None = None
) -> float:
    """Mean over the pairs of classes of the two areas of each, one with either class as the positive one."""
    codes = target.codes
    if weights is None and _in_cache(target):
        counts, twice = _class_pairs(target, classes, score, with_each=True)
        present = [column for column, count in enumerate(counts) if count]
        pairs = list(combinations(sorted(present, key=lambda column: classes[column]), 2))
        areas = [
            (twice[a][b] / (2 * counts[a] * counts[b]) + twice[b][a] / (2 * counts[a] * counts[b])) / 2
            for a, b in pairs
        ]
        shares = [(counts[a] + counts[b]) / codes.size for a, b in pairs]
        return average(np.asarray(areas), shares if mean == "weighted" else None)
    # Rows by class: the narrow codes of a stable sort, then each pair is two slices.
    place = np.searchsorted(target.facts()[1], codes)
    order = np.argsort(place.astype(np.min_scalar_type(classes.size)), kind="stable")
    ends = np.cumsum(np.bincount(place, minlength=target.facts()[1].size))
    rows = np.split(order, ends[:-1])
    column_of = {code: column for column, code in enumerate(classes.tolist())}
    columns = [column_of[code] for code in target.facts()[1].tolist()]
    areas, prevalences = [], []
    for (rows_a, a), (rows_b, b) in combinations(zip(rows, columns, strict=True), 2):
        marks = np.concatenate([np.ones(rows_a.size, np.uint8), np.zeros(rows_b.size, np.uint8)])
        pair = np.concatenate([rows_a, rows_b])
        of_pair = None if weights is None else weights._replace(values=weights.values[pair])
        of_a = BinaryRanking(marks, 1, canonical_scores(score[pair, a]), of_pair, score.dtype)
        of_b = BinaryRanking(marks, 0, canonical_scores(score[pair, b]), of_pair, score.dtype)
        areas.append((roc_area(of_a, None) + roc_area(of_b, None)) / 2)
        prevalences.append(pair.size / codes.size if of_pair is None else float(np.sum(of_pair.values)))
    return average(np.asarray(areas), prevalences if mean == "weighted" else None)


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    average=[StrOptions({"macro", "weighted"})],
    sample_weight=OPTIONAL,
    labels=OPTIONAL,
)
def weighted_ovo_roc_auc_score(
    y_true: Any, y_score: Any, *, average: str = "macro", sample_weight: Any = None, labels: Any = None
) -> float:
    """One-versus-one area under the ROC curve, with weights of the samples.

    scikit-learn has no function of this name, and refuses weights in ``roc_auc_score(..., multi_class="ovo")``, to
    which this is equal without them.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels of two classes or more: integers, booleans, integral floats or strings.
    y_score : array-like of shape (n_samples, n_classes)
        Scores of the classes, in the sorted order of the labels; they need not be probabilities.
    average : {'macro', 'weighted'}, default='macro'
        Mean over the pairs of classes, or mean weighted by the weight of the samples of both.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples, not negative.
    labels : array-like of shape (n_classes,), optional
        Sorted labels, where `y_true` may not hold every one.

    Returns
    -------
    auc : float
        Between 0 and 1. NaN, with an UndefinedMetricWarning, where a class of a pair has no weight, or where there is
        one class only.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, scores of the wrong shape,
        negative weights, weights that are all zero.

    See Also
    --------
    roc_auc_score : without weights.

    Notes
    -----
    A pair's value is the mean of A(i | j) and A(j | i) [1]_: the weight of the pairs of samples, one of either class,
    in which that of the positive class has the higher score, over the weight of all these pairs; ties count one half.
    A pair of samples weighs the product of their weights.

    Time is that of a binary area for each class and pair; scratch memory is 32 bytes a sample.

    References
    ----------
    .. [1] D. J. Hand, R. J. Till, "A simple generalisation of the area under the ROC curve for multiple class
       classification problems", Machine Learning 45, 2001.

    Examples
    --------
    >>> import trueval as tv
    >>> y_score = [[0.8, 0.1, 0.1], [0.3, 0.3, 0.4], [0.2, 0.2, 0.6], [0.1, 0.6, 0.3]]
    >>> round(tv.weighted_ovo_roc_auc_score([0, 1, 2, 2], y_score, sample_weight=[1, 1, 2, 1]), 4)
    0.8889
    """
    target, classes, score = _one_column_a_class(y_true, y_score, sample_weight, labels)
    weights = None if sample_weight is None else ranking_weights(sample_weight, target.n_samples)
    if weights is not None and weights.low < 0:
        raise ValueError(f"sample_weight must not be negative, got {weights.low}.")
    if target.facts()[1].size < 2:
        warn(ONE_CLASS, "UndefinedMetricWarning")
        return float("nan")
    return _one_vs_one(target, classes, score, average, weights)


def _one_column_a_class(y_true: Any, y_score: Any, sample_weight: Any, labels: Any) -> tuple[Target, Array, Array]:
    """Check labels beside scores of which each class has a column."""
    target = Target(y_true, "y_true")
    kind = target.settle()
    if kind not in ("binary", "multiclass"):
        raise ValueError(f"{kind} format is not supported")
    score = check_array(y_score, ensure_2d=True, role="y_score")
    check_consistent_length(target.array, score, sample_weight)
    return target, classes_of_columns(target, labels, score.shape[1]), score


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    max_fpr=[Interval(Real, 0.0, 1, closed="right")],
    average=[StrOptions({"macro", "weighted"}), None],
    sample_weight=OPTIONAL,
    labels=OPTIONAL,
)
def partial_roc_auc_score(
    y_true: Any,
    y_score: Any,
    *,
    max_fpr: float,
    average: str | None = "macro",
    sample_weight: Any = None,
    labels: Any = None,
) -> Any:
    """Partial area under the ROC curve, of two classes or of each class against the rest.

    scikit-learn has no function of this name, and refuses `max_fpr` for more than two classes; for two, this is equal
    to its ``roc_auc_score(..., max_fpr=max_fpr)``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: integers, booleans, integral floats or strings.
    y_score : array-like of shape (n_samples,) or (n_samples, n_classes)
        Scores of the larger of two labels, or of each class, in the sorted order of the labels; they need not be
        probabilities.
    max_fpr : float in (0, 1]
        Area up to this false positive rate, standardised by McClish's formula: 0.5 for random scores, 1 at best.
    average : {'macro', 'weighted'} or None, default='macro'
        Mean over the classes, or mean weighted by the weight of the samples of each; None returns the areas of all
        classes. Not used for scores of one dimension.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.
    labels : array-like of shape (n_classes,), optional
        Sorted labels, where `y_true` may not hold every one. Not used for scores of one dimension.

    Returns
    -------
    auc : float or ndarray of shape (n_classes,)
        Between 0 and 1. NaN, with an UndefinedMetricWarning, where there is one class only.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, scores of the wrong shape,
        weights that are all zero.

    See Also
    --------
    roc_auc_score : whole areas, and partial ones of two classes.

    Notes
    -----
    With A the area between 0 and f = `max_fpr`, the value is (1 + (A - f²/2) / (f - f²/2)) / 2 [1]_. The curve is cut
    at f by linear interpolation.

    Time is O(n_samples) to O(n_samples log n_samples), depending on the distribution of the scores, per class; scratch
    memory is 8 bytes a sample for float64 scores, 16 with weights, beside up to 48 bytes for each distinct score.

    References
    ----------
    .. [1] D. K. McClish, "Analyzing a portion of the ROC curve", Medical Decision Making 9, 1989.

    Examples
    --------
    >>> import trueval as tv
    >>> y_score = [[0.8, 0.1, 0.1], [0.3, 0.5, 0.2], [0.2, 0.2, 0.6], [0.2, 0.6, 0.2]]
    >>> tv.partial_roc_auc_score([0, 1, 2, 0], y_score, max_fpr=0.5, average=None).round(4)
    array([0.6667, 0.5556, 1.    ])
    """
    if np.ndim(y_score) == 1:
        target = Target(y_true, "y_true")
        kind = target.settle()
        if kind != "binary":
            raise ValueError(f"{kind} format is not supported for scores of one dimension")
        check_consistent_length(target.raw, y_score, sample_weight)
        known = target.facts()[1]
        if known.size != 2:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        return roc_area(pair_scores(target, int(known[1]), y_score, sample_weight), max_fpr)
    target, classes, score = _one_column_a_class(y_true, y_score, sample_weight, labels)
    columns = Columns(target, classes, score, sample_weight, average)
    present = set(target.facts()[1].tolist())

    def of_column(inputs: BinaryRanking, _: Target) -> float:
        if inputs.positive not in present or len(present) < 2:
            warn(ONE_CLASS, "UndefinedMetricWarning")
            return float("nan")
        return roc_area(inputs, max_fpr)

    return columns.average(of_column, lambda rows: roc_areas_of_rows(rows, max_fpr))


@validate(
    y_true=["array-like"],
    y_score=["array-like"],
    average=[StrOptions({"micro", "samples", "weighted", "macro"}), None],
    pos_label=[Real, str, "boolean"],
    sample_weight=OPTIONAL,
)
def average_precision_score(
    y_true: Any,
    y_score: Any,
    *,
    average: str | None = "macro",
    pos_label: Any = 1,
    sample_weight: Any = None,
) -> Any:
    """Mean of the precisions at the scores of the positive samples: the area under the precision-recall steps.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_labels)
        True labels: integers, booleans, integral floats or strings; or a dense multilabel indicator of 0 and 1.
    y_score : array-like of shape (n_samples,) or (n_samples, n_classes)
        Scores, higher for positives; numbers of any width.
    average : {'macro', 'micro', 'weighted', 'samples'} or None, default='macro'
        How to join the values of the classes or labels: their mean, the value over all of them as one problem, their
        mean weighted by the number of positives; ``'samples'`` ranks the labels of each sample instead, and takes the
        mean over the samples; None returns the values of all classes. Not used for a binary target.
    pos_label : int, float, bool or str, default=1
        The positive label of a binary target.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples.

    Returns
    -------
    average_precision : float or ndarray of shape (n_classes,)
        Between 0 and 1. 0, with a warning, where there is no positive sample.

    Raises
    ------
    ValueError
        For NaN or infinity, no sample, lengths that differ, labels that are fractions, weights that are all zero, two
        classes without `pos_label` among them, scores of the wrong shape.

    Warns
    -----
    UserWarning
        If there is no positive sample.

    See Also
    --------
    precision_recall_curve : the steps themselves.

    Notes
    -----
    AP = Σ (R_k - R_(k-1)) P_k over the distinct scores in descending order [1]_; samples of equal score enter together.
    There is no interpolation between the steps. Without weights, the result does not depend on the order of the rows or
    the number of threads.

    Time is O(n_samples) to O(n_samples log n_samples), depending on the distribution of the scores, per class; scratch
    memory is 8 bytes a sample for float64 scores, 4 for float32, 16 with weights.

    References
    ----------
    .. [1] M. Zhu, "Recall, precision and average precision", Technical report, University of Waterloo, 2004.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    >>> tv.average_precision_score(["no", "yes"], [0.2, 0.9], pos_label="yes")
    1.0
    """
    if sample_weight is not None:
        sample_weight = column_or_1d(sample_weight)
    target = Target(y_true, "y_true")
    kind = target.settle()
    if kind == "binary":
        if target.n_samples:
            present = target.labels()
            if present.size == 2 and pos_label not in as_values(present):
                raise ValueError(f"pos_label={pos_label} is not a valid label. It should be one of {present}")
        return precision_area(check_binary_ranking(target, y_score, pos_label, sample_weight))
    if kind in ("multilabel-indicator", "multiclass") and pos_label != 1:
        raise ValueError(
            f"Parameter pos_label is fixed to 1 for {kind} y_true. Do not set pos_label or set pos_label to 1."
        )

    def of_column(inputs: BinaryRanking, marks: Target) -> float:
        if inputs.positive is None:
            inputs = inputs._replace(positive=marks.locate(1))
        return precision_area(inputs)

    if kind == "multilabel-indicator":
        columns = multilabel_columns(target, y_score, sample_weight, average)
    elif kind == "multiclass":
        classes = target.facts()[1]
        shape = np.shape(y_score)
        if shape != (target.n_samples, classes.size):
            raise ValueError(
                "`y_score` needs to be of shape `(n_samples, n_classes)`, since `y_true` contains multiple classes. "
                f"Got `y_score.shape={shape}`."
            )
        check_consistent_length(target.raw, y_score, sample_weight)
        scores = check_array(y_score, ensure_2d=True, role="y_score")
        columns = Columns(target, classes, scores, sample_weight, average)
    else:
        raise ValueError(f"{kind} format is not supported")
    return columns.average(of_column, precision_areas_of_rows)
