"""Losses and scores of predicted probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _backend
from .._parameters import (
    OPTIONAL,
    POS_LABEL,
    Hidden,
    StrOptions,
    validate,
)
from .._validation.arrays import check_consistent_length, native, num_samples
from .._validation.probabilities import (
    NOT_PROBABILITIES,
    BinaryProbabilities,
    Probabilities,
    check_binary_probabilities,
    check_probabilities,
    epsilon_of,
    improper_rows,
    measured_probabilities,
    tolerance_of,
)
from ..exceptions import warn


@validate(
    y_true=["array-like"],
    y_proba=["array-like", Hidden(None)],
    normalize=["boolean"],
    sample_weight=OPTIONAL,
    labels=OPTIONAL,
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
    inputs = check_probabilities(y_true, measured_probabilities(_renamed(y_proba, y_pred)), sample_weight, labels)
    total = _log_loss(inputs)
    if not normalize:
        return total
    return total / (inputs.proba.shape[0] if inputs.weights is None else inputs.weights.total())


def _renamed(y_proba: Any, y_pred: Any) -> Any:
    """Take the probabilities by whichever of their two names."""
    if isinstance(y_pred, str) and y_pred == "deprecated":
        return y_proba
    if y_proba is not None:
        raise ValueError("Cannot use both `y_pred` and `y_proba`. `y_pred` is deprecated, use `y_proba` instead.")
    warn(
        "`y_pred` was renamed to `y_proba` in version 1.9 and will be removed in 1.11. Use `y_proba` instead.",
        FutureWarning,
    )
    return y_pred


def _log_loss(inputs: Probabilities, *, warns: bool = True) -> float:
    """Sum of the (weighted) log losses."""
    total, improper = log_loss_sum(inputs)
    if improper and warns:
        warn(NOT_PROBABILITIES)
    return total


def log_loss_sum(inputs: Probabilities) -> tuple[float, int]:
    """Sum of the (weighted) log losses, and how many rows do not sum to one."""
    weight = None if inputs.weights is None else inputs.weights.values
    target, classes, proba = inputs.labels, inputs.classes, inputs.proba
    if inputs.indicator is not None:
        # Each label of each sample is one row that counts where it is marked.
        if proba.shape[1] == 1:
            proba = np.hstack([1 - proba, proba])
        off = improper_rows(proba, inputs.dtype)
        marks = inputs.indicator.astype(np.float64)
        weight = (marks if weight is None else marks * weight[:, np.newaxis]).reshape(-1)
        target, classes = np.ones(marks.size, np.uint8), np.array([0, 1], np.uint8)
        proba = np.ascontiguousarray(np.broadcast_to(proba, marks.shape)).reshape(-1, 1)
    else:
        off = 0
    eps = epsilon_of(inputs.dtype)
    total, improper = _backend.current().log_loss(
        target, classes, proba, weight, eps, 1.0 - eps, tolerance_of(inputs.dtype)
    )
    return float(total), off or int(improper)


def _frequencies(inputs: Probabilities | BinaryProbabilities) -> NDArray[np.float64]:
    """Share of each class in the samples: the forecast of a model that knows nothing of them, as one row."""
    weight = None if inputs.weights is None else inputs.weights.values
    total = float(inputs.proba.shape[0]) if inputs.weights is None else inputs.weights.total()
    if isinstance(inputs, Probabilities) and inputs.indicator is not None:
        marks = inputs.indicator.astype(np.float64)
        return np.sum(marks if weight is None else marks * weight[:, np.newaxis], axis=0, keepdims=True) / total
    _, found, _, _, _, _, counts, sums = _backend.current().contingency(inputs.labels, inputs.labels, weight)
    amounts = counts if sums is None else sums
    if isinstance(inputs, BinaryProbabilities):
        return np.array([np.sum(amounts[found == inputs.positive]) / total])
    shares = np.zeros((1, inputs.classes.size))
    shares[0, np.searchsorted(inputs.classes, found)] = amounts / total
    return shares


@validate(
    y_true=["array-like"],
    y_proba=["array-like", Hidden(None)],
    sample_weight=OPTIONAL,
    labels=OPTIONAL,
    y_pred=["array-like", str],
)
def d2_log_loss_score(
    y_true: Any, y_proba: Any = None, *, sample_weight: Any = None, labels: Any = None, y_pred: Any = "deprecated"
) -> float:
    """Fraction of the log loss that the predicted probabilities explain.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense multilabel indicator.
    y_proba : array-like of shape (n_samples,) or (n_samples, n_classes)
        Predicted probabilities, between 0 and 1; columns in the sorted order of the labels. One column is the
        probability of the second of two labels.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    labels : array-like, optional
        All labels, where `y_true` may not hold every one.
    y_pred : array-like
        The former name of `y_proba`.

    Returns
    -------
    score : float
        1 at best, 0 for predicting the frequency of each class, without a lower bound; NaN for one sample.

    Raises
    ------
    ValueError
        As `log_loss` does.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    Warns
    -----
    UndefinedMetricWarning
        If there are fewer than two samples.
    UserWarning
        If a row of probabilities does not sum to one, or `labels` is not sorted.
    FutureWarning
        If `y_pred` is used.

    See Also
    --------
    log_loss : the loss itself.
    d2_brier_score : the same of the Brier score.

    Notes
    -----
    One minus the log loss over that of the frequency of each class in `y_true` [1]_. Probabilities are clipped as in
    `log_loss`. Time is O(n_samples * n_classes), scratch memory as in `log_loss`.

    References
    ----------
    .. [1] D. McFadden, "Conditional logit analysis of qualitative choice behavior", Frontiers in Econometrics, 1974.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.d2_log_loss_score([1, 0, 0, 1], [0.9, 0.1, 0.2, 0.65]), 6)
    0.688144
    """
    y_proba = _renamed(y_proba, y_pred)
    if _too_few(y_true, y_proba, sample_weight):
        return float("nan")
    inputs = check_probabilities(y_true, measured_probabilities(y_proba), sample_weight, labels)
    if inputs.weights is not None:
        inputs.weights.require_total()
    loss = _log_loss(inputs)
    constant = _log_loss(inputs._replace(proba=_frequencies(inputs), dtype=np.dtype(np.float64)), warns=False)
    return _skill(loss, constant)


def _skill(loss: float, constant: float) -> float:
    """D² score: the part of the loss of a constant forecast that is saved; infinite where that is without loss."""
    with np.errstate(all="ignore"):
        return float(1 - np.float64(loss) / np.float64(constant))


def _too_few(y_true: Any, y_proba: Any, sample_weight: Any) -> bool:
    """Whether there is no telling the variation of y_true, with a warning if so."""
    check_consistent_length(y_proba, y_true, sample_weight)
    if num_samples(y_proba) >= 2:
        return False
    warn("D^2 score is not well-defined with less than two samples.", "UndefinedMetricWarning")
    return True


def _check_forecast(
    y_true: Any, y_proba: Any, sample_weight: Any, pos_label: Any, labels: Any
) -> Probabilities | BinaryProbabilities:
    """Check probabilities of one label, or of each of several classes."""
    measured = measured_probabilities(y_proba)
    if measured[0].ndim == 1 or measured[0].shape[1] == 1:
        return check_binary_probabilities(y_true, measured, sample_weight, pos_label)
    return check_probabilities(y_true, measured, sample_weight, labels)


def _squares(inputs: Probabilities | BinaryProbabilities, *, warns: bool = True) -> float:
    """Sum of the (weighted) squared differences from the truth, over all classes."""
    total, improper = square_sum(inputs)
    if improper and warns:
        warn(NOT_PROBABILITIES)
    return total


def square_sum(inputs: Probabilities | BinaryProbabilities) -> tuple[float, int]:
    """Sum of the (weighted) squared differences, and how many rows do not sum to one."""
    weight = None if inputs.weights is None else inputs.weights.values
    if isinstance(inputs, BinaryProbabilities):
        return 2 * float(_backend.current().brier_binary(inputs.labels, inputs.positive, inputs.proba, weight)), 0
    if inputs.indicator is not None:
        off = improper_rows(inputs.proba, inputs.dtype)
        marks = native(inputs.indicator, np.float64)
        proba = native(np.broadcast_to(inputs.proba, marks.shape), np.float64)
        return float(np.sum(_backend.current().explained_sums(marks, proba, weight)[0])), off
    squares, improper = _backend.current().brier(
        inputs.labels, inputs.classes, inputs.proba, weight, tolerance_of(inputs.dtype)
    )
    return float(squares), int(improper)


@validate(
    y_true=["array-like"],
    y_proba=["array-like"],
    sample_weight=OPTIONAL,
    pos_label=POS_LABEL,
    labels=OPTIONAL,
    scale_by_half=["boolean", StrOptions({"auto"})],
)
def brier_score_loss(
    y_true: Any,
    y_proba: Any,
    *,
    sample_weight: Any = None,
    pos_label: Any = None,
    labels: Any = None,
    scale_by_half: Any = "auto",
) -> float:
    """Mean squared difference between predicted probabilities and what happened.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense multilabel indicator.
    y_proba : array-like of shape (n_samples,) or (n_samples, n_classes)
        Predicted probabilities, between 0 and 1; columns in the sorted order of the labels. One column is the
        probability of `pos_label`.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    pos_label : int, float, bool or str, optional
        The label that one column of probabilities is about. By default 1 if `y_true` holds nothing but 0 and 1, or -1
        and 1, else the greater of two numbers; words have no default.
    labels : array-like, optional
        All labels, where `y_true` may not hold every one and there are several columns.
    scale_by_half : bool or 'auto', default='auto'
        Whether to halve the sum over the classes; by default if there are two.

    Returns
    -------
    loss : float
        0 at best, 1 at worst if halved, 2 otherwise.

    Raises
    ------
    ValueError
        For NaN or infinity, probabilities outside [0, 1], no sample, lengths that differ, labels that are not in
        `labels`, fewer than two labels with several columns, more than two with one, as many columns as there are not
        labels, weights that are all zero.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    Warns
    -----
    UserWarning
        If a row of probabilities does not sum to one, or `labels` is not sorted.

    See Also
    --------
    log_loss : another proper score.
    d2_brier_score : the fraction of it that is explained.

    Notes
    -----
    (1/n) Σ over the samples, Σ over the classes, of (probability - 1 or 0)² [1]_. Whatever the dtype of `y_proba`, sums
    are float64. Time is O(n_samples * n_classes), scratch memory does not grow with the number of samples; strings are
    first numbered, in 4 bytes a sample, a multilabel target takes up to 16 bytes a label.

    References
    ----------
    .. [1] G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.brier_score_loss([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]), 6)
    0.0375
    >>> round(tv.brier_score_loss(["ham", "spam", "ham"], [[0.8, 0.2], [0.4, 0.6], [1, 0]], scale_by_half=False), 6)
    0.133333
    """
    inputs = _check_forecast(y_true, y_proba, sample_weight, pos_label, labels)
    loss = _squares(inputs) / (inputs.proba.shape[0] if inputs.weights is None else inputs.weights.total())
    if scale_by_half == "auto":
        scale_by_half = isinstance(inputs, BinaryProbabilities) or inputs.proba.shape[1] < 3
    return loss / 2 if scale_by_half else loss


@validate(y_true=["array-like"], y_proba=["array-like"], sample_weight=OPTIONAL, pos_label=POS_LABEL, labels=OPTIONAL)
def d2_brier_score(
    y_true: Any, y_proba: Any, *, sample_weight: Any = None, pos_label: Any = None, labels: Any = None
) -> float:
    """Fraction of the Brier score that the predicted probabilities explain (Brier skill score).

    Parameters
    ----------
    y_true : array-like of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        True labels: integers, booleans, integral floats, dates or strings; or a dense multilabel indicator.
    y_proba : array-like of shape (n_samples,) or (n_samples, n_classes)
        Predicted probabilities, see `brier_score_loss`.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the samples. Negative weights are taken as they are.
    pos_label : int, float, bool or str, optional
        The label that one column of probabilities is about, see `brier_score_loss`.
    labels : array-like, optional
        All labels, where `y_true` may not hold every one and there are several columns.

    Returns
    -------
    score : float
        1 at best, 0 for predicting the frequency of each class, without a lower bound; NaN for one sample.

    Raises
    ------
    ValueError
        As `brier_score_loss` does.
    ZeroDivisionError
        For weights of both signs that add up to zero.

    Warns
    -----
    UndefinedMetricWarning
        If there are fewer than two samples.
    UserWarning
        If a row of probabilities does not sum to one, or `labels` is not sorted.

    See Also
    --------
    brier_score_loss : the loss itself.
    d2_log_loss_score : the same of the log loss.

    Notes
    -----
    One minus the Brier score over that of the frequency of each class in `y_true` [1]_; where `y_true` is of one class,
    -inf, or NaN if that is perfectly predicted. Time and scratch memory are those of `brier_score_loss`.

    References
    ----------
    .. [1] A. H. Murphy, "Skill scores based on the mean square error and their relationships to the correlation
       coefficient", Monthly Weather Review 116, 1988.

    Examples
    --------
    >>> import trueval as tv
    >>> round(tv.d2_brier_score([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.3]), 6)
    0.85
    """
    if _too_few(y_true, y_proba, sample_weight):
        return float("nan")
    inputs = _check_forecast(y_true, y_proba, sample_weight, pos_label, labels)
    if inputs.weights is not None:
        inputs.weights.require_total()
    return _skill(_squares(inputs), _squares(inputs._replace(proba=_frequencies(inputs)), warns=False))
