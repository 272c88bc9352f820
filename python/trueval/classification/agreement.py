"""Agreement beyond chance of true and predicted labels: coefficients of the whole contingency table."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._parameters import LABELS, OPTIONAL, Interval, Options, StrOptions, validate
from .._validation.labels import Indicators, check_targets
from ..exceptions import warn
from ._cells import Cells, check_cells, select_cells

# So many sums of weights are turned into integers, at a microsecond each.
_EXACT_CELLS = 1 << 16


def _without_overflow(cells: Cells, scale: int = 1) -> Cells:
    """Put the cells in a form in which products of two of their sums, times `scale`, are exact, or finite at least."""
    values = cells.values
    if not values.size:
        return cells
    if cells.whole:
        peak = sum(map(abs, values.tolist()))
        return cells if peak * peak * scale < 2**62 else cells._replace(values=values.astype(object))
    # A power of two changes no digit; and all of these values, in a small enough unit, are integers.
    digits, exponents = np.frexp(values)
    if values.size > _EXACT_CELLS:
        return cells._replace(values=np.ldexp(digits, exponents - np.max(exponents[values != 0], initial=0)))
    shifts = (exponents - np.min(exponents)).astype(object)
    return cells._replace(values=np.ldexp(digits, 53).astype(np.int64).astype(object) << shifts, whole=True)


@validate(y_true=["array-like"], y_pred=["array-like"], sample_weight=OPTIONAL)
def matthews_corrcoef(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Matthews correlation coefficient of true and predicted labels.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: integers, booleans, integral floats, dates or strings.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.

    Returns
    -------
    mcc : float
        Between -1 and 1: 1 for perfection, 0 for guessing and wherever one argument is constant.

    Raises
    ------
    ValueError
        For NaN, infinity or fractions among the labels, no sample, lengths that differ, strings beside numbers,
        multilabel targets, weights that are all zero.

    Warns
    -----
    UserWarning
        If there is one label only.

    See Also
    --------
    cohen_kappa_score : another coefficient that is 0 for guessing.

    Notes
    -----
    With the numbers c of correct samples, n of all, t of each true and p of each predicted class [1]_ [2]_:
    (c n - Σ t p) / sqrt((n² - Σ p²) (n² - Σ t²)). The sums are integers that cannot overflow, also those of weights,
    unless there are more than 65,536 distinct pairs of labels. Time is O(n_samples), scratch memory O(number of
    distinct pairs of labels); strings are first numbered, in 4 bytes a sample.

    References
    ----------
    .. [1] B. W. Matthews, "Comparison of the predicted and observed secondary structure of T4 phage lysozyme",
       Biochimica et Biophysica Acta 405, 1975.
    .. [2] J. Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational
       Biology and Chemistry 28, 2004.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.matthews_corrcoef([1, 1, 1, -1], [1, -1, 1, 1]), 6)
    -0.333333
    """
    targets = check_targets(y_true, y_pred, sample_weight)
    if isinstance(targets, Indicators):
        raise ValueError(f"{targets.kind} is not supported")
    cells = select_cells(targets)
    cells.warn_if_single()
    cells = _without_overflow(cells)
    true, pred = cells.margins()
    # Each total from the sums that it is compared with: a constant argument then varies by exactly nothing.
    n_true, n_pred = np.sum(true), np.sum(pred)
    covariance = np.sum(cells.hits()) * n_pred - np.dot(true, pred)
    variances = n_true * n_true - np.dot(true, true), n_pred * n_pred - np.dot(pred, pred)
    if not cells.whole:
        product = float(variances[0]) * float(variances[1])
        return float(covariance / math.sqrt(product)) if product > 0 else 0.0 if product == 0 else math.nan
    product = int(variances[0]) * int(variances[1])
    if product <= 0:
        return math.nan if product else 0.0
    # The root to at least 64 binary digits; no float holds every product.
    return (int(covariance) << 64) / math.isqrt(product << 128)


