"""Losses and scores of predicted probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _backend
from .._parameters import (
    OPTIONAL,
    Hidden,
    validate,
)
from .._validation.probabilities import NOT_PROBABILITIES, check_probabilities, tolerance_of, warn_unless_probabilities
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