@validate(
    y1=["array-like"],
    y2=["array-like"],
    labels=OPTIONAL,
    weights=[StrOptions({"linear", "quadratic"}), None],
    sample_weight=OPTIONAL,
    replace_undefined_by=[Interval(Real, -1.0, 1.0, closed="both"), "nan"],
)
def cohen_kappa_score(
    y1: Any,
    y2: Any,
    *,
    labels: Any = None,
    weights: str | None = None,
    sample_weight: Any = None,
    replace_undefined_by: Any = np.nan,
) -> float:
    """Cohen's kappa: agreement of two annotators beyond what chance gives.

    Parameters
    ----------
    y1, y2 : array-like of shape (n_samples,)
        Labels that each annotator gave: integers, booleans, integral floats, dates or strings.
    labels : array-like of shape (n_classes,), optional
        Labels that count, in the order that `weights` goes by. Samples with other labels are left out. Without it, the
        sorted labels of both arguments.
    weights : {'linear', 'quadratic'}, optional
        How much a disagreement counts: its distance in the order of the labels, or the square of it; by default every
        one the same.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    replace_undefined_by : float in [-1, 1] or numpy.nan, default=numpy.nan
        Value where no disagreement is to be expected.

    Returns
    -------
    kappa : float
        1 for agreement, 0 for what chance gives, down to -1.

    Raises
    ------
    ValueError
        For NaN, infinity or fractions among the labels, no sample, lengths that differ, strings beside numbers,
        multilabel targets, weights that are all zero, `labels` that are empty or none of which is in `y1`.

    Warns
    -----
    UndefinedMetricWarning
        If no sample has both its labels in `labels`, or all have the same one.
    UserWarning
        If there is one label only.

    See Also
    --------
    matthews_corrcoef : another coefficient that is 0 for guessing.

    Notes
    -----
    One minus the observed disagreement over the expected one [1]_, each weighted by `weights` [2]_. The sums are
    integers that cannot overflow, also those of sample weights, unless there are more than 65,536 distinct pairs of
    labels. Time is O(n_samples), scratch memory O(number of distinct pairs of labels); strings are first numbered, in 4
    bytes a sample.

    References
    ----------
    .. [1] J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20,
       1960.
    .. [2] J. Cohen, "Weighted kappa: nominal scale agreement with provision for scaled disagreement or partial credit",
       Psychological Bulletin 70, 1968.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.cohen_kappa_score(["neg", "pos", "neu", "pos"], ["neg", "pos", "neg", "neu"]), 6)
    0.272727
    >>> tv.cohen_kappa_score([0, 1, 2, 2], [0, 1, 1, 2], weights="quadratic")
    0.8
    """
    try:
        cells = check_cells(y1, y2, labels, sample_weight)
    except ValueError as error:
        if "At least one label specified must be in y_true" in str(error):
            raise ValueError(
                "At least one label in `labels` must be present in `y1` (even though `cohen_kappa_score` is otherwise "
                "agnostic to the order of `y1` and `y2`)."
            ) from error
        raise
    cells.warn_if_single()
    cells = _without_overflow(cells, 1 if weights is None else 4 * cells.size**2)
    total = np.sum(cells.values)
    if total == 0:
        warn(
            "`y2` contains no labels that are present in both `y1` and `labels`.`cohen_kappa_score` is undefined and "
            f"set to the value defined by the `replace_undefined_by` param, which is set to {replace_undefined_by}.",
            "UndefinedMetricWarning",
        )
        return replace_undefined_by
    observed = np.sum(_disagreement(cells.rows, cells.columns, weights) * cells.values) * total
    expected = _expected_disagreement(*cells.margins(), weights)
    if expected == 0:
        warn(
            "`y1`, `y2` and `labels` have only one label in common. `cohen_kappa_score` is undefined and set to the "
            f"value defined by the the `replace_undefined_by` param, which is set to {replace_undefined_by}.",
            "UndefinedMetricWarning",
        )
        return replace_undefined_by
    if cells.whole:
        return (int(expected) - int(observed)) / int(expected)
    return float(1.0 - observed / expected)


def _disagreement(i: NDArray[Any], j: NDArray[Any], weights: str | None) -> NDArray[Any]:
    if weights is None:
        return (i != j).astype(np.int64)
    return np.abs(i - j) if weights == "linear" else (i - j) ** 2


def _expected_disagreement(first: NDArray[Any], second: NDArray[Any], weights: str | None) -> Any:
    """Σ over all i and j of disagreement(i, j) · first[i] · second[j], without the matrix."""
    if weights is None:
        return np.dot(first, _before(second) + _after(second))
    if weights == "linear":
        # |i - j| is the number of gaps between neighbours that lie between i and j.
        return np.dot(_before(first)[1:], _after(second)[:-1]) + np.dot(_after(first)[:-1], _before(second)[1:])
    # Distances from a label that occurs: where it is the only one, all of them are 0.
    place = np.arange(first.size) - int(np.flatnonzero((first != 0) | (second != 0))[0])
    total, other = np.sum(first), np.sum(second)
    if first.dtype.kind in "iO":
        product = np.dot(place, first) * np.dot(place, second)
        return other * np.dot(place * place, first) + total * np.dot(place * place, second) - 2 * product
    mean, other_mean = np.dot(place, first) / total, np.dot(place, second) / other
    spread = np.dot((place - mean) ** 2, first) / total + np.dot((place - other_mean) ** 2, second) / other
    return (spread + (mean - other_mean) ** 2) * total * other


def _before(x: NDArray[Any]) -> NDArray[Any]:
    """Sum of the elements before each."""
    sums = np.zeros_like(x)
    np.cumsum(x[:-1], out=sums[1:])
    return sums


def _after(x: NDArray[Any]) -> NDArray[Any]:
    """Sum of the elements after each."""
    return _before(x[::-1])[::-1]


@validate(
    y_true=LABELS,
    y_pred=LABELS,
    labels=OPTIONAL,
    sample_weight=OPTIONAL,
    replace_undefined_by=[Options(Real, {1.0, np.nan}), dict],
)
def class_likelihood_ratios(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    sample_weight: Any = None,
    replace_undefined_by: Any = np.nan,
) -> tuple[float, float]:
    """Positive and negative likelihood ratio of a binary prediction.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels, of two kinds: integers, booleans, integral floats, dates or strings.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    labels : array-like of shape (2,), optional
        The negative and the positive label. By default the two labels in their sorted order.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    replace_undefined_by : numpy.nan, 1.0 or dict, default=numpy.nan
        Value where a ratio has a zero denominator; ``{'LR+': value, 'LR-': value}`` gives each its own, of at least 1
        and of at most 1.

    Returns
    -------
    positive, negative : float
        How many times as likely the positive prediction is among the positives as among the negatives, 1 for guessing
        and more the better; the same of the negative prediction, 0 at best.

    Raises
    ------
    ValueError
        For targets that are not binary, NaN or infinity among the labels, no sample, lengths that differ, strings
        beside numbers, weights that are all zero, other than two labels, `replace_undefined_by` of another form.

    Warns
    -----
    UndefinedMetricWarning
        If there is no positive sample, no negative one that was predicted positive, or none predicted negative.

    See Also
    --------
    confusion_matrix : what the ratios are made of.

    Notes
    -----
    LR+ is sensitivity over 1 - specificity, LR- is 1 - sensitivity over specificity [1]_. Time is O(n_samples), scratch
    memory O(1); strings are first numbered, in 4 bytes a sample.

    References
    ----------
    .. [1] J. J. Deeks, D. G. Altman, "Diagnostic tests 4: likelihood ratios", BMJ 329, 2004.

    Examples
    --------
    >>> import trueval as tv
    >>> tv.class_likelihood_ratios([0, 1, 0, 1, 0], [1, 1, 0, 0, 0])
    (1.5, 0.75)
    """
    targets = check_targets(y_true, y_pred, sample_weight)
    if isinstance(targets, Indicators) or targets.kind != "binary":
        raise ValueError(
            f"class_likelihood_ratios only supports binary classification problems, got targets of type: {targets.kind}"
        )
    positive_default, negative_default = _defaults(replace_undefined_by)
    cells = select_cells(targets, labels)
    cells.warn_if_single()
    tn, fp, fn, tp = cells.matrix().ravel().tolist()
    positives, negatives = tp + fn, tn + fp
    control = "Use the `replace_undefined_by` param to "
    rest = (
        "control this behavior. To suppress this warning or turn it into an error, see Python's `warnings` module and "
    )
    rest += "`warnings.catch_warnings()`."
    if positives == 0:
        warn(
            "No samples of the positive class are present in `y_true`. `positive_likelihood_ratio` and "
            f"`negative_likelihood_ratio` are both set to `np.nan`. {control}{rest}",
            "UndefinedMetricWarning",
        )
    if fp == 0:
        found = (
            "`positive_likelihood_ratio` is ill-defined and "
            if tp
            else "No samples were predicted for the positive class and `positive_likelihood_ratio` is "
        )
        warn(f"{found}set to `np.nan`. {control}", "UndefinedMetricWarning")
        positive = positive_default
    else:
        positive = _ratio(tp * negatives, fp * positives)
    if tn == 0:
        warn(
            f"`negative_likelihood_ratio` is ill-defined and set to `np.nan`. {control}{rest}", "UndefinedMetricWarning"
        )
        negative = negative_default
    else:
        negative = _ratio(fn * negatives, tn * positives)
    return float(positive), float(negative)


def _defaults(replace_undefined_by: Any) -> tuple[Any, Any]:
    """Find what stands for either ratio where it is undefined."""
    if not isinstance(replace_undefined_by, dict):
        return replace_undefined_by, replace_undefined_by
    try:
        positive, negative = replace_undefined_by["LR+"], replace_undefined_by["LR-"]
        legal = isinstance(positive, Real) and isinstance(negative, Real)
        legal = legal and not (positive < 1.0 or negative < 0.0 or negative > 1.0)
    except KeyError:
        legal = False
    if not legal:
        raise ValueError(
            "The dictionary passed as `replace_undefined_by` needs to be in the form `{'LR+': `value_1`, 'LR-': "
            "`value_2`}` where the value for `LR+` ranges from `1.0` to `np.inf` or is `np.nan` and the value for "
            f"`LR-` ranges from `0.0` to `1.0` or is `np.nan`; got `{replace_undefined_by}`."
        )
    return positive, negative


def _ratio(a: Any, b: Any) -> float:
    with np.errstate(all="ignore"):
        return a / b if b else float(np.float64(a) / np.float64(b))
